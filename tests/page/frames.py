"""Frames as the server sends them, of a made-up market: the same for the same seed, written with the wire's structs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from fillcast.dashboard import wire
from fillcast.dashboard.wire_books import Last
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
from tests.page.made_up_book import KEY, START_MS, TICK, MadeUpBook

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


class MadeUpMarket(MadeUpBook):
    """Every other part of a frame."""

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
