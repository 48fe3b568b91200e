"""The oracle's client in Python: reads order books, events and the run, prints what it saw, reports and ends.

    npm run oracle -- --client "/usr/bin/python3 examples/python-raw/oracle_client.py"

The URL is the last argument.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import uuid
import zlib
from decimal import Decimal
from functools import lru_cache
from heapq import nlargest, nsmallest
from typing import Any, Mapping

from tickwire_raw import Client, Handlers, Json, Reset, Subscription, channel_id

QUIET_S = 1.0
DEPTH = 10


@lru_cache(maxsize=200_000)
def as_decimal(price: str) -> Decimal:
    return Decimal(price)


def digits(number: str) -> str:
    return number.replace(".", "").lstrip("0")


def kraken_checksum(records: Mapping[str, Any]) -> int:
    """CRC32 of the ten lowest asks, then the ten highest bids: price then size, without point and leading zeros."""

    def price(level: Any) -> Decimal:
        return as_decimal(level["price"])

    asks = nsmallest(DEPTH, (level for level in records.values() if level["side"] == "ask"), key=price)
    bids = nlargest(DEPTH, (level for level in records.values() if level["side"] == "bid"), key=price)
    text = "".join(digits(level["price"]) + digits(level["size"]) for level in [*asks, *bids])
    return zlib.crc32(text.encode())


def say(line: Mapping[str, Any]) -> None:
    print(json.dumps(line, separators=(",", ":")), flush=True)


class Judged:
    """Follows one run from its first book to its report."""

    def __init__(self, url: str) -> None:
        # The oracle tears the link every few seconds. No connection lives for the 30 s that start the delays anew
        # (P-LIVE-4), so they would grow to 30 s: here they are kept short, what is judged is how it resumes.
        self._client = Client(url, last_bound_s=0.5)
        self._books: dict[str, Subscription] = {}
        self._checked = 0
        self._events = 0
        self._last_sequence = 0
        self._moved = asyncio.get_running_loop().time()
        self._run = self._client.subscribe("run", self._handlers(on_change=self._run_changed))
        self._messages: Subscription | None = None

    async def live(self) -> None:
        connection = asyncio.create_task(self._client.run())
        work = asyncio.create_task(self._finish())
        await asyncio.wait((connection, work), return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
            await connection  # it stopped, and says why
        await work
        await self._client.close()
        await connection

    def _handlers(self, **more: Any) -> Handlers:
        def entered(mode: str, resumed: bool) -> None:
            self._touch()
            if resumed:
                say({"recovery": mode})

        return Handlers(on_entry=entered, **more)

    def _touch(self) -> None:
        self._moved = asyncio.get_running_loop().time()

    def _run_changed(self, run: Subscription) -> None:
        self._touch()
        if not isinstance(run.value, dict):
            return
        for pair in run.value["pairs"]:
            channel = channel_id("book", pair)
            if channel not in self._books:
                self._books[channel] = self._client.subscribe(channel, self._handlers(on_change=self._book_changed))
        if self._messages is None:
            self._messages = self._client.subscribe(
                "messages", self._handlers(on_event=self._event, on_reset=self._reset)
            )

    def _book_changed(self, book: Subscription) -> None:
        self._touch()
        assert book.cursor is not None
        self._checked += 1
        checksum = kraken_checksum(book.records)
        say({"state": {"channel": book.channel, "offset": book.cursor.offset, "checksum": checksum}})

    def _event(self, event: Json, offset: int) -> None:
        self._touch()
        assert isinstance(event, dict)
        self._events += 1
        self._last_sequence = event["sequence"]
        say({"event": event["sequence"]})

    def _reset(self, reset: Reset) -> None:
        self._touch()
        if reset.lost is not None:
            say({"lost": list(reset.lost)})

    def _done(self) -> bool:
        run = self._run.value
        if not isinstance(run, dict) or run["status"] != "finished" or self._last_sequence < run["messages"]:
            return False
        return all(book.at_head for book in self._books.values()) and self._run.at_head

    async def _finish(self) -> None:
        clock = asyncio.get_running_loop().time
        while not (self._done() and clock() - self._moved >= QUIET_S):
            await asyncio.sleep(0.1)
        answer = await self._client.call_until_answered(
            "report", {"checked": self._checked, "events": self._events}, key=uuid.uuid4().hex, ttl_ms=5_000
        )
        if not isinstance(answer, dict) or answer.get("accepted") is not True:
            raise SystemExit(f"the report was not accepted: {answer}")
        for channel, book in self._books.items():
            assert book.cursor is not None
            levels = {key: record["size"] for key, record in book.records.items() if isinstance(record, dict)}
            say({"book": {"channel": channel, "offset": book.cursor.offset, "levels": levels}})


async def main() -> None:
    await Judged(sys.argv[-1]).live()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    asyncio.run(main())
