"""What calibration is given of a capture: the LIVE market and nothing else, on the venue's clock."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from fillcast.core.book import Book
from fillcast.errors import CaptureError
from fillcast.models.calibration.stretch import Stretch
from fillcast.tape import stretches as gathering
from fillcast.tape.stretch_rows import DEPTH_BPS, DepthReader
from fillcast.tape.stretches import Collected, collect
from tests.tape.moving_market import KEY, LATE_MS, MS, Session, trade
from tests.venues.streams import COINM, OKX, START_MS, USDM, Market

SILENT_MS = 6_000  # a LIVE book is STALE sooner


def only(found: Collected) -> Stretch:
    (stretch,) = found.stretches[KEY]
    return stretch


def test_a_stretch_is_the_touch_of_the_book_on_the_venues_clock(tmp_path):
    session = Session()
    session.drift(20)
    found = collect(session.written(tmp_path))
    stretch = only(found)
    moves = np.flatnonzero(np.diff(stretch.bid, prepend=-1.0) != 0)
    seen = list(zip(stretch.quote_ns[moves].tolist(), stretch.bid[moves], stretch.ask[moves], strict=True))
    assert seen == [(at, pytest.approx(bid), pytest.approx(ask)) for at, bid, ask in session.best]
    assert (stretch.start_ns, stretch.end_ns) == (START_MS * MS, session.market.now_ms * MS)
    assert stretch.ask_base[-1] == pytest.approx(20 * 0.001)
    assert len(stretch.depth_ns) == 21
    assert found.venue == "okx"
    assert found.missing == {}


def test_a_touch_that_does_not_change_is_one_row(tmp_path):
    session = Session()
    for size in range(1, 8):
        session.move((1, 990, size))
    stretch = only(collect(session.written(tmp_path)))
    assert len(stretch.quote_ns) == 1
    assert len(stretch.depth_ns) == 8
    assert stretch.seconds == pytest.approx(0.7)


# Only LIVE books.


def broken_session() -> tuple[Session, tuple[int, int]]:
    """Return a session with a hole, in which the touch says what nothing proves, and the times of the hole in ms."""
    session = Session()
    session.drift(6)
    until = session.market.now_ms
    session.move((1, 1001, 0), lost=True)
    for size in range(1, 6):
        session.move((1, 1001, 0), (-1, 1002, 0), (-1, 1005, size))  # a touch of its own: never to be seen
        session.add(trade(session.market, "buy", "100.2", "1"))
    session.move((-1, 1002, 3))
    session.market.now_ms += 100
    session.add(session.market.okx_snapshot())
    back = session.market.now_ms
    session.drift(6)
    return session, (until, back)


def silent_session() -> tuple[Session, tuple[int, int]]:
    """Return a session in which the connection says nothing for longer than a book stays LIVE."""
    session = Session()
    session.drift(6)
    until = session.market.now_ms
    session.market.now_ms += SILENT_MS
    back = session.market.now_ms + 100
    session.drift(6)
    return session, (until, back)


def violations(found: Collected, hole: tuple[int, int]) -> int:
    """Count the rows that lie in a hole, and the stretches that reach over it."""
    first, last = (at * MS for at in hole)
    return sum(
        sum(int(((times > first) & (times < last)).sum()) for times in (one.quote_ns, one.depth_ns, one.trade_ns))
        + int(one.start_ns <= first and one.end_ns >= last)
        for one in found.stretches[KEY]
    )


@pytest.mark.parametrize("session_with_a_hole", [broken_session, silent_session])
def test_nothing_of_a_book_that_is_not_live_enters(tmp_path, session_with_a_hole):
    session, hole = session_with_a_hole()
    found = collect(session.written(tmp_path))
    before, after = found.stretches[KEY]
    assert violations(found, hole) == 0
    assert before.end_ns == hole[0] * MS
    assert after.start_ns == hole[1] * MS
    assert 100.5 not in np.concatenate((before.ask, after.ask))
    assert len(before.trade_ns) == len(after.trade_ns) == 0


def test_a_gatherer_that_does_not_ask_for_the_state_is_caught(tmp_path, monkeypatch):
    session, hole = silent_session()
    monkeypatch.setattr(gathering, "priced", lambda state: True)
    assert violations(collect(session.written(tmp_path)), hole) > 0


def test_the_count_of_violations_sees_rows_where_a_hole_is_said_to_be(tmp_path):
    session, (until, back) = broken_session()
    assert violations(collect(session.written(tmp_path)), (until - 300, back)) > 0


def test_a_snapshot_in_place_of_a_live_book_ends_a_stretch(tmp_path):
    session = Session()
    session.drift(4)
    for _ in range(3):
        session.move((1, 990, 3), lost=True)
    session.add(session.market.okx_snapshot())
    session.drift(4)
    before, after = collect(session.written(tmp_path)).stretches[KEY]
    assert (after.start_ns - before.end_ns) == 300 * MS


def test_a_side_that_is_empty_ends_a_stretch(tmp_path):
    session = Session()
    session.drift(4)
    asks = list(session.market.asks)
    session.move(*((-1, ticks, 0) for ticks in asks))
    session.move((1, 990, 4))
    session.move((-1, 1003, 4))
    session.drift(2)
    before, after = collect(session.written(tmp_path)).stretches[KEY]
    assert before.end_ns == (START_MS + 400) * MS
    assert after.start_ns == (START_MS + 700) * MS
    assert after.ask[0] == pytest.approx(100.3)


def test_what_has_no_stretch_says_why(tmp_path):
    one_sided = Session()
    one_sided.market.asks.clear()
    one_sided.frames = [(START_MS, one_sided.market.okx_snapshot())]
    one_sided.add(one_sided.market.okx_update([(1, 990, 4)]))
    found = collect(one_sided.written(tmp_path))
    assert found.stretches == {}
    assert found.missing == {KEY: "its book is one-sided: there are no asks, and so no mid"}
    never = Session()
    never.drift(3)
    del never.frames[0]
    found = collect(never.written(tmp_path))
    assert found.missing[KEY].startswith("its book was never LIVE: it ends SYNCING (")


# Trades.


def test_trades_carry_the_aggressors_sign_in_base_units(tmp_path):
    session = Session()
    session.drift(2)
    session.add(trade(session.market, "buy", "100.2", "0.25"))
    session.add(trade(session.market, "sell", "100.1", "2"))
    session.drift(2)
    stretch = only(collect(session.written(tmp_path)))
    assert stretch.trade_sign.tolist() == [1, -1]
    assert stretch.trade_base.tolist() == pytest.approx([0.25, 2.0])
    assert stretch.trade_price.tolist() == pytest.approx([100.2, 100.1])
    assert stretch.trade_ns.tolist() == [(START_MS + 200) * MS] * 2
    assert stretch.trade_sign.dtype == np.int8


def test_trades_outside_of_the_stretch_are_left_out_and_late_ones_do_not_go_back(tmp_path):
    session = Session()
    session.add(trade(session.market, "buy", "100.2", "1", START_MS - 5_000))
    session.drift(3)
    session.add(trade(session.market, "buy", "100.2", "2"))
    session.add(trade(session.market, "buy", "100.2", "3", START_MS + 100))
    session.drift(2)
    session.add(trade(session.market, "buy", "100.2", "4", session.market.now_ms + 70))
    stretch = only(collect(session.written(tmp_path)))
    assert stretch.trade_base.tolist() == [2.0, 3.0]
    assert stretch.trade_ns.tolist() == [(START_MS + 300) * MS] * 2


# Touch messages between two book messages.


def binance_recorded(path: Path, market: Market) -> Path:
    """Write a USD-M recording in which best bid and ask messages run ahead of the diffs."""
    lines: list[str] = []

    def add(frame: bytes) -> None:
        lines.append(f"{(market.now_ms + LATE_MS) * MS + len(lines)} {frame.decode()}")

    add(market.depth())
    add(market.rest())
    add(market.depth([(1, 999, 8)]))
    start, last = market.now_ms, market.last
    bid = {"b": "99.9", "B": "0.005"}
    add(market.ticker(T=start + 10, u=last + 1, **bid))
    add(market.ticker(T=start + 20, u=last - 1, b="99.7"))  # of a book before the last one
    add(market.ticker(T=0, u=last + 2, b="99.6"))  # it states no time
    add(market.depth([(1, 1000, 0), (1, 999, 6)]))
    path.write_text("\n".join(lines) + "\n")
    return path


def test_touch_messages_refine_the_touch_while_the_book_is_live(tmp_path):
    market = Market(USDM)
    (stretch,) = collect(binance_recorded(tmp_path / "b.txt", market)).stretches[USDM.key]
    rows = list(zip((stretch.quote_ns // MS - START_MS).tolist(), stretch.bid, stretch.bid_base, strict=True))
    assert rows == [
        (100, pytest.approx(100.0), pytest.approx(0.010)),
        (210, pytest.approx(99.9), pytest.approx(0.005)),
        (300, pytest.approx(99.9), pytest.approx(0.006)),
    ]


# Clocks.


def test_a_book_that_states_no_times_is_on_the_clock_of_the_replay_with_its_trades(tmp_path):
    lines = ["wss://api.bitfinex.com/ws/2 <-> 1618677543.0"]

    def add(at: float, value: object) -> None:
        lines.append(f"{at}: {json.dumps(value)}")

    head = {"event": "subscribed", "symbol": "tBTCUSD"}
    add(1618677543.1, {**head, "channel": "book", "chanId": 1, "prec": "P0", "freq": "F0", "len": "25"})
    add(1618677543.1, {**head, "channel": "trades", "chanId": 2, "pair": "BTCUSD"})
    add(1618677543.2, [1, [[100, 1, 2.5], [99, 1, 1], [101, 1, -3], [102, 1, -1]], 1])
    add(1618677543.3, [1, [100, 1, 2], 2])
    add(1618677543.4, [2, "te", [11, 1618677541000, 0.5, 101], 3])
    add(1618677543.5, [1, [100, 1, 4], 4])
    path = tmp_path / "bitfinex.txt"
    path.write_text("\n".join(lines) + "\n")
    (stretch,) = collect(path).stretches["bitfinex:tBTCUSD"]
    assert (stretch.quote_ns / 1e9).tolist() == pytest.approx([1618677543.3, 1618677543.5])
    assert (stretch.trade_ns / 1e9).tolist() == pytest.approx([1618677543.4])


def test_times_that_step_back_count_as_of_the_one_before(tmp_path):
    session = Session()
    session.drift(4)
    frames = [json.loads(frame) for _, frame in session.frames]
    frames[3]["data"][0]["ts"] = f"{START_MS - 900}"
    session.frames = [(at, json.dumps(frame).encode()) for (at, _), frame in zip(session.frames, frames, strict=True)]
    stretch = only(collect(session.written(tmp_path)))
    assert (stretch.depth_ns // MS - START_MS).tolist() == [0, 100, 200, 200, 400]


# Depth.


@pytest.mark.parametrize("instrument", [USDM, COINM], ids=["linear", "inverse"])
def test_depth_is_what_a_view_of_the_book_says(instrument):
    draws = np.random.default_rng(5)
    bids = [(f"{(60_000 - n) / 10:.1f}", f"{draws.integers(1, 90)}") for n in range(400)]
    asks = [(f"{(60_002 + n) / 10:.1f}", f"{draws.integers(1, 90)}") for n in range(0, 800, 2)]
    book = Book.from_levels(instrument, bids, asks)
    reader = DepthReader()
    both = reader.read(book)
    view = book.view()
    expected = [view.depth_base(side, bps) for side in (1, -1) for bps in DEPTH_BPS]
    assert both.tolist() == pytest.approx(expected, rel=1e-12)
    assert len(set(both[: len(DEPTH_BPS)].tolist())) == len(DEPTH_BPS)
    assert reader.unproven.tolist() == [0] * len(DEPTH_BPS)


def test_depth_beyond_what_is_proven_is_counted():
    bids = [(f"{100 - n / 100:.2f}", "1") for n in range(1, 20)]
    asks = [(f"{100 + n / 100:.2f}", "1") for n in range(1, 20)]
    reader = DepthReader()
    reader.read(Book.from_levels("x-y", bids, asks, edges=("99.85", None), tick="0.01", lot="1"))
    assert reader.unproven.tolist() == [int(bps > 15) for bps in DEPTH_BPS]
    assert reader.rows == 1


# The whole.


def test_progress_only_rises_and_ends_at_one(tmp_path):
    session = Session()
    session.drift(300)
    told: list[float] = []
    collect(session.written(tmp_path), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_a_cut_off_line_and_a_rejected_frame_are_told(tmp_path):
    session = Session()
    session.drift(3)
    path = session.written(tmp_path)
    text = path.read_text().replace('"99.0"', '"99.0x"', 1)
    path.write_text(text[:-30])
    notes = " ".join(collect(path).notes)
    assert "cut off by the end of the file" in notes
    assert "1 frames could not be understood" in notes or "could not be understood" not in notes


def spoiled(name: str) -> Callable[[Path], None]:
    return {
        "empty": lambda path: path.write_bytes(b""),
        "binary": lambda path: path.write_bytes(b"\x00\x01\n" * 30),
        "no venue's": lambda path: path.write_text('1618677543.1: {"hello": 1}\n'),
    }[name]


@pytest.mark.parametrize("name", ["empty", "binary", "no venue's"])
def test_files_that_are_no_capture_are_refused_by_name(tmp_path, name):
    path = tmp_path / "bad"
    spoiled(name)(path)
    with pytest.raises(CaptureError, match="bad"):
        collect(path)


def test_stretches_of_two_instruments_do_not_mix(tmp_path):
    session, other = Session(), Session()
    other.market.instrument = replace(OKX, symbol="ETH-USDT")
    other.frames = [(START_MS, other.market.okx_snapshot())]
    session.drift(5)
    for step in range(3):
        other.move((1, 995, step + 1))
    session.frames = sorted(session.frames + other.frames, key=lambda entry: entry[0])
    found = collect(session.written(tmp_path))
    assert list(found.stretches) == [KEY, "okx:ETH-USDT"]
    (first,), (second,) = found.stretches.values()
    assert len(first.depth_ns) == 6
    assert len(second.depth_ns) == 4
    assert first.instrument == KEY
