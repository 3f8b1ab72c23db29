"""How old what was calibrated is, in words."""

from __future__ import annotations

from datetime import UTC, datetime

from fillcast.core.units import NS_PER_S

DAY_S = 86_400


def until(as_of_ns: int, now_ns: int) -> str:
    """Return the day of the last datum, and its age where that is more than a day: until 2026-01-02, 12 days old.

    Parameters
    ----------
    as_of_ns, now_ns
        Of the last datum, and now, since 1970.
    """
    day = datetime.fromtimestamp(as_of_ns // NS_PER_S, UTC).date()
    age_ns = now_ns - as_of_ns
    days = age_ns // (DAY_S * NS_PER_S)
    if age_ns <= DAY_S * NS_PER_S:
        return f"until {day}"
    return f"until {day}, {days} {'day' if days == 1 else 'days'} old"
