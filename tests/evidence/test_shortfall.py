from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence.row import Row
from fillcast.evidence.shortfall import rows


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.model}: {row.quantity}")
def test_every_number_holds_and_a_moved_one_does_not(row: Row) -> None:
    assert row.passed, row
    moved = max(3 * row.tolerance, 1e-9)
    assert not replace(row, ours=row.ours + moved).passed
    assert not replace(row, published=row.published - moved).passed
