"""Who listens to what: topics, clients, and the frames between them. One event loop owns it."""

from __future__ import annotations

import asyncio
import time

from aiohttp import WSMsgType

from fillcast.core.units import NS_PER_MS
from fillcast.lab.binance_feed import SNAPSHOT_DEPTH
from fillcast.lab.client import Client
from fillcast.lab.exchange import QUANTUM_MS, Exchange
from fillcast.lab.faults import Fault, FaultBoard, FaultKind, FaultRequest
from fillcast.lab.instruments import BINANCE, OKX
from fillcast.lab.moment import Frame

BEHIND_MAX_S = 2.0  # a loop that was held up longer forgets the backlog instead of sending it in one burst
HOUSEKEEPING_S = 1.0
OLD_SNAPSHOT_S = 5.0
REASONS_KEPT = 100


class Hub:
    """The running lab: steps the exchange, delivers its frames, keeps the faults.

    Parameters
    ----------
    exchange
        The markets.
    """

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.board = FaultBoard()
        self.topics: dict[str, dict[str, Client]] = {}
        self.clients: dict[str, Client] = {}
        self.gone: list[dict[str, str]] = []
        self.frames = 0
        self.late_s = 0.0
        self.started = time.monotonic()
        self.old_depth: dict[str, bytes] = {}
        self._next_old_depth: dict[str, bytes] = {}
        self._depth_taken = 0.0
        self._keep_depth(self.started)
        self._later: list[FaultRequest] = []

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
        self.board.release(client.identity)
        self.gone.append({"connection": client.identity, "reason": client.closing or "closed by the client"})
        del self.gone[:-REASONS_KEPT]

    def deliver(self, frames: list[Frame]) -> None:
        """Hand frames to every client of their topic; each is wrapped at most once."""
        for frame in frames:
            wrapped: bytes | None = None
            for client in tuple(self.topics.get(frame.topic, {}).values()):
                wire = frame.data
                if client.wraps:
                    if wrapped is None:
                        wrapped = b'{"stream":"%b","data":%b}' % (frame.topic.encode(), frame.data)
                    wire = wrapped
                client.deliver(frame, wire)
                self.frames += 1

    def arm(self, request: FaultRequest) -> Fault:
        """Plant a fault at once where that is possible, else arm it for its place."""
        fault = self.board.arm(request, time.time_ns())
        if request.kind is FaultKind.SEQUENCE_RESET:
            feeds = [feed for feed in self.exchange.feeds() if request.symbol in ("", feed.symbol)]
            wanted = [feed for feed in feeds if request.protocol in ("", feed.listing.instrument.venue)]
            feed = wanted[0]
            first = feed.reset_sequence()
            self.board.planted(fault, time.time_ns(), "", f"ids of {feed.symbol} restart after {first}, for everyone")
        return fault

    def arm_later(self, requests: list[FaultRequest]) -> None:
        """Arm faults at their own seconds after the lab's start."""
        self._later = sorted(requests, key=lambda request: request.after_s)

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
                self.deliver(self.exchange.step(time.time_ns(), self.topics))
                due += quantum_s
            if now - checked >= HOUSEKEEPING_S:
                checked = now
                self._housekeeping(now)
            while self._later and now - self.started >= self._later[0].after_s:
                self.arm(self._later.pop(0))
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    def _housekeeping(self, now: float) -> None:
        options = self.exchange.options
        for client in self.clients.values():
            if client.protocol == OKX and now - client.last_traffic > options.idle_s:
                client.close(f"No data received in {options.idle_s:g}s.")
            elif client.protocol == BINANCE and now - client.last_ping >= options.ping_s:
                client.last_ping = now
                client.push(b"%d" % (time.time_ns() // NS_PER_MS), WSMsgType.PING)
        if now - self._depth_taken >= OLD_SNAPSHOT_S:
            self._keep_depth(now)

    def _keep_depth(self, now: float) -> None:
        """Keep the depth of now for later, and offer the one kept before as the old one."""
        moment = self.exchange.moment(time.time_ns())
        taken = {symbol: feed.rest_depth(moment, SNAPSHOT_DEPTH) for symbol, feed in self.exchange.binance.items()}
        self.old_depth, self._next_old_depth = self._next_old_depth or taken, taken
        self._depth_taken = now
