"""Kraken's checksum from integers against the text that it is taken over, and published vectors."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import strategies as st

from fillcast.core import checksum_kernels
from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from tests.core.effort import efforts, explore
from tests.core.markets import live_book, message
from tests.core.twins import Row, TwinBook, kraken_text

# Tick, lot, digits written after the point of prices and sizes.
FORMS = {
    "as the grid": ("0.1", "0.00000001", 1, 8),
    "more zeros than the grid needs": ("0.01", "0.001", 8, 8),
    "whole numbers": ("1", "1", 0, 0),
    "steps": ("0.25", "0.05", 2, 2),
    "fine": ("0.0000000001", "0.00000001", 10, 8),
    "a grid finer than what is written": ("0.001", "0.00001", 2, 3),
}


def instrument(form: str) -> Instrument:
    tick, lot, _, _ = FORMS[form]
    return Instrument("kraken", "S", "B", "Q", Decimal(tick), Decimal(lot), fixed_decimals=True)


def factors(made: Instrument, price_digits: int, size_digits: int) -> tuple[int, int, int, int]:
    found: list[int] = []
    for grid, digits in ((made.price_grid, price_digits), (made.size_grid, size_digits)):
        more = digits - grid.decimals
        found += [grid.mantissa * 10 ** max(more, 0), 10 ** max(-more, 0)]
    return found[0], found[1], found[2], found[3]


def checksum(book: Book, price_digits: int, size_digits: int) -> int:
    return int(checksum_kernels.kraken_checksum(book.row, *factors(book.instrument, price_digits, size_digits)))


def twin_of(rows: list[Row]) -> TwinBook:
    twin = TwinBook()
    twin.replace(rows, complete=True)
    return twin


@efforts(30)
@pytest.mark.parametrize("form", FORMS)
def test_the_checksum_of_any_book(examples: int, form: str) -> None:
    _, _, price_digits, size_digits = FORMS[form]
    made = instrument(form)
    # What is written must hold the numbers: on a finer grid, steps of what is written.
    units = [10 ** max(0, grid.decimals - digits) for grid, digits in
             ((made.price_grid, price_digits), (made.size_grid, size_digits))]  # fmt: skip

    def check(bids: dict[int, int], asks: dict[int, int], changed: dict[int, int]) -> None:
        rows = [(1, (10**7 - ticks) * units[0], lots * units[1]) for ticks, lots in bids.items()]
        rows += [(-1, (10**7 + ticks) * units[0], lots * units[1]) for ticks, lots in asks.items()]
        book, twin = live_book(rows, made), twin_of(rows)
        assert checksum(book, price_digits, size_digits) == crc(twin, made, price_digits, size_digits)
        update: list[Row] = [(1, (10**7 - ticks) * units[0], lots % 7 * units[1]) for ticks, lots in changed.items()]
        book.apply(message(update), 0)
        twin.apply(update)
        assert checksum(book, price_digits, size_digits) == crc(twin, made, price_digits, size_digits)

    levels = st.dictionaries(
        st.one_of(st.integers(1, 60), st.integers(1, 10**6)),
        st.one_of(st.integers(1, 2000), st.integers(1, 10**9)),
        max_size=15,
    )
    explore(examples, check, levels, levels, levels)


def crc(twin: TwinBook, made: Instrument, price_digits: int, size_digits: int) -> int:
    return zlib.crc32(kraken_text(twin, made, price_digits, size_digits).encode())


# The first is the example of the venue's documentation, whose levels are a ladder of one size; the others were recorded
# and are in bmoscon/orderbook's tests. (digits of prices, checksum, asks, bids)
LADDER = "5005 5010 5015 5020 5025 5030 5035 5040 5045 5050", "5000 4995 4990 4980 4975 4970 4965 4960 4955 4950"
VECTORS = [
    (5, 974947235, *(" ".join(f"{price}:500" for price in side.split()) for side in LADDER)),
    (
        6,
        577149452,
        "620000:4000000000 830000:38086649128 1500000:33333333333",
        "520300:394309454867 403200:45431671175 403100:152268122054 403000:4331058726 353200:4938467346 "
        "261600:6667686034 111000:9909909910 110000:90909090909 600:333333333333 400:500000000000 100:100000000000000",
    ),
    (
        6,
        2369158246,
        "814900:29771298000 815000:50000000000 815100:50000399385 815200:4203000000 815300:2150000000 "
        "815400:1075000000 829900:144234063708 830000:38086649128 1500000:33333333333",
        "473400:128467569684 441000:4000415721 342200:5143191116 261600:6692596839 111000:9909909910 "
        "110000:90909090909 600:333333333333 400:500000000000 100:100000000000000",
    ),
    (
        9,
        1611253991,
        "17680:3866354992198 17690:2062374841086 17700:10379762636430 17710:4074597057228 17720:1329604740856 "
        "17730:4207886085768 17740:6438065876 17760:113170427847 17780:4389146024565 17790:4390800000000 17810:5437",
        "17670:48 17660:5029884341 17650:1695837856622 17640:1673508043085 17630:6189521671233 17620:8695866158205 "
        "17610:856464738216 17600:5953993801826 17580:5257863046424 17570:4681260266777 17560:64009877588",
    ),
]


def parse(text: str, side: int) -> list[Row]:
    return [(side, *map(int, level.split(":"))) for level in text.split()]  # type: ignore[misc]


@pytest.mark.parametrize(("digits", "expected", "asks", "bids"), VECTORS, ids=[str(one[1]) for one in VECTORS])
def test_published_vectors(digits: int, expected: int, asks: str, bids: str) -> None:
    made = Instrument("kraken", "S", "B", "Q", Decimal(1).scaleb(-digits), Decimal("1e-8"), fixed_decimals=True)
    rows = parse(asks, -1) + parse(bids, 1)
    assert checksum(live_book(rows, made), digits, 8) == expected
    assert crc(twin_of(rows), made, digits, 8) == expected
    for row in (0, len(rows) - 1):
        wrong = [*rows[:row], (rows[row][0], rows[row][1], rows[row][2] + 1), *rows[row + 1 :]]
        counted = row == 0 or len(parse(bids, 1)) <= 10
        assert (checksum(live_book(wrong, made), digits, 8) != expected) is counted


def test_an_empty_book_and_one_side() -> None:
    made = instrument("as the grid")
    assert checksum(live_book([], made), 1, 8) == zlib.crc32(b"") == 0
    assert checksum(live_book([(1, 788715, 1266503)], made), 1, 8) == zlib.crc32(b"7887151266503")
    assert checksum(live_book([(-1, 788715, 1266503)], made), 1, 8) == zlib.crc32(b"7887151266503")


def test_a_number_beyond_int64_is_a_wrong_text_not_an_endless_one() -> None:
    book = live_book([(1, 2**59, 2**59), (-1, 2**59 + 1, 2**59)], instrument("whole numbers"))
    assert 0 <= checksum_kernels.kraken_checksum(book.row, 2**62, 1, 2**62, 1) < 2**32


WRONG: dict[str, Callable[[TwinBook, Instrument], str]] = {
    "11 levels": lambda twin, made: kraken_text(twin, made, 1, 8) + kraken_text(twin_of([(1, 1, 1)]), made, 1, 8),
    "bids first": lambda twin, made: kraken_text(TwinBook({1: twin.sides[-1], -1: twin.sides[1]}), made, 1, 8),
    "one digit less": lambda twin, made: kraken_text(twin, made, 1, 7),
    "one digit more": lambda twin, made: kraken_text(twin, made, 2, 8),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_text_is_caught(wrong: str) -> None:
    rows: list[Row] = [(side, 50_000 - side * index, 30 * index) for side in (1, -1) for index in range(1, 13)]
    made = instrument("as the grid")
    book, twin = live_book(rows, made), twin_of(rows)
    assert checksum(book, 1, 8) == crc(twin, made, 1, 8)
    assert checksum(book, 1, 8) != zlib.crc32(WRONG[wrong](twin, made).encode())
