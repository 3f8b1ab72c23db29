"""OKX's checksum against published vectors, those included that are wrong."""

from __future__ import annotations

import zlib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from tests.venues.streams import OKX, okx_text_checksum

# Levels of the example in OKX's documentation, copied into many clients. The checksum printed beside it is not theirs.
DOCUMENTED_ASKS = [("8476.98", "415"), ("8477", "7"), ("8477.34", "85"), ("8477.56", "1"), ("8505.84", "8")]
DOCUMENTED_ASKS += [("8506.37", "85"), ("8506.49", "2"), ("8506.96", "100")]
DOCUMENTED_BIDS = [("8476.97", "256"), ("8475.55", "101"), ("8475.54", "100"), ("8475.3", "1"), ("8447.32", "6")]
DOCUMENTED_BIDS += [("8447.02", "246"), ("8446.83", "24"), ("8446", "95")]
DOCUMENTED_CHECKSUM, THEIR_CHECKSUM = -855196043, -2102840145

Levels = list[tuple[str, str]]
CENTS = Instrument("okx", "X", "X", "USD", Decimal("0.01"), Decimal(1))


def crc(text: str) -> int:
    value = zlib.crc32(text.encode())
    return value - (1 << 32) if value >> 31 else value


@pytest.mark.parametrize(
    ("bids", "asks", "text", "checksum"),
    [
        (  # the rest of the longer side follows
            [("3366.1", "7")],
            [("3366.8", "9"), ("3368", "8"), ("3372", "8")],
            "3366.1:7:3366.8:9:3368:8:3372:8",
            831078360,
        ),
        (
            [("3366.1", "7"), ("3366", "6")],
            [("3366.8", "9"), ("3368", "8")],
            "3366.1:7:3366.8:9:3366:6:3368:8",
            -1881014294,
        ),
    ],
)
def test_published_vectors(bids: Levels, asks: Levels, text: str, checksum: int) -> None:
    book = Book.from_levels(CENTS, bids, asks)
    assert okx_text_checksum(book) == (text, checksum)
    assert book.checksum() == checksum == crc(text)
    assert Book.from_levels(CENTS, bids, asks[:-1]).checksum() != checksum


def test_the_documented_example_is_wrong_and_stays_wrong() -> None:
    book = Book.from_levels(CENTS, DOCUMENTED_BIDS, DOCUMENTED_ASKS)
    assert book.checksum() == THEIR_CHECKSUM
    assert book.checksum() != DOCUMENTED_CHECKSUM


Sizes = st.lists(st.tuples(st.integers(1, 400), st.integers(1, 10**7)), max_size=40, unique_by=lambda level: level[0])


@given(Sizes, Sizes)
def test_the_text_follows_from_the_integers(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> None:
    book = Book.from_levels(
        OKX,
        [(OKX.price(1000 - away), OKX.size(lots)) for away, lots in sorted(bids) if away < 1000],
        [(OKX.price(1000 + away), OKX.size(lots)) for away, lots in sorted(asks)],
    )
    text, checksum = okx_text_checksum(book)
    assert book.checksum() == checksum == crc(text)
