"""Times that venues write as text, to integers of nanoseconds, exactly."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from fillcast.errors import FrameError
from fillcast.venues.levels import time_ns

RFC_3339_UTC: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.([0-9]{1,9}))?Z"
)
FRACTION_DIGITS: Final = 9
MS_PER_S: Final = 1000
EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
KEPT_DAYS: Final = 4  # recordings that are played at once lie on a few days


def utc_text_ns(text: str) -> int:
    """Return a UTC time of RFC 3339 ("2023-10-06T17:35:55.440295Z") in nanoseconds since 1970.

    The fraction has up to 9 digits, or is absent. Other offsets than "Z" are refused, and so is a leap second.

    Raises
    ------
    FrameError
        When it is no such text, no day of the calendar, or lies before 1970 or beyond what an int64 of ns holds.
    """
    found = RFC_3339_UTC.fullmatch(text)
    if found is None:
        raise FrameError(f"{text[:40]!r} is not a UTC time such as 2023-10-06T17:35:55.440295Z")
    day, hour, minute, second, fraction = found.groups()
    seconds = (_days(day) * 24 + int(hour)) * 3600 + int(minute) * 60 + int(second)
    return time_ns(seconds * MS_PER_S) + (int(fraction.ljust(FRACTION_DIGITS, "0")) if fraction else 0)


@lru_cache(maxsize=KEPT_DAYS)
def _days(text: str) -> int:
    """Return the days since 1970 of a date; `FrameError` when the calendar has none such."""
    try:
        return date.fromisoformat(text).toordinal() - EPOCH_DAY
    except ValueError:
        raise FrameError(f"{text} is not a day of the calendar") from None
