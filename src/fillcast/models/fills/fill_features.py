"""What is known when an order joins a queue, as the features of the logistic fill model.

The list of the field (queue against trade rate, distance, spread, imbalance, micro-price, order flow, volatility
against distance, place in the queue, time of day). `FILL_SIGNS` holds the coefficients of what the size ahead and the
horizon enter at the sign that theory gives them, so that P(fill) never rises with the queue nor falls with the horizon.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.models.bounds import finite, fraction, not_negative, positive

FILL_FEATURES = (
    "log_queue_over_trades",
    "distance_ticks",
    "spread_ticks",
    "imbalance",
    "micro_price_ticks",
    "order_flow",
    "volatility_over_distance",
    "queue_fraction",
    "day_sine",
    "day_cosine",
)
FILL_SIGNS = (-1, 0, 0, 0, 0, 0, 1, -1, 0, 0)


def fill_features(
    *,
    size: ArrayLike,
    queue: ArrayLike,
    level: ArrayLike,
    opposite: ArrayLike,
    trade_rate: ArrayLike,
    horizon: ArrayLike,
    distance_ticks: ArrayLike,
    spread_ticks: ArrayLike,
    micro_price_ticks: ArrayLike,
    order_flow: ArrayLike,
    sigma_ticks: ArrayLike,
    day_fraction: ArrayLike,
) -> NDArray[np.float64]:
    """Return features (..., 10) in the order of `FILL_FEATURES`; all inputs broadcast together.

    Parameters
    ----------
    size, queue
        The order's size, > 0, and the size ahead of it, >= 0, base units.
    level, opposite
        Size displayed at the touch on the order's own side and on the other, base units; not both zero.
    trade_rate
        Base units per second that trade against the order's side, > 0.
    horizon
        Seconds, > 0.
    distance_ticks
        From the touch of the order's side to its price, >= 0 away from the market.
    spread_ticks
        > 0.
    micro_price_ticks
        Micro-price minus mid times the order's side: below zero the price leans towards a fill.
    order_flow
        Order-flow imbalance over a past window times the order's side, any one unit.
    sigma_ticks
        Volatility of the mid, ticks per square root of a second, >= 0.
    day_fraction
        Part of the day (UTC) gone, in [0, 1].
    """
    positive("size", size)
    not_negative("queue", queue)
    not_negative("level", level)
    not_negative("opposite", opposite)
    positive("trade_rate", trade_rate)
    positive("horizon", horizon)
    not_negative("distance_ticks", distance_ticks)
    positive("spread_ticks", spread_ticks)
    finite("micro_price_ticks", micro_price_ticks)
    finite("order_flow", order_flow)
    not_negative("sigma_ticks", sigma_ticks)
    fraction("day_fraction", day_fraction)
    given = (size, queue, level, opposite, trade_rate, horizon, distance_ticks, spread_ticks, micro_price_ticks)
    own, ahead, near, far, rate, seconds, distance, spread, micro, flow, sigma, day = np.broadcast_arrays(
        *(np.asarray(part, dtype=np.float64) for part in (*given, order_flow, sigma_ticks, day_fraction))
    )
    positive("level + opposite", near + far)
    return np.stack(
        (
            np.log((ahead + own) / (rate * seconds)),  # what must trade for all of it to fill, so that none is log 0
            distance,
            spread,
            (near - far) / (near + far),
            micro,
            flow,
            sigma * np.sqrt(seconds) / (distance + 0.5 * spread),  # to the mid, so that the touch is not 1/0
            ahead / np.maximum(near + own, ahead + own),
            np.sin(2.0 * np.pi * day),
            np.cos(2.0 * np.pi * day),
        ),
        axis=-1,
    )
