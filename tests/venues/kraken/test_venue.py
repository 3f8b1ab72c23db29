"""Kraken in the directory: metadata, shards, fees; recordings of its second version."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from fillcast import verify
from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.core.state import Proof
from fillcast.errors import InstrumentError, VenueError
from fillcast.forecast.fee_files import fee_schedule
from fillcast.venues import VENUES, venue
from fillcast.venues.dialects import detect
from fillcast.venues.kraken.instruments import rest_pair, usual_symbol
from fillcast.venues.recorded import Figures
from tests.venues.kraken.market import BTC, HEARTBEAT, KrakenMarket, acknowledged, deep_levels, left
from tests.venues.streams import OKX, USDM, Line, Market, dump

PATH = "/0/public/AssetPairs"
ENTRY: dict[str, object] = {"altname": "XBTUSD", "wsname": "XBT/USD", "aclass_base": "currency", "base": "XXBT"}
ENTRY |= {"quote": "ZUSD", "pair_decimals": 1, "lot_decimals": 8, "lot_multiplier": 1, "fees": [], "fees_maker": []}
ENTRY |= {"ordermin": "0.00005", "tick_size": "0.1", "status": "online"}


def body(*entries: dict[str, object]) -> bytes:
    return dump({"error": [], "result": {f"KEY{number}": entry for number, entry in enumerate(entries)}})


def listed(*entries: dict[str, object]) -> list[Instrument]:
    return venue("kraken").parse_instruments([body(*entries)])


def test_a_pair() -> None:
    (one,) = listed(ENTRY)
    assert (one.key, one.base, one.quote) == ("kraken:BTC/USD", "BTC", "USD")
    assert (one.kind, one.contract_value, one.sized_in) == (ContractKind.LINEAR, Decimal(1), "base")
    assert (one.tick, one.lot, one.order_lots) == (Decimal("0.1"), Decimal("0.00000001"), 1)
    assert (one.settle_currency, one.fee_group, one.fixed_decimals) == ("USD", "", True)
    assert not one.scale_inferred


@pytest.mark.parametrize(
    ("wsname", "symbol", "pair"),
    [
        ("XBT/USD", "BTC/USD", "XBTUSD"),
        ("XDG/EUR", "DOGE/EUR", "XDGEUR"),
        ("ETH/XBT", "ETH/BTC", "ETHXBT"),
        ("XDG/XBT", "DOGE/BTC", "XDGXBT"),
        ("SOL/USD", "SOL/USD", "SOLUSD"),
        ("AAPLx/USD", "AAPLx/USD", "AAPLxUSD"),
    ],
)
def test_names_of_the_second_version_and_of_rest(wsname: str, symbol: str, pair: str) -> None:
    assert usual_symbol(wsname) == symbol
    assert rest_pair(symbol) == pair
    (one,) = listed(ENTRY | {"wsname": wsname})
    assert one.symbol == symbol


def test_a_tick_is_stated_or_follows_from_the_digits() -> None:
    (old,) = listed({key: value for key, value in ENTRY.items() if key not in ("tick_size", "status")})
    assert old.tick == Decimal("0.1")
    (coarse,) = listed(ENTRY | {"tick_size": "0.5"})
    assert (coarse.tick, coarse.price_text(3)) == (Decimal("0.5"), "1.5")


@pytest.mark.parametrize(("status", "count"), [("online", 1), ("limit_only", 1), ("cancel_only", 0), ("post_only", 0)])
def test_only_what_trades_is_listed(status: str, count: int) -> None:
    assert len(listed(ENTRY | {"status": status})) == count


def test_pairs_without_a_name_on_websocket_are_left_out() -> None:
    assert listed({key: value for key, value in ENTRY.items() if key != "wsname"}) == []


@pytest.mark.parametrize(
    "change",
    [
        {"tick_size": "x"},
        {"tick_size": "0"},
        {"tick_size": "-0.1"},
        {"tick_size": 0.1},
        {"pair_decimals": "1"},
        {"pair_decimals": -1, "tick_size": ""},
        {"lot_decimals": 99},
        {"lot_decimals": None},
        {"wsname": "XBTUSD"},
        {"wsname": "/USD"},
    ],
)
def test_metadata_that_cannot_be_used_costs_no_other_instrument(change: dict[str, object]) -> None:
    odd = ENTRY | {"wsname": "ODD/USD"} | change
    found = venue("kraken").list_instruments([body(odd, ENTRY)])
    assert [one.symbol for one in found.instruments] == ["BTC/USD"]
    (symbol,) = found.problems
    with pytest.raises(InstrumentError, match=f"kraken:{symbol}"):
        found.require([symbol])


def test_refusals_are_told() -> None:
    with pytest.raises(VenueError, match="Unknown asset pair"):
        venue("kraken").list_instruments([b'{"error":["EQuery:Unknown asset pair"]}'])
    with pytest.raises(VenueError, match="no result"):
        venue("kraken").list_instruments([b'{"error":[],"result":null}'])
    with pytest.raises(msgspec.DecodeError):
        venue("kraken").list_instruments([b"<html>"])


def test_everything_is_listed_at_once() -> None:
    paths = venue("kraken").instrument_paths
    assert paths(()) == paths(["BTC/USD", "ETH/USD"]) == (PATH,)
    assert venue("kraken").next_path(PATH, body(ENTRY)) is None


def test_many_instruments_are_spread_over_connections() -> None:
    many = [replace(BTC, symbol=f"A{number}/USD") for number in range(120)]
    connections = venue("kraken").connections
    assert [len(one.books) for one in connections(many)] == [50, 50, 20]
    assert [len(one.books) for one in connections(many, trades=False)] == [100, 20]
    assert connections([]) == []
    assert {(one.ws_path, one.proof) for one in connections(many)} == {("/v2", Proof.CHECKSUM)}


@pytest.mark.parametrize(
    ("group", "tier", "maker", "taker", "source"),
    [
        ("", None, 40.0, 80.0, "in force 2026-07-09"),
        ("", "50K", 15.0, 30.0, "in force 2026-07-09"),
        ("", "500M", 0.0, 5.0, "in force 2026-07-09"),
        ("stable", None, 20.0, 20.0, "Stablecoin, Pegged Token"),
        ("stable", "500K", 4.0, 4.0, "AssetPairs of 2021-04-17"),
        ("another", None, 40.0, 80.0, "in force 2026-07-09"),
    ],
)
def test_fees(group: str, tier: str | None, maker: float, taker: float, source: str) -> None:
    rate = fee_schedule("kraken").rate(tier, group)
    assert (rate.maker_bps, rate.taker_bps) == (maker, taker)
    assert rate.as_of == "2026-11-24"
    assert source in rate.source


@pytest.mark.parametrize(
    ("wsname", "group"),
    [("USDT/USD", "stable"), ("EUR/USD", "stable"), ("DAI/USDT", "stable"), ("XBT/USDT", ""), ("XBT/USD", "")],
)
def test_stablecoins_and_cash_have_fees_of_their_own(wsname: str, group: str) -> None:
    (one,) = listed(ENTRY | {"wsname": wsname})
    assert one.fee_group == group


def test_metadata_of_real_recordings(captures: Path) -> None:
    result = verify(captures / "kraken" / "kraken_v2_book10_20260824.jsonl")
    (one,) = result.instruments
    assert result.complaints == []
    assert (result.venue, result.dialect, result.rejected_frames) == ("kraken", "v2", 0)
    assert (one.counts.snapshots, one.counts.updates) == (1, 3)
    assert (one.counts.checksums_matched, one.counts.checksums_checked) == (4, 4)
    assert (one.counts.crossed, one.counts.gaps, one.proof) == (0, 0, "checksum")
    assert (one.best_bid, one.best_ask) == ("78871.5", "78871.6")


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (KrakenMarket(BTC).snapshot(), True),
        (KrakenMarket(BTC).update(), True),
        (KrakenMarket(BTC).trades(KrakenMarket(BTC).trade()), False),
        (KrakenMarket(BTC).snapshot()[:-5], False),
        (HEARTBEAT, False),
        (acknowledged("BTC/USD"), False),
        (b'{"channel":"book","type":"update","data":[]}', False),
        (b'{"channel":"book","type":"update","data":[{"symbol":"BTC/USD"}]}', False),
    ],
)
def test_detection(frame: bytes, found: bool) -> None:
    told = detect(frame)
    assert (told.venue, told.name) == ("kraken", "v2") if found and told else not found and told is None


def test_frames_of_other_venues_are_not_taken_for_krakens() -> None:
    for frame in (Market(OKX).okx_update(), Market(USDM).depth()):
        told = detect(frame)
        assert told is not None
        assert told.venue != "kraken"
    assert "kraken" in VENUES


def test_what_frames_hold() -> None:
    dialect = detect(KrakenMarket(BTC).snapshot())
    assert dialect is not None
    measure = dialect.measure()
    market = KrakenMarket(BTC)
    assert measure(market.snapshot()) == [Figures(SNAPSHOT, "BTC/USD", 40, (3, 1), (0, 3))]
    assert measure(market.update([(1, 1000, 0)])) == [Figures(UPDATE, "BTC/USD", 1, (3, 1), (0, 3))]
    assert measure(market.trades(market.trade(), market.trade())) == 2 * [Figures(TRADES, "BTC/USD", 1, (3, 1), (0, 3))]
    assert measure(market.trades(market.trade(), kind="snapshot")) == measure(HEARTBEAT) == measure(b"[") == []


def recorded() -> Line:
    dialect = detect(KrakenMarket(BTC).snapshot())
    assert dialect is not None
    line = Line(dialect.connection([replace(BTC, scale_inferred=True)]))  # type: ignore[arg-type]
    line.open()
    return line


@pytest.mark.parametrize(("acked", "depth"), [(True, 25), (False, 25)])
def test_the_depth_of_a_recording_is_that_of_its_answer_or_of_its_first_book(acked: bool, depth: int) -> None:
    line, market = recorded(), KrakenMarket(BTC, *deep_levels(30), depth=25)
    assert line.open()[:-1] == []  # it sends nothing
    if acked:
        line.feed(acknowledged("BTC/USD", depth=25))
    line.feed(market.snapshot(), market.update([(1, 1001, 4)]))
    assert line.connection.books[0].depth == depth
    assert line.connection.books[0].count(1) == 25
    assert line.states == ["LIVE"]


def test_a_wrong_book_of_a_recording_waits_for_a_snapshot() -> None:
    line, market = recorded(), KrakenMarket(BTC)
    line.feed(market.snapshot(), market.lost(), market.update())
    assert line.states == ["BROKEN"]
    line.feed(left("BTC/USD"), acknowledged("BTC/USD"), market.snapshot(), market.update())
    assert line.states == ["LIVE"]


def test_a_recording_is_sound_and_one_with_a_loss_is_not(tmp_path: Path) -> None:
    market = KrakenMarket(BTC, depth=10)
    frames = [acknowledged("BTC/USD", depth=10), market.snapshot(), HEARTBEAT, market.update([(1, 1001, 3)])]
    frames += [market.trades(market.trade("sell")), market.update([(1, 1001, 0)])]
    path = tmp_path / "kraken.jsonl"
    path.write_bytes(b"\n".join(frames) + b"\n")
    result = verify(path)
    assert result.complaints == []
    (one,) = result.instruments
    assert (one.counts.checksums_matched, one.counts.trades, one.proof) == (3, 1, "checksum")
    path.write_bytes(b"\n".join([*frames, market.lost()]) + b"\n")
    result = verify(path)
    assert [str(gap.reason) for gap in result.instruments[0].gaps] == ["checksum"]
    assert not result.sound
