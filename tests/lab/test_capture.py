"""Captures from the virtual clock: the same bytes for a seed, and a book that can be rebuilt from the file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fillcast.errors import FillcastError
from fillcast.lab.capture import EPOCH_NS, write_capture
from fillcast.lab.options import LabOptions
from tests.lab.dict_book import DictBook


def lines(path: Path) -> list[tuple[int, bytes]]:
    found = [line.split(b" ", 1) for line in path.read_bytes().splitlines()]
    return [(int(received), frame) for received, frame in found]


@pytest.mark.parametrize(
    ("protocol", "symbols"),
    [
        ("okx", ["BTC-USDT", "BTC-USD-SWAP"]),
        ("binance_usdm", ["ETHUSDT"]),
        ("bybit_spot", ["BTCUSDT"]),
        ("bybit_linear", ["BTCUSDT", "ETHUSDT"]),
        ("bybit_inverse", ["BTCUSD"]),
        ("kraken", ["BTC/USD", "ETH/USD"]),
        ("deribit", ["BTC-PERPETUAL"]),
        ("coinbase", ["ETH-USD"]),
        ("binance_spot", ["BTCUSDT", "ETHUSDT"]),
        ("binance_coinm", ["BTCUSD_PERP"]),
        ("gate", ["BTC_USDT", "ETH_USDT"]),
        ("bitfinex", ["tBTCUSD", "tETHUSD"]),
    ],
)
def test_same_seed_same_bytes(tmp_path: Path, protocol: str, symbols: list[str]) -> None:
    files = [tmp_path / name for name in "abc"]
    for file, seed in zip(files, (7, 7, 8), strict=True):
        summary = write_capture(file, protocol, symbols, seed, 3)
        assert summary.size_bytes == file.stat().st_size
        assert summary.frames == len(lines(file))
    first, second, other = (file.read_bytes() for file in files)
    assert first == second
    assert first != other


def test_a_longer_capture_begins_with_the_shorter_one(tmp_path: Path) -> None:
    for seconds in (1, 2):
        write_capture(tmp_path / str(seconds), "binance_usdm", ["BTCUSDT"], 7, seconds)
    assert (tmp_path / "2").read_bytes().startswith((tmp_path / "1").read_bytes())


def test_an_okx_capture_rebuilds(tmp_path: Path) -> None:
    file = tmp_path / "okx"
    write_capture(file, "okx", ["BTC-USDT"], 7, 5, options=LabOptions(checksums=True))
    book = DictBook()
    kinds = []
    for _, frame in lines(file):
        message = json.loads(frame)
        kinds.append(message.get("action", message.get("event", "trade")))
        if kinds[-1] in ("snapshot", "update"):
            book.okx(frame)
    assert kinds[:3] == ["subscribe", "subscribe", "snapshot"]
    assert kinds.count("update") == 50
    assert len(book.bids) == len(book.asks) == 400


def test_a_binance_capture_rebuilds_from_its_rest_line(tmp_path: Path) -> None:
    file = tmp_path / "binance"
    write_capture(file, "binance_usdm", ["BTCUSDT"], 7, 5)
    book = DictBook()
    waiting: list[bytes] = []
    snapshot = -1
    for index, (_, frame) in enumerate(lines(file)):
        message = json.loads(frame)
        if "lastUpdateId" in message:
            book.binance_rest(frame)
            snapshot = index
            kept = [one for one in waiting if json.loads(one)["u"] >= book.last]
            for one in kept:
                book.binance(one, first=one is kept[0])
        elif message["data"]["e"] == "depthUpdate":
            assert message["stream"] == "btcusdt@depth@100ms"
            data = json.dumps(message["data"]).encode()
            if snapshot < 0 or not waiting:
                waiting.append(data)
            elif book.last <= json.loads(data)["u"]:
                book.binance(data, first=json.loads(data)["pu"] != book.last)
    assert snapshot > 0
    assert max(book.bids) < min(book.asks)


def test_receive_times_rise_and_follow_the_venues_own(tmp_path: Path) -> None:
    file = tmp_path / "binance"
    write_capture(file, "binance_usdm", ["BTCUSDT"], 7, 5)
    last = EPOCH_NS
    for received, frame in lines(file):
        assert received > last
        last = received
        event_ms = json.loads(frame).get("data", {}).get("E")
        if event_ms is not None:
            assert 0 < received // 10**6 - event_ms < 100


@pytest.mark.parametrize(
    ("protocol", "symbols", "seconds", "channels"),
    [
        ("nowhere", ["BTC-USDT"], 1, None),
        ("okx", [], 1, None),
        ("okx", ["NOPE"], 1, None),
        ("okx", ["BTC-USDT"], 0, None),
        ("okx", ["BTC-USDT"], float("nan"), None),
        ("okx", ["BTC-USDT"], 1, ["candles"]),
    ],
)
def test_what_cannot_be_written_is_refused(
    tmp_path: Path, protocol: str, symbols: list[str], seconds: float, channels: list[str] | None
) -> None:
    with pytest.raises(FillcastError):
        write_capture(tmp_path / "x", protocol, symbols, 7, seconds, channels=channels)


@pytest.mark.parametrize(
    ("protocol", "symbol", "opening"),
    [
        ("bybit_spot", "BTCUSDT", ["success", "topic"]),
        ("bybit_linear", "BTCUSDT", ["topic", "success"]),
        ("kraken", "BTC/USD", ["channel", "method", "channel", "method", "channel"]),
        ("deribit", "BTC-PERPETUAL", ["jsonrpc", "jsonrpc"]),
        ("coinbase", "BTC-USD", ["channel", "channel", "channel", "channel"]),
        ("gate", "BTC_USDT", ["time"] * 4),
    ],
)
def test_a_capture_begins_as_the_venues_connection_does(
    tmp_path: Path, protocol: str, symbol: str, opening: list[str]
) -> None:
    file = tmp_path / protocol
    write_capture(file, protocol, [symbol], 7, 3)
    frames = [json.loads(frame) for _, frame in lines(file)]
    assert [next(iter(frame)) for frame in frames[: len(opening)]] == opening
    assert len(frames) > 20
    if protocol == "coinbase":
        assert [frame["sequence_num"] for frame in frames] == list(range(len(frames)))
