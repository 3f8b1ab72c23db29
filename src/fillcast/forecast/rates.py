"""Dollars per unit of a currency, as the user states them; none is ever assumed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction

from fillcast.errors import UsageError

USD = "USD"
# Dollars per unit: the cheapest coins trade above 1e-12 and nothing that is quoted in costs a billion. What lies beyond
# is a slip of the hand, and its ratios and Fractions would leave the range of a float.
SMALLEST_RATE = 1e-15
LARGEST_RATE = 1e12


def known_rates(usd_rates: Mapping[str, float] | None) -> dict[str, float]:
    """Return dollars per unit by currency in capitals, with the dollar itself.

    Raises
    ------
    UsageError
        When a rate is not a positive finite number, no currency can be worth so little or so much, or the dollar's is
        not 1.
    """
    rates = {currency.upper(): rate for currency, rate in (usd_rates or {}).items()}
    for currency, rate in rates.items():
        if not (math.isfinite(rate) and rate > 0):
            raise UsageError(f"the rate of {currency} must be a positive finite number of USD, not {rate}")
        if not SMALLEST_RATE <= rate <= LARGEST_RATE:
            raise UsageError(
                f"the rate of {currency} is {rate:g} USD: rates from {SMALLEST_RATE:g} to {LARGEST_RATE:g} are read"
            )
    if rates.get(USD, 1.0) != 1.0:
        raise UsageError(f"the rate of USD in USD is 1, not {rates[USD]:g}")
    return {**rates, USD: 1.0}


def rate_between(currency: str, other: str, known: Mapping[str, float]) -> Fraction | None:
    """Return how much of `other` one unit of `currency` is, exactly as stated, or None where a rate is missing."""
    mine, theirs = currency.upper(), other.upper()
    if mine == theirs:
        return Fraction(1)
    if mine not in known or theirs not in known:
        return None
    return Fraction(repr(float(known[mine]))) / Fraction(repr(float(known[theirs])))


def missing_rates(currency: str, other: str, known: Mapping[str, float]) -> str:
    """Return what has to be stated before two currencies can be compared, in words."""
    missing = [one for one in dict.fromkeys((currency.upper(), other.upper())) if one not in known]
    return f"state the rate{'s' if len(missing) > 1 else ''} of {' and '.join(missing)} in USD"
