"""The page of each family runs as it stands, and names everything that the family has."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

import pytest

from tests.test_documents import blocks, run_blocks

PAGES = Path(__file__).parents[2] / "docs" / "models"
FAMILIES = ["fills", "impact", "liquidity", "risk", "schedule", "volatility"]


def named(page: str) -> set[str]:
    """Return the names in the first column of the table of a page's names."""
    rows = page.partition("## Names\n")[2].splitlines()
    return {name for row in rows if row.startswith("| `") for name in re.findall(r"`(\w+)`", row.split(" | ")[0])}


def differences(page: str, public: list[str]) -> set[str]:
    return named(page) ^ set(public)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_names_all_that_is_public_and_nothing_else(family: str) -> None:
    page, public = (PAGES / f"{family}.md").read_text(), import_module(f"fillcast.models.{family}").__all__
    assert differences(page, public) == set()
    assert differences(page, public[1:]) == {public[0]}
    assert differences(page, [*public, "NewName"]) == {"NewName"}


@pytest.mark.parametrize("family", FAMILIES)
def test_the_page_runs(family: str) -> None:
    sources = blocks(f"docs/models/{family}.md")
    assert sources
    run_blocks(sources)


def test_a_page_that_is_wrong_is_caught() -> None:
    sources = blocks("docs/models/impact.md")
    with pytest.raises(AssertionError):
        run_blocks([sources[0].replace("458044.4", "458044.5"), *sources[1:]])
