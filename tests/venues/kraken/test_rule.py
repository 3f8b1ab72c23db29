"""Kraken's books: snapshots and updates under checksums, cut to their depth; the way back; trades."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fillcast.core.events import KIND, SIDE, TRADES
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.venues.kraken.connection import KrakenConnection
from fillcast.venues.protocol import Gap, Recovered
from tests.venues.kraken.market import (
    BTC,
    ETH,
    KrakenMarket,
    acknowledged,
    deep_levels,
    frame,
    kraken_line,
    kraken_live,
    left,
)
from tests.venues.streams import Line, sent


def agrees(line: Line, market: KrakenMarket, index: int = 0) -> bool:
    """Whether a book holds exactly what the venue shows."""
    book = line.connection.books[index]
    shown = KrakenMarket(market.instrument, market.shown(1), market.shown(-1))
    return shown.same_as(book)


def test_a_snapshot_makes_a_book_and_its_checksum_proves_it() -> None:
    line, market = kraken_live()
    book = line.connection.books[0]
    assert (book.proof, book.depth) == (Proof.CHECKSUM, 500)
    assert agrees(line, market)
    tally = line.connection.tally(0)
    assert (tally.snapshots, tally.checksums_checked, tally.checksums_matched) == (1, 1, 1)
    assert not line.notices


def test_updates_are_applied_whole_and_checked() -> None:
    line, market = kraken_live()
    line.feed(
        market.update([(1, 1000, 0), (1, 1001, 3)]),
        market.update([(-1, 1002, 0), (-1, 1003, 8), (1, 1002, 4)]),
        market.update([(1, 980, 0)]),  # a level that is not there
        market.update([]),
    )
    assert agrees(line, market)
    tally = line.connection.tally(0)
    assert (tally.updates, tally.checksums_checked, tally.checksums_matched, tally.gaps) == (4, 5, 5, 0)
    assert tally.sequence_checked == 0
    assert line.connection.books[0].event_ns == market.now_ms * 1_000_000


def test_one_price_twice_in_a_message_is_taken_in_the_order_sent() -> None:
    line, market = kraken_live()
    market.apply([(1, 1001, 5)])
    line.feed(frame("book", "update", market.entry([(1001, 3), (1001, 0), (1001, 5)], [], None)))
    assert line.states == ["LIVE"]
    assert agrees(line, market)


def test_levels_that_are_pushed_out_are_cut_and_those_that_come_back_are_told() -> None:
    bids, asks = deep_levels(520, tick=2)
    line, market = kraken_line(BTC), KrakenMarket(BTC, bids, asks)
    line.feed(market.snapshot())
    book = line.connection.books[0]
    assert (book.count(1), book.count(-1)) == (500, 500)
    worst = book.proven_ticks(1)
    line.feed(market.update([(1, 2001, 3)]))  # pushes the last bid out
    assert (book.count(1), book.proven_ticks(1)) == (500, (worst or 0) + 1)
    line.feed(market.update([(1, 2001, 0)]))  # the last bid comes back with the same message
    assert (book.count(1), book.proven_ticks(1)) == (500, worst)
    assert agrees(line, market)
    for step in range(30):
        line.feed(market.update([(1, 2000 - step, 0), (-1, 1500 + 502 + step, 9)]))
        assert agrees(line, market)
    assert line.states == ["LIVE"]


def test_a_book_that_is_not_cut_is_caught_when_the_market_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """A level beyond the depth changes unseen; once it is among the best again, the checksum tells."""
    monkeypatch.setattr("fillcast.core.book.Book.truncate", lambda book: 0)
    line = kraken_line(BTC)
    market = KrakenMarket(BTC, depth=10)
    line.feed(acknowledged("BTC/USD", depth=10), market.snapshot())
    line.feed(market.update([(1, 1001, 5)]))  # pushes 991 out, which nobody is told
    market.apply([(1, 991, 77)])  # beyond the depth: nobody is told
    line.feed(market.update([(1, 1001, 0)]))  # told again with its size: the book is right by luck
    assert line.states == ["LIVE"]
    line.feed(market.update([(1, 1001, 5)]))
    market.apply([(1, 991, 0)])
    line.feed(market.update([(1, 1001, 0)]))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["checksum"]


def wrong_checksum(market: KrakenMarket) -> bytes:
    return market.update(checksum=1)


def lost_near_the_touch(market: KrakenMarket) -> bytes:
    return market.lost()


def crossed(market: KrakenMarket) -> bytes:
    return market.update([(1, 1002, 5)])


def wrong_size(market: KrakenMarket) -> bytes:
    return market.update([(1, 1000, 12)]).replace(b'"qty":0.012', b'"qty":0.013')


def wrong_side(market: KrakenMarket) -> bytes:
    market.apply([(-1, 1001, 9)])
    return frame("book", "update", market.entry([(1001, 9)], [], None))


@pytest.mark.parametrize(
    ("violation", "reason"),
    [
        (wrong_checksum, "checksum"),
        (lost_near_the_touch, "checksum"),
        (crossed, "crossed"),
        (wrong_size, "checksum"),
        (wrong_side, "checksum"),
    ],
)
def test_what_the_rule_does_not_allow_breaks_the_book_and_it_comes_back(violation: object, reason: str) -> None:
    line, market = kraken_live()
    effects = line.feed(violation(market))  # type: ignore[operator]
    assert line.states == ["BROKEN"]
    assert line.reasons == [reason]
    assert [(one["method"], one["params"]["channel"]) for one in sent(effects)] == [  # type: ignore[index]
        ("unsubscribe", "book"),
        ("subscribe", "book"),
    ]
    if reason == "crossed":
        market.apply([(1, 1002, 0)])
    line.feed(market.update())  # of the old subscription: passed over
    assert line.states == ["BROKEN"]
    line.feed(left("BTC/USD"), acknowledged("BTC/USD"), market.snapshot(), market.update())
    assert line.states == ["LIVE"]
    assert agrees(line, market)
    (gap,) = line.gaps
    (recovered,) = line.recovered
    assert isinstance(gap, Gap)
    assert isinstance(recovered, Recovered)
    assert recovered.gap == gap
    assert gap.loss is None


def test_a_loss_below_the_best_ten_is_not_seen_by_the_checksum() -> None:
    line, market = kraken_live()
    market.update([(1, 985, 99)])
    line.feed(market.update())
    assert line.states == ["LIVE"]
    assert not agrees(line, market)


def test_the_same_message_again_changes_nothing() -> None:
    line, market = kraken_live()
    update = market.update([(1, 1001, 5)])
    line.feed(update, update)
    assert line.states == ["LIVE"]
    assert agrees(line, market)


def test_messages_in_the_wrong_order_break_the_book_by_the_next_one() -> None:
    """Each is right by itself, so that only what follows can show it."""
    line, market = kraken_live()
    first, second = market.update([(1, 1001, 5)]), market.update([(1, 1001, 6)])
    line.feed(second, first)
    assert line.states == ["LIVE"]
    line.feed(market.update())
    assert line.reasons == ["checksum"]


def test_a_snapshot_with_a_wrong_checksum_makes_no_book() -> None:
    line, market = kraken_line(BTC), KrakenMarket(BTC)
    line.feed(market.snapshot(checksum=5))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["checksum"]


def test_a_snapshot_replaces_the_book_whenever_one_comes() -> None:
    line, market = kraken_live()
    market.apply([(1, 1000, 0), (-1, 1005, 0)])
    line.feed(market.snapshot())
    assert line.states == ["LIVE"]
    assert agrees(line, market)
    assert line.connection.tally(0).snapshots == 2


def test_nothing_of_a_subscription_that_is_being_ended_is_used() -> None:
    """A late snapshot of the old subscription would stand without updates until the new one came."""
    line, market = kraken_line(BTC), KrakenMarket(BTC)
    assert [one["method"] for one in sent(line.wait(5)) if one["method"] != "ping"] == ["unsubscribe", "subscribe"]
    line.feed(market.snapshot())
    assert line.states == ["BROKEN"]
    assert line.connection.dropped == 1
    line.feed(left("BTC/USD"), market.snapshot())
    assert line.states == ["LIVE"]


def test_books_of_one_frame_and_of_one_line_are_told_apart() -> None:
    line, btc, eth = kraken_line(BTC, ETH), KrakenMarket(BTC), KrakenMarket(ETH)
    line.feed(btc.snapshot(), eth.snapshot())
    line.feed(frame("book", "update", btc.change([(1, 1001, 4)]), eth.change([(-1, 1002, 0)])))
    assert line.states == ["LIVE", "LIVE"]
    assert agrees(line, btc, 0)
    assert agrees(line, eth, 1)
    line.feed(btc.lost(), eth.update())
    assert line.states == ["BROKEN", "LIVE"]


@pytest.mark.parametrize(
    ("tick", "lot", "prices", "sizes"),
    [
        ("0.1", "0.001", "", ""),
        ("0.1", "0.001", ".8f", ".8f"),  # more zeros than the metadata says, as the first version wrote
        ("0.001", "0.00001", ".1f", ".3f"),  # a finer grid than what is written
        ("0.5", "0.001", ".1f", ""),
    ],
)
def test_the_checksum_is_that_of_the_digits_sent(tick: str, lot: str, prices: str, sizes: str) -> None:
    made = Instrument("kraken", "BTC/USD", "BTC", "USD", Decimal(tick), Decimal(lot), fixed_decimals=True)
    units = 100 if (tick, lot) == ("0.001", "0.00001") else 1
    bids = {units * (1000 - level): units * (10 + level) for level in range(20)}
    asks = {units * (1002 + level): units * (10 + level) for level in range(20)}
    line, market = kraken_line(made), KrakenMarket(made, bids, asks, prices=prices, sizes=sizes)
    line.feed(market.snapshot(), market.update([(1, 1000 * units, 0)]), market.update([(-1, 1002 * units, units)]))
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).checksums_matched == 3
    assert agrees(line, market)


def test_numbers_with_cut_zeros_are_taken_at_the_precision_of_the_pair() -> None:
    line, market = kraken_line(BTC), KrakenMarket(BTC)
    snapshot = market.snapshot().replace(b'"qty":0.010', b'"qty":0.01').replace(b'"price":100.0', b'"price":1e2')
    assert b"1e2" in snapshot
    line.feed(snapshot, market.update())
    assert line.states == ["LIVE"]
    assert line.connection.tally(0).checksums_matched == 2


@pytest.mark.parametrize(("side", "aggressor"), [("buy", 1), ("sell", -1)])
def test_the_side_of_a_trade_is_the_takers(side: str, aggressor: int) -> None:
    line, market = kraken_live()
    line.feed(market.trades(market.trade(side), market.trade(side, trade_id=7)))
    events = line.connection.events
    assert events.messages[: events.count, KIND].tolist() == [TRADES, TRADES]
    assert events.message_rows(0)[0].tolist() == [aggressor, 1002, 12, 109116693]
    assert events.message_rows(1)[0, SIDE] == aggressor
    assert line.connection.tally(0).trades == 2


def test_trades_of_before_are_passed_over() -> None:
    line, market = kraken_live()
    line.feed(market.trades(market.trade(), kind="snapshot"))
    assert line.connection.tally(0).trades == 0
    assert line.connection.rejected == 0


def test_the_stream_alone_can_be_asked_for() -> None:
    connection = KrakenConnection([BTC], trades=False)
    assert [one["params"]["channel"] for one in sent(connection.opened(0, 0))] == ["book"]  # type: ignore[index]
