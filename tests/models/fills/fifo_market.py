"""Records of single orders, seen as aggregate depth and trades, with the true place of shadow orders beside it.

Rebuilds the book of mbo-queue's synthetic exchange without its `modify` events: adds join the back, cancels take off,
fills come from the front. A shadow order of one lot joins the best price of each side at the times given; it never
trades. What happens in one exchange event is applied together, trades before depth.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from fillcast.models.fills import QueueState, QueueTracker

LAST_OF_EVENT = 128
Place = tuple[bytes, int]


@dataclass
class Shadow:
    place: Place
    ends_ns: int
    ahead: dict[int, int]
    states: list[QueueState]
    errors: NDArray[np.float64]
    filled: bool = False
    observed: int = 0


@dataclass
class Market:
    trackers: list[QueueTracker]
    levels: dict[Place, dict[int, int]] = field(default_factory=dict)
    where: dict[int, Place] = field(default_factory=dict)
    live: list[Shadow] = field(default_factory=list)
    done: list[Shadow] = field(default_factory=list)

    def run(
        self, records: dict[str, NDArray[np.generic]], place_ns: NDArray[np.int64], horizon_ns: int
    ) -> list[Shadow]:
        """Return every shadow, bid before ask, in the order of their places in time."""
        names = ("ts_event", "order_id", "price", "size", "flags", "action", "side")
        event: list[tuple[int, int, bytes, bytes, int]] = []
        placed = 0
        for time, order, price, size, flags, action, side in zip(
            *(records[name].tolist() for name in names), strict=True
        ):
            event.append((order, price, action, side, size))
            if not flags & LAST_OF_EVENT:
                continue
            self._event(event)
            event = []
            self._retire(time)
            while placed < len(place_ns) and place_ns[placed] <= time:
                for own, best in ((b"B", max), (b"A", min)):
                    prices = [at for side_at, at in self.levels if side_at == own]
                    if prices:
                        self.live.append(self._shadow((own, best(prices)), time + horizon_ns))
                placed += 1
        self._retire(np.iinfo(np.int64).max)
        return self.done

    def _shadow(self, place: Place, ends_ns: int) -> Shadow:
        ahead = dict(self.levels[place])
        states = [tracker.join(float(sum(ahead.values())), 1.0) for tracker in self.trackers]
        return Shadow(place, ends_ns, ahead, states, np.zeros(len(states)))

    def _retire(self, now: int) -> None:
        self.done += [shadow for shadow in self.live if now >= shadow.ends_ns]
        self.live = [shadow for shadow in self.live if now < shadow.ends_ns]

    def _event(self, event: list[tuple[int, int, bytes, bytes, int]]) -> None:
        before: dict[Place, int] = {}
        trades: list[tuple[int, bytes, int]] = []
        for order, price, action, side, size in event:
            if action == b"T":
                trades.append((price, side, size))
            elif action == b"F":
                self._true_fill(order, *self.where[order])
            else:
                place = (side, price) if action == b"A" else self.where[order]
                before.setdefault(place, self._displayed(place))
                self._change(order, place, action, size)
        for shadow in self.live:
            self._estimate(shadow, before, trades)

    def _change(self, order: int, place: Place, action: bytes, size: int) -> None:
        level = self.levels.setdefault(place, {})
        if action == b"A":
            level[order] = size
            self.where[order] = place
            return
        left = size if action == b"M" else level[order] - size
        assert left <= level[order], "an order that grows loses its place, which this exchange is told not to do"
        level[order] = left
        if left <= 0:
            del level[order], self.where[order]
            if not level:
                del self.levels[place]
        for shadow in self.live:
            if order in shadow.ahead:
                shadow.ahead[order] = max(left, 0)

    def _true_fill(self, order: int, side: bytes, price: int) -> None:
        for shadow in self.live:
            own, at = shadow.place
            beyond = price < at if own == b"B" else price > at
            if own == side and (beyond or (price == at and order not in shadow.ahead)):
                shadow.filled = True

    def _displayed(self, place: Place) -> int:
        return sum(self.levels.get(place, {}).values())

    def _estimate(self, shadow: Shadow, before: dict[Place, int], trades: list[tuple[int, bytes, int]]) -> None:
        own, at = shadow.place
        against = [(price, size) for price, side, size in trades if side != own]
        traded = sum(size for price, size in against if price == at)
        through = any(price < at if own == b"B" else price > at for price, _ in against)
        touched = shadow.place in before
        for k, tracker in enumerate(self.trackers):
            state = shadow.states[k]
            if traded:
                state = tracker.trade(state, float(traded))
            if through:
                state = tracker.trade_through(state)
            if touched:
                state = tracker.depth(state, float(before[shadow.place]), float(self._displayed(shadow.place)))
            shadow.states[k] = state
        if touched and not shadow.filled:
            truth = sum(shadow.ahead.values())
            shadow.observed += 1
            shadow.errors += [float(state.front) - truth for state in shadow.states]
