"""Watches a running feed for one examination, and turns what it saw into evidence."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import numpy as np

from fillcast.core.book import Book
from fillcast.core.events import (
    BOOK,
    EVENT_NS,
    FLAGS,
    FULL_STATE,
    KIND,
    RECV_NS,
    SENT_NS,
    SIDE,
    SNAPSHOT,
    TICKS,
    TOUCH,
    TRADES,
    UPDATE,
)
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.core.units import NS_PER_S
from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven, Listener
from fillcast.feed.feed import Feed
from fillcast.feed.reach import host_of
from fillcast.feed.settings import Settings
from fillcast.feed.statistics import Counters, Phase
from fillcast.session.doctor.evidence import (
    Asked,
    Evidence,
    FirstBook,
    Hole,
    SeenBook,
    SeenLine,
    added,
    lag_spread,
    spread,
)
from fillcast.session.doctor.telling import closed, refusals, rejections, unopened
from fillcast.venues.agreement import proven_bps
from fillcast.venues.connection import Connection
from fillcast.venues.numbering import Numbering
from fillcast.venues.protocol import Gap, Recovered

QUOTED_NOTICES: Final = 3  # of each kind, in words


@dataclass(slots=True)
class _Watched:
    """One instrument; times are monotonic nanoseconds, `updated_ns` is 0 before the first update of a socket."""

    instrument: Instrument
    book: Book
    first: FirstBook | None = None
    streamed: bool = False
    updated_ns: int = 0
    intervals: array[int] = field(default_factory=lambda: array("q"))
    buys: int = 0
    sells: int = 0
    sided: int = 0
    compared: int = 0
    touches: int = 0


@dataclass(slots=True)
class _Socket:
    """One connection: sockets opened so far, when the last was, and when its last frame came or else it opened."""

    connection: Connection
    carried: Sequence[_Watched]
    connects: int = 0
    opened_ns: int = 0
    heard_ns: int = 0
    silence_ns: int = 0


class Witness:
    """Takes notes of what a feed tells its listener; `listener` is for the feed that drives the connections.

    Parameters
    ----------
    connections
        Of one venue, not yet opened, on the reference path so that their tallies are whole.
    settings, clock
        The feed's.
    """

    def __init__(self, connections: Sequence[Connection], settings: Settings, clock: Clock) -> None:
        self.listener = Listener(self._on_frame, self._on_batch)
        self._clock = clock
        self._max_queue = settings.max_queue
        self._started_ns = clock.mono_ns()
        self._connect_ns = 0
        self._watched = {
            book.instrument.key: _Watched(book.instrument, book)
            for connection in connections
            for book in connection.books
        }
        self._sockets = {
            id(one): _Socket(one, [self._watched[instrument.key] for instrument in one.instruments])
            for one in connections
        }
        self._feed = Feed(())
        self._counters: dict[int, Counters] = {}
        self._delays, self._sent_delays = array("q"), array("q")

    def follow(self, feed: Feed) -> None:
        """Say which feed drives the connections, before it runs."""
        self._feed = feed
        self._counters = {id(client.connection): client.counters for client in feed.clients}
        self._started_ns = self._clock.mono_ns()

    def evidence(self, venue: str, rest_ns: int, asked: Asked) -> Evidence:
        """Return everything that was seen, as of now.

        Parameters
        ----------
        rest_ns
            How long the answer about the instruments took.
        asked
            How the user asked.
        """
        now_ns = self._clock.mono_ns()
        return Evidence(
            venue,
            (now_ns - self._started_ns) / NS_PER_S,
            self._line(rest_ns, now_ns),
            tuple(self._book(key, one) for key, one in self._watched.items()),
            holes(self._feed.gap_log),
            spread(np.frombuffer(self._sent_delays, np.int64)),
            lag_spread(np.frombuffer(self._delays, np.int64)),
            asked,
        )

    # What a feed tells.

    def _on_frame(self, connection: Driven) -> None:
        now_ns = self._clock.mono_ns()
        socket = self._sockets[id(connection)]
        self._note_opening(socket, now_ns)
        socket.silence_ns = max(socket.silence_ns, now_ns - socket.heard_ns)
        socket.heard_ns = now_ns
        events = connection.events
        for index in range(events.count):
            head = events.messages[index].tolist()
            one = socket.carried[head[BOOK]]
            if head[KIND] == TRADES:
                for row in events.message_rows(index).tolist():
                    note_trade(one, row[SIDE], row[TICKS])
            elif head[KIND] == TOUCH:
                one.touches += 1
            elif head[KIND] == UPDATE:
                self._note_update(one, head, now_ns)
            elif head[KIND] == SNAPSHOT:
                one.streamed = True
                if head[FLAGS] & FULL_STATE:
                    self._note_update(one, head, now_ns)

    def _on_batch(self, connection: Driven) -> None:
        now_ns = self._clock.mono_ns()
        socket = self._sockets[id(connection)]
        self._note_opening(socket, now_ns)
        for book, one in zip(socket.connection.books, socket.carried, strict=False):
            if one.first is None and book.state is BookState.LIVE:
                levels = book.count(1), book.count(-1)
                one.first = FirstBook(not one.streamed, now_ns - socket.opened_ns, levels, proven_bps(book))

    def _note_opening(self, socket: _Socket, now_ns: int) -> None:
        connects = self._counters[id(socket.connection)].connects
        if connects == socket.connects:
            return
        if not socket.connects:
            self._connect_ns = max(self._connect_ns, now_ns - self._started_ns)
        socket.connects = connects
        socket.opened_ns = socket.heard_ns = now_ns
        for one in socket.carried[: len(socket.connection.books)]:
            one.updated_ns = 0

    def _note_update(self, one: _Watched, head: list[int], now_ns: int) -> None:
        if one.updated_ns:
            one.intervals.append(now_ns - one.updated_ns)
        one.updated_ns = now_ns
        if head[EVENT_NS] > 0:
            self._delays.append(head[RECV_NS] - head[EVENT_NS])
            self._sent_delays.append(head[RECV_NS] - (head[SENT_NS] or head[EVENT_NS]))

    # Evidence.

    def _book(self, key: str, one: _Watched) -> SeenBook:
        book = one.book
        tallies = (
            socket.connection.tally(index)
            for socket in self._sockets.values()
            for index, carried in enumerate(socket.carried)
            if carried is one
        )
        return SeenBook(
            one.instrument,
            book.state,
            book.reason,
            book.proof,
            added(tallies),
            one.first,
            spread(np.frombuffer(one.intervals, np.int64)),
            one.buys,
            one.sells,
            one.sided,
            one.compared,
            one.touches,
        )

    def _line(self, rest_ns: int, now_ns: int) -> SeenLine:
        sockets, clients, counted = self._sockets.values(), self._feed.clients, self._feed.statistics()
        silences = [socket.silence_ns for socket in sockets]
        silences += [
            now_ns - self._sockets[id(client.connection)].heard_ns
            for client in clients
            if client.status.phase is Phase.OPEN and client.counters.connects
        ]
        numbered = [
            numbering
            for socket in sockets
            if isinstance(numbering := getattr(socket.connection, "numbering", None), Numbering)
        ]
        return SeenLine(
            host_of(clients[0].url),
            rest_ns,
            len(clients),
            self._connect_ns if counted.connects else None,
            unopened=tuple(unopened(clients, now_ns - self._started_ns)),
            closed=tuple(closed(clients)),
            failed_attempts=counted.failed_attempts,
            reconnects=counted.reconnects,
            frames=counted.frames,
            frame_bytes=counted.frame_bytes,
            largest_batch=counted.largest_batch,
            max_queue=self._max_queue,
            throttled=counted.throttled,
            silence_ns=max(silences, default=0),
            questions=sum(socket.connection.questions for socket in sockets),
            round_trips=spread([int(trip * NS_PER_S) for client in clients for trip in client.round_trips_s]),
            rejected=counted.rejected,
            rejections=tuple(islice(rejections(self._feed.notices), QUOTED_NOTICES)),
            refused=counted.refused,
            refusals=tuple(islice(refusals(self._feed.notices), QUOTED_NOTICES)),
            ignored=sum(socket.connection.ignored for socket in sockets),
            numbering=(sum(one.checked for one in numbered), sum(one.gaps for one in numbered)) if numbered else None,
        )


def note_trade(one: _Watched, side: int, ticks: int) -> None:
    """Count a trade; side +1: the aggressor bought. Compare its price with the mid where a LIVE book has one."""
    one.buys += side > 0
    one.sells += side < 0
    mid_ticks = one.book.mid_ticks
    if one.book.state is not BookState.LIVE or math.isnan(mid_ticks):
        return
    beyond = side * (ticks - mid_ticks)
    one.sided += beyond > 0
    one.compared += beyond != 0


def holes(log: Iterable[Gap | Recovered]) -> tuple[Hole, ...]:
    """Return the gaps of a log, each with how long it took until its book was LIVE again."""
    found: list[Hole] = []
    for entry in log:
        if isinstance(entry, Gap):
            found.append(Hole(entry))
            continue
        for index, hole in enumerate(found):
            if hole.gap.instrument == entry.instrument and hole.live_after_ns is None:
                found[index] = Hole(hole.gap, entry.at_ns - hole.gap.detected_ns)
    return tuple(found)
