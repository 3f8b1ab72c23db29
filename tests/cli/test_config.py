"""The config file: read where a flag is absent, refused by name where it is wrong."""

from __future__ import annotations

import pytest

from fillcast.cli.asked import OrderFlags, ReachFlags, ask
from fillcast.cli.config import Config, config_path, read_config
from fillcast.errors import UsageError

VENUES = ("okx", "binance_spot")
FULL = """
proxy = "http://proxy.example:3128"
[tiers]
okx = "VIP1"
[latencies]
okx = "40ms"
[endpoints]
okx = "http://127.0.0.1:8100"
"""


@pytest.fixture
def config(tmp_path, monkeypatch):
    path = tmp_path / "config.toml"
    monkeypatch.setenv("FILLCAST_CONFIG", str(path))
    return path


def test_a_full_file(config):
    config.write_text(FULL)
    found = read_config(VENUES)
    assert found.proxy == "http://proxy.example:3128"
    assert (found.tiers, found.latencies) == ({"okx": "VIP1"}, {"okx": "40ms"})
    assert found.endpoints == {"okx": "http://127.0.0.1:8100"}


def test_no_file_is_no_config(tmp_path, monkeypatch):
    monkeypatch.delenv("FILLCAST_CONFIG", raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert config_path() == tmp_path / "fillcast" / "config.toml"
    assert read_config(VENUES).proxy is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("proxi = 'x'", "unknown key 'proxi'; known are proxy, tiers"),
        ("[tiers]\nmars = 'VIP1'", "unknown key 'mars' in .tiers.; known venues are okx, binance_spot"),
        ("[latencies]\nokx = 40", "latencies.okx must be a text in quotes, not 40"),
        ("tiers = 'VIP1'", "tiers must be a table"),
        ("proxy = 3", "proxy must be a text"),
        ("proxy = ", "is not TOML"),
        (b"\xff\xfe", "cannot be read"),
    ],
)
def test_a_wrong_file_is_refused_by_name(config, text, says):
    config.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(UsageError, match=says) as caught:
        read_config(VENUES)
    assert str(config) in str(caught.value)


def test_absurd_nesting_is_refused(config):
    config.write_text(f"proxy = {'[' * 100_000}")
    with pytest.raises(UsageError, match="nests its values too deeply"):
        read_config(VENUES)


def test_defaults_that_are_given_take_the_place_of_the_file(config):
    config.write_text(FULL)
    asked = ask(["okx:BTC-USDT"], OrderFlags("buy", "1"), ReachFlags(), Config())
    assert (asked.proxy, dict(asked.endpoints), asked.config) == (None, {}, Config())


def test_a_file_that_is_named_must_exist(config):
    with pytest.raises(UsageError, match="named by FILLCAST_CONFIG, does not exist"):
        read_config(VENUES)


def test_flags_come_before_the_file(config):
    config.write_text(FULL)
    flags = OrderFlags("buy", "1")
    assert ask(["okx:BTC-USDT"], flags, ReachFlags()).endpoints["okx"] == "http://127.0.0.1:8100"
    reach = ReachFlags(["okx=http://127.0.0.1:9000"], "http://other:1")
    asked = ask(["okx:BTC-USDT"], flags, reach)
    assert asked.endpoints["okx"] == "http://127.0.0.1:9000"
    assert asked.proxy == "http://other:1"
