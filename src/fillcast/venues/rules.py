"""The sequence rules of the venues as pure functions of ids: what follows what, and how a snapshot joins a stream."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from fillcast.venues.slots import Message


class Verdict(Enum):
    """What a message is to a book that stands at an id."""

    NEXT = "next"
    DUPLICATE = "duplicate"  # already in the book: passed over
    KEEPALIVE = "keepalive"  # nothing changed: a sign of life
    RESET = "reset"  # it follows, and the venue's ids start again below it
    GAP = "gap"  # something before it is missing


class Rules(Protocol):
    """The rule of one venue's book channel."""

    def follows(self, last_id: int, message: Message) -> Verdict:
        """Judge an update against the id of the book."""

    def loss(self, last_id: int, message: Message) -> int | None:
        """Return how many updates are missing before a message, None where the ids do not tell."""


class SplicingRules(Rules, Protocol):
    """The rule of a book channel whose first book can come from REST."""

    def reach(self, message: Message) -> int:
        """Return the id that a snapshot must have reached to join the first message held."""

    def discards(self, message: Message, snapshot_id: int) -> bool:
        """Whether a held message is older than a snapshot."""

    def bridges(self, message: Message, snapshot_id: int) -> bool:
        """Whether the first message that is not discarded joins a snapshot."""


@dataclass(frozen=True, slots=True)
class OkxRules:
    """OKX v5 `books`: `prevSeqId` equals the `seqId` before it; steps are irregular, so what is lost is unknowable.

    Source: OKX API v5, WebSocket order book channel, and its change log of 12 February 2026 for the REST splice.
    """

    skip_duplicates: bool = True

    def follows(self, last_id: int, message: Message) -> Verdict:
        if message.link == last_id:
            if message.last == message.link:  # one id is one book
                return Verdict.GAP if len(message.rows) else Verdict.KEEPALIVE
            return Verdict.RESET if message.last < message.link else Verdict.NEXT
        if self.skip_duplicates and message.last == last_id and message.link < last_id:
            return Verdict.DUPLICATE
        return Verdict.GAP

    def loss(self, last_id: int, message: Message) -> int | None:
        return None

    def reach(self, message: Message) -> int:
        return message.link

    def discards(self, message: Message, snapshot_id: int) -> bool:
        return message.last <= snapshot_id

    def bridges(self, message: Message, snapshot_id: int) -> bool:
        return message.link <= snapshot_id < message.last


@dataclass(frozen=True, slots=True)
class UnnumberedRules:
    """No ids: every message is taken for the next, and something else must prove it (a checksum, the transport)."""

    def follows(self, last_id: int, message: Message) -> Verdict:
        return Verdict.NEXT

    def loss(self, last_id: int, message: Message) -> int | None:
        return None


@dataclass(frozen=True, slots=True)
class SpotRules:
    """Binance spot: `U` is one more than the `u` before it; what the book already has is passed over.

    Source: Binance spot API, "How to manage a local order book correctly". The text in force wants the snapshot's id
    within the first event; the older one also takes an event that starts right after it, which is as contiguous.
    """

    accept_next_id: bool = True

    def follows(self, last_id: int, message: Message) -> Verdict:
        if message.last <= last_id:
            return Verdict.DUPLICATE
        return Verdict.GAP if message.first > last_id + 1 else Verdict.NEXT

    def loss(self, last_id: int, message: Message) -> int | None:
        return message.first - last_id - 1 if message.first > last_id else None

    def reach(self, message: Message) -> int:
        return message.first - self.accept_next_id

    def discards(self, message: Message, snapshot_id: int) -> bool:
        return message.last <= snapshot_id

    def bridges(self, message: Message, snapshot_id: int) -> bool:
        return message.first - self.accept_next_id <= snapshot_id


@dataclass(frozen=True, slots=True)
class FuturesRules:
    """Binance USD-M and COIN-M: `pu` equals the `u` before it; ids are shared by all symbols, so loss is unknowable.

    Source: Binance derivatives API, "How to manage a local order book correctly". Not in that text: an event whose
    `pu` is the snapshot's id joins it too (tardis-node takes it; the chain says the same).
    """

    skip_duplicates: bool = True
    accept_link_at_snapshot: bool = True

    def follows(self, last_id: int, message: Message) -> Verdict:
        if message.link == last_id and message.last >= last_id:
            return Verdict.NEXT
        if self.skip_duplicates and message.last == last_id and message.link < last_id:
            return Verdict.DUPLICATE
        return Verdict.GAP

    def loss(self, last_id: int, message: Message) -> int | None:
        return None

    def reach(self, message: Message) -> int:
        return message.link

    def discards(self, message: Message, snapshot_id: int) -> bool:
        return message.last < snapshot_id

    def bridges(self, message: Message, snapshot_id: int) -> bool:
        inside = message.first <= snapshot_id <= message.last
        return inside or (self.accept_link_at_snapshot and message.link == snapshot_id)
