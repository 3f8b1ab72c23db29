"""The compiled readers on every frame of the OKX and Binance captures, against the slow ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fillcast.core import events as ev
from fillcast.venues.binance import binance_kernels
from fillcast.venues.okx import okx_kernels
from fillcast.venues.update_kernels import APPLIED, CROSSED, READ, UNREAD
from tests.core.ladder_row import check_row
from tests.core.twins import TwinBook
from tests.venues.fast_twin import MONO_NS, WALL_NS, binance, frames, inferred, made, okx


def levels_of(frame: dict[str, list[list[str]]]) -> list[list[str]]:
    return [level for key in ("b", "a", "bids", "asks") for level in frame.get(key, [])]


BINANCE_CAPTURES = [
    ("binance_spot/binance_spot_20210417.ws.txt.gz", binance_kernels.SPOT, 614),
    ("binance_spot/binance_spot_20211012.ws.txt.gz", binance_kernels.SPOT, 177),
    ("binance_spot/btcusdt_20240808.gz", binance_kernels.SPOT, 3451),
    ("binance_spot/btcusdt_20240809.gz", binance_kernels.SPOT, 3044),
    ("binance_usdm/binance_usdm_20210722.ws.txt.gz", binance_kernels.FUTURES, 764),
    ("binance_usdm/btcusdt_20240808.gz", binance_kernels.FUTURES, 6551),
    ("binance_coinm/binance_coinm_20210722.ws.txt.gz", binance_kernels.FUTURES, 2047),
    ("binance_coinm/btcusd_perp_20240808.gz", binance_kernels.FUTURES, 26_847),
    ("binance_coinm/btcusd_perp_20240809.gz", binance_kernels.FUTURES, 17_948),
]


@pytest.mark.parametrize(("file", "rule", "least"), BINANCE_CAPTURES, ids=lambda value: str(value))
def test_every_frame_of_a_binance_capture(file: str, rule: int, least: int, captures: Path) -> None:
    lines = list(frames(captures / file))
    depth = [json.loads(line) for line in lines if b'"depthUpdate"' in line]
    depth = [frame.get("data", frame) for frame in depth]
    connection = binance(rule, inferred([(entry["s"], levels_of(entry)) for entry in depth], "binance"))
    twins = {symbol: TwinBook() for symbol in connection.instruments}
    applied = 0
    for line in lines:
        if b'"depthUpdate"' not in line:
            assert connection.fast(line, 1, 1) == UNREAD
            continue
        reading = connection.reading(line)
        assert reading is not None
        index = connection.index[reading.symbol]
        connection.books[index].last_id = reading.link
        applied += 1
        if applied % 50 == 1:  # everything; else what may differ from frame to frame
            assert connection.check(line, reading) in (APPLIED, CROSSED)
        else:
            assert connection.fast(line, WALL_NS, MONO_NS) in (APPLIED, CROSSED)
            connection.compare_message(reading, index)
        levels = twins[reading.symbol].sides
        for side, ticks, lots, _ in reading.rows:
            if lots:
                levels[side][ticks] = lots
            else:
                levels[side].pop(ticks, None)
    assert applied >= least
    for symbol, twin in twins.items():
        book = connection.books[connection.index[symbol]]
        assert not book.evicted
        assert check_row(book.row) == twin.sides


def test_a_spoiled_digit_in_a_capture_is_caught(captures: Path) -> None:
    line = next(line for line in frames(captures / "binance_usdm/btcusdt_20240808.gz") if b"depthUpdate" in line)
    connection = binance(binance_kernels.FUTURES, [made("BTCUSDT", "0.01", "0.001")])
    reading = connection.reading(line)
    assert reading is not None
    connection.books[0].last_id = reading.link
    reading.rows[len(reading.rows) // 2][2] += 1
    with pytest.raises(AssertionError, match="other levels"):
        connection.check(line, reading)


OKX_CAPTURES = [
    ("okx/okx_books_20220513.ws.txt.gz", okx_kernels.CHECKSUMS, 290),
    ("okx/okx_books-l2-tbt_20210722_conn1.ws.txt.gz", okx_kernels.CHECKSUMS, 1504),
    ("okx/okx_books_20260824.jsonl", okx_kernels.IDENTITY, 7),
]


@pytest.mark.parametrize(("file", "rule", "messages"), OKX_CAPTURES, ids=lambda value: str(value))
def test_every_frame_of_an_okx_capture(file: str, rule: int, messages: int, captures: Path) -> None:
    """Snapshots are read and every update is applied; all checksums match."""
    lines = list(frames(captures / file))
    books = [json.loads(line) for line in lines if b'"asks":[[' in line or b'"bids":[[' in line]
    books = [frame for frame in books if "books" in frame["arg"]["channel"]]
    connection = okx(rule, inferred([(frame["arg"]["instId"], levels_of(frame["data"][0])) for frame in books], "okx"))
    seen = 0
    for line in lines:
        reading = connection.reading(line)
        if reading is None:
            assert connection.fast(line, 1, 1) == UNREAD
            continue
        seen += 1
        status = connection.check(line, reading)
        if reading.kind == ev.UPDATE:
            assert status == APPLIED
            continue
        assert status == READ
        book = connection.books[connection.index[reading.symbol]]
        book.replace(connection.events, 0, complete=True)
        assert not reading.checksum or book.checksum() == reading.checksum
    assert seen == messages
    for book in connection.books:
        check_row(book.row)
