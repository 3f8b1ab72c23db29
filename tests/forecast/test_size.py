from __future__ import annotations

import contextlib
import math
import re
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.instrument import Instrument
from fillcast.errors import SizeError, UsageError
from fillcast.forecast.curve import max_size
from fillcast.forecast.size import SizeUnit, exact_lots, parse_duration, parse_size, spelled_out, walk_size
from tests.forecast.examples import CROSS, FREE, INVERSE, QUANTO, SPOT, SWAP, view_of

THOUSANDS = Instrument("binance_usdm", "1000PEPEUSDT", "1000PEPE", "USDT", Decimal("0.0000001"), Decimal(1))


@pytest.mark.parametrize(
    ("text", "instrument", "amount", "unit"),
    [
        ("2.5", SPOT, "2.5", SizeUnit.BASE),
        ("2.5btc", SPOT, "2.5", SizeUnit.BASE),
        ("  .5 BTC ", SPOT, "0.5", SizeUnit.BASE),
        ("1e-2", SPOT, "0.01", SizeUnit.BASE),
        ("1_000.5", SPOT, "1000.5", SizeUnit.BASE),
        ("100000usd", SPOT, "100000", SizeUnit.QUOTE),
        ("100000USDT", SPOT, "100000", SizeUnit.QUOTE),
        ("1e5usdt", SPOT, "1e5", SizeUnit.QUOTE),
        ("40ct", SWAP, "40", SizeUnit.CONTRACTS),
        ("40ct", INVERSE, "40", SizeUnit.CONTRACTS),
        ("2.5", INVERSE, "2.5", SizeUnit.BASE),
        ("100000usd", INVERSE, "100000", SizeUnit.QUOTE),
        ("2.5eth", CROSS, "2.5", SizeUnit.BASE),
        ("2btc", CROSS, "2", SizeUnit.QUOTE),
        ("40ct", QUANTO, "40", SizeUnit.CONTRACTS),
        ("5 1000pepe", THOUSANDS, "5", SizeUnit.BASE),
    ],
)
def test_a_size_is_read(text: str, instrument: Instrument, amount: str, unit: SizeUnit) -> None:
    size = parse_size(text, instrument)

    assert (size.amount, size.unit) == (Decimal(amount), unit)


def test_numbers_are_base() -> None:
    assert parse_size(0.1, SPOT).amount == Decimal("0.1")
    assert parse_size(3, SPOT).amount == 3
    assert parse_size(Decimal("0.00001"), SPOT).amount == Decimal("0.00001")


@pytest.mark.parametrize(
    ("size", "instrument", "message"),
    [
        ("0", SPOT, "'0' is zero"),
        ("0.000usd", SPOT, "is zero"),
        ("-1", SPOT, "'-1' is negative"),
        ("-100usd", SPOT, "is negative"),
        ("nan", SPOT, "not a finite number"),
        ("NaNbtc", SPOT, "not a finite number"),
        ("inf", SPOT, "not a finite number"),
        ("-Infinity", SPOT, "not a finite number"),
        (math.nan, SPOT, "not a finite number"),
        (math.inf, SPOT, "not a finite number"),
        ("1e999999999", SPOT, "too large"),
        ("1e40", SPOT, "too large"),
        (str(2**60) + "ct", SWAP, "too large"),
        ("1e-999999999", SPOT, "less than one lot"),
        ("0.000009", SPOT, "less than one lot (0.00001 BTC)"),
        ("0.5ct", INVERSE, "less than one lot (1 contracts)"),
        ("99usd", INVERSE, "less than one lot (1 contracts)"),
        ("", SPOT, "cannot read the size"),
        ("btc", SPOT, "cannot read the size"),
        ("1,000", SPOT, "cannot read the size"),
        ("1" * 50_000 + ",", SPOT, "cannot read the size"),
        ("1.2.3", SPOT, "cannot read the size"),
        ("10 20", SPOT, "cannot read the size"),
        ("--1", SPOT, "cannot read the size"),
        ("2eth", SPOT, "unknown unit 'eth'"),
        ("100kusd", SPOT, "unknown unit 'kusd'"),
        ("51000pepe", THOUSANDS, "unknown unit 'pepe'"),
        ("40ct", SPOT, "does not trade in contracts"),
        ("100000usd", CROSS, "is ambiguous; write 2.5 or 2.5eth (base), 1000btc (quote)"),
        ("100usdt", INVERSE, "unknown unit 'usdt'"),
        ("2.5", QUANTO, "ambiguous"),
        ("100usd", QUANTO, "ambiguous"),
    ],
)
def test_a_size_that_means_nothing_is_refused_by_name(size: str | float, instrument: Instrument, message: str) -> None:
    with pytest.raises(SizeError) as caught:
        parse_size(size, instrument)
    assert message in str(caught.value)
    assert instrument.key in str(caught.value)


