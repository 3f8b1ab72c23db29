"""A source of moments without a feed: books that a test sets, and a record of what was asked of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.state import BookState, Proof
from fillcast.core.view import BookSide, BookView
from fillcast.dashboard.seen import Facts, Listing, Seen
from fillcast.feed.statistics import FeedStatistics, LinkStatus, Phase
from fillcast.forecast.conditions import Conditions, Volume
from fillcast.models.volatility import VolatilityEstimate
from fillcast.runtime.process import Usage
from fillcast.runtime.stages import Stages
from fillcast.session.activity import Activity
from fillcast.session.trades import LatestTrades
from fillcast.venues.protocol import Health

SPOT = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
SWAP = Instrument(
    "okx",
    "BTC-USD-SWAP",
    "BTC",
    "USD",
    Decimal("0.1"),
    Decimal("1"),
    kind=ContractKind.INVERSE,
    contract_value=Decimal(100),
    sized_in="contracts",
)
NOW_NS = 1_790_000_000_000_000_000
VOLATILITY = VolatilityEstimate(5e-5, 40.0, 60.0)
CONDITIONS = Conditions(Volume(0.4, 0.5, 200, 60.0, 0.1))
OPEN = LinkStatus("okx#1", "wss://localhost", Phase.OPEN, "open", 1, 0, ("okx:BTC-USDT",))

Side = Sequence[tuple[int, int]]  # (ticks, lots)
BIDS: Side = [(683_000 - 3 * step, 800 + 70 * step) for step in range(60)]
ASKS: Side = [(683_002 + 3 * step, 750 + 80 * step) for step in range(60)]


def book_side(instrument: Instrument, levels: Side) -> BookSide:
    """Return one side from (ticks, lots), best first."""
    rows = np.array(levels, np.int64).reshape(-1, 2)
    return BookSide(instrument, rows[:, 0].copy(), rows[:, 1].copy())


def view_of(
    instrument: Instrument = SPOT,
    bids: Side = BIDS,
    asks: Side = ASKS,
    *,
    version: int = 1,
    state: BookState = BookState.LIVE,
    reason: str = "",
) -> BookView:
    """Return one version of a book."""
    sides = (book_side(instrument, bids), book_side(instrument, asks))
    return BookView(instrument, version, state, Proof.SEQUENCE, reason, 7, NOW_NS - 5_000_000, *sides, None, None)


def seen_of(
    view: BookView,
    *,
    trades: Sequence[tuple[int, int, int, int]] = (),
    first_trade: int = 0,
    state: BookState = BookState.LIVE,
    reason: str = "",
    now_ns: int = NOW_NS,
) -> Seen:
    """Return a moment of one book; trades are (ns, side, ticks, lots)."""
    rows = np.array(trades, np.int64).reshape(-1, 4)
    health = Health(state, reason, Proof.SEQUENCE, 12_000_000, 20_000_000, 0)
    activity = Activity(3, 2, 30, 20, 300.0, 5, 60.0)
    return Seen(now_ns, view, health, OPEN, VOLATILITY, CONDITIONS, activity, LatestTrades(first_trade, rows))


class FakeSource:
    """A source whose books a test sets.

    Attributes
    ----------
    looks
        Every wish, in the order in which it came.
    asked
        The largest size asked of each book, lots.
    """

    def __init__(self, *views: BookView, usd_rates: Mapping[str, float] | None = None) -> None:
        views = views or (view_of(),)
        self._listing = Listing({view.instrument.key: view.instrument for view in views}, {}, usd_rates or {})
        self.seen = {view.instrument.key: seen_of(view) for view in views}
        self.looks: list[dict[str, int]] = []
        self.asked: dict[str, int] = {}

    def set(self, view: BookView, *, state: BookState = BookState.LIVE, reason: str = "") -> None:
        """Replace a book."""
        self.seen[view.instrument.key] = seen_of(view, state=state, reason=reason)

    @property
    def listing(self) -> Listing:
        return self._listing

    async def look(self, wanted: Mapping[str, int]) -> Mapping[str, Seen]:
        self.looks.append(dict(wanted))
        return {key: self.seen[key] for key in wanted}

    async def facts(self) -> Facts:
        statistics = FeedStatistics(1, 1, 10, 1000, 10, 1, 5.0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0)
        versions = {key: seen.view.version for key, seen in self.seen.items()}
        return Facts(1_000, statistics, (OPEN,), None, (), versions, Stages().told(), 1, Usage(0.5, 50_000_000))

    async def metrics(self) -> str:
        return "fillcast_frames_total 10\n"

    def ask(self, sizes: Mapping[str, int]) -> None:
        self.asked |= sizes
