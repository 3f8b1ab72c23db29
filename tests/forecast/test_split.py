from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from fillcast.core.state import BookState
from fillcast.errors import UsageError
from fillcast.forecast.comparison import compare
from fillcast.forecast.components import Net
from fillcast.forecast.forecast import forecast
from fillcast.forecast.order import parse_order
from fillcast.forecast.split import NoSplit, Split, best_split
from fillcast.models.fees import DisputedFee, stated_fee
from tests.forecast.examples import FREE, INVERSE, MEASURED, NOW_NS, QUANTO, SPOT, SWAP, priced, view_of
from tests.forecast.splits import (
    BIDS,
    DOLLARS,
    ELSEWHERE,
    OTHER_INVERSE,
    TEN_BPS,
    THIRD,
    in_steps,
    split,
    split_of,
    taken,
    two_books,
)


def test_levels_are_taken_by_their_price_with_the_fee() -> None:
    # With 10 bps the second book's levels cost 100.25015 and 100.5004: 4 BTC are 1 at 100, 2 at 100.20 there, and the
    # last one here.
    views = two_books()
    found = split(views, "4", [FREE, TEN_BPS])

    assert taken(found) == {"okx": 3.0, "binance_spot": 1.0}
    assert [share.share for share in found.shares] == [0.75, 0.25]
    first, second = found.shares
    assert (first.fill.average_price, first.fill.worst_price) == (pytest.approx(300.4 / 3), 100.20)
    assert (second.fill.average_price, second.fee_quote) == (100.15, pytest.approx(0.10015))
    assert found.fee_quote == pytest.approx(0.10015)
    assert found.average_price == pytest.approx(400.55 / 4)
    assert found.all_in_price == pytest.approx(400.65015 / 4)
    # Mids 99.95 and 100.05.
    assert found.reference.price == pytest.approx(100.0)
    assert found.net.quote == pytest.approx(0.65015)
    assert found.net.bps == pytest.approx(0.65015 / 400 * 1e4)
    # All of it on the first: 300.4 + 100.50.
    assert found.best_single == SPOT.key
    assert found.saving_bps == pytest.approx((400.90 - 400.65015) / 400 * 1e4)
    assert found.saving_quote == pytest.approx(400.90 - 400.65015)
    assert (found.unfilled_base, found.rounded_base, found.unproven_base) == (0.0, 0.0, 0.0)


def test_an_allocation_that_ignores_fees_is_caught() -> None:
    views = two_books()
    ignoring = split(views, "4")

    assert taken(ignoring) == {"okx": 2.0, "binance_spot": 2.0}
    paid = 100.00 + 100.20 + 2 * 100.15 * 1.001
    assert split(views, "4", [FREE, TEN_BPS]).all_in_price * 4 < paid - 0.04


def test_selling_takes_the_best_bids_after_fees() -> None:
    views = [
        view_of(SPOT, [("100.00", "1"), ("99.80", "5")], [("100.10", "9")]),
        view_of(ELSEWHERE, [("99.95", "2"), ("99.50", "5")], [("100.10", "9")]),
    ]

    assert taken(split(views, "3", side="sell")) == {"okx": 1.0, "binance_spot": 2.0}
    # 99.95 less 20 bps is 99.7501, below 99.80.
    found = split(views, "3", [FREE, stated_fee(20.0)], side="sell")
    assert taken(found) == {"okx": 3.0}
    assert found.all_in_price == pytest.approx((100 + 2 * 99.80) / 3)


def test_at_one_price_fees_decide_and_else_the_order_given() -> None:
    views = [view_of(one, BIDS, [("100.00", "1"), ("100.10", "9")]) for one in (SPOT, ELSEWHERE)]

    assert taken(split(views, "1.5")) == {"okx": 1.0, "binance_spot": 0.5}
    assert taken(split(views[::-1], "1.5")) == {"okx": 0.5, "binance_spot": 1.0}
    for cheaper, dearer in ((0, 1), (1, 0)):
        fees = [stated_fee(1.0)] * 2
        fees[cheaper] = stated_fee(0.9)
        bases = taken(split(views, "1.5", fees))
        assert bases[views[cheaper].instrument.venue] == 1.0
        assert bases[views[dearer].instrument.venue] == 0.5


