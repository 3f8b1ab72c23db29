"""What the lab lists: the instruments of its two venues, and how each trades."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from fillcast.core.instrument import ContractKind, Instrument
from fillcast.lab.engine_kernels import Int64Array
from fillcast.lab.flow import FlowParameters, order_flow
from fillcast.lab.market import Market

OKX, BINANCE = "okx", "binance_usdm"

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


def _spot(base: str, tick: str, lot: str) -> Listing:
    return Listing(Instrument(OKX, f"{base}-USDT", base, "USDT", Decimal(tick), Decimal(lot), fee_group="1"))


def _binance(base: str, tick: str, lot: str, pace: float) -> Listing:
    instrument = Instrument(
        BINANCE, f"{base}USDT", base, "USDT", Decimal(tick), Decimal(lot), settle="USDT", fixed_decimals=True
    )
    return Listing(instrument, pace)


LISTINGS: dict[str, tuple[Listing, ...]] = {
    OKX: (
        _spot("BTC", "0.1", "0.00000001"),
        _spot("ETH", "0.01", "0.000001"),
        Listing(
            Instrument(
                OKX,
                "BTC-USDT-SWAP",
                "BTC",
                "USDT",
                Decimal("0.1"),
                Decimal("0.01"),
                contract_value=Decimal("0.01"),
                sized_in="contracts",
                settle="USDT",
                fee_group="1",
            ),
            pace=1.3,
        ),
        Listing(
            Instrument(
                OKX,
                "BTC-USD-SWAP",
                "BTC",
                "USD",
                Decimal("0.1"),
                Decimal(1),
                kind=ContractKind.INVERSE,
                contract_value=Decimal(100),
                sized_in="contracts",
                settle="BTC",
                fee_group="1",
            ),
            pace=0.7,
        ),
    ),
    BINANCE: (_binance("BTC", "0.1", "0.001", 1.8), _binance("ETH", "0.01", "0.001", 1.4)),
}


def listing(venue: str, symbol: str) -> Listing | None:
    """Return a listed instrument, None when the lab does not list it."""
    for candidate in LISTINGS.get(venue, ()):
        if candidate.instrument.symbol == symbol:
            return candidate
    return None
