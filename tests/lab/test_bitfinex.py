"""Bitfinex: books rebuilt from the frames by their checksums, numbers, channels, REST, and recorded shapes."""

from __future__ import annotations

import gzip
import itertools
import json
import zlib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.lab import engine_kernels as engine
from fillcast.lab.bitfinex_feed import LENGTHS, BitfinexFeed, javascript
from fillcast.lab.bitfinex_protocol import BITFINEX
from fillcast.lab.bitfinex_session import BitfinexSession
from fillcast.lab.moment import Frame
from fillcast.lab.protocol import Traffic
from fillcast.venues.bitfinex.instruments import PATH, list_instruments
from tests.lab.dict_book import engine_top
from tests.lab.scene import Lab, with_lab
from tests.lab.stepping import OneHouse, Takers, exchange, frames, now, said

SYMBOLS = ("tBTCUSD", "tETHUSD")
ALL = 65536 + 131072
Levels = dict[Decimal, tuple[str, str]]


def scene(symbol: str = SYMBOLS[0], **options: Any) -> tuple[Any, BitfinexFeed]:
    one = exchange("bitfinex", symbol, **options)
    feed = one.venues["bitfinex"][symbol]
    assert isinstance(feed, BitfinexFeed)
    return one, feed


class TextBook:
    """A book kept from what stands between channel and number, with every text as it was sent."""

    def __init__(self) -> None:
        self.bids: Levels = {}
        self.asks: Levels = {}
        self.checked = 0

    def take(self, data: bytes) -> None:
        payload = json.loads(b"[%b]" % data, parse_float=str, parse_int=str)
        if payload[0] == "cs":
            assert int(payload[1]) == self.checksum(), "checksum"
            self.checked += 1
        elif isinstance(payload[0][0], list):
            self.bids, self.asks = {}, {}
            for row in payload[0]:
                self.set(*row)
        else:
            self.set(*payload[0])

    def set(self, price: str, count: str, amount: str) -> None:
        side = self.asks if amount.startswith("-") else self.bids
        if count == "0":
            assert amount in ("1", "-1")
            del side[Decimal(price)]  # nothing is deleted that was not told
        else:
            assert int(count) > 0
            side[Decimal(price)] = (price, amount)

    def checksum(self) -> int:
        """The venue's rule, from the texts as they were sent."""
        bids = [self.bids[price] for price in sorted(self.bids, reverse=True)[:25]]
        asks = [self.asks[price] for price in sorted(self.asks)[:25]]
        parts = [text for pair in itertools.zip_longest(bids, asks, fillvalue=()) for row in pair for text in row]
        value = zlib.crc32(":".join(parts).encode())
        return value - 2**32 if value >= 2**31 else value

    def top(self, side: int) -> list[tuple[Decimal, Decimal]]:
        levels = self.bids if side > 0 else self.asks
        return [(price, abs(Decimal(levels[price][1]))) for price in sorted(levels, reverse=side > 0)]


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("length", LENGTHS)
def test_a_book_from_the_frames_is_the_engines_own_to_its_depth(symbol: str, length: int) -> None:
    one, feed = scene(symbol)
    topic = feed.topics[f"book-{length}"]
    book = TextBook()
    book.take(feed.first(topic, now(one)))
    for data in frames(one, 5, topic):
        before = book.checked
        book.take(data)
        if book.checked > before:  # the end of a batch of changes
            for side in (1, -1):
                assert book.top(side) == engine_top(feed.market, feed.listing.instrument, side, length)
    assert book.checked > 40


def test_the_rebuild_catches_a_withheld_level_and_a_wrong_digit() -> None:
    one, feed = scene()
    topic = feed.topics["book-25"]
    first = feed.first(topic, now(one))
    told = list(frames(one, 2, topic))
    sizes = [at for at, data in enumerate(told) if data.startswith(b"[") and not data.endswith((b",0,1]", b",0,-1]"))]
    at = sizes[0]
    spoiled = told[at][:-2] + (b"2]" if told[at][-2:-1] == b"1" else b"1]")
    rebuilt([first, *told])
    for wrong in (told[:at] + told[at + 1 :], [*told[:at], spoiled, *told[at + 1 :]]):
        with pytest.raises((AssertionError, KeyError)):
            rebuilt([first, *wrong])


