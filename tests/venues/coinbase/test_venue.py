"""Coinbase as an entry of the directory: metadata, connections, fees, recordings, and its largest book."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.errors import InstrumentError, UnknownInstrumentError, UsageError
from fillcast.feed.settings import Settings as FeedSettings
from fillcast.forecast.fee_files import fee_schedule
from fillcast.tape.verify import verify
from fillcast.venues import venue
from fillcast.venues.coinbase.connection import MOST_LEVELS, CoinbaseConnection
from fillcast.venues.coinbase.instruments import instrument_paths, list_instruments
from fillcast.venues.dialects import detect
from fillcast.venues.listing import Listing
from fillcast.venues.recorded import Figures
from tests.venues.coinbase.market import BTC, ETH, SOL, Venue, levels
from tests.venues.streams import OKX, SPOT, Line, Market, dump

PRODUCT: dict[str, Any] = {"product_id": "BTC-USD", "base_currency_id": "BTC", "quote_currency_id": "USD"}
PRODUCT |= {"base_increment": "0.00000001", "quote_increment": "0.01", "price_increment": "0.01", "alias": ""}
PRODUCT |= {"product_type": "SPOT", "status": "online", "trading_disabled": False, "is_disabled": False}
PRODUCT |= {"view_only": False, "alias_to": ["BTC-USDC"], "fcm_trading_session_details": None, "price": "68925.98"}
ALIAS = PRODUCT | {"product_id": "BTC-USDC", "quote_currency_id": "USDC", "alias": "BTC-USD", "alias_to": []}
MEBIBYTE = 1 << 20


def listed(*products: object) -> Listing:
    return list_instruments([dump({"products": list(products), "num_products": len(products)})])


# Metadata.


def test_a_product_is_an_instrument() -> None:
    (found,) = listed(PRODUCT).instruments
    assert (found.key, found.base, found.quote) == ("coinbase:BTC-USD", "BTC", "USD")
    assert (found.tick, found.lot) == (Decimal("0.01"), Decimal("0.00000001"))
    assert (found.kind, found.sized_in, found.fixed_decimals) == ("linear", "base", False)
    (found,) = listed(PRODUCT | {"price_increment": None, "quote_increment": "0.05", "alias": None}).instruments
    assert found.tick == Decimal("0.05")


@pytest.mark.parametrize(
    "change",
    [
        {"status": "delisted"},
        {"trading_disabled": True},
        {"is_disabled": True},
        {"view_only": True},
        {"product_type": "FUTURE"},
    ],
)
def test_what_does_not_trade_or_is_no_spot_is_left_out(change: dict[str, object]) -> None:
    assert listed(PRODUCT | change) == Listing()


def test_another_name_of_a_book_is_no_instrument_and_says_which_to_ask_for() -> None:
    listing = listed(ALIAS, PRODUCT)
    assert [one.symbol for one in listing.instruments] == ["BTC-USD"]
    with pytest.raises(InstrumentError, match=r"coinbase:BTC-USDC is another name of coinbase:BTC-USD: ask for"):
        listing.require(["BTC-USDC"])


@pytest.mark.parametrize(
    "change",
    [
        {"price_increment": "", "quote_increment": ""},
        {"price_increment": "x"},
        {"price_increment": "0"},
        {"price_increment": 0.01},
        {"base_increment": "-1"},
        {"base_increment": None},
        {"base_currency_id": None},
        {"status": 5},
        {"trading_disabled": "no"},
    ],
)
def test_an_odd_entry_costs_no_other(change: dict[str, object]) -> None:
    listing = listed(PRODUCT | change, PRODUCT | {"product_id": "ETH-USD"})
    assert [one.symbol for one in listing.instruments] == ["ETH-USD"]
    assert list(listing.problems) == ["BTC-USD"]
    assert "coinbase:BTC-USD" in listing.problems["BTC-USD"]


def test_paths_name_the_products_and_refuse_what_is_none() -> None:
    every = "/api/v3/brokerage/market/products?product_type=SPOT"
    assert instrument_paths() == (every,)
    assert instrument_paths(["BTC-USD", "1INCH-USD"]) == (f"{every}&product_ids=BTC-USD&product_ids=1INCH-USD",)
    for odd in ("BTC", "btc-usd", "BTC-USD&x=1", "BTC/USD", "BIT-24APR26-CDE", ""):
        with pytest.raises(UnknownInstrumentError, match="write BTC-USD"):
            instrument_paths([odd])


# Connections and fees.


def test_few_products_share_a_connection() -> None:
    coinbase = venue("coinbase")
    assert [len(one.instruments) for one in coinbase.connections([BTC, ETH, SOL] * 3)] == [4, 4, 1]
    assert [len(one.instruments) for one in coinbase.connections([BTC, ETH, SOL] * 3, trades=False)] == [8, 1]
    assert coinbase.ws_url == "wss://advanced-trade-ws.coinbase.com"


def test_what_new_sockets_send_stays_within_the_limit_of_an_address() -> None:
    coinbase = venue("coinbase")
    first = coinbase.connections([BTC, ETH])[0].opened(0, 0)
    a_second = coinbase.dial_limit.weight * sum(hasattr(effect, "text") for effect in first)
    assert a_second + 2 <= 8


@pytest.mark.parametrize(("tier", "maker", "taker"), [(None, 60.0, 120.0), ("Advanced 8", 0.0, 5.0)])
def test_fees(tier: str | None, maker: float, taker: float) -> None:
    rate = fee_schedule("coinbase").rate(tier)
    assert (rate.maker_bps, rate.taker_bps) == (maker, taker)


def test_what_sources_dispute_of_the_first_tier_is_its_range() -> None:
    schedule = fee_schedule("coinbase")
    assert schedule.rate().taker_range_bps == (60.0, 120.0)
    assert all("third party" in one.source or "api-evangelist" in one.source for one in schedule.tiers)
    with pytest.raises(UsageError, match="no fee tier"):
        schedule.rate("Advanced 9")


# Recordings.


def test_recorded_frames_are_told_and_read() -> None:
    sender = Venue(BTC, ETH)
    frame = sender.frame("l2_data", [sender.snapshot_event("ETH-USD"), sender.update_event("BTC-USD", [(1, 995, 12)])])
    dialect = detect(frame)
    assert dialect is not None
    assert (dialect.venue, dialect.name) == ("coinbase", "advanced-trade")
    measure = dialect.measure()
    first, second = measure(frame)
    assert (first.kind, first.symbol, first.levels) == (SNAPSHOT, "ETH-USD", 40)
    assert second == Figures(UPDATE, "BTC-USD", 1, (2, 1), (0, 3))
    assert measure(sender.trades()) == [Figures(TRADES, "BTC-USD", 1, (3, 1), (0, 2))]
    assert measure(sender.trades(kind="snapshot")) == []
    assert measure(sender.heartbeat()) == []
    assert measure(frame[:-9]) == []


def test_frames_that_tell_no_dialect() -> None:
    sender = Venue(BTC)
    for frame in (
        sender.heartbeat(),
        sender.trades(),
        sender.confirmed(level2=["BTC-USD"]),
        sender.frame("l2_data", []),
    ):
        assert detect(frame) is None
    assert detect(sender.snapshot().replace(b'"bid"', b'"ask"')) is None


@pytest.mark.parametrize("frame", [Market(OKX).okx_snapshot(), Market(SPOT).depth()])
def test_frames_of_other_venues_are_not_taken_for_this_one(frame: bytes) -> None:
    found = detect(frame)
    assert found is not None
    assert found.venue != "coinbase"


def test_the_recorded_session_is_sound(captures: Path) -> None:
    result = verify(captures / "coinbase" / "coinbase_advanced_l2_data_20260824.jsonl")
    assert result.sound, result.complaints
    (found,) = result.instruments
    assert (found.counts.snapshots, found.counts.updates, found.counts.keepalives, found.counts.gaps) == (1, 6, 4, 0)
    assert (result.connection_sequence, found.proof) == ((11, 0), "connection_sequence")
    assert (found.best_bid, found.best_ask) == ("78856.05", "78856.06")


@pytest.mark.parametrize("line", range(1, 11))
def test_any_frame_lost_from_the_recorded_session_is_a_gap(captures: Path, tmp_path: Path, line: int) -> None:
    frames = (captures / "coinbase" / "coinbase_advanced_l2_data_20260824.jsonl").read_text().splitlines()
    (tmp_path / "lost.jsonl").write_text("\n".join(frames[:line] + frames[line + 1 :]))
    result = verify(tmp_path / "lost.jsonl")
    assert not result.sound
    assert result.to_json()["connection_sequence"] == {"checked": 10, "gaps": 1}
    assert result.to_json()["instruments"][0]["sequence"]["gaps"] == 1


# The largest book.


@pytest.fixture(scope="module")
def full_book(captures: Path) -> dict[str, list[list[str]]]:
    """The whole BTC-USD book of a day, price and size by side."""
    with gzip.open(captures / "coinbase" / "coinbase_btcusd_l2_full_book_20260807.json.gz") as file:
        book = json.load(file)
    return {side: [level[:2] for level in book[side]] for side in ("bids", "asks")}


def test_the_largest_book_is_held_whole(full_book: dict[str, list[list[str]]]) -> None:
    btc = Instrument("coinbase", "BTC-USD", "BTC", "USD", Decimal("0.01"), Decimal("0.00000001"))
    line, sender = Line(CoinbaseConnection([btc])), Venue(btc)
    line.open()
    market = sender.markets["BTC-USD"]
    updates = [*levels("bid", full_book["bids"], market), *levels("offer", full_book["asks"], market)]
    frame = sender.frame("l2_data", [{"type": "snapshot", "product_id": "BTC-USD", "updates": updates}])
    assert 4 * MEBIBYTE < len(frame) < FeedSettings().max_frame_bytes
    line.feed(frame)
    (book,) = line.connection.books
    assert (line.states, book.proof) == (["LIVE"], Proof.CONNECTION_SEQUENCE)
    assert (book.count(1), book.count(-1), book.evicted) == (18_376, 27_017, 0)
    for side, name in ((1, "bids"), (-1, "asks")):
        expected = [[btc.price_ticks(price), btc.size_lots(size)] for price, size in full_book[name]]
        expected.sort(reverse=side > 0)
        ticks, lots = book.levels(side)
        assert [[*level] for level in zip(ticks.tolist(), lots.tolist(), strict=True)] == expected
        assert book.proven_ticks(side) is None
    assert book.nbytes <= 4_000_000


def test_what_a_larger_book_must_give_up_is_not_proven() -> None:
    line, sender = Line(CoinbaseConnection([BTC])), Venue(BTC)
    line.open()
    far = {100_000 + 10 * step: 1 + step % 7 for step in range(60_000)}
    sender.markets["BTC-USD"].asks |= far
    line.feed(sender.snapshot())
    (book,) = line.connection.books
    assert line.states == ["LIVE"]
    edge = book.proven_ticks(-1)
    assert book.evicted > 0
    assert edge is not None
    held = dict(zip(*(column.tolist() for column in book.levels(-1)), strict=True))
    asks = sender.markets["BTC-USD"].asks
    assert {ticks: lots for ticks, lots in held.items() if ticks <= edge} == {
        ticks: lots for ticks, lots in asks.items() if ticks <= edge
    }
    assert edge < min(asks.keys() - held.keys())
    assert book.proven_ticks(1) is None


def test_a_frame_of_more_levels_than_the_events_hold_is_rejected_whole() -> None:
    line, sender = Line(CoinbaseConnection([BTC])), Venue(BTC)
    line.open()
    sender.markets["BTC-USD"].asks |= {2000 + step: 1 for step in range(MOST_LEVELS)}
    line.feed(sender.snapshot())
    assert (line.states, line.reasons) == (["BROKEN"], ["malformed"])
    assert line.connection.books[0].count(-1) == 0
