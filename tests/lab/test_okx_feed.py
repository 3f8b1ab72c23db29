"""OKX frames: a book rebuilt from them is the engine's own, and they look like the venue's."""

from __future__ import annotations

import json
import zlib
from decimal import Decimal
from pathlib import Path

import pytest

from fillcast.lab.exchange import Exchange
from fillcast.lab.instruments import QUANTUM_MS
from fillcast.lab.moment import Moment
from fillcast.lab.okx_feed import OkxFeed
from fillcast.lab.options import LabOptions
from tests.lab.dict_book import DictBook, engine_top

WALL_NS = 1_790_000_000_000_000_000
SYMBOLS = ("BTC-USDT", "ETH-USDT", "BTC-USDT-SWAP", "BTC-USD-SWAP")


class Everything:
    def __contains__(self, topic: object) -> bool:
        return True


def exchange(*symbols: str, **options: object) -> Exchange:
    return Exchange(7, LabOptions(**options), {"okx": symbols}, wall_ns=WALL_NS)  # type: ignore[arg-type]


def frames(one: Exchange, seconds: float, topic: str):
    for _ in range(int(seconds * 1000) // QUANTUM_MS):
        for frame in one.step(WALL_NS + one.market_ms * 1_000_000, Everything()):
            if frame.topic == topic:
                yield frame.data


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_a_book_from_the_frames_is_the_engines_own_at_equal_ids(symbol: str) -> None:
    one = exchange(symbol)
    feed = one.venues["okx"][symbol]
    book = DictBook()
    book.okx(feed.snapshot())
    count = 0
    for data in frames(one, 6, f"books:{symbol}"):
        book.okx(data)
        count += 1
        assert book.last == feed.seq_id == feed.market.update_id
        for side in (1, -1):
            assert len(book.bids) == len(book.asks) == 400
            assert book.top(side, 400) == engine_top(feed.market, feed.listing.instrument, side, 400)
    assert 50 <= count <= 60


def test_the_rebuild_catches_one_withheld_frame() -> None:
    one = exchange("BTC-USDT")
    book = DictBook()
    book.okx(one.venues["okx"]["BTC-USDT"].snapshot())
    stream = frames(one, 2, "books:BTC-USDT")
    next(stream)
    with pytest.raises(AssertionError, match="chain"):
        book.okx(next(stream))


def test_snapshots_and_rest_books_join_the_chain_at_any_time() -> None:
    one = exchange("BTC-USDT")
    feed = one.venues["okx"]["BTC-USDT"]
    by_socket, by_rest = DictBook(), DictBook()
    for step in range(173):  # ends between two book frames
        one.step(WALL_NS + step, ())
    by_socket.okx(feed.snapshot())
    by_rest.okx_rest(feed.rest_book(400))
    for data in frames(one, 1.07, "books:BTC-USDT"):
        by_socket.okx(data)
        by_rest.okx(data)
    assert by_socket.bids == by_rest.bids
    assert by_socket.asks == by_rest.asks
    assert by_socket.top(1, 400) == engine_top(feed.market, feed.listing.instrument, 1, 400)


def test_steps_of_the_sequence_are_irregular() -> None:
    one = exchange("BTC-USDT")
    data = [json.loads(frame)["data"][0] for frame in frames(one, 4, "books:BTC-USDT")]
    steps = {row["seqId"] - row["prevSeqId"] for row in data}
    assert min(steps) > 0
    assert len(steps) > 10


def test_full_channels_and_touch_agree_with_the_engine() -> None:
    one = exchange("BTC-USDT")
    feed = one.venues["okx"]["BTC-USDT"]
    instrument = feed.listing.instrument
    for _ in range(100):
        for frame in one.step(WALL_NS, Everything()):
            if frame.topic not in ("books5:BTC-USDT", "bbo-tbt:BTC-USDT"):
                continue
            row = json.loads(frame.data)["data"][0]
            depth = 5 if frame.topic.startswith("books5") else 1
            shown = [(Decimal(level[0]), Decimal(level[1])) for level in row["bids"]]
            assert shown == engine_top(feed.market, instrument, 1, depth)
            assert row["seqId"] == feed.market.update_id
            assert "checksum" not in row
            assert "prevSeqId" not in row


def test_trades_name_the_taker_and_add_up() -> None:
    one = exchange("BTC-USDT")
    feed = one.venues["okx"]["BTC-USDT"]
    trades = [json.loads(data)["data"][0] for data in frames(one, 20, "trades:BTC-USDT")]
    assert len(trades) > 10
    assert {trade["side"] for trade in trades} == {"buy", "sell"}
    ids = [int(trade["tradeId"]) for trade in trades]
    assert ids == sorted(set(ids))
    assert ids[-1] - (ids[0] - int(trades[0]["count"])) == sum(int(trade["count"]) for trade in trades)
    assert all(feed.listing.instrument.size_lots(trade["sz"]) > 0 for trade in trades)


def test_a_book_without_changes_sends_a_keep_alive() -> None:
    one = exchange("BTC-USDT", keepalive_s=1.0)
    feed = one.venues["okx"]["BTC-USDT"]
    one.step(WALL_NS, ())
    feed.publish(Moment(0, WALL_NS))
    at = [second for second in range(1, 6) if feed.publish(Moment(second * 10**9, WALL_NS), encode=True)]
    assert at == [1, 2, 3, 4, 5]
    keepalive = feed.publish(Moment(7 * 10**9, WALL_NS), encode=True)
    assert keepalive is not None
    row = json.loads(keepalive)["data"][0]
    assert row["asks"] == row["bids"] == []
    assert row["prevSeqId"] == row["seqId"] == feed.seq_id


def test_a_reset_keeps_the_chain_and_restarts_the_ids() -> None:
    one = exchange("BTC-USDT")
    feed = one.venues["okx"]["BTC-USDT"]
    book = DictBook()
    book.okx(feed.snapshot())
    before = book.last
    feed.reset_sequence()
    for data in frames(one, 1, "books:BTC-USDT"):
        book.okx(data)
    assert book.last < before
    assert book.top(-1, 400) == engine_top(feed.market, feed.listing.instrument, -1, 400)


def test_checksums_are_zero_unless_asked_for_and_then_right() -> None:
    plain = exchange("BTC-USDT")
    assert {json.loads(data)["data"][0]["checksum"] for data in frames(plain, 1, "books:BTC-USDT")} == {0}
    one = exchange("BTC-USDT", checksums=True)
    shown: dict[str, dict[str, list[str]]] = {"bids": {}, "asks": {}}
    stream = [one.venues["okx"]["BTC-USDT"].snapshot(), *frames(one, 3, "books:BTC-USDT")]
    for data in stream:
        row = json.loads(data)["data"][0]
        for name, side in shown.items():
            for level in row[name]:
                side[level[0]] = level[:2]
                if level[1] == "0":
                    del side[level[0]]
        bids = sorted(shown["bids"].values(), key=lambda level: -Decimal(level[0]))[:25]
        asks = sorted(shown["asks"].values(), key=lambda level: Decimal(level[0]))[:25]
        text = ":".join(":".join(bid + ask) for bid, ask in zip(bids, asks, strict=True))
        value = zlib.crc32(text.encode())
        assert row["checksum"] == (value - 2**32 if value >= 2**31 else value)


def test_the_checksum_catches_a_wrong_size() -> None:
    feed: OkxFeed = exchange("BTC-USDT", checksums=True).venues["okx"]["BTC-USDT"]
    before = feed.checksum()
    feed._bids.view[3, 1] += 1
    assert feed.checksum() != before


def test_shapes_are_those_of_a_recorded_frame(captures: Path) -> None:
    lines = (captures / "okx" / "okx_books_20260824.jsonl").read_text().splitlines()
    real = [json.loads(line) for line in lines]
    one = exchange("BTC-USDT")
    ours = [json.loads(one.venues["okx"]["BTC-USDT"].snapshot())]
    ours += [json.loads(data) for data in frames(one, 1, "books:BTC-USDT")]
    for mine, theirs in ((ours[0], real[1]), (ours[1], real[2])):
        assert list(mine) == list(theirs)
        assert list(mine["data"][0]) == list(theirs["data"][0])
        assert mine["action"] == theirs["action"]
        kinds = [type(value) for value in mine["data"][0].values()]
        assert kinds == [type(value) for value in theirs["data"][0].values()]
        assert [type(x) for x in mine["data"][0]["bids"][0]] == [type(x) for x in theirs["data"][0]["bids"][0]]
