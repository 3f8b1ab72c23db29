"""The kernel cache never runs stale code, and a bounds-checked run finds an overrun; each with its opposite planted."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numba.core.config
import pytest

import fillcast.core.jit as jit
from fillcast.core.jit import PACKAGE, cache_folder, kernel_sources

KERNEL_FILES = sorted(PACKAGE.rglob("*_kernels.py"))
TIMEOUT_S = 240

CALLED = """
from fillcast.core.jit import inlined, kernel

@inlined
def helper():
    return 1

@kernel("int64()")
def called():
    return 1

CONSTANT = 1
"""
CALLER = """
from fillcast.core.events import FIRST_ROW
from fillcast.core.far_kernels import far_helper
from fillcast.core.jit import kernel
from fillcast.probe.called_kernels import CONSTANT, called, helper

@kernel("Tuple((int64, int64, int64, int64, int64))()")
def answer():
    return helper(), called(), CONSTANT, far_helper(), FIRST_ROW

@kernel("int64(int64[::1], int64)")
def reach(data, index):
    return data[index]
"""
FAR = """
from fillcast.core.jit import inlined

@inlined
def far_helper():
    return 1
"""
ASK = "from fillcast.probe.caller_kernels import answer; print(*answer())"
FIXED_FOLDER = "import fillcast.core.jit as jit; jit.cache_folder = lambda room: {folder!r}; "
REACH = """
import numpy as np
from fillcast.probe.caller_kernels import reach
data = np.arange(8)
try:
    print(reach(data[:4], 4))
except IndexError as error:
    print("IndexError")
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """A copy of the parts of the package that a kernel needs, with one caller and what it calls in other files."""
    root = tmp_path / "fillcast"
    (root / "core").mkdir(parents=True)
    (root / "probe").mkdir()
    for name in ("core/jit.py", "core/events.py", "errors.py"):
        shutil.copy(PACKAGE / name, root / name)
    for name in ("", "core/", "probe/"):
        (root / f"{name}__init__.py").touch()
    (root / "core/far_kernels.py").write_text(FAR)
    (root / "probe/called_kernels.py").write_text(CALLED)
    (root / "probe/caller_kernels.py").write_text(CALLER)
    return root


def python(package: Path, code: str, **environment: str) -> list[str]:
    """Run code in a fresh interpreter on the copied package and return the words that it prints."""
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("NUMBA_", "FILLCAST_"))},
        "PYTHONPATH": str(package.parent),
        "FILLCAST_CACHE": str(package.parent / "cache"),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", code], env=variables | environment, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def edit(file: Path, old: str, new: str) -> None:
    """Change a file and nothing that a cache might go by: its length and its times stay."""
    before = file.stat()
    text = file.read_text()
    assert len(old) == len(new)
    assert old in text
    file.write_text(text.replace(old, new))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert file.stat().st_size == before.st_size


def test_a_changed_callee_in_another_file_is_never_stale(package: Path) -> None:
    *ones, first_row = python(package, ASK)
    assert ones == ["1", "1", "1", "1"]
    (first,) = (package.parent / "cache" / "kernels").iterdir()
    assert list(first.rglob("*.nbi")), "nothing was cached: the test would show nothing"

    edit(package / "probe/called_kernels.py", "1\n", "2\n")
    edit(package / "core/far_kernels.py", "1\n", "2\n")
    edit(package / "core/events.py", "MAX_MESSAGES: Final = 1024", "MAX_MESSAGES: Final = 2048")
    # Planted: a folder that does not depend on the sources, as Numba's own would be, runs the old code.
    stale = FIXED_FOLDER.format(folder=str(first)) + ASK
    assert python(package, stale) == ["1", "1", "1", "1", first_row]
    assert python(package, ASK) == ["2", "2", "2", "2", str(2 * int(first_row))]


def test_the_bounds_checked_run_finds_a_planted_overrun(package: Path) -> None:
    assert python(package, REACH, NUMBA_BOUNDSCHECK="1") == ["IndexError"]
    # The same overrun unchecked, after the other has filled its cache: it reads what lies behind the slice.
    assert python(package, REACH) == ["4"]
    assert len(list((package.parent / "cache" / "kernels").iterdir())) == 2


CHECKED_TESTS = ["tests/core/test_ladder.py", "tests/core/test_walk.py", "tests/core/test_checksum.py"]


