"""Bybit v5: books rebuilt from the frames, requests, REST, and the shapes of recorded frames."""

from __future__ import annotations

import gzip
import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.lab.bybit_feed import EVERY_MS, BybitFeed
from fillcast.lab.bybit_protocol import CATEGORIES, BybitProtocol
from tests.lab.dict_book import DictBook, engine_top
from tests.lab.scene import Lab, until, with_lab
from tests.lab.stepping import OneHouse, Takers, exchange, frames, now, said

SYMBOL = {"spot": "BTCUSDT", "linear": "ETHUSDT", "inverse": "BTCUSD"}


def scene(category: str, **options: Any) -> tuple[Any, BybitFeed]:
    one = exchange(f"bybit_{category}", SYMBOL[category], **options)
    feed = one.venues[f"bybit_{category}"][SYMBOL[category]]
    assert isinstance(feed, BybitFeed)
    return one, feed


class Book(DictBook):
    """A dict book by the venue's rule: snapshots replace, deltas must follow one by one."""

    def take(self, frame: bytes) -> dict[str, Any]:
        message = json.loads(frame)
        data = message["data"]
        if message["type"] == "snapshot":
            self.bids, self.asks = {}, {}
        else:
            assert data["u"] == self.last + 1, "chain"
        self.set(data["b"], data["a"])
        self.last = data["u"]
        return message  # type: ignore[no-any-return]


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("depth", list(EVERY_MS))
def test_a_book_from_the_frames_is_the_engines_own(category: str, depth: int) -> None:
    one, feed = scene(category)
    topic = feed.topics[f"orderbook.{depth}"]
    book = Book()
    book.take(feed.snapshot(topic, now(one)))
    count = 0
    for data in frames(one, 4, topic):
        message = book.take(data)
        count += 1
        assert message["topic"] == f"orderbook.{depth}.{SYMBOL[category]}"
        assert message["cts"] <= message["ts"]
        assert message["data"]["seq"] == feed.market.update_id
        for side in (1, -1):
            expected = engine_top(feed.market, feed.listing.instrument, side, depth)
            assert book.top(side, len(expected) + 1) == expected
    assert count > 4000 / EVERY_MS[depth] * 0.1
    if depth > 1:
        assert count <= 4000 / EVERY_MS[depth]


def test_the_rebuild_catches_one_withheld_frame() -> None:
    one, feed = scene("linear")
    topic = feed.topics["orderbook.50"]
    book = Book()
    book.take(feed.snapshot(topic, now(one)))
    stream = frames(one, 2, topic)
    next(stream)
    with pytest.raises(AssertionError, match="chain"):
        book.take(next(stream))


def test_a_later_subscriber_joins_the_chain() -> None:
    one, feed = scene("spot")
    topic = feed.topics["orderbook.200"]
    first, second = Book(), Book()
    first.take(feed.snapshot(topic, now(one)))
    for data in frames(one, 0.53, topic):
        first.take(data)
    second.take(feed.snapshot(topic, now(one)))
    for data in frames(one, 1, topic):
        first.take(data)
        second.take(data)
    assert first.bids == second.bids
    assert first.asks == second.asks


def test_depth_one_is_repeated_with_the_same_id_when_nothing_changes() -> None:
    one, feed = scene("linear", pace=1e-4)
    topic = feed.topics["orderbook.1"]
    feed.snapshot(topic, now(one))
    rows = [json.loads(data) for data in frames(one, 10, topic)]
    assert len(rows) >= 3
    assert {row["type"] for row in rows} == {"snapshot"}
    assert any(a["data"] == b["data"] and b["ts"] - a["ts"] == 3000 for a, b in itertools.pairwise(rows))


def test_a_restarted_service_sends_a_snapshot_with_id_one() -> None:
    one, feed = scene("inverse")
    topic = feed.topics["orderbook.50"]
    book = Book()
    book.take(feed.snapshot(topic, now(one)))
    for data in frames(one, 0.5, topic):
        book.take(data)
    assert feed.reset_sequence() == 1
    rows = [book.take(data) for data in frames(one, 1, topic)]
    assert (rows[0]["type"], rows[0]["data"]["u"]) == ("snapshot", 1)
    assert {row["type"] for row in rows[1:]} == {"delta"}
    assert book.top(1, 51) == engine_top(feed.market, feed.listing.instrument, 1, 50)


