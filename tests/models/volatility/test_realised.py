from __future__ import annotations

import math

import pytest

from fillcast.errors import ParameterError
from fillcast.models.volatility import (
    averaged_variance,
    bipower_variation,
    log_returns,
    noise_variance,
    realised_quarticity,
    realised_variance,
    scale_ratio,
    two_scale_variance,
)
from tests.models.volatility.worlds import NOISE, RETURNS, VARIANCE, noisy_prices, standard_errors

GOLDEN = [100, 100.02, 99.99, 100.01, 100.03, 100, 100.02, 100.05, 100.04]
WORLDS = 300
LOUD = 1e-7  # a noise of 3 bp


def test_the_golden_series() -> None:
    returns = log_returns(GOLDEN)

    assert float(realised_variance(returns)) == pytest.approx(4.39860058e-7, rel=2e-9)
    assert float(averaged_variance(GOLDEN, 2)) == pytest.approx(2.44905540e-7, rel=2e-9)
    assert scale_ratio(8, 2) == 0.4375
    assert float(two_scale_variance(GOLDEN, 2, adjustment="none")) == pytest.approx(5.24667646e-8, rel=2e-9)
    assert float(two_scale_variance(GOLDEN, 2, adjustment="small sample")) == pytest.approx(9.32742482e-8, rel=2e-9)
    assert float(bipower_variation(returns)) == pytest.approx(5.81026628e-7, rel=2e-9)
    assert float(noise_variance(returns)) == pytest.approx(2.74912536e-8, rel=2e-9)


def test_noise_biases_realised_variance_by_twice_its_variance_a_tick() -> None:
    estimates = realised_variance(log_returns(noisy_prices(WORLDS)))

    assert abs(standard_errors(estimates, VARIANCE + 2 * RETURNS * NOISE)) < 3
    assert standard_errors(estimates, VARIANCE) > 20  # planted: the claim that it has no bias is caught


def test_two_scales_are_free_of_noise() -> None:
    estimates = two_scale_variance(noisy_prices(WORLDS, noise=LOUD), 60)

    assert abs(standard_errors(estimates, VARIANCE)) < 3


def test_two_scales_with_a_planted_mistake_are_not() -> None:
    prices = noisy_prices(WORLDS, noise=LOUD)
    mistaken = averaged_variance(prices, 60) - realised_variance(log_returns(prices)) / 40  # nbar/n is near 1/60

    assert abs(standard_errors(mistaken / (1 - 1 / 40), VARIANCE)) > 3
    assert abs(standard_errors(averaged_variance(prices, 60) * RETURNS / (RETURNS - 59), VARIANCE)) > 3


def test_the_area_repairs_the_shortfall_of_few_ticks_and_the_small_sample_form_part_of_it() -> None:
    prices = noisy_prices(4_000, returns=40, noise=0.0)
    expected = VARIANCE * 37 * 3 / (40 * 4)

    assert abs(standard_errors(two_scale_variance(prices, 4), VARIANCE)) < 3
    assert abs(standard_errors(two_scale_variance(prices, 4, adjustment="none"), expected)) < 3
    partly = two_scale_variance(prices, 4, adjustment="small sample")
    assert abs(standard_errors(partly, expected / (1 - 37 / 160))) < 3
    assert standard_errors(partly, VARIANCE) < -5


def test_noise_variance_is_found_where_noise_rules() -> None:
    estimates = noise_variance(log_returns(noisy_prices(WORLDS, variance=1e-9)))

    assert abs(standard_errors(estimates, NOISE + 1e-9 / (2 * RETURNS))) < 3


def test_bipower_leaves_a_jump_out_and_realised_variance_does_not() -> None:
    prices = noisy_prices(WORLDS, noise=0.0, seed=2)
    jumped = prices.copy()
    jumped[:, RETURNS // 2 :] *= math.exp(0.02)  # its square is the whole variance of the window

    terms = (RETURNS - 1) / RETURNS
    assert abs(standard_errors(bipower_variation(log_returns(prices)), VARIANCE * terms)) < 3
    beyond = bipower_variation(log_returns(jumped)).mean() / VARIANCE - 1
    assert beyond < 0.05
    assert realised_variance(log_returns(jumped)).mean() / VARIANCE == pytest.approx(2.0, abs=0.02)


def test_quarticity_of_a_constant_volatility_is_the_square_of_the_variance() -> None:
    estimates = realised_quarticity(log_returns(noisy_prices(WORLDS, noise=0.0, seed=2)))

    assert abs(standard_errors(estimates, VARIANCE**2)) < 3


def test_windows_lie_along_the_leading_axes() -> None:
    prices = noisy_prices(6, returns=50).reshape(2, 3, 51)

    together = two_scale_variance(prices, 5)
    assert together.shape == (2, 3)
    assert together[1, 2] == two_scale_variance(prices[1, 2], 5)


@pytest.mark.parametrize("wrong", [[100.0, 0.0], [100.0, -1.0], [100.0, math.nan], [100.0, math.inf], [100.0], []])
def test_what_are_no_prices_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ParameterError, match="prices must"):
        log_returns(wrong)


@pytest.mark.parametrize("subgrids", [0, 1, 9, 2.5, True, math.nan])
def test_subgrids_must_be_fewer_than_the_prices(subgrids: int) -> None:
    with pytest.raises(ParameterError, match="subgrids must be a whole number from 2 to 8"):
        two_scale_variance(GOLDEN, subgrids)


def test_bipower_needs_two_returns() -> None:
    with pytest.raises(ParameterError, match="at least 2 values, not 1"):
        bipower_variation([0.01])
