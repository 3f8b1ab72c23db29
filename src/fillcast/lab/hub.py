"""Who listens to what: topics, clients, and the frames between them. One event loop owns it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

from fillcast.lab.client import Client
from fillcast.lab.exchange import Exchange
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.faults import Fault, FaultBoard, FaultRequest
from fillcast.lab.instruments import QUANTUM_MS
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Answer, Feed
from fillcast.lab.protocols import PROTOCOLS
from fillcast.lab.random_faults import RandomFaults

BEHIND_MAX_S = 2.0  # a loop that was held up longer forgets the backlog instead of sending it in one burst
HOUSEKEEPING_S = 0.25  # a heartbeat that is due every second may be so much late
REASONS_KEPT = 100


class Hub:
    """The running lab: steps the exchange, delivers its frames, keeps the faults.

    Parameters
    ----------
    exchange
        The markets.
    seed
        Of the faults that come by chance.
    """

    def __init__(self, exchange: Exchange, seed: int = 0) -> None:
        self.exchange = exchange
        self.board = FaultBoard()
        self.topics: dict[str, dict[str, Client]] = {}
        self.clients: dict[str, Client] = {}
        self.gone: list[dict[str, str]] = []
        self.frames = 0
        self.late_s = 0.0
        self.paused = False  # markets stand still and nothing is said unasked
        self.started = time.monotonic()
        self._later: list[FaultRequest] = []
        self._chance = RandomFaults(self.options.random_faults, seed, self.started)
        self._books = {
            topic: (name, feed.symbol)
            for name, venue in exchange.venues.items()
            for feed in venue.values()
            for topic in feed.books
        }

    @property
    def options(self) -> LabOptions:
        """The operator's settings."""
        return self.exchange.options

    @property
    def listed(self) -> dict[str, tuple[str, ...]]:
        """The symbols that it lists, by protocol."""
        return {name: tuple(feeds) for name, feeds in self.exchange.venues.items()}

    def feeds(self, protocol: str) -> Mapping[str, Feed]:
        """Return the feeds of a protocol by symbol."""
        return self.exchange.venues[protocol]

    def now(self) -> Moment:
        """Return the market's time, stamped with the wall clock."""
        return self.exchange.moment(time.time_ns())

    def join(self, client: Client, topic: str) -> None:
        """Send a topic's frames to a client from now on."""
        self.topics.setdefault(topic, {})[client.identity] = client

    def leave(self, client: Client, topic: str) -> None:
        """Stop sending a topic to a client."""
        listeners = self.topics.get(topic)
        if listeners is not None and listeners.pop(client.identity, None) is not None and not listeners:
            del self.topics[topic]

    def remove(self, client: Client) -> None:
        """Forget a client."""
        for topic in tuple(self.topics):
            self.leave(client, topic)
        self.clients.pop(client.identity, None)
        self.board.release(client.identity, time.time_ns())
        self.gone.append({"connection": client.identity, "reason": client.closing or "closed by the client"})
        del self.gone[:-REASONS_KEPT]

    def deliver(self, frames: list[Frame]) -> None:
        """Hand frames to every client of their topic."""
        for frame in frames:
            for client in tuple(self.topics.get(frame.topic, {}).values()):
                client.deliver(frame)
                self.frames += 1

    def apply(self, client: Client, answer: Answer) -> None:
        """Send what a client's session answered, before any frame of what was just subscribed."""
        client.say(answer)
        for topic in answer.removed:
            self.leave(client, topic)
        for topic in answer.added:
            self.join(client, topic)

    def arm(self, request: FaultRequest) -> Fault:
        """Plant a fault at once where that is possible, else arm it for its place."""
        fault = self.board.arm(request, time.time_ns())
        if request.kind is FaultKind.SEQUENCE_RESET:
            name, feed = next(
                (name, feed)
                for name, protocol in PROTOCOLS.items()
                for feed in self.feeds(name).values()
                if request.kind not in protocol.refused
                and request.protocol in ("", name)
                and request.symbol in ("", feed.symbol)
            )
            first = feed.reset_sequence()
            for client in self.clients.values():
                if client.protocol.name == name:
                    client.session.restart()
            self.board.planted(fault, time.time_ns(), "", f"ids of {feed.symbol} restart after {first}, for everyone")
        return fault

    def arm_later(self, requests: list[FaultRequest]) -> None:
        """Arm faults at their own seconds after the lab's start."""
        self._later = sorted(requests, key=lambda request: request.after_s)

    def end_faults(self) -> None:
        """Plant nothing more: not what waits for its place or its time, and nothing by chance."""
        self.board.end()
        self._later.clear()
        self._chance.end()

    def withheld(self, kind: FaultKind, protocol: str, symbol: str, detail: str) -> bool:
        """Whether an armed fault withholds a snapshot that is asked for now; logs it."""
        for fault in self.board.waiting((kind,), protocol, symbol, ""):
            self.board.planted(fault, time.time_ns(), fault.request.connection, detail)
            return True
        return False

    async def run(self, stop: asyncio.Event) -> None:
        """Step the exchange in real time until stopped."""
        quantum_s = QUANTUM_MS / 1000 / self.exchange.options.speed
        due = time.monotonic() + quantum_s
        checked = 0.0
        while not stop.is_set():
            now = time.monotonic()
            if now - due > BEHIND_MAX_S:
                due = now
            self.late_s = max(0.0, now - due)
            if now >= due:
                if not self.paused:
                    self.deliver(self.exchange.step(time.time_ns(), self.topics))
                due += quantum_s
            if now - checked >= HOUSEKEEPING_S and not self.paused:
                checked = now
                self._housekeeping()
            while self._later and now - self.started >= self._later[0].after_s:
                self.arm(self._later.pop(0))
            self._plant_by_chance(now)
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _plant_by_chance(self, now: float) -> None:
        if now < self._chance.next_at:
            return
        books = sorted({self._books[topic] for topic in self.topics if topic in self._books})
        for request in self._chance.due(now, books):
            self.arm(request)

    def _housekeeping(self) -> None:
        for client in tuple(self.clients.values()):
            self.apply(client, client.session.tick(client.traffic))
