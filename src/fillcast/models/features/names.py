"""Every feature of a book: its name, unit and definition, in the order of the vector.

The features of one version of a book come first, those of its rolling past after them. Features that need a funding
time, a basis or a lead venue are left out: no feed of the project carries them.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from fillcast.models.features.layout_kernels import (
    AUTOCORRELATION_HALF_LIFE_S,
    BANDS_BPS,
    FIRST_STEADY,
    HALF_LIVES_S,
    IMBALANCE_LEVELS,
    LEVELS,
    NS_PER_S,
    WINDOWS_NS,
)

_ORDINALS: Final = ("", "best", "second", "third", "fourth", "fifth")


@dataclass(frozen=True, slots=True)
class Feature:
    """One element of the vector.

    Attributes
    ----------
    name, unit, definition
        As a reader of a table needs them.
    window
        What part of the past it sees; "now" for one version of the book, a half-life for a decaying mean.
    """

    name: str
    unit: str
    definition: str
    window: str = "now"


def _book_features() -> tuple[Feature, ...]:
    found = [
        Feature("spread_ticks", "ticks", "best ask minus best bid"),
        Feature("spread_bps", "bps of the mid", "best ask minus best bid"),
        Feature(
            "micro_minus_mid", "ticks", "mean of the touch, each price weighed by the other side's lots, minus mid"
        ),
    ]
    for side in ("bid", "ask"):
        found += [
            Feature(
                f"depth_{side}_{band}", "base", f"{side} size shown within {band} bps of the mid, the edge included"
            )
            for band in BANDS_BPS
        ]
        found.append(
            Feature(f"slope_{side}", "base per bps", f"least squares line through 0 of {side} depth over the bands")
        )
    found += [
        Feature(f"imbalance_{count}", "none, -1 to 1", f"(bid - ask) / (bid + ask) lots of the best {count} levels")
        for count in IMBALANCE_LEVELS
    ]
    found += [
        Feature(f"size_over_depth_{band}", "none", f"order size / depth within {band} bps of the side it takes from")
        for band in BANDS_BPS
    ]
    found.append(Feature("levels_consumed", "levels", "price levels that the order touches when it takes at once"))
    return tuple(found)


def _flow_features() -> tuple[Feature, ...]:
    windows = [_span(window / NS_PER_S) for window in WINDOWS_NS]
    steady = windows[FIRST_STEADY:]
    lives = [_span(life) for life in HALF_LIVES_S]
    decaying = [f"half-life {life}" for life in lives]
    found = [
        Feature(
            f"ofi_{window}" if level == 1 else f"mlofi_{level}_{window}",
            "base",
            f"order-flow imbalance of the {_ORDINALS[level]} levels, summed; positive: bought",
            window,
        )
        for level in range(1, LEVELS + 1)
        for window in windows
    ]
    found += [
        Feature(f"tfi_{window}", "base", "size that takers bought less size they sold", window) for window in windows
    ]
    found += [Feature(f"trade_intensity_{window}", "trades per s", "trades", window) for window in steady]
    found += [Feature(f"mean_trade_size_{window}", "base", "mean size of a trade", window) for window in steady]
    found += [
        Feature(
            f"cancel_add_ratio_{window}",
            "none",
            f"(size taken off the best {LEVELS} levels less size traded, at least 0) / size added there",
            window,
        )
        for window in steady
    ]
    found += [
        Feature(f"sigma_{life}", "bps per √s", "EWMA of the mid's squared log returns over at least 1 s, rooted", past)
        for life, past in zip(lives, decaying, strict=True)
    ]
    found += [
        Feature(f"sigma_ratio_{fast}_{slow}", "none", f"sigma_{fast} / sigma_{slow}", f"half-lives {fast}, {slow}")
        for fast, slow in pairwise(lives)
    ]
    found.append(
        Feature(
            "signed_volume_autocorrelation",
            "none, -1 to 1",
            "sum of v v' / root of (sum of v² × sum of v'²): v the signed size of all trades of one time stamp that a"
            " later one has followed, v' that of the stamp before",
            f"half-life {_span(AUTOCORRELATION_HALF_LIFE_S)}",
        )
    )
    found += [
        Feature(
            f"refill_{side}",
            "1 per s",
            f"share of what the last sweep of the {side}s took that came back per second, until half had; a sweep takes"
            f" the best price and half of the size of the best {LEVELS} levels in one change",
            "since the last sweep",
        )
        for side in ("bid", "ask")
    ]
    found += [
        Feature("since_trade", "s", "time since the last trade", "all"),
        Feature("since_mid_move", "s", "time since the mid last changed", "all"),
        Feature("book_age", "s", "time since the book last changed", "all"),
        Feature("feed_latency", "s", "receive time less event time of the last message of the book", "all"),
        Feature("seen", "s", "time since the first event: a longer window is not full yet", "all"),
        Feature("minute_of_day", "minutes, 0 to 1439", "whole minutes since 0:00 UTC"),
        Feature("day_of_week", "days, 0 to 6", "0 is Monday, UTC"),
    ]
    return tuple(found)


def _span(seconds: float) -> str:
    return f"{seconds:g}s" if seconds >= 1 else f"{seconds * 1000:g}ms"


BOOK_FEATURES: Final = _book_features()
FLOW_FEATURES: Final = _flow_features()
FEATURES: Final = (*BOOK_FEATURES, *FLOW_FEATURES)
_INDEX: Final = {feature.name: place for place, feature in enumerate(FEATURES)}


def index_of(name: str) -> int:
    """Return the place of a feature in the vector; `KeyError` for a name that is none."""
    return _INDEX[name]


def table() -> str:
    """Return the features as a Markdown table, one a row."""
    rows = [f"| `{one.name}` | {one.unit} | {one.window} | {one.definition} |" for one in FEATURES]
    return "\n".join(["| Name | Unit | Window | Definition |", "|---|---|---|---|", *rows]) + "\n"
