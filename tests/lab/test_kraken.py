"""Kraken v2: books and checksums rebuilt from the text of the frames, requests, REST, and recorded shapes."""

from __future__ import annotations

import itertools
import json
import re
import zlib
from collections import deque
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.lab.kraken_feed import DEPTHS, KrakenFeed
from fillcast.lab.kraken_protocol import KRAKEN
from fillcast.lab.protocol import Traffic
from tests.lab.dict_book import engine_top
from tests.lab.scene import Lab, receive, until, with_lab
from tests.lab.stepping import OneHouse, Takers, exchange, frames, now, said

LEVEL = re.compile(r'\{"price":([0-9.]+),"qty":([0-9.]+)\}')


def scene(symbol: str = "BTC/USD", **options: Any) -> tuple[Any, KrakenFeed]:
    one = exchange("kraken", symbol, **options)
    feed = one.venues["kraken"][symbol]
    assert isinstance(feed, KrakenFeed)
    return one, feed


class TextBook:
    """A book of texts, cut to its depth after every message, with the checksum of its own text."""

    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.sides: dict[str, dict[Decimal, tuple[str, str]]] = {"bids": {}, "asks": {}}

    def take(self, frame: bytes) -> dict[str, Any]:
        text = frame.decode()
        message = json.loads(text)
        row = message["data"][0]
        if message["type"] == "snapshot":
            self.sides = {"bids": {}, "asks": {}}
        for name, following in (("bids", '"asks"'), ("asks", '"checksum"')):
            part = text[text.index(f'"{name}"') : text.index(following)]
            side = self.sides[name]
            for price, qty in LEVEL.findall(part):
                if Decimal(qty):
                    side[Decimal(price)] = (price, qty)
                else:
                    side.pop(Decimal(price), None)
            for price in self.prices(name)[self.depth :]:
                del side[price]
        assert row["checksum"] == self.checksum(), "checksum"
        return message  # type: ignore[no-any-return]

    def prices(self, name: str) -> list[Decimal]:
        return sorted(self.sides[name], reverse=name == "bids")

    def checksum(self) -> int:
        text = ""
        for name in ("asks", "bids"):
            for price in self.prices(name)[:10]:
                text += "".join(part.replace(".", "").lstrip("0") for part in self.sides[name][price])
        return zlib.crc32(text.encode())

    def top(self, name: str) -> list[tuple[Decimal, Decimal]]:
        return [(price, Decimal(self.sides[name][price][1])) for price in self.prices(name)]


@pytest.mark.parametrize("symbol", ["BTC/USD", "ETH/USD"])
@pytest.mark.parametrize("depth", DEPTHS)
def test_a_cut_book_from_the_frames_is_the_engines_own_and_its_checksums_match(symbol: str, depth: int) -> None:
    one, feed = scene(symbol)
    topic = feed.topics[f"book-{depth}"]
    book = TextBook(depth)
    book.take(feed.first(topic, now(one)))
    count = 0
    for data in frames(one, 3, topic):
        book.take(data)
        count += 1
        for name, side in (("bids", 1), ("asks", -1)):
            assert book.top(name) == engine_top(feed.market, feed.listing.instrument, side, depth)
    assert 5 < count <= 60


def test_levels_that_only_fall_out_of_the_depth_are_not_told() -> None:
    one, feed = scene()
    topic = feed.topics["book-10"]
    book = TextBook(10)
    book.take(feed.first(topic, now(one)))
    fell = 0
    for data in frames(one, 5, topic):
        before = {name: book.prices(name) for name in book.sides}
        book.take(data)
        rows = json.loads(data)["data"][0]
        for name, held in before.items():
            told = {Decimal(str(level["price"])) for level in rows[name]}
            fell += len(set(held) - set(book.prices(name)) - told)
    assert fell > 10


