"""What is known of a market beside its book and its volatility: its volume, and the parameters of impact.

A parameter is the calibrated one where there is one. Where there is none, a documented prior takes its place, named as
such in the forecast, and as wide as its sources differ:

- **Resilience.** Depth that a trade took refills in two steps: in 100 ms to 1 s, and in 10 to 60 s. The prior counts
  the slow one alone, so that it leaves more of the displacement than there may be: 1 / 24.5 s, the middle of 10 and 60.
- **Permanent impact.** 0.314 daily volatilities for a day's volume, Almgren, Thum, Hauptmann and Li, "Direct estimation
  of equity market impact" (Risk, July 2005), table 2, on US shares. From 0, since the impact of uninformed orders in
  bitcoin decays almost fully (Donier and Bonart, arXiv 1412.4503), to twice that.
- **Square-root law.** Y = 1: "of order 1" in every market measured (Toth et al., Phys. Rev. X 1, 021006, 2011).
- **Adverse selection.** A maker's fill costs the half-spread again: where makers compete, the spread pays for what
  those who trade with them know (Glosten and Milgrom, J. Financial Economics 14, 1985). From 0 to twice that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fillcast.core.instrument import Instrument
from fillcast.core.units import BPS
from fillcast.models.calibration.age import until
from fillcast.models.calibration.names import (
    MARKOUT,
    PERMANENT,
    PREFACTOR,
    RESILIENCE,
    TEMPORARY,
    UNITS,
    VOLUME_RATE,
)
from fillcast.models.calibration.parameter import CALIBRATED, Parameter, prior
from fillcast.models.estimate import Estimate, two_sided
from fillcast.models.impact import US_SHARES_2003
from fillcast.models.schedule import VolumeCurve

if TYPE_CHECKING:
    from fillcast.models.calibration.calibration import Calibration

DAY_S = 86_400.0

SLOW_REFILL_S = (10.0, 60.0)
PREFACTOR_RANGE = (0.5, 2.0)
PER_BASE = frozenset({TEMPORARY, PERMANENT, VOLUME_RATE})  # parameters whose unit holds a size
LARGEST_ERROR = 2.0  # of a rate, relative: known to a factor of 27 at 90 %


@dataclass(frozen=True, slots=True)
class Volume:
    """What trades, as it was seen.

    Attributes
    ----------
    buy_base_per_s, sell_base_per_s
        Base units a second, by the side of the aggressor.
    trades, window_s
        What that rests on.
    relative_error
        Standard error of the whole rate over the rate: the root of the summed squares of sizes over their sum, as of
        trades that come independently.
    as_of_ns
        Of the last datum where the rate is a calibrated one; 0 where it was seen just now.
    """

    buy_base_per_s: float
    sell_base_per_s: float
    trades: int
    window_s: float
    relative_error: float
    as_of_ns: int = 0

    @property
    def base_per_s(self) -> float:
        """Base units a second, both sides."""
        return self.buy_base_per_s + self.sell_base_per_s

    def taken_per_s(self, side: int) -> float:
        """Return what aggressors take a second from the queue in which an order of `side` rests."""
        return self.sell_base_per_s if side > 0 else self.buy_base_per_s

    def spread(self, level: float) -> float:
        """Return the factor within which the rate lies, up or down, with probability `level`."""
        return math.exp(two_sided(level) * self.relative_error)

    @classmethod
    def calibrated(cls, rate: Parameter) -> Volume:
        """Return a calibrated rate as a volume of equal sides: a recording's, where nothing was seen yet."""
        one = rate.known()
        reach = max(math.log(one.high / one.value), math.log(one.value / one.low)) if one.low > 0 else math.inf
        half = one.value / 2
        return cls(half, half, one.n, rate.window_s, min(reach / two_sided(one.level), LARGEST_ERROR), rate.as_of_ns)

    @classmethod
    def seen(
        cls,
        instrument: Instrument,
        mid: float,
        lots: tuple[int, int],
        squared_lots: float,
        trades: int,
        window_s: float,
    ) -> Volume | None:
        """Return the volume of a window of trades; None without any.

        Parameters
        ----------
        mid
            Values the lots of an inverse contract.
        lots
            Traded by aggressors that bought, and that sold.
        squared_lots
            Sum of the squares of the trades' sizes.
        window_s
            Seconds of the window, > 0.
        """
        bought, sold = lots
        if trades == 0 or window_s <= 0 or not math.isfinite(mid):
            return None
        each = instrument.amounts(1, mid)[0] / window_s
        return cls(bought * each, sold * each, trades, window_s, math.sqrt(squared_lots) / (bought + sold))

    def describe(self, now_ns: int) -> str:
        """Say in one line where the figure comes from."""
        dated = f", calibrated: {until(self.as_of_ns, now_ns)}" if self.as_of_ns else ""
        return f"{self.base_per_s:.4g} base/s, {self.trades} trades in {self.window_s:.0f} s{dated}"


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a forecast of more than a market order needs to know of one instrument.

    Attributes
    ----------
    volume
        None where no trade was seen.
    parameters
        Calibrated ones, by name; those that say "not calibrated" count as absent.
    curve
        Volume by minute of the week, None where it is not calibrated.
    curve_as_of_ns
        Of the curve's last datum.
    """

    volume: Volume | None = None
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    curve: VolumeCurve | None = None
    curve_as_of_ns: int = 0

    @classmethod
    def of(cls, seen: Volume | None, model: Calibration | None, instrument: Instrument) -> Conditions:
        """Return what was seen and what was calibrated; a calibrated volume stands in for one that was not seen.

        Of a recording without metadata nothing that is per base unit is used on an instrument sized in contracts: its
        sizes are then counts of contracts.
        """
        if model is None:
            return cls(seen)
        if model.scale_inferred and instrument.sized_in != "base":
            of_any_size = {name: one for name, one in model.parameters.items() if name not in PER_BASE}
            return cls(seen, of_any_size)
        rate = model.parameters.get(VOLUME_RATE)
        if seen is None and rate is not None and rate.estimate is not None and rate.estimate.value > 0:
            seen = Volume.calibrated(rate)
        return cls(seen, model.parameters, model.volume.curve, model.volume.as_of_ns)

    def resilience(self) -> Parameter:
        """Return rho, per second, >= 0."""
        fast, slow = (1.0 / seconds for seconds in SLOW_REFILL_S)
        middle = math.sqrt(fast * slow)
        known = self._known(RESILIENCE)
        return (
            _not_negative(known)
            if known is not None
            else _prior(RESILIENCE, middle, slow, fast, "slow refill of 10 to 60 s")
        )

    def permanent(self, sigma_per_sqrt_s: float, level: float) -> Parameter | None:
        """Return gamma, bps of the mid per base unit, >= 0; None where it is not calibrated and no volume was seen.

        A slope that came out below 0 is one of 0: with an impact that pays, round trips would.

        Parameters
        ----------
        sigma_per_sqrt_s
            Volatility of the mid, a fraction.
        level
            How uncertain the volume is at that level widens the prior's interval.
        """
        known = self._known(PERMANENT)
        if known is not None:
            return _not_negative(known)
        if self.volume is None:
            return None
        daily_sigma_bps = BPS * sigma_per_sqrt_s * math.sqrt(DAY_S)
        value = US_SHARES_2003.gamma * daily_sigma_bps / (self.volume.base_per_s * DAY_S)
        source = "0.314 daily volatilities per day's volume (Almgren et al. 2005, US shares)"
        return _prior(PERMANENT, value, 0.0, 2 * value * self.volume.spread(level), source)

    def prefactor(self) -> Parameter:
        """Return Y of the square-root law."""
        known = self._known(PREFACTOR)
        return known or _prior(
            PREFACTOR, 1.0, *PREFACTOR_RANGE, "of order 1 in every market measured (Toth et al. 2011)"
        )

    def adverse_selection(self, half_spread_bps: float) -> Parameter:
        """Return what the mid moves against a maker's fill, bps."""
        known = self._known(MARKOUT)
        source = "the half-spread again (Glosten and Milgrom 1985)"
        return known or _prior(MARKOUT, half_spread_bps, 0.0, 2 * half_spread_bps, source)

    def _known(self, name: str) -> Parameter | None:
        parameter = self.parameters.get(name)
        return None if parameter is None or parameter.estimate is None else parameter


def describe(parameter: Parameter, now_ns: int) -> str:
    """Say in one line what a parameter is and where it comes from, and its age where that is more than a day."""
    one = parameter.known()
    words = parameter.name.replace("_", " ")
    where = parameter.source
    if parameter.origin == CALIBRATED:
        where = f"{parameter.window_s / 60:.3g} min of market {until(parameter.as_of_ns, now_ns)}"
    return f"{words} {one.value:.3g} ({one.low:.3g} to {one.high:.3g}) {parameter.unit}, {parameter.origin}: {where}"


def _not_negative(parameter: Parameter) -> Parameter:
    """Return a parameter that no market has below 0, with nothing of its sampling error there."""
    one = parameter.known()
    if one.low >= 0:
        return parameter
    return replace(parameter, estimate=Estimate(max(one.value, 0.0), 0.0, max(one.high, 0.0), one.level, one.n))


def _prior(name: str, value: float, low: float, high: float, source: str) -> Parameter:
    return prior(name, UNITS[name], Estimate(value, low, high, 1.0, 0), source)
