"""Deribit: `book`, `trades` and, on request, `quote` of spot, perpetuals and futures over JSON-RPC."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from fillcast.core.events import SNAPSHOT, TOUCH, TRADES, UPDATE
from fillcast.core.instrument import Instrument
from fillcast.errors import FrameError
from fillcast.venues.budget import Budget
from fillcast.venues.connection import Connection
from fillcast.venues.deribit import frames as wire
from fillcast.venues.deribit.instruments import instrument_path, instrument_paths, list_instruments
from fillcast.venues.directory import Venue, read_facts, shards
from fillcast.venues.frames import excerpt, is_json
from fillcast.venues.levels import time_ns, trade_row
from fillcast.venues.listing import Listing
from fillcast.venues.protocol import Effects, Refused, Rejected, Send
from fillcast.venues.recorded import Dialect, Recorded
from fillcast.venues.rules import Verdict
from fillcast.venues.settings import Settings
from fillcast.venues.slots import Message, Slot
from fillcast.venues.streaming import Overheard, StreamingConnection

FACTS: Final = read_facts("deribit")
INTERVAL: Final = "100ms"  # the finest that needs no login
CHANNELS_PER_REQUEST: Final = 100  # no limit is stated; other clients send as many at once
HEARTBEAT_S: Final = 30  # between the venue's own questions; it takes 10 at least and advises 30 to 60
TOO_MANY_REQUESTS: Final = 10028  # error code: the venue ends the session
MISSING: Final = "missing"  # our word: a channel is not among those that the venue confirmed
RENEWAL_REQUESTS: Final = 2  # unsubscribe, subscribe
REST_WEIGHT: Final = 1  # instruments are limited by requests
TEST: Final = "public/test"

CHANNEL: Final = re.compile(rb'"channel"\s*:\s*"([^"]*)"')


@dataclass(frozen=True, slots=True)
class DeribitRules:
    """`prev_change_id` equals the `change_id` before it; steps are irregular, so what is lost is unknowable.

    Source: docs.deribit.com, channel `book.(instrument_name).(interval)`. Not in that text: whether the very message
    applied last is ever sent again; as elsewhere it is passed over (`skip_duplicates`).
    """

    skip_duplicates: bool = True

    def follows(self, last_id: int, message: Message) -> Verdict:
        if message.link == last_id and message.last > last_id:
            return Verdict.NEXT
        if self.skip_duplicates and message.last == last_id and message.link < last_id:
            return Verdict.DUPLICATE
        return Verdict.GAP

    def loss(self, last_id: int, message: Message) -> int | None:
        return None


class DeribitConnection(StreamingConnection):
    """One connection to Deribit's public channels.

    Parameters
    ----------
    instruments
        What to follow.
    trades, touch
        Also subscribe to trades, to the best bid and ask.
    settings
        Waits and limits.
    fast
        Taken for the sake of the other venues: there is no compiled reader.
    """

    venue = "deribit"
    ws_path = "/ws/api/v2"

    def __init__(
        self,
        instruments: Sequence[Instrument],
        *,
        trades: bool = True,
        touch: bool = False,
        settings: Settings | None = None,
        fast: bool = True,
    ) -> None:
        settings = settings or Settings()
        super().__init__(instruments, DeribitRules(settings.skip_duplicates), settings, fast=fast)
        self._forms = (
            f"book.{{}}.{INTERVAL}",
            *([f"trades.{{}}.{INTERVAL}"] if trades else []),
            *(["quote.{}"] if touch else []),
        )
        self._asked: dict[int, list[str]] = {}  # channels by request id, until it is answered
        self._ended: dict[int, list[Slot]] = {}  # books whose end is asked for by this request
        self._renewing: list[Slot] = []  # books to subscribe anew, together
        self._budget = Budget(FACTS.control_limit.weight, FACTS.control_limit.window_ns)

    # Requests.

    def _subscribe(self) -> None:
        self._asked.clear()
        self._ended.clear()
        self._renewing.clear()
        self._budget.reset()
        self._request("public/set_heartbeat", {"interval": HEARTBEAT_S})
        channels = [form.format(slot.symbol) for form in self._forms for slot in self._slots]
        for slot in self._slots:
            slot.awaited_ns = self._mono_ns
        for start in range(0, len(channels), CHANNELS_PER_REQUEST):
            self._ask_for(channels[start : start + CHANNELS_PER_REQUEST])

    def _request_books(self, slots: list[Slot]) -> None:
        self._renewing += [slot for slot in slots if slot not in self._renewing]

    def _flush(self) -> Effects:
        """Return the effects of one input; what is to be subscribed anew goes out together, as far as is allowed.

        One request for each book would pile up faster than they may be sent when many break at once.
        """
        if self._renewing and self._open and self._budget.free_at(RENEWAL_REQUESTS, self._mono_ns) <= self._mono_ns:
            batch, self._renewing = self._renewing[:CHANNELS_PER_REQUEST], self._renewing[CHANNELS_PER_REQUEST:]
            missing = [slot for slot in batch if slot.awaited_ns]  # the others' books came late
            if missing:
                self._renew(missing)
        return super()._flush()

    def _renew(self, slots: list[Slot]) -> None:
        """End these subscriptions and start them again."""
        channels = [self._forms[0].format(slot.symbol) for slot in slots]
        for slot in slots:
            slot.awaited_ns = self._mono_ns
        self._leave(slots)
        self._ended[self._request("public/unsubscribe", {"channels": channels})] = slots
        self._ask_for(channels)

    def _ask_for(self, channels: list[str]) -> None:
        self._asked[self._request("public/subscribe", {"channels": channels})] = channels

    def _request(self, method: str, params: dict[str, object]) -> int:
        self._requests += 1
        self._budget.spend(1, self._mono_ns)
        self._out.append(Send(self._call(method, params)))
        return self._requests

    def _call(self, method: str, params: dict[str, object]) -> str:
        call = {"jsonrpc": "2.0", "id": self._requests, "method": method, "params": params}
        return msgspec.json.encode(call).decode()

    def _question(self) -> Send:
        self._requests += 1
        return Send(self._call(TEST, {}), weight=0)  # it costs a sixth of a subscription and must not wait

    def _instruments_path(self, slot: Slot) -> tuple[str, int]:
        return instrument_path(slot.symbol), REST_WEIGHT

    def _list_instruments(self, body: bytes) -> Listing:
        return list_instruments([body])

    # Frames.

    def _decode(self, data: bytes) -> None:
        frame = wire.decode_envelope(data)
        if frame.method in ("subscription", "heartbeat"):
            if frame.params is None:
                raise FrameError(f"a {frame.method} without params")
            if frame.method == "subscription":
                self._pushed(frame.params, data)
            elif frame.params.type == "test_request":
                self._out.append(self._question())
        elif frame.method:
            self.ignored += 1
        elif frame.id is msgspec.UNSET and frame.error is None:
            raise FrameError("neither an answer nor a notification")
        else:
            self._answer(frame)

    def _pushed(self, params: wire.Params, data: bytes) -> None:
        kind, symbol = channel_of(params.channel)
        if not kind:
            self.ignored += 1
            return
        slot = self._by_symbol.get(symbol)
        if slot is None:
            self.rejected += 1
            reason = f"{kind} of {symbol!r}, which is not subscribed here"
            self._out.append(Rejected(reason, excerpt(data)))
        elif kind == "book":
            self._book(slot, wire.decode_book(params.data))
        elif kind == "trades":
            self._trades(slot, wire.decode_trades(params.data))
        else:
            self._best(slot, wire.decode_quote(params.data))

    def _book(self, slot: Slot, entry: wire.BookEntry) -> None:
        _same(slot, entry.instrument_name)
        link = -1 if entry.prev_change_id is None else entry.prev_change_id
        change = entry.type == "change"
        if entry.change_id < 0 or (change and link < 0):
            raise FrameError(f"a {entry.type} with change_id {entry.change_id} after {entry.prev_change_id}")
        event_ns = time_ns(entry.timestamp)
        bare = Message(link if change else -1, -1, entry.change_id, event_ns, event_ns, whole=True)
        message = self._levels(slot, bare, wire.sides(entry))
        if message is None:
            return
        if change:
            self._update(slot, message)
        else:
            self._snapshot(slot, message)

    def _trades(self, slot: Slot, entries: list[wire.TradeEntry]) -> None:
        found = []
        for entry in entries:
            _same(slot, entry.instrument_name)
            if entry.elsewhere:
                self.ignored += 1
                continue
            side, price, amount = (
                (1 if entry.direction == "buy" else -1),
                wire.text(entry.price),
                wire.text(entry.amount),
            )
            row = trade_row(side, price, amount, entry.number, slot.instrument)
            found.append((row, time_ns(entry.timestamp)))
        for row, event_ns in found:
            self._trade(slot, row, event_ns, event_ns)

    def _best(self, slot: Slot, quote: wire.Quote) -> None:
        # It carries no id: nothing can be compared.
        _same(slot, quote.instrument_name)
        event_ns = time_ns(quote.timestamp)
        message = self._levels(slot, Message(event_ns=event_ns, sent_ns=event_ns), wire.best(quote))
        if message is not None:
            self._touch(slot, message)

    def _answer(self, frame: wire.Envelope) -> None:
        number = frame.id if isinstance(frame.id, int) else 0
        channels = self._asked.pop(number, [])
        for slot in self._ended.pop(number, []):
            self._confirm_end(slot)
        error = frame.error
        if error is None:
            confirmed = wire.decode_names(frame.result) if channels else []
            for channel in channels:
                if channel not in confirmed:
                    self._refuse_channel(channel, MISSING, f"{channel} is not among the channels that were confirmed")
        elif error.code == TOO_MANY_REQUESTS:
            self._refuse(None, str(error.code), error.message)
            self._give_up(f"the venue ends the session: {error.message} (code {error.code})")
        elif channels:
            for channel in channels:
                self._refuse_channel(channel, str(error.code), error.message)
        else:
            self._refuse(None, str(error.code), error.message)

    def _refuse_channel(self, channel: str, code: str, message: str) -> None:
        """Record that a channel was refused; only a refused book is a hole."""
        kind, symbol = channel_of(channel)
        slot = self._by_symbol[symbol]
        if kind == "book":
            self._refuse(slot, code, message)
        else:
            self._out.append(Refused(slot.instrument.key, code, message))

    def _suspects(self, data: bytes) -> Iterable[Slot]:
        found = CHANNEL.search(data)
        if found is None:
            return () if is_json(data) else tuple(self._slots)
        name = found[1].decode(errors="replace")
        if name.startswith(("trades.", "quote.", "ticker.")):
            return ()
        slot = self._by_symbol.get(name.split(".")[1]) if name.startswith("book.") else None
        return tuple(self._slots) if slot is None else (slot,)


def _same(slot: Slot, name: str) -> None:
    """Raise when the data of a channel is about another instrument than the channel is."""
    if name != slot.symbol:
        raise FrameError(f"{name[:40]!r} in a channel of {slot.symbol}")


def channel_of(channel: str) -> tuple[str, str]:
    """Return the kind (book, trades, quote) and the symbol of a channel; empty kind for any other.

    Grouped books (`book.X.none.10.100ms`) and channels of many instruments (`trades.future.BTC.100ms`) have more parts.
    """
    kind, *rest = channel.split(".")
    if (kind in ("book", "trades") and len(rest) == 2) or (kind == "quote" and len(rest) == 1):
        return kind, rest[0]
    return "", ""


def connections(
    instruments: Sequence[Instrument],
    *,
    trades: bool = True,
    touch: bool = False,
    settings: Settings | None = None,
    fast: bool = True,
) -> list[Connection]:
    """Return connections that follow some instruments; see `directory.Connect`."""
    size = FACTS.streams_per_connection // (1 + trades + touch)
    return [
        DeribitConnection(shard, trades=trades, touch=touch, settings=settings, fast=fast)
        for shard in shards(instruments, size)
    ]


# Recordings: any interval, `raw` among them.


def is_book(frame: bytes) -> bool:
    """Whether a recorded frame is a book message."""
    params = wire.decode_envelope(frame).params
    if params is None or channel_of(params.channel)[0] != "book":
        return False
    wire.decode_book(params.data)
    return True


def read_frame(frame: bytes) -> list[Recorded]:
    """Return what a recorded frame holds."""
    params = wire.decode_envelope(frame).params
    kind, symbol = channel_of(params.channel) if params is not None else ("", "")
    if params is None or not kind:
        return []
    if kind == "book":
        entry = wire.decode_book(params.data)
        levels = [level for _, side in wire.sides(entry) for level in side]
        return [Recorded(SNAPSHOT if entry.type == "snapshot" else UPDATE, symbol, levels)]
    if kind == "trades":
        trades = [one for one in wire.decode_trades(params.data) if not one.elsewhere]
        return [Recorded(TRADES, symbol, [(wire.text(one.price), wire.text(one.amount)) for one in trades])]
    levels = [level for _, side in wire.best(wire.decode_quote(params.data)) for level in side]
    return [Recorded(TOUCH, symbol, levels)]


class RecordedDeribitConnection(DeribitConnection, Overheard):
    """The protocol that reads a recording."""

    def __init__(self, instruments: Sequence[Instrument], *, settings: Settings, fast: bool) -> None:
        super().__init__(instruments, settings=settings, fast=fast)


JSON_RPC: Final = Dialect(
    "deribit",
    "json-rpc",
    is_book,
    lambda: read_frame,
    RecordedDeribitConnection,
    fixed_decimals=False,
    list_instruments=list_instruments,
    metadata_names=frozenset({"get_instruments"}),
)

DERIBIT: Final = Venue("deribit", FACTS, instrument_paths, REST_WEIGHT, list_instruments, connections, (JSON_RPC,))
