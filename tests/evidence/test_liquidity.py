from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence import liquidity
from fillcast.evidence.row import Row

ROWS = liquidity.rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.model}: {row.quantity}")
def test_the_model_gives_the_number(row: Row) -> None:
    assert row.passed, (row.published, row.ours, row.difference)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.model}: {row.quantity}")
def test_a_number_that_moved_is_caught(row: Row) -> None:
    step = 3 * row.tolerance or 1e-12
    assert not replace(row, ours=row.ours + step).passed
    assert not replace(row, published=row.published - step).passed


def test_a_model_that_moved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liquidity, "PRICES", (*liquidity.PRICES[:-1], 100.0400001))
    monkeypatch.setattr(liquidity, "TOUCHES", (*liquidity.TOUCHES[:-1], (100.0, 14, 100.1, 8)))

    missed = {row.quantity for row in liquidity.rows() if not row.passed}
    assert missed == {"covariance", "spread", "e_5", "OFI"}
