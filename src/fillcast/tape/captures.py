"""Capture files as one stream of inputs, read line by line."""

from __future__ import annotations

import gzip
import heapq
import lzma
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from fillcast.errors import CaptureError, FrameError
from fillcast.tape.lines import CapturedInput, InputKind, LineFormat, detect, parse, whole

GZIP_MAGIC = b"\x1f\x8b"
ZIP_MAGIC = b"PK\x03\x04"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"  # of UTF-8: some editors put one at the start of a file
MAX_LINE_BYTES = 64 << 20  # the largest first book of a known venue has 5 MB
SNIFFED_LINES = 200  # a file whose first lines are all unreadable is no capture
KEPT_PROBLEMS = 100
MOST_PROBLEMS = 100_000  # a file with more lines that hold nothing is no recording, and reading on takes ever longer
PEEKED_BYTES = 1 << 13
Peeked = BufferedReader | gzip.GzipFile | zipfile.ZipExtFile
PACKED_MAGICS = (GZIP_MAGIC, ZIP_MAGIC)


@dataclass(frozen=True, slots=True)
class LineProblem:
    """A line that is not a captured input, and so was left out.

    Attributes
    ----------
    at_end
        It is the last one and was cut off by the end of the file: nothing that the recorder finished is missing.
    """

    path: Path
    line: int
    reason: str
    at_end: bool = False

    def __str__(self) -> str:
        return f"{self.path}, line {self.line}: {self.reason}"


class Capture:
    """Several files as one stream, in the order given.

    A file `X.http.*` that lies beside an `X.ws.*` is joined to it by receive time, named or not.

    Parameters
    ----------
    paths
        Plain files, gzip-compressed ones and zip archives of one file, in any of the formats of `fillcast.tape.lines`.

    Attributes
    ----------
    problems, problem_count
        The first unreadable lines of the last pass, and how many there were.
    bytes_total, bytes_read
        Size of the files on disk, and how much of it the current pass has read.

    Raises
    ------
    CaptureError
        Here when a file does not exist, cannot be a capture or is named twice; while reading when none of its lines
        is a captured input.
    """

    def __init__(self, paths: Sequence[str | Path]) -> None:
        named = [Path(path) for path in paths]
        if not named:
            raise CaptureError("no capture file was named")
        for path in named:
            if not path.exists():
                raise CaptureError(f"{path}: no such file")
            if not path.is_file():
                raise CaptureError(f"{path}: not a file")
        _refuse_twice(named)
        companions = {path: _companion(path, named) for path in named}
        joined = {companion.resolve() for companion in companions.values() if companion is not None}
        self.groups: list[tuple[Path, ...]] = [
            (path,) if companion is None else (path, companion)
            for path, companion in companions.items()
            if path.resolve() not in joined
        ]
        self.paths = tuple(path for group in self.groups for path in group)
        self.problems: list[LineProblem] = []
        self.problem_count = 0
        try:
            self.bytes_total = sum(path.stat().st_size for path in self.paths)
        except OSError as error:
            raise CaptureError(f"{error.filename}: {error.strerror}") from None
        self._read: dict[Path, int] = {}

    @property
    def name(self) -> str:
        """The files, for people and records."""
        return " + ".join(str(path) for path in self.paths)

    @property
    def bytes_read(self) -> int:
        """Bytes of the files that the current pass has read."""
        return sum(self._read.values())

    @property
    def share_read(self) -> float:
        """Share of the files that the current pass has read, 0 to 1."""
        return self.bytes_read / self.bytes_total if self.bytes_total else 1.0

    def inputs(self) -> Iterator[CapturedInput]:
        """Read the files from the beginning.

        Raises
        ------
        CaptureError
            When a file cannot be read, is empty, or has no line that is a captured input.
        """
        self.problems, self.problem_count = [], 0
        self._read = dict.fromkeys(self.paths, 0)
        for group in self.groups:
            if len(group) == 1:
                yield from self._file(group[0])
            else:
                yield from heapq.merge(*map(self._file, group), key=lambda entry: entry.wall_ns)

    def _file(self, path: Path) -> Iterator[CapturedInput]:
        form: LineFormat | None = None
        number = 0
        skipped: list[LineProblem] = []
        for number, line, ended in self._lines(path):
            if form is None and number > SNIFFED_LINES:
                break
            if not line:
                continue
            if form is None:
                form = detect(line)
                if form is None:
                    skipped.append(LineProblem(path, number, _unreadable(line), at_end=not ended))
                    continue
            entry = parse(line, form)
            problem = None if ended else _unended(path, number, entry)
            if problem is not None:
                skipped.append(problem)
            elif entry is None:
                skipped.append(LineProblem(path, number, _unreadable(line)))
            elif entry.kind is not InputKind.SETTINGS:
                yield replace(entry, path=path, line=number)
            while skipped:
                self._note(skipped.pop(0))
        if number == 0:
            raise CaptureError(f"{path}: the file is empty")
        if form is None:
            looked = min(number, SNIFFED_LINES)
            seen = f"none of its first {looked} lines" if number > 1 else "its only line is not one that"
            raise CaptureError(
                f"{path}: not a capture: {seen} holds a frame; "
                "known are '<time>: <frame>', '<time> <frame>' and plain frames"
            )

    def _lines(self, path: Path) -> Iterator[tuple[int, bytes, bool]]:
        """Yield (number, line without its end, whether it had an end)."""
        number = 0
        try:
            with path.open("rb") as raw:
                head = raw.read(4)
                raw.seek(0)
                lines: Peeked = raw
                if head.startswith(ZIP_MAGIC):
                    lines = _only_member(path, raw)
                elif head.startswith(GZIP_MAGIC):
                    lines = gzip.GzipFile(fileobj=raw, mode="rb")
                while line := lines.readline(MAX_LINE_BYTES):
                    number += 1
                    if number == 1 and lines is not raw and line.startswith(PACKED_MAGICS):
                        raise CaptureError(f"{path}: a compressed file inside a compressed one; unpack it once")
                    if number == 1 and b"\0" in line[:4096]:
                        raise CaptureError(f"{path}: a binary file, not a capture of text frames")
                    ended = line.endswith(b"\n")
                    if not ended and len(line) == MAX_LINE_BYTES:
                        raise CaptureError(f"{path}, line {number}: longer than {MAX_LINE_BYTES >> 20} MiB")
                    self._read[path] = raw.tell()
                    text = line.removeprefix(BYTE_ORDER_MARK) if number == 1 else line
                    text = text.rstrip(b"\r\n")
                    yield number, text, ended
                    if not text and ended:
                        number += _skip_empty(lines)
        except EOFError:
            self._note(LineProblem(path, number + 1, "the compressed file ends too early", at_end=True))
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, lzma.LZMAError) as error:
            if number == 0:
                raise CaptureError(f"{path}: not a readable compressed file ({error})") from None
            self._note(LineProblem(path, number + 1, f"the compressed file is damaged from here on ({error})"))
        except OSError as error:
            raise CaptureError(f"{path}: {error.strerror or error}") from None

    def _note(self, problem: LineProblem) -> None:
        self.problem_count += 1
        if self.problem_count > MOST_PROBLEMS:
            raise CaptureError(f"{problem.path}: more than {MOST_PROBLEMS:,} lines hold no frame, the last {problem}")
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)


