"""Proxy metaorders: parent orders made up from trades that name nobody.

Every market order of the tape is given to one of a few made-up traders, by chance and by how often each trades; a run
of orders of one sign by one trader is a metaorder. It lasts until just before its trader's next order, whatever its
sign; a trader that rests for `CUTOFF_GAPS` of its mean gaps has ended its metaorder half a mean gap after the last
child, which is when the children of a steady trader would be met on average.

How often a trader trades follows a power law: trader j of N, j = 1..N, gets a share in proportion to
((j - 1/2) / N)^(1/power), the quantiles of a density ~ x^(power - 1) on (0, 1). Neither N nor the power is known of a
market: what is read off such metaorders must say how it depends on them (Goliath and Gebbie, arXiv:2602.19590, 2026).

Source: Maitrier, Loeper and Bouchaud, "Generating realistic metaorders from public data", arXiv:2503.18199 (2025).
Their runs end with the day, ours with the stretch and the cutoff, because these markets do not close. Where the tape
names its traders, as Hyperliquid's does, `metaorders_of` takes them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from fillcast.core.units import NS_PER_S
from fillcast.errors import ParameterError
from fillcast.models.bounds import positive
from fillcast.models.calibration.stretch import Stretch
from fillcast.models.risk.monte_carlo import uniforms
from fillcast.models.samples import whole

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TRADERS = 20  # between the 4 and 40 of the paper, over which its law held
PARTICIPATION_POWER = 2.0  # of the paper's density; 1 spreads shares evenly from none to the largest
MOST_TRADERS = 10_000  # beyond it no run would be left in any tape
CUTOFF_GAPS = 10.0  # mean gaps: exp(-10) of the gaps of a trader who comes at random are longer
REST_GAPS = 0.5  # see above
MOST_DRAWS = 1 << 20  # assignments of one seed, each of which owns a part of its counter


@dataclass(frozen=True, slots=True, eq=False)
class Orders:
    """Market orders of one stretch: trades of one time and sign are one order that met several others.

    Attributes
    ----------
    times
        (n,) s since the stretch began, not decreasing.
    signs
        (n,) +1 buys, -1 sells.
    base
        (n,) base units.
    """

    times: FloatArray
    signs: FloatArray
    base: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Metaorders:
    """Runs of orders of one stretch, in the order of their start.

    Attributes
    ----------
    start, end
        (m,) s since the stretch began: time of the first child, and the moment at which the impact is read.
    usual_s
        (m,) how long its trader takes on average for as many children: unlike the duration it tells nothing of the
        chance that brought them close together, and with it a large impact.
    sign, base, children
        (m,) +1 or -1, base units of all children, their number.
    child, metaorder
        (c,) places in `Orders` of all children, and the metaorder that each belongs to, which does not decrease.
    """

    start: FloatArray
    end: FloatArray
    usual_s: FloatArray
    sign: FloatArray
    base: FloatArray
    children: IntArray
    child: IntArray
    metaorder: IntArray

    def __len__(self) -> int:
        return len(self.start)

    @property
    def smooth_base(self) -> FloatArray:
        """(m,) base units which, traded without pause at the same mean rate, move the price as much.

        By a child's impact a sqrt(q) / sqrt(t), n children that come at random move it, just before the next one, by
        the sum of Gamma(k - 1/2) / Gamma(k), k = 1..n, in place of 2 sqrt(n): that is 1 - 1 / (8 n) of it, to order
        1 / n^2, and an order smaller by 1 / (4 n) has the same impact.
        """
        smooth: FloatArray = self.base * (1.0 - 0.25 / self.children)
        return smooth

    def kept(self, chosen: NDArray[np.bool_]) -> Metaorders:
        """Return those that are chosen, (m,)."""
        children = chosen[self.metaorder]
        renamed = np.cumsum(chosen) - 1
        return Metaorders(
            self.start[chosen],
            self.end[chosen],
            self.usual_s[chosen],
            self.sign[chosen],
            self.base[chosen],
            self.children[chosen],
            self.child[children],
            renamed[self.metaorder[children]],
        )


def market_orders(stretch: Stretch) -> Orders:
    """Return the market orders of a stretch."""
    if not len(stretch.trade_ns):
        return Orders(np.zeros(0), np.zeros(0), np.zeros(0))
    changes = (np.diff(stretch.trade_ns) != 0) | (np.diff(stretch.trade_sign) != 0)
    first = np.concatenate(([0], np.flatnonzero(changes) + 1))
    times = (stretch.trade_ns[first] - stretch.start_ns) / NS_PER_S
    base = np.add.reduceat(stretch.trade_base, first)
    return Orders(times, stretch.trade_sign[first].astype(np.float64), base)


def shares(traders: int, power: float) -> FloatArray:
    """Return the share of orders that each trader sends, (traders,), their sum 1.

    Parameters
    ----------
    traders
        N.
    power
        > 0; infinity gives every trader the same.
    """
    whole("traders", traders, 1, MOST_TRADERS)
    if power != np.inf:
        positive("power", power)
    weights = ((np.arange(traders) + 0.5) / traders) ** (1.0 / power)
    parts: FloatArray = weights / weights.sum()
    return parts


def drawn_owners(count: int, parts: FloatArray, seed: int, draw: int) -> IntArray:
    """Return the trader of each of `count` orders, drawn by the traders' shares; assignment `draw` of a seed."""
    whole("draw", draw, 0, MOST_DRAWS - 1)
    places = uniforms(1, count, 0, seed + draw, np)[0]
    owners: IntArray = np.minimum(np.searchsorted(np.cumsum(parts), places), len(parts) - 1).astype(np.int64)
    return owners


