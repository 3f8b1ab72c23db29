"""The whole lab without sockets: every market on one clock, and the frames as they fall due."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.errors import UnknownInstrumentError
from fillcast.lab.binance_feed import BinanceFeed
from fillcast.lab.instruments import BINANCE, LISTINGS, OKX, listing
from fillcast.lab.moment import Frame, Moment
from fillcast.lab.okx_feed import KEEPALIVE_NS, OkxFeed

QUANTUM_MS = 10  # the finest cadence that a frame can have


@dataclass(frozen=True, slots=True)
class LabOptions:
    """What an operator of the lab may set.

    Attributes
    ----------
    checksums
        OKX books carry the CRC32 of before June 2026 instead of 0.
    initial_snapshot
        OKX answers a `books` subscription with a snapshot; without it only the REST bootstrap is left.
    keepalive_s, ping_s, idle_s
        Seconds until an unchanged OKX book sends a keep-alive, between Binance pings, and until OKX closes a
        connection on which nothing was heard or said.
    speed
        Market seconds per wall second.
    pace
        Multiple of every arrival rate; a small one makes a quiet market, e.g. to see keep-alives.
    """

    checksums: bool = False
    initial_snapshot: bool = True
    keepalive_s: float = KEEPALIVE_NS / NS_PER_S
    ping_s: float = 180.0
    idle_s: float = 30.0
    speed: float = 1.0
    pace: float = 1.0


class Exchange:
    """Every listed market of some venues, stepped together.

    Parameters
    ----------
    seed
        The lab's seed: same seed, same frames.
    options
        See `LabOptions`.
    symbols
        Only these, by venue; everything that is listed when absent. `UnknownInstrumentError` for others.
    wall_ns
        What the start of the market is stamped with.
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
        self.okx: dict[str, OkxFeed] = {}
        self.binance: dict[str, BinanceFeed] = {}
        start = Moment(0, wall_ns, self.options.speed)
        keepalive_ns = int(self.options.keepalive_s * NS_PER_S)
        for venue, listed in LISTINGS.items():
            names = [item.instrument.symbol for item in listed] if symbols is None else symbols.get(venue, ())
            for name in names:
                item = listing(venue, name)
                if item is None:
                    raise UnknownInstrumentError(f"the lab does not list {venue}:{name}; it lists {known(venue)}")
                market = item.market(seed, 0, self.options.pace)
                if venue == OKX:
                    self.okx[name] = OkxFeed(
                        item, market, start, checksums=self.options.checksums, keepalive_ns=keepalive_ns
                    )
                else:
                    self.binance[name] = BinanceFeed(item, market)

    def feeds(self) -> Iterator[OkxFeed | BinanceFeed]:
        """Every feed, OKX first."""
        yield from self.okx.values()
        yield from self.binance.values()

    def moment(self, wall_ns: int) -> Moment:
        """Return the market's time as it is now, stamped with a wall time."""
        return Moment(self.market_ms * NS_PER_MS, wall_ns, self.options.speed)

    def step(self, wall_ns: int, wanted: Container[str]) -> list[Frame]:
        """Move every market on by one quantum; return the frames that are due and wanted."""
        self.market_ms += QUANTUM_MS
        moment = self.moment(wall_ns)
        frames: list[Frame] = []
        for feed in self.feeds():
            feed.market.advance(moment.market_ns)
            frames += feed.step(moment, self.market_ms, wanted)
        return frames


def known(venue: str) -> str:
    """Return the symbols that the lab lists for a venue, in words; the venues when it has no such one."""
    if venue not in LISTINGS:
        return " and ".join((OKX, BINANCE))
    return ", ".join(item.instrument.symbol for item in LISTINGS[venue])
