"""Bitfinex as an entry of the directory: connections, instruments, fees, and recordings."""

from __future__ import annotations

from pathlib import Path

import pytest

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.errors import FrameError, UnknownInstrumentError, VenueError
from fillcast.forecast.fee_files import fee_schedule
from fillcast.tape.captures import Capture
from fillcast.tape.drive import Replay
from fillcast.tape.lines import InputKind
from fillcast.tape.replies import Replies
from fillcast.tape.survey import survey
from fillcast.tape.verify import verify
from fillcast.venues import venue
from fillcast.venues.bitfinex.connection import BitfinexConnection
from fillcast.venues.bitfinex.instruments import list_instruments
from fillcast.venues.dialects import detect, dialects
from fillcast.venues.protocol import Gap, GapReason
from fillcast.venues.recorded import Figures
from tests.venues.bitfinex.streams import BTC, COIN, Side, Wire
from tests.venues.streams import OKX, Market, sent

CAPTURE = Path("bitfinex") / "bitfinex_20210417.ws.txt.gz"


def test_many_instruments_are_spread_over_connections() -> None:
    bitfinex = venue("bitfinex")
    assert [len(one.instruments) for one in bitfinex.connections([BTC] * 30)] == [12, 12, 6]
    made = bitfinex.connections([BTC] * 30, trades=False, touch=True)
    assert [len(one.instruments) for one in made] == [25, 5]
    requests = sent(made[0].opened(0, 0))
    assert len(requests) == 26
    assert {one.get("channel", "") for one in requests} == {"", "book"}
    assert made[0].ws_path == "/ws/2"


def test_instruments_have_usual_names_and_steps_that_hold_every_price() -> None:
    body = b'[["BTCUSD","AVAX:USD","IOTUST","TESTBTC:TESTUSD"],[["UST","USDt"],["IOT","IOTA"],["XX"],7]]'
    listing = list_instruments([body])
    assert [(one.symbol, one.base, one.quote) for one in listing.instruments] == [
        ("tBTCUSD", "BTC", "USD"),
        ("tAVAX:USD", "AVAX", "USD"),
        ("tIOTUST", "IOTA", "USDT"),
        ("tTESTBTC:TESTUSD", "TESTBTC", "TESTUSD"),
    ]
    one = listing.instruments[0]
    assert (one.key, str(one.tick), str(one.lot), one.kind, one.order_lots) == (
        "bitfinex:tBTCUSD",
        "1E-8",
        "1E-8",
        "linear",
        1,
    )
    assert venue("bitfinex").parse_instruments([body], ["tBTCUSD"])[0] == one


def test_one_odd_entry_costs_no_other() -> None:
    listing = list_instruments([b'[["BTCUSD","AVAXUSD",5,null,"","X:Y:Z","ETHUSD"],[]]'])
    assert [one.symbol for one in listing.instruments] == ["tBTCUSD", "tETHUSD"]
    assert "cannot be told apart" in listing.problems["tAVAXUSD"]
    assert len(listing.problems) == 5


def test_metadata_that_is_none() -> None:
    with pytest.raises(VenueError, match="10020"):
        list_instruments([b'["error",10020,"conf: invalid"]'])
    with pytest.raises(FrameError, match="two lists"):
        list_instruments([b'[["BTCUSD"]]'])
    with pytest.raises(UnknownInstrumentError, match="BTC-USD"):
        venue("bitfinex").instrument_paths(["BTC-USD"])


def test_fees_are_nothing_and_disputed() -> None:
    rate = fee_schedule("bitfinex").rate()
    assert (rate.maker_bps, rate.taker_bps) == (0.0, 0.0)
    assert rate.taker_range_bps == (0.0, 20.0)
    assert "December 2025" in rate.source


# Recordings.


