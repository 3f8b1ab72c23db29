"""Slices in whole lots, and as a share of the volume: integers that add up exactly.

`largest_remainder` (Hamilton's method): every slice gets the whole part of its exact quota, and the lots left over go
to the largest remainders, the earlier slice first. Quotas are exact rationals, so the sum is the total for any total
that an int64 holds. No slice is a lot or more away from its quota.

A share rho of all volume, our own included, is `n_k = rho / (1 - rho) v_k` of the others' volume v_k.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import not_negative
from fillcast.models.samples import series, whole

LotArray = NDArray[np.int64]

MAX_LOTS = int(np.iinfo(np.int64).max)


def largest_remainder(weights: ArrayLike, total_lots: int) -> LotArray:
    """Return int64 (N,) lots in proportion to weights, whose sum is `total_lots` exactly.

    Parameters
    ----------
    weights
        (N,), >= 0, not all 0; a schedule's sizes, for example.
    total_lots
        From 0 to the largest int64.

    Raises
    ------
    ParameterError
        For a parameter out of range.
    """
    checked = series("weights", weights)
    not_negative("weights", checked)
    whole("total_lots", total_lots, 0, MAX_LOTS)
    exact = [Fraction(weight) for weight in checked.tolist()]
    if not any(exact):
        raise ParameterError("weights must not all be 0: there is nothing to divide by")
    return np.array(_apportion(exact, int(total_lots)), dtype=np.int64)


def within_caps(weights: ArrayLike, total_lots: int, caps: ArrayLike) -> LotArray:
    """Return lots in proportion to weights with no slice above its cap; what a cap cuts off goes to the other slices.

    Where no cap cuts anything off, these are the lots of `largest_remainder`.

    The sum is `total_lots`, or less when the slices of positive weight may hold no more; the caller sees what is left.

    Parameters
    ----------
    weights
        (N,), >= 0, not all 0.
    total_lots
        From 0 to the largest int64.
    caps
        int64 (N,), lots >= 0 that each slice may hold: a participation limit in lots, for example.
    """
    lots = largest_remainder(weights, total_lots)
    limits = np.asarray(caps)
    if limits.dtype.kind not in "iu" or limits.shape != lots.shape:
        raise ParameterError(f"caps must be whole lots of shape {lots.shape}, not {limits.dtype} of {limits.shape}")
    not_negative("caps", limits)
    if np.all(lots <= limits):
        return lots
    exact = [Fraction(weight) for weight in np.asarray(weights, dtype=np.float64).tolist()]
    bounds = [int(cap) for cap in limits]
    given = [0] * len(exact)
    left = int(total_lots)
    open_slices = [index for index, weight in enumerate(exact) if weight > 0]
    while left and open_slices:
        # The quota of what is left; every slice that it fills is closed, or else it is the answer.
        scale = Fraction(left) / sum(exact[index] for index in open_slices)
        full = [index for index in open_slices if exact[index] * scale >= bounds[index]]
        if not full:
            shares = _apportion([exact[index] for index in open_slices], left)
            for index, share in zip(open_slices, shares, strict=True):
                given[index] = share
            break
        for index in full:
            given[index] = min(bounds[index], left)
            left -= given[index]
        open_slices = [index for index in open_slices if index not in set(full)]
    return np.array(given, dtype=np.int64)


def participation_lots(volumes: ArrayLike, share: float, total_lots: int) -> LotArray:
    """Return int64 (N,) lots at a share of all volume, until the order is done or the volumes end.

    What has been traded after each slice is the whole part of the exact share of what the others have traded, so that
    rounding never adds up to more than a lot, nor to more than the share.

    Parameters
    ----------
    volumes
        (N,), the others' volume in each interval, lots >= 0.
    share
        rho, our part of all volume, > 0 and < 1.
    total_lots
        The order, from 0 to the largest int64.
    """
    others = series("volumes", volumes)
    not_negative("volumes", others)
    whole("total_lots", total_lots, 0, MAX_LOTS)
    if not 0 < share < 1:
        raise ParameterError(f"share must be above 0 and below 1, not {share!r}")
    part = Fraction(share)
    ratio = part / (1 - part)
    done, traded = 0, Fraction(0)
    lots: list[int] = []
    for volume in others.tolist():
        traded += Fraction(volume)
        reached = min(int(total_lots), int(traded * ratio))
        lots.append(reached - done)
        done = reached
    return np.array(lots, dtype=np.int64)


def _apportion(weights: list[Fraction], total: int) -> list[int]:
    scale = Fraction(total) / sum(weights)
    quotas = [weight * scale for weight in weights]
    lots = [int(quota) for quota in quotas]
    by_remainder = sorted(range(len(lots)), key=lambda index: (lots[index] - quotas[index], index))
    for index in by_remainder[: total - sum(lots)]:
        lots[index] += 1
    return lots
