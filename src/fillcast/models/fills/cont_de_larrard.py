"""P(the ask queue is used up before the bid queue), from the two sizes: Cont and de Larrard.

With n lots bid and p lots offered, Poisson flows of unit orders of equal total rate in and out of both queues
(limit orders = market orders + cancels), the next price move is up with probability

    (1/pi) int_0^pi (2 - cos t - sqrt((2 - cos t)^2 - 1))^p sin(n t) cos(t/2) / sin(t/2) dt

Source: "Price dynamics in a Markovian limit order market", SIAM J. Financial Math. 4(1) 1-25 (2013). With many orders
and changes of the two queues correlated by rho, the limit is harmonic in the angle of the quadrant made isotropic:

    1/2 - atan(c (p - n) / (p + n)) / (2 atan c),   c = sqrt((1 + rho) / (1 - rho));   (2/pi) atan(n / p) for rho = 0

For an order at the back of a bid queue of n it is the chance that the price leaves before the order is reached. Valid
for one level on each side of a book with a spread of one tick, balanced flow and no information in the flow.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import finite, positive

FloatArray = NDArray[np.float64]

MAX_LOTS = 100_000  # the integrand turns max(n, p) / 2 times: beyond it `diffusion_limit` differs by less than 1e-9
NODES = 32  # Gauss-Legendre nodes of a panel
LOTS_PER_PANEL = 16  # so that over a panel n t and p u grow by at most 16, which 32 nodes resolve to rounding


def probability_up(bid_lots: ArrayLike, ask_lots: ArrayLike) -> FloatArray:
    """Return the probability that the next move is up.

    Parameters
    ----------
    bid_lots, ask_lots
        n and p: whole lots (of the typical order size) from 1 to `MAX_LOTS`, broadcast together.

    Raises
    ------
    ParameterError
        For sizes that are no such lots.
    """
    bid, ask = np.broadcast_arrays(_lots("bid_lots", bid_lots), _lots("ask_lots", ask_lots))
    up = [_integral(int(n), int(p)) for n, p in zip(bid.ravel(), ask.ravel(), strict=True)]
    return np.array(up, dtype=np.float64).reshape(bid.shape)


def diffusion_limit(bid: ArrayLike, ask: ArrayLike, rho: float = 0.0) -> FloatArray:
    """Return the same probability for large queues.

    Parameters
    ----------
    bid, ask
        Sizes > 0 in one unit, broadcast together.
    rho
        Correlation between the changes of the two queues, above -1 and below 1; 0 for independent queues.
    """
    positive("bid", bid)
    positive("ask", ask)
    finite("rho", rho)
    if not -1.0 < rho < 1.0:
        raise ParameterError(f"rho must be above -1 and below 1, not {rho!r}")
    n, p = np.asarray(bid, dtype=np.float64), np.asarray(ask, dtype=np.float64)
    stretch = math.sqrt((1.0 + rho) / (1.0 - rho))
    up: FloatArray = 0.5 - np.arctan(stretch * (p - n) / (p + n)) / (2.0 * math.atan(stretch))
    return up


def _integral(n: int, p: int) -> float:
    panels = 1 + math.ceil(math.pi * max(n, p) / LOTS_PER_PANEL)
    width = math.pi / panels
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    t = width * (np.arange(panels)[:, None] + 0.5 * (nodes + 1.0))
    half = np.sin(t / 2.0)
    # 2 - cos t = cosh u with sinh(u/2) = sin(t/2), so the factor ^p is exp(-p u): no difference of close numbers.
    decay = 2.0 * np.arcsinh(half)
    values = np.exp(-p * decay) * np.sin(n * t) * np.cos(t / 2.0) / half
    return float(np.sum(values @ weights) * width / 2.0 / math.pi)


def _lots(name: str, value: ArrayLike) -> NDArray[np.int64]:
    positive(name, value)
    lots = np.asarray(value, dtype=np.float64)
    wrong = (lots != np.floor(lots)) | (lots > MAX_LOTS)
    if np.any(wrong):
        raise ParameterError(f"{name} must be whole lots from 1 to {MAX_LOTS}, not {float(lots[wrong][0])!r}")
    return lots.astype(np.int64)