def rebuilt(told: list[bytes]) -> TextBook:
    book = TextBook()
    for data in told:
        book.take(data)
    return book


def test_what_leaves_the_book_is_told_first() -> None:
    one, feed = scene()
    topic = feed.topics["book-25"]
    batch: list[bool] = []
    batches = 0
    for data in frames(one, 10, topic):
        if data.startswith(b'"cs"'):
            assert batch == sorted(batch)
            batches += any(batch) and not all(batch)
            batch = []
        else:
            batch.append(not data.endswith((b",0,1]", b",0,-1]")))
    assert batches > 15


def test_prices_have_five_significant_digits_at_most() -> None:
    for symbol in SYMBOLS:
        one, feed = scene(symbol)
        for row in json.loads(feed.first(feed.topics["book-250"], now(one)), parse_float=str, parse_int=str):
            assert len(row[0].replace(".", "").strip("0")) <= 5


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("1", "1"),
        ("78700", "78700"),
        ("0.5", "0.5"),
        ("0.000001", "0.000001"),
        ("0.00000099", "9.9e-7"),
        ("0.00000012", "1.2e-7"),
        ("0.0000001", "1e-7"),
        ("0.00000001", "1e-8"),
        ("1.00000001", "1.00000001"),
        ("0", "0"),
    ],
)
def test_small_numbers_are_written_as_javascript_prints_them(text: str, printed: str) -> None:
    assert javascript(text) == printed
    assert Decimal(printed) == Decimal(text)


def test_a_level_of_dust_is_told_with_an_exponent() -> None:
    one, feed = scene()
    market = feed.market
    best = market.best(1)
    market.levels[best & (len(market.levels) - 1), engine.LEVEL_LOTS] = 12  # of 1e-8
    assert market.lots_at(best) == 12
    row = json.loads(feed.first(feed.topics["book-25"], now(one)), parse_float=str, parse_int=str)[0]
    assert row[2] == "1.2e-7"


def test_trades_name_the_taker_and_come_again_a_second_later() -> None:
    one, feed = scene()
    takers = Takers(feed.market)
    told: dict[str, list[Any]] = {"te": [], "tu": []}
    arrived: dict[tuple[str, int], int] = {}
    for data in frames(one, 20, feed.topics["trades"]):
        kind, row = json.loads(b"[%b]" % data, parse_float=Decimal)
        told[kind].append(row)
        arrived[kind, row[0]] = one.market_ms
    instrument = feed.listing.instrument
    fills = takers()
    expected = [(fill.trade_id, fill.side * instrument.size(fill.lots), instrument.price(fill.ticks)) for fill in fills]
    assert [(row[0], row[2], row[3]) for row in told["te"]] == expected
    assert len(expected) > 10
    again = [row for row in told["te"] if arrived["te", row[0]] <= 18_900]
    assert told["tu"][: len(again)] == again
    assert {arrived["tu", row[0]] - arrived["te", row[0]] for row in again} == {1000}


def session(*, withhold: bool = False, flags: int | None = ALL) -> BitfinexSession:
    one = exchange("bitfinex", *SYMBOLS)
    found = BITFINEX.connect(OneHouse(one, withhold=withhold), "a", "/ws/2", {})
    assert isinstance(found, BitfinexSession)
    if flags is not None:
        assert said(ask(found, "conf", flags=flags)) == [{"event": "conf", "status": "OK", "flags": flags}]
    return found


def ask(one: BitfinexSession, event: str, **fields: object) -> Any:
    return one.handle(json.dumps({"event": event, **fields}), 0.0)


def book(one: BitfinexSession, symbol: object = "tBTCUSD", **fields: object) -> Any:
    asked: dict[str, object] = {"channel": "book", "symbol": symbol, "prec": "P0", "freq": "F0", "len": "25"}
    return ask(one, "subscribe", **(asked | fields))


