"""Puts the page's libraries, which npm has installed, into the wheel; without them the wheel's page says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PLACE = "fillcast/dashboard/static/third-party"
SUFFIXES = (".js", ".mjs", ".css")
PAPERS = ("package.json", "LICENSE", "LICENSE.md", "LICENSE.txt")  # licences go where the code goes
# Folders of packages that no page loads: builds for other systems, sources, and what is only for development.
SKIPPED = {"development", "node", "src", "dist.cjs", "dist.umd", "node_modules", "test", "demos"}


class Libraries(BuildHookInterface):
    """Adds files to the wheel; an editable install finds them in the checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Name the files before the wheel is built."""
        if version == "editable":
            return
        installed = Path(self.root) / "node_modules"
        for name in self.config["libraries"]:
            for file in sorted((installed / name).rglob("*")):
                inside = file.relative_to(installed / name)
                wanted = file.suffix in SUFFIXES or file.name in PAPERS
                if file.is_file() and wanted and not SKIPPED & set(inside.parts[:-1]):
                    build_data["force_include"][str(file)] = f"{PLACE}/{name}/{inside.as_posix()}"