def bounds_checked(*arguments: str) -> None:
    """Run tests in a fresh interpreter whose kernels check every index; its cache is a folder of its own."""
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        env={**os.environ, "NUMBA_BOUNDSCHECK": "1", "PYTHONPATH": str(PACKAGE.parent)},
        cwd=root,
        capture_output=True,
        text=True,
        timeout=4 * TIMEOUT_S,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout


def test_books_run_clean_with_bounds_checks() -> None:
    bounds_checked("tests/core/test_ladder.py", "-k", "long_market or alignment or ends")


@pytest.mark.long
def test_all_kernels_of_books_and_frames_run_clean_with_bounds_checks() -> None:
    bounds_checked(*CHECKED_TESTS, "tests/venues", "-k", "not caught")


def test_unaligned_reads_are_the_only_unchecked_ones() -> None:
    """No other kernel file makes machine code of its own."""
    makers = [file.name for file in KERNEL_FILES if "intrinsic" in file.read_text()]
    assert makers == ["bits_kernels.py"]


def uses_of(tree: ast.Module) -> set[str]:
    """Names of the decorators in a module."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                target = decorator.func if isinstance(decorator, ast.Call) else decorator
                found.add(ast.unparse(target).rpartition(".")[2])
    return found


def test_kernels_live_only_in_kernel_files() -> None:
    for file in sorted(PACKAGE.rglob("*.py")):
        makers = uses_of(ast.parse(file.read_text())) & {"kernel", "inlined", "njit", "jit", "vectorize", "intrinsic"}
        if file not in KERNEL_FILES:
            assert not makers, f"{file.name} compiles functions, and no cache key knows it"
        assert not makers & {"njit", "jit", "vectorize"}, f"{file.name} compiles functions past core.jit"


def foreign_imports(file: Path, source: str) -> list[str]:
    """Return the modules of ours that a kernel file imports and the key of its cache does not cover."""
    room = file.parent.relative_to(PACKAGE).parts[0]
    covered = {path.relative_to(PACKAGE.parent).with_suffix("").as_posix() for path in kernel_sources(room)}
    found = []
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names] + [str(node.module)]
            names = names if node.module in ("fillcast", "fillcast.core", f"fillcast.{room}") else [str(node.module)]
        found += [
            name
            for name in names
            if name.split(".")[0] == "fillcast"
            and name.replace(".", "/") not in covered
            and not (PACKAGE.parent / name.replace(".", "/")).is_dir()
        ]
    return found


@pytest.mark.parametrize("file", KERNEL_FILES, ids=lambda file: f"{file.parent.name}-{file.stem}")
def test_a_kernel_file_takes_code_and_constants_only_from_what_its_key_covers(file: Path) -> None:
    assert not foreign_imports(file, file.read_text())


def test_an_import_that_no_key_covers_is_caught() -> None:
    file = PACKAGE / "venues" / "okx" / "okx_kernels.py"
    for line in (
        "from fillcast.core.book import Book",
        "from fillcast.lab.engine_kernels import NO_ORDER",
        "import fillcast.core.view",
        "from fillcast.core import instrument",
    ):
        assert foreign_imports(file, line)
    for line in ("from fillcast.core.ladder_kernels import BEST", "from fillcast.core import events", "import math"):
        assert not foreign_imports(file, line)


def test_the_users_own_cache_folder_is_left_alone() -> None:
    assert "fillcast" not in str(numba.core.config.CACHE_DIR)


def test_where_kernels_are_kept(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def folder(room: str = "core") -> Path:
        cache_folder.cache_clear()
        return cache_folder(room)

    try:
        monkeypatch.setenv("FILLCAST_CACHE", str(tmp_path / "one"))
        assert folder().parent == tmp_path / "one" / "kernels"
        assert folder().name.startswith("core-")
        assert folder("venues").name.startswith("venues-")
        name = folder().name
        monkeypatch.setattr(jit, "BOUNDS_CHECKED", not jit.BOUNDS_CHECKED)
        assert folder().name != name
        monkeypatch.delenv("FILLCAST_CACHE")
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "two"))
        assert folder().parent == tmp_path / "two" / "fillcast" / "kernels"
        monkeypatch.delenv("XDG_CACHE_HOME")
        monkeypatch.setenv("HOME", str(tmp_path / "home"))
        assert folder().parent == tmp_path / "home" / ".cache" / "fillcast" / "kernels"
    finally:
        cache_folder.cache_clear()
