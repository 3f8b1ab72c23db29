"""Sockets that remember when their last bytes came, so that the way from there to the book can be timed."""

from __future__ import annotations

import time
from functools import partial

from websockets.asyncio.client import ClientConnection, connect

from fillcast.feed import wire


class StampedConnection(ClientConnection):
    """Notes the monotonic time of the last bytes received. All messages of one read share it."""

    received_ns = 0

    def data_received(self, data: bytes) -> None:
        self.received_ns = time.monotonic_ns()
        super().data_received(data)


def stamp_receipts() -> None:
    """Make the feed open such sockets from now on, in this process."""
    wire.connect = partial(connect, create_connection=StampedConnection)  # type: ignore[assignment]
