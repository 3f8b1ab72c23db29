"""A made-up book that moves, and an order that walks it: the same for the same seed."""

from __future__ import annotations

import random
from typing import Any

import numpy as np

from fillcast.dashboard import wire
from fillcast.dashboard.wire_books import Book, Depth, Taken, Trades

START_MS = 1_790_000_000_000.0
FRAME_MS = 50.0
TICK = 0.1
KEY = "okx:BTC-USDT"


class MadeUpBook:
    """A book that moves, an order that walks it, and the parts of a frame that say so."""

    def __init__(self, seed: int = 7, size: float = 10.0, side: int = 1) -> None:
        self.draw = random.Random(seed)
        self.mid_ticks = 684_320
        self.asked = wire.Asked(instrument=KEY, side="buy" if side > 0 else "sell", size=f"{size:g}btc")
        self.size = size
        self.side = side
        self.version = 1
        self.now_ms = START_MS
        self.bids: dict[int, float] = {}
        self.asks: dict[int, float] = {}
        self.state, self.reason, self.age_ms = "LIVE", "", 12.0
        self._refill()

    def _refill(self) -> None:
        for i in range(200):
            step = 1 + i + self.draw.randrange(3)
            self.bids.setdefault(self.mid_ticks - step, self._some(i))
            self.asks.setdefault(self.mid_ticks + step, self._some(i))
        self.bids = {tick: size for tick, size in self.bids.items() if tick < self.mid_ticks}
        self.asks = {tick: size for tick, size in self.asks.items() if tick > self.mid_ticks}
        self.bids = dict(sorted(self.bids.items(), reverse=True)[: wire.MOST_LEVELS])
        self.asks = dict(sorted(self.asks.items())[: wire.MOST_LEVELS])

    def _some(self, rank: int) -> float:
        wall = 8.0 if (rank % 37) == 5 else 0.0
        return round(self.draw.expovariate(2.5) + 0.02 + wall * self.draw.random(), 4)

    def move(self, changes: int = 40) -> tuple[int, dict[int, float], dict[int, float]]:
        """Change the book; return the version before, and the levels that changed with 0 for those gone."""
        before, old_bids, old_asks = self.version, dict(self.bids), dict(self.asks)
        self.mid_ticks += self.draw.choice([-3, -1, 0, 0, 1, 3])
        for side in (self.bids, self.asks):
            for tick in self.draw.sample(sorted(side), min(changes, len(side))):
                side[tick] = self._some(self.draw.randrange(200))
        self._refill()
        self.version += 1
        self.now_ms += FRAME_MS
        return before, _changed(old_bids, self.bids), _changed(old_asks, self.asks)

    @property
    def best_bid(self) -> int:
        return max(self.bids)

    @property
    def best_ask(self) -> int:
        return min(self.asks)

    @property
    def mid(self) -> float:
        return (self.best_bid + self.best_ask) / 2 * TICK

    def book(self, base: int | None = None, bids: Any = None, asks: Any = None) -> Book:
        """Return the whole book, or a change from version `base`."""
        bids = dict(sorted(self.bids.items(), reverse=True)) if base is None else bids
        asks = dict(sorted(self.asks.items())) if base is None else asks
        spread = (self.best_ask - self.best_bid) * TICK
        return Book(
            instrument=self.asked.instrument,
            version=self.version,
            base=base,
            state=self.state,  # type: ignore[arg-type]
            reason=self.reason,
            proof="sequence",
            age_ms=self.age_ms,
            changed_ms=self.age_ms + 20,
            sequence=100 + self.version,
            event_ms=self.now_ms - self.age_ms,
            mid=self.mid,
            best_bid=self.best_bid * TICK,
            best_ask=self.best_ask * TICK,
            spread=spread,
            spread_bps=spread / self.mid * 1e4,
            proven_bid_ticks=self.best_bid - 170,
            proven_ask_ticks=self.best_ask + 170,
            wide=False,
            bid_ticks=np.array(list(bids), dtype="<i4").tobytes(),
            bid_sizes=np.array(list(bids.values()), dtype="<f8").tobytes(),
            ask_ticks=np.array(list(asks), dtype="<i4").tobytes(),
            ask_sizes=np.array(list(asks.values()), dtype="<f8").tobytes(),
        )

    def walk(self, size: float) -> tuple[float, float, int, int, float]:
        """Return base and quote met, levels, worst tick and the share of it."""
        levels = sorted(self.asks.items()) if self.side > 0 else sorted(self.bids.items(), reverse=True)
        base = quote = share = 0.0
        count, worst = 0, levels[0][0]
        for tick, held in levels:
            if base >= size:
                break
            take = min(held, size - base)
            base, quote, count, worst, share = base + take, quote + take * tick * TICK, count + 1, tick, take / held
        return base, quote, count, worst, share

    def taken(self) -> Taken:
        base, quote, levels, worst, share = self.walk(self.size)
        return Taken(self.version, self.side, base, levels, worst, share, quote / base, None)

    def cost_bps(self, size: float) -> tuple[float, float]:
        """Return half-spread and slippage."""
        base, quote, *_ = self.walk(size)
        half = (self.best_ask - self.best_bid) / 2 * TICK / self.mid * 1e4
        return half, self.side * (quote / base / self.mid - 1) * 1e4 - half

    def depth(self) -> Depth:
        bps = [0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 16.0, 20.0, 25.0]
        base: dict[int, list[float]] = {1: [], -1: []}
        quote: dict[int, list[float]] = {1: [], -1: []}
        for within in bps:
            for side, levels in ((1, self.asks), (-1, self.bids)):
                near = [(t, s) for t, s in levels.items() if abs(t * TICK / self.mid - 1) * 1e4 <= within]
                base[side].append(sum(size for _, size in near))
                quote[side].append(sum(size * tick * TICK for tick, size in near))
        return Depth(self.version, bps, base[-1], base[1], quote[-1], quote[1], self.walk(self.size)[1])

    def trades(self, count: int = 2) -> Trades:
        sides = [self.draw.choice([1, -1]) for _ in range(count)]
        ticks = [self.best_ask if side > 0 else self.best_bid for side in sides]
        return Trades(
            self.asked.instrument,
            0,
            False,
            np.array([self.now_ms - FRAME_MS * self.draw.random() for _ in sides], dtype="<f8").tobytes(),
            np.array(ticks, dtype="<i4").tobytes(),
            np.array([self.draw.expovariate(3) for _ in sides], dtype="<f8").tobytes(),
            np.array(sides, dtype="<i1").tobytes(),
        )


def _changed(old: dict[int, float], new: dict[int, float]) -> dict[int, float]:
    gone = dict.fromkeys(old.keys() - new.keys(), 0.0)
    return gone | {tick: size for tick, size in new.items() if old.get(tick) != size}
