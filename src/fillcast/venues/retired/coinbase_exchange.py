"""Coinbase Exchange (once Pro) `level2` as it was recorded while it needed no key. For captures only.

Nothing in it shows a loss: neither number nor checksum. Its books are as good as the ordered stream that brought them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Final, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from fillcast.core.events import SNAPSHOT, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.core.state import Proof
from fillcast.errors import FrameError, OffGridError
from fillcast.venues.coinbase.connection import FAR_SLOTS, REST_WEIGHT
from fillcast.venues.connection import Connection
from fillcast.venues.frames import UNREADABLE, excerpt
from fillcast.venues.levels import Level, trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.protocol import Rejected, Send
from fillcast.venues.recorded import Dialect, Recorded
from fillcast.venues.regridding import Sides
from fillcast.venues.rules import UnnumberedRules
from fillcast.venues.settings import CAPTURE_SETTINGS, Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.streaming import StreamingConnection
from fillcast.venues.times import utc_text_ns

BOOKS: Final = ("snapshot", "l2update")
LARGEST_ID: Final = (1 << 63) - 1

Price = tuple[str, str]  # price, size
Change = tuple[Literal["buy", "sell"], str, str]  # side, price, size as it is from now on; 0 removes the level


class Head(msgspec.Struct, frozen=True):
    """What any frame is and of which product."""

    type: str = ""
    product_id: str = ""


class Snapshot(msgspec.Struct, frozen=True):
    """A whole book, without a time."""

    product_id: str
    bids: list[Price]
    asks: list[Price]


class Update(msgspec.Struct, frozen=True):
    """Levels that changed. The oldest recordings state no time."""

    product_id: str
    changes: list[Change]
    time: str = ""


class Match(msgspec.Struct, frozen=True):
    """One trade; `side` is that of the order that was resting."""

    product_id: str
    side: Literal["buy", "sell"]
    price: str
    size: str
    time: str
    trade_id: Annotated[int, msgspec.Meta(ge=0, le=LARGEST_ID)] = 0


decode_head = msgspec.json.Decoder(Head).decode
decode_snapshot = msgspec.json.Decoder(Snapshot).decode
decode_update = msgspec.json.Decoder(Update).decode
decode_match = msgspec.json.Decoder(Match).decode


class CoinbaseExchangeConnection(StreamingConnection):
    """One recorded connection. It sends nothing: a wrong book waits for a snapshot.

    `last_match` tells of a trade before the subscription, and is passed over as the tickers are.
    """

    venue = "coinbase"
    proof = Proof.TRANSPORT
    far_slots = FAR_SLOTS

    def __init__(self, instruments: Sequence[Instrument], *, settings: Settings = CAPTURE_SETTINGS) -> None:
        super().__init__(instruments, UnnumberedRules(), settings)

    def _subscribe(self) -> None:
        return

    def _request_books(self, slots: list[Slot]) -> None:
        return

    def _question(self) -> Send:
        return Send('{"type":"subscribe","channels":["heartbeat"]}')

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        return f"/products/{slot.symbol}", REST_WEIGHT

    def _list_instruments(self, body: bytes) -> Listing:
        return Listing()

    def _decode(self, data: bytes) -> None:
        head = decode_head(data)
        if not head.type:
            raise FrameError("a frame without a type")
        if head.type not in (*BOOKS, "match"):
            self.ignored += head.type not in ("subscriptions", "heartbeat")
            return
        slot = self._by_symbol.get(head.product_id)
        if slot is None:
            self.rejected += 1
            self._out.append(Rejected(f"{head.type} of {head.product_id!r}, not followed here", excerpt(data)))
        elif head.type == "match":
            match = decode_match(data)
            event_ns = utc_text_ns(match.time)
            self._trade(slot, matched_row(match, slot.instrument), event_ns, event_ns)
        else:
            self._book(slot, head.type, data)

    def _book(self, slot: Slot, kind: str, data: bytes) -> None:
        if kind == "snapshot":
            message = self._levels(slot, Message(whole=True), snapshot_sides(decode_snapshot(data)))
        else:
            update = decode_update(data)
            event_ns = utc_text_ns(update.time) if update.time else 0
            message = self._levels(slot, Message(event_ns=event_ns, sent_ns=event_ns), update_sides(update))
        if message is None:
            return
        if kind == "snapshot":
            self._snapshot(slot, message)
        else:
            self._update(slot, message)

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        every = tuple(self._slots)
        try:
            frame = msgspec.json.decode(data)
        except UNREADABLE:
            return every
        kind, symbol = (frame.get("type"), frame.get("product_id")) if isinstance(frame, dict) else (None, None)
        if isinstance(kind, str) and kind not in ("", *BOOKS):
            return ()
        slot = self._by_symbol.get(symbol) if isinstance(symbol, str) else None
        return every if slot is None else (slot,)


def snapshot_sides(snapshot: Snapshot) -> Sides:
    """Return the levels of a whole book by side."""
    return ((1, snapshot.bids), (-1, snapshot.asks))


def update_sides(update: Update) -> Sides:
    """Return the levels that changed, in the order in which they were sent."""
    return [(1 if side == "buy" else -1, ((price, size),)) for side, price, size in update.changes]


def matched_row(match: Match, instrument: Instrument) -> NDArray[np.int64]:
    """Return a trade as a row: who took is on the other side than the order that was resting."""
    try:
        return trade_row(-1 if match.side == "buy" else 1, match.price, match.size, match.trade_id, instrument)
    except OffGridError as error:
        raise FrameError(f"{match.product_id}: {error}") from None


def is_book(frame: bytes) -> bool:
    """Whether a recorded frame is a book message of this dialect."""
    return bool(read_frame(frame)) and decode_head(frame).type in BOOKS


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    kind = decode_head(frame).type
    if kind == "snapshot":
        snapshot = decode_snapshot(frame)
        return [Recorded(SNAPSHOT, snapshot.product_id, [*snapshot.bids, *snapshot.asks])]
    if kind == "l2update":
        update = decode_update(frame)
        changed: list[Level] = [(price, size) for _, price, size in update.changes]
        return [Recorded(UPDATE, update.product_id, changed)]
    if kind == "match":
        match = decode_match(frame)
        return [Recorded(TRADES, match.product_id, [(match.price, match.size)])]
    return []


def recorded_connection(instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> Connection:
    """Return the protocol that reads a recording."""
    return CoinbaseExchangeConnection(instruments, settings=settings)


DIALECT: Final = Dialect("coinbase", "exchange-level2", is_book, lambda: read_frame, recorded_connection)
