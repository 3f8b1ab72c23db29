"""Markets whose parameters are known: one seeded stretch each, as calibration reads it.

`market`: a mid of known volatility with noise on every quote; a spread drawn anew at every quote; market orders at
random times with independent signs and exponential sizes, each printed as one trade or two; each pays the touch and
`walk` bps per base on average, moves the mid by `permanent + 2 walk exp(-rate t)` bps per base, and takes its size off
the depth of its side, which refills at the same rate.

`signed_market`: market orders whose signs have the long memory of split orders, each moving the mid by
`level * lag^-decay`, lag in orders.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.models.calibration.stretch import NS_PER_S, Stretch

FloatArray = NDArray[np.float64]

START_NS = 1_700_000_000_000_000_000
PRICE = 60_000.0
BPS = 1e4
DEPTH_BPS = (2.0, 5.0)
FAR_OVER_NEAR = 2.5


@dataclass(frozen=True)
class Market:
    seconds: float = 1800.0
    sigma: float = 1.2  # bps / sqrt(s)
    noise: float = 0.4  # bps in one mid
    half_spread: float = 0.5  # bps
    orders_per_s: float = 1.0
    mean_base: float = 0.5
    walk: float = 0.2  # bps per base beyond the touch, on average
    permanent: float = 0.5  # bps per base
    rate: float = 0.7  # 1 / s, of refill
    near_depth: float = 5.0  # base on each side
    depth_noise: float = 0.2  # base
    quote_step_s: float = 0.5
    depth_step_s: float = 0.1
    price: float = PRICE
    base_unit: float = 1.0  # sizes are counted in this unit: twice the unit, half the number

    @property
    def volume_rate(self) -> float:
        return self.orders_per_s * self.mean_base / self.base_unit

    @property
    def temporary(self) -> float:
        return 2.0 * self.walk / self.rate * self.base_unit

    def response(self, lag_s: float) -> float:
        return self.mean_base * (self.permanent + 2.0 * self.walk * math.exp(-self.rate * lag_s))


@dataclass(frozen=True)
class SignedMarket:
    seconds: float = 7200.0
    orders_per_s: float = 4.0
    level: float = 1.0  # bps, what one order moves at once
    decay: float = 0.25
    sigma: float = 1.0  # bps per root order
    traders: int = 10
    tail: float = 1.5  # of the lengths of split orders: signs then correlate as lag^-0.5


def market(world: Market, seed: int) -> Stretch:
    random = np.random.default_rng(seed)
    end = round(world.seconds * NS_PER_S)
    orders = np.unique(random.integers(1, end, random.poisson(world.orders_per_s * world.seconds)))
    signs = random.choice((-1.0, 1.0), len(orders))
    bases = random.exponential(world.mean_base, len(orders))

    quotes = np.union1d(np.arange(0, end + 1, round(world.quote_step_s * NS_PER_S)), orders)
    steps = np.diff(quotes, prepend=0) / NS_PER_S
    moves = np.cumsum(world.sigma * np.sqrt(steps) * random.standard_normal(len(quotes)))
    moves += _settled(orders, signs * bases, 0.0, quotes) * world.permanent
    moves += _settled(orders, signs * bases, world.rate, quotes) * 2.0 * world.walk
    mid = world.price * np.exp((moves + world.noise * random.standard_normal(len(quotes))) / BPS)
    half = mid * world.half_spread * random.uniform(0.5, 1.5, len(quotes)) / BPS

    depths = np.arange(0, end + 1, round(world.depth_step_s * NS_PER_S))
    near = [
        np.maximum(
            world.near_depth
            - _settled(orders, np.where(signs == side, bases, 0.0), world.rate, depths)
            + world.depth_noise * random.standard_normal(len(depths)),
            0.0,
        )
        / world.base_unit
        for side in (-1.0, 1.0)
    ]

    found = np.searchsorted(quotes, orders, side="left") - 1
    touch = mid[found] + signs * half[found]
    prints = np.repeat(np.arange(len(orders)), random.integers(1, 3, len(orders)))
    shared = np.bincount(prints)[prints]  # prints of the same order
    second = np.append(False, prints[1:] == prints[:-1])
    # Two prints of half of the size each, at a quarter and three quarters of the walk's 2 b q.
    beyond = np.where(shared == 1, 1.0, np.where(second, 1.5, 0.5)) * (world.walk * bases)[prints]
    return Stretch(
        instrument="world:market",
        start_ns=START_NS,
        end_ns=START_NS + end,
        quote_ns=START_NS + quotes,
        bid=mid - half,
        ask=mid + half,
        bid_base=np.ones(len(quotes)),
        ask_base=np.ones(len(quotes)),
        depth_ns=START_NS + depths,
        bid_depth_base=near[0][:, None] * (1.0, FAR_OVER_NEAR),
        ask_depth_base=near[1][:, None] * (1.0, FAR_OVER_NEAR),
        depth_bps=DEPTH_BPS,
        trade_ns=START_NS + orders[prints],
        trade_sign=signs[prints].astype(np.int8),
        trade_base=bases[prints] / shared / world.base_unit,
        trade_price=touch[prints] + signs[prints] * beyond * mid[found][prints] / BPS,
    )


def signed_market(world: SignedMarket, seed: int) -> Stretch:
    random = np.random.default_rng(seed)
    end = round(world.seconds * NS_PER_S)
    orders = np.unique(random.integers(1, end, random.poisson(world.orders_per_s * world.seconds)))
    count = len(orders)
    signs = _split_signs(world, count, random)
    lags = np.arange(1, count + 1, dtype=np.float64)
    size = 1 << (2 * count - 1).bit_length()
    impact = world.level * lags**-world.decay
    pulled = np.fft.irfft(np.fft.rfft(signs, size) * np.fft.rfft(impact, size), size)[:count]
    mid = PRICE * np.exp((pulled + np.cumsum(world.sigma * random.standard_normal(count))) / BPS)
    none = np.zeros((0, len(DEPTH_BPS)))
    return Stretch(
        instrument="world:signed",
        start_ns=START_NS,
        end_ns=START_NS + end,
        quote_ns=START_NS + np.append(0, orders),  # each order moves the quote at its own time
        bid=np.append(PRICE, mid),
        ask=np.append(PRICE, mid),
        bid_base=np.ones(count + 1),
        ask_base=np.ones(count + 1),
        depth_ns=np.zeros(0, np.int64),
        bid_depth_base=none,
        ask_depth_base=none,
        depth_bps=DEPTH_BPS,
        trade_ns=START_NS + orders,
        trade_sign=signs.astype(np.int8),
        trade_base=np.ones(count),
        trade_price=np.append(PRICE, mid)[:-1],
    )


def _settled(orders: NDArray[np.int64], sizes: FloatArray, rate: float, times: NDArray[np.int64]) -> FloatArray:
    """Return what is left of all sizes at each time when each decays at the rate; an order counts at its own time."""
    left = np.zeros(len(orders) + 1)
    kept = np.exp(-rate * np.diff(orders, prepend=0) / NS_PER_S)
    total = 0.0
    for place, (size, share) in enumerate(zip(sizes.tolist(), kept.tolist(), strict=True), start=1):
        total = total * share + size
        left[place] = total
    last = np.searchsorted(orders, times, side="right")
    since = (times - np.append(0, orders)[last]) / NS_PER_S
    settled: FloatArray = left[last] * np.exp(-rate * since)
    return settled


def _split_signs(world: SignedMarket, count: int, random: np.random.Generator) -> FloatArray:
    """Return signs of orders that traders split, their lengths of a power law (Lillo, Mike and Farmer 2005)."""
    signs = np.zeros(count)
    trader = random.integers(0, world.traders, count)
    for one in range(world.traders):
        places = np.flatnonzero(trader == one)
        lengths = np.ceil(random.pareto(world.tail, len(places)) + 1e-9).astype(np.int64)
        runs = np.repeat(random.choice((-1.0, 1.0), len(places)), np.minimum(lengths, count))
        signs[places] = runs[: len(places)]
    return signs
