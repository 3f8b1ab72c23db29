"""The line formats of capture files, one captured input per line.

A   `<receive time>: <frame>`; `<url> <-> <time>` a connect, `<url> <- <time>: <text>` what the client sent,
    `<url> -> <time>: <body>` a REST reply, `configuration: ...` the recorder's settings
B   `<receive time> <frame>`; a line whose payload has `lastUpdateId` at top level is a REST reply
C   one frame per line, without a receive time
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum
from pathlib import Path

import msgspec

from fillcast.errors import FrameError

NS_DIGITS = 19  # digits of a time in nanoseconds between 2001 and 2286
SECOND_DIGITS = (10, 13, 16, NS_DIGITS)  # of s, ms, us and ns in the same years
REPLY_HEAD_BYTES = 80  # how far into a payload `lastUpdateId` may begin
KEEP_ALIVES = frozenset({b"ping", b"pong"})


class InputKind(Enum):
    """What a captured line was."""

    CONNECT = "connect"
    SENT = "sent"
    FRAME = "frame"
    REPLY = "reply"
    SETTINGS = "settings"


class LineFormat(StrEnum):
    """The line formats of the module's docstring."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class CapturedInput:
    """One line of a capture.

    Attributes
    ----------
    wall_ns
        Receive time of the recorder, UTC; 0 where the capture holds none.
    data
        The frame, the body of a reply or the text sent, exactly as recorded.
    url
        Of a connect, of what was sent and of a reply; empty where the capture does not say.
    path, line
        Where it was read.
    """

    kind: InputKind
    wall_ns: int
    data: bytes
    url: str = ""
    path: Path = Path()
    line: int = 0


def receive_ns(text: bytes) -> int:
    """Return a receive time in ns; its unit (s, ms, us, ns) is told by its number of digits.

    Raises
    ------
    ValueError
        When it is not a time between 2001 and 2286.
    """
    whole, _, fraction = text.partition(b".")
    digits = len(whole)
    if digits not in SECOND_DIGITS or not whole.isdigit() or (fraction and not fraction.isdigit()):
        raise ValueError(f"{text[:40]!r} is not a receive time")
    missing = NS_DIGITS - digits
    return int(whole + fraction[:missing].ljust(missing, b"0"))


def detect(line: bytes) -> LineFormat | None:
    """Return the format that a line is in, or None when it is in none."""
    return next((form for form in LineFormat if parse(line, form) is not None), None)


def parse(line: bytes, form: LineFormat) -> CapturedInput | None:
    """Return what one line (without its end) holds, or None when it is not in that format."""
    return _PARSERS[form](line)


def whole(payload: bytes) -> bool:
    """Return whether a payload is complete: valid JSON, or a keep-alive in plain text.

    Raises
    ------
    FrameError
        When it nests too deeply for that to be told.
    """
    if payload in KEEP_ALIVES:
        return True
    try:
        msgspec.json.decode(payload, type=msgspec.Raw)
    except msgspec.DecodeError:
        return False
    except RecursionError:
        raise FrameError("nested more deeply than any frame") from None
    return True


def _parse_a(line: bytes) -> CapturedInput | None:
    if line[:1].isdigit():
        return _timed(line, b": ", InputKind.FRAME)
    if line.startswith(b"configuration: "):
        return CapturedInput(InputKind.SETTINGS, 0, line.partition(b": ")[2])
    url, _, rest = line.partition(b" ")
    arrow, _, rest = rest.partition(b" ")
    if b"://" not in url:
        return None
    name = url.decode("ascii", "replace")
    if arrow == b"<->":
        return _timed(rest, b"", InputKind.CONNECT, name)
    if arrow == b"<-":
        return _timed(rest, b": ", InputKind.SENT, name)
    return _timed(rest, b": ", InputKind.REPLY, name) if arrow == b"->" else None


def _parse_b(line: bytes) -> CapturedInput | None:
    entry = _timed(line, b" ", InputKind.FRAME)
    if entry is None or not entry.data.startswith((b"{", b"[")):
        return None
    head = entry.data[:REPLY_HEAD_BYTES]
    if b'"lastUpdateId"' in head and b'"stream"' not in head:
        return CapturedInput(InputKind.REPLY, entry.wall_ns, entry.data)
    return entry


def _parse_c(line: bytes) -> CapturedInput | None:
    if line.startswith((b"{", b"[")) or line in KEEP_ALIVES:
        return CapturedInput(InputKind.FRAME, 0, line)
    return None


def _timed(line: bytes, separator: bytes, kind: InputKind, url: str = "") -> CapturedInput | None:
    """Read `<time><separator><payload>`; an empty separator says that the time is all there is."""
    time, found, payload = line.partition(separator) if separator else (line, b"", b"")
    if found != separator:
        return None
    try:
        return CapturedInput(kind, receive_ns(time), payload, url)
    except ValueError:
        return None


_PARSERS = {LineFormat.A: _parse_a, LineFormat.B: _parse_b, LineFormat.C: _parse_c}
