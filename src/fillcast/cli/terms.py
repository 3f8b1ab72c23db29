"""How an order is to be done, as it was typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fillcast.core.instrument import Instrument
from fillcast.errors import UsageError
from fillcast.forecast.order import (
    DEFAULT_PARTICIPATION,
    DEFAULT_RISK_AVERSION,
    MARKET,
    POV,
    SHORTFALL,
    Order,
    default_horizon_s,
    parse_order,
    why_no_such_order,
)
from fillcast.forecast.size import parse_duration


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of an order; None: the default of its type.

    Attributes
    ----------
    type, price, post_only, horizon, participation, risk_aversion
        As `parse_order` reads them.
    """

    type: str = MARKET
    price: str | None = None
    post_only: bool = False
    horizon: str | None = None
    participation: float | None = None
    risk_aversion: float | None = None

    @property
    def kind(self) -> str:
        """The type in the spelling of orders."""
        return self.type.strip().lower()

    def check(self) -> None:
        """Raise `UsageError` for terms that no order has, whatever its instrument."""
        share, aversion = self.participation, self.risk_aversion
        if share is None and self.kind == POV:
            share = DEFAULT_PARTICIPATION
        if aversion is None and self.kind == SHORTFALL:
            aversion = DEFAULT_RISK_AVERSION
        wrong = why_no_such_order(
            self.kind,
            default_horizon_s(self.kind) if self.horizon is None else parse_duration(self.horizon),
            has_price=self.price is not None,
            post_only=self.post_only,
            participation=share,
            risk_aversion=aversion,
        )
        if wrong:
            raise UsageError(wrong)

    def order(
        self,
        instrument: Instrument,
        side: str,
        size: str,
        *,
        tier: str | None,
        latency: str | None,
        usd_rates: Mapping[str, float],
    ) -> Order:
        """Return the order on one instrument; `UsageError` when it makes no sense there."""
        return parse_order(
            instrument,
            side,
            size,
            type=self.type,
            tier=tier,
            latency=latency,
            usd_rates=usd_rates,
            price=self.price,
            post_only=self.post_only,
            horizon=self.horizon,
            participation=self.participation,
            risk_aversion=self.risk_aversion,
        )


AT_MARKET = Terms()
