from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence import almgren_chriss


def test_a_model_that_moved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = replace(almgren_chriss.TABLE_1, permanent=2.6e-7)
    monkeypatch.setattr(almgren_chriss, "TABLE_1", moved)
    missed = {row.quantity for row in almgren_chriss.rows() if not row.passed}
    assert {"E, lambda = 1e-06", "V, lambda = 1e-06", "n_1, lambda = 1e-06", "kappa, lambda = 1e-06"} <= missed
    assert not any("instrument" in quantity or "over" in quantity for quantity in missed)
