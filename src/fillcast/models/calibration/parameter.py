"""A model's parameter as it is known: calibrated, a documented prior, or not calibrated and why.

A number without its origin is not offered. Whoever needs one asks for `known()`; a parameter that is not calibrated
raises there, so that no default takes its place unseen.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from fillcast.errors import ParameterError
from fillcast.models.estimate import Estimate

CALIBRATED = "calibrated"
PRIOR = "prior"
NOT_CALIBRATED = "not calibrated"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of one instrument.

    Attributes
    ----------
    name
        Such as `volatility`; names and units are listed in `names`.
    unit
        Of value and interval.
    estimate
        Value, interval, level and n; None where it is not calibrated.
    origin
        `calibrated`, `prior` or `not calibrated`.
    source
        The method with its paper, or where a prior comes from.
    reason
        "not calibrated: ..." in words, else empty.
    window_s
        Seconds of data that it rests on; 0 of a prior.
    as_of_ns
        Event time of the last datum; 0 of a prior.
    notes
        Warnings that belong to the number, such as a bias known of the method.
    """

    name: str
    unit: str
    estimate: Estimate | None
    origin: str
    source: str
    reason: str = ""
    window_s: float = 0.0
    as_of_ns: int = 0
    notes: tuple[str, ...] = field(default=())

    def known(self) -> Estimate:
        """Return the estimate.

        Raises
        ------
        ParameterError
            When it is not calibrated; it says why.
        """
        if self.estimate is None:
            raise ParameterError(f"{self.name} is {self.reason}")
        return self.estimate


def calibrated(
    name: str,
    unit: str,
    estimate: Estimate,
    source: str,
    *,
    window_s: float,
    as_of_ns: int,
    notes: tuple[str, ...] = (),
) -> Parameter:
    """Return a parameter that was estimated from data."""
    return Parameter(name, unit, estimate, CALIBRATED, source, window_s=window_s, as_of_ns=as_of_ns, notes=notes)


def prior(name: str, unit: str, estimate: Estimate, source: str, notes: tuple[str, ...] = ()) -> Parameter:
    """Return a documented prior: its interval is what its sources span, not an estimate's error."""
    return Parameter(name, unit, estimate, PRIOR, source, notes=notes)


def not_calibrated(name: str, unit: str, why: str, source: str, *, window_s: float, as_of_ns: int = 0) -> Parameter:
    """Return a parameter for which the data do not suffice; `why` completes "not calibrated: ..."."""
    reason = f"{NOT_CALIBRATED}: {why}"
    return Parameter(name, unit, None, NOT_CALIBRATED, source, reason, window_s, as_of_ns)
