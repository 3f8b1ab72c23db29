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
WINDOWS = (4.0, 32.0, 256.0)  # mean gaps: lengths of the price moves fitted, so that short and long lags are seen
PARTS = 20  # of the market, each left out once: the error of an error is a sixth then
AGAIN = 2.0  # since the start, in durations, when what is left is read
RIDGE = 1e-9  # of each regressor's own sum of squares
SQUARE_ROOT_LEFT = math.sqrt(AGAIN) - math.sqrt(AGAIN - 1.0)  # of a square-root kernel: 0.414


@dataclass(frozen=True, slots=True)
class PublicFlow:
    """The comparison.

    Attributes
    ----------
    growth, growth_error
        Exponent with which the public model's peak grows; near 1 it is linear, NaN where it predicts no impact. The
        standard error is a jackknife's over parts of the market.
    left, left_error
        Part of the public model's peak that is left after as long again; likewise.
    alone
        The exponent of the same price model when nothing answers the children.
    proxy_left, proxy_left_error
        Part of the peak of proxy metaorders that is left, with its standard error; NaN where they have no peak.
    """

    growth: float
    growth_error: float
    left: float
    left_error: float
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
    kernels, answers = _kernels(tapes, length), _answers(tapes, length)
    responses = [np.convolve(*pair)[:length] for pair in zip(kernels, answers, strict=True)]
    predicted = np.array([_predicted(response, every) for response in responses])
    growth, left = predicted[0]
    apart = predicted[1:] - predicted[1:].mean(axis=0)
    growth_error, left_error = np.sqrt((apart**2).sum(axis=0) * (PARTS - 1) / PARTS)
    path = impact_path(sums, (AGAIN,))
    return PublicFlow(
        growth=float(growth),
        growth_error=float(growth_error),
        left=float(left),
        left_error=float(left_error),
        alone=_predicted(kernels[0], every)[0],
        proxy_left=float(path.part[0]),
        proxy_left_error=float(path.error[0]),
    )


def warning(public: PublicFlow, exponent: float) -> str:
    """Return how far proxy metaorders and the public model are apart, in words that belong to the exponent."""
    if not math.isfinite(public.growth):
        return "a linear model of the public trades predicts no impact of a metaorder: there is nothing to compare with"
    return (
        "a linear model of the public trades, whose flow answers a metaorder, predicts growth as "
        f"Q^{public.growth:.2f} -+ {public.growth_error:.2f} with {public.left:.0%} -+ {public.left_error:.0%} "
        f"left after as long again (Q^{public.alone:.2f} if nothing answers); these metaorders have Q^{exponent:.2f} "
        f"with {public.proxy_left:.0%} -+ {public.proxy_left_error:.0%} left, a square-root kernel has "
        f"{SQUARE_ROOT_LEFT:.0%} (-+ one standard error). Growth near 1 with little reversion is how such models are "
        "known to fail (Campigli, Rodikov and Lillo, arXiv:2501.17096): the nearer these metaorders are to it, the "
        "less they are to be trusted"
    )


def _kernels(tapes: Sequence[Tape], length: int) -> FloatArray:
    """Return G half a gap, one gap and a half, ... after an order, log price per root base unit.

    (1 + PARTS, length): from all the market, then from all but each of `PARTS` equal parts of it.
    """
    gap_s, terms = _gap_s(tapes), len(tapes[0].memory.rates)
    part_s = sum(tape.stretch.seconds for tape in tapes) / PARTS
    sums = np.zeros((PARTS, terms, terms + 1))
    before_s = 0.0
    for tape in tapes:
        for window in WINDOWS:
            edges = np.arange(0.0, tape.stretch.seconds, window * gap_s)
            moves, flows = np.diff(tape.log_mid(edges)), np.diff(tape.memory.before(edges), axis=0)
            part = np.minimum((before_s + edges[:-1]) / part_s, PARTS - 1).astype(np.int64)
            for place in np.unique(part):
                chosen = (part == place) & np.isfinite(moves)
                rows = np.column_stack((flows[chosen], moves[chosen]))
                sums[place] += flows[chosen].T @ rows / window
        before_s += tape.stretch.seconds
    total = sums.sum(axis=0)
    sets = np.concatenate((total[None], total - sums))
    places = np.arange(terms)
    own = sets[:, places, places]
    sets[:, places, places] = np.where(own > 0.0, own * (1.0 + RIDGE), 1.0)
    weights = np.linalg.solve(sets[..., :-1], sets[..., -1:])[..., 0]
    ages = (np.arange(length) + 0.5) * gap_s
    kernels: FloatArray = weights @ np.exp(-np.outer(tapes[0].memory.rates, ages))
    return kernels


def _answers(tapes: Sequence[Tape], length: int) -> FloatArray:
    """Return the flow expected 0, 1, ... orders after one order of flow 1, itself first; rows as of `_kernels`."""
    part_s = sum(tape.stretch.seconds for tape in tapes) / PARTS
    covariances = np.zeros((PARTS, LAGS + 1))
    before_s = 0.0
    for tape in tapes:
        part = np.minimum((before_s + tape.orders.times) / part_s, PARTS - 1).astype(np.int64)
        for place in np.unique(part):
            covariances[place] += _autocovariances(tape.memory.flow[part == place])
        before_s += tape.stretch.seconds
    total = covariances.sum(axis=0)
    sets = np.concatenate((total[None], total - covariances))
    lags = np.arange(LAGS)
    matrices = sets[:, np.abs(lags[:, None] - lags)]
    own = matrices[:, lags, lags]
    matrices[:, lags, lags] = np.where(own > 0.0, own * (1.0 + RIDGE), 1.0)
    weights = np.linalg.solve(matrices, sets[:, 1:, None])[:, ::-1, 0]
    answers = np.zeros((len(sets), LAGS + length))
    answers[:, LAGS] = 1.0
    for place in range(LAGS + 1, LAGS + length):
        answers[:, place] = (answers[:, place - LAGS : place] * weights).sum(axis=1)
    return answers[:, LAGS:]


def _autocovariances(flow: FloatArray) -> FloatArray:
    """Return sums of products at 0, 1, ... `LAGS` orders' distance."""
    size = len(flow) + LAGS
    sums: FloatArray = np.fft.irfft(np.abs(np.fft.rfft(flow, 2 * size)) ** 2, 2 * size)[: LAGS + 1]
    return sums


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
