"""``python -m benchmarks.forecast``: what one whole market-order forecast takes on the live book of a capture.

The USD-M capture is played frame by frame. After every so many frames one forecast is made and timed, with everything
that it rests on: the features of book and flow, the volatility, the walk, the fee, the parts and their intervals. Two
times stand beside each other:

- shared: the version's view exists and has been read once, as when several orders are asked of one version;
- fresh: the first forecast of a version, which copies the book's levels and sums them.

In the same run, on the same book, a peer does what a forecast needs at least: it walks lists of levels made outside the
time in plain Python, once, for the average price alone. The turns of the three alternate.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.frames import load
from benchmarks.targets import Target, show
from benchmarks.timing import quiet
from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.core.view import BookView
from fillcast.forecast.forecast import forecast
from fillcast.forecast.order import parse_order
from fillcast.models.features import FeatureState, features_at
from fillcast.models.fees import FeeRate
from fillcast.models.volatility import EwmaVolatility
from fillcast.venues.dialects import detect

SIZE = 10.0  # base units: the walk of architecture decision 1
FEE = FeeRate(2.0, 5.0, "regular", "2026-11-22", "a rate of USD-M futures")
BOUND_US = 50.0
WARM_UP = 200  # forecasts before any is timed


class Asked:
    """One order on one live book, and what its forecasts rest on."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.order = parse_order(book.instrument, "buy", str(SIZE))
        self.volatility = EwmaVolatility(60.0)
        self.features = FeatureState(book.instrument)

    def answer(self, view: BookView) -> object:
        """Return features and forecast, as a scored model needs them."""
        found = features_at(self.features, view, self.order.side, SIZE)
        return found, forecast(self.order, view, fee=FEE, volatility=self.volatility.estimate(), now_ns=view.event_ns)

    def first(self) -> object:
        """Return them of a version that nobody has asked for."""
        return self.answer(self.book.view())


def plain_walk(levels: list[tuple[float, float]], size: float) -> float:
    left, paid = size, 0.0
    for price, amount in levels:
        took = min(left, amount)
        paid += took * price
        left -= took
        if left <= 0:
            break
    return paid / (size - left)


def timed(work: Callable[[], object]) -> float:
    start = time.perf_counter_ns()
    work()
    return (time.perf_counter_ns() - start) / 1e3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--forecasts", type=int, default=2_000)
    parser.add_argument("--every", type=int, default=3, help="frames between two")
    parser.add_argument("--json", metavar="FILE")
    options = parser.parse_args()
    captures, skipped = load()
    for line in skipped:
        print(line)
    capture = next((one for one in captures if one.venue == "binance_usdm"), None)
    if capture is None:
        raise SystemExit("the USD-M capture is needed")
    (symbol, scale), *_ = capture.instruments.items()
    instrument = Instrument(capture.venue, symbol, "BTC", "USDT", Decimal(scale.tick), Decimal(scale.lot))
    dialect = detect(capture.frames[0])
    if dialect is None or capture.snapshot is None:
        raise SystemExit(f"{capture.name} is no capture that a book can be built of")
    connection = dialect.connection([instrument], fast=True)
    connection.opened(time.time_ns(), time.monotonic_ns())
    connection.snapshot_reply(symbol, capture.snapshot, time.time_ns(), time.monotonic_ns())
    book, asked = connection.books[0], Asked(connection.books[0])
    took: dict[str, list[float]] = {"fresh": [], "shared": [], "plain walk alone": []}
    made = 0
    with quiet():
        for number, frame in enumerate(capture.frames):
            connection.frame(frame, time.time_ns(), time.monotonic_ns())
            if book.state is not BookState.LIVE:
                continue
            asked.features.update(connection.events, 0, book)
            asked.volatility.update(book.event_ns, book.mid)
            if number % options.every:
                continue
            fresh = timed(asked.first)
            view = book.view()
            asked.answer(view)
            shared = timed(lambda view=view: asked.answer(view))
            levels = list(zip(view.asks.price.tolist(), (view.asks.lots * instrument.lot_value).tolist(), strict=True))
            walked = timed(lambda levels=levels: plain_walk(levels, SIZE))
            made += 1
            if made > WARM_UP:
                for name, value in zip(took, (fresh, shared, walked), strict=True):
                    took[name].append(value)
            if made >= WARM_UP + options.forecasts:
                break
    report(took, len(view.asks), options.json)


def report(took: dict[str, list[float]], levels: int, target: str | None) -> None:
    console = Console()
    console.print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {levels} levels a side at the end")
    table = Table(title="one market-order forecast with its features", title_justify="left", header_style="bold")
    table.add_column("", no_wrap=True)
    for column in ("n", "p50, µs", "p90, µs", "p99, µs", "max, µs", "× plain walk"):
        table.add_column(column, justify="right")
    plain = float(np.median(took["plain walk alone"]))
    for name, values in took.items():
        shown = [f"{value:.1f}" for value in (*np.percentile(values, (50, 90, 99)), max(values))]
        table.add_row(name, str(len(values)), *shown, f"{np.median(values) / plain:.1f}")
    console.print(table)
    median = float(np.median(took["shared"]))
    targets = [Target("a forecast on a live book, p50, µs", "<=", BOUND_US, median)]
    show(console, targets)
    if target:
        found = {"took_us": took, "targets": [one.as_json() for one in targets]}
        Path(target).write_text(json.dumps(found) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
