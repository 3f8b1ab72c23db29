"""Binance spot, USD-M and COIN-M: one state machine, three settings of its rules."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import msgspec

from fillcast.core.instrument import Instrument
from fillcast.errors import FrameError
from fillcast.venues.binance import binance_kernels
from fillcast.venues.binance import frames as wire
from fillcast.venues.binance.instruments import list_instruments
from fillcast.venues.fast import Kernel
from fillcast.venues.frames import excerpt, is_json
from fillcast.venues.levels import time_ns, trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.protocol import Effects, Reconnect, Rejected, Send
from fillcast.venues.regridding import Sides
from fillcast.venues.rules import FuturesRules, SplicingRules, SpotRules
from fillcast.venues.settings import MINUTE_NS, Settings
from fillcast.venues.slots import Message, Slot, Splice
from fillcast.venues.splicing import SplicingConnection

STREAMS_PER_REQUEST: Final = 100
LIFE_NS: Final = (24 * 60 - 10) * MINUTE_NS  # the venue closes a connection after 24 h
NOT_TRADES: Final = ("NA",)  # `X` of entries of the raw futures trade stream that carry no price

STREAM: Final = re.compile(rb'"stream"\s*:\s*"([^"]*)"')
EVENT: Final = re.compile(rb'"e"\s*:\s*"([^"]*)"')
SYMBOL: Final = re.compile(rb'"s"\s*:\s*"([^"]*)"')


@dataclass(frozen=True, slots=True)
class Product:
    """What differs between the three products.

    Attributes
    ----------
    futures
        `pu` links the messages; else `U` does.
    rest
        Prefix of REST paths.
    snapshot_limit, snapshot_weight, metadata_weight
        Levels a side of a REST snapshot; REST weights of it and of `exchangeInfo`.
    """

    venue: str
    futures: bool
    rest: str
    snapshot_limit: int
    snapshot_weight: int
    metadata_weight: int

    def rules(self, settings: Settings) -> SplicingRules:
        """Return the product's sequence rule."""
        if self.futures:
            return FuturesRules(settings.skip_duplicates, settings.accept_link_at_snapshot)
        return SpotRules(settings.accept_next_id)


SPOT: Final = Product("binance_spot", False, "/api/v3", 5000, 250, 20)
USDM: Final = Product("binance_usdm", True, "/fapi/v1", 1000, 20, 1)
COINM: Final = Product("binance_coinm", True, "/dapi/v1", 1000, 20, 1)


