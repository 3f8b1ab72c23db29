"""A real server on loopback over a source that a test drives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from fillcast.dashboard.assets import Assets
from fillcast.dashboard.security import Bound
from fillcast.dashboard.seen import Source
from fillcast.dashboard.serving import bind, serving
from fillcast.dashboard.wire import Asked
from tests.dashboard.market import SPOT

FIRST = Asked(instrument=SPOT.key, size="5")


@asynccontextmanager
async def served(source: Source, assets: Assets | None = None) -> AsyncIterator[tuple[Bound, aiohttp.ClientSession]]:
    """Serve on a free port, with a client that keeps nothing between requests."""
    listening, bound = bind("127.0.0.1", 0)
    async with (
        serving(source, FIRST, listening, bound, assets) as there,
        aiohttp.ClientSession(there.url, cookie_jar=aiohttp.DummyCookieJar()) as client,
    ):
        yield there, client


def installed(folder: Path) -> Assets:
    """Return the page's files as an installation has them, made up in a folder."""
    static, libraries = folder / "static", folder / "libraries"
    static.mkdir()
    page = b'<html><script type="importmap">{"imports": {}}</script><script src="/static/main.js"></script></html>'
    (static / "index.html").write_bytes(page)
    (static / "main.js").write_text("export const x = 1;\n")
    (static / "notes.txt").write_text("not for pages")
    for name in ("lit", "lit-html", "lit-element", "@lit/reactive-element", "uplot", "@msgpack/msgpack"):
        (libraries / name).mkdir(parents=True)
        (libraries / name / "package.json").write_text("{}")
    (libraries / "lit" / "index.js").write_text("export {};\n")
    (libraries / "typescript").mkdir()
    (libraries / "typescript" / "main.js").write_text("secret")
    return Assets(static, (folder / "nowhere", libraries))
