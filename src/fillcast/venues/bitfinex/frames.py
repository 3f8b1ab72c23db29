"""Bitfinex v2 frames and REST bodies as they are on the wire. Numbers are JSON numbers, kept in the digits sent.

An array is `[channel, payload, number]` or `[channel, kind, payload, number]`; a heartbeat has no payload. With the
flag `TIMESTAMPS` the venue's time follows the number, and the venue reserves the right to append more.

Source: docs.bitfinex.com, WebSocket: general, public books, public trades, checksum; order of number and time as in
the frames that the client ccxws quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from fillcast.errors import FrameError
from fillcast.venues.levels import Level, time_ns

HEARTBEAT, CHECKSUM, TRADE = "hb", "cs", "te"
TRADE_UPDATE: Final = "tu"  # the same trade again, a second or two later
LARGEST: Final = (1 << 63) - 1  # numbers and ids beyond are none of the venue's
AMOUNT: Final = re.compile(r"(-?)((?=[0-9.]*[1-9])[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?)")


class Platform(msgspec.Struct, frozen=True):
    """Whether the venue is in operation (1) or under maintenance (0)."""

    status: int = 1


class Event(msgspec.Struct, frozen=True):
    """Any object: `info`, `conf`, `subscribed`, `unsubscribed`, `error` or `pong`."""

    event: str
    code: int = 0
    msg: str = ""
    status: str = ""
    chanId: int | None = None  # noqa: N815
    channel: str = ""
    symbol: str = ""
    prec: str = ""
    len: str | int = ""
    platform: Platform | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """One array.

    Attributes
    ----------
    kind
        HEARTBEAT, CHECKSUM, TRADE, TRADE_UPDATE; empty for a snapshot, a book update or a ticker.
    payload
        JSON, empty for a heartbeat.
    number
        Its place among all arrays of the connection.
    event_ns
        The venue's time; 0 where it states none.
    """

    channel: int
    kind: str
    payload: msgspec.Raw
    number: int
    event_ns: int


@dataclass(frozen=True, slots=True)
class Levels:
    """Book levels as text, sizes without their sign; "0" deletes. `whole`: a snapshot."""

    whole: bool
    bids: list[Level]
    asks: list[Level]


decode_event = msgspec.json.Decoder(Event).decode
decode_array = msgspec.json.Decoder(list[msgspec.Raw]).decode
decode_integer = msgspec.json.Decoder(int).decode
decode_text = msgspec.json.Decoder(str).decode
decode_row = msgspec.json.Decoder(tuple[msgspec.Raw, int, msgspec.Raw]).decode
decode_rows = msgspec.json.Decoder(list[tuple[msgspec.Raw, int, msgspec.Raw]]).decode
decode_trade = msgspec.json.Decoder(tuple[int, int, msgspec.Raw, msgspec.Raw]).decode


def decode_frame(data: bytes) -> Frame:
    """Return an array in its parts; `FrameError` or `msgspec.DecodeError` when it is none of a numbered channel."""
    parts = decode_array(data)
    if len(parts) < 3:
        raise FrameError(f"an array of {len(parts)} parts: it carries no number")
    kind = decode_text(parts[1]) if bytes(parts[1]).startswith(b'"') else ""
    if kind not in ("", HEARTBEAT, CHECKSUM, TRADE, TRADE_UPDATE):
        raise FrameError(f"an array of the unknown kind {kind[:40]!r}")
    place = 2 if kind in ("", HEARTBEAT) else 3
    if len(parts) <= place:
        raise FrameError(f"an array of kind {kind!r} that carries no number")
    payload = msgspec.Raw() if kind == HEARTBEAT else parts[place - 1]
    channel, number = decode_integer(parts[0]), decode_integer(parts[place])
    if not (0 <= channel <= LARGEST and 0 <= number < LARGEST):
        raise FrameError(f"an array with channel {channel} and number {number}")
    event_ns = time_ns(decode_integer(parts[place + 1])) if len(parts) > place + 1 else 0
    return Frame(channel, kind, payload, number, event_ns)


def decode_levels(payload: msgspec.Raw) -> Levels:
    """Return the levels of a snapshot or of one update; `FrameError` or `msgspec.DecodeError` when it is neither."""
    whole = bytes(payload)[1:].lstrip()[:1] in (b"[", b"]")
    rows = decode_rows(payload) if whole else [decode_row(payload)]
    levels = Levels(whole, [], [])
    for price, count, amount in rows:
        if count < 0 or (whole and not count):
            raise FrameError(f"a level of {count} orders")
        side, size = signed(amount)
        (levels.bids if side > 0 else levels.asks).append((text_of(price), size if count else "0"))
    return levels


def signed(amount: msgspec.Raw) -> tuple[int, str]:
    """Return the sign of an amount and its text without one; `FrameError` when it is zero or no number."""
    text = text_of(amount)
    found = AMOUNT.fullmatch(text)
    if found is None:
        raise FrameError(f"an amount of {text[:40]!r}")
    return -1 if found[1] else 1, found[2]


def text_of(number: msgspec.Raw) -> str:
    """Return a JSON number in the digits in which it was sent."""
    return bytes(number).decode()
