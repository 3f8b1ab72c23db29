"""The lab's matching engine again, as one would write it to be read: the reference of the differential test."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

BUY, SELL = 1, -1


@dataclass
class Order:
    number: int
    lots: int


@dataclass
class Twin:
    """Price-time priority over dictionaries. `newest_first` breaks the time priority on purpose."""

    low: int
    window: int
    capacity: int
    newest_first: bool = False
    books: dict[int, dict[int, deque[Order]]] = field(default_factory=lambda: {BUY: {}, SELL: {}})
    where: dict[int, tuple[int, int]] = field(default_factory=dict)
    changes: list[tuple[int, int]] = field(default_factory=list)
    fills: list[tuple[int, int, int, int, int]] = field(default_factory=list)
    last_number: int = 0
    trade_id: int = 0

    def best(self, side: int) -> int | None:
        prices = self.books[side]
        return (max(prices) if side == BUY else min(prices)) if prices else None

    def lots(self, side: int, tick: int) -> int:
        return sum(order.lots for order in self.books[side].get(tick, ()))

    def limit(self, side: int, tick: int, lots: int) -> int | None:
        inside = self.low <= tick < self.low + self.window
        if lots <= 0 or not inside or len(self.where) == self.capacity:
            return None
        rest = self.match(side, tick, lots)
        if not rest:
            return None
        self.last_number += 1
        self.books[side].setdefault(tick, deque()).append(Order(self.last_number, rest))
        self.where[self.last_number] = (side, tick)
        self.changes.append((side, tick))
        return self.last_number

    def market(self, side: int, lots: int) -> int:
        return self.match(side, None, lots)

    def match(self, side: int, limit: int | None, lots: int) -> int:
        other = -side
        while lots > 0:
            tick = self.best(other)
            if tick is None or (limit is not None and (tick - limit) * side > 0):
                break
            queue = self.books[other][tick]
            executed = matches = 0
            while lots and queue:
                order = queue[-1] if self.newest_first else queue[0]
                traded = min(lots, order.lots)
                order.lots -= traded
                lots -= traded
                executed += traded
                matches += 1
                if not order.lots:
                    queue.remove(order)
                    del self.where[order.number]
            if not queue:
                del self.books[other][tick]
            self.trade_id += matches
            self.fills.append((tick, executed, side, self.trade_id, matches))
            self.changes.append((other, tick))
        return lots

    def cancel(self, number: int) -> int:
        if number not in self.where:
            return 0
        side, tick = self.where.pop(number)
        queue = self.books[side][tick]
        order = next(order for order in queue if order.number == number)
        queue.remove(order)
        if not queue:
            del self.books[side][tick]
        self.changes.append((side, tick))
        return order.lots

    def recentre(self, low: int) -> int:
        ask, bid = self.best(SELL), self.best(BUY)
        if ask is not None:
            low = max(low, ask - self.window + 1)
        if bid is not None:
            low = min(low, bid)
        low = max(low, 1)
        leaving = [(tick, number) for number, (_, tick) in self.where.items() if not low <= tick < low + self.window]
        for _, number in sorted(leaving):
            self.cancel(number)
        self.low = low
        return len(leaving)
