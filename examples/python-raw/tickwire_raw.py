"""A client of the Tickwire wire protocol, version 1, in one file and from its document alone.

Three layers, none of which knows the one after it:

    the cursor rule     Subscription: one channel, its value and its cursor. No clock, no network.
    the close policy    Reconnection: what the end of a connection means for the next one.
    the connection      Session (one WebSocket, one alias table) and Client (all that outlives it).

Comments cite the rules of docs/PROTOCOL.md as (P-DATA-1).
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import random
import time
import unicodedata
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Awaitable, Callable, Iterable, Literal, Mapping, Optional, Union
from urllib.parse import quote

import websockets
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatusCode

log = logging.getLogger("tickwire")

Json = Union[None, bool, int, float, str, list[Any], dict[str, Any]]
Frame = dict[str, Any]
Executed = Literal["no", "yes", "maybe"]

SUBPROTOCOLS = ("tickwire.v1+json", "tickwire")
MAX_FRAME_BYTES = 1 << 20
# `hello.lim.in` bounds a frame, the WebSocket library a message, and a message may hold several frames.
MAX_MESSAGE_BYTES = 16 * MAX_FRAME_BYTES
WELCOME_WITHIN_S = 10.0
ANSWER_WITHIN_S = 10.0
RESUBSCRIBE_EVERY_S = 1.0
TICK_S = 0.25


# ---------------------------------------------------------------- channel ids

_ZERO_WIDTH = frozenset("\u180e\u200b\u200e\u200f\u2060\ufeff\u061c")
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def channel_id(name: str, *parameters: str) -> str:
    """The canonical id of a channel, `price/BTC%2FUSDT` for ("price", "BTC/USDT") (P-CHAN-1 to P-CHAN-3)."""
    segments = [name]
    for parameter in parameters:
        if not parameter:
            raise ValueError("a parameter is empty")
        for char in parameter:
            if unicodedata.category(char) in ("Cc", "Cs") or char in _BIDI or char in _ZERO_WIDTH:
                raise ValueError(f"a parameter holds U+{ord(char):04X}")
        segments.append(quote(unicodedata.normalize("NFC", parameter), safe=""))
    encoded = "/".join(segments)
    if len(encoded) > 255:
        raise ValueError("a channel id is at most 255 bytes")
    return encoded


# ---------------------------------------------------------------- messages


def decode_message(message: str | bytes) -> list[Frame]:
    """The frames of one WebSocket message; ValueError at a structural fault (P-FRAME-1 to P-FRAME-3)."""
    if not isinstance(message, str):
        raise ValueError("a binary message")
    # Not splitlines(): it also splits at U+2028 and friends, which are ordinary text in JSON.
    try:
        frames = [json.loads(line, parse_constant=_no_json) for line in message.removesuffix("\n").split("\n")]
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not all(isinstance(frame, dict) for frame in frames):
        raise ValueError("a line that is not an object")
    return frames


def _no_json(literal: str) -> Json:
    raise ValueError(f"{literal} is not JSON")


def encode_frame(frame: Mapping[str, Any]) -> str:
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def _integer(frame: Frame, key: str, default: Optional[int] = None) -> int:
    value = frame.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"`{key}` of `{frame.get('t', 'entry')}` is not an offset")
    return value


# ---------------------------------------------------------------- errors

Again = Literal["never", "credentials", "later", "keyed", "application"]

# P-ERR-4: what may be tried again, and whether the work was done when the error does not say.
_CODES: dict[str, tuple[Again, Executed]] = {
    **dict.fromkeys(
        (
            "unsupported_version contract_unknown contract_incompatible forbidden banned unknown_channel "
            "unknown_command bad_params bad_input bad_frame key_reused too_large"
        ).split(),
        ("never", "no"),
    ),
    **dict.fromkeys("unauthenticated token_expired session_revoked".split(), ("credentials", "no")),
    **dict.fromkeys("rate_limited limit unavailable draining deadline".split(), ("later", "no")),
    "in_flight": ("later", "maybe"),
    "internal": ("keyed", "maybe"),
    "timeout": ("keyed", "maybe"),
    "indeterminate": ("application", "maybe"),
    "cancelled": ("application", "maybe"),
    "connection_failed": ("application", "no"),
}
_MAX_RETRY_AFTER_S = 3600.0


class TickwireError(Exception):
    """An error of the protocol (P-ERR-1). Programs look at `code`, `executed` and `again`, never at the text."""

    def __init__(
        self,
        code: str,
        message: str = "",
        *,
        data: Json = None,
        executed: Optional[Executed] = None,
        retry_after_s: Optional[float] = None,
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        again, usual = _CODES.get(code, ("application", "maybe"))
        self.code = code
        self.data = data
        self.executed: Executed = executed or usual
        self.retry_after_s = retry_after_s
        # P-ERR-6: a code this client does not know is handled by its `x` and `ra`.
        self.again: Again = "later" if code not in _CODES and retry_after_s is not None else again

    @classmethod
    def from_wire(cls, error: Any) -> TickwireError:
        if not isinstance(error, dict) or not isinstance(error.get("c"), str):
            return cls("internal", "an error without a code")
        after, executed = error.get("ra"), error.get("x")
        timed = isinstance(after, (int, float)) and after >= 0
        return cls(
            error["c"],
            str(error.get("m", "")),
            data=error.get("d"),
            executed=executed if executed in ("no", "yes", "maybe") else None,
            retry_after_s=min(after / 1000, _MAX_RETRY_AFTER_S) if timed else None,
        )


# ---------------------------------------------------------------- the cursor rule


@dataclass(frozen=True)
class Cursor:
    """The position up to which everything was applied (P-POS-3)."""

    epoch: str
    offset: int


@dataclass(frozen=True)
class Reset:
    """The continuity of a stream broke (P-DATA-5); `lost` is (b, o], where the server could name it."""

    why: str
    lost: Optional[tuple[int, int]]


class Outcome(Enum):
    IGNORED = "ignored"
    PART = "part"  # kept until the last part comes
    APPLIED = "applied"
    HOLE = "hole"  # ask again from the cursor


class Hole(Exception):
    """The frame cannot be joined to what is held."""


class _NoValue(Enum):
    """A state that has no value, which is not a state whose value is null."""

    NO_VALUE = "no value"


NO_VALUE = _NoValue.NO_VALUE


@dataclass
class Handlers:
    """What an application wants to hear about a channel. Each is called after the fact, in order."""

    on_change: Callable[[Subscription], None] = lambda subscription: None
    on_event: Callable[[Json, int], None] = lambda event, offset: None
    on_reset: Callable[[Reset], None] = lambda reset: None
    on_status: Callable[[Subscription], None] = lambda subscription: None
    on_refused: Callable[[TickwireError], None] = lambda error: None
    # The mode of an entry, and whether a cursor had been sent for it.
    on_entry: Callable[[str, bool], None] = lambda mode, resumed: None


class Subscription:
    """One channel: its value, its cursor, and what each frame does to them (P-SUB, P-DATA).

    `value` is the document of a state (or NO_VALUE); `records` are those of a collection.
    """

    def __init__(self, channel: str, handlers: Optional[Handlers] = None, *, last: Optional[int] = None) -> None:
        self.channel = channel
        self.last = last
        self.kind: Optional[str] = None
        self.value: Json | _NoValue = NO_VALUE
        self.records: dict[str, Json] = {}
        self.cursor: Optional[Cursor] = None
        self.head: Optional[Cursor] = None
        self.refused: Optional[TickwireError] = None
        self._handlers = handlers or Handlers()
        self._entered = False  # the present connection has an entry for the channel
        self._void = True  # the entry announced a whole value or a reset that has not come yet
        self._hole = False
        self._source = "live"
        self._parts: list[Frame] = []
        self._resumed = False
        self._told = ""

    # -- what the application sees

    @property
    def at_head(self) -> bool:
        """Everything the entry promised was applied (P-SUB-5)."""
        head, cursor = self.head, self.cursor
        if not self._entered or self.void or head is None or cursor is None:
            return False
        return cursor.epoch == head.epoch and cursor.offset >= head.offset

    @property
    def status(self) -> str:
        """`live`: the server's value at the cursor. Else `stale` or `closed` (its source), `catching up`, `refused`."""
        if self.refused is not None:
            return "refused"
        return self._source if self.at_head and not self._hole else "catching up"

    # -- what the connection says

    @property
    def void(self) -> bool:
        """Without a position there is nothing a delta could be joined to."""
        return self._void or self.cursor is None

    def request(self) -> Frame:
        """The entry of `sub` (P-SUB-1)."""
        self._resumed = self.cursor is not None
        if self.cursor is not None:
            return {"c": self.channel, "e": self.cursor.epoch, "o": self.cursor.offset}
        return {"c": self.channel} if self.last is None else {"c": self.channel, "last": self.last}

    def detach(self) -> None:
        """The connection ended: the cursor stays, half a value does not (P-POS-3, P-DATA-7)."""
        self._entered = False
        self._parts = []
        self._tell_status()

    def refuse(self, error: TickwireError) -> None:
        self.refused = error
        self.detach()
        self._handlers.on_refused(error)

    def enter(self, entry: Frame) -> Outcome:
        """Reads an entry of `subd` (P-SUB-3 to P-SUB-6)."""
        kind, mode, epoch, offset = entry["kind"], entry["m"], entry["e"], _integer(entry, "o")
        if mode not in ("full", "range", "same", "reset", "tail"):
            raise ValueError(f"unknown mode {mode!r}")
        start = _integer(entry, "b", offset) if mode == "tail" else offset
        self._entered, self._hole, self._parts, self._source, self.refused = True, False, [], "live", None
        if kind != self.kind:
            self.kind, self.value, self.records = kind, NO_VALUE, {}
        # The epoch of the entry is that of all its frames that do not bring their own.
        self.head = Cursor(epoch, offset)
        if mode == "tail":
            self.cursor = Cursor(epoch, start)
        # A void cursor is still remembered: until the promised frame comes, what is held is what was held. The next
        # entry decides anew, else a `range` after a lost `full` could never be applied.
        self._void = mode in ("full", "reset")
        self._handlers.on_entry(mode, self._resumed)
        self._tell_status()
        if not self._void and (self.cursor is None or self.cursor.epoch != epoch):
            return self._ask_again(forget=True)  # `same` or `range`, but of what?
        return Outcome.APPLIED

    def apply(self, frame: Frame) -> Outcome:
        """The cursor rule (P-DATA-1): ignore the frame, apply it as a whole, or find a hole."""
        if not self._entered:
            return Outcome.IGNORED
        kind = frame["t"]
        try:
            if kind == "f" and self.kind != "stream":
                outcome = self._whole(frame)
            elif kind == "d" and self.kind != "stream":
                outcome = self._delta(frame)
            elif kind == "e" and self.kind == "stream":
                outcome = self._events(frame)
            elif kind == "rst" and self.kind == "stream":
                outcome = self._reset(frame)
            else:
                outcome = Outcome.IGNORED
        except Hole:
            outcome = self._ask_again(forget=False)
        except Unpatchable:
            outcome = self._ask_again(forget=True)
        self._tell_status()
        return outcome

    def stat(self, frame: Frame) -> None:
        """Whether the source behind the channel delivers; moves no cursor (P-DATA-8)."""
        if self._entered and frame["s"] in ("live", "stale", "closed"):
            self._source = frame["s"]
            self._tell_status()

    # -- the four kinds of data frame

    def _whole(self, frame: Frame) -> Outcome:
        epoch, offset = self._epoch_of(frame), _integer(frame, "o")
        held = self.cursor
        if not self.void and held is not None and epoch == held.epoch and offset < held.offset:
            return Outcome.IGNORED
        whole = self._join(frame)
        if whole is None:
            return Outcome.PART
        if self.kind == "collection":
            self.records = dict(whole.get("k", {}))
        else:
            self.value = whole.get("v", NO_VALUE)
        self._move(epoch, offset)
        self._handlers.on_change(self)
        return Outcome.APPLIED

    def _delta(self, frame: Frame) -> Outcome:
        offset = _integer(frame, "o")
        cursor = self._joined(offset, _integer(frame, "b", max(offset - 1, 0)))
        if cursor is None:
            return Outcome.IGNORED
        whole = self._join(frame)
        if whole is None:
            return Outcome.PART
        if self.kind == "collection":
            patch_records(self.records, whole)
        else:
            self.value = patch_state(self.value, whole)
        self._move(cursor.epoch, offset)
        self._handlers.on_change(self)
        return Outcome.APPLIED

    def _events(self, frame: Frame) -> Outcome:
        offset = _integer(frame, "o")
        events = frame["vs"] if "vs" in frame else [frame["v"]] if "v" in frame else []
        cursor = self._joined(offset, _integer(frame, "b", max(offset - len(events), 0)))
        if cursor is None:
            return Outcome.IGNORED
        offsets = frame.get("os", range(offset - len(events) + 1, offset + 1))
        if len(offsets) != len(events):
            raise ValueError("`os` does not number the events")
        for event, at in zip(events, offsets):
            if at > cursor.offset:
                self._move(cursor.epoch, at)
                self._handlers.on_event(event, at)
        self._move(cursor.epoch, offset)
        return Outcome.APPLIED

    def _reset(self, frame: Frame) -> Outcome:
        epoch, offset = self._epoch_of(frame), _integer(frame, "o")
        held = self.cursor
        if not self.void and held is not None and epoch == held.epoch and offset <= held.offset:
            return Outcome.IGNORED
        lost = frame.get("lost")
        if lost is not None:
            # A cursor before the range: what lies between is lost as well (P-DATA-5).
            first = min(lost[0], held.offset) if held is not None and held.epoch == epoch else lost[0]
            lost = (first, lost[1])
        self._handlers.on_reset(Reset(frame["why"], lost))
        self._move(epoch, offset)
        return Outcome.APPLIED

    # -- helpers of the rule

    def _joined(self, offset: int, base: int) -> Optional[Cursor]:
        """The cursor a delta or events may be applied to; None: ignore them; Hole: something is missing."""
        cursor, head = self.cursor, self.head
        if self._hole:
            return None
        if self.void or cursor is None or head is None:
            raise Hole  # the whole value or the reset that comes first is lost
        if head.epoch != cursor.epoch or offset <= cursor.offset:
            return None
        if base > cursor.offset:
            raise Hole
        return cursor

    def _join(self, frame: Frame) -> Optional[Frame]:
        """The frame, whole: parts are kept until the last has come, which gives None till then (P-DATA-7)."""
        index = _integer(frame, "i", 0)
        parts, self._parts = self._parts, []
        if index == 0:
            parts = []
        elif index != len(parts) or any(frame.get(key) != parts[0].get(key) for key in ("t", "o", "b")):
            raise Hole
        parts.append(frame)
        if frame.get("more"):
            self._parts = parts
            return None
        return merge_parts(parts)

    def _epoch_of(self, frame: Frame) -> str:
        return frame.get("e") or (self.head.epoch if self.head is not None else "")

    def _move(self, epoch: str, offset: int) -> None:
        """Moves the cursor, and the epoch of the entry with it, or the next delta would be of another epoch."""
        self.cursor = Cursor(epoch, offset)
        if self.head is None or self.head.epoch != epoch:
            self.head = self.cursor
        if self._void or self._hole:
            self._void = self._hole = False

    def _ask_again(self, *, forget: bool) -> Outcome:
        """Keeps the value but not as live (P-DATA-6); `forget` asks for the whole of it."""
        self._hole, self._parts = True, []
        if forget:
            self.cursor = None
        return Outcome.HOLE

    def _tell_status(self) -> None:
        if self.status != self._told:
            self._told = self.status
            self._handlers.on_status(self)


