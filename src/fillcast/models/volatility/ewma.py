"""How much a mid moves: an exponentially weighted realised volatility with its own uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import BPS, NS_PER_S
from fillcast.errors import ParameterError
from fillcast.models.bounds import not_negative, positive
from fillcast.models.calibration.age import until

SECONDS_PER_YEAR = 365 * 86_400  # these markets never close

DEFAULT_HALF_LIFE_S = 60.0

# Below a second a mid is no random walk: on recorded BTC books sigma per root second, measured every 10 ms and every
# second, is 0.81 and 1.30 bps, 0.70 and 1.19 (spot), 0.75 and 1.23, 1.10 and 1.42 (coin-margined), 1.29 and 1.24
# (USD-margined); from one second to ten, four of the five stay within 15 %. Sparse sampling is also the usual cure for
# quote noise: Bandi and Russell, "Microstructure noise, realized volatility, and optimal sampling" (2003).
SAMPLING_FLOOR_S = 1.0

# 80 % a year, 1.42 bps per root second: published bitcoin volatilities over windows of three months to a year
# run from 40 % (2023-24) to 150 % (2017); the five recorded books above gave 67-80 %.
PRIOR_ANNUAL = 0.80
PRIOR_SIGMA_PER_SQRT_S = PRIOR_ANNUAL / math.sqrt(SECONDS_PER_YEAR)
# With the weight of four samples the prior says that sigma lies between 0.65 and 2.4 times itself nine times
# in ten.
PRIOR_SAMPLES = 4.0


@dataclass(frozen=True, slots=True)
class VolatilityEstimate:
    """What is known of a volatility at one moment: the measured one, drawn towards a labelled prior.

    The variance is a mean of the measured variance with weight `effective_samples` and the prior's with
    weight `prior_samples`: the posterior scale of a scaled inverse chi-squared prior under normal returns
    (Gelman et al., "Bayesian Data Analysis", section 2.6). The next return then has a Student distribution
    with `degrees_of_freedom`, which is what widens an interval while little has been seen. The prior keeps
    its weight for good: a mid that has stood still for an hour can still move.

    Attributes
    ----------
    measured_per_sqrt_s
        Relative move per root second that was measured, or None: nothing has been measured yet.
    effective_samples
        Kish's effective number of samples, (sum w)^2 / sum w^2; 0.0 when nothing has been measured.
    half_life_s
        Half-life of a sample's weight.
    prior_per_sqrt_s, prior_samples
        The prior and the number of samples that it counts for.
    prior_as_of_ns
        Of the last datum where the prior is a calibrated volatility; 0 where it is the documented one.
    """

    measured_per_sqrt_s: float | None
    effective_samples: float
    half_life_s: float
    prior_per_sqrt_s: float = PRIOR_SIGMA_PER_SQRT_S
    prior_samples: float = PRIOR_SAMPLES
    prior_as_of_ns: int = 0

    def __post_init__(self) -> None:
        measured = 0.0 if self.measured_per_sqrt_s is None else self.measured_per_sqrt_s
        # One is made for every forecast: what passes here needs no check by name, which takes longer.
        if (
            0.0 <= measured < math.inf
            and 0.0 <= self.effective_samples < math.inf
            and 0.0 < self.half_life_s < math.inf
            and 0.0 < self.prior_per_sqrt_s < math.inf
            and 0.0 < self.prior_samples < math.inf
        ):
            return
        not_negative("measured_per_sqrt_s", measured)
        positive("half_life_s", self.half_life_s)
        positive("prior_per_sqrt_s", self.prior_per_sqrt_s)
        positive("prior_samples", self.prior_samples)
        not_negative("effective_samples", self.effective_samples)

    @property
    def is_measured(self) -> bool:
        """Whether there is more than the prior."""
        return self.measured_per_sqrt_s is not None

    @property
    def sigma_per_sqrt_s(self) -> float:
        """Relative move per root second, measurement and prior together."""
        if self.measured_per_sqrt_s is None:
            return self.prior_per_sqrt_s
        weight = self.effective_samples
        measured, prior = self.measured_per_sqrt_s**2, self.prior_per_sqrt_s**2
        return math.sqrt((weight * measured + self.prior_samples * prior) / (weight + self.prior_samples))

    @property
    def degrees_of_freedom(self) -> float:
        """Degrees of freedom of the Student distribution of the next return."""
        return self.effective_samples + self.prior_samples

    def describe(self, now_ns: int) -> str:
        """Say in one line where the figure comes from."""
        prior = f"prior {self.prior_per_sqrt_s * BPS:.3g} bps/√s"
        if self.prior_as_of_ns:
            prior += f" (calibrated: {until(self.prior_as_of_ns, now_ns)})"
        if self.measured_per_sqrt_s is None:
            return f"volatility not measured yet: {prior} with the weight of {self.prior_samples:g} samples"
        return (
            f"volatility {self.sigma_per_sqrt_s * BPS:.3g} bps/√s: EWMA half-life {self.half_life_s:g} s "
            f"from {self.effective_samples:.1f} effective samples gave {self.measured_per_sqrt_s * BPS:.3g}, "
            f"{prior} has the weight of {self.prior_samples:g}"
        )


def ewma_decay(step_s: float, half_life_s: float) -> float:
    """Return lambda = 2^(-step / half-life): what is left of a sample's weight after a step.

    Parameters
    ----------
    step_s, half_life_s
        Seconds, >= 0 and > 0.

    Raises
    ------
    ParameterError
        For one that is out of range or not finite.
    """
    if not (0.0 <= step_s < math.inf and 0.0 < half_life_s < math.inf):  # a step of a stream takes no longer check
        not_negative("step_s", step_s)
        positive("half_life_s", half_life_s)
    return float(2.0 ** (-step_s / half_life_s))


class EwmaVolatility:
    """Online volatility of a mid that changes at irregular times. O(1) memory and time per mid.

    A sample is the squared log return over at least `sampling_floor_s`, per second. Over a step of dt its
    weight is 1 - lambda with lambda = 2^(-dt / half-life), and every older weight is multiplied by lambda;
    the weights are normalised, so that the first samples are not drawn towards zero. When a book changes
    several times within one time stamp, the last mid counts.

    Parameters
    ----------
    half_life_s
        Half-life of a sample's weight, > 0.
    sampling_floor_s
        Mids closer together than this are not samples of their own, >= 0.

    Raises
    ------
    ParameterError
        For one of them that is out of range or not finite.
    """

    __slots__ = (
        "_anchor_log",
        "_anchor_ns",
        "_before",
        "_floor_ns",
        "_variance_sum",
        "_weight_square_sum",
        "_weight_sum",
        "half_life_s",
    )

    def __init__(self, half_life_s: float = DEFAULT_HALF_LIFE_S, *, sampling_floor_s: float = SAMPLING_FLOOR_S) -> None:
        positive("half_life_s", half_life_s)
        not_negative("sampling_floor_s", sampling_floor_s)
        self.half_life_s = half_life_s
        self._floor_ns = max(round(sampling_floor_s * NS_PER_S), 1)
        self._anchor_ns: int | None = None
        self._anchor_log = 0.0
        self._variance_sum = 0.0
        self._weight_sum = 0.0
        self._weight_square_sum = 0.0
        # The state before the last sample, so that a later mid of the same time stamp can replace it.
        self._before: tuple[int, float, float, float, float] | None = None

    def update(self, event_ns: int, mid: float) -> None:
        """Take a mid in at its event time.

        A mid that is no positive finite number (a side of the book was empty) is no observation. A mid that
        is older than the last sample is left out; when the clock has gone back by more than the sampling
        floor, sampling starts again from there and what was measured stays.
        """
        if not (mid > 0 and math.isfinite(mid)):
            return
        anchor = self._anchor_ns
        if anchor is None or event_ns < anchor - self._floor_ns:
            self._anchor_ns, self._anchor_log, self._before = event_ns, math.log(mid), None
        elif event_ns >= anchor + self._floor_ns:
            before = (anchor, self._anchor_log, self._variance_sum, self._weight_sum, self._weight_square_sum)
            self._sample(before, event_ns, math.log(mid))
        elif event_ns == anchor:
            if self._before is None:
                self._anchor_log = math.log(mid)
            else:
                self._sample(self._before, event_ns, math.log(mid))

    def _sample(self, before: tuple[int, float, float, float, float], event_ns: int, log_mid: float) -> None:
        anchor_ns, anchor_log, variance_sum, weight_sum, weight_square_sum = before
        step_s = (event_ns - anchor_ns) / NS_PER_S
        decay = ewma_decay(step_s, self.half_life_s)
        weight = -math.expm1(-step_s / self.half_life_s * math.log(2.0))
        self._variance_sum = decay * variance_sum + weight * (log_mid - anchor_log) ** 2 / step_s
        self._weight_sum = decay * weight_sum + weight
        self._weight_square_sum = decay * decay * weight_square_sum + weight * weight
        self._anchor_ns, self._anchor_log, self._before = event_ns, log_mid, before

    @property
    def sigma_per_sqrt_s(self) -> float | None:
        """The measured relative move per root second, or None when there is no sample yet."""
        return math.sqrt(self._variance_sum / self._weight_sum) if self._weight_sum else None

    @property
    def effective_samples(self) -> float:
        """Kish's effective number of samples; 0.0 when there is none yet."""
        return self._weight_sum**2 / self._weight_square_sum if self._weight_sum else 0.0

    def estimate(self) -> VolatilityEstimate:
        """Return what is known now, as a value that later updates do not change."""
        return VolatilityEstimate(self.sigma_per_sqrt_s, self.effective_samples, self.half_life_s)


