"""What must hold of every book: how it begins, what proves it, and what trades in it."""

from __future__ import annotations

import math
from typing import Final

from fillcast.session.doctor.evidence import Evidence, FirstBook
from fillcast.session.doctor.finding import Finding, broken, command, counted, longer_command, watch_command
from fillcast.session.gap_words import span
from fillcast.venues.protocol import GapReason

# Of trades on their aggressor's side of the mid. Recordings of ten markets have 0.60 to 1.00 of them (0.94 to 0.995 in
# those of thousands): a book that is told before the trade has moved on already. The wrong aggressor has the rest.
SIDED_AT_LEAST: Final = 0.5
SIDED_AT_MOST: Final = 1 / 3
TRADES_TO_JUDGE: Final = 20  # the shares above come from so many or more


def instruments(evidence: Evidence) -> Finding:
    """Whether every level is on the grid that the venue lists."""
    holes = evidence.holes_by(GapReason.OFF_GRID)
    listed = [
        f"{one.symbol}: tick {one.tick:f}, lot {one.lot:f}" for one in (book.instrument for book in evidence.books)
    ]
    levels = evidence.total.snapshots + evidence.total.updates
    return Finding(
        "instruments",
        False if holes else True if levels else None,
        "; ".join(listed) or "none is known: the venue did not list them",
        "books count whole ticks and lots, of the size that the venue's listing states",
        broken(holes) if holes else "every level was on this grid" if levels else "no level came to compare with it",
        command(evidence, "instruments", evidence.venue) if holes else "",
    )


def first_book(evidence: Evidence) -> Finding:
    """Whether every book was LIVE at least once, and by which way it came."""
    missing = [book for book in evidence.books if book.first is None]
    first = [(book.instrument.symbol, book.first) for book in evidence.books if book.first is not None]
    found = [_began(one) if len(evidence.books) == 1 else f"{symbol} {_began(one)}" for symbol, one in first]
    for book in missing:
        reason = f" ({book.reason})" if book.reason else ""
        found.append(f"{book.instrument.key} was never LIVE: {book.state.name}{reason}")
    if not evidence.books:
        effect = "there is no book to judge"
    else:
        effect = "there is no forecast without it" if missing else "orders are priced as far as it is proven"
    return Finding(
        "first book",
        not missing if evidence.books else None,
        "; ".join(found) or "no instrument was followed",
        "a book begins with a whole snapshot, from the stream or from REST joined to it by the venue's own rule",
        effect,
        longer_command(evidence, missing[0].instrument.symbol) if missing else "",
    )


def fresh_snapshot(evidence: Evidence) -> Finding:
    """Whether a second snapshot from REST was the book at the same id."""
    holes, agreed = evidence.holes_by(GapReason.SNAPSHOT_MISMATCH), evidence.total.refreshes
    compared = agreed + len(holes)
    if holes:
        effect = broken(holes)
    elif agreed:
        effect = "the updates up to then kept the book right"
    else:
        effect = (
            "nothing is known against the book: a second one is only fetched when the first no longer proves enough of "
            "it, or now and then where a checksum covers the top alone; most short looks see none"
        )
    return Finding(
        "fresh snapshot",
        False if holes else True if agreed else None,
        f"{agreed:,} of {compared:,} later REST snapshots equalled the book"
        if compared
        else "no later REST snapshot was fetched to compare the book with",
        "a book that was kept from updates equals a later REST snapshot of it",
        effect,
        watch_command(evidence, holes) if holes else "",
    )


def sequence(evidence: Evidence) -> Finding:
    """Whether every update followed the one before it."""
    holes, tally = evidence.holes_by(GapReason.SEQUENCE), evidence.total
    seen = tally.sequence_checked > 0
    if not seen and not holes:
        found = "the updates carry no ids" if tally.updates else "no update came"
    else:
        found = (
            f"{tally.sequence_checked:,} followed, {counted(len(holes), 'gap')}, {counted(tally.resets, 'reset')}, "
            f"{counted(tally.duplicates, 'duplicate')}"
        )
    losses = [hole.gap.loss for hole in holes]
    if holes:
        known = [loss for loss in losses if loss is not None]
        found += f", {counted(sum(known), 'update')} lost" if len(known) == len(losses) else ", loss unknowable"
    return Finding(
        "sequence",
        False if holes else True if seen else None,
        found,
        "each update names the one before it, by the venue's own rule, so that a lost one is noticed",
        broken(holes) if holes else "no update was lost" if seen else "something else must prove the book",
        watch_command(evidence, holes) if holes else "",
    )


