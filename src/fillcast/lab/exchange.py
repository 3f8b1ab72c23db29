"""The whole lab without sockets: every market on one clock, and the frames as they fall due."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator

from fillcast.core.units import NS_PER_MS
from fillcast.errors import UnknownInstrumentError
from fillcast.lab.instruments import QUANTUM_MS
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.options import LabOptions
from fillcast.lab.protocol import Feed
from fillcast.lab.protocols import PROTOCOLS, listings

ROUND_MS = 100  # every feed is looked at once in so long at least, and a whole number of times


class Exchange:
    """Every listed market of some venues, stepped together.

    Parameters
    ----------
    seed
        The lab's seed: same seed, same frames.
    options
        See `LabOptions`.
    symbols
        Only these, by protocol; everything that is listed when absent. `UnknownInstrumentError` for others.
    wall_ns
        What the start of the market is stamped with.

    Attributes
    ----------
    venues
        The feeds by protocol and symbol.
    """

    def __init__(
        self,
        seed: int,
        options: LabOptions | None = None,
        symbols: dict[str, Iterable[str]] | None = None,
        wall_ns: int = 0,
    ) -> None:
        self.options = options or LabOptions()
        self.market_ms = 0
        self.venues: dict[str, dict[str, Feed]] = {}
        self._rounds: list[list[tuple[Feed, int]]] = [[] for _ in range(0, ROUND_MS, QUANTUM_MS)]
        self._scheduled = 0
        start = Moment(0, wall_ns, self.options.speed)
        for name, protocol in PROTOCOLS.items():
            listed = {item.instrument.symbol: item for item in listings(protocol, self.options.instruments)}
            self.venues[name] = {}
            for symbol in listed if symbols is None else symbols.get(name, ()):
                if symbol not in listed:
                    known = ", ".join(listed)
                    raise UnknownInstrumentError(f"the lab does not list {name}:{symbol}; it lists {known}")
                market = listed[symbol].market(seed, 0, self.options.pace)
                feed = protocol.feed(listed[symbol], market, start, self.options)
                self.venues[name][symbol] = feed
                self._schedule(feed, listed[symbol].every_ms)

    def _schedule(self, feed: Feed, every_ms: int) -> None:
        """Look at a feed every so often; feeds that are not due at every step take turns."""
        self._scheduled += 1
        phase_ms = self._scheduled * QUANTUM_MS % every_ms
        for at_ms in range(phase_ms, ROUND_MS, every_ms):
            self._rounds[at_ms // QUANTUM_MS].append((feed, phase_ms))

    def feeds(self) -> Iterator[Feed]:
        """Every feed, in the order of the protocols."""
        for venue in self.venues.values():
            yield from venue.values()

    def moment(self, wall_ns: int) -> Moment:
        """Return the market's time as it is now, stamped with a wall time."""
        return Moment(self.market_ms * NS_PER_MS, wall_ns, self.options.speed)

    def step(self, wall_ns: int, wanted: Container[str]) -> list[Frame]:
        """Move on by one quantum every market whose turn it is; return the frames that are due and wanted."""
        self.market_ms += QUANTUM_MS
        moment = self.moment(wall_ns)
        frames: list[Frame] = []
        for feed, phase_ms in self._rounds[self.market_ms % ROUND_MS // QUANTUM_MS]:
            feed.market.advance(moment.market_ns)
            frames += feed.step(moment, self.market_ms - phase_ms, wanted)
        return frames