# ---------------------------------------------------------------- deltas


class Unpatchable(Exception):
    """A patch met no JSON object (P-DATA-6)."""


def _patched(document: Json | _NoValue, fields: Mapping[str, Json], gone: Iterable[str]) -> Json:
    if not isinstance(document, dict):
        raise Unpatchable
    without = set(gone)
    return {name: value for name, value in {**document, **fields}.items() if name not in without}


def patch_state(value: Json | _NoValue, delta: Frame) -> Json | _NoValue:
    """The document after `s` and `x` (P-DATA-3). A new one: the old stays what a reader holds."""
    if "s" not in delta and "x" not in delta:
        return value
    return _patched(value, delta.get("s", {}), delta.get("x", ()))


def patch_records(records: dict[str, Json], delta: Frame) -> None:
    """Applies `u`, `p`, `q` and `x` to the records, all of them or, if one does not fit, none (P-DATA-3)."""
    changed: dict[str, Json] = dict(delta.get("u", {}))
    fields, removed = delta.get("p", {}), delta.get("q", {})
    for key in {**fields, **removed}:
        changed[key] = _patched(records.get(key), fields.get(key, {}), removed.get(key, ()))
    gone = set(delta.get("x", ()))
    records.update(changed)
    for key in gone:
        records.pop(key, None)


