"""Gate: books rebuilt from the frames both ways, requests, REST, and the shapes of recorded frames."""

from __future__ import annotations

import gzip
import itertools
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.lab.gate_feed import GateFeed
from fillcast.lab.gate_protocol import GATE
from fillcast.lab.gate_session import GateSession
from fillcast.venues.gate.instruments import list_instruments
from tests.lab.dict_book import DictBook, engine_top
from tests.lab.scene import Lab, until, with_lab
from tests.lab.stepping import OneHouse, Takers, exchange, frames, now, said

SYMBOLS = ("BTC_USDT", "ETH_USDT")
UPDATES = "spot.order_book_update"


def scene(symbol: str = SYMBOLS[0], **options: Any) -> tuple[Any, GateFeed]:
    one = exchange("gate", symbol, **options)
    feed = one.venues["gate"][symbol]
    assert isinstance(feed, GateFeed)
    return one, feed


class Book(DictBook):
    """A dict book by the venue's rule: `U` is one more than the id of the book."""

    def take(self, frame: bytes) -> dict[str, Any]:
        result = json.loads(frame)["result"]
        if result.get("full"):
            assert "U" not in result
            self.bids, self.asks = {}, {}
        else:
            assert result["U"] == self.last + 1, "chain"
            assert "full" not in result
        self.set(result.get("b", []), result.get("a", []))
        self.last = result["u"]
        return result  # type: ignore[no-any-return]

    def rest(self, body: bytes) -> None:
        reply = json.loads(body)
        self.set(reply["bids"], reply["asks"])
        self.last = reply["id"]


def rest_body(feed: GateFeed, one: Any, limit: int = 100) -> bytes:
    identity, body = feed.rest_book(now(one), limit)
    return b'{"id":%d,' % identity + body


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize(("depth", "count"), [(400, 30), (50, 150)])
def test_a_book_from_the_frames_is_the_engines_own_to_its_depth(symbol: str, depth: int, count: int) -> None:
    one, feed = scene(symbol)
    topic = feed.topics[f"spot.obu.{depth}"]
    book = Book()
    book.take(feed.first(depth, now(one)))
    seen = 0
    for data in frames(one, 3, topic):
        result = book.take(data)
        assert result["s"] == f"ob.{symbol}.{depth}"
        seen += 1
        assert book.last == feed.market.update_id
        for side, levels in ((1, book.bids), (-1, book.asks)):
            assert len(levels) == depth
            assert book.top(side, depth) == engine_top(feed.market, feed.listing.instrument, side, depth)
    assert count - 3 <= seen <= count


def test_the_rebuild_catches_one_withheld_frame() -> None:
    one, feed = scene()
    book = Book()
    book.take(feed.first(400, now(one)))
    stream = frames(one, 1, feed.topics["spot.obu.400"])
    next(stream)
    with pytest.raises(AssertionError, match="chain"):
        book.take(next(stream))


def test_only_the_id_moves_when_nothing_in_view_has_changed() -> None:
    one, feed = scene(pace=0.02)
    book = Book()
    book.take(feed.first(50, now(one)))
    kinds = set()
    for data in frames(one, 30, feed.topics["spot.obu.50"]):
        result = book.take(data)
        kinds.add((bool(result.get("b")), bool(result.get("a"))))
        assert "b" not in result or result["b"]
        assert "a" not in result or result["a"]
        assert book.last == feed.market.update_id
        for side in (1, -1):
            assert book.top(side, 50) == engine_top(feed.market, feed.listing.instrument, side, 50)
    assert {(False, False), (True, False), (False, True)} <= kinds


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("seconds", [0.5, 0.57, 1.23])
def test_updates_join_the_rest_book_of_any_moment(symbol: str, seconds: float) -> None:
    one, feed = scene(symbol)
    *_, last = frames(one, seconds, feed.topics[UPDATES])
    book = Book()
    book.rest(rest_body(feed, one))
    assert book.last == json.loads(last)["result"]["u"]
    for data in frames(one, 2, feed.topics[UPDATES]):
        result = book.take(data)
        assert (result["l"], result["s"]) == ("100", symbol)
        for side in (1, -1):
            assert book.top(side, 100) == engine_top(feed.market, feed.listing.instrument, side, 100)
            assert len(book.bids if side > 0 else book.asks) == 100


def test_a_rest_book_of_before_the_subscription_is_too_old() -> None:
    one, feed = scene()
    book = Book()
    book.rest(rest_body(feed, one))
    for step in range(40):
        one.step(step, ())
    with pytest.raises(AssertionError, match="chain"):
        book.take(next(frames(one, 1, feed.topics[UPDATES])))


def test_an_old_rest_book_is_some_seconds_old() -> None:
    one, feed = scene()
    for step in range(1600):
        one.step(step, ())
    identity, body = feed.old_book
    assert identity < feed.rest_book(now(one), 100)[0]
    assert json.loads(b"{" + body)["bids"]


