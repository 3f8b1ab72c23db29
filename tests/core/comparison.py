"""One book beside its twin: applies the same messages to both and compares everything that the book says."""

from __future__ import annotations

import numpy as np

from fillcast.core import ladder_kernels, walk_kernels
from fillcast.core import layout_kernels as at
from fillcast.core.book import Book
from tests.core.ladder_row import check_row
from tests.core.markets import INSTRUMENT, SLOTS, WINDOW, as_rows
from tests.core.twins import Row, TwinBook, okx_text, signed_crc


class Pair:
    """A book and its twin. Kernels are looked up when they are called, so that a test can put a wrong one there."""

    def __init__(self, window: int = WINDOW, slots: int = SLOTS) -> None:
        self.book = Book(INSTRUMENT, window=window, slots=slots)
        self.twin = TwinBook()
        self.most = 0

    def apply(self, rows: list[Row]) -> None:
        version = self.book.version
        self.fill_up(len(rows))
        crossed = ladder_kernels.apply_message(self.book.row, as_rows(rows), 0, len(rows))
        assert crossed == self.twin.apply(rows), "the crossed flag is wrong"
        assert self.book.version == version + 1
        self.compare()

    def replace(self, rows: list[Row], *, complete: bool) -> None:
        crossed = ladder_kernels.replace(self.book.row, as_rows(rows), 0, len(rows), complete)
        assert crossed == self.twin.replace(rows, complete=complete), "the crossed flag is wrong"
        self.most = len(rows)
        self.compare()

    def clear(self) -> None:
        self.book.clear()
        self.twin.clear()
        self.most = 0
        self.compare()

    def fill_up(self, more: int) -> None:
        """Note how many levels a side may hold while a message of so many rows is applied."""
        self.most = max(self.most, *(len(levels) + more for levels in self.twin.sides.values()))

    def compare(self) -> None:
        """Compare the raw array with the twin; where levels were given up, let the twin forget them too."""
        held = check_row(self.book.row)
        given_up = int(self.book.row[at.EVICTED])
        for side, levels in self.twin.sides.items():
            edge, proven = self.twin.edges.get(side), self.book.proven_ticks(side)
            if held[side] != levels:
                missing = sorted(levels.keys() - held[side].keys(), reverse=side > 0)
                assert all(levels.get(ticks) == lots for ticks, lots in held[side].items()), "a level is wrong"
                assert self.most > self.book.row[at.SLOTS] * 7 // 8, "levels are missing though there was room"
                assert proven is not None, "levels are missing, and nothing says so"
                assert side * proven > side * missing[0], "a missing level counts as proven"
                for ticks in missing:
                    del levels[ticks]
            if proven != edge:
                assert given_up, "the proven edge moved by itself"
                assert proven is not None, "the proven edge is lost"
                assert edge is None or side * proven > side * edge, "the proven edge moved outwards"
                self.twin.edges[side] = proven
        assert self.book.crossed == self.twin.crossed

    def compare_readers(self) -> None:
        """Compare everything that kernels read from the book."""
        book, twin = self.book, self.twin
        for side in (1, -1):
            expected = twin.levels(side)
            assert book.count(side) == len(expected)
            for limit in (None, 0, 1, len(expected), len(expected) + 5):
                ticks, lots = book.levels(side, limit)
                assert list(zip(ticks.tolist(), lots.tolist(), strict=True)) == expected[:limit]
            for level_ticks, level_lots in expected[:3] + expected[-3:]:
                assert book.size_at(side, level_ticks) == level_lots
                for beside in (level_ticks - 1, level_ticks + 1):
                    assert book.size_at(side, beside) == twin.sides[side].get(beside, 0)
            self.compare_walks(side, [1, 500, 2**59 + 3])
        assert (book.best_bid_ticks, book.best_ask_ticks) == (twin.best(1), twin.best(-1))
        assert book.checksum() == signed_crc(okx_text(twin, INSTRUMENT)), "the checksum is wrong"

    def edge(self, side: int) -> int:
        edge = self.book.proven_ticks(side)
        return at.NO_KEY if edge is None else side * edge

    def compare_walks(self, side: int, sizes: list[int]) -> None:
        for lots in sizes:
            expected = self.twin.walk(side, lots)
            if expected.filled > walk_kernels.SUM_LIMIT:
                continue
            filled, notional, inverse, worst, levels, beyond, exhausted = walk_kernels.walk(
                self.book.row, side, walk_kernels.IN_LOTS, lots, 0.0, self.edge(side)
            )
            assert (filled, levels, beyond) == (expected.filled, expected.levels, expected.beyond)
            assert worst == (at.NO_KEY if expected.worst is None else side * expected.worst)
            assert exhausted == expected.exhausted
            assert np.isclose(notional, float(expected.notional), rtol=1e-12)
            assert np.isclose(inverse, float(expected.inverse), rtol=1e-12)
            self.book.row[at.STATE] = at.LIVE
            bought, paid, sold, received = walk_kernels.cost_both(self.book.row, lots)
            one = (bought, paid) if side < 0 else (sold, received)
            assert one[0] == expected.filled
            assert np.isclose(one[1], float(expected.notional), rtol=1e-12)
