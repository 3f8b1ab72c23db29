"""Bitget v1 as it was recorded (2022). For captures only.

The shape and the checksum are OKX's of the time before it numbered its messages: a CRC32 of the best 25 levels a side
as written, and nothing else that would show a loss. Other than OKX's, a frame names the type of its instruments,
levels hold price and size alone, numbers keep their trailing zeros, and trades are arrays. How deep the channel goes is
not known (recorded books end at 63 to 151 levels a side): a book is proven as far as its last snapshot reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import msgspec

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.errors import FrameError
from fillcast.venues.connection import Connection
from fillcast.venues.frames import excerpt
from fillcast.venues.levels import text_time_ns, trade_row
from fillcast.venues.okx import frames as okx
from fillcast.venues.protocol import Rejected
from fillcast.venues.recorded import Dialect, Recorded
from fillcast.venues.regridding import Sides
from fillcast.venues.retired.okx_unnumbered import OkxUnnumberedConnection
from fillcast.venues.settings import CAPTURE_SETTINGS, Settings
from fillcast.venues.slots import Message, Slot

TYPES: Final = ("sp", "mc")  # spot and contracts; the venue's next version writes other names
BOOKS, TRADE = "books", "trade"
UNSTATED: Final = 0  # levels a side that the channel promises
SNAPSHOT_ACTION, UPDATE_ACTION = "snapshot", "update"


class Entry(msgspec.Struct, frozen=True):
    """One message of the book channel."""

    asks: list[tuple[str, str]]
    bids: list[tuple[str, str]]
    checksum: int
    ts: str


Trade = tuple[str, str, str, Literal["buy", "sell"]]  # time in ms, price, size, the taker's side

decode_entries = msgspec.json.Decoder(list[Entry]).decode
decode_trades = msgspec.json.Decoder(list[Trade]).decode


class BitgetV1Connection(OkxUnnumberedConnection):
    """One recorded connection. It sends nothing: a wrong book waits for a snapshot."""

    venue = "bitget"
    book_channels = (BOOKS,)

    def __init__(self, instruments: Sequence[Instrument], *, settings: Settings = CAPTURE_SETTINGS) -> None:
        super().__init__(instruments, settings=settings, fast=False)
        for book in self.books:
            book.depth = UNSTATED

    def _decode(self, data: bytes) -> None:
        frame = okx.decode_envelope(data)
        if frame.event:
            if frame.data:
                raise FrameError("an answer that carries data")
            return
        if frame.arg is None or not frame.data:
            raise FrameError("neither an answer nor pushed data")
        channel, slot = frame.arg.channel, self._by_symbol.get(frame.arg.instId)
        if channel not in (BOOKS, TRADE):
            self.ignored += 1
        elif slot is None:
            self.rejected += 1
            reason = f"{channel} of {frame.arg.instId!r}, which is not subscribed here"
            self._out.append(Rejected(reason, excerpt(data)))
        elif frame.action not in (SNAPSHOT_ACTION, UPDATE_ACTION):
            raise FrameError(f"a {channel} message with action {frame.action!r}")
        elif channel == BOOKS:
            self._entries(slot, frame.action, decode_entries(frame.data))
        elif frame.action == UPDATE_ACTION:
            self._traded(slot, decode_trades(frame.data))
        else:  # trades of before
            self.ignored += 1

    def _entries(self, slot: Slot, action: str, entries: list[Entry]) -> None:
        messages = []
        for entry in entries:
            event_ns = text_time_ns(entry.ts)
            bare = Message(event_ns=event_ns, sent_ns=event_ns, checksum=entry.checksum)
            message = self._levels(slot, bare, sides_of(entry))
            if message is None:
                return
            messages.append(message)
        for message in messages:
            if action == UPDATE_ACTION:
                self._update(slot, message)
            else:
                self._snapshot(slot, message)

    def _traded(self, slot: Slot, trades: list[Trade]) -> None:
        rows = [
            (trade_row(1 if side == "buy" else -1, price, size, 0, slot.instrument), text_time_ns(ts))
            for ts, price, size, side in trades
        ]
        for row, event_ns in rows:
            self._trade(slot, row, event_ns, event_ns)


def sides_of(entry: Entry) -> Sides:
    """Return the levels of a message in the venue's order: asks first."""
    return ((-1, entry.asks), (1, entry.bids))


def is_book(frame: bytes) -> bool:
    """Whether a recorded frame is a book message of this version."""
    found = okx.decode_envelope(frame)
    if found.arg is None or found.arg.instType not in TYPES or found.arg.channel != BOOKS or not found.action:
        return False
    return bool(decode_entries(found.data))


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    found = okx.decode_envelope(frame)
    if found.arg is None or not found.data:
        return []
    symbol, channel = found.arg.instId, found.arg.channel
    if channel == BOOKS:
        kind = SNAPSHOT if found.action == SNAPSHOT_ACTION else UPDATE
        levels = [level for one in decode_entries(found.data) for level in (*one.bids, *one.asks)]
        return [Recorded(kind, symbol, levels)]
    if channel == TRADE and found.action == UPDATE_ACTION:
        return [Recorded(TRADES, symbol, [(price, size) for _, price, size, _ in decode_trades(found.data)])]
    return []


def connect(instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> Connection:
    """Return the protocol that reads a recording."""
    return BitgetV1Connection(instruments, settings=settings)


DIALECT: Final = Dialect("bitget", "v1", is_book, lambda: read_frame, connect, as_written=True)
