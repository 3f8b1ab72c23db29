"""What is told of an order is what the library says of it, and has the shape that the wire promises."""

from __future__ import annotations

import msgspec
import pytest

from fillcast.core.state import BookState
from fillcast.dashboard.answering import answer
from fillcast.dashboard.asking import Question, percent_a_year, read
from fillcast.dashboard.studies import study_curve, study_frontier, study_schedule
from fillcast.dashboard.wire import Asked
from fillcast.dashboard.wire_quote import Quoted
from fillcast.forecast.fee_files import instrument_fee
from fillcast.forecast.forecast import forecast
from fillcast.forecast.order import parse_order
from fillcast.forecast.report import report
from fillcast.session.answer import Answers
from tests.dashboard.market import CONDITIONS, NOW_NS, SPOT, SWAP, VOLATILITY, seen_of, view_of

LISTED = {one.key: one for one in (SPOT, SWAP)}
TYPES = {
    "market": {},
    "limit": {"price": "68300.1"},
    "twap": {"horizon": "5m"},
    "vwap": {},
    "pov": {"participation": "0.1"},
    "is": {"risk_aversion": "1e-5"},
}


def question(**words: object) -> Question:
    found = read(Asked(**{"instrument": SPOT.key, "size": "5", **words}), LISTED, {})
    assert isinstance(found, Question), found
    return found


