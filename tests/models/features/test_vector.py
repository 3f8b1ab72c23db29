"""The features of a book against a twin that reads level by level, and the page against the table."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.core.view import BookSide, BookView
from fillcast.errors import ParameterError
from fillcast.models.features import BANDS_BPS, BOOK_FEATURES, IMBALANCE_LEVELS, book_features, index_of, table

BTCUSDT = Instrument("binance_usdm", "BTCUSDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
PAGE = Path(__file__).parents[3] / "docs" / "features.md"
LEVELS = st.lists(st.tuples(st.integers(1, 300), st.integers(1, 10**6)), min_size=1, max_size=20)


def view_of(bids: list[tuple[int, int]], asks: list[tuple[int, int]], middle: int = 100_000) -> BookView:
    sides = [
        BookSide(BTCUSDT, np.array([middle - sign * t for t, _ in side]), np.array([n for _, n in side]))
        for sign, side in ((1, sorted(dict(bids).items())), (-1, sorted(dict(asks).items())))
    ]
    return BookView(BTCUSDT, 1, BookState.LIVE, Proof.SEQUENCE, "", 1, 1, *sides, None, None)


def twin(view: BookView, side: int, lots: int) -> dict[str, float]:
    bids, asks = (list(zip(s.ticks.tolist(), s.lots.tolist(), strict=True)) for s in (view.bids, view.asks))
    (bid, nb), (ask, na) = bids[0], asks[0]
    mid, lot = (bid + ask) / 2, BTCUSDT.lot_value
    found = {"spread_ticks": ask - bid, "spread_bps": (ask - bid) / mid * 1e4}
    found["micro_minus_mid"] = (ask * nb + bid * na) / (nb + na) - mid
    for name, levels in (("bid", bids), ("ask", asks)):
        up = 0.0
        for band in BANDS_BPS:
            depth = sum(n for t, n in levels if abs(t - mid) <= mid * band / 1e4) * lot
            found[f"depth_{name}_{band}"] = depth
            up += band * depth
            if (name == "ask") == (side > 0):
                found[f"size_over_depth_{band}"] = lots * lot / depth if depth else np.inf
        found[f"slope_{name}"] = up / sum(b * b for b in BANDS_BPS)
    for count in IMBALANCE_LEVELS:
        b, a = (sum(n for _, n in levels[:count]) for levels in (bids, asks))
        found[f"imbalance_{count}"] = (b - a) / (b + a)
    left, used = lots, 0
    for _, n in asks if side > 0 else bids:
        if left > 0:
            left, used = left - n, used + 1
    found["levels_consumed"] = used
    return found


@given(LEVELS, LEVELS, st.sampled_from((1, -1)), st.integers(1, 10**7))
def test_equals_the_twin(bids: list[tuple[int, int]], asks: list[tuple[int, int]], side: int, lots: int) -> None:
    view = view_of(bids, asks)
    expected = twin(view, side, lots)
    assert set(expected) == {one.name for one in BOOK_FEATURES}
    ours = book_features(view, side, lots * BTCUSDT.lot_value)
    np.testing.assert_allclose(ours, [expected[one.name] for one in BOOK_FEATURES], rtol=1e-9, atol=1e-9)


def test_a_swapped_side_is_caught_by_the_twin() -> None:
    view = view_of([(1, 5)], [(2, 7)])
    ours = book_features(view, -1, BTCUSDT.lot_value)
    assert ours[index_of("size_over_depth_50")] != pytest.approx(twin(view, 1, 1)["size_over_depth_50"])


@pytest.mark.parametrize(("side", "size"), [(0, 1.0), (1, 0.0), (1, float("nan")), (-1, float("inf"))])
def test_bad_orders_are_refused(side: int, size: float) -> None:
    with pytest.raises(ParameterError):
        book_features(view_of([(1, 5)], [(2, 7)]), side, size)


def test_an_empty_side_has_no_features() -> None:
    assert np.isnan(book_features(view_of([], [(2, 7)]), 1, BTCUSDT.lot_value)).all()


def test_the_page_is_the_table() -> None:
    assert PAGE.read_text().endswith(table())