class BinanceConnection(SplicingConnection):
    """One connection to a combined stream of one Binance product.

    Parameters
    ----------
    product
        SPOT, USDM or COINM.
    ws_path
        The combined stream's path: USD-M serves books and trades on different ones.
    instruments
        What to follow.
    streams
        What to subscribe to, such as ("depth@100ms", "trade").
    settings
        Waits and limits.
    fast
        Read plain updates by compiled code.
    """

    refreshes = True

    def __init__(
        self,
        product: Product,
        ws_path: str,
        instruments: Sequence[Instrument],
        streams: Sequence[str],
        *,
        settings: Settings | None = None,
        fast: bool = True,
    ) -> None:
        settings = settings or Settings()
        self.venue, self.ws_path, self.product = product.venue, ws_path, product
        books = any(stream.startswith("depth") for stream in streams)
        rules = product.rules(settings)
        super().__init__(instruments, rules, settings, carries_books=books, fast=fast)
        self._streams = tuple(streams)
        self._subscribed: dict[int, list[Slot]] = {}  # by request id, until it is answered
        self._questions: set[int] = set()
        self._opened_ns = 0

    def _compiled(self) -> tuple[Kernel, int]:
        rule = binance_kernels.FUTURES if self.product.futures else binance_kernels.SPOT
        return binance_kernels.advance, rule

    # Requests.

    def tick(self, wall_ns: int, mono_ns: int) -> Effects:
        effects = super().tick(wall_ns, mono_ns)
        if self._open and not self._giving_up and mono_ns - self._opened_ns >= LIFE_NS:
            self._giving_up = True
            return (*effects, Reconnect("the venue ends a connection after 24 hours"))
        return effects

    def _subscribe(self) -> None:
        self._opened_ns = self._mono_ns
        self._subscribed.clear()
        self._questions.clear()
        per_request = max(1, STREAMS_PER_REQUEST // len(self._streams))
        for start in range(0, len(self._slots), per_request):
            slots = self._slots[start : start + per_request]
            self._subscribed[self._request("SUBSCRIBE", self._names(slots))] = slots
        for slot in self._slots:
            if slot.book is not None:
                slot.splice = Splice()

    def _names(self, slots: Iterable[Slot]) -> list[str]:
        return [f"{slot.symbol.lower()}@{stream}" for slot in slots for stream in self._streams]

    def _request(self, method: str, names: list[str]) -> int:
        self._requests += 1
        request: dict[str, object] = {"method": method, "id": self._requests}
        if names:
            request["params"] = names
        self._out.append(Send(msgspec.json.encode(request).decode()))
        return self._requests

    def _question(self) -> Send:
        self._requests += 1
        self._questions.add(self._requests)
        return Send(msgspec.json.encode({"method": "LIST_SUBSCRIPTIONS", "id": self._requests}).decode())

    def _resync(self, slot: Slot) -> None:
        if slot.refused:
            slot.refused = False
            self._subscribed[self._request("SUBSCRIBE", self._names([slot]))] = [slot]
        if slot.book is not None:
            slot.splice = Splice()

    def _snapshot_path(self, slot: Slot) -> tuple[str, int]:
        product = self.product
        path = f"{product.rest}/depth?symbol={quote(slot.symbol)}&limit={product.snapshot_limit}"
        return path, product.snapshot_weight

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        symbol = "" if self.product.futures else f"?symbol={quote(slot.symbol)}"
        return f"{self.product.rest}/exchangeInfo{symbol}", self.product.metadata_weight

    def _list_instruments(self, body: bytes) -> Listing:
        return list_instruments(self.venue, [body])

    # Frames.

    def _decode(self, data: bytes) -> None:
        frame = wire.decode_envelope(data)
        if frame.id is not msgspec.UNSET:
            if frame.stream:
                raise FrameError("an answer that carries an event")
            self._answer(frame)
            return
        if frame.last_update >= 0:  # a REST snapshot among the frames of a recording
            self._recorded_snapshot(data)
            return
        if frame.code or frame.error is not None:
            refusal = frame.error or wire.Refusal(frame.code, frame.msg)
            self._refuse(None, str(refusal.code), refusal.msg)
            return
        payload: bytes | msgspec.Raw = frame.data if frame.stream else data
        head = wire.decode_payload(payload)
        kind = head.event or frame.stream.partition("@")[2].partition("@")[0]
        if kind == "serverShutdown":
            self._out.append(Reconnect("the venue announced that this server shuts down"))
        elif kind in ("depthUpdate", "trade", "aggTrade", "bookTicker"):
            slot = self._by_symbol.get(head.symbol)
            if slot is None:
                self.rejected += 1
                reason = f"{kind} of {head.symbol!r}, which is not subscribed here"
                self._out.append(Rejected(reason, excerpt(data)))
            else:
                self._event(slot, kind, payload)
        elif kind:
            self.ignored += 1
        else:
            raise FrameError("neither an answer nor an event")

    def _event(self, slot: Slot, kind: str, payload: bytes | msgspec.Raw) -> None:
        if kind == "depthUpdate":
            self._depth(slot, wire.decode_depth(payload))
        elif kind == "bookTicker":
            self._best(slot, wire.decode_best(payload))
        else:
            self._one_trade(slot, wire.decode_trade(payload))

    def _depth(self, slot: Slot, event: wire.Depth) -> None:
        futures = self.product.futures
        if not 0 <= event.first <= event.last:
            raise FrameError(f"update ids {event.first} to {event.last}")
        if futures and event.previous is None:
            raise FrameError("a futures update without pu")
        link = event.previous if futures and event.previous is not None else event.first - 1
        sent_ns = time_ns(event.sent_ms)
        event_ns = sent_ns if event.matched_ms is None else time_ns(event.matched_ms)
        bare = Message(link, event.first, event.last, event_ns, sent_ns)
        message = self._levels(slot, bare, ((1, event.bids), (-1, event.asks)))
        if message is not None:
            self._update(slot, message)

    def _one_trade(self, slot: Slot, event: wire.Trade) -> None:
        if event.origin in NOT_TRADES:
            self.ignored += 1
            return
        side = -1 if event.buyer_is_maker else 1
        trade_id = event.trade_id or event.aggregate_id
        row = trade_row(side, event.price, event.size, trade_id, slot.instrument)
        self._trade(slot, row, time_ns(event.matched_ms), time_ns(event.sent_ms))

    def _best(self, slot: Slot, event: wire.BestPrices) -> None:
        sides = ((1, [(event.bid, event.bid_size)]), (-1, [(event.ask, event.ask_size)]))
        bare = Message(last=event.last, event_ns=time_ns(event.matched_ms), sent_ns=time_ns(event.sent_ms))
        message = self._levels(slot, bare, sides)
        if message is not None:
            self._touch(slot, message)

    def _recorded_snapshot(self, data: bytes) -> None:
        symbol = wire.decode_snapshot(data).symbol
        slot = self._by_symbol.get(symbol) if symbol else self._slots[0] if len(self._slots) == 1 else None
        if slot is None:
            raise FrameError(f"a snapshot of {symbol or 'no symbol'}")
        if slot.splice is not None:
            self._take_snapshot(slot, data)

    def _answer(self, frame: wire.Envelope) -> None:
        request_id = frame.id if isinstance(frame.id, int) else -1
        slots = self._subscribed.pop(request_id, [])
        refusal = frame.error or (wire.Refusal(frame.code, frame.msg) if frame.code else None)
        if request_id in self._questions:
            self._questions.discard(request_id)  # even a refusal is a sign of life
        elif refusal is not None:
            for slot in slots:
                self._refuse(slot, str(refusal.code), refusal.msg)
            if not slots:
                self._refuse(None, str(refusal.code), refusal.msg)

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        stream, event, symbol = STREAM.search(data), EVENT.search(data), SYMBOL.search(data)
        if event is not None and event[1] != b"depthUpdate":
            return ()
        if stream is not None:
            name, _, channel = stream[1].decode(errors="replace").partition("@")
            if event is None and not channel.startswith("depth"):
                return ()
            named = [slot for slot in self._slots if slot.symbol.lower() == name]
            return named or tuple(self._slots)
        slot = self._by_symbol.get(symbol[1].decode(errors="replace")) if symbol else None
        if slot is not None:
            return (slot,)
        return tuple(self._slots) if event is not None or not is_json(data) else ()

    def _parse_snapshot(self, slot: Slot, body: bytes) -> tuple[Message, Sides]:
        reply = wire.decode_snapshot(body)
        limit = self.product.snapshot_limit
        message = Message(
            last=reply.last,
            event_ns=time_ns(reply.matched_ms or reply.sent_ms),
            sent_ns=time_ns(reply.sent_ms),
            whole=len(reply.bids) < limit and len(reply.asks) < limit,
        )
        return message, ((1, reply.bids), (-1, reply.asks))
