"""Decimal text to integers and back: exact, strict about what a number is, cheap whatever a venue sends."""

from __future__ import annotations

import decimal
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import strategies as st

from fillcast.core.decimals import Grid
from fillcast.core.instrument import ContractKind, Instrument
from fillcast.errors import FillcastError, InstrumentError, OffGridError
from tests.core.effort import efforts, explore

STEPS = ["1", "0.1", "0.5", "0.25", "0.00000001", "0.000000000001", "10", "1e3", "2.50", "0.0625", "1E-8", "7"]


@pytest.mark.parametrize(
    ("step", "decimals", "mantissa"),
    [("1", 0, 1), ("0.1", 1, 1), ("0.25", 2, 25), ("2.50", 1, 25), ("1e3", 0, 1000), ("1E-8", 8, 1), ("100", 0, 100)],
)
def test_the_grid_of_a_step(step: str, decimals: int, mantissa: int) -> None:
    grid = Grid.of(Decimal(step))
    assert (grid.decimals, grid.mantissa) == (decimals, mantissa)
    assert grid.step == Decimal(step)


@pytest.mark.parametrize("step", ["0", "-1", "NaN", "Infinity", "1e999999", "1e-999999", "-0.0"])
def test_steps_that_are_refused(step: str) -> None:
    with pytest.raises(OffGridError):
        Grid.of(Decimal(step))
    with pytest.raises(InstrumentError, match="t:S"):
        Instrument("t", "S", "B", "Q", Decimal(step), Decimal(1))


def check_there_and_back(grid: Grid, units: int) -> None:
    """Integer to text and value and back, in both forms; the value is exact."""
    value = grid.value(units)
    assert Fraction(value) == Fraction(units) * Fraction(grid.step)
    for text in (grid.text(units, fixed=True), grid.text(units, fixed=False), grid.text(units, fixed=True, decimals=9)):
        assert Fraction(text) == Fraction(value)
        assert grid.units(text) == units
    for form in (value, str(value), f"{value:E}", f"{value:f}"):
        assert grid.units(form) == units


@efforts(150)
@pytest.mark.parametrize("step", STEPS)
def test_there_and_back(examples: int, step: str) -> None:
    grid = Grid.of(Decimal(step))
    explore(examples, lambda units: check_there_and_back(grid, units), st.integers(-(2**63) + 1, 2**63 - 1))


@pytest.mark.parametrize("precision", [1, 6, 28])
def test_the_context_of_the_caller_changes_nothing(precision: int) -> None:
    with decimal.localcontext(decimal.Context(prec=precision)):
        for step in STEPS:
            grid = Grid.of(Decimal(step))
            assert Fraction(grid.step) == Fraction(step)
            check_there_and_back(grid, 1234567890123456789)


@efforts(300)
def test_off_grid_is_exactly_what_is_no_multiple(examples: int) -> None:
    def check(step: str, digits: int, exponent: int) -> None:
        text = f"{digits}e{exponent}"
        multiple = Fraction(text) / Fraction(step)
        if multiple.denominator == 1 and abs(multiple) < 2**63:
            assert Grid.of(Decimal(step)).units(text) == multiple
        else:
            with pytest.raises(OffGridError):
                Grid.of(Decimal(step)).units(text)

    explore(examples, check, st.sampled_from(STEPS), st.integers(-(10**12), 10**12), st.integers(-14, 9))


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1.1e-7", 11),
        ("1.1E-07", 11),
        ("11e-8", 11),
        ("0.00000011", 11),
        ("0.000000110000", 11),
        ("+5", 500_000_000),
        ("-5", -500_000_000),
        ("5.", 500_000_000),
        (".5", 50_000_000),
        ("007", 700_000_000),
        ("-0", 0),
        ("0e99999", 0),
        ("92233720368.54775807", 2**63 - 1),
    ],
)
def test_forms_of_a_number(text: str, units: int) -> None:
    assert Grid.of(Decimal("1e-8")).units(text) == units


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "1 ", " 1", "1\n", "1_000", "1,000", "0x10", "1e", "e5", ".", "-", "+-1", "--1", "1.2.3", "1e1.5"),
        *("NaN", "nan", "sNaN", "Infinity", "-inf", "1\x00", "None", "true"),
        *("\u0661\u0662", "\uff11", "1\u00a0", "\u00bd", "\u2212" + "1", "1\u0660"),
        *("92233720368.54775808", "1e99999999999999999999", "1e-99999999999999999999", "1e400", "1e-400"),
        *("9" * 5000, "1" + "0" * 5000, "0." + "0" * 5000 + "1", "1e" + "9" * 5000),
    ],
)
def test_what_is_not_a_number_of_the_grid(text: str) -> None:
    with pytest.raises(OffGridError) as refused:
        Grid.of(Decimal("1e-8")).units(text)
    assert len(str(refused.value)) < 200 or len(text) < 60
    assert isinstance(refused.value, FillcastError)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e999999999", "1e-999999999", "9" * 4999])
