"""Every dialect in which recordings are read: those of the venues, and those that were retired."""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module

from fillcast.venues import VENUES, retired, venue
from fillcast.venues.frames import UNREADABLE
from fillcast.venues.recorded import Dialect


@cache
def dialects() -> tuple[Dialect, ...]:
    """Return all dialects: of each venue `dialects`, and `DIALECT` of each module of `fillcast.venues.retired`."""
    known = [dialect for name in VENUES for dialect in venue(name).dialects]
    modules = [import_module(found.name) for found in pkgutil.iter_modules(retired.__path__, f"{retired.__name__}.")]
    return (*known, *(module.DIALECT for module in modules))


def detect(frame: bytes, expected: Dialect | None = None) -> Dialect | None:
    """Return the dialect of a recorded book frame, None when it tells none.

    Acknowledgements, trades and frames of other venues tell nothing.

    Parameters
    ----------
    expected
        Asked first: most frames of a recording are of one dialect.
    """
    if expected is not None and _is_book(expected, frame):
        return expected
    return next((dialect for dialect in dialects() if _is_book(dialect, frame)), None)


def _is_book(dialect: Dialect, frame: bytes) -> bool:
    try:
        return dialect.is_book(frame)
    except UNREADABLE:
        return False
