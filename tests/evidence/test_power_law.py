from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence import power_law
from fillcast.evidence.row import Row

ROWS = power_law.rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.model}: {row.quantity}")
def test_the_model_gives_the_number_and_one_that_moved_is_caught(row: Row) -> None:
    assert row.passed, (row.published, row.ours, row.difference)
    assert not replace(row, ours=row.ours + 3 * row.tolerance).passed
    assert not replace(row, published=row.published - 3 * row.tolerance).passed


def test_a_model_that_moved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_law, "ROOT", replace(power_law.ROOT, exponent=0.5001))
    missed = {row.quantity for row in power_law.rows() if not row.passed}
    assert {"n_1", "temporary cost", "V", "temporary cost of even slices", "E, k = 0.5001"} <= missed
    assert not any(quantity.endswith("k = 1") for quantity in missed)
