"""What a model of the public trades would say of a metaorder, beside what proxy metaorders say.

Campigli, Rodikov and Lillo, arXiv:2501.17096: models fitted to public trades and prices predict that a metaorder's
impact grows linearly with its length and hardly reverts, because they answer each of its children with the orders that
usually follow a trade of that sign, as if the market knew the metaorder. Observed metaorders grow as a square root and
revert. Both come from one tape here, so that their distance is seen instead of guessed:

- the price: a linear transient impact model, moves of the log mid on the changes of the fading sums of `flow_memory`,
  by least squares, which gives the kernel G;
- the flow: an autoregression of sign * sqrt(base) on `LAGS` market orders (Yule-Walker), whose response to one child
  is the orders that follow it;
- a metaorder of n equal children, one in `every` orders, n up to `MOST_CHILDREN`: the slope of the log of its peak on
  log n is `growth`, and `left` is the part of the peak that remains after as long again.

Time is counted in orders here, with their mean gap. The proxies' own `left` takes the flow of others out, as their
exponent does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.impact_path import impact_path
from fillcast.models.calibration.metaorders import MOST_TRADERS
from fillcast.models.calibration.proxies import Tape
from fillcast.models.calibration.square_root_sums import Sums
from fillcast.models.samples import whole

FloatArray = NDArray[np.float64]

LAGS = 200  # market orders: the memory of signs that the autoregression can see
SHORTEST, MOST_CHILDREN = 8, 64  # children of the metaorders between which the growth is measured
POINTS = 7  # of the line through log peak against log children
WINDOW_GAPS = 4.0  # mean gaps between orders: length of the price moves that the impact model is fitted to
AGAIN = 2.0  # since the start, in durations, when what is left is read
RIDGE = 1e-9  # of each regressor's own sum of squares
SQUARE_ROOT_LEFT = math.sqrt(AGAIN) - math.sqrt(AGAIN - 1.0)  # of a square-root kernel: 0.414


@dataclass(frozen=True, slots=True)
class PublicFlow:
    """The comparison.

    Attributes
    ----------
    growth
        Exponent with which the public model's peak grows; near 1 it is linear, NaN where it predicts no impact.
    left
        Part of the public model's peak that is left after as long again.
    alone
        The exponent of the same price model when nothing answers the children.
    proxy_left, proxy_left_error
        Part of the peak of proxy metaorders that is left, with its standard error; NaN where they have no peak.
    """

    growth: float
    left: float
    alone: float
    proxy_left: float
    proxy_left_error: float


def public_flow(tapes: Sequence[Tape], sums: Sums, every: int) -> PublicFlow:
    """Return the comparison of one instrument.

    Parameters
    ----------
    tapes
        Its stretches.
    sums
        Its proxy metaorders.
    every
        Market orders for each child of the metaorder that the public model is asked about.
    """
    whole("every", every, 1, MOST_TRADERS)
    length = int(AGAIN * MOST_CHILDREN * every)
    kernel, answer = _kernel(tapes, length), _answer(tapes, length)
    growth, left = _predicted(np.convolve(kernel, answer)[:length], every)
    alone, _ = _predicted(kernel, every)
    path = impact_path(sums, (AGAIN,))
    return PublicFlow(growth, left, alone, float(path.part[0]), float(path.error[0]))


def warning(public: PublicFlow, exponent: float) -> str:
    """Return how far proxy metaorders and the public model are apart, in words that belong to the exponent."""
    return (
        "a linear model of the public trades, whose flow answers a metaorder, predicts growth as "
        f"Q^{public.growth:.2f} with {public.left:.0%} left after as long again (Q^{public.alone:.2f} if nothing "
        f"answers); these metaorders have Q^{exponent:.2f} and {public.proxy_left:.0%} -+ "
        f"{public.proxy_left_error:.0%}, a square-root kernel has {SQUARE_ROOT_LEFT:.0%}. Growth near 1 with little "
        "reversion is how such models are known to fail (Campigli, Rodikov and Lillo, arXiv:2501.17096): the nearer "
        "these metaorders are to it, the less they are to be trusted"
    )


def _kernel(tapes: Sequence[Tape], length: int) -> FloatArray:
    """Return G half a gap, one gap and a half, ... after an order, log price per root base unit, (length,)."""
    gap_s = _gap_s(tapes)
    terms = len(tapes[0].memory.rates)
    products, moved = np.zeros((terms, terms)), np.zeros(terms)
    for tape in tapes:
        edges = np.arange(0.0, tape.stretch.seconds, WINDOW_GAPS * gap_s)
        moves, flows = np.diff(tape.log_mid(edges)), np.diff(tape.memory.before(edges), axis=0)
        known = np.isfinite(moves)
        products += flows[known].T @ flows[known]
        moved += flows[known].T @ moves[known]
    places = np.arange(terms)
    own = products[places, places]
    products[places, places] = np.where(own > 0.0, own * (1.0 + RIDGE), 1.0)
    weights = np.linalg.solve(products, moved)
    ages = (np.arange(length) + 0.5) * gap_s
    kernel: FloatArray = np.exp(-np.outer(ages, tapes[0].memory.rates)) @ weights
    return kernel


def _answer(tapes: Sequence[Tape], length: int) -> FloatArray:
    """Return the flow expected 0, 1, ... orders after one order of flow 1, itself first, (length,)."""
    covariances = np.zeros(LAGS + 1)
    for tape in tapes:
        flow = tape.memory.flow
        spectrum = np.fft.rfft(flow, 2 * len(flow) + LAGS)
        lagged = np.fft.irfft(np.abs(spectrum) ** 2, 2 * len(flow) + LAGS)
        covariances[: min(LAGS, len(flow) - 1) + 1] += lagged[: min(LAGS, len(flow) - 1) + 1]
    lags = np.arange(LAGS)
    matrix = covariances[np.abs(lags[:, None] - lags)]
    matrix[lags, lags] *= 1.0 + RIDGE
    weights = np.linalg.solve(matrix, covariances[1:])
    answer = np.zeros(LAGS + length)
    answer[LAGS] = 1.0
    for place in range(LAGS + 1, LAGS + length):
        answer[place] = answer[place - LAGS : place] @ weights[::-1]
    return answer[LAGS:]


def _predicted(response: FloatArray, every: int) -> tuple[float, float]:
    """Return the exponent of the peak's growth and the part that is left of the longest metaorder's."""
    counts = np.unique(np.round(np.geomspace(SHORTEST, MOST_CHILDREN, POINTS)).astype(np.int64))
    peaks = np.array([_moved(response, int(count), every, int(count)) for count in counts])
    if not (peaks > 0.0).all():
        return math.nan, math.nan
    growth = np.polyfit(np.log(counts), np.log(peaks), 1)[0]
    left = _moved(response, MOST_CHILDREN, every, int(AGAIN * MOST_CHILDREN)) / peaks[-1]
    return float(growth), float(left)


def _moved(response: FloatArray, children: int, every: int, spans: int) -> float:
    """Return the move of `children` children `spans` spans of `every` orders after the first."""
    return float(response[spans * every - 1 - every * np.arange(children)].sum())


def _gap_s(tapes: Sequence[Tape]) -> float:
    return sum(tape.stretch.seconds for tape in tapes) / sum(len(tape.orders.times) for tape in tapes)
