"""What a session asks of a venue before it starts: each body once, at the weight that the venue states."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field

import pytest

from fillcast.errors import InstrumentError, UnknownInstrumentError, VenueError
from fillcast.session.resolve import list_instruments, resolve
from fillcast.venues import venue

SPOT_PATH = "/api/v3/exchangeInfo?showPermissionSets=false"
OKX_PATH = "/api/v5/public/instruments?instType="
FILTERS = [
    {"filterType": "PRICE_FILTER", "tickSize": "0.01"},
    {"filterType": "LOT_SIZE", "stepSize": "0.00001"},
]


def spot_body(*symbols: str) -> bytes:
    listed = [
        {"symbol": symbol, "status": "TRADING", "baseAsset": symbol[:-4], "quoteAsset": "USDT", "filters": FILTERS}
        for symbol in symbols
    ]
    return json.dumps({"symbols": listed}).encode()


def okx_body(kind: str, *symbols: str) -> bytes:
    contract = {"ctType": "linear", "ctVal": "0.01", "ctValCcy": "BTC", "settleCcy": "USDT"} if kind != "SPOT" else {}
    common = {
        "instType": kind,
        "state": "live",
        "tickSz": "0.1",
        "lotSz": "0.001",
        "baseCcy": "BTC",
        "quoteCcy": "USDT",
    }
    return json.dumps({"code": "0", "data": [{"instId": one, **common, **contract} for one in symbols]}).encode()


@dataclass
class Asked:
    """Answers from memory and notes each path with its weight."""

    bodies: dict[str, bytes | VenueError]
    base_url: str = "http://127.0.0.1:1"
    asked: list[tuple[str, int]] = field(default_factory=list)

    async def get_patiently(self, path: str, weight: int = 1) -> bytes:
        self.asked.append((path, weight))
        body = self.bodies[path]
        if isinstance(body, VenueError):
            raise body
        return body


def test_an_unknown_symbol_costs_one_body_at_its_stated_weight() -> None:
    rest = Asked({SPOT_PATH: spot_body("BTCUSDT", "ETHUSDT")})
    with pytest.raises(UnknownInstrumentError, match="'BTCUSTD'; did you mean BTCUSDT"):
        asyncio.run(resolve(venue("binance_spot"), ["BTCUSTD"], rest))  # type: ignore[arg-type]
    assert rest.asked == [(SPOT_PATH, 20)]


def test_only_the_kinds_not_yet_asked_for_are_asked_for_neighbours() -> None:
    rest = Asked(
        {
            OKX_PATH + "SPOT": okx_body("SPOT", "BTC-USDT"),
            OKX_PATH + "SWAP": okx_body("SWAP", "BTC-USDT-SWAP"),
            OKX_PATH + "FUTURES": okx_body("FUTURES"),
        }
    )
    with pytest.raises(UnknownInstrumentError, match="did you mean BTC-USDT or BTC-USDT-SWAP"):
        asyncio.run(resolve(venue("okx"), ["BTC-USTD"], rest))  # type: ignore[arg-type]
    assert rest.asked == [(OKX_PATH + kind, 1) for kind in ("SPOT", "SWAP", "FUTURES")]


def test_a_refused_path_is_asked_again_and_its_refusal_told() -> None:
    rest = Asked({SPOT_PATH: VenueError("it refused")})
    with pytest.raises(VenueError, match="it refused"):
        asyncio.run(resolve(venue("binance_spot"), ["BTCUSDT"], rest))  # type: ignore[arg-type]
    assert len(rest.asked) == 2


def test_a_symbol_that_is_listed_with_unusable_figures_is_not_called_unknown() -> None:
    broken = json.loads(spot_body("BTCUSDT", "ETHUSDT"))
    broken["symbols"][0]["filters"] = []
    spot, rest = venue("binance_spot"), Asked({SPOT_PATH: json.dumps(broken).encode()})
    with pytest.raises(InstrumentError, match="binance_spot:BTCUSDT"):
        asyncio.run(resolve(spot, ["BTCUSDT"], rest))  # type: ignore[arg-type]
    assert [one.symbol for one in asyncio.run(resolve(spot, ["ETHUSDT"], rest))] == ["ETHUSDT"]  # type: ignore[arg-type]


def test_known_symbols_come_in_the_order_asked_and_everything_when_none_is() -> None:
    rest = Asked({SPOT_PATH: spot_body("BTCUSDT", "ETHUSDT", "SOLUSDT")})
    spot = venue("binance_spot")
    found = asyncio.run(resolve(spot, ["SOLUSDT", "BTCUSDT"], rest))  # type: ignore[arg-type]
    assert [one.symbol for one in found] == ["SOLUSDT", "BTCUSDT"]
    listed = asyncio.run(list_instruments(spot, rest))  # type: ignore[arg-type]
    assert [one.symbol for one in listed] == ["BTCUSDT", "ETHUSDT", "SOLUSDT"]
    assert rest.asked == [(SPOT_PATH, 20)] * 2
