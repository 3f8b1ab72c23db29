"""What cannot be trusted is seen at once: STALE, BROKEN, old, at most, unfilled."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

if TYPE_CHECKING:
    from tests.page.conftest import Opened


def quiet(opened: Opened, frames: int = 3) -> None:
    """Load the page, then let frames come from the test alone."""
    opened.server.limit = frames
    opened.go()
    opened.drawn(frames)
    opened.page.wait_for_timeout(200)
    opened.server.limit, opened.server.paced = None, False


@pytest.mark.parametrize("state", ["STALE", "BROKEN", "SYNCING"])
def test_a_book_that_is_not_live_prices_nothing_and_says_why(opened: Opened, state: str) -> None:
    quiet(opened)
    page, market = opened.page, opened.server.market
    good = page.inner_text("#cost .amount strong")
    market.state, market.reason, market.age_ms = state, "the venue repeated itself", 7200.0
    before, bids, asks = market.move()
    last = market.last(7200.0)
    opened.server.send(
        [
            ("book", market.book(before, bids, asks)),
            ("forecast", market.no_forecast(f"book is {state}")),
            ("last", last),
        ]
    )
    page.wait_for_function("s => document.querySelector('#pill').innerText.includes(s)", arg=state)
    assert f"Book is {state}: the venue repeated itself." in page.inner_text("#banner")
    assert page.inner_text("#said") == f"{state}: the venue repeated itself"
    marks = page.locator("#cost .mark").all_inner_texts()
    assert len(marks) == 1
    assert marks[0].startswith("cost from a book 7.")
    assert page.locator("#cost .past").count() == 1
    assert page.inner_text("#cost .amount strong") != "–"
    assert page.evaluate("getComputedStyle(document.querySelector('#breakdown')).filter") == "grayscale(1)"
    market.state, market.reason, market.age_ms = "LIVE", "", 12.0
    opened.server.send(market.next())
    page.wait_for_function("() => document.querySelector('#pill').innerText.includes('LIVE')")
    page.wait_for_timeout(200)
    assert page.locator("#banner .banner").count() == 0
    assert page.locator("#cost .past").count() == 0
    assert good.endswith("bps")


def test_no_figure_is_shown_where_there_never_was_one(opened: Opened) -> None:
    opened.server.paced = False
    page, market = opened.go(), opened.server.market
    page.wait_for_timeout(300)
    parts = [(kind, body) for kind, body in market.whole() if kind != "forecast"]
    opened.server.send([*parts, ("forecast", market.no_forecast("not one level on this side"))])
    page.wait_for_selector("#cost .mark")
    assert page.inner_text("#cost .amount strong") == "–"
    assert "no cost now: not one level on this side" in page.inner_text("#cost")


def test_age_grows_by_itself_to_amber_and_red(opened: Opened) -> None:
    quiet(opened)
    page, market = opened.page, opened.server.market
    assert page.locator("#pill .pill.good").count() == 1
    market.age_ms = 900.0
    opened.server.send(market.next())
    page.wait_for_selector("#pill .pill.warn", timeout=2000)
    assert "LIVE" in page.inner_text("#pill")
    market.age_ms = 4800.0
    opened.server.send(market.next())
    page.wait_for_selector("#pill .pill.bad", timeout=2000)
    assert "No news of the book for 5." in page.inner_text("#banner")
    assert "cost from a book 5." in page.inner_text("#cost .mark")
    assert page.evaluate("getComputedStyle(document.querySelector('#cost .past')).filter") == "grayscale(1)"


def test_a_cost_beyond_the_proven_edge_is_an_upper_bound(opened: Opened) -> None:
    quiet(opened)
    market = opened.server.market
    report = market.forecast()
    assert report.net is not None
    net = msgspec.structs.replace(report.net, at_most=True)
    report = msgspec.structs.replace(report, net=net, unproven_base=1.25, unfilled_base=0.5)
    opened.server.send([("forecast", report)])
    opened.page.wait_for_selector("#cost .mark")
    text = opened.page.inner_text("#cost")
    assert text.count("≤") == 2
    assert "at most: 1.25000000" in text
    assert "not filled: 0.50000000" in text
