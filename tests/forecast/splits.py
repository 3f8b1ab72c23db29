"""Venues and questions that the tests of split orders share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from fillcast.core.instrument import Instrument
from fillcast.core.view import BookView
from fillcast.forecast.comparison import compare
from fillcast.forecast.split import NoSplit, Split, best_split
from fillcast.models.fees import FeeRate, stated_fee
from tests.forecast.examples import FREE, INVERSE, SPOT, Levels, priced, view_of

ELSEWHERE = replace(SPOT, venue="binance_spot", symbol="BTCUSDT")
THIRD = replace(SPOT, venue="bybit", symbol="BTCUSDT")
DOLLARS = replace(SPOT, venue="coinbase", symbol="BTC-USD", quote="USD")
OTHER_INVERSE = replace(INVERSE, venue="binance_coinm", symbol="BTCUSD_PERP")
TEN_BPS = stated_fee(10.0)

BIDS: Levels = [("99.90", "9")]


def split_of(
    views: Sequence[BookView],
    size: str,
    fees: Sequence[FeeRate] | None = None,
    *,
    side: str = "buy",
    rates: dict[str, float] | None = None,
) -> Split | NoSplit:
    forecasts = [priced(view, side, size, fee) for view, fee in zip(views, fees or [FREE] * len(views), strict=True)]
    return best_split(compare(forecasts, rates), views)


def split(*arguments: object, **named: object) -> Split:
    found = split_of(*arguments, **named)  # type: ignore[arg-type]
    assert isinstance(found, Split), found
    return found


def taken(found: Split) -> dict[str, float]:
    return {
        share.instrument.venue: float(share.fill.lots * share.instrument.lot * share.instrument.contract_value)
        for share in found.shares
    }


def in_steps(instrument: Instrument, lots: int) -> Instrument:
    return replace(instrument, order_lots=lots)


def two_books() -> list[BookView]:
    return [
        view_of(SPOT, BIDS, [("100.00", "1"), ("100.20", "2"), ("100.50", "9")]),
        view_of(ELSEWHERE, [("99.95", "9")], [("100.15", "2"), ("100.40", "9")]),
    ]
