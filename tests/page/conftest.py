"""A real browser on the page's own files; its server is played, frame by frame, by the test."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import Browser, Page, Route, WebSocketRoute, sync_playwright

from fillcast.dashboard import wire
from tests.page.frames import MadeUpMarket, encode
from tests.page.made_up_book import FRAME_MS

ROOT = Path(__file__).parents[2]
STATIC = ROOT / "src/fillcast/dashboard/static"
THIRD_PARTY = ROOT / "node_modules"
ORIGIN = "http://127.0.0.1:8900"  # nothing listens there: every answer is given by the test
CREDIT, RESEND = bytes([wire.CREDIT]) if isinstance(wire.CREDIT, int) else wire.CREDIT, wire.RESEND
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
FLAGS = ["--disable-gpu", "--no-sandbox", "--force-color-profile=srgb"]
STUDIES_EVERY = 6  # frames


def policy() -> str:
    """Return the content security policy that the page has to live with."""
    text = (STATIC / "index.html").read_text()
    found = re.search(r'<script type="importmap">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    return (
        f"default-src 'self'; script-src 'self' 'sha256-{digest}'; img-src 'self' data: blob:; "
        "frame-ancestors 'none'; base-uri 'none'"
    )


def chromium() -> str:
    """Return the browser's path; skip by name where there is none, or nothing for it to load."""
    path = shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("needs Chromium: no chromium on the path")
    if not (THIRD_PARTY / "lit-html").is_dir():
        pytest.skip("needs the page's libraries: npm ci was not run")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module; gone after it, with the event loop that would be in the way of others' tests."""
    path = chromium()
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield started
        started.close()


class Server:
    """The other end of the page's WebSocket."""

    def __init__(self, market: MadeUpMarket | None = None) -> None:
        self.market = market or MadeUpMarket()
        self.asked: list[dict[str, Any]] = []
        self.words: list[bytes] = []  # credits and resends, as they came
        self.opened = 0
        self.seq = 0
        self.credit = 0
        self.paced = True  # answer each credit by the next frame
        self.limit: int | None = None  # frames in all, then silence
        self.refuses = False
        self.answer: Callable[[dict[str, Any]], list[tuple[str, Any]]] | None = None
        self._pending: list[tuple[str, Any]] = []
        self._socket: WebSocketRoute | None = None

    def handle(self, socket: WebSocketRoute) -> None:
        if self.refuses:
            socket.close(code=1001, reason="the server is stopping")
            return
        self.opened += 1
        self.seq, self.credit = 0, 0
        self._socket = socket
        socket.on_message(self._message)

    def _message(self, message: str | bytes) -> None:
        assert isinstance(message, bytes)
        if len(message) == 1:
            self.words.append(message)
            self.credit += 1
            if self.paced:
                self.send_next(whole=message == RESEND)
            return
        asked = msgspec.msgpack.decode(message)
        msgspec.convert(asked, wire.Asked)
        self.asked.append(asked)
        if self.answer is not None:
            self._pending += self.answer(asked)

    def send_next(self, whole: bool = False) -> None:
        if self.limit is not None and self.seq >= self.limit:
            return
        first = whole or self.seq == 0
        parts = self.market.whole() if first else self.market.next(studies=self.seq % STUDIES_EVERY == 0)
        self.send(parts + self._pending)
        self._pending = []

    def send(self, parts: list[tuple[str, Any]], seq: int | None = None, version: int = wire.VERSION) -> None:
        assert self._socket is not None
        self.seq = self.seq + 1 if seq is None else seq
        self.credit -= 1
        self._socket.send(encode(self.seq, parts, self.market.now_ms + FRAME_MS, version))

    def send_raw(self, data: bytes) -> None:
        assert self._socket is not None
        self._socket.send(data)

    def close(self, code: int = 1001, reason: str = "") -> None:
        assert self._socket is not None
        self._socket.close(code=code, reason=reason)


def serve(route: Route) -> None:
    path = route.request.url.removeprefix(ORIGIN).split("?")[0]
    if path == "/":
        file = STATIC / "index.html"
    elif path.startswith("/static/"):
        file = STATIC / path.removeprefix("/static/")
    else:
        file = THIRD_PARTY / path.removeprefix("/third-party/")
    if not file.is_file():
        route.fulfill(status=404)
        return
    route.fulfill(
        body=file.read_bytes(), content_type=TYPES[file.suffix], headers={"content-security-policy": policy()}
    )


class Opened:
    """A page with the server that it speaks to, and what went wrong in it."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page = page
        self.server = server
        self.problems: list[str] = []
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("request", lambda request: self._requested(request.url))

    def _heard(self, kind: str, text: str) -> None:
        if kind in ("error", "warning") and "willReadFrequently" not in text:  # the test itself reads pixels
            self.problems.append(text)

    def _requested(self, url: str) -> None:
        if not url.startswith((ORIGIN, "blob:", "data:")):
            self.problems.append(f"asked for {url}")

    def go(self, query: str = "") -> Page:
        self.page.goto(f"{ORIGIN}/{query}")
        return self.page

    def drawn(self, frames: int) -> None:
        """Wait until so many frames in all are drawn."""
        self.page.wait_for_function("n => fillcast.snapshot.seq >= n && fillcast.report().frames > 2", arg=frames)

    def settled(self) -> None:
        """Wait until numbers and tables that are drawn in turn have had theirs."""
        self.page.wait_for_timeout(1400)

    def shows(self, script: str) -> Any:
        return json.loads(self.page.evaluate(f"() => JSON.stringify({script})"))


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def opened(browser: Browser, server: Server) -> Iterator[Opened]:
    """A page of 1440 by 900 that is not loaded yet; the test fails on any error in it, or request beyond its origin."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.route("**/*", serve)
    page.route_web_socket("**/ws", server.handle)
    held = Opened(page, server)
    yield held
    context.close()
    assert held.problems == []