def test_decimals_that_are_refused(value: str) -> None:
    with pytest.raises(OffGridError):
        Grid.of(Decimal("1e-8")).units(Decimal(value))


def test_a_grid_that_takes_any_decimal_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    """`Decimal` by itself reads all of these: that is why the grid looks at the text first."""
    monkeypatch.setattr("fillcast.core.decimals.NUMBER", re.compile(r"(?s).*"))
    for text, number in (("1_000", 1000), (" 1 ", 1), ("\u0661\u0662", 12), ("\uff11", 1)):
        assert Grid.of(Decimal(1)).units(text) == number


@pytest.mark.parametrize(
    ("units", "step", "trimmed", "fixed"),
    [
        (61_800_20, "0.01", "61800.2", "61800.20"),
        (100, "0.01", "1", "1.00"),
        (1, "0.00000001", "0.00000001", "0.00000001"),
        (0, "0.001", "0", "0.000"),
        (-125, "0.01", "-1.25", "-1.25"),
        (3, "0.25", "0.75", "0.75"),
        (2, "0.25", "0.5", "0.50"),
        (7, "10", "70", "70"),
    ],
)
def test_text_as_venues_write_it(units: int, step: str, trimmed: str, fixed: str) -> None:
    """OKX trims trailing zeros; Binance and Kraken write all decimals of the instrument."""
    grid = Grid.of(Decimal(step))
    assert grid.text(units, fixed=False) == trimmed
    assert grid.text(units, fixed=True) == fixed


def test_a_fixed_text_may_be_wider_than_the_grid() -> None:
    """Binance spot writes eight decimals whatever the tick; a width below the grid's never cuts digits off."""
    grid = Grid.of(Decimal("0.01"))
    assert grid.text(6_180_020, fixed=True, decimals=8) == "61800.20000000"
    assert grid.text(6_180_020, fixed=True, decimals=1) == "61800.20"


def test_an_instrument_speaks_in_its_own_units() -> None:
    made = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.00000001"))
    assert made.key == "okx:BTC-USDT"
    assert (made.price_ticks("61800.2"), made.size_lots("1.1e-7")) == (618_002, 11)
    assert (made.price(618_002), made.size(11)) == (Decimal("61800.2"), Decimal("1.1e-7"))
    assert (made.price_text(618_000), made.size_text(100_000_000)) == ("61800", "1")
    assert (made.tick_value, made.lot_value, made.settle_currency) == (0.1, 1e-8, "USDT")
    with pytest.raises(OffGridError):
        made.price_ticks("61800.25")


def test_settlement_by_kind() -> None:
    def settled(kind: ContractKind, settle: str = "") -> str:
        return Instrument("v", "S", "B", "Q", Decimal(1), Decimal(1), kind, settle=settle).settle_currency

    assert settled(ContractKind.LINEAR) == "Q"
    assert settled(ContractKind.INVERSE) == "B"
    assert settled(ContractKind.QUANTO, "X") == "X"


@pytest.mark.parametrize("value", ["0", "-1", "NaN", "Infinity"])
def test_contract_values_that_are_refused(value: str) -> None:
    with pytest.raises(InstrumentError, match="contract value"):
        Instrument("v", "S", "B", "Q", Decimal(1), Decimal(1), contract_value=Decimal(value))
    with pytest.raises(InstrumentError, match="neither base nor contracts"):
        Instrument("v", "S", "B", "Q", Decimal(1), Decimal(1), sized_in="lots")


def test_amounts_of_each_kind() -> None:
    def amounts(kind: ContractKind) -> tuple[float, float]:
        return Instrument("v", "S", "B", "Q", Decimal(1), Decimal("0.5"), kind, Decimal(100)).amounts(3, 25.0)

    assert amounts(ContractKind.LINEAR) == (150.0, 3750.0)
    assert amounts(ContractKind.QUANTO) == (150.0, 3750.0)
    assert amounts(ContractKind.INVERSE) == (6.0, 150.0)
