"""Coinbase Advanced Trade: books rebuilt from the frames, one count per connection, requests, REST, shapes."""

from __future__ import annotations

import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.lab.coinbase_feed import CoinbaseFeed, numbered
from fillcast.lab.coinbase_protocol import COINBASE
from fillcast.lab.coinbase_session import CoinbaseSession
from fillcast.lab.moment import Frame
from fillcast.lab.protocol import Traffic
from tests.lab.dict_book import DictBook, engine_top
from tests.lab.scene import Lab, receive, with_lab
from tests.lab.stepping import OneHouse, Takers, exchange, frames, now, said


def scene(symbol: str = "BTC-USD", **options: Any) -> tuple[Any, CoinbaseFeed]:
    one = exchange("coinbase", symbol, **options)
    feed = one.venues["coinbase"][symbol]
    assert isinstance(feed, CoinbaseFeed)
    return one, feed


class Book(DictBook):
    """A dict book by the venue's rule; the count is the connection's."""

    def take(self, frame: bytes) -> dict[str, Any]:
        message = json.loads(frame)
        assert message["channel"] == "l2_data"
        (event,) = message["events"]
        if event["type"] == "snapshot":
            self.bids, self.asks = {}, {}
        sides: dict[str, list[list[str]]] = {"bid": [], "offer": []}
        for row in event["updates"]:
            sides[row["side"]].append([row["price_level"], row["new_quantity"]])
        self.set(sides["bid"], sides["offer"])
        return message  # type: ignore[no-any-return]


@pytest.mark.parametrize("symbol", ["BTC-USD", "ETH-USD"])
def test_a_whole_book_from_the_frames_is_the_engines_own(symbol: str) -> None:
    one, feed = scene(symbol)
    topic = feed.topics["level2"]
    book = Book()
    book.take(numbered(feed.first(topic, now(one)), 0))
    count = 0
    for data in frames(one, 4, topic):
        book.take(numbered(data, 1))
        count += 1
        for side, levels in ((1, book.bids), (-1, book.asks)):
            assert len(levels) == feed.market.count(side)
            assert book.top(side, 10_000) == engine_top(feed.market, feed.listing.instrument, side, 10_000)
    assert 40 < count <= 80


def test_the_rebuild_catches_one_withheld_frame() -> None:
    one, feed = scene()
    topic = feed.topics["level2"]
    book = Book()
    book.take(numbered(feed.first(topic, now(one)), 0))
    stream = frames(one, 1, topic)
    next(stream)
    for data in stream:
        book.take(numbered(data, 1))
    assert book.top(1, 10_000) != engine_top(feed.market, feed.listing.instrument, 1, 10_000)


def test_trades_name_the_maker() -> None:
    one, feed = scene()
    takers = Takers(feed.market)
    topic = feed.topics["market_trades"]
    messages = [json.loads(numbered(data, 0)) for data in frames(one, 20, topic)]
    trades = [row for message in messages for row in reversed(message["events"][0]["trades"])]
    told = [(row["side"] == "SELL", Decimal(row["price"]), Decimal(row["size"])) for row in trades]
    instrument = feed.listing.instrument
    assert told == [(fill.side > 0, instrument.price(fill.ticks), instrument.size(fill.lots)) for fill in takers()]
    assert len(trades) > 10
    first = json.loads(numbered(feed.first(topic, now(one)), 0))["events"][0]
    assert first["type"] == "snapshot"
    assert first["trades"][0] == trades[-1]


def session(*, withhold: bool = False) -> CoinbaseSession:
    found = COINBASE.connect(OneHouse(scene()[0], withhold=withhold), "1", "/", {})
    assert isinstance(found, CoinbaseSession)
    found.opened(100.0)
    return found


def ask(one: CoinbaseSession, kind: str, channel: str, *products: str) -> Any:
    return one.handle(json.dumps({"type": kind, "channel": channel, "product_ids": list(products)}), 100.0)


def test_every_message_of_a_connection_counts() -> None:
    one = session()
    messages = said(ask(one, "subscribe", "level2", "BTC-USD"))
    messages += said(ask(one, "subscribe", "market_trades", "BTC-USD"))
    messages += said(ask(one, "subscribe", "heartbeats"))
    frame = Frame("", "", b'{"sequence_num":,"events":[]}')
    messages += [json.loads(one.wire(frame)) for _ in range(3)]
    messages += said(one.tick(Traffic(101.0, 0.0, 0.0)))
    assert [message["sequence_num"] for message in messages] == list(range(9))
    channels = [message.get("channel") for message in messages]
    assert channels[:5] == ["l2_data", "subscriptions", "market_trades", "subscriptions", "subscriptions"]
    assert messages[4]["events"] == [
        {"subscriptions": {"level2": ["BTC-USD"], "market_trades": ["BTC-USD"], "heartbeats": ["heartbeats"]}}
    ]
    assert one.restart()
    assert json.loads(one.wire(frame))["sequence_num"] == 0


def test_heartbeats_come_every_second_with_a_counter() -> None:
    one = session()
    ask(one, "subscribe", "heartbeats")
    beats = [said(one.tick(Traffic(100.0 + quarter / 4, 0.0, 0.0))) for quarter in range(17)]
    events = [message["events"][0] for answer in beats for message in answer]
    assert [event["heartbeat_counter"] for event in events] == [1, 2, 3, 4]
    ask(one, "unsubscribe", "heartbeats")
    assert not one.tick(Traffic(200.0, 0.0, 0.0)).replies


