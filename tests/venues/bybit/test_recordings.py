"""Recordings of Bybit v5: told from others, read by their deepest book, real ones with the figures known of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from fillcast import verify
from fillcast.core.events import KIND, SNAPSHOT, TOUCH, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.venues.dialects import detect
from fillcast.venues.recorded import Figures
from tests.venues.bybit.market import LINEAR, SPOT, BybitMarket
from tests.venues.streams import OKX, USDM, Line, Market


@pytest.mark.parametrize(
    ("frame", "found"),
    [
        (BybitMarket(LINEAR).snapshot(), True),
        (BybitMarket(SPOT).delta(), True),
        (BybitMarket(SPOT, depth=1).snapshot(), True),
        (BybitMarket(LINEAR, depth=500).delta(), True),
        (BybitMarket(LINEAR).trades(BybitMarket(LINEAR).trade()), False),
        (BybitMarket(LINEAR).snapshot()[:-5], False),
        (b'{"success":true,"ret_msg":"","op":"subscribe"}', False),
        (b'{"topic":"orderBookL2_25.BTCUSD","type":"snapshot","data":[],"timestamp_e6":1}', False),
        (b'{"topic":"orderbook.50.BTCUSDT","type":"snapshot","data":{}}', False),
    ],
)
def test_detection(frame: bytes, found: bool) -> None:
    told = detect(frame)
    assert (told.venue, told.name) == ("bybit", "v5") if found and told else not found and told is None


def test_frames_of_other_venues_are_not_taken_for_bybits() -> None:
    for frame in (Market(OKX).okx_update(), Market(USDM).depth()):
        told = detect(frame)
        assert told is not None
        assert told.venue != "bybit"


def test_what_frames_hold() -> None:
    dialect = detect(BybitMarket(LINEAR).snapshot())
    assert dialect is not None
    measure = dialect.measure()
    assert measure(BybitMarket(LINEAR).snapshot()) == [Figures(SNAPSHOT, "BTCUSDT", 40, (3, 1), (0, 3))]
    assert measure(BybitMarket(LINEAR).delta()) == [Figures(UPDATE, "BTCUSDT", 1, (2, 0), (0, 3))]
    assert measure(BybitMarket(LINEAR).delta(u=1))[0].kind == SNAPSHOT
    market = BybitMarket(LINEAR)
    assert measure(market.trades(market.trade())) == [Figures(TRADES, "BTCUSDT", 1, (3, 1), (0, 2))]
    assert measure(b'{"topic":"tickers.BTCUSDT","data":{}}') == measure(b"pong") == []


def recorded() -> Line:
    dialect = detect(BybitMarket(LINEAR).snapshot())
    assert dialect is not None
    inferred = Instrument("bybit", "BTCUSDT", "BTC", "", LINEAR.tick, LINEAR.lot, scale_inferred=True)
    line = Line(dialect.connection([inferred]))  # type: ignore[arg-type]
    line.open()
    return line


def test_depth_one_is_a_book_of_its_own_where_nothing_deeper_is_recorded() -> None:
    line, market = recorded(), BybitMarket(LINEAR, depth=1)
    line.feed(market.snapshot())
    market.apply([(1, 1000, 0)], -1)  # ids go back by design
    line.feed(market.snapshot(), market.snapshot())
    book = line.connection.books[0]
    assert (line.states, book.proof, book.depth) == (["LIVE"], Proof.TRANSPORT, 1)
    assert book.best_bid_ticks == 999
    assert line.connection.tally(0).snapshots == 3
    assert not line.notices
    line.feed(market.delta())
    assert line.reasons == ["malformed"]


def test_the_deepest_book_recorded_is_followed() -> None:
    line, best, deep = recorded(), BybitMarket(LINEAR, depth=1), BybitMarket(LINEAR, depth=500)
    middle = BybitMarket(LINEAR, depth=50)
    best.last, middle.last = 7, 3000
    line.feed(best.snapshot(), deep.delta())  # the second has no first book yet
    book = line.connection.books[0]
    assert (book.depth, line.connection.ignored) == (1, 1)
    line.feed(deep.snapshot(), middle.snapshot(), middle.delta(), best.snapshot(), deep.delta())
    assert (book.depth, book.proof, line.states) == (500, Proof.SEQUENCE, ["LIVE"])
    assert deep.same_as(book)
    assert line.connection.ignored == 3
    assert line.connection.events.count == 1
    line.feed(best.snapshot())
    assert line.connection.events.messages[0, KIND] == TOUCH
    line.feed(best.snapshot()[:-4])
    assert line.states == ["LIVE"]
    line.feed(deep.snapshot()[:-4])
    assert line.states == ["BROKEN"]


def test_a_recording_of_several_depths_is_sound(tmp_path: Path) -> None:
    best, deep = BybitMarket(LINEAR, depth=1), BybitMarket(LINEAR)
    best.last = 7
    path = tmp_path / "depths.jsonl"
    frames = [best.snapshot(), deep.snapshot(), deep.delta(), best.snapshot(), deep.delta()]
    path.write_bytes(b"\n".join(frames) + b"\n")
    result = verify(path)
    assert result.complaints == []
    (one,) = result.instruments
    assert (one.counts.updates, one.proof) == (2, "sequence")
    path.write_bytes(b"\n".join([*frames, deep.lost()]) + b"\n")
    result = verify(path)
    assert not result.sound
    assert [str(gap.reason) for gap in result.instruments[0].gaps] == ["sequence"]


@pytest.mark.parametrize(
    ("file", "books", "snapshots", "updates", "checked", "proof"),
    [
        ("xrpusdt-ob500_20241201.data.zip", 1, 1, 49, 49, "sequence"),
        ("bybit_v5_spot_orderbook50_20260824.jsonl", 1, 1, 8, 8, "sequence"),
        ("bybit_v5_linear_orderbook1_20250613.ws.txt.gz", 4, 198, 0, 0, "transport"),
    ],
)
def test_real_recordings(
    captures: Path, file: str, books: int, snapshots: int, updates: int, checked: int, proof: str
) -> None:
    result = verify(captures / "bybit" / file)
    assert result.complaints == []
    assert (result.venue, result.dialect, result.rejected_frames) == ("bybit", "v5", 0)
    counts = [one.counts for one in result.instruments]
    assert len(counts) == books
    assert sum(one.snapshots for one in counts) == snapshots
    assert sum(one.updates for one in counts) == updates
    assert sum(one.sequence_checked for one in counts) == checked
    assert sum(one.gaps + one.crossed for one in counts) == 0
    assert {one.proof for one in result.instruments} == {proof}
