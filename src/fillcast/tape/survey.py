"""The first pass over a capture: whose frames it holds, of which symbols, and on which grids."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.errors import CaptureError, InstrumentError, VenueError
from fillcast.tape.captures import Capture
from fillcast.tape.lines import CapturedInput, InputKind
from fillcast.venues import VENUES, venue
from fillcast.venues.connection import Connection
from fillcast.venues.dialects import capture_connection, decimals, detect, snapshot_decimals

METADATA_NAMES = ("/instruments", "/exchangeInfo")  # in the path of a REST reply that describes instruments
TRIMMING_VENUES = frozenset({"okx"})  # write no trailing zeros
FIRST_PRICE = re.compile(rb'\[\s*"\d+\.?(\d*)"\s*,')
UNDETECTED_KEPT = 2000  # frames before the first that tells its venue: acknowledgements, trades

Grids = dict[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found.

    Attributes
    ----------
    instruments
        In the order in which they first occur, by the venue's metadata where the capture holds it, else with the grid
        of the longest decimals seen and marked `scale_inferred`.
    written_decimals
        Digits after the point with which the venue writes prices, by symbol, where it always writes as many.
    """

    venue: str
    dialect: str
    instruments: tuple[Instrument, ...]
    written_decimals: dict[str, int]

    def connection(self) -> Connection:
        """Return a new protocol for the second pass."""
        return capture_connection(self.venue, self.dialect, self.instruments)

    def price_text(self, instrument: Instrument, ticks: int | None) -> str | None:
        """Return a price as the venue writes it in this capture."""
        if ticks is None:
            return None
        written = self.written_decimals.get(instrument.symbol)
        return instrument.price_text(ticks) if written is None else f"{instrument.price(ticks):.{written}f}"


@dataclass(slots=True)
class _Seen:
    venue: str = ""
    dialect: str = ""
    grids: Grids = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)
    metadata: dict[str, bytes] = field(default_factory=dict)
    waiting: list[CapturedInput] = field(default_factory=list)


def survey(recording: Capture, progress: Callable[[float], None]) -> Survey:
    """Read a capture once.

    Parameters
    ----------
    progress
        Told now and then which share has been read, 0 to 1.

    Raises
    ------
    CaptureError
        When no frame tells a venue that is known here.
    """
    seen = _Seen()
    for number, entry in enumerate(recording.inputs()):
        if entry.kind is InputKind.REPLY and any(name in entry.url for name in METADATA_NAMES):
            seen.metadata[entry.url] = entry.data  # the latest of each kind
        elif entry.kind in (InputKind.FRAME, InputKind.REPLY):
            _see(seen, entry)
        if not number % 256:
            progress(recording.share_read)
    if not seen.venue:
        raise CaptureError(f"{recording.name}: no frame is a book message of {', '.join(VENUES)}")
    stated = {one.symbol: one for one in _stated(seen)}
    instruments = tuple(
        stated.get(symbol) or _inferred(seen.venue, symbol, grid) for symbol, grid in seen.grids.items()
    )
    return Survey(seen.venue, seen.dialect, instruments, seen.written)


def _see(seen: _Seen, entry: CapturedInput) -> None:
    """Take in one frame or snapshot; those before the venue is known wait for it."""
    if not seen.venue:
        found = detect(entry.data) if entry.kind is InputKind.FRAME else None
        if found is None:
            if len(seen.waiting) < UNDETECTED_KEPT:
                seen.waiting.append(entry)
            return
        seen.venue, seen.dialect = found
        for earlier in seen.waiting:
            _measure(seen, earlier)
        seen.waiting.clear()
    _measure(seen, entry)


def _measure(seen: _Seen, entry: CapturedInput) -> None:
    if entry.kind is InputKind.REPLY:
        symbol = entry.symbol or (next(iter(seen.grids)) if len(seen.grids) == 1 else "")
        if symbol:
            _widen(seen.grids, {symbol: snapshot_decimals(seen.venue, entry.data)}.items())
        return
    found = decimals(seen.venue, entry.data)
    _widen(seen.grids, found.items())
    if seen.venue not in TRIMMING_VENUES and len(found) == 1:
        symbol = next(iter(found))
        price = None if symbol in seen.written else FIRST_PRICE.search(entry.data)
        if price is not None:
            seen.written[symbol] = len(price[1])


def _widen(grids: Grids, found: Iterable[tuple[str, tuple[int, int]]]) -> None:
    for symbol, (prices, sizes) in found:
        known_prices, known_sizes = grids.get(symbol, (0, 0))
        grids[symbol] = max(prices, known_prices), max(sizes, known_sizes)


def _stated(seen: _Seen) -> list[Instrument]:
    """Return the instruments that the capture's own metadata describes; none when it holds none."""
    if not seen.metadata:
        return []
    try:
        return venue(seen.venue).parse_instruments(seen.metadata.values())
    except (InstrumentError, VenueError, msgspec.DecodeError) as error:
        raise CaptureError(f"the capture's instrument metadata cannot be read: {error}") from None


def _inferred(name: str, symbol: str, grid: tuple[int, int]) -> Instrument:
    """Return an instrument on the coarsest grid that holds every price and size seen."""
    base, _, quote = symbol.partition("-")
    tick, lot = (Decimal(1).scaleb(-digits) for digits in grid)
    fixed = name not in TRIMMING_VENUES
    return Instrument(name, symbol, base, quote, tick, lot, fixed_decimals=fixed, scale_inferred=True)
