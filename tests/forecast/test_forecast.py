from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.book import Book
from fillcast.core.state import BookState, Proof
from fillcast.core.view import BookView
from fillcast.errors import SizeError, UsageError
from fillcast.forecast.components import Component, Net
from fillcast.forecast.forecast import Forecast, forecast
from fillcast.forecast.interval import mid_move_bps
from fillcast.models.fees import DisputedFee, stated_fee
from fillcast.models.volatility import VolatilityEstimate
from fillcast.venues.protocol import Health
from tests.forecast.examples import (
    FREE,
    MEASURED,
    NOW_NS,
    QUANTO,
    SPOT,
    SWAP,
    mirrored_books,
    ordered,
    priced,
    sides_of,
    view_of,
)

BIDS = [("99.99", "1"), ("99.98", "5")]
ASKS = [("100.01", "1"), ("100.02", "5")]


def total(view: BookView, side: str) -> int:
    return int(view.opposite(1 if side == "buy" else -1).cumulative_lots[-1])


def lots_text(view: BookView, lots: int) -> str:
    """A size of exactly that many lots, in the venue's own unit."""
    text = str(view.instrument.size(lots))
    return text + ("ct" if view.instrument.sized_in == "contracts" else "")


def net_bps(view: BookView, side: str, lots: int, fee_bps: float = 0.0) -> float:
    found = priced(view, side, lots_text(view, lots), stated_fee(fee_bps))
    assert found.net is not None
    return found.net.bps


# What a forecast says, by hand.


def test_nothing_is_counted_twice() -> None:
    found = priced(view_of(SPOT, BIDS, ASKS), "buy", "3", stated_fee(10.0))
    assert found.fill is not None
    assert found.net is not None
    paid = 1 * 100.01 + 2 * 100.02
    assert found.net.quote == pytest.approx(paid * 1.001 - 3 * 100.0, rel=1e-12)
    assert found.net.bps == pytest.approx(1e4 * (paid * 1.001 - 300.0) / 300.0, rel=1e-10)
    assert found.fill.all_in_price == pytest.approx(paid * 1.001 / 3, rel=1e-14)


def test_within_the_touch_there_is_no_slippage() -> None:
    found = priced(view_of(SPOT, BIDS, ASKS), "sell", "0.9")

    assert [part.bps for part in found.components][1] == 0.0
    assert found.components[1].low_bps == found.components[1].high_bps == 0.0


def test_only_latency_is_uncertain_on_a_proven_book() -> None:
    found = priced(view_of(SPOT, BIDS, ASKS), "buy", "3", stated_fee(10.0))
    assert found.net is not None
    assert found.fill is not None

    move = mid_move_bps(MEASURED, found.latency_s, 0.90)
    for part in found.components:
        spread = move if part.name == "latency" else 0.0
        assert (part.low_bps, part.high_bps) == (part.bps - spread, part.bps + spread)
        assert part.high_quote - part.quote == pytest.approx(spread * found.fill.base * 100.0 / 1e4)
    assert found.net.high_bps - found.net.bps == pytest.approx(move, rel=1e-12)
    assert found.net.bps - found.net.low_bps == pytest.approx(move, rel=1e-12)
    assert (found.net.level, found.net.at_most) == (0.90, False)


def test_latency_and_level_can_be_overridden() -> None:
    view, order = view_of(SPOT, BIDS, ASKS), ordered(view_of(SPOT, BIDS, ASKS), "buy", "1")
    found = forecast(order, view, fee=FREE, volatility=MEASURED, now_ns=NOW_NS, latency_s=4.0, level=0.5)

    assert found.latency_s == 4.0
    assert found.components[2].high_bps == pytest.approx(mid_move_bps(MEASURED, 4.0, 0.5))
    assert found.net is not None
    assert found.net.level == 0.5
    for wrong in (-1.0, math.nan):
        with pytest.raises(UsageError, match="latency"):
            forecast(order, view, fee=FREE, volatility=MEASURED, now_ns=NOW_NS, latency_s=wrong)
    with pytest.raises(UsageError, match="level"):
        forecast(order, view, fee=FREE, volatility=MEASURED, now_ns=NOW_NS, level=1.0)


def test_without_a_measured_volatility_the_interval_is_wider_not_zero() -> None:
    view = view_of(SPOT, BIDS, ASKS)
    unknown = VolatilityEstimate(None, 0.0, 60.0)
    known = VolatilityEstimate(unknown.prior_per_sqrt_s, 200.0, 60.0)

    guessed, measured = priced(view, "buy", "1", FREE, unknown), priced(view, "buy", "1", FREE, known)
    assert guessed.components[2].high_bps > 1.2 * measured.components[2].high_bps > 0


