"""Forecasts on a recorded market, scored against the book that each order would have met."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.core.view import BookSide, BookView
from fillcast.forecast.forecast import Forecast, forecast
from fillcast.forecast.order import parse_order
from fillcast.models.fees import stated_fee
from fillcast.models.volatility import EwmaVolatility, VolatilityEstimate

BTCUSDT = Instrument("binance_usdm", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
FEE = stated_fee(5.0)
STEP_NS = 250_000_000
LATENCY_STEPS = 1
LEVELS = 400  # a side; 50 BTC reached the 276th here


def side_of(levels: dict[int, int], best_first: int) -> BookSide:
    ticks = np.array(sorted(levels, key=lambda tick: best_first * tick)[:LEVELS], np.int64)
    return BookSide(BTCUSDT, ticks, np.array([levels[tick] for tick in ticks.tolist()], np.int64))


def moments(path: Path) -> Iterator[tuple[BookView, VolatilityEstimate]]:
    """Yield the book and the volatility as known every 250 ms of the venue's clock, from a plain dict book."""
    bids: dict[int, int] = {}
    asks: dict[int, int] = {}
    volatility = EwmaVolatility()
    next_ns = last_id = 0
    with gzip.open(path, "rt") as lines:
        for line in lines:
            if '"lastUpdateId"' in line:
                snapshot = json.loads(line.partition(" ")[2])
                last_id, changes, event_ns = snapshot["lastUpdateId"], (snapshot["bids"], snapshot["asks"]), 0
            elif last_id and '"depthUpdate"' in line:
                update = json.loads(line.partition(" ")[2])["data"]
                if update["u"] < last_id:
                    continue
                changes, event_ns = (update["b"], update["a"]), update["E"] * 1_000_000
            else:
                continue
            next_ns = next_ns or event_ns
            while next_ns < event_ns:
                sides = side_of(bids, -1), side_of(asks, 1)
                view = BookView(BTCUSDT, 1, BookState.LIVE, Proof.SEQUENCE, "", last_id, next_ns, *sides, None, None)
                yield view, volatility.estimate()
                next_ns += STEP_NS
            for book, levels in zip((bids, asks), changes, strict=True):
                for price, size in levels:
                    tick, lots = round(float(price) * 10), round(float(size) * 1000)
                    if lots:
                        book[tick] = lots
                    else:
                        book.pop(tick, None)
            if event_ns:
                volatility.update(event_ns, (max(bids) + min(asks)) / 20)


@pytest.fixture(scope="module")
def scored(captures: Path) -> list[tuple[Forecast, float]]:
    """Return forecasts beside the cost that was realised, fee included, in bps of the forecast's arrival mid."""
    path = captures / "binance_usdm" / "btcusdt_20240808.gz"
    if not path.is_file():
        pytest.skip(f"needs the capture {path.name}")
    seen = list(moments(path))
    found: list[tuple[Forecast, float]] = []
    for index in range(0, len(seen) - LATENCY_STEPS, 4):
        (view, volatility), (later, _) = seen[index], seen[index + LATENCY_STEPS]
        for side in ("buy", "sell"):
            for size in ("0.01", "1", "10", "50"):
                order = parse_order(BTCUSDT, side, size)
                made = forecast(order, view, fee=FEE, volatility=volatility, now_ns=view.event_ns)
                met = forecast(order, later, fee=FEE, volatility=volatility, now_ns=later.event_ns)
                assert made.arrival_mid is not None
                assert met.fill is not None
                realised = 1e4 * order.side * (met.fill.all_in_price - made.arrival_mid) / made.arrival_mid
                found.append((made, realised))
    return found


def coverage(scored: list[tuple[Forecast, float]]) -> float:
    nets = [(made.net, realised) for made, realised in scored if made.net is not None]
    return sum(net.low_bps <= realised <= net.high_bps for net, realised in nets) / len(nets)


def of_size(scored: list[tuple[Forecast, float]], size: str) -> list[tuple[Forecast, float]]:
    return [(made, realised) for made, realised in scored if made.order.size.text == size]


@pytest.mark.parametrize("size", ["0.01", "1", "10", "50"])
def test_a_90_percent_interval_held_nine_times_in_ten(scored: list[tuple[Forecast, float]], size: str) -> None:
    chosen = of_size(scored, size)

    assert len(chosen) > 600
    assert coverage(chosen) == pytest.approx(0.90, abs=0.04)


@pytest.mark.parametrize("size", ["0.01", "1", "10", "50"])
def test_the_expected_cost_is_without_bias(scored: list[tuple[Forecast, float]], size: str) -> None:
    errors = [realised - made.net.bps for made, realised in of_size(scored, size) if made.net is not None]

    assert abs(float(np.mean(errors))) < 0.05  # of costs of 5 to 8 bps; the errors' deviation is 0.7 bps


def test_an_interval_that_is_too_narrow_or_shifted_is_caught(scored: list[tuple[Forecast, float]]) -> None:
    def planted(shrink: float, shift_bps: float) -> float:
        changed = [
            (
                replace(
                    made,
                    priced=replace(
                        made.priced,
                        net=replace(
                            made.net,
                            low_bps=made.net.bps + shift_bps + shrink * (made.net.low_bps - made.net.bps),
                            high_bps=made.net.bps + shift_bps + shrink * (made.net.high_bps - made.net.bps),
                        ),
                    ),
                ),
                realised,
            )
            for made, realised in scored
            if made.net is not None
        ]
        return coverage(changed)

    assert planted(1.0, 0.0) == pytest.approx(0.90, abs=0.04)
    assert planted(0.25, 0.0) < 0.86
    assert planted(1.0, 2.0) < 0.5
    assert planted(4.0, 0.0) > 0.94
