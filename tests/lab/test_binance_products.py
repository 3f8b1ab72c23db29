"""Binance spot and COIN-M: books rebuilt from the frames, the addresses of their own, REST, and recorded shapes."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.core.instrument import ContractKind
from fillcast.lab.binance_feed import BinanceFeed
from fillcast.lab.binance_products import COINM, SPOT, BinanceProduct
from fillcast.lab.binance_protocol import BINANCE_COINM, BINANCE_SPOT
from fillcast.lab.binance_session import BinanceSession
from fillcast.lab.protocol import Traffic
from fillcast.lab.server import LabAddress
from fillcast.venues.binance.instruments import list_instruments
from tests.lab.dict_book import DictBook, engine_top
from tests.lab.scene import Lab, until, with_lab
from tests.lab.stepping import OneHouse, Takers, exchange, frames, now

PRODUCTS = {"binance_spot": SPOT, "binance_coinm": COINM}
BOOKS = [
    (name, symbol, stream)
    for name, symbols in (("binance_spot", ("BTCUSDT", "ETHUSDT")), ("binance_coinm", ("BTCUSD_PERP", "ETHUSD_PERP")))
    for symbol in symbols
    for stream in PRODUCTS[name].depth_every_ms
]


def scene(name: str, symbol: str, **options: Any) -> tuple[Any, BinanceFeed]:
    one = exchange(name, symbol, **options)
    feed = one.venues[name][symbol]
    assert isinstance(feed, BinanceFeed)
    return one, feed


def take(product: BinanceProduct, book: DictBook, frame: bytes, *, first: bool = False) -> None:
    if product.futures:
        book.binance(frame, first=first)
    else:
        book.binance_spot(frame, first=first)


@pytest.mark.parametrize(("name", "symbol", "stream"), BOOKS)
def test_a_book_from_the_frames_is_the_engines_own_at_equal_ids(name: str, symbol: str, stream: str) -> None:
    one, feed = scene(name, symbol)
    product, instrument = PRODUCTS[name], feed.listing.instrument
    book = DictBook()
    for side, levels in ((1, book.bids), (-1, book.asks)):
        levels.update(engine_top(feed.market, instrument, side, 10**6))
    book.last = feed.market.update_id
    count = 0
    for data in frames(one, 3, feed.topics[stream]):
        take(product, book, data)
        count += 1
        assert book.last == feed.market.update_id
        for side in (1, -1):
            assert book.top(side, 10**6) == engine_top(feed.market, instrument, side, 10**6)
    assert count <= 3000 // product.depth_every_ms[stream]
    assert count > 0.9 * (3000 // product.depth_every_ms[stream]) - 1


@pytest.mark.parametrize("name", list(PRODUCTS))
def test_the_rebuild_catches_one_withheld_frame(name: str) -> None:
    one, feed = scene(name, BOOKS[0][1] if name == "binance_spot" else "BTCUSD_PERP")
    book = DictBook()
    book.last = feed.market.update_id
    stream = frames(one, 1, feed.topics["depth@100ms"])
    next(stream)
    with pytest.raises(AssertionError, match="chain"):
        take(PRODUCTS[name], book, next(stream))


@pytest.mark.parametrize(("name", "symbol"), [("binance_spot", "BTCUSDT"), ("binance_coinm", "BTCUSD_PERP")])
def test_a_snapshot_between_two_events_bridges(name: str, symbol: str) -> None:
    one, feed = scene(name, symbol)
    product = PRODUCTS[name]
    for step in range(173):
        one.step(step, ())
    book = DictBook()
    book.binance_rest(feed.rest_depth(now(one), product.snapshot_depth))
    assert len(book.bids) == (feed.market.count(1) if name == "binance_spot" else 1000)
    first = True
    for data in frames(one, 2, feed.topics["depth@100ms"]):
        take(product, book, data, first=first)
        first = False
        for side in (1, -1):
            assert book.top(side, 500) == engine_top(feed.market, feed.listing.instrument, side, 500)
    assert not first


@pytest.mark.parametrize(("name", "symbol"), [("binance_spot", "BTCUSDT"), ("binance_coinm", "BTCUSD_PERP")])
def test_a_reset_breaks_the_chain(name: str, symbol: str) -> None:
    one, feed = scene(name, symbol)
    book = DictBook()
    book.last = feed.market.update_id
    feed.reset_sequence()
    stream = frames(one, 1, feed.topics["depth@100ms"])
    broken = next(stream)
    with pytest.raises(AssertionError, match="chain"):
        take(PRODUCTS[name], book, broken)
    book.last = json.loads(broken)["u"]
    assert book.last < 10**6
    for data in stream:
        take(PRODUCTS[name], book, data)


@pytest.mark.parametrize(
    ("name", "symbol", "stream"),
    [
        ("binance_spot", "BTCUSDT", "trade"),
        ("binance_spot", "ETHUSDT", "aggTrade"),
        ("binance_coinm", "BTCUSD_PERP", "aggTrade"),
    ],
)
def test_trades_name_the_maker_and_count_on(name: str, symbol: str, stream: str) -> None:
    one, feed = scene(name, symbol)
    takers = Takers(feed.market)
    rows = [json.loads(data) for data in frames(one, 20, feed.topics[stream])]
    one_ = feed.listing.instrument
    told = [(not row["m"], Decimal(row["p"]), Decimal(row["q"])) for row in rows]
    assert told == [(fill.side > 0, one_.price(fill.ticks), one_.size(fill.lots)) for fill in takers()]
    assert len(rows) > 10
    for before, after in itertools.pairwise(rows):
        assert after["t" if stream == "trade" else "a"] == before["t" if stream == "trade" else "a"] + 1
        if stream == "aggTrade":
            assert after["f"] == before["l"] + 1


def test_two_streams_of_trades_tell_of_the_same_ones() -> None:
    one, feed = scene("binance_spot", "BTCUSDT")
    rows = [json.loads(data) for data in frames(one, 10, feed.topics["trade"], feed.topics["aggTrade"])]
    single, gathered = ([row for row in rows if row["e"] == kind] for kind in ("trade", "aggTrade"))
    assert [row["t"] for row in single] == [row["f"] for row in gathered]
    assert single


def test_a_coin_margined_contract_is_worth_a_fixed_sum() -> None:
    listed = {item.instrument.symbol: item.instrument for item in BINANCE_COINM.listings}
    assert {one.kind for one in listed.values()} == {ContractKind.INVERSE}
    assert [int(one.contract_value) for one in listed.values()] == [100, 10]
    assert BINANCE_COINM.made_up("C001").instrument.contract_value == 10


@pytest.mark.parametrize("protocol", [BINANCE_SPOT, BINANCE_COINM])
def test_a_combined_connection_names_the_venues_stream(protocol: Any) -> None:
    symbol = protocol.listings[0].instrument.symbol
    one, feed = scene(protocol.name, symbol)
    dial = protocol.dial([feed.topics["depth@100ms"]])
    assert dial.path == f"/{protocol.name}/stream"
    session = protocol.connect(OneHouse(one), "1", dial.path, dial.query)
    assert session.opened(0.0).added == [feed.topics["depth@100ms"]]
    frame = next(frame for frame in iter(lambda: one.step(0, [feed.topics["depth@100ms"]]), None) if frame)[0]
    assert json.loads(session.wire(frame))["stream"] == f"{symbol.lower()}@depth@100ms"
    asked = json.dumps({"method": "UNSUBSCRIBE", "params": [f"{symbol}@depth@100ms"], "id": 1})
    assert session.handle(asked, 0.0).removed == [feed.topics["depth@100ms"]]


def test_spot_takes_five_messages_a_second_and_pings_every_twenty() -> None:
    one, _ = scene("binance_spot", "BTCUSDT")
    session = BINANCE_SPOT.connect(OneHouse(one), "1", "/binance_spot/ws", {})
    assert isinstance(session, BinanceSession)
    session.opened(100.0)
    assert not session.tick(Traffic(119.0, 0.0, 0.0)).pings
    assert session.tick(Traffic(120.0, 0.0, 0.0)).pings
    answers = [session.handle(json.dumps({"method": "LIST_SUBSCRIPTIONS", "id": n}), 0.0) for n in range(6)]
    assert [answer.close for answer in answers] == [""] * 5 + ["Too many requests"]
    quick, _ = scene("binance_spot", "BTCUSDT", ping_s=0.5)
    session = BINANCE_SPOT.connect(OneHouse(quick), "1", "/binance_spot/ws", {})
    session.opened(100.0)
    assert session.tick(Traffic(100.5, 0.0, 0.0)).pings


def test_the_three_products_share_a_port_and_nothing_else() -> None:
    endpoints = LabAddress("127.0.0.1", 8100).endpoints
    assert endpoints["binance_usdm"] == endpoints["okx"] == "http://127.0.0.1:8100"
    assert endpoints["binance_spot"] == "http://127.0.0.1:8100/binance_spot"

    async def body(lab: Lab) -> None:
        stream = "btcusdt@depth@100ms"
        async with (
            lab.binance("/binance_spot/stream", stream) as spot,
            lab.binance(f"/binance_spot/ws/{stream}") as raw,
            lab.binance("/public/stream", stream) as futures,
        ):
            for ws, has in ((spot, False), (futures, True)):
                message = await until(ws, lambda message: message.get("stream") == stream)
                assert ("pu" in message["data"]) is has
            assert "pu" not in await until(raw, lambda message: "e" in message)
        async with lab.binance("/binance_coinm/stream", "btcusd_perp@depth@0ms") as ws:
            message = await until(ws, lambda message: "data" in message)
            assert message["data"]["ps"] == "BTCUSD"

    with_lab(body)


PATHS = [
    ("/binance_spot/api/v3/depth?symbol=BTCUSDT", 200, "lastUpdateId"),
    ("/binance_spot/api/v3/depth?symbol=BTCUSDT&limit=7", 200, "lastUpdateId"),
    ("/binance_spot/api/v3/depth?symbol=BTCUSDT&limit=x", 400, "-1100"),
    ("/binance_spot/api/v3/depth?symbol=NO", 400, "-1121"),
    ("/binance_spot/api/v3/depth", 400, "-1102"),
    ("/binance_spot/api/v3/exchangeInfo", 200, '"ETHUSDT"'),
    ("/binance_spot/api/v3/exchangeInfo?symbol=BTCUSDT", 200, '"stepSize": "0.00001000"'),
    ("/binance_spot/api/v3/exchangeInfo?symbol=NO", 400, "-1121"),
    ("/binance_spot/api/v3/time", 200, "serverTime"),
    ("/binance_coinm/dapi/v1/depth?symbol=BTCUSD_PERP&limit=7", 400, "-4021"),
    ("/binance_coinm/dapi/v1/depth?symbol=BTCUSD_PERP&limit=5", 200, '"pair": "BTCUSD"'),
    ("/binance_coinm/dapi/v1/exchangeInfo", 200, '"contractSize": 100'),
    ("/binance_coinm/dapi/v1/ping", 200, "{}"),
    ("/api/v3/depth?symbol=BTCUSDT", 404, "the lab has no"),
]


def test_rest_and_what_a_client_makes_of_it() -> None:
    async def body(lab: Lab) -> None:
        replies = [await lab.get(path) for path, _, _ in PATHS]
        for (path, status, words), (found, reply) in zip(PATHS, replies, strict=True):
            assert (path, found) == (path, status)
            assert words in json.dumps(reply)
        assert len(replies[1][1]["bids"]) == 7
        assert list(replies[1][1]) == ["lastUpdateId", "bids", "asks"]
        for name, place in (("binance_spot", 5), ("binance_coinm", 11)):
            read = list_instruments(name, [json.dumps(replies[place][1]).encode()])
            assert not read.problems
            for mine, listed in zip(read.instruments, lab_listings(name), strict=True):
                assert (mine.symbol, mine.tick, mine.kind) == (listed.symbol, listed.tick, listed.kind)
                assert (mine.lot * mine.order_lots, mine.contract_value) == (listed.lot, listed.contract_value)

    with_lab(body)


def lab_listings(name: str) -> list[Any]:
    protocol = BINANCE_SPOT if name == "binance_spot" else BINANCE_COINM
    return [item.instrument for item in protocol.listings]


def test_snapshots_can_be_withheld_or_made_old() -> None:
    async def body(lab: Lab) -> None:
        for name, path in (
            ("binance_spot", "/binance_spot/api/v3/depth?symbol=BTCUSDT&limit=5000"),
            ("binance_coinm", "/binance_coinm/dapi/v1/depth?symbol=BTCUSD_PERP&limit=1000"),
        ):
            symbol = path.partition("symbol=")[2].partition("&")[0]
            await asyncio.sleep(0.1)  # so that the market has moved since the lab's first book
            await lab.fault("withheld_snapshot", symbol, protocol=name, wait=0)
            assert (await lab.get(path))[0] == 503
            _, fresh = await lab.get(path)
            await lab.fault("stale_snapshot", symbol, protocol=name, wait=0)
            _, old = await lab.get(path)
            assert old["lastUpdateId"] < fresh["lastUpdateId"]
        _, lines = await lab.get("/lab/faults")
        assert [line["state"] for line in lines] == ["injected"] * 4

    with_lab(body)


RECORDED = {
    "binance_spot": ("binance_spot/btcusdt_20240808.gz", "BTCUSDT", ("depth@100ms", "bookTicker", "trade")),
    "binance_coinm": ("binance_coinm/btcusd_perp_20240808.gz", "BTCUSD_PERP", ("depth@100ms", "bookTicker")),
}


@pytest.mark.parametrize("name", list(RECORDED))
def test_shapes_are_those_of_recorded_frames(captures: Path, name: str) -> None:
    file, symbol, streams = RECORDED[name]
    real: dict[str, dict[str, Any]] = {}
    with gzip.open(captures / file, "rt") as lines:
        for line in lines:
            message = json.loads(line.split(" ", 1)[1])
            kind = message["stream"].split("@")[1] if "stream" in message else "snapshot"
            real.setdefault(kind, message.get("data", message))
            if {"snapshot", *(stream.split("@")[0] for stream in streams)} <= set(real):
                break
    one, feed = scene(name, symbol)
    ours = {"snapshot": json.loads(feed.rest_depth(now(one), 1000))}
    for stream in streams:
        ours[stream.split("@")[0]] = json.loads(next(frames(one, 20, feed.topics[stream])))
    for kind, row in ours.items():
        assert list(row) == list(real[kind])
        assert [type(value) for value in row.values()] == [type(value) for value in real[kind].values()]
    level, their_level = ours["snapshot"]["bids"][0], real["snapshot"]["bids"][0]
    places = [[len(text.partition(".")[2]) for text in one_] for one_ in (level, their_level)]
    assert places[0] == places[1]


def test_gathered_trades_have_the_shape_of_recorded_ones(captures: Path) -> None:
    files = {
        "binance_spot": ("binance_spot/binance_spot_20211012.ws.txt.gz", "BTCUSDT"),
        "binance_coinm": ("binance_coinm/binance_coinm_20210722.ws.txt.gz", "BTCUSD_PERP"),
    }
    for name, (file, symbol) in files.items():
        with gzip.open(captures / file, "rt") as lines:
            line = next(line for line in lines if '"e":"aggTrade"' in line)
        real = json.loads(line.split(": ", 1)[1])["data"]
        one, feed = scene(name, symbol)
        assert list(json.loads(next(frames(one, 20, feed.topics["aggTrade"])))) == list(real)
