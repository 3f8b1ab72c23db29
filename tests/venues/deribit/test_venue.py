"""Deribit's metadata, fees and recordings."""

from __future__ import annotations

import gzip
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from fillcast.core.events import SNAPSHOT, TOUCH, TRADES, UPDATE
from fillcast.core.instrument import ContractKind
from fillcast.errors import InstrumentError, UnknownInstrumentError, VenueError
from fillcast.forecast.fee_files import fee_schedule
from fillcast.tape.verify import verify
from fillcast.venues import venue
from fillcast.venues.deribit.instruments import instrument_paths, list_instruments
from fillcast.venues.dialects import detect, dialects
from fillcast.venues.listing import Listing
from fillcast.venues.recorded import Dialect, Figures
from tests.venues.deribit.market import PERPETUAL, SPOT, Deribit
from tests.venues.streams import OKX, Line, Market, dump

SPOT_ENTRY = {"instrument_name": "BTC_USDC", "kind": "spot", "is_active": True, "state": "open"}
SPOT_ENTRY |= {"base_currency": "BTC", "quote_currency": "USDC", "tick_size": 1.0, "min_trade_amount": 0.0001}
SPOT_ENTRY |= {"contract_size": 0.0001, "tick_size_steps": [], "maker_commission": 0.0}
INVERSE = SPOT_ENTRY | {"instrument_name": "BTC-PERPETUAL", "kind": "future", "quote_currency": "USD"}
INVERSE |= {"settlement_currency": "BTC", "instrument_type": "reversed", "settlement_period": "perpetual"}
INVERSE |= {"tick_size": 0.5, "min_trade_amount": 10.0, "contract_size": 10.0}
LINEAR = INVERSE | {"instrument_name": "XRP_USDC-PERPETUAL", "base_currency": "XRP", "quote_currency": "USDC"}
LINEAR |= {"settlement_currency": "USDC", "instrument_type": "linear", "tick_size": 1e-05, "min_trade_amount": 1}
LINEAR |= {"contract_size": 1.0}


def listed(*entries: object) -> Listing:
    """Return what a reply with these entries lists."""
    return list_instruments([dump({"jsonrpc": "2.0", "result": list(entries), "usIn": 1, "testnet": False})])


def test_spot_linear_and_inverse() -> None:
    spot, inverse, linear = listed(SPOT_ENTRY, INVERSE, LINEAR).instruments
    assert (spot.key, spot.base, spot.quote, spot.fee_group) == ("deribit:BTC_USDC", "BTC", "USDC", "spot")
    assert (spot.tick, spot.lot, spot.sized_in, spot.kind) == (1, Decimal("0.0001"), "base", ContractKind.LINEAR)
    assert (inverse.kind, inverse.contract_value, inverse.sized_in) == (ContractKind.INVERSE, 1, "contracts")
    assert (str(inverse.tick), str(inverse.lot), inverse.settle) == ("0.5", "10", "BTC")
    assert (inverse.quote, inverse.fee_group) == ("USD", "perpetual")
    assert (linear.kind, linear.contract_value, linear.sized_in) == (ContractKind.LINEAR, 1, "base")
    assert (linear.tick, linear.lot, linear.settle) == (Decimal("0.00001"), 1, "USDC")


def test_the_unit_is_the_finest_step() -> None:
    steps = [{"above_price": 10, "tick_size": 0.05}, {"above_price": 100, "tick_size": 0.5}]
    (one,) = listed(LINEAR | {"tick_size": 0.01, "tick_size_steps": steps}).instruments
    assert one.tick == Decimal("0.01")
    (one,) = listed(
        LINEAR | {"tick_size": 0.05, "tick_size_steps": [{"above_price": 9, "tick_size": 0.01}]}
    ).instruments
    assert one.tick == Decimal("0.01")
    (one,) = listed(INVERSE | {"min_trade_amount": 10, "contract_size": 1.0}).instruments
    assert one.lot == 1
    (one,) = listed(LINEAR | {"min_trade_amount": 0.1, "contract_size": 1.0}).instruments
    assert one.lot == Decimal("0.1")


