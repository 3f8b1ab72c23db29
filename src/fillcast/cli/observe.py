"""What a running session says at one moment, gathered for the terminal view and the JSON lines."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from fillcast.cli.asked import Asked
from fillcast.core.instrument import Instrument
from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.core.view import BookView
from fillcast.feed.statistics import FeedStatistics, Phase, Rate
from fillcast.forecast.comparison import compare
from fillcast.forecast.forecast import Forecast
from fillcast.forecast.order import Order
from fillcast.forecast.report import report, report_unanswered, with_split
from fillcast.forecast.split import NoSplit, Split, best_split
from fillcast.models.fees import FeeRate
from fillcast.session.answer import Answer
from fillcast.session.gap_words import gap_words
from fillcast.session.session import Session
from fillcast.venues.protocol import Gap, Health, Recovered


@dataclass(frozen=True, slots=True)
class BookFacts:
    """One book and the forecast of the chosen order on it, now.

    Attributes
    ----------
    net_vs_common_bps
        Where it is compared with others.
    """

    instrument: Instrument
    view: BookView
    health: Health
    order: Order
    answer: Answer
    updates_per_s: float
    net_vs_common_bps: float | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything that is shown at once.

    Attributes
    ----------
    links
        How connections stand that are not open, in words.
    last_gap
        The latest entry of the gap log in words, empty when nothing was ever lost.
    split
        The order spread over the books, or why not; None where one was asked for.
    unanswered
        By key, why nothing is known of further instruments.
    """

    title: str
    elapsed_s: float
    books: tuple[BookFacts, ...]
    statistics: FeedStatistics
    links: tuple[str, ...]
    last_gap: str
    gap_is_open: bool
    split: Split | NoSplit | None = None
    unanswered: Mapping[str, str] = field(default_factory=dict)


class Observer:
    """Asks a session for what is shown, and measures rates in between."""

    def __init__(self, session: Session, asked: Asked, title: str) -> None:
        self._session = session
        self._title = title
        self._started = time.monotonic()
        self._asked = asked
        self._unanswered = {key: str(error) for key, error in session.unanswered.items()}
        self._orders: dict[str, tuple[Order, FeeRate]] = {}
        for key in (one for one in asked.keys if one in session.instruments):
            instrument = session.instruments[key]
            order = asked.order(instrument)
            self._orders[key] = order, asked.fee(order, instrument)
        self._rates = {key: Rate() for key in self._orders}
        self._versions = dict.fromkeys(self._orders, 0)

    def moment(self) -> Moment:
        """Return what is to be shown now."""
        session = self._session
        links = tuple(f"{link.name}: {link.sentence}" for link in session.feed.links() if link.phase is not Phase.OPEN)
        log = session.feed.gap_log
        last = log[-1] if log else None
        books = [self._facts(key) for key in self._orders]
        compared, split = self._compared([facts.answer.told for facts in books])
        return Moment(
            self._title,
            time.monotonic() - self._started,
            tuple(
                replace(facts, net_vs_common_bps=one.net_vs_common_bps)
                for facts, one in zip(books, compared, strict=True)
            ),
            session.feed.statistics(),
            links,
            "" if last is None else dated(last),
            isinstance(last, Gap),
            split,
            self._unanswered,
        )

    def reports(self) -> list[dict[str, Any]]:
        """Return one JSON object per instrument: the forecast of now, and how the feed does."""
        statistics = self._session.feed.statistics()
        feed = {
            "frames": statistics.frames,
            "gaps": statistics.gaps,
            "reconnects": statistics.reconnects,
            "queue": statistics.queue,
            "frames_per_s": round(statistics.frames_per_s, 3),
            "rejected": statistics.rejected,
        }
        answers = self._answers()
        compared, split = self._compared([answer.told for answer in answers])
        flags, now_ns = self._asked.flags, time.time_ns()
        order = {"side": flags.side.strip().lower(), "type": flags.terms.kind, "size": flags.size.strip()}
        told = {
            **{
                key: {**report(one), "last": last_report(answer), "feed": feed}
                for key, one, answer in zip(self._orders, compared, answers, strict=True)
            },
            **{
                key: {**report_unanswered(key, order, reason, now_ns), "last": None, "feed": feed}
                for key, reason in self._unanswered.items()
            },
        }
        reports = [told[key] for key in self._asked.keys]
        return reports if split is None else with_split(reports, split)

    def _answers(self) -> list[Answer]:
        return [self._session.forecast(order, fee=fee) for order, fee in self._orders.values()]

    def _compared(self, forecasts: Sequence[Forecast]) -> tuple[Sequence[Forecast], Split | NoSplit | None]:
        if len(self._asked.keys) == 1:
            return forecasts, None
        compared = compare(forecasts, self._asked.usd_rates)
        split = best_split(compared, [self._session.view(key) for key in self._orders])
        return compared, replace(split, left_out=(*split.left_out, *self._unanswered.items()))

    def _facts(self, key: str) -> BookFacts:
        order, fee = self._orders[key]
        session = self._session
        view = session.view(key)
        now_ns = time.monotonic_ns()
        self._rates[key].add(view.version - self._versions[key], now_ns)
        self._versions[key] = view.version
        answer = session.forecast(order, fee=fee)
        instrument = session.instruments[key]
        return BookFacts(instrument, view, session.health(key), order, answer, self._rates[key].per_s(now_ns))


def last_report(answer: Answer) -> dict[str, Any] | None:
    """Return the last good forecast where it is no longer the current one, marked with its age."""
    if not answer.is_old or answer.last is None or answer.last.net is None:
        return None
    net = answer.last.net
    return {
        "old": True,
        "as_of_ns": answer.last.as_of_ns,
        "age_ms": answer.age_ns / NS_PER_MS,
        "net": {
            "bps": net.bps,
            "quote": net.quote,
            "low_bps": net.low_bps,
            "high_bps": net.high_bps,
            "level": net.level,
            "at_most": net.at_most,
        },
    }


def dated(entry: Gap | Recovered) -> str:
    """Return an entry of the gap log in one sentence that begins with its local time."""
    gap = entry.gap if isinstance(entry, Recovered) else entry
    return f"{time.strftime('%H:%M:%S', time.localtime(gap.detected_ns / NS_PER_S))} {gap_words(entry)}"
