"""OKX v5 as it was recorded before it numbered its messages (2021 to 2022). For captures only.

Every book message carries a CRC32 of the best 25 levels a side, and nothing else that would show a loss.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.errors import FrameError
from fillcast.venues.fast import Kernel
from fillcast.venues.levels import text_time_ns
from fillcast.venues.okx import frames as wire
from fillcast.venues.okx import okx_kernels
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.okx.venue import BOOKS, V5, book_entries
from fillcast.venues.rules import UnnumberedRules
from fillcast.venues.settings import CAPTURE_SETTINGS, Settings
from fillcast.venues.slots import Message, Slot


class NeverSpliced(UnnumberedRules):
    """Without ids no REST snapshot can be joined to the stream."""

    def reach(self, message: Message) -> int:
        return -1

    def discards(self, message: Message, snapshot_id: int) -> bool:
        return True

    def bridges(self, message: Message, snapshot_id: int) -> bool:
        return False


class OkxUnnumberedConnection(OkxConnection):
    """One recorded connection of the unnumbered dialect. It sends nothing: a wrong book waits for a snapshot."""

    proof = Proof.CHECKSUM
    book_channels: tuple[str, ...] = BOOKS

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        settings: Settings = CAPTURE_SETTINGS,
        fast: bool = True,
    ) -> None:
        super().__init__(instruments, settings=settings, rules=NeverSpliced(), fast=fast)

    def _compiled(self) -> tuple[Kernel, int]:
        return okx_kernels.advance, okx_kernels.CHECKSUMS

    def _subscribe(self) -> None:
        return

    def _resync(self, slot: Slot) -> None:
        return

    def _message(self, entry: wire.BookEntry) -> Message:
        if not entry.checksum:
            raise FrameError("a book message without a checksum, in a dialect that has nothing else")
        event_ns = text_time_ns(entry.ts)
        return Message(event_ns=event_ns, sent_ns=event_ns, checksum=entry.checksum, whole=True)


def is_unnumbered(frame: bytes) -> bool:
    """Whether a recorded frame is a book message without ids."""
    entries = book_entries(frame)
    return bool(entries) and entries[0].seqId is None


DIALECT: Final = replace(V5, name="v5-unnumbered", is_book=is_unnumbered, connect=OkxUnnumberedConnection)