@pytest.mark.parametrize(
    ("period", "group"), [("perpetual", "perpetual"), ("week", "week"), ("month", "future"), ("day", "future")]
)
def test_fees_follow_the_kind(period: str, group: str) -> None:
    (one,) = listed(INVERSE | {"settlement_period": period}).instruments
    assert one.fee_group == group
    rate = fee_schedule("deribit").rate(None, group)
    assert (rate.maker_bps, rate.taker_bps) == (-1.0 if period == "week" else 0.0, 5.0)


def test_fees() -> None:
    schedule = fee_schedule("deribit")
    assert (schedule.rate(None, "spot").maker_bps, schedule.rate(None, "spot").taker_bps) == (0.0, 0.0)
    assert schedule.rate(None, "").taker_bps == 5.0
    assert (schedule.as_of, bool(schedule.source)) == ("2026-11-22", True)


@pytest.mark.parametrize(
    "change", [{"is_active": False}, {"state": "closed"}, {"kind": "option"}, {"kind": "future_combo"}]
)
def test_what_does_not_trade_or_is_never_priced_is_left_out(change: dict[str, object]) -> None:
    assert listed(INVERSE | change) == Listing()


@pytest.mark.parametrize(
    "entry",
    [
        INVERSE | {"tick_size": "0.5"},
        INVERSE | {"tick_size": None},
        INVERSE | {"tick_size": 0},
        INVERSE | {"contract_size": -1},
        INVERSE | {"instrument_type": "quanto"},
        INVERSE | {"settlement_currency": "ETH"},
        LINEAR | {"settlement_currency": "BTC"},
        {name: value for name, value in INVERSE.items() if name != "min_trade_amount"},
        INVERSE | {"tick_size_steps": [3]},
    ],
)
def test_metadata_that_cannot_be_used_costs_no_other_instrument(entry: dict[str, object]) -> None:
    listing = listed(entry, SPOT_ENTRY)
    assert [one.symbol for one in listing.instruments] == ["BTC_USDC"]
    assert list(listing.problems) == [entry["instrument_name"]]
    with pytest.raises(InstrumentError, match=f"deribit:{entry['instrument_name']}"):
        listing.require([str(entry["instrument_name"])])


def test_an_entry_without_a_name_costs_no_other_instrument() -> None:
    assert [one.symbol for one in listed({"kind": 5}, 7, SPOT_ENTRY).instruments] == ["BTC_USDC"]


def test_refusals_are_told() -> None:
    with pytest.raises(VenueError, match=r"too_many_requests.*10028"):
        list_instruments([b'{"jsonrpc":"2.0","error":{"code":10028,"message":"too_many_requests"}}'])
    for body in (b"{}", b'{"result":null}'):
        with pytest.raises(VenueError, match="no result"):
            list_instruments([body])
    with pytest.raises(msgspec.DecodeError):
        list_instruments([b"<html>"])


def test_paths_follow_the_symbols() -> None:
    assert [path.rpartition("=")[2] for path in instrument_paths(["BTC_USDC", "ETH_BTC"])] == ["spot"]
    futures = ["BTC-PERPETUAL", "XRP_USDC-PERPETUAL", "BTC-26DEC25", "ETH-5SEP26"]
    assert [path.rpartition("=")[2] for path in instrument_paths(futures)] == ["future"]
    assert len(instrument_paths()) == 2
    assert all(path.startswith("/api/v2/public/get_instruments?currency=any&") for path in instrument_paths())


@pytest.mark.parametrize("symbol", ["BTC-24SEP21-8000-P", "BTC-FS-26DEC25_PERP", "btc-perpetual", "BTCUSDT", ""])
def test_symbols_that_are_not_followed_are_refused(symbol: str) -> None:
    with pytest.raises(UnknownInstrumentError, match="options are not followed"):
        instrument_paths([symbol])


def dialect() -> Dialect:
    return next(one for one in dialects() if one.venue == "deribit")


