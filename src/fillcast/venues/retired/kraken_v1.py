"""Kraken WebSocket v1 as it was recorded (2021). For captures only.

Frames are arrays whose last two parts name channel and pair. Levels are text; updates carry the checksum, snapshots
none. Source: docs.kraken.com, WebSocket v1 `book` and `trade`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.errors import FrameError
from fillcast.venues.frames import UNREADABLE, excerpt
from fillcast.venues.kraken.checksum import ChecksumRule
from fillcast.venues.kraken.frames import DEPTHS, MOST_CRC
from fillcast.venues.kraken.venue import RecordedKrakenConnection
from fillcast.venues.levels import PLAIN_DIGITS, Side, time_ns, trade_row
from fillcast.venues.protocol import Rejected
from fillcast.venues.recorded import Dialect, Recorded
from fillcast.venues.slots import Message, Slot

BOOK: Final = re.compile(r"book-([0-9]{2,4})")  # depth
TRADE: Final = "trade"
EPOCH_SECONDS: Final = re.compile(r"([0-9]{1,11})\.([0-9]{1,9})")
NS_DIGITS: Final = 9
MS_PER_S: Final = 1000

REPUBLISHED: Final = "r"  # a level that entered the depth again

# Price, size, time of its last change, and REPUBLISHED where it is.
Level = Annotated[list[str], msgspec.Meta(min_length=3, max_length=4)]
# Price, size, time, the taker's side, market or limit, remarks.
Trade = tuple[str, str, str, Literal["b", "s"], str, str]


class Payload(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One object of a book frame: `as` and `bs` are a snapshot, `a` and `b` what changed, `c` the checksum."""

    whole_asks: list[Level] | None = msgspec.field(name="as", default=None)
    whole_bids: list[Level] | None = msgspec.field(name="bs", default=None)
    a: list[Level] = []
    b: list[Level] = []
    c: str | None = None


class Event(msgspec.Struct, frozen=True):
    """Any object: `systemStatus`, `subscriptionStatus`, `heartbeat`, `pong`."""

    event: str


@dataclass(frozen=True, slots=True)
class Frame:
    """One array in its parts; the payload is one object or two, one for each side."""

    channel: str
    pair: str
    payload: list[msgspec.Raw]


decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_text = msgspec.json.Decoder(str).decode
decode_integer = msgspec.json.Decoder(int).decode
decode_payload = msgspec.json.Decoder(Payload).decode
decode_trades = msgspec.json.Decoder(list[Trade]).decode
decode_event = msgspec.json.Decoder(Event).decode


def decode_frame(data: bytes) -> Frame:
    """Return an array in its parts; `FrameError` or `msgspec.DecodeError` when it is none of the venue's."""
    parts = decode_array(data)
    if len(parts) < 4:
        raise FrameError(f"an array of {len(parts)} parts")
    decode_integer(parts[0])
    return Frame(decode_text(parts[-2]), decode_text(parts[-1]), parts[1:-2])


@dataclass(frozen=True, slots=True)
class BookFrame:
    """A book message: its sides in the order sent, its checksum, the latest time of its levels."""

    whole: bool
    sides: list[Side]
    checksum: int | None
    event_ns: int


def decode_book(payload: Sequence[msgspec.Raw]) -> BookFrame:
    """Return a book message; `FrameError` or `msgspec.DecodeError` when it is neither a snapshot nor an update."""
    parts = [decode_payload(part) for part in payload]
    whole = [part.whole_asks is not None or part.whole_bids is not None for part in parts]
    sides: list[Side] = []
    times = [0]
    for part in parts:
        for side, levels in ((-1, part.whole_asks or part.a), (1, part.whole_bids or part.b)):
            if levels:
                if any(level[3:] not in ([], [REPUBLISHED]) for level in levels):
                    raise FrameError("a level with an unknown mark")
                sides.append((side, levels))
                times += [epoch_ns(level[2]) for level in levels]
    sums = [part.c for part in parts if part.c is not None]
    if all(whole):
        if sums or any(part.a or part.b for part in parts):
            raise FrameError("a snapshot that is an update as well")
        return BookFrame(True, sides, None, max(times))
    if any(whole) or len(sums) != 1:
        raise FrameError("an update without its checksum, in a dialect that has nothing else")
    return BookFrame(False, sides, crc_of(sums[0]), max(times))


