"""Monte Carlo of a schedule's cost in terms of the array API, for NumPy or any other library that speaks it.

`cost = impact cost + s sum_(k=1..N) x_k dS_k`, s = +1 for a buy and -1 for a sell, x_k base units still to trade after
slice k, dS_k the price move that follows it. Moves are drawn first, as an array (paths, N):

- `normal_moves`: sigma sqrt(tau) xi with xi by the transform of Box and Muller (1958), of two words of the counter;
- `bootstrap_moves`: blocks of recorded moves, from a record that closes in a circle (Politis and Romano, "A circular
  block-resampling procedure for stationary data", 1992): fat tails and clusters of volatility within a block stay. The
  record's mean stays too: subtract it first where no drift is meant.

Words are `draws_kernels`' counter generator, written with array operations: a seed names the same uniforms everywhere.
`xp` is the namespace: `numpy`, or another library's with uint64.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.errors import ParameterError
from fillcast.models.bounds import not_negative, positive
from fillcast.models.samples import series, whole

if TYPE_CHECKING:
    from fillcast.models.schedule.slices import ImpactModel, Schedule

COUNTER_BITS = 20  # words of one path: 2^20, of which a slice of normal moves takes two
MAX_SLICES = 1 << (COUNTER_BITS - 1)
MAX_PATHS = 1 << 40
MAX_SEED = (1 << 64) - 1
WEYL = 0x9E3779B97F4A7C15  # SplitMix64's increment
MIX_1 = 0xBF58476D1CE4E5B9  # and its two multipliers
MIX_2 = 0x94D049BB133111EB
UNIT = 2.0**-53

Array = Any  # an array of the namespace passed as xp: the standard names no common type


def side_sign(side: str) -> Literal[1, -1]:
    """Return +1 for "buy", -1 for "sell"."""
    if side == "buy":
        return 1
    if side == "sell":
        return -1
    raise ParameterError(f'side must be "buy" or "sell", not {side!r}')


def even(name: str, value: int) -> None:
    """Refuse an odd number: antithetic paths come in pairs."""
    if value % 2:
        raise ParameterError(f"{name} must be even for antithetic paths, not {value!r}")


def one_order(schedule: Schedule) -> None:
    """Refuse a schedule of several orders."""
    if schedule.sizes.ndim != 1:
        raise ParameterError(f"schedule must be of one order, sizes (N,), not of shape {schedule.sizes.shape}")


def seed_key(seed: int) -> np.uint64:
    """Return where the counter of a seed begins: SplitMix64's output for it, so that near seeds lie far apart."""
    word = (seed + WEYL) & MAX_SEED
    word = ((word ^ (word >> 30)) * MIX_1) & MAX_SEED
    word = ((word ^ (word >> 27)) * MIX_2) & MAX_SEED
    return np.uint64(word ^ (word >> 31))


def normal_moves(
    paths: int, slices: int, volatility: float, interval: float, seed: int, *, antithetic: bool = False, xp: Any = np
) -> Array:
    """Return normal price moves, (paths, slices), quote currency per base unit.

    Parameters
    ----------
    paths, slices
        Shape; antithetic paths must be even in number: path 2i + 1 is path 2i negated.
    volatility
        sigma, quote currency per base unit per root of the interval's time unit, >= 0.
    interval
        tau, > 0.
    seed
        From 0 to 2^64 - 1.
    antithetic
        Whether paths come in pairs of opposite moves.
    xp
        Array namespace.
    """
    not_negative("volatility", volatility)
    positive("interval", interval)
    drawn = _drawn(paths, slices, seed, antithetic)
    radius = xp.sqrt(-2.0 * xp.log(uniforms(drawn, slices, 0, seed, xp)))
    angle = 2.0 * math.pi * uniforms(drawn, slices, slices, seed, xp)
    moves = (volatility * math.sqrt(interval)) * (radius * xp.cos(angle))
    return _paired(moves, antithetic, xp)


