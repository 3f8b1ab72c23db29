from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.decimals import Grid
from fillcast.errors import FrameError, OffGridError
from fillcast.venues.levels import (
    LATEST_MS,
    UNITS_LIMIT,
    decimals_of,
    finest_decimals,
    level_rows,
    parse_units,
    text_time_ns,
    time_ns,
    trade_row,
)
from tests.venues.streams import OKX

CENT, QUARTER, WHOLE = Grid.of(Decimal("0.01")), Grid.of(Decimal("0.25")), Grid.of(Decimal(1))


@pytest.mark.parametrize(
    ("text", "grid", "units"),
    [
        ("0", CENT, 0),
        ("0.00", CENT, 0),
        ("12.34", CENT, 1234),
        ("12.3", CENT, 1230),
        ("0012", CENT, 1200),
        ("61837.63000000", CENT, 6183763),
        ("1.1e1", CENT, 1100),
        ("1.1E+1", CENT, 1100),
        ("1e-2", CENT, 1),
        ("1.75", QUARTER, 7),
        ("7", WHOLE, 7),
        ("1000000000000000000", WHOLE, 10**18),
    ],
)
def test_numbers(text: str, grid: Grid, units: int) -> None:
    assert parse_units(text, grid) == units


@pytest.mark.parametrize(
    "text",
    [
        *("", " 1", "1 ", "-1", "+1", "1_000", "NaN", "Infinity", "0x1", "1.", ".5", "1.2.3", "1e", "1e+", "٣", "²"),
        *("1,5", "1e19", "1152921504606846976", "1" * 400, "1e-30", "1e999", "1e9999", "0.0000000000000000001"),
    ],
)
def test_what_is_no_number_that_a_book_holds(text: str) -> None:
    with pytest.raises(FrameError):
        parse_units(text, WHOLE)


@pytest.mark.parametrize(("text", "grid"), [("0.001", CENT), ("0.3", QUARTER), ("1e-3", CENT), ("1.5", WHOLE)])
def test_between_two_steps(text: str, grid: Grid) -> None:
    with pytest.raises(OffGridError):
        parse_units(text, grid)


@given(st.integers(0, UNITS_LIMIT - 1), st.sampled_from([CENT, QUARTER, WHOLE]), st.integers(0, 4))
def test_every_number_of_steps_is_read_back(units: int, grid: Grid, zeros: int) -> None:
    plain = grid.text(units, fixed=False)
    padded = grid.text(units, fixed=True, decimals=grid.decimals + zeros)
    assert parse_units(plain, grid) == parse_units(padded, grid) == units


@given(st.text(alphabet="0123456789.eE+-_ ", max_size=12))
def test_text_is_read_as_a_decimal_or_refused(text: str) -> None:
    try:
        units = parse_units(text, CENT)
    except (FrameError, OffGridError):
        return
    assert CENT.step * units == Decimal(text)


def test_rows_keep_the_order_given() -> None:
    rows = level_rows(((-1, [("100.1", "2")]), (1, [("99.9", "0"), ("99.8", "0.001")])), OKX)
    assert rows.tolist() == [[-1, 1001, 2000, 0], [1, 999, 0, 0], [1, 998, 1, 0]]
    assert level_rows((), OKX).shape == (0, 4)
    assert trade_row(-1, "100", "1.5", 7, OKX).tolist() == [[-1, 1000, 1500, 7]]


def test_a_price_of_zero_is_refused() -> None:
    with pytest.raises(FrameError, match="zero"):
        level_rows(((1, [("0.0", "1")]),), OKX)


def test_digits_that_levels_need() -> None:
    assert decimals_of("1.500") == 1
    assert decimals_of("1e-7") == 7
    assert decimals_of("1000") == 0
    assert finest_decimals(((1, [("1.25", "3")]), (-1, [("2.5", "0.00100000")]))) == (2, 3)
    assert decimals_of("1e-18") == 18
    for text in ("x", "1e-19", "1e-30"):
        with pytest.raises(FrameError):
            decimals_of(text)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "17000000000000", "9999999999999", "1" * 400, "x"])
def test_times_that_are_none(text: str) -> None:
    with pytest.raises(FrameError):
        text_time_ns(text)


def test_times_that_no_int64_holds_are_named() -> None:
    with pytest.raises(FrameError, match="beyond the year 2248"):
        text_time_ns("9999999999999")
    with pytest.raises(FrameError, match="before 1970"):
        time_ns(-1)
    assert time_ns(LATEST_MS) < 2**63


def test_times() -> None:
    assert text_time_ns("1597026383085") == 1_597_026_383_085_000_000
