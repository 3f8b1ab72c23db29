from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from decimal import Decimal
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core import layout_kernels
from fillcast.core.book import Book
from fillcast.core.events import TRADES, EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.session.activity import WINDOW_S, Activity, TradeTally, Watched

SECOND = 1_000_000_000
INSTRUMENT = Instrument("fake", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))


START_NS = 5 * SECOND
STEPS = st.lists(st.tuples(st.integers(0, 20 * SECOND), st.sampled_from([-1, 1]), st.integers(1, 1_000)), max_size=80)


def miscounts(tally: TradeTally, steps: list[tuple[int, int, int]]) -> bool:
    """Feed trades to a tally and tell whether its summary differs from a plain count."""
    now_ns, trades = START_NS, []
    for pause_ns, side, lots in steps:
        now_ns += pause_ns
        tally.add(side, lots, now_ns)
        trades.append((now_ns, side, lots))
    inside = [(side, lots) for at, side, lots in trades if at // SECOND > now_ns // SECOND - WINDOW_S]
    bought, sold = ([lots for side, lots in inside if side == way] for way in (1, -1))
    elapsed_s = min(WINDOW_S, (now_ns - START_NS) / SECOND)
    squared = float(sum(lots**2 for _, lots in inside))
    expected = Activity(len(bought), len(sold), sum(bought), sum(sold), squared, len(trades), elapsed_s)
    return tally.summary(now_ns) != expected


@given(STEPS)
def test_the_window_counts_the_trades_of_the_last_minute_by_aggressor(
    steps: list[tuple[int, int, int]],
) -> None:
    assert not miscounts(TradeTally(START_NS), steps)


def test_the_count_catches_a_tally_that_never_forgets() -> None:
    class Elephant(TradeTally):
        def add(self, side: int, lots: int, mono_ns: int) -> None:
            super().add(side, lots, mono_ns)
            seconds = self._buckets[:, 0]
            seconds[seconds > 0] = mono_ns // SECOND  # what is old counts as new

    steps = [(7 * SECOND, 1, 3)] * 12
    assert miscounts(Elephant(START_NS), steps)


def test_an_old_window_is_empty() -> None:
    tally = TradeTally(START_NS)
    tally.add(1, 4, START_NS)
    assert tally.summary(START_NS + (WINDOW_S + 1) * SECOND) == Activity(0, 0, 0, 0, 0.0, 1, float(WINDOW_S))


def test_memory_does_not_grow_with_the_market() -> None:
    tally = TradeTally(0)
    for number in range(20_000):
        tally.add(1, 1, number * SECOND // 100)
    assert len(tally._buckets) <= WINDOW_S
    assert tally.trades == 20_000


@dataclass
class OneBook:
    books: tuple[Book, ...]
    asked: list[int] = field(default_factory=list)


def watched_book(event_ns: int = 1) -> Watched:
    book = Book.from_levels(INSTRUMENT, [("100.0", "1")], [("100.2", "1")])
    book.row[layout_kernels.EVENT_NS] = event_ns
    return Watched(OneBook((book,)), 0, 60.0, 0)  # type: ignore[arg-type] - only its books are looked at


def test_a_mid_counts_once_per_version_and_only_while_live() -> None:
    async def main() -> None:
        watched = watched_book()
        seen: list[float] = []
        watched.volatility = SimpleNamespace(update=lambda event_ns, mid: seen.append(mid))  # type: ignore
        watched.book.state = BookState.STALE
        watched.look()
        assert not seen
        assert not watched.stirred.is_set()
        watched.book.state = BookState.LIVE
        watched.look()
        watched.look()
        assert seen == [pytest.approx(100.1)]
        assert watched.stirred.is_set()

    asyncio.run(main())


@pytest.mark.parametrize("event_ns", [0, -1])
def test_a_book_without_a_time_says_nothing_of_volatility(event_ns: int) -> None:
    async def main() -> None:
        watched = watched_book(event_ns)
        watched.look()
        assert watched.stirred.is_set()
        now_ns = 1_800_000_000 * SECOND
        watched.volatility.update(now_ns, 100.1)
        watched.volatility.update(now_ns + 2 * SECOND, 100.1)
        assert watched.volatility.sigma_per_sqrt_s == 0.0, "nothing before was a sample"
        assert watched.volatility.effective_samples == pytest.approx(1.0)

    asyncio.run(main())


def test_trades_of_a_message_are_counted_with_their_aggressor() -> None:
    async def main() -> None:
        watched = watched_book()
        events = EventBuffer()
        rows = np.array([[1, 1_000, 5, 11], [-1, 1_000, 7, 12], [1, 1_001, 2, 13]], np.int64)
        events.add(TRADES, 0, rows, event_ns=1)
        watched.count_trades(events, 0, SECOND)
        summary = watched.tally.summary(SECOND)
        assert (summary.buys, summary.buy_lots, summary.sells, summary.sell_lots) == (2, 7, 1, 7)

    asyncio.run(main())
