"""Serving a session's pages: from a process of its own, so that nothing that a page asks delays a book."""

from __future__ import annotations

import asyncio
import hmac
import pickle
import secrets
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from msgspec import MsgspecError, msgpack

from fillcast.dashboard.channel import (
    SECRET_BYTES,
    Ask,
    Failed,
    Look,
    Packer,
    Ready,
    Start,
    TellFacts,
    TellMetrics,
    read_request,
    write,
)
from fillcast.dashboard.in_process import SessionSource
from fillcast.dashboard.wire import Asked
from fillcast.errors import ConnectError, FillcastError, UsageError
from fillcast.feed.feed import first_failure
from fillcast.session.session import Session

LOOPBACK = "127.0.0.1"
START_S = 60.0  # a machine that is busy compiling
END_S = 4.0


@asynccontextmanager
async def serve(
    session: Session,
    first: Asked,
    *,
    host: str = LOOPBACK,
    port: int = 0,
    usd_rates: Mapping[str, float] | None = None,
) -> AsyncIterator[str]:
    """Serve a session's pages until the block ends.

    Parameters
    ----------
    session
        A running session.
    first
        What a page asks before its user has said anything.
    host, port
        Where; 0 takes a free port. Beyond loopback a token is drawn, which the address carries.
    usd_rates
        Dollars per unit by currency, as the user states them.

    Yields
    ------
    str
        The address to open.

    Raises
    ------
    UsageError
        When the address cannot be bound.
    FillcastError
        When the server did not start, or ended before it was told to.
    """
    source = SessionSource(session, usd_rates)
    start = Start(source.listing, first, host, port)
    secret = secrets.token_bytes(SECRET_BYTES)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    connected: set[asyncio.StreamWriter] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.add(writer)
        try:
            given = await reader.readexactly(SECRET_BYTES)
            if hmac.compare_digest(given, secret):
                await _answer(source, start, address, reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError, MsgspecError):
            return  # the dashboard is gone, or it was none
        finally:
            connected.discard(writer)
            writer.close()

    listening = await asyncio.start_server(answer, LOOPBACK, 0)
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "fillcast.dashboard", stdin=asyncio.subprocess.PIPE, start_new_session=True
    )
    try:
        if process.stdin is not None:
            process.stdin.write(msgpack.encode((listening.sockets[0].getsockname()[1], secret)))
            process.stdin.close()
        url = await _started(process, address)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(_watch(process), name="dashboard")
            yield url
            watching.cancel()
    except BaseExceptionGroup as failures:
        raise first_failure(failures) from None
    finally:
        listening.close()
        for writer in connected:
            writer.close()
        await _end(process)
        if address.done() and not address.cancelled():
            address.exception()


async def _started(process: asyncio.subprocess.Process, address: asyncio.Future[str]) -> str:
    ended = asyncio.create_task(process.wait())
    await asyncio.wait((ended, address), timeout=START_S, return_when=asyncio.FIRST_COMPLETED)
    if not address.done():
        reason = f"ended with exit code {process.returncode}" if ended.done() else f"was not ready in {START_S:.0f} s"
        ended.cancel()
        raise ConnectError(f"the dashboard {reason}")
    ended.cancel()
    return address.result()


async def _watch(process: asyncio.subprocess.Process) -> None:
    """Raise when the process ends before it is told to."""
    code = await process.wait()
    raise FillcastError(f"the dashboard ended by itself, with exit code {code}")


async def _end(process: asyncio.subprocess.Process) -> None:
    """Wait for the process, which ends when its connection does."""
    try:
        await asyncio.wait_for(process.wait(), END_S)
    except TimeoutError:
        process.kill()
        await process.wait()


async def _answer(
    source: SessionSource,
    start: Start,
    address: asyncio.Future[str],
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
) -> None:
    """Answer requests until the dashboard is gone."""
    packer = Packer()
    write(writer, pickle.dumps(start, pickle.HIGHEST_PROTOCOL))
    while (request := await read_request(reader)) is not None:
        match request:
            case Look(wanted=wanted):
                write(writer, packer.pack(source.see(wanted)))
            case TellFacts():
                write(writer, pickle.dumps(source.tell(), pickle.HIGHEST_PROTOCOL))
            case TellMetrics():
                write(writer, (await source.metrics()).encode())
            case Ask(sizes=sizes):
                source.ask(sizes)
            case Ready(url=url):
                address.set_result(url)
            case Failed(sentence=sentence):
                address.set_exception(UsageError(sentence))
        await writer.drain()