def crc_of(text: str) -> int:
    """Return a checksum out of its text."""
    value = int(text) if text.isdigit() and text.isascii() and len(text) <= PLAIN_DIGITS else -1
    if not 0 <= value <= MOST_CRC:
        raise FrameError(f"a checksum of {text[:40]!r}")
    return value


def epoch_ns(text: str) -> int:
    """Return a time in seconds since 1970, as text, in nanoseconds."""
    found = EPOCH_SECONDS.fullmatch(text)
    if found is None:
        raise FrameError(f"{text[:40]!r} is not a time in seconds")
    return time_ns(int(found[1]) * MS_PER_S) + int(found[2].ljust(NS_DIGITS, "0"))


class KrakenV1Connection(RecordedKrakenConnection):
    """One recorded connection. The depth is that in the name of the channel."""

    def _decode(self, data: bytes) -> None:
        if data.lstrip().startswith(b"{"):
            decode_event(data)
            return
        frame = decode_frame(data)
        book, slot = BOOK.fullmatch(frame.channel), self._by_symbol.get(frame.pair)
        if book is None and frame.channel != TRADE:
            self.ignored += 1
        elif slot is None:
            self.rejected += 1
            reason = f"{frame.channel} of {frame.pair[:40]!r}, which is not subscribed here"
            self._out.append(Rejected(reason, excerpt(data)))
        elif book is None:
            self._trade_frame(slot, frame)
        elif int(book[1]) not in DEPTHS:
            raise FrameError(f"a book of depth {book[1]}")
        else:
            self._book_frame(slot, int(book[1]), decode_book(frame.payload))

    def _book_frame(self, slot: Slot, depth: int, found: BookFrame) -> None:
        bare = Message(event_ns=found.event_ns, sent_ns=found.event_ns, checksum=found.checksum, whole=True)
        message = self._levels(slot, bare, found.sides)
        if message is None or slot.book is None:
            return
        if found.whole:
            slot.book.depth = depth
            levels = [level for _, side in found.sides for level in side]
            self._first_book(slot, message, ChecksumRule.of(levels, slot.instrument))
        else:
            self._update(slot, message)

    def _trade_frame(self, slot: Slot, frame: Frame) -> None:
        rows = []
        for payload in frame.payload:
            for price, size, time, side, _, _ in decode_trades(payload):
                row = trade_row(1 if side == "b" else -1, price, size, 0, slot.instrument)
                rows.append((row, epoch_ns(time)))
        for row, event_ns in rows:
            self._trade(slot, row, event_ns, event_ns)

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        every = tuple(self._slots)
        try:
            frame = decode_frame(data)
        except UNREADABLE:
            return () if is_event(data) else every
        slot = self._by_symbol.get(frame.pair)
        if BOOK.fullmatch(frame.channel) is None:
            return ()
        return every if slot is None else (slot,)


def is_event(data: bytes) -> bool:
    """Whether bytes are an object, which never holds a book."""
    try:
        return isinstance(msgspec.json.decode(data), dict)
    except UNREADABLE:
        return False


def is_book(data: bytes) -> bool:
    """Whether a recorded frame is a book message of this version."""
    frame = decode_frame(data)
    return BOOK.fullmatch(frame.channel) is not None and bool(decode_book(frame.payload).sides)


def read_frame(data: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    if data.lstrip().startswith(b"{"):
        return []
    frame = decode_frame(data)
    if BOOK.fullmatch(frame.channel):
        found = decode_book(frame.payload)
        levels = [level for _, side in found.sides for level in side]
        return [Recorded(SNAPSHOT if found.whole else UPDATE, frame.pair, levels)]
    if frame.channel == TRADE:
        trades = [(one[0], one[1]) for payload in frame.payload for one in decode_trades(payload)]
        return [Recorded(TRADES, frame.pair, trades)]
    return []


DIALECT: Final = Dialect("kraken", "v1", is_book, lambda: read_frame, KrakenV1Connection, as_written=True)
