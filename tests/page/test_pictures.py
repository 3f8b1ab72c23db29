"""The ladder's pixels, exactly, from the same frames; and that neither it nor anything around it jumps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.page.conftest import CREDIT, ORIGIN, Opened, Server, serve
from tests.page.frames import MadeUpMarket

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FRAMES = 25
PIXELS = """async () => {
    const canvas = document.querySelector('#ladder canvas');
    const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', pixels));
    const colours = new Set(new Uint32Array(pixels.buffer));
    return [Array.from(digest), Array.from(colours, one => [one & 255, (one >> 8) & 255, (one >> 16) & 255])];
}"""


def ladder(opened: Opened, market: MadeUpMarket, frames: int = FRAMES) -> tuple[str, set[tuple[int, ...]]]:
    """Return a digest of the ladder after some frames, and the colours in it."""
    opened.server.market = market
    opened.server.limit = frames
    opened.go()
    opened.drawn(frames)
    opened.page.wait_for_timeout(300)
    assert opened.server.words == [CREDIT] * (frames + 1)
    digest, colours = opened.page.evaluate(PIXELS)
    opened.server.words.clear()
    return bytes(digest).hex(), {tuple(one) for one in colours}


def test_the_same_frames_draw_the_same_ladder(opened: Opened) -> None:
    first, colours = ladder(opened, MadeUpMarket(seed=3))
    again, _ = ladder(opened, MadeUpMarket(seed=3))
    assert first == again
    assert (0x56, 0xB4, 0xE9) in colours  # bids
    assert (0xE6, 0x9F, 0x00) in colours  # asks
    assert (0xFF, 0xD1, 0x66) in colours or (0xD6, 0xDD, 0xE6) in colours  # the proven edge, or the text
    other, _ = ladder(opened, MadeUpMarket(seed=4))
    assert other != first


def test_one_size_more_is_seen(opened: Opened) -> None:
    market = MadeUpMarket(seed=3)
    first, _ = ladder(opened, market, frames=1)
    market = MadeUpMarket(seed=3)
    market.asks[market.best_ask] += 0.5
    other, _ = ladder(opened, market, frames=1)
    assert other != first


def test_what_the_order_takes_is_marked_and_no_more(opened: Opened) -> None:
    """The mark at the left edge of a row is full text colour; count the rows that have it."""
    ladder(opened, MadeUpMarket(seed=3, size=6.0), frames=1)
    marked = """() => {
        const canvas = document.querySelector('#ladder canvas');
        const pen = canvas.getContext('2d');
        const rows = [];
        for (let y = 0; y < canvas.height; y++) {
            const [r, g, b] = pen.getImageData(1, y, 1, 1).data;
            if (r === 0xd6 && g === 0xdd && b === 0xe6) rows.push(y);
        }
        return {rows, middle: canvas.height / 2};
    }"""
    found = opened.page.evaluate(marked)
    market = opened.server.market
    *_, worst, _ = market.walk(6.0)
    group = round(float(opened.page.locator("#ladder .extra span").inner_text().split()[0]) / 0.1)
    eaten = {-(-tick // group) for tick in market.asks if tick <= worst}
    assert len(found["rows"]) == pytest.approx(17 * len(eaten), abs=1)
    assert max(found["rows"]) < found["middle"]  # all of them asks, above the spread
    opened.server.market = MadeUpMarket(seed=3, size=6.0, side=-1)
    opened.server.words.clear()
    opened.go()
    opened.drawn(1)
    opened.page.wait_for_timeout(300)
    assert min(opened.page.evaluate(marked)["rows"]) > found["middle"]  # a sale eats bids, below it


def test_the_spread_row_stands_still_and_nothing_reflows(opened: Opened) -> None:
    opened.server.limit = 60
    page = opened.go()
    opened.drawn(5)
    page.wait_for_timeout(300)
    parts = ["#top", "#ladder", "#heatmap", "#cost", "#breakdown", "#curve", "#depth", "#foot", "#ladder .reading"]
    places = f"""() => {parts}.map(one => {{
        const box = document.querySelector(one).getBoundingClientRect();
        return [box.x, box.y, box.width, box.height];
    }})"""
    spread = """() => {
        const canvas = document.querySelector('#ladder canvas');
        const middle = Math.floor(canvas.height / 2);
        return Array.from(canvas.getContext('2d').getImageData(canvas.width / 2, middle - 8, 1, 1).data);
    }"""
    first, colour = page.evaluate(places), page.evaluate(spread)
    for _ in range(8):
        page.wait_for_timeout(150)
        assert page.evaluate(places) == first
        assert page.evaluate(spread) == colour == [0x1D, 0x24, 0x2C, 255]


@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1920, 1080), (1024, 768)])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_nothing_overlaps_or_is_cut(browser: Browser, width: int, height: int, theme: str) -> None:
    """At the three sizes: panels side by side, no scrolling, no text that is wider than its place."""
    server = Server()
    server.limit = 8
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    page.route("**/*", serve)
    page.route_web_socket("**/ws", server.handle)
    page.add_init_script(f"localStorage.setItem('fillcast.settings', JSON.stringify({{theme: '{theme}'}}))")
    page.goto(ORIGIN)
    page.wait_for_function("() => globalThis.fillcast && fillcast.snapshot.seq >= 8")
    page.wait_for_timeout(1200)
    found = page.evaluate(
        """() => {
            const wrong = [];
            const root = document.documentElement;
            if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) wrong.push('the page scrolls');
            const boxes = [...document.querySelectorAll('#top, .panel, #tabs, #foot')]
                .map(one => [one.id, one.getBoundingClientRect()]).filter(([, box]) => box.width > 0);
            boxes.forEach(([name, one], i) => boxes.slice(i + 1).forEach(([other, two]) => {
                const beside = one.right <= two.left + 1 || two.right <= one.left + 1;
                const above = one.bottom <= two.top + 1 || two.bottom <= one.top + 1;
                if (!beside && !above) wrong.push(`${name} lies on ${other}`);
            }));
            const texts = '.head, #top, #top > *, #foot > *, td, th, dd, .facts, .amount, .body, .legend, label';
            for (const one of document.querySelectorAll(texts)) {
                const seen = one.offsetWidth > 0 && !one.closest('.unseen');
                const name = one.className || one.id || one.tagName;
                const cut = seen && one.scrollWidth > one.clientWidth + 1;
                if (cut) wrong.push(`cut: ${name} ${one.textContent.trim().slice(0, 60)}`);
            }
            return wrong;
        }"""
    )
    context.close()
    assert found == []
