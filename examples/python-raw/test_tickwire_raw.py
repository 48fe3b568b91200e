"""Tests of tickwire_raw.py. Each name cites the rules of docs/PROTOCOL.md that it holds the client to."""

from __future__ import annotations

import asyncio
import json
import unittest
import zlib
from typing import Any, Awaitable, Callable, Optional

import websockets

from oracle_client import digits, kraken_checksum
from tickwire_raw import (
    NO_VALUE,
    SUBPROTOCOLS,
    Client,
    Cursor,
    Ending,
    Frame,
    Handlers,
    Outcome,
    Reconnection,
    Reset,
    Stopped,
    Subscription,
    TickwireError,
    channel_id,
    decode_message,
)

IGNORED, PART, APPLIED, HOLE = Outcome.IGNORED, Outcome.PART, Outcome.APPLIED, Outcome.HOLE


def entry(kind: str, mode: str, offset: int, epoch: str = "A", **more: Any) -> Frame:
    return {"c": "ch", "n": 1, "kind": kind, "e": epoch, "o": offset, "m": mode, **more}


def f(offset: int, **more: Any) -> Frame:
    return {"t": "f", "n": 1, "o": offset, **more}


def d(offset: int, **more: Any) -> Frame:
    return {"t": "d", "n": 1, "o": offset, **more}


def e(offset: int, **more: Any) -> Frame:
    return {"t": "e", "n": 1, "o": offset, **more}


def rst(offset: int, why: str = "trimmed", **more: Any) -> Frame:
    return {"t": "rst", "n": 1, "o": offset, "e": "A", "why": why, **more}


def held(kind: str, offset: int = 10, value: Any = None) -> Subscription:
    """A subscription that stands at (A, offset)."""
    subscription = Subscription("ch")
    if kind == "stream":
        subscription.enter(entry(kind, "tail", offset))
        return subscription
    subscription.enter(entry(kind, "full", offset))
    if kind == "state":
        subscription.apply(f(offset, v={"a": 1, "b": 2} if value is None else value))
    else:
        subscription.apply(f(offset, k={"k": {"a": 1}} if value is None else value))
    return subscription


class ChannelIds(unittest.TestCase):
    def test_P_CHAN_1_encodes_every_byte_that_is_not_unreserved(self) -> None:
        for parameters, expected in (
            (("NSE_EQ|INE002A01018",), "price/NSE_EQ%7CINE002A01018"),
            (("BTC/USDT",), "price/BTC%2FUSDT"),
            (("a-b.c_d~e", "X Y"), "price/a-b.c_d~e/X%20Y"),
            (("100%",), "price/100%25"),
            (("e\u0301",), "price/%C3%A9"),
            (("\u20ac\U0001f600",), "price/%E2%82%AC%F0%9F%98%80"),
            (("a\u200db",), "price/a%E2%80%8Db"),
            (("..",), "price/.."),
        ):
            with self.subTest(parameters):
                self.assertEqual(channel_id("price", *parameters), expected)
        self.assertEqual(channel_id("run"), "run")

    def test_P_CHAN_2_P_CHAN_3_refuses_what_no_server_accepts(self) -> None:
        for parameter in ("", "a\nb", "\x7f", "\u202eabc", "\u2066", "\u200b", "\ufeff", "\ud800", "x" * 250):
            with self.subTest(ascii(parameter)), self.assertRaises(ValueError):
                channel_id("price", parameter)


class Messages(unittest.TestCase):
    def test_P_FRAME_1_reads_several_frames_and_one_newline_at_the_end(self) -> None:
        for text, count in (('{"t":"a"}', 1), ('{"t":"a"}\n{"t":"b"}', 2), ('{"t":"a"}\n', 1)):
            with self.subTest(text):
                self.assertEqual(len(decode_message(text)), count)
        self.assertEqual(decode_message('{"t":"a\u2028b"}'), [{"t": "a\u2028b"}])

    def test_P_FRAME_2_knows_a_structural_fault(self) -> None:
        deep = '{"t":' + "[" * 100_000
        for message in ("", "\n", '{"t":1}\n\n', "[]", "1", "{", '{"t":NaN}', '{"t":1}\n[]', deep, b'{"t":"a"}'):
            with self.subTest(message[:20]), self.assertRaises(ValueError):
                decode_message(message)


