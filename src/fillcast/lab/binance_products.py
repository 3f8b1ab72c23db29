"""What differs between Binance's three products: addresses, frames, limits, and what each lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.lab.instruments import MADE_UP_LOT, MADE_UP_TICK, QUANTUM_MS, SMALL_EVERY_MS, Listing

SPOT_PING_S = 20.0  # venue
SPOT_PLACES = 8  # decimals that spot writes of every number
CONTRACT = Decimal(1)  # COIN-M counts whole contracts
CONTRACT_USD = {"BTC": Decimal(100)}  # worth of a contract
OTHER_CONTRACT_USD = Decimal(10)


@dataclass(frozen=True, slots=True)
class BinanceProduct:
    """One product.

    Attributes
    ----------
    name
        The protocol's name.
    base
        What leads all its addresses in the lab: the three products share theirs otherwise.
    rest
        Prefix of its REST paths.
    quote
        What its symbols end in.
    futures
        Messages are linked by `pu` and carry two times; else `U` is one more than the `u` before it.
    inverse
        Sized in contracts of a fixed worth in USD; messages name the pair too.
    routes
        What the addresses begin with that carry books alone and trades alone.
    depth_every_ms
        Cadence of each depth stream.
    trades
        Its streams of trades.
    snapshot_depth, depth_limits, depth_default
        Levels of a REST depth at most; the numbers that can be asked for, empty where any can; what is given unasked.
    messages_per_second
        Incoming messages that one connection is allowed.
    ping_s
        Seconds between ping frames at most; None: the lab's option alone says.
    """

    name: str
    base: str
    rest: str
    quote: str
    futures: bool
    inverse: bool
    routes: tuple[str, ...]
    depth_every_ms: Mapping[str, int]
    trades: tuple[str, ...]
    snapshot_depth: int
    depth_limits: tuple[int, ...]
    depth_default: int
    messages_per_second: int
    ping_s: float | None = None

    @property
    def lead(self) -> str:
        """What leads its topics in the lab, where spot and USD-M both have a `btcusdt@depth`."""
        return f"{self.base[1:]}/" if self.base else ""

    def listing(self, asset: str, tick: str, lot: str, pace: float) -> Listing:
        """Return the listing of an asset."""
        return self._listed(self._instrument(asset, Decimal(tick), Decimal(lot)), pace, small=False)

    def made_up(self, asset: str) -> Listing:
        """Return the listing of a made-up asset."""
        lot = CONTRACT if self.inverse else MADE_UP_LOT
        return self._listed(self._instrument(asset, MADE_UP_TICK, lot), 1.0, small=True)

    def _listed(self, instrument: Instrument, pace: float, *, small: bool) -> Listing:
        places = 0 if self.futures else SPOT_PLACES
        every_ms = SMALL_EVERY_MS if small else QUANTUM_MS
        return Listing(instrument, pace, small, every_ms, price_places=places, size_places=places)

    def _instrument(self, asset: str, tick: Decimal, lot: Decimal) -> Instrument:
        if self.inverse:
            return Instrument(
                self.name,
                f"{asset}{self.quote}",
                asset,
                "USD",
                tick,
                lot,
                ContractKind.INVERSE,
                CONTRACT_USD.get(asset, OTHER_CONTRACT_USD),
                sized_in="contracts",
                settle=asset,
                fixed_decimals=True,
            )
        settle = self.quote if self.futures else ""
        return Instrument(
            self.name, f"{asset}{self.quote}", asset, self.quote, tick, lot, settle=settle, fixed_decimals=True
        )


FUTURES_LIMITS = (5, 10, 20, 50, 100, 500, 1000)

USDM = BinanceProduct(
    name="binance_usdm",
    base="",
    rest="/fapi/v1",
    quote="USDT",
    futures=True,
    inverse=False,
    routes=("public", "market"),
    # The venue calls its fastest stream 0ms; a capture of August 2024 shows it every 52 ms.
    depth_every_ms={"depth@0ms": 50, "depth@100ms": 100, "depth": 250, "depth@250ms": 250, "depth@500ms": 500},
    trades=("aggTrade",),
    snapshot_depth=1000,
    depth_limits=FUTURES_LIMITS,
    depth_default=500,
    messages_per_second=10,
)
COINM = BinanceProduct(
    name="binance_coinm",
    base="/binance_coinm",
    rest="/dapi/v1",
    quote="USD_PERP",
    futures=True,
    inverse=True,
    routes=(),
    # The fastest is every 16 ms in a capture of August 2024.
    depth_every_ms={"depth@0ms": 20, "depth@100ms": 100, "depth": 250, "depth@250ms": 250, "depth@500ms": 500},
    trades=("aggTrade",),
    snapshot_depth=1000,
    depth_limits=FUTURES_LIMITS,
    depth_default=500,
    messages_per_second=10,
)
SPOT = BinanceProduct(
    name="binance_spot",
    base="/binance_spot",
    rest="/api/v3",
    quote="USDT",
    futures=False,
    inverse=False,
    routes=(),
    depth_every_ms={"depth@100ms": 100, "depth": 1000},
    trades=("trade", "aggTrade"),
    snapshot_depth=5000,
    depth_limits=(),
    depth_default=100,
    messages_per_second=5,
    ping_s=SPOT_PING_S,
)
