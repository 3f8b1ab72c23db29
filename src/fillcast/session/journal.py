"""One line of log for every change of state of a session, and none for a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fillcast.core.book import Book
from fillcast.core.state import BookState
from fillcast.core.units import NS_PER_S
from fillcast.feed.driven import Driven, Listener, Notice
from fillcast.feed.statistics import LinkStatus, Phase
from fillcast.venues.protocol import Gap, Recovered, Refused, Rejected

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

WORRYING = (Phase.WAITING,)


class Journal:
    """Writes what happens to the connections and books of a session.

    A frame that is rejected breaks its book, and that is told. Of the rejections themselves only the 1st, 2nd, 4th,
    8th ... of a connection are written: a venue that sends nothing else must not fill a disk.

    Parameters
    ----------
    log
        Takes the lines.
    outer
        Told of everything after it is written.
    """

    def __init__(self, log: FilteringBoundLogger, outer: Listener) -> None:
        self._log = log
        self._outer = outer
        self._coming: dict[int, list[Book]] = {}  # by id of the connection: books that have never been LIVE
        self._rejected: dict[int, int] = {}  # by id of the connection

    @property
    def listener(self) -> Listener:
        """What the feed tells."""
        return Listener(self._outer.on_frame, self._on_batch, self._on_notice, self._on_link)

    def _on_batch(self, connection: Driven) -> None:
        coming = self._coming.get(id(connection))
        if coming is None:
            coming = self._coming[id(connection)] = list(connection.books)
        if coming:
            for book in [one for one in coming if one.state is BookState.LIVE]:
                coming.remove(book)
                self._log.info("live", instrument=book.instrument.key, proof=str(book.proof))
        if self._outer.on_batch is not None:
            self._outer.on_batch(connection)

    def _on_notice(self, connection: Driven, notice: Notice) -> None:
        log = self._log
        match notice:
            case Gap():
                lost = {} if notice.loss is None else {"lost": notice.loss}
                words = {"reason": str(notice.reason), "detail": notice.detail}
                log.warning("gap", instrument=notice.instrument, **words, **lost)
            case Recovered():
                gap_s = round((notice.at_ns - notice.gap.start_ns) / NS_PER_S, 3)
                log.info("recovered", instrument=notice.instrument, reason=str(notice.gap.reason), gap_s=gap_s)
            case Refused():
                about = notice.instrument or connection.venue
                log.warning("refused", instrument=about, code=notice.code, detail=notice.message)
            case Rejected():
                count = self._rejected[id(connection)] = self._rejected.get(id(connection), 0) + 1
                if count & (count - 1) == 0:
                    words = {"detail": notice.reason, "excerpt": notice.excerpt}
                    log.warning("rejected", venue=connection.venue, **words, count=count)
        if self._outer.on_notice is not None:
            self._outer.on_notice(connection, notice)

    def _on_link(self, status: LinkStatus) -> None:
        write = self._log.warning if status.phase in WORRYING else self._log.info
        write("link", connection=status.name, phase=str(status.phase), attempt=status.attempt, detail=status.sentence)
        if self._outer.on_link is not None:
            self._outer.on_link(status)
