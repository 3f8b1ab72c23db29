from __future__ import annotations

import math
from fractions import Fraction

import pytest

from fillcast.errors import UsageError
from fillcast.forecast.rates import known_rates, missing_rates, rate_between


def test_rates_are_exactly_what_is_stated() -> None:
    known = known_rates({"usdt": 0.9995, "EUR": 1.08})

    assert rate_between("EUR", "USDT", known) == Fraction(108, 100) / Fraction(9995, 10000)
    assert rate_between("usd", "Usdt", known) == Fraction(10000, 9995)
    assert rate_between("GBP", "gbp", known) == 1


def test_no_rate_is_assumed() -> None:
    known = known_rates(None)

    for currency in ("USDT", "USDC", "EUR"):
        assert rate_between(currency, "USD", known) is None
    assert rate_between("USDT", "USDC", known) is None
    assert missing_rates("USDC", "USD", known) == "state the rate of USDC in USD"
    assert missing_rates("EUR", "USDT", known) == "state the rates of EUR and USDT in USD"


@pytest.mark.parametrize("rate", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(UsageError, match="rate of EUR must be a positive finite number"):
        known_rates({"EUR": rate})


def test_a_dollar_is_a_dollar() -> None:
    assert known_rates({"USD": 1.0}) == {"USD": 1.0}
    with pytest.raises(UsageError, match="rate of USD in USD is 1"):
        known_rates({"usd": 1.01})


@pytest.mark.parametrize("rate", [5e-324, 1e-16, 1e13, 1e308])
def test_an_absurd_rate_is_refused_by_name(rate: float) -> None:
    with pytest.raises(UsageError, match=r"the rate of EUR is \S+ USD: rates from 1e-15 to 1e\+12 are read"):
        known_rates({"eur": rate})


def test_the_most_extreme_rates_still_compare() -> None:
    known = known_rates({"A": 1e-15, "B": 1e12})
    assert float(rate_between("B", "A", known) or 0) == 1e27
    assert float(rate_between("A", "B", known) or 0) == 1e-27