def test_where_one_book_is_cheapest_all_of_it_goes_there() -> None:
    views = [view_of(SPOT, BIDS, [("100.00", "9")]), view_of(ELSEWHERE, BIDS, [("100.10", "9")])]
    found = split(views, "3")

    assert taken(found) == {"okx": 3.0}
    assert (found.best_single, found.saving_bps, found.shares[0].share) == (SPOT.key, 0.0, 1.0)


def test_what_one_book_does_not_show_is_no_single_answer() -> None:
    views = [view_of(SPOT, BIDS, [("100.00", "2")]), view_of(ELSEWHERE, BIDS, [("100.10", "2")])]
    found = split(views, "3.5")

    assert taken(found) == {"okx": 2.0, "binance_spot": 1.5}
    assert (found.best_single, found.saving_bps, found.saving_quote) == (None, None, None)
    short = split(views, "5")
    assert (short.filled_base, short.unfilled_base, short.rounded_base) == (4.0, 1.0, 0.0)


# Sizes.


def test_what_a_coarse_step_leaves_goes_where_the_step_is_fine() -> None:
    views = [
        view_of(in_steps(SPOT, 100_000), BIDS, [("100.00", "2.5"), ("100.30", "9")]),
        view_of(ELSEWHERE, BIDS, [("100.20", "0.8"), ("105.00", "9")]),
    ]
    found = split(views, "3.7")

    # The third bitcoin here would be half at 100.00, half at 100.30: dearer than no 0.8 at 100.20, but then 0.9 at 105.
    assert taken(found) == {"okx": 3.0, "binance_spot": 0.7}
    assert found.rounded_base == found.unfilled_base == 0.0
    assert found.shares[0].fill.lots % 100_000 == 0


def test_what_a_single_order_leaves_does_not_count_as_saved() -> None:
    # All on the first is 3 and leaves 0.0005, which both the split and that single order buy on the second.
    views = [
        view_of(in_steps(SPOT, 100), BIDS, [("100.00", "9")]),
        view_of(ELSEWHERE, BIDS, [("100.20", "9")]),
    ]
    found = split(views, "3.0005")

    assert taken(found) == {"okx": 3.0, "binance_spot": 0.0005}
    assert (found.best_single, found.saving_bps, found.saving_quote) == (SPOT.key, 0.0, 0.0)
    assert (found.unfilled_base, found.rounded_base) == (0.0, 0.0)


def test_a_rest_that_is_less_than_every_step_is_left_and_said() -> None:
    views = [view_of(in_steps(one, 100_000), BIDS, [("100.00", "2"), ("101", "9")]) for one in (SPOT, ELSEWHERE)]
    found = split(views, "3.7")

    assert taken(found) == {"okx": 2.0, "binance_spot": 1.0}
    assert found.rounded_base == pytest.approx(0.7)
    assert found.unfilled_base == 0.0


def test_no_share_is_less_than_an_order_step() -> None:
    # The best half bitcoin is on a book that takes whole ones only.
    views = [
        view_of(in_steps(SPOT, 100_000), BIDS, [("100.00", "0.5"), ("100.90", "9")]),
        view_of(ELSEWHERE, BIDS, [("100.10", "9")]),
    ]

    assert taken(split(views, "1.75")) == {"binance_spot": 1.75}


def test_steps_that_are_no_multiples_of_one_another_still_make_orders() -> None:
    views = [
        view_of(in_steps(SPOT, 200_000), BIDS, [("100.00", "50")]),
        view_of(in_steps(ELSEWHERE, 500_000), BIDS, [("99.95", "50")]),
    ]
    found = split(views, "19")

    assert taken(found) == {"okx": 4.0, "binance_spot": 15.0}
    assert all(share.fill.lots % share.instrument.order_lots == 0 for share in found.shares)


