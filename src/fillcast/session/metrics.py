"""What a session counts, as metrics: read from where it is counted when somebody asks, and never before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields

from fillcast.core.state import BookState
from fillcast.core.units import NS_PER_S
from fillcast.feed.client import Client
from fillcast.feed.statistics import Counters, Phase
from fillcast.runtime.exposition import Durations, Family, Kind, text
from fillcast.session.session import Session

Values = dict[tuple[str, ...], float]

BY_CONNECTION = ("venue", "connection")
BY_INSTRUMENT = ("venue", "instrument")

COUNTED = {
    "frames": "Frames received and handed to the protocol.",
    "frame_bytes": "Bytes of those frames.",
    "batches": "Times that the receiving loop found frames.",
    "connects": "Handshakes that succeeded.",
    "reconnects": "Handshakes that succeeded after the first.",
    "failed_attempts": "Handshakes that failed.",
    "gaps": "Times that a book stopped being proven right.",
    "recoveries": "Gaps that ended.",
    "rejected": "Frames that could not be understood.",
    "refused": "Refusals of the venue.",
    "sent": "Messages sent.",
    "fetches": "REST requests made.",
    "failed_fetches": "REST requests that failed.",
}
HIGHEST = {"largest_batch": "The most frames that the receiving loop found at once."}


def metrics(session: Session) -> list[Family | Durations]:
    """Return all metrics of a session, as of now."""
    return [*_connections(session), *_books(session), *_answers(session)]


def metrics_text(session: Session) -> str:
    """Return all metrics of a session, as of now, as the text that Prometheus scrapes."""
    return text(metrics(session))


def _connections(session: Session) -> Iterator[Family]:
    clients = session.feed.clients

    def family(name: str, kind: Kind, about: str, value: Callable[[Client], float]) -> Family:
        values: Values = {(client.connection.venue, client.name): value(client) for client in clients}
        return Family(f"fillcast_{name}", kind, about, BY_CONNECTION, values)

    for field in fields(Counters):
        about, kind = (COUNTED | HIGHEST)[field.name], Kind.GAUGE if field.name in HIGHEST else Kind.COUNTER
        yield family(field.name, kind, about, lambda client, name=field.name: getattr(client.counters, name))  # type: ignore[misc]
    yield family("ignored", Kind.COUNTER, "Frames of channels not followed.", lambda one: one.connection.ignored)
    about = "Book messages passed over because their book was broken."
    yield family("dropped", Kind.COUNTER, about, lambda one: one.connection.dropped)
    yield family("queue_frames", Kind.GAUGE, "Frames received that wait for their turn.", lambda one: one.queue)
    about = "1 while the connection is open."
    yield family("connection_open", Kind.GAUGE, about, lambda one: one.status.phase is Phase.OPEN)
    statistics = session.feed.statistics()
    about = "Times that a REST request waited for the venue's limit."
    yield Family("fillcast_throttled", Kind.COUNTER, about, (), {(): statistics.throttled})


def _books(session: Session) -> Iterator[Family]:
    keys = list(session.instruments)
    healths = {key: session.health(key) for key in keys}

    def family(name: str, kind: Kind, about: str, value: Callable[[str], float]) -> Family:
        values: Values = {(session.instruments[key].venue, session.instruments[key].symbol): value(key) for key in keys}
        return Family(f"fillcast_{name}", kind, about, BY_INSTRUMENT, values)

    counter, gauge = Kind.COUNTER, Kind.GAUGE
    yield family("levels", counter, "Levels set or removed in a book.", lambda key: session.book(key).levels_applied)
    yield family("book_changes", counter, "Changes of a book.", lambda key: session.book(key).version)
    yield family("trades", counter, "Trades seen.", lambda key: session.activity(key).trades)
    about = "1 while the book is proven right and current."
    yield family("book_live", gauge, about, lambda key: healths[key].state is BookState.LIVE)
    about = "Since the last sign of life of the book's connection."
    yield family("book_age_seconds", gauge, about, lambda key: healths[key].age_ns / NS_PER_S)
    about = "How much later than at best frames arrive."
    yield family("book_lag_seconds", gauge, about, lambda key: healths[key].lag_ns / NS_PER_S)


def _answers(session: Session) -> Iterator[Family | Durations]:
    vitals = session.vitals()
    outcomes: Values = {("given",): vitals.forecasts_given, ("refused",): vitals.forecasts_refused}
    yield Family("fillcast_forecasts", Kind.COUNTER, "Forecasts asked for.", ("outcome",), outcomes)
    about = "What each stage takes: one frame in 64, every forecast."
    yield Durations("fillcast_stage_seconds", about, "stage", session.feed.stages.histograms)
    usage = vitals.usage
    about = "Processor time of this process, user and system."
    yield Family("process_cpu_seconds", Kind.COUNTER, about, (), {(): usage.cpu_s})
    about = "Resident memory of this process."
    yield Family("process_resident_memory_bytes", Kind.GAUGE, about, (), {(): usage.memory_bytes})
