"""A lab with many made-up instruments, and faults that come by chance."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections import Counter

import pytest

from fillcast.errors import UsageError
from fillcast.lab.exchange import Exchange
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.faults import check_request, parse_fault
from fillcast.lab.instruments import made_up_asset
from fillcast.lab.options import LabOptions
from fillcast.lab.protocols import PROTOCOLS, listed_symbols, listings
from fillcast.lab.random_faults import UNSEEN, RandomFaults
from fillcast.lab.server import INSTRUMENTS_MAX, check_options
from fillcast.venues import VENUES
from tests.lab.dict_book import DictBook
from tests.lab.scene import Lab, with_lab
from tests.lab.stepping import WALL_NS, exchange, frames

MADE_UP = [
    "okx:C001-USDT",
    "binance_usdm:C001USDT",
    "bybit_spot:C001USDT",
    "bybit_linear:C001USDT",
    "bybit_inverse:C001USD",
    "kraken:C001/USD",
    "deribit:C001_USDC-PERPETUAL",
    "coinbase:C001-USD",
    "binance_spot:C001USDT",
    "binance_coinm:C001USD_PERP",
    "gate:C001_USDT",
    "bitfinex:tC001:USD",
]


def test_every_protocol_lists_made_up_instruments_beyond_its_own() -> None:
    more = {f"{name}:{symbol}" for name, symbols in listed_symbols(2).items() for symbol in symbols}
    own = {f"{name}:{symbol}" for name, symbols in listed_symbols().items() for symbol in symbols}
    assert own < more
    assert set(MADE_UP) < more - own
    assert len(more - own) == 2 * len(PROTOCOLS)


def test_the_lab_speaks_every_venue_that_is_followed_live() -> None:
    assert set(PROTOCOLS) == set(VENUES)


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_a_small_market_is_one_with_levels_trades_and_a_narrow_spread(name: str) -> None:
    (listing,) = listings(PROTOCOLS[name], 4)[-1:]
    market = listing.market(7, 0)
    spreads = []
    for step in range(1, 1001):
        market.advance(step * 50_000_000)
        spreads.append(market.best(-1) - market.best(1))
        assert spreads[-1] > 0
    assert min(market.count(1), market.count(-1)) >= 45
    assert max(market.count(1), market.count(-1)) < 400
    assert sorted(spreads)[len(spreads) // 2] < 5
    assert market.words[5] > 0  # trades


def test_every_made_up_price_begins_with_a_digit_that_a_corrupt_price_changes() -> None:
    prices = [listings(PROTOCOLS["kraken"], index + 1)[-1] for index in (0, 7, 99, 500, INSTRUMENTS_MAX - 1)]
    for listing in prices:
        text = listing.price_text(int(listing.parameters().start_ticks))
        assert text[0] in "234567"
    assert made_up_asset(INSTRUMENTS_MAX - 1) == "C999"


@pytest.mark.parametrize("name", list(PROTOCOLS))
def test_feeds_that_take_turns_keep_their_cadence(name: str) -> None:
    protocol = PROTOCOLS[name]
    symbols = [item.instrument.symbol for item in listings(protocol, 6)[-6:]]
    one = exchange(name, *symbols, instruments=6)
    topics = [feed.topics[protocol.channels[0]] for feed in one.venues[name].values()]
    counts: Counter[str] = Counter()
    busy = 0
    for step in range(500):
        found = one.step(WALL_NS + step, topics)
        counts.update(frame.topic for frame in found if frame.book)
        busy += bool(found)
    assert set(counts) == set(topics)
    assert min(counts.values()) > 30  # of 50 at 100 ms; a small market is sometimes still
    assert busy > 100  # not all at the same steps


def test_a_small_okx_book_chains() -> None:
    one = exchange("okx", "C003-USDT", instruments=5)
    feed = one.venues["okx"]["C003-USDT"]
    book = DictBook()
    book.okx(feed.snapshot())  # type: ignore[attr-defined]
    for data in frames(one, 5, "books:C003-USDT"):
        book.okx(data)
    assert max(book.bids) < min(book.asks)


def test_faults_may_name_made_up_instruments_only_where_they_are_listed() -> None:
    assert parse_fault("drop@1:C001/USD", listed_symbols(2)).protocol == "kraken"
    with pytest.raises(UsageError, match="C001/USD"):
        parse_fault("drop@1:C001/USD")
    with pytest.raises(UsageError, match="C001/USD"):
        parse_fault("drop@1:C001/USD", listed_symbols(1))


@pytest.mark.parametrize(
    ("options", "word"),
    [
        (LabOptions(instruments=-1), "instruments"),
        (LabOptions(instruments=INSTRUMENTS_MAX + 1), "instruments"),
        (LabOptions(random_faults=-0.1), "random faults"),
        (LabOptions(random_faults=float("nan")), "random faults"),
        (LabOptions(random_faults=101.0), "random faults"),
    ],
)
def test_numbers_that_cannot_be_used_are_refused(options: LabOptions, word: str) -> None:
    with pytest.raises(UsageError, match=word):
        check_options(options)


def test_random_faults_come_at_their_rate_the_same_for_a_seed_and_only_where_they_can() -> None:
    books = [(name, symbol) for name, symbols in listed_symbols().items() for symbol in symbols]

    def drawn(seed: int) -> list[object]:
        chance = RandomFaults(2.0, seed, 100.0)
        return [fault for second in range(500) for fault in chance.due(100.0 + second, books)]

    faults = drawn(7)
    assert faults == drawn(7) != drawn(8)
    assert 850 < len(faults) < 1150
    for fault in faults:
        assert check_request(fault) == fault  # type: ignore[arg-type]
    assert {fault.kind for fault in faults} == set(FaultKind) - set(UNSEEN)  # type: ignore[attr-defined]
    assert {fault.protocol for fault in faults} == set(PROTOCOLS)  # type: ignore[attr-defined]
    assert RandomFaults(0.0, 7, 100.0).due(1e9, books) == []
    assert RandomFaults(2.0, 7, 100.0).due(1e3, []) == []


def test_random_faults_are_planted_in_books_that_somebody_listens_to_and_logged() -> None:
    async def body(lab: Lab) -> None:
        while True:
            async with lab.http.ws_connect(lab.url + "/ws/v5/public") as ws:
                args = [{"channel": "books", "instId": f"C{index:03d}-USDT"} for index in range(3)]
                await ws.send_json({"op": "subscribe", "args": args})
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(0.5):
                        async for _ in ws:
                            pass
            _, log = await lab.get("/lab/faults")
            if sum(line["state"] == "injected" for line in log) >= 8:
                break
        assert {line["protocol"] for line in log} == {"okx"}
        assert {line["symbol"] for line in log} <= {"C000-USDT", "C001-USDT", "C002-USDT"}
        assert all(a["armed_ns"] <= b["armed_ns"] for a, b in itertools.pairwise(log))

    with_lab(body, options=LabOptions(instruments=3, random_faults=20.0))


def test_two_hundred_markets_are_stepped_many_times_faster_than_time() -> None:
    one = Exchange(7, LabOptions(instruments=25), wall_ns=WALL_NS)
    assert sum(1 for _ in one.feeds()) == 25 * len(PROTOCOLS) + sum(len(p.listings) for p in PROTOCOLS.values())
    assert sum(map(len, (one.step(WALL_NS, ()) for _ in range(10)))) == 0