def _skip_empty(lines: Peeked) -> int:
    """Pass over empty lines that are already in memory; return how many."""
    ahead = lines.peek(PEEKED_BYTES)
    blank = ahead[: len(ahead) - len(ahead.lstrip(b"\r\n"))]
    return lines.read(blank.rfind(b"\n") + 1).count(b"\n")


def _only_member(path: Path, raw: IO[bytes]) -> zipfile.ZipExtFile:
    """Open the one file of a zip archive; `CaptureError` when it holds another number, or a locked one."""
    try:
        archive = zipfile.ZipFile(raw)
        members = [one for one in archive.infolist() if not one.is_dir()]
        if len(members) != 1:
            many = f"a zip archive of {len(members)} files; unpack it and name those to read, in order"
            raise CaptureError(f"{path}: {many}")
        return cast(zipfile.ZipExtFile, archive.open(members[0]))
    except (RuntimeError, NotImplementedError) as error:  # encrypted, or compressed by another method
        raise CaptureError(f"{path}: {error}") from None


def _refuse_twice(named: Sequence[Path]) -> None:
    """Raise when two names are one file: played twice it is not what was recorded."""
    seen: dict[Path, Path] = {}
    for path in named:
        first = seen.setdefault(path.resolve(), path)
        if first is not path:
            also = "" if first == path else f", also as {first}"
            raise CaptureError(f"{path}: named twice{also}; name each file once")


def _unended(path: Path, number: int, entry: CapturedInput | None) -> LineProblem | None:
    """Return what is wrong with a last line that has no end; None when it is complete all the same."""
    try:
        if entry is not None and (entry.kind is InputKind.CONNECT or whole(entry.data)):
            return None
    except FrameError as error:
        return LineProblem(path, number, str(error))
    return LineProblem(path, number, "cut off by the end of the file", at_end=True)


def _companion(path: Path, named: Sequence[Path]) -> Path | None:
    """Return the REST file of a socket file: the one that was named, else the one that lies beside it."""
    stem, found, _ = path.name.partition(".ws.")
    if not found:
        return None
    prefix = f"{stem}.http."
    given = [other for other in named if other.name.startswith(prefix) and other.parent == path.parent]
    if given:
        return given[0]
    return next(iter(sorted(path.parent.glob(f"{_escaped(stem)}.http.*"))), None)


def _escaped(stem: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in stem)


def _unreadable(line: bytes) -> str:
    excerpt = line[:60].decode("utf-8", "replace")
    return f"not a captured frame: {excerpt!r}"