class CursorRule(unittest.TestCase):
    def check(self, subscription: Subscription, frame: Frame, outcome: Outcome, offset: int, epoch: str = "A") -> None:
        self.assertIs(subscription.apply(frame), outcome)
        self.assertEqual(subscription.cursor, Cursor(epoch, offset))

    def test_P_DATA_1_delta(self) -> None:
        for what, frame, outcome, offset in (
            ("next", d(11, s={"a": 5}), APPLIED, 11),
            ("range from the cursor", d(40, b=10, s={"a": 5}), APPLIED, 40),
            ("range from before the cursor", d(12, b=3, s={"a": 5}), APPLIED, 12),
            ("duplicate", d(10, s={"a": 5}), IGNORED, 10),
            ("older", d(4, b=0, s={"a": 5}), IGNORED, 10),
            ("hole, base absent", d(12, s={"a": 5}), HOLE, 10),
            ("hole", d(20, b=11, s={"a": 5}), HOLE, 10),
        ):
            with self.subTest(what):
                subscription = held("state")
                self.check(subscription, frame, outcome, offset)
                self.assertEqual(subscription.value, {"a": 5 if outcome is APPLIED else 1, "b": 2})
                self.assertEqual(subscription.status, "catching up" if outcome is HOLE else "live")

    def test_P_DATA_1_whole_value(self) -> None:
        for what, frame, outcome, epoch, offset in (
            ("newer", f(12, v=7), APPLIED, "A", 12),
            ("same offset", f(10, v=7), APPLIED, "A", 10),
            ("older", f(9, v=7), IGNORED, "A", 10),
            ("older with its epoch", f(9, e="A", v=7), IGNORED, "A", 10),
            ("another epoch, lower", f(3, e="B", v=7), APPLIED, "B", 3),
        ):
            with self.subTest(what):
                subscription = held("state")
                self.check(subscription, frame, outcome, offset, epoch)
                self.assertEqual(subscription.value, 7 if outcome is APPLIED else {"a": 1, "b": 2})

    def test_P_DATA_1_reset(self) -> None:
        for what, frame, outcome, epoch, offset in (
            ("ahead", rst(20), APPLIED, "A", 20),
            ("not ahead", rst(10), IGNORED, "A", 10),
            ("another epoch", rst(2, "epoch", e="B"), APPLIED, "B", 2),
        ):
            with self.subTest(what):
                self.check(held("stream"), frame, outcome, offset, epoch)

    def test_P_DATA_1_after_a_hole_nothing_is_joined_until_the_next_entry(self) -> None:
        subscription = held("state")
        self.check(subscription, d(20, b=15, s={"a": 5}), HOLE, 10)
        self.check(subscription, d(11, s={"a": 5}), IGNORED, 10)
        subscription.enter(entry("state", "range", 20))
        self.check(subscription, d(20, b=10, s={"a": 5}), APPLIED, 20)

    def test_P_DATA_1_after_a_hole_a_whole_value_heals(self) -> None:
        subscription = held("state")
        self.check(subscription, d(20, b=15, s={"a": 5}), HOLE, 10)
        self.check(subscription, f(21, v={}), APPLIED, 21)
        self.check(subscription, d(22, s={"c": 3}), APPLIED, 22)

    def test_P_DATA_2_a_new_epoch_is_that_of_the_alias_too(self) -> None:
        state, stream = held("state"), held("stream")
        state.apply(f(1, e="B", v={}))
        self.check(state, d(2, s={"a": 1}), APPLIED, 2, "B")
        stream.apply(rst(1, "epoch", e="B"))
        self.check(stream, e(2, v=1), APPLIED, 2, "B")

    def test_P_SUB_6_a_void_cursor_takes_the_next_whole_value_and_calls_what_comes_before_a_hole(self) -> None:
        subscription = held("state")
        subscription.enter(entry("state", "full", 3))
        self.check(subscription, d(11, s={"a": 5}), HOLE, 10)
        self.check(subscription, d(12, s={"a": 5}), IGNORED, 10)
        self.check(subscription, f(3, v={"a": 9}), APPLIED, 3)
        self.check(subscription, d(4, s={"a": 8}), APPLIED, 4)

    def test_P_SUB_6_a_void_cursor_of_a_stream_takes_the_next_reset(self) -> None:
        subscription = held("stream")
        subscription.enter(entry("stream", "reset", 5))
        self.check(subscription, e(11, v=1), HOLE, 10)
        self.check(subscription, rst(4, "regress"), APPLIED, 4)
        self.check(subscription, e(5, v=1), APPLIED, 5)

    def test_P_SUB_6_a_lost_whole_value_leaves_the_cursor_to_ask_with(self) -> None:
        subscription = held("collection")
        subscription.enter(entry("collection", "full", 90))
        subscription.detach()
        self.assertEqual(subscription.request(), {"c": "ch", "e": "A", "o": 10})
        subscription.enter(entry("collection", "range", 90))
        self.check(subscription, d(90, b=10, x=["k"]), APPLIED, 90)

    def test_P_SUB_6_the_first_whole_value_is_of_the_epoch_of_its_entry(self) -> None:
        subscription = held("state")
        subscription.enter(entry("state", "full", 3, "B"))
        self.check(subscription, f(3, v={}), APPLIED, 3, "B")
        self.check(subscription, d(4, s={"a": 1}), APPLIED, 4, "B")

    def test_P_SUB_5_at_the_head_once_the_cursor_reached_it(self) -> None:
        stream = Subscription("ch", last=5)
        stream.enter(entry("stream", "tail", 900, b=898))
        self.assertFalse(stream.at_head)
        stream.apply(e(900, vs=[1, 2]))
        self.assertTrue(stream.at_head)
        state = held("state")
        state.enter(entry("state", "same", 10))
        self.assertTrue(state.at_head)

    def test_P_SUB_4_a_range_without_a_cursor_is_asked_for_again(self) -> None:
        self.assertIs(Subscription("ch").enter(entry("state", "same", 10)), HOLE)

    def test_P_SUB_1_asks_with_the_cursor_or_with_last(self) -> None:
        self.assertEqual(Subscription("ch").request(), {"c": "ch"})
        self.assertEqual(Subscription("ch", last=0).request(), {"c": "ch", "last": 0})
        self.assertEqual(held("stream").request(), {"c": "ch", "e": "A", "o": 10})

    def test_P_SUB_8_a_channel_never_written(self) -> None:
        for kind in ("state", "collection"):
            with self.subTest(kind):
                subscription = Subscription("ch")
                subscription.enter(entry(kind, "full", 0))
                self.check(subscription, f(0), APPLIED, 0)
                self.assertIs(subscription.value, NO_VALUE)
                self.assertEqual(subscription.records, {})

    def test_P_DATA_8_tells_the_source_until_the_next_entry(self) -> None:
        subscription = held("state")
        subscription.stat({"t": "stat", "n": 1, "s": "stale", "since": 1})
        self.assertEqual((subscription.status, subscription.cursor), ("stale", Cursor("A", 10)))
        subscription.enter(entry("state", "same", 10))
        self.assertEqual(subscription.status, "live")

    def test_P_FRAME_7_a_frame_that_cannot_be_read_changes_nothing(self) -> None:
        for frame in (d(11, u=5), d(11, x=[["k"]]), f(11, k=5), {"t": "d", "n": 1}, d(True), f(1.0), d(11, p={"k": 5})):
            with self.subTest(str(frame)):
                subscription = held("collection")
                with self.assertRaises((KeyError, TypeError, ValueError)):
                    subscription.apply(frame)
                self.assertEqual((subscription.cursor, subscription.records), (Cursor("A", 10), {"k": {"a": 1}}))