@pytest.mark.parametrize("category", CATEGORIES)
def test_trades_name_the_taker(category: str) -> None:
    one, feed = scene(category)
    takers = Takers(feed.market)
    trades = [row for data in frames(one, 20, feed.topics["publicTrade"]) for row in json.loads(data)["data"]]
    told = [(row["S"] == "Buy", Decimal(row["p"]), Decimal(row["v"])) for row in trades]
    instrument = feed.listing.instrument
    assert told == [(fill.side > 0, instrument.price(fill.ticks), instrument.size(fill.lots)) for fill in takers()]
    assert len(trades) > 10
    assert len({row["i"] for row in trades}) == len(trades)
    assert ("L" in trades[0]) == (category != "spot")


def session(category: str, *, withhold: bool = False) -> Any:
    one, _ = scene(category)
    return BybitProtocol(category).connect(OneHouse(one, withhold=withhold), "1", "", {})


def test_spot_replies_before_the_book_and_the_others_after_it() -> None:
    for category in CATEGORIES:
        args = [f"orderbook.50.{SYMBOL[category]}", f"publicTrade.{SYMBOL[category]}"]
        answer = session(category).handle(json.dumps({"op": "subscribe", "args": args, "req_id": "a"}), 0.0)
        kinds = ["reply" if "success" in row else row["type"] for row in said(answer)]
        assert kinds == (["reply", "snapshot"] if category == "spot" else ["snapshot", "reply"])
        (reply,) = [row for row in said(answer) if "success" in row]
        assert (reply["success"], reply["req_id"], reply["op"]) == (True, "a", "subscribe")
        assert answer.added == [f"{category}/{arg}" for arg in args]


@pytest.mark.parametrize(
    ("category", "request_", "words"),
    [
        ("linear", "{bad", "format"),
        ("linear", "[]", "format"),
        ("linear", {"op": "fly"}, "fly"),
        ("linear", {"op": "subscribe"}, "args"),
        ("linear", {"op": "subscribe", "args": []}, "args"),
        ("linear", {"op": "subscribe", "args": [7]}, "args"),
        ("linear", {"op": "subscribe", "args": ["orderbook.7.ETHUSDT"]}, "handler not found,topic:orderbook.7"),
        ("linear", {"op": "subscribe", "args": ["orderbook.50.NOPE"]}, "symbol invalid"),
        ("linear", {"op": "subscribe", "args": ["orderbook.50.ETHUSDT", "nope"]}, "handler not found"),
        ("spot", {"op": "subscribe", "args": ["orderbook.50.NOPE"]}, "Invalid symbol"),
        ("spot", {"op": "subscribe", "args": ["orderbook.50.BTCUSDT"] * 11}, "args size >10"),
        ("linear", {"op": "subscribe", "args": ["orderbook.50.ETHUSDT"] * 1051}, "21000"),
    ],
)
def test_requests_are_refused_as_a_whole(category: str, request_: object, words: str) -> None:
    one = session(category)
    answer = one.handle(request_ if isinstance(request_, str) else json.dumps(request_), 0.0)
    (reply,) = said(answer)
    assert reply["success"] is False
    assert words in reply["ret_msg"]
    assert not answer.added
    assert not one.topics


def test_pings_are_answered_and_topics_are_left_and_taken_once() -> None:
    one = session("linear")
    assert said(one.handle('{"op":"ping","req_id":"7"}', 0.0)) == [
        {"success": True, "ret_msg": "pong", "conn_id": "lab-1", "req_id": "7", "op": "ping"}
    ]
    request = {"op": "subscribe", "args": ["publicTrade.ETHUSDT"]}
    assert said(one.handle(json.dumps(request), 0.0))[0]["success"]
    assert "already" in said(one.handle(json.dumps(request), 0.0))[0]["ret_msg"]
    answer = one.handle(json.dumps({**request, "op": "unsubscribe"}), 0.0)
    assert answer.removed == ["linear/publicTrade.ETHUSDT"]
    assert said(one.handle(json.dumps(request), 0.0))[0]["success"]


