"""Book frames read the slow way, `json` and `Decimal` only, and the check of a compiled reader against that."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation, Overflow
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from fillcast.core import events as ev
from fillcast.core import ladder_kernels
from fillcast.core import layout_kernels as at
from fillcast.core.book import Book
from fillcast.core.events import EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.venues.binance import binance_kernels
from fillcast.venues.fast import Kernel, allocate_books, fast_path, touched
from fillcast.venues.json_kernels import LAG_BOOK, LAG_FLOOR_NS
from fillcast.venues.okx import okx_kernels
from fillcast.venues.update_kernels import APPLIED, CROSSED, READ, UNREAD, WRONG_CHECKSUM

NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
EXACT = Context(prec=400)
STAMP = re.compile(r"[0-9]{1,13}")
WALL_NS, MONO_NS = 1_700_000_000_000_000_000, 5_000
Rows = list[list[int]]


@dataclass
class Reading:
    """What a book frame says; ids are -1 where it says none."""

    symbol: str
    channel: str
    kind: int
    link: int
    first: int
    last: int
    event_ns: int
    sent_ns: int
    checksum: int
    rows: Rows


class NotABookFrameError(Exception):
    """The bytes are not JSON, or not a book frame of the form that the venue sends."""


def strict_json(data: bytes) -> Any:
    """Read JSON; a float, a constant or a key that comes twice is refused."""

    def pairs(found: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(found)) != len(found):
            raise NotABookFrameError("a key twice")
        return dict(found)

    def refuse(text: str) -> Any:
        raise NotABookFrameError(text)

    try:
        return json.loads(data.decode(), object_pairs_hook=pairs, parse_float=refuse, parse_constant=refuse)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError, ValueError) as error:
        raise NotABookFrameError(str(error)) from None


def whole(value: Any) -> int:
    if type(value) is not int or not -(2**63) < value < 2**63:
        raise NotABookFrameError(f"{value!r} is no id")
    return value


def name(value: Any) -> str:
    if type(value) is not str:
        raise NotABookFrameError(f"{value!r} is no name")
    return value


@cache
def decimals(step: Decimal) -> int:
    """The digits after the point of a step that is a power of ten; 0 for any other."""
    _, digits, exponent = step.as_tuple()
    return max(0, -int(exponent)) if digits == (1,) else 0


def units(text: Any, step: Decimal, places: int) -> int:
    """How many steps a text is; `places` are the step's `decimals`."""
    if type(text) is not str or not text.isascii():
        raise NotABookFrameError(f"{text!r} is no number")
    before, _, after = text.partition(".")
    if places and len(after) == places and len(text) < 18 and after.isdigit() and before.isdigit():
        return int(before + after)  # what the longer way says too, for nearly every number of a capture
    if not NUMBER.fullmatch(text):
        raise NotABookFrameError(f"{text!r} is no number")
    try:
        count = EXACT.divide(Decimal(text), step)
        if count >= 2**60 or EXACT.to_integral_exact(count) != count:
            raise NotABookFrameError(f"{text!r} is off the grid")
    except (InvalidOperation, Overflow):
        raise NotABookFrameError(f"{text!r} is far off the grid") from None
    return int(count)


def level_rows(levels: Any, side: int, width: int, instrument: Instrument) -> Rows:
    tick, lot = instrument.tick, instrument.lot
    price_places, size_places = decimals(tick), decimals(lot)
    rows = []
    if type(levels) is not list:
        raise NotABookFrameError("no list of levels")
    for level in levels:
        if type(level) is not list or len(level) != width:
            raise NotABookFrameError("no level")
        rows.append([side, units(level[0], tick, price_places), units(level[1], lot, size_places), 0])
        if rows[-1][1] == 0:
            raise NotABookFrameError("a price of zero")
    return rows


