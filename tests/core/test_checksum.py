"""Checksums from integers against the text that a venue takes them over, put together in plain Python."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import strategies as st

from fillcast.core import checksum_kernels
from fillcast.core import layout_kernels as at
from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from tests.core.effort import efforts, explore
from tests.core.markets import live_book, message
from tests.core.twins import Row, TwinBook, decimal_text, okx_text, signed_crc

GRIDS = {
    "plain": ("0.1", "0.001", False),
    "fixed": ("0.1", "0.001", True),
    "whole": ("1", "1", False),
    "steps": ("0.25", "0.05", False),
    "steps, fixed": ("2.5", "10", True),
    "fine": ("0.000000000001", "0.00000001", False),
    "coarse": ("100", "1000", False),
}


def instrument(grid: str) -> Instrument:
    tick, lot, fixed = GRIDS[grid]
    return Instrument("test", "S", "B", "Q", Decimal(tick), Decimal(lot), fixed_decimals=fixed)


def levels(most: int) -> st.SearchStrategy[dict[int, int]]:
    ticks = st.one_of(st.integers(1, 400), st.integers(1, 10**12), st.sampled_from([10, 100, 1000, 10**9]))
    return st.dictionaries(ticks, st.one_of(st.integers(1, 2000), st.integers(1, 10**13)), max_size=most)


def check_checksum(book: Book, twin: TwinBook) -> None:
    assert book.checksum() == signed_crc(okx_text(twin, book.instrument))


@efforts(35)
@pytest.mark.parametrize("grid", GRIDS)
def test_the_checksum_of_any_book(examples: int, grid: str) -> None:
    def check(bids: dict[int, int], asks: dict[int, int], changed: dict[int, int]) -> None:
        rows: list[Row] = [(1, -ticks % 10**13, lots) for ticks, lots in bids.items()]
        rows += [(-1, ticks + 10**13, lots) for ticks, lots in asks.items()]
        book, twin = live_book(rows, instrument(grid)), TwinBook()
        twin.replace(rows, complete=True)
        check_checksum(book, twin)
        update: list[Row] = [(1, -ticks % 10**13, lots % 7) for ticks, lots in changed.items()]
        book.apply(message(update), 0)
        twin.apply(update)
        check_checksum(book, twin)

    explore(examples, check, levels(40), levels(40), levels(10))


def test_published_vectors() -> None:
    """The first is in bmoscon/orderbook's tests; both were computed again here."""
    made = Instrument("okx", "S", "B", "Q", Decimal("0.1"), Decimal(1))
    rows: list[Row] = [(1, 33661, 7), (-1, 33668, 9), (-1, 33680, 8), (-1, 33720, 8)]
    book = live_book(rows, made)
    assert okx_text(twin_of(rows), made) == "3366.1:7:3366.8:9:3368:8:3372:8"
    assert book.checksum() == 831078360
    rows = [(1, 33661, 7), (1, 33660, 6), (-1, 33668, 9), (-1, 33680, 8)]
    assert okx_text(twin_of(rows), made) == "3366.1:7:3366.8:9:3366:6:3368:8"
    assert live_book(rows, made).checksum() == -1881014294


def twin_of(rows: list[Row]) -> TwinBook:
    twin = TwinBook()
    twin.replace(rows, complete=True)
    return twin


def test_an_empty_book() -> None:
    assert live_book([], instrument("plain")).checksum() == signed_crc("") == 0


def test_levels_that_share_a_place_in_the_table_of_parts() -> None:
    """More levels than places, the same prices with other sizes, and both sides at one price in turn."""
    made = instrument("plain")
    book, twin = live_book([], made), TwinBook()
    for turn in range(40):
        rows: list[Row] = [(1, 10_000 + (turn * 37 + index * 512) % 20_000, 1 + turn) for index in range(30)]
        rows += [(-1, 40_000 + (turn * 53 + index * 511) % 20_000, 1 + index) for index in range(30)]
        book.apply(message(rows), 0)
        twin.apply(rows)
        check_checksum(book, twin)


def test_a_number_beyond_int64_is_a_wrong_text_not_an_endless_one() -> None:
    """Only a caller that ignores the limit of 2^60 gets here: the checksum is wrong, memory is not touched."""
    made = instrument("coarse")
    before = np.zeros(at.row_words(512, 16) + 2000, np.int64)
    book = Book(made, row=before[1000:-1000], window=512, slots=16)
    book.apply(message([(1, 2**59, 2**59), (-1, 2**61, 2**61)]), 0)
    book.checksum()
    assert not before[:1000].any()
    assert not before[-1000:].any()
    negative = Book(made, window=512, slots=16)
    negative.apply(message([(1, -5, 3)]), 0)
    negative.checksum()


def test_the_longest_text_of_a_level_fits() -> None:
    made = Instrument("t", "S", "B", "Q", Decimal("1e-18"), Decimal("1e-18"), fixed_decimals=True)
    rows: list[Row] = [(1, 2**60 - 1, 2**60 - 1), (1, 1, 1)]
    longest = max(len(f":{decimal_text(ticks, made.tick, fixed=True)}") for _, ticks, _ in rows) * 2
    assert longest <= checksum_kernels.LONGEST_LEVEL
    check_checksum(live_book(rows, made), twin_of(rows))


WRONG: dict[str, Callable[[TwinBook, Instrument], str]] = {
    "24 levels": lambda twin, made: okx_text(TwinBook({s: dict(twin.levels(s)[:24]) for s in (1, -1)}), made),
    "asks first": lambda twin, made: okx_text(TwinBook({1: twin.sides[-1], -1: twin.sides[1]}), made),
    "a digit": lambda twin, made: okx_text(twin, made)[:-1] + "9",
    "a separator": lambda twin, made: okx_text(twin, made).replace(":", ";", 1),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_text_is_caught(wrong: str) -> None:
    rows: list[Row] = [(side, 50_000 - side * index, 3 + index) for side in (1, -1) for index in range(1, 31)]
    book, twin = live_book(rows, instrument("plain")), twin_of(rows)
    check_checksum(book, twin)
    assert book.checksum() != signed_crc(WRONG[wrong](twin, book.instrument))


def test_the_table_of_steps_is_that_of_zlib() -> None:
    """zlib's CRC of one byte b is ~(step[b ^ 255] ^ 0x00FFFFFF)."""
    for byte in range(256):
        assert int(checksum_kernels.STEPS[byte]) == zlib.crc32(bytes([byte ^ 0xFF])) ^ 0xFFFFFFFF ^ 0x00FFFFFF
