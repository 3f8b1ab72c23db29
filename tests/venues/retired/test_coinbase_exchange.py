"""Coinbase Exchange `level2` of recordings: books that only the ordered stream proves."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fillcast.core.events import EVENT_NS, MAX_ROWS, SNAPSHOT, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.tape.verify import verify
from fillcast.venues.dialects import detect
from fillcast.venues.protocol import Rejected
from fillcast.venues.recorded import Figures
from fillcast.venues.retired.coinbase_exchange import DIALECT, CoinbaseExchangeConnection
from fillcast.venues.times import utc_text_ns
from tests.venues.coinbase.market import Venue
from tests.venues.streams import Line, dump, of

SKL = Instrument("coinbase", "SKL-USD", "SKL", "USD", Decimal("0.0001"), Decimal("0.1"), fixed_decimals=True)
NMR = Instrument("coinbase", "NMR-EUR", "NMR", "EUR", Decimal("0.0001"), Decimal("0.001"), fixed_decimals=True)
TIME = "2021-04-17T16:43:37.075351Z"
BIDS, ASKS = [["0.7901", "100.0"], ["0.7900", "20.5"]], [["0.7911", "7.0"], ["0.7912", "3.0"]]


def snapshot(symbol: str = "SKL-USD", **fields: object) -> bytes:
    return dump({"type": "snapshot", "product_id": symbol, "asks": ASKS, "bids": BIDS} | fields)


def update(*changes: list[str], symbol: str = "SKL-USD", **fields: object) -> bytes:
    entry = {"type": "l2update", "product_id": symbol, "changes": list(changes), "time": TIME}
    return dump(entry | fields)


def match(side: str = "sell", kind: str = "match", **fields: object) -> bytes:
    entry = {"type": kind, "trade_id": 1568268, "side": side, "size": "450", "price": "0.791", "time": TIME}
    return dump(entry | {"product_id": "SKL-USD", "sequence": 201390075} | fields)


def recorded(*instruments: Instrument) -> Line:
    """Return a line that reads a recording, its sends ignored."""
    line = Line(CoinbaseExchangeConnection(instruments or (SKL,)))
    line.open()
    return line


def live(*instruments: Instrument) -> Line:
    line = recorded(*instruments)
    line.feed(*(snapshot(one.symbol) for one in line.connection.instruments))
    assert set(line.states) == {"LIVE"}
    return line


def test_snapshot_and_changes() -> None:
    line = live()
    line.feed(update(["sell", "0.7911", "0.0"], ["buy", "0.7910", "5.5"]), update(["buy", "0.7000", "0.0"]))
    (book,) = line.connection.books
    assert [column.tolist() for column in book.levels(1)] == [[7910, 7901, 7900], [55, 1000, 205]]
    assert [column.tolist() for column in book.levels(-1)] == [[7912], [30]]
    assert (book.proof, book.proven_ticks(1), book.event_ns) == (Proof.TRANSPORT, None, utc_text_ns(TIME))
    tally = line.connection.tally(0)
    assert (tally.snapshots, tally.updates, tally.sequence_checked, tally.crossed) == (1, 2, 0, 0)
    assert not line.notices
    assert not hasattr(line.connection, "numbering")


def test_the_oldest_updates_state_no_time() -> None:
    line = live()
    line.feed(dump({"type": "l2update", "product_id": "SKL-USD", "changes": [["buy", "0.7900", "1.0"]]}))
    assert (line.states, line.connection.tally(0).updates) == (["LIVE"], 1)


@pytest.mark.parametrize(("maker", "aggressor"), [("buy", -1), ("sell", 1)])
def test_the_aggressor_is_on_the_other_side_than_the_maker(maker: str, aggressor: int) -> None:
    line = live()
    line.feed(match(maker))
    events = line.connection.events
    assert events.message_rows(0).tolist() == [[aggressor, 7910, 4500, 1568268]]
    assert events.messages[0, EVENT_NS] == utc_text_ns(TIME)


def test_what_is_no_book_and_no_trade_since_the_subscription_is_passed_over() -> None:
    line = live()
    line.feed(match(kind="last_match"), dump({"type": "ticker", "product_id": "SKL-USD", "price": "0.7904"}))
    line.feed(dump({"type": "subscriptions", "channels": []}), dump({"type": "heartbeat", "product_id": "SKL-USD"}))
    assert (line.connection.ignored, line.connection.rejected, line.connection.tally(0).trades) == (2, 0, 0)


def test_without_a_snapshot_there_is_no_book() -> None:
    line = recorded(SKL, NMR)
    line.feed(snapshot("NMR-EUR"), update(["buy", "0.7900", "1.0"]))
    assert (line.states, line.connection.dropped) == (["SYNCING", "LIVE"], 1)


def test_a_crossed_book_waits_for_the_next_snapshot() -> None:
    line = live(SKL, NMR)
    line.feed(update(["buy", "0.7911", "1.0"]), update(["buy", "0.7911", "0.0"]))
    assert (line.states, line.reasons) == (["BROKEN", "LIVE"], ["crossed"])
    line.feed(snapshot(), update(["buy", "0.7899", "2.0"]))
    assert line.states == ["LIVE", "LIVE"]
    assert line.connection.books[0].count(1) == 3


@pytest.mark.parametrize(
    "frame",
    [
        update(["buy", "0.7900", "1.0"], ["bid", "0.7901", "1.0"]),
        update(["buy", "0.7900", "1.0"], ["buy", "-0.7901", "1.0"]),
        update(["buy", "0.7900", "1.0"], ["buy", "0.7901"]),
        update(["buy", "0.7900", "1.0"], time="today"),
        snapshot(bids=None),
        snapshot(asks=[["0.7911", 7.0]]),
        snapshot(asks=[[f"{1 + step * 0.0001:.4f}", "1.0"] for step in range(MAX_ROWS + 1)]),
        dump({"type": "l2update", "product_id": "SKL-USD"}),
    ],
    ids=range(8),
)
def test_a_malformed_frame_breaks_its_book_alone_and_no_part_of_it_is_applied(frame: bytes) -> None:
    line = live(SKL, NMR)
    effects = line.feed(frame)
    assert (line.states, line.reasons) == (["BROKEN", "LIVE"], ["malformed"])
    assert len(of(Rejected, effects)) == 1
    assert line.connection.books[0].count(1) == 0
    line.feed(snapshot())
    assert line.states == ["LIVE", "LIVE"]


@pytest.mark.parametrize(
    "frame", [b"", b"\xff", b"{}", b"5", update(["buy", "0.7900", "1.0"])[:-3], update(product_id=7)]
)
def test_a_frame_of_any_book_breaks_them_all(frame: bytes) -> None:
    line = live(SKL, NMR)
    line.feed(frame)
    assert (line.states, line.reasons) == (["BROKEN", "BROKEN"], ["malformed", "malformed"])


def test_a_frame_that_names_its_product_but_not_its_kind_breaks_that_book() -> None:
    line = live(SKL, NMR)
    line.feed(update(type=None))
    assert (line.states, line.reasons) == (["BROKEN", "LIVE"], ["malformed"])


def test_other_products_and_odd_trades_break_nothing() -> None:
    line = live()
    line.feed(update(["buy", "0.7900", "1.0"], symbol="X-Y"), match("BUY"), match(size="0.01"), match(trade_id=-1))
    assert (line.states, line.connection.rejected) == (["LIVE"], 4)
    assert line.connection.tally(0).trades == 0


def test_detection_and_figures() -> None:
    assert detect(snapshot()) is detect(update(["buy", "0.7900", "1.0"])) is DIALECT
    for frame in (match(), match(kind="last_match"), b'{"type":"subscriptions","channels":[]}', snapshot(bids=5)):
        assert detect(frame) is not DIALECT
    measure = DIALECT.measure()
    assert measure(update(["buy", "0.7900", "1.0"])) == [Figures(UPDATE, "SKL-USD", 1, (0, 2), (1, 0))]
    assert measure(snapshot())[0].kind == SNAPSHOT
    assert measure(match()) == [Figures(TRADES, "SKL-USD", 1, (0, 3), (3, 0))]
    assert DIALECT.is_book(snapshot())
    assert not DIALECT.is_book(Venue(Instrument("coinbase", "A-B", "A", "B", SKL.tick, SKL.lot)).snapshot())


def test_the_recorded_session(captures: Path) -> None:
    result = verify(captures / "coinbase" / "coinbase_exchange_level2_20210417_products_A.ws.txt.gz")
    assert result.sound, result.complaints
    assert (result.dialect, result.frames, result.rejected_frames) == ("exchange-level2", 6850, 0)
    assert result.connection_sequence is None
    assert sum(one.counts.updates for one in result.instruments) == 6658
    assert sum(one.counts.crossed for one in result.instruments) == 0
    assert sum(one.counts.trades for one in result.instruments) == 87
    assert {one.proof for one in result.instruments} == {"transport"}
    assert len(result.instruments) == 5
