"""``python -m benchmarks.snapshots``: orders of many sizes in many snapshots, ours and a plain Python loop, in turns.

The loop does what a backtest does without us: for each snapshot and size it walks lists of levels and divides. It
reads lists made outside the time, as fast as Python can. Ours is `fillcast.cost` on checked arrays; how long checking
them takes once is printed too. Before any timing every number of both is compared.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from datetime import UTC, datetime
from importlib.metadata import version

import numpy as np

from benchmarks.timing import in_turns
from fillcast import Snapshots, cost

FEE_BPS = 7.5
ALLOWED = 1e-9  # bps: sums in another order


def drawn(count: int, levels: int, seed: int) -> tuple[np.ndarray, ...]:
    draw = np.random.default_rng(seed)
    mid = 100.0 + np.cumsum(draw.normal(0.0, 0.01, count))[:, None]
    away = np.cumsum(draw.uniform(0.005, 0.02, (2, count, levels)), axis=-1)
    sizes = draw.exponential(1.0, (2, count, levels)) + 0.01
    return mid - away[0], sizes[0], mid + away[1], sizes[1]


def loop(bids: list[float], asks: list[list[float]], shown: list[list[float]], sizes: list[float]) -> list[list[float]]:
    """Return net bps of buying each size in each snapshot; NaN where it is not shown."""
    rows = []
    for bid, prices, amounts in zip(bids, asks, shown, strict=True):
        mid = (bid + prices[0]) / 2
        row = []
        for size in sizes:
            left, paid = size, 0.0
            for price, amount in zip(prices, amounts, strict=True):
                if amount >= left:
                    paid += left * price
                    left = 0.0
                    break
                paid += amount * price
                left -= amount
            average = paid / size
            row.append(math.nan if left else 1e4 * (average - mid) / mid + FEE_BPS * average / mid)
        rows.append(row)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--snapshots", type=int, default=20_000)
    parser.add_argument("--levels", type=int, default=20)
    parser.add_argument("--sizes", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seed", type=int, default=20260824)
    options = parser.parse_args()
    arrays = drawn(options.snapshots, options.levels, options.seed)
    start = time.perf_counter()
    snapshots = Snapshots(*arrays)
    checked_s = time.perf_counter() - start
    sizes = np.geomspace(0.05, 0.5 * options.levels, options.sizes)
    lists = arrays[0][:, 0].tolist(), arrays[2].tolist(), arrays[3].tolist(), sizes.tolist()
    runs = {
        "fillcast.cost": lambda: cost(snapshots, sizes, "buy", fee_bps=FEE_BPS),
        "Python loop": lambda: loop(*lists),
    }
    ours, plain = runs["fillcast.cost"](), np.array(runs["Python loop"]())
    whole = ours.unfilled == 0
    apart = float(np.abs(ours.net_bps - plain)[whole].max())
    if apart > ALLOWED or not np.array_equal(whole, ~np.isnan(plain)):
        raise SystemExit(f"the two differ by {apart:.1e} bps")
    orders = options.snapshots * options.sizes
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, numpy {version('numpy')}")
    print(
        f"{options.snapshots} snapshots of {options.levels} levels, {options.sizes} sizes, net within {apart:.0e} bps"
    )
    print(f"checking the snapshots once: {1e3 * checked_s:.1f} ms")
    seconds = in_turns(runs, options.rounds, options.seed)
    for name, each in seconds.items():
        print(f"{name:14} median {1e3 * np.median(each):8.1f} ms, {orders / np.median(each):12,.0f} orders a second")
    ratios = np.array(seconds["Python loop"]) / np.array(seconds["fillcast.cost"])
    print(f"{np.median(ratios):.0f} x the loop ({ratios.min():.0f} to {ratios.max():.0f})")


if __name__ == "__main__":
    main()
