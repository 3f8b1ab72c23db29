"""A session in this process as a source of moments."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping

from fillcast.dashboard.seen import Facts, Listing, Seen
from fillcast.feed.driven import Notice
from fillcast.session.gap_words import gap_words
from fillcast.session.metrics import metrics_text
from fillcast.session.session import Session
from fillcast.venues.protocol import Refused, Rejected

NOTICES_TOLD = 5


class SessionSource:
    """Asks a running session; everything here happens on the session's loop.

    Parameters
    ----------
    usd_rates
        Dollars per unit by currency, as the user states them.
    """

    def __init__(self, session: Session, usd_rates: Mapping[str, float] | None = None) -> None:
        self._session = session
        unanswered = {key: str(error) for key, error in session.unanswered.items()}
        self._listing = Listing(dict(session.instruments), unanswered, dict(usd_rates or {}))

    @property
    def listing(self) -> Listing:
        """What is followed."""
        return self._listing

    def see(self, wanted: Mapping[str, int]) -> dict[str, Seen]:
        """Return the moment of now of some instruments, each with its trades from a number on."""
        return {key: self._seen(key, number) for key, number in wanted.items()}

    async def look(self, wanted: Mapping[str, int]) -> Mapping[str, Seen]:
        """Return what `see` does."""
        return self.see(wanted)

    async def facts(self) -> Facts:
        """Return what `tell` does."""
        return self.tell()

    def tell(self) -> Facts:
        """Return how the feed does now."""
        session = self._session
        log = session.feed.gap_log
        vitals = session.vitals()
        return Facts(
            time.monotonic_ns(),
            session.feed.statistics(),
            session.feed.links(),
            log[-1] if log else None,
            tuple(_words(notice) for notice in list(session.feed.notices)[-NOTICES_TOLD:]),
            {key: session.book(key).version for key in session.instruments},
            vitals.stages,
            os.getpid(),
            vitals.usage,
        )

    async def metrics(self) -> str:
        """Return what the session counts, as Prometheus text."""
        return metrics_text(self._session)

    def ask(self, sizes: Mapping[str, int]) -> None:
        """Say which sizes are asked of books, in lots, so that twice as much is kept proven."""
        for key, lots in sizes.items():
            self._session.ask(key, lots)

    def _seen(self, key: str, number: int) -> Seen:
        session = self._session
        health = session.health(key)  # before the view: it applies the limits of silence and lag
        return Seen(
            time.time_ns(),
            session.book(key).view(),
            health,
            session.link(key),
            session.volatility(key),
            session.conditions(key),
            session.activity(key),
            session.trades(key, number),
        )


def _words(notice: Notice) -> str:
    match notice:
        case Rejected(reason=reason):
            return f"frame rejected: {reason}"
        case Refused(instrument=instrument, code=code, message=message):
            return f"{instrument or 'the connection'} refused ({code}): {message}"
        case _:
            return gap_words(notice)
