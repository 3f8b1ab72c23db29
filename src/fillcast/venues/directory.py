"""Which venues there are, where they are reached, what they allow, and how to follow their instruments."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING, Final, Protocol

from fillcast.core.instrument import Instrument
from fillcast.errors import UsageError
from fillcast.venues.listing import Listing
from fillcast.venues.settings import SECOND_NS, Settings

if TYPE_CHECKING:  # naming a venue must not load the kernels
    from fillcast.venues.connection import Connection
    from fillcast.venues.recorded import Dialect

FILES: Final = files("fillcast") / "venues" / "fees"  # one per venue: what it takes, and where it is reached
VENUES: Final = tuple(sorted(one.name.removesuffix(".toml") for one in FILES.iterdir() if one.name.endswith(".toml")))


class Connect(Protocol):
    """Makes the connections that follow some instruments."""

    def __call__(
        self,
        instruments: Sequence[Instrument],
        *,
        trades: bool = True,
        touch: bool = False,
        settings: Settings | None = None,
        fast: bool = True,
    ) -> list[Connection]:
        """Return as many connections as the venue needs, each not yet opened.

        Parameters
        ----------
        trades, touch
            Also follow trades; best bid and ask, where the venue has such a channel.
        settings
            Waits and limits; the defaults when absent.
        fast
            Read plain updates by compiled code where there is any. Off: every frame is counted in `tally`.
        """


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `weight` in any window of `window_ns`."""

    weight: int
    window_ns: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the table `reach` of a venue's dated file says.

    Attributes
    ----------
    protocol
        The module of `fillcast.venues` that speaks it.
    ws_url, rest_url
        Base URLs.
    rest_limit, dial_limit, control_limit
        REST weight and new connections per address; control messages per connection.
    streams_per_connection
        Subscriptions that one connection is given.
    as_of, source
        Date and origin.
    """

    protocol: str
    ws_url: str
    rest_url: str
    rest_limit: Limit
    dial_limit: Limit
    control_limit: Limit
    streams_per_connection: int
    as_of: str
    source: str


def no_page(path: str, body: bytes) -> None:
    """Return that no page follows: the venue answers with everything at once."""


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue.

    Attributes
    ----------
    name
        Its name here, as in `okx:BTC-USDT`.
    instrument_paths
        REST paths that describe symbols of the kinds of those given, or everything when none are.
    metadata_weight
        What one of those paths weighs against the REST limit.
    list_instruments
        What the bodies of those paths list; raises `VenueError` or `msgspec.DecodeError`.
    connections
        Makes the connections that follow some instruments.
    dialects
        In which recordings of it are read.
    next_path
        The path of the page after one, by its path and body; None when it was the last.
    """

    name: str
    facts: Facts
    instrument_paths: Callable[[Sequence[str]], tuple[str, ...]]
    metadata_weight: int
    list_instruments: Callable[[Iterable[bytes]], Listing]
    connections: Connect
    dialects: tuple[Dialect, ...] = ()
    next_path: Callable[[str, bytes], str | None] = no_page

    def parse_instruments(self, bodies: Iterable[bytes], asked: Iterable[str] = ()) -> list[Instrument]:
        """Return the instruments in the bodies of those paths; what cannot be used is left out.

        Parameters
        ----------
        asked
            Symbols that must not be left out.

        Raises
        ------
        VenueError, msgspec.DecodeError
            When the venue refused, or a body is something else.
        InstrumentError
            When a symbol that is asked for is listed with figures that cannot be used.
        """
        listing = self.list_instruments(bodies)
        listing.require(asked)
        return listing.instruments

    @property
    def ws_url(self) -> str:
        """Base URL of its sockets."""
        return self.facts.ws_url

    @property
    def rest_url(self) -> str:
        """Base URL of its REST paths."""
        return self.facts.rest_url

    @property
    def rest_limit(self) -> Limit:
        """REST weight per address."""
        return self.facts.rest_limit

    @property
    def dial_limit(self) -> Limit:
        """New connections per address."""
        return self.facts.dial_limit

    @property
    def control_limit(self) -> Limit:
        """Control messages per connection."""
        return self.facts.control_limit


def venue(name: str) -> Venue:
    """Return a venue by its name here; its protocol is imported only now.

    Raises
    ------
    UsageError
        When there is none of that name.
    """
    if name not in VENUES:
        raise UsageError(f"unknown venue {name!r}; known are {', '.join(VENUES)}")
    module = import_module(f"fillcast.venues.{read_facts(name).protocol}")
    found: Venue = getattr(module, name.upper())
    return found


def read_facts(name: str) -> Facts:
    """Return what the venue's file in `fees/` says of where it is reached and how much it takes."""
    reach = tomllib.loads((FILES / f"{name}.toml").read_text(encoding="utf-8"))["reach"]
    rest, dial, control = (
        Limit(reach[limit]["weight"], reach[limit]["window_s"] * SECOND_NS)
        for limit in ("rest_limit", "dial_limit", "control_limit")
    )
    return Facts(
        reach["protocol"],
        reach["ws"],
        reach["rest"],
        rest,
        dial,
        control,
        reach["streams_per_connection"],
        str(reach["as_of"]),
        reach["source"],
    )


def shards(instruments: Sequence[Instrument], size: int) -> list[Sequence[Instrument]]:
    """Return the instruments in groups of at most `size`, at least 1."""
    step = max(1, size)
    return [instruments[start : start + step] for start in range(0, len(instruments), step)]
