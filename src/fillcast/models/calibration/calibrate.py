"""Every parameter of one instrument from its stretches, each by its own estimator."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from fillcast.errors import ParameterError
from fillcast.models.calibration.adverse_selection import estimate_adverse_selection
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.course import half_spread_course, volatility_course
from fillcast.models.calibration.curve import Curve, Fitted
from fillcast.models.calibration.kernel import estimate_kernel
from fillcast.models.calibration.names import UNITS
from fillcast.models.calibration.parameter import Parameter
from fillcast.models.calibration.permanent import estimate_permanent
from fillcast.models.calibration.resilience import estimate_resilience
from fillcast.models.calibration.response import estimate_response
from fillcast.models.calibration.spread import estimate_half_spread
from fillcast.models.calibration.square_root import estimate_square_root
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.calibration.temporary import estimate_temporary
from fillcast.models.calibration.volatility import estimate_volatility
from fillcast.models.calibration.volume import estimate_volume_rate
from fillcast.models.calibration.week_volume import week_volume
from fillcast.models.estimate import LEVEL, two_sided

Progress = Callable[[float], None]
Estimated = Parameter | Fitted | Curve
Estimator = Callable[[Sequence[Stretch], float], Sequence[Estimated]]

SQUARE_ROOT = "square_root"
IMPACT_UNIT = "sigma of a day"
SHARE_UNIT = "Q / V of a day"

ESTIMATORS: tuple[Estimator, ...] = (
    lambda stretches, level: (estimate_volatility(stretches, level=level),),
    lambda stretches, level: (estimate_half_spread(stretches, level=level),),
    lambda stretches, level: (estimate_volume_rate(stretches, level=level),),
    lambda stretches, level: (estimate_response(stretches, level=level),),
    lambda stretches, level: (estimate_resilience(stretches, level=level),),
    lambda stretches, level: (estimate_temporary(stretches, level=level),),
    lambda stretches, level: (estimate_permanent(stretches, level=level),),
    lambda stretches, level: (estimate_kernel(stretches, level=level),),
    lambda stretches, level: (estimate_adverse_selection(stretches, level=level),),
    lambda stretches, level: _square_root(stretches, level),
    lambda stretches, level: (volatility_course(stretches, level=level), half_spread_course(stretches, level=level)),
)


def _square_root(stretches: Sequence[Stretch], level: float) -> Sequence[Estimated]:
    """Return delta, Y and the mean impact of proxy metaorders by size, the flow of others taken out."""
    fit = estimate_square_root(stretches, level=level)
    bins = fit.curve
    curve = Curve(
        SQUARE_ROOT, IMPACT_UNIT, bins.share, SHARE_UNIT, bins.impact, bins.low, bins.high, bins.level, bins.n
    )
    return fit.exponent, fit.prefactor, curve


def calibrate(stretches: Sequence[Stretch], *, level: float = LEVEL, progress: Progress | None = None) -> Calibration:
    """Return every parameter of one instrument, each calibrated or with the reason why it is not.

    Parameters
    ----------
    stretches
        Of one instrument, in the order of time.
    level
        Of all intervals, between 0 and 1.
    progress
        Told after each estimator which share of them is done, 0 to 1.

    Raises
    ------
    ParameterError
        When there is no stretch, they are of several instruments, or the level is not between 0 and 1.
    """
    two_sided(level)
    instruments = {stretch.instrument for stretch in stretches}
    if len(instruments) != 1:
        raise ParameterError(f"stretches must be of one instrument, not of {', '.join(sorted(instruments)) or 'none'}")
    parameters: dict[str, Parameter] = {}
    curves: dict[str, Curve] = {}
    for done, estimate in enumerate(ESTIMATORS, 1):
        for found in estimate(stretches, level):
            if isinstance(found, Fitted | Parameter):
                parameter = found.parameter if isinstance(found, Fitted) else found
                parameters[parameter.name] = parameter
            curve = found.curve if isinstance(found, Fitted) else found
            if isinstance(curve, Curve) and len(curve.lags):
                curves[curve.name] = curve
        if progress is not None:
            progress(done / len(ESTIMATORS))
    return Calibration(
        instruments.pop(),
        level,
        min(stretch.start_ns for stretch in stretches),
        max(stretch.end_ns for stretch in stretches),
        sum(stretch.seconds for stretch in stretches),
        len(stretches),
        {name: parameters[name] for name in UNITS if name in parameters},
        curves,
        week_volume(stretches),
        any(stretch.scale_inferred for stretch in stretches),
    )
