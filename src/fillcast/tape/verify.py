"""Rebuild every book of a capture by the code that runs live, and say what was found wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.tape.captures import Capture, LineProblem
from fillcast.tape.drive import Replay
from fillcast.tape.survey import Survey, survey
from fillcast.venues.connection import Connection
from fillcast.venues.protocol import Gap, GapReason, Rejected
from fillcast.venues.slots import Tally

# A book that was only late is right all the same; the time it was not LIVE shows in its coverage.
LATE = frozenset({GapReason.SILENCE, GapReason.LAG})
KEPT_GAPS = 1000
KEPT_REJECTIONS = 10
STEP_BACK_LIMIT_NS = 1_000_000_000  # a recorder's clock that is set does not go back further

Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one instrument.

    Attributes
    ----------
    counts
        The protocol's own: snapshots, updates, trades, checks and what they found.
    coverage
        Share of the capture's span for which the book was LIVE, 0 to 1.
    best_bid, best_ask
        As the venue writes them; None on an empty side.
    gaps
        The holes, in order.
    """

    instrument: Instrument
    counts: Tally
    state: BookState
    reason: str
    proof: str
    coverage: float
    best_bid: str | None
    best_ask: str | None
    gaps: tuple[Gap, ...]

    @property
    def has_book(self) -> bool:
        """Whether the capture holds book messages of it, and not trades alone."""
        return self.counts.snapshots + self.counts.updates > 0

    def complaints(self) -> list[str]:
        """Return what is wrong with it, one sentence each; none when it is proven right throughout."""
        key, counts = self.instrument.key, self.counts
        if not self.has_book:
            return []
        found: list[str] = []
        for gap in self.gaps:
            if gap.reason not in LATE:
                found.append(f"{key}: {gap.reason} gap, {gap.detail}")
        if self.state not in (BookState.LIVE, BookState.STALE):
            found.append(f"{key}: ends {self.state.name} ({self.reason or 'no data'})")
        if counts.checksums_matched != counts.checksums_checked:
            missed = counts.checksums_checked - counts.checksums_matched
            found.append(f"{key}: {missed} of {counts.checksums_checked} checksums do not match")
        if counts.touches_matched != counts.touches_checked:
            missed = counts.touches_checked - counts.touches_matched
            found.append(f"{key}: {missed} of {counts.touches_checked} best bid and ask messages do not match")
        return found


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of `verify`.

    Attributes
    ----------
    capture
        The files that were read.
    venue, dialect
        As detected.
    frames, rejected_frames
        Frames played, and those of them that could not be understood.
    span_ns
        From the first input to the last.
    problems, problem_count
        The first lines that hold no captured input, and how many there were.
    rejections
        Why frames were not understood, the first few.
    step_back_ns
        How far receive times went back at most.
    """

    capture: str
    venue: str
    dialect: str
    frames: int
    rejected_frames: int
    span_ns: int
    instruments: tuple[Found, ...]
    problems: tuple[LineProblem, ...]
    problem_count: int
    rejections: tuple[str, ...]
    step_back_ns: int = 0

    @property
    def complaints(self) -> list[str]:
        """What is wrong, one sentence each, worst detail first; empty when the capture is sound."""
        found = [sentence for one in self.instruments for sentence in one.complaints()]
        if not any(one.has_book for one in self.instruments):
            found.append("it holds no book")
        if self.rejected_frames:
            found.append(f"{self.rejected_frames} frames could not be understood: {self.rejections[0]}")
        found += [f"{problem}" for problem in self.problems if not problem.at_end]
        if self.step_back_ns > STEP_BACK_LIMIT_NS:
            seconds = self.step_back_ns / 1e9
            found.append(f"receive times go back by {seconds:.1f} s: are the files named in the order of their times?")
        return found

    @property
    def sound(self) -> bool:
        """Every book was proven right from its first snapshot to the end, and every line was understood."""
        return not self.complaints

    def to_json(self) -> dict[str, Any]:
        """Return the plain values that `verify --json` prints."""
        return {
            "capture": self.capture,
            "venue": self.venue,
            "dialect": self.dialect,
            "frames": self.frames,
            "rejected_frames": self.rejected_frames,
            "sound": self.sound,
            "complaints": self.complaints,
            "seconds": self.span_ns / 1e9,
            "unread_lines": self.problem_count,
            "problems": [str(problem) for problem in self.problems],
            "instruments": [_found_json(one) for one in self.instruments],
        }


def verify(capture: str | Path | Sequence[str | Path], *, progress: Progress | None = None) -> Verification:
    """Rebuild every book of a capture and check it by every means that its venue gives.

    Parameters
    ----------
    capture
        One file, or several that are one stream in this order.
    progress
        Told now and then which share of the work is done, 0 to 1.

    Raises
    ------
    CaptureError
        When a file cannot be read or holds frames of no venue that is known here.
    """
    paths = [capture] if isinstance(capture, str | Path) else list(capture)
    recording = Capture(paths)
    tell = progress or _silent
    surveyed = survey(recording, lambda share: tell(share / 3))
    connection = surveyed.connection()
    span = LiveTime(connection.books)
    replay = Replay(connection, on_step=span.step)
    for number, entry in enumerate(recording.inputs()):
        replay.take(entry)
        if not number % 256:
            tell(1 / 3 + 2 / 3 * recording.share_read)
    tell(1.0)
    return _result(recording, surveyed, connection, replay, span)


class LiveTime:
    """For how long each book was LIVE, told after every step of a replay."""

    def __init__(self, books: Sequence[Book]) -> None:
        self._books = books
        self._live = [False] * len(books)
        self.live_ns = [0] * len(books)
        self.first_ns = self.last_ns = 0

    def step(self, now_ns: int) -> None:
        """Take note of the states as they are from now on."""
        self.first_ns = self.first_ns or now_ns
        elapsed_ns = now_ns - self.last_ns if self.last_ns else 0
        self.last_ns = now_ns or self.last_ns
        for index, book in enumerate(self._books):
            if self._live[index]:
                self.live_ns[index] += elapsed_ns
            self._live[index] = book.state is BookState.LIVE

    @property
    def span_ns(self) -> int:
        """From the first step to the last."""
        return self.last_ns - self.first_ns

    def coverage(self, index: int) -> float:
        """Return the share of the span for which a book was LIVE; that of its end where the span is nothing."""
        return self.live_ns[index] / self.span_ns if self.span_ns > 0 else float(self._live[index])


def _result(
    recording: Capture, surveyed: Survey, connection: Connection, replay: Replay, span: LiveTime
) -> Verification:
    gaps: dict[str, list[Gap]] = {}
    rejections: list[str] = []
    for notice in replay.notices:
        if isinstance(notice, Gap):
            gaps.setdefault(notice.instrument, []).append(notice)
        elif isinstance(notice, Rejected):
            rejections.append(f"{notice.reason} ({notice.excerpt[:60]!r})")
    found = tuple(
        _found(surveyed, connection, index, tuple(gaps.get(book.instrument.key, ())), span.coverage(index))
        for index, book in enumerate(connection.books)
    )
    return Verification(
        recording.name,
        connection.venue,
        surveyed.dialect,
        replay.frames,
        connection.rejected,
        span.span_ns,
        found,
        tuple(recording.problems),
        recording.problem_count,
        tuple(rejections[:KEPT_REJECTIONS]),
        replay.clock.longest_step_back_ns,
    )


def _found(surveyed: Survey, connection: Connection, index: int, gaps: tuple[Gap, ...], coverage: float) -> Found:
    book = connection.books[index]
    return Found(
        book.instrument,
        connection.tally(index),
        book.state,
        book.reason,
        str(book.proof),
        coverage,
        surveyed.price_text(book.instrument, book.best_bid_ticks),
        surveyed.price_text(book.instrument, book.best_ask_ticks),
        gaps[:KEPT_GAPS],
    )


def _found_json(found: Found) -> dict[str, Any]:
    counts = found.counts
    return {
        "instrument": found.instrument.key,
        "snapshots": counts.snapshots,
        "bridged": counts.bridged,
        "updates": counts.updates,
        "trades": counts.trades,
        "checksums": {"matched": counts.checksums_matched, "checked": counts.checksums_checked},
        "sequence": {
            "checked": counts.sequence_checked,
            "gaps": sum(gap.reason is GapReason.SEQUENCE for gap in found.gaps),
        },
        "touch": {"equal": counts.touches_matched, "compared": counts.touches_checked},
        "crossed": counts.crossed,
        "state": found.state.name,
        "reason": found.reason or None,
        "coverage": round(found.coverage, 6),
        "proof": found.proof,
        "best_bid": found.best_bid,
        "best_ask": found.best_ask,
        "scale": "inferred" if found.instrument.scale_inferred else "stated",
        "gap_records": [
            {
                "reason": str(gap.reason),
                "start_ns": gap.start_ns,
                "detected_ns": gap.detected_ns,
                "loss": gap.loss,
                "detail": gap.detail,
            }
            for gap in found.gaps
        ],
    }


def _silent(share: float) -> None:
    pass
