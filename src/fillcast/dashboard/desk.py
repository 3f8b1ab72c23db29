"""Where one question is answered for all the pages that ask it: parts once for a moment, studies at their rate."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping
from typing import Any

from msgspec import Raw, msgpack

from fillcast.dashboard.answering import Live, answer
from fillcast.dashboard.asking import Question, percent_a_year
from fillcast.dashboard.comparing import study_comparison
from fillcast.dashboard.pacing import EARLY_S
from fillcast.dashboard.seen import Listing, Seen
from fillcast.dashboard.studies import study_curve, study_frontier, study_schedule
from fillcast.dashboard.vitals import Vitals
from fillcast.dashboard.wire import Asked, Order
from fillcast.runtime.stages import FORECAST
from fillcast.session.answer import Answers

STUDIES: dict[str, Callable[[Live], Generator[None, None, object]]] = {
    "curve": study_curve,
    "schedule": study_schedule,
    "frontier": study_frontier,
}
STUDY_INTERVAL_S = 0.2  # studies are made at most 5 times a second, however many pages ask
COMPARISON_INTERVAL_S = 1.0
LIVE_KINDS = ("forecast", "taken", "last")


class Desk:
    """Answers one question.

    Parameters
    ----------
    vitals
        Told how long answers and studies take.

    Attributes
    ----------
    question
        What is asked.
    """

    def __init__(self, question: Question, vitals: Vitals) -> None:
        self.question = question
        self._vitals = vitals
        self._answers = Answers()
        self._live: Live | None = None
        self._bodies: dict[str, Raw] = {}  # of the moment of `_live`
        self._studies: dict[str, Raw] = {}
        self._started_s: dict[str, float] = {}
        self._running: tuple[str, Generator[None, None, object]] | None = None
        self._comparison: tuple[float, Raw] | None = None

    def live(self, seen: Seen) -> Live:
        """Return the answer on a moment, made once."""
        if self._live is None or self._live.seen is not seen:
            started_ns = time.perf_counter_ns()
            self._live = answer(self.question, seen, self._answers)
            self._vitals.stages.record(FORECAST, time.perf_counter_ns() - started_ns)
            self._bodies.clear()
        return self._live

    def body(self, kind: str, seen: Seen) -> Raw:
        """Return a part that rests on this moment, as msgpack: `forecast`, `taken`, `last` or `depth`."""
        live = self.live(seen)
        made = self._bodies.get(kind)
        if made is None:
            makers: dict[str, Callable[[], Any]] = {
                "forecast": live.report,
                "taken": live.taken,
                "last": live.last,
                "depth": live.depth,
            }
            made = self._bodies[kind] = encoded(makers[kind]())
        return made

    def study(self, kind: str) -> Raw | None:
        """Return the last `curve`, `schedule` or `frontier` that was finished; None before the first."""
        return self._studies.get(kind)

    def work(self, seen: Seen, now_s: float, budget_s: float) -> None:
        """Work on studies for a while: on one that is begun, else on the one that has waited longest, if it is due.

        Parameters
        ----------
        seen
            The moment that a study which begins now rests on.
        budget_s
            After so long no further step is begun.
        """
        ends_s = time.perf_counter() + budget_s
        while time.perf_counter() < ends_s:
            if self._running is None:
                due_s = {kind: self._started_s.get(kind, -STUDY_INTERVAL_S) + STUDY_INTERVAL_S for kind in STUDIES}
                kind = min(due_s, key=due_s.__getitem__)
                if now_s < due_s[kind] - EARLY_S:
                    return
                self._started_s[kind] = now_s
                self._running = kind, STUDIES[kind](self.live(seen))
            kind, steps = self._running
            started_ns = time.perf_counter_ns()
            try:
                next(steps)
            except StopIteration as done:
                self._studies[kind] = encoded(done.value)
                self._running = None
            self._vitals.studying.record(time.perf_counter_ns() - started_ns)

    def is_to_compare(self, now_s: float) -> bool:
        """Tell whether the last comparison is a second old."""
        return self._comparison is None or now_s - self._comparison[0] >= COMPARISON_INTERVAL_S - EARLY_S

    def comparison(self, moment: Mapping[str, Seen] | None, listing: Listing, now_s: float) -> Raw | None:
        """Return the comparison of all instruments: the last one, or where that is old one of this moment.

        Parameters
        ----------
        moment
            Of all instruments, or None: this one knows not all of them.
        """
        if moment is not None and self.is_to_compare(now_s):
            made = encoded(study_comparison(self.question, moment, listing, self._vitals.updates_per_s))
            self._comparison = (now_s, made)
        return None if self._comparison is None else self._comparison[1]

    def order(self, seen: Seen, asked: Asked) -> Raw:
        """Return the words in force, with the `id` of the message that brought them."""
        question = self.question
        volatility = question.volatility(seen.volatility)
        return encoded(
            Order(
                asked,
                percent_a_year(volatility.sigma_per_sqrt_s),
                question.stated_volatility is not None,
                question.horizon_s,
                question.risk_aversion,
            )
        )


def encoded(body: object) -> Raw:
    """Return a body as msgpack."""
    return Raw(msgpack.encode(body))
