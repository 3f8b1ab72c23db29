"""What `evidence` prints, and that a number which moved ends it with 1."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from fillcast.cli.evidence import our_digits, published_digits, show_family
from fillcast.evidence import families, mbo_queue
from fillcast.evidence.families import FAMILIES, Family
from fillcast.evidence.row import Row

ATHL = next(family for family in FAMILIES if family.name == "athl")
SHORTFALL = next(family for family in FAMILIES if family.name == "shortfall")


def moved() -> list[Row]:
    first, *others = ATHL.rows()
    return [replace(first, ours=first.ours + 0.01), *others]


def lines(family: Family, rows: list[Row], width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width, record=True)
    show_family(family, rows, console)
    return console.export_text().splitlines()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(families, "FAMILIES", (ATHL, SHORTFALL))


@pytest.mark.usefixtures("quick")
def test_every_number_met_is_0(in_process):
    result = in_process("evidence")
    assert (result.returncode, result.stderr) == (0, "")
    assert "✔ all 25 numbers met" in result.stdout
    assert "✖" not in result.stdout


def test_a_number_that_moved_is_1_and_named(in_process, monkeypatch):
    monkeypatch.setattr(families, "FAMILIES", (replace(ATHL, rows=moved), SHORTFALL))
    result = in_process("evidence")
    assert result.returncode == 1
    assert "✖ 1 number of 25 missed" in result.stdout
    assert "  athl: Almgren-Thum-Hauptmann-Li, Theta/V" in result.stdout.splitlines()
    listed = json.loads(in_process("evidence", "--json").stdout)
    assert [one["quantity"] for one in listed if not one["ok"]] == ["Theta/V"]


@pytest.mark.usefixtures("quick")
def test_json_has_every_number_with_its_source(in_process):
    listed = json.loads(in_process("evidence", "--json").stdout)
    assert len(listed) == 25
    named = {
        "family",
        "model",
        "quantity",
        "source",
        "provenance",
        "published",
        "ours",
        "difference",
        "tolerance",
        "ok",
    }
    assert all(set(one) == named for one in listed)
    first = listed[0]
    assert (first["family"], first["quantity"], first["published"], first["ok"]) == ("athl", "Theta/V", 263.374, True)
    assert first["difference"] == pytest.approx(first["ours"] - first["published"])


def test_what_is_not_finite_is_null_and_missed(in_process, monkeypatch):
    broken = replace(ATHL, rows=lambda: [replace(ATHL.rows()[0], ours=float("nan"))])
    monkeypatch.setattr(families, "FAMILIES", (broken,))
    result = in_process("evidence", "--json")
    assert result.returncode == 1
    assert json.loads(result.stdout)[0]["ours"] is None
    assert "nan" in in_process("evidence").stdout


@pytest.mark.usefixtures("quick")
def test_one_family_is_asked_for_in_any_case_and_a_wrong_one_is_2(in_process):
    assert "✔ all 6 numbers met" in in_process("evidence", "--family", "Shortfall").stdout
    wrong = in_process("evidence", "--family", "ghosts")
    assert wrong.returncode == 2
    assert wrong.stderr == "fillcast: --family 'ghosts' is none of athl, shortfall\n"


@pytest.mark.parametrize("width", [50, 80, 100, 120, 200])
def test_no_number_is_cut_at_any_width(width):
    rows = moved()
    shown = lines(ATHL, rows, width)
    assert max(map(len, shown)) <= width
    text = "\n".join(shown)
    for row in rows:
        assert published_digits(row) in text
        assert our_digits(row) in text
        assert f"{row.difference:.1e}" in text
    assert text.count("✖ no") == 1
    assert ("allowed" in text) == (width >= 100 or width == 50)


def test_a_family_without_its_package_says_so(in_process, monkeypatch):
    assert lines(FAMILIES[-1], [], 80)[1] == "not compared: mbo-queue is not installed"
    monkeypatch.setattr(mbo_queue, "PACKAGE", "no_such_package_of_queues")
    monkeypatch.setattr(families, "FAMILIES", (SHORTFALL, *FAMILIES[-2:]))
    result = in_process("evidence")
    assert result.returncode == 0
    assert result.stdout.splitlines()[-2:] == [
        "not compared: mbo-queue, mbo-queue-seeds (not installed: mbo-queue)",
        "✔ all 6 numbers that were compared are met",
    ]


@pytest.mark.parametrize(
    ("published", "ours", "tolerance", "shown"),
    [
        (662500.0, 662500.0, 0.5, ("662500", "662500")),
        (1.083e12, 1.0829999e12, 5e8, ("1.083e+12", "1.083e+12")),
        (4.39860058e-7, 4.398600582e-7, 5e-16, ("4.39860058e-07", "4.398600582e-07")),
        (0.0, 1e-17, 1e-12, ("0", "1e-17")),
        (-3.0, -3.0, 0.0, ("-3", "-3")),
        (656547.4, 656547.413, 0.6, ("656547.4", "656547.4")),
    ],
)
def test_numbers_have_the_digits_that_are_certain(published, ours, tolerance, shown):
    row = Row("model", "quantity", "source", published, ours, tolerance, "published")
    assert (published_digits(row), our_digits(row)) == shown
