"""Order sizes and durations as people type them, and the lots that a size is in one book."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

import msgspec

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.view import MAX_LOTS, BookView, Walk
from fillcast.errors import SizeError, UsageError
from fillcast.forecast.rates import known_rates, missing_rates, rate_between

CONTRACTS = "ct"
DOLLAR = "usd"
# Currencies that aim at one dollar: the word usd may mean them as the money an order is sized in.
DOLLAR_CURRENCIES = frozenset({"USD", "USDT", "USDC", "FDUSD", "TUSD", "USDE", "PYUSD", "BUSD", "DAI"})
ROUNDING_TOLERANCE = 1e-12  # float noise of a sum of levels, relative; less than any lot that matters
SIZES_REMEMBERED = 1024  # whose exact lots are kept
MAX_TEXT = 100  # characters of a size; no number that fits a book needs more
MAX_EXPONENT = 40  # beyond it no size is an int64 of lots; keeps 1e999999999 from being expanded

NUMBER_AND_UNIT = re.compile(
    r"\s*([+-]?(?:[0-9][0-9_]*\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?)\s*([^\s\d.,+-]\S*|[0-9]+[a-z]\S*)?\s*",
    re.IGNORECASE,
)
OTHER_BASE = re.compile(r"\s*[+-]?0[xob][0-9a-f]", re.IGNORECASE)  # 0x10: not zero of a currency x10
WITH_THOUSANDS = re.compile(r"\s*[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?![0-9,])")
THOUSANDS = {"k": 10**3, "m": 10**6}  # suffixes that are not read, but understood well enough for a hint
NOT_FINITE = re.compile(r"\s*[+-]?\s*(nan|inf|infinity)", re.IGNORECASE)
SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
MAX_DURATION_S = 365 * 86400.0


class SizeUnit(StrEnum):
    """What the number of a size counts."""

    BASE = "base"
    QUOTE = "quote"
    CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True)
class Size:
    """A positive amount and what it counts.

    Attributes
    ----------
    text
        As it was typed.
    note
        How the unit was understood where that is not plain, else empty.
    """

    amount: Decimal
    unit: SizeUnit
    text: str
    note: str = ""


def parse_size(
    size: str | float | Decimal, instrument: Instrument, *, usd_rates: Mapping[str, float] | None = None
) -> Size:
    """Read a size for one instrument: `2.5`, `2.5btc` (base), `100000usd`, `100000usdt` (quote), `40ct`.

    Parameters
    ----------
    size
        Text, or a number of base currency.
    instrument
        What is ordered: its currencies are the units that make sense.
    usd_rates
        Dollars per unit by currency, as the user states them. With the rates of both, an amount of any currency
        is turned into the quote currency. Without them `usd` reads as the dollar coin that the quote is.

    Raises
    ------
    SizeError
        When the number is zero, negative, not finite or too large, when it is less than one lot at any price,
        or when the unit is unknown or ambiguous for the instrument.
    UsageError
        When a rate is not a positive finite number.
    """
    text = str(size)
    if NOT_FINITE.match(text):
        raise SizeError(f"{instrument.key}: the size {text.strip()!r} is not a finite number")
    match = match_size(text)
    if match is None:
        hint = spelled_out(text) or _examples(instrument)
        raise SizeError(f"{instrument.key}: cannot read the size {text[:MAX_TEXT]!r}; write {hint}")
    amount = Decimal(match[1].replace("_", ""))
    if amount <= 0:
        raise SizeError(f"{instrument.key}: the size {text.strip()!r} is {'negative' if amount < 0 else 'zero'}")
    if amount.adjusted() > MAX_EXPONENT:
        raise SizeError(f"{instrument.key}: the size {text.strip()!r} is too large for any book")
    word = match[2] or ""
    known = known_rates(usd_rates)
    rate = _stated_rate(word, instrument, known)
    if rate is None:
        unit, note = _unit(word, text, instrument, known)
    else:
        unit, amount = SizeUnit.QUOTE, amount * rate.numerator / rate.denominator
        stated = f"{float(rate):.8g} {instrument.quote} for one {word.upper()}"
        note = f"{text.strip()} is {amount:.8g} {instrument.quote} at the stated {stated}"
    parsed = Size(amount, unit, text.strip(), note)
    exact_lots(parsed, instrument)
    return parsed


def _stated_rate(word: str, instrument: Instrument, known: Mapping[str, float]) -> Fraction | None:
    """Return the quote currency that one unit of another currency is; None where a size is not in another one."""
    own = {"", CONTRACTS, instrument.base.casefold(), instrument.quote.casefold()}
    if word.casefold() in own or instrument.kind is ContractKind.QUANTO:
        return None
    return rate_between(word, instrument.quote, known)


def _unit(word: str, text: str, instrument: Instrument, known: Mapping[str, float]) -> tuple[SizeUnit, str]:
    """Return what a unit word means for an instrument, and a note where that needs saying."""
    folded = word.casefold()
    if folded == CONTRACTS:
        if instrument.sized_in != "contracts":
            raise SizeError(f"{instrument.key} does not trade in contracts; write {_examples(instrument)}")
        return SizeUnit.CONTRACTS, ""
    if instrument.kind is ContractKind.QUANTO:
        raise SizeError(
            f"{instrument.key} is a quanto contract, so that a size in a currency is ambiguous; "
            f"write {_examples(instrument)}"
        )
    if folded in ("", instrument.base.casefold()):
        return SizeUnit.BASE, ""
    if folded == instrument.quote.casefold():
        return SizeUnit.QUOTE, ""
    if folded == DOLLAR and instrument.quote.upper() in DOLLAR_CURRENCIES:
        return (
            SizeUnit.QUOTE,
            f"{text.strip()} is read as {instrument.quote}, the quote currency; no rate is applied",
        )
    if folded == DOLLAR:
        raise SizeError(
            f"{instrument.key} is priced in {instrument.quote}, so that {text.strip()!r} is ambiguous; "
            f"write {_examples(instrument)}, or state the rate of {instrument.quote} in USD"
        )
    if word.upper() in known:
        rates = missing_rates(word, instrument.quote, known)
        raise SizeError(f"{instrument.key}: to read {text.strip()!r} as {instrument.quote}, {rates} as well")
    hint = spelled_out(text)
    if not hint:
        hint = _examples(instrument)
        if word.isalpha():
            hint += f"; where {word.upper()} is a currency, {missing_rates(word, instrument.quote, known)}"
    raise SizeError(f"{instrument.key}: unknown unit {word!r} in {text.strip()!r}; write {hint}")


def match_size(text: str) -> re.Match[str] | None:
    """Return the number and the unit word of a size, or None for what cannot be read.

    Digits are the ten of ASCII, in base ten.
    """
    foreign = any(sign.isdigit() and not sign.isascii() for sign in text)
    if len(text) > MAX_TEXT or foreign or OTHER_BASE.match(text):
        return None
    return NUMBER_AND_UNIT.fullmatch(text)


def spelled_out(text: str) -> str:
    """Return a size with its thousands written out (`1,000usd`, `100k`), or an empty text for any other."""
    plain = text.strip()
    if WITH_THOUSANDS.match(plain):
        plain = plain.replace(",", "")
        return plain if match_size(plain) else ""
    match = match_size(plain)
    unit = "" if match is None else match[2] or ""
    factor = THOUSANDS.get(unit[:1].lower())
    if match is None or factor is None:
        return ""
    number = Decimal(match[1].replace("_", ""))
    if abs(number.adjusted()) > MAX_EXPONENT:
        return ""
    written = f"{number * factor:f}"
    return (written.rstrip("0").rstrip(".") if "." in written else written) + unit[1:]


def _examples(instrument: Instrument) -> str:
    if instrument.kind is ContractKind.QUANTO:
        return "40ct (contracts)"
    base, quote = instrument.base.lower(), instrument.quote.lower()
    contracts = ", 40ct (contracts)" if instrument.sized_in == "contracts" else ""
    return f"2.5 or 2.5{base} (base), 1000{quote} (quote){contracts}"


def exact_lots(size: Size, instrument: Instrument) -> int | None:
    """Return a size in lots, rounded down, or None where that depends on the prices that it meets.

    Raises
    ------
    SizeError
        When it is less than one lot, or too many for a book.
    """
    lot_amount = _lot_amount(size.unit, instrument)
    if lot_amount is None:
        return None
    if size.amount.adjusted() < -MAX_EXPONENT:
        raise too_small(size, instrument)
    lots = whole_steps(Fraction(size.amount) // lot_amount, instrument)
    if lots == 0:
        raise too_small(size, instrument)
    if lots >= MAX_LOTS:
        raise too_large(size, instrument)
    return lots


@lru_cache(maxsize=SIZES_REMEMBERED)
def _counted(size: Size, instrument: Instrument) -> tuple[int | None, str]:
    """Return the lots of a size as `exact_lots` does, and what was rounded off: exact arithmetic, once per order."""
    lots = exact_lots(size, instrument)
    if lots is None:
        return None, ""
    lot_amount = _lot_amount(size.unit, instrument)
    exact = lot_amount is not None and lots * lot_amount == Fraction(size.amount)
    return lots, "" if exact else _rounding(size, instrument, lots)


def whole_steps(lots: int, instrument: Instrument) -> int:
    """Return lots rounded down to a size that the venue takes an order in."""
    return lots - lots % instrument.order_lots


def _lot_amount(unit: SizeUnit, instrument: Instrument) -> Fraction | None:
    """Return what one lot is in a unit, or None where that depends on its price."""
    if unit is SizeUnit.CONTRACTS:
        return Fraction(instrument.lot)
    if unit is (SizeUnit.BASE if instrument.kind is ContractKind.LINEAR else SizeUnit.QUOTE):
        return Fraction(instrument.contract_value) * Fraction(instrument.lot)
    return None


def too_small(size: Size, instrument: Instrument) -> SizeError:
    """Return the error for a size that rounds down to nothing."""
    return SizeError(f"{instrument.key}: the size {size.text!r} is less than one lot ({order_step_text(instrument)})")


def order_step_text(instrument: Instrument) -> str:
    """Return the size step of orders with its unit; no order is smaller."""
    return f"{instrument.order_step} {_size_unit(instrument)}"


def _size_unit(instrument: Instrument) -> str:
    return instrument.base if instrument.sized_in == "base" else "contracts"


def too_large(size: Size, instrument: Instrument) -> SizeError:
    """Return the error for a size that no book can count in lots."""
    return SizeError(f"{instrument.key}: the size {size.text!r} is too large: books count up to 2^60 lots")


class SizedWalk(msgspec.Struct, frozen=True):
    """A size walked through one book.

    Attributes
    ----------
    walk
        What was met.
    unfilled_base
        What was asked for and is not shown, in base; valued at the mid where the size is not in base.
    note
        What was rounded down, or empty.
    """

    walk: Walk
    unfilled_base: float
    note: str


def walk_size(size: Size, view: BookView, side: int) -> SizedWalk:
    """Walk a size through a book that has a mid (side +1 buy, -1 sell), rounding down to what can be ordered.

    Where the book shows less, what it fills is rounded down as well; unless it shows less than the smallest order,
    of which it fills a part.

    Raises
    ------
    NotLiveError
        When the book is not proven right.
    SizeError
        When the size is less than one lot, or more than a book can count, at the prices it meets.
    """
    instrument = view.instrument
    lots, note = _counted(size, instrument)
    if lots is not None:
        walk = _orderable(view, side, view.walk(side, lots))
        missing, _ = instrument.amounts(lots - walk.filled_lots, view.mid)
        return SizedWalk(walk, missing, note)
    amount = float(size.amount)
    quoted = size.unit is SizeUnit.QUOTE
    lot_at_mid = instrument.amounts(1, view.mid)[quoted]
    if amount / lot_at_mid >= MAX_LOTS:
        raise too_large(size, instrument)
    met = view.walk_quote(side, amount) if quoted else view.walk_base(side, amount)
    missing_lots = int((amount - _amount(met, quoted=quoted)) / lot_at_mid) if met.exhausted else 0
    asked_lots = whole_steps(met.filled_lots + missing_lots, instrument)
    if asked_lots == 0:
        raise too_small(size, instrument)
    walk = _orderable(view, side, met)
    left = amount - _amount(walk, quoted=quoted)
    if asked_lots > walk.filled_lots:
        return SizedWalk(walk, left / view.mid if quoted else left, "")
    exact = left <= ROUNDING_TOLERANCE * amount
    return SizedWalk(walk, 0.0, "" if exact else _rounding(size, instrument, walk.filled_lots))


def lots_at(size: Size, instrument: Instrument, price: float) -> tuple[int, str]:
    """Return a size in lots at one price, rounded down to what can be ordered, and what was rounded or valued.

    Raises
    ------
    SizeError
        When it is less than one lot, or too many for a book.
    """
    lots, note = _counted(size, instrument)
    if lots is None:
        each = instrument.amounts(1, price)[size.unit is SizeUnit.QUOTE]
        counted = float(size.amount) / each * (1 + ROUNDING_TOLERANCE)
        if counted >= MAX_LOTS:
            raise too_large(size, instrument)
        lots = whole_steps(int(counted), instrument)
        if lots == 0:
            raise too_small(size, instrument)
        valued = f"{instrument.size_text(lots)} {_size_unit(instrument)} at the price {price:.10g}"
        return lots, f"{size.text} is {valued}, in lots of {instrument.order_step}"
    return lots, note


def _orderable(view: BookView, side: int, walk: Walk) -> Walk:
    """Return the walk of the whole order steps in what a walk fills; the walk itself where there is none."""
    lots = whole_steps(walk.filled_lots, view.instrument)
    return walk if lots in (0, walk.filled_lots) else view.walk(side, lots)


def _amount(walk: Walk, *, quoted: bool) -> float:
    return walk.quote if quoted else walk.base


def _rounding(size: Size, instrument: Instrument, lots: int) -> str:
    unit = _size_unit(instrument)
    return f"{size.text} rounded down to {instrument.size_text(lots)} {unit} (lots of {instrument.order_step})"


def parse_duration(text: str) -> float:
    """Read a duration such as `250ms`, `1.5s`, `10m`, `1h` and return it in seconds.

    Raises
    ------
    UsageError
        When it has no unit, is negative or not finite, or is longer than a year.
    """
    match = re.fullmatch(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))\s*([a-zµ]*)\s*", text, re.IGNORECASE)
    if match is None:
        raise UsageError(f"cannot read the duration {text!r}; write 250ms, 1.5s, 10m or 1h")
    seconds_per_unit = SECONDS.get(match[2].lower())
    if seconds_per_unit is None:
        raise UsageError(f"the duration {text!r} needs a unit: ns, us, ms, s, m, h or d, as in 250ms or 10m")
    seconds = float(match[1]) * seconds_per_unit
    if seconds < 0:
        raise UsageError(f"the duration {text!r} is negative")
    if seconds > MAX_DURATION_S:
        raise UsageError(f"the duration {text!r} is longer than a year")
    return seconds
