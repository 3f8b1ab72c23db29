"""The first pass over a capture: whose frames it holds, of which symbols, and on which grids."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from fillcast.core.events import SNAPSHOT, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.core.layout_kernels import SYMBOL_WORDS
from fillcast.errors import CaptureError, InstrumentError, VenueError
from fillcast.tape.captures import MOST_PROBLEMS, Capture, LineProblem
from fillcast.tape.lines import CapturedInput, InputKind
from fillcast.tape.mixture import Mixture
from fillcast.tape.replies import Replies
from fillcast.tape.scale import Scale
from fillcast.venues.connection import Connection
from fillcast.venues.dialects import detect, dialects
from fillcast.venues.frames import UNREADABLE
from fillcast.venues.recorded import Dialect, Figures, Measure

FIRST_PRICE = re.compile(rb'\[\s*"\d+\.?(\d*)"\s*,')
UNDETECTED_KEPT = 2000  # frames before the first that tells its venue: acknowledgements, trades
LONGEST_SYMBOL = 8 * SYMBOL_WORDS  # bytes that a book's header holds
# Books of one recording: 1024 streams are the most that any known venue allows one connection (Binance), and each book
# takes about a megabyte.
MOST_SYMBOLS = 1024
SHOWN_BYTES = 80  # of the first frame of an unknown recording
KEPT_BYTES = 256 << 20  # of metadata, and of what waits for the dialect: a venue's whole listing has some 20 MB
UNNAMED = ""  # a snapshot that does not say whose it is


@dataclass(slots=True)
class Symbol:
    """What the first pass saw of one symbol.

    Attributes
    ----------
    prices, sizes
        The digits of its numbers.
    updates, early_updates
        Book updates, and those of them that came before the first book that the stream itself sent.
    has_first_book
        The stream sent a book.
    written_decimals
        Digits after the point of its first price, where the venue always writes as many.
    """

    prices: Scale = field(default_factory=Scale)
    sizes: Scale = field(default_factory=Scale)
    updates: int = 0
    early_updates: int = 0
    has_first_book: bool = False
    written_decimals: int | None = None

    def add(self, figures: Figures) -> None:
        """Take in one frame or snapshot."""
        self.prices.add(figures.prices, figures.levels)
        self.sizes.add(figures.sizes, figures.levels)
        if figures.kind == UPDATE:
            self.updates += 1
            self.early_updates += not self.has_first_book
        elif figures.kind == SNAPSHOT:
            self.has_first_book = True


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found.

    Attributes
    ----------
    dialect
        As the first book message told it.
    instruments
        In the order in which they first occur, by the venue's metadata where the capture holds it, else with an
        inferred grid and marked `scale_inferred`.
    symbols
        What was seen of each.
    problems
        REST replies that cannot be read.
    mixed
        Which other dialects have book messages in the recording, one sentence each.
    """

    dialect: Dialect
    instruments: tuple[Instrument, ...]
    symbols: dict[str, Symbol]
    problems: tuple[LineProblem, ...]
    mixed: tuple[str, ...]

    def connection(self) -> Connection:
        """Return a new protocol for the second pass."""
        return self.dialect.connection(self.instruments)

    def price_text(self, instrument: Instrument, ticks: int | None) -> str | None:
        """Return a price as the venue writes it in this capture."""
        if ticks is None:
            return None
        written = self.symbols[instrument.symbol].written_decimals
        return instrument.price_text(ticks) if written is None else f"{instrument.price(ticks):.{written}f}"


@dataclass(slots=True)
class _Seen:
    """What the first pass has seen of a recording whose dialect is known."""

    dialect: Dialect
    replies: Replies
    measure: Measure
    mixture: Mixture
    symbols: dict[str, Symbol] = field(default_factory=dict)
    metadata: dict[str, CapturedInput] = field(default_factory=dict)  # by URL: the latest of each kind
    problems: list[LineProblem] = field(default_factory=list)

    def take(self, entry: CapturedInput) -> None:
        if self.replies.is_metadata(entry):
            self._listing(entry)
        elif self.replies.is_snapshot(entry):
            self._reply(entry)
        elif entry.kind is InputKind.FRAME:
            measured = self.measure(entry.data)
            if self.mixture.look(entry, measured):
                return
            for figures in measured:
                if len(figures.symbol.encode()) <= LONGEST_SYMBOL:  # the second pass rejects what is longer
                    self._frame(figures, entry)

    def _listing(self, entry: CapturedInput) -> None:
        self.metadata[entry.url] = entry
        if sum(len(kept.data) for kept in self.metadata.values()) > KEPT_BYTES:
            raise CaptureError(f"{entry.path}, line {entry.line}: more than {KEPT_BYTES >> 20} MiB of metadata")

    def _symbol(self, name: str, entry: CapturedInput) -> Symbol:
        found = self.symbols.get(name)
        if found is None:
            if len(self.symbols) >= MOST_SYMBOLS:
                raise CaptureError(
                    f"{entry.path}, line {entry.line}: {name} is one symbol more than the {MOST_SYMBOLS:,} of one "
                    "recording; verify a part of them at a time"
                )
            found = self.symbols[name] = Symbol()
        return found

    def _reply(self, entry: CapturedInput) -> None:
        try:
            reply = self.dialect.measure_reply(self.replies.symbol(entry), entry.data)
        except CaptureError as error:
            self.problems.append(LineProblem(entry.path, entry.line, str(error)))
            if len(self.problems) >= MOST_PROBLEMS:
                raise CaptureError(f"{self.problems[0]}; and so are {MOST_PROBLEMS:,} in all") from None
            return
        self._symbol(reply.symbol, entry).add(reply)

    def _frame(self, figures: Figures, entry: CapturedInput) -> None:
        symbol = self._symbol(figures.symbol, entry)
        symbol.add(figures)
        if symbol.written_decimals is None and self.dialect.fixed_decimals:
            price = FIRST_PRICE.search(entry.data)
            if price is not None:
                symbol.written_decimals = len(price[1])


