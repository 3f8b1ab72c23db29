"""What a listed instrument is, and how its market trades."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.lab.engine_kernels import Int64Array
from fillcast.lab.flow import FlowParameters, order_flow
from fillcast.lab.market import Market

START_PRICE = {"BTC": Decimal("78700"), "ETH": Decimal("2650")}  # near the captures of August 2026
UNIT_BASE = {"BTC": Decimal(1), "ETH": Decimal(25)}  # a typical size scales with the price of the asset


@dataclass(frozen=True, slots=True)
class Listing:
    """One listed instrument and the pace of its market (multiple of the standard arrival rates)."""

    instrument: Instrument
    pace: float = 1.0

    @property
    def text_form(self) -> Int64Array:
        """The int64[4] by which the encoders write its prices and sizes."""
        price, size = self.instrument.price_grid, self.instrument.size_grid
        return np.array([price.decimals, price.mantissa, size.decimals, size.mantissa], np.int64)

    def parameters(self, pace: float = 1.0) -> FlowParameters:
        """Return its order flow at a multiple of its own pace; sizes are lots of its own size unit."""
        instrument = self.instrument
        price = START_PRICE[instrument.base]
        base = UNIT_BASE[instrument.base]
        worth = instrument.lot * instrument.contract_value
        lots = base * price / worth if instrument.kind is ContractKind.INVERSE else base / worth
        return order_flow(start_ticks=int(price / instrument.tick), unit_lots=float(lots), pace=self.pace * pace)

    def market(self, seed: int, start_ns: int, pace: float = 1.0) -> Market:
        """Return its market, warmed up to `start_ns`."""
        instrument = self.instrument
        return Market(
            key=instrument.key,
            asset=instrument.base,
            seed=seed,
            parameters=self.parameters(pace),
            start_ns=start_ns,
        )
