"""What the mid moves against makers: by hand, against their side, and never across a gap."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from fillcast.models.calibration.adverse_selection import LEAST_S, estimate_adverse_selection
from fillcast.models.calibration.stretch import NS_PER_S, Stretch
from fillcast.models.fills.markout import HORIZONS_NS, MakerFills, pooled_markouts
from tests.models.calibration.coverage import AT_TOUCH
from tests.models.calibration.test_estimators import stretch_of
from tests.models.calibration.worlds import START_NS, Market, market

SECONDS = 500
EVERY_S = 20  # a trade in the middle of each, after which the mid moves by `MOVE` and back before the next
MOVE = 0.01  # of 100: 1 bps


def made(*, beyond: float = 0.0, price: float = 100.0, sign: int = 1, with_taker: bool = True) -> Stretch:
    """Return eight minutes in which takers trade at the touch and the mid goes their way by a basis point."""
    quotes, trades = [(0.0, price - 0.1, price + 0.1)], []
    for start in range(0, SECONDS, EVERY_S):
        moved = price + (sign if with_taker else -sign) * MOVE * price / 100
        quotes += [(start + 10.5, moved - 0.1, moved + 0.1), (start + 19.0 + 7.0, price - 0.1, price + 0.1)]
        trades.append((start + 10.0, sign, 1.0, price + sign * (0.1 + beyond)))
    quotes = sorted(quote for quote in quotes if quote[0] <= SECONDS)
    return stretch_of(quotes, trades, float(SECONDS))


def value_of(*stretches: Stretch) -> float:
    return estimate_adverse_selection(stretches).parameter.known().value


@pytest.mark.parametrize("sign", [1, -1])
def test_a_mid_that_goes_the_takers_way_goes_against_the_maker(sign: int) -> None:
    fitted = estimate_adverse_selection([made(sign=sign)])
    found = fitted.parameter.known()

    assert found.value == pytest.approx(1.0, rel=1e-9)
    assert found.n == SECONDS // EVERY_S - 1  # of the last one 15 s do not lie within the stretch
    assert value_of(made(sign=sign, with_taker=False)) == pytest.approx(-1.0, rel=1e-9)
    # At 50 ms nothing has moved yet, a second after it has; a minute and five minutes have too few windows.
    assert fitted.curve.lags.tolist() == [0.05, 1.0, 15.0]
    assert fitted.curve.value.tolist() == pytest.approx([0.0, 1.0, 1.0], abs=1e-9)
    assert fitted.curve.n == SECONDS // EVERY_S


def test_horizons_with_enough_windows_are_all_on_the_curve() -> None:
    hours = market(dataclasses.replace(AT_TOUCH, seconds=7200.0, depth_step_s=1000.0), 5)
    curve = estimate_adverse_selection([hours]).curve

    assert curve.lags.tolist() == [horizon / NS_PER_S for horizon in HORIZONS_NS]
    assert (curve.low < curve.value).all()
    assert (curve.value < curve.high).all()


def test_the_walk_of_a_sweep_is_no_loss_of_an_order_at_the_touch() -> None:
    plain = made()
    swept = dataclasses.replace(
        plain,
        trade_ns=np.repeat(plain.trade_ns, 2),
        trade_sign=np.repeat(plain.trade_sign, 2),
        trade_base=np.repeat(plain.trade_base, 2),
        trade_price=np.repeat(plain.trade_price, 2) + np.tile([0.0, 0.5], len(plain.trade_ns)),
    )

    same, whole = (estimate_adverse_selection([one]).parameter.known() for one in (plain, swept))
    assert whole == same
    reason = estimate_adverse_selection([made(beyond=0.5)]).parameter.reason
    assert reason == "not calibrated: 0 of 10 separate windows of 15 s (0 fills)"


def test_a_touch_is_met_however_its_price_is_rounded() -> None:
    plain = made()
    noisy = dataclasses.replace(plain, trade_price=plain.trade_price * (1 + 1e-12))

    assert value_of(noisy) == value_of(plain)


def test_two_stretches_are_pooled_and_no_window_crosses_the_gap() -> None:
    early, late = made(), made(price=150.0, sign=-1)
    shift = (SECONDS + 1) * NS_PER_S  # a gap of a second, over which the price rises by half
    late = dataclasses.replace(
        late,
        start_ns=late.start_ns + shift,
        end_ns=late.end_ns + shift,
        quote_ns=late.quote_ns + shift,
        trade_ns=late.trade_ns + shift,
    )
    # A last trade in the early stretch, whose 15 s would end in the late one.
    early = dataclasses.replace(
        early,
        trade_ns=np.append(early.trade_ns, START_NS + (SECONDS - 1) * NS_PER_S),
        trade_sign=np.append(early.trade_sign, 1).astype(np.int8),
        trade_base=np.append(early.trade_base, 1.0),
        trade_price=np.append(early.trade_price, early.ask[-1]),
    )
    found = estimate_adverse_selection([early, late]).parameter.known()

    assert found.value == pytest.approx(1.0, rel=1e-9)
    assert found.n == 2 * (SECONDS // EVERY_S - 1)
    # Planted: one recording made of both.
    joined = MakerFills.checked(
        np.append(early.trade_ns, late.trade_ns),
        np.append(-early.trade_sign, -late.trade_sign),
        np.append(early.quote_ns, late.quote_ns),
        np.append(early.mid, late.mid),
    )
    assert pooled_markouts([joined], horizons_ns=(15 * NS_PER_S,))[0].calibrated().value > 50.0


def test_pooling_copies_of_a_market_halves_the_variance() -> None:
    """Windows of one stretch are no neighbours of another's, and n copies are n times the data."""
    one = market(dataclasses.replace(AT_TOUCH, seconds=1200.0), 9)
    single, fourfold = (estimate_adverse_selection([one] * copies).parameter.known() for copies in (1, 4))

    assert fourfold.value == pytest.approx(single.value, rel=1e-9)
    assert fourfold.n == 4 * single.n
    assert (fourfold.high - fourfold.low) / (single.high - single.low) == pytest.approx(0.5, rel=0.02)


def test_less_than_four_minutes_say_so() -> None:
    short = estimate_adverse_selection([market(Market(seconds=LEAST_S - 1.0), 1)])

    assert short.parameter.reason == "not calibrated: 3.98 min of market, at least 4 min are needed"
    assert len(short.curve.lags) == 0
