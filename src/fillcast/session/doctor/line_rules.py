"""What must hold of the way to the venue: reach, signs of life, pace, answers, clocks."""

from __future__ import annotations

from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.session.doctor.evidence import Evidence
from fillcast.session.doctor.finding import Finding, broken, counted, proxy_command, watch_command
from fillcast.session.gap_words import span
from fillcast.venues.protocol import GapReason

NOTICED_OFFSET_NS = 100 * NS_PER_MS  # of a clock that is kept by NTP over the internet: far above what is usual
WRONG_OFFSET_NS = NS_PER_S  # no venue holds every update back for so long: the clock is wrong, or the book is old
NOTHING_DRIVEN_S = 1.0  # divides the frames of an examination that drove no socket: none


def reachable(evidence: Evidence) -> Finding:
    """Whether the venue answers requests and every socket opened."""
    line = evidence.line
    if line.rest_failure:
        return Finding(
            "reachable",
            False,
            f"REST gave no list of instruments in {span(line.rest_ns)}, so no socket was tried",
            "books need REST for metadata and a socket for frames",
            line.rest_failure,
            proxy_command(evidence),
        )
    found = (
        f"REST answered in {span(line.rest_ns)}, {line.sockets - len(line.unopened)} of {line.sockets} sockets opened"
    )
    if line.connect_ns is not None:
        found += f" within {span(line.connect_ns)}"
    if line.failed_attempts:
        found += f", {counted(line.failed_attempts, 'failed attempt')}"
    return Finding(
        "reachable",
        not line.unopened,
        found,
        f"books need REST for metadata and a socket to {line.host} for frames",
        "; ".join(line.unopened) or "this machine can follow the venue",
        proxy_command(evidence) if line.unopened else "",
    )


def numbering(evidence: Evidence) -> Finding | None:
    """Whether the numbers of all messages of a connection followed each other; None where there are no such numbers."""
    if evidence.line.numbering is None:
        return None
    checked, gaps = evidence.line.numbering
    return Finding(
        "connection numbering",
        None if not checked else not gaps,
        f"{checked:,} messages checked, {counted(gaps, 'gap')}",
        "every message of a connection has the number after the last one's, whatever its channel",
        "messages were lost: every book of the connection was given up" if gaps else "no message was lost",
        watch_command(evidence) if gaps else "",
    )


def heartbeat(evidence: Evidence) -> Finding:
    """Whether the venue was never silent for so long that its books are in doubt."""
    line, holes = evidence.line, evidence.holes_by(GapReason.SILENCE)
    opened = line.connect_ns is not None
    found = f"longest silence {span(line.silence_ns)}, asked {counted(line.questions, 'time')} for a sign of life"
    trips = line.round_trips
    found += (
        f", {counted(trips.count, 'pong')}, round trip {span(trips.median)} (p50), {span(trips.most)} (max)"
        if trips
        else ", no ping answered"
    )
    return Finding(
        "heartbeat",
        False if holes else True if line.frames else None,
        found if line.frames or trips else "no frame came, no ping answered" if opened else "no socket was open",
        "a venue without news answers when it is asked; a book without a sign of life is STALE",
        broken(holes) if holes else "silence here means no news" if line.frames else "nothing proves the line",
        watch_command(evidence, holes) if holes else "",
    )


def rates(evidence: Evidence) -> Finding:
    """Whether the venue's limits are those that fillcast keeps; how much comes, and how often a book changes."""
    line = evidence.line
    seconds = evidence.seconds or NOTHING_DRIVEN_S
    updates = evidence.total.updates
    found = (
        f"{line.frames / seconds:,.1f} frames/s, {updates / seconds:,.1f} updates/s, "
        f"{line.frame_bytes / seconds / 1000:,.1f} kB/s, at most {counted(line.largest_batch, 'frame')} waited"
    )
    if line.largest_batch > line.max_queue:
        found += f" (more than {line.max_queue}: reading paused)"
    for book in evidence.books:
        if book.intervals is not None:
            which = f" of {book.instrument.symbol}" if len(evidence.books) > 1 else ""
            found += f"; an update{which} every {span(book.intervals.median)} (p50), {span(book.intervals.most)} (max)"
    if line.throttled:
        found += f"; too many requests {counted(line.throttled, 'time')}"
    return Finding(
        "rates",
        False if line.throttled else True if line.frames else None,
        found if line.frames or line.throttled else "no frame came",
        "requests stay below the venue's limits, so that it refuses none for their number",
        "the venue allows fewer requests than fillcast makes, or others share this address"
        if line.throttled
        else "latencies below this pace cannot be told apart",
        watch_command(evidence) if line.throttled else "",
    )


