from __future__ import annotations

import math
from dataclasses import replace

import pytest

from fillcast.forecast.conditions import Conditions, Volume, describe
from fillcast.models.calibration.age import until
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.names import MARKOUT, PERMANENT, PREFACTOR, VOLUME_RATE
from fillcast.models.calibration.parameter import Parameter, calibrated
from fillcast.models.calibration.week_volume import NOT_GIVEN, WeekVolume
from fillcast.models.estimate import Estimate
from fillcast.models.impact import US_SHARES_2003, AthlImpact
from fillcast.models.schedule import fit_volume_curve
from tests.forecast.examples import INVERSE, SPOT, SWAP

DAY_NS = 86_400_000_000_000
VOLUME = Volume(0.6, 0.4, 400, 60.0, 0.1)


def test_a_volume_is_what_traded_over_the_time() -> None:
    # Lots of 1e-5: 12 and 6 base in 60 s, of three trades.
    seen = Volume.seen(SPOT, 100_000.0, (1_200_000, 600_000), 900_000.0**2 + 300_000.0**2 + 600_000.0**2, 3, 60.0)
    assert seen is not None

    assert (seen.buy_base_per_s, seen.sell_base_per_s) == (pytest.approx(0.2), pytest.approx(0.1))
    assert seen.base_per_s == pytest.approx(0.3)
    # An order to buy rests among the bids, which those who sell take.
    assert (seen.taken_per_s(1), seen.taken_per_s(-1)) == (pytest.approx(0.1), pytest.approx(0.2))
    assert seen.relative_error == pytest.approx(math.sqrt(9.0**2 + 3.0**2 + 6.0**2) / 18.0)


def test_contracts_in_quote_are_valued_at_the_mid() -> None:
    seen = Volume.seen(INVERSE, 50_000.0, (10, 0), 100.0, 1, 2.0)  # ten contracts of 100 USD

    assert seen is not None
    assert seen.buy_base_per_s == pytest.approx(10 * 100 / 50_000 / 2)


@pytest.mark.parametrize(("trades", "window_s", "mid"), [(0, 60.0, 1.0), (3, 0.0, 1.0), (3, 60.0, math.nan)])
def test_nothing_seen_is_no_volume(trades: int, window_s: float, mid: float) -> None:
    assert Volume.seen(SPOT, mid, (1, 1), 2.0, trades, window_s) is None


def test_the_prior_of_permanent_impact_is_that_of_the_paper() -> None:
    """Against the model's own permanent move of one base unit, with a day's figures."""
    sigma_per_sqrt_s = 1e-4
    gamma = Conditions(VOLUME).permanent(sigma_per_sqrt_s, 0.9)
    assert gamma is not None

    model = AthlImpact(US_SHARES_2003, sigma_per_sqrt_s * math.sqrt(86_400), 86_400.0, 1.0, None)
    assert gamma.known().value == pytest.approx(1e4 * float(model.permanent(1.0)), rel=1e-9)
    assert gamma.known().low == 0.0
    assert gamma.known().high == pytest.approx(2 * gamma.known().value * math.exp(1.6449 * 0.1), rel=1e-4)
    assert gamma.origin == "prior"
    assert Conditions().permanent(sigma_per_sqrt_s, 0.9) is None


def model_of(*parameters: Parameter, volume: WeekVolume = NOT_GIVEN) -> Calibration:
    return Calibration("a:b", 0.9, 0, DAY_NS, 86_400.0, 1, {one.name: one for one in parameters}, {}, volume)


def test_what_is_calibrated_comes_before_the_prior() -> None:
    for name, unit in ((PERMANENT, "bps per base"), (PREFACTOR, "1")):
        measured = calibrated(name, unit, Estimate(0.7, 0.5, 0.9, 0.9, 100), "a test", window_s=7200.0, as_of_ns=1)
        conditions = Conditions(VOLUME, {name: measured})
        found = conditions.permanent(1e-4, 0.9) if name == PERMANENT else conditions.prefactor()
        assert found == measured
    told = "impact prefactor 0.7 (0.5 to 0.9) 1, calibrated: 120 min of market until 1970-01-01"
    assert describe(measured, DAY_NS) == told
    assert describe(measured, 12 * DAY_NS + 1) == f"{told}, 12 days old"


