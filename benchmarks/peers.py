"""The environment of the peers: ``.venv-peers`` beside ours, because hftbacktest wants an older NumPy.

``python -m benchmarks.peers`` creates it and does nothing when it is current; ``--lock`` renews
``peers-constraints.txt`` (every package with the hashes of its files, and no address of any index) from
``peers.in``.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ENVIRONMENT = HERE.parent / ".venv-peers"
CONSTRAINTS = HERE / "peers-constraints.txt"
REQUIREMENTS = HERE / "peers.in"
_STAMP = ENVIRONMENT / ".peers-constraints.sha256"
_HEADER = "# The peers' environment: versions and hashes. Written by `python -m benchmarks.peers --lock`.\n"
_PACKAGE = re.compile(r"^[\w.-]+==", re.MULTILINE)
_ADDRESS = re.compile(r"://|--(extra-)?index|--find-links")


def python(environment: Path = ENVIRONMENT) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def is_current() -> bool:
    """Whether the environment holds exactly what ``peers-constraints.txt`` names."""
    return python().exists() and _STAMP.exists() and _STAMP.read_text(encoding="ascii") == _digest()


def create() -> None:
    """Make the environment, unless it is current."""
    if is_current():
        print(f"peers: {ENVIRONMENT.name} is current")
        return
    print(f"peers: building {ENVIRONMENT.name} from {CONSTRAINTS.name} (about a minute)", flush=True)
    venv.create(ENVIRONMENT, clear=True, with_pip=True)
    _pip(ENVIRONMENT, "--require-hashes", "--no-deps", "-r", str(CONSTRAINTS))
    _STAMP.write_text(_digest(), encoding="ascii")
    print(f"peers: {ENVIRONMENT.name} is ready")


def lock() -> None:
    """Write ``peers-constraints.txt``; versions that are already in it stay where they still fit."""
    with tempfile.TemporaryDirectory() as folder:
        tools = Path(folder) / "tools"
        venv.create(tools, with_pip=True)
        _pip(tools, "uv")
        output = Path(folder) / CONSTRAINTS.name
        if CONSTRAINTS.exists():
            output.write_text(CONSTRAINTS.read_text(encoding="utf-8"), encoding="utf-8")
        subprocess.run(
            [
                *(str(python(tools)), "-m", "uv", "pip", "compile", str(REQUIREMENTS)),
                *(
                    "--universal",
                    "--python-version",
                    "3.11",
                    "--fork-strategy",
                    "fewest",
                    "--generate-hashes",
                ),
                *(
                    "--no-config",
                    "--no-header",
                    "--no-annotate",
                    "--no-emit-index-url",
                    "--no-emit-find-links",
                ),
                *("--quiet", "--output-file", str(output)),
            ],
            check=True,
        )
        text = output.read_text(encoding="utf-8")
    if found := _ADDRESS.search(text):
        raise SystemExit(f"peers: the lock names an address ({found.group()}); {CONSTRAINTS.name} is unchanged")
    if not text.startswith(_HEADER):
        text = _HEADER + text
    CONSTRAINTS.write_text(text, encoding="utf-8")
    print(f"peers: {len(_PACKAGE.findall(text))} packages in {CONSTRAINTS.name}")


def _pip(environment: Path, *arguments: str) -> None:
    command = [str(python(environment)), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*command, *arguments], check=True)


def _digest() -> str:
    return hashlib.sha256(CONSTRAINTS.read_bytes() + sys.version.encode()).hexdigest()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__.partition("\n")[0])
    parser.add_argument("--lock", action="store_true", help="renew peers-constraints.txt instead")
    lock() if parser.parse_args().lock else create()
