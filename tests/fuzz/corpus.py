"""Real frames to spoil: the first inputs of each recording, and the connection that reads them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from fillcast.tape.captures import Capture
from fillcast.tape.lines import CapturedInput, InputKind
from fillcast.tape.replies import Replies
from fillcast.tape.survey import Survey, survey
from fillcast.venues.connection import Connection

KEPT_INPUTS = 1500  # of a recording: its first books and what follows them


@dataclass(frozen=True, slots=True)
class Corpus:
    """The inputs of one recording.

    Attributes
    ----------
    name
        Venue and file.
    inputs
        Frames, connects and REST replies, in the order of their times.
    frames
        The bytes of the frames.
    """

    name: str
    survey: Survey
    inputs: tuple[CapturedInput, ...]
    frames: tuple[bytes, ...]

    def connection(self, *, fast: bool = False) -> Connection:
        """Return a new protocol that reads the recording."""
        return self.survey.dialect.connection(self.survey.instruments, fast=fast)

    def replies(self) -> Replies:
        """Return what tells the REST replies of the recording apart."""
        return Replies(self.survey.dialect)


class Beginning(Capture):
    """The first inputs of a capture."""

    def inputs(self) -> Iterator[CapturedInput]:
        return islice(super().inputs(), KEPT_INPUTS)


def read_corpus(name: str, paths: list[Path]) -> Corpus:
    """Return the start of a recording."""
    found = survey(Beginning(paths), lambda _share: None)
    inputs = tuple(entry for entry in Beginning(paths).inputs() if entry.kind is not InputKind.SENT)
    frames = tuple(entry.data for entry in inputs if entry.kind is InputKind.FRAME)
    return Corpus(name, found, inputs, frames)


def listed(folder: Path) -> list[tuple[str, list[Path]]]:
    """Return (name, files) of every recording that `expected.json` lists."""
    entries = json.loads((folder / "expected.json").read_text())["captures"]
    return [(one["files"][0], [folder / name for name in one["files"]]) for one in entries]
