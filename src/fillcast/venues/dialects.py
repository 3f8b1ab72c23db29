"""What a recorded frame is: its venue and dialect, its symbols, the digits it needs, and the protocol that reads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

import msgspec

from fillcast.core.events import SNAPSHOT, TOUCH, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.errors import CaptureError, FrameError, OffGridError
from fillcast.venues import binance, binance_frames, okx_frames
from fillcast.venues.binance import BinanceConnection, Product
from fillcast.venues.connection import Connection
from fillcast.venues.frames import UNREADABLE
from fillcast.venues.levels import NUMBER, Level, level_rows
from fillcast.venues.okx import OkxConnection
from fillcast.venues.okx_legacy import OkxLegacyConnection
from fillcast.venues.regridding import Sides
from fillcast.venues.settings import CAPTURE_SETTINGS, Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.splicing import SplicingConnection

V5: Final = "v5"  # OKX with seqId
V5_UNNUMBERED: Final = "v5-unnumbered"  # OKX with checksums only
STREAMS: Final = "streams"  # Binance market streams
PRODUCTS: Final = {product.venue: product for product in (binance.SPOT, binance.USDM, binance.COINM)}
OKX_BOOKS: Final = ("books", "books-l2-tbt", "books50-l2-tbt")

REPLY: Final = 0  # a REST snapshot, beside the kinds of `fillcast.core.events`

Digits = tuple[int, int]  # before the point and after it


@dataclass(frozen=True, slots=True)
class Figures:
    """What a recorded frame or REST snapshot holds, told before any grid is known.

    Attributes
    ----------
    kind
        SNAPSHOT, UPDATE, TRADES or TOUCH of `fillcast.core.events`; REPLY for a REST snapshot.
    symbol
        "" where a snapshot states none.
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


def detect(frame: bytes) -> tuple[str, str] | None:
    """Return (venue, dialect) of a recorded book frame, or None when it tells neither.

    A Binance update names no product: `pu` shows futures, a pair (`ps`) COIN-M. Acknowledgements, trades and frames
    of other venues tell nothing.
    """
    try:
        okx = okx_frames.decode_envelope(frame)
        if okx.arg is not None and okx.action and okx.arg.channel in OKX_BOOKS:
            entries = okx_frames.decode_books(okx.data)
            if entries:
                return "okx", V5 if entries[0].seqId is not None else V5_UNNUMBERED
    except UNREADABLE:
        pass  # not a frame of OKX
    try:
        payload = _binance_payload(frame)
        head = binance_frames.decode_payload(payload)
        if head.event != "depthUpdate":
            return None
        if binance_frames.decode_depth(payload).previous is None:
            return binance.SPOT.venue, STREAMS
        return (binance.COINM if head.pair else binance.USDM).venue, STREAMS
    except UNREADABLE:
        return None


def measure(venue: str, frame: bytes) -> Figures | None:
    """Return what a recorded frame holds; None for frames without prices and those that cannot be read.

    Parameters
    ----------
    venue
        As `detect` found it.
    frame
        A text frame, or a REST snapshot among the frames.
    """
    try:
        return _measure_okx(frame) if venue == "okx" else _measure_binance(frame)
    except UNREADABLE:
        return None


def measure_reply(venue: str, symbol: str, body: bytes) -> Figures:
    """Return what a recorded REST snapshot holds.

    Raises
    ------
    CaptureError
        When it is no snapshot of that venue.
    """
    try:
        if venue == "okx":
            entries = okx_frames.decode_book_reply(body).data
            return _figures(REPLY, symbol, [level for one in entries for level in (*one.bids, *one.asks)])
        snapshot = binance_frames.decode_snapshot(body)
        return _figures(REPLY, symbol, [*snapshot.bids, *snapshot.asks])
    except UNREADABLE as error:
        raise CaptureError(f"a REST reply that is no snapshot of {venue}: {error}") from None