def merge_parts(parts: list[Frame]) -> Frame:
    """One frame of its parts, whose keys are disjoint (P-DATA-7)."""
    if len(parts) == 1:
        return parts[0]
    merged: Frame = {}
    for part in parts:
        for name, value in part.items():
            if isinstance(value, dict):
                merged[name] = {**merged.get(name, {}), **value}
            elif isinstance(value, list):
                merged[name] = [*merged.get(name, []), *value]
            else:
                merged.setdefault(name, value)
    return merged


# ---------------------------------------------------------------- the close policy


@dataclass(frozen=True)
class Ending:
    """How a connection ended. `code` 1006 is an end without a close frame, also one that never opened."""

    code: int = 1006
    welcomed_for_s: Optional[float] = None  # None: there was no welcome
    error: Optional[TickwireError] = None  # of a `reject`
    least_delay_s: float = 0.0


class Reconnection:
    """When to connect again, if at all (P-LIVE-4, P-CLOSE-1 to P-CLOSE-3)."""

    FIRST_BOUND_S, LAST_BOUND_S, STEADY_AFTER_S, ALLOWED_IN_A_ROW = 0.25, 30.0, 30.0, 3
    FAULTS = frozenset((1002, 1003, 1007, 1008, 1009, 1010))

    def __init__(self, rng: Callable[[], float] = random.random, last_bound_s: float = LAST_BOUND_S) -> None:
        self._rng = rng
        self._last_bound_s = last_bound_s
        self._attempts = 0
        self._refusals = 0
        self._faults = 0

    def after(self, ending: Ending) -> Optional[float]:
        """Seconds until the next connection; None: stop until the application connects again."""
        if ending.welcomed_for_s is not None:
            self._refusals = 0
            if ending.welcomed_for_s >= self.STEADY_AFTER_S:
                self._attempts = self._faults = 0
        code = self._code(ending)
        # An end without a close frame says nothing, so it neither counts nor interrupts a row.
        if code not in (1005, 1006):
            self._refusals = self._refusals + 1 if 4200 <= code < 4300 else 0
            self._faults = self._faults + 1 if code in self.FAULTS else 0
        if 4100 <= code < 4200 or self.ALLOWED_IN_A_ROW in (self._refusals, self._faults):
            return None
        if 4400 <= code < 4500:
            return max(self._rng(), ending.least_delay_s)
        bound = min(self._last_bound_s, self.FIRST_BOUND_S * 2**self._attempts)
        self._attempts = min(self._attempts + 1, 16)
        return ending.least_delay_s + self._rng() * bound

    @staticmethod
    def _code(ending: Ending) -> int:
        """The close code or, when it was lost after a `reject`, the range that the reject stands for."""
        if ending.error is not None and ending.code in (1000, 1005, 1006):
            return {"never": 4100, "credentials": 4200}.get(ending.error.again, 4300)
        return ending.code


