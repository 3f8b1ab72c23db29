"""Many books of one instrument as arrays: what a backtest holds. Their proof is the caller's word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fillcast.core.state import Proof
from fillcast.errors import ParameterError

FloatArray = NDArray[np.float64]

PROOF = Proof.CALLER


@dataclass(frozen=True, slots=True, eq=False)
class Snapshots:
    """Both sides of a book at S moments, copied and checked once.

    Attributes
    ----------
    bid_prices, bid_sizes, ask_prices, ask_sizes
        float64 (S, L), read-only, best level first, NaN after the last level; L may differ between the sides. Quote
        currency per base unit, and base units: sizes of contracts are multiplied by what a contract is worth before.
    times
        When each book stood, strictly rising: int64 nanoseconds UTC, or datetime64 that is turned into them. None where
        the snapshots are told apart by their index alone.

    Raises
    ------
    ParameterError
        For shapes that do not fit, a price or size that is not positive and finite, levels out of order or twice, a
        gap between levels, sides that cross, or times that do not rise; it names the array and the place.
    """

    bid_prices: FloatArray
    bid_sizes: FloatArray
    ask_prices: FloatArray
    ask_sizes: FloatArray
    times: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        for side, name in ((1, "bid"), (-1, "ask")):
            prices = _levels(f"{name}_prices", getattr(self, f"{name}_prices"))
            sizes = _levels(f"{name}_sizes", getattr(self, f"{name}_sizes"))
            _check_side(name, side, prices, sizes)
            object.__setattr__(self, f"{name}_prices", prices)
            object.__setattr__(self, f"{name}_sizes", sizes)
        if len(self.bid_prices) != len(self.ask_prices):
            raise ParameterError(
                f"bids and asks must be as many snapshots, not {len(self.bid_prices)} and {len(self.ask_prices)}"
            )
        crossed = self.bid_prices[:, 0] >= self.ask_prices[:, 0]
        if crossed.any():
            row = int(crossed.argmax())
            bid, ask = self.bid_prices[row, 0], self.ask_prices[row, 0]
            raise ParameterError(f"snapshot {row} is crossed: best bid {bid:g}, best ask {ask:g}")
        if self.times is not None:
            object.__setattr__(self, "times", _times(self.times, len(self)))

    def __len__(self) -> int:
        return len(self.bid_prices)

    @property
    def mid(self) -> FloatArray:
        """Middle of the touch, (S,), quote currency per base unit; NaN where a side is empty."""
        middle: FloatArray = (self.bid_prices[:, 0] + self.ask_prices[:, 0]) / 2
        return middle

    def taken_from(self, side: int) -> tuple[FloatArray, FloatArray]:
        """Return (prices, sizes) of the levels that an order of `side` (+1 buy, -1 sell) takes from."""
        return (self.ask_prices, self.ask_sizes) if side > 0 else (self.bid_prices, self.bid_sizes)


def instant(value: object) -> int:
    """Return a moment in nanoseconds UTC, or an index: a whole number as it is, a datetime64 turned into one.

    Raises
    ------
    ParameterError
        For anything else: a float has no room for nanoseconds.
    """
    if isinstance(value, np.datetime64) and not np.isnat(value):
        return int(value.astype("datetime64[ns]").astype(np.int64))
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return int(value)
    raise ParameterError(f"at must be a whole number (nanoseconds UTC, or an index) or a datetime64, not {value!r}")


def _levels(name: str, values: ArrayLike) -> FloatArray:
    array = np.array(values, dtype=np.float64, order="C")
    if array.ndim != 2 or 0 in array.shape:
        raise ParameterError(f"{name} must have the shape (snapshots, levels), not {array.shape}")
    array.flags.writeable = False
    return array


def _check_side(name: str, side: int, prices: FloatArray, sizes: FloatArray) -> None:
    if prices.shape != sizes.shape:
        raise ParameterError(
            f"{name}_prices and {name}_sizes must have one shape, not {prices.shape} and {sizes.shape}"
        )
    for kind, array, other in (("prices", prices, sizes), ("sizes", sizes, prices)):
        empty = np.isnan(array)
        _refuse(f"{name}_{kind}", array, empty & ~np.isnan(other), "where the other of price and size is a number")
        _refuse(f"{name}_{kind}", array, ~empty & ~(np.isfinite(array) & (array > 0)), "not positive and finite")
    gap = np.isnan(prices[:, :-1]) & ~np.isnan(prices[:, 1:])
    _refuse(f"{name}_prices", prices[:, 1:], gap, "after a level that is missing", first=1)
    _refuse(f"{name}_prices", prices[:, 1:], prices[:, 1:] == prices[:, :-1], "there twice", first=1)
    better = side * (prices[:, 1:] - prices[:, :-1]) > 0
    _refuse(f"{name}_prices", prices[:, 1:], better, "better than the level before it: give the best first", first=1)


def _refuse(name: str, array: FloatArray, wrong: NDArray[np.bool_], why: str, *, first: int = 0) -> None:
    if wrong.any():
        row, column = (int(place) for place in np.unravel_index(int(wrong.argmax()), wrong.shape))
        raise ParameterError(f"{name}[{row}, {column + first}] is {array[row, column]:g}, {why}")


def _times(values: ArrayLike, count: int) -> NDArray[np.int64]:
    array = np.asarray(values)
    if array.shape != (count,):
        raise ParameterError(f"times must be one for each of {count} snapshots, not of shape {array.shape}")
    if array.dtype.kind == "M":
        if np.isnat(array).any():
            raise ParameterError("times must be moments, not NaT")
        array = array.astype("datetime64[ns]")
    elif array.dtype.kind not in "iu":
        raise ParameterError(f"times must be int64 nanoseconds UTC or datetime64, not {array.dtype}")
    times = array.astype(np.int64)
    late = np.diff(times) <= 0
    if late.any():
        row = int(late.argmax()) + 1
        raise ParameterError(f"times[{row}] is not after times[{row - 1}]: give the snapshots in order of time")
    times.flags.writeable = False
    return times
