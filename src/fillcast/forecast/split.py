"""One order over several books: which part to send where, so that the whole costs least."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.state import BookState
from fillcast.core.units import BPS
from fillcast.core.view import BookView
from fillcast.errors import UsageError
from fillcast.forecast.components import FEE, Net, on_common_grid
from fillcast.forecast.forecast import CommonReference, Forecast
from fillcast.forecast.interval import mid_move_bps
from fillcast.forecast.offers import Offer, offer
from fillcast.forecast.order import MARKET
from fillcast.forecast.pricing import Fill, price_walk
from fillcast.forecast.size import ROUNDING_TOLERANCE, SizeUnit
from fillcast.forecast.split_search import SplitSearch

SHARE_BITS = 50  # of the 53 of a float, so that parts of 1 on their grid add up without rounding
TIE_BPS = 1e-9  # float noise: a split that saves no more than this saves nothing


@dataclass(frozen=True, slots=True)
class Share:
    """What one book takes of a split order.

    Attributes
    ----------
    fill
        What is met there, in the instrument's own currencies.
    share
        Part of the base of the whole split; the shares add up to 1 exactly.
    fee_quote
        The fee there, in the instrument's cost currency.
    rate
        What one unit of the instrument's quote currency is in the reference's.
    cost_quote
        Its cost against the common reference, in the reference's currency. These add up to the net exactly.
    """

    instrument: Instrument
    fill: Fill
    share: float
    fee_quote: float
    rate: float
    cost_quote: float


@dataclass(frozen=True, slots=True)
class Split:
    """An order spread over several books at the least all-in cost. Amounts are in the reference's currency.

    Attributes
    ----------
    shares
        The books that take part, in the order in which the instruments were given.
    filled_base
        The base of all shares.
    unfilled_base, rounded_base
        What was asked for and no book shows; what is less than an order can be, or was rounded off.
    unproven_base
        The part of `filled_base` beyond the proven edge of its book.
    average_price, all_in_price, fee_quote
        Of the whole.
    net
        All-in price against the common reference, in bps of it and in its currency. Of the interval the mids' moves are
        one: the books are of one thing, so that their mids are taken to move together, and the half-width is the mean
        of the books' own weighted by notional (independent moves would make it narrower). Ranges of unproven
        levels and disputed fees are added up whole, as in a forecast.
    best_single
        The single instrument that fills the whole size at the lowest cost; None where none does.
    saving_bps, saving_quote
        What the split saves against all of it there; what the order step there leaves goes, in both, where it is
        cheapest. None without a single instrument.
    saving_is_proven
        Neither of the two reaches beyond what is proven.
    left_out
        Instruments that take no part in the comparison, and why.
    """

    side: int
    reference: CommonReference
    shares: tuple[Share, ...]
    filled_base: float
    unfilled_base: float
    rounded_base: float
    unproven_base: float
    average_price: float
    all_in_price: float
    fee_quote: float
    net: Net
    best_single: str | None
    saving_bps: float | None
    saving_quote: float | None
    saving_is_proven: bool
    left_out: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class NoSplit:
    """Why an order cannot be split, and which instruments cannot be compared at all."""

    reason: str
    left_out: tuple[tuple[str, str], ...] = ()


def best_split(forecasts: Sequence[Forecast], views: Sequence[BookView]) -> Split | NoSplit:
    """Return how an order is best spread over the books that can be compared.

    The levels of all books are taken in the order of their all-in price: a walk is convex, so that this is the least
    cost for every total. Shares are whole order steps. For linear instruments whose steps are multiples of one another
    the result is the least cost of all allocations in such steps that fill as much as can be filled; inverse contracts
    and other steps may miss that by what rounding to an order step moves. A size in quote currency is the largest base
    whose best split is worth no more than it, before fees. The best single book takes the whole size down to its order
    step, and what that leaves is placed on the others; where this is no dearer it is the split.

    Parameters
    ----------
    forecasts
        Of the whole order on each instrument, as `compare` returns them.
    views
        The book that each forecast rests on.

    Returns
    -------
    Split or NoSplit
        The latter when fewer than two books can be compared, or the size is not one amount on all of them.

    Raises
    ------
    UsageError
        When a view is not the book of its forecast.
    """
    left_out: list[tuple[str, str]] = []
    parts: list[tuple[Forecast, BookView, CommonReference, float]] = []
    for forecast, view in zip(forecasts, views, strict=True):
        why = _why_left_out(forecast, view)
        if why:
            left_out.append((forecast.instrument.key, why))
        elif forecast.common_reference is not None and forecast.common_rate is not None:
            parts.append((forecast, view, forecast.common_reference, forecast.common_rate))
    if len(parts) < 2:
        return NoSplit("fewer than two books can be compared", tuple(left_out))
    if any(forecast.order.type != MARKET for forecast, *_ in parts):
        return NoSplit("only market orders are split: what is worked or rests is not taken from books at once")
    asked = [_amount(forecast, rate) for forecast, _, _, rate in parts]
    quoted, amount = asked[0]
    if any(forecast.order.size.unit is SizeUnit.CONTRACTS for forecast, *_ in parts):
        return NoSplit(
            "a contract is another amount on every venue: write the size in base or quote currency", tuple(left_out)
        )
    if any(other[0] != quoted or not math.isclose(other[1], amount, rel_tol=ROUNDING_TOLERANCE) for other in asked):
        return NoSplit("the orders are not of one size", tuple(left_out))
    offers = [offer(forecast, view, rate, float(amount), quoted=quoted) for forecast, view, _, rate in parts]
    search = SplitSearch(offers, amount, quoted=quoted)
    lots = search.lots()
    if not any(lots):
        return NoSplit("no book shows as much as one order step", tuple(left_out))
    reference, level = parts[0][2], _level(offers)
    tie = TIE_BPS / BPS * reference.price
    single = _best_single(offers, search)
    if (
        single is not None
        and single.price <= search.price(lots) + tie
        and search.left(single.lots) <= search.left(lots)
    ):
        lots = single.lots
    shares, net = _priced(offers, lots, reference, level)
    saved = 0.0 if single is None else single.price - search.price(lots)
    saved = saved if saved > tie else 0.0
    left = search.left(lots)
    left_base = float(left) / (reference.price if quoted else 1.0) if left > float(amount) * ROUNDING_TOLERANCE else 0.0
    unfilled = left_base if left_base >= min(_step_at_mid(one) for one in offers) else 0.0
    base = math.fsum(share.fill.base for share in shares)
    quote = math.fsum(share.rate * share.fill.quote for share in shares)
    fee = math.fsum(share.rate * share.fee_quote for share in shares)
    side = offers[0].side
    return Split(
        side,
        reference,
        shares,
        base,
        unfilled,
        left_base - unfilled,
        math.fsum(share.fill.unproven_base for share in shares),
        quote / base,
        (quote + side * fee) / base,
        fee,
        net,
        None if single is None else single.offer.instrument.key,
        None if single is None else saved / reference.price * BPS,
        None if single is None else saved * base,
        not net.at_most and (single is None or not _at_most(single.offer)),
        tuple(left_out),
    )


def _why_left_out(forecast: Forecast, view: BookView) -> str:
    key = forecast.instrument.key
    if view.instrument.key != key or (forecast.net is not None and view.version != forecast.book.version):
        raise UsageError(f"{key}: a split needs the very book that the forecast rests on")
    if forecast.net is None:
        return forecast.reason
    if view.state is not BookState.LIVE:
        return f"{key} is {view.state.name}: {view.reason}"
    if forecast.instrument.kind is ContractKind.QUANTO:
        return f"{key} is a quanto contract: it holds no {forecast.instrument.base}"
    return forecast.not_compared


def _amount(forecast: Forecast, rate: float) -> tuple[bool, Fraction]:
    """Return whether a size is in quote, and how much of base or of the common currency it is."""
    size = forecast.order.size
    quoted = size.unit is SizeUnit.QUOTE
    return quoted, Fraction(size.amount) * (Fraction(rate) if quoted else 1)


def _priced(
    offers: Sequence[Offer], lots: Sequence[int], reference: CommonReference, level: float
) -> tuple[tuple[Share, ...], Net]:
    """Price what each book takes as a forecast would, and set it against the common reference.

    Each cost counts from its book's own mid: what that mid is away from the reference is added to it.
    """
    taken = [(one, count) for one, count in zip(offers, lots, strict=True) if count]
    fills, fees, own_nets, costs = [], [], [], []
    for one, count in taken:
        basis = one.forecast
        move_bps = mid_move_bps(basis.volatility, basis.horizon_s, level)
        walk = one.view.walk(one.side, count)
        fill, components, net = price_walk(one.view, one.side, walk, 0.0, basis.fee, move_bps, level)
        fills.append(fill)
        fees.append(next(part.quote for part in components if part.name == FEE))
        own_nets.append(net)
        costs.append(one.rate * net.quote + one.side * fill.base * (one.rate * one.view.mid - reference.price))
    costs = list(on_common_grid(tuple(costs)))
    base = math.fsum(fill.base for fill in fills)
    parts = _parts_of_one([fill.base / base for fill in fills])
    shares = tuple(
        Share(one.instrument, fill, part, fee, one.rate, cost)
        for (one, _), fill, part, fee, cost in zip(taken, fills, parts, fees, costs, strict=True)
    )
    rates = [one.rate for one, _ in taken]
    less = math.fsum(rate * (net.low_quote - net.quote) for rate, net in zip(rates, own_nets, strict=True))
    more = math.fsum(rate * (net.high_quote - net.quote) for rate, net in zip(rates, own_nets, strict=True))
    total, to_bps = sum(costs), BPS / (base * reference.price)
    net = Net(
        total * to_bps,
        total,
        (total + less) * to_bps,
        (total + more) * to_bps,
        total + less,
        total + more,
        level,
        any(own.at_most for own in own_nets),
    )
    return shares, net


def _parts_of_one(parts: Sequence[float]) -> list[float]:
    """Return parts that add up to 1 exactly, in any order: on one grid, the largest taking what rounding left."""
    on_grid = [math.ldexp(round(math.ldexp(part, SHARE_BITS)), -SHARE_BITS) for part in parts]
    largest = max(range(len(parts)), key=lambda index: parts[index])
    on_grid[largest] += 1.0 - sum(on_grid)
    return on_grid


@dataclass(frozen=True, slots=True)
class _Single:
    """All of an order on one book, what its order step leaves on the others; and the all-in price, signed."""

    offer: Offer
    lots: list[int]
    price: float


def _best_single(offers: Sequence[Offer], search: SplitSearch) -> _Single | None:
    """Return the book that fills the whole size at the lowest cost, or None where none shows it."""
    found = []
    for index, one in enumerate(offers):
        fill = one.forecast.fill
        if fill is not None and fill.unfilled_base == 0:
            lots = search.completed(index, fill.lots)
            found.append(_Single(one, lots, search.price(lots)))
    return min(found, key=lambda one: one.price, default=None)


def _at_most(one: Offer) -> bool:
    return one.forecast.net is not None and one.forecast.net.at_most


def _level(offers: Sequence[Offer]) -> float:
    return next(one.forecast.net.level for one in offers if one.forecast.net is not None)


def _step_at_mid(one: Offer) -> float:
    return one.instrument.amounts(one.instrument.order_lots, one.view.mid)[0]
