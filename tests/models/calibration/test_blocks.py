from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from fillcast.models.calibration.blocks import (
    BINS_PER_BLOCK,
    MOST_BLOCKS,
    Resampled,
    bin_edges,
    binned,
    block_bootstrap,
    block_seconds,
    positive_estimate,
    ratio,
)
from fillcast.models.calibration.stretch import NS_PER_S
from tests.models.calibration.worlds import START_NS, Market, market

MINUTE = market(Market(seconds=60.0), 1)
TEN_SECONDS = 10.0


def bins_of(values: NDArray[np.float64], per_bin: int) -> NDArray[np.float64]:
    sums = values.reshape(-1, per_bin).sum(axis=1)
    return np.column_stack((sums, np.full(len(sums), float(per_bin))))


def test_bins_hold_all_that_happened() -> None:
    times = START_NS + np.array([-5, 0, 1, 59, 60, 61]) * NS_PER_S
    rows = np.array([[1.0], [2.0], [4.0], [8.0], [16.0], [32.0]])

    sums = binned(MINUTE, times, rows, TEN_SECONDS)
    assert sums.shape == (6 * BINS_PER_BLOCK, 1)
    assert sums[0, 0] == 1 + 2 + 4  # within the first 10 / 6 s, and what came before
    assert sums[-1, 0] == 8 + 16 + 32
    assert sums.sum() == 63
    edges = bin_edges(MINUTE, TEN_SECONDS)
    assert (edges[0], edges[-1]) == (MINUTE.start_ns, MINUTE.end_ns)


def test_nothing_is_nothing_in_every_bin() -> None:
    assert not binned(MINUTE, np.zeros(0, np.int64), np.zeros((0, 3)), TEN_SECONDS).any()


def test_blocks_grow_with_the_data() -> None:
    assert block_seconds([MINUTE], TEN_SECONDS) == TEN_SECONDS
    assert block_seconds([MINUTE] * 100, TEN_SECONDS) == pytest.approx(6000.0 / MOST_BLOCKS)


def test_the_error_of_a_mean_of_independent_values() -> None:
    values = np.random.default_rng(5).normal(3.0, 2.0, 60 * BINS_PER_BLOCK * 20)
    resampled = block_bootstrap([bins_of(values, 20)], ratio)

    assert resampled.blocks == 60
    assert resampled.value[0] == pytest.approx(values.mean(), rel=1e-12)
    assert resampled.error[0] == pytest.approx(2.0 / math.sqrt(len(values)), rel=0.2)


def test_blocks_longer_than_the_dependence_see_it_and_short_ones_do_not() -> None:
    random = np.random.default_rng(6)
    noise = random.normal(0.0, 1.0, 60 * 120)
    values = np.convolve(noise, np.ones(20), mode="same")  # the error of the mean is 20 / sqrt(n)
    right = 20.0 / math.sqrt(len(values))

    assert block_bootstrap([bins_of(values, 20)], ratio).error[0] == pytest.approx(right, rel=0.25)
    # Planted: blocks of 6 values where dependence lasts for 20.
    assert block_bootstrap([bins_of(values, 1)], ratio).error[0] < 0.6 * right


def test_no_block_spans_two_stretches() -> None:
    # One stretch of zeros, one of hundreds: blocks that spanned both would hold means between the two.
    low, high = np.zeros((12, 2)), np.full((12, 2), 100.0)
    low[:, 1] = high[:, 1] = 1.0
    seen = []

    def watched(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        seen.append(sums)
        return sums[..., :1]

    block_bootstrap([low, high], watched)
    replicates = seen[1][:, 0]
    assert set(np.unique(replicates)) <= {block * BINS_PER_BLOCK * 100.0 for block in range(5)}


def test_replicates_depend_on_the_seed_alone() -> None:
    bins = [bins_of(np.random.default_rng(7).normal(size=1200), 10)]

    assert block_bootstrap(bins, ratio, seed=4).error == block_bootstrap(bins, ratio, seed=4).error
    assert block_bootstrap(bins, ratio, seed=4).error != block_bootstrap(bins, ratio, seed=5).error


def test_a_replicate_without_an_answer_is_left_out() -> None:
    sums = np.zeros((12, 2))
    sums[:, 1] = 1.0
    sums[0] = (1.0, 0.0)

    def inverse(totals: NDArray[np.float64]) -> NDArray[np.float64]:
        return totals[..., 1:] / totals[..., :1]  # infinite where the first bin was not drawn

    assert np.isfinite(block_bootstrap([sums], inverse).error).all()


def test_a_search_that_ends_at_its_bounds_now_and_then() -> None:
    bins = [bins_of(np.random.default_rng(8).normal(3.0, 2.0, 60 * BINS_PER_BLOCK * 20), 20)]

    def searched(sums: NDArray[np.float64]) -> NDArray[np.float64]:
        found = ratio(sums)
        return np.where(found > np.quantile(found, 0.95), 1e6, found)

    right = block_bootstrap(bins, ratio).error[0]
    assert block_bootstrap(bins, searched, robust=True).error[0] == pytest.approx(right, rel=0.15)
    assert block_bootstrap(bins, searched).error[0] > 1000 * right


def test_intervals_from_an_error() -> None:
    resampled = Resampled(np.array([2.0]), np.array([0.5]), 11.0)

    assert resampled.reach(0.9) == pytest.approx(1.8125, rel=1e-3)  # Student, 10 degrees of freedom
    linear = resampled.linear(0.9, 7)
    assert (linear.low, linear.high) == pytest.approx((2.0 - 0.90625, 2.0 + 0.90625), rel=1e-3)
    positive = resampled.positive(0.9, 7)
    assert positive.low * positive.high == pytest.approx(4.0)
    assert math.log(positive.high / 2.0) == pytest.approx(1.8125 * 0.25, rel=1e-3)
    assert positive.n == 7


def test_an_error_beyond_all_bounds_leaves_the_interval_open() -> None:
    """A variance that was all but lost in its noise once ended in an overflow."""
    found = positive_estimate(1.2, 1e4, 3.0, 0.9, 50)

    assert found.value == 1.2
    assert 0.0 <= found.low < 1e-300
    assert found.high > 1e300
