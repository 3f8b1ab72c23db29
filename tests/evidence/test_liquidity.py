from __future__ import annotations

import pytest

from fillcast.evidence import liquidity


def test_a_model_that_moved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(liquidity, "PRICES", (*liquidity.PRICES[:-1], 100.0400001))
    monkeypatch.setattr(liquidity, "TOUCHES", (*liquidity.TOUCHES[:-1], (100.0, 14, 100.1, 8)))

    missed = {row.quantity for row in liquidity.rows() if not row.passed}
    assert missed == {"covariance", "spread", "e_5", "OFI"}
