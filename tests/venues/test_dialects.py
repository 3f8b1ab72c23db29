from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.core.events import SNAPSHOT, TOUCH, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.errors import CaptureError
from fillcast.venues.dialects import detect, dialects
from fillcast.venues.recorded import REPLY, Dialect, Figures
from fillcast.venues.retired.okx_unnumbered import OkxUnnumberedConnection
from tests.venues.streams import COINM, OKX, SPOT, USDM, Line, Market, okx_text_checksum

UNNUMBERED = {"seqId": None, "checksum": 5}


def dialect(venue: str, name: str = "") -> Dialect:
    """Return a venue's dialect; its first where none is named."""
    return next(one for one in dialects() if one.venue == venue and name in ("", one.name))


def measure(venue: str, frame: bytes) -> Figures | None:
    """Return what one frame holds of its only symbol."""
    found = dialect(venue).measure()(frame)
    assert len(found) <= 1
    return found[0] if found else None


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
    told = detect(frame)
    assert (told and (told.venue, told.name)) == found


def test_what_frames_hold() -> None:
    changed = Market(OKX).okx_update([(1, 995, 12), (-1, 1010, 500)])
    assert measure("okx", changed) == Figures(UPDATE, "BTC-USDT", 2, (3, 1), (0, 3))
    assert measure("okx", Market(OKX).okx_snapshot()) == Figures(SNAPSHOT, "BTC-USDT", 40, (3, 1), (0, 3))
    trades = (
        b'{"arg":{"channel":"trades","instId":"X-Y"},"data":[{"instId":"X-Y","tradeId":"1","px":"0.0005",'
        b'"sz":"2","side":"buy","ts":"1"}]}'
    )
    assert measure("okx", trades) == Figures(TRADES, "X-Y", 1, (0, 4), (1, 0))
    assert measure("binance_usdm", Market(USDM).depth([(1, 995, 12)])) == Figures(UPDATE, "BTCUSDT", 1, (2, 1), (0, 3))
    assert measure("binance_usdm", Market(USDM).rest()) == Figures(REPLY, "", 40, (3, 1), (0, 3))
    assert measure("binance_usdm", Market(USDM).ticker()) == Figures(TOUCH, "BTCUSDT", 2, (3, 1), (0, 2))
    trade = Market(USDM).stream(
        "aggTrade", {"e": "aggTrade", "E": 1, "s": "BTCUSDT", "p": "1.25", "q": "3", "T": 1, "m": True, "a": 1}
    )
    assert measure("binance_usdm", trade) == Figures(TRADES, "BTCUSDT", 1, (1, 2), (1, 0))
    for frame in (b"", b"pong", b'{"result":null,"id":1}', b'{"arg":{"channel":"tickers"},"data":[]}', b"[1]"):
        assert measure("okx", frame) is measure("binance_spot", frame) is None


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("0", (0, 0)),
        ("0.00", (0, 0)),
        ("007.10", (1, 1)),
        ("12345", (5, 0)),
        ("1e-300", (0, 300)),
        ("1.5E3", (4, 0)),
        ("1e999", (1000, 0)),
        ("0.00000000000000017", (0, 17)),
    ],
)
def test_digits_that_a_number_needs(text: str, digits: tuple[int, int]) -> None:
    frame = Market(OKX).okx("update", [["1", text]], [])
    assert measure("okx", frame) == Figures(UPDATE, "BTC-USDT", 1, (1, 0), digits)


@pytest.mark.parametrize("text", ["", "-1", "1.", ".5", "1,5", "nan", "\u0663", "1e5000", "0x1", "1_000"])
def test_what_is_no_number_is_no_frame_to_measure(text: str) -> None:
    assert measure("okx", Market(OKX).okx("update", [["1", text]], [])) is None


def test_what_snapshots_hold() -> None:
    assert dialect("okx").measure_reply("A", Market(OKX).okx_rest()) == Figures(REPLY, "A", 40, (3, 1), (0, 3))
    assert dialect("binance_spot").measure_reply("B", Market(SPOT).rest()) == Figures(REPLY, "B", 40, (3, 1), (0, 3))
    for damaged in (b"<html>", b'{"lastUpdateId":1,"bids":[["1"', b"[" * 100_000):
        with pytest.raises(CaptureError, match="binance_spot"):
            dialect("binance_spot").measure_reply("B", damaged)


@pytest.mark.parametrize("fast", [True, False])
def test_a_level_off_an_inferred_grid_is_rejected_alone(fast: bool) -> None:
    inferred = replace(OKX, scale_inferred=True)
    line, market = Line(dialect("okx", "v5").connection([inferred], fast=fast)), Market(OKX)
    line.open()
    line.feed(market.okx_snapshot())
    market.apply([])
    line.feed(market.okx("update", [["99.5", "0.0000001"]], []))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["malformed"]
    assert "BTC-USDT: 0.0000001 is not a multiple of 0.001" in line.gaps[0].detail
    line.wait(60)
    assert line.connection.books[0].instrument.size_grid == inferred.size_grid
    line.feed(market.okx_snapshot())
    assert line.states == ["LIVE"]


def test_a_book_message_without_an_entry_tells_no_dialect() -> None:
    assert detect(b'{"arg":{"channel":"books","instId":"A"},"action":"update","data":[]}') is None


@pytest.mark.parametrize(
    ("venue", "name", "instrument"),
    [
        ("okx", "v5", OKX),
        ("okx", "v5-unnumbered", OKX),
        ("binance_spot", "streams", SPOT),
        ("binance_usdm", "streams", USDM),
        ("binance_coinm", "streams", COINM),
    ],
)
def test_a_recording_gets_its_protocol(venue: str, name: str, instrument: Instrument) -> None:
    connection = dialect(venue, name).connection([instrument])
    assert (connection.venue, len(connection.books)) == (venue, 1)
    assert connection.settings.lag_limit_ns is None


def test_no_two_dialects_have_one_name() -> None:
    names = [(one.venue, one.name) for one in dialects()]
    assert len(set(names)) == len(names)


def checksummed(market: Market, line: Line, frame: str) -> bytes:
    """Return a frame of the unnumbered dialect with the checksum that is right after it."""
    shadow = Line(OkxUnnumberedConnection([OKX]))
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
    line, market = Line(OkxUnnumberedConnection([OKX], fast=fast)), Market(OKX)
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
