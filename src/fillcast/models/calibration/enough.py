"""Whether there is enough market to calibrate from, and how that is said when there is not."""

from __future__ import annotations

from collections.abc import Sequence

from fillcast.models.calibration.names import UNITS
from fillcast.models.calibration.parameter import Parameter, calibrated, not_calibrated
from fillcast.models.calibration.stretch import Stretch, total_seconds
from fillcast.models.estimate import Estimate

S_PER_MINUTE = 60.0
S_PER_HOUR = 3600.0


def spoken(seconds: float) -> str:
    """Return a length of time as a person says it: 45 s, 5.8 min, 2 h."""
    for unit, length in (("h", S_PER_HOUR), ("min", S_PER_MINUTE)):
        if seconds >= length:
            return f"{seconds / length:.3g} {unit}"
    return f"{seconds:.3g} s"


def shortage(stretches: Sequence[Stretch], least_s: float) -> str | None:
    """Return why the stretches do not suffice, in words; None when they do."""
    held = total_seconds(stretches)
    if held >= least_s:
        return None
    return f"{spoken(held)} of market, at least {spoken(least_s)} are needed"


def refused(name: str, why: str, source: str, stretches: Sequence[Stretch]) -> Parameter:
    """Return a parameter that these stretches do not give; `why` completes "not calibrated: ..."."""
    return not_calibrated(
        name, UNITS[name], why, source, window_s=total_seconds(stretches), as_of_ns=last_moment(stretches)
    )


def accepted(
    name: str, estimate: Estimate, source: str, stretches: Sequence[Stretch], notes: tuple[str, ...] = ()
) -> Parameter:
    """Return a parameter that these stretches give."""
    return calibrated(
        name,
        UNITS[name],
        estimate,
        source,
        window_s=total_seconds(stretches),
        as_of_ns=last_moment(stretches),
        notes=notes,
    )


def last_moment(stretches: Sequence[Stretch]) -> int:
    """Return the event time at which the last stretch ends; 0 without one."""
    return max((stretch.end_ns for stretch in stretches), default=0)
