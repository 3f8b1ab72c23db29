"""Following books until told to end: a live screen, plain lines or JSON lines."""

from __future__ import annotations

import asyncio

import msgspec
from rich.console import Console
from rich.live import Live

from fillcast.cli.asked import Asked
from fillcast.cli.observe import Observer
from fillcast.cli.output import harmless
from fillcast.cli.running import wait_for
from fillcast.cli.screen import plain_lines, render
from fillcast.cli.words import console_for
from fillcast.errors import NotLiveError

REFRESH_S = 0.2
LINE_S = 1.0
PATIENCE_S = 5.0  # for each venue to say what its instruments are, as long as another one does
FIRST_WAIT_S = 1.0  # for the books to be LIVE, so that the first line can have a forecast


async def follow(asked: Asked, title: str, stop: asyncio.Event, *, as_json: bool) -> None:
    """Show the books and forecasts of a session until `stop` is set.

    A venue that does not answer is told beside the others that do.

    Raises
    ------
    FillcastError
        When no venue answers, or one answers that an instrument cannot be followed.
    """
    console = console_for()
    opening = asyncio.ensure_future(_open_and_show(asked, title, stop, console, as_json=as_json))
    stopping = asyncio.ensure_future(stop.wait())
    # A venue that is slow to answer must not keep Ctrl-C waiting.
    await asyncio.wait((opening, stopping), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if not opening.done():
        await asyncio.wait((opening,), timeout=REFRESH_S * 3)
    if not opening.done():
        opening.cancel()
    try:
        await opening
    except asyncio.CancelledError:
        if not stop.is_set():
            raise


async def _open_and_show(asked: Asked, title: str, stop: asyncio.Event, console: Console, *, as_json: bool) -> None:
    patience_s = PATIENCE_S if len(asked.keys) > 1 else None
    async with asked.session(patience_s=patience_s) as session:
        observer = Observer(session, asked, title)
        if not as_json and console.is_terminal and not console.is_dumb_terminal:
            await _screen(observer, stop, console)
            return
        for key in session.instruments:
            try:
                await session.live(key, FIRST_WAIT_S)
            except NotLiveError:
                continue  # the lines say so
        await _lines(observer, stop, as_json=as_json)


async def _screen(observer: Observer, stop: asyncio.Event, console: Console) -> None:
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(render(observer.moment(), *console.size), refresh=True)
            if await wait_for(stop, REFRESH_S):
                return


async def _lines(observer: Observer, stop: asyncio.Event, *, as_json: bool) -> None:
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        if as_json:
            for report in observer.reports():
                print(msgspec.json.encode(report).decode(), flush=True)
        else:
            for line in plain_lines(observer.moment()):
                print(harmless(line), flush=True)
        due += LINE_S
        if await wait_for(stop, max(0.0, due - loop.time())):
            return
