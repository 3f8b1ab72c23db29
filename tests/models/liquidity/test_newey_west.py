from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.liquidity import default_lags, fit_line

X = [1.5, -2.0, 0.5, 3.0, -1.0, 2.5, -3.5, 0.0, 4.0, -0.5, 1.0, -2.5]
Y = [0.31, -0.35, 0.02, 0.66, -0.28, 0.41, -0.77, 0.09, 0.85, 0.02, 0.12, -0.58]


def sandwich(x: NDArray[np.float64], y: NDArray[np.float64], lags: int) -> tuple[float, float, float]:
    """Return slope, intercept and the slope's error from the matrices of the paper, term by term."""
    design = np.column_stack((np.ones(len(x)), x))
    bread = np.linalg.inv(design.T @ design)
    coefficients = bread @ design.T @ y
    residuals = y - design @ coefficients
    meat = np.zeros((2, 2))
    for i in range(len(x)):
        for j in range(len(x)):
            if abs(i - j) <= lags:
                weight = 1 - abs(i - j) / (lags + 1)
                meat += weight * residuals[i] * residuals[j] * np.outer(design[i], design[j])
    return float(coefficients[1]), float(coefficients[0]), math.sqrt((bread @ meat @ bread)[1, 1])


# statsmodels 0.15.0: OLS(Y, add_constant(X)).fit(cov_type="HAC", cov_kwds={"maxlags": lags}).
@pytest.mark.parametrize(
    ("lags", "error"), [(0, 0.006994250046014638), (1, 0.005687461805758414), (3, 0.003085257564768764)]
)
def test_it_gives_what_statsmodels_gives(lags: int, error: float) -> None:
    fit = fit_line(X, Y, lags)

    assert fit.slope == pytest.approx(0.20761904761904754, rel=1e-12)
    assert fit.intercept == pytest.approx(-0.010238095238095234, rel=1e-12)
    assert fit.standard_error == pytest.approx(error, rel=1e-12)
    assert fit.r_squared == pytest.approx(0.9743189269080018, rel=1e-12)
    assert fit.t_statistic == fit.slope / fit.standard_error


@given(
    points=st.lists(st.tuples(st.integers(-50, 50), st.integers(-50, 50)), min_size=4, max_size=30),
    lags=st.integers(0, 3),
)
def test_it_is_the_sandwich_of_the_paper(points: list[tuple[int, int]], lags: int) -> None:
    x, y = np.array(points, dtype=np.float64).T
    if np.ptp(x) == 0:
        return
    slope, intercept, error = sandwich(x, y, lags)
    fit = fit_line(x, y, lags)

    scale = float(np.abs(y).max()) + 1
    assert fit.slope == pytest.approx(slope, rel=1e-10, abs=1e-12 * scale)
    assert fit.intercept == pytest.approx(intercept, rel=1e-10, abs=1e-10 * scale)
    assert fit.standard_error == pytest.approx(error, rel=1e-6, abs=1e-7 * scale)


def correlated(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    series = random.normal(size=count)
    for place in range(1, count):
        series[place] += 0.7 * series[place - 1]
    return series


def test_its_error_holds_where_flow_and_noise_are_correlated_in_time_and_the_plain_one_does_not() -> None:
    random = np.random.default_rng(11)
    robust = plain = 0
    worlds = 300
    for _ in range(worlds):
        x = correlated(random, 500)
        y = 2.0 * x + correlated(random, 500)
        robust += abs(fit_line(x, y, 15).slope - 2.0) < 1.96 * fit_line(x, y, 15).standard_error
        plain += abs(fit_line(x, y, 0).slope - 2.0) < 1.96 * fit_line(x, y, 0).standard_error
    assert robust / worlds > 0.88
    assert plain / worlds < 0.80


def test_an_exact_line_has_no_error() -> None:
    fit = fit_line([1, 2, 3, 4], [3, 5, 7, 9])

    assert (fit.slope, fit.intercept, fit.r_squared) == (2.0, 1.0, 1.0)
    assert fit.t_statistic == math.inf
    assert math.isnan(fit_line([1, 2, 3], [5, 5, 5]).r_squared)
    assert math.isnan(fit_line([1, 2, 3], [5, 5, 5]).t_statistic)


def test_the_rule_for_lags() -> None:
    assert [default_lags(n) for n in (3, 50, 100, 1_000, 10_000)] == [1, 3, 4, 6, 11]
    assert fit_line(X, Y).lags == 2


def test_what_has_no_line_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"x must vary: all 3 values are 0\.1"):
        fit_line([0.1, 0.1, 0.1], [1, 2, 3])
    with pytest.raises(ParameterError, match="y must be finite"):
        fit_line([1, 2, 3], [1, math.nan, 3])
    with pytest.raises(ParameterError, match="at least 3"):
        fit_line([1, 2], [1, 2])
    with pytest.raises(ParameterError, match="lags must be a whole number from 0 to 2"):
        fit_line([1, 2, 3], [1, 2, 4], 3)
    with pytest.raises(ParameterError, match="same shape"):
        fit_line([1, 2, 3], [1, 2, 4, 5])
