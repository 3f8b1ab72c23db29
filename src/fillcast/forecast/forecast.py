"""An order and one version of a proven book: what the order will cost, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.units import BPS
from fillcast.core.view import BookView
from fillcast.errors import LotsOverflowError, UsageError
from fillcast.forecast.book_report import BookReport, report_book, why_no_price
from fillcast.forecast.components import Component, Net
from fillcast.forecast.conditions import Conditions
from fillcast.forecast.distribution import CostDistribution
from fillcast.forecast.interval import DEFAULT_LEVEL, check_level, mid_move_bps
from fillcast.forecast.order import LIMIT, MARKET, Order
from fillcast.forecast.pricing import Basis, Fill, Priced, price_walk
from fillcast.forecast.resting import price_limit
from fillcast.forecast.size import walk_size
from fillcast.forecast.worked import price_worked
from fillcast.models.fees import FeeRate
from fillcast.models.volatility import VolatilityEstimate

if TYPE_CHECKING:
    from fillcast.venues.protocol import Health


@dataclass(frozen=True, slots=True)
class CommonReference:
    """The one price that several instruments are compared at, in `currency`."""

    name: str
    price: float
    currency: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What an order will cost, as it was known at one moment. Nothing in it changes afterwards.

    Attributes
    ----------
    as_of_ns
        Wall time of the forecast.
    arrival_mid
        The mid that every bps counts from; None without a forecast.
    priced
        What the order costs, None where no forecast is given; `fill`, `components` and `net` are its own.
    reason
        Why no forecast is given, else empty.
    fee, volatility, latency_s
        What the fee and the interval rest on.
    common_reference, common_rate, net_vs_common_bps, not_compared
        Set by `compare`: the shared reference, what one unit of the quote currency is in the reference's, the all-in
        price against it, or why there is none.
    """

    instrument: Instrument
    as_of_ns: int
    order: Order
    book: BookReport
    fee: FeeRate
    volatility: VolatilityEstimate
    latency_s: float
    arrival_mid: float | None = None
    priced: Priced | None = None
    reason: str = ""
    common_reference: CommonReference | None = None
    common_rate: float | None = None
    net_vs_common_bps: float | None = None
    not_compared: str = ""

    @property
    def fill(self) -> Fill | None:
        """What the order meets; None where no forecast is given."""
        return None if self.priced is None else self.priced.fill

    @property
    def components(self) -> tuple[Component, ...]:
        """The parts of the cost; empty where no forecast is given."""
        return () if self.priced is None else self.priced.components

    @property
    def net(self) -> Net | None:
        """The whole cost; None where no forecast is given."""
        return None if self.priced is None else self.priced.net

    @property
    def size_note(self) -> str:
        """How the size was read, rounded and left; empty where it is plain."""
        notes = (self.order.size.note, "" if self.priced is None else self.priced.note)
        return "; ".join(note for note in notes if note)

    @property
    def horizon_s(self) -> float:
        """Seconds over which the mid may move: the latency, and the age that the book has already."""
        return self.latency_s + self.book.age_s

    @property
    def cost_currency(self) -> str:
        """The currency of every amount beside bps: quote, or what a quanto contract settles in."""
        if self.instrument.kind is ContractKind.QUANTO:
            return self.instrument.settle_currency
        return self.instrument.quote


def forecast(
    order: Order,
    view: BookView,
    *,
    fee: FeeRate,
    volatility: VolatilityEstimate,
    now_ns: int,
    conditions: Conditions | None = None,
    health: Health | None = None,
    latency_s: float | None = None,
    level: float = DEFAULT_LEVEL,
) -> Forecast:
    """Forecast the cost of an order. Pure: the same arguments give the same forecast.

    Parameters
    ----------
    order, view
        The order, and the book of the same instrument.
    fee, volatility
        What the account pays, and what is known of the mid's moves.
    now_ns
        Wall time, recorded as `as_of_ns`.
    conditions
        Volume and parameters of impact, for what is more than a market order.
    health
        The connection's word on the book, where there is a connection: it may be STALE by now, and the age of
        its last proof of life widens the interval.
    latency_s
        Overrides the order's latency.
    level
        Probability of the intervals.

    Returns
    -------
    Forecast
        Without `net`, and with the reason, when the book is not proven right, has nothing to price against, or
        its levels add up beyond int64 lots.

    Raises
    ------
    UsageError
        When order and book differ in instrument, or the level or latency cannot be used.
    SizeError
        When the size is less than one lot at the prices it meets.
    """
    instrument = view.instrument
    if order.instrument != instrument.key:
        raise UsageError(f"the order is for {order.instrument}, the book is of {instrument.key}")
    latency = order.latency_s if latency_s is None else latency_s
    if not (math.isfinite(latency) and latency >= 0):
        raise UsageError(f"{instrument.key}: a latency must be a number of seconds >= 0, not {latency}")
    check_level(level)
    book = report_book(view, health)
    reason = why_no_price(view, book)
    if reason:
        return Forecast(instrument, now_ns, order, book, fee, volatility, latency, reason=reason)
    try:
        basis = Basis(fee, volatility, conditions or Conditions(), now_ns, latency + book.age_s, level)
        priced = _price(order, view, basis)
    except LotsOverflowError as error:  # what a venue sends is no reason to end
        priced = str(error)
    if isinstance(priced, str):
        return Forecast(instrument, now_ns, order, book, fee, volatility, latency, reason=priced)
    return Forecast(instrument, now_ns, order, book, fee, volatility, latency, view.mid, priced)


def _price(order: Order, view: BookView, basis: Basis) -> Priced | str:
    """Return what an order costs on a book that can be priced, or why that cannot be told."""
    if order.type == LIMIT:
        return price_limit(order, view, basis)
    if order.type != MARKET:
        return price_worked(order, view, basis)
    volatility, level = basis.volatility, basis.level
    sized = walk_size(order.size, view, order.side)
    move_bps = mid_move_bps(volatility, basis.wait_s, level)
    fill, components, net = price_walk(view, order.side, sized.walk, sized.unfilled_base, basis.fee, move_bps, level)
    scale = BPS * volatility.sigma_per_sqrt_s * math.sqrt(basis.wait_s)
    chance = CostDistribution(net.bps, scale, volatility.degrees_of_freedom)
    return Priced(fill, components, net, chance, fill.lots, sized.note)