def test_what_sources_dispute_widens_the_fee() -> None:
    fee = replace(stated_fee(10.0), disputed=(DisputedFee(8.0, 7.0, "a"), DisputedFee(9.0, 12.0, "b")))
    found, plain = (priced(view_of(SPOT, BIDS, ASKS), "buy", "1", rate) for rate in (fee, stated_fee(10.0)))
    assert found.net is not None
    assert plain.net is not None

    per_bps = found.components[3].bps / 10.0
    assert found.components[3].low_bps == pytest.approx(7.0 * per_bps)
    assert found.components[3].high_bps == pytest.approx(12.0 * per_bps)
    assert found.net.bps == plain.net.bps
    assert found.net.low_bps == pytest.approx(plain.net.low_bps - 3.0 * per_bps)
    assert found.net.high_bps == pytest.approx(plain.net.high_bps + 2.0 * per_bps)


def test_beyond_the_visible_depth_the_rest_is_unfilled() -> None:
    found = priced(view_of(SPOT, BIDS, ASKS), "buy", "10")
    assert found.fill is not None

    assert (found.fill.base, found.fill.unfilled_base) == (pytest.approx(6.0), pytest.approx(4.0))
    assert found.fill.worst_price == 100.02
    assert found.net is not None


def test_beyond_the_proven_edge_the_price_is_at_most() -> None:
    asks = [("100.01", "1"), ("100.05", "1"), ("100.10", "5")]
    found = priced(view_of(SPOT, BIDS, asks, proven_ask="100.05"), "buy", "4")
    assert found.fill is not None
    assert found.net is not None

    assert found.net.at_most
    assert found.fill.unproven_base == pytest.approx(2.0)
    # The point walks the levels that are known; at best the two unproven would cost the edge, 100.05.
    slippage = found.components[1]
    assert slippage.bps == pytest.approx(1e4 * ((100.01 + 100.05 + 2 * 100.10) / 4 - 100.01) / 100.0, rel=1e-9)
    assert slippage.low_bps == pytest.approx(1e4 * ((100.01 + 3 * 100.05) / 4 - 100.01) / 100.0, rel=1e-9)
    assert slippage.high_bps == slippage.bps
    # 2 x 0.05 / 4 over 100 is 2.5 bps.
    assert found.net.low_bps == pytest.approx(found.net.bps - 2.5 + found.components[2].low_bps)
    assert found.book.proven_bps == pytest.approx(1e4 * 0.05 / 100.0)
    within = priced(view_of(SPOT, BIDS, asks, proven_ask="100.05"), "buy", "2")
    assert within.net is not None
    assert not within.net.at_most


def test_a_touch_beyond_the_proven_edge_may_be_better_too() -> None:
    found = priced(view_of(SPOT, BIDS, ASKS, proven_ask="100.00"), "buy", "1")
    assert found.fill is not None

    assert found.fill.unproven_base == pytest.approx(1.0)
    half_spread, slippage = found.components[:2]
    assert (half_spread.low_bps, half_spread.high_bps) == (pytest.approx(0.0, abs=1e-9), half_spread.bps)
    assert slippage.low_bps == 0.0


def test_a_forecast_is_frozen() -> None:
    found = priced(view_of(SPOT, BIDS, ASKS), "buy", "1")

    for record, name in (
        (found, "priced"),
        (found.priced, "net"),
        (found.net, "bps"),
        (found.components[0], "bps"),
        (found.fill, "base"),
    ):
        with pytest.raises(AttributeError):
            setattr(record, name, 0.0)
    assert hash(found.components)


def test_a_forecast_outlives_its_book() -> None:
    book = Book.from_levels(SPOT, BIDS, ASKS)
    found = priced(book.view(), "buy", "3")
    before = repr(found)
    book.clear()
    book.state = BookState.BROKEN

    assert repr(found) == before


def test_the_same_arguments_give_the_same_forecast() -> None:
    view = view_of(SPOT, BIDS, ASKS)

    assert priced(view, "buy", "3", stated_fee(10.0)) == priced(view, "buy", "3", stated_fee(10.0))


# What is not forecast.


@pytest.mark.parametrize("state", [state for state in BookState if state is not BookState.LIVE])
def test_only_a_live_book_is_priced(state: BookState) -> None:
    book = Book.from_levels(SPOT, BIDS, ASKS)
    book.state, book.reason = state, "a reason to see"
    found = priced(book.view(), "buy", "1")

    assert found.net is None
    assert found.fill is None
    assert found.components == ()
    assert state.name in found.reason
    assert "a reason to see" in found.reason
    assert found.book.state == state.name