def read_okx(data: bytes, instruments: Mapping[str, Instrument]) -> Reading:
    """Read an OKX book frame; NotABookFrameError for anything else."""
    frame = strict_json(data)
    try:
        argument, (entry,) = frame["arg"], frame["data"]
        action = {"update": ev.UPDATE, "snapshot": ev.SNAPSHOT}[frame["action"]]
        symbol, channel = name(argument["instId"]), name(argument["channel"])
        rows = level_rows(entry["asks"], -1, 4, instruments[symbol])
        rows += level_rows(entry["bids"], 1, 4, instruments[symbol])
        if any(type(text) is not str for side in ("asks", "bids") for level in entry[side] for text in level):
            raise NotABookFrameError("a level that is not all text")
        if not STAMP.fullmatch(entry["ts"]):
            raise NotABookFrameError("no time")
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise NotABookFrameError(str(error)) from None
    event_ns = int(entry["ts"]) * 1_000_000
    link, last = whole(entry.get("prevSeqId", -1)), whole(entry.get("seqId", -1))
    checksum = whole(entry.get("checksum", 0))
    return Reading(symbol, channel, action, link, -1, last, event_ns, event_ns, checksum, rows)


def read_binance(data: bytes, instruments: Mapping[str, Instrument]) -> Reading:
    """Read a Binance depth update, raw or in a combined stream; NotABookFrameError for anything else."""
    frame = strict_json(data)
    try:
        channel = name(frame.get("stream", ""))
        entry = frame["data"] if "stream" in frame else frame
        if entry["e"] != "depthUpdate":
            raise NotABookFrameError("another event")
        symbol = name(entry["s"])
        rows = level_rows(entry["b"], 1, 2, instruments[symbol]) + level_rows(entry["a"], -1, 2, instruments[symbol])
        sent_ms, first, last = whole(entry["E"]), whole(entry["U"]), whole(entry["u"])
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise NotABookFrameError(str(error)) from None
    event_ms = whole(entry.get("T", sent_ms))
    link = whole(entry["pu"]) if "pu" in entry else first - 1
    times = (event_ms * 1_000_000, sent_ms * 1_000_000)
    return Reading(symbol, channel, ev.UPDATE, link, first, last, *times, 0, rows)


def small_books(instruments: list[Instrument]) -> tuple[tuple[Book, ...], np.ndarray]:
    """What `allocate_books` makes, of books with little room."""
    memory = np.zeros((len(instruments) + 1, at.row_words(512, 16)), np.int64)
    books = [Book(made, row=row, window=512, slots=16) for made, row in zip(instruments, memory, strict=False)]
    return tuple(books), memory


