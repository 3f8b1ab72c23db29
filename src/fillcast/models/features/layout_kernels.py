"""What the rolling features measure, and where their state lies in its arrays.

All of it is here, in a file of constants that the name of the kernel cache covers.
"""

from __future__ import annotations

from typing import Final

NS_PER_S: Final = 1_000_000_000
BPS: Final = 1e4

BANDS_BPS: Final = (1, 2, 5, 10, 25, 50)  # distances from the mid, basis points
IMBALANCE_LEVELS: Final = (1, 5, 10)  # price levels of each side, from the best

LEVELS: Final = 5  # price levels of each side, from the best
WINDOWS_NS: Final = (100_000_000, 1_000_000_000, 10_000_000_000, 60_000_000_000)
FIRST_STEADY: Final = 1  # the shortest window is left out where a rate or a ratio would be of single events
HALF_LIVES_S: Final = (1.0, 10.0, 60.0, 300.0)
SAMPLING_FLOOR_NS: Final = 1_000_000_000  # as `volatility.ewma`: below a second a mid is no random walk
AUTOCORRELATION_HALF_LIFE_S: Final = 60.0
STEP_BACK_NS: Final = WINDOWS_NS[-1]  # a clock that goes back farther has started over
LEAST_STEP_NS: Final = 1_000_000  # what the time stamps of venues resolve

# Places of `marks` (int64). A time of 0 is none.
CLOCK_NS: Final = 0  # latest event time
FIRST_NS: Final = 1
VERSION_SEEN: Final = 2  # of the book
HAS_TOUCH: Final = 3  # 1: `levels` hold the book before the next change
MID_SUM: Final = 4  # best bid + best ask, ticks; 0: no mid yet
MOVED_NS: Final = 5  # last change of the mid
TRADED_NS: Final = 6
CHANGED_NS: Final = 7  # last change of the book
LAG_NS: Final = 8  # receive less event time of the last book message
HAS_LAG: Final = 9
RESTARTS: Final = 10
ANCHOR_NS: Final = 11  # time of the last sample of the mid
BEFORE_NS: Final = 12  # and of the one before
OPEN_NS: Final = 13  # time stamp of the trades that still add up
CLOSED_NS: Final = 14  # and of those before
FLOW_MARKS: Final = 16
TRADE_MARKS: Final = 24
SWEEPS: Final = 32  # SWEEP_WORDS for bids, then for asks
MARKS: Final = 48

# From FLOW_MARKS and TRADE_MARKS: a ring and its windows.
PUSHED: Final = 0  # entries so far
DROPPED: Final = 1  # entries that left a window early because the ring was full
TAILS: Final = 2  # oldest entry of each window

# From SWEEPS.
SWEPT_NS: Final = 0
FLOOR_KEY: Final = 1  # worst key that was compared
LEFT: Final = 2  # lots that the sweep left above the floor
LOST: Final = 3
BACK: Final = 4  # lots that have come back
HALF_NS: Final = 5  # when half had
SWEEP_WORDS: Final = 8

# Columns of the rings and of the sums of their windows.
AT_NS: Final = 0
FLOW: Final = 1  # e of each level
ADDED: Final = FLOW + LEVELS
REMOVED: Final = ADDED + 1
FLOW_COLUMNS: Final = REMOVED + 1
SIGNED: Final = 1  # lots, positive: bought
TRADED: Final = 2  # lots
TRADE_COLUMNS: Final = 3

# Rows of `levels`: keys (ticks, or minus ticks of asks) and lots, before a change and after it.
BEFORE: Final = 0
AFTER: Final = 4
BIDS: Final = 0
ASKS: Final = 2
LEVEL_ROWS: Final = 8

# Places of `floats` (float64).
ANCHOR_LOG: Final = 0
BEFORE_LOG: Final = 1
OPEN_LOTS: Final = 2  # signed lots of the time stamp that is open
CLOSED_LOTS: Final = 3
PRODUCTS: Final = 4
SQUARES: Final = 5
SQUARES_BEFORE: Final = 6
SIGMAS: Final = 8  # SIGMA_WORDS for each half-life
FLOATS: Final = SIGMAS + 4 * len(HALF_LIVES_S)

# From SIGMAS.
VARIANCE: Final = 0
WEIGHT: Final = 1
VARIANCE_BEFORE: Final = 2
WEIGHT_BEFORE: Final = 3
SIGMA_WORDS: Final = 4
