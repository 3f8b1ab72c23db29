"""Streams of book messages, drawn or random: dense near a wandering touch, sparse far out, with jumps."""

from __future__ import annotations

import random
from collections.abc import Iterator
from decimal import Decimal

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.core.book import Book
from fillcast.core.events import SNAPSHOT, UPDATE, EventBuffer
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.state import BookState, Proof
from tests.core.twins import Row

INSTRUMENT = Instrument("test", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
WINDOW, SLOTS = 512, 16  # the least that a book takes: everything happens at once
START = 1_000_000


def linear(contract_value: str = "1") -> Instrument:
    sized_in = "base" if contract_value == "1" else "contracts"
    return Instrument(
        "test", "L", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"), contract_value=Decimal(contract_value),
        sized_in=sized_in,
    )  # fmt: skip


def inverse() -> Instrument:
    return Instrument(
        "test", "I", "BTC", "USD", Decimal("0.5"), Decimal(1), ContractKind.INVERSE, Decimal(100), "contracts"
    )


def quanto() -> Instrument:
    return Instrument(
        *("test", "Q", "ETH", "USD", Decimal("0.05"), Decimal(1), ContractKind.QUANTO),
        *(Decimal("0.000001"), "contracts", "XBT"),
    )


def as_rows(rows: list[Row]) -> NDArray[np.int64]:
    """Rows of an event buffer."""
    return np.array([(*row, 0) for row in rows], np.int64).reshape(-1, 4)


def message(rows: list[Row], *, kind: int = UPDATE, last: int = -1, event_ns: int = 0) -> EventBuffer:
    """A small event buffer that holds one message."""
    events = EventBuffer(max_rows=4096)
    events.add(kind, 0, as_rows(rows), event_ns=event_ns, last=last)
    return events


def live_book(
    rows: list[Row], instrument: Instrument = INSTRUMENT, *, complete: bool = True, window: int = WINDOW
) -> Book:
    """A LIVE book of these levels."""
    book = Book(instrument, window=window, slots=1024)
    book.replace(message(rows, kind=SNAPSHOT), 0, complete=complete)
    book.state, book.proof, book.reason = BookState.LIVE, Proof.SEQUENCE, ""
    return book


def uncrossed(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> list[Row]:
    """Rows of levels given as (distance from 10,000 ticks, lots): bids below it, asks above it."""
    return [(1, 10_000 - gap, lots) for gap, lots in bids] + [(-1, 10_000 + gap, lots) for gap, lots in asks]


def sides(most_lots: int = 10**6) -> st.SearchStrategy[list[Row]]:
    """Uncrossed books of some levels a side, near and far."""
    gaps = st.one_of(st.integers(1, 30), st.integers(1, 9_000))
    levels = st.lists(st.tuples(gaps, st.integers(1, most_lots)), max_size=25, unique_by=lambda level: level[0])
    return st.builds(uncrossed, levels, levels)


def offsets() -> st.SearchStrategy[int]:
    """Distances from the centre of a market: at the touch, at the edges of a ring, far out."""
    return st.one_of(
        st.integers(-12, 12),
        st.integers(-WINDOW - 70, WINDOW + 70),
        st.sampled_from([-WINDOW, -64, -63, 0, 63, 64, WINDOW // 4, WINDOW // 2, WINDOW]),
        st.integers(-200_000, 200_000),
    )


def updates() -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """Messages as (side, offset from the centre, lots); a third of the levels are removals."""
    lots = st.one_of(st.just(0), st.integers(1, 1000), st.just(2**60 - 1))
    return st.lists(st.tuples(st.sampled_from([1, -1]), offsets(), lots), max_size=40)


def random_messages(seed: int, count: int) -> Iterator[tuple[bool, bool, list[Row]]]:
    """Yield (is a snapshot, is complete, rows) of a market that drifts, jumps, thins out and fills up again."""
    rng = random.Random(seed)
    centre = START
    placed: list[tuple[int, int]] = []
    for index in range(count):
        if rng.random() < 0.05:
            centre += rng.choice([-1, 1]) * rng.choice([40, 150, 600, 3_000, 100_000])
        centre = max(centre + rng.randint(-9, 9), 400_000)
        thinning = (index // 100) % 3 == 2
        rows: list[Row] = []
        for _ in range(rng.choice([0, 1, 4, 12, 40])):
            if placed and rng.random() < (0.8 if thinning else 0.35):
                rows.append((*placed.pop(rng.randrange(len(placed))), 0))
                continue
            side = rng.choice([1, -1])
            reach = rng.choice([6, 60, 400, 3_000, 60_000])
            ticks = centre - side * rng.randint(-2, reach)
            placed.append((side, ticks))
            rows.append((side, ticks, rng.choice([1, 7, 1000, 2**59])))
        yield rng.random() < 0.01, rng.random() < 0.5, rows
