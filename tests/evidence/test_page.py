"""docs/evidence.md is what scripts/evidence-table prints."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from fillcast.evidence.families import FAMILIES, Family

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "evidence.md").read_text()


def script() -> ModuleType:
    name = "evidence_table"
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


TABLE = script()


@pytest.mark.parametrize(
    "family",
    [pytest.param(one, id=one.name, marks=[pytest.mark.long] if one.slow else []) for one in FAMILIES],
)
def test_the_section_of_each_family_is_printed(family: Family) -> None:
    assert TABLE.section(family) in PAGE, "docs/evidence.md is not what scripts/evidence-table prints"


def test_the_page_holds_nothing_else() -> None:
    assert PAGE.startswith(TABLE.PREFACE)
    assert [line[3:] for line in PAGE.splitlines() if line.startswith("## ")] == [one.title for one in FAMILIES]
