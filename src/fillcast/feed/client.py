"""One socket driven for one venue protocol: frames in, effects out, reconnected for as long as it runs."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine

from websockets.exceptions import ConnectionClosed

from fillcast.feed.alarm import Alarm
from fillcast.feed.backoff import Backoff
from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven, Listener, Notice
from fillcast.feed.limits import RateLimit
from fillcast.feed.reach import UNREACHABLE, closed_sentence, host_of, sentence
from fillcast.feed.rest import Rest
from fillcast.feed.settings import Endpoint, Settings
from fillcast.feed.statistics import SECOND_NS, Counters, LinkStatus, Phase, Rate
from fillcast.feed.timing import FrameTimer
from fillcast.feed.wire import (
    Socket,
    checked_socket_url,
    close_socket,
    message_waits,
    open_socket,
    queued_frames,
    refused_for_s,
)
from fillcast.runtime.stages import Stages
from fillcast.venues.directory import Limit
from fillcast.venues.protocol import (
    NOTHING,
    Effects,
    Fetch,
    Gap,
    Reconnect,
    Recovered,
    Refused,
    Rejected,
    Send,
    WakeAt,
)

LONGEST_REFUSAL_S = 600.0  # a Retry-After of a refused handshake is obeyed up to this
ROUND_TRIPS_KEPT = 1024


class Client:
    """Drives one connection.

    Parameters
    ----------
    connection
        The protocol. Only this client calls its inputs.
    endpoint
        Where the venue is reached.
    rest, dial
        Shared by all clients of the venue: its REST requests and its limit of new connections.
    control
        The venue's limit of control messages, counted anew for every socket.
    stages
        Where the frames that are timed are counted, shared by all clients of a feed.
    random
        Draws floats in [0, 1) for the jitter of reconnects.

    Attributes
    ----------
    round_trips_s
        Of the latest pings that were answered.
    """

    def __init__(
        self,
        name: str,
        connection: Driven,
        endpoint: Endpoint,
        rest: Rest,
        *,
        listener: Listener,
        settings: Settings,
        clock: Clock,
        dial: RateLimit,
        control: Limit,
        random: Callable[[], float],
        stages: Stages,
    ) -> None:
        self.name = name
        self.connection = connection
        self.url = checked_socket_url(endpoint.socket_url + connection.ws_path)
        self.counters = Counters()
        self.rate = Rate()
        self.round_trips_s: deque[float] = deque(maxlen=ROUND_TRIPS_KEPT)
        self._proxy = endpoint.proxy
        self._rest = rest
        self._listener = listener
        self._settings = settings
        self._clock = clock
        self._dial = dial
        self._control = control
        self._backoff = Backoff(settings.backoff, random)
        self._alarm = Alarm(clock)
        self._timer = FrameTimer(connection, stages, settings.sample_every, clock)
        self._socket: Socket | None = None
        self._group: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()  # those that end with the socket
        self._requests: dict[str, asyncio.Task[None]] = {}  # by path
        self._limited: asyncio.Queue[Send] = asyncio.Queue()  # what the venue counts
        self._free: asyncio.Queue[Send] = asyncio.Queue()  # heartbeats: they wait for nothing
        self._leaving = ""  # why the protocol wants a new socket; empty: it does not
        self._phase = Phase.IDLE
        self._sentence = "not started"
        self._next_attempt_ns = 0

    @property
    def status(self) -> LinkStatus:
        """How the connection stands."""
        keys = tuple(instrument.key for instrument in self.connection.instruments)
        attempt = 1 if self._phase is Phase.OPEN else self._backoff.failures + 1
        return LinkStatus(self.name, self.url, self._phase, self._sentence, attempt, self._next_attempt_ns, keys)

    @property
    def queue(self) -> int:
        """Frames received and not yet handed to the protocol."""
        return queued_frames(self._socket) if self._socket is not None else 0

    async def run(self, group: asyncio.TaskGroup) -> None:
        """Keep the connection open until cancelled.

        Trouble with the venue never ends it. What a listener raises does, through `group`.
        """
        self._group = group
        alarm = group.create_task(self._alarm.ring(self._tick))
        try:
            while True:
                socket = await self._reach()
                opened_ns = self._clock.mono_ns()
                reason = await self._drive(socket)
                self._backoff.lasted((self._clock.mono_ns() - opened_ns) / SECOND_NS)
                await self._pause(reason, 0.0)
        finally:
            alarm.cancel()
            self._stand(Phase.CLOSED, "closed")

    def _stand(self, phase: Phase, sentence: str) -> None:
        """Take note of how the connection stands now, and tell."""
        self._phase, self._sentence = phase, sentence
        if self._listener.on_link is not None:
            self._listener.on_link(self.status)

    async def _reach(self) -> Socket:
        """Open the socket, however many attempts it takes."""
        host = host_of(self.url)
        while True:
            await self._clock.until(self._dial.reserve(1, self._clock.mono_ns()))
            self._stand(Phase.CONNECTING, f"connecting to {host}")
            try:
                socket = await open_socket(self.url, self._settings, self._proxy, self._clock.mono_ns)
            except UNREACHABLE as error:
                self.counters.failed_attempts += 1
                asked_s = min(refused_for_s(error, self._clock.wall_ns()), LONGEST_REFUSAL_S)
                await self._pause(f"cannot reach {host}: {sentence(error)}", asked_s)
                continue
            self.counters.reconnects += self.counters.connects > 0
            self.counters.connects += 1
            self._stand(Phase.OPEN, f"connected to {host}")
            return socket

    async def _pause(self, reason: str, at_least_s: float) -> None:
        delay_s = max(self._backoff.next_delay_s(), at_least_s)
        self._next_attempt_ns = self._clock.mono_ns() + int(delay_s * SECOND_NS)
        self._stand(Phase.WAITING, f"{reason}; attempt {self._backoff.failures + 1} in {delay_s:.1f} s")
        await self._clock.sleep(delay_s)
        self._next_attempt_ns = 0

    async def _drive(self, socket: Socket) -> str:
        """Serve one open socket to its end and return why it ended.

        The protocol is told of the end before the closing handshake: from then on nothing proves its books.
        """
        try:
            reason = await self._serve(socket)
            self._socket = None
            self._alarm.clear()
            self._input(self.connection.closed(reason, self._clock.wall_ns(), self._clock.mono_ns()))
            return reason
        except BaseException:
            # Our own leaving is no gap: the books are marked, nobody is told.
            self.connection.closed("the feed was closed", self._clock.wall_ns(), self._clock.mono_ns())
            raise
        finally:
            for task in self._tasks:
                task.cancel()
            await close_socket(socket)
            self._socket = None

    async def _serve(self, socket: Socket) -> str:
        self._socket, self._leaving = socket, ""
        self._limited, self._free = asyncio.Queue(), asyncio.Queue()
        self._requests.clear()
        self._spawn(self._send(socket, self._limited, RateLimit(self._control.weight, self._control.window_ns)))
        self._spawn(self._send(socket, self._free, None))
        if self._settings.ping_interval_s is not None:
            self._spawn(self._ask_for_pongs(socket, self._settings.ping_interval_s))
        try:
            self._input(self.connection.opened(self._clock.wall_ns(), self._clock.mono_ns()))
            await self._receive(socket)
        except ConnectionClosed as error:
            return self._leaving or closed_sentence(error)
        return self._leaving

    async def _receive(self, socket: Socket) -> None:
        """Hand every frame to the protocol; return when it wants a new socket.

        All whole messages already received are handed over before anything else is awaited. Nothing arrives
        meanwhile, so the next receive waits, and other connections get their turn. The time of a frame is taken
        when it is handed over, so that a backlog of our own shows as lag. A few frames are timed on their way.
        """
        due = self._timer.next()
        hand_over, on_frame = self.connection.frame, self._listener.on_frame
        wall_ns, mono_ns = self._clock.wall_ns, self._clock.mono_ns
        while True:
            data = await socket.recv(decode=False)
            if self._leaving != "":
                return  # asked for by a timer or a reply while this waited: not one frame more is believed
            frames = size = 0
            while True:
                frames += 1
                if frames == due:
                    effects = self._timer.frame(data, socket.waits_since_ns)
                    due += self._timer.next()
                else:
                    effects = hand_over(data, wall_ns(), mono_ns())
                size += len(data)
                if on_frame is not None:
                    on_frame(self.connection)
                if effects:
                    self._carry_out(effects)
                if self._leaving != "" or not message_waits(socket):
                    break
                data = await socket.recv(decode=False)  # does not wait: a message is there
            socket.waits_since_ns = 0
            due -= frames
            self.counters.count_batch(frames, size)
            self.rate.add(frames, mono_ns())
            self._input(NOTHING)
            if self._leaving != "":
                return

    def _tick(self) -> None:
        self._input(self.connection.tick(self._clock.wall_ns(), self._clock.mono_ns()))

    def _input(self, effects: Effects) -> None:
        """Finish a batch of frames or any other input. Late books are judged before the listener looks at them."""
        self._carry_out(effects)
        self._carry_out(self.connection.judge(self._clock.wall_ns(), self._clock.mono_ns()))
        if self._listener.on_batch is not None:
            self._listener.on_batch(self.connection)

    def _carry_out(self, effects: Effects) -> None:
        for effect in effects:
            match effect:
                case WakeAt():
                    self._alarm.set(effect.mono_ns)
                case Send() if self._socket is not None:
                    (self._limited if effect.weight else self._free).put_nowait(effect)
                case Fetch() if self._socket is not None:
                    self._request(effect)
                case Reconnect() if self._socket is not None and not self._leaving:
                    self._leaving = effect.reason or "the protocol asked for a new connection"
                    self._spawn(close_socket(self._socket))  # ends a receive that waits
                case Gap() | Recovered() | Rejected() | Refused():
                    self._tell(effect)

    def _tell(self, notice: Notice) -> None:
        self.counters.count(notice)
        if self._listener.on_notice is not None:
            self._listener.on_notice(self.connection, notice)

    def _request(self, request: Fetch) -> None:
        # A protocol that waited too long asks again. While the venue has shut us out that happens over and
        # over, and the questions must not pile up to be asked all at once.
        earlier = self._requests.get(request.path)
        if earlier is not None:
            earlier.cancel()
        self._requests[request.path] = self._spawn(self._fetch(request))

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        assert self._group is not None  # inputs are only given while running
        task = self._group.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _send(self, socket: Socket, outbox: asyncio.Queue[Send], limit: RateLimit | None) -> None:
        """Send what the protocol wants sent, in order, within a limit where there is one."""
        while True:
            message = await outbox.get()
            if limit is not None:
                await self._clock.until(limit.reserve(message.weight, self._clock.mono_ns()))
            try:
                await socket.send(message.text)
            except ConnectionClosed:
                return  # the receiver sees it too, and tells
            self.counters.sent += 1

    async def _ask_for_pongs(self, socket: Socket, interval_s: float) -> None:
        """Tell the protocol of pongs. Whether a venue that sends none is dead is the protocol's to judge."""
        while True:
            await self._clock.sleep(interval_s)
            try:
                self.round_trips_s.append(await (await socket.ping()))
            except ConnectionClosed:
                return  # the receiver sees it too, and tells
            self._input(self.connection.pong(self._clock.wall_ns(), self._clock.mono_ns()))

    async def _fetch(self, request: Fetch) -> None:
        self.counters.fetches += 1
        reply = await self._rest.get(request.path, request.weight, not_before_ns=request.not_before_ns)
        self.counters.failed_fetches += not reply.ok
        del self._requests[request.path]
        wall_ns, mono_ns = self._clock.wall_ns(), self._clock.mono_ns()
        self._input(self.connection.reply(request.request_id, reply.status, reply.body, wall_ns, mono_ns))
