from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence import transient


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
