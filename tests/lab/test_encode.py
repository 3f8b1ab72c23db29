"""Texts and differences that the encoders make, against the plain way of making them."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fillcast.core.instrument import Instrument
from fillcast.lab.encode_kernels import LEVEL_BYTES, difference, mark_changes, write_levels
from fillcast.lab.instruments import Listing
from fillcast.lab.protocols import PROTOCOLS
from fillcast.lab.rows import RowWriter, head_lines

LISTED = [item for protocol in PROTOCOLS.values() for item in protocol.listings]
ODD = [
    Listing(Instrument("okx", f"ODD{tick}", "BTC", "USDT", Decimal(tick), Decimal(lot), fixed_decimals=fixed))
    for tick, lot, fixed in (("0.25", "100", False), ("5", "0.05", True), ("0.0001", "1", True), ("10", "10", False))
]


def written(listing: Listing, rows: list[tuple[int, int, int]], counted: bool) -> list[list[str]]:
    out = np.zeros(LEVEL_BYTES * (len(rows) + 1), np.uint8)
    view = np.array(rows, np.int64).reshape(-1, 3)
    end = write_levels(out, 0, view, len(rows), listing.text_form, counted)
    return json.loads(out[:end].tobytes())  # type: ignore[no-any-return]


@given(
    st.sampled_from(LISTED + ODD),
    st.lists(st.tuples(st.integers(1, 10**8), st.integers(0, 10**11), st.integers(0, 10**6)), max_size=8),
    st.booleans(),
)
@settings(max_examples=150, deadline=None)
def test_levels_are_written_as_the_instrument_writes_them(
    listing: Listing, rows: list[tuple[int, int, int]], counted: bool
) -> None:
    expected = [
        [listing.price_text(ticks), listing.size_text(lots), *(["0", str(orders)] if counted else [])]
        for ticks, lots, orders in rows
    ]
    assert written(listing, rows, counted) == expected


def test_the_comparison_of_texts_catches_a_lost_zero() -> None:
    listing = next(item for item in LISTED if item.instrument.fixed_decimals)
    trimmed = [[text.rstrip("0") for text in level] for level in written(listing, [(787000, 1000, 1)], False)]
    assert trimmed != written(listing, [(787000, 1000, 1)], False)


VIEW = st.dictionaries(st.integers(1, 40), st.tuples(st.integers(1, 3), st.integers(1, 2)), max_size=20)


@given(VIEW, VIEW, st.sampled_from([1, -1]))
@settings(max_examples=150, deadline=None)
def test_a_difference_turns_one_view_into_the_other_and_lists_nothing_else(
    old: dict[int, tuple[int, int]], new: dict[int, tuple[int, int]], side: int
) -> None:
    def view(levels: dict[int, tuple[int, int]]) -> np.ndarray:
        rows = [(tick, *levels[tick]) for tick in sorted(levels, reverse=side == 1)]
        return np.array(rows, np.int64).reshape(-1, 3)

    out = np.zeros((64, 3), np.int64)
    count = difference(side, view(old), len(old), view(new), len(new), out)
    listed = {int(tick): (int(lots), int(orders)) for tick, lots, orders in out[:count]}
    assert len(listed) == count
    ticks = out[:count, 0].tolist()
    assert ticks == sorted(ticks, reverse=side == 1)
    rebuilt = {tick: level for tick, level in (old | listed).items() if level[0]}
    assert rebuilt == new
    assert set(listed) == {tick for tick in old | new if old.get(tick) != new.get(tick)}


@pytest.mark.parametrize("listing", LISTED, ids=lambda item: item.instrument.key)
def test_listed_prices_and_sizes_have_few_digits(listing: Listing) -> None:
    parameters = listing.parameters()
    assert len(listing.instrument.price_text(int(parameters.start_ticks)).replace(".", "")) <= 15
    assert len(listing.instrument.size_text(int(parameters.size_cap) * 100).replace(".", "")) <= 15


@given(
    st.sampled_from(LISTED + ODD),
    st.lists(st.tuples(st.integers(1, 10**8), st.integers(0, 10**11), st.integers(0, 2)), max_size=8),
)
@settings(max_examples=150, deadline=None)
def test_rows_are_written_with_the_head_of_their_mark(listing: Listing, rows: list[tuple[int, int, int]]) -> None:
    heads = [b'["new",', b"<", b'{"much longer":']
    writer = RowWriter(listing.text_form, b"|", b"\n")
    text = writer.write(head_lines(heads), np.array(rows, np.int64).reshape(-1, 3), len(rows))
    expected = [
        heads[mark] + f"{listing.price_text(ticks)}|{listing.size_text(lots)}\n".encode() for ticks, lots, mark in rows
    ]
    assert text == b",".join(expected)


@given(VIEW, VIEW, st.sampled_from([1, -1]))
@settings(max_examples=150, deadline=None)
def test_changes_are_marked_as_new_other_or_gone(
    old: dict[int, tuple[int, int]], new: dict[int, tuple[int, int]], side: int
) -> None:
    def view(levels: dict[int, tuple[int, int]]) -> np.ndarray:
        rows = [(tick, levels[tick][0], 0) for tick in sorted(levels, reverse=side == 1)]
        return np.array(rows, np.int64).reshape(-1, 3)

    out = np.zeros((64, 3), np.int64)
    count = difference(side, view(old), len(old), view(new), len(new), out)
    mark_changes(side, view(old), len(old), out, count)
    for tick, lots, mark in out[:count].tolist():
        assert mark == (2 if lots == 0 else 1 if tick in old else 0)
        assert (tick in new) == (mark < 2)


def test_decimals_are_kept_where_a_listing_asks_for_them() -> None:
    one = Instrument("deribit", "X", "BTC", "USD", Decimal("0.05"), Decimal(10))
    listing = Listing(one, price_places=1, size_places=1)
    texts = [(listing.price_text(ticks), listing.size_text(lots)) for ticks, lots in ((20, 1), (21, 25), (22, 0))]
    assert texts == [("1.0", "10.0"), ("1.05", "250.0"), ("1.1", "0.0")]