def answers(evidence: Evidence) -> Finding:
    """Whether every frame was understood and nothing was refused."""
    line, holes = evidence.line, evidence.holes_by(GapReason.MALFORMED, GapReason.REFUSED)
    bad = bool(line.rejected or line.refused or holes)
    found = f"{line.rejected:,} of {counted(line.frames, 'frame')} rejected, {line.refused:,} refused"
    if line.ignored:
        found += f", {line.ignored:,} of other channels"
    told = (*line.rejections, *line.refusals, *([broken(holes)] if holes else []))
    return Finding(
        "understood",
        False if bad else True if line.frames else None,
        found,
        "every byte of a frame is understood or the frame is rejected; the venue takes what it is asked",
        "; ".join(told) or ("nothing was misread" if line.frames else "nothing to read"),
        watch_command(evidence, holes) if bad else "",
    )


def clock(evidence: Evidence) -> Finding:
    """How far this clock is ahead of the venue's, as far as that can be known from here.

    Receive minus send time at its minimum is the offset and the way here; the way is between nothing and the round
    trip. A pong that comes from nearer than the frames do, or frames that the venue holds after their time, make the
    offset look larger.
    """
    delays, trips = evidence.delays, evidence.line.round_trips
    why = (
        "this clock stamps what is shown and recorded; prices and latency do not rest on it: lag counts from its own "
        "minimum, latency on the venue's clock"
    )
    if delays is None or trips is None:
        missing = (
            "no update told a time" if delays is None else f"offset and way together {span(delays.least)}, no pong"
        )
        return Finding("clock", None, missing, why, "the offset cannot be told")
    half_ns = trips.least / 2
    offset_ns = delays.least - half_ns
    where = "ahead of" if offset_ns >= 0 else "behind"
    certain_ns = abs(offset_ns) - half_ns
    off = certain_ns > NOTICED_OFFSET_NS
    return Finding(
        "clock",
        certain_ns <= WRONG_OFFSET_NS,
        f"your clock is about {span(abs(offset_ns))} {where} the venue's, ±{span(half_ns)} (half a round trip) "
        "if frames leave at their stamped time",
        why,
        "as_of times are off by so much; set this clock" if off else "times here and there can be compared",
        "timedatectl status" if off else "",
    )


def lag(evidence: Evidence) -> Finding:
    """Whether frames did not come later and later."""
    holes, late = evidence.holes_by(GapReason.LAG), evidence.lag
    return Finding(
        "lag",
        False if holes else None if late is None else True,
        f"p50 {span(late.median)}, p99 {span(late.p99)}, max {span(late.most)} over the least"
        if late
        else "no update told a time",
        "a book whose frames come late is old, however fast they follow each other",
        broken(holes) if holes else "books were as new as the way allows" if late else "lateness cannot be told",
        watch_command(evidence, holes) if holes else "",
    )


def reconnects(evidence: Evidence) -> Finding:
    """Whether the sockets stayed open."""
    line, holes = evidence.line, evidence.holes_by(GapReason.DISCONNECT)
    lost = bool(line.reconnects or holes or line.closed)
    opened = line.connect_ns is not None
    found = counted(line.reconnects, "reconnect")
    if line.closed:
        found += f", {counted(len(line.closed), 'socket')} closed at the end"
    if lost:
        effect = "; ".join(([broken(holes)] if holes else []) + list(line.closed)) or "a socket was lost"
    else:
        effect = "no book was lost with a socket" if opened else "there was none to lose"
    return Finding(
        "reconnects",
        False if lost else True if opened else None,
        found if opened else "no socket was open",
        "a socket stays open; a new one means new books",
        effect,
        watch_command(evidence, holes) if lost else "",
    )
