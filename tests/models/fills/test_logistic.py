from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.fills import LogisticFill, fit_logistic

NAMES = ("queue", "spread")
TRUTH = np.array([-0.4, -1.2, 0.7])  # intercept, then per unit of each feature


def sample(n: int, seed: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    random = np.random.default_rng(seed)
    features = random.normal([2.0, -1.0], [0.5, 2.0], (n, 2))
    odds = TRUTH[0] + features @ TRUTH[1:]
    return features, random.random(n) < 1 / (1 + np.exp(-odds))


def raw_coefficients(model: LogisticFill) -> NDArray[np.float64]:
    slopes = model.coefficients[1:] / model.deviations
    return np.concatenate(([model.coefficients[0] - slopes @ model.means], slopes))


def test_one_binary_feature_has_the_odds_of_its_table() -> None:
    """10 of 40 filled with the feature off, 30 of 40 with it on: log odds -log 3 and +log 3."""
    features = np.repeat([0.0, 1.0], 40)[:, None]
    filled = np.concatenate((np.arange(40) < 10, np.arange(40) < 30))
    model = fit_logistic(("on",), features, filled, ridge=0.0)
    assert raw_coefficients(model) == pytest.approx([-math.log(3), 2 * math.log(3)], rel=1e-9)
    assert model.probability([[0.0], [1.0]]) == pytest.approx([0.25, 0.75], rel=1e-10)
    by_hand = math.sqrt(1 / 10 + 1 / 30 + 1 / 30 + 1 / 10)  # of the log odds ratio
    assert model.standard_errors[1] / model.deviations[0] == pytest.approx(by_hand, rel=1e-9)


def test_the_truth_is_within_the_standard_errors() -> None:
    deviations = []
    for seed in range(60):
        model = fit_logistic(NAMES, *sample(800, seed), ridge=0.0)
        deviations.append((raw_coefficients(model)[1:] - TRUTH[1:]) / (model.standard_errors[1:] / model.deviations))
    scores = np.array(deviations)
    assert np.abs(scores.mean(axis=0)).max() < 0.45  # 3.5 standard errors of a mean of 60
    assert scores.std(axis=0) == pytest.approx([1.0, 1.0], abs=0.3)


def test_the_gradient_is_zero_at_the_fit() -> None:
    features, filled = sample(300, 1)
    model = fit_logistic(NAMES, features, filled, ridge=2.0)
    design = np.column_stack((np.ones(300), (features - model.means) / model.deviations))
    gradient = design.T @ (filled - model.probability(features)) - np.array([0, 2, 2]) * model.coefficients
    assert np.abs(gradient).max() < 1e-6


def test_a_ridge_pulls_towards_the_mean_and_bounds_what_can_be_separated() -> None:
    features, filled = sample(200, 2)
    free, held = (fit_logistic(NAMES, features, filled, ridge=ridge) for ridge in (0.0, 50.0))
    assert np.all(np.abs(held.coefficients[1:]) < np.abs(free.coefficients[1:]))
    separated = np.arange(20.0)[:, None]
    labels = np.arange(20) >= 10
    with pytest.raises(ParameterError, match="raise ridge"):
        fit_logistic(("x",), separated, labels, ridge=0.0)
    assert np.isfinite(fit_logistic(("x",), separated, labels).coefficients).all()


def test_two_features_that_say_the_same_need_a_ridge() -> None:
    features, filled = sample(200, 2)
    twice = features[:, [0, 0]]
    with pytest.raises(ParameterError, match="raise ridge"):
        fit_logistic(NAMES, np.column_stack((twice[:, 0], np.zeros(200))), filled, ridge=0.0)
    model = fit_logistic(NAMES, twice, filled)
    assert model.coefficients[1] == pytest.approx(model.coefficients[2], rel=1e-9)


def test_weights_count_like_copies() -> None:
    features, filled = sample(100, 3)
    weights = np.arange(100) % 3
    whole = fit_logistic(NAMES, np.repeat(features, weights, axis=0), np.repeat(filled, weights))
    weighted = fit_logistic(NAMES, features, filled, weights=weights)
    assert weighted.coefficients == pytest.approx(whole.coefficients, rel=1e-9)
    assert weighted.n == int((weights > 0).sum())


def falls_with_the_queue(model: LogisticFill) -> bool:
    queues = np.column_stack((np.linspace(0, 5, 50), np.zeros(50)))
    return bool(np.all(np.diff(model.probability(queues)) <= 0.0))


def test_a_sign_holds_where_the_sample_says_otherwise() -> None:
    features, filled = sample(400, 4)
    against = ~filled  # more queue now fills more
    free = fit_logistic(NAMES, features, against)
    held = fit_logistic(NAMES, features, against, signs=(-1, 0))
    assert not falls_with_the_queue(free)
    assert falls_with_the_queue(held)
    assert held.coefficients[1] == 0.0
    assert held.standard_errors[1] == 0.0
    without = fit_logistic(("spread",), features[:, 1:], against)
    assert held.coefficients[[0, 2]] == pytest.approx(without.coefficients, rel=1e-7)


def test_a_sign_that_the_sample_agrees_with_changes_nothing() -> None:
    features, filled = sample(400, 4)
    free, held = fit_logistic(NAMES, features, filled), fit_logistic(NAMES, features, filled, signs=(-1, 1))
    assert held.coefficients == pytest.approx(free.coefficients, rel=1e-9)


def test_the_interval_of_one_order() -> None:
    model = fit_logistic(NAMES, *sample(300, 5))
    estimate, wider = (model.estimate([2.0, 0.0], level) for level in (0.5, 0.95))
    assert wider.low < estimate.low < estimate.value < estimate.high < wider.high
    assert estimate.value == float(model.probability([2.0, 0.0]))
    held = 0
    truth = 1 / (1 + math.exp(-(TRUTH[0] + 2.0 * TRUTH[1])))
    for seed in range(200):
        one = fit_logistic(NAMES, *sample(300, seed), ridge=0.0).estimate([2.0, 0.0], 0.9)
        held += one.low <= truth <= one.high
    assert 0.85 <= held / 200 <= 0.95


def test_bad_samples_are_refused() -> None:
    features, filled = sample(50, 6)
    for change, message in (
        ({"features": features[:, :1]}, "features must be"),
        ({"filled": filled[:40]}, "same shape"),
        ({"filled": np.ones(50, dtype=bool)}, "orders of both kinds"),
        ({"features": np.where(features > 2.5, np.nan, features)}, "features must be finite"),
        ({"weights": np.full(50, -1.0)}, "weights must be|weight must be"),
        ({"weights": np.zeros(50)}, "sum of weights must be"),
        ({"signs": (2, 0)}, "signs must be"),
        ({"signs": (1,)}, "signs must be"),
        ({"ridge": -1.0}, "ridge must be"),
    ):
        with pytest.raises(ParameterError, match=message):
            fit_logistic(**{"names": NAMES, "features": features, "filled": filled} | change)
    model = fit_logistic(NAMES, features, filled)
    with pytest.raises(ParameterError, match="features must end in 2"):
        model.probability([1.0])
    with pytest.raises(ParameterError, match="one order"):
        model.estimate(features, 0.9)
