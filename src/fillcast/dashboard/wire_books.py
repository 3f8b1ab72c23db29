"""Parts of a frame about one book: its levels, its trades, what the order takes of it."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from fillcast.dashboard.wire_quote import Quoted

State = Literal["EMPTY", "SYNCING", "LIVE", "STALE", "BROKEN"]


class Book(Struct, frozen=True):
    """Part `book`: one version of a book, whole or as a change; at most 60 a second.

    Attributes
    ----------
    base
        The version that the columns change: a size of 0 takes a level away, any other sets it. Null: the columns are
        the whole book as far as it is sent, best first, up to 200 levels a side.
    wide
        Ticks are float64 because they exceed int32.
    bid_ticks, ask_ticks
        int32 or, where `wide`, float64.
    bid_sizes, ask_sizes
        float64, base units.
    reason
        Why it is not LIVE.
    age_ms, changed_ms
        Milliseconds since the connection's last proof of life, and since the last change of the book.
    event_ms
        Venue time of the last change, ms UTC.
    mid, best_bid, best_ask, spread
        Quote currency per base; null where a side is empty.
    proven_bid_ticks, proven_ask_ticks
        The worst proven price of each side; null where the whole side is known.
    """

    instrument: str
    version: int
    base: int | None
    state: State
    reason: str
    proof: str
    age_ms: float | None
    changed_ms: float | None
    sequence: int | None
    event_ms: float | None
    mid: float | None
    best_bid: float | None
    best_ask: float | None
    spread: float | None
    spread_bps: float | None
    proven_bid_ticks: int | None
    proven_ask_ticks: int | None
    wide: bool
    bid_ticks: bytes
    bid_sizes: bytes
    ask_ticks: bytes
    ask_sizes: bytes


class Trades(Struct, frozen=True):
    """Part `trades`: what traded since the last frame, oldest first.

    Attributes
    ----------
    missed
        Trades between those sent before and these that are no longer kept.
    times_ms
        float64, ms UTC when each was received.
    ticks, wide
        As of `Book`.
    sizes
        float64, base units.
    sides
        int8, +1 where the aggressor bought, -1 where it sold.
    """

    instrument: str
    missed: int
    wide: bool
    times_ms: bytes
    ticks: bytes
    sizes: bytes
    sides: bytes


class Taken(Struct, frozen=True):
    """Part `taken`: what the order, or the first slice of a worked one, would take from the book now.

    Attributes
    ----------
    base
        Base units; 0 where it takes nothing, as a resting order.
    worst_ticks
        The last price touched; the rows from the touch to it are eaten, the last one maybe in part.
    worst_share
        How much of the last level is taken, up to 1.
    average_price
        Quote currency per base.
    limit_ticks
        Price of a limit order.
    """

    version: int
    side: int
    base: float
    levels: int
    worst_ticks: int | None
    worst_share: float
    average_price: float | None
    limit_ticks: int | None


class Last(Struct, frozen=True):
    """Part `last`: the last forecast of this order that had a price, while there is none now.

    Attributes
    ----------
    report
        Null where there never was one, or `forecast` has a price again.
    age_ms
        How old it is.
    """

    report: Quoted | None
    age_ms: float


class Depth(Struct, frozen=True):
    """Part `depth`: what is shown within each distance of the mid, at most 10 a second.

    Attributes
    ----------
    bps
        Distances, rising.
    bid_base, ask_base, bid_quote, ask_quote
        Cumulative, base units and quote currency; empty while the book is not LIVE.
    order_quote
        What the order takes of it, quote currency; null where it has no price.
    """

    version: int
    bps: list[float]
    bid_base: list[float]
    ask_base: list[float]
    bid_quote: list[float]
    ask_quote: list[float]
    order_quote: float | None