class Deltas(unittest.TestCase):
    def test_P_DATA_3_state(self) -> None:
        for what, delta, expected in (
            ("set", {"s": {"a": 2}}, {"a": 2, "b": 2}),
            ("set to null", {"s": {"a": None}}, {"a": None, "b": 2}),
            ("remove", {"x": ["a"]}, {"b": 2}),
            ("remove what is not there", {"x": ["z"]}, {"a": 1, "b": 2}),
            ("both", {"s": {"c": {"d": 1}}, "x": ["a", "b"]}, {"c": {"d": 1}}),
            ("nothing", {}, {"a": 1, "b": 2}),
            ("hostile names", {"s": {"__proto__": 1, "__class__": 2}}, {"a": 1, "b": 2, "__proto__": 1, "__class__": 2}),
        ):
            with self.subTest(what):
                subscription = held("state")
                self.assertIs(subscription.apply(d(11, **delta)), APPLIED)
                self.assertEqual(subscription.value, expected)

    def test_P_DATA_3_collection(self) -> None:
        records = {"k": {"a": 1, "b": 2}, "m": {"a": 3}, "t": "text"}
        for what, delta, expected in (
            ("whole record", {"u": {"k": {"c": 1}}}, {**records, "k": {"c": 1}}),
            ("new record", {"u": {"n": 7}}, {**records, "n": 7}),
            ("patch", {"p": {"k": {"a": None}}}, {**records, "k": {"a": None, "b": 2}}),
            ("fields gone", {"q": {"k": ["a", "z"]}}, {**records, "k": {"b": 2}}),
            ("patch and fields gone", {"p": {"k": {"c": 3}}, "q": {"k": ["a"]}}, {**records, "k": {"b": 2, "c": 3}}),
            ("keys gone", {"x": ["k", "z", "t"]}, {"m": {"a": 3}}),
            ("all", {"u": {"t": 1}, "p": {"k": {"a": 9}}, "x": ["m"]}, {"k": {"a": 9, "b": 2}, "t": 1}),
        ):
            with self.subTest(what):
                subscription = held("collection", value=records)
                self.assertIs(subscription.apply(d(11, **delta)), APPLIED)
                self.assertEqual(subscription.records, expected)

    def test_P_DATA_6_a_patch_of_no_object_is_a_hole_and_asks_for_the_whole(self) -> None:
        for what, subscription, delta in (
            ("state that is text", held("state", value="text"), {"s": {"a": 1}}),
            ("state without value", held("state", value=[]), {"x": ["a"]}),
            ("record that is not there", held("collection"), {"u": {"n": 1}, "p": {"z": {"a": 1}}, "x": ["k"]}),
            ("record that is text", held("collection", value={"k": "t"}), {"u": {"n": 1}, "q": {"k": ["a"]}}),
        ):
            with self.subTest(what):
                before = (subscription.value, dict(subscription.records))
                self.assertIs(subscription.apply(d(11, **delta)), HOLE)
                self.assertEqual((subscription.value, subscription.records), before)
                self.assertEqual(subscription.request(), {"c": "ch"})
                self.assertEqual(subscription.status, "catching up")


