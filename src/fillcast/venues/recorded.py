"""What tells a recording's frames apart: one dialect of a venue, and the prices and sizes that its frames hold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Protocol

from fillcast.core.instrument import Instrument
from fillcast.errors import CaptureError, FrameError
from fillcast.venues.connection import Connection
from fillcast.venues.frames import UNREADABLE
from fillcast.venues.levels import NUMBER, Level
from fillcast.venues.listing import Listing
from fillcast.venues.settings import CAPTURE_SETTINGS, Settings

REPLY: Final = 0  # a REST snapshot, beside the kinds of `fillcast.core.events`

Digits = tuple[int, int]  # before the point and after it


@dataclass(frozen=True, slots=True)
class Recorded:
    """What one frame, or one REST snapshot, shows of one symbol, in the text in which it was recorded.

    Attributes
    ----------
    kind
        SNAPSHOT, UPDATE, TRADES or TOUCH of `fillcast.core.events`; REPLY for a REST snapshot.
    symbol
        "" where a snapshot states none.
    levels
        Prices and sizes, without a sign.
    """

    kind: int
    symbol: str
    levels: Sequence[Level]


@dataclass(frozen=True, slots=True)
class Figures:
    """What is told of a recorded frame before any grid is known.

    Attributes
    ----------
    kind, symbol
        As in `Recorded`.
    levels
        How many prices, and as many sizes.
    prices, sizes
        The digits that all of its prices, all of its sizes need.
    """

    kind: int
    symbol: str
    levels: int
    prices: Digits
    sizes: Digits


Reader = Callable[[bytes], Sequence[Recorded]]
Measure = Callable[[bytes], list[Figures]]


class ConnectRecorded(Protocol):
    """Makes the protocol that reads a recording; what it asks to send may be ignored."""

    def __call__(self, instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> Connection:
        """Return a connection that is not yet opened."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One form in which a venue's frames were recorded.

    Attributes
    ----------
    venue, name
        The venue's name here and the dialect's own.
    is_book
        Whether a frame is a book message of this dialect and of no other. Acknowledgements and trades need not be
        told. What it raises of `frames.UNREADABLE` says no.
    reader
        Makes a function that takes every frame in turn and returns what it holds; it may remember what earlier
        frames said. What it raises of `frames.UNREADABLE` says that the frame holds nothing that can be read.
    connect
        Makes the protocol of the second pass.
    fixed_decimals
        Numbers are written with trailing zeros.
    as_written
        A checksum is taken over the text, so that trailing zeros count as digits.
    read_reply
        Reads the REST snapshot of a symbol; None where books come in the stream alone.
    list_instruments
        Reads the venue's metadata; None where recordings hold none that is understood.
    snapshot_names, metadata_names
        The last part of the path of a REST snapshot and of metadata.
    symbol_keys
        Parameters of a URL that name the symbol.
    """

    venue: str
    name: str
    is_book: Callable[[bytes], bool]
    reader: Callable[[], Reader]
    connect: ConnectRecorded
    fixed_decimals: bool = True
    as_written: bool = False
    read_reply: Callable[[str, bytes], Recorded] | None = None
    list_instruments: Callable[[Iterable[bytes]], Listing] | None = None
    snapshot_names: frozenset[str] = frozenset()
    metadata_names: frozenset[str] = frozenset()
    symbol_keys: tuple[str, ...] = ("symbol",)

    def connection(
        self, instruments: Sequence[Instrument], *, settings: Settings = CAPTURE_SETTINGS, fast: bool = False
    ) -> Connection:
        """Return the protocol that reads a recording.

        Parameters
        ----------
        fast
            Read plain updates by compiled code where there is any: quicker, but they are then missing from `tally`.
        """
        return self.connect(instruments, settings=settings, fast=fast)

    def measure(self) -> Measure:
        """Return what tells the figures of every frame in turn; none of frames that cannot be read."""
        read = self.reader()

        def figures_of(frame: bytes) -> list[Figures]:
            try:
                return [self._figures(one) for one in read(frame)]
            except UNREADABLE:
                return []

        return figures_of

    def measure_reply(self, symbol: str, body: bytes) -> Figures:
        """Return the figures of a recorded REST snapshot; `CaptureError` when it is none of this venue."""
        if self.read_reply is None:
            raise CaptureError(f"a REST reply, where recordings of {self.venue} hold none")
        try:
            return self._figures(self.read_reply(symbol, body))
        except UNREADABLE as error:
            raise CaptureError(f"a REST reply that is no snapshot of {self.venue}: {error}") from None

    def _figures(self, one: Recorded) -> Figures:
        prices, sizes = (self._digits(level[column] for level in one.levels) for column in (0, 1))
        return Figures(one.kind, one.symbol, len(one.levels), prices, sizes)

    def _digits(self, texts: Iterable[str]) -> Digits:
        """Return the most digits before the point and after it; `FrameError` when one is no number."""
        before = after = 0
        for text in texts:
            if not NUMBER.fullmatch(text):
                raise FrameError(f"{text[:40]!r} is not a decimal number")
            # Exponents have three digits at most.
            plain = text if text.replace(".", "").isdigit() else f"{Decimal(text):f}"
            whole, _, fraction = plain.partition(".")
            written = fraction if self.as_written else fraction.rstrip("0")
            before, after = max(before, len(whole.lstrip("0"))), max(after, len(written))
        return before, after
