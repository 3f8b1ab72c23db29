"""Bybit in the directory: metadata, pages, shards, fees, recordings."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import InstrumentError, VenueError
from fillcast.forecast.fee_files import fee_schedule
from fillcast.session.resolve import list_instruments, resolve
from fillcast.venues import VENUES, venue
from fillcast.venues.bybit.instruments import next_path
from tests.venues.bybit.market import LINEAR
from tests.venues.streams import dump

INFO = "/v5/market/instruments-info?category="
SPOT_ENTRY = {"symbol": "BTCUSDT", "status": "Trading", "baseCoin": "BTC", "quoteCoin": "USDT", "innovation": "0"}
SPOT_ENTRY |= {"lotSizeFilter": {"basePrecision": "0.000001", "minOrderQty": "0.000011"}}
SPOT_ENTRY |= {"priceFilter": {"tickSize": "0.1"}}
LINEAR_ENTRY = {"symbol": "BTCUSDT", "contractType": "LinearPerpetual", "status": "Trading", "baseCoin": "BTC"}
LINEAR_ENTRY |= {"quoteCoin": "USDT", "settleCoin": "USDT", "priceScale": "2", "isPreListing": False}
LINEAR_ENTRY |= {"priceFilter": {"minPrice": "0.10", "tickSize": "0.10"}, "lotSizeFilter": {"qtyStep": "0.001"}}
INVERSE_ENTRY = LINEAR_ENTRY | {"symbol": "BTCUSD", "contractType": "InversePerpetual", "quoteCoin": "USD"}
INVERSE_ENTRY |= {"settleCoin": "BTC", "lotSizeFilter": {"qtyStep": "1"}}
ENTRIES = {"spot": SPOT_ENTRY, "linear": LINEAR_ENTRY, "inverse": INVERSE_ENTRY}


def body(*entries: dict[str, object], cursor: str = "") -> bytes:
    return dump({"retCode": 0, "retMsg": "OK", "result": {"list": list(entries), "nextPageCursor": cursor}})


def listed(category: str, *entries: dict[str, object]) -> list[Instrument]:
    return venue(f"bybit_{category}").parse_instruments([body(*entries)])


def test_spot_linear_and_inverse() -> None:
    (spot,) = listed("spot", SPOT_ENTRY)
    assert (spot.key, spot.base, spot.quote, spot.kind) == ("bybit_spot:BTCUSDT", "BTC", "USDT", ContractKind.LINEAR)
    assert (spot.tick, spot.lot, spot.sized_in) == (Decimal("0.1"), Decimal("0.000001"), "base")
    linear, dated = listed("linear", LINEAR_ENTRY, LINEAR_ENTRY | {"contractType": "LinearFutures", "symbol": "X"})
    assert (linear.key, linear.settle, linear.contract_value) == ("bybit_linear:BTCUSDT", "USDT", Decimal(1))
    assert (linear.kind, linear.sized_in, linear.lot) == (ContractKind.LINEAR, "base", Decimal("0.001"))
    assert dated.kind is ContractKind.LINEAR
    inverse, dated = listed("inverse", INVERSE_ENTRY, INVERSE_ENTRY | {"contractType": "InverseFutures", "symbol": "X"})
    assert (inverse.kind, inverse.sized_in, inverse.settle) == (ContractKind.INVERSE, "contracts", "BTC")
    assert (inverse.quote, inverse.contract_value, inverse.lot) == ("USD", Decimal(1), Decimal(1))
    assert dated.kind is ContractKind.INVERSE
    assert not spot.fixed_decimals
    assert linear.fixed_decimals


@pytest.mark.parametrize("status", ["PreLaunch", "Delivering", "Closed", ""])
def test_only_what_trades_is_listed(status: str) -> None:
    assert listed("linear", LINEAR_ENTRY | {"status": status}) == []


@pytest.mark.parametrize(
    ("category", "change"),
    [
        ("spot", {"priceFilter": {}}),
        ("spot", {"priceFilter": {"tickSize": 0.1}}),
        ("spot", {"lotSizeFilter": {"qtyStep": "0.001"}}),
        ("spot", {"baseCoin": None}),
        ("linear", {"lotSizeFilter": {"basePrecision": "0.001"}}),
        ("linear", {"priceFilter": {"tickSize": "NaN"}}),
        ("linear", {"priceFilter": {"tickSize": "0"}}),
        ("linear", {"contractType": "InversePerpetual"}),
        ("linear", {"contractType": "QuantoPerpetual"}),
        ("linear", {"contractType": ""}),
        ("inverse", {"contractType": "LinearPerpetual"}),
        ("inverse", {"lotSizeFilter": "none"}),
    ],
)
def test_metadata_that_cannot_be_used_costs_no_other_instrument(category: str, change: dict[str, object]) -> None:
    good = ENTRIES[category]
    bodies = [body(good | {"symbol": "ODDUSDT"} | change, good)]
    found = venue(f"bybit_{category}").list_instruments(bodies)
    assert [one.symbol for one in found.instruments] == [good["symbol"]]
    with pytest.raises(InstrumentError, match=f"bybit_{category}:ODDUSDT"):
        found.require(["ODDUSDT"])


def test_refusals_are_told() -> None:
    with pytest.raises(VenueError, match="10001"):
        venue("bybit_spot").list_instruments([b'{"retCode":10001,"retMsg":"params error: symbol invalid","result":{}}'])
    with pytest.raises(msgspec.DecodeError):
        venue("bybit_spot").list_instruments([b"<html>"])


def test_a_few_symbols_are_asked_for_one_by_one_and_many_by_pages() -> None:
    assert venue("bybit_spot").instrument_paths(()) == (INFO + "spot",)
    paths = venue("bybit_linear").instrument_paths
    assert paths(()) == (INFO + "linear&limit=1000",)
    assert paths(["BTCUSDT", "BTC-27MAR26"]) == tuple(
        f"{INFO}linear&symbol={one}" for one in ("BTCUSDT", "BTC-27MAR26")
    )
    assert paths([f"A{number}USDT" for number in range(21)]) == paths(())
    assert venue("bybit_inverse").instrument_paths(["A&B"]) == (INFO + "inverse&symbol=A%26B",)


class Pages:
    """A REST host that has everything in pages."""

    base_url = "http://127.0.0.1:1"

    def __init__(self, bodies: dict[str, bytes]) -> None:
        self.bodies = bodies
        self.asked: list[str] = []

    async def get_patiently(self, path: str, weight: int = 1) -> bytes:
        self.asked.append(path)
        return self.bodies[path]


def test_every_page_is_read_once() -> None:
    first, second = INFO + "linear&limit=1000", INFO + "linear&limit=1000&cursor=first%3DBTCUSDT%26last%3DBTCUSDT"
    rest = Pages(
        {
            first: body(LINEAR_ENTRY, cursor="first%3DBTCUSDT%26last%3DBTCUSDT"),
            second: body(LINEAR_ENTRY | {"symbol": "ETHUSDT", "baseCoin": "ETH"}),
        }
    )
    found = asyncio.run(list_instruments(venue("bybit_linear"), rest))  # type: ignore[arg-type]
    assert [one.symbol for one in found] == ["BTCUSDT", "ETHUSDT"]
    assert rest.asked == [first, second]
    alone = INFO + "linear&symbol=BTCUSDT"
    rest.bodies[alone] = body(LINEAR_ENTRY, cursor="first%3DBTCUSDT%26last%3DBTCUSDT")
    rest.asked.clear()
    (one,) = asyncio.run(resolve(venue("bybit_linear"), ["BTCUSDT"], rest))  # type: ignore[arg-type]
    assert one.key == "bybit_linear:BTCUSDT"
    assert rest.asked == [alone]


def test_pages_that_never_end_are_left() -> None:
    first = INFO + "linear&limit=1000"
    rest = Pages({path: body(LINEAR_ENTRY, cursor="again") for path in (first, first + "&cursor=again")})
    assert len(asyncio.run(list_instruments(venue("bybit_linear"), rest))) == 1  # type: ignore[arg-type]
    assert rest.asked == [first, first + "&cursor=again"]
    assert next_path(first, body(cursor="more")) is None  # nothing on it: nothing behind it
    assert next_path(first, b"<html>") is None


def test_many_instruments_are_spread_over_connections() -> None:
    connections = venue("bybit_linear").connections
    made = connections([replace(LINEAR, symbol=f"A{number}USDT") for number in range(450)])
    assert [len(one.instruments) for one in made] == [200, 200, 50]
    assert [len(one.books) for one in made] == [200, 200, 50]
    assert connections([]) == []
    (touched, *_) = connections([LINEAR] * 200, touch=True)
    assert len(touched.instruments) == 133


def test_a_connection_asks_for_no_more_characters_than_the_venue_takes() -> None:
    long = [replace(LINEAR, symbol=f"{number:064}") for number in range(300)]
    made = venue("bybit_linear").connections(long)
    assert len(made) == 3
    assert sum(len(one.instruments) for one in made) == 300
    for connection in made:
        requests = [msgspec.json.decode(effect.text) for effect in connection.opened(0, 0) if hasattr(effect, "text")]
        assert sum(len(dump(request["args"])) for request in requests) <= 21_000


@pytest.mark.parametrize(
    ("name", "tier", "maker", "taker"),
    [
        ("bybit_spot", None, 10.0, 10.0),
        ("bybit_spot", "VIP1", 6.75, 8.0),
        ("bybit_spot", "Supreme", 3.0, 4.5),
        ("bybit_linear", None, 2.0, 5.5),
        ("bybit_linear", "VIP2", 1.6, 3.75),
        ("bybit_linear", "Supreme", 0.0, 3.0),
        ("bybit_inverse", None, 2.0, 5.5),
        ("bybit_inverse", "VIP5", 1.0, 3.2),
    ],
)
def test_fees(name: str, tier: str | None, maker: float, taker: float) -> None:
    rate = fee_schedule(name).rate(tier)
    assert (rate.maker_bps, rate.taker_bps) == pytest.approx((maker, taker))
    assert rate.as_of == "2026-11-22"
    assert "Bybit help centre" in rate.source


def test_three_venues_and_one_dialect() -> None:
    names = [name for name in VENUES if name.startswith("bybit_")]
    assert sorted(names) == ["bybit_inverse", "bybit_linear", "bybit_spot"]
    assert [len(venue(name).dialects) for name in sorted(names)] == [0, 1, 0]