def test_a_calibrated_markout_comes_before_the_half_spread() -> None:
    measured = calibrated(MARKOUT, "bps", Estimate(0.5, 0.2, 0.8, 0.9, 900), "a test", window_s=300.0, as_of_ns=1)

    assert Conditions.of(None, model_of(measured), SPOT).adverse_selection(0.01) == measured
    assert Conditions.of(None, model_of(), SPOT).adverse_selection(0.01).known().value == 0.01


def test_a_calibrated_curve_is_that_of_the_model() -> None:
    curve = fit_volume_curve([0, 1], [2.0, 3.0])
    found = Conditions.of(VOLUME, model_of(volume=WeekVolume(curve, "", 2, DAY_NS)), SPOT)

    assert (found.volume, found.curve, found.curve_as_of_ns) == (VOLUME, curve, DAY_NS)
    assert Conditions.of(VOLUME, model_of(), SPOT).curve is None
    assert Conditions.of(VOLUME, None, SPOT) == Conditions(VOLUME)


@pytest.mark.parametrize(
    ("age_ns", "said"),
    [
        (-DAY_NS, "until 1970-01-02"),  # a clock that is behind
        (0, "until 1970-01-02"),
        (DAY_NS, "until 1970-01-02"),
        (DAY_NS + 1, "until 1970-01-02, 1 day old"),
        (2 * DAY_NS, "until 1970-01-02, 2 days old"),
        (400 * DAY_NS - 1, "until 1970-01-02, 399 days old"),
    ],
)
def test_what_is_older_than_a_day_says_how_old(age_ns: int, said: str) -> None:
    assert until(DAY_NS, DAY_NS + age_ns) == said


def test_a_calibrated_volume_stands_in_for_one_that_was_not_seen() -> None:
    rate = calibrated(VOLUME_RATE, "base / s", Estimate(2.0, 1.0, 4.0, 0.9, 50), "a test", window_s=600.0, as_of_ns=1)
    found = Conditions.of(None, model_of(rate), SPOT).volume
    assert found is not None

    assert (found.base_per_s, found.trades, found.window_s) == (2.0, 50, 600.0)
    assert found.spread(0.9) == pytest.approx(2.0)
    assert found.describe(3 * DAY_NS) == "2 base/s, 50 trades in 600 s, calibrated: until 1970-01-01, 2 days old"
    assert VOLUME.describe(3 * DAY_NS) == "1 base/s, 400 trades in 60 s"
    assert Conditions.of(VOLUME, model_of(rate), SPOT).volume == VOLUME
    assert Conditions.of(None, model_of(), SPOT).volume is None


def test_counts_of_contracts_are_not_taken_for_base_units() -> None:
    """281.6 contracts of 100 dollars a second were once 281.6 BTC a second."""
    one = Estimate(281.6, 200.0, 390.0, 0.9, 50)
    sized, free = (
        calibrated(name, unit, one, "a test", window_s=600.0, as_of_ns=1)
        for name, unit in ((VOLUME_RATE, "base / s"), (MARKOUT, "bps"))
    )
    curve = WeekVolume(fit_volume_curve([0, 1], [2.0, 3.0]), "", 2, DAY_NS)
    counted = replace(model_of(sized, free, volume=curve), scale_inferred=True)

    for contract in (INVERSE, SWAP):
        found = Conditions.of(None, counted, contract)
        assert (found.volume, found.curve) == (None, None)
        assert found.parameters == {MARKOUT: free}
    told = Conditions.of(None, replace(counted, scale_inferred=False), INVERSE)
    in_base = Conditions.of(None, counted, SPOT)
    assert told.volume == in_base.volume == Volume.calibrated(sized)
    assert told.curve is in_base.curve is curve.curve
