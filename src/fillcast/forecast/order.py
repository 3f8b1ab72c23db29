"""What is asked: an order for one instrument."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fillcast.core.instrument import Instrument
from fillcast.errors import OffGridError, UsageError
from fillcast.forecast.size import Size, parse_duration, parse_size

BUY = 1
SELL = -1
SIDES = {"buy": BUY, "sell": SELL}
SIDE_NAMES = {BUY: "buy", SELL: "sell"}

MARKET = "market"
LIMIT = "limit"
TWAP = "twap"
VWAP = "vwap"
POV = "pov"
SHORTFALL = "is"
TYPES = (MARKET, LIMIT, TWAP, VWAP, POV, SHORTFALL)
WORKED = frozenset({TWAP, VWAP, POV, SHORTFALL})  # cut into slices over the horizon

# From the event time of the book that the decision sees to the event time of the book that the order meets:
# 100 ms, the cadence of the slowest book stream here (Binance spot), so that the book may already be that
# old; 50 ms for the frame and 50 ms for the order across an ocean, and 50 ms to decide and sign.
DEFAULT_LATENCY_S = 0.250
DEFAULT_HORIZON_S = 600.0  # of a worked order: the horizon of the product's own example, 10 m
DEFAULT_RESTING_S = 60.0  # of a limit order: a touch of these markets seldom stands longer
DEFAULT_PARTICIPATION = 0.1  # of all volume: beyond a quarter the models of impact are not valid
DEFAULT_RISK_AVERSION = 1e-6  # per unit of quote currency: that of Almgren and Chriss (2000), section 3.4, per dollar
MAX_HORIZON_S = 86_400.0  # a day: volatility and depth of now say nothing beyond


@dataclass(frozen=True, slots=True)
class Order:
    """An order that has not been sent.

    Attributes
    ----------
    instrument
        `venue:symbol`.
    side
        +1 buy, -1 sell.
    size
        What to buy or sell.
    type
        `market`; `limit`, which rests at its price and is completed at the market when the horizon ends; or worked in
        market slices over the horizon: `twap` (even), `vwap` (with the volume), `pov` (a share of the volume), `is`
        (the optimum of impact against risk).
    tier
        Fee tier that was asked for, or None: a new account's.
    latency_s
        Time between the book that the decision sees and the book that the order meets, on the venue's clock.
    price_ticks, post_only
        Of a limit order.
    horizon_s
        Time in which the order is done; 0 of a market order.
    participation
        Our share of all volume: what a `pov` order trades at; the limit of another worked order, None for no limit.
    risk_aversion
        Of an `is` order: cost that a unit of variance is worth, per unit of quote currency.
    """

    instrument: str
    side: int
    size: Size
    type: str = MARKET
    tier: str | None = None
    latency_s: float = DEFAULT_LATENCY_S
    price_ticks: int | None = None
    post_only: bool = False
    horizon_s: float = 0.0
    participation: float | None = None
    risk_aversion: float | None = None

    def __post_init__(self) -> None:
        if self.side not in SIDE_NAMES:
            raise UsageError(f"{self.instrument}: a side is +1 (buy) or -1 (sell), not {self.side!r}")
        if not (math.isfinite(self.latency_s) and self.latency_s >= 0):
            raise UsageError(f"{self.instrument}: a latency must be a number of seconds >= 0, not {self.latency_s}")
        wrong = why_no_such_order(
            self.type,
            self.horizon_s,
            has_price=self.price_ticks is not None,
            post_only=self.post_only,
            participation=self.participation,
            risk_aversion=self.risk_aversion,
        )
        if not wrong and self.price_ticks is not None and self.price_ticks <= 0:
            wrong = "the price of a limit order must be positive"
        if wrong:
            raise UsageError(f"{self.instrument}: {wrong}")

    @property
    def side_name(self) -> str:
        """`buy` or `sell`."""
        return SIDE_NAMES[self.side]


def why_no_such_order(
    type: str,  # noqa: A002 - the command line's word for it
    horizon_s: float,
    *,
    has_price: bool = False,
    post_only: bool = False,
    participation: float | None = None,
    risk_aversion: float | None = None,
) -> str:
    """Return which term of an order is missing, out of range, or says nothing of its type; empty where none is."""
    limit, worked = type == LIMIT, type in WORKED
    wrong = {
        f"order type {type!r} is not offered; {', '.join(TYPES)} are": type not in TYPES,
        "a limit order needs a price": limit and not has_price,
        f"a {type} order takes no price": has_price and not limit,
        f"post-only says nothing of a {type} order": post_only and not limit,
        "a market order is done at once and takes no horizon": type == MARKET and horizon_s != 0,
        f"a horizon must be above 0 and at most a day, not {horizon_s:g} s": (limit or worked)
        and not 0 < horizon_s <= MAX_HORIZON_S,
        f"a participation says nothing of a {type} order": participation is not None and not worked,
        "a pov order needs a participation": participation is None and type == POV,
        f"a participation must be above 0 and below 1, not {participation}": participation is not None
        and not 0 < participation < 1,
        f"a risk aversion says nothing of a {type} order": risk_aversion is not None and type != SHORTFALL,
        "an is order needs a risk aversion": risk_aversion is None and type == SHORTFALL,
        f"a risk aversion must be finite and not negative, not {risk_aversion}": risk_aversion is not None
        and not 0 <= risk_aversion < math.inf,
    }
    return next((text for text, holds in wrong.items() if holds), "")


def default_horizon_s(type: str) -> float:  # noqa: A002
    """Return the horizon that an order has where none is stated."""
    return {MARKET: 0.0, LIMIT: DEFAULT_RESTING_S}.get(type, DEFAULT_HORIZON_S)


def parse_order(
    instrument: Instrument,
    side: str,
    size: str | float | Decimal,
    *,
    type: str = MARKET,  # noqa: A002 - the command line's word for it
    tier: str | None = None,
    latency: str | None = None,
    usd_rates: Mapping[str, float] | None = None,
    price: str | None = None,
    post_only: bool = False,
    horizon: str | None = None,
    participation: float | None = None,
    risk_aversion: float | None = None,
) -> Order:
    """Read an order in the words of the command line.

    Parameters
    ----------
    instrument
        What is ordered.
    side
        `buy` or `sell`.
    size, usd_rates
        As `parse_size` reads them.
    tier
        The venue's fee tier, or None.
    latency
        A duration such as `250ms`; None takes the default.
    type, post_only, participation, risk_aversion
        As of `Order`; None takes the type's default.
    price
        Of a limit order, in quote currency per base.
    horizon
        A duration such as `10m`; None takes the type's default.

    Raises
    ------
    UsageError
        For what cannot be read; a size raises its subclass `SizeError`.
    """
    side_number = SIDES.get(side.strip().lower())
    if side_number is None:
        raise UsageError(f"{instrument.key}: a side is buy or sell, not {side!r}")
    kind = type.strip().lower()
    if kind == POV and participation is None:
        participation = DEFAULT_PARTICIPATION
    if kind == SHORTFALL and risk_aversion is None:
        risk_aversion = DEFAULT_RISK_AVERSION
    return Order(
        instrument.key,
        side_number,
        parse_size(size, instrument, usd_rates=usd_rates),
        kind,
        tier,
        DEFAULT_LATENCY_S if latency is None else parse_duration(latency),
        None if price is None else _ticks(price, instrument),
        post_only,
        default_horizon_s(kind) if horizon is None else parse_duration(horizon),
        participation,
        risk_aversion,
    )


def _ticks(price: str, instrument: Instrument) -> int:
    try:
        return instrument.price_ticks(price.strip().replace("_", ""))
    except OffGridError as error:
        raise UsageError(f"{instrument.key}: the price {price!r} cannot be used: {error}") from None
