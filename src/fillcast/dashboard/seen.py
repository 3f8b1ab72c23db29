"""What a session knows at one moment: all that a page is told follows from it, wherever that is computed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from fillcast.core.instrument import Instrument
from fillcast.core.view import BookView
from fillcast.feed.statistics import FeedStatistics, LinkStatus
from fillcast.forecast.conditions import Conditions
from fillcast.models.volatility import VolatilityEstimate
from fillcast.runtime.process import Usage
from fillcast.runtime.stages import Stage
from fillcast.session.activity import Activity
from fillcast.session.trades import LatestTrades
from fillcast.venues.protocol import Gap, Health, Recovered

NO_TRADES = 2**62  # a number that no trade has


@dataclass(frozen=True, slots=True)
class Seen:
    """One instrument at one moment.

    Attributes
    ----------
    now_ns
        Wall time of the moment.
    view, health
        One version of the book, and how far it can be trusted.
    link
        How its connection stands.
    volatility, conditions, activity
        What was seen of the market.
    trades
        Those since the number that was asked for.
    """

    now_ns: int
    view: BookView
    health: Health
    link: LinkStatus
    volatility: VolatilityEstimate
    conditions: Conditions
    activity: Activity
    trades: LatestTrades

    @property
    def instrument(self) -> Instrument:
        """Whose it is."""
        return self.view.instrument


@dataclass(frozen=True, slots=True)
class Facts:
    """How the feed and its process do at one moment.

    Attributes
    ----------
    mono_ns
        Monotonic time of the moment, on which the next attempts of `links` count.
    last_gap
        The latest entry of the gap log.
    notices
        The latest rejected frames and refusals, in words, oldest first.
    versions
        Of each book, by instrument.
    stages
        What the session's stages took.
    pid, usage
        Of the process that runs the feed.
    """

    mono_ns: int
    statistics: FeedStatistics
    links: tuple[LinkStatus, ...]
    last_gap: Gap | Recovered | None
    notices: tuple[str, ...]
    versions: Mapping[str, int]
    stages: tuple[Stage, ...]
    pid: int
    usage: Usage


@dataclass(frozen=True, slots=True)
class Listing:
    """What a session follows, as it was found on entering.

    Attributes
    ----------
    unanswered
        By key, why nothing is known of further instruments.
    usd_rates
        Dollars per unit by currency, as stated.
    """

    instruments: Mapping[str, Instrument]
    unanswered: Mapping[str, str]
    usd_rates: Mapping[str, float]


class Source(Protocol):
    """Where moments come from: a session in this process, or one in another."""

    @property
    def listing(self) -> Listing:
        """What is followed."""

    async def look(self, wanted: Mapping[str, int]) -> Mapping[str, Seen]:
        """Return the moment of now of some instruments, each with its trades from a number on."""

    async def facts(self) -> Facts:
        """Return how the feed does now."""

    async def metrics(self) -> str:
        """Return what the session counts, as Prometheus text."""

    def ask(self, sizes: Mapping[str, int]) -> None:
        """Say which sizes are asked of books, in lots, so that twice as much is kept proven."""


def without_trades(keys: Iterable[str]) -> dict[str, int]:
    """Return a wish for the moments of some instruments without their trades."""
    return dict.fromkeys(keys, NO_TRADES)
