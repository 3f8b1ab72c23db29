"""The page's files: found in a checkout and in a wheel, and nothing beside them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from fillcast.dashboard.assets import CHECKOUT, LIBRARIES
from tests.dashboard.server import installed

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json
from fillcast.dashboard import assets
found = assets.Assets()
table = json.loads(found.inline_scripts()[0])["imports"]
paths = [path.removeprefix("/third-party/") for path in table.values() if not path.endswith("/")]
print(json.dumps({
    "from": assets.__file__,
    "missing": found.missing,
    "served": [found.third_party(path) is not None for path in paths],
    "main": found.own("main.js") is not None,
}))
"""


def test_a_link_out_of_the_folder_leads_nowhere(tmp_path: Path):
    assets = installed(tmp_path)
    (tmp_path / "secret.js").write_text("secret")
    (tmp_path / "static" / "link.js").symlink_to(tmp_path / "secret.js")
    assert assets.own("main.js") is not None
    assert assets.own("link.js") is None
    assert assets.own("../secret.js") is None
    assert assets.third_party("lit/index.js") is not None
    assert assets.third_party("lit/../../secret.js") is None
    assert assets.third_party("/etc/passwd") is None


def test_another_content_has_another_etag(tmp_path: Path):
    assets = installed(tmp_path)
    first = assets.own("main.js")
    (tmp_path / "static" / "main.js").write_text("export const x = 2;\n")
    then = assets.own("main.js")
    assert first is not None
    assert then is not None
    assert first.etag != then.etag


def test_the_wheel_takes_the_libraries_that_are_served():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    hook = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"]
    assert tuple(hook["libraries"]) == LIBRARIES


def test_every_module_of_ours_imports_what_is_served():
    """Bare names are in the import map, and all others are files of ours."""
    page = (ROOT / "src/fillcast/dashboard/static/index.html").read_text()
    table = json.loads(re.findall(r'<script type="importmap">(.*?)</script>', page, re.DOTALL)[0])["imports"]
    static = ROOT / "src/fillcast/dashboard/static"
    for file in static.rglob("*.js"):
        for name in re.findall(
            r'^(?:import\b|export\b|\}).*?(?:from|import) "([^"]+)";$', file.read_text(), re.MULTILINE
        ):
            if name.startswith("."):
                assert (file.parent / name).is_file(), (file, name)
            else:
                assert any(name == key or (key.endswith("/") and name.startswith(key)) for key in table), (file, name)


def test_the_wheel_holds_the_page_and_needs_no_node(tmp_path: Path):
    if not CHECKOUT.is_dir():
        pytest.skip("needs the libraries that npm installs: there is no node_modules")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    place = tmp_path / "site"
    zipfile.ZipFile(wheel).extractall(place)
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(place)},
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    ).stdout
    found = json.loads(told)
    assert Path(found["from"]).is_relative_to(place)
    assert found["missing"] == []
    assert all(found["served"])
    assert found["main"]
    licences = [name for name in zipfile.ZipFile(wheel).namelist() if "third-party" in name and "LICENSE" in name]
    assert len(licences) == len(LIBRARIES)


def test_the_package_and_the_command_load_no_server():
    code = "import fillcast, sys, fillcast.cli\nprint([m for m in ('litestar', 'uvicorn') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