def test_a_reset_breaks_the_chain_once() -> None:
    one, feed = scene()
    last = json.loads(feed.first(400, now(one)))["result"]["u"]
    feed.reset_sequence()
    breaks = 0
    for data in frames(one, 1, feed.topics["spot.obu.400"]):
        result = json.loads(data)["result"]
        breaks += result["U"] != last + 1
        last = result["u"]
    assert breaks == 1
    assert last < 10**6


def test_the_ticker_is_the_touch() -> None:
    one, feed = scene()
    seen = 0
    for data in frames(one, 2, feed.topics["spot.book_ticker"]):
        row = json.loads(data)["result"]
        seen += 1
        instrument = feed.listing.instrument
        touch = [engine_top(feed.market, instrument, side, 1)[0] for side in (1, -1)]
        assert [(Decimal(row[p]), Decimal(row[q])) for p, q in (("b", "B"), ("a", "A"))] == touch
        assert row["u"] == feed.market.update_id
    assert seen > 5


def test_trades_name_the_taker() -> None:
    one, feed = scene()
    takers = Takers(feed.market)
    rows = [json.loads(data)["result"] for data in frames(one, 20, feed.topics["spot.trades"])]
    told = [(row["side"] == "buy", Decimal(row["price"]), Decimal(row["amount"])) for row in rows]
    instrument = feed.listing.instrument
    assert told == [(fill.side > 0, instrument.price(fill.ticks), instrument.size(fill.lots)) for fill in takers()]
    assert len(rows) > 10
    assert all(after["id"] > before["id"] for before, after in itertools.pairwise(rows))


def session(*, withhold: bool = False) -> GateSession:
    one = exchange("gate", *SYMBOLS)
    found = GATE.connect(OneHouse(one, withhold=withhold), "0000000a", "/ws/v4/", {})
    assert isinstance(found, GateSession)
    return found


def ask(one: GateSession, channel: str, *payload: str, event: str = "subscribe", **more: object) -> Any:
    request = {"time": 1, "channel": channel, "event": event, "payload": list(payload)} | more
    return one.handle(json.dumps(request), 0.0)


def test_a_book_starts_whole_once_and_again_after_it_was_left() -> None:
    one = session()
    answer = ask(one, "spot.obu", "ob.BTC_USDT.400", "ob.ETH_USDT.50", id=7)
    reply, first, second = said(answer)
    assert (reply["id"], reply["result"], reply["payload"][1]) == (7, {"status": "success"}, "ob.ETH_USDT.50")
    assert (first["result"]["full"], len(first["result"]["b"]), len(second["result"]["a"])) == (True, 400, 50)
    assert answer.added == ["gate/spot.obu.400/BTC_USDT", "gate/spot.obu.50/ETH_USDT"]
    again = ask(one, "spot.obu", "ob.ETH_USDT.400", "ob.BTC_USDT.400")
    (refused,) = said(again)
    assert refused["error"] == {"code": 2, "message": "Alert sub ob.BTC_USDT.400"}
    assert (refused["result"], again.added) == ({"status": "fail"}, [])
    assert ask(one, "spot.obu", "ob.BTC_USDT.400", event="unsubscribe").removed == ["gate/spot.obu.400/BTC_USDT"]
    assert len(said(ask(one, "spot.obu", "ob.BTC_USDT.400"))) == 2


@pytest.mark.parametrize("stream", ["ob.NO_USDT.400", "ob.BTC_USDT.20", "ob.BTC_USDT", "nonsense"])
def test_a_book_that_does_not_exist_is_acknowledged_and_stays_silent(stream: str) -> None:
    answer = ask(session(), "spot.obu", stream)
    assert [row["result"]["status"] for row in said(answer)] == ["success"]
    assert answer.added == []


def test_a_withheld_book_leaves_the_reply() -> None:
    answer = ask(session(withhold=True), "spot.obu", "ob.BTC_USDT.400")
    assert [row["event"] for row in said(answer)] == ["subscribe"]
    assert answer.added


def test_other_channels_can_be_asked_for_twice() -> None:
    one = session()
    answers = [
        ask(one, UPDATES, "BTC_USDT", "100ms"),
        ask(one, "spot.trades", *SYMBOLS),
        ask(one, "spot.book_ticker", "BTC_USDT"),
    ]
    assert [len(answer.replies) for answer in answers] == [1, 1, 1]
    assert [len(answer.added) for answer in answers] == [1, 2, 1]
    again = ask(one, "spot.trades", *SYMBOLS)
    assert (said(again)[0]["result"]["status"], again.added) == ("success", [])
    assert ask(one, UPDATES, "BTC_USDT", "100ms", event="unsubscribe").removed == [f"gate/{UPDATES}/BTC_USDT"]
    assert len(one.topics) == 3


