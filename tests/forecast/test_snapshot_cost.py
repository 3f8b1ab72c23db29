"""Costs of many sizes in many books: equal to the forecasts of each, monotone, convex, adding up."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fillcast.core.state import Proof
from fillcast.errors import SizeError, UsageError
from fillcast.forecast.components import on_common_grid
from fillcast.forecast.snapshot_cost import SnapshotCost, cost
from fillcast.forecast.snapshot_kernels import COLUMNS, price_walks
from fillcast.forecast.snapshots import Snapshots
from fillcast.models.fees import stated_fee
from tests.forecast.backtests import several_books, snapshots_of, walking
from tests.forecast.examples import SPOT, priced, view_of

FEE_BPS = 7.5
OF_THE_PRICE = 1e-12
BPS_APART = 1e4 * OF_THE_PRICE

BIDS = [("100.00", "1"), ("99.50", "2")]
ASKS = [("100.20", "1"), ("100.60", "3")]


def assert_as_forecast(views, lots, side, found: SnapshotCost) -> None:
    """Hold every element to the forecast of one order in one book."""
    for row, view in enumerate(views):
        for column, count in enumerate(lots):
            each = priced(view, side, str(SPOT.size(count)), stated_fee(FEE_BPS))
            bps = {component.name: component.bps for component in each.components}
            at = (row, column)
            assert found.average_price[at] == pytest.approx(each.fill.average_price, rel=OF_THE_PRICE, abs=0)
            assert found.all_in_price[at] == pytest.approx(each.fill.all_in_price, rel=OF_THE_PRICE, abs=0)
            assert found.filled[at] == pytest.approx(each.fill.base, rel=OF_THE_PRICE, abs=0)
            assert found.unfilled[at] == pytest.approx(each.fill.unfilled_base, rel=OF_THE_PRICE, abs=1e-9)
            assert found.half_spread_bps[at] == pytest.approx(bps["half_spread"], rel=0, abs=BPS_APART)
            assert found.slippage_bps[at] == pytest.approx(bps["slippage"], rel=0, abs=BPS_APART)
            assert found.fee_bps[at] == pytest.approx(bps["fee"], rel=0, abs=BPS_APART)
            assert found.net_bps[at] == pytest.approx(each.net.bps, rel=0, abs=BPS_APART)
            assert found.net_quote[at] == pytest.approx(each.net.quote, rel=1e-9, abs=1e-9)


Lots = st.lists(st.integers(1, 10**8), min_size=1, max_size=4)


@settings(max_examples=60)
@given(several_books(), Lots, st.sampled_from(["buy", "sell"]))
def test_every_number_is_that_of_the_forecast(views, lots, side) -> None:
    sizes = [float(SPOT.size(count)) for count in lots]
    assert_as_forecast(views, lots, side, cost(snapshots_of(views), sizes, side, fee_bps=FEE_BPS))


@pytest.mark.parametrize("moved", [1 + 1e-11, 1 - 1e-11])
def test_a_price_off_by_a_little_is_noticed(moved) -> None:
    view = view_of(SPOT, BIDS, ASKS)
    snapshots = snapshots_of([view])
    wrong = Snapshots(
        snapshots.bid_prices, snapshots.bid_sizes, snapshots.ask_prices * [[1.0, moved]], snapshots.ask_sizes
    )
    assert_as_forecast([view], [200_000], "buy", cost(snapshots, [2.0], "buy", fee_bps=FEE_BPS))
    with pytest.raises(AssertionError):
        assert_as_forecast([view], [200_000], "buy", cost(wrong, [2.0], "buy", fee_bps=FEE_BPS))


def test_by_hand() -> None:
    found = cost(snapshots_of([view_of(SPOT, BIDS, ASKS)]), [0.5, 1.0, 2.0, 5.0], "buy", fee_bps=10.0)
    assert found.proof is Proof.CALLER
    assert found.reference_price.tolist() == [[pytest.approx(100.1)]]
    assert found.average_price[0].tolist() == pytest.approx([100.2, 100.2, 100.4, 100.5])
    assert found.half_spread_bps[0].tolist() == pytest.approx([1e4 * 0.1 / 100.1] * 4)
    assert found.slippage_bps[0].tolist() == pytest.approx([0, 0, 1e4 * 0.2 / 100.1, 1e4 * 0.3 / 100.1])
    assert found.fee_bps[0].tolist() == pytest.approx([10 * price / 100.1 for price in (100.2, 100.2, 100.4, 100.5)])
    assert found.filled[0].tolist() == [0.5, 1.0, 2.0, 4.0]
    assert found.unfilled[0].tolist() == [0, 0, 0, 1.0]
    sold = cost(snapshots_of([view_of(SPOT, BIDS, ASKS)]), 3.0, -1, fee_bps=-1.0)
    assert sold.average_price.tolist() == [[pytest.approx((100 + 2 * 99.5) / 3)]]
    assert sold.slippage_bps.tolist() == [[pytest.approx(1e4 * (100 - sold.average_price[0, 0]) / 100.1)]]
    assert sold.fee_bps[0, 0] < 0
    assert sold.all_in_price[0, 0] > sold.average_price[0, 0]


def test_counted_from_the_touch() -> None:
    snapshots = snapshots_of([view_of(SPOT, BIDS, ASKS)])
    found = cost(snapshots, [2.0], "buy", fee_bps=10.0, reference="touch")
    assert found.reference_price.tolist() == [[100.2]]
    assert found.half_spread_bps.tolist() == [[0.0]]
    assert found.slippage_bps[0, 0] == pytest.approx(1e4 * 0.2 / 100.2)
    assert found.net_bps[0, 0] == pytest.approx(1e4 * 0.2 / 100.2 + 10 * 100.4 / 100.2)


@settings(max_examples=60)
@given(several_books(), st.lists(st.floats(1e-6, 5e4), min_size=1, max_size=6), st.sampled_from([1, -1]))
def test_parts_add_up_exactly_in_any_order(views, sizes, side) -> None:
    found = cost(snapshots_of(views), sizes, side, fee_bps=FEE_BPS)
    half_spread, slippage, fee = found.half_spread_bps, found.slippage_bps, found.fee_bps
    for total in (half_spread + slippage + fee, fee + half_spread + slippage, slippage + fee + half_spread):
        assert np.array_equal(total, found.net_bps)
    for at in np.ndindex(found.net_bps.shape):
        parts = (float(half_spread[at]), float(slippage[at]), float(fee[at]))
        assert on_common_grid(parts) == parts


def is_monotone_and_convex(sizes, paid) -> bool:
    """Whether what is paid beyond the mid rises with size, ever faster."""
    slopes = np.diff(paid) / np.diff(sizes)
    noise = 1e-9 * np.abs(slopes).max()
    return bool((np.diff(paid) >= 0).all() and (np.diff(slopes) >= -noise).all())


def test_cost_is_monotone_and_convex_in_size() -> None:
    snapshots = walking(50, 3)
    for side in ("buy", "sell"):
        sizes = np.linspace(0.05, float(np.nansum(snapshots.taken_from(1)[1], axis=1).min()) * 0.6, 60)
        found = cost(snapshots, sizes, side, fee_bps=0.0)
        for row in range(len(snapshots)):
            assert is_monotone_and_convex(sizes, found.net_quote[row])
            assert (np.diff(found.net_bps[row]) >= 0).all()


def test_a_cost_that_is_not_convex_is_noticed() -> None:
    sizes = np.array([1.0, 2.0, 3.0])
    assert is_monotone_and_convex(sizes, np.array([1.0, 2.0, 4.0]))
    assert not is_monotone_and_convex(sizes, np.array([1.0, 3.0, 4.0]))
    assert not is_monotone_and_convex(sizes, np.array([3.0, 2.0, 1.5]))


def test_compiled_and_interpreted_the_kernel_says_the_same() -> None:
    snapshots = walking(20, 4)
    prices, sizes = snapshots.taken_from(-1)
    wanted = np.random.default_rng(5).uniform(0.1, 20.0, (20, 7))
    wanted.flags.writeable = False
    results = []
    for function in (price_walks, price_walks.py_func):
        out = np.full((COLUMNS, *wanted.shape), np.nan)
        function(prices, sizes, snapshots.mid, snapshots.mid, wanted, -1.0, 7.5, 1e4, 1 + 1e-12, 50, out)
        results.append(out)
    assert not np.isnan(results[0]).any()
    np.testing.assert_allclose(results[0], results[1], rtol=1e-13, atol=1e-12)


def test_costs_so_small_that_the_grid_ends_stay_costs() -> None:
    snapshots = Snapshots([[1.0]], [[1.0]], [[np.nextafter(1.0, 2.0)]], [[1.0]])
    found = cost(snapshots, [1.0], "buy", fee_bps=0.0, reference="touch")
    assert found.net_bps.tolist() == [[0.0]]
    tiny = cost(snapshots, [1.0], "buy", fee_bps=1e-305, reference="touch")
    assert 0.0 <= tiny.net_bps[0, 0] <= 1.1e-300


def test_a_size_of_each_snapshots_own() -> None:
    snapshots = walking(3, 6)
    own = cost(snapshots, [[1.0], [2.0], [3.0]], "buy", fee_bps=1.0)
    all_of_them = cost(snapshots, [1.0, 2.0, 3.0], "buy", fee_bps=1.0)
    assert own.net_bps[:, 0].tolist() == np.diagonal(all_of_them.net_bps).tolist()


def test_the_whole_depth_is_filled_whole() -> None:
    snapshots = Snapshots([[99.0]], [[1.0]], [[100.0, 101.0, 102.0]], [[0.1, 0.2, 0.4]])
    found = cost(snapshots, [0.7, 0.8], "buy", fee_bps=0.0)
    assert found.unfilled[0].tolist() == [0.0, pytest.approx(0.1)]


def test_without_a_mid_there_is_no_number() -> None:
    nan = math.nan
    snapshots = Snapshots([[nan], [99.0]], [[nan], [1.0]], [[100.0], [100.0]], [[1.0], [1.0]])
    for reference in ("mid", "touch"):
        for side in ("buy", "sell"):
            found = cost(snapshots, [0.5, 2.0], side, fee_bps=1.0, reference=reference)
            for name in ("average_price", "net_bps", "net_quote", "filled", "unfilled", "slippage_bps", "fee_bps"):
                assert np.isnan(getattr(found, name)).tolist() == [[True, True], [False, False]], name


def test_nothing_in_a_result_can_be_written() -> None:
    found = cost(walking(2, 7), [1.0], "buy", fee_bps=1.0)
    names = ("reference_price", "average_price", "half_spread_bps", "slippage_bps", "fee_bps", "net_bps", "filled")
    for name in names:
        with pytest.raises(ValueError, match="read-only"):
            getattr(found, name)[0, 0] = 0.0


@pytest.mark.parametrize("size", [0.0, -1.0, math.nan, math.inf])
def test_sizes_that_are_refused(size) -> None:
    with pytest.raises(SizeError, match="positive finite number"):
        cost(walking(2, 8), [1.0, size], "buy", fee_bps=1.0)


@pytest.mark.parametrize("sizes", [[], [[1.0]] * 3, np.ones((2, 1, 1))])
def test_shapes_that_are_refused(sizes) -> None:
    with pytest.raises(SizeError, match="must have the shape"):
        cost(walking(2, 8), sizes, "buy", fee_bps=1.0)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"side": "long"}, "a side is buy"),
        ({"side": 0}, "a side is buy"),
        ({"side": True}, "a side is buy"),
        ({"fee_bps": math.nan}, "fee"),
        ({"fee_bps": 1e5}, "another unit"),
        ({"reference": "last"}, "a reference is"),
    ],
)
def test_what_else_is_refused(changes, message) -> None:
    with pytest.raises(UsageError, match=message):
        cost(walking(2, 9), [1.0], **{"side": "buy", "fee_bps": 1.0, **changes})
