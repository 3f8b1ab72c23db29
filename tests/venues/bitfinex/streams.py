"""Bitfinex markets that know the truth, and the arrays in which the venue would tell of them."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from decimal import Decimal

from fillcast.core.instrument import Instrument
from fillcast.venues.bitfinex.connection import BitfinexConnection
from fillcast.venues.settings import Settings
from tests.venues.streams import START_MS, Edit, Levels, Line, Market, dump

STEP = Decimal("1e-8")
BTC = Instrument("bitfinex", "tBTCUSD", "BTC", "USD", STEP, STEP)
TINY = Instrument("bitfinex", "tTINY:USD", "TINY", "USD", STEP, STEP)
COIN = 10**8  # steps of one
LEVELS = 30


def javascript(number: Decimal) -> str:
    """Return a number as JavaScript prints it, from the shortest digits of a double that Python finds too."""
    found = Decimal(repr(float(number)))
    sign, digits, exponent = found.normalize().as_tuple()
    text = "".join(map(str, digits))
    power = len(text) - 1 + int(exponent)
    if power < -6:
        body = f"{text[0]}{'.' if len(text) > 1 else ''}{text[1:]}e{power}"
    else:
        body = f"{found:f}"
        body = body.rstrip("0").rstrip(".") if "." in body else body
    return f"-{body.lstrip('-')}" if sign else body


def signed_crc(text: str) -> int:
    value = zlib.crc32(text.encode())
    return value - (1 << 32) if value >= 1 << 31 else value


@dataclass
class Wire:
    """One connection of the venue: it numbers all that it sends."""

    number: int = 0
    now_ms: int = START_MS
    stamped: bool = True

    def array(self, channel: int, *parts: str) -> bytes:
        """Return the next array."""
        self.number += 1
        self.now_ms += 100
        ends = [str(self.number), *([str(self.now_ms)] if self.stamped else [])]
        return f"[{','.join([str(channel), *parts, *ends])}]".encode()

    def beat(self, channel: int) -> bytes:
        """Return a heartbeat."""
        return self.array(channel, '"hb"')


@dataclass
class Side:
    """One market of the venue as its book and trade channels tell of it."""

    wire: Wire
    instrument: Instrument = BTC
    channel: int = 17
    trades_channel: int = 18
    bids: Levels = field(default_factory=lambda: {(60_000 - level) * COIN: COIN + level for level in range(LEVELS)})
    asks: Levels = field(default_factory=lambda: {(60_002 + level) * COIN: COIN + level for level in range(LEVELS)})

    def subscribed(self, **fields: object) -> bytes:
        """Return the confirmation of the book channel."""
        event: dict[str, object] = {"event": "subscribed", "channel": "book", "chanId": self.channel}
        event |= {"symbol": self.instrument.symbol, "prec": "P0", "freq": "F0", "len": "250", "pair": "x"} | fields
        return dump(event)

    def trades_subscribed(self) -> bytes:
        """Return the confirmation of the trade channel."""
        symbol = self.instrument.symbol
        return dump({"event": "subscribed", "channel": "trades", "chanId": self.trades_channel, "symbol": symbol})

    def unsubscribed(self) -> bytes:
        """Return the confirmation that the book channel has ended."""
        return dump({"event": "unsubscribed", "status": "OK", "chanId": self.channel})

    def level(self, edit: Edit) -> str:
        """Return one level; no lots: a deletion."""
        side, ticks, lots = edit
        price = javascript(self.instrument.price(ticks))
        if not lots:
            return f"[{price},0,{side}]"
        return f"[{price},1,{javascript(side * self.instrument.size(lots))}]"

    def snapshot(self) -> bytes:
        """Return the whole book."""
        edits = [(side, *level) for side, book in ((1, self.bids), (-1, self.asks)) for level in book.items()]
        return self.wire.array(self.channel, f"[{','.join(self.level(edit) for edit in edits)}]")

    def update(self, edit: Edit = (1, 59_990 * COIN, 7)) -> bytes:
        """Change one level and return the array that tells of it."""
        side, ticks, lots = edit
        levels = self.bids if side > 0 else self.asks
        if lots:
            levels[ticks] = lots
        else:
            levels.pop(ticks, None)
        return self.wire.array(self.channel, self.level(edit))

    def text(self) -> str:
        """Return what a checksum is taken over, spelled out from the venue's rule."""
        one = self.instrument
        bids = [(one.price(ticks), one.size(lots)) for ticks, lots in sorted(self.bids.items(), reverse=True)]
        asks = [(one.price(ticks), -one.size(lots)) for ticks, lots in sorted(self.asks.items())]
        parts: list[str] = []
        for rank in range(25):
            for levels in (bids, asks):
                if rank < len(levels):
                    parts += [javascript(number) for number in levels[rank]]
        return ":".join(parts)

    def checksum(self, off_by: int = 0) -> bytes:
        """Return the venue's checksum of the market as it stands."""
        return self.wire.array(self.channel, '"cs"', str(signed_crc(self.text()) + off_by))

    def trade(self, amount: str, price: str = "60001", kind: str = "te", trade_id: int = 5) -> bytes:
        """Return a trade."""
        return self.wire.array(self.trades_channel, f'"{kind}"', f"[{trade_id},{self.wire.now_ms},{amount},{price}]")

    def same_as(self, line: Line, index: int = 0) -> bool:
        """Whether a book of a line holds exactly these levels."""
        return Market(self.instrument, self.bids, self.asks).same_as(line.connection.books[index])


def started(
    *instruments: Instrument, settings: Settings | None = None, trades: bool = True
) -> tuple[Line, Wire, list[Side]]:
    """Return a line whose books are LIVE, and the markets behind them."""
    wire = Wire()
    line = Line(BitfinexConnection(instruments, settings=settings, trades=trades))
    line.open()
    sides = [Side(wire, one, 10 * place + 17, 10 * place + 18) for place, one in enumerate(instruments)]
    for side in sides:
        line.feed(side.subscribed(), side.snapshot(), side.trades_subscribed())
    assert line.states == ["LIVE"] * len(instruments)
    return line, wire, sides


def again(line: Line, sides: list[Side]) -> None:
    """Lose the socket, open it again and send every first book."""
    line.close()
    line.open()
    sides[0].wire.number = 0
    for side in sides:
        line.feed(side.subscribed(), side.snapshot())
