"""What a page asks, read: an order with its fee and volatility, or a sentence for each field that cannot be used."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from msgspec.structs import replace as with_fields

from fillcast.core.instrument import Instrument
from fillcast.core.units import BPS
from fillcast.dashboard.wire import Asked
from fillcast.errors import FillcastError, SizeError, UsageError
from fillcast.forecast.fee_files import instrument_fee
from fillcast.forecast.interval import DEFAULT_LEVEL, check_level
from fillcast.forecast.order import (
    DEFAULT_HORIZON_S,
    DEFAULT_PARTICIPATION,
    DEFAULT_RISK_AVERSION,
    LIMIT,
    POV,
    SHORTFALL,
    SIDES,
    TYPES,
    WORKED,
    Order,
    default_horizon_s,
    parse_order,
    why_no_such_order,
)
from fillcast.forecast.size import parse_duration, parse_size
from fillcast.models.fees import STATED_BY_YOU, FeeRate, stated_fee
from fillcast.models.volatility import VolatilityEstimate

PERCENT = 100.0
YEAR_S = 365.25 * 86_400  # these markets never close
MOST_VOLATILITY_PERCENT = 10_000.0  # a hundred times its price a year
STATED_SAMPLES = 1e6  # of a stated volatility: it is taken as it is
MOST_TEXT = 64  # characters of a field; the longest that means something is a symbol

Value = TypeVar("Value")


class StatedVolatility(VolatilityEstimate):
    """A volatility that the user states in place of the measured one."""

    def describe(self, now_ns: int) -> str:
        """Say where the figure comes from."""
        return f"volatility {self.prior_per_sqrt_s * BPS:.3g} bps/√s, {STATED_BY_YOU}"


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What one or several pages want to know.

    Attributes
    ----------
    asked
        The words, without their `id`: pages that use the same ones share every answer.
    stated_volatility
        Per root second, or None: the measured one.
    level
        Of the intervals.
    """

    asked: Asked
    order: Order
    fee: FeeRate
    stated_volatility: float | None
    level: float

    @property
    def horizon_s(self) -> float:
        """Seconds over which the order is, or would be, worked."""
        return self.order.horizon_s if self.order.type in WORKED else DEFAULT_HORIZON_S

    @property
    def risk_aversion(self) -> float:
        """Risk aversion of the best schedule, per unit of quote currency."""
        return DEFAULT_RISK_AVERSION if self.order.risk_aversion is None else self.order.risk_aversion

    def volatility(self, measured: VolatilityEstimate) -> VolatilityEstimate:
        """Return the volatility to use: the stated one, else the measured."""
        if self.stated_volatility is None:
            return measured
        return StatedVolatility(None, 0.0, measured.half_life_s, self.stated_volatility, STATED_SAMPLES)

    def on(self, instrument: Instrument, usd_rates: Mapping[str, float]) -> Question:
        """Return the same question of another instrument, with a new account's fee unless one is stated.

        Raises
        ------
        UsageError
            Where it makes no sense there.
        """
        if instrument.key == self.order.instrument:
            return self
        words = with_fields(self.asked, instrument=instrument.key, tier="")
        found = read(words, {instrument.key: instrument}, usd_rates)
        if isinstance(found, Question):
            return found
        raise UsageError("; ".join(found.values()))


def read(
    asked: Asked, instruments: Mapping[str, Instrument], usd_rates: Mapping[str, float]
) -> Question | dict[str, str]:
    """Return the question, or by field why it cannot be one.

    Parameters
    ----------
    instruments
        Those that are followed, by key.
    usd_rates
        Dollars per unit by currency.
    """
    errors: dict[str, str] = {}
    texts = {name: getattr(asked, name) for name in asked.__struct_fields__}
    for name, text in texts.items():
        if isinstance(text, str) and len(text) > MOST_TEXT:
            errors[name] = f"at most {MOST_TEXT} characters"
    instrument = instruments.get(asked.instrument.strip())
    if instrument is None and "instrument" not in errors:
        errors["instrument"] = f"{asked.instrument!r} is not followed; followed: {', '.join(instruments) or 'none'}"
    if errors or instrument is None:
        return errors

    def field(name: str, reading: Callable[[str], Value], default: Value) -> Value:
        text = texts[name].strip()
        if not text:
            return default
        try:
            return reading(text)
        except FillcastError as error:
            errors[name] = str(error)
            return default

    kind = field("type", _kind, "market")
    side = field("side", _side, "buy")
    if not asked.size.strip():
        errors["size"] = "a size is needed, such as 2.5 or 100000usd"
    field("size", lambda text: parse_size(text, instrument, usd_rates=usd_rates), None)
    horizon_s = field("horizon", parse_duration, default_horizon_s(kind))
    field("latency", parse_duration, 0.0)
    participation = field("participation", _number, DEFAULT_PARTICIPATION if kind == POV else None)
    aversion = field("risk_aversion", _number, DEFAULT_RISK_AVERSION if kind == SHORTFALL else None)
    level = field("level", _level, DEFAULT_LEVEL)
    volatility = field("volatility", _volatility, None)
    fee = _fee(asked, instrument, field)
    if not errors:
        errors |= _terms(asked, kind, horizon_s, participation, aversion)
    if errors or fee is None:
        return errors
    try:
        order = parse_order(
            instrument,
            side,
            asked.size,
            type=kind,
            tier=asked.tier.strip() or None,
            latency=asked.latency.strip() or None,
            usd_rates=usd_rates,
            price=asked.price.strip() or None,
            post_only=asked.post_only,
            horizon=asked.horizon.strip() or None,
            participation=participation,
            risk_aversion=aversion,
        )
    except SizeError as error:
        return {"size": str(error)}
    except FillcastError as error:
        return {"price" if asked.price.strip() else "type": str(error)}
    return Question(with_fields(asked, id=0), order, fee, volatility, level)


