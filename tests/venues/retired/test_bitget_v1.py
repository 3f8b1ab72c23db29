"""Recordings of Bitget v1: OKX's shape and checksum, fixed decimals."""

from __future__ import annotations

import zlib
from decimal import Decimal
from pathlib import Path

import pytest

from fillcast.core.events import EXTRA, LOTS, SIDE, SNAPSHOT, TICKS, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.tape.verify import verify
from fillcast.venues.dialects import detect
from fillcast.venues.protocol import Rejected
from fillcast.venues.recorded import Figures
from fillcast.venues.retired.bitget_v1 import DIALECT, BitgetV1Connection
from tests.venues.streams import OKX, Edit, Line, Market, dump, of, sent

EOS = Instrument(
    "bitget", "EOSUSDT", "EOSUSDT", "", Decimal("0.0001"), Decimal("0.001"), fixed_decimals=True, scale_inferred=True
)
OTHER = Instrument("bitget", "XUSDT", "XUSDT", "", Decimal("0.1"), Decimal("0.1"), fixed_decimals=True)


def crc(market: Market) -> int:
    """Return the checksum of a market, spelled out from the venue's rule."""
    bids, asks = market.texts(1, 25), market.texts(-1, 25)
    parts: list[str] = []
    for rank in range(25):
        parts += [text for levels in (bids, asks) if rank < len(levels) for text in levels[rank]]
    value = zlib.crc32(":".join(parts).encode())
    return value - (1 << 32) if value >= 1 << 31 else value


def frame(market: Market, action: str, **fields: object) -> bytes:
    entry = {"checksum": crc(market), "ts": str(market.now_ms)} | fields
    argument = {"instType": "sp", "channel": "books", "instId": market.instrument.symbol}
    return dump({"action": action, "arg": argument, "data": [entry]})


def snapshot(market: Market, **fields: object) -> bytes:
    return frame(market, "snapshot", bids=market.texts(1), asks=market.texts(-1), **fields)


def update(market: Market, edits: list[Edit] | None = None, **fields: object) -> bytes:
    edits = edits or [(1, 995, 12), (-1, 1004, 0)]
    market.apply(edits)
    bids, asks = (
        [[price, "0" if size == "0.000" else size] for price, size in market.edit_texts(edits, side)]
        for side in (1, -1)
    )
    return frame(market, "update", **{"bids": bids, "asks": asks} | fields)


def trades(action: str, *rows: list[str], symbol: str = "EOSUSDT") -> bytes:
    argument = {"instType": "sp", "channel": "trade", "instId": symbol}
    return dump({"action": action, "arg": argument, "data": list(rows)})


def live() -> tuple[Line, Market]:
    line, market = Line(DIALECT.connection([EOS, OTHER])), Market(EOS)
    assert sent(line.open()) == []
    line.feed(snapshot(market))
    assert line.states == ["LIVE", "SYNCING"]
    return line, market


def test_books_live_by_their_checksums() -> None:
    line, market = live()
    line.feed(update(market), update(market, [(1, 1001, 0), (-1, 1002, 5)]))
    book = line.connection.books[0]
    assert market.same_as(book)
    assert (book.proof, book.depth) == (Proof.CHECKSUM, 0)
    assert book.proven_ticks(1) == 981  # no depth is stated: as far as the snapshot reached
    tally = line.connection.tally(0)
    assert (tally.checksums_matched, tally.checksums_checked, tally.updates) == (3, 3, 2)
    assert not line.notices


def test_a_lost_update_is_found_and_a_snapshot_leads_back() -> None:
    line, market = live()
    update(market, [(1, 1000, 77)])
    line.feed(update(market))
    assert line.states == ["BROKEN", "SYNCING"]
    assert line.reasons == ["checksum"]
    line.feed(update(market))
    assert line.states == ["BROKEN", "SYNCING"]
    line.feed(snapshot(market))
    assert line.states == ["LIVE", "SYNCING"]
    assert len(line.recovered) == 1


def test_the_digits_of_a_number_count() -> None:
    trimmed = Instrument("bitget", "EOSUSDT", "EOSUSDT", "", EOS.tick, EOS.lot)
    line, market = Line(BitgetV1Connection([trimmed])), Market(EOS)
    line.open()
    line.feed(snapshot(market))
    assert line.reasons == ["checksum"]