def capture_connection(
    venue: str,
    dialect: str,
    instruments: Sequence[Instrument],
    *,
    settings: Settings = CAPTURE_SETTINGS,
    fast: bool = False,
) -> Connection:
    """Return the protocol that reads a recording. What it asks to send may be ignored.

    Parameters
    ----------
    fast
        Read plain updates by compiled code: quicker, but they are then missing from `tally`.

    Raises
    ------
    CaptureError
        For a venue or dialect that is not known here.
    """
    match venue, dialect:
        case "okx", "v5":
            return _RecordedOkx(instruments, settings=settings, fast=fast)
        case "okx", "v5-unnumbered":
            return _RecordedOkxLegacy(instruments, settings=settings, fast=fast)
        case _, "streams" if venue in PRODUCTS:
            product: Product = PRODUCTS[venue]
            streams = ("depth@100ms", "trade", "bookTicker")
            return _RecordedBinance(product, "/stream", instruments, streams, settings=settings, fast=fast)
        case _:
            raise CaptureError(f"recordings of {venue} in dialect {dialect!r} cannot be read")


class _OnInferredGrid(SplicingConnection):
    """Rejects what is off an inferred grid: that is the best one, so a finer one would read less, not more."""

    def _levels(self, slot: Slot, bare: Message, sides: Sides) -> Message | None:
        if not slot.instrument.scale_inferred:
            return super()._levels(slot, bare, sides)
        try:
            return replace(bare, rows=level_rows(sides, slot.instrument))
        except OffGridError as error:
            raise FrameError(f"{slot.symbol}: {error}, the step that the rest of the recording needs") from None


class _RecordedOkx(_OnInferredGrid, OkxConnection):
    pass


class _RecordedOkxLegacy(_OnInferredGrid, OkxLegacyConnection):
    pass


class _RecordedBinance(_OnInferredGrid, BinanceConnection):
    pass


def _measure_okx(frame: bytes) -> Figures | None:
    envelope = okx_frames.decode_envelope(frame)
    if envelope.arg is None or not envelope.data:
        return None
    symbol, channel = envelope.arg.instId, envelope.arg.channel
    if channel in OKX_BOOKS:
        entries = okx_frames.decode_books(envelope.data)
        kind = SNAPSHOT if envelope.action == "snapshot" else UPDATE
        return _figures(kind, symbol, [level for one in entries for level in (*one.bids, *one.asks)])
    if channel == "trades":
        trades = okx_frames.decode_trades(envelope.data)
        return _figures(TRADES, symbol, [(trade.px, trade.sz) for trade in trades])
    return None


def _measure_binance(frame: bytes) -> Figures | None:
    envelope = binance_frames.decode_envelope(frame)
    if envelope.last_update >= 0:
        snapshot = binance_frames.decode_snapshot(frame)
        return _figures(REPLY, snapshot.symbol, [*snapshot.bids, *snapshot.asks])
    payload = _binance_payload(frame)
    head = binance_frames.decode_payload(payload)
    if head.event == "depthUpdate":
        depth = binance_frames.decode_depth(payload)
        return _figures(UPDATE, head.symbol, [*depth.bids, *depth.asks])
    if head.event in ("trade", "aggTrade"):
        trade = binance_frames.decode_trade(payload)
        return _figures(TRADES, head.symbol, [(trade.price, trade.size)])
    if head.event == "bookTicker" or envelope.stream.endswith("@bookTicker"):
        best = binance_frames.decode_best(payload)
        return _figures(TOUCH, head.symbol, [(best.bid, best.bid_size), (best.ask, best.ask_size)])
    return None


def _figures(kind: int, symbol: str, levels: Sequence[Level]) -> Figures:
    prices, sizes = (_digits(level[column] for level in levels) for column in (0, 1))
    return Figures(kind, symbol, len(levels), prices, sizes)


def _digits(texts: Iterable[str]) -> Digits:
    """Return the most digits before the point and after it; `FrameError` when one is no number."""
    before = after = 0
    for text in texts:
        if not NUMBER.fullmatch(text):
            raise FrameError(f"{text[:40]!r} is not a decimal number")
        plain = text if text.replace(".", "").isdigit() else f"{Decimal(text):f}"  # exponents have three digits at most
        whole, _, fraction = plain.partition(".")
        before, after = max(before, len(whole.lstrip("0"))), max(after, len(fraction.rstrip("0")))
    return before, after


def _binance_payload(frame: bytes) -> bytes | msgspec.Raw:
    envelope = binance_frames.decode_envelope(frame)
    return envelope.data if envelope.stream else frame