def test_a_connection_must_subscribe_within_five_seconds() -> None:
    one = session()
    assert one.tick(Traffic(105.0, 0.0, 0.0)).close == ""
    assert "5 s" in one.tick(Traffic(105.1, 0.0, 0.0)).close
    other = session()
    ask(other, "subscribe", "heartbeats")
    ask(other, "unsubscribe", "heartbeats")
    assert other.tick(Traffic(200.0, 0.0, 0.0)).close == ""


def test_a_name_in_usdc_stands_for_the_book_in_usd() -> None:
    one = session()
    answer = ask(one, "subscribe", "level2", "BTC-USDC")
    assert answer.added == ["coinbase/level2/BTC-USD"]
    assert said(answer)[0]["events"][0]["product_id"] == "BTC-USD"
    assert ask(one, "unsubscribe", "level2", "BTC-USDC").removed == ["coinbase/level2/BTC-USD"]
    assert one.subscribed == {}


def test_a_second_subscription_changes_nothing_and_a_withheld_snapshot_is_missing() -> None:
    one = session()
    ask(one, "subscribe", "level2", "BTC-USD")
    again = ask(one, "subscribe", "level2", "BTC-USD")
    assert ([row["channel"] for row in said(again)], again.added) == (["subscriptions"], [])
    answer = ask(session(withhold=True), "subscribe", "level2", "BTC-USD")
    assert [row["channel"] for row in said(answer)] == ["subscriptions"]
    assert answer.added


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{bad", "type"),
        ("[]", "type"),
        ('{"type":"fly"}', "type"),
        ('{"type":"subscribe"}', "channel None"),
        ('{"type":"subscribe","channel":"moon"}', "channel moon"),
        ('{"type":"subscribe","channel":"level2"}', "empty"),
        ('{"type":"subscribe","channel":"level2","product_ids":"BTC-USD"}', "list"),
        ('{"type":"subscribe","channel":"level2","product_ids":[7]}', "list"),
        ('{"type":"subscribe","channel":"level2","product_ids":["NO-USD"]}', "NO-USD is not a valid product"),
    ],
)
def test_requests_are_refused_without_a_number(text: str, words: str) -> None:
    one = session()
    answer = one.handle(text, 100.0)
    (reply,) = said(answer)
    assert reply["type"] == "error"
    assert words in reply["message"]
    assert not answer.added
    assert said(ask(one, "subscribe", "heartbeats"))[0]["sequence_num"] == 0


def test_over_a_socket_with_rest() -> None:
    async def body(lab: Lab) -> None:
        async with lab.http.ws_connect(lab.url + "/") as ws:
            for channel in ("level2", "market_trades", "heartbeats"):
                await ws.send_json({"type": "subscribe", "channel": channel, "product_ids": ["BTC-USD", "ETH-USD"]})
            books = {"BTC-USD": Book(), "ETH-USD": Book()}
            numbers = []
            for _ in range(60):
                message = await receive(ws)
                numbers.append(message["sequence_num"])
                if message["channel"] == "l2_data":
                    books[message["events"][0]["product_id"]].take(json.dumps(message).encode())
            assert numbers == list(range(60))
            assert all(max(book.bids) < min(book.asks) for book in books.values())
        path = "/api/v3/brokerage/market/products"
        _, found = await lab.get(path)
        assert [row["product_id"] for row in found["products"]] == ["BTC-USD", "ETH-USD"]
        _, one = await lab.get(path + "/BTC-USD")
        assert (one["price_increment"], one["base_increment"], one["status"]) == ("0.01", "0.00000001", "online")
        assert len((await lab.get(path + "?product_ids=ETH-USD"))[1]["products"]) == 1
        assert (await lab.get(path + "/NO-USD"))[0] == 404

    with_lab(body)


def test_shapes_are_those_of_recorded_frames(captures: Path) -> None:
    lines = (captures / "coinbase" / "coinbase_advanced_l2_data_20260824.jsonl").read_text().splitlines()
    real = [json.loads(line) for line in lines]
    assert all(b["sequence_num"] == a["sequence_num"] + 1 for a, b in itertools.pairwise(real))
    one, feed = scene()
    connection = COINBASE.connect(OneHouse(one), "1", "/", {})
    answer = connection.handle('{"type":"subscribe","channel":"level2","product_ids":["BTC-USD"]}', 0.0)
    topic = feed.topics["level2"]
    ours = said(answer) + [json.loads(connection.wire(Frame(topic, "", data))) for data in frames(one, 1, topic)]
    for kind in ("snapshot", "update"):
        mine = next(row for row in ours if row["events"][0].get("type") == kind)
        theirs = next(row for row in real if row["events"][0].get("type") == kind and row["events"][0]["updates"])
        assert list(mine) == list(theirs)
        assert len(mine["timestamp"]) == len(theirs["timestamp"])
        assert list(mine["events"][0]) == list(theirs["events"][0])
        level, their_level = mine["events"][0]["updates"][0], theirs["events"][0]["updates"][0]
        assert list(level) == list(their_level)
        assert len(level["event_time"]) == len(their_level["event_time"])
    assert ours[1]["events"] == next(row for row in real if row["channel"] == "subscriptions")["events"]
