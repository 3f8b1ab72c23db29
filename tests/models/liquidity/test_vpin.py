from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.liquidity import OnlineVpin, bucket_imbalances, bulk_buy_fraction, vpin_of_buckets

trades = st.lists(st.tuples(st.integers(0, 60), st.booleans()), max_size=60)


def by_lots(flow: list[tuple[int, bool]], bucket_lots: int) -> list[int]:
    """Return the imbalances of the full buckets, counted lot by lot."""
    signs = [1 if bought else -1 for lots, bought in flow for _ in range(lots)]
    return [sum(signs[k : k + bucket_lots]) for k in range(0, len(signs) - bucket_lots + 1, bucket_lots)]


def test_a_trade_that_fills_a_bucket_is_split() -> None:
    # 6 bought | 4 bought, 5 sold, 1 sold of the next | 9 sold, 1 bought
    imbalances = bucket_imbalances([6, 20, 4], [True, False, True], 10)

    assert imbalances.tolist() == [2.0, -10.0, -2.0]
    assert vpin_of_buckets(imbalances, 10, 3) == pytest.approx(14 / 30, rel=1e-15)
    assert vpin_of_buckets(imbalances, 10, 2) == pytest.approx(12 / 20, rel=1e-15)


@given(flow=trades, bucket_lots=st.integers(1, 40))
def test_buckets_are_those_counted_lot_by_lot(flow: list[tuple[int, bool]], bucket_lots: int) -> None:
    lots = np.array([size for size, _ in flow], dtype=np.int64)
    flags = np.array([bought for _, bought in flow], dtype=bool)

    assert bucket_imbalances(lots, flags, bucket_lots).tolist() == by_lots(flow, bucket_lots)


@given(
    flow=st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1)), max_size=60),
    bucket_lots=st.integers(1, 40),
    buckets=st.integers(1, 8),
)
def test_online_equals_batch(flow: list[tuple[int, float]], bucket_lots: int, buckets: int) -> None:
    online = OnlineVpin(bucket_lots, buckets)
    for lots, share in flow:
        online.update(lots, share)
    imbalances = bucket_imbalances(
        np.array([lots for lots, _ in flow], dtype=np.int64), np.array([share for _, share in flow]), bucket_lots
    )

    assert online.full == len(imbalances)
    if online.full < buckets:
        assert online.value is None
    else:
        assert online.value == pytest.approx(vpin_of_buckets(imbalances, bucket_lots, buckets), abs=1e-12)


def test_the_comparison_can_fail() -> None:
    online = OnlineVpin(10, 2)
    for lots, share in [(6, 1.0), (20, 0.0), (4, 1.0)]:
        online.update(lots, share)

    assert online.value == pytest.approx(12 / 20)
    unsplit = [10, 20]  # planted: buckets that trades are not split over
    assert online.value != pytest.approx(vpin_of_buckets(unsplit, 10, 2))


def test_a_trade_of_very_many_buckets_costs_no_more() -> None:
    online = OnlineVpin(1, 50)
    online.update(1 << 61, True)

    assert (online.full, online.value) == (1 << 61, 1.0)
    online.update(25, False)
    online.update(1, True)
    assert online.full == (1 << 61) + 26


def test_balanced_and_one_sided_markets_read_0_and_1() -> None:
    assert vpin_of_buckets(bucket_imbalances([5, 5] * 8, [True, False] * 8, 10), 10, 8) == 0.0
    assert vpin_of_buckets(bucket_imbalances([5, 5] * 8, [False] * 16, 10), 10, 8) == 1.0


def test_bulk_classification_is_the_normal_distribution() -> None:
    assert bulk_buy_fraction([0.0, 1.0, -1.0, 1.959963984540054], 1.0) == pytest.approx(
        [0.5, 0.8413447460685429, 0.15865525393145707, 0.975], rel=1e-12
    )
    assert bulk_buy_fraction([[2.0], [4.0]], 4.0).shape == (2, 1)


def test_bulk_classification_blurs_what_the_flags_tell() -> None:
    random = np.random.default_rng(6)
    one_sided = random.random(4_000) < np.repeat(random.random(40), 100)
    changes = np.where(one_sided, 1.0, -1.0) + random.normal(0, 3, 4_000)
    lots = np.full(4_000, 2)
    true = vpin_of_buckets(bucket_imbalances(lots, one_sided, 200), 200, 40)
    bulk = vpin_of_buckets(bucket_imbalances(lots, bulk_buy_fraction(changes, float(changes.std())), 200), 200, 40)

    assert true > 0.4
    assert bulk < true / 2


def test_fractions_of_the_same_volume_are_exact() -> None:
    shares = [Fraction(1, 4), Fraction(3, 4)]
    imbalances = bucket_imbalances([8, 8], [float(share) for share in shares], 4)

    assert imbalances.tolist() == [float(4 * (2 * share - 1)) for share in shares for _ in range(2)]


def test_bad_parameters_are_refused_by_name() -> None:
    with pytest.raises(ParameterError, match="lots must be whole"):
        bucket_imbalances([1.5], [True], 1)
    with pytest.raises(ParameterError, match="lots must not be negative, as -1 is"):
        bucket_imbalances([3, -1], [True, True], 1)
    with pytest.raises(ParameterError, match="lots must not exceed"):
        bucket_imbalances([1 << 62, 1 << 62], [True, True], 1 << 60)
    with pytest.raises(ParameterError, match="buy_fraction must be between 0 and 1"):
        bucket_imbalances([3], [1.5], 1)
    with pytest.raises(ParameterError, match="imbalances must have at least 3"):
        vpin_of_buckets([1.0, 2.0], 10, 3)
    with pytest.raises(ParameterError, match="sigma"):
        bulk_buy_fraction([1.0], 0.0)
    for wrong in ((0, 1), (1, 0)):
        with pytest.raises(ParameterError, match="bucket"):
            OnlineVpin(*wrong)
    online = OnlineVpin(10, 2)
    for size, share in ((-1, 1.0), (2.5, 1.0), (1, math.nan), (1, -0.1)):
        with pytest.raises(ParameterError):
            online.update(size, share)  # type: ignore[arg-type]
    assert online.full == 0
