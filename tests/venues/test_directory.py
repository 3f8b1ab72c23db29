from __future__ import annotations

import subprocess
import sys

import pytest

from fillcast.errors import UsageError
from fillcast.forecast.fee_files import fee_schedule
from fillcast.venues import VENUES, venue
from tests.venues.streams import COINM, OKX, SPOT, USDM, dump


def test_every_venue_says_where_and_how_much() -> None:
    assert {"okx", "binance_spot", "binance_usdm", "binance_coinm"} <= set(VENUES)
    for name in VENUES:
        found = venue(name)
        assert found.name == name
        assert found.ws_url.startswith("wss://")
        assert found.rest_url.startswith("https://")
        for limit in (found.rest_limit, found.dial_limit, found.control_limit):
            assert limit.weight > 0
            assert limit.window_ns >= 1_000_000_000
        assert found.facts.as_of == "2026-11-22"
        assert found.facts.source
        assert all(path.startswith("/") for path in found.instrument_paths(()))


def test_an_unknown_venue_is_named() -> None:
    with pytest.raises(UsageError, match="'kraaken'"):
        venue("kraaken")


@pytest.mark.parametrize(
    ("name", "instrument", "paths"),
    [
        ("okx", OKX, ["/ws/v5/public"]),
        ("binance_spot", SPOT, ["/stream"]),
        ("binance_usdm", USDM, ["/public/stream", "/market/stream"]),
        ("binance_coinm", COINM, ["/stream"]),
    ],
)
def test_connections_follow_the_venues_paths(name: str, instrument: object, paths: list[str]) -> None:
    made = venue(name).connections([instrument])
    assert [connection.ws_path for connection in made] == paths
    assert [len(connection.books) for connection in made] == [1, *[0] * (len(paths) - 1)]
    quiet = venue(name).connections([instrument], trades=False, touch=True)
    assert [connection.ws_path for connection in quiet] == paths[:1]
    request = quiet[0].opened(0, 0)[0].text
    assert "trade" not in request
    assert "bookTicker" in request or "bbo-tbt" in request


def test_many_instruments_are_spread_over_connections() -> None:
    made = venue("binance_usdm").connections([USDM] * 450)
    assert [len(connection.instruments) for connection in made] == [200, 200, 50] * 2


def test_instruments_come_from_the_venues_own_metadata() -> None:
    entry = {"instId": "BTC-USDT", "instType": "SPOT", "state": "live", "tickSz": "0.1", "lotSz": "0.001"}
    body = dump({"code": "0", "data": [entry | {"baseCcy": "BTC", "quoteCcy": "USDT"}]})
    (found,) = venue("okx").parse_instruments([body])
    assert (found.key, found.tick) == (OKX.key, OKX.tick)


def test_naming_venues_loads_no_kernels() -> None:
    script = "import sys, fillcast.venues; print([name for name in ('numba', 'websockets') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "tier", "group", "maker", "taker"),
    [
        ("okx", None, "spot", 8.0, 10.0),
        ("okx", None, "swap", 2.0, 5.0),
        ("okx", "VIP1", "swap", 1.6, 4.5),
        ("okx", "Lv5", "spot", 6.0, 8.0),
        ("okx", "VIP8", "spot", -0.5, 2.0),
        ("okx", None, "spot:7", 8.0, 10.0),
        ("binance_spot", None, "", 10.0, 10.0),
        ("binance_spot", "VIP2+bnb", "", 6.0, 7.5),
        ("binance_spot", "VIP9", "", 1.2, 2.4),
        ("binance_usdm", None, "", 2.0, 5.0),
        ("binance_usdm", "VIP6", "", 0.6, 2.5),
        ("binance_usdm", "VIP9", "", 0.0, 1.7),
        ("binance_coinm", None, "", 1.0, 5.0),
    ],
)
def test_fee_files(name: str, tier: str | None, group: str, maker: float, taker: float) -> None:
    rate = fee_schedule(name).rate(tier, group)
    assert (rate.maker_bps, rate.taker_bps) == pytest.approx((maker, taker))
    assert rate.as_of == "2026-11-22"
    assert rate.source


def test_what_sources_disagree_about_is_in_the_fee_files() -> None:
    spot = fee_schedule("binance_spot")
    assert spot.rate("VIP3").taker_range_bps == (6.0, 10.0)
    assert spot.rate("VIP5").taker_range_bps == (3.1, 8.0)
    for number in range(3, 10):  # only the tiers up to VIP2 are agreed upon
        low, high = spot.rate(f"VIP{number}").taker_range_bps
        assert low < high
        assert all(other.source for other in spot.rate(f"VIP{number}").disputed)
    assert not any(spot.rate(tier).disputed for tier in (None, "VIP1", "VIP2"))
    assert fee_schedule("okx").rate(None, "spot:7").taker_range_bps == (5.0, 10.0)
    coinm = fee_schedule("binance_coinm")
    assert all(entry.disputed for entry in coinm.tiers)
    assert "memory" not in coinm.source
