from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest

from fillcast.core.instrument import ContractKind
from fillcast.errors import InstrumentError, UnknownInstrumentError, VenueError
from fillcast.venues import venue
from fillcast.venues.binance import instruments as binance_instruments
from fillcast.venues.levels import level_rows
from fillcast.venues.listing import Listing
from fillcast.venues.okx import instruments as okx_instruments
from tests.venues.streams import dump

SPOT = {"instId": "BTC-USDT", "instType": "SPOT", "state": "live", "tickSz": "0.1", "lotSz": "0.00000001"}
SPOT |= {"baseCcy": "BTC", "quoteCcy": "USDT", "groupId": "1", "ctVal": "", "ctMult": "", "lever": "10"}
LINEAR = {"instId": "BTC-USDT-SWAP", "instType": "SWAP", "state": "live", "tickSz": "0.1", "lotSz": "0.01"}
LINEAR |= {"settleCcy": "USDT", "ctType": "linear", "ctVal": "0.01", "ctMult": "1", "ctValCcy": "BTC", "groupId": "4"}
INVERSE = {"instId": "BTC-USD-261225", "instType": "FUTURES", "state": "live", "tickSz": "0.1", "lotSz": "1"}
INVERSE |= {"settleCcy": "BTC", "ctType": "inverse", "ctVal": "10", "ctMult": "10", "ctValCcy": "USD"}


def okx(*entries: dict[str, str]) -> list[bytes]:
    return [dump({"code": "0", "msg": "", "data": list(entries)})]


def test_okx_spot_linear_and_inverse() -> None:
    spot, linear, inverse = okx_instruments.list_instruments(okx(SPOT, LINEAR, INVERSE)).instruments
    assert (spot.key, spot.base, spot.quote, spot.fee_group) == ("okx:BTC-USDT", "BTC", "USDT", "spot")
    assert (spot.tick, spot.lot, spot.sized_in) == (Decimal("0.1"), Decimal("1E-8"), "base")
    assert (linear.kind, linear.contract_value, linear.sized_in) == (
        ContractKind.LINEAR,
        Decimal("0.01"),
        "contracts",
    )
    assert (linear.base, linear.quote, linear.settle, linear.fee_group) == ("BTC", "USDT", "USDT", "swap:4")
    assert (inverse.kind, inverse.contract_value) == (ContractKind.INVERSE, Decimal(100))
    assert (inverse.base, inverse.quote, inverse.settle, inverse.fee_group) == ("BTC", "USD", "BTC", "futures")
    assert not any(one.fixed_decimals for one in (spot, linear, inverse))


@pytest.mark.parametrize("change", [{"state": "suspend"}, {"state": "preopen"}, {"instType": "OPTION"}])
def test_okx_lists_what_is_live_and_can_be_priced(change: dict[str, str]) -> None:
    assert okx_instruments.list_instruments(okx(SPOT | change)) == Listing()


@pytest.mark.parametrize(
    "entry",
    [
        SPOT | {"tickSz": ""},
        SPOT | {"tickSz": 0.1},
        {name: value for name, value in SPOT.items() if name != "lotSz"},
        SPOT | {"lotSz": "x"},
        SPOT | {"tickSz": "0"},
        LINEAR | {"ctVal": "NaN"},
        LINEAR | {"ctVal": ""},
        LINEAR | {"ctType": "quanto"},
        LINEAR | {"ctValCcy": "USDT"},
        INVERSE | {"ctValCcy": "BTC"},
    ],
)
def test_okx_metadata_that_cannot_be_used_costs_no_other_instrument(entry: dict[str, object]) -> None:
    other = SPOT | {"instId": "ETH-USDT", "baseCcy": "ETH"}
    listing = okx_instruments.list_instruments(okx(entry, other))
    assert [one.symbol for one in listing.instruments] == ["ETH-USDT"]
    assert list(listing.problems) == [entry["instId"]]
    assert f"okx:{entry['instId']}" in listing.problems[entry["instId"]]
    listing.require(["ETH-USDT", "NOT-LISTED"])
    with pytest.raises(InstrumentError, match=entry["instId"]):
        listing.require(["ETH-USDT", entry["instId"]])


def test_okx_refusals_are_told() -> None:
    with pytest.raises(VenueError, match="51001"):
        okx_instruments.list_instruments([b'{"code":"51001","msg":"no such instrument","data":[]}'])
    with pytest.raises(msgspec.DecodeError):
        okx_instruments.list_instruments([b"<html>"])


def test_okx_paths_follow_the_symbols() -> None:
    paths = okx_instruments.instrument_paths
    assert [path[-4:] for path in paths(["BTC-USDT", "ETH-USDT"])] == ["SPOT"]
    assert len(paths(["BTC-USDT-SWAP", "BTC-USD-261225", "BTC-USDT"])) == 3
    assert paths([]) == paths()
    assert len(paths()) == 3


@pytest.mark.parametrize("symbol", ["BTCUSDT", "BTC-USD-261225-90000-C", "btc-usdt", "", "BTC-USDT-PERP"])
def test_okx_symbols_that_are_none_are_refused(symbol: str) -> None:
    with pytest.raises(UnknownInstrumentError, match="write BTC-USDT"):
        okx_instruments.instrument_paths([symbol])