def survey(recording: Capture, progress: Callable[[float], None]) -> Survey:
    """Read a capture once.

    Parameters
    ----------
    progress
        Told now and then which share has been read, 0 to 1.

    Raises
    ------
    CaptureError
        When no frame tells a venue that is known here, or there are more symbols or more metadata than a recording of
        one connection holds.
    """
    seen: _Seen | None = None
    waiting: list[CapturedInput] = []
    waiting_bytes = frames = 0
    for number, entry in enumerate(recording.inputs()):
        frames += entry.kind is InputKind.FRAME
        if seen is None and len(waiting) < UNDETECTED_KEPT and waiting_bytes < KEPT_BYTES:
            waiting.append(entry)
            waiting_bytes += len(entry.data)
        if seen is None and entry.kind is InputKind.FRAME:
            dialect = detect(entry.data)
            if dialect is not None:
                seen = _Seen(dialect, Replies(dialect), dialect.measure(), Mixture(dialect))
                for earlier in waiting:
                    seen.take(earlier)
                if waiting[-1] is entry:
                    continue
        if seen is not None:
            seen.take(entry)
        if not number % 256:
            progress(recording.share_read)
    if seen is None:
        raise CaptureError(f"{recording.name}: {_unknown(waiting, frames)}")
    unnamed = seen.symbols.pop(UNNAMED, None)
    if unnamed is not None and len(seen.symbols) == 1:
        only = next(iter(seen.symbols.values()))
        only.prices.merge(unnamed.prices)
        only.sizes.merge(unnamed.sizes)
    stated = _stated(seen)
    instruments = tuple(
        stated.get(name) or _inferred(seen.dialect, name, symbol) for name, symbol in seen.symbols.items()
    )
    return Survey(seen.dialect, instruments, seen.symbols, tuple(seen.problems), seen.mixture.sentences())


def _unknown(waiting: list[CapturedInput], frames: int) -> str:
    """Return what was seen in a recording whose dialect nothing tells, and which were tried."""
    first = next((entry for entry in waiting if entry.kind is InputKind.FRAME), None)
    count = "1 frame" if frames == 1 else f"{frames:,} frames"
    seen = f"{count}, the first {first.data[:SHOWN_BYTES].decode(errors='replace')!r}" if first else count
    tried = ", ".join(f"{one.venue} ({one.name})" for one in dialects())
    return f"no frame is a book message that is known here; seen: {seen}; tried: {tried}"


def _stated(seen: _Seen) -> dict[str, Instrument]:
    """Return the instruments that the capture's own metadata describes, by symbol; none when it holds none."""
    found: dict[str, Instrument] = {}
    for entry in seen.metadata.values():
        try:
            listed = seen.dialect.list_instruments([entry.data]).instruments if seen.dialect.list_instruments else []
        except (InstrumentError, VenueError, *UNREADABLE) as error:
            reason = f"instrument metadata that cannot be read: {error}"
            seen.problems.append(LineProblem(entry.path, entry.line, reason))
            continue
        found |= {one.symbol: one for one in listed}
    return found


def _inferred(dialect: Dialect, symbol: str, seen: Symbol) -> Instrument:
    """Return an instrument on the coarsest grid that holds what a book can hold of every price and size seen."""
    base, _, quote = symbol.partition("-")
    tick, lot = (Decimal(1).scaleb(-scale.decimals()) for scale in (seen.prices, seen.sizes))
    fixed = dialect.fixed_decimals
    return Instrument(dialect.venue, symbol, base, quote, tick, lot, fixed_decimals=fixed, scale_inferred=True)
