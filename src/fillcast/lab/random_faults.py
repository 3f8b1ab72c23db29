"""Faults that come by chance: which kind, in which of the books that somebody listens to, and when."""

from __future__ import annotations

import random
from collections.abc import Sequence

from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.faults import FaultRequest
from fillcast.lab.market import seed_word
from fillcast.lab.protocols import PROTOCOLS

# A digit of one size: on most wires nothing can ever see it, so no client can be held to it.
UNSEEN = (FaultKind.CORRUPT_SIZE,)


class RandomFaults:
    """Draws faults at a mean rate, with exponential waits.

    Parameters
    ----------
    per_second
        Faults a second; 0 for none.
    seed
        Same seed, same draws; what is listened to decides what they fall on.
    start
        The monotonic second from which they may come.

    Attributes
    ----------
    next_at
        The monotonic second of the next one.
    """

    def __init__(self, per_second: float, seed: int, start: float) -> None:
        self._rate = per_second
        self._draws = random.Random(seed_word("faults", seed))
        self.next_at = start + self._wait() if per_second else float("inf")

    def end(self) -> None:
        """Let no more fall due."""
        self.next_at = float("inf")

    def due(self, now: float, books: Sequence[tuple[str, str]]) -> list[FaultRequest]:
        """Return the faults that are due; `books` are the protocol and symbol of each book that is listened to."""
        found: list[FaultRequest] = []
        while now >= self.next_at:
            self.next_at += self._wait()
            if books:
                protocol, symbol = self._draws.choice(books)
                refused = PROTOCOLS[protocol].refused
                kinds = [kind for kind in FaultKind if kind not in refused and kind not in UNSEEN]
                found.append(FaultRequest(self._draws.choice(kinds), protocol, symbol))
        return found

    def _wait(self) -> float:
        return self._draws.expovariate(self._rate)
