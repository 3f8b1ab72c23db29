"""The rolling features against their twin, the golden events of the literature, and the edges of what is fed."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE, EventBuffer
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import ParameterError
from fillcast.models.features import (
    BOOK_FEATURES,
    FEATURES,
    FLOW_FEATURES,
    FeatureState,
    book_features,
    features_at,
)
from fillcast.models.features.layout_kernels import LEVELS, WINDOWS_NS
from fillcast.models.liquidity.order_flow import flow_events
from tests.models.features.streams import INSTRUMENT, MS, START_NS, Frame, Message, Player, Row, frames
from tests.models.features.twin import Twin

S = 1000 * MS
# Best bid, its size, best ask, its size; and e of each change (Cont, Kukanov and Stoikov 2014, worked by hand).
GOLDEN = ((1000, 10, 1001, 12), (1000, 14, 1001, 12), (1001, 5, 1002, 8), (1001, 3, 1002, 9), (1000, 14, 1001, 4))
GOLDEN = (*GOLDEN, (1000, 14, 1001, 7))
GOLDEN_FLOWS = (4, 17, -3, -7, -3)
UNIT = Instrument("test", "U", "U", "USD", Decimal("0.1"), Decimal(1))


def named(player: Player, now_ns: int | None = None) -> dict[str, float]:
    return dict(zip((one.name for one in FLOW_FEATURES), player.at(now_ns).tolist(), strict=True))


def book(at_ns: int, *rows: Row, full_state: bool = True) -> Frame:
    return Frame((Message(SNAPSHOT, at_ns, rows, full_state=full_state),))


def update(at_ns: int, *rows: Row) -> Frame:
    return Frame((Message(UPDATE, at_ns, rows),))


def trade(at_ns: int, lots: int) -> Frame:
    return Frame((Message(TRADES, at_ns, ((1 if lots > 0 else -1, 1000, abs(lots)),)),))


def touch(at_ns: int, bid: int, bid_lots: int, ask: int, ask_lots: int) -> Frame:
    return book(at_ns, (1, bid, bid_lots), (-1, ask, ask_lots))


def compare(seed: int, *, every: int = 11, alter: Any = None) -> int:
    """Compare a stream's answers with those of the twin, now and later; return how many."""
    player, twin, asked = Player(), Twin(), 0
    for place, frame in enumerate(frames(seed)):
        player.play([frame])
        twin.play(alter(frame) if alter else frame)
        if place % every == 0:
            for later in (0, 12 * S):
                now_ns = player.state.last_ns + later
                expected, ours = twin.at(now_ns), named(player, now_ns)
                assert sorted(expected) == sorted(ours)
                for name, value in ours.items():
                    assert value == pytest.approx(expected[name], rel=1e-9, abs=1e-9, nan_ok=True), (place, later, name)
                asked += 1
    return asked


@pytest.mark.parametrize("seed", range(6))
def test_equals_the_twin(seed: int) -> None:
    assert compare(seed) > 40


def test_every_feature_takes_values_on_the_streams() -> None:
    values = np.array(
        [player.at() for seed in range(3) for player in [Player()] for f in frames(seed) if player.play([f])]
    )
    for place, feature in enumerate(FLOW_FEATURES):
        column = values[:, place]
        known = column[np.isfinite(column)]
        assert len(known), feature.name
        assert len(np.unique(known)) > 1 or feature.name in ("feed_latency", "day_of_week"), feature.name


def test_a_twin_that_is_told_something_else_is_caught() -> None:
    def without_a_lot(frame: Frame) -> Frame:
        return Frame(tuple(one for one in frame.messages if one.kind != TRADES), frame.live)

    with pytest.raises(AssertionError):
        compare(0, alter=without_a_lot)


def test_golden_order_flow() -> None:
    player = Player(UNIT)
    player.play([touch(START_NS, *GOLDEN[0])])
    total = 0
    for place, (state, expected) in enumerate(zip(GOLDEN[1:], GOLDEN_FLOWS, strict=True), 1):
        player.play([touch(START_NS + place * MS, *state)])
        total += expected
        assert named(player)["ofi_100ms"] == named(player)["ofi_60s"] == total
    assert total == 8
    assert flow_events(*np.array(GOLDEN, float).T).tolist() == list(GOLDEN_FLOWS)


def test_a_moved_golden_size_is_caught() -> None:
    player = Player(UNIT)
    moved = (*GOLDEN[:-1], (*GOLDEN[-1][:3], GOLDEN[-1][3] + 1))
    player.play(touch(START_NS + place, *state) for place, state in enumerate(moved))
    assert named(player)["ofi_1s"] != sum(GOLDEN_FLOWS)


