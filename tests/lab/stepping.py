"""One venue's frames on a virtual clock, with everything listened to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from fillcast.lab.exchange import Exchange
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.fills import Fill, FillReader
from fillcast.lab.instruments import QUANTUM_MS
from fillcast.lab.market import Market
from fillcast.lab.moment import Moment
from fillcast.lab.options import LabOptions

WALL_NS = 1_790_000_000_000_000_000


class Everything:
    def __contains__(self, topic: object) -> bool:
        return True


def exchange(venue: str, *symbols: str, seed: int = 7, **options: Any) -> Exchange:
    return Exchange(seed, LabOptions(**options), {venue: symbols}, wall_ns=WALL_NS)


def wall_ns(one: Exchange) -> int:
    return WALL_NS + one.market_ms * 1_000_000


def now(one: Exchange) -> Moment:
    return one.moment(wall_ns(one))


def frames(one: Exchange, seconds: float, *topics: str) -> Iterator[bytes]:
    """Yield the frames of some topics while only these are listened to."""
    for _ in range(int(seconds * 1000) // QUANTUM_MS):
        for frame in one.step(wall_ns(one) + QUANTUM_MS * 1_000_000, topics):
            assert frame.topic in topics
            yield frame.data


class OneHouse:
    """What a session asks of the lab, without a server; `withhold` is the armed fault."""

    def __init__(self, one: Exchange, *, withhold: bool = False) -> None:
        self.one, self.withhold, self.options = one, withhold, one.options

    def feeds(self, protocol: str) -> Any:
        return self.one.venues[protocol]

    def now(self) -> Moment:
        return now(self.one)

    def withheld(self, kind: FaultKind, protocol: str, symbol: str, detail: str) -> bool:
        return self.withhold


def said(answer: Any) -> list[Any]:
    return [json.loads(reply) for reply in answer.replies]


class Takers:
    """The fills of a market as its engine wrote them, from now on."""

    def __init__(self, market: Market) -> None:
        self._reader = FillReader(market)

    def __call__(self) -> list[Fill]:
        found: list[Fill] = []
        self._reader.encoded(lambda fill: found.append(fill) or b"", wanted=True)  # type: ignore[func-returns-value]
        return found
