"""All estimators together: each parameter once, as its own estimator gives it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fillcast.errors import ParameterError
from fillcast.models.calibration import calibrate as calibrating
from fillcast.models.calibration import names
from fillcast.models.calibration.calibrate import ESTIMATORS, calibrate
from fillcast.models.calibration.response import estimate_response
from fillcast.models.calibration.spread import estimate_half_spread
from fillcast.models.calibration.square_root import estimate_square_root
from fillcast.models.calibration.square_root_curve import SquareRootCurve
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.calibration.volatility import estimate_volatility
from tests.models.calibration.worlds import Market, market

OF_HOURS = (names.PERMANENT, names.KERNEL_DECAY, names.EXPONENT, names.PREFACTOR)


@pytest.fixture(scope="module")
def recorded() -> Stretch:
    return market(Market(seconds=600.0), seed=11)


def test_every_parameter_is_there_once_in_the_order_of_their_list(recorded):
    found = calibrate([recorded])
    assert list(found.parameters) == [name for name in names.UNITS if name in found.parameters]
    assert {names.VOLATILITY, names.HALF_SPREAD, names.TEMPORARY, names.PERMANENT, names.RESILIENCE} <= set(
        found.parameters
    )
    assert {names.RESPONSE_10S, names.KERNEL_DECAY, names.VOLUME_RATE} <= set(found.parameters)
    for name, parameter in found.parameters.items():
        assert parameter.name == name
        assert parameter.unit == names.UNITS[name]


def test_parameters_are_those_of_their_estimators(recorded):
    found = calibrate([recorded], level=0.8)
    assert found.parameters[names.VOLATILITY] == estimate_volatility([recorded], level=0.8)
    assert found.parameters[names.HALF_SPREAD] == estimate_half_spread([recorded], level=0.8)
    fitted = estimate_response([recorded], level=0.8)
    assert found.parameters[names.RESPONSE_10S] == fitted.parameter
    assert np.array_equal(found.curves["response"].value, fitted.curve.value)
    assert found.known(names.VOLATILITY).level == found.level == 0.8


def test_ten_minutes_do_not_give_what_takes_hours_and_nothing_stands_in_for_it(recorded):
    found = calibrate([recorded])
    for name in OF_HOURS:
        assert found.parameters[name].estimate is None
        assert found.parameters[name].reason.startswith("not calibrated: 10 min of market")
        with pytest.raises(ParameterError, match="not calibrated: 10 min"):
            found.known(name)
    assert not set(OF_HOURS) & set(found.calibrated)


def test_the_square_root_law_comes_with_its_classes_of_size(recorded, monkeypatch):
    none = estimate_square_root([recorded])
    share = np.array([1e-4, 1e-3, 1e-2])
    bins = SquareRootCurve(share, 0.8 * share**0.5, 0.7 * share**0.5, 0.9 * share**0.5, share, 0.8, 1234)
    monkeypatch.setattr(calibrating, "estimate_square_root", lambda stretches, level: replace(none, curve=bins))
    found = calibrate([recorded], level=0.8)
    assert found.parameters[names.EXPONENT] == none.exponent
    assert found.parameters[names.PREFACTOR] == none.prefactor
    curve = found.curves[calibrating.SQUARE_ROOT]
    assert (curve.lags.tolist(), curve.value.tolist()) == (share.tolist(), bins.impact.tolist())
    assert (curve.low.tolist(), curve.high.tolist()) == (bins.low.tolist(), bins.high.tolist())
    assert (curve.level, curve.n) == (0.8, 1234)


def test_the_window_is_that_of_all_stretches(recorded):
    later = replace(market(Market(seconds=300.0), seed=12), start_ns=recorded.start_ns)
    found = calibrate([recorded, later])
    assert found.stretches == 2
    assert found.window_s == pytest.approx(900.0, rel=0.01)
    assert (found.start_ns, found.end_ns) == (recorded.start_ns, recorded.end_ns)
    assert {"response", "refill", "volatility_course", "half_spread_course"} <= set(found.curves)


def test_a_market_without_trades_gives_what_needs_none(recorded):
    empty = slice(0, 0)
    quiet = replace(
        recorded,
        trade_ns=recorded.trade_ns[empty],
        trade_sign=recorded.trade_sign[empty],
        trade_base=recorded.trade_base[empty],
        trade_price=recorded.trade_price[empty],
    )
    found = calibrate([quiet])
    assert set(found.calibrated) == {names.VOLATILITY, names.HALF_SPREAD}
    assert set(found.curves) == {"volatility_course", "half_spread_course"}
    assert all(found.parameters[name].reason for name in set(found.parameters) - set(found.calibrated))


def test_a_moment_of_market_gives_nothing_and_says_so_of_each():
    found = calibrate([market(Market(seconds=5.0), seed=1)])
    assert found.calibrated == ()
    assert all(one.reason.startswith("not calibrated: ") for one in found.parameters.values())


def test_progress_rises_to_one(recorded):
    told: list[float] = []
    calibrate([recorded], progress=told.append)
    assert len(told) == len(ESTIMATORS)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_stretches_of_several_instruments_and_of_none_are_refused(recorded):
    with pytest.raises(ParameterError, match=r"of one instrument, not of a:b, test"):
        calibrate([replace(recorded, instrument="test"), replace(recorded, instrument="a:b")])
    with pytest.raises(ParameterError, match="not of none"):
        calibrate([])


@pytest.mark.parametrize("level", [0.0, 1.0, float("nan"), -1.0])
def test_a_level_that_is_no_probability_is_refused(recorded, level):
    with pytest.raises(ParameterError, match="level must be above 0 and below 1"):
        calibrate([recorded], level=level)
