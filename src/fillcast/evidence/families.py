"""The families of models that are held to numbers, and the rows of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fillcast.errors import UsageError
from fillcast.evidence import (
    almgren_chriss,
    athl,
    fills,
    liquidity,
    mbo_queue,
    power_law,
    schedule,
    shortfall,
    transient,
    volatility,
)
from fillcast.evidence.row import Row

ORACLE = "mbo-queue"


@dataclass(frozen=True, slots=True)
class Family:
    """Models of one kind.

    Attributes
    ----------
    name
        As it is asked for.
    title
        As it is printed.
    rows
        What computes its rows, now; none where what it is compared with is not installed.
    needs
        The package that its models are compared with, by its name on PyPI, or empty.
    slow
        Whether that takes more than a few seconds.
    """

    name: str
    title: str
    rows: Callable[[], list[Row]]
    needs: str = ""
    slow: bool = False


FAMILIES = (
    Family("almgren-chriss", "Almgren-Chriss: linear impact, one instrument and a portfolio", almgren_chriss.rows),
    Family("power-law", "Power-law temporary impact, continuous and in slices", power_law.rows),
    Family("athl", "Almgren-Thum-Hauptmann-Li: permanent and temporary impact of a parent order", athl.rows),
    Family("transient", "Square-root law, transient impact, Obizhaeva-Wang", transient.rows),
    Family("liquidity", "Spreads, price impact of volume, order flow", liquidity.rows),
    Family("fills", "Queues, next moves, limit against market orders", fills.rows),
    Family("volatility", "Volatility from ticks and bars", volatility.rows),
    Family("schedule", "Schedules, and tails of sampled costs", schedule.rows),
    Family("shortfall", "The split of an implementation shortfall", shortfall.rows),
    Family("mbo-queue", "Queues beside mbo-queue's exact queue, one run", mbo_queue.rows, ORACLE),
    Family(
        "mbo-queue-seeds", "Queues beside mbo-queue's exact queue, five seeds", mbo_queue.seeds_rows, ORACLE, slow=True
    ),
)


def families_of(name: str | None) -> Sequence[Family]:
    """Return the family of a name, in any case, or all of them.

    Raises
    ------
    UsageError
        For a name that none has; it lists them.
    """
    if name is None:
        return FAMILIES
    found = [one for one in FAMILIES if one.name == name.strip().casefold()]
    if not found:
        raise UsageError(f"--family {name!r} is none of {', '.join(one.name for one in FAMILIES)}")
    return found
