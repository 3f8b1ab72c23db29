"""Standard output and error as they are given to us: closed, full, or in an encoding without our signs."""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import sys

HANDLER = "fillcast"
UNKNOWN = "?"
# What stands for the signs of our tables where the encoding has none of them; no meaning may be lost, so ≤ above all.
PLAIN_SIGNS = {
    "≤": "<=",
    "…": "..",
    "·": "-",
    "–": "-",
    "×": "x",
    "±": "+-",
    "µ": "u",
    "○": "o",
    "◔": "~",
    "●": "*",
    "▲": "^",
    "✖": "x",
    "✔": "+",
    "█": "#",
    "▌": "+",
    "│": "|",
    "└": "+",
    "─": "-",
}
# What a terminal obeys instead of showing it (C0 and C1 controls but the end of a line), and what turns text around.
COMMANDS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
CANNOT_WRITE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})


def prepare() -> str:
    """Make standard output and error take every text; return why there is no output, or an empty text."""
    codecs.register_error(HANDLER, _plainly)
    if sys.stderr is None:  # print would turn to standard output
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the process ends
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)
    return "standard output is closed; there is nowhere to print to" if sys.stdout is None else ""


def harmless(text: str) -> str:
    """Return text of venues and files as it can be shown: what a terminal would obey is written out."""
    return COMMANDS.sub(lambda found: ascii(found[0])[1:-1], text)


def discard() -> None:
    """Let standard output lead nowhere, so that Python does not complain when it flushes what is left."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    signs = error.object[error.start : error.end]
    return "".join(PLAIN_SIGNS.get(sign, UNKNOWN) for sign in signs), error.end