def test_a_connection_that_doubts_the_book_outranks_the_view() -> None:
    view = view_of(SPOT, BIDS, ASKS)
    live = Health(BookState.LIVE, "", Proof.SEQUENCE, 12_000_000, 34_000_000, 0)
    stale = Health(BookState.STALE, "no frame for 12 s", Proof.SEQUENCE, 12_000_000_000, 13_000_000_000, 0)
    order = ordered(view, "buy", "1")

    found = forecast(order, view, fee=FREE, volatility=MEASURED, now_ns=NOW_NS, health=live)
    assert found.net is not None
    assert (found.book.age_ms, found.book.last_change_ms, found.book.proof) == (12.0, 34.0, "sequence")
    found = forecast(order, view, fee=FREE, volatility=MEASURED, now_ns=NOW_NS, health=stale)
    assert found.net is None
    assert "STALE: no frame for 12 s" in found.reason


def net_of(age_ns: int | None) -> Net:
    view = view_of(SPOT, BIDS, ASKS)
    health = None if age_ns is None else Health(BookState.LIVE, "", Proof.SEQUENCE, age_ns, 0, 0)
    order = ordered(view, "buy", "1")
    found = forecast(order, view, fee=FREE, volatility=MEASURED, now_ns=NOW_NS, health=health)
    assert found.latency_s == 0.25
    assert found.net is not None
    return found.net


def test_the_interval_of_a_silent_book_widens_with_its_age() -> None:
    at_once, young, old = (net_of(age_ns) for age_ns in (None, 10_000_000, 4_200_000_000))
    width = at_once.high_bps - at_once.bps
    assert young.high_bps - young.bps == pytest.approx(width * (0.26 / 0.25) ** 0.5)
    assert old.bps - old.low_bps == pytest.approx(width * (4.45 / 0.25) ** 0.5)
    assert at_once.bps == young.bps == old.bps


def test_levels_beyond_an_int64_of_lots_are_a_reason_and_no_error() -> None:
    most = str(SPOT.size(2**60 - 1))
    asks = [(f"{100 + step}", most) for step in range(1, 12)]
    found = priced(view_of(SPOT, BIDS, asks), "buy", "1")
    assert found.net is None
    assert found.fill is None
    assert "add up beyond int64 lots" in found.reason


def test_a_book_with_one_side_has_no_mid() -> None:
    for bids, asks in ((BIDS, []), ([], ASKS), ([], [])):
        found = priced(view_of(SPOT, bids, asks), "buy", "1")
        assert found.net is None
        assert "no mid" in found.reason


def test_a_crossed_book_is_not_priced() -> None:
    view = view_of(SPOT, BIDS, ASKS)
    crossed = replace(view, bids=view.asks, asks=view.bids)

    assert "is crossed" in priced(crossed, "buy", "1").reason


def test_an_order_for_another_book_is_refused() -> None:
    with pytest.raises(UsageError, match="the book is of okx:BTC-USDT"):
        forecast(
            ordered(view_of(SWAP, [("1", "1")], [("2", "1")]), "buy", "1"),
            view_of(SPOT, BIDS, ASKS),
            fee=FREE,
            volatility=MEASURED,
            now_ns=NOW_NS,
        )


def test_a_size_under_one_lot_at_its_price_is_refused() -> None:
    with pytest.raises(SizeError, match="less than one lot"):
        priced(view_of(SPOT, BIDS, ASKS), "buy", "0.0005usdt")


# What holds of every forecast.


def adds_up(found: Forecast, components: tuple[Component, ...]) -> bool:
    """The points add up to net, to the last bit, in whatever order and by whatever sum."""
    assert found.net is not None
    shuffled = list(components)
    random.Random(1).shuffle(shuffled)
    orders = (components, components[::-1], tuple(shuffled))
    plain = all(sum(part.bps for part in order) == found.net.bps for order in orders)
    quotes = all(sum(part.quote for part in order) == found.net.quote for order in orders)
    exact = math.fsum(part.bps for part in components) == found.net.bps
    return plain and quotes and exact


@given(mirrored_books(), st.sampled_from(["buy", "sell"]), st.floats(0.001, 1.3), st.floats(-3.0, 60.0))
def test_components_add_up_exactly(view: BookView, side: str, share: float, fee_bps: float) -> None:
    lots = max(1, round(share * total(view, side)))
    found = priced(view, side, lots_text(view, lots), stated_fee(fee_bps))

    assert adds_up(found, found.components)
    nudged = msgspec.structs.replace(found.components[1], bps=math.nextafter(found.components[1].bps, math.inf) + 1e-9)
    assert not adds_up(found, (found.components[0], nudged, *found.components[2:]))