def test_a_size_in_quote_is_spent_and_not_exceeded() -> None:
    views = [
        view_of(SPOT, BIDS, [("100.00", "1"), ("110.00", "9")]),
        view_of(ELSEWHERE, BIDS, [("105.00", "2"), ("120.00", "9")]),
    ]
    found = split(views, "205usdt")

    assert taken(found) == {"okx": 1.0, "binance_spot": 1.0}
    less = split(views, "204.9995usdt")
    spent = sum(share.fill.quote for share in less.shares)
    assert 204.9995 - 105e-5 < spent <= 204.9995
    assert less.unfilled_base == 0.0
    assert split(views, "100000usdt").unfilled_base > 900


def test_a_size_in_quote_is_not_exceeded_where_a_coarse_step_is_not_worth_it() -> None:
    # By the level, 154 buys half at 100 and one at 104; but the first order step here is half at 100, half at 110.
    views = [
        view_of(in_steps(SPOT, 100_000), BIDS, [("100.00", "0.5"), ("110.00", "9")]),
        view_of(ELSEWHERE, BIDS, [("104.00", "9")]),
    ]
    found = split(views, "154usdt")

    assert taken(found) == {"binance_spot": 1.48076}
    assert found.shares[0].fill.quote <= 154


def test_contracts_of_any_kind_share_one_order() -> None:
    # 0.0001 BTC a step here; 100 USD a contract there, each with its own base.
    linear = view_of(replace(SWAP, quote="USD"), [("99900", "999")], [("100000", "100"), ("100200", "9999")])
    inverse = view_of(INVERSE, [("99950", "999")], [("100100", "1001"), ("100300", "9999")])
    found = split([linear, inverse], "2.5")

    # 1 BTC at 100000, 1 at 100100, the rest at 100200.
    assert [share.fill.lots for share in found.shares] == [15_000, 1001]
    assert found.filled_base == pytest.approx(2.5)
    assert found.all_in_price == pytest.approx((100_000 + 100_100 + 0.5 * 100_200) / 2.5)


def test_inverse_contracts_alone_share_one_order() -> None:
    views = [
        view_of(INVERSE, [("49000", "9")], [("50000", "10"), ("50100", "99")]),
        view_of(OTHER_INVERSE, [("49000", "9")], [("50050", "10"), ("50200", "99")]),
    ]
    for size in ("3000usd", f"{2000 / 50000 + 500 / 50050:.12f}", "0.0601"):
        found = split(views, size)
        assert all(share.fill.lots >= 1 for share in found.shares)
    assert [share.fill.lots for share in split(views, "2500usd").shares] == [15, 10]
    assert [share.fill.lots for share in split(views, "1500usd").shares] == [10, 5]
    assert [share.fill.lots for share in split(views, "0.03").shares] == [10, 5]


def test_what_inverse_contracts_lose_in_rounding_is_filled_up() -> None:
    # Orders in twos: three contracts at 50000 and three at 50050 are rounded to two and two, and two more fit.
    views = [
        view_of(in_steps(one, 2), [("49000", "9")], [(price, size), ("50200", "99")])
        for one, price, size in ((INVERSE, "50000", "3"), (OTHER_INVERSE, "50050", "10"))
    ]
    found = split(views, "600usd")

    assert [share.fill.lots for share in found.shares] == [2, 4]


# What takes part.


def test_no_rate_no_split() -> None:
    coin = view_of(SPOT, BIDS, [("100.00", "1"), ("100.20", "9")])
    dollar = view_of(DOLLARS, BIDS, [("100.10", "9")])

    found = split_of([coin, dollar], "3")
    assert isinstance(found, NoSplit)
    assert found.reason == "fewer than two books can be compared"
    ((key, why),) = found.left_out
    assert key == DOLLARS.key
    assert "state the rate of USDT in USD" in why

    # 100.10 USD are 100.10 / 0.998 = 100.3006 USDT, dearer than 100.20; at par they are not.
    assert taken(split([coin, dollar], "3", rates={"USDT": 1.0})) == {"okx": 1.0, "coinbase": 2.0}
    apart = split([coin, dollar], "11", rates={"USDT": 0.998})
    assert taken(apart) == {"okx": 10.0, "coinbase": 1.0}
    assert apart.shares[1].rate == pytest.approx(1 / 0.998)
    assert apart.all_in_price == pytest.approx((100 + 9 * 100.20 + 100.10 / 0.998) / 11)
    assert apart.reference.currency == "USDT"


