"""The page and its server: one frame per credit, every hole repaired, every loss of the server seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.page.conftest import CREDIT, RESEND

if TYPE_CHECKING:
    from tests.page.conftest import Opened

BANNER = "#banner .banner.bad"


def test_one_credit_for_each_drawn_frame(opened: Opened) -> None:
    opened.server.limit = 12
    page = opened.go()
    opened.drawn(12)
    page.wait_for_timeout(300)
    assert opened.server.words == [CREDIT] * 13  # one on opening, one after each of the twelve frames
    assert opened.server.credit == 1


@pytest.mark.parametrize("hole", ["sequence", "base", "unreadable"])
def test_a_hole_is_answered_by_asking_for_everything_again(opened: Opened, hole: str) -> None:
    server = opened.server
    server.limit = 4
    page = opened.go()
    opened.drawn(4)
    page.wait_for_timeout(200)
    server.limit, server.paced = None, False
    held = opened.shows("fillcast.snapshot.book.version")
    market = server.market
    before, bids, asks = market.move()
    if hole == "sequence":
        server.send([("book", market.book(before, bids, asks))], seq=server.seq + 2)
    elif hole == "base":
        server.send([("book", market.book(before + 5, bids, asks))])
    else:
        server.send_raw(b"\xc1 no msgpack")
    page.wait_for_timeout(200)
    assert server.words[-1] == RESEND
    assert opened.shows("fillcast.snapshot.book.version") == held  # nothing of the frame was used
    server.send_next(whole=True)
    opened.page.wait_for_function("v => fillcast.snapshot.book.version === v", arg=market.version)
    assert opened.shows("[...fillcast.snapshot.asks.ticks.slice(0, fillcast.snapshot.asks.length)]") == sorted(
        market.asks
    )
    page.wait_for_timeout(200)
    assert server.words[-1] == CREDIT


def test_a_frame_in_order_asks_for_nothing_again(opened: Opened) -> None:
    opened.server.limit = 20
    opened.go()
    opened.drawn(20)
    assert RESEND not in opened.server.words
    held = opened.shows("[...fillcast.snapshot.bids.ticks.slice(0, fillcast.snapshot.bids.length)]")
    assert held == sorted(opened.server.market.bids, reverse=True)
    sizes = opened.shows("[...fillcast.snapshot.bids.sizes.slice(0, fillcast.snapshot.bids.length)]")
    assert sizes == [size for _, size in sorted(opened.server.market.bids.items(), reverse=True)]


def test_a_lost_server_is_said_and_found_again(opened: Opened) -> None:
    server = opened.server
    page = opened.go()
    opened.drawn(5)
    assert page.locator("#banner .banner").count() == 0
    server.refuses = True
    server.close(1001, "the lab has ended")
    page.wait_for_selector(BANNER)
    text = page.inner_text(BANNER)
    assert "Disconnected: the lab has ended." in text
    assert "Attempt 1 in" in text
    assert "DISCONNECTED" in page.inner_text("#pill")
    assert page.inner_text("#said") == "DISCONNECTED: the lab has ended"
    assert page.evaluate("getComputedStyle(document.querySelector('#ladder')).filter") == "grayscale(1)"
    assert page.evaluate("getComputedStyle(document.querySelector('#cost .past')).filter") == "grayscale(1)"
    page.wait_for_function("() => document.querySelector('#banner').innerText.includes('Attempt 3 in')", timeout=8000)
    assert page.inner_text("#cost .amount strong").endswith("bps")  # the last figures stay
    server.refuses = False
    page.click("#banner button")
    page.wait_for_selector(BANNER, state="detached")
    page.wait_for_function("() => document.querySelector('#pill').innerText.includes('LIVE')")
    assert page.evaluate("getComputedStyle(document.querySelector('#ladder')).filter") == "none"
    assert opened.server.opened == 2


def test_a_page_that_is_seen_again_tries_at_once(opened: Opened) -> None:
    page = opened.go()
    opened.drawn(3)
    opened.server.close(1001, "gone")
    page.wait_for_selector(BANNER)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_selector(BANNER, state="detached", timeout=400)  # the first wait is 375 ms at least
    assert opened.server.opened == 2


def test_an_order_is_asked_again_of_a_new_connection(opened: Opened) -> None:
    page = opened.go("?venue=okx&symbol=BTC-USDT&qty=3&unit=btc&side=sell")
    opened.drawn(3)
    page.wait_for_timeout(200)
    assert [one["size"] for one in opened.server.asked] == ["3btc"]
    opened.server.close(1001, "gone")
    page.wait_for_timeout(100)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    page.wait_for_timeout(600)
    assert [(one["size"], one["side"]) for one in opened.server.asked] == [("3btc", "sell")] * 2


def test_a_server_of_another_version_is_refused_in_words(opened: Opened) -> None:
    opened.server.paced = False
    page = opened.go()
    page.wait_for_timeout(400)
    opened.server.send(opened.server.market.whole(), version=99)
    page.wait_for_selector(BANNER)
    assert "load it again" in page.inner_text(BANNER)
    page.wait_for_timeout(900)
    assert opened.server.opened == 1  # it does not try again


def test_a_pause_costs_nothing_and_says_so(opened: Opened) -> None:
    server = opened.server
    page = opened.go()
    opened.drawn(4)
    page.keyboard.press("Space")
    page.wait_for_selector("#banner .banner.warn")
    page.wait_for_timeout(200)
    sent = len(server.words)
    page.wait_for_timeout(400)
    assert len(server.words) == sent
    assert "Paused" in page.inner_text("#banner")
    assert "PAUSED" in page.inner_text("#pill")
    page.keyboard.press("Space")
    page.wait_for_selector("#banner .banner.warn", state="detached")
    page.wait_for_timeout(300)
    assert len(server.words) > sent


def test_a_short_pause_asks_for_no_frame_twice(opened: Opened) -> None:
    opened.server.limit = 4
    page = opened.go()
    opened.drawn(4)
    page.wait_for_timeout(200)
    asked = len(opened.server.words)
    page.keyboard.press("Space")
    page.keyboard.press("Space")
    page.wait_for_timeout(200)
    assert len(opened.server.words) == asked  # the credit given before is still good


def test_a_pause_survives_a_lost_server(opened: Opened) -> None:
    server = opened.server
    page = opened.go()
    opened.drawn(3)
    page.keyboard.press("Space")
    page.wait_for_timeout(200)
    server.close(1001, "gone")
    page.wait_for_timeout(1200)
    assert server.opened == 2
    assert server.seq == 0  # not one frame was asked for
    page.keyboard.press("Space")
    page.wait_for_function("() => document.querySelector('#pill').innerText.includes('LIVE')")
