"""What real markets give: figures that a person believes of bitcoin, and nothing of what takes hours to see."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from fillcast.cli.calibration_picture import draw, fitted_refill
from fillcast.models.calibration import names
from fillcast.models.calibration.calibrate import calibrate
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.stretch import Stretch
from fillcast.tape.stretches import collect

# One BTC market of one evening, seen at two venues.
USDM = "binance_usdm/btcusdt_20240808.gz"
SPOT = "binance_spot/btcusdt_20240808.gz"
TAKES_HOURS = (names.PERMANENT, names.KERNEL_DECAY, names.EXPONENT, names.PREFACTOR)


@pytest.fixture(scope="session")
def usdm(captures: Path) -> tuple[Stretch, ...]:
    """Return the one stretch of the USD-M capture, played once."""
    (stretches,) = collect(captures / USDM).stretches.values()
    return stretches


@pytest.fixture(scope="session")
def spot(captures: Path) -> tuple[Stretch, ...]:
    (stretches,) = collect(captures / SPOT).stretches.values()
    return stretches


@pytest.fixture(scope="session")
def calibrated(usdm: tuple[Stretch, ...], spot: tuple[Stretch, ...]) -> dict[str, Calibration]:
    return {"usdm": calibrate(usdm), "spot": calibrate(spot)}


def test_a_capture_without_a_hole_is_one_stretch_of_all_its_trades(usdm):
    (stretch,) = usdm
    assert stretch.instrument == "binance_usdm:BTCUSDT"
    assert stretch.seconds == pytest.approx(344.6, abs=0.3)
    assert len(stretch.depth_ns) == 6546
    assert len(stretch.trade_ns) == pytest.approx(21_313, abs=10)  # those before the first book are left out
    assert (stretch.ask > stretch.bid).all()
    assert (np.diff(stretch.bid_depth_base, axis=1) >= 0).all()


def test_a_capture_without_metadata_says_that_its_sizes_are_the_venues_own(
    usdm: tuple[Stretch, ...], calibrated: dict[str, Calibration]
) -> None:
    assert all(stretch.scale_inferred for stretch in usdm)
    assert all(one.scale_inferred for one in calibrated.values())


def test_trades_are_at_the_touch_of_their_side_just_before(usdm):
    """A clock, a sign or a touch that is wrong shows here: of 21,308 trades 99.6 % were at the touch they should be."""
    assert at_their_touch(usdm[0], 0) > 0.99
    assert at_their_touch(usdm[0], 500_000_000) < 0.9  # the touch of half a second before: a clock that is off
    assert 1 - at_their_touch(usdm[0], 0, turned=True) > 0.99


def at_their_touch(stretch: Stretch, early_ns: int, *, turned: bool = False) -> float:
    """Return the share of trades at the touch of their side, as it was just before, or earlier."""
    at = np.searchsorted(stretch.quote_ns, stretch.trade_ns - early_ns, side="left") - 1
    known = at >= 0
    sign = stretch.trade_sign[known] * (-1 if turned else 1)
    price, bid, ask = stretch.trade_price[known], stretch.bid[at[known]], stretch.ask[at[known]]
    return float(np.where(sign > 0, price >= ask - 1e-9, price <= bid + 1e-9).mean())


def test_volatility_and_half_spread_are_those_of_bitcoin(calibrated):
    for one in calibrated.values():
        sigma = one.known(names.VOLATILITY)
        assert 0.8 < sigma.value < 1.7  # bps a root second: 45 to 95 % a year
        assert sigma.high / sigma.low < 2.5
    # Half of a tick of 0.1 at 61,800 is 0.0081 bps, of 0.01 a tenth of it: a spread is rarely more than its tick.
    assert 0.0080 < calibrated["usdm"].known(names.HALF_SPREAD).value < 0.0110
    assert 0.0008 < calibrated["spot"].known(names.HALF_SPREAD).value < 0.0050


def test_two_venues_of_one_market_have_one_volatility(calibrated):
    first, second = (one.known(names.VOLATILITY) for one in calibrated.values())
    assert first.low < second.value < first.high


def test_buyers_are_followed_by_a_rise_and_sellers_by_a_fall_up_to_ten_seconds(calibrated, usdm):
    found = calibrated["usdm"]
    response = found.known(names.RESPONSE_10S)
    assert 0 < response.low < response.value < 1.5
    curve = found.curves["response"]
    within = curve.lags <= 10.0
    assert within.sum() >= 10
    assert (curve.value[within] > 0).all()
    assert curve.value[curve.lags == 1.0] > curve.value[0]
    width = curve.high - curve.low
    assert width[-1] > width[0]


def test_what_fills_at_the_touch_is_followed_by_a_move_against_its_maker(calibrated):
    """USD-M 0.53 (0.18 to 0.87) bps at 15 s, spot 1.17 (0.55 to 1.79); the half-spreads are 0.009 and 0.002 bps."""
    for name, bound in (("usdm", 1.5), ("spot", 3.0)):
        found = calibrated[name]
        adverse = found.known(names.MARKOUT)
        assert found.known(names.HALF_SPREAD).value < adverse.low < adverse.value < adverse.high < bound
        assert adverse.n > 2000
        curve = found.curves["markout"]
        assert curve.lags.tolist() == [0.05, 1.0, 15.0]  # a minute and five minutes take longer recordings
        assert curve.value[0] > 0
        assert (curve.value[-1], curve.n >= adverse.n) == (adverse.value, True)


def test_minutes_give_no_volume_curve(calibrated):
    for one in calibrated.values():
        assert one.volume.curve is None
        assert one.volume.minutes in (4, 5)  # whole ones
        assert re.fullmatch(r"not calibrated: 5\.7\d min of market, at least 24 h are needed", one.volume.reason)


def test_depth_comes_back_within_seconds(calibrated):
    rate = calibrated["spot"].known(names.RESILIENCE)
    assert 0.2 < rate.low < rate.value < rate.high < 20.0
    curve = calibrated["spot"].curves["refill"]
    fit = fitted_refill(curve, rate.value, curve.lags)
    assert (np.abs(fit - curve.value) <= curve.high - curve.value).all()
    for one in calibrated.values():
        curve = one.curves["refill"]
        early, late = curve.value[curve.lags <= 0.3], curve.value[(curve.lags >= 3.0) & (curve.lags <= 7.0)]
        assert 0 < early.mean() < late.mean() - 0.2


def test_a_rate_of_refill_that_the_market_leaves_open_is_not_given(calibrated):
    """The rate of USD-M lies at the edge of what its 5.7 minutes and these lags tell."""
    parameter = calibrated["usdm"].parameters[names.RESILIENCE]
    if parameter.estimate is None:
        assert re.search(r"\d+ market orders leave the rate between [\d.]+ and [\d.]+ / s", parameter.reason)
    else:
        assert 0.01 < parameter.estimate.low < parameter.estimate.value < parameter.estimate.high < 30.0


def test_what_takes_hours_is_not_calibrated(calibrated):
    for one in calibrated.values():
        for name in TAKES_HOURS:
            parameter = one.parameters[name]
            assert parameter.estimate is None, name
            assert re.match(r"not calibrated: 5\.7\d min of ", parameter.reason), parameter.reason
            assert "needed" in parameter.reason


def test_the_pictures_can_be_drawn(calibrated, tmp_path):
    draw(list(calibrated.values()), tmp_path / "both.png")
    assert (tmp_path / "both.png").stat().st_size > 50_000
