"""A session in another process as a source of moments, and the process that serves its pages."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import msgpack

from fillcast.dashboard.channel import (
    Ask,
    Failed,
    Look,
    Ready,
    Request,
    Start,
    TellFacts,
    TellMetrics,
    Unpacker,
    read,
    write,
)
from fillcast.dashboard.seen import Facts, Listing, Seen
from fillcast.dashboard.serving import bind, serving
from fillcast.errors import ConnectError, FillcastError
from fillcast.feed.feed import first_failure

log = logging.getLogger(__name__)

GONE = "the session is gone"
NICENESS = 5  # a third of a processor's time where both want all of it


class RemoteSource:
    """Asks a session over a connection; answers come in the order of questions."""

    def __init__(self, listing: Listing, writer: asyncio.StreamWriter) -> None:
        self._listing = listing
        self._writer = writer
        self._waiting: deque[tuple[asyncio.Future[Any], Callable[[bytes], Any]]] = deque()
        self._unpacker = Unpacker()
        self._is_gone = False

    @property
    def listing(self) -> Listing:
        """What is followed."""
        return self._listing

    async def look(self, wanted: Mapping[str, int]) -> Mapping[str, Seen]:
        """Return the moment of now of some instruments, each with its trades from a number on."""
        if not wanted:
            return {}
        moment: Mapping[str, Seen] = await self._answer(Look(dict(wanted)), self._unpacker.unpack)
        return moment

    async def facts(self) -> Facts:
        """Return how the feed does now."""
        facts: Facts = await self._answer(TellFacts(), pickle.loads)
        return facts

    async def metrics(self) -> str:
        """Return what the session counts, as Prometheus text."""
        text: str = await self._answer(TellMetrics(), bytes.decode)
        return text

    def ask(self, sizes: Mapping[str, int]) -> None:
        """Say which sizes are asked of books, in lots, so that twice as much is kept proven."""
        self.say(Ask(dict(sizes)))

    def say(self, request: Request) -> None:
        """Send what gets no answer."""
        write(self._writer, msgpack.encode(request))

    async def listen(self, reader: asyncio.StreamReader) -> None:
        """Hand out answers until the session is gone. One that nobody waits for any more is read all the same."""
        while (data := await read(reader)) is not None:
            answer, read_as = self._waiting.popleft()
            value = read_as(data)
            if not answer.done():
                answer.set_result(value)
        self._is_gone = True
        for answer, _ in self._waiting:
            if not answer.done():
                answer.set_exception(ConnectError(GONE))

    async def _answer(self, request: Request, read_as: Callable[[bytes], Any]) -> Any:
        if self._is_gone:
            raise ConnectError(GONE)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.append((answer, read_as))
        self.say(request)
        return await answer


async def serve_remote(port: int, secret: bytes) -> None:
    """Serve the pages of the session that listens on a port of this machine, until it is gone."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(secret)
    try:
        first = await read(reader)
        if first is None:
            return
        start: Start = pickle.loads(first)
        source = RemoteSource(start.listing, writer)
        try:
            listening, bound = bind(start.host, start.port)
        except FillcastError as error:
            source.say(Failed(str(error)))
            await writer.drain()
            return
        async with asyncio.TaskGroup() as group:
            heard = group.create_task(source.listen(reader))
            async with serving(source, start.first, listening, bound):
                source.say(Ready(bound.url))
                await heard
    finally:
        writer.close()


def main() -> None:
    """Read where the session is from standard input, and serve its pages, behind the session where both want to run."""
    if hasattr(os, "nice"):  # not on Windows
        os.nice(NICENESS)
    place = msgpack.decode(sys.stdin.buffer.read(), type=tuple[int, bytes])
    try:
        asyncio.run(serve_remote(*place))
    except BaseExceptionGroup as failures:
        failure = first_failure(failures)
        if str(failure) != GONE:  # a frame was being made when the session ended
            log.error("the dashboard failed", exc_info=failure)
            sys.exit(1)
