from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.volatility import garman_klass, parkinson, rogers_satchell, yang_zhang, yang_zhang_weight
from tests.models.volatility.worlds import standard_errors

VARIANCE = 1e-4
STEPS = 120
BARS = 3_000


def simulated(
    *, drift: float = 0.0, gap: float = 0.0, bars: int = BARS, seed: int = 7
) -> tuple[NDArray[np.float64], ...]:
    """Return open, high, low, close of Brownian bars with the exact extremes of each step's bridge.

    `drift` is per bar, `gap` the standard deviation of open against the close before.
    """
    random = np.random.default_rng(seed)
    step_variance = VARIANCE / STEPS
    steps = random.normal(drift / STEPS, math.sqrt(step_variance), (bars, STEPS))
    after = np.cumsum(steps, axis=1)
    before = after - steps
    middle, width = (before + after) / 2, steps**2
    reach = [np.sqrt(width - 2 * step_variance * np.log(random.random((bars, STEPS)))) / 2 for _ in range(2)]
    high, low, close = (middle + reach[0]).max(axis=1), (middle - reach[1]).min(axis=1), after[:, -1]
    gaps = random.normal(0.0, gap, bars) if gap else np.zeros(bars)
    start = np.cumsum(gaps) + np.concatenate(([0.0], np.cumsum(close)[:-1]))
    return tuple(np.exp(start + part) for part in (np.zeros(bars), high, low, close))


def test_one_bar_by_hand() -> None:
    bar = (100.0, 104.0, 99.0, 101.0)
    wide, body = math.log(104 / 99) ** 2, math.log(101 / 100) ** 2

    assert parkinson([104.0], [99.0])[0] == pytest.approx(wide / (4 * math.log(2)), rel=1e-14)
    columns = [[value] for value in bar]
    assert garman_klass(*columns)[0] == pytest.approx(0.5 * wide - (2 * math.log(2) - 1) * body, rel=1e-14)
    by_hand = math.log(104 / 101) * math.log(104 / 100) + math.log(99 / 101) * math.log(99 / 100)
    assert rogers_satchell(*columns)[0] == pytest.approx(by_hand, rel=1e-14)


def test_yang_zhang_by_hand() -> None:
    opens, highs, lows, closes = [1, 100, 102], [101, 103, 104], [1, 99, 100], [101, 101, 103]
    gaps = [math.log(100 / 101), math.log(102 / 101)]
    bodies = [math.log(101 / 100), math.log(103 / 102)]
    ranges = rogers_satchell(opens[1:], highs[1:], lows[1:], closes[1:])
    weight = 0.34 / (1.34 + 3)

    def variance(pair: list[float]) -> float:
        return (pair[0] - pair[1]) ** 2 / 2

    by_hand = variance(gaps) + weight * variance(bodies) + (1 - weight) * float(ranges.mean())
    assert float(yang_zhang(opens, highs, lows, closes)) == pytest.approx(by_hand, rel=1e-13)
    assert yang_zhang_weight(10) == pytest.approx(0.1326973, abs=5e-8)


def test_without_drift_all_are_unbiased_and_ranges_know_more_than_closes() -> None:
    opens, highs, lows, closes = simulated()
    by_close = np.log(closes / opens) ** 2
    for estimates in (
        parkinson(highs, lows),
        garman_klass(opens, highs, lows, closes),
        rogers_satchell(opens, highs, lows, closes),
    ):
        assert abs(standard_errors(estimates, VARIANCE)) < 3
        assert estimates.var() < by_close.var() / 3


def test_with_drift_only_rogers_satchell_is() -> None:
    opens, highs, lows, closes = simulated(drift=math.sqrt(VARIANCE))

    assert abs(standard_errors(rogers_satchell(opens, highs, lows, closes), VARIANCE)) < 3
    assert standard_errors(parkinson(highs, lows), VARIANCE) > 10
    assert standard_errors(garman_klass(opens, highs, lows, closes), VARIANCE) > 5


def test_yang_zhang_bears_drift_and_gaps() -> None:
    gap = 0.5 * math.sqrt(VARIANCE)
    bars = simulated(drift=math.sqrt(VARIANCE), gap=gap, bars=11 * 400, seed=8)
    estimates = yang_zhang(*(part.reshape(400, 11) for part in bars))

    assert abs(standard_errors(estimates, VARIANCE + gap**2)) < 3
    assert standard_errors(estimates, VARIANCE) > 5  # planted: the gap left out is caught


def test_bars_that_cannot_be_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"low must not be above high, as 5\.0 is above 4\.0"):
        parkinson([4.0], [5.0])
    with pytest.raises(ParameterError, match="close must not be above high"):
        garman_klass([1.0], [2.0], [1.0], [3.0])
    with pytest.raises(ParameterError, match="low must be positive"):
        parkinson([4.0], [0.0])
    with pytest.raises(ParameterError, match="same shape"):
        rogers_satchell([1.0], [1.0, 1.0], [1.0], [1.0])
    with pytest.raises(ParameterError, match="at least 3 values"):
        yang_zhang([1.0, 1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0])
