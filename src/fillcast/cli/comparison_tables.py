"""Several forecasts of one order beside each other, as tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.markup import escape
from rich.text import Text

from fillcast.cli import words
from fillcast.cli.layout import print_rows
from fillcast.cli.quote_tables import show_assumed
from fillcast.cli.split_words import show_split
from fillcast.core.units import BPS
from fillcast.forecast.components import FEE, Net
from fillcast.forecast.forecast import CommonReference, Forecast
from fillcast.forecast.split import NoSplit, Split

NOTHING = "-"
NO_ANSWER = "no answer"
DISPUTED = "fee disputed"
FILLED, UNFILLED, BOOK = "filled", "unfilled", "book"


def show_comparison(
    forecasts: Sequence[Forecast],
    split: Split | NoSplit,
    console: Console,
    unanswered: Mapping[str, str] | None = None,
) -> None:
    """Print several forecasts against one common reference, and the order split over them.

    Parameters
    ----------
    unanswered
        By key, why nothing is known of further instruments that were asked for.
    """
    order = forecasts[0].order
    unanswered = unanswered or {}
    console.print(f"[bold]{order.side_name} {escape(order.size.text)}[/], {order.type} order", highlight=False)
    _show_against_reference(forecasts, split, console, unanswered)
    _show_parts(forecasts, console)
    reference = _reference(forecasts)
    if reference is not None:
        console.print(
            f"common reference: {reference.name}, {reference.price:,.10g} {reference.currency}{_rates(forecasts)}",
            style="dim",
            highlight=False,
        )
    for forecast in forecasts:
        if forecast.reason or forecast.not_compared:
            _say(forecast.instrument.key, forecast.reason or forecast.not_compared, console)
    for key, why in unanswered.items():
        _say(key, why, console)
    if _lacks_a_rate(forecasts):
        console.print("to compare other currencies, state their rates: --usd-rate CURRENCY=DOLLARS", highlight=False)
    show_split(split, console)
    console.print("Positive: you pay. net: bps of each book's own mid; vs common: of the reference", style="dim")
    show_assumed(forecasts, console)


def _say(key: str, why: str, console: Console) -> None:
    console.print(escape(words.named(key, why)), highlight=False, soft_wrap=True)


def _reference(forecasts: Sequence[Forecast]) -> CommonReference | None:
    return next((one.common_reference for one in forecasts if one.common_reference is not None), None)


def _lacks_a_rate(forecasts: Sequence[Forecast]) -> bool:
    """Whether a rate would let more be compared: it does not turn one base into another."""
    priced = [one for one in forecasts if one.net is not None]
    return any(one.not_compared and one.instrument.base == priced[0].instrument.base for one in priced)


def _rates(forecasts: Sequence[Forecast]) -> str:
    """Return the rates that were applied, as the user stated them or as they follow from that."""
    rates = {
        one.instrument.quote: one.common_rate
        for one in forecasts
        if one.common_reference is not None and one.instrument.quote != one.common_reference.currency
    }
    return "".join(f"; 1 {currency} taken as {rate:.8g}" for currency, rate in rates.items())


def _show_against_reference(
    forecasts: Sequence[Forecast], split: Split | NoSplit, console: Console, unanswered: Mapping[str, str]
) -> None:
    rows = [_against_reference(forecast) for forecast in forecasts]
    rows += [[key, NO_ANSWER, *[NOTHING] * 5] for key in unanswered]
    if isinstance(split, Split):
        rows.append(_split_row(split))
    level = next((f"{one.net.level:.0%}, bps" for one in forecasts if one.net is not None), "interval, bps")
    names = ("vs common, bps", level, "all-in price", FILLED, UNFILLED)
    whole = not any(one.fill is not None and one.fill.unfilled_base for one in forecasts)
    spare = (FILLED, *([UNFILLED] if whole else []), BOOK)
    print_rows(console, ("instrument", BOOK), names, rows, spare)


def _against_reference(forecast: Forecast) -> list[str | Text]:
    start: list[str | Text] = [forecast.instrument.key, Text.from_markup(words.state_text(forecast.book.state))]
    fill, net = forecast.fill, forecast.net
    if fill is None or net is None or forecast.arrival_mid is None:
        return [*start, *[NOTHING] * 5]
    base, quote = forecast.instrument.base, forecast.instrument.quote
    versus, reference = forecast.net_vs_common_bps, forecast.common_reference
    against = [NOTHING, NOTHING]
    if versus is not None and reference is not None and forecast.common_rate is not None:
        # Both count the same money: bps of the own mid become bps of the reference.
        scale = forecast.arrival_mid * forecast.common_rate / reference.price
        low, high = (versus + (end - net.bps) * scale for end in (net.low_bps, net.high_bps))
        against = [f"{_at_most(net)}{words.bps(versus)}", _interval(low, high)]
    width = (net.high_bps - net.low_bps) / BPS * forecast.arrival_mid
    return [
        *start,
        Text(against[0], "bold"),
        against[1],
        f"{words.price_within(forecast.instrument, fill.all_in_price, width)} {quote}",
        f"{words.amount(fill.base)} {base}",
        f"{words.amount(fill.unfilled_base)} {base}" if fill.unfilled_base else "none",
    ]


def _split_row(split: Split) -> list[str | Text]:
    net, base = split.net, split.shares[0].instrument.base
    finest = max((share.instrument for share in split.shares), key=lambda one: one.price_grid.decimals)
    width = (net.high_bps - net.low_bps) / BPS * split.reference.price
    return [
        "best split",
        words.count(len(split.shares), "book"),
        Text(words.net_bps(net, short=True), "bold"),
        _interval(net.low_bps, net.high_bps),
        f"{words.price_within(finest, split.all_in_price, width)} {split.reference.currency}",
        f"{words.amount(split.filled_base)} {base}",
        f"{words.amount(split.unfilled_base)} {base}" if split.unfilled_base else "none",
    ]


def _show_parts(forecasts: Sequence[Forecast], console: Console) -> None:
    """Print what each cost is made of; a fee that sources dispute with the range that they span."""
    priced = [(one, one.net) for one in forecasts if one.net is not None]
    if not priced:
        return
    disputed = any(part.name == FEE and part.low_bps != part.high_bps for one, _ in priced for part in one.components)
    rows: list[list[str | Text]] = []
    for one, net in priced:
        parts = {part.name: part for part in one.components}
        cells: list[str | Text] = [one.instrument.key, *(words.bps(part.bps) for part in one.components)]
        if disputed:
            fee = parts[FEE]
            cells.append("" if fee.low_bps == fee.high_bps else _interval(fee.low_bps, fee.high_bps))
        rows.append([*cells, Text(words.net_bps(net, short=True), "bold"), _interval(net.low_bps, net.high_bps)])
    names = [part.name.replace("_", " ") for part in priced[0][0].components]
    level = f"{priced[0][1].level:.0%}, bps"
    print_rows(console, ("components, bps",), (*names, *([DISPUTED] if disputed else []), "net, bps", level), rows)


def _interval(low: float, high: float) -> str:
    return f"{words.bps(low)} … {words.bps(high)}"


def _at_most(net: Net) -> str:
    return "≤ " if net.at_most else ""
