from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence import transient
from fillcast.evidence.row import Row

ROWS = transient.rows()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.model}: {row.quantity}")
def test_the_model_gives_the_number(row: Row) -> None:
    assert row.passed, (row.published, row.ours, row.difference)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.model}: {row.quantity}")
def test_a_number_that_moved_is_caught(row: Row) -> None:
    assert not replace(row, ours=row.ours + 3 * row.tolerance).passed
    assert not replace(row, published=row.published - 3 * row.tolerance).passed


def test_a_model_that_moved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transient, "RESILIENCE", 2.2232)
    monkeypatch.setattr(transient, "ROUNDED_SQRT", replace(transient.ROUNDED_SQRT, decay=0.501))
    monkeypatch.setattr(transient, "PURE", replace(transient.PURE, decay=0.51))

    missed = {row.model for row in transient.rows() if not row.passed}
    assert missed == {
        "power-law propagator",
        "exponential propagator, closed form",
        "exponential propagator, matrix",
        "discrete propagator",
    }
