"""Recordings in which frames of several venues, products or versions stand."""

from __future__ import annotations

import json

import pytest

from fillcast.core.state import BookState
from fillcast.tape.verify import verify
from tests.tape.recordings import binance_session, okx_session, okx_unnumbered_session, write_c
from tests.venues.streams import SPOT, Market

KRAKEN_V1 = [320, {"b": [["99.50000", "1.00000000", "1650000000.000000"]], "c": "1"}, "book-10", "XBT/USD"]
BYBIT = {
    "topic": "orderbook.50.BTCUSDT",
    "type": "delta",
    "ts": 1_787_612_486_000,
    "data": {"s": "BTCUSDT", "b": [["99.5", "1"]], "a": [], "u": 7, "seq": 9},
}
GATE = {
    "time": 1_787_612_486,
    "channel": "spot.order_book_update",
    "event": "update",
    "result": {"t": 1_787_612_486_000, "s": "BTC_USDT", "U": 1, "u": 2, "b": [["99.5", "1"]], "a": []},
}
BITFINEX = [17, [99.5, 1, 2], 5, 1_787_612_486_000]


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        (KRAKEN_V1, "kraken (v1)"),
        (BYBIT, "bybit (v5)"),
        (GATE, "gate (v4-order-book-update)"),
        (BITFINEX, "bitfinex (v2)"),
        (okx_unnumbered_session()[1], "okx (v5-unnumbered)"),
    ],
)
@pytest.mark.parametrize("place", [0, 12])
def test_a_book_message_of_another_dialect_is_named(tmp_path, frame, name, place):
    frames = okx_session()
    frames[2 + place : 2 + place] = [frame, frame]
    path = write_c(tmp_path / "c.jsonl", frames)
    result = verify(path)
    assert not result.sound
    assert result.complaints[0] == (
        f"{path}, line {3 + place}: 2 book messages of {name} from here on, in a recording of okx (v5): "
        "verify what came over each connection by itself"
    )
    assert result.complaints == result.to_json()["complaints"]


def test_a_mix_of_products_of_one_venue_is_named(tmp_path):
    market = Market(SPOT)
    spot = [frame.decode() for frame in (market.depth(), market.rest(), market.depth(), market.depth())]
    path = tmp_path / "c.jsonl"
    path.write_text("".join(f"{line}\n" for line in spot))
    assert verify(path).sound
    futures = next(line.partition(" ")[2] for line in binance_session() if "depthUpdate" in line)
    path.write_text("".join(f"{line}\n" for line in [*spot, futures]))
    result = verify(path)
    assert not result.sound
    assert (
        "1 book message of binance_usdm (streams) from here on, in a recording of binance_spot" in result.complaints[0]
    )


def test_other_frames_of_the_own_venue_are_no_mix(tmp_path):
    frames = [{"event": "pong"}, *okx_session(), {"arg": {"channel": "status"}}]
    path = write_c(tmp_path / "c.jsonl", frames)
    with path.open("a") as lines:
        lines.write(f"pong\n{json.dumps({'time': 1, 'channel': 'spot.pong'})}\n")
    result = verify(path)
    assert result.mixed == ()
    assert result.instruments[0].state is BookState.LIVE
