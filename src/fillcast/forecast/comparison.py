"""Several instruments side by side, at one common reference price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import median

from fillcast.core.units import BPS
from fillcast.errors import UsageError
from fillcast.forecast.forecast import CommonReference, Forecast
from fillcast.forecast.rates import known_rates, missing_rates, rate_between


def compare(forecasts: Sequence[Forecast], usd_rates: Mapping[str, float] | None = None) -> tuple[Forecast, ...]:
    """Return the forecasts with their all-in prices set against one reference.

    The reference is the median of the mids of all instruments that can be compared with the first priced one:
    the same base, and the same quote or a stated rate between the two. `net_vs_common_bps` is s (all-in price
    - reference) / reference, so that a venue whose own mid lies badly does not look cheap.

    Parameters
    ----------
    forecasts
        One per instrument, of the same side.
    usd_rates
        Dollars per unit of a currency, such as {"USDT": 0.9995}. USD itself needs none.

    Returns
    -------
    tuple of Forecast
        In the order given. What cannot be compared keeps `net_vs_common_bps` None and says why in
        `not_compared`.

    Raises
    ------
    UsageError
        When the sides differ, or a rate is not a positive finite number.
    """
    known = known_rates(usd_rates)
    if len({forecast.order.side for forecast in forecasts}) > 1:
        raise UsageError("only orders of the same side can be compared")
    first = next((forecast for forecast in forecasts if forecast.net is not None), None)
    if first is None:
        return tuple(replace(forecast, not_compared="no forecast") for forecast in forecasts)
    factors: list[float | str] = [_factor(forecast, first, known) for forecast in forecasts]
    mids = [
        forecast.arrival_mid * factor
        for forecast, factor in zip(forecasts, factors, strict=True)
        if isinstance(factor, float) and forecast.arrival_mid is not None
    ]
    reference = CommonReference(f"median of {len(mids)} mids", median(mids), first.instrument.quote)
    return tuple(
        replace(forecast, not_compared=factor) if isinstance(factor, str) else _against(forecast, factor, reference)
        for forecast, factor in zip(forecasts, factors, strict=True)
    )


def _factor(forecast: Forecast, first: Forecast, known: Mapping[str, float]) -> float | str:
    """Return what turns a forecast's prices into the first one's quote currency, or why nothing does."""
    if forecast.net is None:
        return "no forecast"
    mine, other = forecast.instrument, first.instrument
    if mine.base.upper() != other.base.upper():
        return f"{mine.key} is in {mine.base}, {other.key} in {other.base}"
    rate = rate_between(mine.quote, other.quote, known)
    if rate is None:
        currencies = f"{mine.key} is priced in {mine.quote}, {other.key} in {other.quote}"
        return f"{currencies}: {missing_rates(mine.quote, other.quote, known)}"
    return float(rate)


def _against(forecast: Forecast, factor: float, reference: CommonReference) -> Forecast:
    if forecast.fill is None:
        return forecast
    price = forecast.fill.all_in_price * factor
    against = BPS * forecast.order.side * (price - reference.price) / reference.price
    return replace(forecast, common_reference=reference, common_rate=factor, net_vs_common_bps=against)
