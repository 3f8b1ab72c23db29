from __future__ import annotations

from dataclasses import replace

import pytest

from fillcast.evidence import athl

ROWS = athl.rows()


def test_rounding_gives_the_printed_whole_bps() -> None:
    whole = [row for row in ROWS if row.tolerance == athl.WHOLE_BPS]

    assert len(whole) == 7
    assert [round(row.ours) for row in whole] == [row.published for row in whole]


def test_a_model_that_moved_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    moved = replace(athl.US_SHARES_2003, beta=0.61)
    monkeypatch.setattr(athl, "IBM", replace(athl.IBM, coefficients=moved))

    missed = {row.quantity for row in athl.rows() if not row.passed}
    assert {f"{letter}, T = {days} d, bps, by formula" for letter in "KJ" for days in ("0.2", "0.5")} <= missed
    assert not any(quantity.startswith(("I", "Theta")) for quantity in missed)
