"""fillcast's own feed on the same exchange as another client, for ``ccxt_lab``."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from benchmarks.observation import Levels, Observation, Observe
from fillcast.core.book import Book
from fillcast.core.events import BOOK, SNAPSHOT, UPDATE
from fillcast.core.events import KIND as EVENT_KIND
from fillcast.core.state import BookState
from fillcast.feed.driven import Driven, Listener
from fillcast.session.opening import watch

BIDS, ASKS = 1, -1


async def follow(endpoint: str, symbols: Mapping[str, str], depth: int, observe: Observe) -> None:
    """Follow one symbol of each venue at ``endpoint`` and tell every state of a LIVE book, until cancelled."""

    def on_frame(connection: Driven) -> None:
        messages = connection.events.messages[: connection.events.count]
        for index in {int(each[BOOK]) for each in messages if each[EVENT_KIND] in (SNAPSHOT, UPDATE)}:
            book = connection.books[index]
            if book.state is BookState.LIVE:
                observe(
                    Observation(
                        *(book.instrument.venue, book.instrument.symbol, book.last_id),
                        *(_levels(book, BIDS, depth), _levels(book, ASKS, depth)),
                    )
                )

    keys = [f"{venue}:{symbol}" for venue, symbol in symbols.items()]
    endpoints = dict.fromkeys(symbols, endpoint)
    async with watch(keys, endpoints=endpoints, listener=Listener(on_frame=on_frame)):
        await asyncio.Event().wait()


def _levels(book: Book, side: int, depth: int) -> Levels:
    ticks, lots = book.levels(side, depth)
    instrument = book.instrument
    pairs = zip(ticks.tolist(), lots.tolist(), strict=True)
    return tuple((instrument.price(price), instrument.size(size)) for price, size in pairs)
