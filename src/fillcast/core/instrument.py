"""What is traded: its price and size grids, and what one unit of size is worth."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from fillcast.core.decimals import Grid
from fillcast.core.published import PublishedFees
from fillcast.errors import InstrumentError, OffGridError


class ContractKind(StrEnum):
    """How a unit of size turns into base and quote currency."""

    LINEAR = "linear"
    INVERSE = "inverse"
    QUANTO = "quanto"


@dataclass(frozen=True, slots=True)
class Instrument:
    """One traded instrument of one venue. Books count its prices in ticks and its sizes in lots.

    Attributes
    ----------
    venue, symbol
        The venue's name here and the symbol in the venue's own spelling.
    base, quote, settle
        Currencies. `settle` is what profit and fees are paid in; empty means quote (linear) or base (inverse).
    tick
        The finest price increment, in quote per base.
    lot
        The finest size increment, in the venue's own size unit (base currency or contracts).
    kind, contract_value
        LINEAR: a size unit is `contract_value` base. INVERSE: it is `contract_value` quote, so its base amount depends
        on the price. QUANTO: it pays `contract_value` settle currency per unit of price, whatever the base.
    sized_in
        "base" or "contracts": the venue's own size unit.
    fixed_decimals
        The venue writes trailing zeros (Binance, Kraken); else it trims them (OKX).
    fee_group
        The venue's fee group, where its fees differ by instrument.
    order_lots
        An order's size is a whole number of so many lots: old orders may rest in sizes finer than the venue takes now.
    scale_inferred
        The grids were inferred from recorded text, not told by the venue. Never true live.
    tick_value, lot_value
        One tick in quote currency. What one lot is worth: base (linear), quote (inverse) or settle per unit of price
        (quanto).
    published_fees
        What the venue's metadata says of its fees; None where it says nothing. No part of what the instrument is.
    """

    venue: str
    symbol: str
    base: str
    quote: str
    tick: Decimal
    lot: Decimal
    kind: ContractKind = ContractKind.LINEAR
    contract_value: Decimal = Decimal(1)
    sized_in: str = "base"
    settle: str = ""
    fixed_decimals: bool = False
    fee_group: str = ""
    order_lots: int = 1
    scale_inferred: bool = False
    published_fees: PublishedFees | None = field(default=None, compare=False, repr=False)
    price_grid: Grid = field(init=False, repr=False)
    size_grid: Grid = field(init=False, repr=False)
    tick_value: float = field(init=False, repr=False, compare=False)
    lot_value: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.sized_in not in ("base", "contracts"):
            raise InstrumentError(f"{self.key}: size unit {self.sized_in!r} is neither base nor contracts")
        if self.order_lots < 1:
            raise InstrumentError(f"{self.key}: orders in steps of {self.order_lots} lots")
        if not self.contract_value.is_finite() or self.contract_value <= 0:
            raise InstrumentError(f"{self.key}: contract value {self.contract_value} is not a positive number")
        try:
            object.__setattr__(self, "price_grid", Grid.of(self.tick))
            object.__setattr__(self, "size_grid", Grid.of(self.lot))
        except OffGridError as error:
            raise InstrumentError(f"{self.key}: {error}") from None
        object.__setattr__(self, "tick_value", float(self.tick))
        object.__setattr__(self, "lot_value", float(self.lot * self.contract_value))

    def __hash__(self) -> int:
        """Return a hash of the name alone: instruments are looked up far more often than they differ in the rest."""
        return hash((self.venue, self.symbol))

    @property
    def key(self) -> str:
        """`venue:symbol`, the name used on the command line and in records."""
        return f"{self.venue}:{self.symbol}"

    @property
    def settle_currency(self) -> str:
        """The currency of profit and fees."""
        return self.settle or (self.base if self.kind is ContractKind.INVERSE else self.quote)

    def price_ticks(self, price: str | Decimal) -> int:
        """Return a price in ticks, exactly; `OffGridError` when it is not on the grid."""
        return self.price_grid.units(price)

    def size_lots(self, size: str | Decimal) -> int:
        """Return a size in lots, exactly; `OffGridError` when it is not on the grid."""
        return self.size_grid.units(size)

    def price(self, ticks: int) -> Decimal:
        """Return the exact price of a number of ticks."""
        return self.price_grid.value(ticks)

    def size(self, lots: int) -> Decimal:
        """Return the exact size of a number of lots, in the venue's own unit."""
        return self.size_grid.value(lots)

    def price_text(self, ticks: int) -> str:
        """Return a price as the venue writes it."""
        return self.price_grid.text(ticks, fixed=self.fixed_decimals)

    def size_text(self, lots: int) -> str:
        """Return a size as the venue writes it."""
        return self.size_grid.text(lots, fixed=self.fixed_decimals)

    @property
    def order_step(self) -> str:
        """The size step of orders as text, in the venue's own size unit."""
        return f"{(self.lot * self.order_lots).normalize():f}"

    def amounts(self, lots: float, price: float) -> tuple[float, float]:
        """Return what lots at one price are in (base, quote).

        For a quanto contract the "base" is the settle currency per unit of price and the "quote" the settle notional,
        so that quote / base is the price for every kind.
        """
        if self.kind is ContractKind.INVERSE:
            quote = lots * self.lot_value
            return quote / price, quote
        base = lots * self.lot_value
        return base, base * price
