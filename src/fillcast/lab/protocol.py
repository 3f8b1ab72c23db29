"""What the rest of the lab knows of a venue: one object that makes feeds, serves connections and names its faults.

A new venue is a subclass of `VenueProtocol`, of `Session` and a class with the shape of `Feed`, and one line in
`fillcast.lab.protocols`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web

from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.instruments import Listing
from fillcast.lab.market import Market
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.spoil import Spelling

CLOSE_POLICY = 1008


class Feed(Protocol):
    """The frames of one instrument, made from its market. No sockets."""

    @property
    def symbol(self) -> str:
        """The instrument's symbol as the venue spells it."""
        ...

    @property
    def market(self) -> Market:
        """The market that it tells of."""
        ...

    @property
    def topics(self) -> Mapping[str, str]:
        """What can be listened to, by the venue's name of the channel; no other feed has such a topic."""
        ...

    @property
    def books(self) -> Collection[str]:
        """Those topics that carry a book's changes."""
        ...

    def step(self, moment: Moment, due_ms: int, wanted: Container[str]) -> list[Frame]:
        """Return the frames due at a multiple of 10 ms of market time. The market is already there."""
        ...

    def reset_sequence(self) -> int:
        """Restart the ids, for everyone; return the first."""
        ...


@dataclass(slots=True)
class Answer:
    """What something led to: messages in order, topics that came or went, and whether the connection ends.

    Replies are sent first; frames of the added topics follow from then on. `pings` are ping frames.
    """

    replies: list[bytes] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    pings: list[bytes] = field(default_factory=list)
    close: str = ""
    close_code: int = CLOSE_POLICY


@dataclass(frozen=True, slots=True)
class Traffic:
    """Monotonic seconds: now, and when something was last sent to and heard from a client."""

    now: float
    sent: float
    heard: float


class Session(ABC):
    """One connection: what it asks for, and how frames look on it. No socket."""

    def opened(self, now: float) -> Answer:
        """Return what the venue says at once, and the topics that the address itself names."""
        return Answer()

    @abstractmethod
    def handle(self, text: str, now: float) -> Answer:
        """Answer one text message that came in at a monotonic second."""

    def wire(self, frame: Frame) -> bytes:
        """Return a frame's bytes here, none where it is not told; called once for each, in the order of sending."""
        return frame.data

    def tick(self, traffic: Traffic) -> Answer:
        """Return what is due with time alone: pings, heartbeats, the end of an idle connection."""
        return Answer()

    def restart(self) -> bool:
        """Restart the connection's own ids; return whether it has some."""
        return False


class House(Protocol):
    """What a protocol may ask of the lab that runs it."""

    @property
    def options(self) -> LabOptions:
        """The operator's settings."""
        ...

    def feeds(self, protocol: str) -> Mapping[str, Feed]:
        """Return the feeds of a protocol by symbol."""
        ...

    def now(self) -> Moment:
        """Return the market's time, stamped with the wall clock."""
        ...

    def withheld(self, kind: FaultKind, protocol: str, symbol: str, detail: str) -> bool:
        """Whether an armed fault withholds a first book that is asked for now; logs it with the detail."""
        ...


@dataclass(frozen=True, slots=True)
class Dial:
    """How a client subscribes: the address with its query, and the messages that follow."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    requests: tuple[str, ...] = ()


class VenueProtocol(ABC):
    """One venue's wire protocol as the lab speaks it.

    Attributes
    ----------
    name
        The venue's name, as in `okx:BTC-USDT`.
    listings
        What it lists.
    channels
        What a capture holds unless it is told otherwise.
    base
        What leads all its addresses, where those of the venue are another's too; empty otherwise.
    paths, closed_paths
        Addresses of its WebSocket, in aiohttp's notation; and those that must not be taken for another venue's.
    spelling
        Where its book frames can be spoiled.
    refused
        The kinds of faults that it does not have, each with the reason.
    """

    name: str
    listings: tuple[Listing, ...]
    channels: tuple[str, ...]
    base: str = ""
    paths: tuple[str, ...]
    closed_paths: tuple[str, ...] = ()
    spelling: Spelling
    refused: Mapping[FaultKind, str]

    @abstractmethod
    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset, under a symbol that is valid for the venue."""

    @abstractmethod
    def feed(self, listing: Listing, market: Market, start: Moment, options: LabOptions) -> Feed:
        """Return the frames of one instrument."""

    @abstractmethod
    def connect(self, house: House, identity: str, path: str, query: Mapping[str, str]) -> Session:
        """Return the session of a new connection to one of the addresses."""

    @abstractmethod
    def dial(self, topics: Sequence[str]) -> Dial:
        """Return how a client would subscribe to topics, as `Feed.topics` names them."""

    @abstractmethod
    def rest(self, house: House) -> list[web.RouteDef]:
        """Return its REST routes."""

    def not_found(self, path: str) -> web.Response | None:
        """Return its answer to a path that looks like its own and does not exist; None for another's."""
        return None

    def first_books(self, house: House) -> list[bytes]:
        """Return the REST books that a recorder fetches soon after it subscribed; none where they come in-band."""
        return []
