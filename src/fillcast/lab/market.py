"""One running market: the engine's arrays, its flow and clock, and the views that encoders read."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from fillcast.core.units import NS_PER_S
from fillcast.lab import engine_kernels as engine
from fillcast.lab import flow_kernels
from fillcast.lab.draws_kernels import REGIME
from fillcast.lab.flow import FlowParameters, Regime

WINDOW = 1 << 15  # ticks of price that can hold orders
ORDERS = 1 << 15  # resting orders at most
JOURNAL = 1 << 16  # level changes kept; a reader that falls further behind is told so
FILLS = 1 << 14
WARM_UP_NS = 20 * NS_PER_S  # of market time, so that queues have aged before the first frame
POPULATE = 1600  # orders a side in the first book
ID_SPACE = 10**12


def seed_word(*parts: object) -> int:
    """Return 64 bits of every part: how one lab seed becomes a stream per asset and per instrument."""
    text = "/".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "little")


@dataclass(frozen=True, slots=True)
class MarketSize:
    """How much a market can hold.

    Attributes
    ----------
    window, orders
        Ticks of price that can hold orders, and resting orders at most; a power of two each.
    journal, fills
        Level changes and fills that are kept; a power of two each.
    populate
        Orders a side in the first book.
    """

    window: int = WINDOW
    orders: int = ORDERS
    journal: int = JOURNAL
    fills: int = FILLS
    populate: int = POPULATE


STANDARD = MarketSize()
SMALL = MarketSize(window=1 << 12, orders=1 << 12, journal=1 << 13, fills=1 << 11, populate=160)


@dataclass(frozen=True, slots=True)
class Level:
    """One price level: ticks, lots, and the orders that wait there."""

    ticks: int
    lots: int
    orders: int


class Market:
    """One instrument's order book and flow.

    Parameters
    ----------
    key
        Name of the instrument's random stream.
    asset
        Name of the asset's stream: instruments on one asset share its regime and fundamental price.
    seed
        The lab's seed.
    parameters
        The order flow.
    start_ns
        The market's clock at the start, ns; `advance` counts on from it.
    size
        How much it can hold.
    """

    def __init__(
        self,
        *,
        key: str,
        asset: str,
        seed: int,
        parameters: FlowParameters,
        start_ns: int = 0,
        size: MarketSize = STANDARD,
    ) -> None:
        self.words = np.zeros(engine.WORD_COUNT, np.int64)
        self.levels = np.zeros((size.window, engine.LEVEL_WIDTH), np.int64)
        self.orders = np.zeros((size.orders, engine.ORDER_WIDTH), np.int64)
        self.live = np.arange(size.orders, dtype=np.int64)
        self.journal = np.zeros((size.journal, engine.JOURNAL_WIDTH), np.int64)
        self.fills = np.zeros((size.fills, engine.FILL_WIDTH), np.int64)
        own, shared = seed_word("instrument", seed, key), seed_word("asset", seed, asset)
        self.flow = parameters.array(Regime(shared % 2))
        self.generator = np.array([own, shared], np.uint64)
        words = self.words
        words[engine.LOW] = int(parameters.start_ticks) - size.window // 2
        words[engine.BEST_BID] = words[engine.LOW] - 1
        words[engine.BEST_ASK] = words[engine.LOW] + size.window
        words[engine.UPDATE_ID] = ID_SPACE + own % ID_SPACE
        words[engine.TRADE_ID] = own % (ID_SPACE // 1000)
        words[engine.STEP_SEED] = own & engine.STEP_MASK
        words[engine.NOW_NS] = words[flow_kernels.STATE_NS] = start_ns - WARM_UP_NS
        words[flow_kernels.GRID_NS] = start_ns - WARM_UP_NS + flow_kernels.GRID_STEP_NS
        self._market = (words, self.levels, self.orders, self.live, self.journal, self.fills)
        flow_kernels.populate(*self._market, self.flow, self.generator, size.populate)
        self.advance(start_ns)

    def advance(self, until_ns: int) -> int:
        """Run the market up to a time on its own clock; return how many events happened."""
        return flow_kernels.advance(*self._market, self.flow, self.generator, until_ns)

    @property
    def regime(self) -> Regime:
        """The asset's regime now."""
        return Regime(int(self.flow[REGIME]))

    @property
    def update_id(self) -> int:
        """Id of the last change of a level."""
        return int(self.words[engine.UPDATE_ID])

    @property
    def changed_ns(self) -> int:
        """Market time of the last change of a level."""
        return int(self.words[engine.CHANGED_NS])

    def best(self, side: int) -> int:
        """Best price of a side (+1 bids, -1 asks), in ticks."""
        return int(self.words[engine.BEST_BID if side == engine.BUY else engine.BEST_ASK])

    def count(self, side: int) -> int:
        """Levels of a side."""
        return int(self.words[engine.BID_LEVELS if side == engine.BUY else engine.ASK_LEVELS])

    def lots_at(self, ticks: int) -> int:
        """Lots that wait at a price."""
        return int(self.levels[ticks & (len(self.levels) - 1), engine.LEVEL_LOTS])

    def top(self, side: int, depth: int) -> list[Level]:
        """Return the best levels of a side, best first."""
        found: list[Level] = []
        tick, left = self.best(side), min(depth, self.count(side))
        while left > 0:
            row = self.levels[tick & (len(self.levels) - 1)]
            if row[engine.LEVEL_ORDERS]:
                found.append(Level(tick, int(row[engine.LEVEL_LOTS]), int(row[engine.LEVEL_ORDERS])))
                left -= 1
            tick -= side
        return found