def bootstrap_moves(
    paths: int, slices: int, recorded: ArrayLike, block: int, seed: int, *, antithetic: bool = False, xp: Any = np
) -> Array:
    """Return recorded price moves drawn in blocks, (paths, slices), quote currency per base unit.

    Parameters
    ----------
    paths, slices, seed, antithetic, xp
        As of `normal_moves`.
    recorded
        (n,), moves over one interval each.
    block
        Moves in a row, from 1 to n.
    """
    record = series("recorded", recorded)
    if record.ndim != 1:
        raise ParameterError(f"recorded must be one series, not of shape {record.shape}")
    count = int(record.shape[0])
    whole("block", block, 1, count)
    drawn = _drawn(paths, slices, seed, antithetic)
    blocks = -(-slices // block)
    starts = xp.astype(_uppers(drawn, blocks, 0, seed, xp) * UNIT * count, xp.int64)
    within = xp.arange(block, dtype=xp.int64)
    places = xp.reshape((starts[:, :, None] + within[None, None, :]) % count, (drawn, blocks * block))
    chosen = xp.take(xp.asarray(record), xp.reshape(places[:, :slices], (-1,)), axis=0)
    return _paired(xp.reshape(chosen, (drawn, slices)), antithetic, xp)


def simulated_costs(schedule: Schedule, model: ImpactModel, moves: Array, side: str, *, xp: Any = np) -> Array:
    """Return the cost of one order on each path, quote currency, (paths,).

    Parameters
    ----------
    schedule
        One order, sizes (N,).
    model
        Its expected cost of impact is added to every path.
    moves
        (paths, N) array of `xp`, as the functions above return.
    side
        "buy" or "sell".
    xp
        Array namespace of `moves`.
    """
    one_order(schedule)
    if len(moves.shape) != 2 or moves.shape[1] != schedule.count:
        raise ParameterError(f"moves must have shape (paths, {schedule.count}), not {tuple(moves.shape)}")
    held: NDArray[np.float64] = side_sign(side) * schedule.holdings[1:]
    expected = float(model.impact_cost(schedule.sizes, schedule.interval))
    return expected + xp.matmul(moves, xp.asarray(held))


def _drawn(paths: int, slices: int, seed: int, antithetic: bool) -> int:
    whole("paths", paths, 1, MAX_PATHS)
    whole("slices", slices, 1, MAX_SLICES)
    whole("seed", seed, 0, MAX_SEED)
    if antithetic:
        even("paths", paths)
    return paths // 2 if antithetic else paths


def _uppers(paths: int, count: int, offset: int, seed: int, xp: Any) -> Array:
    """Return the upper 53 bits of words offset .. offset + count - 1 of each path, as floats."""

    def word(value: int) -> Array:
        return xp.asarray(value, dtype=xp.uint64)

    counters = (
        xp.arange(paths, dtype=xp.uint64)[:, None] * word(1 << COUNTER_BITS)
        + (xp.arange(offset, offset + count, dtype=xp.uint64)[None, :])
    )
    state = counters * word(WEYL) + word(int(seed_key(seed)))
    state = (state ^ (state >> word(30))) * word(MIX_1)
    state = (state ^ (state >> word(27))) * word(MIX_2)
    state = state ^ (state >> word(31))
    return xp.astype(state >> word(11), xp.float64)


def uniforms(paths: int, count: int, offset: int, seed: int, xp: Any) -> Array:
    """Return uniform numbers above 0, at most 1, (paths, count): draws `offset` on of each path of a seed."""
    return (_uppers(paths, count, offset, seed, xp) + 0.5) * UNIT


def _paired(moves: Array, antithetic: bool, xp: Any) -> Array:
    if not antithetic:
        return moves
    pairs = xp.stack((moves, -moves), axis=1)
    return xp.reshape(pairs, (-1, moves.shape[1]))