def test_book_arrays_tell_the_dialect_and_others_do_not() -> None:
    market = Side(Wire(stamped=False))
    for frame in (market.snapshot(), market.update(), market.update((-1, 5 * COIN, 0))):
        found = detect(frame)
        assert found is not None
        assert (found.venue, found.name) == ("bitfinex", "v2")
    ticker = market.wire.array(5, "[1,2,3,4,5,6,7,8,9,10]")
    before = market.wire.array(5, "[[1,1618665870435,166.4,0.07]]")
    for other in (
        market.checksum(),
        market.trade("1"),
        market.wire.beat(17),
        market.subscribed(),
        ticker,
        before,
        b"[17,[100,1,2]]",
        b'[560,{"a":[["1.0","2.0","3"]],"c":"5"},"book-10","XBT/USD"]',
        b"[17,[],1]",
    ):
        assert detect(other) is None
    told = detect(Market(OKX).okx_update())
    assert told is not None
    assert told.venue == "okx"


def test_what_frames_hold() -> None:
    market = Side(Wire())
    measure = next(one for one in dialects() if one.venue == "bitfinex").measure()
    assert measure(market.update()) == []  # nobody has told yet whose channel this is
    for event in (market.subscribed(), market.trades_subscribed(), market.subscribed(chanId=3, prec="R0")):
        assert measure(event) == []
    assert measure(market.snapshot()) == [Figures(SNAPSHOT, "tBTCUSD", 60, (5, 0), (1, 8))]
    assert measure(market.update((1, 11, 0))) == [Figures(UPDATE, "tBTCUSD", 1, (0, 8), (0, 0))]
    assert measure(market.trade("-0.25", "60000.5")) == [Figures(TRADES, "tBTCUSD", 1, (5, 1), (0, 2))]
    for other in (market.trade("1", kind="tu"), market.checksum(), market.wire.array(3, "[1,2,3]"), b"[1", b"{}"):
        assert measure(other) == []


def test_the_recorded_connection_is_right_throughout(captures: Path) -> None:
    found = verify(captures / CAPTURE)
    assert found.sound
    assert (found.venue, found.dialect, found.frames, found.rejected_frames) == ("bitfinex", "v2", 1693, 0)
    counts = [one.counts for one in found.instruments]
    assert len(counts) == 7
    assert sum(one.snapshots for one in counts) == 7
    assert sum(one.updates for one in counts) == sum(one.sequence_checked for one in counts) == 1593
    assert sum(one.gaps for one in counts) == sum(one.crossed for one in counts) == 0
    assert {one.proof for one in found.instruments} == {"connection_sequence"}


def played(path: Path, lost: int = -1) -> tuple[BitfinexConnection, list[Gap]]:
    """Play a capture without its array number `lost`."""
    recording = Capture([path])
    surveyed = survey(recording, lambda share: None)
    connection = surveyed.connection()
    assert isinstance(connection, BitfinexConnection)
    replay = Replay(connection, Replies(surveyed.dialect))
    for entry in recording.inputs():
        if entry.kind is InputKind.FRAME and entry.data.endswith(f",{lost}]".encode()):
            continue
        replay.take(entry)
        for book in connection.books:  # the venue deletes what it pushes out
            assert max(book.count(1), book.count(-1)) <= 100
    return connection, [notice for notice in replay.notices if isinstance(notice, Gap)]


def test_the_recorded_numbers_leave_nothing_out(captures: Path) -> None:
    connection, gaps = played(captures / CAPTURE)
    assert (connection.numbering.checked, connection.numbering.gaps) == (1669, 0)
    assert {book.depth for book in connection.books} == {100}
    assert not gaps


@pytest.mark.parametrize("lost", [800, 129, 1096])  # a level, a ticker's heartbeat, a book's
def test_one_lost_array_of_the_recording_is_found(captures: Path, lost: int) -> None:
    connection, gaps = played(captures / CAPTURE, lost)
    assert connection.numbering.gaps == 1
    assert {gap.reason for gap in gaps} == {GapReason.SEQUENCE}
    assert all(gap.loss == 1 for gap in gaps)
