"""Small captures in the venues' formats, written by the tests themselves."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

T0_MS = 1_787_612_486_000
Levels = dict[str, str]


def okx_frame(action: str, bids: Levels, asks: Levels, number: int, **more: Any) -> dict[str, Any]:
    """Return a `books` message; `number` sets its time."""
    data = {
        "asks": [[price, size, "0", "1"] for price, size in asks.items()],
        "bids": [[price, size, "0", "1"] for price, size in bids.items()],
        "ts": str(T0_MS + 100 * number),
        **more,
    }
    return {"arg": {"channel": "books", "instId": "BTC-USDT"}, "action": action, "data": [data]}


def okx_session(updates: int = 20) -> list[dict[str, Any]]:
    """Return an acknowledgement, a snapshot and updates of a current OKX connection, chained by ids."""
    ack = {"event": "subscribe", "arg": {"channel": "books", "instId": "BTC-USDT"}, "connId": "a"}
    bids = {f"{100 - step / 10:g}": "1.5" for step in range(1, 30)}
    asks = {f"{100 + step / 10:g}": "2.25" for step in range(1, 30)}
    frames = [ack, okx_frame("snapshot", bids, asks, 0, checksum=0, seqId=1000, prevSeqId=-1)]
    for number in range(1, updates + 1):
        change = okx_frame(
            "update",
            {"99.5": f"{number}"},
            {"100.5": "0" if number % 2 else "3"},
            number,
            checksum=0,
            seqId=1000 + 7 * number,
            prevSeqId=1000 + 7 * (number - 1),
        )
        frames.append(change)
    return frames


def okx_checksum(bids: Levels, asks: Levels) -> int:
    """Return OKX's CRC32 of the best 25 levels a side, from scratch."""
    best = [
        sorted(side.items(), key=lambda level: sign * float(level[0]))[:25] for side, sign in ((bids, -1), (asks, 1))
    ]
    parts: list[str] = []
    for index in range(max(len(best[0]), len(best[1]))):
        parts += [f"{price}:{size}" for side in best for price, size in side[index : index + 1]]
    value = zlib.crc32(":".join(parts).encode())
    return value - 2**32 if value >= 2**31 else value


def okx_unnumbered_session(updates: int = 20) -> list[dict[str, Any]]:
    """Return a snapshot and updates as OKX sent them before ids: a checksum on each."""
    bids = {f"{100 - step / 10:g}": "1.5" for step in range(1, 30)}
    asks = {f"{100 + step / 10:g}": "2.25" for step in range(1, 30)}
    frames = [okx_frame("snapshot", bids, asks, 0, checksum=okx_checksum(bids, asks))]
    for number in range(1, updates + 1):
        change = {"99.5": f"{number}"}
        bids |= change
        frames.append(okx_frame("update", change, {}, number, checksum=okx_checksum(bids, asks)))
    return frames


def binance_session(updates: int = 20) -> list[str]:
    """Return the lines of a USD-M recording: diffs, the REST snapshot among them, and best bid and ask at each id."""
    lines = []

    def at(number: float) -> int:
        return (T0_MS + int(100 * number)) * 1_000_000

    def add(number: float, stream: str, data: dict[str, Any]) -> None:
        lines.append(f"{at(number)} {json.dumps({'stream': f'btcusdt@{stream}', 'data': data})}")

    for number in range(1, updates + 1):
        first, last = 100 * number, 100 * number + 50
        size = f"{number}.000"
        best = {"s": "BTCUSDT", "u": last, "b": "99.90", "B": size, "a": "100.10", "A": "2.000", "T": 1, "E": 1}
        add(number, "bookTicker", {"e": "bookTicker", **best})
        diff = {"e": "depthUpdate", "E": T0_MS + 100 * number, "T": T0_MS + 100 * number, "s": "BTCUSDT"}
        diff |= {"U": first, "u": last, "pu": last - 100, "b": [["99.90", size]], "a": [["100.70", "1.500"]]}
        add(number + 0.1, "depth@0ms", diff)
        if number == 3:
            levels = {
                "bids": [["99.90", "3.000"], ["99.80", "1.000"]],
                "asks": [["100.10", "2.000"], ["100.20", "4.000"]],
            }
            snapshot = {"lastUpdateId": 320, "E": T0_MS, "T": T0_MS, **levels}
            lines.append(f"{at(number + 0.05)} {json.dumps(snapshot)}")
        trade = {"e": "trade", "E": 1, "T": T0_MS, "s": "BTCUSDT", "t": number, "p": "100.00", "q": "0.500", "m": True}
        add(number + 0.2, "trade", {**trade, "X": "MARKET"})
    return lines


def write_a(path: Path, frames: Iterable[dict[str, Any]]) -> Path:
    """Write frames in format A, 0.1 s apart."""
    lines = [f"wss://ws.okx.com:8443/ws/v5/public <-> {T0_MS / 1e3 - 1}"]
    lines += [f"{(T0_MS + 100 * number) / 1e3}: {json.dumps(frame)}" for number, frame in enumerate(frames)]
    path.write_text("\n".join(lines) + "\n")
    return path


def write_c(path: Path, frames: Iterable[dict[str, Any]]) -> Path:
    """Write frames in format C, without receive times."""
    path.write_text("".join(json.dumps(frame) + "\n" for frame in frames))
    return path
