"""One order on every instrument of the session, side by side."""

from __future__ import annotations

import math
from collections.abc import Mapping

from fillcast.dashboard.answering import ask
from fillcast.dashboard.asking import Question, percent_a_year
from fillcast.dashboard.levels import book_state, spread_bps
from fillcast.dashboard.seen import Listing, Seen
from fillcast.dashboard.wire_studies import Compared, Comparison, Market
from fillcast.errors import FillcastError
from fillcast.forecast.book_report import ages_ms
from fillcast.forecast.comparison import compare
from fillcast.forecast.components import FEE
from fillcast.forecast.forecast import Forecast
from fillcast.forecast.split import NoSplit, Split, best_split


def study_comparison(
    question: Question, moment: Mapping[str, Seen], listing: Listing, updates_per_s: Mapping[str, float]
) -> Comparison:
    """Return the order on all instruments, at one common reference, and its best split over them."""
    asked: dict[str, Forecast] = {}
    senseless: dict[str, str] = {}
    for key, seen in moment.items():
        try:
            asked[key] = ask(question.on(seen.instrument, listing.usd_rates), seen)
        except FillcastError as error:
            senseless[key] = str(error)
    compared = dict(zip(asked, compare(list(asked.values()), listing.usd_rates), strict=True)) if asked else {}
    split: Split | NoSplit | None = None
    if len(compared) > 1:
        split = best_split(list(compared.values()), [moment[key].view for key in compared])
    shares = {share.instrument.key: share.share for share in split.shares} if isinstance(split, Split) else {}
    reference = next((one.common_reference for one in compared.values() if one.common_reference is not None), None)
    return Comparison(
        [
            _row(seen, compared.get(key), senseless.get(key, ""), shares.get(key), updates_per_s.get(key, 0.0))
            for key, seen in moment.items()
        ]
        + [_unknown(key, reason) for key, reason in listing.unanswered.items()],
        "" if reference is None else reference.name,
        None if reference is None else reference.price,
        "" if reference is None else reference.currency,
        split.net.bps if isinstance(split, Split) else None,
        split.saving_bps if isinstance(split, Split) else None,
        isinstance(split, Split) and split.unproven_base > 0,
        split.reason if isinstance(split, NoSplit) else "" if split else "one instrument alone is followed",
    )


def _row(seen: Seen, forecast: Forecast | None, senseless: str, share: float | None, updates_per_s: float) -> Compared:
    view, health = seen.view, seen.health
    state, _, proof = book_state(seen)
    net = None if forecast is None else forecast.net
    fee = None if forecast is None else next((part.bps for part in forecast.components if part.name == FEE), None)
    return Compared(
        view.instrument.key,
        state,
        proof,
        senseless if forecast is None else forecast.reason,
        ages_ms(view, health)[0],
        view.best_bid if len(view.bids) else None,
        view.best_ask if len(view.asks) else None,
        spread_bps(seen),
        None if net is None else net.bps,
        None if net is None else net.low_bps,
        None if net is None else net.high_bps,
        None if net is None else net.quote,
        view.instrument.quote if forecast is None else forecast.cost_currency,
        net is not None and net.at_most,
        fee,
        None if forecast is None else forecast.net_vs_common_bps,
        senseless if forecast is None else forecast.not_compared,
        share,
        updates_per_s,
    )


def _unknown(key: str, reason: str) -> Compared:
    nothing = (None,) * 8
    return Compared(key, "EMPTY", "none", reason, *nothing, "", False, None, None, "no forecast", None, 0.0)


def market_of(seen: Seen) -> Market:
    """Return what was seen of an instrument beside its book."""
    activity, instrument = seen.activity, seen.instrument
    bought, sold = (
        instrument.amounts(lots, seen.view.mid)[0] if lots and math.isfinite(seen.view.mid) else 0.0
        for lots in (activity.buy_lots, activity.sell_lots)
    )
    return Market(
        instrument.key,
        percent_a_year(seen.volatility.sigma_per_sqrt_s),
        seen.volatility.describe(seen.now_ns),
        activity.buys,
        activity.sells,
        bought,
        sold,
        activity.window_s,
    )
