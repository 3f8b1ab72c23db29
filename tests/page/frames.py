"""Frames as the server sends them, of a made-up market: the same for the same seed, written with the wire's structs."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from fillcast.dashboard import wire
from fillcast.dashboard.wire_books import Book, Depth, Last, Taken, Trades
from fillcast.dashboard.wire_quote import (
    Quoted,
    QuotedBook,
    QuotedComponent,
    QuotedNet,
    QuotedOrder,
    QuotedReference,
)
from fillcast.dashboard.wire_studies import Compared, Comparison, Curve, Frontier, Line, Market, Path, Schedule
from fillcast.dashboard.wire_vitals import Connection, Health, Latency, Process, Stage

START_MS = 1_790_000_000_000.0
FRAME_MS = 50.0
TICK = 0.1
KEY = "okx:BTC-USDT"
OTHER = "binance_usdm:BTCUSDT"
TAKER_BPS = 8.0

INSTRUMENTS = wire.Instruments(
    [
        wire.Instrument(
            KEY, "okx", "BTC-USDT", "BTC", "USDT", "USDT", TICK, 1, 8, "linear", ["Lv1", "VIP1"], ["btc", "usdt"]
        ),
        wire.Instrument(
            OTHER,
            "binance_usdm",
            "BTCUSDT",
            "BTC",
            "USDT",
            "USDT",
            TICK,
            1,
            3,
            "linear",
            ["VIP 0", "VIP 1"],
            ["btc", "usdt", "usd"],
        ),
    ],
    {},
    "0.1.0",
)


def encode(seq: int, parts: Sequence[tuple[str, Any]], sent_ms: float = START_MS, version: int = wire.VERSION) -> bytes:
    """Return one frame."""
    return msgspec.msgpack.encode(wire.Frame(version, seq, sent_ms, list(parts)))


class MadeUpMarket:
    """A book that moves, an order that walks it, and every other part of a frame."""

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

    def forecast(self) -> Quoted:
        base, quote, levels, worst, _ = self.walk(self.size)
        half, slip = self.cost_bps(self.size)
        points = {"half_spread": half, "slippage": slip, "latency": 0.043, "fee": TAKER_BPS}
        spread = {"latency": 0.9}
        unit = quote / 1e4
        parts = [
            QuotedComponent(
                name,
                bps,
                bps * unit,
                bps - spread.get(name, 0.0),
                bps + spread.get(name, 0.0),
                (bps - spread.get(name, 0.0)) * unit,
                (bps + spread.get(name, 0.0)) * unit,
                f"book {KEY} seq {100 + self.version} proof sequence",
            )
            for name, bps in points.items()
        ]
        net = sum(points.values())
        low, high = net - 1.52, net + 1.88
        return Quoted(
            instrument=self.asked.instrument,
            as_of_ns=int(self.now_ms * 1e6),
            book=QuotedBook(
                "LIVE", "sequence", self.age_ms, 32.0, 100 + self.version, 24.8, self.version, int(self.now_ms * 1e6)
            ),
            order=QuotedOrder(
                "buy" if self.side > 0 else "sell",
                self.asked.type,
                self.asked.size,
                "base",
                None,
                None,
                None,
                None,
                None,
                None,
                f"{base:.4f}",
                None,
                250.0,
                None,
            ),
            reference=QuotedReference("arrival_mid", self.mid),
            filled_base=base,
            filled_quote=quote,
            unfilled_base=0.0,
            unproven_base=0.0,
            average_price=quote / base,
            all_in_price=quote / base,
            worst_price=worst * TICK,
            levels=levels,
            components=parts,
            net=QuotedNet(net, net * unit, low, high, low * unit, high * unit, 0.9, at_most=False),
            cost_currency="USDT",
            reason=None,
            common_reference=None,
            common_rate=None,
            net_vs_common_bps=None,
            not_compared=None,
            maker_share=0.12,
            maker_share_range=[0.04, 0.31],
            fill_probability=0.87,
            fill_probability_range=[0.71, 0.95],
            schedule=[],
            footprint_bps=None,
            distribution=None,
            square_root=None,
            provenance=["book okx:BTC-USDT proof sequence", "volatility 42.1 % a year, measured over 60 s"],
        )

    def no_forecast(self, reason: str) -> Quoted:
        return msgspec.structs.replace(self.forecast(), net=None, components=[], reason=reason)

    def last(self, age_ms: float) -> Last:
        return Last(self.forecast(), age_ms)

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

    def curve(self) -> Curve:
        sizes = [0.1 * 1.25**i for i in range(24)]
        now = [sum(self.cost_bps(size)) + TAKER_BPS for size in sizes]
        half = self.cost_bps(0.1)[0] + TAKER_BPS
        twap = [half + 0.35 * math.sqrt(size) for size in sizes]
        best = [half + 0.25 * math.sqrt(size) for size in sizes]

        def line(net: list[float], wide: float) -> Line:
            return Line(sizes, net, [x - wide for x in net], [x + wide for x in net], [False] * len(net), "")

        half_bps, slip = self.cost_bps(self.size)
        return Curve(
            self.version,
            self.side,
            0.9,
            line(now, 0.8),
            line(twap, 2.2),
            line(best, 1.6),
            self.size,
            half_bps + slip + TAKER_BPS,
        )

    def schedule(self) -> Schedule:
        times = [60.0 * i for i in range(10)]

        def path(name: str, weights: list[float], reason: str = "") -> Path:
            base = [self.size * w / sum(weights) for w in weights]
            left = [self.size - sum(base[: i + 1]) for i in range(len(base))]
            return Path(
                name, times[: len(base)], base, left, [self.mid + 0.3 * i for i in range(len(base))], 8.9, 2.4, reason
            )

        paths = [
            path("order", [1.0]),
            path("twap", [1.0] * 10),
            path("optimal", [math.exp(-0.35 * i) for i in range(10)]),
        ]
        return Schedule(
            self.version, 600.0, paths, [60.0 * i for i in range(11)], [0.65 * math.sqrt(60.0 * i) for i in range(11)]
        )

    def frontier(self) -> Frontier:
        risks = [10 ** (-8 + 0.5 * i) for i in range(10)]
        cost = [8.3 + 0.09 * i * i for i in range(10)]
        return Frontier(
            self.version, 600.0, risks, cost, [11 * math.exp(-0.28 * i) for i in range(10)], 4, 16.9, 0.6, ""
        )

    def comparison(self) -> Comparison:
        net = self.forecast().net
        assert net is not None
        rows = [
            Compared(
                KEY,
                "LIVE",
                "sequence",
                "",
                self.age_ms,
                self.best_bid * TICK,
                self.best_ask * TICK,
                0.03,
                net.bps,
                net.low_bps,
                net.high_bps,
                net.quote,
                "USDT",
                False,
                TAKER_BPS,
                net.bps + 0.11,
                "",
                0.46,
                19.7,
            ),
            Compared(
                OTHER,
                "LIVE",
                "sequence",
                "",
                31.0,
                self.best_bid * TICK,
                self.best_ask * TICK,
                0.02,
                6.32,
                4.9,
                7.9,
                432.5,
                "USDT",
                False,
                5.0,
                6.21,
                "",
                0.54,
                24.1,
            ),
        ]
        return Comparison(rows, "mean of mids", self.mid, "USDT", 5.87, 0.34, False, "")

    def latency(self) -> Latency:
        edges = [2.0**i for i in range(16)]

        def stage(name: str, peak: int) -> Stage:
            counts = [round(900 * math.exp(-((i - peak) ** 2) / 3)) for i in range(15)]
            return Stage(
                name,
                sum(counts),
                edges[peak] * 1.3,
                edges[peak + 1] * 1.4,
                edges[peak + 2] * 1.2,
                edges[peak + 3] * 1.1,
                edges,
                counts,
            )

        return Latency(
            [
                stage("venue → receive", 12),
                stage("decode", 3),
                stage("apply", 2),
                stage("forecast", 5),
                stage("→ screen", 11),
            ]
        )

    def health(self, gap_is_open: bool = False) -> Health:
        link = Connection(
            "okx", "ws://127.0.0.1/ws", "open", "connected, subscribed to 1 instrument", 1, None, [KEY, OTHER]
        )
        return Health(
            [link],
            12_345,
            158.0,
            9_000_000,
            2,
            2,
            1,
            0,
            0,
            "sequence 812 followed 809",
            gap_is_open,
            [],
            1,
            [Process("feed", 21.0, 142.0), Process("page", 9.0, 63.0)],
        )

    def market(self) -> Market:
        return Market(self.asked.instrument, 42.1, "measured over 60 s", 84, 79, 12.3, 11.8, 60.0)

    def order(self) -> wire.Order:
        return wire.Order(self.asked, 42.1, False, 600.0, 1e-6)

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

    def studies(self) -> list[tuple[str, Any]]:
        return [
            ("depth", self.depth()),
            ("curve", self.curve()),
            ("schedule", self.schedule()),
            ("frontier", self.frontier()),
        ]

    def whole(self) -> list[tuple[str, Any]]:
        """Everything at once, as a connection's first frame and each after `RESEND` has it."""
        return [
            ("instruments", INSTRUMENTS),
            ("order", self.order()),
            ("book", self.book()),
            ("trades", self.trades()),
            ("taken", self.taken()),
            ("forecast", self.forecast()),
            *self.studies(),
            ("comparison", self.comparison()),
            ("market", self.market()),
            ("latency", self.latency()),
            ("health", self.health()),
        ]

    def next(self, studies: bool = False) -> list[tuple[str, Any]]:
        """Move, and say what changed."""
        before, bids, asks = self.move()
        parts = [
            ("book", self.book(before, bids, asks)),
            ("trades", self.trades(self.draw.randrange(3))),
            ("taken", self.taken()),
            ("forecast", self.forecast()),
        ]
        return parts + (self.studies() if studies else [])


def _changed(old: dict[int, float], new: dict[int, float]) -> dict[int, float]:
    gone = dict.fromkeys(old.keys() - new.keys(), 0.0)
    return gone | {tick: size for tick, size in new.items() if old.get(tick) != size}