def test_a_withheld_snapshot_leaves_the_reply_and_the_deltas() -> None:
    answer = session("linear", withhold=True).handle('{"op":"subscribe","args":["orderbook.50.ETHUSDT"]}', 0.0)
    assert [row["op"] for row in said(answer)] == ["subscribe"]
    assert answer.added


def test_instruments_are_listed_by_category() -> None:
    async def body(lab: Lab) -> None:
        path = "/v5/market/instruments-info?category="
        _, spot = await lab.get(path + "spot")
        assert [row["symbol"] for row in spot["result"]["list"]] == ["BTCUSDT", "ETHUSDT"]
        assert spot["result"]["list"][0]["lotSizeFilter"]["basePrecision"] == "0.000001"
        _, linear = await lab.get(path + "linear&symbol=BTCUSDT")
        (row,) = linear["result"]["list"]
        assert (row["priceFilter"]["tickSize"], row["lotSizeFilter"]["qtyStep"]) == ("0.10", "0.001")
        assert (row["contractType"], row["settleCoin"], row["priceScale"]) == ("LinearPerpetual", "USDT", "2")
        _, inverse = await lab.get(path + "inverse")
        assert inverse["result"]["list"][0]["contractType"] == "InversePerpetual"
        assert (await lab.get(path + "moon"))[1]["retCode"] == 10001
        assert (await lab.get(path + "linear&symbol=NO"))[1]["retCode"] == 10001
        assert (await lab.get("/v5/market/time"))[1]["retCode"] == 0

    with_lab(body)


def test_the_three_addresses_serve_their_own() -> None:
    async def body(lab: Lab) -> None:
        for category, symbol in SYMBOL.items():
            async with lab.http.ws_connect(f"{lab.url}/v5/public/{category}") as ws:
                await ws.send_json({"op": "subscribe", "args": [f"orderbook.50.{symbol}"]})
                book = Book()
                book.take(json.dumps(await until(ws, lambda row: row.get("type") == "snapshot")).encode())
                for _ in range(5):
                    book.take(json.dumps(await until(ws, lambda row: row.get("type") == "delta")).encode())
                assert max(book.bids) < min(book.asks)

    with_lab(body)


def shape(found: Any) -> Any:
    """Keys in their order and the types of values."""
    if isinstance(found, dict):
        return [(key, shape(value)) for key, value in found.items()]
    return [shape(found[0])] if isinstance(found, list) and found else type(found)


def test_shapes_are_those_of_recorded_frames(captures: Path) -> None:
    spot = (captures / "bybit" / "bybit_v5_spot_orderbook50_20260824.jsonl").read_text().splitlines()
    one, feed = scene("spot")
    topic = feed.topics["orderbook.50"]
    ours = [feed.snapshot(topic, now(one)), *frames(one, 1, topic)]
    assert shape(json.loads(ours[0])) == shape(json.loads(spot[1]))
    full = [json.loads(line) for line in (*ours[1:], *spot[2:])]
    full = [row for row in full if row["data"]["b"] and row["data"]["a"]]
    assert len({str(shape(row)) for row in full}) == 1
    assert not any(level[0].endswith("0") for level in full[0]["data"]["b"] if "." in level[0])
    lines = gzip.decompress((captures / "bybit" / "bybit_v5_linear_orderbook1_20250613.ws.txt.gz").read_bytes())
    real = next(json.loads(line.split(b": ", 1)[1]) for line in lines.splitlines() if b'"snapshot"' in line)
    one, feed = scene("linear")
    mine = json.loads(feed.snapshot(feed.topics["orderbook.1"], now(one)))
    assert shape(mine) == shape(real)
    assert Decimal(mine["data"]["b"][0][0]).as_tuple().exponent == -2
