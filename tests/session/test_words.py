from __future__ import annotations

import pytest

from fillcast.errors import UsageError
from fillcast.session.endpoints import endpoint_of, parse_endpoints
from fillcast.session.resolve import parse_keys, plain, unknown
from fillcast.venues import VENUES, venue

LISTED = ["BTC-USDT", "BTC-USDC", "ETH-USDT", "BTC-USDT-SWAP", "SOL-USDT"]


def test_keys_are_grouped_by_venue_each_once_in_the_order_given() -> None:
    keys = ["okx:ETH-USDT", "binance_usdm:BTCUSDT", "okx:BTC-USDT", " okx:ETH-USDT "]
    assert parse_keys(keys, VENUES) == {"okx": ["ETH-USDT", "BTC-USDT"], "binance_usdm": ["BTCUSDT"]}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ([], "name at least one instrument"),
        (["BTC-USDT"], "'BTC-USDT' is not VENUE:SYMBOL, such as okx:BTC-USDT"),
        (["okx:"], "is not VENUE:SYMBOL"),
        ([":BTC-USDT"], "is not VENUE:SYMBOL"),
        (["okex:BTC-USDT"], "unknown venue 'okex'; did you mean okx"),
        (["nasdaq:AAPL"], "unknown venue 'nasdaq'; known are binance_coinm, binance_spot"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_in_one_sentence(keys: list[str], sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_keys(keys, VENUES)


def test_endpoints_are_read_and_the_last_one_of_a_venue_counts() -> None:
    words = ["okx=http://127.0.0.1:1", "binance_usdm = https://host/base", "okx=http://127.0.0.1:2"]
    assert parse_endpoints(words, VENUES) == {
        "okx": "http://127.0.0.1:2",
        "binance_usdm": "https://host/base",
    }
    assert parse_endpoints([], VENUES) == {}


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("okx", "is not VENUE=URL"),
        ("=http://host", "is not VENUE=URL"),
        ("okx=", "is not VENUE=URL"),
        ("kucoin=http://host", "unknown venue 'kucoin'; known are binance_coinm"),
        ("okx=127.0.0.1:80", "is not a base URL"),
        ("okx=http://host:99999", "is not a base URL"),
    ],
)
def test_an_endpoint_that_cannot_be_used_is_refused_in_one_sentence(word: str, sentence: str) -> None:
    with pytest.raises(UsageError, match=sentence):
        parse_endpoints([word], VENUES)


def test_a_venue_is_reached_at_its_own_hosts_unless_told_otherwise() -> None:
    okx = venue("okx")
    own = endpoint_of(okx, {"binance_usdm": "http://127.0.0.1:1"}, None)
    assert (own.socket_url, own.rest_url, own.proxy) == (okx.ws_url, okx.rest_url, None)
    lab = endpoint_of(okx, {"okx": "http://127.0.0.1:1"}, "http://proxy:3128")
    assert (lab.socket_url, lab.rest_url) == ("ws://127.0.0.1:1", "http://127.0.0.1:1")
    assert lab.proxy == "http://proxy:3128"
    with pytest.raises(UsageError, match="cannot be used"):
        endpoint_of(okx, {}, "socks5://proxy:1")


@pytest.mark.parametrize(
    ("symbol", "hint"),
    [
        ("btcusdt", "; did you mean BTC-USDT or BTC-USDC or BTC-USDT-SWAP?"),
        ("BTC-USTD", "; did you mean BTC-USDT or BTC-USDC"),
        ("SOLUSD", "; did you mean SOL-USDT?"),
        ("ZZZ", ""),
    ],
)
def test_an_unknown_symbol_names_the_nearest_that_are_listed(symbol: str, hint: str) -> None:
    told = unknown("okx", symbol, LISTED)
    assert told.startswith(f"okx lists no instrument '{symbol}'" + hint)
    if not hint:
        assert told.endswith("'ZZZ'")


def test_a_plain_symbol_has_neither_case_nor_separators() -> None:
    assert plain("btc-usdt_swap") == "BTCUSDTSWAP"
