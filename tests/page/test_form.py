"""The order form: what is typed is asked, kept in the address, and refused beside its field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from fillcast.dashboard import wire

if TYPE_CHECKING:
    from tests.page.conftest import Opened


def answering(opened: Opened) -> None:
    """Let the server answer as the real one does, refusing what the test says."""
    server = opened.server

    def answer(asked: dict[str, Any]) -> list[tuple[str, Any]]:
        words = msgspec.convert(asked, wire.Asked)
        wrong = {}
        if "xyz" in words.size:
            wrong["size"] = f"unknown unit in {words.size!r}: write 2.5btc"
        if words.horizon == "10":
            wrong["horizon"] = "the duration '10' needs a unit, as in 10m"
        if not wrong:
            server.market.asked = words
        return [("errors", wire.Errors(words.id, wrong)), ("order", server.market.order())]

    server.answer = answer


def last_asked(opened: Opened) -> dict[str, Any]:
    opened.page.wait_for_timeout(400)
    return opened.server.asked[-1]


def test_the_order_in_force_fills_the_form_and_nothing_is_asked(opened: Opened) -> None:
    page = opened.go()
    opened.drawn(4)
    page.wait_for_timeout(300)
    assert page.input_value("#f-quantity") == "10"
    assert page.input_value("#f-unit") == "btc"
    assert page.input_value("#f-venue") == "okx"
    assert page.get_attribute("#f-volatility", "placeholder") == "auto 42.1 %"
    assert opened.server.asked == []


def test_the_address_is_asked_and_kept(opened: Opened) -> None:
    answering(opened)
    page = opened.go(
        "?venue=binance_usdm&symbol=BTCUSDT&qty=250000&unit=usd&side=sell&type=twap&horizon=20m&tier=VIP+1"
    )
    opened.drawn(4)
    asked = last_asked(opened)
    assert asked["instrument"] == "binance_usdm:BTCUSDT"
    assert (asked["side"], asked["type"], asked["size"], asked["horizon"]) == ("sell", "twap", "250000usd", "20m")
    assert asked["tier"] == "VIP 1"
    page.fill("#f-quantity", "300,000")
    assert last_asked(opened)["size"] == "300000usd"
    assert "qty=300%2C000" in page.url
    page.reload()
    opened.page.wait_for_timeout(500)
    assert page.input_value("#f-quantity") == "300,000"
    assert page.input_value("#f-type") == "twap"
    assert last_asked(opened)["size"] == "300000usd"


def test_what_cannot_be_used_is_said_beside_its_field_and_the_last_result_stays(opened: Opened) -> None:
    answering(opened)
    page = opened.go()
    opened.drawn(3)
    page.select_option("#f-type", "twap")
    page.fill("#f-quantity", "10xyz")
    page.fill("#f-horizon", "10")
    page.wait_for_selector("#e-quantity")
    assert page.inner_text("#e-quantity") == "unknown unit in '10xyz': write 2.5btc"
    assert page.inner_text("#e-horizon") == "the duration '10' needs a unit, as in 10m"
    assert page.get_attribute("#f-quantity", "aria-invalid") == "true"
    assert page.get_attribute("#f-quantity", "aria-describedby") == "e-quantity"
    box, error = page.locator("#f-quantity").bounding_box(), page.locator("#e-quantity").bounding_box()
    assert box is not None
    assert error is not None
    assert 0 <= error["y"] - (box["y"] + box["height"]) < 6
    page.wait_for_selector("#cost .mark")
    assert "of the last order that could be used: buy 10btc" in page.inner_text("#cost .mark")
    assert page.inner_text("#cost .amount strong").endswith("bps")
    page.fill("#f-horizon", "10m")
    page.fill("#f-quantity", "12")
    page.wait_for_selector("#e-quantity", state="detached")
    assert page.get_attribute("#f-quantity", "aria-invalid") == "false"
    assert last_asked(opened)["size"] == "12btc"
    page.wait_for_selector("#cost .mark", state="detached")


def test_fields_that_say_nothing_of_a_type_are_off_and_not_sent(opened: Opened) -> None:
    answering(opened)
    page = opened.go("?type=limit&price=68,400&venue=okx&symbol=BTC-USDT&qty=1&unit=btc")
    opened.drawn(3)
    assert last_asked(opened)["price"] == "68400"
    page.select_option("#f-type", "market")
    asked = last_asked(opened)
    assert (asked["price"], asked["horizon"], asked["risk_aversion"]) == ("", "", "")
    assert page.is_disabled("#f-price")
    page.select_option("#f-type", "is")
    page.fill("#f-risk_aversion", "1e-5")
    assert last_asked(opened)["risk_aversion"] == "1e-5"
    assert page.is_disabled("#f-price")


def test_another_venue_brings_its_symbols_units_and_tiers(opened: Opened) -> None:
    answering(opened)
    page = opened.go()
    opened.drawn(3)
    page.select_option("#f-tier", "VIP1")
    page.select_option("#f-venue", "binance_usdm")
    asked = last_asked(opened)
    assert (asked["instrument"], asked["tier"]) == ("binance_usdm:BTCUSDT", "")
    assert page.locator("#f-tier option").all_inner_texts() == ["default", "VIP 0", "VIP 1"]
    assert page.locator("#f-unit option").all_inner_texts() == ["btc", "usdt", "usd"]
    assert "venue=binance_usdm&symbol=BTCUSDT" in page.url


def test_a_click_on_a_row_asks_for_what_lies_up_to_it(opened: Opened) -> None:
    answering(opened)
    opened.server.limit = 8
    page = opened.go()
    opened.drawn(8)
    page.wait_for_timeout(300)
    box = page.locator("#ladder canvas").bounding_box()
    assert box is not None
    middle = box["height"] // 2
    row, spread = 17, 26
    page.mouse.move(box["x"] + 40, box["y"] + middle - spread / 2 - 2.5 * row)  # the third row of asks
    page.wait_for_timeout(300)
    market = opened.server.market
    shown = page.inner_text("#ladder .reading")
    group = float(page.locator("#ladder .extra span").inner_text().split()[0])
    top = market.best_ask * 0.1 // group * group
    reached = {t: s for t, s in market.asks.items() if t * 0.1 <= top + 3 * group + 1e-9}
    sums = sorted({round(sum(s for t, s in market.asks.items() if t <= tick), 8) for tick in reached})
    page.mouse.down()
    page.mouse.up()
    size = float(last_asked(opened)["size"].removesuffix("btc"))
    assert any(abs(size - one) < 1e-6 for one in sums)
    assert last_asked(opened)["side"] == "buy"
    filled = {t: s for t, s in market.asks.items() if sum(x for y, x in market.asks.items() if y <= t) <= size + 1e-6}
    average = sum(t * 0.1 * s for t, s in filled.items()) / sum(filled.values())
    assert f"avg {average:,.2f}" in shown


def test_a_click_on_the_frontier_asks_for_that_risk_aversion(opened: Opened) -> None:
    answering(opened)
    page = opened.go()
    opened.drawn(8)
    opened.settled()
    risks = [f"{risk:.3g}" for risk in opened.server.market.frontier().risk_aversion]
    box = page.locator("#frontier .u-over").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] * 0.1, box["y"] + box["height"] / 2)
    page.wait_for_function("() => document.querySelector('#frontier .reading').innerText.startsWith('click')")
    page.mouse.down()
    page.mouse.up()
    asked = last_asked(opened)
    assert asked["type"] == "is"
    assert f"{float(asked['risk_aversion']):.3g}" in risks
    assert float(asked["risk_aversion"]) > 1e-6  # to the left: less risk
