"""What the page is made of: types that hold, no address in the lock file, no library in the repository."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess

import pytest

from tests.page.conftest import ROOT, STATIC

CHECKER = ROOT / "node_modules/.bin/tsc"
MOST_LINES = 400


@pytest.mark.skipif(
    not CHECKER.exists() or shutil.which("node") is None, reason="needs node and the checker of types: npm ci"
)
def test_types_hold() -> None:
    found = subprocess.run([CHECKER, "-p", ROOT], capture_output=True, text=True, check=False)
    assert found.stdout == ""
    assert found.returncode == 0


def test_no_browser_leaves_its_event_loop_behind() -> None:
    """Modules with a browser run before this one, and tests that start a loop of their own after it."""
    with pytest.raises(RuntimeError, match="no running event loop"):
        asyncio.get_running_loop()


def test_the_lock_file_names_versions_hashes_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    wanted = json.loads((ROOT / "package.json").read_text())
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert packages[f"node_modules/{name}"]["version"] == version  # exact, not a range
    assert all(one["integrity"].startswith("sha512-") for name, one in packages.items() if name)
    for file in ("package-lock.json", "package.json", ".npmrc"):
        assert "://" not in (ROOT / file).read_text()


def test_nothing_is_loaded_from_elsewhere_and_nothing_runs_inline() -> None:
    for file in STATIC.rglob("*"):
        if file.suffix not in (".js", ".html", ".css"):
            continue
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://", text), file
        assert not re.search(r"\bstyle=|\son[a-z]+=", text), f"{file}: refused by the page's policy"
        assert len(text.splitlines()) <= MOST_LINES or file.name == "wire.d.ts", file