@pytest.mark.parametrize(
    "fields",
    [
        {"checksum": None},
        {"checksum": "5"},
        {"ts": "soon"},
        {"bids": [["0.1"]]},
        {"bids": [["0.1", "1", "0"]]},
        {"bids": [["0.1", "-1"]]},
        {"bids": [[0.1, 1]]},
        {"bids": [["0.12345", "1"]]},
        {"asks": {}},
    ],
)
def test_what_cannot_be_understood_breaks_its_book(fields: dict[str, object]) -> None:
    line, market = live()
    line.feed(update(market, **fields))
    assert line.states == ["BROKEN", "SYNCING"]
    assert line.reasons == ["malformed"]
    line.feed(snapshot(market))
    assert line.states == ["LIVE", "SYNCING"]


def test_an_action_that_is_not_known_breaks_the_book() -> None:
    line, market = live()
    line.feed(snapshot(market).replace(b'"snapshot"', b'"replace"'))
    assert line.reasons == ["malformed"]


def test_a_crossed_book_is_broken() -> None:
    line, market = live()
    line.feed(update(market, [(1, 1002, 5)]))
    assert line.reasons == ["crossed"]


@pytest.mark.parametrize(("side", "aggressor"), [("buy", 1), ("sell", -1)])
def test_trades_are_the_takers(side: str, aggressor: int) -> None:
    line, _ = live()
    line.feed(trades("update", ["1649290077777", "0.1001", "2.5", side]))
    (row,) = line.connection.events.message_rows(0)
    assert line.connection.events.messages[0, 0] == TRADES
    assert (row[SIDE], row[TICKS], row[LOTS], row[EXTRA]) == (aggressor, 1001, 2500, 0)
    line.feed(trades("snapshot", ["1649290077777", "0.1001", "2.5", side]))  # trades of before
    assert line.connection.tally(0).trades == 1


def test_other_frames() -> None:
    line, market = live()
    line.feed(trades("update", ["1649290077777", "0.1001", "2.5", "maker"]))
    line.feed(trades("update", ["1649290077777", "0.10011", "2.5", "buy"]))
    assert line.states == ["LIVE", "SYNCING"]
    line.feed(snapshot(market).replace(b"EOSUSDT", b"ETHUSDT"), b'{"data":[]}')
    assert len(of(Rejected, line.notices)) == line.connection.rejected == 4
    line.feed(snapshot(market).replace(b"books", b"ticker"), b'{"event":"subscribe","arg":{"channel":"books"}}')
    assert line.connection.ignored == 1
    assert line.states == ["LIVE", "SYNCING"]


def test_detection_and_what_frames_hold() -> None:
    market = Market(EOS)
    found = detect(snapshot(market))
    assert found is DIALECT
    measure = DIALECT.measure()
    assert measure(snapshot(market)) == [Figures(SNAPSHOT, "EOSUSDT", 40, (0, 4), (0, 3))]
    assert measure(update(market)) == [Figures(UPDATE, "EOSUSDT", 2, (0, 4), (0, 3))]
    traded = trades("update", ["1", "0.1001", "2.50", "buy"])
    assert measure(traded) == [Figures(TRADES, "EOSUSDT", 1, (0, 4), (1, 2))]
    for other in (trades("snapshot", ["1", "1", "1", "buy"]), b'{"event":"subscribe"}', b"{", b"pong"):
        assert measure(other) == []
    assert detect(traded) is None
    assert detect(snapshot(market).replace(b'"sp"', b'"SPOT"')) is None  # the venue's next version
    for okx in (Market(OKX).okx_snapshot(), Market(OKX).okx_update(seqId=None, checksum=5)):
        told = detect(okx)
        assert told is not None
        assert told.venue == "okx"


def test_the_recorded_books_match_every_checksum(captures: Path) -> None:
    found = verify(captures / "bitget" / "bitget_v1_spot_20220407.ws.txt.gz")
    assert found.sound
    assert (found.venue, found.dialect, found.frames, found.rejected_frames) == ("bitget", "v1", 684, 0)
    counts = [one.counts for one in found.instruments]
    assert sum(one.checksums_matched for one in counts) == sum(one.checksums_checked for one in counts) == 443
    assert sum(one.crossed for one in counts) == 0
    assert sum(one.trades for one in counts) == 30
    assert {one.proof for one in found.instruments} == {"checksum"}