def checksum(evidence: Evidence) -> Finding:
    """Whether every checksum of the venue was that of the book."""
    holes, tally = evidence.holes_by(GapReason.CHECKSUM), evidence.total
    checked, matched = tally.checksums_checked, tally.checksums_matched
    return Finding(
        "checksum",
        False if holes else True if checked else None,
        f"{matched:,} of {checked:,} matched" if checked else "the venue sent none",
        "where the venue sends a checksum, it is that of the book after the update",
        broken(holes) if holes else "the book is the venue's own" if checked else "ids or the transport prove the book",
        watch_command(evidence, holes) if holes else "",
    )


def touch(evidence: Evidence) -> Finding:
    """Whether the venue's own best bid and ask were those of the book at the same id."""
    holes, tally = evidence.holes_by(GapReason.TOUCH), evidence.total
    checked, matched = tally.touches_checked, tally.touches_matched
    came = sum(book.touches for book in evidence.books)
    if checked:
        found = f"{matched:,} of {checked:,} equal to the top of the book"
        effect = broken(holes) if holes else "the top of the book is the venue's own"
    elif came:
        found = f"{counted(came, 'message')} came, none with the id of a state that the book was in"
        effect = "they could not be compared, which says nothing against the book"
    else:
        found = "the venue sent no message with its best bid and ask alone"
        effect = "the book has its own best bid and ask, and was not compared with another source of them"
    return Finding(
        "best bid and ask",
        False if holes else True if checked else None,
        found,
        "what the venue sends as its best bid and ask is the top of the book at the same id",
        effect,
        watch_command(evidence, holes) if holes else "",
    )


def crossed(evidence: Evidence) -> Finding:
    """Whether the best bid stayed below the best ask."""
    holes, tally = evidence.holes_by(GapReason.CROSSED), evidence.total
    changes = tally.snapshots + tally.updates
    found = f"{tally.crossed:,} of {counted(changes, 'change')} crossed the book" if changes else "no level came"
    return Finding(
        "not crossed",
        False if holes else True if changes else None,
        found,
        "after a whole message the best bid is below the best ask",
        broken(holes) if holes else "no sign of a lost or wrong level" if changes else "nothing to judge",
        watch_command(evidence, holes) if holes else "",
    )


def trades(evidence: Evidence) -> Finding:
    """Whether trades come, with the right aggressor."""
    buys, sells = (sum(getattr(book, side) for book in evidence.books) for side in ("buys", "sells"))
    sided, compared = (sum(getattr(book, count) for book in evidence.books) for count in ("sided", "compared"))
    held = _aggressor_held(sided, compared)
    found = f"{buys:,} bought, {sells:,} sold" if buys or sells else "none came"
    if compared:
        found += f"; {sided:,} of {compared:,} on their aggressor's side of the mid"
    if held is None:
        effect = (
            "the aggressor cannot be judged by these" if buys or sells else "nothing traded, or the channel is silent"
        )
    else:
        effect = "volume by side can be used" if held else "the aggressor is probably the other side"
    return Finding(
        "trades", held, found, "buyers pay more than the mid and sellers less: the side is the taker's", effect
    )


def _aggressor_held(sided: int, compared: int) -> bool | None:
    if compared < TRADES_TO_JUDGE or SIDED_AT_MOST * compared < sided < SIDED_AT_LEAST * compared:
        return None
    return sided >= SIDED_AT_LEAST * compared


def _began(one: FirstBook) -> str:
    source = "REST, joined to the stream," if one.from_rest else "the stream"
    bids, asks = one.levels
    return f"from {source} after {span(one.after_ns)}, {bids:,} bids and {asks:,} asks, {_reach(one.proven_bps)}"


def _reach(proven_bps: tuple[float, float]) -> str:
    least = min(proven_bps)
    return "proven whole" if math.isinf(least) else f"proven to {least:,.2f} bps"