def finished(steps):
    """Run a study to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            return done.value


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_forecast_is_the_object_that_quote_prints(kind, side):
    words = TYPES[kind]
    seen = seen_of(view_of())
    live = answer(question(type=kind, side=side, **words), seen, Answers())
    numbers = {name: float(words[name]) for name in ("participation", "risk_aversion") if name in words}
    texts = {name: words[name] for name in ("price", "horizon") if name in words}
    order = parse_order(SPOT, side, "5", type=kind, **texts, **numbers)
    expected = report(
        forecast(
            order,
            seen.view,
            fee=instrument_fee(SPOT),
            volatility=VOLATILITY,
            now_ns=NOW_NS,
            conditions=CONDITIONS,
            health=seen.health,
        )
    )
    assert live.report() == expected
    assert live.is_priced
    # The structs of the wire name every key and no other.
    assert msgspec.to_builtins(msgspec.convert(expected, Quoted)) == expected


def test_an_order_beyond_what_trades_meanwhile_fits_the_wire():
    told = answer(question(type="twap", horizon="1s"), seen_of(view_of()), Answers()).report()
    assert told["square_root"]["rate_based_bps"] is None
    assert msgspec.to_builtins(msgspec.convert(told, Quoted)) == told


def test_the_schema_is_held_to_every_key():
    told = answer(question(), seen_of(view_of()), Answers()).report()
    with_more = {**told, "more": 1}
    assert msgspec.to_builtins(msgspec.convert(with_more, Quoted)) != with_more
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({key: value for key, value in told.items() if key != "net"}, Quoted)


def test_what_a_market_order_takes_are_the_rows_of_its_walk():
    seen = seen_of(view_of(asks=[(683_002, 1_000), (683_005, 3_000), (683_009, 9_000)]))
    taken = answer(question(size="2.5"), seen, Answers()).taken()
    assert (taken.base, taken.levels, taken.worst_ticks, taken.worst_share) == (2.5, 2, 683_005, 0.5)


def test_an_order_that_rests_takes_nothing_and_one_that_crosses_takes_up_to_its_price():
    seen = seen_of(view_of(asks=[(683_002, 1_000), (683_005, 3_000)]))
    resting = answer(question(type="limit", price="68300.0"), seen, Answers()).taken()
    assert (resting.base, resting.worst_ticks, resting.limit_ticks) == (0.0, None, 683_000)
    crossing = answer(question(type="limit", price="68300.3"), seen, Answers()).taken()
    assert (crossing.base, crossing.worst_ticks, crossing.worst_share) == (1.0, 683_002, 1.0)


def test_the_first_slice_of_a_worked_order_is_what_it_takes_now():
    live = answer(question(type="twap", horizon="1m"), seen_of(view_of()), Answers())
    assert live.forecast.priced is not None
    assert live.taken().base == pytest.approx(live.forecast.priced.slices[0].base)


def test_without_a_live_book_the_last_forecast_is_told_as_old():
    answers, asked = Answers(), question()
    first = answer(asked, seen_of(view_of()), answers)
    assert first.last().report is None
    stale = seen_of(view_of(), state=BookState.STALE, reason="silent for 6 s", now_ns=NOW_NS + 6_000_000_000)
    then = answer(asked, stale, answers)
    assert then.report()["net"] is None
    assert "silent for 6 s" in then.report()["reason"]
    last = then.last()
    assert last.age_ms == 6_000.0
    assert msgspec.to_builtins(last.report) == first.report()
    assert then.taken().base == 0.0
    assert then.depth().bps == []


def test_depth_is_what_the_view_shows_within_each_distance():
    live = answer(question(), seen_of(view_of()), Answers())
    depth = live.depth()
    for place, bps in enumerate(depth.bps):
        assert depth.bid_base[place] == pytest.approx(live.seen.view.depth_base(1, bps))
        assert depth.ask_base[place] == pytest.approx(live.seen.view.depth_base(-1, bps))
    assert depth.bid_base == sorted(depth.bid_base)


def test_the_curve_passes_through_the_forecasts_of_its_sizes():
    live = answer(question(), seen_of(view_of()), Answers())
    curve = finished(study_curve(live))
    for line, kind in ((curve.twap, "twap"), (curve.optimal, "is")):
        assert line.base
        for base, net_bps in list(zip(line.base, line.net_bps, strict=True))[::4]:
            one = answer(question(type=kind, size=f"{base:.3f}"), live.seen, Answers()).forecast
            assert one.net is not None
            assert one.net.bps == pytest.approx(net_bps, rel=1e-9)
    assert curve.order_bps == live.forecast.net.bps
    assert curve.now.low_bps[0] <= curve.now.net_bps[0] <= curve.now.high_bps[0]


def test_each_point_of_the_frontier_is_what_its_risk_aversion_costs():
    live = answer(question(type="is", size="20", risk_aversion="1e-6"), seen_of(view_of()), Answers())
    frontier = finished(study_frontier(live))
    assert frontier.risk_aversion == sorted(frontier.risk_aversion)
    assert frontier.chosen is not None
    assert frontier.cost_bps[frontier.chosen] == live.forecast.net.bps
    place = len(frontier.risk_aversion) // 2
    again = question(type="is", size="20", risk_aversion=repr(frontier.risk_aversion[place]))
    assert answer(again, live.seen, Answers()).forecast.net.bps == frontier.cost_bps[place]
    # More aversion, less risk.
    assert all(a >= b - 1e-9 for a, b in zip(frontier.sd_bps, frontier.sd_bps[1:], strict=False))


def test_a_schedule_trades_the_whole_order_and_stands_beside_its_alternatives():
    live = answer(question(type="twap", size="20", horizon="2m"), seen_of(view_of()), Answers())
    schedule = finished(study_schedule(live))
    assert [path.name for path in schedule.paths] == ["order", "twap", "optimal"]
    for path in schedule.paths:
        assert sum(path.base) == pytest.approx(20.0)
        assert path.left_base[-1] == pytest.approx(0.0, abs=1e-9)
    assert schedule.paths[0].net_bps == schedule.paths[1].net_bps == live.forecast.net.bps
    assert schedule.band_bps == sorted(schedule.band_bps)


def test_studies_of_a_book_that_is_not_live_say_why_and_hold_nothing():
    live = answer(question(), seen_of(view_of(), state=BookState.STALE, reason="silent"), Answers())
    curve, frontier = finished(study_curve(live)), finished(study_frontier(live))
    assert "silent" in curve.now.reason
    assert "silent" in frontier.reason
    assert curve.now.base == frontier.cost_bps == []
    assert all("silent" in path.reason for path in finished(study_schedule(live)).paths)


def test_a_stated_volatility_takes_the_place_of_the_measured_one():
    stated = question(volatility="80%", type="twap")
    volatility = stated.volatility(VOLATILITY)
    assert percent_a_year(volatility.sigma_per_sqrt_s) == pytest.approx(80.0)
    live = answer(stated, seen_of(view_of()), Answers())
    assert "stated by you" in " ".join(live.report()["provenance"])
    assert question().volatility(VOLATILITY) is VOLATILITY