class Stopped(Exception):
    """The server ended the connection in a way that forbids to come back by oneself (P-CLOSE-2)."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(f"stopped after close code {ending.code}" + (f": {ending.error}" if ending.error else ""))
        self.ending = ending


# ---------------------------------------------------------------- the connection


@dataclass
class _Asked:
    """A channel of a `sub` without answer."""

    id: int
    at: float
    subscription: Subscription


class Session:
    """One connection: its aliases, its unanswered frames, its signs of life."""

    def __init__(self, client: Client, socket: Any) -> None:
        self._client = client
        self._socket = socket
        self._now = asyncio.get_running_loop().time
        self._ids = itertools.count(1)
        self._aliases: dict[int, Subscription] = {}
        self._due: dict[str, float] = {}  # channels to ask for, and when
        self._asked: dict[str, _Asked] = {}
        self._asked_at: dict[str, float] = {}
        self._asked_twice: set[str] = set()
        self._calls: dict[int, asyncio.Future[Json]] = {}
        self._wake = asyncio.Event()
        self._opened = self._heard = self._ticked = self._now()
        self._welcomed: Optional[float] = None
        self._silence_s = 0.0
        self._grace_s = 0.0
        self._probe_until: Optional[float] = None
        self._lim: Mapping[str, Any] = {}
        self._leave: Optional[float] = None
        self._own_code: Optional[int] = None
        self._error: Optional[TickwireError] = None
        self._least_until = 0.0

    # -- its life

    async def run(self, token: Optional[str]) -> Ending:
        """Speaks until the connection ends, and says how it did."""
        supervisor: Optional[asyncio.Task[None]] = None
        try:
            hello: Frame = {"t": "hello", "v": 1, "sdk": "python-raw/1", "caps": ["delta"]}
            hello["lim"] = {"in": MAX_FRAME_BYTES}
            if token is not None:
                hello["auth"] = {"token": token}
            await self._send(hello)
            supervisor = asyncio.create_task(self._supervise())
            async for message in self._socket:
                await self._receive(message)
        except ConnectionClosed:
            pass
        finally:
            if supervisor is not None:
                supervisor.cancel()
                with suppress(asyncio.CancelledError, ConnectionClosed):
                    await supervisor
            for answer in self._calls.values():
                if not answer.done():
                    # P-CMD-2: it was sent, so nobody here knows.
                    answer.set_exception(TickwireError("connection_failed", "no answer", executed="maybe"))
        return Ending(
            self._own_code or self._socket.close_code or 1006,
            None if self._welcomed is None else self._now() - self._welcomed,
            self._error,
            max(0.0, self._least_until - self._now()),
        )

    async def close(self, code: int, *, as_if: Optional[int] = None) -> None:
        """Closes with `code`; what follows is decided as if the server had closed with `as_if`."""
        self._own_code = self._own_code or as_if or code
        await self._socket.close(code)

    def wake(self, channel: str) -> None:
        """Asks for the channel as soon as the rules allow."""
        if self._welcomed is not None:
            self._due[channel] = self._asked_at.get(channel, float("-inf")) + RESUBSCRIBE_EVERY_S
            self._wake.set()

    async def unsubscribe(self, subscription: Subscription) -> None:
        self._forget_alias(subscription)
        self._due.pop(subscription.channel, None)
        if self._welcomed is not None:
            await self._send({"t": "unsub", "id": next(self._ids), "ch": [subscription.channel]})

    async def call(self, name: str, value: Json, ttl_ms: Optional[int], key: Optional[str]) -> Json:
        frame: Frame = {"t": "req", "id": next(self._ids), "m": name, "v": value}
        if ttl_ms is not None:
            frame["ttl"] = ttl_ms
        if key is not None:
            frame["k"] = key
        if len(self._calls) >= self._lim.get("inflight", float("inf")):
            raise TickwireError("limit", "too many commands without answer")
        if len(encode_frame(frame).encode()) > self._lim.get("in", float("inf")):
            raise TickwireError("too_large", "larger than the server accepts")
        if not self._socket.open:
            raise TickwireError("connection_failed", "never sent")
        answer: asyncio.Future[Json] = asyncio.get_running_loop().create_future()
        self._calls[frame["id"]] = answer
        try:
            await self._send(frame)
            # The server keeps the ttl; a margin for the way there and back is all that is added here.
            return await asyncio.wait_for(answer, None if ttl_ms is None else ttl_ms / 1000 + self._grace_s)
        except ConnectionClosed:
            raise TickwireError("connection_failed", "ended while sending", executed="maybe") from None
        except TimeoutError:
            raise TickwireError("timeout", "no answer") from None
        finally:
            self._calls.pop(frame["id"], None)

    # -- what must happen though no frame comes

    async def _supervise(self) -> None:
        # Not `while True`: the library's close() may swallow the cancellation that ends this task.
        while self._socket.open:
            await self._check_life()
            await self._ask()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), TICK_S)
            self._wake.clear()

    async def _check_life(self) -> None:
        now = self._now()
        late, self._ticked = now - self._ticked > 4 * TICK_S, now
        if self._welcomed is None:
            if now - self._opened > WELCOME_WITHIN_S:
                self._drop("no welcome")
            return
        if self._leave is not None and (now >= self._leave or not self._calls):
            await self.close(1000, as_if=4400)
        elif now - self._heard <= self._silence_s:
            self._probe_until = None
        elif self._probe_until is None and late:
            # It was this process that slept: the frames may be waiting, so ask before judging (P-LIVE-3).
            self._probe_until = now + self._grace_s
            await self._send({"t": "ping", "k": next(self._ids)})
        elif self._probe_until is None or now >= self._probe_until:
            self._drop("nothing heard")

    async def _ask(self) -> None:
        """Sends the `sub` frames that are due, at most one without answer per channel (P-SUB-2)."""
        now = self._now()
        for channel, asked in list(self._asked.items()):
            if now - asked.at >= ANSWER_WITHIN_S:
                if channel in self._asked_twice:
                    return self._drop("`sub` not answered")
                self._asked_twice.add(channel)
                del self._asked[channel]
                self._due.setdefault(channel, now)
        ready = [channel for channel, at in self._due.items() if at <= now and channel not in self._asked]
        batch, bytes_left = [], 0
        sub: Frame = {}
        for channel in ready:
            del self._due[channel]
            subscription = self._client.subscriptions.get(channel)
            if subscription is None:
                continue
            request = subscription.request()
            size = len(encode_frame(request)) + 1
            if not batch or size > bytes_left or len(batch) >= self._lim.get("batch", 200):
                if batch:
                    await self._send(sub)
                batch, bytes_left = [], self._lim.get("in", 65536) - 64
                sub = {"t": "sub", "id": next(self._ids), "ch": batch}
            batch.append(request)
            bytes_left -= size
            self._asked[channel] = _Asked(sub["id"], now, subscription)
            self._asked_at[channel] = now
        if batch:
            await self._send(sub)

    def _drop(self, why: str) -> None:
        """Ends the connection without waiting for a peer that may be gone."""
        log.warning("connection dropped: %s", why)
        self._socket.transport.abort()

    # -- what comes

    async def _receive(self, message: str | bytes) -> None:
        self._heard = self._now()
        try:
            frames = decode_message(message)
        except ValueError as fault:
            self._client.faults += 1
            log.warning("message ignored: %s", fault)
            return
        for frame in frames:
            try:
                await self._handle(frame)
            except (KeyError, IndexError, TypeError, ValueError, AttributeError) as fault:
                self._client.faults += 1
                log.warning("frame ignored: %r of %s", fault, frame.get("t"), exc_info=True)

    async def _handle(self, frame: Frame) -> None:
        # A table of names, not of methods: what comes from the wire never selects an attribute (P-FRAME-6).
        kind = frame["t"]
        if kind in ("f", "d", "e", "rst"):
            subscription = self._aliases.get(frame["n"])
            if subscription is not None and subscription.apply(frame) is Outcome.HOLE:
                self.wake(subscription.channel)
        elif kind == "stat":
            if frame["n"] in self._aliases:
                self._aliases[frame["n"]].stat(frame)
        elif kind == "subd":
            for entry in frame["r"]:
                self._enter(frame, entry)
        elif kind == "unsubd":
            self._unsubscribed(frame)
        elif kind == "res":
            self._answer(frame)
        elif kind == "err":
            self._refused(frame)
        elif kind == "ping":
            await self._send({"t": "pong", "k": frame["k"]})
            self._read_clock(frame)
        elif kind == "pong":
            pass  # it was heard, that is all
        elif kind == "welcome":
            self._welcome(frame)
        elif kind == "reject":
            self._error = TickwireError.from_wire(frame.get("err"))
            self._wait_at_least(self._error)
        elif kind == "goaway":
            # Simple, not seamless: leave once the commands are answered, come back as after 4400.
            self._leave = self._now() + max(0.0, frame["in"] / 1000 - 1.0)
        elif kind == "reauth":
            await self._authenticate()
        elif frame.get("crit") == 1:
            log.error("unknown critical frame %s", kind)
            await self.close(4100)

    def _welcome(self, frame: Frame) -> None:
        ping = frame["ping"]
        self._grace_s = ping["grace"] / 1000
        self._silence_s = (ping["every"] + ping["grace"]) / 1000
        self._lim = frame.get("lim", {})
        self._welcomed = self._now()
        self._read_clock(frame)
        self._due = dict.fromkeys(self._client.subscriptions, self._welcomed)
        self._client.welcome(self)
        self._wake.set()

    def _enter(self, subd: Frame, entry: Frame) -> None:
        channel = entry["c"]
        asked = self._asked.get(channel)
        subscription = self._client.subscriptions.get(channel)
        # Where the application has left meanwhile there is no alias, so the data are ignored.
        if subscription is not None and (asked is None or asked.subscription is subscription):
            self._forget_alias(subscription)
            self._due.pop(channel, None)
            if "err" in entry:
                self._refuse(subscription, TickwireError.from_wire(entry["err"]))
            else:
                alias, outcome = _integer(entry, "n"), subscription.enter(entry)
                self._aliases[alias] = subscription
                if outcome is Outcome.HOLE:
                    self.wake(channel)
        # Last, so that an entry nobody can read counts as no answer.
        if asked is not None and asked.id == subd.get("id"):
            del self._asked[channel]
            self._asked_twice.discard(channel)
            if subscription is not None and asked.subscription is not subscription:
                self.wake(channel)

    def _unsubscribed(self, frame: Frame) -> None:
        for channel in frame["ch"]:
            subscription = self._client.subscriptions.get(channel)
            if subscription is not None and "err" in frame:
                self._forget_alias(subscription)
                self._refuse(subscription, TickwireError.from_wire(frame["err"]))

    def _refuse(self, subscription: Subscription, error: TickwireError) -> None:
        """Asks again later where the code allows it (P-ERR-3), else tells the application."""
        if error.again == "later":
            subscription.detach()
            wait = error.retry_after_s if error.retry_after_s is not None else 1 + 4 * self._client.rng()
            self._due[subscription.channel] = self._now() + max(wait, RESUBSCRIBE_EVERY_S)
        else:
            self._client.subscriptions.pop(subscription.channel, None)
            subscription.refuse(error)

    def _answer(self, frame: Frame) -> None:
        answer = self._calls.get(frame["id"])
        if answer is None or answer.done():
            return
        if "err" in frame:
            answer.set_exception(TickwireError.from_wire(frame["err"]))
        else:
            answer.set_result(frame.get("v"))

    def _refused(self, frame: Frame) -> None:
        """`err`: with an `id` it refuses that frame, without it tells of a problem; it is never fatal (P-EXT-4)."""
        error = TickwireError.from_wire(frame.get("err"))
        log.warning("the server reports %s", error)
        self._wait_at_least(error)
        if "id" not in frame:
            return
        self._answer(frame)
        for channel, asked in list(self._asked.items()):
            if asked.id == frame["id"]:
                del self._asked[channel]
                if self._client.subscriptions.get(channel) is asked.subscription:
                    self._refuse(asked.subscription, error)

    async def _authenticate(self) -> None:
        token = await self._client.token()
        if token is not None:
            await self._send({"t": "auth", "id": next(self._ids), "token": token})

    def _read_clock(self, frame: Frame) -> None:
        """How far the server's clock is ahead (P-LIVE-5)."""
        if "now" in frame:
            self._client.clock_offset_ms = frame["now"] + frame.get("rtt", 0) / 2 - self._client.wall_clock_ms()

    def _wait_at_least(self, error: TickwireError) -> None:
        if error.retry_after_s is not None:
            self._least_until = max(self._least_until, self._now() + error.retry_after_s)

    def _forget_alias(self, subscription: Subscription) -> None:
        self._aliases = {alias: held for alias, held in self._aliases.items() if held is not subscription}

    async def _send(self, frame: Frame) -> None:
        await self._socket.send(encode_frame(frame))


