from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.fills import (
    CancelRule,
    FrontOptimistic,
    LogOfTotal,
    LogShare,
    PowerOfFront,
    PowerOfTotal,
    PowerShare,
    RiskAverse,
)

RULES: list[CancelRule] = [
    PowerShare(1.0),
    PowerShare(2.0),
    PowerShare(0.5),
    LogShare(),
    PowerOfTotal(1.0),
    PowerOfTotal(3.0),
    LogOfTotal(),
    PowerOfFront(1.0),
    PowerOfFront(3.0),
    RiskAverse(),
    FrontOptimistic(),
]
sizes = st.floats(0.0, 1e12)


@pytest.mark.parametrize(
    ("rule", "by_hand"),
    [
        (PowerShare(1.0), 30 / 100),
        (PowerShare(2.0), 900 / (900 + 4900)),
        (LogShare(), math.log(31) / (math.log(31) + math.log(71))),
        (PowerOfTotal(2.0), 0.3**2),
        (LogOfTotal(), math.log(31) / math.log(101)),
        (PowerOfFront(2.0), 1 - 0.7**2),
        (RiskAverse(), 1.0),
        (FrontOptimistic(), 0.0),
    ],
)
def test_thirty_behind_and_seventy_ahead(rule: CancelRule, by_hand: float) -> None:
    assert float(rule.behind(70.0, 30.0)) == pytest.approx(by_hand, rel=1e-14)


def check_a_probability_that_grows_with_what_is_behind(rule: CancelRule, front: float, back: float) -> None:
    p, more = rule.behind([front, front], [back, 2 * back + 1])
    assert 0.0 <= p <= 1.0
    assert more >= p - 1e-15


@pytest.mark.parametrize("rule", RULES, ids=repr)
@given(front=sizes, back=sizes)
def test_a_probability_that_grows_with_what_is_behind(rule: CancelRule, front: float, back: float) -> None:
    check_a_probability_that_grows_with_what_is_behind(rule, front, back)


def test_a_rule_with_the_sides_exchanged_is_caught() -> None:
    @dataclass(frozen=True)
    class Exchanged:
        def behind(self, front: ArrayLike, back: ArrayLike) -> NDArray[np.float64]:
            return PowerShare(1.0).behind(back, front)

    with pytest.raises(AssertionError):
        check_a_probability_that_grows_with_what_is_behind(Exchanged(), 10.0, 10.0)


@pytest.mark.parametrize("rule", [rule for rule in RULES if not isinstance(rule, FrontOptimistic)], ids=repr)
def test_nothing_ahead_means_behind_even_in_an_empty_queue(rule: CancelRule) -> None:
    assert rule.behind([0.0, 0.0], [5.0, 0.0]).tolist() == [1.0, 1.0]


@given(front=sizes, back=sizes)
def test_the_power_rules_are_one_for_n_of_one(front: float, back: float) -> None:
    first = PowerShare(1.0).behind(front, back)
    assert PowerOfTotal(1.0).behind(front, back) == pytest.approx(first, abs=1e-12)
    assert PowerOfFront(1.0).behind(front, back) == pytest.approx(first, abs=1e-12)


def test_great_sizes_and_powers_do_not_overflow() -> None:
    assert PowerShare(300.0).behind(1e300, 1e299).tolist() == pytest.approx(0.0, abs=1e-200)


@pytest.mark.parametrize("n", [0.0, -1.0, math.nan, math.inf])
@pytest.mark.parametrize("rule", [PowerShare, PowerOfTotal, PowerOfFront])
def test_bad_powers_are_refused(rule: type[PowerShare], n: float) -> None:
    with pytest.raises(ParameterError, match="n must be positive"):
        rule(n)


@pytest.mark.parametrize(("front", "back", "name"), [(-1.0, 1.0, "front"), (1.0, math.nan, "back")])
def test_bad_sizes_are_refused_by_name(front: float, back: float, name: str) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        LogShare().behind(front, back)