class Parts(unittest.TestCase):
    def test_P_DATA_7_are_applied_together_at_the_last(self) -> None:
        subscription = held("collection")
        self.assertIs(subscription.apply(f(20, k={"a": 1}, i=0, more=1)), PART)
        self.assertIs(subscription.apply(f(20, k={"b": 2}, i=1, more=1)), PART)
        self.assertEqual((subscription.cursor, subscription.records), (Cursor("A", 10), {"k": {"a": 1}}))
        self.assertIs(subscription.apply(f(20, k={"c": 3}, i=2)), APPLIED)
        self.assertEqual((subscription.cursor, subscription.records), (Cursor("A", 20), {"a": 1, "b": 2, "c": 3}))

    def test_P_DATA_7_of_a_delta(self) -> None:
        subscription = held("collection", value={"k": {"a": 1}, "m": {"a": 1}, "x": 1, "y": 1})
        self.assertIs(subscription.apply(d(20, b=10, u={"n": 1}, p={"k": {"b": 2}}, x=["x"], i=0, more=1)), PART)
        self.assertIs(subscription.apply(d(20, b=10, p={"m": {"b": 2}}, x=["y"], i=1)), APPLIED)
        self.assertEqual(subscription.records, {"k": {"a": 1, "b": 2}, "m": {"a": 1, "b": 2}, "n": 1})

    def test_P_DATA_7_a_part_that_is_not_the_next_is_a_hole(self) -> None:
        for what, second in (
            ("skipped", f(20, k={}, i=2)),
            ("of another offset", f(21, k={}, i=1)),
            ("of another type", d(20, b=10, u={}, i=1)),
        ):
            with self.subTest(what):
                subscription = held("collection")
                subscription.apply(f(20, k={"a": 1}, i=0, more=1))
                self.assertIs(subscription.apply(second), HOLE)
                self.assertEqual(subscription.cursor, Cursor("A", 10))

    def test_P_DATA_7_incomplete_parts_are_dropped(self) -> None:
        for what, between in (
            ("another frame", lambda it: it.apply(d(11, u={"z": 1}))),
            ("an entry", lambda it: it.enter(entry("collection", "same", 10))),
            ("the end of the connection", lambda it: (it.detach(), it.enter(entry("collection", "same", 10)))),
        ):
            with self.subTest(what):
                subscription = held("collection")
                subscription.apply(f(20, k={"a": 1}, i=0, more=1))
                between(subscription)
                self.assertIs(subscription.apply(f(20, k={"b": 1}, i=1)), HOLE)
                self.assertNotIn("b", subscription.records)

    def test_P_DATA_7_a_first_part_begins_anew(self) -> None:
        subscription = held("collection")
        subscription.apply(f(20, k={"a": 1}, i=0, more=1))
        self.assertIs(subscription.apply(f(21, k={"b": 1}, i=0, more=1)), PART)
        self.assertIs(subscription.apply(f(21, k={"c": 1}, i=1)), APPLIED)
        self.assertEqual(subscription.records, {"b": 1, "c": 1})


class Events(unittest.TestCase):
    def test_P_DATA_4_delivers_what_is_after_the_cursor(self) -> None:
        for what, frame, outcome, told, offset in (
            ("one", e(11, v="k"), APPLIED, [("k", 11)], 11),
            ("null is an event", e(11, v=None), APPLIED, [(None, 11)], 11),
            ("several", e(13, vs=["k", "l", "m"]), APPLIED, [("k", 11), ("l", 12), ("m", 13)], 13),
            ("overlap", e(12, vs=["i", "j", "k", "l"]), APPLIED, [("k", 11), ("l", 12)], 12),
            ("offsets", e(40, b=10, vs=["k", "l"], os=[20, 40]), APPLIED, [("k", 20), ("l", 40)], 40),
            ("offsets, overlap", e(40, b=2, vs=["c", "l"], os=[5, 40]), APPLIED, [("l", 40)], 40),
            ("none in the range", e(15, b=10, vs=[]), APPLIED, [], 15),
            ("duplicate", e(10, vs=["i", "j"]), IGNORED, [], 10),
            ("hole", e(13, vs=["l", "m"]), HOLE, [], 10),
        ):
            with self.subTest(what):
                heard: list[Any] = []
                subscription = Subscription("ch", Handlers(on_event=lambda event, at: heard.append((event, at))))
                subscription.enter(entry("stream", "tail", 10))
                self.assertIs(subscription.apply(frame), outcome)
                self.assertEqual((heard, subscription.cursor), (told, Cursor("A", offset)))

    def test_P_DATA_5_a_loss_is_told_before_any_later_event(self) -> None:
        heard: list[Any] = []
        handlers = Handlers(on_event=lambda event, at: heard.append(event), on_reset=heard.append)
        subscription = Subscription("ch", handlers)
        subscription.enter(entry("stream", "tail", 10))
        subscription.enter(entry("stream", "reset", 42))
        subscription.apply(rst(40, lost=[10, 40]))
        subscription.apply(e(42, vs=["a", "b"]))
        subscription.apply(rst(1, "epoch", e="B"))
        self.assertEqual(heard, [Reset("trimmed", (10, 40)), "a", "b", Reset("epoch", None)])


