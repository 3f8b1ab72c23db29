"""The rolling features by their definitions: everything that came is kept, and every answer looks through all of it."""

from __future__ import annotations

import math
from itertools import pairwise

from fillcast.core.events import SNAPSHOT, TOUCH, TRADES
from fillcast.models.features.layout_kernels import AUTOCORRELATION_HALF_LIFE_S, HALF_LIVES_S, LEVELS, WINDOWS_NS
from fillcast.models.volatility import EwmaVolatility
from tests.models.features.streams import INSTRUMENT, Frame

Levels = list[tuple[int, int]]  # (ticks, lots), best first
NAMES = {100_000_000: "100ms", 1_000_000_000: "1s", 10_000_000_000: "10s", 60_000_000_000: "60s"}


def queue_part(before: tuple[int, int], after: tuple[int, int], side: int) -> int:
    """One side's part of e, in its own words: what joins at an equal or better price less what was at one."""
    (price0, lots0), (price, lots) = before, after
    at_least, at_most = side * price >= side * price0, side * price <= side * price0
    return (lots if at_least else 0) - (lots0 if at_most else 0)


class Twin:
    """Fed with frames; `at` gives the features by name."""

    def __init__(self) -> None:
        self.sides: dict[int, dict[int, int]] = {1: {}, -1: {}}
        self.clock = self.first = 0
        self.changes: list[tuple[int, list[int], int, int]] = []  # time, e of each level, added, removed
        self.trades: list[tuple[int, int]] = []
        self.books: list[tuple[int, dict[int, Levels]]] = []  # since the flow started
        self.mids: list[tuple[int, float]] = []
        self.changed = 0
        self.lag = math.nan

    def play(self, frame: Frame) -> None:
        dirty = False
        for one in frame.messages:
            if one.index or one.kind == TOUCH:
                continue
            self.clock = max(self.clock, one.event_ns)
            self.first = self.first or self.clock
            if one.kind == TRADES:
                self.trades += [(self.clock, side * lots) for side, _, lots in one.rows]
                continue
            dirty, self.lag = True, one.lag_ns / 1e9
            if one.kind == SNAPSHOT:
                self.sides = {1: {}, -1: {}}
                if not one.full_state:
                    self.books = []
            for side, ticks, lots in one.rows:
                self.sides[side][ticks] = lots
        if not frame.live:
            self.books = []
        elif dirty:
            self.look()

    def top(self, side: int) -> Levels:
        shown = [(ticks, lots) for ticks, lots in self.sides[side].items() if lots]
        return sorted(shown, key=lambda level: -side * level[0])[:LEVELS]

    def look(self) -> None:
        self.changed = self.clock
        now = {side: self.top(side) for side in (1, -1)}
        if not (now[1] and now[-1]):
            self.books = []
            return
        self.mids.append((self.clock, (now[1][0][0] + now[-1][0][0]) / 2))
        if self.books:
            before = self.books[-1][1]
            flows = [
                sum(side * queue_part(before[side][m], now[side][m], side) for side in (1, -1))
                if all(len(levels) > m for levels in (*now.values(), *before.values()))
                else 0
                for m in range(LEVELS)
            ]
            added = removed = 0
            for side in (1, -1):
                for price in {ticks for ticks, _ in (*before[side], *now[side])}:
                    cut = [levels[-1][0] for levels in (before[side], now[side]) if len(levels) == LEVELS]
                    if all(side * price >= side * last for last in cut):
                        step = dict(now[side]).get(price, 0) - dict(before[side]).get(price, 0)
                        added, removed = added + max(step, 0), removed + max(-step, 0)
            self.changes.append((self.clock, flows, added, removed))
        self.books.append((self.clock, now))

    def refill(self, side: int, now_ns: int) -> float:
        def above(levels: Levels, floor: int) -> int:
            return sum(lots for ticks, lots in levels if side * ticks >= side * floor)

        for place in range(len(self.books) - 1, 0, -1):
            before, (at_ns, after) = self.books[place - 1][1][side], self.books[place]
            left, total = above(after[side], before[-1][0]), above(before, before[-1][0])
            if side * after[side][0][0] < side * before[0][0] and left <= total / 2:
                share, until = 0.0, now_ns
                for then_ns, levels in self.books[place + 1 :]:
                    share = (above(levels[side], before[-1][0]) - left) / (total - left)
                    if share >= 0.5:
                        until = then_ns
                        break
                return share / (max(until - at_ns, 10**6) / 1e9)
        return math.nan

    def autocorrelation(self) -> float:
        stamps: dict[int, int] = {}
        for at_ns, lots in self.trades:
            stamps[at_ns] = stamps.get(at_ns, 0) + lots
        closed = list(stamps.items())[:-1]
        if len(closed) < 2:
            return math.nan
        pairs = [
            (2 ** ((at - closed[-1][0]) / 1e9 / AUTOCORRELATION_HALF_LIFE_S), v0, v)
            for (_, v0), (at, v) in pairwise(closed)
        ]
        up = sum(w * v0 * v for w, v0, v in pairs)
        down = math.sqrt(sum(w * v * v for w, _, v in pairs) * sum(w * v0 * v0 for w, v0, _ in pairs))
        return up / down if down else math.nan

    def at(self, now_ns: int) -> dict[str, float]:
        found: dict[str, float] = {}
        lot = INSTRUMENT.lot_value
        for window, name in NAMES.items():
            changes = [one for one in self.changes if now_ns - window < one[0] <= now_ns]
            trades = [lots for at, lots in self.trades if now_ns - window < at <= now_ns]
            traded = sum(map(abs, trades))
            for level in range(LEVELS):
                key = f"ofi_{name}" if level == 0 else f"mlofi_{level + 1}_{name}"
                found[key] = sum(one[1][level] for one in changes) * lot
            found[f"tfi_{name}"] = sum(trades) * lot
            if window > WINDOWS_NS[0]:
                added, removed = sum(one[2] for one in changes), sum(one[3] for one in changes)
                found[f"trade_intensity_{name}"] = len(trades) / (window / 1e9)
                found[f"mean_trade_size_{name}"] = traded * lot / len(trades) if trades else math.nan
                found[f"cancel_add_ratio_{name}"] = max(removed - traded, 0) / added if added else math.nan
        sigmas = []
        for life in HALF_LIVES_S:
            ewma = EwmaVolatility(life)
            for at_ns, mid in self.mids:
                ewma.update(at_ns, mid)
            measured = ewma.sigma_per_sqrt_s
            sigmas.append(math.nan if measured is None else measured * 1e4)
            found[f"sigma_{life:g}s"] = sigmas[-1]
        for (fast, up), (slow, down) in pairwise(zip(HALF_LIVES_S, sigmas, strict=True)):
            found[f"sigma_ratio_{fast:g}s_{slow:g}s"] = up / down if down else math.nan
        found["signed_volume_autocorrelation"] = self.autocorrelation()
        found["refill_bid"], found["refill_ask"] = self.refill(1, now_ns), self.refill(-1, now_ns)
        moves = [at for (_, old), (at, new) in pairwise(self.mids) if old != new]
        found["since_trade"] = (now_ns - self.trades[-1][0]) / 1e9 if self.trades else math.nan
        found["since_mid_move"] = (now_ns - moves[-1]) / 1e9 if moves else math.nan
        found["book_age"] = (now_ns - self.changed) / 1e9 if self.changed else math.nan
        found["feed_latency"], found["seen"] = self.lag, (now_ns - self.first) / 1e9
        found["minute_of_day"] = now_ns // (60 * 10**9) % 1440
        found["day_of_week"] = (now_ns // (86_400 * 10**9) + 3) % 7
        return found