@given(st.text(max_size=30) | st.text("0123456789.eE+-_, usdtbctUSDTBC", max_size=12))
def test_any_text_is_a_size_or_refused_by_name(text: str) -> None:
    for instrument in (SPOT, SWAP, INVERSE, QUANTO):
        with contextlib.suppress(SizeError):
            assert parse_size(text, instrument).amount > 0
    with contextlib.suppress(UsageError):
        assert parse_duration(text) >= 0


def test_usd_on_a_dollar_coin_says_how_it_was_read() -> None:
    assert "is read as USDT" in parse_size("100000usd", SPOT).note
    assert parse_size("100000usdt", SPOT).note == ""
    assert parse_size("100000usd", INVERSE).note == ""


def test_a_stated_rate_turns_usd_into_the_quote_coin() -> None:
    size = parse_size("100000usd", SPOT, usd_rates={"USDT": 0.8})

    assert size.amount == 125_000
    assert "at the stated 1.25 USDT for one USD" in size.note
    assert parse_size("100000usdt", SPOT, usd_rates={"USDT": 0.8}).amount == 100_000
    assert parse_size("100000usd", INVERSE, usd_rates={"USDT": 0.8}).amount == 100_000
    for rate in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(UsageError, match="rate of USDT must be a positive"):
            parse_size("100000usd", SPOT, usd_rates={"USDT": rate})


def test_stated_rates_turn_any_currency_into_any_other() -> None:
    euro = replace(SPOT, symbol="BTC-EUR", quote="EUR")
    rates = {"eur": 1.25, "USDT": 0.8}

    assert parse_size("1000usd", euro, usd_rates=rates).amount == 800
    assert parse_size("1000usdt", euro, usd_rates=rates).amount == 640
    assert parse_size("1000EUR", SPOT, usd_rates=rates).amount == Decimal("1562.5")
    assert parse_size("1000eur", INVERSE, usd_rates=rates).amount == 1250
    assert parse_size("1000eur", euro).amount == 1000
    assert parse_size("2btc", SPOT, usd_rates={"BTC": 60_000.0}).unit is SizeUnit.BASE  # its own currency is no other
    with pytest.raises(SizeError, match="or state the rate of EUR in USD"):
        parse_size("1000usd", euro, usd_rates={"USDT": 0.8})
    with pytest.raises(SizeError, match="state the rate of USDT in USD as well"):
        parse_size("1000eur", SPOT, usd_rates={"EUR": 1.25})
    with pytest.raises(SizeError, match="ambiguous"):
        parse_size("1000usd", QUANTO, usd_rates=rates)


def test_an_amount_of_another_currency_says_which_rates_are_missing() -> None:
    with pytest.raises(SizeError, match="where EUR is a currency, state the rates of EUR and USDT in USD"):
        parse_size("100000eur", SPOT)
    with pytest.raises(SizeError, match="where EUR is a currency, state the rate of EUR in USD"):
        parse_size("100000eur", INVERSE)
    with pytest.raises(SizeError, match="to read '100000eur' as USDT, state the rate of USDT in USD as well"):
        parse_size("100000eur", SPOT, usd_rates={"EUR": 1.08})


@given(
    amount=st.decimals("0.00001", "1e12", allow_nan=False, allow_infinity=False),
    instrument=st.sampled_from([SPOT, CROSS]),
)
def test_lots_round_down_and_by_less_than_one(amount: Decimal, instrument: Instrument) -> None:
    if amount < instrument.lot:
        return
    lots = exact_lots(parse_size(f"{amount:f}", instrument), instrument)
    assert lots is not None
    assert rounds_down(lots, amount, instrument)


