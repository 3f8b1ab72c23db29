"""The terminal view: what it says, at sizes good and bad."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

from fillcast.cli.ladder import ladder
from fillcast.cli.observe import BookFacts, Moment, dated, last_report
from fillcast.cli.plot import plot
from fillcast.cli.screen import plain_lines, render
from fillcast.cli.words import count
from fillcast.core.book import Book
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.core.units import NS_PER_S
from fillcast.feed.statistics import FeedStatistics
from fillcast.forecast.comparison import compare
from fillcast.forecast.curve import curve
from fillcast.forecast.fee_files import fee_rate
from fillcast.forecast.forecast import forecast
from fillcast.forecast.order import Order, parse_order
from fillcast.forecast.split import best_split
from fillcast.models.volatility import VolatilityEstimate
from fillcast.session.answer import Answer
from fillcast.venues.protocol import Gap, GapReason, Health, Recovered

VOLATILITY = VolatilityEstimate(1e-4, 30.0, 60.0)
FEE = fee_rate("okx")
SIZES = [(80, 24), (120, 40), (200, 50), (60, 30), (40, 12), (20, 5), (10, 3), (300, 8), (30, 100)]


def instrument() -> Instrument:
    from decimal import Decimal

    return Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.00000001"))


def book() -> Book:
    bids = [(f"{60000 - step / 10:.1f}", f"{0.5 + step / 10:.8f}") for step in range(1, 60)]
    asks = [(f"{60000 + step / 10:.1f}", f"{0.4 + step / 10:.8f}") for step in range(1, 60)]
    return Book.from_levels(instrument(), bids, asks)


def order(side: str = "buy", size: str = "2.25btc") -> Order:
    return parse_order(instrument(), side, size)


def facts(asked: Order | None = None, *, old: bool = False, unproven: bool = False) -> BookFacts:
    asked = asked or order()
    view = book().view()
    if unproven:
        view = replace(view, proven_ask_ticks=view.asks.ticks[0])
    current = forecast(asked, view, fee=FEE, volatility=VOLATILITY, now_ns=NS_PER_S)
    state, reason = BookState.LIVE, ""
    answer = Answer(state, "", current, current, 0)
    if old:
        state, reason = BookState.BROKEN, "update 9 follows 7, the book stands at 5"
        health = Health(state, reason, Proof.NONE, NS_PER_S, 0, 0)
        none = forecast(asked, view, fee=FEE, volatility=VOLATILITY, now_ns=NS_PER_S, health=health)
        answer = Answer(state, none.reason, none, current, 7_200_000_000)
    health = Health(state, reason, Proof.NONE if old else Proof.SEQUENCE, 12_000_000, 34_000_000, 0)
    return BookFacts(instrument(), view, health, asked, answer, 9.5)


def moment(*books: BookFacts, last_gap: str = "", links: tuple[str, ...] = ()) -> Moment:
    statistics = FeedStatistics(1, 1, 100, 9999, 50, 3, 12.5, 0, 1, 2, 0, 3, 3, 0, 0, 4, 1, 0, 0)
    return Moment("demo", 12.0, books or (facts(),), statistics, links, last_gap, bool(last_gap))


OTHER = replace(instrument(), venue="binance_usdm", symbol="BTCUSDT")


def two_books(size: str = "9btc", **changed: str) -> Moment:
    """Return a moment with the same book on two venues, the second as changed, and the split over both."""
    second = replace(OTHER, **changed)
    bids = [(f"{60000 - step / 10:.1f}", f"{0.5 + step / 10:.8f}") for step in range(1, 60)]
    asks = [(f"{60000 + step / 10:.1f}", f"{0.4 + step / 10:.8f}") for step in range(1, 60)]
    views = [Book.from_levels(one, bids, asks).view() for one in (instrument(), second)]
    told = [
        forecast(parse_order(view.instrument, "buy", size), view, fee=FEE, volatility=VOLATILITY, now_ns=NS_PER_S)
        for view in views
    ]
    told = list(compare(told))
    books = [
        BookFacts(
            view.instrument,
            view,
            Health(BookState.LIVE, "", Proof.SEQUENCE, 12_000_000, 34_000_000, 0),
            one.order,
            Answer(BookState.LIVE, "", one, one, 0),
            9.5,
            one.net_vs_common_bps,
        )
        for view, one in zip(views, told, strict=True)
    ]
    return replace(moment(*books), split=best_split(told, views))


def screen(shown: Moment, width: int = 120, height: int = 40, **options: object) -> str:
    console = Console(file=io.StringIO(), width=width, height=height, record=True, force_terminal=True, **options)
    console.print(render(shown, width, height))
    return console.export_text(styles=bool(options))


def test_a_live_book_shows_everything_that_is_promised():
    text = screen(moment())
    for words in ("● LIVE", "sequence", "12 ms", "60,000.1", "59,999.9", "order takes", "spread"):
        assert words in text
    for words in ("half spread", "slippage", "latency", "fee", "net", "USDT", "90%", "unfilled", "unproven"):
        assert words in text
    assert "gaps 3 · reconnects 2 · rejected 0" in text
    assert "no gap so far" in text
    assert "OLD" not in text


def test_the_levels_that_the_order_takes_are_marked():
    lines = screen(moment()).splitlines()
    marked = [line for line in lines if "█" in line or "▌" in line]
    # 2.25 of 0.5, 0.6, 0.7, 0.8: three whole levels and 0.45 of the fourth.
    assert len(marked) == 4
    assert "▌ 0.4500" in marked[0]
    assert "60,000.4" in marked[0]
    assert "█ 0.5000" in marked[3]
    sold = screen(moment(facts(order("sell", "0.6btc")))).splitlines()
    assert any("█ 0.6000" in line and "59,999.9" in line for line in sold)


def test_a_broken_book_gives_no_forecast_and_marks_the_last_one_old():
    text = screen(moment(facts(old=True)))
    assert "✖ BROKEN" in text
    assert "no forecast: okx:BTC-USDT is BROKEN: update 9 follows 7" in " ".join(text.split())
    assert "OLD: what follows is 7.2 s old" in text
    assert " old" in next(line for line in text.splitlines() if "✖ BROKEN" in line)
    assert "█" not in text  # nothing can be taken from a book that is not proven


def test_the_old_forecast_is_dimmed():
    styled = screen(moment(facts(old=True)), color_system="truecolor")
    after = styled.partition("OLD: what follows")[2]
    assert any("\x1b[2" in line and "half spread" in line for line in after.splitlines())


def test_states_differ_by_sign_and_word_and_not_by_colour_alone():
    seen = set()
    for state in BookState:
        one = facts()
        shown = replace(one, health=replace(one.health, state=state))
        line = next(line for line in screen(moment(shown)).splitlines() if "okx:BTC-USDT" in line)
        seen.add(tuple(line.split()[:2]))
    assert len(seen) == len(BookState) == len({sign for sign, _ in seen})


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("old", [False, True])
def test_it_fits_every_size(width, height, old):
    shown = moment(facts(old=old), facts(), last_gap="12:00:00 okx:BTC-USDT sequence: " + "x" * 300, links=("away",))
    lines = screen(shown, width, height).splitlines()
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= height
    assert "fillcast" in lines[0]


@pytest.mark.parametrize(("width", "height"), [(80, 24), (120, 40)])
def test_ordinary_terminals_have_room_for_ladder_and_forecast(width, height):
    lines = screen(moment(facts(), facts()), width, height).splitlines()
    assert len(lines) <= height
    assert any("spread" in line and "bps" in line for line in lines)
    assert any("net" in line and "…" in line for line in lines)


def test_the_best_split_stands_at_the_bottom():
    text = screen(two_books())
    lines = text.splitlines()
    (head,) = (place for place, line in enumerate(lines) if line.startswith("best split: "))
    assert "50.0% okx:BTC-USDT 4.5 BTC · 50.0% binance_usdm:BTCUSDT 4.5 BTC" in lines[head + 1]
    assert "saves " in lines[head + 2]
    assert "against all of it on okx:BTC-USDT" in lines[head + 2]
    assert lines[head + 3].startswith("50 frames/s") or "frames/s" in lines[head + 3]
    assert "vs common" in lines[1]
    assert plain_lines(two_books())[-1].startswith("best split: ")
    assert " vs common" in plain_lines(two_books())[0]


def test_why_there_is_no_split_stands_at_the_bottom():
    for width in (60, 120):
        text = " ".join(screen(two_books(venue="coinbase", symbol="BTC-USD", quote="USD"), width).split())
        assert "no best split: fewer than two books can be compared" in text
        assert "coinbase:BTC-USD is priced in USD, okx:BTC-USDT in USDT: state the rate of USDT in USD" in text
    (*_, last) = plain_lines(two_books(quote="USD"))
    assert last.startswith("no best split: ")
    assert "state the rate of USDT in USD" in last


def fine_book() -> Moment:
    """Return a moment of a book with eight decimals in every price, whose proof has the longest word."""
    from decimal import Decimal

    fine = replace(instrument(), venue="bitfinex", symbol="tBTCUSD", tick=Decimal("0.00000001"))
    bids = [(f"{78698 - step}.00000001", f"{0.5 + step / 10:.8f}") for step in range(1, 60)]
    asks = [(f"{78698 + step}.12345678", f"{0.4 + step / 10:.8f}") for step in range(1, 60)]
    view = Book.from_levels(fine, bids, asks).view()
    told = forecast(parse_order(fine, "buy", "2.25btc"), view, fee=FEE, volatility=VOLATILITY, now_ns=NS_PER_S)
    health = Health(BookState.LIVE, "", Proof.CONNECTION_SEQUENCE, 12_000_000, 34_000_000, 0)
    answer = Answer(BookState.LIVE, "", told, told, 0)
    gap = "12:00:00 bitfinex:tBTCUSD sequence: update 123456789 follows 123456787, the book stands at 123456785"
    return moment(BookFacts(fine, view, health, told.order, answer, 10.5), last_gap=gap)


def numbers(text: str) -> set[str]:
    return {word for word in text.split() if any(sign.isdigit() for sign in word)}


@pytest.mark.parametrize("shown", [fine_book(), two_books(), moment(facts(old=True))], ids=["fine", "two", "old"])
def test_no_number_is_cut_at_any_width(shown):
    whole = numbers(screen(shown, 300, 100))
    for width in range(40, 140, 5):
        text = screen(shown, width, 60)
        assert numbers(text) <= whole, width
        assert all(len(line.rstrip()) <= width for line in text.splitlines())
    longest = max(numbers(text), key=len)
    assert not numbers(text.replace(longest, longest[:-1] + "…")) <= whole


@pytest.mark.parametrize("width", [80, 100, 140])
def test_ladder_and_forecast_of_fine_prices_stand_beside_each_other(width):
    lines = screen(fine_book(), width, 30).splitlines()
    assert any("78,699.12345678" in line and "bitfinex:tBTCUSD: " in " ".join(lines) for line in lines[4:])
    row = next(line for line in lines if "● LIVE" in line)
    assert ("78,697.00000001  78,699.12345678" in row) is ("connection_sequence" in row or width == 80)
    assert any("half spread" in line and "known" in line and "," in line.split("half")[0] for line in lines)


def test_bid_and_ask_go_together():
    for width in range(30, 120, 5):
        row = next(line for line in screen(fine_book(), width, 30).splitlines() if "● LIVE" in line)
        assert ("78,697.00000001" in row) is ("78,699.12345678" in row), width


def test_a_venue_without_an_answer_is_a_row_and_a_line_with_its_reason():
    shown = two_books()
    shown = replace(shown, unanswered={"kraken:BTC/USD": "cannot reach api.example"})
    row = next(line for line in screen(shown).splitlines() if "kraken:BTC/USD" in line)
    assert row.startswith("○ EMPTY")
    assert row.rstrip().endswith("none")
    assert any(
        line.startswith("kraken:BTC/USD EMPTY, no forecast: cannot reach api.example") for line in plain_lines(shown)
    )
    assert len(plain_lines(shown)) == len(plain_lines(two_books())) + 1


def test_one_book_has_no_split():
    assert "best split" not in screen(moment())
    assert len(plain_lines(moment())) == 1


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("quote", ["USDT", "USD"])
def test_a_split_fits_every_size(width, height, quote):
    lines = screen(two_books(quote=quote), width, height).splitlines()
    assert all(len(line) <= width for line in lines)
    assert len(lines) <= height
    if width >= 60 and height >= 24:  # no number of it is cut
        assert not any(line.rstrip().endswith("…") for line in lines if "bps" in line or "%" in line)


def test_a_gap_is_told_in_words():
    gap = Gap("okx:BTC-USDT", NS_PER_S, 2 * NS_PER_S, GapReason.SEQUENCE, "update 9 follows 7", 3)
    assert dated(gap).endswith("okx:BTC-USDT sequence: update 9 follows 7, 3 lost")
    assert dated(Recovered("okx:BTC-USDT", gap, 3 * NS_PER_S)).endswith("3 lost; LIVE again after 1.00 s")
    assert "last gap: it broke" in screen(moment(last_gap="it broke"))


def test_one_line_per_book_without_a_terminal():
    (live,) = plain_lines(moment())
    assert live.startswith("okx:BTC-USDT LIVE proof sequence age 12 ms, 59,999.9 / 60,000.1, buy 2.25btc: net ")
    assert "at most" not in live
    (old,) = plain_lines(moment(facts(old=True)))
    assert "no forecast: okx:BTC-USDT is BROKEN" in old
    assert "(OLD, 7.2 s: " in old
    assert "at most" not in old
    (unproven,) = plain_lines(moment(facts(unproven=True)))
    assert "buy 2.25btc: net at most " in unproven
    (old_and_unproven,) = plain_lines(moment(facts(old=True, unproven=True)))
    assert "(OLD, 7.2 s: at most " in old_and_unproven


@pytest.mark.parametrize("old", [False, True])
def test_the_net_of_a_book_says_at_most_where_it_is_not_proven(old):
    def row(shown: BookFacts) -> str:
        return next(line for line in screen(moment(shown)).splitlines() if "59,999.9  60,000.1" in line)

    assert "≤" not in row(facts(old=old))
    assert "≤ " in row(facts(old=old, unproven=True))
    assert ("old" in row(facts(old=old, unproven=True))) is old


def test_the_json_of_an_old_forecast_says_at_most():
    for unproven in (False, True):
        last = last_report(facts(old=True, unproven=unproven).answer)
        assert last is not None
        assert last["net"]["at_most"] is unproven
    assert last_report(facts().answer) is None


def test_the_ladder_does_not_move_while_sizes_change():
    def columns(shown: BookFacts) -> list[int]:
        console = Console(file=io.StringIO(), width=120, record=True)
        console.print(ladder(shown, 10, with_sums=True))
        lines = console.export_text().splitlines()
        return [line.index("60,000.") for line in lines if "60,000." in line]

    assert columns(facts(order(size="0.1btc"))) == columns(facts(order(size="30btc")))


def test_the_plot_marks_what_is_not_proven():
    view = book().view()
    drawn = curve(view, 1, fee=FEE, volatility=VOLATILITY, latency_s=0.25)
    lines = plot(drawn, width=40, height=10)
    assert len(lines) == 12
    assert sum(line.count("●") for line in lines) > 10
    assert not any("○" in line for line in lines)
    beyond = replace(view, proven_ask_ticks=600_010)
    unproven = curve(beyond, 1, fee=FEE, volatility=VOLATILITY, latency_s=0.25)
    assert any("○" in line for line in plot(unproven, width=40, height=10))


def spread_of(shown: BookFacts) -> str:
    console = Console(file=io.StringIO(), width=120, record=True)
    console.print(ladder(shown, 3, with_sums=False))
    return next(line for line in console.export_text().splitlines() if line.strip().startswith("spread"))


def test_the_spread_of_an_empty_book_is_no_spread():
    assert " bps " in spread_of(facts())
    one_sided = Book.from_levels(instrument(), [], [("60000.0", "1")])
    for other, says in ((one_sided, "one-sided"), (Book(instrument()), "no book")):
        assert says in spread_of(replace(facts(old=True), view=other.view()))


def test_a_book_without_a_sign_of_life_has_no_age():
    uptime_ns = 6_120_000_000_000
    empty = Health(BookState.EMPTY, "", Proof.NONE, uptime_ns, uptime_ns, 0)
    shown = replace(facts(old=True), health=empty, view=Book(instrument()).view())
    (line,) = plain_lines(moment(shown))
    assert "EMPTY proof none age -, no forecast" in line
    assert "1.7 h" not in line + screen(moment(shown), 160)


def test_the_reason_has_how_the_connection_stands():
    answer = facts(old=True).answer
    told = replace(answer, reason=f"{answer.reason}; okx refused the connection").told
    assert told.reason.endswith("update 9 follows 7, the book stands at 5; okx refused the connection")
    live = facts().answer
    assert live.told is live.current


@pytest.mark.parametrize(("number", "says"), [(0, "0 levels"), (1, "1 level"), (2, "2 levels"), (1000, "1,000 levels")])
def test_one_is_singular(number, says):
    assert count(number, "level") == says