def test_a_size_in_dollars_is_one_size_in_two_currencies() -> None:
    views = [
        view_of(SPOT, BIDS, [("100.00", "1"), ("100.20", "9")]),
        view_of(replace(DOLLARS, symbol="BTC-EUR", quote="EUR"), [("79", "9")], [("80.10", "9")]),
    ]
    rates = {"USDT": 1.0, "EUR": 1.25}
    forecasts = []
    for view in views:
        order = parse_order(view.instrument, "buy", "300.375usd", usd_rates=rates)
        forecasts.append(forecast(order, view, fee=FREE, volatility=MEASURED, now_ns=NOW_NS))
    found = best_split(compare(forecasts, rates), views)

    assert isinstance(found, Split)
    # 80.10 EUR are 100.125 USDT: 1 at 100.00, and 200.375 USDT buy 2.00124 there.
    assert taken(found)["okx"] == 1.0
    assert taken(found)["coinbase"] == pytest.approx(200.375 / 100.125, abs=1e-5)
    assert sum(share.rate * share.fill.quote for share in found.shares) <= 300.375


def test_a_book_that_is_not_live_takes_no_part() -> None:
    views = [view_of(one, BIDS, [("100.00", "1"), ("100.20", "9")]) for one in (SPOT, ELSEWHERE, THIRD)]
    assert set(taken(split(views, "3"))) == {"okx", "binance_spot", "bybit"}

    stale = replace(views[1], state=BookState.STALE, reason="silent for 3 s")
    found = split([views[0], stale, views[2]], "3")
    assert set(taken(found)) == {"okx", "bybit"}
    assert found.left_out == ((ELSEWHERE.key, f"{ELSEWHERE.key} is STALE: silent for 3 s"),)
    # The forecast was given just before the book fell silent.
    compared = compare([priced(view, "buy", "3") for view in views])
    late = best_split(compared, [views[0], stale, views[2]])
    assert isinstance(late, Split)
    assert set(taken(late)) == {"okx", "bybit"}
    assert isinstance(split_of([views[0], stale], "3"), NoSplit)


def test_what_cannot_be_shared_is_told() -> None:
    contracts = [view_of(one, [("99", "9")], [("100", "99")]) for one in (SWAP, replace(SWAP, venue="other"))]
    found = split_of(contracts, "40ct")
    assert isinstance(found, NoSplit)
    assert "write the size in base or quote currency" in found.reason

    quanto = [view_of(one, [("99", "9")], [("100", "99")]) for one in (QUANTO, replace(QUANTO, venue="other"))]
    found = split_of(quanto, "40ct")
    assert isinstance(found, NoSplit)
    assert "quanto contract: it holds no ETH" in found.left_out[0][1]

    views = two_books()
    unequal = compare([priced(views[0], "buy", "1"), priced(views[1], "buy", "2")])
    found = best_split(unequal, views)
    assert isinstance(found, NoSplit)
    assert found.reason == "the orders are not of one size"
    thin = [view_of(in_steps(one, 100_000), BIDS, [("100.00", "0.5")]) for one in (SPOT, ELSEWHERE)]
    found = split_of(thin, "3")
    assert isinstance(found, NoSplit)
    assert found.reason == "no book shows as much as one order step"


def test_another_version_of_a_book_is_refused() -> None:
    views = two_books()
    compared = compare([priced(view, "buy", "1") for view in views])

    for other in ([replace(views[0], version=99), views[1]], views[::-1]):
        with pytest.raises(UsageError, match="the very book"):
            best_split(compared, other)