@given(mirrored_books(), st.sampled_from(["buy", "sell"]), st.floats(0.001, 1.0))
def test_every_interval_holds_its_point(view: BookView, side: str, share: float) -> None:
    found = priced(view, side, lots_text(view, max(1, int(share * total(view, side)))), stated_fee(5.0))
    assert found.net is not None

    for part in (*found.components, found.net):
        assert part.low_bps <= part.bps <= part.high_bps
        assert part.low_quote <= part.quote <= part.high_quote
    assert found.net.low_bps < found.net.bps < found.net.high_bps


def monotone_and_convex(lots: list[int], total_costs: list[float]) -> bool:
    """Costs in quote never fall, and each further lot costs at least as much as the one before."""
    slopes = [(total_costs[k + 1] - total_costs[k]) / (lots[k + 1] - lots[k]) for k in range(len(lots) - 1)]
    slack = 1e-9 * max(map(abs, slopes), default=0.0)
    return all(slope >= -slack for slope in slopes) and all(late >= early - slack for early, late in pairwise(slopes))


@given(mirrored_books(), st.sampled_from(["buy", "sell"]))
def test_cost_is_monotone_and_convex_in_size(view: BookView, side: str) -> None:
    shown = total(view, side)
    lots = sorted({1 + (shown - 1) * k // 6 for k in range(7)})
    costs = [found.net.quote for k in lots if (found := priced(view, side, lots_text(view, k))).net is not None]

    assert monotone_and_convex(lots, costs)


def test_the_check_of_monotone_and_convex_can_fail() -> None:
    assert monotone_and_convex([1, 2, 4], [1.0, 2.0, 5.0])
    assert not monotone_and_convex([1, 2, 3], [3.0, 2.0, 2.5])
    assert not monotone_and_convex([1, 2, 3], [1.0, 2.0, 2.5])


def mirrored(view: BookView, lots: int, fee_bps: float = 0.0) -> bool:
    buy, sell = net_bps(view, "buy", lots, fee_bps), net_bps(view, "sell", lots, fee_bps)
    return math.isclose(buy, sell, rel_tol=1e-7, abs_tol=1e-9)


@given(mirrored_books((SPOT, SWAP, QUANTO)), st.floats(0.001, 1.3))
def test_buying_mirrors_selling(view: BookView, share: float) -> None:
    lots = max(1, int(share * total(view, "buy")))
    assert mirrored(view, lots)


def test_the_check_of_mirroring_can_fail() -> None:
    bids, asks = sides_of(SPOT, 100_000, [5, 1, 1], [10, 10, 10])
    assert mirrored(view_of(SPOT, bids, asks), 25)
    assert not mirrored(view_of(SPOT, bids, [*asks[:2], ("1000.08", "0.0001")]), 25)
    assert not mirrored(view_of(SPOT, bids, asks), 25, fee_bps=100.0)  # a fee is on the price, which differs


@given(mirrored_books(), st.floats(0.001, 1.3), st.integers(2, 50))
def test_bps_do_not_depend_on_the_unit_of_size(view: BookView, share: float, factor: int) -> None:
    grown = replace(
        view,
        bids=replace(view.bids, lots=view.bids.lots * factor),
        asks=replace(view.asks, lots=view.asks.lots * factor),
    )
    lots = max(1, int(share * total(view, "buy")))

    small, large = (
        priced(view, "buy", lots_text(view, lots)),
        priced(grown, "buy", lots_text(view, lots * factor)),
    )
    assert small.net is not None
    assert large.net is not None
    assert large.net.bps == pytest.approx(small.net.bps, rel=1e-9, abs=1e-9)
    assert large.net.quote == pytest.approx(factor * small.net.quote, rel=1e-9, abs=1e-9)


@given(mirrored_books(), st.sampled_from(["buy", "sell"]), st.floats(0.001, 1.0))
def test_net_is_what_the_all_in_price_says(view: BookView, side: str, share: float) -> None:
    found = priced(view, side, lots_text(view, max(1, int(share * total(view, side)))), stated_fee(7.0))
    assert found.net is not None
    assert found.fill is not None
    assert found.arrival_mid is not None

    sign = 1 if side == "buy" else -1
    all_in = 1e4 * sign * (found.fill.all_in_price - found.arrival_mid) / found.arrival_mid
    assert found.net.bps == pytest.approx(all_in, rel=1e-9, abs=1e-8)
    assert found.net.quote == pytest.approx(found.net.bps / 1e4 * found.fill.base * found.arrival_mid, rel=1e-9)
