from __future__ import annotations

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.volatility import (
    kernel_bandwidth,
    kernel_noise_bias,
    log_returns,
    parzen,
    realised_autocovariances,
    realised_kernel,
    realised_variance,
)
from tests.models.volatility.worlds import NOISE, RETURNS, VARIANCE, noisy_prices, standard_errors

WORLDS = 300


def test_the_parzen_function_by_hand() -> None:
    assert parzen([0, 0.25, 0.5, 0.75, 1, 2, -0.25]).tolist() == [1, 0.71875, 0.25, 0.03125, 0, 0, 0.71875]


def test_autocovariances_by_hand() -> None:
    assert realised_autocovariances([1.0, 2.0, -3.0, 4.0], 3).tolist() == [30.0, 2 - 6 - 12, -3 + 8, 4.0]


def test_the_kernel_is_its_double_sum() -> None:
    returns = np.random.default_rng(3).normal(0, 1, 40)
    bandwidth = 7
    direct = sum(
        float(parzen((i - j) / (bandwidth + 1))) * returns[i] * returns[j] for i in range(40) for j in range(40)
    )
    assert float(realised_kernel(returns, bandwidth)) == pytest.approx(direct, rel=1e-12)


def test_a_kernel_without_lags_is_realised_variance() -> None:
    returns = np.array([0.1, -0.2, 0.3])

    assert realised_kernel(returns, 0) == realised_variance(returns)


@pytest.mark.parametrize("flat_top", [False, True])
@pytest.mark.parametrize("bandwidth", [1, 5, 30])
def test_noise_leaves_the_bias_that_theory_says(bandwidth: int, flat_top: bool) -> None:
    estimates = realised_kernel(log_returns(noisy_prices(WORLDS)), bandwidth, flat_top=flat_top)
    bias = kernel_noise_bias(RETURNS, bandwidth, NOISE, flat_top=flat_top)

    assert abs(standard_errors(estimates, VARIANCE + bias)) < 3
    # Planted: twice the bias is caught wherever there is one to see.
    if not flat_top and bandwidth <= 5:
        assert standard_errors(estimates, VARIANCE + 2 * bias) < -3


def test_the_flat_top_is_free_of_noise_at_any_bandwidth() -> None:
    returns = log_returns(noisy_prices(WORLDS))

    assert abs(standard_errors(realised_kernel(returns, 5, flat_top=True), VARIANCE)) < 3
    assert abs(standard_errors(realised_kernel(returns, 5), VARIANCE)) > 3  # the weights of 2009 need a larger one


def test_at_its_best_bandwidth_the_bias_is_less_than_the_scatter_of_one_window() -> None:
    bandwidth = kernel_bandwidth(RETURNS, NOISE, VARIANCE**2)
    estimates = realised_kernel(log_returns(noisy_prices(WORLDS)), bandwidth)

    assert 0 < kernel_noise_bias(RETURNS, bandwidth, NOISE) < estimates.std()
    assert np.abs(estimates - VARIANCE).mean() < 0.5 * abs(
        realised_variance(log_returns(noisy_prices(WORLDS))).mean() - VARIANCE
    )
    assert estimates.min() > 0


def test_the_best_bandwidth_is_near_the_least_squared_error() -> None:
    returns = log_returns(noisy_prices(WORLDS))
    best = kernel_bandwidth(RETURNS, NOISE, VARIANCE**2)

    def squared_error(bandwidth: int) -> float:
        return float(((realised_kernel(returns, bandwidth) - VARIANCE) ** 2).mean())

    assert squared_error(best) < squared_error(best // 4)
    assert squared_error(best) < squared_error(best * 5)


def test_the_bandwidth_by_hand() -> None:
    # xi^2 = 1e-8 / 4e-4 = 2.5e-5; 3.5134 * (2.5e-5)^0.4 * 4000^0.6 = 3.5134 * 0.0144270 * 144.956 = 7.35.
    assert kernel_bandwidth(4_000, 1e-8, 1.6e-7) == 8
    assert kernel_bandwidth(4_000, 0.0, 1.6e-7) == 0
    assert kernel_bandwidth(3, 1.0, 1e-9) == 2


def test_bad_parameters_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="noise_variance"):
        kernel_bandwidth(10, -1.0, 1.0)
    with pytest.raises(ParameterError, match="integrated_quarticity"):
        kernel_bandwidth(10, 1.0, 0.0)
    with pytest.raises(ParameterError, match="lags must be a whole number from 0 to 1"):
        realised_kernel([0.1, 0.2], 2)
