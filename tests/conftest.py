"""Fixtures that every room's tests may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def captures() -> Path:
    """Return the folder of real captures; skip by name where there is none."""
    folder = os.environ.get("FILLCAST_CAPTURES")
    if folder and Path(folder, "expected.json").is_file():
        return Path(folder)
    message = "needs captures: FILLCAST_CAPTURES names no folder with expected.json"
    if os.environ.get("FILLCAST_REQUIRE_CAPTURES") == "1":
        pytest.fail(message)
    pytest.skip(message)
