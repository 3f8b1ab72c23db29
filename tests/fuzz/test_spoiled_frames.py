"""However a frame is spoiled: events, an effect or a typed rejection, and every book in use is right."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from fillcast.errors import FrameError
from fillcast.lab.capture import write_capture
from fillcast.lab.protocols import PROTOCOLS
from fillcast.venues.dialects import dialects
from fillcast.venues.okx.connection import OkxConnection
from fillcast.venues.protocol import Rejected
from fillcast.venues.settings import CAPTURE_SETTINGS
from fillcast.venues.slots import Message, Slot
from tests.fuzz.corpus import Corpus, listed, read_corpus
from tests.fuzz.run import fuzz

SHORT_FRAMES = 400  # spoiled, for each recording
LONG_FRAMES = 1_050_000  # over all recordings
SEED = 20261124
UNRECORDED = (("gate", "v4-obu"),)  # nobody has published a recording of it: the lab's is spoiled
DIALECTS = [(one.venue, one.name) for one in dialects() if (one.venue, one.name) not in UNRECORDED]
NAMES = ["-".join(one) for one in DIALECTS]


@cache
def corpora(folder: Path) -> dict[tuple[str, str], list[Corpus]]:
    """Return the recordings of `expected.json` by (venue, dialect)."""
    found: dict[tuple[str, str], list[Corpus]] = {}
    for name, paths in listed(folder):
        corpus = read_corpus(name, paths)
        found.setdefault((corpus.survey.dialect.venue, corpus.survey.dialect.name), []).append(corpus)
    return found


@pytest.fixture(scope="module")
def lab_corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    path = tmp_path_factory.mktemp("fuzz") / "okx.txt"
    write_capture(path, "okx", ["BTC-USDT", "ETH-USDT"], 7, 12)
    return read_corpus("lab okx", [path])


@pytest.mark.parametrize("dialect", DIALECTS, ids=NAMES)
def test_spoiled_recordings(captures: Path, dialect: tuple[str, str]) -> None:
    for corpus in corpora(captures)[dialect]:  # every dialect has a recording
        outcomes = fuzz(corpus, SHORT_FRAMES, SEED)
        assert outcomes["spoiled"] == SHORT_FRAMES
        assert outcomes["events"] > SHORT_FRAMES / 10, "hardly a frame was taken: that spoils nothing"
        assert outcomes["rejected"] > SHORT_FRAMES / 10


@pytest.mark.long
def test_a_million_spoiled_frames(captures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    every = [corpus for one in corpora(captures).values() for corpus in one]
    total: Counter[str] = Counter()
    for corpus in every:
        outcomes = fuzz(corpus, LONG_FRAMES // len(every) + 1, SEED + 1)
        total += outcomes
        with capsys.disabled():
            print(f"\n{corpus.name}: {dict(outcomes)}", end="")
    with capsys.disabled():
        print(f"\nall: {dict(total)}")
    assert total["spoiled"] >= 1_000_000


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_spoiled_frames_of_the_lab(protocol: str, tmp_path: Path) -> None:
    """Every venue that is followed live, with the channels and trades that recordings lack."""
    path = tmp_path / "lab.txt"
    symbol = PROTOCOLS[protocol].listings[0].instrument.symbol
    write_capture(path, protocol, [symbol], 7, 4)
    outcomes = fuzz(read_corpus(f"lab {protocol}", [path]), 200, SEED)
    assert min(outcomes["events"], outcomes["rejected"]) > 20


# Planted violations: each of them must be caught.


class HalfApplied(OkxConnection):
    """Applies the first level of an update before it looks at the rest."""

    def _update(self, slot: Slot, message: Message) -> None:
        if len(message.rows) > 12 and slot.book is not None:
            self.events.clear()
            index = self._add(2, slot, Message(message.link, -1, slot.book.last_id, rows=message.rows[:1]))
            slot.book.apply(self.events, index)
            raise FrameError("planted")
        super()._update(slot, message)

    def _suspects(self, data: bytes) -> tuple[Slot, ...]:
        return ()


class Forgetful(OkxConnection):
    """Leaves out the last level of a message."""

    def _verify(self, slot: Slot, book: object, message: Message, crossed: bool) -> bool:
        if slot.book is not None and len(message.rows) > 12:
            slot.book.apply(
                self.events, self._add(2, slot, Message(last=message.last, rows=message.rows[:1] * [1, 1, 0, 0]))
            )
            self.events.count -= 1
        return super()._verify(slot, slot.book, message, crossed)


class Trusting(OkxConnection):
    """Prices crossed books."""

    def _verify(self, slot: Slot, book: object, message: Message, crossed: bool) -> bool:
        return True


class Silent(OkxConnection):
    """Passes over what it does not understand."""

    def _reject(self, data: bytes, reason: str) -> None:
        return


class Untold(OkxConnection):
    """Counts what it rejects and says nothing of it."""

    def _reject(self, data: bytes, reason: str) -> None:
        super()._reject(data, reason)
        self._out = [effect for effect in self._out if not isinstance(effect, Rejected)]


class Crashing(OkxConnection):
    """Expects a field that a spoiled frame may lack."""

    def _decode(self, data: bytes) -> None:
        if b'"ts"' not in data and b'"event"' not in data:
            raise KeyError("ts")
        super()._decode(data)


@pytest.mark.parametrize(
    ("planted", "says"),
    [
        (HalfApplied, "a rejected frame (changed a book|told something)"),
        (Forgetful, "half applied|not the rows"),
        (Trusting, "a LIVE book is crossed"),
        (Silent, "left no trace"),
        (Untold, "counted and not told"),
        (Crashing, "ts"),
    ],
)
def test_a_planted_violation_is_caught(lab_corpus: Corpus, planted: type[OkxConnection], says: str) -> None:
    with pytest.raises((AssertionError, KeyError), match=says):
        fuzz(
            lab_corpus,
            12_000,
            SEED,
            connect=lambda: planted(lab_corpus.survey.instruments, settings=CAPTURE_SETTINGS, fast=False),
        )
