from __future__ import annotations

import math
from dataclasses import replace

from fillcast.evidence.row import Row

ROW = Row("walk", "average price", "by hand", 100.0, 100.4, 0.5, "golden case")


def test_a_row_passes_within_its_tolerance_only() -> None:
    assert ROW.passed
    assert not replace(ROW, ours=100.6).passed
    assert not replace(ROW, ours=99.4).passed


def test_what_is_no_number_does_not_pass() -> None:
    assert not replace(ROW, ours=math.nan).passed
    assert not replace(ROW, ours=math.inf).passed
