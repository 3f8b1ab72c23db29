"""A power law beside linear terms, from sums."""

from __future__ import annotations

import numpy as np
import pytest

from fillcast.models.calibration.profile import HALF, fit_sums, sum_rows, term_weights


def rows(exponent: float, noise: float, *, count: int = 4000, spread: float = 1.0) -> tuple[np.ndarray, ...]:
    random = np.random.default_rng(7)
    x = np.exp(spread * random.normal(size=count))
    terms = random.normal(size=(count, 3)) + 0.5 * np.log(x)[:, None]
    y = 2.0 * x**exponent + terms @ np.array([3.0, 2.0, 1.0]) + noise * random.normal(size=count)
    return x, y, terms, random.uniform(0.5, 2.0, count)


@pytest.mark.parametrize("exponent", [0.3, 0.5, 0.55, 0.83, 1.0, 1.27])
def test_the_exponent_is_found_on_the_grid_and_between(exponent: float) -> None:
    sums = sum_rows(*rows(exponent, 0.0)).sum(axis=0)
    assert fit_sums(sums, 3).exponent == pytest.approx(exponent, abs=0.005)
    assert not abs(fit_sums(sums, 3, plain=True).exponent - exponent) < 0.02  # the terms grow with x


def test_size_and_weights_at_the_exponent() -> None:
    x, y, terms, weights = rows(0.5, 0.3)
    sums = sum_rows(x, y, terms, weights).sum(axis=0)
    fit = fit_sums(sums, 3)
    design = np.column_stack((np.sqrt(x), terms)) * np.sqrt(weights)[:, None]
    expected = np.linalg.lstsq(design, y * np.sqrt(weights), rcond=None)[0]
    assert fit.place == HALF
    assert fit.at_half == pytest.approx(expected[0], rel=1e-6)
    np.testing.assert_allclose(term_weights(sums, 3), expected[1:], rtol=1e-6)


def test_sums_of_any_leading_shape() -> None:
    sums = sum_rows(*rows(0.7, 0.5))
    halves = np.stack((sums[:2000].sum(axis=0), sums[2000:].sum(axis=0)))
    each = fit_sums(halves, 3)
    assert each.exponent.shape == (2,)
    assert each.exponent[1] == fit_sums(halves[1], 3).exponent


def test_terms_that_are_nothing_or_the_same_do_no_harm() -> None:
    x, y, terms, weights = rows(0.5, 0.3)
    same = np.column_stack((terms, terms[:, 0], np.zeros(len(x))))
    fit = fit_sums(sum_rows(x, y, same, weights).sum(axis=0), 5)
    assert fit.exponent == pytest.approx(
        float(fit_sums(sum_rows(x, y, terms, weights).sum(axis=0), 3).exponent), abs=1e-4
    )


def test_an_impact_against_the_sign_has_no_exponent() -> None:
    x, y, terms, weights = rows(0.5, 0.0)
    assert np.isnan(fit_sums(sum_rows(x, y - 4.0 * np.sqrt(x), terms, weights).sum(axis=0), 3).exponent)


def test_beyond_the_grid_there_is_no_exponent() -> None:
    assert np.isnan(fit_sums(sum_rows(*rows(2.0, 0.0, spread=0.5)).sum(axis=0), 3).exponent)
