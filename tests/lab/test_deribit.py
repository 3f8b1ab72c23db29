"""Deribit: books rebuilt from the frames, JSON-RPC, heartbeats, REST, and the shapes of recorded frames."""

from __future__ import annotations

import gzip
import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.lab.deribit_feed import DeribitFeed
from fillcast.lab.deribit_protocol import DERIBIT
from fillcast.lab.deribit_session import DeribitSession
from fillcast.lab.protocol import Traffic
from tests.lab.dict_book import DictBook, engine_top
from tests.lab.scene import Lab, until, with_lab
from tests.lab.stepping import OneHouse, Takers, exchange, frames, now, said

SYMBOLS = ("BTC-PERPETUAL", "ETH-PERPETUAL", "BTC_USDC-PERPETUAL")


def scene(symbol: str = SYMBOLS[0], **options: Any) -> tuple[Any, DeribitFeed]:
    one = exchange("deribit", symbol, **options)
    feed = one.venues["deribit"][symbol]
    assert isinstance(feed, DeribitFeed)
    return one, feed


class Book(DictBook):
    """A dict book by the venue's rule, which also holds every action against what it knew."""

    def take(self, frame: bytes) -> dict[str, Any]:
        data = json.loads(frame, parse_float=Decimal)["params"]["data"]
        if data["type"] == "snapshot":
            assert "prev_change_id" not in data
            self.bids, self.asks = {}, {}
        else:
            assert data["prev_change_id"] == self.last, "chain"
        for levels, side in ((data["bids"], self.bids), (data["asks"], self.asks)):
            for action, price, amount in levels:
                assert (price in side) == (action != "new"), action
                assert (amount == 0) == (action == "delete"), action
                side[price] = amount
                if action == "delete":
                    del side[price]
        self.last = data["change_id"]
        return data  # type: ignore[no-any-return]


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize(("channel", "count"), [("book.100ms", 50), ("book.agg2", 5)])
def test_a_whole_book_from_the_frames_is_the_engines_own(symbol: str, channel: str, count: int) -> None:
    one, feed = scene(symbol)
    topic = feed.topics[channel]
    book = Book()
    book.take(feed.snapshot(topic, now(one)))
    seen = 0
    for data in frames(one, 5, topic):
        book.take(data)
        seen += 1
        assert book.last == feed.market.update_id
        for side, levels in ((1, book.bids), (-1, book.asks)):
            assert len(levels) == feed.market.count(side)
            assert book.top(side, 10_000) == engine_top(feed.market, feed.listing.instrument, side, 10_000)
    assert count - 3 <= seen <= count


def test_the_rebuild_catches_one_withheld_frame() -> None:
    one, feed = scene()
    topic = feed.topics["book.100ms"]
    book = Book()
    book.take(feed.snapshot(topic, now(one)))
    stream = frames(one, 2, topic)
    next(stream)
    with pytest.raises(AssertionError, match="chain"):
        book.take(next(stream))


def test_a_later_subscriber_joins_the_chain() -> None:
    one, feed = scene()
    topic = feed.topics["book.100ms"]
    feed.snapshot(topic, now(one))
    list(frames(one, 0.55, topic))
    book = Book()
    book.take(feed.snapshot(topic, now(one)))
    for data in frames(one, 1, topic):
        book.take(data)
    assert len(book.bids) > 1000


def test_numbers_are_written_as_json_numbers_with_a_point() -> None:
    _, feed = scene()
    text = feed.snapshot(feed.topics["book.100ms"], now(scene()[0])).decode()
    levels = text[text.index('"bids":[') :].split("],[")
    assert all(level.split(",")[1].rpartition(".")[2] in ("0", "5") for level in levels[1:20])
    assert all(level.split(",")[2].endswith(".0") for level in levels[1:20])


def test_a_reset_breaks_the_chain_once() -> None:
    one, feed = scene()
    topic = feed.topics["book.100ms"]
    last = json.loads(feed.snapshot(topic, now(one)))["params"]["data"]["change_id"]
    feed.reset_sequence()
    breaks = 0
    for data in frames(one, 1, topic):
        row = json.loads(data)["params"]["data"]
        breaks += row["prev_change_id"] != last
        last = row["change_id"]
    assert breaks == 1
    assert last < 10**6


