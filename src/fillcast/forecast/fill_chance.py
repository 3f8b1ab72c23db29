"""How likely an order that rests at one price fills within a horizon.

With d its distance from the mid and h the half-spread, it fills

- because the queue ahead of it is traded away: an outflow Q + L of what aggressors trade against that side, if the
  touch comes to the price at all, and in the part of the time that this chance is; cancellations count as behind the
  order (the risk-averse queue model), so that this is low;
- because the price goes through it: the other side's touch comes to it, which is d + h away as the book stands, and
  as far as the next level where the order has just taken that touch. The chance is 2 Phi(-(d + h) / (sigma sqrt T)) for
  a mid without drift (the reflection principle).

The two are not independent. The point takes them as if they were; the range goes from the larger of the two to their
sum (the bounds of Frechet), and takes the volume's own error in.

Source of the outflow: Cont and Kukanov, Quantitative Finance 17(1) 21-39 (2017), with an exponential law.
"""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

from fillcast.models.bounds import not_negative, positive
from fillcast.models.fills import ExponentialOutflow

NORMAL = NormalDist()
NO_OUTFLOW = 1e-3  # of what must go for all to fill: below, even the first unit has a chance of exp(-1000) or less


@dataclass(frozen=True, slots=True)
class Chances:
    """Of what rests: the part that is expected to fill, and the chance that all of it does."""

    share: float
    whole: float


@dataclass(frozen=True, slots=True)
class Queue:
    """Base units ahead of an order, and of the order itself."""

    ahead: float
    own: float

    def __post_init__(self) -> None:
        not_negative("ahead", self.ahead)
        positive("own", self.own)


def fill_chances(
    own_bps: float, other_bps: float, move_bps: float, queue: Queue, outflow: float, spread: float
) -> tuple[Chances, Chances, Chances]:
    """Return the chances of filling: lowest, expected, highest.

    Parameters
    ----------
    own_bps, other_bps
        How far the touch of the order's own side and that of the other side are from the price: d - h, and d + h or
        more; the first is negative where the order is the touch, the second infinite where nothing rests there.
    move_bps
        sigma sqrt T: standard deviation of the mid's move over the horizon.
    outflow, spread
        Base units that aggressors take from that side of the book over the horizon, and the factor within which that is
        known.
    """
    comes = passes(max(own_bps, 0.0), move_bps)
    through = passes(max(other_bps, 0.0), move_bps)
    found = [_by_outflow(queue, outflow * comes * scale, comes) for scale in (1.0 / spread, 1.0, spread)]
    low, middle, high = found
    return (
        Chances(max(low.share, through), max(low.whole, through)),
        Chances(_either(middle.share, through), _either(middle.whole, through)),
        Chances(min(high.share + through, 1.0), min(high.whole + through, 1.0)),
    )


def passes(distance_bps: float, move_bps: float) -> float:
    """Return the chance that a mid without drift comes so far (>= 0) at any time within the horizon."""
    if move_bps == 0:
        return float(distance_bps <= 0)
    return min(2 * NORMAL.cdf(-distance_bps / move_bps), 1.0)


def _by_outflow(queue: Queue, mean: float, comes: float) -> Chances:
    if mean <= NO_OUTFLOW * (queue.ahead + queue.own):
        return Chances(0.0, 0.0)
    outflow = ExponentialOutflow(mean)
    filled = float(outflow.expected_fill(queue.ahead, queue.own)) / queue.own
    return Chances(comes * filled, comes * (1.0 - float(outflow.cdf(queue.ahead + queue.own))))


def _either(first: float, second: float) -> float:
    return 1.0 - (1.0 - first) * (1.0 - second)
