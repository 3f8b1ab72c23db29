"""The public surface: lazy, complete, and the same version as the project's."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import fillcast

HEAVY = (
    "numba",
    "numpy",
    "scipy",
    "sklearn",
    "pyarrow",
    "duckdb",
    "litestar",
    "aiohttp",
    "websockets",
    "rich",
    "typer",
)


def loaded_after(code: str) -> set[str]:
    """Return which heavy modules a fresh interpreter has loaded after some code."""
    program = f"import sys; sys.path.insert(0, {str(Path(fillcast.__file__).parents[1])!r})\n{code}\n"
    program += f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    return set(result.stdout.splitlines()[-1].split())


def test_importing_the_package_loads_nothing_heavy():
    assert loaded_after("import fillcast") == set()


def test_the_check_sees_what_is_loaded():
    assert "numpy" in loaded_after("import fillcast; fillcast.Book")


def test_help_loads_no_compiler():
    code = "from fillcast.cli import run\nrun(['--help'])"
    assert not loaded_after(code) & {"numba", "numpy", "aiohttp", "websockets"}


def test_every_public_name_exists_and_is_documented():
    for name in fillcast.__all__:
        value = getattr(fillcast, name)
        assert name in dir(fillcast)
        assert name == "__version__" or value.__doc__


def test_an_unknown_name_is_an_attribute_error():
    assert not hasattr(fillcast, "nonsense")


def test_the_version_is_the_projects():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    assert fillcast.__version__ == project["project"]["version"]
