"""What a client says of its book after one message, and whether two clients say the same."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from decimal import Decimal

Levels = tuple[tuple[Decimal, Decimal], ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """The best levels of one book, best first, once it had applied the message numbered ``sequence``."""

    venue: str
    symbol: str
    sequence: int
    bids: Levels
    asks: Levels


Observe = Callable[[Observation], None]


def levels(pairs: Iterable[tuple[str, str]]) -> Levels:
    """Levels from (price, size) texts; texts of the same number are equal whatever their zeros."""
    return tuple((Decimal(price), Decimal(size)) for price, size in pairs)


@dataclass(slots=True)
class Comparison:
    """Observations of one book by two clients, compared wherever both saw the same sequence number."""

    depth: int
    theirs: dict[int, Observation] = field(default_factory=dict)
    ours: dict[int, Observation] = field(default_factory=dict)

    @property
    def compared(self) -> list[int]:
        """Sequence numbers that both saw, in order."""
        return sorted(self.theirs.keys() & self.ours.keys())

    def differences(self) -> list[str]:
        """One sentence for each number at which the best ``depth`` levels differ."""
        found = []
        for sequence in self.compared:
            for name in ("bids", "asks"):
                theirs = getattr(self.theirs[sequence], name)[: self.depth]
                ours = getattr(self.ours[sequence], name)[: self.depth]
                if theirs != ours:
                    found.append(f"{sequence}: {name} {_first_difference(theirs, ours)}")
                    break
        return found


def _first_difference(theirs: Levels, ours: Levels) -> str:
    for rank, (their, our) in enumerate(zip(theirs, ours, strict=False)):
        if their != our:
            return f"at rank {rank}: theirs {_text(their)}, ours {_text(our)}"
    return f"theirs has {len(theirs)} levels, ours {len(ours)}"


def _text(level: tuple[Decimal, Decimal]) -> str:
    price, size = level
    return f"{size} at {price}"
