"""Where the lab is in time: the market's own clock and the clock that frames are stamped with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from fillcast.core.units import NS_PER_MS, NS_PER_S


@dataclass(frozen=True, slots=True)
class Moment:
    """One instant on both clocks. `speed` is market seconds per wall second."""

    market_ns: int
    wall_ns: int
    speed: float = 1.0

    @property
    def wall_ms(self) -> int:
        """Milliseconds of the wall clock, as venues stamp them."""
        return self.wall_ns // NS_PER_MS

    def wall_ms_of(self, market_ns: int) -> int:
        """Return the wall milliseconds of an earlier market time."""
        return self.wall_ns_of(market_ns) // NS_PER_MS

    def wall_ns_of(self, market_ns: int) -> int:
        """Return the wall nanoseconds of an earlier market time."""
        return self.wall_ns - int((self.market_ns - market_ns) / self.speed)


def iso_time(wall_ns: int, digits: int) -> str:
    """Return a wall time as `2026-08-24T22:21:57.110183Z`, with so many digits of a second."""
    seconds, rest = divmod(wall_ns, NS_PER_S)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{f'{rest:09d}'[:digits]}Z"


@dataclass(frozen=True, slots=True)
class Frame:
    """One venue frame, encoded once and shared by every client of its topic.

    Attributes
    ----------
    topic
        What clients subscribe to: `books:BTC-USDT` on OKX, `btcusdt@depth@100ms` on Binance.
    symbol
        The venue's symbol.
    data
        The frame's bytes.
    book
        It carries book changes (faults are planted in these).
    """

    topic: str
    symbol: str
    data: bytes
    book: bool = False
