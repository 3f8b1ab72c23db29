"""What goes between the process of a session and that of its dashboard, over a socket on loopback.

The dashboard asks (`Request`, msgpack with its types checked), the session answers (pickles of its own records). Only
the dashboard reads pickles, and only from the session that started it: what a page can reach never hands the session
anything but those few requests.
"""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Mapping
from typing import Any

import numpy as np
from msgspec import Struct, msgpack

from fillcast.core.instrument import Instrument
from fillcast.core.view import BookSide, BookView
from fillcast.dashboard.seen import Listing, Seen
from fillcast.dashboard.wire import Asked
from fillcast.forecast.conditions import Conditions

LENGTH_BYTES = 4
SECRET_BYTES = 32
LARGEST_REQUEST = 1 << 20  # bytes; a request names instruments


class Look(Struct, tag=True, frozen=True):
    """Asks for moments: by instrument, the number of the first trade that is wanted."""

    wanted: dict[str, int]


class TellFacts(Struct, tag=True, frozen=True):
    """Asks how the feed does."""


class TellMetrics(Struct, tag=True, frozen=True):
    """Asks for the session's metrics."""


class Ask(Struct, tag=True, frozen=True):
    """Says which sizes are asked of books, lots; gets no answer."""

    sizes: dict[str, int]


class Ready(Struct, tag=True, frozen=True):
    """Says where pages are served; gets no answer."""

    url: str


class Failed(Struct, tag=True, frozen=True):
    """Says why no page can be served; gets no answer."""

    sentence: str


Request = Look | TellFacts | TellMetrics | Ask | Ready | Failed
_decoder = msgpack.Decoder(Request)


class Start(Struct, frozen=True):
    """The first message of a session: what it follows, and what is to be served where."""

    listing: Listing
    first: Asked
    host: str
    port: int


async def read(reader: asyncio.StreamReader) -> bytes | None:
    """Return the next message; None when the other side is gone."""
    try:
        length = int.from_bytes(await reader.readexactly(LENGTH_BYTES), "little")
        return await reader.readexactly(length)
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


def write(writer: asyncio.StreamWriter, data: bytes) -> None:
    """Send one message."""
    writer.writelines((len(data).to_bytes(LENGTH_BYTES, "little"), data))


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """Return the next request; None when the dashboard is gone.

    Raises
    ------
    msgspec.MsgspecError
        When it is none.
    """
    data = await read(reader)
    return None if data is None else _decoder.decode(data)


class Packer:
    """Packs moments for the other side, which keeps what does not change: a version of a book goes there once."""

    def __init__(self) -> None:
        self._views: dict[str, BookView] = {}
        self._models: dict[str, tuple[Any, ...]] = {}

    def pack(self, moment: Mapping[str, Seen]) -> bytes:
        """Return moments as bytes."""
        return pickle.dumps([self._packed(key, seen) for key, seen in moment.items()], pickle.HIGHEST_PROTOCOL)

    def _packed(self, key: str, seen: Seen) -> tuple[Any, ...]:
        view, conditions = seen.view, seen.conditions
        known = self._views.get(key)
        told: tuple[Any, ...] | None = None
        if known is not view:
            self._views[key] = view
            told = (
                None if known is not None and known.instrument == view.instrument else view.instrument,
                view.version,
                view.state,
                view.proof,
                view.reason,
                view.last_id,
                view.event_ns,
                (view.bids.ticks, view.bids.lots),
                (view.asks.ticks, view.asks.lots),
                view.proven_bid_ticks,
                view.proven_ask_ticks,
            )
        model = (conditions.parameters, conditions.curve, conditions.curve_as_of_ns)
        before = self._models.get(key)
        is_new = before is None or any(one is not other for one, other in zip(before, model, strict=True))
        if is_new:
            self._models[key] = model
        return (
            key,
            seen.now_ns,
            told,
            seen.health,
            seen.link,
            seen.volatility,
            conditions.volume,
            model if is_new else None,
            seen.activity,
            seen.trades,
        )


class Unpacker:
    """The other side of a `Packer`: every message of one must come here, in order."""

    def __init__(self) -> None:
        self._instruments: dict[str, Instrument] = {}
        self._views: dict[str, BookView] = {}
        self._models: dict[str, tuple[Any, ...]] = {}

    def unpack(self, data: bytes) -> dict[str, Seen]:
        """Return the moments."""
        return {packed[0]: self._unpacked(*packed) for packed in pickle.loads(data)}

    def _unpacked(
        self, key: str, now_ns: int, told: tuple[Any, ...] | None, health: Any, link: Any, volatility: Any, *rest: Any
    ) -> Seen:
        volume, model, activity, trades = rest
        if told is not None:
            instrument, *facts, bids, asks, proven_bid, proven_ask = told
            instrument = self._instruments[key] = instrument or self._instruments[key]
            version, state, proof, reason, last_id, event_ns = facts
            self._views[key] = BookView(
                instrument,
                version,
                state,
                proof,
                reason,
                last_id,
                event_ns,
                _side(instrument, *bids),
                _side(instrument, *asks),
                proven_bid,
                proven_ask,
            )
        if model is not None:
            self._models[key] = model
        conditions = Conditions(volume, *self._models[key])
        return Seen(now_ns, self._views[key], health, link, volatility, conditions, activity, trades)


def _side(instrument: Instrument, ticks: np.ndarray, lots: np.ndarray) -> BookSide:
    ticks.flags.writeable = lots.flags.writeable = False
    return BookSide(instrument, ticks, lots)
