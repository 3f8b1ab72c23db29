"""What a recorded frame is: its venue and dialect, its symbols, the digits it needs, and the protocol that reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.errors import CaptureError
from fillcast.venues import binance, binance_frames, okx_frames
from fillcast.venues.binance import BinanceConnection, Product
from fillcast.venues.connection import Connection
from fillcast.venues.frames import UNREADABLE
from fillcast.venues.levels import finest_decimals
from fillcast.venues.okx import OkxConnection
from fillcast.venues.okx_legacy import OkxLegacyConnection
from fillcast.venues.settings import CAPTURE_SETTINGS, Settings

V5: Final = "v5"  # OKX with seqId
V5_UNNUMBERED: Final = "v5-unnumbered"  # OKX with checksums only
STREAMS: Final = "streams"  # Binance market streams
PRODUCTS: Final = {product.venue: product for product in (binance.SPOT, binance.USDM, binance.COINM)}
OKX_BOOKS: Final = ("books", "books-l2-tbt", "books50-l2-tbt")

Decimals = dict[str, tuple[int, int]]  # digits after the point of prices and sizes, by symbol


def detect(frame: bytes) -> tuple[str, str] | None:
    """Return (venue, dialect) of a recorded book frame, or None when it tells neither.

    A Binance update names no product: `pu` shows futures, a pair (`ps`) COIN-M. Acknowledgements, trades and frames
    of other venues tell nothing.
    """
    try:
        okx = okx_frames.decode_envelope(frame)
        if okx.arg is not None and okx.action and okx.arg.channel in OKX_BOOKS:
            entries = okx_frames.decode_books(okx.data)
            return "okx", V5 if entries and entries[0].seqId is not None else V5_UNNUMBERED
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


def decimals(venue: str, frame: bytes) -> Decimals:
    """Return the digits after the point that each symbol of a recorded frame needs; nothing for other frames.

    Parameters
    ----------
    venue
        As `detect` found it.
    frame
        A text frame. A REST snapshot among the frames is told by its symbol, "" where it states none.
    """
    try:
        return _okx_decimals(frame) if venue == "okx" else _binance_decimals(frame)
    except UNREADABLE:
        return {}


def snapshot_decimals(venue: str, body: bytes) -> tuple[int, int]:
    """Return the digits after the point that the prices and sizes of a recorded REST snapshot need.

    Raises
    ------
    CaptureError
        When it is no snapshot of that venue.
    """
    try:
        if venue == "okx":
            entries = okx_frames.decode_book_reply(body).data
            return finest_decimals([(1, entry.bids) for entry in entries] + [(-1, entry.asks) for entry in entries])
        snapshot = binance_frames.decode_snapshot(body)
        return finest_decimals([(1, snapshot.bids), (-1, snapshot.asks)])
    except UNREADABLE as error:
        raise CaptureError(f"a recorded reply is no snapshot of {venue}: {error}") from None


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
            return OkxConnection(instruments, settings=settings, fast=fast)
        case "okx", "v5-unnumbered":
            return OkxLegacyConnection(instruments, settings=settings, fast=fast)
        case _, "streams" if venue in PRODUCTS:
            product: Product = PRODUCTS[venue]
            streams = ("depth@100ms", "trade", "bookTicker")
            return BinanceConnection(product, "/stream", instruments, streams, settings=settings, fast=fast)
        case _:
            raise CaptureError(f"recordings of {venue} in dialect {dialect!r} cannot be read")


def _okx_decimals(frame: bytes) -> Decimals:
    envelope = okx_frames.decode_envelope(frame)
    if envelope.arg is None or not envelope.data:
        return {}
    symbol, channel = envelope.arg.instId, envelope.arg.channel
    if channel in OKX_BOOKS:
        entries = okx_frames.decode_books(envelope.data)
        sides = [side for entry in entries for side in ((1, entry.bids), (-1, entry.asks))]
        return {symbol: finest_decimals(sides)}
    if channel == "trades":
        trades = okx_frames.decode_trades(envelope.data)
        return {symbol: finest_decimals([(1, [(trade.px, trade.sz) for trade in trades])])}
    return {}


def _binance_decimals(frame: bytes) -> Decimals:
    envelope = binance_frames.decode_envelope(frame)
    if envelope.last_update >= 0:
        snapshot = binance_frames.decode_snapshot(frame)
        return {snapshot.symbol: finest_decimals([(1, snapshot.bids), (-1, snapshot.asks)])}
    payload = _binance_payload(frame)
    head = binance_frames.decode_payload(payload)
    if head.event == "depthUpdate":
        depth = binance_frames.decode_depth(payload)
        return {head.symbol: finest_decimals([(1, depth.bids), (-1, depth.asks)])}
    if head.event in ("trade", "aggTrade"):
        trade = binance_frames.decode_trade(payload)
        return {head.symbol: finest_decimals([(1, [(trade.price, trade.size)])])}
    if head.event == "bookTicker" or envelope.stream.endswith("@bookTicker"):
        best = binance_frames.decode_best(payload)
        return {head.symbol: finest_decimals([(1, [(best.bid, best.bid_size)]), (-1, [(best.ask, best.ask_size)])])}
    return {}


def _binance_payload(frame: bytes) -> bytes | msgspec.Raw:
    envelope = binance_frames.decode_envelope(frame)
    return envelope.data if envelope.stream else frame