def percent_a_year(per_sqrt_s: float) -> float:
    """Return a volatility per root second in percent a year."""
    return PERCENT * per_sqrt_s * math.sqrt(YEAR_S)


def _fee(
    asked: Asked, instrument: Instrument, field: Callable[[str, Callable[[str], object], object], object]
) -> FeeRate | None:
    """Return what is paid: stated fees over the tier's; None where a field is wrong."""
    tiered = field("tier", lambda text: instrument_fee(instrument, text), None)
    if not isinstance(tiered, FeeRate):
        tiered = instrument_fee(instrument, None)
    maker, taker = field("fee_maker", fee_bps, None), field("fee_taker", fee_bps, None)
    if isinstance(taker, float):
        return stated_fee(taker, maker if isinstance(maker, float) else None)
    if isinstance(maker, float):
        disputed = tuple(replace(other, maker_bps=maker) for other in tiered.disputed)
        return replace(tiered, maker_bps=maker, source=f"{tiered.source}; maker {STATED_BY_YOU}", disputed=disputed)
    return tiered


def _terms(
    asked: Asked, kind: str, horizon_s: float, participation: float | None, aversion: float | None
) -> dict[str, str]:
    """Return which term makes no sense beside the others, by field."""
    priced = bool(asked.price.strip())
    tried: dict[str, str] = {
        "price": why_no_such_order(
            kind, default_horizon_s(kind), has_price=priced, participation=_least(kind), risk_aversion=_aversion(kind)
        ),
        "post_only": "" if kind == LIMIT or not asked.post_only else f"post-only says nothing of a {kind} order",
        "horizon": why_no_such_order(
            kind, horizon_s, has_price=kind == LIMIT, participation=_least(kind), risk_aversion=_aversion(kind)
        ),
        "participation": why_no_such_order(
            kind,
            default_horizon_s(kind),
            has_price=kind == LIMIT,
            participation=participation,
            risk_aversion=_aversion(kind),
        ),
        "risk_aversion": why_no_such_order(
            kind,
            default_horizon_s(kind),
            has_price=kind == LIMIT,
            participation=_least(kind),
            risk_aversion=aversion,
        ),
    }
    return {name: reason for name, reason in tried.items() if reason}


def _least(kind: str) -> float | None:
    return DEFAULT_PARTICIPATION if kind == POV else None


def _aversion(kind: str) -> float | None:
    return DEFAULT_RISK_AVERSION if kind == SHORTFALL else None


def _kind(text: str) -> str:
    kind = text.lower()
    if kind not in TYPES:
        raise UsageError(f"order type {text!r} is not offered; {', '.join(TYPES)} are")
    return kind


def _side(text: str) -> str:
    if text.lower() not in SIDES:
        raise UsageError(f"a side is buy or sell, not {text!r}")
    return text.lower()


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"{text!r} is not a number") from None


def _level(text: str) -> float:
    level = _number(text.removesuffix("%")) / (PERCENT if text.endswith("%") else 1.0)
    check_level(level)
    return level


def _volatility(text: str) -> float:
    percent = _number(text.removesuffix("%"))
    if not 0 < percent <= MOST_VOLATILITY_PERCENT:
        raise UsageError(
            f"a volatility must be above 0 and at most {MOST_VOLATILITY_PERCENT:g} percent a year, not {text!r}"
        )
    return percent / PERCENT / math.sqrt(YEAR_S)


def fee_bps(text: str) -> float:
    """Read a fee such as `8`, `8bps` or `0.1%`, in bps; `UsageError` when it is none."""
    folded = text.lower()
    number = folded.removesuffix("%").removesuffix("bps")
    bps = _number(number) * (BPS / PERCENT if folded.endswith("%") else 1.0)
    stated_fee(bps)
    return bps