def test_each_level_has_the_flow_of_the_formula() -> None:
    random = np.random.default_rng(5)
    bids = 1000 - np.arange(LEVELS) - random.integers(0, 2, (40, 1))
    asks = bids[:, :1] + 1 + np.arange(LEVELS)
    bid_lots, ask_lots = random.integers(1, 50, (2, 40, LEVELS))
    player = Player(UNIT)
    for place in range(40):
        rows = [(1, *map(int, one)) for one in zip(bids[place], bid_lots[place], strict=True)]
        rows += [(-1, *map(int, one)) for one in zip(asks[place], ask_lots[place], strict=True)]
        player.play([book(START_NS + place * MS, *rows)])  # type: ignore[arg-type]
    ours = named(player)
    expected = flow_events(bids, bid_lots, asks, ask_lots).sum(axis=0)
    assert [ours["ofi_1s"], *(ours[f"mlofi_{level}_1s"] for level in range(2, LEVELS + 1))] == expected.tolist()


def test_windows_hold_their_end_and_not_their_beginning() -> None:
    player = Player(UNIT).play([trade(START_NS, 5)])
    for window, name in zip(WINDOWS_NS, ("100ms", "1s", "10s", "60s"), strict=True):
        assert named(player, START_NS)[f"tfi_{name}"] == 5
        assert named(player, START_NS + window - 1)[f"tfi_{name}"] == 5
        assert named(player, START_NS + window)[f"tfi_{name}"] == 0


def test_the_flow_starts_anew_where_the_book_was_not_followed() -> None:
    first, then = touch(START_NS, *GOLDEN[0]), touch(START_NS + MS, *GOLDEN[1])
    lost = Frame((), live=False)
    renewed = book(START_NS + MS, (1, 1000, 14), (-1, 1001, 12), full_state=False)
    assert named(Player(UNIT).play([first, then]))["ofi_1s"] == 4
    for gap in ([first, lost, then], [first, renewed]):
        assert named(Player(UNIT).play(gap))["ofi_1s"] == 0


def test_a_sweep_refills() -> None:
    levels = [(1, 1000 - gap, 10) for gap in range(5)]
    asks = [(-1, 1001, 10)]
    player = Player(UNIT).play([book(START_NS, *levels, *asks)])
    assert math.isnan(named(player)["refill_bid"])
    player.play([update(START_NS + S, (1, 1000, 0), (1, 999, 0), (1, 998, 0), (1, 997, 5))])  # 35 of 50 lots
    assert named(player)["refill_bid"] == 0
    player.play([update(START_NS + 2 * S, (1, 997, 12))])
    assert named(player)["refill_bid"] == pytest.approx(7 / 35)
    assert named(player, START_NS + 3 * S)["refill_bid"] == pytest.approx(7 / 35 / 2)
    player.play([update(START_NS + 5 * S, (1, 998, 14)), update(START_NS + 6 * S, (1, 998, 99))])
    assert named(player, START_NS + 9 * S)["refill_bid"] == pytest.approx(21 / 35 / 4)
    assert math.isnan(named(player)["refill_ask"])


def test_half_of_the_size_is_a_sweep_and_half_of_it_back_ends_the_count() -> None:
    asks = [(-1, 1001, 20), (-1, 1002, 20)]
    player = Player(UNIT).play([book(START_NS, (1, 1000, 10), *asks), update(START_NS + S, (-1, 1001, 0))])
    player.play([update(START_NS + 3 * S, (-1, 1002, 30)), update(START_NS + 4 * S, (-1, 1002, 90))])
    assert named(player, START_NS + 8 * S)["refill_ask"] == pytest.approx(10 / 20 / 2)
    less = Player(UNIT).play([book(START_NS, (1, 1000, 10), *asks), update(START_NS, (-1, 1001, 0), (-1, 1002, 21))])
    assert math.isnan(named(less)["refill_ask"])


def test_the_last_mid_of_a_time_stamp_is_the_sample() -> None:
    late, early = touch(START_NS, 1010, 1, 1012, 1), touch(START_NS, 1000, 1, 1002, 1)
    after = [touch(START_NS + 2 * S, 1000, 1, 1002, 1), touch(START_NS + 2 * S, 1010, 1, 1012, 1)]
    assert math.isnan(named(Player(UNIT).play([early, late]))["sigma_10s"])
    assert named(Player(UNIT).play([early, late, *after]))["sigma_10s"] == 0
    assert named(Player(UNIT).play([early, *after]))["sigma_10s"] > 1


def test_what_is_traded_is_not_cancelled() -> None:
    player = Player(UNIT).play([book(START_NS, (1, 1000, 10), (-1, 1001, 10)), update(START_NS, (1, 1000, 30))])
    player.play([update(START_NS + 1, (1, 1000, 15)), trade(START_NS + 2, -5)])
    assert named(player)["cancel_add_ratio_1s"] == pytest.approx((15 - 5) / 20)