# What is not certain.


def test_a_part_beyond_the_proven_edge_is_at_most() -> None:
    views = two_books()
    views[0] = replace(views[0], proven_ask_ticks=SPOT.price_ticks("100.10"))
    found = split(views, "4", [FREE, TEN_BPS])

    assert taken(found) == {"okx": 3.0, "binance_spot": 1.0}
    assert found.unproven_base == pytest.approx(2.0)
    assert found.net.at_most
    assert not found.saving_is_proven
    # At best the two beyond the edge are at the edge: 0.10 each less.
    known = split(two_books(), "4", [FREE, TEN_BPS])
    assert known.saving_is_proven
    assert not known.net.at_most
    assert found.net.low_quote == pytest.approx(known.net.low_quote - 0.20)
    assert found.net.high_quote == pytest.approx(known.net.high_quote)


def test_mids_are_taken_to_move_together() -> None:
    def half_width(net: Net) -> float:
        return (net.high_quote - net.low_quote) / 2

    views = two_books()
    found = split(views, "4", [FREE, TEN_BPS])
    alone = [
        priced(view, "buy", f"{share.fill.base}", fee).net
        for view, share, fee in zip(views, found.shares, [FREE, TEN_BPS], strict=True)
    ]
    assert all(net is not None for net in alone)
    assert half_width(found.net) == pytest.approx(sum(half_width(net) for net in alone if net is not None))
    assert half_width(found.net) > math.hypot(*(half_width(net) for net in alone if net is not None))


def test_disputed_fees_are_passed_on_whole() -> None:
    disputed = replace(TEN_BPS, disputed=(DisputedFee(12.0, 12.0, "another page"),))
    views = two_books()
    plain, wide = (split(views, "4", [FREE, fee]) for fee in (TEN_BPS, disputed))

    assert wide.net.quote == plain.net.quote
    assert wide.net.high_quote - plain.net.high_quote == pytest.approx(100.15 * 2e-4)
    assert wide.net.low_quote == pytest.approx(plain.net.low_quote)


def test_an_inverse_book_that_rounding_leaves_with_nothing_gives_back_all_of_it() -> None:
    """It took millions of steps of one lot once."""
    coin = replace(INVERSE, symbol="XRP-USD-SWAP", base="XRP", contract_value=Decimal(10), tick=Decimal("0.0001"))
    other = replace(coin, venue="binance_coinm", symbol="XRPUSD_PERP")
    spot = replace(DOLLARS, symbol="XRP-USD", base="XRP", tick=Decimal("0.0001"), lot=Decimal("0.000001"))
    bids, asks = [("1.9999", "5000")], [(f"2.000{step}", "5000") for step in range(5)]
    found = split_of([view_of(one, bids, asks) for one in (coin, other, spot)], "12345.67usd")
    assert isinstance(found, Split)
    assert found.unfilled_base == 0


@pytest.mark.parametrize("size", ["1000", "100000usd"])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_an_inverse_book_beside_lots_of_a_quadrillionth_is_filled_at_once(size: str, side: str) -> None:
    # In lots of the finer book 800 BTC are 8e17, more than the search shares out at once, and the inverse book is
    # beyond int64.
    fine = replace(DOLLARS, lot=Decimal("1e-15"))
    views = [
        view_of(fine, [("100.00", "300"), ("99.95", "500")], [("100.10", "300"), ("100.15", "500")]),
        view_of(OTHER_INVERSE, [("99.9", "300"), ("99.7", "10000")], [("100.2", "300"), ("100.4", "10000")]),
    ]
    found = split(views, size, side=side)

    fine_share, inverse_share = found.shares
    assert fine_share.fill.base == pytest.approx(800.0)
    assert inverse_share.fill.base == pytest.approx(200.0, rel=0.02)
    assert found.filled_base == pytest.approx(1000, rel=0.01)
    if not size.endswith("usd"):
        assert found.filled_base + found.unfilled_base + found.rounded_base == pytest.approx(1000)
