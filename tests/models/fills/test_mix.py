from __future__ import annotations

import inspect
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import ParameterError
from fillcast.models.fills import (
    EmpiricalOutflow,
    Estimate,
    ExponentialOutflow,
    MakerTakerMix,
    Markout,
    Outflow,
    SplitModel,
    maker_taker_mix,
)

MARKOUT = Markout(1_000_000_000, Estimate(1.2, 0.8, 1.6, 0.9, 300))
ORDER = {
    "size": 1000.0,
    "limit": 1000.0,
    "queue": 2000.0,
    "outflow": ExponentialOutflow(2200.0),
    "maker_fee_bps": 2.0,
    "taker_fee_bps": 5.0,
    "half_spread_bps": 1.0,
    "markout": MARKOUT,
}


def mixed(**changes: object) -> MakerTakerMix:
    return maker_taker_mix(**(ORDER | changes))  # type: ignore[arg-type]


def test_by_hand_from_the_golden_case() -> None:
    """Half-spread .02, penalty .03: all limit, of which 323.754556 fill."""
    split = SplitModel(0.02, 0.002, 0.003, 0.03, 0.0005, ExponentialOutflow(2200.0)).split(1000.0, 2000.0)
    mix = mixed(limit=float(split.limit))
    share = 0.323754556
    assert mix.maker_share.value == pytest.approx(share, abs=1e-9)
    assert mix.fee_bps.value == pytest.approx(5.0 * (1 - share) + 2.0 * share, abs=1e-8)
    assert mix.fill_probability.value == pytest.approx(math.exp(-3000 / 2200))
    assert mix.maker_cost_bps.value == pytest.approx(-1.0 + 2.0 + 1.2)
    assert mix.cost_bps.value == pytest.approx(share * 2.2 + (1 - share) * 6.0, abs=1e-8)
    assert mix.maker_share.n == 0  # a distribution that is given has no interval
    assert (mix.maker_share.low, mix.maker_share.high) == (mix.maker_share.value, mix.maker_share.value)


def check_shares_and_sums(mix: MakerTakerMix, order: dict[str, object]) -> None:
    for share in (mix.maker_share, mix.fill_probability):
        assert 0.0 <= share.low <= share.value <= share.high <= 1.0
    ms = mix.maker_share.value
    taker = float(order["half_spread_bps"]) + float(order["taker_fee_bps"])  # type: ignore[arg-type]
    assert mix.cost_bps.value == pytest.approx(ms * mix.maker_cost_bps.value + (1 - ms) * taker, abs=1e-9)
    fee = ms * float(order["maker_fee_bps"]) + (1 - ms) * float(order["taker_fee_bps"])  # type: ignore[arg-type]
    assert mix.fee_bps.value == pytest.approx(fee, abs=1e-9)
    adverse = mix.cost_bps.value - mix.fee_bps.value - float(order["half_spread_bps"]) * (1 - 2 * ms)  # type: ignore[arg-type]
    assert adverse == pytest.approx(ms * 1.2, abs=1e-9)


outflows = st.one_of(
    st.floats(1.0, 1e4).map(ExponentialOutflow),
    st.lists(st.floats(0.0, 1e4), min_size=2, max_size=30).map(lambda seen: EmpiricalOutflow(np.array(seen))),
)


@given(
    size=st.floats(0.1, 1e4),
    part=st.floats(0.0, 1.0),
    queue=st.floats(0.0, 1e4),
    outflow=outflows,
    maker=st.floats(-5.0, 10.0),
    taker=st.floats(-5.0, 20.0),
    half_spread=st.floats(0.0, 50.0),
)
def test_shares_are_shares_and_parts_add_up(
    size: float, part: float, queue: float, outflow: Outflow, maker: float, taker: float, half_spread: float
) -> None:
    order = {
        "size": size,
        "limit": part * size,
        "queue": queue,
        "outflow": outflow,
        "maker_fee_bps": maker,
        "taker_fee_bps": taker,
        "half_spread_bps": half_spread,
    }
    check_shares_and_sums(mixed(**order), order)


def test_a_mix_that_forgets_adverse_selection_is_caught() -> None:
    mix = mixed()
    free = replace(mix, maker_cost_bps=mix.maker_cost_bps.scaled(1.0, -1.2), cost_bps=mix.cost_bps.scaled(1.0, -0.3885))
    with pytest.raises(AssertionError):
        check_shares_and_sums(free, ORDER)
    assert inspect.signature(maker_taker_mix).parameters["markout"].default is inspect.Parameter.empty
    with pytest.raises(ParameterError, match="markout must be calibrated"):
        mixed(markout=Markout(1, None, "not calibrated: 3 fills"))


@given(queue=st.floats(0.0, 1e4), more=st.floats(0.0, 1e4), mean=st.floats(1.0, 1e4), longer=st.floats(0.0, 1e4))
def test_the_maker_share_falls_with_the_queue_and_rises_with_the_horizon(
    queue: float, more: float, mean: float, longer: float
) -> None:
    near, far = (mixed(queue=ahead, outflow=ExponentialOutflow(mean)) for ahead in (queue, queue + more))
    later = mixed(queue=queue, outflow=ExponentialOutflow(mean + longer))  # more leaves in a longer time
    assert far.maker_share.value <= near.maker_share.value <= later.maker_share.value + 1e-12
    assert far.fill_probability.value <= near.fill_probability.value <= later.fill_probability.value + 1e-12


def test_intervals_come_from_the_estimates() -> None:
    windows = EmpiricalOutflow(np.random.default_rng(1).exponential(2200.0, 400))
    mix = mixed(outflow=windows)
    assert mix.maker_share.low < 0.323754556 < mix.maker_share.high
    assert mix.maker_share.n == 400
    assert mix.fee_bps.low == pytest.approx(5.0 - 3.0 * mix.maker_share.high)
    assert mix.cost_bps.low < mix.cost_bps.value < mix.cost_bps.high
    corner = mix.maker_share.high * mix.maker_cost_bps.low + (1 - mix.maker_share.high) * 6.0
    assert mix.cost_bps.low == pytest.approx(corner)
    known = Estimate(0.4, 0.3, 0.5, 0.9, 50)
    assert mixed(fill_probability=known).fill_probability == known


def test_no_limit_part_is_all_taker() -> None:
    mix = mixed(limit=0.0, queue=0.0)
    assert (mix.maker_share.value, mix.fee_bps.value, mix.cost_bps.value) == (0.0, 5.0, 6.0)
    assert mix.fill_probability.value == 1.0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", 0.0),
        ("limit", -1.0),
        ("limit", 1001.0),
        ("queue", math.nan),
        ("maker_fee_bps", math.inf),
        ("taker_fee_bps", math.nan),
        ("half_spread_bps", -1.0),
        ("level", 1.0),
    ],
)
def test_bad_orders_are_refused_by_name(name: str, value: float) -> None:
    with pytest.raises(ParameterError, match=f"{name} must be"):
        mixed(**{name: value})


def test_an_estimate_outside_its_interval_is_refused() -> None:
    with pytest.raises(ParameterError, match="an interval must hold its value"):
        Estimate(1.0, 0.0, 0.5, 0.9, 3)
    with pytest.raises(ParameterError, match="fill_probability must be"):
        mixed(fill_probability=Estimate(0.9, 0.5, 1.5, 0.9, 3))
