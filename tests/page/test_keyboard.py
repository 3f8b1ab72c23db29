"""Keys do what their list says, and nothing while a person types."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.page.conftest import Opened


def test_keys_change_the_order(opened: Opened) -> None:
    page = opened.go()
    opened.drawn(3)
    page.keyboard.press("s")
    assert page.input_value("#f-side") == "sell"
    page.keyboard.press("b")
    assert page.input_value("#f-side") == "buy"
    page.keyboard.press("ArrowUp")
    assert page.input_value("#f-quantity") == "11"
    page.keyboard.press("Shift+ArrowUp")
    assert page.input_value("#f-quantity") == "21"
    page.keyboard.press("ArrowDown")
    assert page.input_value("#f-quantity") == "20"
    page.wait_for_timeout(300)
    assert opened.server.asked[-1]["size"] == "20btc"


def test_keys_are_letters_while_a_person_types(opened: Opened) -> None:
    page = opened.go()
    opened.drawn(3)
    page.keyboard.press("q")
    assert page.evaluate("document.activeElement.name") == "quantity"
    page.keyboard.type("2s b?")
    assert page.input_value("#f-quantity") == "2s b?"
    assert page.input_value("#f-side") == "buy"
    assert page.locator("dialog[open]").count() == 0
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement === document.body")
    page.keyboard.press("s")
    assert page.input_value("#f-side") == "sell"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.name") == "symbol"


def test_the_list_is_the_registry(opened: Opened) -> None:
    page = opened.go()
    opened.drawn(3)
    page.keyboard.press("?")
    listed = page.locator("#keys tbody kbd").all_inner_texts()
    asked_for = ["Space", "?", "B", "S", "Q", "/", "↑", "↓", "U", "[", "]", "C", "Esc"]
    assert set(asked_for) <= set(listed)
    assert len(listed) == len(set(listed))
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    # A key that is registered twice is refused, and one that is registered is listed.
    told = page.evaluate(
        """async () => {
            const { Keyboard } = await import('/static/habits/keyboard.js');
            const made = new Keyboard();
            made.register({ keys: ['x'], shown: 'X', does: 'Something new', act() {} });
            made.show(document.getElementById('keys'));
            try {
                made.register({ keys: ['x'], shown: 'X', does: 'Again', act() {} });
            } catch (error) {
                return String(error);
            }
            return 'taken twice';
        }"""
    )
    assert "registered twice" in told
    assert page.locator("#keys tbody tr").all_inner_texts() == ["X\tSomething new"]


def test_keys_change_the_view(opened: Opened) -> None:
    opened.server.limit = 6
    page = opened.go()
    opened.drawn(6)
    page.wait_for_timeout(300)
    first = page.inner_text("#cost .amount strong")
    page.keyboard.press("u")
    page.wait_for_timeout(300)
    assert page.inner_text("#cost .amount strong").endswith("USDT")
    assert page.inner_text("#cost .amount span") == first
    group = page.inner_text("#ladder .extra span")
    assert group.endswith("auto")
    page.keyboard.press("]")
    page.wait_for_timeout(300)
    assert page.inner_text("#ladder .extra span") != group
    page.keyboard.press("[")
    page.wait_for_timeout(300)
    assert page.inner_text("#ladder .extra span") == group.removesuffix(" auto")
    page.keyboard.press("]")
    page.reload()
    opened.page.wait_for_timeout(900)
    assert not page.inner_text("#ladder .extra span").endswith("auto")  # remembered for the instrument
    page.keyboard.press("c")
    page.wait_for_timeout(300)
    assert page.inner_text("#ladder .extra span") == group
    page.keyboard.press("t")
    assert page.get_attribute("html", "data-theme") == "light"
    page.keyboard.press("p")
    assert page.get_attribute("html", "data-palette") == "classic"
