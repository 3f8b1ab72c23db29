"""Runs in ``.venv-peers``: replays level updates through hftbacktest's ROIVectorMarketDepth, both walks after
each message.

``python hftbacktest_replay.py FOLDER`` reads ``side``, ``ticks``, ``lots``, ``offsets`` and ``size_lots``
(.npy) from the folder, replays once to compile, writes ``costs.npy`` and prints ``ready``. Then, for every
line on stdin, it replays everything twice, the first time to warm the caches, and prints the seconds of the
second. Loading the events and building the backtest are not in them.

Ticks and lots are given as prices and quantities with tick size and lot size 1, so every double is a whole
number. Message m happens at time (m + 1) × STEP with no latency, and one ``elapse(STEP)`` applies a message.
The range of interest is ``MARGIN_TICKS`` around the snapshot's touch: levels outside are dropped, which saves
it work (50,000 was a tenth slower).
"""

import sys
import time
from pathlib import Path

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    LOCAL_EVENT,
    SELL_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit

STEP = 1_000
MARGIN_TICKS = 10_000


@njit(nogil=True)
def replay(backtest, messages, size_lots, costs):
    for message in range(messages):
        backtest.elapse(STEP if message else 0)
        depth = backtest.depth(0)
        lowest = depth.roi_lb_tick
        asks, bids = depth.ask_depth, depth.bid_depth
        total, left = 0.0, size_lots
        for index in range(depth.best_ask_tick - lowest, len(asks)):
            here = min(asks[index], left)
            total += (index + lowest) * here
            left -= here
            if left <= 0.0:
                break
        costs[message, 0] = size_lots - left
        costs[message, 1] = total
        total, left = 0.0, size_lots
        for index in range(depth.best_bid_tick - lowest, -1, -1):
            here = min(bids[index], left)
            total += (index + lowest) * here
            left -= here
            if left <= 0.0:
                break
        costs[message, 2] = size_lots - left
        costs[message, 3] = total


def events_of(folder):
    side, ticks, lots, offsets = (np.load(folder / f"{name}.npy") for name in ("side", "ticks", "lots", "offsets"))
    events = np.zeros(len(ticks), dtype=event_dtype)
    events["ev"] = np.where(side > 0, BUY_EVENT, SELL_EVENT) | DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT
    events["exch_ts"] = (np.repeat(np.arange(len(offsets) - 1), np.diff(offsets)) + 1) * STEP
    events["local_ts"] = events["exch_ts"]
    events["px"] = ticks
    events["qty"] = lots
    first = slice(offsets[0], offsets[1])
    touch = ticks[first][side[first] > 0].max()
    return events, float(max(0, touch - MARGIN_TICKS)), float(touch + MARGIN_TICKS), len(offsets) - 1


def main():
    folder = Path(sys.argv[1])
    events, lower, upper, messages = events_of(folder)
    size_lots = float(np.load(folder / "size_lots.npy"))

    def once():
        asset = (
            BacktestAsset()
            .data(events)
            .linear_asset(1.0)
            .constant_order_latency(0, 0)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0, 0.0)
            .tick_size(1.0)
            .lot_size(1.0)
            .roi_lb(lower)
            .roi_ub(upper)
            .last_trades_capacity(0)
        )
        backtest = ROIVectorMarketDepthBacktest([asset])
        costs = np.zeros((messages, 4))
        start = time.perf_counter()
        replay(backtest, messages, size_lots, costs)
        seconds = time.perf_counter() - start
        backtest.close()
        return costs, seconds

    once()
    costs, _ = once()
    np.save(folder / "costs.npy", costs)
    print("ready", flush=True)
    for _ in sys.stdin:
        once()
        print(once()[1], flush=True)


if __name__ == "__main__":
    main()
