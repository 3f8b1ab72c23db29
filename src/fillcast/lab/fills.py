"""The fills of a market, for the feeds that tell of trades."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from fillcast.lab import engine_kernels as engine
from fillcast.lab.market import Market


class Fill(NamedTuple):
    """One taker's trade at one price.

    Attributes
    ----------
    number
        Fills of the market before it.
    side
        +1: the taker bought.
    trade_id, matches
        Id of the last of its trades, and how many makers it met.
    at_ns
        Market time.
    """

    number: int
    ticks: int
    lots: int
    side: int
    trade_id: int
    matches: int
    at_ns: int


class FillReader:
    """Reads a market's fills, each at most once, from the moment it is made."""

    def __init__(self, market: Market) -> None:
        self._words, self._fills = market.words, market.fills
        self._read = int(market.words[engine.FILLS])

    def encoded(self, encode: Callable[[Fill], bytes], *, wanted: bool) -> list[bytes]:
        """Return the new fills as an encoder writes them; those that nobody wants are passed over."""
        written = int(self._words[engine.FILLS])
        first, self._read = max(self._read, written - len(self._fills)), written
        if first == written or not wanted:
            return []
        return [encode(self._fill(index)) for index in range(first, written)]

    def latest(self, count: int) -> list[Fill]:
        """Return the market's last fills, oldest first; what was read stays read."""
        written = int(self._words[engine.FILLS])
        return [self._fill(index) for index in range(max(0, written - min(count, len(self._fills))), written)]

    def _fill(self, index: int) -> Fill:
        return Fill(index, *self._fills[index & (len(self._fills) - 1)].tolist())
