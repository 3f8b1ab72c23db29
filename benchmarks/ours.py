"""fillcast's own path from a frame to both costs: the calls that its feed makes for every frame, clocks included."""

from __future__ import annotations

import time
from decimal import Decimal
from typing import ClassVar, Literal

from benchmarks.contestant import Cost
from benchmarks.frames import Capture
from fillcast.core.events import BOOK
from fillcast.core.instrument import Instrument
from fillcast.venues.dialects import detect


class Ours:
    """Proves each book as the capture's dialect allows: by its ids, or by the checksum of every message."""

    label: ClassVar[str] = "fillcast"
    answers: ClassVar[Literal["lots"]] = "lots"

    def __init__(self, capture: Capture) -> None:
        instruments = [
            Instrument(capture.venue, symbol, "BASE", "QUOTE", Decimal(scale.tick), Decimal(scale.lot))
            for symbol, scale in capture.instruments.items()
        ]
        sizes = [
            instrument.size_lots(scale.size)
            for instrument, scale in zip(instruments, capture.instruments.values(), strict=True)
        ]
        known = detect(capture.frames[0])
        if known is None:
            raise ValueError(f"{capture.name}: the first frame tells no venue")
        connection = known.connection(instruments, fast=True)
        connection.opened(time.time_ns(), time.monotonic_ns())
        if capture.snapshot is not None:
            connection.snapshot_reply(instruments[0].symbol, capture.snapshot, time.time_ns(), time.monotonic_ns())
        self.nbytes = sum(book.nbytes for book in connection.books)

        hand_over, wall_ns, mono_ns = connection.frame, time.time_ns, time.monotonic_ns
        books, first_message = connection.books, connection.events.messages[0]

        def step(data: bytes) -> Cost:
            hand_over(data, wall_ns(), mono_ns())
            index = first_message.item(BOOK)
            return books[index].cost_both(sizes[index])

        self.step = step


CONTESTANT = Ours
