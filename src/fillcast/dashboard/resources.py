"""What the HTTP API answers with, beside the object of `quote --json`."""

from __future__ import annotations

from msgspec import Struct

from fillcast.dashboard.wire import Instrument
from fillcast.dashboard.wire_books import State


class Problem(Struct, frozen=True):
    """Why a request was not answered.

    Attributes
    ----------
    message
        For people.
    fields
        By parameter, why it cannot be used.
    """

    message: str
    fields: dict[str, str]


class Levels(Struct, frozen=True):
    """A book as the venue writes it.

    Attributes
    ----------
    bids, asks
        `[price, size]` as decimal texts, best first; sizes in the venue's own unit.
    event_ns
        Venue time of the last change, nanoseconds UTC; 0 where it says none.
    age_ms
        Since the connection's last proof of life.
    """

    instrument: str
    state: State
    reason: str
    proof: str
    version: int
    sequence: int | None
    event_ns: int
    age_ms: float | None
    bids: list[tuple[str, str]]
    asks: list[tuple[str, str]]


class Followed(Struct, frozen=True):
    """What the session follows, and by key why nothing is known of others."""

    instruments: list[Instrument]
    unanswered: dict[str, str]


class BookHealth(Struct, frozen=True):
    """How far one book can be trusted."""

    instrument: str
    state: State
    reason: str
    proof: str
    age_ms: float | None


class Fitness(Struct, frozen=True):
    """Whether every book is LIVE.

    Attributes
    ----------
    status
        `ok`, or `degraded` where one is not.
    """

    status: str
    version: str
    books: list[BookHealth]
