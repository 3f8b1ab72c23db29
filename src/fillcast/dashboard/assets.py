"""The page's files: our own from the package, and libraries from where npm or the wheel has put them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path

STATIC = Path(__file__).parent / "static"
BUNDLED = STATIC / "third-party"  # where the wheel has them
CHECKOUT = Path(__file__).parents[3] / "node_modules"  # where `npm ci` has put them
LIBRARIES = ("lit", "lit-html", "lit-element", "@lit/reactive-element", "uplot", "@msgpack/msgpack")
# What a page loads: anything else in those folders (sources, tests, packages' own documents) is not served.
SERVED = {
    ".html": "text/html",
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
INLINE_SCRIPT = re.compile(rb"<script\b[^>]*>(.*?)</script>", re.DOTALL)
MISSING = """\
<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>fillcast: the page is not installed</title></head>
<body><main><h1>The page is not installed</h1>
<p>The server runs, but files that its page is made of are missing: {missing}.</p>
<p>In a checkout, <code>make setup</code> installs them with npm. A wheel holds them.
Until then the terminal view (<code>--terminal</code>) and the HTTP API under <a href="/schema">/schema</a> work.</p>
</main></body></html>
"""


@dataclass(frozen=True)
class File:
    """A file as it is served."""

    content: bytes
    media_type: str

    @cached_property
    def etag(self) -> str:
        """A name of the content."""
        return f'"{sha256(self.content).hexdigest()[:32]}"'


class Assets:
    """Finds the files that may be served.

    Parameters
    ----------
    static
        Folder of our own files.
    libraries
        Folders that may hold the libraries; the first that holds all of them is taken.
    """

    def __init__(self, static: Path = STATIC, libraries: tuple[Path, ...] = (BUNDLED, CHECKOUT)) -> None:
        self._static = static
        missing = {
            folder: [name for name in LIBRARIES if not (folder / name / "package.json").is_file()]
            for folder in libraries
        }
        self._libraries = next((folder for folder in libraries if not missing[folder]), libraries[-1])
        self.missing = tuple(missing[self._libraries])
        if not (static / "index.html").is_file():
            self.missing = ("index.html", *self.missing)

    def page(self) -> File:
        """Return the page, or one that says what it lacks."""
        if self.missing:
            text = MISSING.format(missing=", ".join(self.missing))
            return File(text.encode(), SERVED[".html"])
        return File((self._static / "index.html").read_bytes(), SERVED[".html"])

    def inline_scripts(self) -> list[bytes]:
        """Return the scripts inside the page's own text, which its policy has to allow one by one."""
        return [script for script in INLINE_SCRIPT.findall(self.page().content) if script.strip()]

    def own(self, path: str) -> File | None:
        """Return a file of ours; None where there is none that may be served."""
        if path.lstrip("/").startswith(BUNDLED.name):
            return None
        return _file(self._static, path)

    def third_party(self, path: str) -> File | None:
        """Return a file of a library; None where there is none that may be served."""
        inside = path.lstrip("/")
        if not any(inside.startswith(f"{name}/") for name in LIBRARIES):
            return None
        return _file(self._libraries, inside)


def _file(folder: Path, path: str) -> File | None:
    """Return a file below a folder; None for what is not there, is not served, or leads out of the folder."""
    root = folder.resolve()
    found = (root / path.lstrip("/")).resolve()
    media_type = SERVED.get(found.suffix)
    if media_type is None or not found.is_relative_to(root) or not found.is_file():
        return None
    return File(found.read_bytes(), media_type)