def metaorders_of(orders: Orders, owners: IntArray, *, least_children: int, end_s: float) -> Metaorders:
    """Return the metaorders of the traders that the orders were given to.

    Parameters
    ----------
    orders
        Of one stretch.
    owners
        (n,) the trader of each order, whole numbers >= 0.
    least_children
        Shorter runs are left out.
    end_s
        Length of the stretch: a metaorder that ends beyond it is left out.
    """
    if len(owners) != len(orders.times):
        raise ParameterError(f"owners must name the trader of each of {len(orders.times)} orders, not of {len(owners)}")
    whole("least_children", least_children, 1, max(len(owners), 1))
    if not len(owners):
        nothing = np.zeros(0, dtype=np.int64)
        return _chosen(orders, nothing, nothing, nothing, np.zeros(0), np.zeros(0))
    order = np.argsort(owners, kind="stable")
    who, when = owners[order], orders.times[order]
    same = who[1:] == who[:-1]
    gaps = np.diff(when)
    mean_gap = _mean_gaps(who[1:], gaps, same & (orders.signs[order][1:] == orders.signs[order][:-1]))
    near = same & (gaps < CUTOFF_GAPS * mean_gap[who[1:]])
    joined = near & (orders.signs[order][1:] == orders.signs[order][:-1])
    first = np.concatenate(([0], np.flatnonzero(~joined) + 1))
    last = np.concatenate((first[1:], [len(order)])) - 1
    following = np.minimum(last + 1, len(order) - 1)
    followed = np.concatenate((near, [False]))[last]
    ends = np.where(followed, when[following], when[last] + REST_GAPS * mean_gap[who[last]])
    kept = (last - first + 1 >= least_children) & (ends <= end_s)
    return _chosen(orders, order, first[kept], last[kept], ends[kept], mean_gap[who[first[kept]]])


def _mean_gaps(owner: IntArray, gaps: FloatArray, within: NDArray[np.bool_]) -> FloatArray:
    """Return each trader's mean gap within runs of one sign, by whose multiples its rests are told; infinity if none.

    Rests enter the first mean; a second one leaves out what the first calls a rest.
    """
    mean = np.full(int(owner.max(initial=0)) + 1, np.inf)
    used = within
    for _ in range(2):
        number = np.bincount(owner[used], minlength=len(mean))
        total = np.bincount(owner[used], weights=gaps[used], minlength=len(mean))
        mean = np.divide(total, number, out=np.full(len(mean), np.inf), where=number > 0)
        used = within & (gaps < CUTOFF_GAPS * mean[owner])
    return mean


def _chosen(
    orders: Orders, order: IntArray, first: IntArray, last: IntArray, ends: FloatArray, gaps: FloatArray
) -> Metaorders:
    by_start = np.argsort(orders.times[order[first]], kind="stable")
    first, last, ends, gaps = first[by_start], last[by_start], ends[by_start], gaps[by_start]
    children = last - first + 1
    metaorder = np.repeat(np.arange(len(first)), children)
    within = np.arange(len(metaorder)) - np.repeat(np.cumsum(children) - children, children)
    child = order[np.repeat(first, children) + within]
    base: FloatArray = np.bincount(metaorder, weights=orders.base[child], minlength=len(first)).astype(np.float64)
    start = orders.times[order[first]]
    return Metaorders(start, ends, children * gaps, orders.signs[order[first]], base, children, child, metaorder)
