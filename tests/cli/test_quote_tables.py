"""What `quote` prints for people: nothing that is uncertain is said without saying so."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from rich.console import Console

from fillcast.cli.comparison_tables import show_comparison
from fillcast.cli.quote_tables import show_curve, show_forecast, show_largest
from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from fillcast.core.view import BookView
from fillcast.forecast.comparison import compare
from fillcast.forecast.curve import LargestSize, curve, max_size
from fillcast.forecast.forecast import Forecast, forecast
from fillcast.forecast.order import parse_order
from fillcast.forecast.split import NoSplit, best_split
from fillcast.models.fees import DisputedFee, stated_fee
from fillcast.models.volatility import VolatilityEstimate

MEASURED = VolatilityEstimate(1e-4, 30.0, 60.0)
PRIOR_ONLY = VolatilityEstimate(None, 0.0, 60.0)
FEE = stated_fee(10.0)
OKX = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.00000001"), order_lots=1000)
BINANCE = replace(OKX, venue="binance_usdm", symbol="BTCUSDT")


def view_of(instrument: Instrument = OKX, *, unproven: bool = False) -> BookView:
    bids = [(f"{60000 - step / 10:.1f}", f"{0.5 + step / 10:.8f}") for step in range(1, 60)]
    asks = [(f"{60000 + step / 10:.1f}", f"{0.4 + step / 10:.8f}") for step in range(1, 60)]
    view = Book.from_levels(instrument, bids, asks).view()
    return replace(view, proven_ask_ticks=600_002) if unproven else view


def quoted(
    view: BookView, size: str = "2.25btc", *, volatility: VolatilityEstimate = MEASURED, latency: str = "250ms"
) -> Forecast:
    order = parse_order(view.instrument, "buy", size, latency=latency)
    return forecast(order, view, fee=FEE, volatility=volatility, now_ns=1)


def printed(show, *arguments: object, width: int = 80) -> list[str]:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, record=True)
    show(*arguments, console)
    return console.export_text().splitlines()


def compared(forecasts: list[Forecast], views: Sequence[BookView], *, width: int, rates=None) -> list[str]:
    told = compare(forecasts, rates)
    return printed(show_comparison, told, best_split(told, views), width=width)


def rows(lines: list[str], start: str) -> list[str]:
    return [" ".join(line.split()) for line in lines if line.strip().startswith(start)]


def test_a_proven_quote_is_known_in_its_spread_slippage_and_fee():
    lines = printed(show_forecast, quoted(view_of()))
    for name in ("half spread", "slippage", "fee"):
        (row,) = rows(lines, name)
        assert row.endswith("known")
    assert not rows(lines, "latency")[0].endswith("known")
    assert not any("at most" in line for line in lines)


def test_an_unproven_quote_is_at_most_and_its_slippage_is_not_known():
    lines = printed(show_forecast, quoted(view_of(unproven=True)))
    assert len(rows(lines, "at most net")) == 1
    assert rows(lines, "net") == []
    assert rows(lines, "half spread")[0].endswith("known")
    assert "…" in rows(lines, "slippage")[0]
    assert rows(lines, "fee")[0].endswith("known")
    assert "1.15 BTC (beyond the proven edge" in " ".join(" ".join(lines).split())


@pytest.mark.parametrize("width", [80, 160])
def test_a_comparison_says_at_most_in_every_figure_that_is(width):
    views = view_of(), view_of(BINANCE, unproven=True)
    lines = compared([quoted(view) for view in views], views, width=width)
    text = "\n".join(lines)
    assert text.count("≤") == 2  # against the common reference, and net
    assert all("≤" not in row for row in rows(lines, "okx:"))


def test_a_volatility_that_was_not_measured_is_said_with_what_to_do():
    hint = "observe longer: --observe 30s"
    assert f"Interval: volatility only assumed; {hint}" in printed(
        show_forecast, quoted(view_of(), volatility=PRIOR_ONLY)
    )
    views = view_of(), view_of(BINANCE)
    one_of_two = [quoted(views[0], volatility=PRIOR_ONLY), quoted(views[1])]
    line = f"Interval: volatility only assumed for okx:BTC-USDT; {hint}"
    assert line in compared(one_of_two, views, width=160)
    measured = [quoted(view) for view in views]
    assert not any(hint in line for line in compared(measured, views, width=160))
    assert not any(hint in line for line in printed(show_forecast, quoted(view_of())))
    # Without a latency no volatility is in the interval.
    at_once = quoted(view_of(), volatility=PRIOR_ONLY, latency="0ms")
    assert not any(hint in line for line in printed(show_forecast, at_once))


@pytest.mark.parametrize("unproven", [False, True])
def test_a_table_fits_eighty_columns(unproven):
    view = view_of(unproven=unproven)
    one = quoted(view, "1234567usd", volatility=PRIOR_ONLY)
    lines = printed(show_forecast, one)
    lines += printed(show_curve, curve(view, 1, fee=FEE, volatility=MEASURED, latency_s=0.25), one)
    other = view_of(BINANCE)
    lines += compared([one, quoted(other, "1234567usd", volatility=PRIOR_ONLY)], [view, other], width=80)
    assert all(len(line.rstrip()) <= 80 for line in lines)
    # Every row is one line, and so are the sentences below the tables.
    assert rows(lines, "component") == ["component bps USDT 90%, bps"]
    assert len(rows(lines, "latency  ")) == 1
    assert sum("…" in line for line in lines) >= 13
    assert any(line.startswith("Positive: ") and line.endswith("of the reference") for line in lines)
    assert not any(line.endswith("…") for line in lines)  # nothing is cut off


@pytest.mark.parametrize("width", [50, 80, 160])
def test_the_best_split_stands_below_the_single_books(width):
    views = view_of(), view_of(BINANCE)
    lines = compared([quoted(view, "9btc") for view in views], views, width=width)
    text = " ".join(" ".join(lines).split())
    assert "best split: " in text
    assert "50.0%" in text
    assert "saves " in text
    assert " against all of it on okx:BTC-USDT" in text
    assert "not proven" not in text
    assert not any("…" in line and line.rstrip().endswith("…") for line in lines)
    assert lines.index(next(line for line in lines if line.startswith("best split"))) > lines.index(
        next(line for line in lines if line.startswith("binance_usdm:"))
    )
    thin = compared([quoted(view, "900btc") for view in views], views, width=width)
    assert "no single book shows the whole size" in " ".join(" ".join(thin).split())
    assert any(line.startswith("unfilled ") for line in thin)


def test_a_split_that_is_not_proven_says_so():
    views = view_of(unproven=True), view_of(BINANCE)
    lines = compared([quoted(view, "9btc") for view in views], views, width=160)
    assert any(line.startswith("best split: at most ") for line in lines)
    assert any("not proven" in line and line.startswith("saves ") for line in lines)
    assert any(line.startswith("unproven ") and "at most" in line for line in lines)


def test_one_book_may_be_the_best_split():
    views = view_of(), view_of(BINANCE)
    cheap = forecast(
        parse_order(BINANCE, "buy", "0.4btc"), views[1], fee=stated_fee(1.0), volatility=MEASURED, now_ns=1
    )
    lines = compared([quoted(views[0], "0.4btc"), cheap], views, width=160)
    assert "no split costs less than all of it on binance_usdm:BTCUSDT" in lines
    assert not any(line.startswith("saves") for line in lines)


def test_without_a_rate_there_is_no_split_and_the_reason_is_told():
    dollars = replace(BINANCE, venue="coinbase", symbol="BTC-USD", quote="USD")
    views = view_of(), view_of(dollars)
    forecasts = [quoted(view, "9btc") for view in views]
    lines = compared(forecasts, views, width=160)
    assert "no best split: fewer than two books can be compared" in lines
    assert "coinbase:BTC-USD is priced in USD, okx:BTC-USDT in USDT: state the rate of USDT in USD" in lines
    assert any("--usd-rate CURRENCY=DOLLARS" in line for line in lines)
    lines = compared(forecasts, views, width=160, rates={"USDT": 0.9995})
    assert any(line.startswith("best split: ") for line in lines)
    assert any("1 USD taken as 1.0005003" in line for line in lines)
    assert not any("--usd-rate" in line for line in lines)


def test_a_reason_is_told_once():
    views = view_of(), view_of(BINANCE)
    told = compare([quoted(view) for view in views])
    lines = printed(show_comparison, told, NoSplit("the orders are not of one size"), width=160)
    assert lines.count("no best split: the orders are not of one size") == 1


def said_of_largest(view: BookView, budget_bps: float) -> str:
    one = quoted(view)
    found = max_size(view, 1, budget_bps, fee=FEE)
    return " ".join(" ".join(printed(lambda console: show_largest(found, budget_bps, one, console))).split())


def test_the_largest_size_is_told_in_words():
    assert "largest size within 12 bps: " in said_of_largest(view_of(), 12.0)
    assert "at most" not in said_of_largest(view_of(), 12.0)
    assert "at at most " in said_of_largest(view_of(unproven=True), 12.0)
    assert "the visible book ends there" in said_of_largest(view_of(), 500.0)
    assert "none: even one order step (0.00001 BTC) costs 10." in said_of_largest(view_of(), 1.0)


def test_a_book_thinner_than_one_order_step_says_so():
    thin = Book.from_levels(OKX, [("60000", "0.000009")], [("60000.1", "0.000009")]).view()
    assert "none: the visible book holds less than one order step (0.00001 BTC)" in said_of_largest(thin, 500.0)
    empty = curve(thin, 1, fee=FEE, volatility=MEASURED, latency_s=0.25)
    assert len(empty.lots) == 0
    lines = printed(show_curve, empty, quoted(view_of()))
    assert lines == ["no curve: the visible book holds less than one order step (0.00001 BTC)"]


def test_an_order_step_that_is_not_proven_costs_at_most():
    unproven = LargestSize(0, 0.0, 0.0, 10.5, at_most=True, limited_by="budget")
    one = quoted(view_of())
    text = " ".join(printed(lambda console: show_largest(unproven, 1.0, one, console)))
    assert "costs at most 10.500 bps" in text


def test_sizes_of_a_curve_can_be_ordered():
    found = curve(view_of(), 1, fee=FEE, volatility=MEASURED, latency_s=0.25)
    assert (found.lots % OKX.order_lots == 0).all()
    assert (np.diff(found.lots) > 0).all()


@pytest.mark.parametrize("width", [40, 60, 80, 100, 140])
def test_every_figure_of_a_comparison_has_its_interval_at_every_width(width):
    views = view_of(), view_of(BINANCE)
    disputed = replace(FEE, disputed=(DisputedFee(10.0, 12.0, "another table"),))
    order = parse_order(OKX, "buy", "2.25btc")
    one = forecast(order, views[0], fee=disputed, volatility=MEASURED, now_ns=1)
    told = compare([one, quoted(views[1])])
    split = best_split(told, views)
    text = " ".join(" ".join(printed(show_comparison, told, split, width=width)).split())
    for cost in (*(shown.net for shown in told), split.net):
        assert f"{cost.low_bps:.3f} … {cost.high_bps:.3f}" in text
    assert "fee disputed" in text
    assert "10.000 … 12.000" in text
    for name in ("half spread", "slippage", "latency", "fee"):
        assert name in text


def test_an_all_in_price_has_its_currency_and_no_more_digits_than_its_interval():
    views = view_of(), view_of(BINANCE)
    uncertain = compared([quoted(view) for view in views], views, width=160)
    assert " 60,060 USDT " in rows(uncertain, "okx:")[0]  # the interval is some 10 USDT wide
    known = compared([quoted(view, latency="0ms") for view in views], views, width=160)
    assert " 60,060.2 USDT " in rows(known, "okx:")[0]


def test_what_is_not_filled_is_seen_at_eighty_columns():
    views = view_of(), view_of(BINANCE)
    forecasts = [quoted(view, "900btc") for view in views]
    left = forecasts[0].fill.unfilled_base
    lines = compared(forecasts, views, width=80)
    assert rows(lines, "okx:")[0].endswith(f" {left:g} BTC")


def test_an_instrument_without_an_answer_is_a_row_with_its_reason():
    views = view_of(), view_of(BINANCE)
    told = compare([quoted(view) for view in views])
    split = best_split(told, views)
    lines = printed(
        lambda console: show_comparison(told, split, console, {"kraken:BTC/USD": "cannot reach it"}), width=80
    )
    assert rows(lines, "kraken:BTC/USD ")[0].startswith("kraken:BTC/USD no answer - -")
    assert "kraken:BTC/USD: cannot reach it" in lines


def test_no_rate_is_asked_for_where_the_base_differs():
    ether = replace(BINANCE, symbol="ETHUSDT", base="ETH")
    views = view_of(), view_of(ether)
    lines = compared([quoted(views[0]), quoted(views[1], "2eth")], views, width=160)
    assert "binance_usdm:ETHUSDT is in ETH, okx:BTC-USDT in BTC" in lines
    assert not any("--usd-rate" in line for line in lines)
