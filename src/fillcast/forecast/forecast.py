"""An order and one version of a proven book: what the order will cost, and how sure that is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.view import BookView
from fillcast.errors import LotsOverflowError, UsageError
from fillcast.forecast.book_report import BookReport, report_book, why_no_price
from fillcast.forecast.components import Component, Net
from fillcast.forecast.interval import DEFAULT_LEVEL, check_level, mid_move_bps
from fillcast.forecast.order import Order
from fillcast.forecast.pricing import Fill, price_walk
from fillcast.forecast.size import walk_size
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
    fill, components, net
        None and empty where no forecast is given.
    reason
        Why no forecast is given, else empty.
    size_note
        How the size was read and rounded, else empty.
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
    fill: Fill | None = None
    components: tuple[Component, ...] = ()
    net: Net | None = None
    reason: str = ""
    size_note: str = ""
    common_reference: CommonReference | None = None
    common_rate: float | None = None
    net_vs_common_bps: float | None = None
    not_compared: str = ""

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
    health: Health | None = None,
    latency_s: float | None = None,
    level: float = DEFAULT_LEVEL,
) -> Forecast:
    """Forecast the cost of a market order. Pure: the same arguments give the same forecast.

    Parameters
    ----------
    order, view
        The order, and the book of the same instrument.
    fee, volatility
        What the account pays, and what is known of the mid's moves.
    now_ns
        Wall time, recorded as `as_of_ns`.
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
    move_bps = mid_move_bps(volatility, latency + book.age_s, level)
    try:
        sized = walk_size(order.size, view, order.side)
        fill, components, net = price_walk(view, order.side, sized.walk, sized.unfilled_base, fee, move_bps, level)
    except LotsOverflowError as error:  # what a venue sends is no reason to end
        return Forecast(instrument, now_ns, order, book, fee, volatility, latency, reason=str(error))
    notes = "; ".join(note for note in (order.size.note, sized.note) if note)
    return Forecast(
        instrument,
        now_ns,
        order,
        book,
        fee,
        volatility,
        latency,
        view.mid,
        fill,
        components,
        net,
        size_note=notes,
    )
