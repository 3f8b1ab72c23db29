from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence import power_law


def test_a_model_that_moved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_law, "ROOT", replace(power_law.ROOT, exponent=0.5001))
    missed = {row.quantity for row in power_law.rows() if not row.passed}
    assert {"n_1", "temporary cost", "V", "temporary cost of even slices", "E, k = 0.5001"} <= missed
    assert not any(quantity.endswith("k = 1") for quantity in missed)
