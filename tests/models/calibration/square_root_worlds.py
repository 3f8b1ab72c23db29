"""Markets whose every child order moves the price by a known law, seen as stretches of anonymous trades."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.stretch import Stretch

DAY_S = 86_400.0
NS = 1_000_000_000
START_NS = 1_700_000_000 * NS
PRICE = 60_000.0
REGIME_S = 1_800.0  # the typical child size drifts from one half hour to the next


@dataclass(frozen=True)
class World:
    """A stretch with what only its maker knows.

    `child` is a of a child's impact a sqrt(q) / sqrt(t), log price, base units, s; `rate` the orders per second of one
    trader; `owners` who sent each order.
    """

    stretch: Stretch
    owners: NDArray[np.int64]
    child: float
    rate: float
    traders: int

    def prefactor(self) -> float:
        """Return Y of a trader of that rate, 2 a sqrt(rate) = Y sigma / sqrt(V): sum of a child's law over its gaps."""
        minute = 60
        mids = np.log(self.stretch.mid_at(np.arange(self.stretch.start_ns + NS, self.stretch.end_ns, NS)))
        variance = np.mean((mids[minute:] - mids[:-minute]) ** 2) * DAY_S / minute
        volume = self.stretch.trade_base.sum() * DAY_S / self.stretch.seconds
        return float(2.0 * self.child * np.sqrt(self.rate * volume / variance))


def world(
    seed: int,
    *,
    days: float = 1.0,
    traders: int = 8,
    rate: float = 0.05,
    stay: float = 0.9,
    impact: float = 2.0,
    law: str = "square root",
    steps_per_s: int = 5,
    noise: float = 1.0,
) -> World:
    """Return a market.

    Each trader sends orders at random times, `rate` a second, and keeps its sign with probability `stay` from one to
    the next. All of one time are of about one size. `impact` is Y if only noise of `noise` = 1 moved the price.
    `law` "linear": a child moves the price for good, in proportion to its size, instead.
    """
    random = np.random.default_rng(seed)
    steps = round(days * DAY_S * steps_per_s)
    sent = random.random((steps, traders)) < rate / steps_per_s
    when, owners = np.nonzero(sent)
    signs = np.empty(len(when))
    for trader in range(traders):
        mine = np.flatnonzero(owners == trader)
        turns = random.random(len(mine)) >= stay
        signs[mine] = random.choice((-1.0, 1.0)) * (-1.0) ** np.cumsum(turns)
    levels = random.normal(size=int(days * DAY_S / REGIME_S) + 2)
    usual = np.interp(when / steps_per_s / REGIME_S, np.arange(len(levels)), 1.2 * levels)
    sizes = np.exp(usual + 0.1 * random.normal(size=len(when)))
    volatility = 0.03 / np.sqrt(DAY_S)  # log price, per root second
    volume = sizes.sum() / (days * DAY_S)
    child = impact * volatility / np.sqrt(volume) / (2.0 * np.sqrt(rate))
    walk = np.cumsum(noise * volatility / np.sqrt(steps_per_s) * random.normal(size=steps))
    if law == "linear":
        pushed = np.bincount(when, weights=signs * sizes, minlength=steps)
        scale = impact * volatility / volume / np.sqrt(rate * 60.0)
        moved = scale * np.cumsum(pushed)
    else:
        pushed = np.bincount(when, weights=signs * np.sqrt(sizes), minlength=steps)
        kernel = np.diff(2.0 * np.sqrt(np.arange(steps + 1) / steps_per_s)) * steps_per_s  # 1 / sqrt(t), mean of a step
        length = 2 * steps
        moved = child * np.fft.irfft(np.fft.rfft(pushed, length) * np.fft.rfft(kernel, length), length)[:steps]
    mid = PRICE * np.exp(walk + moved)
    quote_ns = START_NS + ((np.arange(steps) + 0.5) * NS / steps_per_s).astype(np.int64)
    trade_ns = START_NS + (when * NS / steps_per_s + owners * 1000.0).astype(np.int64)
    order = np.argsort(trade_ns, kind="stable")
    stretch = stretch_of(
        quote_ns, mid, trade_ns[order], signs[order], sizes[order], seconds=steps / steps_per_s, price=mid[when][order]
    )
    return World(stretch, owners[order], child, rate, traders)


def stretch_of(
    quote_ns: NDArray[np.int64],
    mid: NDArray[np.float64],
    trade_ns: NDArray[np.int64],
    signs: NDArray[np.float64],
    sizes: NDArray[np.float64],
    *,
    seconds: float,
    price: NDArray[np.float64],
) -> Stretch:
    """Return a stretch of quotes close around the mid and of trades, without depth."""
    ones, depths = np.ones(len(mid)), np.zeros((0, 0))
    return Stretch(
        instrument="lab:BTC-USD",
        start_ns=START_NS,
        end_ns=START_NS + round(seconds * NS),
        quote_ns=quote_ns,
        bid=mid * (1 - 1e-6),
        ask=mid * (1 + 1e-6),
        bid_base=ones,
        ask_base=ones,
        depth_ns=np.zeros(0, dtype=np.int64),
        bid_depth_base=depths,
        ask_depth_base=depths,
        depth_bps=(),
        trade_ns=trade_ns,
        trade_sign=signs.astype(np.int8),
        trade_base=sizes,
        trade_price=price,
    )


def trades_only(times_s: list[float], signs: list[int], sizes: list[float]) -> Stretch:
    """Return a stretch of given trades and one quote."""
    trade_ns = START_NS + (np.array(times_s) * NS).astype(np.int64)
    return stretch_of(
        np.array([START_NS]),
        np.array([PRICE]),
        trade_ns,
        np.array(signs, dtype=np.float64),
        np.array(sizes),
        seconds=10.0,
        price=np.full(len(sizes), PRICE),
    )