FILTERS = [
    {"filterType": "PRICE_FILTER", "minPrice": "0.01", "tickSize": "0.01000000"},
    {"filterType": "LOT_SIZE", "stepSize": "0.00001000"},
    {"filterType": "NOTIONAL", "minNotional": "5"},
]
SYMBOL = {"symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT", "filters": FILTERS}
PERPETUAL = SYMBOL | {"symbol": "BTCUSD_PERP", "quoteAsset": "USD", "contractSize": 100, "marginAsset": "BTC"}
del PERPETUAL["status"]
PERPETUAL |= {"contractStatus": "TRADING"}


def binance(venue: str, *symbols: dict[str, object]) -> list[object]:
    return binance_instruments.list_instruments(venue, [dump({"symbols": list(symbols)})]).instruments


def test_binance_symbols() -> None:
    (spot,) = binance("binance_spot", SYMBOL)
    assert (spot.key, spot.tick, spot.lot) == ("binance_spot:BTCUSDT", Decimal("0.01"), Decimal("0.00001"))
    assert (spot.kind, spot.sized_in, spot.fixed_decimals) == (ContractKind.LINEAR, "base", True)
    (usdm,) = binance("binance_usdm", SYMBOL | {"marginAsset": "USDT", "baseAssetPrecision": 8})
    assert (usdm.settle, usdm.lot) == ("USDT", Decimal("0.00001"))
    (coinm,) = binance("binance_coinm", PERPETUAL)
    assert (coinm.kind, coinm.contract_value, coinm.sized_in) == (ContractKind.INVERSE, Decimal(100), "contracts")
    assert (coinm.settle, coinm.quote) == ("BTC", "USD")


def test_spot_books_hold_sizes_finer_than_the_step_of_new_orders() -> None:
    (spot,) = binance("binance_spot", SYMBOL | {"baseAssetPrecision": 8})
    assert spot.lot == Decimal("1E-8")
    assert (spot.order_lots, spot.order_step) == (1000, "0.00001")
    (coarse,) = binance("binance_spot", SYMBOL | {"baseAssetPrecision": 2})
    assert (coarse.lot, coarse.order_lots) == (Decimal("0.00001"), 1)


@pytest.mark.parametrize(
    ("step", "lot", "order_lots"),
    [("1.00000000", "0.001", 1000), ("0.10000000", "0.0001", 1000), ("5.0", "0.001", 5000), ("100", "0.001", 100_000)],
)
def test_spot_lots_leave_room_for_the_large_levels_of_cheap_tokens(step: str, lot: str, order_lots: int) -> None:
    cheap = SYMBOL | {"baseAssetPrecision": 8, "filters": [FILTERS[0], FILTERS[1] | {"stepSize": step}]}
    (one,) = binance("binance_spot", cheap)
    assert (one.lot, one.order_lots) == (Decimal(lot), order_lots)
    assert level_rows([(1, [("0.01", "100000000000000")])], one)[0, 2] >= 10**15  # of any token but the cheapest


def test_binance_lists_what_trades() -> None:
    assert binance("binance_spot", SYMBOL | {"status": "BREAK"}) == []
    assert binance("binance_coinm", PERPETUAL | {"contractStatus": "PENDING_TRADING"}) == []


@pytest.mark.parametrize(
    ("venue", "symbol"),
    [
        ("binance_spot", SYMBOL | {"filters": FILTERS[:1]}),
        ("binance_spot", SYMBOL | {"filters": [{"filterType": "PRICE_FILTER"}, FILTERS[1]]}),
        ("binance_spot", SYMBOL | {"filters": [FILTERS[0], FILTERS[1] | {"stepSize": "0"}], "baseAssetPrecision": 8}),
        ("binance_spot", SYMBOL | {"filters": [FILTERS[0], FILTERS[1] | {"stepSize": "NaN"}], "baseAssetPrecision": 8}),
        ("binance_usdm", SYMBOL | {"filters": [FILTERS[0], FILTERS[1] | {"stepSize": "0"}]}),
        ("binance_usdm", SYMBOL | {"filters": "none"}),
        ("binance_coinm", {name: value for name, value in PERPETUAL.items() if name != "contractSize"}),
    ],
)
def test_binance_metadata_that_cannot_be_used_costs_no_other_symbol(venue: str, symbol: dict[str, object]) -> None:
    good = SYMBOL | {"symbol": "ETHUSDT", "contractSize": 10}
    listing = binance_instruments.list_instruments(venue, [dump({"symbols": [symbol, good]})])
    assert [one.symbol for one in listing.instruments] == ["ETHUSDT"]
    with pytest.raises(InstrumentError, match=f"{venue}:{symbol['symbol']}"):
        listing.require([str(symbol["symbol"])])


def test_binance_refusals_are_told() -> None:
    with pytest.raises(VenueError, match="-1121"):
        binance_instruments.list_instruments("binance_spot", [b'{"code":-1121,"msg":"Invalid symbol."}'])


def test_only_a_symbol_that_is_asked_for_is_refused() -> None:
    odd = SPOT | {"instId": "ODD-USDT", "tickSz": ""}
    okx_venue, bodies = venue("okx"), okx(SPOT, odd)
    assert [one.symbol for one in okx_venue.parse_instruments(bodies)] == ["BTC-USDT"]
    assert [one.symbol for one in okx_venue.parse_instruments(bodies, ["BTC-USDT"])] == ["BTC-USDT"]
    with pytest.raises(InstrumentError, match="okx:ODD-USDT"):
        okx_venue.parse_instruments(bodies, ["ODD-USDT"])