class ClosePolicy(unittest.TestCase):
    def delays(self, endings: list[Ending], chance: float = 1.0) -> list[Optional[float]]:
        reconnection = Reconnection(lambda: chance)
        return [reconnection.after(ending) for ending in endings]

    def test_P_CLOSE_2_the_range_decides(self) -> None:
        for codes, delay in (
            ((4100, 4101, 4102, 4103, 4150, 4199), None),
            ((4200, 4201, 4202, 4250, 4299), 0.25),
            ((4300, 4304, 4305, 4399), 0.25),
            ((4400, 4401, 4499), 1.0),
            ((1002, 1003, 1007, 1008, 1009, 1010), 0.25),
            ((1000, 1001, 1005, 1006, 1011, 1012, 3000, 4000, 4500, 4999), 0.25),
        ):
            for code in codes:
                with self.subTest(code):
                    self.assertEqual(self.delays([Ending(code)]), [delay])

    def test_P_LIVE_4_full_jitter_doubles_to_30_s(self) -> None:
        bounds = [0.25, 0.5, 1, 2, 4, 8, 16, 30, 30, 30]
        self.assertEqual(self.delays([Ending()] * 10), bounds)
        self.assertEqual(self.delays([Ending()] * 10, 0.5), [bound / 2 for bound in bounds])
        self.assertEqual(self.delays([Ending()] * 10, 0.0), [0.0] * 10)

    def test_P_LIVE_4_starts_again_after_30_s_of_life(self) -> None:
        short, long = Ending(1006, welcomed_for_s=29), Ending(1006, welcomed_for_s=30)
        self.assertEqual(self.delays([short, short, short, long, short]), [0.25, 0.5, 1, 0.25, 0.5])

    def test_P_LIVE_4_waits_at_least_as_long_as_the_server_says(self) -> None:
        for code in (4303, 4400):
            for chance in (0.0, 1.0):
                with self.subTest(code, chance=chance):
                    delay = self.delays([Ending(code, least_delay_s=7)], chance)[0]
                    assert delay is not None
                    self.assertGreaterEqual(delay, 7)

    def test_P_CLOSE_3_stops_at_the_third_in_a_row(self) -> None:
        welcomed = Ending(4201, welcomed_for_s=1)
        for what, endings, stops in (
            ("credentials", [Ending(4200), Ending(4201), Ending(4202)], True),
            ("credentials, the network between", [Ending(4200), Ending(), Ending(4201), Ending(), Ending(4202)], True),
            ("credentials, a welcome between", [Ending(4200), Ending(4200), welcomed, Ending(4200)], False),
            ("credentials, another close between", [Ending(4200), Ending(4200), Ending(4300), Ending(4200)], False),
            ("faults", [Ending(1002), Ending(1007), Ending(1009)], True),
            ("faults, a welcome between", [Ending(1009, 1), Ending(1009, 1), Ending(1009, 1)], True),
            ("faults, another close between", [Ending(1002), Ending(1007), Ending(4300), Ending(1009)], False),
        ):
            with self.subTest(what):
                delays = self.delays(endings)
                self.assertEqual(delays[-1] is None, stops)
                self.assertNotIn(None, delays[:-1])

    def test_P_ERR_3_a_reject_whose_close_was_lost_decides_like_its_range(self) -> None:
        for code, stops in (("banned", True), ("contract_incompatible", True), ("unavailable", False)):
            with self.subTest(code):
                self.assertEqual(self.delays([Ending(1006, error=TickwireError(code))]) == [None], stops)
        rejected = Ending(1006, error=TickwireError("token_expired"))
        self.assertEqual(self.delays([rejected, rejected, rejected])[2:], [None])


class Errors(unittest.TestCase):
    def test_P_ERR_2_P_ERR_6_executed_and_retry(self) -> None:
        for wire, executed, again, after in (
            ({"c": "forbidden"}, "no", "never", None),
            ({"c": "forbidden", "x": "maybe"}, "maybe", "never", None),
            ({"c": "timeout"}, "maybe", "keyed", None),
            ({"c": "rate_limited", "ra": 1500}, "no", "later", 1.5),
            ({"c": "rate_limited", "ra": 10**12}, "no", "later", 3600.0),
            ({"c": "app.insufficientFunds", "x": "no", "d": {}}, "no", "application", None),
            ({"c": "never heard of"}, "maybe", "application", None),
            ({"c": "never heard of", "ra": 100}, "maybe", "later", 0.1),
        ):
            with self.subTest(wire):
                error = TickwireError.from_wire(wire)
                self.assertEqual((error.executed, error.again, error.retry_after_s), (executed, again, after))


