"""The levels below the ten that Kraken's checksum covers, compared with REST every so often.

Source: docs.kraken.com, REST order book (`/0/public/Depth`): at most 500 levels a side, sizes of three digits after the
point.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from fillcast.core.book import Book
from fillcast.core.decimals import Grid
from fillcast.core.events import SIDE, TICKS
from fillcast.errors import FrameError
from fillcast.venues.kraken.checksum import written
from fillcast.venues.kraken.instruments import rest_pair
from fillcast.venues.levels import decimals_of, parse_units
from fillcast.venues.settings import SECOND_NS

COUNT: Final = 500  # levels a side, the most that REST gives
# Before the request and after the reply: more than a stream that is not STALE lags, or a cached reply is old.
MARGIN_NS: Final = 5 * SECOND_NS

Shown = tuple[str, str, msgspec.Raw]  # price, size, time of its last change


class Depth(msgspec.Struct, frozen=True):
    """Both sides of one book."""

    bids: list[Shown]
    asks: list[Shown]


class Reply(msgspec.Struct, frozen=True):
    """REST `Depth`, by the venue's own key, or errors with HTTP status 200."""

    error: list[str] = []
    result: dict[str, Depth] | None = None


decode_reply = msgspec.json.Decoder(Reply).decode


def depth_path(symbol: str) -> str:
    """Return the REST path of a book."""
    return f"/0/public/Depth?pair={rest_pair(symbol)}&count={COUNT}"


def decode_depth(body: bytes) -> Depth:
    """Return the one book of a reply; `FrameError` or `msgspec.DecodeError` when there is none."""
    reply = decode_reply(body)
    if reply.error or reply.result is None or len(reply.result) != 1:
        raise FrameError(", ".join(reply.error) or "no book")
    return next(iter(reply.result.values()))


class DepthCheck:
    """One comparison of a LIVE book with REST.

    Neither the stream nor REST has ids, so nothing tells at which message the reply stands. A level that no update has
    touched from well before the request until well after the reply is the same in both wherever that is; only such
    levels are compared, and only as deep as both sides reach. A size may differ by one unit of the last digit that
    REST writes.

    Parameters
    ----------
    request_id
        Of the `Fetch`.
    asked_ns
        Monotonic time at which it is made.

    Attributes
    ----------
    compare_ns
        Monotonic time from which the reply can be compared; 0 until it has come.
    compared
        Levels that the last comparison looked at.
    """

    __slots__ = ("_shown", "_touched", "asked_ns", "compare_ns", "compared", "request_id")

    def __init__(self, request_id: int, asked_ns: int) -> None:
        self.request_id, self.asked_ns = request_id, asked_ns
        self.compare_ns = self.compared = 0
        self._touched: set[tuple[int, int]] = set()
        self._shown: dict[int, dict[int, str]] = {}

    def touch(self, rows: NDArray[np.int64]) -> None:
        """Note the levels of an update."""
        self._touched.update(zip(rows[:, SIDE].tolist(), rows[:, TICKS].tolist(), strict=True))

    def take(self, depth: Depth, prices: Grid, mono_ns: int) -> None:
        """Take in the reply; raises as `levels.parse_units` when a price is none of the instrument's."""
        for side, levels in ((1, depth.bids), (-1, depth.asks)):
            self._shown[side] = {parse_units(price, prices): size for price, size, _ in levels}
        for shown in self._shown.values():
            for size in shown.values():
                decimals_of(size)
        self.compare_ns = mono_ns + MARGIN_NS

    def differences(self, book: Book) -> list[str]:
        """Return where the book and the reply differ, one phrase each."""
        self.compared = 0
        return [phrase for side in (1, -1) for phrase in self._differences(book, side)]

    def _differences(self, book: Book, side: int) -> Iterator[str]:
        shown, instrument = self._shown[side], book.instrument
        held = dict(zip(*(column.tolist() for column in book.levels(side)), strict=True))
        # Of a side that is cut off, the rest is not known.
        ends = [min(side * ticks for ticks in levels) for levels in self._cut(book, held, shown)]
        for ticks in sorted({*held, *shown}, key=lambda ticks: -side * ticks):
            if any(side * ticks < end for end in ends) or (side, ticks) in self._touched:
                continue
            self.compared += 1
            ours = instrument.size(held.get(ticks, 0))
            theirs = Decimal(shown.get(ticks, "0"))
            allowed = Decimal(1).scaleb(-written(shown[ticks])) if ticks in held and ticks in shown else 0
            if (ticks in held) is not (ticks in shown) or abs(ours - theirs) > allowed:
                name = "bid" if side > 0 else "ask"
                yield f"{name} {instrument.price_text(ticks)}: {ours:f} here, {theirs:f} there"

    @staticmethod
    def _cut(book: Book, held: dict[int, int], shown: dict[int, str]) -> Iterator[dict[int, int] | dict[int, str]]:
        """Yield those of both sides that are cut off."""
        if held and len(held) >= book.depth:
            yield held
        if len(shown) >= COUNT:
            yield shown