def rounds_down(lots: int, amount: Decimal, instrument: Instrument) -> bool:
    return 0 <= Fraction(amount) - lots * Fraction(instrument.lot) < Fraction(instrument.lot)


def test_the_check_of_rounding_can_fail() -> None:
    assert rounds_down(2, Decimal("0.00002"), SPOT)
    assert not rounds_down(3, Decimal("0.00002"), SPOT)
    assert not rounds_down(1, Decimal("0.00002"), SPOT)


def test_a_rounded_size_says_so_and_an_exact_one_does_not() -> None:
    view = view_of(SPOT, [("99", "10")], [("100", "1"), ("101", "10")])

    rounded = walk_size(parse_size("1.500009", SPOT), view, 1)
    assert rounded.walk.filled_lots == 150_000
    assert rounded.note == "1.500009 rounded down to 1.5 BTC (lots of 0.00001)"
    assert walk_size(parse_size("1.5", SPOT), view, 1).note == ""
    # 100 + 0.5 x 101 = 150.5 is a whole number of lots; 150.5005 leaves 0.0005, less than a lot of 0.00101.
    assert walk_size(parse_size("150.5usdt", SPOT), view, 1).note == ""
    assert walk_size(parse_size("150.5005usdt", SPOT), view, 1).walk.filled_lots == 150_000
    assert "rounded down to 1.5 BTC" in walk_size(parse_size("150.5005usdt", SPOT), view, 1).note


def test_linear_contracts_in_every_unit() -> None:
    view = view_of(SWAP, [("50000", "1000")], [("50001", "1000")])

    # A contract is 0.01 BTC, a lot 0.01 contract.
    assert walk_size(parse_size("40ct", SWAP), view, 1).walk.filled_lots == 4_000
    assert walk_size(parse_size("0.4", SWAP), view, 1).walk.filled_lots == 4_000
    assert walk_size(parse_size("20000.4usdt", SWAP), view, 1).walk.filled_lots == 4_000
    assert "rounded down to 40 contracts" in walk_size(parse_size("0.40005", SWAP), view, 1).note


def test_inverse_contracts_in_every_unit() -> None:
    view = view_of(INVERSE, [("39999.9", "1")], [("40000", "400"), ("50000", "400")])

    assert walk_size(parse_size("500ct", INVERSE), view, 1).walk.filled_lots == 500
    assert walk_size(parse_size("50050usd", INVERSE), view, 1).walk.filled_lots == 500
    # 400 contracts of 100 USD at 40000 are 1 BTC; at 50000 a contract is 0.002 BTC.
    bought = walk_size(parse_size("1.2010", INVERSE), view, 1)
    assert bought.walk.filled_lots == 500
    assert bought.walk.base == pytest.approx(1.2, rel=1e-12)
    assert "rounded down to 500 contracts" in bought.note


def test_what_the_book_does_not_show_is_unfilled() -> None:
    view = view_of(SPOT, [("99", "10")], [("101", "2")])

    for size in ("5", "503usdt"):  # 202 for the 2 shown; the other 301 are 3.01 BTC at the mid of 100
        sized = walk_size(parse_size(size, SPOT), view, 1)
        assert sized.walk.filled_lots == 200_000
        assert sized.unfilled_base == pytest.approx(3.0 if size == "5" else 3.01, rel=1e-12)
    inverse = view_of(INVERSE, [("40000", "1")], [("60000", "6")])
    assert walk_size(parse_size("16ct", INVERSE), inverse, 1).unfilled_base == pytest.approx(1000 / 50000)
    assert walk_size(parse_size("0.03", INVERSE), inverse, 1).unfilled_base == pytest.approx(0.02)


