"""What is asked: an order for one instrument."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fillcast.core.instrument import Instrument
from fillcast.errors import UsageError
from fillcast.forecast.size import Size, parse_duration, parse_size

BUY = 1
SELL = -1
SIDES = {"buy": BUY, "sell": SELL}
SIDE_NAMES = {BUY: "buy", SELL: "sell"}

MARKET = "market"

# From the event time of the book that the decision sees to the event time of the book that the order meets:
# 100 ms, the cadence of the slowest book stream here (Binance spot), so that the book may already be that
# old; 50 ms for the frame and 50 ms for the order across an ocean, and 50 ms to decide and sign.
DEFAULT_LATENCY_S = 0.250


@dataclass(frozen=True, slots=True)
class Order:
    """A market order that has not been sent.

    Attributes
    ----------
    instrument
        `venue:symbol`.
    side
        +1 buy, -1 sell.
    size
        What to buy or sell.
    tier
        Fee tier that was asked for, or None: a new account's.
    latency_s
        Time between the book that the decision sees and the book that the order meets, on the venue's clock.
    """

    instrument: str
    side: int
    size: Size
    type: str = MARKET
    tier: str | None = None
    latency_s: float = DEFAULT_LATENCY_S

    def __post_init__(self) -> None:
        if self.side not in SIDE_NAMES:
            raise UsageError(f"{self.instrument}: a side is +1 (buy) or -1 (sell), not {self.side!r}")
        if self.type != MARKET:
            raise UsageError(f"{self.instrument}: order type {self.type!r} is not offered; market is")
        if not (math.isfinite(self.latency_s) and self.latency_s >= 0):
            raise UsageError(f"{self.instrument}: a latency must be a number of seconds >= 0, not {self.latency_s}")

    @property
    def side_name(self) -> str:
        """`buy` or `sell`."""
        return SIDE_NAMES[self.side]


def parse_order(
    instrument: Instrument,
    side: str,
    size: str | float | Decimal,
    *,
    type: str = MARKET,  # noqa: A002 - the command line's word for it
    tier: str | None = None,
    latency: str | None = None,
    usd_rates: Mapping[str, float] | None = None,
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
    type
        `market`.
    tier
        The venue's fee tier, or None.
    latency
        A duration such as `250ms`; None takes the default.

    Raises
    ------
    UsageError
        For what cannot be read; a size raises its subclass `SizeError`.
    """
    side_number = SIDES.get(side.strip().lower())
    if side_number is None:
        raise UsageError(f"{instrument.key}: a side is buy or sell, not {side!r}")
    latency_s = DEFAULT_LATENCY_S if latency is None else parse_duration(latency)
    return Order(instrument.key, side_number, parse_size(size, instrument, usd_rates=usd_rates), type, tier, latency_s)
