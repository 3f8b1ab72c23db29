"""Every number that the models are held to: it is met, none is lost, and one that moved is caught."""

from __future__ import annotations

import pkgutil
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

from fillcast import evidence
from fillcast.evidence import mbo_queue
from fillcast.evidence.families import FAMILIES, Family
from fillcast.evidence.row import Row

LEAST_STEP = 1e-9  # where no difference is tolerated
# Numbers of each family: one that is taken away is missed here, and by name in the table of docs/evidence.md.
COUNTS = {
    "almgren-chriss": 92,
    "power-law": 23,
    "athl": 19,
    "transient": 37,
    "liquidity": 22,
    "fills": 19,
    "volatility": 24,
    "schedule": 9,
    "shortfall": 6,
    "mbo-queue": 12,
    "mbo-queue-seeds": 10,
}
APART = {"families", "fifo_market", "row"}  # modules that are no family


def marked(family: Family) -> object:
    return pytest.param(family, id=family.name, marks=[pytest.mark.long] if family.slow else [])


@cache
def rows_of(name: str) -> tuple[Row, ...]:
    return tuple(next(family for family in FAMILIES if family.name == name).rows())


def twice(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    return [name for name, times in Counter(rows).items() if times > 1]


def missed(rows: tuple[Row, ...]) -> list[str]:
    return [f"{row.model}: {row.quantity}: {row.ours!r}, not {row.published!r}" for row in rows if not row.passed]


def test_every_module_is_a_family_and_every_family_is_counted() -> None:
    modules = {one.name for one in pkgutil.iter_modules(evidence.__path__)} - APART
    assert {family.rows.__module__.rpartition(".")[2] for family in FAMILIES} == modules
    assert [family.name for family in FAMILIES] == list(COUNTS)


@pytest.mark.parametrize("family", [marked(family) for family in FAMILIES])
def test_every_number_is_met_and_none_is_lost_or_stands_twice(family: Family) -> None:
    rows = rows_of(family.name)
    assert missed(rows) == []
    assert len(rows) == COUNTS[family.name]
    assert twice([(row.model, row.quantity, row.source) for row in rows]) == []


@pytest.mark.parametrize("family", [marked(family) for family in FAMILIES])
def test_a_number_that_moved_is_caught(family: Family) -> None:
    for row in rows_of(family.name):
        step = 3 * row.tolerance or LEAST_STEP
        assert missed((replace(row, ours=row.ours + step),))
        assert missed((replace(row, published=row.published - step),))


def test_a_row_that_stands_twice_is_caught() -> None:
    row = rows_of("athl")[0]
    assert twice([(row.model, row.quantity, row.source)] * 2)


def test_a_family_without_its_package_has_no_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mbo_queue, "PACKAGE", "no_such_package_of_queues")
    assert mbo_queue.rows() == mbo_queue.seeds_rows() == []
