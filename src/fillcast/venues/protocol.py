"""What goes in and out of a venue protocol: effects for the shell to carry out, notices for people to see."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from fillcast.core.state import BookState, Proof


@dataclass(frozen=True, slots=True)
class Send:
    """Send one text frame. `weight` counts against the venue's limit of control messages."""

    text: str
    weight: int = 1


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch a path from the venue's REST host and hand the reply to `Connection.reply(request_id, ...)`.

    `weight` counts against the venue's REST limit; `not_before_ns` (monotonic) spaces out repeats.
    """

    request_id: int
    path: str
    weight: int
    purpose: str
    not_before_ns: int = 0


@dataclass(frozen=True, slots=True)
class Reconnect:
    """Close the socket and open a new one: the connection cannot be trusted any more."""

    reason: str


@dataclass(frozen=True, slots=True)
class WakeAt:
    """Call `tick` at or soon after this monotonic time. A later WakeAt replaces an earlier one."""

    mono_ns: int


class GapReason(StrEnum):
    """Why a book stopped being proven right."""

    SEQUENCE = "sequence"  # an id that does not follow the last one
    CHECKSUM = "checksum"
    CROSSED = "crossed"  # best bid >= best ask after a whole frame
    MALFORMED = "malformed"  # a frame that may have held a book change and could not be read
    OFF_GRID = "off_grid"  # a price or size that the instrument's grids cannot hold
    DISCONNECT = "disconnect"
    SILENCE = "silence"  # no proof of life for too long
    LAG = "lag"  # frames arrive later and later
    SNAPSHOT_MISSING = "snapshot_missing"  # the first book did not come in time
    SNAPSHOT_MISMATCH = "snapshot_mismatch"  # a fresh snapshot disagrees with the book at the same id
    REFUSED = "refused"  # the venue refused the subscription
    TOUCH = "touch"  # the venue's best bid and ask differ from the book at the same id


@dataclass(frozen=True, slots=True)
class Gap:
    """A hole in what is known of one instrument, as a value for people and records.

    Attributes
    ----------
    instrument
        `venue:symbol`.
    start_ns
        Wall time of the last frame that was right.
    detected_ns
        Wall time at which the hole was seen.
    reason, detail
        Kind of hole, and one sentence with the figures that showed it.
    loss
        How many updates were lost where the venue's ids tell, else None: unknowable.
    """

    instrument: str
    start_ns: int
    detected_ns: int
    reason: GapReason
    detail: str
    loss: int | None = None


@dataclass(frozen=True, slots=True)
class Recovered:
    """A book is LIVE again by the venue's own rule. Names the gap that it ends."""

    instrument: str
    gap: Gap
    at_ns: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A frame that could not be understood: counted, shown, and nothing of it applied."""

    reason: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue refused a request or subscription, in its own words."""

    instrument: str | None
    code: str
    message: str


Effect = Send | Fetch | Reconnect | WakeAt | Gap | Recovered | Rejected | Refused
Effects = tuple[Effect, ...]
NOTHING: Effects = ()


@dataclass(frozen=True, slots=True)
class Health:
    """How far a book can be trusted at one moment.

    `age_ns` counts from the last proof of life of the connection (frame, keep-alive, pong), `last_change_ns` from the
    last change of this book; both on the monotonic clock. `lag_ns` is receive minus event time over its rolling
    minimum, so that clocks that run apart cancel.
    """

    state: BookState
    reason: str
    proof: Proof
    age_ns: int
    last_change_ns: int
    lag_ns: int
