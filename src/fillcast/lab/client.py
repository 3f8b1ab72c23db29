"""One WebSocket client of the lab: its bounded queue, its sender, and the faults planted in its frames."""

from __future__ import annotations

import asyncio
import time
from collections import deque

from aiohttp import WSMsgType, web

from fillcast.lab.fault_kinds import ON_FRAMES, FaultKind
from fillcast.lab.faults import Fault, FaultBoard
from fillcast.lab.moment import Frame
from fillcast.lab.protocol import CLOSE_POLICY, Answer, Session, Traffic, VenueProtocol
from fillcast.lab.spoil import SPOILERS

QUEUE_FRAMES = 4096
QUEUE_BYTES = 32 * 1024 * 1024
CLOSE_S = 0.3  # how long a closing client may take to read the close frame


class Client:
    """A connected client.

    Parameters
    ----------
    identity
        The connection's id, unique in the lab's life.
    protocol, session
        The venue's protocol, and what this connection has asked of it.
    socket, request
        The upgraded connection and the request it came from.
    board
        The lab's faults.
    """

    def __init__(
        self,
        identity: str,
        protocol: VenueProtocol,
        session: Session,
        socket: web.WebSocketResponse,
        request: web.Request,
        board: FaultBoard,
    ) -> None:
        self.identity, self.protocol, self.session = identity, protocol, session
        self.socket, self.board = socket, board
        self._request = request
        self._queue: deque[tuple[WSMsgType, bytes]] = deque()
        self._bytes = 0
        self._waiting = asyncio.Event()
        self._stalled_until = 0.0
        self.closing = ""
        self.close_code = CLOSE_POLICY
        self.sent = 0
        self.pushed_at = self.heard_at = time.monotonic()

    @property
    def queued(self) -> int:
        """Frames that wait to be sent."""
        return len(self._queue)

    def push(self, data: bytes, opcode: WSMsgType = WSMsgType.TEXT) -> None:
        """Queue one message; a client that does not read is cut off."""
        if self.closing:
            return
        self.pushed_at = time.monotonic()
        self._queue.append((opcode, data))
        self._bytes += len(data)
        if len(self._queue) > QUEUE_FRAMES or self._bytes > QUEUE_BYTES:
            # Its buffers are full, so a close frame could not reach it: the reason is in the lab's status.
            self.closing = f"slow client: {len(self._queue)} frames, {self._bytes} bytes not read"
            self.abort()
        self._waiting.set()

    def say(self, answer: Answer) -> None:
        """Queue what a session answered, and close when it says so."""
        for reply in answer.replies:
            self.push(reply)
        for ping in answer.pings:
            self.push(ping, WSMsgType.PING)
        if answer.close:
            self.close(answer.close, answer.close_code)

    @property
    def traffic(self) -> Traffic:
        """When it was last spoken to and heard."""
        return Traffic(time.monotonic(), self.pushed_at, self.heard_at)

    def close(self, reason: str, code: int = CLOSE_POLICY) -> None:
        """Ask for the connection to be closed; the first reason stays."""
        if not self.closing:
            self.closing, self.close_code = reason, code
        self._waiting.set()

    def abort(self) -> None:
        """Cut the TCP connection, as a dying host does."""
        self.closing = self.closing or "aborted"
        transport = self._request.transport
        if transport is not None:
            transport.abort()
        self._waiting.set()

    async def send_loop(self) -> None:
        """Send what is queued until the connection closes; never raises for a client that went away."""
        try:
            while not self.closing:
                await self._waiting.wait()
                self._waiting.clear()
                while self._queue and not self.closing:
                    pause = self._stalled_until - time.monotonic()
                    if pause > 0:
                        await asyncio.sleep(pause)
                        continue
                    opcode, data = self._queue.popleft()
                    self._bytes -= len(data)
                    await self.socket.send_frame(data, opcode)
                    self.sent += opcode is WSMsgType.TEXT
        except (ConnectionError, RuntimeError):  # the peer is gone, or the socket is closing already
            self.close("connection lost")

    async def finish(self, code: int, reason: str) -> None:
        """Close with a code; a peer that does not answer in time is cut off."""
        self.closing = self.closing or reason
        self._waiting.set()
        try:
            async with asyncio.timeout(CLOSE_S):
                await self.socket.close(code=code, message=reason.encode()[:120])
        except (TimeoutError, ConnectionError, RuntimeError):
            self.abort()

    def deliver(self, frame: Frame) -> None:
        """Queue a frame as it looks on this connection, or what an armed fault makes of it."""
        wire = self.session.wire(frame)
        if not wire:
            return
        if not frame.book or not self.board.in_frames:
            self.push(wire)
            return
        messages = [wire]
        for fault in self.board.waiting(ON_FRAMES, self.protocol.name, frame.symbol, self.identity):
            if fault.held is not None:
                if fault.held.topic == frame.topic:
                    messages = [*messages, fault.held.data]
                    self._planted(fault, "the frame before this one was sent after it")
                    fault.held = None
                continue
            changed = self._plant(fault, frame, wire)
            if changed is not None:
                messages = changed
                break
        for message in messages:
            self.push(message)

    def _plant(self, fault: Fault, frame: Frame, wire: bytes) -> list[bytes] | None:
        """Return what is sent instead of the frame, None when it does not lend itself to the fault."""
        kind = fault.request.kind
        if kind in self.protocol.refused:
            return None
        size = f"a {frame.topic} frame of {len(wire)} bytes"
        if kind is FaultKind.DROP:
            self._planted(fault, f"withheld {size}")
            return []
        if kind is FaultKind.DUPLICATE:
            self._planted(fault, f"sent {size} twice")
            return [wire, wire]
        if kind is FaultKind.REORDER:
            fault.held = Frame(frame.topic, frame.symbol, wire, book=True)
            fault.connection = self.identity
            return []
        if kind is FaultKind.STALL:
            self._stalled_until = time.monotonic() + fault.request.seconds
            self._planted(fault, f"nothing is sent for {fault.request.seconds:g} s, {size} first")
            return [wire]
        if kind is FaultKind.DISCONNECT:
            self._planted(fault, f"cut the connection instead of sending {size}")
            self.abort()
            return []
        spoiled = SPOILERS[kind](wire, self.protocol.spelling)
        if spoiled is None:
            return None
        self._planted(fault, spoiled[1])
        return [spoiled[0]]

    def _planted(self, fault: Fault, detail: str) -> None:
        self.board.planted(fault, time.time_ns(), self.identity, detail)