def test_alternating_trades_are_negatively_correlated_and_fills_of_one_order_count_once() -> None:
    split = [trade(START_NS + place // 2 * S, 3 if place // 2 % 2 else -3) for place in range(20)]
    assert named(Player(UNIT).play(split))["signed_volume_autocorrelation"] == pytest.approx(-1)
    steady = [trade(START_NS + place * S, 3) for place in range(20)]
    assert named(Player(UNIT).play(steady))["signed_volume_autocorrelation"] == pytest.approx(1)


def test_inverse_lots_are_base_at_the_mid() -> None:
    inverse = Instrument("test", "I", "BTC", "USD", Decimal("0.5"), Decimal(1), ContractKind.INVERSE, Decimal(100))
    player = Player(inverse).play([trade(START_NS, 3)])
    assert math.isnan(named(player)["tfi_1s"])
    player.play([touch(START_NS, 99_999, 1, 100_001, 1)])
    assert named(player)["tfi_1s"] == pytest.approx(3 * 100 / 50_000)


def test_trades_of_another_connection() -> None:
    player = Player(UNIT).play([touch(START_NS, *GOLDEN[0])])
    apart = EventBuffer(8)
    apart.add(TRADES, 3, np.array([[1, 1001, 4, 0]]), event_ns=START_NS + MS)
    player.state.update(apart, 3)
    assert named(player)["tfi_1s"] == 4


def test_messages_without_a_time_count_at_their_arrival() -> None:
    player, row = Player(UNIT), np.array([[1, 1001, 4, 0]])
    for recv_ns, expected in ((0, math.nan), (START_NS, 4), (0, 8)):
        player.events.clear()
        player.events.add(TRADES, 0, row, event_ns=0, recv_ns=recv_ns)
        player.state.update(player.events, 0)
        assert named(player)["tfi_1s"] == pytest.approx(expected, nan_ok=True)
    assert player.state.last_ns == START_NS


def test_the_calendar_is_that_of_utc() -> None:
    for day in range(1, 15):
        moment = dt.datetime(2024, 2, day, 23, 59, 59, tzinfo=dt.UTC)
        found = named(Player(UNIT), int(moment.timestamp()) * 10**9)
        assert (found["minute_of_day"], found["day_of_week"]) == (24 * 60 - 1, moment.weekday())


def test_a_clock_that_starts_over() -> None:
    player = Player(UNIT).play([touch(START_NS, *GOLDEN[0]), touch(START_NS, *GOLDEN[1]), trade(START_NS, 5)])
    player.play([trade(START_NS - 60 * S, 7)])
    assert (player.state.restarts, player.state.last_ns, named(player)["tfi_1s"]) == (0, START_NS, 12)
    player.play([trade(START_NS - 60 * S - 1, 9)])
    assert (player.state.restarts, player.state.last_ns) == (1, START_NS - 60 * S - 1)
    assert (named(player)["tfi_60s"], named(player)["ofi_60s"], named(player)["seen"]) == (9, 0, 0)


def test_a_full_ring_says_what_it_dropped() -> None:
    player = Player(UNIT, capacity=2).play(trade(START_NS + place, lots) for place, lots in enumerate((1, 2, 4)))
    assert [named(player)[f"tfi_{name}"] for name in ("100ms", "60s")] == [6, 6]
    assert player.state.dropped == len(WINDOWS_NS)
    assert named(player)["mean_trade_size_1s"] == 3
    for capacity in (0, -1, 1.5):
        with pytest.raises(ParameterError, match="capacity"):
            FeatureState(UNIT, capacity)  # type: ignore[arg-type]


def test_the_whole_vector() -> None:
    player = Player().play(frames(1, 60))
    view = player.book.view()
    vector = features_at(player.state, view, 1, 0.5)
    assert len(vector) == len(FEATURES)
    np.testing.assert_array_equal(vector[: len(BOOK_FEATURES)], book_features(view, 1, 0.5))
    np.testing.assert_array_equal(vector[len(BOOK_FEATURES) :], player.at())
    assert len({one.name for one in FEATURES}) == len(FEATURES)
    assert all(one.unit and one.definition and one.window for one in FEATURES)


@pytest.mark.parametrize("now_ns", [-1, START_NS - 1, 1 << 63, 1.5])
def test_times_that_cannot_be_asked_for(now_ns: int) -> None:
    player = Player(UNIT).play([touch(START_NS, *GOLDEN[0])])
    with pytest.raises(ParameterError, match="now_ns"):
        player.at(now_ns)


def test_a_view_from_the_future_is_refused() -> None:
    past, present = Player().play([frames(1, 2)[0]]), Player().play(frames(1, 60))
    with pytest.raises(ParameterError, match="time of the book"):
        features_at(past.state, present.book.view(), 1, 0.5)


def test_lots_are_of_the_instrument() -> None:
    assert named(Player().play([trade(START_NS, 5)]))["tfi_1s"] == pytest.approx(5 * INSTRUMENT.lot_value)
