from __future__ import annotations

import pytest

from fillcast.evidence import volatility


def test_a_model_that_moved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(volatility, "PRICES", (*volatility.PRICES[:-1], 100.0400001))

    assert {row.quantity for row in volatility.rows() if not row.passed} >= {"RV", "TSRV", "BV", "omega^2"}
