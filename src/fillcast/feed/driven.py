"""What the feed needs of a venue protocol, and who listens to the feed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from fillcast.core.book import Book
from fillcast.core.events import EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.venues.protocol import Effects, Gap, Health, Recovered, Refused, Rejected

if TYPE_CHECKING:
    from fillcast.feed.statistics import LinkStatus

Notice = Gap | Recovered | Rejected | Refused


class Driven(Protocol):
    """One connection's protocol without I/O, as `fillcast.venues` implements it.

    Every input returns the effects that the feed carries out. All times are nanoseconds: wall (UTC) and
    monotonic.
    """

    @property
    def venue(self) -> str:
        """The venue's name here."""

    @property
    def ws_path(self) -> str:
        """Path and query of the socket, appended to the venue's base URL."""

    @property
    def instruments(self) -> Sequence[Instrument]:
        """What the connection carries, in the order of its books."""

    @property
    def books(self) -> Sequence[Book]:
        """The books it owns; empty for a connection that carries trades only."""

    @property
    def events(self) -> EventBuffer:
        """What the last frame held, valid until the next input."""

    @property
    def ignored(self) -> int:
        """Frames of channels that are not followed here."""

    @property
    def dropped(self) -> int:
        """Book messages passed over because their book was broken."""

    def opened(self, wall_ns: int, mono_ns: int) -> Effects:
        """Take note that the socket is open."""

    def frame(self, data: bytes, wall_ns: int, mono_ns: int) -> Effects:
        """Take one message; never raises for what a venue can send."""

    def frame_in_steps(self, data: bytes, wall_ns: int, mono_ns: int, decoded: Callable[[], object]) -> Effects:
        """Do as `frame` does; `decoded` is called once the frame is read, before it changes a book."""

    def pong(self, wall_ns: int, mono_ns: int) -> Effects:
        """Take note of a pong of the WebSocket layer: a sign of life that carries no data."""

    def reply(self, request_id: int, status: int, body: bytes, wall_ns: int, mono_ns: int) -> Effects:
        """Take the reply to a `Fetch`; status 0 says that none came and why is the body."""

    def closed(self, reason: str, wall_ns: int, mono_ns: int) -> Effects:
        """Take note that the socket is gone."""

    def tick(self, wall_ns: int, mono_ns: int) -> Effects:
        """Take note that the time asked for by `WakeAt` has come."""

    def judge(self, wall_ns: int, mono_ns: int) -> Effects:
        """Apply the limits of silence and lag as of now.

        Called after every batch of frames and every other input, so it must be cheap.
        """

    def health(self, index: int, wall_ns: int, mono_ns: int) -> Health:
        """Return how far one book can be trusted now."""

    def ask(self, index: int, lots: int) -> None:
        """Say which size is asked of one book, so that twice as much is kept proven."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told what happens; all are called on the feed's loop and must not block it.

    An exception that one of them raises is not swallowed: it ends the feed with that error.

    Attributes
    ----------
    on_frame
        After every frame, while `connection.events` still holds it. Costs time per frame: None where not
        needed.
    on_batch
        After every batch of frames, and after every other input (reply, tick, loss) that may have changed a
        book.
    on_notice
        For every gap, recovery, rejected frame and refusal, with the connection that told it.
    on_link
        When a connection stands otherwise than before: connecting, open, waiting, closed.
    """

    on_frame: Callable[[Driven], None] | None = None
    on_batch: Callable[[Driven], None] | None = None
    on_notice: Callable[[Driven, Notice], None] | None = None
    on_link: Callable[[LinkStatus], None] | None = None
