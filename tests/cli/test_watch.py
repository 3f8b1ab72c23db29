"""Following several venues of which not all answer: they are told, and the others go on."""

from __future__ import annotations

import json

import pytest

NOWHERE = "http://127.0.0.1:9"  # the discard port, at which nothing listens
REASONS = ("cannot reach 127.0.0.1:9", "no answer about binance_usdm:BTCUSDT within 5 s")  # whichever is first
KEYS = ("binance_usdm:BTCUSDT", "okx:BTC-USDT")


@pytest.fixture
def one_away(lab_url: str) -> list[str]:
    """Return the flags of two venues, the first of which refuses every connection."""
    return ["--endpoint", f"binance_usdm={NOWHERE}", "--endpoint", f"okx={lab_url}", "--seconds", "6"]


def test_a_venue_that_is_away_is_told_and_the_other_goes_on(in_process, one_away):
    told = in_process("watch", *KEYS, *one_away, "--json")
    assert (told.returncode, told.stderr) == (0, "")
    away, here = (json.loads(line) for line in told.stdout.splitlines()[-2:])
    assert (away["instrument"], here["instrument"]) == KEYS
    assert away["net"] is away["last"] is None
    assert any(why in away["reason"] for why in REASONS)
    assert away["split"]["left_out"][-1]["instrument"] == KEYS[0]
    assert away["feed"] == here["feed"]
    assert here["book"]["state"] == "LIVE"
    assert here["net"]["bps"] is not None
    assert away.keys() - {"split"} == here.keys()


def test_in_lines_too(in_process, one_away):
    told = in_process("watch", *KEYS, *one_away)
    assert told.returncode == 0
    assert any(f"binance_usdm:BTCUSDT EMPTY, no forecast: {why}" in told.stdout for why in REASONS)
    assert "okx:BTC-USDT LIVE" in told.stdout


def test_it_ends_with_1_where_no_venue_answers(in_process):
    away = [word for venue in ("okx", "binance_usdm") for word in ("--endpoint", f"{venue}={NOWHERE}")]
    told = in_process("watch", *KEYS, *away, "--seconds", "60")
    assert (told.returncode, told.stdout) == (1, "")
    assert any(why in told.stderr for why in REASONS)


def test_a_symbol_that_no_venue_lists_ends_it(in_process, one_away):
    told = in_process("watch", *KEYS, "okx:NO-SUCH", *one_away)
    assert (told.returncode, told.stdout) == (2, "")
    assert "okx lists no instrument 'NO-SUCH'" in told.stderr
