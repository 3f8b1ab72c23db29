"""Bitfinex arrays that cannot be right."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.venues.protocol import Reconnect
from tests.venues.bitfinex.streams import BTC, COIN, again, started
from tests.venues.streams import fetches, of, sent

OTHER = replace(BTC, symbol="tETHUSD", base="ETH")

MALFORMED = {
    "text": '["100",1,2]',
    "null": "[null,1,2]",
    "short": "[100,1]",
    "long": "[100,1,2,3]",
    "negative count": "[100,-1,2]",
    "fraction of an order": "[100,1.5,2]",
    "zero amount": "[100,1,0]",
    "zero amount deleted": "[100,0,0.0]",
    "zero price": "[0,1,2]",
    "negative price": "[-100,1,2]",
    "too large": "[100,1,123456789012345]",
    "levels that are objects": '[{"price":100}]',
    "deleted in a snapshot": "[[100,0,1]]",
    "one level that is none": "[[100,1,2],[101,1]]",
    "an object": '{"a":1}',
    "a number": "5",
}


@pytest.mark.parametrize("payload", MALFORMED.values(), ids=MALFORMED)
def test_levels_that_cannot_be_understood_break_their_book_only(payload: str) -> None:
    line, wire, (market, other) = started(BTC, OTHER)
    effects = line.feed(wire.array(market.channel, payload))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["malformed"]
    assert sent(effects) == [{"event": "unsubscribe", "chanId": market.channel}]
    line.feed(other.update(), market.unsubscribed(), market.subscribed(), market.snapshot())
    assert line.states == ["LIVE", "LIVE"]
    assert market.same_as(line)
    assert other.same_as(line, 1)


@pytest.mark.parametrize(
    "frame",
    [
        b"[17,[100,1,2]]",
        b'[17,"hb"]',
        b'[17,"cs",5]',
        b'[17,"te",[1,1,1,1],%d,1700000000000]',
        b'[17,"cs",2147483648,%d]',
        b'[17,"cs",1.5,%d]',
        b'[17,"xx",[],%d]',
        b"[17,[100,1,2],%d,99999999999999]",
        b'[17,[100,1,2],"%d"]',
        b"[17,[100,1,2],-1]",
        b"[17,[100,1,2],9223372036854775807]",
        b"[17,[100,1,2",
    ],
)
def test_arrays_of_a_book_that_cannot_be_understood_break_it(frame: bytes) -> None:
    line, wire, (market, _) = started(BTC, OTHER)
    line.feed(frame.replace(b"%d", str(wire.number + 1).encode()))
    assert line.states == ["BROKEN", "LIVE"]
    assert line.reasons == ["malformed"]
    again(line, [market])
    assert line.states[0] == "LIVE"


@pytest.mark.parametrize("frame", [b"", b"[", b"\xff", b'[99,"hb"', b"[" * 100_000, b'{"event":"subscr'])
def test_what_is_not_json_may_have_been_any_book(frame: bytes) -> None:
    line, _, _ = started(BTC, OTHER)
    line.feed(frame)
    assert line.states == ["BROKEN", "BROKEN"]
    assert line.reasons == ["malformed", "malformed"]


@pytest.mark.parametrize("frame", [b"{}", b"[]", b"5", b'{"event":5}', b'[99,"hb"]', b'[18,"te",[1],2]', b"[18,[1"])
def test_what_concerns_no_book_breaks_none(frame: bytes) -> None:
    line, _, _ = started(BTC)
    line.feed(frame)
    assert line.states == ["LIVE"]
    assert line.connection.rejected == 1


def test_an_array_cut_short_hides_its_number_so_that_the_next_one_distrusts_every_book() -> None:
    line, _, (market, other) = started(BTC, OTHER)
    line.feed(market.trade("1")[:-20])
    assert line.states == ["LIVE", "LIVE"]
    assert of(Reconnect, line.feed(other.update()))
    assert line.reasons == ["sequence", "sequence"]


def test_a_crossed_book_is_broken() -> None:
    line, _, (market,) = started(BTC)
    effects = line.feed(market.update((1, 60_002 * COIN, 1)))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["crossed"]
    assert sent(effects) == [{"event": "unsubscribe", "chanId": market.channel}]


def test_digits_beyond_the_grid_rebuild_the_book_on_a_finer_one() -> None:
    line, wire, (market,) = started(BTC)
    (fetch,) = fetches(line.feed(wire.array(market.channel, "[0.123456789,1,1]")))
    assert fetch.path == "/v2/conf/pub:list:pair:exchange,pub:map:currency:sym"
    assert line.reasons == ["off_grid"]
    effects = line.reply(fetch, b'[["BTCUSD"],[]]')
    assert sent(effects) == [{"event": "unsubscribe", "chanId": market.channel}]
    assert str(line.connection.books[0].instrument.tick) == "1E-9"
    line.feed(market.unsubscribed(), market.subscribed(), market.snapshot())
    line.feed(wire.array(market.channel, "[0.123456789,1,1]"))
    assert line.states == ["LIVE"]
    assert line.connection.books[0].size_at(1, 123_456_789) == COIN
