"""The page's own arithmetic, called as the page calls it: book, price axis, grouping, words and terms."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.page.conftest import Opened


@pytest.fixture
def call(opened: Opened) -> Callable[[str, str], Any]:
    """Return what a script makes of a module of the page, as JSON."""
    opened.server.paced = False
    opened.go()

    def run(module: str, script: str) -> Any:
        return json.loads(
            opened.page.evaluate(f"async () => {{ const m = await import('/static/{module}'); {script} }}")
        )

    return run


def test_a_side_keeps_its_levels_best_first(call: Callable[[str, str], Any]) -> None:
    script = """
        const out = {};
        for (const [name, order] of [['asks', 1], ['bids', -1]]) {
            const side = new m.BookSide(order);
            side.apply([5, 1, 3, 4], [50, 10, 30, 40]);
            side.apply([3, 4, 9, 2], [0, 41, 0, 20]);
            out[name] = [...side.ticks.slice(0, side.length)].map((tick, i) => [tick, side.sizes[i]]);
        }
        const big = new m.BookSide(1);
        big.apply(Array.from({length: 700}, (_, i) => 700 - i), Array(700).fill(1));
        out.sorted = big.length === 700 && big.ticks.slice(0, 700).every((tick, i) => tick === i + 1);
        return JSON.stringify(out);
    """
    rising = [[1, 10], [2, 20], [4, 41], [5, 50]]
    assert call("data/book_side.js", script) == {"asks": rising, "bids": rising[::-1], "sorted": True}


def test_no_row_promises_a_better_price_than_it_has(call: Callable[[str, str], Any]) -> None:
    script = """
        const side = order => ({order, ticks: order > 0 ? [101, 105, 106] : [99, 95, 94], sizes: [1, 2, 3], length: 3});
        const rows = order => [...m.gather(side(order), 5, 0.5, order > 0 ? 105 : null).values()];
        return JSON.stringify([rows(1), rows(-1), m.upTo(m.gather(side(1), 5, 0.5, null), 40, 1),
                               m.upTo(m.gather(side(1), 5, 0.5, null), 20, 1),
                               [...m.gather(side(1), 5, 0.5, 101).values()].map(row => row.isEaten)]);
    """
    asks, bids, all_of_it, none, first = call("draw/ladder_rows.js", script)
    assert [(row["row"] * 5, row["base"]) for row in asks] == [(105, 3), (110, 3)]  # asks are rounded up
    assert [(row["row"] * 5, row["base"]) for row in bids] == [(95, 3), (90, 3)]  # and bids down
    assert [row["isEaten"] for row in asks] == [True, False]
    assert asks[1]["sumQuote"] == (101 * 1 + 105 * 2 + 106 * 3) * 0.5
    assert all_of_it["sumBase"] == 6
    assert none is None
    assert first == [True, False]  # the last price that is touched is part of what is taken


def test_the_axis_stands_while_the_touch_stays_between_its_rows(call: Callable[[str, str], Any]) -> None:
    script = """
        const axis = new m.PriceAxis();
        axis.resize(500);
        axis.choose(0);
        const centres = [[100, 101], [100, 103], [101, 103], [104, 106]].map(([bid, ask]) => {
            axis.follow(bid, ask, null);
            return axis.centre;
        });
        const falls = [];
        for (let tick = 90; tick <= 115; tick += 0.5) falls.push(axis.y(tick));
        const rows = [];
        for (let y = 0; y < 500; y += 1) rows.push(axis.rowAt(y));
        const own = rows.every((row, y) => row === null || (axis.top(row) <= y && y < axis.top(row) + m.ROW));
        const steady = falls.every((y, i) => i === 0 || y < falls[i - 1]);
        const spread = rows.filter(row => row === null).length;
        return JSON.stringify({centres, own, spread, steady, middle: axis.y(axis.centre) - axis.top(axis.centre)});
    """
    found = call("draw/price_axis.js", script)
    assert found["centres"][:3] == [100, 100, 101]
    assert found["centres"][3] == 104
    assert found["own"]  # the row under a pixel is the one drawn there
    assert found["spread"] == pytest.approx(26, abs=1)
    assert found["middle"] == 17 / 2
    assert found["steady"]  # one price, one height, across the spread's row too


def test_rows_are_made_for_the_order(call: Callable[[str, str], Any]) -> None:
    script = """
        const reach = worst => {
            const axis = new m.PriceAxis();
            axis.resize(600);
            axis.follow(10_000, 10_001, worst);
            return [axis.group, (worst - 10_000) / axis.group / axis.rowsASide];
        };
        return JSON.stringify([reach(10_003), reach(10_080), reach(14_000)]);
    """
    (finest, _), (some, share), (coarse, far) = call("draw/price_axis.js", script)
    assert finest == 1
    assert (some, coarse) == (10, 500)
    assert 0.2 < share < 0.95
    assert 0.2 < far < 0.95


WORDS = {
    "m.number(1234567.891, 2)": "1,234,567.89",
    "m.number(-0.001, 2)": "0.00",
    "m.number(-3.5, 1)": "−3.5",
    "m.number(null, 2)": "–",
    "m.number(Infinity, 2)": "–",
    "m.quote(0.00000123)": "0.00000123",
    "m.short(1_250_000)": "1.25M",
    "m.short(-0.5)": "−0.5",
    "m.axis([9.98, 10, 10.02]).join()": "9.98,10.00,10.02",
    "m.axis([0, 2.5, 5]).join()": "0.0,2.5,5.0",
    "m.axis([0, 2e6, 4e6]).join()": "0,2M,4M",
    "m.age(999.4)": "999 ms",
    "m.age(7200)": "7.2 s",
    "m.age(61_000)": "1 min 1 s",
    "m.duration(4.24)": "4.2 µs",
    "m.duration(19_700)": "20 ms",
    "m.typed(0.00000316)": "3.16e-6",
    "m.typed(0.05)": "0.05",
    "m.words('half_spread')": "Half spread",
}


def test_numbers_are_written_as_people_read_them(call: Callable[[str, str], Any]) -> None:
    assert call("draw/format.js", f"return JSON.stringify([{', '.join(WORDS)}]);") == list(WORDS.values())


SIZES = {("2,500", "usd"): "2500usd", ("10xyz", "btc"): "10xyz", ("100k", "usd"): "100kusd", (" ", "btc"): ""}


def test_a_size_is_asked_in_its_own_words(call: Callable[[str, str], Any]) -> None:
    asked = ", ".join(
        f"m.toAsked({{...m.EMPTY, quantity: {quantity!r}, unit: {unit!r}}}, 1).size" for quantity, unit in SIZES
    )
    assert call("panels/order_terms.js", f"return JSON.stringify([{asked}]);") == list(SIZES.values())
    steps = "['10', '100000', '0.5', 'x', '1'].map(one => m.stepped(one, 1))"
    assert call("panels/order_terms.js", f"return JSON.stringify({steps});") == ["11", "110000", "0.51", "x", "1.1"]
    assert call("panels/order_terms.js", "return JSON.stringify(m.stepped('1', -10));") == "1"


def test_a_copy_is_read_back_as_it_was(call: Callable[[str, str], Any]) -> None:
    twin = "{caption: '', columns: [{name: 'a, b'}, {name: 'c'}], rows: [['say \"x\"', 1234.5], [null, -2]]}"
    text = call("habits/export.js", f"return JSON.stringify(m.csv({twin}));")
    assert text == '"a, b",c\r\n"say ""x""",1234.5\r\n,-2\r\n'


