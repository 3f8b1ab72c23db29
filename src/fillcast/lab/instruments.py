"""What a listed instrument is, and how its market trades."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from fillcast.core.decimals import Grid
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.lab.engine_kernels import Int64Array
from fillcast.lab.flow import FlowParameters, order_flow, small_flow
from fillcast.lab.market import SMALL, STANDARD, Market

START_PRICE = {"BTC": Decimal("78700"), "ETH": Decimal("2650")}  # near the captures of August 2026
UNIT_BASE = {"BTC": Decimal(1), "ETH": Decimal(25)}  # a typical size scales with the price of the asset
UNIT_WORTH = Decimal(80_000)  # what the typical size of a made-up asset is worth
MADE_UP_TICK, MADE_UP_LOT = Decimal("0.01"), Decimal("0.001")
QUANTUM_MS = 10  # the finest cadence that a frame can have
SMALL_EVERY_MS = 50


def made_up_asset(index: int) -> str:
    """Return the name of a made-up asset: C000, C001 and so on."""
    return f"C{index:03d}"


def start_price(asset: str) -> Decimal:
    """Return an asset's price at the start; that of a made-up one, from 200 to 799.99, follows from its name."""
    if asset in START_PRICE:
        return START_PRICE[asset]
    return Decimal(20_000 + int(asset[1:]) * 7_919 % 60_000) / 100  # a prime, so that neighbours differ


def unit_base(asset: str) -> Decimal:
    """Return a typical size of an asset, in its own unit."""
    return UNIT_BASE.get(asset) or (UNIT_WORTH / start_price(asset)).quantize(Decimal(1))


@dataclass(frozen=True, slots=True)
class Listing:
    """One listed instrument, how its market trades, and how its numbers are written.

    Attributes
    ----------
    pace
        Multiple of the standard arrival rates.
    small
        Its market is a small one, of a made-up asset.
    every_ms
        How often its frames are looked for, a divisor of 100 ms.
    price_places, size_places
        Decimals that its frames write at least, where they write more than the instrument's grid needs.
    """

    instrument: Instrument
    pace: float = 1.0
    small: bool = False
    every_ms: int = QUANTUM_MS
    price_places: int = 0
    size_places: int = 0

    @property
    def text_form(self) -> Int64Array:
        """The int64[6] by which the encoders write its prices and sizes, see `fillcast.lab.encode_kernels`."""
        form: list[int] = []
        least: list[int] = []
        for grid, places in self._written():
            decimals = max(grid.decimals, places)
            form += [decimals, grid.mantissa * 10 ** (decimals - grid.decimals)]
            least.append(decimals if self.instrument.fixed_decimals else places)
        return np.array(form + least, np.int64)

    def price_text(self, ticks: int) -> str:
        """Return a price as the frames write it."""
        return self._text(ticks, *self._written()[0])

    def size_text(self, lots: int) -> str:
        """Return a size as the frames write it."""
        return self._text(lots, *self._written()[1])

    def _written(self) -> tuple[tuple[Grid, int], tuple[Grid, int]]:
        one = self.instrument
        return (one.price_grid, self.price_places), (one.size_grid, self.size_places)

    def _text(self, units: int, grid: Grid, places: int) -> str:
        text = grid.text(units, fixed=self.instrument.fixed_decimals, decimals=places)
        _, point, fraction = text.partition(".")
        if len(fraction) >= places:
            return text
        return text + ("" if point else ".") + "0" * (places - len(fraction))

    def parameters(self, pace: float = 1.0) -> FlowParameters:
        """Return its order flow at a multiple of its own pace; sizes are lots of its own size unit."""
        instrument = self.instrument
        price = start_price(instrument.base)
        base = unit_base(instrument.base)
        worth = instrument.lot * instrument.contract_value
        lots = base * price / worth if instrument.kind is ContractKind.INVERSE else base / worth
        flow = small_flow if self.small else order_flow
        return flow(start_ticks=int(price / instrument.tick), unit_lots=float(lots), pace=self.pace * pace)

    def market(self, seed: int, start_ns: int, pace: float = 1.0) -> Market:
        """Return its market, warmed up to `start_ns`."""
        instrument = self.instrument
        return Market(
            key=instrument.key,
            asset=instrument.base,
            seed=seed,
            parameters=self.parameters(pace),
            start_ns=start_ns,
            size=SMALL if self.small else STANDARD,
        )
