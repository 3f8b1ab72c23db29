"""What is told of one order on one version of its book: the forecast, what it takes now, and the depth around it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from msgspec import convert

from fillcast.core.state import BookState
from fillcast.core.units import NS_PER_MS
from fillcast.core.view import BookSide, BookView
from fillcast.dashboard.asking import Question
from fillcast.dashboard.seen import Seen
from fillcast.dashboard.wire_books import Depth, Last, Taken
from fillcast.dashboard.wire_quote import Quoted
from fillcast.forecast.forecast import Forecast, forecast
from fillcast.forecast.order import MARKET
from fillcast.forecast.report import Json, report
from fillcast.session.answer import Answer, Answers

# Distances of the depth chart: dense where books are, 1 % on each side at the most.
DEPTH_BPS = np.concatenate(
    (np.arange(0.25, 5.0, 0.25), np.arange(5.0, 20.0, 1.0), np.arange(20.0, 50.0, 2.5), np.arange(50.0, 101.0, 5.0))
)
DEPTH_BPS.flags.writeable = False


@dataclass(frozen=True, slots=True)
class Live:
    """An answer to a question, with the moment that it rests on."""

    seen: Seen
    question: Question
    answer: Answer

    @property
    def forecast(self) -> Forecast:
        """The forecast of now."""
        return self.answer.current

    @property
    def is_priced(self) -> bool:
        """Whether the order has a price now."""
        return self.answer.current.net is not None

    def report(self) -> Json:
        """Return the object of `quote --json`: part `forecast`."""
        return report(self.answer.told)

    def last(self) -> Last:
        """Return the last good forecast where it is no longer the current one."""
        answer = self.answer
        if not answer.is_old or answer.last is None:
            return Last(None, 0.0)
        return Last(convert(report(answer.last), Quoted), answer.age_ns / NS_PER_MS)

    def taken(self) -> Taken:
        """Return what the order, or its first slice, takes from the book now."""
        order, view = self.question.order, self.seen.view
        lots = 0 if self.forecast.priced is None else self.forecast.priced.lots_now
        nothing = Taken(view.version, order.side, 0.0, 0, None, 0.0, None, order.price_ticks)
        if lots == 0:
            return nothing
        walk = view.walk(order.side, lots)
        if walk.worst_ticks is None:
            return nothing
        taken = view.opposite(order.side)
        last = walk.levels - 1
        before = int(taken.cumulative_lots[last - 1]) if last else 0
        share = (walk.filled_lots - before) / int(taken.lots[last])
        return Taken(
            view.version,
            order.side,
            walk.base,
            walk.levels,
            walk.worst_ticks,
            share,
            walk.average_price,
            order.price_ticks,
        )

    def depth(self) -> Depth:
        """Return what is shown within each distance of the mid."""
        view, fill = self.seen.view, self.forecast.fill
        if not self.is_priced:
            return Depth(view.version, [], [], [], [], [], None)
        bids, asks = _within(view, view.bids, 1), _within(view, view.asks, -1)
        quote = None if fill is None else fill.quote
        return Depth(view.version, DEPTH_BPS.tolist(), bids[0], asks[0], bids[1], asks[1], quote)


def _within(view: BookView, side: BookSide, book_side: int) -> tuple[list[float], list[float]]:
    """Return (base, quote) up to each distance."""
    counts = side.counts_within(DEPTH_BPS, book_side, view.mid / view.instrument.tick_value)
    base = np.concatenate(([0.0], side.cumulative_base))[counts]
    quote = np.concatenate(([0.0], side.cumulative_quote))[counts]
    return base.tolist(), quote.tolist()


def answer(question: Question, seen: Seen, answers: Answers) -> Live:
    """Answer a question from a moment, as a session answers it.

    Parameters
    ----------
    answers
        Remembers the last good forecast of each order.
    """
    current = ask(question, seen)
    state = seen.health.state if seen.view.state is BookState.LIVE else seen.view.state
    return Live(seen, question, answers.give(current, state, seen.link))


def ask(question: Question, seen: Seen) -> Forecast:
    """Return the forecast of a question on a moment."""
    return forecast(
        question.order,
        seen.view,
        fee=question.fee,
        volatility=question.volatility(seen.volatility),
        now_ns=seen.now_ns,
        conditions=None if question.order.type == MARKET else seen.conditions,
        health=seen.health,
        level=question.level,
    )


def deviation_bps(forecast: Forecast) -> float | None:
    """Return the standard deviation of the cost by the mid's moves, bps; None without a price."""
    if forecast.priced is None:
        return None
    chance = forecast.priced.distribution
    nu = chance.degrees_of_freedom
    return chance.scale_bps * math.sqrt(nu / (nu - 2)) if nu > 2 else chance.scale_bps