def test_the_checksum_catches_withheld_frames_and_a_wrong_digit() -> None:
    one, feed = scene()
    topic = feed.topics["book-10"]
    book = TextBook(10)
    stream = frames(one, 2, topic)
    book.take(feed.first(topic, now(one)))
    with pytest.raises(AssertionError, match="checksum"):  # one frame alone may be healed by the next before it shows
        deque(map(book.take, itertools.islice(stream, 0, None, 2)))
    first = feed.first(topic, now(one))
    at = first.index(b'"qty":') + len(b'"qty":')
    digit = b"7" if first[at : at + 1] != b"7" else b"8"
    with pytest.raises(AssertionError, match="checksum"):
        TextBook(10).take(first[:at] + digit + first[at + 1 :])


def test_trades_name_the_taker_and_the_snapshot_holds_the_last_ones() -> None:
    one, feed = scene()
    takers = Takers(feed.market)
    topic = feed.topics["trade"]
    messages = [json.loads(data, parse_float=Decimal) for data in frames(one, 20, topic)]
    trades = [row for message in messages for row in message["data"]]
    told = [(row["side"] == "buy", row["price"], row["qty"]) for row in trades]
    instrument = feed.listing.instrument
    assert told == [(fill.side > 0, instrument.price(fill.ticks), instrument.size(fill.lots)) for fill in takers()]
    assert len(trades) > 10
    snapshot = json.loads(feed.first(topic, now(one)), parse_float=Decimal)
    assert snapshot["type"] == "snapshot"
    ids = [row["trade_id"] for row in trades]
    assert [row["trade_id"] for row in snapshot["data"]][-10:] == ids[-10:]


def session(*, withhold: bool = False) -> Any:
    return KRAKEN.connect(OneHouse(scene()[0], withhold=withhold), "1", "/v2", {})


def request(method: str = "subscribe", channel: str = "book", **more: Any) -> str:
    params = {"channel": channel, "symbol": ["BTC/USD"], **more}
    return json.dumps({"method": method, "params": params, "req_id": 5})


def test_a_connection_begins_with_the_state_of_the_venue() -> None:
    (status,) = said(session().opened(0.0))
    assert status["channel"] == "status"
    assert status["data"][0]["system"] == "online"


def test_a_subscription_is_answered_for_each_symbol_and_starts_with_a_snapshot() -> None:
    one = session()
    reply, snapshot = said(one.handle(request(depth=25), 0.0))
    assert list(reply) == ["method", "req_id", "result", "success", "time_in", "time_out"]
    assert reply["result"] == {"channel": "book", "depth": 25, "snapshot": True, "symbol": "BTC/USD"}
    assert (snapshot["type"], len(snapshot["data"][0]["bids"])) == ("snapshot", 25)
    assert said(one.handle(request(), 0.0))[0]["error"] == "Already subscribed"
    assert said(one.handle(request("unsubscribe"), 0.0))[0]["error"] == "Subscription Not Found"
    gone = one.handle(request("unsubscribe", depth=25), 0.0)
    assert said(gone)[0]["success"]
    assert gone.removed == ["kraken/book-25/BTC/USD"]
    assert [row.get("type") for row in said(one.handle(request(snapshot=False), 0.0))] == [None]
    assert said(one.handle(request(channel="trade"), 0.0))[1]["channel"] == "trade"


def test_a_withheld_snapshot_leaves_the_reply() -> None:
    answer = session(withhold=True).handle(request(), 0.0)
    assert [row["method"] for row in said(answer)] == ["subscribe"]
    assert answer.added == ["kraken/book-10/BTC/USD"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("{bad", "Malformed request"),
        ("7", "Malformed request"),
        ('{"method":"fly"}', "Unsupported method"),
        ('{"method":"subscribe"}', "Malformed request"),
        (request(symbol="BTC/USD"), "Malformed request"),
        (request(symbol=[]), "Malformed request"),
        (request(symbol=["XBT/USD"]), "Currency pair not supported XBT/USD"),
        (request(depth=11), "Subscription depth not supported"),
        (request(depth=[10]), "Subscription depth not supported"),
        (request(channel="moon"), "Channel moon not supported"),
    ],
)
def test_requests_are_refused_in_the_venues_words(text: str, error: str) -> None:
    answer = session().handle(text, 0.0)
    (reply,) = said(answer)
    assert (reply["error"], reply["success"]) == (error, False)
    assert not answer.added


