"""What a venue's protocol believes, set in the config file: by name, checked, and used."""

from __future__ import annotations

import asyncio
import dataclasses
import re
from decimal import Decimal
from pathlib import Path

import pytest

from fillcast.cli.asked import OrderFlags, ReachFlags, ask
from fillcast.cli.config import read_config
from fillcast.cli.protocol_settings import NOT_LIVE, ONLY_OF, settable
from fillcast.core.instrument import Instrument
from fillcast.errors import UsageError
from fillcast.venues import VENUES, venue
from fillcast.venues.settings import Settings
from fillcast.venues.splicing import SplicingConnection
from fillcast.venues.streaming import StreamingConnection

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    monkeypatch.setenv("FILLCAST_CONFIG", str(path))
    return path


def test_a_table_changes_what_it_names_and_nothing_else(config):
    config.write_text(
        "[protocol.gate]\nuse_gate_obu = false\n"
        "[protocol.kraken]\ndeep_check_ns = false\nlag_limit_ns = 5_000_000_000\n"
        "[protocol.binance_spot]\nrefresh_bps = 5\n"
    )
    found = read_config(VENUES).protocol
    assert found["gate"] == dataclasses.replace(Settings(), use_gate_obu=False)
    assert found["kraken"] == dataclasses.replace(Settings(), deep_check_ns=None, lag_limit_ns=5_000_000_000)
    assert found["binance_spot"] == dataclasses.replace(Settings(), refresh_bps=5)
    assert "okx" not in found


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("protocol = 3", "protocol must hold a table for each venue"),
        ("[protocol.mars]", r"unknown venue in \[protocol.mars\]; known venues are "),
        ("[protocol]\ngate = 3", r"protocol.gate must be a table, \[protocol.gate\]"),
        (
            "[protocol.gate]\nuse_gate_ob = false",
            r"\[protocol.gate\] has no setting 'use_gate_ob'; did you mean use_gate_obu",
        ),
        (
            "[protocol.okx]\nuse_gate_obu = false",
            r"\[protocol.okx\] has no setting 'use_gate_obu'; known are check_every",
        ),
        ("[protocol.okx]\ncheck_touch = true", "has no setting 'check_touch'"),
        ("[protocol.gate]\nuse_gate_obu = 0", r"use_gate_obu in \[protocol.gate\] must be true or false, not 0"),
        (
            "[protocol.kraken]\ndeep_check_ns = 0",
            "a positive whole number of nanoseconds, or false to switch it off, not 0",
        ),
        ("[protocol.kraken]\ndeep_check_ns = '30m'", "a positive whole number of nanoseconds"),
        ("[protocol.kraken]\ndeep_check_ns = true", "or false to switch it off, not True"),
        ("[protocol.okx]\nsilence_ns = false", "must be a positive whole number of nanoseconds, not False"),
        ("[protocol.okx]\nmax_buffered = -1", "must be a positive whole number, not -1"),
        ("[protocol.okx]\nrefresh_bps = nan", "must be a positive number, not nan"),
    ],
)
def test_a_wrong_setting_is_refused_by_name(config, text, says):
    config.write_text(text)
    with pytest.raises(UsageError, match=says) as caught:
        read_config(VENUES)
    assert str(config) in str(caught.value)


def test_every_setting_can_be_set_for_the_venues_that_ask_for_it():
    names = {field.name for field in dataclasses.fields(Settings)}
    assert {name for venue in VENUES for name in settable(venue)} == names - set(NOT_LIVE)
    assert set(ONLY_OF) <= names
    assert "use_gate_obu" in settable("gate")
    assert "use_gate_obu" not in settable("okx")
    assert {venue for venue in VENUES if "require_consecutive" in settable(venue)} == {
        "bybit_spot",
        "bybit_linear",
        "bybit_inverse",
    }


def test_every_setting_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")
    assert [field.name for field in dataclasses.fields(Settings) if f"`{field.name}`" not in text] == list(NOT_LIVE)


@pytest.mark.parametrize("name", VENUES)
def test_a_venue_takes_the_settings_of_its_kind_of_connection(name):
    symbol = Instrument(name, "BTC-USD", "BTC", "USD", Decimal("0.1"), Decimal("0.001"))
    forms = [Settings(), Settings(use_gate_obu=False)]
    lines = [line for form in forms for line in venue(name).connections([symbol], settings=form)]
    assert ("fetch_spacing_ns" in settable(name)) == any(isinstance(line, SplicingConnection) for line in lines)
    assert ("stream_wait_ns" in settable(name)) == any(isinstance(line, StreamingConnection) for line in lines)


NAMED = {
    "OKX": ("okx",),
    "Binance spot": ("binance_spot",),
    "Binance USD-M": ("binance_usdm",),
    "COIN-M": ("binance_coinm",),
    "Bybit": ("bybit_spot", "bybit_linear", "bybit_inverse"),
    "Kraken": ("kraken",),
    "Coinbase": ("coinbase",),
    "Deribit": ("deribit",),
    "Gate": ("gate",),
    "Bitfinex": ("bitfinex",),
    "REST": ("okx", "binance_spot", "binance_usdm", "binance_coinm", "gate"),
    "all": VENUES,
}


def test_the_page_says_of_every_setting_which_venues_take_it():
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| [^|]+ \| ([^|]+) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    said = {
        name: {venue for one in re.split(", | and ", venues) for venue in NAMED[one]}
        for names, venues in rows
        for name in re.findall(r"\w+", names)
        if name in {field.name for field in dataclasses.fields(Settings)}
    }
    assert said == {name: {venue for venue in VENUES if name in settable(venue)} for name in said}
    assert len(said) == len(dataclasses.fields(Settings)) - len(NOT_LIVE)


@pytest.mark.parametrize("name", ["refresh_spacing_ns", "asked_window_ns"])
def test_what_only_rest_snapshots_ask_for_is_refused_elsewhere(config, name):
    config.write_text(f"[protocol.bybit_spot]\n{name} = 5\n")
    with pytest.raises(UsageError, match=f"has no setting '{name}'"):
        read_config(VENUES)


@pytest.mark.parametrize(("said", "form"), [("true", "GateObuConnection"), ("false", "GateUpdateConnection")])
def test_the_session_follows_by_them(config, lab_url, said, form):
    config.write_text(f"[protocol.gate]\nuse_gate_obu = {said}\n[endpoints]\ngate = '{lab_url}'\nokx = '{lab_url}'\n")
    asked = ask(["gate:BTC_USDT", "okx:BTC-USDT"], OrderFlags("buy", "1"), ReachFlags())

    async def follow() -> list[str]:
        async with asked.session() as session:
            await session.live("gate:BTC_USDT", 20)
            return [type(client.connection).__name__ for client in session.feed.clients]

    assert form in asyncio.run(follow())