def test_sizes_that_only_prices_decide_are_refused_too() -> None:
    view = view_of(SPOT, [("99", "10")], [("101", "2")])

    with pytest.raises(SizeError, match="less than one lot"):
        walk_size(parse_size("0.001usdt", SPOT), view, 1)
    with pytest.raises(SizeError, match="too large"):
        walk_size(parse_size("1e30usdt", SPOT), view, 1)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("10m", 600.0),
        ("1h", 3600.0),
        ("1.5s", 1.5),
        ("0ms", 0.0),
        (" 2 D ", 172_800.0),
        ("5us", 5e-6),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("250", "needs a unit"),
        ("250 parsecs", "needs a unit"),
        ("-1s", "is negative"),
        ("nan", "cannot read"),
        ("infs", "cannot read"),
        ("", "cannot read"),
        ("1h30m", "cannot read"),
        ("9999999d", "longer than a year"),
    ],
)
def test_a_duration_that_means_nothing_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parse_duration(text)


def test_orders_round_down_to_the_venues_step_where_books_hold_finer_sizes() -> None:
    fine = replace(SPOT, order_lots=100)  # lots of 0.00001, orders in steps of 0.001
    view = view_of(fine, [("59990", "5")], [("60000", "1.00001"), ("60010", "5")])

    assert exact_lots(parse_size("0.12345", fine), fine) == 12300
    assert exact_lots(parse_size("0.12345", SPOT), SPOT) == 12345
    assert walk_size(parse_size("70000usd", fine), view, 1).walk.filled_lots == 116600
    assert "lots of 0.001" in walk_size(parse_size("0.12345", fine), view, 1).note
    assert max_size(view, 1, 1.0, fee=FREE).lots % 100 == 0
    with pytest.raises(SizeError, match="less than one lot"):
        parse_size("0.0009", fine)


def test_what_a_thin_book_fills_is_a_whole_number_of_order_steps() -> None:
    fine = replace(SPOT, order_lots=100)
    view = view_of(fine, [("99", "10")], [("101", "2.00055")])  # 2 BTC in whole steps, and 55 lots

    for size, unfilled in (("5", 3.0), ("503usdt", 3.01)):
        sized = walk_size(parse_size(size, fine), view, 1)
        assert sized.walk.filled_lots == 200_000
        assert sized.unfilled_base == pytest.approx(unfilled, rel=1e-12)
        assert sized.note == ""
    # 202.09 would buy 2.0009 BTC at the price shown: an order of 2 BTC, which is there.
    rounded = walk_size(parse_size("202.09usdt", fine), view, 1)
    assert (rounded.walk.filled_lots, rounded.unfilled_base) == (200_000, 0.0)
    assert "rounded down to 2 BTC" in rounded.note


def test_a_book_thinner_than_one_order_step_is_priced_as_it_is() -> None:
    fine = replace(SPOT, order_lots=100)
    view = view_of(fine, [("99", "10")], [("101", "0.00055")])

    for size in ("5", "503usdt"):
        sized = walk_size(parse_size(size, fine), view, 1)
        assert sized.walk.filled_lots == 55
        assert sized.unfilled_base > 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("0x10", "cannot read the size '0x10'"),
        ("0b1", "cannot read the size '0b1'"),
        ("\N{ARABIC-INDIC DIGIT THREE}", "cannot read the size"),
        ("1\N{FULLWIDTH DIGIT THREE}btc", "cannot read the size"),
        ("1,000usdt", "write 1000usdt"),
        ("1,234,567.5", "write 1234567.5"),
        ("100k", "unknown unit 'k' in '100k'; write 100000"),
        ("1.5Musdt", "write 1500000usdt"),
        ("1,5", "write 2.5 or 2.5btc"),
    ],
)
def test_what_is_not_read_is_refused_with_what_to_write(text: str, says: str) -> None:
    with pytest.raises(SizeError, match=re.escape(says)):
        parse_size(text, SPOT)


def test_every_hint_can_be_read() -> None:
    for text in ("1,000usdt", "1,234,567.5", "100k", "1.5Musdt", "2.5kbtc"):
        parse_size(spelled_out(text), SPOT)
    for text in ("100", "1,5", "1,0000", "0x10", "1,000,", "5btc", ""):
        assert spelled_out(text) == ""


def test_a_duration_has_the_digits_of_ascii() -> None:
    with pytest.raises(UsageError, match="cannot read the duration"):
        parse_duration("\N{ARABIC-INDIC DIGIT THREE}s")
