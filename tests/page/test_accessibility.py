"""Nothing that keeps a person out: axe finds no violation, in both themes, whatever the state."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from tests.page.conftest import Opened

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
STATES = [(state, theme) for state in ("live", "disconnected", "stale") for theme in ("dark", "light")]
STATES += [("keys", "dark"), ("tables", "light")]


def violations(opened: Opened) -> list[str]:
    found = Axe().run(opened.page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:160]}" for one in found for node in one["nodes"]]


def bring(opened: Opened, state: str) -> None:
    """Load the page and bring it into a state."""
    page, server = opened.page, opened.server
    server.limit = 8
    opened.go()
    opened.drawn(8)
    opened.settled()
    if state == "disconnected":
        server.refuses = True
        server.close(1001, "gone")
        page.wait_for_selector("#banner .banner.bad")
    elif state == "stale":
        server.paced = False
        market = server.market
        market.state, market.reason = "STALE", "lag rose"
        server.limit = None
        server.send([("book", market.book()), ("forecast", market.no_forecast("STALE")), ("last", market.last(900.0))])
        page.wait_for_selector("#banner .banner.bad")
    elif state == "keys":
        page.keyboard.press("?")
    elif state == "tables":
        for button in page.locator('button[aria-label$="as a table"]').all():
            button.click()
        page.click("summary")
    page.wait_for_timeout(300)


@pytest.mark.parametrize(("state", "theme"), STATES)
def test_axe_finds_nothing(opened: Opened, state: str, theme: str) -> None:
    opened.page.add_init_script(f"localStorage.setItem('fillcast.settings', JSON.stringify({{theme: '{theme}'}}))")
    bring(opened, state)
    assert violations(opened) == []


def test_axe_would_find_a_faint_text_and_a_field_without_name(opened: Opened) -> None:
    bring(opened, "live")
    opened.page.evaluate(
        """() => {
            document.querySelector('#cost .facts').style.color = '#333a42';
            document.querySelector('label[for=f-quantity]').remove();
        }"""
    )
    found = " ".join(violations(opened))
    assert "color-contrast" in found
    assert "label" in found


def test_only_changes_of_state_are_announced(opened: Opened) -> None:
    opened.server.limit = 40
    page = opened.page
    opened.go()
    opened.drawn(3)
    page.wait_for_timeout(200)
    page.evaluate(
        """() => {
            globalThis.said = [];
            new MutationObserver(() => said.push(document.getElementById('said').textContent))
                .observe(document.getElementById('said'), {childList: true, characterData: true, subtree: true});
        }"""
    )
    page.wait_for_timeout(1200)
    assert page.locator("[role=status]").count() == 1
    assert page.evaluate("said") == []
    opened.server.refuses = True
    opened.server.close(1001, "gone")
    page.wait_for_timeout(1500)
    assert page.evaluate("said") == ["DISCONNECTED: gone"]