async def _no_token() -> Optional[str]:
    return None


def _wall_clock_ms() -> float:
    return time.time() * 1000


@dataclass
class Client:
    """Everything that outlives a connection: the subscriptions with their cursors, and the will to come back.

        client = Client("ws://localhost:8080/tickwire")
        price = client.subscribe(channel_id("price", "BTC/USDT"), Handlers(on_change=lambda it: print(it.value)))
        await client.run()
    """

    url: str
    token: Callable[[], Awaitable[Optional[str]]] = _no_token  # asked before every connection, so always fresh
    rng: Callable[[], float] = random.random
    last_bound_s: float = Reconnection.LAST_BOUND_S  # of the delays between connections
    wall_clock_ms: Callable[[], float] = _wall_clock_ms
    subscriptions: dict[str, Subscription] = field(default_factory=dict)
    faults: int = 0  # messages and frames that had to be ignored (P-FRAME-3)
    clock_offset_ms: float = 0.0

    def __post_init__(self) -> None:
        self._session: Optional[Session] = None
        self._welcomed = asyncio.Event()
        self._closing = asyncio.Event()

    # -- channels

    def subscribe(
        self, channel: str, handlers: Optional[Handlers] = None, *, last: Optional[int] = None
    ) -> Subscription:
        """Reads a channel by its id. Its kind is what the server says; `last` limits the history of a stream."""
        if channel in self.subscriptions:
            raise ValueError(f"{channel} is subscribed already")
        subscription = self.subscriptions[channel] = Subscription(channel, handlers, last=last)
        if self._session is not None:
            self._session.wake(channel)
        return subscription

    async def unsubscribe(self, subscription: Subscription) -> None:
        """From here on nothing of it is delivered (P-APP-5)."""
        if self.subscriptions.get(subscription.channel) is subscription:
            del self.subscriptions[subscription.channel]
            subscription.detach()
            if self._session is not None:
                with suppress(ConnectionClosed):
                    await self._session.unsubscribe(subscription)

    # -- commands

    async def call(
        self, name: str, value: Json = None, *, ttl_ms: Optional[int] = None, key: Optional[str] = None
    ) -> Json:
        """Calls a command once. TickwireError says with `executed` whether it may have run (P-CMD-1 to P-CMD-3)."""
        if self._session is None or not self._welcomed.is_set():
            raise TickwireError("connection_failed", "not connected")
        return await self._session.call(name, value, ttl_ms, key)

    async def call_until_answered(
        self, name: str, value: Json = None, *, key: str, ttl_ms: int, tries: int = 20
    ) -> Json:
        """Calls again, across connections, until the answer is final: the key makes that one run (P-CMD-5)."""
        for tried in itertools.count(1):
            await self._welcomed.wait()
            try:
                return await self.call(name, value, ttl_ms=ttl_ms, key=key)
            except TickwireError as error:
                again = error.again in ("later", "keyed") or error.code == "connection_failed"
                if not again or tried >= tries:
                    raise
                await asyncio.sleep((error.retry_after_s or 0.0) + self.rng() * min(5.0, 0.1 * 2**tried))
        raise AssertionError("unreachable")

    # -- its life

    async def run(self) -> None:
        """Connects and keeps connecting until `close()`; raises Stopped where the server forbids to come back."""
        reconnection = Reconnection(self.rng, self.last_bound_s)
        while not self._closing.is_set():
            ending = await self._connect_once()
            if self._closing.is_set():
                return
            delay = reconnection.after(ending)
            if delay is None:
                raise Stopped(ending)
            log.info("ended with %d, next connection in %.3f s", ending.code, delay)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closing.wait(), delay)

    async def close(self) -> None:
        self._closing.set()
        if self._session is not None:
            await self._session.close(1000)

    def welcome(self, session: Session) -> None:
        if session is self._session:
            self._welcomed.set()

    async def _connect_once(self) -> Ending:
        try:
            token = await self.token()
            connecting = websockets.connect(
                self.url,
                subprotocols=SUBPROTOCOLS,  # type: ignore[arg-type]
                compression=None,
                ping_interval=None,  # the protocol has its own signs of life (P-LIVE-1)
                max_size=MAX_MESSAGE_BYTES,
                open_timeout=WELCOME_WITHIN_S,
                close_timeout=2,
            )
            socket = await connecting
        except InvalidStatusCode as refusal:
            after = refusal.headers.get("Retry-After", "")
            wait = float(after) if after.isdecimal() else 0.0
            return Ending(least_delay_s=min(wait, _MAX_RETRY_AFTER_S))
        except (OSError, InvalidHandshake) as failure:
            log.info("no connection: %s", failure)
            return Ending()
        session = self._session = Session(self, socket)
        try:
            if socket.subprotocol not in SUBPROTOCOLS:
                await session.close(1002)
                return Ending(1002)
            return await session.run(token)
        finally:
            self._session = None
            self._welcomed.clear()
            for subscription in self.subscriptions.values():
                subscription.detach()
            socket.transport.abort()
