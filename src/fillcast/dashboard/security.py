"""Who may speak to the server: checked before anything else, on requests and on WebSocket handshakes alike.

A page of another site can send requests to a server on loopback, and by DNS rebinding even under a name of its own:
so the `Host` must be the bound address, and an `Origin`, which a page cannot forge, must be the same. Beyond loopback
a token is asked for too, once in the address, from then on by a cookie that no script reads.
"""

from __future__ import annotations

import hmac
import ipaddress
import socket
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

COOKIE = "fillcast_token"
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True, slots=True)
class Bound:
    """Where a server is bound, and what it asks of who speaks to it.

    Attributes
    ----------
    token
        Empty: none is asked for.
    """

    host: str
    port: int
    token: str = ""
    names: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        names = LOOPBACK_NAMES if is_loopback(self.host) else (self.host, f"[{self.host}]", socket.gethostname())
        object.__setattr__(self, "names", frozenset(name.lower() for name in names))

    @property
    def url(self) -> str:
        """What is opened in a browser, with the token where one is asked for."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}/" + (f"?token={self.token}" if self.token else "")

    def knows(self, host: str) -> bool:
        """Tell whether a `Host` names this server."""
        name, _, port = host.lower().rpartition(":")
        if not name or port != str(self.port):
            return False
        return name in self.names or (self._is_everywhere and _is_address(name))

    @property
    def _is_everywhere(self) -> bool:
        return self.host in ("0.0.0.0", "::")


def is_loopback(host: str) -> bool:
    """Tell whether an address to bind is reached from this machine alone."""
    if host == "localhost":
        return True
    return _is_address(host) and ipaddress.ip_address(host).is_loopback


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name.strip("[]"))
    except ValueError:
        return False
    return True


def policy(inline_scripts: Iterable[bytes]) -> str:
    """Return the content security policy of a page whose own scripts inside its text are these."""
    hashes = " ".join(f"'sha256-{b64encode(sha256(one).digest()).decode()}'" for one in inline_scripts)
    return (
        f"default-src 'self'; script-src 'self' {hashes}".rstrip()
        + "; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


class Guard:
    """Lets through what may speak to the server, with the headers that keep other sites out on every answer.

    Parameters
    ----------
    policy
        The content security policy.
    """

    def __init__(self, app: App, bound: Bound, policy: str) -> None:
        self._app = app
        self._bound = bound
        self._headers = [
            (b"content-security-policy", policy.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"cross-origin-opener-policy", b"same-origin"),
            (b"cross-origin-resource-policy", b"same-origin"),
        ]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request or connection, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        why, cookie = self._why_not(scope, headers)
        if scope["type"] == "websocket":
            if why:
                await receive()
                await send({"type": "websocket.close", "code": 1008, "reason": why})
            else:
                await self._app(scope, receive, send)
            return

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *self._headers, *cookie]
            await send(message)

        if why:
            body = f"fillcast: {why}\n".encode()
            plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
            await answer({"type": "http.response.start", "status": 403, "headers": plain})
            await answer({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
        else:
            await self._app(scope, receive, answer)

    def _why_not(self, scope: Message, headers: dict[str, str]) -> tuple[str, list[tuple[bytes, bytes]]]:
        """Return why something is refused, else an empty text, and a cookie to set."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        host = headers.get("host", "")
        if len(hosts) != 1 or not self._bound.knows(host):
            return "this Host is not where the server is bound", []
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return "another site's page may not speak to this server", []
        if not self._bound.token:
            return "", []
        given = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("token", [""])[0]
        if given and self._is_token(given):
            return "", [(b"set-cookie", f"{COOKIE}={given}; HttpOnly; SameSite=Strict; Path=/".encode())]
        bearer = headers.get("authorization", "").removeprefix("Bearer ")
        if self._is_token(bearer) or self._is_token(_cookie(headers.get("cookie", ""))):
            return "", []
        return "a token is asked for beyond loopback: open the address that was printed", []

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), self._bound.token.encode())


def _cookie(header: str) -> str:
    try:
        found = SimpleCookie(header).get(COOKIE)
    except CookieError:
        return ""
    return "" if found is None else found.value
