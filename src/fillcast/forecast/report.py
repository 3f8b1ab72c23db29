"""A forecast as the JSON object that other programs rely on. Keys may be added, never renamed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fillcast.core.state import BookState, Proof
from fillcast.forecast.book_report import NO_SEQUENCE
from fillcast.forecast.components import (
    ADVERSE_SELECTION,
    FEE,
    HALF_SPREAD,
    LATENCY,
    OPPORTUNITY,
    PERMANENT,
    SLIPPAGE,
    TIMING,
    TRANSIENT,
    Component,
    Net,
)
from fillcast.forecast.curve import Curve, LargestSize
from fillcast.forecast.forecast import CommonReference, Forecast
from fillcast.forecast.order import LIMIT
from fillcast.forecast.pricing import Priced
from fillcast.forecast.split import NoSplit, Share, Split
from fillcast.models.estimate import Estimate

Json = dict[str, Any]

REFERENCE_NAME = "arrival_mid"

FIGURES = (
    "filled_base",
    "filled_quote",
    "unfilled_base",
    "unproven_base",
    "average_price",
    "all_in_price",
    "worst_price",
    "levels",
)

ORDER_FACTS = (
    "size_unit",
    "price",
    "post_only",
    "horizon_s",
    "participation",
    "risk_aversion",
    "filled_lots",
    "filled_size",
    "tier",
    "latency_ms",
    "note",
)

TOLD_QUANTILES = (0.05, 0.5, 0.95, 0.99)
CVAR_LEVEL = 0.95
NOT_WORKED: Json = {
    "maker_share": 0.0,
    "maker_share_range": None,
    "fill_probability": None,
    "fill_probability_range": None,
    "schedule": [],
    "footprint_bps": None,
    "distribution": None,
    "square_root": None,
}

CURVE_COLUMNS = (
    "base",
    "quote",
    "average_price",
    "half_spread_bps",
    "slippage_bps",
    "fee_bps",
    "net_bps",
    "low_bps",
    "high_bps",
)


def report(forecast: Forecast) -> Json:
    """Return a forecast as plain values: numbers, texts, lists and None; no NaN.

    Without a proven book `net` is None and `reason` says why. For a quanto contract "base" amounts are in
    settle currency per unit of price and "quote" amounts in settle currency; `cost_currency` names what
    amounts are in.
    """
    order, book, fill = forecast.order, forecast.book, forecast.fill
    sources = component_sources(forecast)
    return {
        "instrument": forecast.instrument.key,
        "as_of_ns": forecast.as_of_ns,
        "book": {
            "state": book.state,
            "proof": book.proof,
            "age_ms": book.age_ms,
            "last_change_ms": book.last_change_ms,
            "sequence": None if book.sequence == NO_SEQUENCE else book.sequence,
            "proven_bps": book.proven_bps,
            "version": book.version,
            "event_ns": book.event_ns,
        },
        "order": {
            "side": order.side_name,
            "type": order.type,
            "size": order.size.text,
            "size_unit": str(order.size.unit),
            "price": None if order.price_ticks is None else forecast.instrument.price_text(order.price_ticks),
            "post_only": order.post_only,
            "horizon_s": order.horizon_s,
            "participation": order.participation,
            "risk_aversion": order.risk_aversion,
            "filled_lots": fill.lots if fill else None,
            "filled_size": forecast.instrument.size_text(fill.lots) if fill else None,
            "tier": forecast.fee.tier,
            "latency_ms": forecast.latency_s * 1e3,
            "note": forecast.size_note or None,
        },
        "reference": {"name": REFERENCE_NAME, "price": forecast.arrival_mid},
        "filled_base": fill.base if fill else None,
        "filled_quote": fill.quote if fill else None,
        "unfilled_base": fill.unfilled_base if fill else None,
        "unproven_base": fill.unproven_base if fill else None,
        "average_price": fill.average_price if fill else None,
        "all_in_price": fill.all_in_price if fill else None,
        "worst_price": fill.worst_price if fill else None,
        "levels": fill.levels if fill else None,
        "components": [
            {"name": part.name, **_figures(part), "source": sources[part.name]} for part in forecast.components
        ],
        "net": _net(forecast.net),
        "cost_currency": forecast.cost_currency,
        "reason": forecast.reason or None,
        "common_reference": _common_reference(forecast.common_reference),
        "common_rate": forecast.common_rate,
        "net_vs_common_bps": forecast.net_vs_common_bps,
        "not_compared": forecast.not_compared or None,
        **_worked(forecast.priced),
        "provenance": provenance(forecast),
    }


def _worked(priced: Priced | None) -> Json:
    """Return what is told of an order beside its cost; all keys, whatever its type."""
    if priced is None:
        return dict(NOT_WORKED)
    chance, square_root = priced.distribution, priced.square_root
    return {
        "maker_share": 0.0 if priced.maker_share is None else priced.maker_share.value,
        "maker_share_range": _range(priced.maker_share),
        "fill_probability": None if priced.fill_probability is None else priced.fill_probability.value,
        "fill_probability_range": _range(priced.fill_probability),
        "schedule": [
            {"at_s": one.at_s, "lots": one.lots, "base": one.base, "cost_bps": one.cost_bps, "price": one.price}
            for one in priced.slices
        ],
        "footprint_bps": priced.footprint_bps,
        "distribution": {
            **{f"p{round(100 * share)}_bps": chance.quantile(share) for share in TOLD_QUANTILES},
            "cvar95_bps": chance.conditional_value_at_risk(CVAR_LEVEL),
            "scale_bps": chance.scale_bps,
            "degrees_of_freedom": chance.degrees_of_freedom,
        },
        "square_root": None
        if square_root is None
        else {"total_size_bps": square_root.total_size_bps, "rate_based_bps": square_root.rate_based_bps},
    }


def _range(estimate: Estimate | None) -> list[float] | None:
    return None if estimate is None else [estimate.low, estimate.high]


def report_unanswered(key: str, order: Mapping[str, str], reason: str, as_of_ns: int) -> Json:
    """Return the object for an instrument of which nothing is known but why: the keys of `report`, without figures.

    Parameters
    ----------
    order
        Side, type and size as they were asked for.
    """
    return {
        "instrument": key,
        "as_of_ns": as_of_ns,
        "book": {
            "state": BookState.EMPTY.name,
            "proof": str(Proof.NONE),
            **dict.fromkeys(
                ("age_ms", "last_change_ms", "sequence", "proven_bps", "version", "event_ns"),
            ),
        },
        "order": {
            **order,
            **dict.fromkeys(ORDER_FACTS),
        },
        "reference": {"name": REFERENCE_NAME, "price": None},
        **dict.fromkeys(FIGURES),
        "components": [],
        "net": None,
        "cost_currency": None,
        "reason": reason,
        "common_reference": None,
        "common_rate": None,
        "net_vs_common_bps": None,
        "not_compared": "no forecast",
        **NOT_WORKED,
        "provenance": [],
    }


def _figures(part: Component | Net) -> Json:
    return {
        "bps": part.bps,
        "quote": part.quote,
        "low_bps": part.low_bps,
        "high_bps": part.high_bps,
        "low_quote": part.low_quote,
        "high_quote": part.high_quote,
    }


def _net(net: Net | None) -> Json | None:
    return None if net is None else {**_figures(net), "level": net.level, "at_most": net.at_most}


def _common_reference(reference: CommonReference | None) -> Json | None:
    if reference is None:
        return None
    return {"name": reference.name, "price": reference.price, "currency": reference.currency}


def component_sources(forecast: Forecast) -> dict[str, str]:
    """Return what each component rests on, by its name."""
    book = forecast.book
    numbered = "" if book.sequence == NO_SEQUENCE else f" seq {book.sequence}"
    walked = f"book {forecast.instrument.key}{numbered} proof {book.proof}"
    volatility = forecast.volatility.describe(forecast.as_of_ns)
    horizon = f"over {forecast.order.horizon_s:g} s"
    told = "; ".join(forecast.priced.rests_on) if forecast.priced else ""
    return {
        HALF_SPREAD: walked,
        SLIPPAGE: walked,
        LATENCY: f"{volatility}; latency {forecast.latency_s * 1e3:g} ms{_book_age(forecast)}",
        TRANSIENT: told,
        PERMANENT: told,
        ADVERSE_SELECTION: told,
        OPPORTUNITY: f"{volatility}, {horizon}",
        TIMING: f"{volatility}, {horizon}",
        FEE: _fee_source(forecast),
    }


def _book_age(forecast: Forecast) -> str:
    age_ms = forecast.book.age_ms
    return "" if age_ms is None else f", book age {age_ms:.0f} ms"


def _fee_source(forecast: Forecast) -> str:
    fee = forecast.fee
    group = f" group {fee.group}" if fee.group else ""
    dated = f" as of {fee.as_of}" if fee.as_of else ""
    maker = "" if forecast.order.type != LIMIT else f", maker {fee.maker_bps:g} bps"
    text = f"fee taker {fee.taker_bps:g} bps{maker}, tier {fee.tier}{group}{dated}, {fee.source}"
    others = ", ".join(f"{other.taker_bps:g} bps ({other.source})" for other in fee.disputed)
    return f"{text}; disputed: {others}" if others else text


def provenance(forecast: Forecast) -> list[str]:
    """Return what the forecast rests on and what it leaves open, one sentence each."""
    sources = component_sources(forecast)
    lines = [sources[HALF_SPREAD]]
    if forecast.book.state != "LIVE":
        lines[0] = f"book {forecast.instrument.key} is {forecast.book.state}"
    if forecast.instrument.scale_inferred:
        lines.append("scale: inferred")
    if forecast.book.proof == "transport":
        lines.append("nothing but the ordered connection proves this book: the venue sends no sequence or checksum")
    lines += [sources[LATENCY], sources[FEE]]
    if forecast.priced is not None:
        lines += forecast.priced.rests_on
    if forecast.net is not None and forecast.net.at_most:
        lines.append("at most: part of the walk lies beyond the proven edge, where better levels may be missing")
    if forecast.size_note:
        lines.append(forecast.size_note)
    return lines


def report_curve(curve: Curve) -> list[Json]:
    """Return a curve as one object per size."""
    rows = zip(*(getattr(curve, column).tolist() for column in CURVE_COLUMNS), strict=True)
    return [
        {"lots": lots, **dict(zip(CURVE_COLUMNS, row, strict=True)), "at_most": not proven}
        for lots, row, proven in zip(curve.lots.tolist(), rows, curve.proven.tolist(), strict=True)
    ]


def report_largest(largest: LargestSize) -> Json:
    """Return the answer to a budget."""
    return {
        "lots": largest.lots,
        "base": largest.base,
        "quote": largest.quote,
        "net_bps": largest.net_bps,
        "at_most": largest.at_most,
        "limited_by": largest.limited_by,
    }


def with_split(reports: list[Json], split: Split | NoSplit) -> list[Json]:
    """Return the reports of compared forecasts with what each takes of a split, and with the whole on the first."""
    shares = {} if isinstance(split, NoSplit) else {share.instrument.key: share for share in split.shares}
    told = [
        {**one, "split_share": _share(shares[one["instrument"]]) if one["instrument"] in shares else None}
        for one in reports
    ]
    return [{**told[0], "split": _split(split)}, *told[1:]]


def _split(split: Split | NoSplit) -> Json:
    left_out = [{"instrument": key, "reason": reason} for key, reason in split.left_out]
    if isinstance(split, NoSplit):
        return {"net": None, "left_out": left_out, "reason": split.reason}
    return {
        "instruments": [share.instrument.key for share in split.shares],
        "common_reference": _common_reference(split.reference),
        "filled_base": split.filled_base,
        "unfilled_base": split.unfilled_base,
        "rounded_base": split.rounded_base,
        "unproven_base": split.unproven_base,
        "average_price": split.average_price,
        "all_in_price": split.all_in_price,
        "fee_quote": split.fee_quote,
        "net": _net(split.net),
        "best_single": split.best_single,
        "saving_bps": split.saving_bps,
        "saving_quote": split.saving_quote,
        "saving_is_proven": split.saving_is_proven,
        "left_out": left_out,
        "reason": None,
    }


def _share(share: Share) -> Json:
    fill = share.fill
    return {
        "share": share.share,
        "lots": fill.lots,
        "size": share.instrument.size_text(fill.lots),
        "base": fill.base,
        "quote": fill.quote,
        "average_price": fill.average_price,
        "all_in_price": fill.all_in_price,
        "worst_price": fill.worst_price,
        "levels": fill.levels,
        "unproven_base": fill.unproven_base,
        "fee_quote": share.fee_quote,
        "rate": share.rate,
        "cost_quote": share.cost_quote,
    }