@pytest.mark.parametrize("channel", ["trades.100ms", "trades.agg2"])
def test_trades_name_the_taker(channel: str) -> None:
    one, feed = scene()
    takers = Takers(feed.market)
    messages = [json.loads(data, parse_float=Decimal) for data in frames(one, 20, feed.topics[channel])]
    trades = [row for message in messages for row in message["params"]["data"]]
    told = [(row["direction"] == "buy", row["price"], row["amount"]) for row in trades]
    instrument = feed.listing.instrument
    assert told == [(fill.side > 0, instrument.price(fill.ticks), instrument.size(fill.lots)) for fill in takers()]
    assert len(trades) > 10


def session(*, withhold: bool = False) -> DeribitSession:
    found = DERIBIT.connect(OneHouse(scene()[0], withhold=withhold), "1", "/ws/api/v2", {})
    assert isinstance(found, DeribitSession)
    return found


def call(one: DeribitSession, method: str, at: float = 0.0, **params: Any) -> Any:
    return one.handle(json.dumps({"jsonrpc": "2.0", "id": 3, "method": method, "params": params}), at)


BOOK, TRADES = "book.BTC-PERPETUAL.100ms", "trades.BTC-PERPETUAL.100ms"


def test_a_subscription_is_answered_with_what_exists_and_starts_with_a_snapshot() -> None:
    one = session()
    answer = call(one, "public/subscribe", channels=[BOOK, TRADES, "book.NO.100ms"])
    reply, snapshot = said(answer)
    assert (reply["id"], reply["result"], reply["testnet"]) == (3, [BOOK, TRADES], False)
    assert snapshot["params"]["data"]["type"] == "snapshot"
    assert answer.added == [BOOK, TRADES]
    again = call(one, "public/subscribe", channels=[BOOK])
    assert (len(again.replies), again.added) == (1, [])
    gone = call(one, "public/unsubscribe", channels=[BOOK, "book.NO.100ms"])
    assert (said(gone)[0]["result"], gone.removed) == ([BOOK], [BOOK])
    assert len(call(one, "public/subscribe", channels=[BOOK]).replies) == 2
    assert sorted(call(one, "public/unsubscribe_all").removed) == [BOOK, TRADES]


def test_a_withheld_snapshot_leaves_the_reply() -> None:
    answer = call(session(withhold=True), "public/subscribe", channels=[BOOK])
    assert [row.get("result") for row in said(answer)] == [[BOOK]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{bad", -32700),
        ("[]", -32600),
        ("{}", -32600),
        ('{"method":"public/fly","id":1}', -32601),
        ('{"method":"public/subscribe","id":1}', -32602),
        ('{"method":"public/subscribe","id":1,"params":{"channels":"book"}}', -32602),
        ('{"method":"public/subscribe","id":1,"params":{"channels":[7]}}', -32602),
        ('{"method":"public/subscribe","id":1,"params":{"channels":["book.BTC-PERPETUAL.raw"]}}', 13778),
        ('{"method":"public/set_heartbeat","id":1,"params":{"interval":9}}', -32602),
        ('{"method":"public/set_heartbeat","id":1,"params":{"interval":true}}', -32602),
    ],
)
def test_requests_are_refused_with_the_venues_codes(text: str, code: int) -> None:
    answer = session().handle(text, 0.0)
    assert said(answer)[0]["error"]["code"] == code
    assert not answer.added


def test_a_test_request_must_be_answered() -> None:
    one = session()
    assert not one.tick(Traffic(99.0, 0.0, 0.0)).replies
    assert said(call(one, "public/set_heartbeat", at=100.0, interval=10))[0]["result"] == "ok"
    assert not one.tick(Traffic(109.0, 0.0, 0.0)).replies
    kinds = [row["params"]["type"] for row in said(one.tick(Traffic(110.0, 0.0, 0.0)))]
    assert kinds == ["heartbeat", "test_request"]
    assert "version" in said(call(one, "public/test", at=111.0))[0]["result"]
    assert one.tick(Traffic(120.0, 0.0, 0.0)).replies
    assert one.tick(Traffic(129.0, 0.0, 0.0)).close == ""
    assert "not answered" in one.tick(Traffic(130.0, 0.0, 0.0)).close
    other = session()
    call(other, "public/set_heartbeat", interval=10)
    call(other, "public/disable_heartbeat")
    assert not other.tick(Traffic(1000.0, 0.0, 0.0)).replies


