"""Tables in terminals of every width: every number is whole."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from fillcast.cli.layout import packed, print_rows

LEFT, RIGHT = ("instrument", "state"), ("live", "updates", "bid", "ask")
ROWS = [
    ("okx:BTC-USDT", "LIVE", "100.0%", "1,234,567", "78696.7", "78696.8"),
    ("okx:[odd]", "BROKEN", "0.4%", "12", "-", "0.00000012345"),
]


def printed(width: int) -> str:
    console = Console(file=io.StringIO(), width=width, force_terminal=True, record=True)
    print_rows(console, LEFT, RIGHT, ROWS)
    return console.export_text()


def all_whole(text: str) -> bool:
    """Whether every cell is there as it was given."""
    return all(cell in text.split() for row in ROWS for cell in row)


@pytest.mark.parametrize("width", [20, 30, 40, 60, 80, 200])
def test_no_number_is_cut(width):
    text = printed(width)
    assert all_whole(text)
    assert all(len(line.rstrip()) <= max(width, len("  ask 0.00000012345")) for line in text.splitlines())
    assert not all_whole(text.replace("78696.7", "7869"))


def test_there_is_one_line_a_row_where_there_is_room():
    assert len(printed(200).splitlines()) == 1 + len(ROWS)
    assert len(printed(40).splitlines()) > 1 + len(ROWS)


def test_entries_are_packed_whole():
    assert packed(["a 1", "b 2", "c 3"], 9) == ["a 1 · b 2", "c 3"]
    assert packed(["a 1"], 1) == ["a 1"]
    assert packed([], 9) == []
