"""All that calibration gives of one instrument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fillcast.errors import ParameterError
from fillcast.models.calibration.curve import Curve
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.week_volume import NOT_GIVEN, WeekVolume
from fillcast.models.estimate import Estimate


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The parameters of one instrument, calibrated or not, and the curves that they are read off.

    Attributes
    ----------
    instrument
        `venue:symbol`.
    level
        Of the intervals, between 0 and 1.
    start_ns, end_ns
        Event times of the first book and of the last.
    window_s, stretches
        Seconds for which the book was LIVE, and in how many unbroken periods.
    parameters
        By name, in the order of `names.UNITS`.
    curves
        By name; those of which nothing is known are not there.
    volume
        What trades at each minute of the week, or why that is not calibrated.
    scale_inferred
        As of the stretches: sizes stand as the venue counts them, which may be contracts.
    """

    instrument: str
    level: float
    start_ns: int
    end_ns: int
    window_s: float
    stretches: int
    parameters: Mapping[str, Parameter]
    curves: Mapping[str, Curve]
    volume: WeekVolume = NOT_GIVEN
    scale_inferred: bool = False

    def known(self, name: str) -> Estimate:
        """Return the estimate of a parameter.

        Raises
        ------
        ParameterError
            When it is not calibrated, and it says why; when there is none of that name.
        """
        parameter = self.parameters.get(name)
        if parameter is None:
            raise ParameterError(f"{self.instrument}: no parameter {name!r}; there are {', '.join(self.parameters)}")
        return parameter.known()

    @property
    def calibrated(self) -> tuple[str, ...]:
        """The names of the parameters that have an estimate."""
        return tuple(name for name, parameter in self.parameters.items() if parameter.estimate is not None)