class Connection:
    """The books of one connection (`small` ones are quick to compare), its compiled reader, and the slow one."""

    def __init__(
        self, kernel: Kernel, rule: int, instruments: list[Instrument], read: Any, *, small: bool = True
    ) -> None:
        self.instruments = {made.symbol: made for made in instruments}
        self.books, self.memory = small_books(instruments) if small else allocate_books(instruments)
        self.index = {made.symbol: index for index, made in enumerate(instruments)}
        self.events = EventBuffer()
        self.fast = fast_path(kernel, self.memory, self.events, rule)
        self.read = read
        self.rule = rule
        for book in self.books:
            book.state, book.last_id = BookState.LIVE, 0

    def reading(self, data: bytes) -> Reading | None:
        try:
            found: Reading = self.read(data, self.instruments)
        except NotABookFrameError:
            return None
        return found

    def check(self, data: bytes, reading: Reading | None = None) -> int:
        """Hand a frame to the compiled reader and compare what it did with the slow reading; return its answer."""
        index = None if reading is None else self.index[reading.symbol]
        before = self.memory[:-1].copy() if index is None else self.memory[index].copy()
        self.events.count = 7
        status = self.fast(data, WALL_NS, MONO_NS)
        if status in (UNREAD, READ):
            after = self.memory[:-1] if index is None else self.memory[index]
            assert (after == before).all(), "a frame that is not applied touched a book"
        if status == UNREAD:
            assert self.events.count == 7, "a frame that is not read touched the events"
            return status
        assert reading is not None, "read, though it is no book frame"
        index = self.index[reading.symbol]
        self.compare_message(reading, index)
        if status == READ:
            assert reading.kind == ev.SNAPSHOT
        else:
            assert reading.kind == ev.UPDATE
            self.compare_book(before, reading, index, status)
        return status

    def compare_message(self, reading: Reading, index: int) -> None:
        events, message = self.events, self.events.messages[0].tolist()
        assert events.count == 1
        assert touched(self.memory) == index
        assert events.message_rows(0).tolist() == reading.rows, "other levels than the frame's"
        columns = {
            ev.KIND: reading.kind,
            ev.BOOK: index,
            ev.FIRST: reading.first,
            ev.LAST: reading.last,
            ev.EVENT_NS: reading.event_ns,
            ev.SENT_NS: reading.sent_ns,
            ev.START: 0,
            ev.END: len(reading.rows),
            ev.CHECKSUM: reading.checksum,
            ev.FLAGS: ev.HAS_CHECKSUM if reading.checksum else 0,
            ev.RECV_NS: WALL_NS,
        }
        for column, value in columns.items():
            assert message[column] == value, f"column {column} is not the frame's"
        assert message[ev.LINK] == reading.link

    def compare_book(self, before: np.ndarray, reading: Reading, index: int, status: int) -> None:
        book, after = self.books[index], self.memory[index]
        assert (before[at.STATE], before[at.HELD]) == (at.LIVE, 0), "applied to a book that may not be priced"
        assert reading.link in (before[at.LAST_ID], -1), "applied though it does not follow"
        crossed = ladder_kernels.apply_message(before, np.array(reading.rows or [[0] * 4]), 0, len(reading.rows))
        assert (status == CROSSED) == crossed
        assert (after[at.HEADER : -at.KEPT_WORDS] == before[at.HEADER : -at.KEPT_WORDS]).all(), "another book"
        assert after[at.VERSION] == before[at.VERSION]
        assert (book.last_id, book.event_ns) == (reading.last, reading.event_ns)
        assert (after[at.CHANGED_NS], after[at.RIGHT_NS]) == (MONO_NS, WALL_NS)
        assert after[at.LAG_NS] == WALL_NS - reading.event_ns
        assert self.memory[-1, LAG_BOOK] == index
        assert self.memory[-1, LAG_FLOOR_NS] <= after[at.LAG_NS]
        if not crossed:
            wrong = bool(reading.checksum) and reading.checksum != book.checksum()
            assert status == (WRONG_CHECKSUM if wrong else APPLIED)


def made(symbol: str, tick: str = "0.1", lot: str = "0.001") -> Instrument:
    return Instrument("test", symbol, "B", "Q", Decimal(tick), Decimal(lot))


SYMBOLS = [made("BTC"), made("BTC2"), made("BTC-25", "0.25", "10")]


def okx(rule: int = okx_kernels.IDENTITY, instruments: list[Instrument] | None = None) -> Connection:
    return Connection(okx_kernels.advance, rule, instruments or SYMBOLS, read_okx, small=instruments is None)


def binance(rule: int, instruments: list[Instrument] | None = None) -> Connection:
    return Connection(binance_kernels.advance, rule, instruments or SYMBOLS, read_binance, small=instruments is None)


def frames(file: Path) -> Iterator[bytes]:
    """The venue's frames of a capture: the lines that hold one, without what the recorder put before it."""
    data = file.read_bytes()
    for line in (gzip.decompress(data) if file.suffix == ".gz" else data).splitlines():
        before, brace, rest = line.partition(b"{")
        if brace and not re.search(rb"[a-z]", before):
            yield brace + rest


def inferred(entries: list[tuple[str, list[list[str]]]], venue: str) -> list[Instrument]:
    """Instruments on the finest decimals that (symbol, levels) show."""
    places: dict[str, list[int]] = {}
    for symbol, levels in entries:
        most = places.setdefault(symbol, [0, 0])
        for level in levels:
            for which in (0, 1):
                most[which] = max(most[which], len(level[which].partition(".")[2]))
    return [
        Instrument(venue, symbol, "B", "Q", Decimal(1).scaleb(-prices), Decimal(1).scaleb(-sizes))
        for symbol, (prices, sizes) in places.items()
    ]