def test_pings_are_answered_and_silence_is_broken_by_heartbeats_after_a_subscription() -> None:
    one = session()
    (pong,) = said(one.handle('{"method":"ping","req_id":9}', 0.0))
    assert (pong["method"], pong["req_id"]) == ("pong", 9)
    assert not one.tick(Traffic(now=9.0, sent=0.0, heard=0.0)).replies
    one.handle(request(), 0.0)
    assert not one.tick(Traffic(now=0.9, sent=0.0, heard=0.0)).replies
    assert said(one.tick(Traffic(now=1.0, sent=0.0, heard=0.0))) == [{"channel": "heartbeat"}]


def test_over_a_socket_with_rest() -> None:
    async def body(lab: Lab) -> None:
        async with lab.http.ws_connect(lab.url + "/v2") as ws:
            assert (await receive(ws))["channel"] == "status"
            await ws.send_str(request(symbol=["BTC/USD", "ETH/USD"]))
            books = {"BTC/USD": TextBook(10), "ETH/USD": TextBook(10)}
            for _ in range(30):
                message = (await ws.receive(timeout=5)).data
                if '"channel":"book","type"' in message:
                    books[json.loads(message)["data"][0]["symbol"]].take(message.encode())
            assert all(len(book.sides["bids"]) == 10 for book in books.values())
        _, pairs = await lab.get("/0/public/AssetPairs")
        row = pairs["result"]["XXBTZUSD"]
        assert (row["wsname"], row["tick_size"], row["pair_decimals"], row["lot_decimals"]) == ("XBT/USD", "0.1", 1, 8)
        assert row["fees"] == row["fees_maker"] == []  # as the venue answers since September 2026
        _, one = await lab.get("/0/public/AssetPairs?pair=XBTUSD,ETH/USD")
        assert list(one["result"]) == ["XXBTZUSD", "XETHZUSD"]
        assert (await lab.get("/0/public/AssetPairs?pair=NO"))[1]["error"] == ["EQuery:Unknown asset pair"]
        _, depth = await lab.get("/0/public/Depth?pair=XBTUSD&count=5")
        assert len(depth["result"]["XXBTZUSD"]["asks"]) == 5
        assert (await lab.get("/0/public/Depth?pair=XBTUSD&count=0"))[1]["error"]
        assert (await lab.get("/0/public/Time"))[1]["result"]["unixtime"] > 0

    with_lab(body)


def test_heartbeats_come_over_the_socket() -> None:
    async def body(lab: Lab) -> None:
        async with lab.http.ws_connect(lab.url + "/v2") as ws:
            await ws.send_str(request(channel="trade", snapshot=False))
            await until(ws, lambda message: message.get("channel") == "heartbeat")

    with_lab(body, speed=0.01)


def test_shapes_are_those_of_a_recorded_session(captures: Path) -> None:
    lines = (captures / "kraken" / "kraken_v2_book10_20260824.jsonl").read_text().splitlines()
    one, feed = scene()
    connection = KRAKEN.connect(OneHouse(one), "1", "/v2", {})
    answer = connection.handle(request(), 0.0)
    topic = feed.topics["book-10"]
    ours = [connection.opened(0.0).replies[0], *answer.replies]
    ours += [data for data in frames(one, 3, topic) if b'"bids":[]' not in data][:1]
    for mine, theirs in zip(ours, (lines[0], lines[1], lines[2], lines[5]), strict=True):
        found, real = json.loads(mine), json.loads(theirs)
        found.pop("req_id", None)
        assert list(found) == list(real)
        if "data" in real:
            assert list(found["data"][0]) == list(real["data"][0])
    assert re.fullmatch(r'\{"price":\d+\.\d,"qty":\d+\.\d{8}\}', LEVEL.search(ours[2].decode()).group())  # type: ignore[union-attr]
    book = TextBook(10)  # the rebuild itself, held against the venue's own checksums
    for line in lines[2:]:
        if '"book"' in line:
            book.take(line.encode())
