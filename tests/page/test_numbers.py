"""What a person reads is what was sent: every figure, in the picture's text twin and in the copy."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.page.conftest import Opened

CLIPBOARD = "navigator.clipboard.writeText = async text => { globalThis.copied = text; }"


def number(text: str) -> float:
    return float(text.replace(",", "").replace("−", "-").replace("≤", "").split()[0])


def stopped(opened: Opened) -> None:
    """Draw some frames, then stand still until everything shows the last one."""
    opened.server.limit = 9
    opened.page.add_init_script(CLIPBOARD)
    opened.go()
    opened.drawn(9)
    opened.settled()


def copied(opened: Opened, title: str) -> list[dict[str, str]]:
    opened.page.click(f'button[aria-label="Copy {title} as CSV"]')
    return list(csv.DictReader(io.StringIO(opened.page.evaluate("copied"), newline="")))


def test_the_cost_is_the_forecast_that_was_sent(opened: Opened) -> None:
    stopped(opened)
    page, report = opened.page, opened.server.market.forecast()
    assert report.net is not None
    assert page.inner_text("#cost .amount strong") == f"{report.net.bps:.2f} bps"
    assert page.inner_text("#cost .amount span") == f"{report.net.quote:,.2f} USDT"
    facts = page.locator("#cost .facts").all_inner_texts()
    assert facts[0].startswith("90 %: ")
    assert f"{report.net.low_bps:.2f} … {report.net.high_bps:.2f} bps" in facts[0]
    assert f"{report.net.low_quote:,.2f} … {report.net.high_quote:,.2f}" in facts[0]
    assert f"{report.average_price:,.2f}" in facts[1]
    assert f"arrival mid {report.reference.price:,.2f}" in facts[2]
    assert "positive: you pay" in facts[2]


def test_the_breakdown_is_what_was_sent_and_adds_up(opened: Opened) -> None:
    stopped(opened)
    page, report = opened.page, opened.server.market.forecast()
    assert report.net is not None
    rows = [line.split("\t") for line in page.locator("#breakdown tbody tr").all_inner_texts()]
    assert [row[0] for row in rows] == ["Half spread", "Slippage", "Latency", "Fee", "Net"]
    for row, part in zip(rows, [*report.components, report.net], strict=True):
        assert number(row[1]) == round(part.bps, 2)
        assert number(row[2]) == pytest.approx(part.quote, abs=0.005)
        known = part.low_bps == part.high_bps
        assert row[3] == "known" if known else f"{part.low_bps:.2f} … {part.high_bps:.2f}".replace("-", "−") == row[3]
    exact = copied(opened, "Breakdown")
    parts = [float(row["bps"]) for row in exact]
    assert sum(parts[:-1]) == pytest.approx(parts[-1], abs=1e-12)
    assert parts[-1] == report.net.bps
    assert abs(sum(parts[:-2]) - parts[-1]) > 1  # a part left out would be seen


def test_every_twin_says_the_numbers_that_were_sent(opened: Opened) -> None:
    stopped(opened)
    market = opened.server.market
    # Studies came with the last frame before this one that carries them; the page kept those.
    held = opened.shows("({depth: fillcast.snapshot.depth, curve: fillcast.snapshot.curve})")
    depth = copied(opened, "Depth")
    assert [float(row["bids, quote"]) for row in depth] == held["depth"]["bid_quote"]
    curve = copied(opened, "Cost against size")
    assert [float(r["net bps"]) for r in curve if r["way"] == "twap"] == held["curve"]["twap"]["net_bps"]
    schedule = copied(opened, "Schedule")
    assert [float(r["left, base"]) for r in schedule if r["way"] == "optimal"] == pytest.approx(
        market.schedule().paths[2].left_base
    )
    frontier = copied(opened, "Efficient frontier")
    assert [float(r["cost bps"]) for r in frontier[:-1]] == market.frontier().cost_bps
    assert [r["in force"] for r in frontier].count("in force") == 1
    latency = copied(opened, "Latency")
    assert [float(r["p99 µs"]) for r in latency] == [one.p99_us for one in market.latency().stages]
    venues = copied(opened, "Venues")
    assert [row["split share"] for row in venues] == ["0.46", "0.54"]
    book = copied(opened, "Book")
    asks = [float(row["price"]) for row in book if row["side"] == "ask"]
    assert asks == pytest.approx([tick * 0.1 for tick in sorted(market.asks)[:5]][::-1])
    assert [float(row["size, base"]) for row in book if row["side"] == "bid"] == [
        market.bids[tick] for tick in sorted(market.bids, reverse=True)[:5]
    ]
    assert book[4]["order"] == "taken by the order"


TABLES = {"depth": 10, "curve": 72, "schedule": 21, "frontier": 11, "latency": 5, "ladder": 10, "heatmap": 3}


def test_the_tables_beside_pictures_are_in_the_page(opened: Opened) -> None:
    stopped(opened)
    page = opened.page
    for panel, rows in TABLES.items():
        found = page.locator(f"#{panel} .twin tbody tr").count()
        assert found >= rows if panel == "heatmap" else found == rows, panel
    prices = page.locator("#ladder .twin tbody tr td:nth-child(2)").all_inner_texts()
    market = opened.server.market
    want = [*sorted(market.asks)[:5][::-1], *sorted(market.bids, reverse=True)[:5]]
    assert prices == [f"{tick * 0.1:,.1f}" for tick in want]
    page.click('button[aria-label="Depth as a table"]')
    assert page.locator("#depth .picture").is_hidden()
    assert page.locator("#depth .twin").bounding_box()["height"] > 50  # type: ignore[index]
    page.click('button[aria-label="Depth as a table"]')
    assert page.locator("#depth .picture").is_visible()


def test_any_panel_is_saved_as_a_picture(opened: Opened, tmp_path: Any) -> None:
    stopped(opened)
    for title, least in (("Book", 10_000), ("Breakdown", 3_000), ("Depth", 3_000)):
        with opened.page.expect_download() as waiting:
            opened.page.click(f'button[aria-label="Save {title} as PNG"]')
        file = tmp_path / f"{title}.png"
        waiting.value.save_as(file)
        assert waiting.value.suggested_filename == f"fillcast-{title.lower()}.png"
        content = file.read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > least


def test_the_rest_of_the_page_is_what_was_sent(opened: Opened) -> None:
    stopped(opened)
    page, market = opened.page, opened.server.market
    assert f"mid {market.mid:,.2f}" in page.inner_text("#market")
    mix = page.inner_text("#mix .body")
    assert "12 % (4 % … 31 %)" in mix
    assert "87 % (71 % … 95 %)" in mix
    feed = page.inner_text("#feed .body").split("\n")
    assert "sequence" in feed
    assert "24.80 bps" in feed
    assert "2 · 1" in feed
    foot = page.inner_text("#foot")
    assert "feed 158 msg/s" in foot
    assert "feed 142 MB, CPU 21 %" in foot
    assert "v0.1.0" in foot
    page.click("text=rests on")
    assert "volatility 42.1 % a year" in page.inner_text("#sources")
