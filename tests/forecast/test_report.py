from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from fillcast.core.book import Book
from fillcast.core.state import BookState, Proof
from fillcast.forecast.comparison import compare
from fillcast.forecast.forecast import forecast
from fillcast.forecast.report import report
from fillcast.models.fees import DisputedFee, FeeRate
from fillcast.models.volatility import VolatilityEstimate
from fillcast.venues.protocol import Health
from tests.forecast.examples import MEASURED, NOW_NS, SPOT, ordered, priced, view_of

BIDS, ASKS = [("99.99", "1"), ("99.98", "5")], [("100.01", "1"), ("100.02", "5")]
FEE = FeeRate(8.0, 10.0, "Lv1", "2026-03-01", "okx.toml", "1", (DisputedFee(7.0, 9.0, "another table"),))

CONTRACT = {
    "instrument": str,
    "as_of_ns": int,
    "book": {"state", "proof", "age_ms", "last_change_ms", "sequence", "proven_bps"},
    "order": dict,
    "reference": {"name", "price"},
    "filled_base": float,
    "unfilled_base": float,
    "unproven_base": float,
    "average_price": float,
    "all_in_price": float,
    "worst_price": float,
    "levels": int,
    "components": list,
    "net": {"bps", "quote", "low_bps", "high_bps", "level"},
    "common_reference": None,
    "net_vs_common_bps": None,
    "maker_share": float,
    "schedule": list,
    "footprint_bps": None,
    "provenance": list,
}


def keeps_contract(found: dict[str, Any]) -> bool:
    """Every key that other programs rely on is there, with its kind of value."""
    for key, kind in CONTRACT.items():
        if key not in found:
            return False
        value = found[key]
        if isinstance(kind, set):
            if not (isinstance(value, dict) and kind <= set(value)):
                return False
        elif kind is not None and not (isinstance(kind, type) and isinstance(value, kind)):
            return False
    keys = {"name", "bps", "quote", "low_bps", "high_bps"}
    return bool(found["components"]) and all(keys <= set(part) for part in found["components"])


def full_report() -> dict[str, Any]:
    view = view_of(SPOT, BIDS, ASKS, proven_ask="100.01")
    health = Health(BookState.LIVE, "", Proof.SEQUENCE, 12_000_000, 34_500_000, 0)
    order = ordered(view, "buy", "2.000001")
    return report(forecast(order, view, fee=FEE, volatility=MEASURED, now_ns=NOW_NS, health=health))


def test_the_contract_is_kept_through_json() -> None:
    decoded = msgspec.json.decode(msgspec.json.encode(full_report()))

    assert keeps_contract(decoded)
    assert decoded == full_report()
    assert [part["name"] for part in decoded["components"]] == ["half_spread", "slippage", "latency", "fee"]
    assert sum(part["bps"] for part in decoded["components"]) == decoded["net"]["bps"]
    assert sum(part["quote"] for part in decoded["components"]) == decoded["net"]["quote"]


def test_the_check_of_the_contract_can_fail() -> None:
    for key in CONTRACT:
        assert not keeps_contract({name: value for name, value in full_report().items() if name != key})
    assert not keeps_contract({**full_report(), "levels": "3"})
    assert not keeps_contract({**full_report(), "net": {"bps": 1.0}})


def test_what_the_report_says() -> None:
    found = full_report()

    assert found["instrument"] == "okx:BTC-USDT"
    assert found["as_of_ns"] == NOW_NS
    assert found["book"]["state"] == "LIVE"
    assert (found["book"]["age_ms"], found["book"]["last_change_ms"]) == (12.0, 34.5)
    assert found["reference"] == {"name": "arrival_mid", "price": 100.0}
    assert found["order"]["side"] == "buy"
    assert found["order"]["size"] == "2.000001"
    assert found["order"]["filled_size"] == "2"
    assert found["order"]["latency_ms"] == 250.0
    assert "rounded down to 2 BTC" in found["order"]["note"]
    assert found["net"]["at_most"] is True
    assert (found["maker_share"], found["schedule"], found["footprint_bps"]) == (0.0, [], None)
    assert found["cost_currency"] == "USDT"


def test_provenance_names_every_source() -> None:
    lines = full_report()["provenance"]

    for part in (
        "book okx:BTC-USDT seq 0 proof sequence",
        "from 100.0 effective samples",
        "latency 250 ms, book age 12 ms",
        "fee taker 10 bps, tier Lv1 group 1 as of 2026-03-01, okx.toml; disputed: 9 bps (another table)",
        "at most",
        "rounded down",
    ):
        assert any(part in line for line in lines), part


def test_what_is_weak_is_said() -> None:
    inferred = replace(SPOT, scale_inferred=True)
    book = Book.from_levels(inferred, BIDS, ASKS, edges=(None, None))
    book.proof = Proof.TRANSPORT
    found = report(priced(book.view(), "buy", "1", FEE, VolatilityEstimate(None, 0.0, 60.0)))

    assert "scale: inferred" in found["provenance"]
    assert any("nothing but the ordered connection" in line for line in found["provenance"])
    assert any("not measured yet: prior" in line for line in found["provenance"])
    assert found["book"]["proven_bps"] is None
    assert found["book"]["age_ms"] is None


def test_without_a_live_book_net_is_null_with_the_reason() -> None:
    book = Book.from_levels(SPOT, BIDS, ASKS)
    book.state, book.reason = BookState.BROKEN, "7 does not follow 5"
    found = report(priced(book.view(), "buy", "1", FEE))

    assert found["net"] is None
    assert "BROKEN: 7 does not follow 5" in found["reason"]
    assert found["components"] == []
    assert set(CONTRACT) <= set(found)
    assert found["filled_base"] is None
    assert found["reference"] == {"name": "arrival_mid", "price": None}
    assert found["provenance"][0] == "book okx:BTC-USDT is BROKEN"
    assert b"NaN" not in msgspec.json.encode(found)


def test_a_comparison_is_in_the_report() -> None:
    found = report(compare([priced(view_of(SPOT, BIDS, ASKS), "buy", "1", FEE)])[0])

    assert found["common_reference"] == {"name": "median of 1 mids", "price": 100.0, "currency": "USDT"}
    assert isinstance(found["net_vs_common_bps"], float)


def test_a_venue_without_ids_has_no_sequence() -> None:
    view = replace(view_of(SPOT, BIDS, ASKS), last_id=-1)
    found = report(priced(view, "buy", "1", FEE))

    assert found["book"]["sequence"] is None
    assert found["provenance"][0] == "book okx:BTC-USDT proof caller"
    assert report(priced(replace(view, last_id=7), "buy", "1", FEE))["book"]["sequence"] == 7