def test_the_past_is_shown_in_other_rows_too(call: Callable[[str, str], Any]) -> None:
    script = """
        const ring = new m.HeatRing();
        const floats = values => Float64Array.from(values);
        const side = (ticks, sizes) => ({ticks: floats(ticks), sizes: floats(sizes), length: ticks.length});
        ring.add(1_000, side([99, 98], [1, 2]), side([101, 106], [4, 8]), 100, 1, 99);
        ring.add(1_050, side([99], [0.5]), side([101], [9]), 100, 1, 99);  // the same tenth of a second
        const first = [ring.size(10, 99), ring.size(10, 98), ring.size(10, 101)];
        ring.add(1_400, side([99], [7]), side([101], [1]), 100, 1, 99);
        const carried = [ring.size(12, 99), ring.size(12, 101), ring.size(14, 99)];
        ring.add(9_000, side([99], [7]), side([101], [1]), 100, 1, 99);  // after a hole of more than a second
        const hole = [ring.size(50, 99), ring.size(90, 99)];
        ring.regroup(5, 19);
        const grouped = [ring.size(14, 19), ring.size(14, 21), ring.size(14, 22)];
        return JSON.stringify({first, carried, hole, grouped, filled: ring.filled});
    """
    found = call("draw/heat_ring.js", script)
    assert found["first"] == [1, 2, 9]  # the largest of the time, so that a flash is seen
    assert found["carried"] == [1, 9, 7]
    assert found["hole"] == [0, 7]
    assert found["grouped"] == [7, 1, 0]
    assert found["filled"] == 81