def ewma_estimate(
    event_ns: NDArray[np.int64],
    mids: NDArray[np.float64],
    half_life_s: float = DEFAULT_HALF_LIFE_S,
    *,
    sampling_floor_s: float = SAMPLING_FLOOR_S,
) -> VolatilityEstimate:
    """Return what `EwmaVolatility` knows after a whole series: the same estimate from closed-form weights.

    Parameters
    ----------
    event_ns
        int64 (n,), not decreasing.
    mids
        float64 (n,), positive.
    half_life_s, sampling_floor_s
        As for `EwmaVolatility`.

    Raises
    ------
    ParameterError
        When the times decrease, the arrays differ in length, or a mid is not positive and finite.
    """
    positive("half_life_s", half_life_s)
    not_negative("sampling_floor_s", sampling_floor_s)
    positive("mids", mids)
    if event_ns.shape != mids.shape or (np.diff(event_ns) < 0).any():
        raise ParameterError("times and mids must have the same length, and times must not decrease")
    last_of_stamp = np.append(np.flatnonzero(np.diff(event_ns) > 0), len(event_ns) - 1) if len(event_ns) else event_ns
    times, logs = event_ns[last_of_stamp], np.log(mids[last_of_stamp])
    floor_ns = max(round(sampling_floor_s * NS_PER_S), 1)
    picked: list[int] = []
    index = 0
    while index < len(times):
        picked.append(index)
        index = int(np.searchsorted(times, times[index] + floor_ns))
    if len(picked) < 2:
        return VolatilityEstimate(None, 0.0, half_life_s)
    steps_s = np.diff(times[picked]) / NS_PER_S
    samples = np.diff(logs[picked]) ** 2 / steps_s
    ages_s = (times[picked[-1]] - times[picked[1:]]) / NS_PER_S
    weights = -np.expm1(-steps_s / half_life_s * math.log(2.0)) * np.exp2(-ages_s / half_life_s)
    variance = float((weights * samples).sum() / weights.sum())
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    return VolatilityEstimate(math.sqrt(variance), effective, half_life_s)