def test_over_a_socket_with_rest() -> None:
    async def body(lab: Lab) -> None:
        async with lab.http.ws_connect(lab.url + "/ws/api/v2") as ws:
            await ws.send_json({"id": 1, "method": "public/subscribe", "params": {"channels": [BOOK]}})
            assert (await until(ws, lambda row: row.get("id") == 1))["result"] == [BOOK]
            book = Book()
            for _ in range(6):
                message = await until(ws, lambda row: row.get("method") == "subscription")
                book.take(json.dumps(message).encode())
            assert max(book.bids) < min(book.asks)
        root = "/api/v2/public"
        _, found = await lab.get(f"{root}/get_instruments?currency=BTC&kind=future")
        (row,) = found["result"]
        assert (row["instrument_name"], row["tick_size"], row["contract_size"]) == ("BTC-PERPETUAL", 0.5, 10.0)
        assert (row["instrument_type"], row["taker_commission"]) == ("reversed", 0.0005)
        assert len((await lab.get(f"{root}/get_instruments?currency=any"))[1]["result"]) == 3
        assert (await lab.get(f"{root}/get_instruments?currency=BTC&kind=option"))[1]["result"] == []
        _, one = await lab.get(f"{root}/get_instrument?instrument_name=BTC_USDC-PERPETUAL")
        assert (one["result"]["instrument_type"], one["result"]["min_trade_amount"]) == ("linear", 0.0001)
        for path in ("get_instruments", "get_instrument", "get_instrument?instrument_name=NO"):
            status, refused = await lab.get(f"{root}/{path}")
            assert (status, "error" in refused) == (400, True)
        assert (await lab.get(f"{root}/get_instruments?currency=BTC&kind=moon"))[0] == 400
        assert (await lab.get(f"{root}/test"))[1]["result"]["version"]
        assert (await lab.get(f"{root}/get_time"))[1]["result"] > 0

    with_lab(body)


def test_shapes_are_those_of_recorded_frames(captures: Path) -> None:
    raw = gzip.decompress((captures / "deribit" / "deribit_options_20210722.ws.txt.gz").read_bytes())
    real = [json.loads(line.split(b": ", 1)[1]) for line in raw.splitlines() if b'"channel":"book.' in line]
    one, feed = scene()
    topic = feed.topics["book.100ms"]
    ours = [json.loads(feed.snapshot(topic, now(one)))] + [json.loads(data) for data in frames(one, 1, topic)]
    for kind in ("snapshot", "change"):
        mine = next(row for row in ours if row["params"]["data"]["type"] == kind)
        theirs = next(row for row in real if row["params"]["data"]["type"] == kind and row["params"]["data"]["bids"])
        assert list(mine) == list(theirs)
        assert list(mine["params"]) == list(theirs["params"])
        assert list(mine["params"]["data"]) == list(theirs["params"]["data"])
        level, their_level = mine["params"]["data"]["bids"][0], theirs["params"]["data"]["bids"][0]
        assert [type(value) for value in level] == [type(value) for value in their_level]


def test_quotes_are_the_engines_touch_and_told_when_it_changes() -> None:
    one, feed = scene()
    told = [json.loads(data, parse_float=Decimal)["params"] for data in frames(one, 5, feed.topics["quote"])]
    assert len(told) > 5
    assert all(entry["channel"] == "quote.BTC-PERPETUAL" for entry in told)
    seen = [tuple(list(entry["data"].values())[2:]) for entry in told]
    assert all(before != after for before, after in itertools.pairwise(seen))
    (bid,), (ask,) = (engine_top(feed.market, feed.listing.instrument, side, 1) for side in (1, -1))
    last = told[-1]["data"]
    assert (last["best_bid_price"], last["best_bid_amount"]) == bid
    assert (last["best_ask_price"], last["best_ask_amount"]) == ask
