"""Every fault of the lab on every venue, planted in running sessions over real sockets, and how they are judged."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import TypeVar

import aiohttp
import pytest

from benchmarks import faults
from benchmarks.fault_expectations import FOLLOWED, KINDS, ON_FIRST_BOOKS, Expectation
from benchmarks.faults import LAB_OPTIONS, Observer, Outcome, judge, prepared, try_fault
from fillcast.cli.lab_process import LabProcess
from fillcast.core.book import Book
from fillcast.core.state import BookState
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.faults import STALL_S
from fillcast.lab.protocols import PROTOCOLS
from fillcast.session import watch
from fillcast.venues import VENUES, venue
from fillcast.venues.protocol import Gap, GapReason, Recovered
from fillcast.venues.settings import MILLISECOND_NS, SECOND_NS, Settings

# The same rules, looked at more often, and OKX's own first book is missed after half a second instead of three.
QUICK = Settings(check_every_ns=50 * MILLISECOND_NS, snapshot_wait_ns=SECOND_NS // 2)
OFTEN = ("drop", "duplicate", "corrupt", "checksum", "disconnect")  # what the short run holds of every venue
OFTEN_OF = ("okx", "binance_usdm")  # of which it holds every fault
ENDLESS_S = 100.0  # of a test: four venues at a time, of which one may wait 30 s for its first book
COMPARED = 80  # levels a side: REST snapshots of Gate hold 100
TOGETHER = 4  # venues that are tried at the same time
Result = TypeVar("Result")


class Lab:
    """A lab that serves all tests of this file, and the loop that watches over it and runs them."""

    def __init__(self, endpoints: dict[str, str], runner: asyncio.Runner) -> None:
        self.endpoints = endpoints
        self._runner = runner

    def run(self, work: Coroutine[object, object, Result]) -> Result:
        async def bounded() -> Result:
            async with asyncio.timeout(ENDLESS_S):
                return await work

        return self._runner.run(bounded())


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    for followed in FOLLOWED.values():
        venue(followed.venue)  # loads its kernels, which takes long after one has changed
    with asyncio.Runner() as runner:
        process = LabProcess(0, 11, (), asyncio.Event(), LAB_OPTIONS)
        runner.run(process.__aenter__())
        try:
            yield Lab(process.endpoints, runner)
        finally:
            runner.run(process.__aexit__(None, None, None))


def test_every_venue_and_every_fault_that_the_lab_has_is_expected_somehow() -> None:
    assert {followed.venue for followed in FOLLOWED.values()} == set(VENUES) == set(PROTOCOLS)
    for name, followed in FOLLOWED.items():
        # Nothing can see a digit of a size; a stale first book needs one that comes from REST.
        left_out = {"corrupt_size"} | ({"stale_snapshot"} if name == "gate" else set())
        kinds = {str(kind) for kind in FaultKind} - {str(kind) for kind in PROTOCOLS[followed.venue].refused}
        assert set(followed.expected) == kinds - left_out, name
        assert set(followed.expected) <= set(KINDS)
        for kind, expected in followed.expected.items():
            assert expected.reasons or expected.unseen, (name, kind)


def groups(names: list[str]) -> list[list[str]]:
    """Split venues into groups that can be tried at the same time: one venue twice would strike itself."""
    twice = [name for name in names if name != FOLLOWED[name].venue]
    others = [name for name in names if name not in twice]
    return [others[at : at + TOGETHER] for at in range(0, len(others), TOGETHER)] + [[name] for name in twice]


def cases() -> Iterator[object]:
    for kind in KINDS:
        names = [name for name, followed in FOLLOWED.items() if kind in followed.expected]
        often = names if kind in OFTEN else [name for name in names if name in OFTEN_OF]
        rest = [name for name in names if name not in often]
        for group in groups(often) + groups(rest):
            marks = () if group[0] in often else pytest.mark.long
            yield pytest.param(kind, group, id=f"{kind}-{'+'.join(group)}", marks=marks)


def settings_of(name: str) -> Settings:
    other = FOLLOWED[name].settings or Settings()
    return replace(other, check_every_ns=QUICK.check_every_ns, snapshot_wait_ns=QUICK.snapshot_wait_ns)


@pytest.mark.parametrize(("kind", "names"), list(cases()))
def test_a_fault_takes_the_book_out_of_use_and_the_venues_rule_brings_it_back(
    kind: str, names: list[str], lab: Lab
) -> None:
    async def main() -> list[Outcome]:
        tries = [try_fault(lab.endpoints, name, kind, harmless_s=0.8, protocol=settings_of(name)) for name in names]
        return await asyncio.gather(*tries)

    for name, outcome in zip(names, lab.run(main()), strict=True):
        expected = FOLLOWED[name].expected[kind]
        assert outcome.expected, outcome
        assert outcome.planted
        assert outcome.priced == 0
        assert outcome.stuck == ""
        if outcome.seen_as == faults.NOT_SEEN:
            assert expected.unseen
            continue
        assert outcome.marked_old
        assert outcome.detection_ms is not None
        # The count of a connection may tell of a swap before its second frame is sent.
        assert (-1_000 if expected.whole else -5) < outcome.detection_ms
        assert outcome.detection_ms < (STALL_S * 1_000 if kind == "stall" else 3_000)


async def stand_still(url: str, *, paused: bool) -> None:
    async with aiohttp.ClientSession() as http, http.post(f"{url}/lab/control", json={"paused": paused}) as response:
        assert (await response.json())["paused"] is paused


def differing(one: Book, other: Book) -> int:
    """Count the prices at which two books differ, among the best levels of each side."""
    levels = [
        {
            (side, int(ticks)): int(lots)
            for side in (1, -1)
            for ticks, lots in zip(*book.levels(side, COMPARED), strict=True)
        }
        for book in (one, other)
    ]
    return sum(levels[0].get(place) != levels[1].get(place) for place in levels[0].keys() | levels[1].keys())


async def beside_a_witness(lab: Lab, kind: str, names: list[str], *, watched_s: float = 0.3) -> dict[str, int]:
    """Plant a fault at several venues, then compare the books with those of sessions that were left alone.

    The lab stands still meanwhile, so that all of them have heard the same. Returns the differing prices by book.
    """
    async with AsyncExitStack() as stack:
        trials, witnesses = [], []
        for name in names:  # the older connection is the one that is struck
            trials.append(await stack.enter_async_context(prepared(lab.endpoints, name, kind, settings_of(name))))
            keys = list(trials[-1].session.instruments)
            witness = watch(keys, endpoints=lab.endpoints, protocol=settings_of(name))
            witnesses.append(await stack.enter_async_context(witness))
            for key in keys:
                await witnesses[-1].live(key)
        await asyncio.gather(*(trial.run(harmless_s=watched_s) for trial in trials))
        for session in witnesses:
            for key in session.instruments:  # a reset struck it too
                await session.live(key)
        await stand_still(lab.endpoints["okx"], paused=True)
        stack.push_async_callback(stand_still, lab.endpoints["okx"], paused=False)
        await asyncio.sleep(0.5)
        return {
            key: differing(trial.session.book(key), witness.book(key))
            for trial, witness in zip(trials, witnesses, strict=True)
            for key in trial.session.instruments
        }


def witnessed() -> Iterator[object]:
    for kind in KINDS:
        # What Kraken does not show leaves wrong levels until they are compared with REST.
        names = [name for name, one in FOLLOWED.items() if kind in one.expected and (name, kind) != ("kraken", "drop")]
        often = [name for name in names if FOLLOWED[name].expected[kind].unseen]
        for group in groups(often) + groups([name for name in names if name not in often]):
            marks = () if group[0] in often else pytest.mark.long
            yield pytest.param(kind, group, id=f"{kind}-{'+'.join(group)}", marks=marks)


@pytest.mark.parametrize(("kind", "names"), list(witnessed()))
def test_after_a_fault_seen_or_not_the_books_are_those_of_whoever_was_left_alone(
    kind: str, names: list[str], lab: Lab
) -> None:
    found = lab.run(beside_a_witness(lab, kind, names))
    assert found == dict.fromkeys(found, 0)


def test_a_wrong_size_that_no_rule_can_see_differs_from_the_book_of_whoever_was_left_alone(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = faults.plant

    async def plant_a_wrong_size(url: str, what: str, key: str, **options: float) -> dict[str, object]:
        return await plant(url, "corrupt_size", key, **options)

    monkeypatch.setattr(faults, "plant", plant_a_wrong_size)
    # The next update may put the size right: the lab must stand still before it.
    tries = (lab.run(beside_a_witness(lab, "duplicate", ["okx"], watched_s=0.0)) for _ in range(5))
    assert {"okx:BTC-USDT": 1, "okx:ETH-USDT": 0} in tries


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        pytest.param(name, kind, marks=() if name in ("okx", "binance_usdm") else pytest.mark.long)
        for name, followed in FOLLOWED.items()
        for kind in ON_FIRST_BOOKS
        if kind in followed.expected
    ],
)
def test_a_first_book_that_was_not_spoiled_does_not_pass_for_one_that_was(
    name: str, kind: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = faults.plant

    async def plant_what_spoils_no_first_book(url: str, what: str, key: str, **options: float) -> dict[str, object]:
        return await plant(url, FOLLOWED[name].cause if what == kind else what, key, **options)

    monkeypatch.setattr(faults, "plant", plant_what_spoils_no_first_book)
    monkeypatch.setattr(faults, "is_of", lambda log, what: True)
    outcome = lab.run(try_fault(lab.endpoints, name, kind, protocol=settings_of(name)))
    assert outcome.planted
    assert outcome.seen_as == FOLLOWED[name].expected[kind].reasons[0]
    assert not outcome.asked_again
    assert not outcome.expected


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name == "kraken" else pytest.mark.long) for name in FOLLOWED]
)
@pytest.mark.parametrize("kind", ["drop", "corrupt"])
def test_nothing_in_place_of_a_fault_is_not_as_expected(
    name: str, kind: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def plant_nothing(url: str, what: str, key: str, **options: float) -> dict[str, object]:
        return {"fault": 0}

    async def nothing_logged(url: str, number: object) -> dict[str, object]:
        return {"fault": number, "state": "armed", "kind": kind, "detail": "", "wall_ns": None}

    monkeypatch.setattr(faults, "plant", plant_nothing)
    monkeypatch.setattr(faults, "logged", nothing_logged)
    monkeypatch.setattr(faults, "DETECTION_S", 0.5)
    outcome = lab.run(try_fault(lab.endpoints, name, kind, harmless_s=0.5, protocol=settings_of(name)))
    assert (outcome.planted, outcome.seen_as, outcome.state) == (False, faults.NOT_SEEN, "LIVE")
    assert not outcome.expected


def test_another_fault_than_the_one_asked_for_is_not_as_expected(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    plant = faults.plant

    async def plant_a_duplicate(url: str, what: str, key: str, **options: float) -> dict[str, object]:
        return await plant(url, "duplicate", key, **options)

    monkeypatch.setattr(faults, "plant", plant_a_duplicate)
    outcome = lab.run(try_fault(lab.endpoints, "kraken", "drop", harmless_s=0.5, protocol=settings_of("kraken")))
    assert (outcome.planted, outcome.seen_as, outcome.expected) == (False, faults.NOT_SEEN, False)


KEY, OTHER = "okx:BTC-USDT", "okx:ETH-USDT"
GAP = Gap(KEY, 1_000_000, 3_000_000, GapReason.SEQUENCE, "7 does not follow 5")
BACK = Recovered(KEY, GAP, 5_000_000)
UNSEEN = Expectation(unseen="it does not matter")
EITHER = Expectation((GapReason.SEQUENCE,), unseen="it may not matter")
WHOLE = Expectation((GapReason.SEQUENCE,), whole=True)
BOTH_BROKEN = {KEY: BookState.BROKEN, OTHER: BookState.BROKEN}


@pytest.mark.parametrize(
    ("planted", "right"),
    [
        ({}, True),
        ({"notices": [GAP]}, False),  # never came back
        ({"notices": []}, False),  # never seen
        ({"states": {KEY: BookState.LIVE}}, False),  # seen, but still in use
        ({"priced": {KEY: 1}}, False),  # a forecast was given meanwhile
        ({"priced": {OTHER: 1}}, False),  # the same, of another book
        ({"marked_old": False}, False),  # the last one looked like new
        ({"expected": Expectation((GapReason.CROSSED,))}, False),  # seen as something else
        ({"planted": False}, False),  # another fault was seen: the lab says that this one did not happen
        ({"end": BookState.SYNCING}, False),  # LIVE at once, but not in the end
        ({"struck": [OTHER], "states": BOTH_BROKEN}, False),  # it concerned one book and broke two
        ({"expected": UNSEEN}, False),  # it must not matter, and broke the book
        ({"expected": UNSEEN, "notices": []}, True),
        ({"expected": UNSEEN, "notices": [], "struck": [OTHER]}, False),  # it broke another book
        ({"expected": UNSEEN, "notices": [], "planted": False}, False),  # nothing happened, so nothing was harmless
        ({"expected": EITHER}, True),
        ({"expected": EITHER, "notices": []}, True),
        ({"expected": EITHER, "notices": [], "planted": False}, False),
        ({"expected": WHOLE, "struck": [OTHER], "states": BOTH_BROKEN}, True),
        ({"expected": WHOLE}, False),  # it concerned two books, of which one stayed in use
        ({"expected": WHOLE, "struck": [OTHER], "states": BOTH_BROKEN | {OTHER: BookState.LIVE}}, False),
    ],
)
def test_the_judge_of_faults_catches_every_way_to_get_it_wrong(planted: dict[str, object], right: bool) -> None:
    async def main() -> Outcome:
        observer = Observer()
        if notices := planted.get("notices", [GAP, BACK]):
            observer.notices[KEY] = notices
            observer.states = dict(planted.get("states", {KEY: BookState.BROKEN}))
            observer.marked_old[KEY] = planted.get("marked_old", True)
        observer.notices |= {other: [GAP, BACK] for other in planted.get("struck", [])}
        observer.priced |= planted.get("priced", {KEY: 0})
        book = SimpleNamespace(state=planted.get("end", BookState.LIVE), reason="")
        outcome = Outcome("okx", KEY, "drop", planted=planted.get("planted", True))
        session = SimpleNamespace(book=lambda _: book, instruments=(KEY, OTHER))
        judge(outcome, observer, session, 1_500_000, planted.get("expected", Expectation((GapReason.SEQUENCE,))))
        return outcome

    outcome = asyncio.run(main())
    assert outcome.expected is right
    if not planted:
        assert (outcome.detection_ms, outcome.recovery_ms) == (1.5, 2.0)
