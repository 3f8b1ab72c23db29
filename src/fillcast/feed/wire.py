"""The one place that opens websockets and looks into their receive queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from fillcast.errors import UsageError
from fillcast.feed.proxies import proxy_for
from fillcast.feed.rest import retry_after_s
from fillcast.feed.settings import Settings

READ_BYTES = 1 << 14  # of one read of a socket: several ordinary frames


class Socket(ClientConnection):
    """A connection that knows how long its messages have been waiting.

    Attributes
    ----------
    mono_ns
        The monotonic clock on which it counts.
    waits_since_ns
        Monotonic time at which the bytes of the oldest message that waits came; 0 while none does. Who takes the
        messages sets it back to 0.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.mono_ns: Callable[[], int] = time.monotonic_ns
        self.waits_since_ns = 0

    def data_received(self, data: bytes) -> None:
        """Take bytes in; the first that complete a message since the last was taken are noted."""
        if self.waits_since_ns:
            super().data_received(data)
            return
        came_ns = self.mono_ns()
        super().data_received(data)
        if self.recv_messages.frames.queue:  # and no pong alone
            self.waits_since_ns = came_ns


def checked_socket_url(url: str) -> str:
    """Return a socket URL that can be opened.

    Raises
    ------
    UsageError
        When it is not `ws://host...` or `wss://host...`.
    """
    try:
        parts = urlsplit(url)
        valid = parts.scheme in ("ws", "wss") and bool(parts.hostname) and parts.port != 0 and not parts.fragment
    except ValueError:
        valid = False
    if not valid:
        raise UsageError(f"{url!r} is not a websocket address: give ws://host:port/path or wss://host/path")
    return url


async def open_socket(url: str, settings: Settings, proxy: str | None, mono_ns: Callable[[], int]) -> Socket:
    """Open a websocket whose receive queue is bounded; pings of the server are answered by the library.

    `mono_ns` is the clock by which it notes when messages came.

    Raises
    ------
    OSError, websockets.exceptions.WebSocketException
        `fillcast.feed.reach.sentence` turns them into words.
    """
    socket = await connect(
        url,
        create_connection=Socket,
        proxy=proxy_for(url, proxy),
        compression="deflate" if settings.deflate else None,
        open_timeout=settings.connect_timeout_s,
        close_timeout=settings.close_timeout_s,
        ping_interval=None,  # the client asks itself: a pong is an input of the protocol
        max_size=settings.max_frame_bytes,
        max_queue=settings.max_queue,
    )
    assert isinstance(socket, Socket)
    socket.mono_ns = mono_ns
    # The standard loop asks the allocator for `max_size` bytes at every read and gives back what did not come, 256 KiB
    # unless told otherwise: among the small objects that stay, those holes made the heap grow for hours.
    if hasattr(socket.transport, "max_size"):
        socket.transport.max_size = READ_BYTES
    return socket


def queued_frames(socket: Socket) -> int:
    """Return how many frames were received and not yet taken."""
    return len(socket.recv_messages.frames)


def message_waits(socket: Socket) -> bool:
    """Tell whether a whole message can be taken without waiting.

    The library has no public way to ask. Its queue holds the fragments of a message one by one, so the first
    one must be a last one too; a fragmented message is left to an ordinary, waiting receive.
    """
    queue = socket.recv_messages.frames.queue
    return bool(queue) and queue[0].fin


def refused_for_s(error: BaseException, wall_ns: int) -> float:
    """Return the seconds for which a refused handshake asks to stay away, 0 when it asks nothing."""
    if not isinstance(error, InvalidStatus):
        return 0.0
    return retry_after_s(error.response.headers.get("Retry-After", ""), wall_ns) or 0.0


async def close_socket(socket: Socket) -> None:
    """Close with a handshake where the other side takes part in time, and leave nothing open in any case."""
    try:
        await socket.close()
    finally:
        socket.transport.abort()
