"""What one page sees: the question that it asks, and the state that its frames lead it through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from msgspec import Raw, msgpack

from fillcast.core.units import NS_PER_MS
from fillcast.dashboard.desk import Desk
from fillcast.dashboard.levels import INT32_MAX, Levels
from fillcast.dashboard.pacing import Pacer, Rates
from fillcast.dashboard.seen import NO_TRADES, Seen
from fillcast.dashboard.wire import Asked
from fillcast.dashboard.wire_books import Trades
from fillcast.session.trades import TRADE_LOTS, TRADE_NS, TRADE_SIDE, TRADE_TICKS

# The most that each kind of part is sent a second. The book has the pace of frames, where it has changed; a book that
# only grows older is told at the rate of `age`.
PER_S = {
    "age": 4.0,
    "forecast": 20.0,
    "depth": 10.0,
    "curve": 5.0,
    "schedule": 5.0,
    "frontier": 5.0,
    "health": 2.0,
    "comparison": 1.0,
    "market": 1.0,
    "latency": 1.0,
}


@dataclass(frozen=True, slots=True)
class Shown:
    """A state of a page.

    Attributes
    ----------
    levels
        Of the book that it shows; None where it follows none.
    bodies
        The latest body of every other kind, as msgpack.
        One that is named `age` is told with the book.
    trades
        Those that it has not been told.
    """

    levels: Levels | None
    bodies: Mapping[str, Raw]
    trades: Trades | None = None


def difference(sent: Shown | None, latest: Shown) -> list[tuple[str, Raw]] | None:
    """Return the parts that lead a page from one state to another; None where there are none."""
    before = {} if sent is None else sent.bodies
    parts: list[tuple[str, Raw]] = []
    if latest.levels is not None:
        held = None if sent is None else sent.levels
        if latest.levels.is_news(held) or before.get("age") is not latest.bodies.get("age"):
            parts.append(("book", latest.levels.change(held)))
    if latest.trades is not None:
        parts.append(("trades", Raw(msgpack.encode(latest.trades))))
    for kind, body in latest.bodies.items():
        known = before.get(kind)
        if kind != "age" and known is not body and (known is None or bytes(known) != bytes(body)):
            parts.append((kind, body))
    return parts or None


class Page:
    """One connected page.

    Attributes
    ----------
    desk
        Where its question is answered; None until its words could be read.
    pacer, rates
        When it is sent what.
    fresh
        msgpack bodies of this moment, which replace those that it holds with the next frame.
    asked
        The words of its question, with the `id` of the message that brought them.
    is_sending
        Its last frame is not yet handed to the network: nothing is made for it meanwhile.
    sent_s
        When the last frame was taken; 0 once it was drawn.
    """

    def __init__(self) -> None:
        self.desk: Desk | None = None
        self.pacer: Pacer[Shown, list[tuple[str, Raw]]] = Pacer(difference)
        self.rates = Rates(PER_S)
        self.fresh: dict[str, Raw] = {}
        self.asked = Asked()
        self.is_sending = False
        self.sent_s = 0.0
        self._bodies: dict[str, Raw] = {}
        self._trades_end: int | None = None

    @property
    def key(self) -> str | None:
        """The instrument that it follows."""
        return None if self.desk is None else self.desk.question.order.instrument

    def follow(self, desk: Desk) -> None:
        """Ask another question; of another instrument, trades start anew."""
        if self.key != desk.question.order.instrument:
            self._trades_end = None
        self.desk = desk
        self.rates.forget()

    def lost_track(self) -> None:
        """Take note that the page holds nothing any more, and is ready for a frame."""
        self.pacer.credit(holds_nothing=True)
        self.rates.forget()

    @property
    def trades_from(self) -> int:
        """Number of the first trade that it has not been told; beyond any where it has been told none."""
        return NO_TRADES if self._trades_end is None else self._trades_end

    def take(self, now_s: float, levels: Levels | None) -> tuple[int, list[tuple[str, Raw]]] | None:
        """Return the next frame's number and parts, with what is fresh; None where there is nothing to tell."""
        if not self.pacer.is_ready(now_s):
            return None
        trades = None
        if levels is not None:
            trades = trade_columns(levels.seen, self._trades_end)
            self._trades_end = levels.seen.trades.end
        self._bodies = {**self._bodies, **self.fresh}
        self.fresh = {}
        self.pacer.offer(Shown(levels, self._bodies, trades))
        taken = self.pacer.take(now_s)
        if taken is not None:
            self.sent_s = now_s
        return taken


def trade_columns(seen: Seen, told_to: int | None) -> Trades | None:
    """Return the trades of a moment from a number on, as columns; None without any, and where no number was told."""
    latest = seen.trades
    if told_to is None or latest.end <= told_to:
        return None
    rows = latest.rows[max(told_to - latest.first, 0) :]
    instrument = seen.instrument
    ticks, lots = rows[:, TRADE_TICKS], rows[:, TRADE_LOTS]
    wide = bool(np.abs(ticks).max() > INT32_MAX)
    inverse = instrument.kind == "inverse"
    sizes = lots * instrument.lot_value / (ticks * instrument.tick_value if inverse else 1.0)
    return Trades(
        instrument.key,
        max(latest.first - told_to, 0),
        wide,
        (rows[:, TRADE_NS] / NS_PER_MS).astype("<f8").tobytes(),
        ticks.astype("<f8" if wide else "<i4").tobytes(),
        sizes.astype("<f8").tobytes(),
        rows[:, TRADE_SIDE].astype("<i1").tobytes(),
    )
