"""Every feature of a book: its name, unit and definition, in the order of the vector.

Features that need a funding time, a basis or a lead venue are left out: no feed of the project carries them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

BANDS_BPS: Final = (1, 2, 5, 10, 25, 50)  # distances from the mid, basis points
IMBALANCE_LEVELS: Final = (1, 5, 10)  # price levels of each side, from the best


@dataclass(frozen=True, slots=True)
class Feature:
    """One element of the vector.

    Attributes
    ----------
    name, unit, definition
        As a reader of a table needs them.
    window
        What part of the past it sees; "now" for one version of the book.
    """

    name: str
    unit: str
    definition: str
    window: str = "now"


def _features() -> tuple[Feature, ...]:
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


FEATURES: Final = _features()
_INDEX: Final = {feature.name: place for place, feature in enumerate(FEATURES)}


def index_of(name: str) -> int:
    """Return the place of a feature in the vector; `KeyError` for a name that is none."""
    return _INDEX[name]


def table() -> str:
    """Return the features as a Markdown table, one a row."""
    rows = [f"| `{one.name}` | {one.unit} | {one.window} | {one.definition} |" for one in FEATURES]
    return "\n".join(["| Name | Unit | Window | Definition |", "|---|---|---|---|", *rows]) + "\n"
