"""The one place that opens websockets and looks into their receive queue."""

from __future__ import annotations

from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from fillcast.errors import UsageError
from fillcast.feed.proxies import proxy_for
from fillcast.feed.rest import retry_after_s
from fillcast.feed.settings import Settings

READ_BYTES = 1 << 14  # of one read of a socket: several ordinary frames


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


async def open_socket(url: str, settings: Settings, proxy: str | None) -> ClientConnection:
    """Open a websocket whose receive queue is bounded; pings of the server are answered by the library.

    Raises
    ------
    OSError, websockets.exceptions.WebSocketException
        `fillcast.feed.reach.sentence` turns them into words.
    """
    socket = await connect(
        url,
        proxy=proxy_for(url, proxy),
        compression="deflate" if settings.deflate else None,
        open_timeout=settings.connect_timeout_s,
        close_timeout=settings.close_timeout_s,
        ping_interval=None,  # the client asks itself: a pong is an input of the protocol
        max_size=settings.max_frame_bytes,
        max_queue=settings.max_queue,
    )
    # The standard loop asks the allocator for `max_size` bytes at every read and gives back what did not come, 256 KiB
    # unless told otherwise: among the small objects that stay, those holes made the heap grow for hours.
    if hasattr(socket.transport, "max_size"):
        socket.transport.max_size = READ_BYTES
    return socket


def queued_frames(socket: ClientConnection) -> int:
    """Return how many frames were received and not yet taken."""
    return len(socket.recv_messages.frames)


def message_waits(socket: ClientConnection) -> bool:
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


async def close_socket(socket: ClientConnection) -> None:
    """Close with a handshake where the other side takes part in time, and leave nothing open in any case."""
    try:
        await socket.close()
    finally:
        socket.transport.abort()