def test_a_ping_gets_a_pong() -> None:
    (reply,) = said(session().handle('{"time":1,"channel":"spot.ping"}', 0.0))
    assert (reply["channel"], reply["event"], reply["result"]) == ("spot.pong", "", None)


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("{bad", 1, "json"),
        ("[]", 1, "json"),
        ("{}", 2, "Unknown channel"),
        ('{"channel":"spot.moon","event":"subscribe","payload":["BTC_USDT"]}', 2, "Unknown channel spot.moon"),
        ('{"channel":"spot.trades","event":"fly","payload":["BTC_USDT"]}', 2, "event"),
        ('{"channel":"spot.trades","event":"subscribe"}', 2, "payload"),
        ('{"channel":"spot.trades","event":"subscribe","payload":[7]}', 2, "payload"),
        ('{"channel":"spot.trades","event":"subscribe","payload":["NO_USDT"]}', 2, "unknown currency pair: NO_USDT"),
        ('{"channel":"spot.order_book_update","event":"subscribe","payload":["BTC_USDT"]}', 2, "interval"),
        ('{"channel":"spot.order_book_update","event":"subscribe","payload":["BTC_USDT","1s"]}', 2, "interval"),
        ('{"channel":"spot.order_book_update","event":"subscribe","payload":["NO","100ms"]}', 2, "unknown currency"),
    ],
)
def test_requests_are_refused_with_the_venues_codes(text: str, code: int, words: str) -> None:
    answer = session().handle(text, 0.0)
    (reply,) = said(answer)
    assert reply["error"]["code"] == code
    assert words in reply["error"]["message"]
    assert not answer.added


def test_over_a_socket_with_rest() -> None:
    async def body(lab: Lab) -> None:
        async with lab.http.ws_connect(lab.url + "/ws/v4/") as ws:
            payload = {"channel": "spot.obu", "event": "subscribe", "payload": ["ob.BTC_USDT.400"]}
            await ws.send_json(payload)
            book = Book()
            for _ in range(6):
                message = await until(ws, lambda row: row.get("event") == "update")
                book.take(json.dumps(message).encode())
            assert max(book.bids) < min(book.asks)
        root = "/api/v4/spot"
        _, pairs = await lab.get(f"{root}/currency_pairs")
        listing = list_instruments([json.dumps(pairs).encode()])
        assert not listing.problems
        for mine, listed in zip(listing.instruments, GATE.listings, strict=True):
            assert (mine.symbol, mine.tick) == (listed.instrument.symbol, listed.instrument.tick)
            assert mine.lot * mine.order_lots == listed.instrument.lot
        assert (await lab.get(f"{root}/currency_pairs/ETH_USDT"))[1]["precision"] == 2
        assert (await lab.get(f"{root}/currency_pairs/NO"))[0] == 400
        _, depth = await lab.get(f"{root}/order_book?currency_pair=BTC_USDT&limit=100&with_id=true")
        assert list(depth) == ["id", "current", "update", "asks", "bids"]
        assert len(depth["asks"]) == len(depth["bids"]) == 100
        assert len((await lab.get(f"{root}/order_book?currency_pair=BTC_USDT"))[1]["bids"]) == 10
        assert "id" not in (await lab.get(f"{root}/order_book?currency_pair=BTC_USDT"))[1]
        for path in ("", "?currency_pair=NO", "?currency_pair=BTC_USDT&limit=0", "?currency_pair=BTC_USDT&limit=x"):
            status, refused = await lab.get(f"{root}/order_book{path}")
            assert (status, list(refused)) == (400, ["label", "message"])
        assert (await lab.get(f"{root}/time"))[1]["server_time"] > 0
        await lab.fault("withheld_snapshot", "BTC_USDT", wait=0)
        path = f"{root}/order_book?currency_pair=BTC_USDT&with_id=true"
        assert (await lab.get(path))[0] == 503
        await lab.fault("stale_snapshot", "BTC_USDT", wait=0)
        old, fresh = (await lab.get(path))[1], (await lab.get(path))[1]
        assert old["id"] < fresh["id"]

    with_lab(body)


def test_shapes_are_those_of_recorded_frames(captures: Path) -> None:
    real: dict[tuple[str, str], dict[str, Any]] = {}
    with gzip.open(captures / "gate" / "gate_spot_v4_20210422.ws.txt.gz", "rt") as lines:
        for line in lines:
            if line[0].isdigit():
                row = json.loads(line.split(": ", 1)[1])
                real.setdefault((row["channel"], row["event"]), row)
    one, feed = scene()
    for channel in (UPDATES, "spot.trades"):
        mine, theirs = json.loads(next(frames(one, 20, feed.topics[channel]))), real[channel, "update"]
        newer = {"time_ms": 0, "l": ""}  # added since
        assert [key for key in mine if key not in newer] == list(theirs)
        found = {key: value for key, value in mine["result"].items() if key not in newer}
        assert list(found) == list(theirs["result"])
        assert [type(value) for value in found.values()] == [type(value) for value in theirs["result"].values()]
        if channel == "spot.trades":
            for name in ("amount", "price"):
                assert len(found[name].partition(".")[2]) == len(theirs["result"][name].partition(".")[2])
    reply = said(ask(session(), "spot.trades", "BTC_USDT"))[0]
    assert reply["result"] == real["spot.trades", "subscribe"]["result"]
    assert set(real["spot.trades", "subscribe"]) < set(reply)
    text = (captures / "gate" / "gate_spot_v4_20210422.http.txt").read_text().splitlines()[0]
    body = json.loads(text[text.index("{") :])
    assert [key for key in json.loads(rest_body(feed, one)) if key not in ("current", "update")] == list(body)
