"""Adverse selection: what the mid moves against a maker whose order at the touch fills.

Every trade at the touch that stood just before it, or within the spread, is the fill of a maker on the other side; its
markout at the horizons of rule 605 and the errors are those of `fillcast.models.fills.markout`, fill by fill, each
within its own stretch. Every print counts once, whatever its size.

A trade beyond that touch belongs to a sweep, and filled an order to which the mid had first to come. That way is no
cost of an order at the touch, and a forecast charges it to an order further away as `opportunity`; counted here, it
would be charged twice. On a recorded BTCUSDT perpetual (5.7 minutes) all 21,308 trades give 1.36 bps at 15 s and the
11,934 not beyond the touch 0.53. Where books come every 100 ms, the mid just before a fill is that old.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fillcast.core.units import NS_PER_S
from fillcast.models.calibration.curve import Curve, Fitted, no_curve
from fillcast.models.calibration.enough import accepted, refused, shortage
from fillcast.models.calibration.names import MARKOUT, UNITS
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.estimate import LEVEL
from fillcast.models.fills.markout import MakerFills, Markout, pooled_markouts

NAME = "markout"
# Of the horizons of rule 605 the one nearest to how long an order at the touch stands: what rests at the touch of
# recorded BTC books would take 1 s (perpetual) and 7 s (spot) to be traded through if nobody cancelled, and a limit
# order that is given no horizon rests for a minute. At 1 s the move is not over where books come every 100 ms; beyond,
# the error grows with the root of the horizon.
READ_AT_NS = 15 * NS_PER_S
LEAST_S = 240.0  # sixteen separate windows of 15 s: of fewer the error itself is uncertain by more than a fifth
PRICE_NOISE = 1e-9  # of a price: what a float makes of it; the finest tick recorded is a hundred times that
SOURCE = (
    "mean move of the mid against the makers of trades at the touch, over 15 s (a horizon of US rule 605); errors of "
    "windows and their neighbours"
)
NOTES = ("of trades at the touch, each counted once whatever its size; what an order deeper in the book meets is more",)


def estimate_adverse_selection(stretches: Sequence[Stretch], *, level: float = LEVEL) -> Fitted:
    """Return a(15 s), bps, and the curve over all horizons that are calibrated; as `estimate_volatility`.

    `n` counts the fills whose move is known: of the parameter over 15 s, of the curve at its shortest horizon.
    """
    short = shortage(stretches, LEAST_S)
    if short is not None:
        return Fitted(refused(MARKOUT, short, SOURCE, stretches), no_curve(NAME, UNITS[MARKOUT], level))
    found = pooled_markouts([_fills(stretch) for stretch in stretches if len(stretch.quote_ns)], level=level)
    (read,) = (one for one in found if one.horizon_ns == READ_AT_NS)
    if read.adverse_bps is None:
        parameter = refused(MARKOUT, read.reason.removeprefix("not calibrated: "), SOURCE, stretches)
    else:
        parameter = accepted(MARKOUT, read.adverse_bps, SOURCE, stretches, NOTES)
    return Fitted(parameter, _curve(found, level))


def _fills(stretch: Stretch) -> MakerFills:
    """Return the makers' side of the trades that were not beyond the touch just before them."""
    before = np.searchsorted(stretch.quote_ns, stretch.trade_ns, side="left") - 1
    known = before >= 0
    before, price = before[known], stretch.trade_price[known]
    taker = stretch.trade_sign[known].astype(np.float64)
    touch = np.where(taker > 0, stretch.ask[before], stretch.bid[before])
    met = taker * (price - touch) <= PRICE_NOISE * touch
    return MakerFills.checked(
        stretch.trade_ns[known][met],
        -taker[met],
        np.append(stretch.quote_ns, stretch.end_ns),  # the last mid holds until the stretch ends
        np.append(stretch.mid, stretch.mid[-1]),
    )


def _curve(found: Sequence[Markout], level: float) -> Curve:
    known = [(one.horizon_ns / NS_PER_S, one.adverse_bps) for one in found if one.adverse_bps is not None]
    if not known:
        return no_curve(NAME, UNITS[MARKOUT], level)
    rows = np.array([(lag, one.value, one.low, one.high) for lag, one in known]).T
    return Curve(NAME, UNITS[MARKOUT], rows[0], "s", rows[1], rows[2], rows[3], level, known[0][1].n)
