"""What can be tuned of the feed, and where a venue is reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from fillcast.errors import UsageError
from fillcast.feed.backoff import BackoffPolicy
from fillcast.runtime.stages import SAMPLE_EVERY

MEBIBYTE = 1 << 20
SOCKET_SCHEME = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}
REST_SCHEME = {"http": "http", "https": "https", "ws": "http", "wss": "https"}


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits and timeouts of every connection of a feed.

    Attributes
    ----------
    max_queue
        Frames held before reading from the socket pauses; the venue's sends then wait in the network.
    max_frame_bytes
        A longer frame ends the connection (the largest first book of a known venue has 5 MB).
    deflate
        Offer compression. Off: it costs both sides time for every frame.
    connect_timeout_s
        From the name lookup to the end of the handshake.
    close_timeout_s
        How long a closing handshake may take before the socket is dropped.
    ping_interval_s
        Every so often the server is asked for a pong, which the protocol takes for a sign of life; None asks
        never.
    rest_timeout_s
        For one REST request, connecting included.
    max_body_bytes
        A longer REST reply is refused.
    notices_kept
        How many gaps, and how many other notices, are remembered.
    sample_every
        One frame in so many is timed on its way to the book; 0: none.
    """

    max_queue: int = 64
    max_frame_bytes: int = 16 * MEBIBYTE
    deflate: bool = False
    connect_timeout_s: float = 10.0
    close_timeout_s: float = 1.0
    ping_interval_s: float | None = 15.0
    rest_timeout_s: float = 10.0
    max_body_bytes: int = 64 * MEBIBYTE
    notices_kept: int = 10_000
    sample_every: int = SAMPLE_EVERY
    backoff: BackoffPolicy = field(default_factory=BackoffPolicy)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where one venue is reached: base URLs for sockets and for REST, and an optional proxy.

    The URLs end without a slash. A path in a base URL is kept in front of the venue's own paths.
    """

    socket_url: str
    rest_url: str
    proxy: str | None = None

    @classmethod
    def at(cls, url: str, *, proxy: str | None = None) -> Endpoint:
        """Return the endpoint that serves both sockets and REST at one base URL.

        Parameters
        ----------
        url
            `http://host:port` (sockets by `ws`) or `https://host` (sockets by `wss`).

        Raises
        ------
        UsageError
            When the URL has another scheme, no host, or a query.
        """
        try:
            parts = urlsplit(url)
            valid = bool(parts.hostname) and parts.port != 0
        except ValueError:
            valid = False
        if not valid or parts.scheme not in SOCKET_SCHEME or parts.query or parts.fragment:
            raise UsageError(f"endpoint {url!r} is not a base URL: give http://host:port or https://host")
        path = parts.path.rstrip("/")
        socket_url = urlunsplit((SOCKET_SCHEME[parts.scheme], parts.netloc, path, "", ""))
        rest_url = urlunsplit((REST_SCHEME[parts.scheme], parts.netloc, path, "", ""))
        return cls(socket_url, rest_url, proxy)
