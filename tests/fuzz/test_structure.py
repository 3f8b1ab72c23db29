"""Frames whose trees were edited, drawn by Hypothesis: the same must hold of them as of any spoiled frame."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fillcast.tape.drive import Replay
from fillcast.tape.lines import CapturedInput, InputKind
from tests.fuzz.corpus import Corpus
from tests.fuzz.run import Examined
from tests.fuzz.structure import EDITS, Edit, edited
from tests.fuzz.test_spoiled_frames import DIALECTS, NAMES, corpora

PRELUDE = 60  # inputs that are given as they are: the first books, and some updates
LATER = 40  # the edited frames stand in the place of frames among so many that follow

Choices = list[tuple[int, int, list[Edit]]]
CHOICES = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 1 << 16), EDITS), min_size=1, max_size=3)


def play(corpus: Corpus, choices: Choices) -> None:
    """Give a recording's protocol its first inputs, then some of the next ones edited."""
    connection = corpus.connection()
    twin = corpus.connection(fast=True)
    examined = Examined(connection, twin if twin._compiled() is not None else None)
    replay = Replay(examined, corpus.replies())
    for entry in corpus.inputs[:PRELUDE]:
        replay.take(entry)
    following = corpus.inputs[PRELUDE : PRELUDE + LATER] or corpus.inputs
    frames = [entry for entry in following if entry.kind is InputKind.FRAME]
    for place, other, edits in choices:
        entry = frames[place % len(frames)]
        data = edited(entry.data, corpus.frames[other % len(corpus.frames)], edits)
        replay.take(CapturedInput(entry.kind, entry.wall_ns, data))
        replay.take(entry)


def check(captures: Path, dialect: tuple[str, str], examples: int) -> None:
    recordings = corpora(captures)[dialect]

    @settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(0, len(recordings) - 1), CHOICES)
    def holds(recording: int, choices: Choices) -> None:
        play(recordings[recording], choices)

    holds()


@pytest.mark.parametrize("dialect", DIALECTS, ids=NAMES)
def test_edited_trees(captures: Path, dialect: tuple[str, str]) -> None:
    check(captures, dialect, 25)


@pytest.mark.long
@pytest.mark.parametrize("dialect", DIALECTS, ids=NAMES)
def test_many_edited_trees(captures: Path, dialect: tuple[str, str]) -> None:
    check(captures, dialect, 1500)
