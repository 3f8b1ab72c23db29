"""Rebuild every book of a capture by the code that runs live, and say what was found wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.errors import CaptureError
from fillcast.tape.captures import Capture, LineProblem
from fillcast.tape.drive import Replay
from fillcast.tape.playing import SURVEY_SHARE, Progress, play, silent
from fillcast.tape.survey import Survey, survey
from fillcast.tape.watch import Watch
from fillcast.venues.connection import Connection
from fillcast.venues.numbering import Numbering
from fillcast.venues.protocol import Gap, GapReason
from fillcast.venues.slots import Tally

# A book that was only late is right all the same; the time it was not LIVE shows in its coverage.
LATE = frozenset({GapReason.SILENCE, GapReason.LAG})
KEPT_GAPS = 1000
STEP_BACK_LIMIT_NS = 1_000_000_000  # a recorder's clock that is set does not go back further

CONTINUES = "if the recording continues another file, name that one before it"


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
    was_live
        The book was LIVE at some time.
    recorded_updates
        Book updates in the capture, whether the protocol could use them or not.
    early_updates
        Those of them that came before the first book, which only the stream sends.
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
    was_live: bool
    recorded_updates: int
    early_updates: int

    @property
    def has_book(self) -> bool:
        """Whether the capture holds book messages of it, and not trades alone."""
        return self.counts.snapshots + self.recorded_updates > 0

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
            absent = not self.was_live and self.state is not BookState.BROKEN
            if absent and self.recorded_updates:
                why = f", {self.recorded_updates:,} updates without a first book that they join: {CONTINUES}"
            else:
                why = f" ({self.reason or 'no data'})"
            found.append(f"{key}: ends {self.state.name}{why}")
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
    replies
        REST replies among the lines.
    span_ns
        From the first input to the last.
    problems, problem_count
        The first lines that hold no captured input, and how many there were.
    rejections
        Where frames stand that were not understood, and why: the first few.
    step_back_ns
        How far receive times went back at most.
    mixed
        Which other dialects have book messages in the recording, one sentence each.
    connection_sequence
        Messages whose number was compared with the one before it on the connection, whatever their channel, and those
        of them that did not follow; None where the venue does not number a connection's messages.
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
    step_back_ns: int
    replies: int
    mixed: tuple[str, ...] = ()
    connection_sequence: tuple[int, int] | None = None

    @property
    def notes(self) -> list[str]:
        """What is left out without being wrong, one sentence each."""
        return [
            f"{one.instrument.key}: {one.early_updates:,} updates before its first snapshot are in no book"
            for one in self.instruments
            if one.early_updates and one.was_live
        ]

    @property
    def complaints(self) -> list[str]:
        """What is wrong, one sentence each, worst detail first; empty when the capture is sound."""
        found = [*self.mixed, *(sentence for one in self.instruments for sentence in one.complaints())]
        if not any(one.has_book for one in self.instruments):
            found.append("it holds no book")
        if self.rejected_frames:
            frames = "frame" if self.rejected_frames == 1 else "frames"
            found.append(f"{self.rejected_frames} {frames} could not be understood: {self.rejections[0]}")
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
        plain: dict[str, Any] = {
            "capture": self.capture,
            "venue": self.venue,
            "dialect": self.dialect,
            "frames": self.frames,
            "rejected_frames": self.rejected_frames,
            "rejections": list(self.rejections),
            "replies": self.replies,
            "sound": self.sound,
            "complaints": self.complaints,
            "notes": self.notes,
            "seconds": self.span_ns / 1e9,
            "unread_lines": self.problem_count,
            "problems": [str(problem) for problem in self.problems],
            "instruments": [_found_json(one) for one in self.instruments],
        }
        if self.connection_sequence is not None:
            checked, gaps = self.connection_sequence
            plain["connection_sequence"] = {"checked": checked, "gaps": gaps}
        return plain


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
        When a file cannot be read, holds frames of no venue that is known here, or needs more memory than there is.
    """
    recording = Capture([capture] if isinstance(capture, str | Path) else list(capture))
    try:
        return _verify(recording, progress or silent)
    except MemoryError:
        raise CaptureError(f"{recording.name}: there is too little memory to verify it") from None


def _verify(recording: Capture, tell: Progress) -> Verification:
    surveyed = survey(recording, lambda share: tell(share * SURVEY_SHARE))
    connection = surveyed.connection()
    watch = Watch(connection)
    replay = play(recording, surveyed, connection, watch.step, tell)
    tell(1.0)
    return _result(recording, surveyed, connection, replay, watch)


def _result(recording: Capture, surveyed: Survey, connection: Connection, replay: Replay, watch: Watch) -> Verification:
    # Before its first book an instrument has nothing that could have a hole: that is told by `complaints`, `notes`.
    holes = [one for one in replay.notices if isinstance(one, Gap) and one.reason is not GapReason.SNAPSHOT_MISSING]
    gaps: dict[str, list[Gap]] = {}
    for gap in sorted(holes + watch.gaps, key=lambda gap: gap.detected_ns):
        gaps.setdefault(gap.instrument, []).append(gap)
    found = tuple(
        _found(surveyed, connection, index, watch, tuple(gaps.get(book.instrument.key, ())))
        for index, book in enumerate(connection.books)
    )
    numbering = getattr(connection, "numbering", None)
    return Verification(
        recording.name,
        connection.venue,
        surveyed.dialect.name,
        replay.frames,
        connection.rejected,
        watch.span_ns,
        found,
        (*recording.problems, *surveyed.problems),
        recording.problem_count + len(surveyed.problems),
        tuple(replay.rejections),
        replay.clock.longest_step_back_ns,
        replay.reply_count,
        surveyed.mixed,
        (numbering.checked, numbering.gaps) if isinstance(numbering, Numbering) else None,
    )


def _found(surveyed: Survey, connection: Connection, index: int, watch: Watch, gaps: tuple[Gap, ...]) -> Found:
    book = connection.books[index]
    symbol = surveyed.symbols[book.instrument.symbol]
    return Found(
        book.instrument,
        connection.tally(index),
        book.state,
        book.reason,
        str(book.proof),
        watch.coverage(index),
        surveyed.price_text(book.instrument, book.best_bid_ticks),
        surveyed.price_text(book.instrument, book.best_ask_ticks),
        gaps[:KEPT_GAPS],
        watch.was_live(index),
        symbol.updates,
        symbol.early_updates if symbol.has_first_book else 0,
    )


def _found_json(found: Found) -> dict[str, Any]:
    counts = found.counts
    return {
        "instrument": found.instrument.key,
        "snapshots": counts.snapshots,
        "bridged": counts.bridged,
        "updates": counts.updates,
        "early_updates": found.early_updates,
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