# ---------------------------------------------------------------- against a scripted server


class Peer:
    """The server's end of one connection."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def hear(self, kind: str) -> Frame:
        frame = json.loads(await asyncio.wait_for(self.socket.recv(), 5))
        if frame["t"] != kind:
            raise AssertionError(f"expected {kind}, heard {frame}")
        return frame

    async def say(self, *frames: Frame) -> None:
        await self.socket.send("\n".join(json.dumps(frame) for frame in frames))

    async def settle(self) -> None:
        """Returns when the client has handled all that was said: frames of a connection are handled in order."""
        await self.say({"t": "ping", "k": 4_711})
        await self.hear("pong")

    async def welcome(self, **more: Any) -> Frame:
        hello = await self.hear("hello")
        ping = {"every": 25_000, "grace": 10_000}
        await self.say({"t": "welcome", "sid": "s", "node": "n", "now": 0, "caps": ["delta"], "ping": ping, **more})
        return hello

    async def enter(self, *entries: Frame) -> Frame:
        sub = await self.hear("sub")
        await self.say({"t": "subd", "id": sub["id"], "r": list(entries)})
        return sub


Scene = Callable[[Peer], Awaitable[Any]]


class Conversations(unittest.IsolatedAsyncioTestCase):
    async def play(self, client_of: Callable[[str], Client], *scenes: Scene) -> list[Any]:
        """Runs the client against one scene per connection; ends it after the last, and gives what the scenes said."""
        results: list[Any] = []
        failure: list[BaseException] = []
        ended = asyncio.Event()
        left = list(scenes)

        async def serve(socket: Any) -> None:
            try:
                results.append(await left.pop(0)(Peer(socket)))
            except BaseException as error:
                failure.append(error)
            if failure or not left:
                ended.set()
                await socket.wait_closed()

        async with websockets.serve(serve, "127.0.0.1", 0, subprotocols=SUBPROTOCOLS, ping_interval=None) as server:
            port = server.sockets[0].getsockname()[1]
            client = client_of(f"ws://127.0.0.1:{port}/tickwire")
            running = asyncio.create_task(client.run())
            waiting = asyncio.create_task(ended.wait())
            await asyncio.wait((running, waiting), timeout=20, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            await client.close()
            try:
                await running
            finally:
                if failure:
                    raise failure[0]
        return results

    def client(self, *subscriptions: Subscription, **more: Any) -> Callable[[str], Client]:
        def build(url: str) -> Client:
            client = Client(url, rng=lambda: 0.0, **more)
            client.subscriptions.update({subscription.channel: subscription for subscription in subscriptions})
            self.connected = client
            return client

        return build

    async def test_P_CONN_4_hello_is_first_and_offers_delta(self) -> None:
        async def scene(peer: Peer) -> Any:
            return peer.socket.subprotocol, await peer.welcome()

        async def token() -> str:
            return "secret"

        [(subprotocol, hello)] = await self.play(self.client(token=token), scene)
        self.assertEqual(subprotocol, "tickwire.v1+json")
        self.assertEqual((hello["v"], hello["caps"], hello["auth"]), (1, ["delta"], {"token": "secret"}))

    async def test_P_LIVE_1_a_ping_is_answered_with_its_k(self) -> None:
        async def scene(peer: Peer) -> Any:
            await peer.welcome()
            await peer.say({"t": "ping", "k": 71, "rtt": 38, "now": 1_000})
            return await peer.hear("pong")

        self.assertEqual(await self.play(self.client(wall_clock_ms=lambda: 500), scene), [{"t": "pong", "k": 71}])
        self.assertEqual(self.connected.clock_offset_ms, 519)

    async def test_P_POS_3_P_SUB_7_comes_back_with_its_cursors_and_without_its_aliases(self) -> None:
        price, trades = Subscription("price"), Subscription("trades", last=2)

        async def first(peer: Peer) -> Any:
            await peer.welcome()
            sub = await peer.enter(
                {"c": "price", "n": 1, "kind": "state", "e": "A", "o": 41, "m": "full"},
                {"c": "trades", "n": 2, "kind": "stream", "e": "A", "o": 900, "m": "tail", "b": 898},
            )
            await peer.say(f(41, v={"p": 1}), {"t": "e", "n": 2, "o": 900, "vs": [1, 2]}, d(42, s={"p": 2}))
            await peer.settle()
            peer.socket.transport.abort()
            return sub["ch"]

        async def second(peer: Peer) -> Any:
            await peer.welcome()
            sub = await peer.hear("sub")
            # Alias 1 was the price's on the connection before; here nobody knows it yet, then it is the trades'.
            await peer.say(d(43, s={"p": 3}))
            await peer.say(
                {
                    "t": "subd",
                    "id": sub["id"],
                    "r": [
                        {"c": "price", "n": 2, "kind": "state", "e": "A", "o": 42, "m": "same"},
                        {"c": "trades", "n": 1, "kind": "stream", "e": "A", "o": 901, "m": "range"},
                    ],
                }
            )
            await peer.say(e(901, v=3))
            await peer.settle()
            return sub["ch"]

        asked = await self.play(self.client(price, trades), first, second)
        self.assertEqual(asked[0], [{"c": "price"}, {"c": "trades", "last": 2}])
        self.assertEqual(asked[1], [{"c": "price", "e": "A", "o": 42}, {"c": "trades", "e": "A", "o": 900}])
        self.assertEqual((price.value, price.cursor, trades.cursor), ({"p": 2}, Cursor("A", 42), Cursor("A", 901)))

    async def test_P_DATA_6_asks_again_after_a_hole_but_once_a_second(self) -> None:
        book = Subscription("book")
        now = asyncio.get_running_loop().time

        async def scene(peer: Peer) -> Any:
            await peer.welcome()
            await peer.enter({"c": "book", "n": 1, "kind": "collection", "e": "A", "o": 5, "m": "full"})
            asked = now()
            await peer.say(f(5, k={}), d(9, b=7, u={"a": 1}), d(10, u={"a": 2}))
            sub = await peer.enter({"c": "book", "n": 2, "kind": "collection", "e": "A", "o": 10, "m": "range"})
            waited = now() - asked
            # The alias before is not known any more (P-SUB-7).
            await peer.say({**d(10, b=5, u={"a": 2}), "n": 2}, d(11, u={"a": 3}))
            await peer.settle()
            return sub["ch"], waited, book.status

        [(asked, waited, status)] = await self.play(self.client(book), scene)
        self.assertEqual(asked, [{"c": "book", "e": "A", "o": 5}])
        self.assertGreater(waited, 0.9)
        self.assertEqual((book.records, status, book.status), ({"a": 2}, "live", "catching up"))

    async def test_P_SUB_10_a_refusal_reaches_the_application_and_is_not_asked_again(self) -> None:
        refused: list[TickwireError] = []

        async def scene(peer: Peer) -> None:
            await peer.welcome()
            await peer.enter({"c": "secret", "err": {"c": "forbidden", "x": "no"}})
            await peer.settle()

        await self.play(self.client(Subscription("secret", Handlers(on_refused=refused.append))), scene)
        self.assertEqual(([error.code for error in refused], self.connected.subscriptions), (["forbidden"], {}))

    async def test_P_SUB_12_P_APP_5_nothing_is_delivered_after_unsubscribing(self) -> None:
        heard: list[Any] = []
        trades = Subscription("trades", Handlers(on_event=lambda event, at: heard.append(event)))

        async def scene(peer: Peer) -> Any:
            await peer.welcome()
            await peer.enter({"c": "trades", "n": 1, "kind": "stream", "e": "A", "o": 5, "m": "tail"})
            await peer.settle()
            leaving = asyncio.create_task(self.connected.unsubscribe(trades))
            unsub = await peer.hear("unsub")
            await leaving
            await peer.say(e(6, v=1), {"t": "unsubd", "id": unsub["id"], "ch": unsub["ch"]})
            await peer.settle()
            return unsub["ch"]

        self.assertEqual(await self.play(self.client(trades), scene), [["trades"]])
        self.assertEqual(heard, [])

    async def test_P_CLOSE_2_4100_stops_and_4300_does_not(self) -> None:
        def ends_with(code: int) -> Scene:
            async def scene(peer: Peer) -> None:
                await peer.welcome()
                await peer.socket.close(code)

            return scene

        async def never(peer: Peer) -> None:
            raise AssertionError("came back")

        with self.assertRaises(Stopped) as caught:
            await self.play(self.client(), ends_with(4300), ends_with(4150), never)
        self.assertEqual(caught.exception.ending.code, 4150)

    async def test_P_CONN_2_P_CLOSE_3_a_rejected_client_stops(self) -> None:
        async def scene(peer: Peer) -> None:
            await peer.hear("hello")
            await peer.say({"t": "reject", "err": {"c": "token_expired"}})
            await peer.socket.close(4201)

        with self.assertRaises(Stopped) as caught:
            await self.play(self.client(), scene, scene, scene, scene)
        assert caught.exception.ending.error is not None
        self.assertEqual(caught.exception.ending.error.code, "token_expired")

    async def test_P_EXT_2_an_unknown_frame_is_ignored_and_a_critical_one_is_not(self) -> None:
        async def scene(peer: Peer) -> None:
            await peer.welcome()
            await peer.say({"t": "new", "crit": 0})
            await peer.settle()
            await peer.say({"t": "new", "crit": 1})
            await peer.socket.wait_closed()
            self.assertEqual(peer.socket.close_code, 4100)

        with self.assertRaises(Stopped):
            await self.play(self.client(), scene, scene)

    async def test_P_FRAME_3_a_message_with_a_fault_is_ignored_and_counted(self) -> None:
        async def scene(peer: Peer) -> None:
            await peer.welcome()
            await peer.socket.send('{"t":"ping","k":1}\n\n{"t":"ping","k":2}')
            await peer.socket.send(b"{}")
            await peer.say({"t": "ping", "k": 3})
            self.assertEqual((await peer.hear("pong"))["k"], 3)

        await self.play(self.client(), scene)
        self.assertEqual(self.connected.faults, 2)

    async def test_P_LIVE_3_a_silent_connection_is_dropped(self) -> None:
        async def silent(peer: Peer) -> None:
            await peer.welcome(ping={"every": 300, "grace": 200})
            await asyncio.wait_for(peer.socket.wait_closed(), 5)

        async def again(peer: Peer) -> None:
            await peer.welcome()

        self.assertEqual(len(await self.play(self.client(), silent, again)), 2)

    async def test_P_LIVE_7_leaves_when_told(self) -> None:
        async def first(peer: Peer) -> None:
            await peer.welcome()
            await peer.say({"t": "goaway", "in": 18_000, "c": "drain"})
            await asyncio.wait_for(peer.socket.wait_closed(), 5)
            self.assertEqual(peer.socket.close_code, 1000)

        async def again(peer: Peer) -> None:
            await peer.welcome()

        self.assertEqual(len(await self.play(self.client(), first, again)), 2)

    async def test_P_AUTH_2_a_fresh_token_is_sent_when_asked(self) -> None:
        async def token() -> str:
            return "fresh"

        async def scene(peer: Peer) -> Any:
            await peer.welcome()
            await peer.say({"t": "reauth", "in": 60_000})
            return (await peer.hear("auth"))["token"]

        self.assertEqual(await self.play(self.client(token=token), scene), ["fresh"])

    async def test_P_CMD_2_P_CMD_5_a_command_with_a_key_is_sent_again_with_it(self) -> None:
        answers: list[Any] = []

        async def lost(peer: Peer) -> Any:
            await peer.welcome()
            call = self.connected.call_until_answered("pay", {"n": 1}, key="K", ttl_ms=3_000)
            self.calling = asyncio.create_task(call)
            req = await peer.hear("req")
            peer.socket.transport.abort()
            return req

        async def found(peer: Peer) -> Any:
            await peer.welcome()
            req = await peer.hear("req")
            await peer.say({"t": "res", "id": req["id"], "err": {"c": "in_flight", "ra": 1}})
            req = await peer.hear("req")
            await peer.say({"t": "res", "id": req["id"], "v": {"ok": True}, "rp": 1})
            answers.append(await self.calling)
            return req

        sent = await self.play(self.client(), lost, found)
        self.assertEqual([(req["m"], req["v"], req["k"], req["ttl"]) for req in sent], [("pay", {"n": 1}, "K", 3_000)] * 2)
        self.assertEqual(answers, [{"ok": True}])

    async def test_P_CMD_2_without_a_key_the_outcome_is_unknown_once_sent(self) -> None:
        async def scene(peer: Peer) -> Any:
            await peer.welcome()
            await peer.settle()
            calling = asyncio.create_task(self.connected.call("pay"))
            await peer.hear("req")
            peer.socket.transport.abort()
            return (await asyncio.gather(calling, return_exceptions=True))[0]

        async def unsent(peer: Peer) -> Any:
            return (await asyncio.gather(self.connected.call("pay"), return_exceptions=True))[0]

        first, second = await self.play(self.client(), scene, unsent)
        self.assertEqual((first.code, first.executed), ("connection_failed", "maybe"))
        self.assertEqual((second.code, second.executed), ("connection_failed", "no"))


class OracleChecksum(unittest.TestCase):
    def test_digits_lose_the_point_and_the_leading_zeros(self) -> None:
        for number, expected in (("0.05005", "5005"), ("0.00000500", "500"), ("31690.10000", "3169010000")):
            with self.subTest(number):
                self.assertEqual(digits(number), expected)

    def test_asks_from_the_lowest_then_bids_from_the_highest(self) -> None:
        # The example of the exchange's own documentation.
        asks = [f"0.0{5005 + 5 * step}" for step in range(10)]
        bids = [f"0.0{5000 - 5 * step}" for step in range(10)]
        records = {
            f"{side}:{price}": {"side": side, "price": f"{price}", "size": "0.00000500"}
            for side, prices in (("ask", asks), ("bid", bids))
            for price in reversed(prices)
        }
        expected = "".join(f"{price[3:]}500" for price in asks + bids)
        self.assertEqual(kraken_checksum(records), zlib.crc32(expected.encode()))


if __name__ == "__main__":
    unittest.main()
