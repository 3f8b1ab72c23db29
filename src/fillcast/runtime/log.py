"""Logs of what changes: for people on stderr, as JSON lines in a file. Nothing is set for the whole process.

Values stay values until they are written. Text that came from outside is written with its control characters escaped,
so that no venue can move a reader's cursor or forge a line.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, TextIO

from fillcast.errors import UsageError

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger

STDERR: Final = "-"
HEAD: Final = ("at", "level", "event")

current_log: ContextVar[FilteringBoundLogger | None] = ContextVar("current_log", default=None)
"""The log of sessions that are opened without one of their own; None: they write none."""


def log_to(stream: TextIO, *, as_json: bool) -> FilteringBoundLogger:
    """Return a log that writes one line per event to a text stream, at once."""
    import structlog  # as long to load as a venue takes to answer, and seldom asked for

    written = structlog.processors.JSONRenderer(ensure_ascii=True) if as_json else _line
    log: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            _ordered,
            written,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    )
    return log.bind()


@contextmanager
def opened_log(target: str) -> Iterator[FilteringBoundLogger]:
    """Open the log that a user names and make it the current one.

    `-` is stderr, in words; anything else a file, to which JSON lines are added.

    Raises
    ------
    UsageError
        When the file cannot be written.
    """
    with ExitStack() as stack:
        if target == STDERR:
            log = log_to(sys.stderr, as_json=False)
        else:
            try:
                stream = stack.enter_context(open(target, "a", encoding="utf-8"))
            except OSError as error:
                why = f"the log {target!r} cannot be written: {error.strerror}"
                raise UsageError(f"{why}; name a file, or - for stderr") from None
            log = log_to(stream, as_json=True)
        before = current_log.set(log)
        try:
            yield log
        finally:
            current_log.reset(before)


def _ordered(_logger: object, _method: str, event: EventDict) -> EventDict:
    """Put first what every line has."""
    return {name: event.pop(name) for name in HEAD} | dict(event)


def _line(_logger: object, _method: str, event: EventDict) -> str:
    """Return an event in words: time, level, what, and the rest as names and values."""
    at, level, what = (event.pop(name) for name in HEAD)
    rest = " ".join(f"{name}={_plain(value)}" for name, value in event.items())
    return f"{at} {level:<7} {what:<10} {rest}"


def _plain(value: object) -> str:
    text = value if isinstance(value, str) else str(value)
    return repr(text) if " " in text or not text.isprintable() or not text else text
