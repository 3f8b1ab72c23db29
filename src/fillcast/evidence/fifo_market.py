"""Orders of an exchange seen one by one, as the aggregate depth and trades that queue models see, with the truth.

Rebuilds the book of mbo-queue's synthetic exchange: adds join the back of their level, cancels take off, fills come
from the front. A shadow order of one lot joins the best price of each side at given times; it never trades. What
happens in one exchange event is applied together, trades before depth. All shadows go through a tracker at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fillcast.errors import ParameterError
from fillcast.models.fills import QueueState, QueueTracker

FloatArray = NDArray[np.float64]
Place = tuple[bytes, int]  # side and price
Step = tuple[float, bool, float, float, float]  # traded, traded through, depth before and after, true size ahead

LAST_OF_EVENT = 128  # flag of the last record of an exchange event
UNTOUCHED = -1.0  # in place of a depth
NEVER_NS = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Shadows:
    """What became of n shadow orders under k trackers, bid before ask, in the order of their times.

    Attributes
    ----------
    observed
        int64 (n,), changes of depth while the order was not filled.
    errors
        float64 (n, k), sum over those of estimated less true size ahead, lots.
    filled
        bool (n,), whether it would have been filled.
    estimated_filled
        bool (n, k), whether the tracker says so.
    """

    observed: NDArray[np.int64]
    errors: FloatArray
    filled: NDArray[np.bool_]
    estimated_filled: NDArray[np.bool_]


@dataclass(slots=True)
class _Shadow:
    place: Place
    ends_ns: int
    ahead: dict[int, int]
    displayed: int
    steps: list[Step] = field(default_factory=list)
    truths_until: int = -1  # steps seen before it was filled; -1: it is not filled


class FifoMarket:
    """The book of one run and the shadows in it."""

    def __init__(self) -> None:
        self._levels: dict[Place, dict[int, int]] = {}
        self._where: dict[int, Place] = {}
        self._live: list[_Shadow] = []
        self._done: list[_Shadow] = []

    def run(
        self,
        records: Mapping[str, NDArray[np.generic]],
        place_ns: NDArray[np.int64],
        horizon_ns: int,
        trackers: Sequence[QueueTracker],
    ) -> Shadows:
        """Return the shadows that join at `place_ns`, each for `horizon_ns`.

        Parameters
        ----------
        records
            One array a field, an element a record: ts_event, order_id, price, size, flags, action (A, C, M, T, F)
            and side (B, A), in the order of time.

        Raises
        ------
        ParameterError
            For an order that is modified to a larger size.
        """
        names = ("ts_event", "order_id", "price", "size", "flags", "action", "side")
        event: list[tuple[int, int, bytes, bytes, int]] = []
        placed = 0
        for time, order, price, size, flags, action, side in zip(
            *(records[name].tolist() for name in names), strict=True
        ):
            event.append((order, price, action, side, size))
            if not flags & LAST_OF_EVENT:
                continue
            self._apply(event)
            event = []
            self._retire(time)
            while placed < len(place_ns) and place_ns[placed] <= time:
                self._place(time + horizon_ns)
                placed += 1
        self._retire(NEVER_NS)
        return _judged(self._done, trackers)

    def _place(self, ends_ns: int) -> None:
        for own, best in ((b"B", max), (b"A", min)):
            prices = [at for side, at in self._levels if side == own]
            if prices:
                place = (own, best(prices))
                self._live.append(_Shadow(place, ends_ns, dict(self._levels[place]), self._displayed(place)))

    def _retire(self, now: int) -> None:
        self._done += [shadow for shadow in self._live if now >= shadow.ends_ns]
        self._live = [shadow for shadow in self._live if now < shadow.ends_ns]

    def _apply(self, event: list[tuple[int, int, bytes, bytes, int]]) -> None:
        before: dict[Place, int] = {}
        trades: list[tuple[int, bytes, int]] = []
        for order, price, action, side, size in event:
            if action == b"T":
                trades.append((price, side, size))
            elif action == b"F":
                self._fill(order, *self._where[order])
            else:
                place = (side, price) if action == b"A" else self._where[order]
                before.setdefault(place, self._displayed(place))
                self._change(order, place, action, size)
        for shadow in self._live:
            self._show(shadow, before, trades)

    def _change(self, order: int, place: Place, action: bytes, size: int) -> None:
        level = self._levels.setdefault(place, {})
        if action == b"A":
            level[order] = size
            self._where[order] = place
            return
        left = size if action == b"M" else level[order] - size
        if left > level[order]:
            raise ParameterError(f"records must not let order {order} grow: it would lose its place")
        level[order] = left
        if left <= 0:
            del level[order], self._where[order]
            if not level:
                del self._levels[place]
        for shadow in self._live:
            if order in shadow.ahead:
                shadow.ahead[order] = max(left, 0)

    def _fill(self, order: int, side: bytes, price: int) -> None:
        for shadow in self._live:
            own, at = shadow.place
            beyond = price < at if own == b"B" else price > at
            if side == own and (beyond or (price == at and order not in shadow.ahead)) and shadow.truths_until < 0:
                shadow.truths_until = len(shadow.steps)

    def _displayed(self, place: Place) -> int:
        return sum(self._levels.get(place, {}).values())

    def _show(self, shadow: _Shadow, before: dict[Place, int], trades: list[tuple[int, bytes, int]]) -> None:
        own, at = shadow.place
        against = [(price, size) for price, side, size in trades if side != own]
        traded = sum(size for price, size in against if price == at)
        through = any(price < at if own == b"B" else price > at for price, _ in against)
        depths = (UNTOUCHED, UNTOUCHED)
        if shadow.place in before:
            depths = (float(before[shadow.place]), float(self._displayed(shadow.place)))
        if traded or through or depths[0] != UNTOUCHED:
            shadow.steps.append((float(traded), through, *depths, float(sum(shadow.ahead.values()))))


def _judged(shadows: list[_Shadow], trackers: Sequence[QueueTracker]) -> Shadows:
    """Take all shadows through every tracker, step by step."""
    longest = max((len(shadow.steps) for shadow in shadows), default=0)
    steps = np.full((longest, 5, len(shadows)), UNTOUCHED)
    steps[:, :2] = 0.0
    counted = np.zeros((longest, len(shadows)), dtype=np.bool_)
    for index, shadow in enumerate(shadows):
        for place, step in enumerate(shadow.steps):
            steps[place, :, index] = step
            filled = 0 <= shadow.truths_until <= place
            counted[place, index] = step[2] != UNTOUCHED and not filled
    displayed = np.array([shadow.displayed for shadow in shadows], dtype=np.float64)
    errors, estimated = [], []
    for tracker in trackers:
        state, total = tracker.join(displayed, 1.0), np.zeros(len(shadows))
        for (traded, through, before, after, truth), counts in zip(steps, counted, strict=True):
            state = tracker.trade(state, traded)
            state = _where(through > 0.0, tracker.trade_through(state), state)
            shown = tracker.depth(state, np.maximum(before, 0.0), np.maximum(after, 0.0))
            state = _where(before != UNTOUCHED, shown, state)
            total += np.where(counts, state.front - truth, 0.0)
        errors.append(total)
        estimated.append(state.remaining == 0.0)
    return Shadows(
        counted.sum(axis=0),
        np.stack(errors, axis=-1),
        np.array([shadow.truths_until >= 0 for shadow in shadows]),
        np.stack(estimated, axis=-1),
    )


def _where(chosen: NDArray[np.bool_], one: QueueState, other: QueueState) -> QueueState:
    front, traded, remaining, filled = (
        np.where(chosen, getattr(one, name), getattr(other, name))
        for name in ("front", "traded", "remaining", "filled")
    )
    return QueueState(front, traded, remaining, filled)