def test_recordings_of_any_interval_are_told_by_their_book_messages() -> None:
    market = Deribit(PERPETUAL)
    for frame in (market.snapshot(), market.change(), market.change().replace(b".100ms", b".raw")):
        told = detect(frame)
        assert told is not None
        assert (told.venue, told.name) == ("deribit", "json-rpc")
    grouped = market.pushed({"bids": [], "asks": []}, "book.{}.none.10.100ms")
    for other in (
        market.trades({}),
        market.change()[:-4],
        grouped,
        Market(OKX).okx_snapshot(),
        b'{"id":1,"result":[]}',
    ):
        told = detect(other)
        assert told is None or told.venue != "deribit"


def test_what_frames_hold() -> None:
    market, measure = Deribit(PERPETUAL), dialect().measure()
    assert measure(market.snapshot()) == [Figures(SNAPSHOT, "BTC-PERPETUAL", 40, (3, 1), (3, 0))]
    assert measure(market.change([(1, 990, 0)])) == [Figures(UPDATE, "BTC-PERPETUAL", 1, (3, 0), (0, 0))]
    trades = market.trades({}, {"price": 500.123, "combo_trade_id": "9"})
    assert measure(trades) == [Figures(TRADES, "BTC-PERPETUAL", 1, (3, 1), (3, 0))]
    quote = {"instrument_name": "BTC-PERPETUAL", "timestamp": 1, "best_bid_price": 1, "best_bid_amount": 2}
    quote |= {"best_ask_price": None, "best_ask_amount": None}
    assert measure(market.pushed(quote, "quote.{}")) == [Figures(TOUCH, "BTC-PERPETUAL", 1, (1, 0), (1, 0))]
    assert measure(market.pushed({}, "ticker.{}.raw")) == measure(b"{}") == []


def test_a_recording_gets_the_live_protocol() -> None:
    connection = dialect().connection([PERPETUAL, SPOT])
    line, market = Line(connection), Deribit(SPOT)
    line.open()
    line.feed(market.snapshot().replace(b".100ms", b".raw"), market.change().replace(b".100ms", b".raw"))
    assert line.states == ["SYNCING", "LIVE"]
    assert venue("deribit").dialects == (dialect(),)


def test_the_recorded_options_are_right_throughout(captures: Path) -> None:
    result = verify(captures / "deribit" / "deribit_options_20210722.ws.txt.gz")
    counts = [one.counts for one in result.instruments]
    assert result.sound, result.complaints
    assert len(counts) == 10
    assert sum(one.sequence_checked for one in counts) == 36
    assert sum(one.gaps for one in counts) == sum(one.crossed for one in counts) == 0
    assert {one.proof for one in result.instruments} == {"sequence"}


def test_one_lost_change_of_the_recording_is_found(captures: Path, tmp_path: Path) -> None:
    lines = gzip.decompress((captures / "deribit" / "deribit_options_20210722.ws.txt.gz").read_bytes()).splitlines(True)
    change = next(index for index, line in enumerate(lines) if b'"change_id":33195894355' in line)
    path = tmp_path / "lost.ws.txt"
    path.write_bytes(b"".join(lines[:change] + lines[change + 1 :]))
    assert [str(gap.reason) for one in verify(path).instruments for gap in one.gaps] == ["sequence"]


def test_metadata_of_2021_is_read(captures: Path) -> None:
    text = gzip.decompress((captures / "deribit" / "deribit_instruments_20210722.http.txt.gz").read_bytes())
    bodies = [line.partition(b": ")[2] for line in text.splitlines() if line.startswith(b"https:")]
    listing = list_instruments(bodies)
    assert not listing.problems
    known = {one.symbol: one for one in listing.instruments}
    assert len(known) == 16  # of 824 entries the rest are options
    perpetual, weekly, ether = known["BTC-PERPETUAL"], known["BTC-23JUL21"], known["ETH-24SEP21"]
    assert (perpetual.kind, perpetual.tick, perpetual.lot) == ("inverse", Decimal("0.5"), 10)
    assert (perpetual.fee_group, weekly.fee_group, ether.fee_group) == ("perpetual", "week", "future")
    assert (ether.tick, ether.lot, ether.settle) == (Decimal("0.05"), 1, "ETH")
