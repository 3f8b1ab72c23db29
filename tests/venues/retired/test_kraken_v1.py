"""Recordings of Kraken's first version: arrays, checksums of the text as sent, trades."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from fillcast import verify
from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.core.state import Proof
from fillcast.errors import CaptureError
from fillcast.venues.dialects import detect
from fillcast.venues.protocol import Rejected
from fillcast.venues.recorded import Figures
from tests.venues.kraken.market import BTC, KrakenMarket, deep_levels
from tests.venues.streams import Edit, Line, dump, of

XBT = replace(BTC, symbol="XBT/USD", base="XBT", scale_inferred=True)
HEARTBEAT = b'{"event":"heartbeat"}'
STATUS = (
    b'{"channelID":336,"channelName":"book-10","event":"subscriptionStatus","pair":"XBT/USD","status":"subscribed"}'
)


class FirstVersion(KrakenMarket):
    """A market told in arrays."""

    def levels(self, levels: list[tuple[int, int]], *marks: str) -> list[list[str]]:
        time = f"{self.now_ms // 1000}.{self.now_ms % 1000:03d}000"
        return [[self.price(ticks), self.size(lots), time, *marks] for ticks, lots in levels]

    def array(self, *payloads: object, channel: str = "") -> bytes:
        return dump([336, *payloads, channel or f"book-{self.depth}", self.instrument.symbol])

    def whole(self) -> bytes:
        return self.array({"as": self.levels([*self.shown(-1).items()]), "bs": self.levels([*self.shown(1).items()])})

    def told(self, edits: list[Edit], *, checksum: str | None = None, channel: str = "") -> bytes:
        """One object for each side that changed, the checksum in the last."""
        payloads: list[dict[str, object]] = []
        entry = json.loads(self.change(edits))
        for key, name, side in (("a", "asks", -1), ("b", "bids", 1)):
            rows = [(self.instrument.price_ticks(str(level["price"])), level["qty"]) for level in entry[name]]
            if rows:
                now = self.bids if side > 0 else self.asks
                named = {ticks for way, ticks, _ in edits if way == side}
                old = self.levels([(ticks, now.get(ticks, 0)) for ticks, _ in rows if ticks in named])
                came = self.levels([(ticks, now[ticks]) for ticks, _ in rows if ticks not in named], "r")
                payloads.append({key: old + came})
        (payloads or [{}])[-1]["c"] = str(self.checksum) if checksum is None else checksum
        return self.array(*payloads, channel=channel)

    def traded(self, *sides: str) -> bytes:
        trades = [["100.2", "0.012", f"{self.now_ms // 1000}.000001", side, "m", ""] for side in sides]
        return dump([337, trades, "trade", self.instrument.symbol])


def recorded(market: FirstVersion) -> Line:
    dialect = detect(market.whole())
    assert dialect is not None
    line = Line(dialect.connection([XBT]))  # type: ignore[arg-type]
    line.open()
    return line


def started(depth: int = 10) -> tuple[Line, FirstVersion]:
    market = FirstVersion(XBT, *deep_levels(30), depth=depth)
    line = recorded(market)
    line.feed(STATUS, HEARTBEAT, market.whole())
    assert line.states == ["LIVE"]
    return line, market


def test_books_are_cut_to_the_depth_in_the_name_of_the_channel() -> None:
    line, market = started()
    book = line.connection.books[0]
    assert (book.depth, book.proof, book.count(1)) == (10, Proof.CHECKSUM, 10)
    line.feed(market.told([(1, 1001, 5)]), market.told([(1, 1001, 0), (-1, 1002, 0)]))  # two objects, levels come back
    assert line.states == ["LIVE"]
    assert KrakenMarket(XBT, market.shown(1), market.shown(-1)).same_as(book)
    tally = line.connection.tally(0)
    assert (tally.snapshots, tally.updates, tally.checksums_matched, tally.checksums_checked) == (1, 2, 2, 2)
    assert book.event_ns == market.now_ms * 1_000_000


@pytest.mark.parametrize(
    ("edits", "checksum", "reason"),
    [([(1, 1000, 9)], "1", "checksum"), ([(1, 1002, 9)], None, "crossed"), ([(1, 1000, 9)], "0", "checksum")],
)
def test_a_wrong_book_waits_for_a_snapshot(edits: list[Edit], checksum: str | None, reason: str) -> None:
    line, market = started()
    line.feed(market.told(edits, checksum=checksum))
    assert line.states == ["BROKEN"]
    assert line.reasons == [reason]
    market.apply([(1, 1002, 0)])
    line.feed(market.told([(1, 1000, 8)]))
    assert line.states == ["BROKEN"]
    line.feed(market.whole())
    assert line.states == ["LIVE"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b',"c":', b',"d":'),
        (b'"c":"', b'"c":"-'),
        (b'"c":"', b'"c":"99999999999'),
        (b'"100.0"', b'"1o0.0"'),
        (b'"100.0"', b"100.0"),
        (b'"0.009"', b'"-0.009"'),
        (b'"r"]', b'"q"]'),
        (b'"r"]', b'"r","r"]'),
        (b".000000", b":000000"),
        (b'"a"', b'"as"'),
        (b'"book-10"', b'"book-11"'),
        (b"336", b'"336"'),
    ],
)
def test_frames_that_cannot_be_right_break_their_book(old: bytes, new: bytes) -> None:
    line, market = started()
    market.now_ms += 900 - market.now_ms % 1000  # whole seconds after the next step
    data = market.told([(1, 1000, 9), (-1, 1002, 0)])
    assert old in data
    line.feed(data.replace(old, new, 1))
    assert line.states == ["BROKEN"]
    assert line.reasons == ["malformed"]
    line.feed(market.whole())
    assert line.states == ["LIVE"]


def test_a_snapshot_is_nothing_else_and_an_update_has_one_checksum() -> None:
    for payloads in (
        [{"as": [], "bs": [], "c": "5"}],
        [{"as": [], "bs": []}, {"b": [], "c": "5"}],
        [{"a": [], "c": "5"}, {"b": [], "c": "5"}],
        [{"a": []}],
        [],
    ):
        line, market = started()
        line.feed(market.array(*payloads))
        assert line.reasons == ["malformed"]


def test_trades_count_and_their_side_is_the_takers() -> None:
    line, market = started()
    line.feed(market.traded("b", "s"))
    events = line.connection.events
    assert [events.message_rows(index)[0].tolist() for index in range(2)] == [[1, 1002, 12, 0], [-1, 1002, 12, 0]]
    assert line.connection.tally(0).trades == 2
    line.feed(market.traded("x"))
    assert line.connection.rejected == 1
    assert line.states == ["LIVE"]


def test_other_channels_are_ignored_and_other_pairs_named() -> None:
    line, market = started()
    line.feed(dump([1, {"a": ["1", 1, "1"]}, "ticker", "XBT/USD"]))
    assert (line.connection.ignored, line.connection.rejected) == (1, 0)
    line.feed(market.told([(1, 1000, 9)]).replace(b"XBT/USD", b"ETH/USD"))
    (rejected,) = of(Rejected, line.notices)
    assert isinstance(rejected, Rejected)
    assert "ETH/USD" in rejected.reason
    assert line.states == ["LIVE"]
    line.feed(b'{"event":5}', b'[336,{"c":"1"},"book-10"', b"[1,2]")
    assert line.states == ["BROKEN"]
    assert line.connection.rejected == 4


def test_detection_and_what_frames_hold() -> None:
    market = FirstVersion(XBT, depth=10)
    dialect = detect(market.whole())
    assert dialect is not None
    assert (dialect.venue, dialect.name) == ("kraken", "v1")
    measure = dialect.measure()
    assert measure(market.whole()) == [Figures(SNAPSHOT, "XBT/USD", 20, (3, 1), (0, 3))]
    assert detect(market.told([(1, 1000, 9)])) is dialect
    assert measure(market.told([(1, 1000, 8)])) == [Figures(UPDATE, "XBT/USD", 1, (3, 1), (0, 3))]
    assert measure(market.traded("b")) == [Figures(TRADES, "XBT/USD", 1, (3, 1), (0, 3))]
    for frame in (market.traded("b"), HEARTBEAT, STATUS, market.array({"c": "5"}), b"[1,[],2]"):
        assert detect(frame) is None
    assert measure(HEARTBEAT) == measure(b"[1,2]") == measure(dump([1, {}, "ticker", "XBT/USD"])) == []


def test_real_books_of_depth_1000(captures: Path) -> None:
    result = verify(captures / "kraken" / "kraken_v1_book1000_20210417.ws.txt.gz")
    assert result.complaints == []
    assert (result.venue, result.dialect, result.rejected_frames) == ("kraken", "v1", 0)
    counts = [one.counts for one in result.instruments]
    assert len(counts) == 10
    assert sum(one.snapshots for one in counts) == 10
    assert sum(one.updates for one in counts) == 4269
    assert sum(one.checksums_checked for one in counts) == sum(one.checksums_matched for one in counts) == 4269
    assert sum(one.gaps + one.crossed for one in counts) == 0
    assert {one.proof for one in result.instruments} == {"checksum"}


def test_real_trades_alone_tell_no_book(captures: Path) -> None:
    with pytest.raises(CaptureError, match="no frame is a book message"):
        verify(captures / "kraken" / "kraken_v1_trade_20210417.ws.txt")
    dialect = detect(FirstVersion(XBT).whole())
    assert dialect is not None
    lines = (captures / "kraken" / "kraken_v1_trade_20210417.ws.txt").read_bytes().splitlines()
    frames = [line.split(b": ", 1)[1] for line in lines if b": [" in line]
    found = [one for frame in frames for one in dialect.measure()(frame)]
    assert [one.kind for one in found] == [TRADES] * 8
    assert sum(one.levels for one in found) == 10
