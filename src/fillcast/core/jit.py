"""The one way a function becomes a kernel, and the cache that never runs stale code.

Numba stamps a cached kernel with the time of its own file only: when a function that it calls, or a constant that it
was compiled with, changes in another file, the stale machine code would run. The cache folder of a room is therefore
named by a hash of every source that the room's kernels can take either from (its own kernel files and those of core),
the Numba and interpreter versions and the compile flags, and is chosen before the kernel is declared.
"""

from __future__ import annotations

import hashlib
import os
import platform
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TypeVar, cast

import numba
import numba.core.config

Function = TypeVar("Function", bound=Callable[..., object])

PACKAGE = Path(__file__).resolve().parent.parent
BOUNDS_CHECKED = os.environ.get("NUMBA_BOUNDSCHECK", "0") not in ("", "0")


def kernel_sources(room: str) -> list[Path]:
    """Return the files that a kernel of `room` may import from: `*_kernels.py` of the room and of core, and these."""
    files = {Path(__file__).resolve(), PACKAGE / "core" / "events.py"}
    for folder in (PACKAGE / "core", PACKAGE / room):
        files.update(folder.rglob("*_kernels.py"))
    return sorted(files)


@cache
def cache_folder(room: str) -> Path:
    """Return the folder of a room's compiled kernels, under `$FILLCAST_CACHE` or else the user's cache folder.

    Its name is a hash of the sources, the versions, the processor and the flags.
    """
    digest = hashlib.sha256()
    for source in kernel_sources(room):
        digest.update(source.relative_to(PACKAGE).as_posix().encode())
        digest.update(source.read_bytes())
    facts = (numba.__version__, platform.python_version(), platform.machine(), str(BOUNDS_CHECKED))
    digest.update("|".join(facts).encode())
    root = os.environ.get("FILLCAST_CACHE")
    if not root:
        root = str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fillcast")
    return Path(root) / "kernels" / f"{room}-{digest.hexdigest()[:20]}"


def kernel(signature: str) -> Callable[[Function], Function]:
    """Compile a function for exactly one signature, at import, releasing the GIL, cached on disk.

    Parameters
    ----------
    signature
        Numba signature text. One signature per kernel: a second one would compile in mid-stream.

    Returns
    -------
    Callable
        The decorator. The compiled function keeps the original as `.py_func`.
    """

    def decorate(function: Function) -> Function:
        options = numba.core.config
        before = options.CACHE_DIR  # type: ignore[attr-defined]
        options.CACHE_DIR = str(cache_folder(function.__module__.split(".")[1]))  # type: ignore[attr-defined]
        try:
            compile_for = numba.njit(signature, cache=True, nogil=True, error_model="numpy", boundscheck=BOUNDS_CHECKED)
            return cast("Function", compile_for(function))
        finally:
            options.CACHE_DIR = before  # type: ignore[attr-defined]

    return decorate


def inlined(function: Function) -> Function:
    """Mark a helper that kernels call: compiled into its callers and cached with them."""
    compile_for = numba.njit(nogil=True, error_model="numpy", boundscheck=BOUNDS_CHECKED)
    return cast("Function", compile_for(function))


def entry(function: Function) -> Function:
    """Return the machine code of a kernel without Numba's look at the type of every argument at every call.

    That look costs as much as a small kernel (measured: 410 ns a call with it, 235 without, for three arrays and
    three numbers). Nothing checks the arguments any more: arrays must be exactly of the signature's type and layout,
    so this is for callers that made those arrays themselves.
    """
    compiled = list(getattr(function, "overloads", {}).values())
    return cast("Function", compiled[0].entry_point) if compiled else function
