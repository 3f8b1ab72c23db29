"""How one-sided the volume is, on a clock that ticks with volume.

`VPIN = mean |V_buy - V_sell| / V` over the last n buckets of V lots each; a trade that fills a bucket is split
(Easley, Lopez de Prado and O'Hara, Review of Financial Studies 25, 2012). These venues say who was the taker of every
trade, so that V_buy is known. Where it is not, bulk volume classification takes the share `Phi(dP / sigma)` of a
bar's volume for bought; it stands here to be compared with the true flags. Sizes are whole lots, so that a bucket's
edge is exact. From 0 (balanced) to 1 (one side only). Valid as a measure of one-sidedness; that it predicts crashes
is disputed.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import fraction, positive
from fillcast.models.samples import same_length, series, whole

MAX_LOTS = 1 << 62
MAX_BUCKETS = 1 << 20


def bulk_buy_fraction(price_changes: ArrayLike, sigma: float) -> NDArray[np.float64]:
    """Return the share of each bar's volume that bulk classification takes for bought.

    Parameters
    ----------
    price_changes
        Change of price over each bar.
    sigma
        Standard deviation of such changes, > 0, same unit.
    """
    positive("sigma", sigma)
    changes = series("price_changes", price_changes)
    scaled = -changes / (sigma * math.sqrt(2))
    return np.array([0.5 * math.erfc(value) for value in scaled.ravel()]).reshape(changes.shape)


def bucket_imbalances(lots: ArrayLike, buy_fraction: ArrayLike, bucket_lots: int) -> NDArray[np.float64]:
    """Return V_buy - V_sell of each full bucket, lots; volume after the last full bucket is left out.

    Parameters
    ----------
    lots
        int (n,): size of each trade or bar, >= 0.
    buy_fraction
        (n,): share bought by takers; 1 or 0 (or bool) where each trade's taker is known.
    bucket_lots
        V.

    Raises
    ------
    ParameterError
        For sizes that are negative, not whole, or beyond int64 together.
    """
    whole("bucket_lots", bucket_lots, 1, MAX_LOTS)
    sizes = np.asarray(lots)
    if sizes.size and not np.issubdtype(sizes.dtype, np.integer):
        raise ParameterError(f"lots must be whole numbers, not {sizes.dtype}")
    fraction("buy_fraction", buy_fraction)
    bought = np.asarray(buy_fraction, dtype=np.float64)
    same_length(lots=sizes, buy_fraction=bought)
    if (sizes < 0).any():
        raise ParameterError(f"lots must not be negative, as {int(sizes[sizes < 0][0])} is")
    if sizes.sum(dtype=np.float64) > MAX_LOTS:
        raise ParameterError(f"lots must not exceed {MAX_LOTS} together")
    traded = np.cumsum(sizes, dtype=np.int64)
    full = int(traded[-1]) // bucket_lots if traded.size else 0
    edges = np.union1d(traded[traded <= full * bucket_lots], np.arange(full + 1, dtype=np.int64) * bucket_lots)
    starts, pieces = edges[:-1], np.diff(edges)
    signs = 2 * bought[np.searchsorted(traded, starts, side="right")] - 1 if full else np.zeros(0)
    imbalances: NDArray[np.float64] = np.bincount(starts // bucket_lots, pieces * signs, full).astype(np.float64)
    return imbalances


def vpin_of_buckets(imbalances: ArrayLike, bucket_lots: int, buckets: int) -> float:
    """Return VPIN of the last n of (m >= n,) bucket imbalances.

    Parameters
    ----------
    imbalances
        V_buy - V_sell of full buckets, lots, in the order of time.
    bucket_lots, buckets
        V and n.
    """
    whole("bucket_lots", bucket_lots, 1, MAX_LOTS)
    whole("buckets", buckets, 1, MAX_BUCKETS)
    checked = series("imbalances", imbalances, buckets)
    return float(np.abs(checked[-buckets:]).mean() / bucket_lots)


class OnlineVpin:
    """VPIN of a stream of trades. O(1) per trade, O(buckets) to read.

    Parameters
    ----------
    bucket_lots, buckets
        V and n.
    """

    __slots__ = ("_filled", "_imbalance", "_ring", "bucket_lots", "buckets", "full")

    def __init__(self, bucket_lots: int, buckets: int) -> None:
        whole("bucket_lots", bucket_lots, 1, MAX_LOTS)
        whole("buckets", buckets, 1, MAX_BUCKETS)
        self.bucket_lots = bucket_lots
        self.buckets = buckets
        self.full = 0
        self._ring = np.zeros(buckets)
        self._filled = 0
        self._imbalance = 0.0

    def update(self, lots: int, buy_fraction: float) -> None:
        """Take a trade in: its size, and 1 or 0 (True or False) for a taker who buys or sells, or a share between.

        Raises
        ------
        ParameterError
            For a size that is no whole number >= 0, or a share outside [0, 1].
        """
        whole("lots", lots, 0, MAX_LOTS)
        if not 0 <= buy_fraction <= 1:
            raise ParameterError(f"buy_fraction must be between 0 and 1, not {buy_fraction!r}")
        sign = 2 * float(buy_fraction) - 1
        room = self.bucket_lots - self._filled
        if lots < room:
            self._filled += lots
            self._imbalance += lots * sign
            return
        self._close(self._imbalance + room * sign)
        whole_buckets, left = divmod(lots - room, self.bucket_lots)
        skipped = max(whole_buckets - self.buckets, 0)  # buckets that later ones push out at once
        self.full += skipped
        for _ in range(whole_buckets - skipped):
            self._close(self.bucket_lots * sign)
        self._filled, self._imbalance = left, left * sign

    def _close(self, imbalance: float) -> None:
        self._ring[self.full % self.buckets] = imbalance
        self.full += 1

    @property
    def value(self) -> float | None:
        """VPIN; None before n buckets are full."""
        return float(np.abs(self._ring).mean()) / self.bucket_lots if self.full >= self.buckets else None
