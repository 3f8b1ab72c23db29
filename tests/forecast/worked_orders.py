"""A market for orders that are not done at once: a book with depth, a volume, and orders of every type."""

from __future__ import annotations

from fillcast.core.view import BookView
from fillcast.forecast.conditions import Conditions, Volume
from fillcast.forecast.forecast import Forecast, forecast
from fillcast.forecast.order import parse_order
from fillcast.forecast.pricing import Priced
from fillcast.models.fees import FeeRate, stated_fee
from fillcast.models.volatility import VolatilityEstimate
from tests.forecast.examples import MEASURED, NOW_NS, SPOT, view_of

LEVELS = 40
# One BTC every ten cents, from 5 cents away from 100,000: bids 99,999.95, 99,999.85, ...; asks 100,000.05, ...
BIDS = [(f"{99_999.95 - 0.1 * index:.2f}", "1") for index in range(LEVELS)]
ASKS = [(f"{100_000.05 + 0.1 * index:.2f}", "1") for index in range(LEVELS)]
DEEP = view_of(SPOT, BIDS, ASKS)

VOLUME = Volume(buy_base_per_s=0.6, sell_base_per_s=0.4, trades=400, window_s=60.0, relative_error=0.1)
SEEN = Conditions(VOLUME)
FEE = stated_fee(5.0, 2.0)


def worked(
    order_type: str,
    size: str = "10",
    side: str = "buy",
    *,
    view: BookView = DEEP,
    conditions: Conditions = SEEN,
    fee: FeeRate = FEE,
    volatility: VolatilityEstimate = MEASURED,
    level: float = 0.9,
    price: str | None = None,
    post_only: bool = False,
    horizon: str | None = None,
    participation: float | None = None,
    risk_aversion: float | None = None,
) -> Forecast:
    """Forecast an order typed as on the command line."""
    order = parse_order(
        view.instrument,
        side,
        size,
        type=order_type,
        price=price,
        post_only=post_only,
        horizon=horizon,
        participation=participation,
        risk_aversion=risk_aversion,
    )
    return forecast(order, view, fee=fee, volatility=volatility, now_ns=NOW_NS, conditions=conditions, level=level)


def priced_of(found: Forecast) -> Priced:
    """Return what an order costs; the test fails where that is not told."""
    assert found.priced is not None, found.reason
    return found.priced


def points(found: Forecast) -> dict[str, float]:
    """Return the expectations of the components, bps."""
    return {part.name: part.bps for part in found.components}


def widths(found: Forecast) -> dict[str, float]:
    """Return the width of each component's interval, bps."""
    return {part.name: part.high_bps - part.low_bps for part in found.components}
