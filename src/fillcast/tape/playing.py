"""A whole capture, played from its first input to its last."""

from __future__ import annotations

from collections.abc import Callable

from fillcast.tape.captures import Capture
from fillcast.tape.drive import Replay
from fillcast.tape.replies import Replies
from fillcast.tape.survey import Survey
from fillcast.venues.connection import Connection

SURVEY_SHARE = 1 / 3  # of the work: the first pass applies nothing
TOLD_EVERY = 256  # inputs

Progress = Callable[[float], None]


def play(
    recording: Capture, surveyed: Survey, connection: Connection, on_step: Callable[[int], None], tell: Progress
) -> Replay:
    """Play a surveyed capture into the protocol that would have received it, and return the replay at its end.

    Parameters
    ----------
    on_step
        As of `Replay`.
    tell
        Told which share of the work is done, from `SURVEY_SHARE` to 1.
    """
    unusable = frozenset((problem.path, problem.line) for problem in surveyed.problems)
    replay = Replay(connection, Replies(surveyed.dialect), on_step=on_step, unusable=unusable)
    for number, entry in enumerate(recording.inputs()):
        replay.take(entry)
        if not number % TOLD_EVERY:
            tell(SURVEY_SHARE + (1 - SURVEY_SHARE) * recording.share_read)
    return replay


def silent(share: float) -> None:
    """Tell nobody."""