def test_arrays_are_numbered_over_all_channels_and_only_when_asked() -> None:
    one = session()
    replies = said(book(one)) + said(ask(one, "subscribe", channel="trades", symbol="tETHUSD", subId="x"))
    assert [row["event"] for row in replies[::2]] == ["subscribed", "subscribed"]
    assert (replies[0]["len"], replies[0]["pair"], replies[2]["subId"]) == ("25", "BTCUSD", "x")
    assert [row[0] for row in replies[1::2]] == [replies[0]["chanId"], replies[2]["chanId"]]
    assert [row[2] for row in replies[1::2]] == [1, 2]
    topic, trades = list(one.channels.values())
    kinds = [b"[78700,1,0.5]", b'"cs",-12']
    wires = [json.loads(one.wire(Frame(topic, "tBTCUSD", data, book=True))) for data in kinds]
    assert wires == [[replies[0]["chanId"], [78700, 1, 0.5], 3], [replies[0]["chanId"], "cs", -12, 4]]
    beats = said(one.tick(Traffic(15.0, 0.0, 0.0)))
    assert [row[1:] for row in beats] == [["hb", 5], ["hb", 6]]
    assert one.restart()
    assert json.loads(one.wire(Frame(trades, "tETHUSD", b'"te",[1,2,3,4]')))[-1] == 1
    plain = session(flags=None)
    (_, snapshot) = said(book(plain))
    assert len(snapshot) == 2
    (topic,) = plain.channels.values()
    assert json.loads(plain.wire(Frame(topic, "tBTCUSD", kinds[0])))[1:] == [[78700, 1, 0.5]]
    assert plain.wire(Frame(topic, "tBTCUSD", kinds[1])) == b""


def test_times_follow_the_numbers_when_asked() -> None:
    one = session(flags=ALL + 32768)
    (_, snapshot) = said(book(one))
    assert snapshot[2:] == [1, 1_790_000_000_000]
    only = session(flags=32768)
    assert said(book(only))[1][2:] == [1_790_000_000_000]


def test_heartbeats_come_every_fifteen_seconds_whatever_else_is_sent() -> None:
    one = session()
    one.opened(100.0)
    book(one)
    assert not one.tick(Traffic(114.9, 114.9, 114.9)).replies
    assert len(one.tick(Traffic(115.0, 115.0, 115.0)).replies) == 1
    assert not one.tick(Traffic(116.0, 116.0, 116.0)).replies
    assert len(one.tick(Traffic(130.0, 130.0, 130.0)).replies) == 1


def test_a_channel_ends_by_its_number_and_comes_back_under_another() -> None:
    one = session()
    channel = said(book(one))[0]["chanId"]
    gone = ask(one, "unsubscribe", chanId=channel)
    assert said(gone) == [{"event": "unsubscribed", "status": "OK", "chanId": channel}]
    assert gone.removed == ["bitfinex/book-25/tBTCUSD"]
    reply, snapshot = said(book(one))
    assert reply["chanId"] != channel
    assert (snapshot[0], snapshot[2]) == (reply["chanId"], 2)
    assert said(ask(one, "unsubscribe", chanId=channel))[0]["code"] == 10400


def test_a_withheld_snapshot_leaves_the_reply() -> None:
    answer = book(session(withhold=True))
    assert [row["event"] for row in said(answer)] == ["subscribed"]
    assert answer.added


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"channel": "moon"}, 10302),
        ({"symbol": "tNO"}, 10300),
        ({"symbol": 7}, 10300),
        ({"prec": "P1"}, 10011),
        ({"prec": "R0"}, 10011),
        ({"freq": "F1"}, 10011),
        ({"len": "1"}, 10012),
        ({"len": "x"}, 10012),
    ],
)
def test_subscriptions_are_refused_with_the_venues_codes(fields: dict[str, object], code: int) -> None:
    answer = book(session(), **fields)
    (reply,) = said(answer)
    assert (reply["event"], reply["code"]) == ("error", code)
    assert not answer.added


def test_other_requests_are_answered_or_refused() -> None:
    one = session()
    book(one)
    assert said(book(one))[0]["code"] == 10301
    assert len(said(book(one, len=250))) == 2  # another length is another book
    assert said(ask(one, "ping", cid=7))[0] == {"event": "pong", "ts": 1_790_000_000_000, "cid": 7}
    assert said(ask(one, "conf", flags=536870912))[0]["status"] == "FAILED"
    for text in ("{bad", "[]", "{}", '{"event":"fly"}'):
        assert said(one.handle(text, 0.0))[0]["code"] == 10000
    assert said(one.opened(0.0))[0]["platform"] == {"status": 1}


