"""Binance USD-M frames: a book rebuilt from them is the engine's own, and they look like the venue's."""

from __future__ import annotations

import gzip
import itertools
import json
from decimal import Decimal
from pathlib import Path

import pytest

from fillcast.lab.binance_feed import BinanceFeed
from fillcast.lab.binance_products import USDM
from fillcast.lab.exchange import Exchange
from fillcast.lab.instruments import QUANTUM_MS
from tests.lab.dict_book import DictBook, engine_top

WALL_NS = 1_790_000_000_000_000_000


class Everything:
    def __contains__(self, topic: object) -> bool:
        return True


def exchange(symbol: str) -> tuple[Exchange, BinanceFeed]:
    one = Exchange(7, None, {"binance_usdm": [symbol]}, wall_ns=WALL_NS)
    return one, one.venues["binance_usdm"][symbol]


def frames(one: Exchange, seconds: float, topic: str):
    for _ in range(int(seconds * 1000) // QUANTUM_MS):
        for frame in one.step(WALL_NS + one.market_ms * 1_000_000, Everything()):
            if frame.topic == topic:
                yield frame.data


@pytest.mark.parametrize("symbol", ["BTCUSDT", "ETHUSDT"])
@pytest.mark.parametrize("stream", list(USDM.depth_every_ms))
def test_a_book_from_the_frames_is_the_engines_own_at_equal_ids(symbol: str, stream: str) -> None:
    one, feed = exchange(symbol)
    instrument = feed.listing.instrument
    book = DictBook()
    for side, levels in ((1, book.bids), (-1, book.asks)):
        levels.update(engine_top(feed.market, instrument, side, 10**6))
    book.last = feed.market.update_id
    count = 0
    for data in frames(one, 2, f"{symbol.lower()}@{stream}"):
        book.binance(data)
        count += 1
        assert book.last == feed.market.update_id
        for side in (1, -1):
            assert book.top(side, 10**6) == engine_top(feed.market, instrument, side, 10**6)
    assert count == 2000 // USDM.depth_every_ms[stream]


def test_the_rebuild_catches_one_withheld_frame() -> None:
    one, feed = exchange("BTCUSDT")
    book = DictBook()
    book.last = feed.market.update_id
    stream = frames(one, 1, "btcusdt@depth@100ms")
    next(stream)
    with pytest.raises(AssertionError, match="chain"):
        book.binance(next(stream))


def test_a_snapshot_between_two_events_bridges_and_shows_nothing_beyond_its_edge() -> None:
    one, feed = exchange("BTCUSDT")
    for step in range(173):
        one.step(WALL_NS + step, ())
    book = DictBook()
    book.binance_rest(feed.rest_depth(one.moment(WALL_NS), 1000))
    assert len(book.bids) == len(book.asks) == 1000
    assert feed.market.count(1) > 1000
    first = True
    for data in frames(one, 2, "btcusdt@depth@100ms"):
        book.binance(data, first=first)
        first = False
        for side in (1, -1):
            assert book.top(side, 500) == engine_top(feed.market, feed.listing.instrument, side, 500)


def test_a_ticker_with_an_events_id_shows_the_same_touch() -> None:
    one, _ = exchange("BTCUSDT")
    touch: dict[int, tuple[str, ...]] = {}
    book = DictBook()
    checked = 0
    book.binance_rest(one.venues["binance_usdm"]["BTCUSDT"].rest_depth(one.moment(WALL_NS), 1000))
    for _ in range(500):
        for frame in one.step(WALL_NS, Everything()):
            row = json.loads(frame.data)
            if row["e"] == "bookTicker":
                touch[row["u"]] = (row["b"], row["B"], row["a"], row["A"])
            elif frame.topic == "btcusdt@depth@100ms":
                book.binance(frame.data)
                if row["u"] in touch:
                    shown = tuple(map(Decimal, touch[row["u"]]))
                    assert shown == (*book.top(1, 1)[0], *book.top(-1, 1)[0])
                    checked += 1
    assert checked > 5


def test_trades_carry_the_makers_side_and_contiguous_ids() -> None:
    one, _ = exchange("BTCUSDT")
    trades = [json.loads(data) for data in frames(one, 10, "btcusdt@aggTrade")]
    assert len(trades) > 10
    assert {trade["m"] for trade in trades} == {True, False}
    for before, after in itertools.pairwise(trades):
        assert after["a"] == before["a"] + 1
        assert after["f"] == before["l"] + 1
        assert after["l"] >= after["f"]
        assert before["T"] <= after["T"] <= after["E"]


def test_a_reset_breaks_the_chain() -> None:
    one, feed = exchange("BTCUSDT")
    book = DictBook()
    book.last = feed.market.update_id
    feed.reset_sequence()
    stream = frames(one, 1, "btcusdt@depth@100ms")
    broken = next(stream)
    with pytest.raises(AssertionError, match="chain"):
        book.binance(broken)
    book.last = json.loads(broken)["u"]
    for data in stream:
        book.binance(data)


def test_shapes_are_those_of_recorded_frames(captures: Path) -> None:
    real: dict[str, dict[str, object]] = {}
    with gzip.open(captures / "binance_usdm" / "btcusdt_20240808.gz", "rt") as file:
        for line in file:
            message = json.loads(line.split(" ", 1)[1])
            row = message.get("data", message)
            real.setdefault(row.get("e", "snapshot"), row)
            if {"depthUpdate", "bookTicker", "snapshot"} <= set(real):
                break
    one, feed = exchange("BTCUSDT")
    ours = {"snapshot": json.loads(feed.rest_depth(one.moment(WALL_NS), 1000))}
    for topic in ("depth@100ms", "bookTicker"):
        row = json.loads(next(frames(one, 5, f"btcusdt@{topic}")))
        ours[row["e"]] = row
    for kind, row in ours.items():
        assert list(row) == list(real[kind])
        assert [type(value) for value in row.values()] == [type(value) for value in real[kind].values()]
