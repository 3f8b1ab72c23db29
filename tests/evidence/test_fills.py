from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence.fills import rows
from fillcast.evidence.row import Row


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.model}: {row.quantity}")
def test_every_number_is_met_and_a_moved_one_fails(row: Row) -> None:
    assert row.passed
    assert not replace(row, ours=row.ours + 3 * row.tolerance).passed
    assert not replace(row, published=row.published - 3 * row.tolerance).passed
