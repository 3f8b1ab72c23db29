from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.fills import FILL_FEATURES, FILL_SIGNS, LogisticFill, fill_features, fit_logistic

ORDER = {
    "size": 1.0,
    "queue": 9.0,
    "level": 14.0,
    "opposite": 6.0,
    "trade_rate": 0.5,
    "horizon": 4.0,
    "distance_ticks": 1.0,
    "spread_ticks": 2.0,
    "micro_price_ticks": -0.3,
    "order_flow": 5.0,
    "sigma_ticks": 3.0,
    "day_fraction": 0.25,
}


def test_one_order_by_hand() -> None:
    by_name = dict(zip(FILL_FEATURES, fill_features(**ORDER).tolist(), strict=True))
    assert by_name == pytest.approx(
        {
            "log_queue_over_trades": math.log(10 / 2),
            "distance_ticks": 1.0,
            "spread_ticks": 2.0,
            "imbalance": 0.4,
            "micro_price_ticks": -0.3,
            "order_flow": 5.0,
            "volatility_over_distance": 3.0,
            "queue_fraction": 0.6,
            "day_sine": 1.0,
            "day_cosine": 0.0,
        },
        abs=1e-15,
    )
    assert len(FILL_SIGNS) == len(FILL_FEATURES)


def fitted(seed: int, signs: tuple[int, ...] | None, favour: float) -> LogisticFill:
    """Return a model of orders whose odds rise by `favour` with the log of the queue, which is what signs forbid."""
    random = np.random.default_rng(seed)
    features = fill_features(
        **(ORDER | {"queue": random.exponential(20.0, 400), "horizon": random.uniform(1, 60, 400), "level": 40.0})
    )
    return fit_logistic(
        FILL_FEATURES, features, random.random(400) < 1 / (1 + np.exp(-favour * features[:, 0])), signs=signs
    )


MODELS = [fitted(seed, FILL_SIGNS, favour) for seed, favour in ((1, -1.0), (2, 1.0), (3, 0.0))]


def check_falls_with_the_queue_and_rises_with_the_horizon(
    model: LogisticFill, queue: float, more: float, horizon: float, longer: float
) -> None:
    near, far, later = model.probability(
        fill_features(
            **(ORDER | {"queue": [queue, queue + more, queue], "horizon": [horizon, horizon, horizon + longer]})
        )
    )
    assert far <= near + 1e-12
    assert later >= near - 1e-12


@settings(max_examples=50)
@given(queue=st.floats(0.0, 1e3), more=st.floats(0.0, 1e3), horizon=st.floats(0.01, 1e3), longer=st.floats(0.0, 1e3))
def test_fills_fall_with_the_queue_and_rise_with_the_horizon_whatever_the_sample(
    queue: float, more: float, horizon: float, longer: float
) -> None:
    for model in MODELS:
        check_falls_with_the_queue_and_rises_with_the_horizon(model, queue, more, horizon, longer)


def test_a_model_without_signs_that_likes_queues_is_caught() -> None:
    with pytest.raises(AssertionError):
        check_falls_with_the_queue_and_rises_with_the_horizon(fitted(2, None, 1.0), 10.0, 100.0, 5.0, 50.0)


def test_orders_broadcast() -> None:
    assert fill_features(**(ORDER | {"queue": [[1.0], [2.0]], "horizon": [1.0, 2.0, 3.0]})).shape == (2, 3, 10)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 0.0),
        ("queue", -1.0),
        ("level", math.nan),
        ("opposite", -1.0),
        ("trade_rate", 0.0),
        ("horizon", 0.0),
        ("distance_ticks", -1.0),
        ("spread_ticks", 0.0),
        ("micro_price_ticks", math.inf),
        ("order_flow", math.nan),
        ("sigma_ticks", -1.0),
        ("day_fraction", 1.1),
    ],
)
def test_bad_features_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        fill_features(**(ORDER | {name: value}))


def test_an_empty_book_is_refused() -> None:
    with pytest.raises(ParameterError, match=r"level \+ opposite must be"):
        fill_features(**(ORDER | {"level": 0.0, "opposite": 0.0}))
