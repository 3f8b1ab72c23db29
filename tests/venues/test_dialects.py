from __future__ import annotations

import pytest

from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.errors import CaptureError
from fillcast.venues.dialects import capture_connection, decimals, detect, snapshot_decimals
from fillcast.venues.okx_legacy import OkxLegacyConnection
from tests.venues.streams import COINM, OKX, SPOT, USDM, Line, Market, okx_text_checksum

UNNUMBERED = {"seqId": None, "checksum": 5}


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (Market(OKX).okx_snapshot(), ("okx", "v5")),
        (Market(OKX).okx_update(), ("okx", "v5")),
        (Market(OKX).okx_update(**UNNUMBERED), ("okx", "v5-unnumbered")),
        (Market(OKX).okx_update(**UNNUMBERED).replace(b"books", b"books-l2-tbt"), ("okx", "v5-unnumbered")),
        (Market(SPOT).depth(), ("binance_spot", "streams")),
        (Market(USDM).depth(), ("binance_usdm", "streams")),
        (Market(COINM).depth(ps="BTCUSD"), ("binance_coinm", "streams")),
        (Market(USDM).ticker(), None),
        (Market(USDM).rest(), None),
        (b'{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT"}}', None),
        (b"pong", None),
        (b"", None),
        (b"\xff", None),
        (b"[" * 100_000, None),
        (Market(OKX).okx_update()[:-5], None),
        (b'{"topic":"orderbook.50.BTCUSDT","type":"snapshot","data":{}}', None),
    ],
)
def test_detection(frame: bytes, found: tuple[str, str] | None) -> None:
    assert detect(frame) == found


def test_digits_that_frames_need() -> None:
    assert decimals("okx", Market(OKX).okx_update([(1, 995, 12), (-1, 1010, 500)])) == {"BTC-USDT": (1, 3)}
    trades = (
        b'{"arg":{"channel":"trades","instId":"X-Y"},"data":[{"instId":"X-Y","tradeId":"1","px":"0.0005",'
        b'"sz":"2","side":"buy","ts":"1"}]}'
    )
    assert decimals("okx", trades) == {"X-Y": (4, 0)}
    assert decimals("binance_usdm", Market(USDM).depth([(1, 995, 12)])) == {"BTCUSDT": (1, 3)}
    assert decimals("binance_usdm", Market(USDM).rest()) == {"": (1, 3)}
    assert decimals("binance_usdm", Market(USDM).ticker()) == {"BTCUSDT": (1, 2)}
    trade = Market(USDM).stream(
        "aggTrade", {"e": "aggTrade", "E": 1, "s": "BTCUSDT", "p": "1.25", "q": "3", "T": 1, "m": True, "a": 1}
    )
    assert decimals("binance_usdm", trade) == {"BTCUSDT": (2, 0)}
    for frame in (b"", b"pong", b'{"result":null,"id":1}', b'{"arg":{"channel":"tickers"},"data":[]}', b"[1]"):
        assert decimals("okx", frame) == decimals("binance_spot", frame) == {}


def test_digits_that_snapshots_need() -> None:
    assert snapshot_decimals("okx", Market(OKX).okx_rest()) == (1, 3)
    assert snapshot_decimals("binance_spot", Market(SPOT).rest()) == (1, 3)
    with pytest.raises(CaptureError, match="binance_spot"):
        snapshot_decimals("binance_spot", b"<html>")


@pytest.mark.parametrize(
    ("venue", "dialect", "instrument"),
    [
        ("okx", "v5", OKX),
        ("okx", "v5-unnumbered", OKX),
        ("binance_spot", "streams", SPOT),
        ("binance_usdm", "streams", USDM),
        ("binance_coinm", "streams", COINM),
    ],
)
def test_a_recording_gets_its_protocol(venue: str, dialect: str, instrument: Instrument) -> None:
    connection = capture_connection(venue, dialect, [instrument])
    assert (connection.venue, len(connection.books)) == (venue, 1)
    assert connection.settings.lag_limit_ns is None


@pytest.mark.parametrize(("venue", "dialect"), [("okx", "v3"), ("kraken", "v1"), ("binance_spot", "v5")])
def test_other_recordings_are_refused(venue: str, dialect: str) -> None:
    with pytest.raises(CaptureError, match=dialect):
        capture_connection(venue, dialect, [])


def checksummed(market: Market, line: Line, frame: str) -> bytes:
    """Return a frame of the unnumbered dialect with the checksum that is right after it."""
    shadow = Line(OkxLegacyConnection([OKX]))
    shadow.open()
    edits = [(1, 995, 4), (-1, 1003, 0)] if frame == "update" else []
    market.apply(edits)
    texts = (market.edit_texts(edits, 1), market.edit_texts(edits, -1))
    if frame == "snapshot":
        texts = (market.texts(1), market.texts(-1))
    whole = market.okx("snapshot", market.texts(1), market.texts(-1), seqId=None, checksum=1)
    shadow.feed(whole)  # wrong, but the gap's detail tells what is right
    right = int(shadow.gaps[0].detail.split()[1].rstrip(","))
    return market.okx(frame, *texts, seqId=None, checksum=right)


@pytest.mark.parametrize("fast", [True, False])
def test_the_unnumbered_dialect_lives_by_its_checksums(fast: bool) -> None:
    line, market = Line(OkxLegacyConnection([OKX], fast=fast)), Market(OKX)
    assert not [effect for effect in line.open() if hasattr(effect, "text")]
    line.feed(checksummed(market, line, "snapshot"), checksummed(market, line, "update"))
    book = line.connection.books[0]
    assert line.states == ["LIVE"]
    assert book.proof is Proof.CHECKSUM
    assert okx_text_checksum(book)[1] == book.checksum()
    checksummed(market, line, "update")
    market.apply([(1, 999, 1)])  # lost
    line.feed(checksummed(market, line, "update"))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["checksum"]
    line.feed(market.okx_update(seqId=None, checksum=7))
    assert line.states == ["BROKEN"]
    line.feed(checksummed(market, line, "snapshot"))
    assert line.states == ["LIVE"]
    line.feed(market.okx_update(seqId=None, checksum=0))  # nothing would prove it
    assert line.states == ["BROKEN"]
