"""Instruments, books and strategies that the forecast tests share."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import strategies as st

from fillcast.core.book import Book
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.view import BookView
from fillcast.forecast.forecast import Forecast, forecast
from fillcast.forecast.order import Order, parse_order
from fillcast.models.fees import FeeRate, stated_fee
from fillcast.models.volatility import VolatilityEstimate

NOW_NS = 1_790_000_000_000_000_000

SPOT = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.01"), Decimal("0.00001"))
CROSS = Instrument("okx", "ETH-BTC", "ETH", "BTC", Decimal("0.00001"), Decimal("0.0001"))
SWAP = Instrument(
    "okx",
    "BTC-USDT-SWAP",
    "BTC",
    "USDT",
    Decimal("0.1"),
    Decimal("0.01"),
    contract_value=Decimal("0.01"),
    sized_in="contracts",
)
INVERSE = Instrument(
    "okx",
    "BTC-USD-SWAP",
    "BTC",
    "USD",
    Decimal("0.1"),
    Decimal(1),
    kind=ContractKind.INVERSE,
    contract_value=Decimal(100),
    sized_in="contracts",
)
QUANTO = Instrument(
    "elsewhere",
    "ETHUSD",
    "ETH",
    "USD",
    Decimal("0.05"),
    Decimal(1),
    kind=ContractKind.QUANTO,
    contract_value=Decimal("0.000001"),
    sized_in="contracts",
    settle="BTC",
)

MEASURED = VolatilityEstimate(1e-4, 100.0, 60.0)
FREE = stated_fee(0.0)

Levels = list[tuple[str, str]]


def view_of(
    instrument: Instrument,
    bids: Levels,
    asks: Levels,
    *,
    proven_bid: str | None = None,
    proven_ask: str | None = None,
) -> BookView:
    """Return a LIVE view of hand-written levels; proven edges where only part of a side is known."""
    view = Book.from_levels(instrument, bids, asks).view()
    edges = [None if price is None else instrument.price_ticks(price) for price in (proven_bid, proven_ask)]
    return replace(view, proven_bid_ticks=edges[0], proven_ask_ticks=edges[1])


def priced(
    view: BookView,
    side: str,
    size: str,
    fee: FeeRate = FREE,
    volatility: VolatilityEstimate = MEASURED,
) -> Forecast:
    """Forecast an order typed as on the command line."""
    order = parse_order(view.instrument, side, size)
    return forecast(order, view, fee=fee, volatility=volatility, now_ns=NOW_NS)


def ordered(view: BookView, side: str, size: str) -> Order:
    """Read an order for the instrument of a view."""
    return parse_order(view.instrument, side, size)


def sides_of(instrument: Instrument, middle: int, gaps: list[int], lots: list[int]) -> tuple[Levels, Levels]:
    """Return bids and asks as mirror images about `middle` ticks: gap 1 is the first level's distance."""
    bids: Levels = []
    asks: Levels = []
    distance = 0
    for gap, size in zip(gaps, lots, strict=False):
        distance += gap
        bids.append((str(instrument.price(middle - distance)), str(instrument.size(size))))
        asks.append((str(instrument.price(middle + distance)), str(instrument.size(size))))
    return bids, asks


@st.composite
def mirrored_books(draw: st.DrawFn, instruments: tuple[Instrument, ...] = (SPOT, SWAP, INVERSE, QUANTO)) -> BookView:
    """Books whose bids mirror their asks in ticks, of any contract kind, with or without proven edges."""
    instrument = draw(st.sampled_from(instruments))
    count = draw(st.integers(1, 12))
    gaps = draw(st.lists(st.integers(1, 40), min_size=count, max_size=count))
    lots = draw(st.lists(st.integers(1, 10**7), min_size=count, max_size=count))
    middle = 100_000
    bids, asks = sides_of(instrument, middle, gaps, lots)
    edge = draw(st.none() | st.integers(gaps[0], sum(gaps) + 10))
    view = Book.from_levels(instrument, bids, asks).view()
    if edge is None:
        return view
    return replace(view, proven_bid_ticks=middle - edge, proven_ask_ticks=middle + edge)
