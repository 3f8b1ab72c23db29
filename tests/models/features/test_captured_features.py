"""The features of real recordings, fed as a replay feeds them: causal, believable, and a planted leak is caught."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from fillcast.core.state import BookState
from fillcast.models.features import BOOK_FEATURES, FLOW_FEATURES, FeatureState, features_at, index_of
from fillcast.tape.captures import Capture
from fillcast.tape.drive import Replay
from fillcast.tape.lines import CapturedInput
from fillcast.tape.replies import Replies
from fillcast.tape.survey import survey
from tests.models.features.causality import Answers, leaks

LINES = 3_000
ASKED = (200, 400, 1_200, 2_100, 2_900)
LOTS = 3
CAPTURES = ("binance_usdm/btcusdt_20240808.gz", "binance_coinm/btcusd_perp_20240808.gz")


class Recording:
    """The first lines of a capture, and how to play any sequence of its inputs."""

    def __init__(self, source: Path, folder: Path) -> None:
        part = folder / source.name
        with gzip.open(source, "rb") as lines, gzip.open(part, "wb", compresslevel=1) as written:
            written.writelines(islice(lines, LINES))
        recording = Capture([part])
        self.surveyed = survey(recording, lambda _: None)
        self.inputs: list[CapturedInput] = list(recording.inputs())

    def play(self, inputs: Sequence[CapturedInput], asked: frozenset[int], ahead: int = 0) -> Answers:
        """Return all features of a market order after the inputs asked for; `ahead` plants a look so far ahead."""
        connection = self.surveyed.connection()
        book = connection.books[0]
        state = FeatureState(book.instrument)
        replay = Replay(
            connection,
            Replies(self.surveyed.dialect),
            on_step=lambda _: state.update(connection.events, 0, book),
        )
        answers: Answers = {}
        for place, entry in enumerate(inputs):
            replay.take(entry)
            if place - ahead in asked and book.state is BookState.LIVE:
                answers[place - ahead] = features_at(state, book.view(), 1, LOTS * book.instrument.lot_value)
        return answers


@pytest.fixture(scope="module", params=CAPTURES)
def recording(request: pytest.FixtureRequest, captures: Path, tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording(captures / request.param, tmp_path_factory.mktemp("part"))


def leaking(recording: Recording, ahead: int) -> list[int]:
    def record(inputs: Sequence[CapturedInput], asked: frozenset[int]) -> Answers:
        answers = recording.play(inputs, asked, ahead)
        nothing = np.full(len(BOOK_FEATURES) + len(FLOW_FEATURES), np.nan)
        return {place: answers.get(place, nothing) for place in asked}

    return leaks(record, recording.inputs, ASKED)


def test_the_future_changes_nothing(recording: Recording) -> None:
    answers = recording.play(recording.inputs, frozenset(ASKED))
    assert sorted(answers) == list(ASKED)
    assert leaking(recording, 0) == []


def test_a_look_ahead_is_caught(recording: Recording) -> None:
    assert leaking(recording, 20)


def test_the_numbers_are_of_a_real_market(recording: Recording) -> None:
    last = recording.play(recording.inputs, frozenset(ASKED))[ASKED[-1]]

    def by_name(name: str) -> float:
        return float(last[index_of(name)])

    assert 0.05 < by_name("sigma_60s") < 50
    assert by_name("trade_intensity_10s") > 0
    assert by_name("mean_trade_size_10s") > 0
    assert abs(by_name("tfi_10s")) <= by_name("trade_intensity_10s") * 10 * by_name("mean_trade_size_10s") * (1 + 1e-9)
    assert -1 <= by_name("signed_volume_autocorrelation") <= 1
    assert 0 <= by_name("book_age") < 5
    assert 0 <= by_name("since_trade") < 60
    assert by_name("day_of_week") == 3  # 8 August 2024 was a Thursday
