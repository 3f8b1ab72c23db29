"""A recording of an OKX market whose touch moves, and what its touch truly was."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from tests.venues.streams import OKX, START_MS, Market

MS = 1_000_000
KEY = OKX.key
LATE_MS = 1_300  # the recorder's clock against the venue's, as seen between recorders


def recorded(path: Path, frames: Iterable[tuple[int, bytes]]) -> Path:
    """Write (venue's ms, frame) as a recorder with a clock of its own would."""
    lines = [f"wss://ws.okx.com:8443/ws/v5/public <-> {(START_MS + LATE_MS) / 1e3 - 1}"]
    lines += [f"{(at_ms + LATE_MS) / 1e3}: {frame.decode()}" for at_ms, frame in frames]
    path.write_text("\n".join(lines) + "\n")
    return path


def trade(market: Market, side: str, price: str, size: str, at_ms: int | None = None) -> bytes:
    when = market.now_ms if at_ms is None else at_ms
    data = {"instId": market.instrument.symbol, "tradeId": "7", "px": price, "sz": size, "side": side, "ts": f"{when}"}
    return json.dumps({"arg": {"channel": "trades", "instId": market.instrument.symbol}, "data": [data]}).encode()


class Session:
    """A market and what was recorded of it."""

    def __init__(self) -> None:
        self.market = Market(OKX)
        self.frames: list[tuple[int, bytes]] = []
        self.best: list[tuple[int, float, float]] = []  # (ns, bid, ask) as they truly were
        self.add(self.market.okx_snapshot())
        self.mark()

    def add(self, frame: bytes) -> None:
        self.frames.append((self.market.now_ms, frame))

    def mark(self) -> None:
        if not (self.market.bids and self.market.asks):
            return
        best = max(self.market.bids) / 10, min(self.market.asks) / 10
        if not self.best or self.best[-1][1:] != best:
            self.best.append((self.market.now_ms * MS, *best))

    def move(self, *edits: tuple[int, int, int], lost: bool = False) -> None:
        """Change the market; the frame that tells of it may be lost."""
        frame = self.market.okx_update(edits)
        if not lost:
            self.add(frame)
            self.mark()

    def drift(self, steps: int) -> None:
        """Let the touch move up and down, one edit a frame."""
        for step in range(steps):
            self.move((1, 1001, 5 if step % 2 else 0), (-1, 1002, step + 1))

    def written(self, folder: Path) -> Path:
        return recorded(folder / "session.txt", self.frames)