def test_a_connection_has_twenty_five_channels() -> None:
    one = exchange("bitfinex", *(f"tC{index:03d}:USD" for index in range(9)), instruments=9)
    found = BITFINEX.connect(OneHouse(one), "a", "/ws/2", {})
    assert isinstance(found, BitfinexSession)
    wanted = [(f"tC{index:03d}:USD", length) for index in range(9) for length in LENGTHS]
    answers = [said(book(found, symbol, len=length))[0] for symbol, length in wanted]
    assert [answer["event"] for answer in answers] == ["subscribed"] * 25 + ["error"] * 2
    assert answers[-1]["code"] == 10305


def test_over_a_socket_with_rest() -> None:
    async def body(lab: Lab) -> None:
        async with lab.http.ws_connect(lab.url + "/ws/2", max_msg_size=0) as ws:
            await ws.send_json({"event": "conf", "flags": ALL})
            for channel, more in (("book", {"len": "100"}), ("trades", {})):
                await ws.send_json({"event": "subscribe", "channel": channel, "symbol": "tBTCUSD", **more})
            kept = TextBook()
            number, channel_of = 0, {}
            while kept.checked < 5:
                text = (await ws.receive(timeout=5)).data
                message = json.loads(text)
                if isinstance(message, dict):
                    channel_of[message.get("chanId")] = message.get("channel")
                    continue
                number += 1
                assert message[-1] == number
                if channel_of[message[0]] == "book" and message[1] != "hb":
                    kept.take(text.partition(",")[2].rpartition(",")[0].encode())
            assert max(kept.bids) < min(kept.asks)
        _, told = await lab.get(PATH)
        listing = list_instruments([json.dumps(told).encode()])
        assert not listing.problems
        assert [one.symbol for one in listing.instruments] == list(SYMBOLS)
        assert [one.base for one in listing.instruments] == ["BTC", "ETH"]
        _, info = await lab.get("/v2/conf/pub:info:pair,pub:no:such")
        assert ([row[0] for row in info[0]], info[1]) == (["BTCUSD", "ETHUSD"], [])
        assert (await lab.get("/v2/platform/status"))[1] == [1]

    with_lab(body)


def recorded(captures: Path) -> list[Any]:
    with gzip.open(captures / "bitfinex" / "bitfinex_20210417.ws.txt.gz", "rt") as lines:
        texts = [line.split(": ", 1)[1] for line in lines if line[0].isdigit()]
    return [json.loads(text, parse_float=str, parse_int=str) for text in texts]


def test_events_have_the_shape_of_recorded_ones(captures: Path) -> None:
    real = {(row["event"], row.get("channel", "")): row for row in recorded(captures) if isinstance(row, dict)}
    one = session(flags=65536)
    replies = said(book(one, len="100")) + said(ask(one, "subscribe", channel="trades", symbol="tBTCUSD"))
    assert list(replies[0]) == list(real["subscribed", "book"])
    assert list(replies[2]) == list(real["subscribed", "trades"])
    assert list(said(one.opened(0.0))[0]) == list(real["info", ""])
    assert said(ask(one, "conf", flags=65536))[0] == {"event": "conf", "status": "OK", "flags": 65536}
    assert list(real["conf", ""]) == ["event", "status", "flags"]


def test_the_recorded_venue_keeps_its_books_as_the_lab_does(captures: Path) -> None:
    """It deletes with an amount of one, only what it told, and what leaves a book of 100 levels is deleted."""
    books: dict[int, TextBook] = {}
    updates = 0
    for row in recorded(captures):
        if isinstance(row, dict):
            if (row["event"], row.get("channel")) == ("subscribed", "book"):
                books[int(row["chanId"])] = TextBook()
        elif int(row[0]) in books and row[1] != "hb":
            kept = books[int(row[0])]
            levels = row[1] if isinstance(row[1][0], list) else [row[1]]
            updates += len(levels) == 1
            for level in levels:
                kept.set(*level)
            assert max(len(kept.bids), len(kept.asks)) <= 100
    assert updates > 1000
