"""Many connections to many venues, run as one: started, watched, closed together."""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from types import TracebackType

from fillcast.feed.client import Client
from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven, Listener, Notice
from fillcast.feed.limits import RateLimit
from fillcast.feed.rest import Rest
from fillcast.feed.settings import Endpoint, Settings
from fillcast.feed.statistics import Counters, FeedStatistics, LinkStatus, Phase
from fillcast.runtime.stages import Stages
from fillcast.venues.directory import Limit
from fillcast.venues.protocol import Gap, Recovered


@dataclass(frozen=True, slots=True)
class Route:
    """One venue's part of a feed.

    Attributes
    ----------
    venue
        Its name here.
    rest
        Makes the venue's REST requests; the feed closes it.
    connections
        The protocols, each of a socket of its own, not yet opened.
    dial, control
        The venue's limits of new connections (per address) and of control messages (per connection).
    """

    venue: str
    endpoint: Endpoint
    rest: Rest
    connections: Sequence[Driven]
    dial: Limit
    control: Limit


class Feed:
    """Drives every connection of several venues on the running loop.

    One connection's trouble stalls no other. What a listener raises ends the feed with that error.

    Parameters
    ----------
    routes
        One per venue.
    random
        Draws the jitter of reconnects, floats in [0, 1).

    Attributes
    ----------
    clients
        One per connection.
    gap_log
        The latest `Gap` and `Recovered` notices, oldest first.
    notices
        The latest notices of other kinds: rejected frames and refusals.
    stages
        What the frames that are timed took, of all connections.
    """

    def __init__(
        self,
        routes: Iterable[Route],
        *,
        listener: Listener | None = None,
        settings: Settings | None = None,
        clock: Clock | None = None,
        random: Callable[[], float] = random.random,
    ) -> None:
        self._listener = listener or Listener()
        self._settings = settings or Settings()
        self._clock = clock or Clock()
        self._random = random
        self._task: asyncio.Task[None] | None = None
        self.gap_log: deque[Gap | Recovered] = deque(maxlen=self._settings.notices_kept)
        self.notices: deque[Notice] = deque(maxlen=self._settings.notices_kept)
        self.stages = Stages()
        self._rests: list[Rest] = []
        self.clients: tuple[Client, ...] = tuple(client for route in routes for client in self._clients_of(route))

    def statistics(self) -> FeedStatistics:
        """Return the totals over all connections, as of now."""
        now_ns = self._clock.mono_ns()
        totals = Counters()
        for client in self.clients:
            for field in fields(Counters):
                value = getattr(client.counters, field.name)
                known = getattr(totals, field.name)
                setattr(totals, field.name, max(known, value) if field.name == "largest_batch" else known + value)
        counted = {field.name: getattr(totals, field.name) for field in fields(Counters)}
        return FeedStatistics(
            connections=len(self.clients),
            open_connections=sum(client.status.phase is Phase.OPEN for client in self.clients),
            frames_per_s=sum(client.rate.per_s(now_ns) for client in self.clients),
            queue=sum(client.queue for client in self.clients),
            throttled=sum(rest.throttled for rest in self._rests),
            **counted,
        )

    def links(self) -> tuple[LinkStatus, ...]:
        """Return how every connection stands."""
        return tuple(client.status for client in self.clients)

    async def run(self) -> None:
        """Run until cancelled; every socket, request and task is gone when this returns or raises.

        Raises
        ------
        Exception
            What a listener raised, as it is.
        """
        try:
            async with asyncio.TaskGroup() as group:
                for client in self.clients:
                    group.create_task(client.run(group), name=client.name)
        except BaseExceptionGroup as failures:
            raise first_failure(failures) from None
        finally:
            for rest in self._rests:
                await rest.close()

    def start(self) -> None:
        """Run in the background until `close`; an error of a listener is raised by `close` or `wait`."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self.run(), name="feed")

    async def wait(self) -> None:
        """Wait for a started feed to end; raise what ended it."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def close(self) -> None:
        """Close every connection and wait until nothing is left; raise what had ended the feed before."""
        task, self._task = self._task, None
        if task is None:
            return
        task.cancel()
        try:
            await task
        except asyncio.CancelledError:
            if not task.cancelled():
                raise  # not the feed but whoever waits here was cancelled

    async def __aenter__(self) -> Feed:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _clients_of(self, route: Route) -> Iterator[Client]:
        settings, clock = self._settings, self._clock
        self._rests.append(route.rest)
        dial = RateLimit(route.dial.weight, route.dial.window_ns)
        listener = Listener(self._listener.on_frame, self._listener.on_batch, self._record, self._listener.on_link)
        for number, connection in enumerate(route.connections, 1):
            yield Client(
                f"{route.venue}#{number}",
                connection,
                route.endpoint,
                route.rest,
                listener=listener,
                settings=settings,
                clock=clock,
                dial=dial,
                control=route.control,
                random=self._random,
                stages=self.stages,
            )

    def _record(self, connection: Driven, notice: Notice) -> None:
        if isinstance(notice, Gap | Recovered):
            self.gap_log.append(notice)
        else:
            self.notices.append(notice)
        if self._listener.on_notice is not None:
            self._listener.on_notice(connection, notice)


def first_failure(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return the first error of a group that is no group itself."""
    first = failures.exceptions[0]
    return first_failure(first) if isinstance(first, BaseExceptionGroup) else first
