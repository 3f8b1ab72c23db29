"""What all opponents share: the fastest typed decoder there is for Python, the sequence rule, and both walks.

msgspec turns the venue's decimal strings into floats while it parses (``strict=False``): in less time than
orjson takes to build strings, and exact to the nearest double. Every opponent gets it, so that only the
structures differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar, Literal, Protocol

import msgspec

from benchmarks.contestant import Cost
from benchmarks.frames import Capture
from benchmarks.workloads import BID, Levels


class Level(msgspec.Struct, array_like=True, gc=False):
    """Price and size; further elements of a venue's level are ignored."""

    price: float
    size: float


class Side(Protocol):
    """One side of a book: ``sign`` is +1 for asks (best is lowest) and -1 for bids."""

    def __init__(self, sign: int) -> None: ...

    def replace(self, levels: Sequence[Level]) -> None:
        """Forget everything and hold these levels."""
        ...

    def update(self, levels: Sequence[Level]) -> None:
        """Set the size of each level; size 0 removes it."""
        ...

    def walk(self, size: float) -> tuple[float, float]:
        """Size found from the best level on, at most ``size``, and the sum of price × size over it."""
        ...


class Book:
    """Two sides and the sequence number of the last update."""

    __slots__ = ("asks", "bids", "last", "size")

    def __init__(self, side: type[Side], size: str) -> None:
        self.asks = side(1)
        self.bids = side(-1)
        self.last: int | None = None
        self.size = float(size)

    def cost(self) -> Cost:
        return (*self.asks.walk(self.size), *self.bids.walk(self.size))


class Opponent:
    """A contestant made of one kind of ``Side``."""

    label: ClassVar[str]
    answers: ClassVar[Literal["units"]] = "units"
    side: ClassVar[type[Side]]

    def __init__(self, capture: Capture) -> None:
        books = {symbol: Book(self.side, scale.size) for symbol, scale in capture.instruments.items()}
        if capture.snapshot is None:
            self.step = OkxFeed(books).step
        else:
            self.step = BinanceFeed(books, capture.snapshot).step


class SideBook:
    """A ``LevelBook`` made of one kind of ``Side``; the levels of each message are made beforehand."""

    label: ClassVar[str]
    side: ClassVar[type[Side]]

    def __init__(self, levels: Levels) -> None:
        self._asks, self._bids = self.side(1), self.side(-1)
        self._size = float(levels.size_lots)
        rows = list(zip(levels.side.tolist(), levels.ticks.tolist(), levels.lots.tolist(), strict=True))
        self._messages = [
            tuple(
                [Level(float(ticks), float(lots)) for side, ticks, lots in rows[start:stop] if (side == BID) == is_bid]
                for is_bid in (True, False)
            )
            for start, stop in pairwise(levels.offsets.tolist())
        ]

    def step(self, message: int) -> Cost:
        bids, asks = self._messages[message]
        self._bids.update(bids)
        self._asks.update(asks)
        return (*self._asks.walk(self._size), *self._bids.walk(self._size))


class _Depth(msgspec.Struct, rename="camel"):
    last_update_id: int
    bids: list[Level]
    asks: list[Level]


class _DepthUpdate(msgspec.Struct, gc=False):
    U: int
    u: int
    pu: int
    b: list[Level]
    a: list[Level]


class _Wrapped(msgspec.Struct, gc=False):
    data: _DepthUpdate


class BinanceFeed:
    """Diff depth of one USD-M instrument after its REST snapshot."""

    def __init__(self, books: dict[str, Book], snapshot: bytes) -> None:
        (self._book,) = books.values()
        self._decode = msgspec.json.Decoder(_Wrapped, strict=False).decode
        depth = msgspec.json.decode(snapshot, type=_Depth, strict=False)
        self._book.asks.replace(depth.asks)
        self._book.bids.replace(depth.bids)
        self._snapshot_id = self._book.last = depth.last_update_id

    def step(self, data: bytes) -> Cost:
        event = self._decode(data).data
        book = self._book
        last = book.last
        if event.pu != last and not (last == self._snapshot_id and event.U <= last <= event.u):
            raise ValueError(f"gap: pu {event.pu} after {last}")
        book.last = event.u
        book.asks.update(event.a)
        book.bids.update(event.b)
        return book.cost()


class _Argument(msgspec.Struct, gc=False, rename="camel"):
    inst_id: str


class _Books(msgspec.Struct, gc=False, rename="camel"):
    asks: list[Level]
    bids: list[Level]
    seq_id: int | None = None
    prev_seq_id: int | None = None


class _OkxFrame(msgspec.Struct, gc=False):
    arg: _Argument
    action: str
    data: list[_Books]


class OkxFeed:
    """Incremental books of any number of OKX instruments; captures before seqId have no sequence to check."""

    def __init__(self, books: dict[str, Book]) -> None:
        self._books = books
        self._decode = msgspec.json.Decoder(_OkxFrame, strict=False).decode

    def step(self, data: bytes) -> Cost:
        frame = self._decode(data)
        book = self._books[frame.arg.inst_id]
        (event,) = frame.data
        if frame.action == "snapshot":
            book.asks.replace(event.asks)
            book.bids.replace(event.bids)
        else:
            if event.prev_seq_id != book.last:
                raise ValueError(f"gap in {frame.arg.inst_id}: prevSeqId {event.prev_seq_id} after {book.last}")
            book.asks.update(event.asks)
            book.bids.update(event.bids)
        book.last = event.seq_id
        return book.cost()
