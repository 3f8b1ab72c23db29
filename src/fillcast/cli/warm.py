"""Compile every kernel once, so that no first order pays the compiler: `python -m fillcast.cli.warm`."""

from __future__ import annotations

import importlib
import sys

from fillcast.core.jit import PACKAGE

CLEAR_LINE = "\033[K"  # ANSI: erase to the end of the line


def kernel_modules() -> list[str]:
    """Return the modules that hold kernels, those that others call first."""
    files = sorted(PACKAGE.rglob("*_kernels.py"), key=lambda file: (file.parent.name != "core", file))
    return [".".join(("fillcast", *file.relative_to(PACKAGE).with_suffix("").parts)) for file in files]


def main() -> None:
    """Import every kernel module with one line of progress."""
    names = kernel_modules()
    on_terminal = sys.stderr.isatty()
    for number, name in enumerate(names, 1):
        if on_terminal:
            sys.stderr.write(f"\r{CLEAR_LINE}kernels {number}/{len(names)} {name}")
            sys.stderr.flush()
        importlib.import_module(name)
    start = f"\r{CLEAR_LINE}" if on_terminal else ""
    sys.stderr.write(f"{start}kernels: {len(names)} modules ready\n")


if __name__ == "__main__":
    main()
