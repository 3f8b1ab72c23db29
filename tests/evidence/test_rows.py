"""Every number that the models are held to: it is met, and one that moved is caught."""

from __future__ import annotations

import pkgutil
from dataclasses import replace
from importlib import import_module

import pytest

from fillcast import evidence
from fillcast.evidence.row import Row

FAMILIES = [one.name for one in pkgutil.iter_modules(evidence.__path__) if one.name != "row"]
ROWS = [row for family in FAMILIES for row in import_module(f"fillcast.evidence.{family}").rows()]
LEAST_STEP = 1e-9  # where no difference is tolerated


def test_no_family_is_left_out_and_no_row_stands_twice() -> None:
    assert len(FAMILIES) >= 8
    names = [(row.model, row.quantity, row.source) for row in ROWS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.model}: {row.quantity}")
def test_the_model_gives_the_number_and_one_that_moved_is_caught(row: Row) -> None:
    assert row.passed, (row.published, row.ours, row.difference)
    step = 3 * row.tolerance or LEAST_STEP
    assert not replace(row, ours=row.ours + step).passed
    assert not replace(row, published=row.published - step).passed
