"""Every fault of the lab, planted in a running session over a real socket, and books compared with the lab's own."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from types import SimpleNamespace
from typing import TypeVar

import pytest
from websockets.asyncio.client import connect

from benchmarks import faults
from benchmarks.faults import EXPECTED, SYMBOLS, Observer, Outcome, judge, try_fault
from fillcast.cli.lab_process import LabProcess
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.feed.driven import Driven, Listener
from fillcast.lab.faults import STALL_S
from fillcast.session import watch
from fillcast.venues import venue
from fillcast.venues.protocol import Gap, GapReason, Recovered
from fillcast.venues.settings import MILLISECOND_NS, SECOND_NS, Settings

# The same rules on shorter waits: a snapshot is missed after 3 s otherwise. Silence and lag are judged as by default.
QUICK = Settings(check_every_ns=50 * MILLISECOND_NS, snapshot_wait_ns=SECOND_NS // 2)
Result = TypeVar("Result")
Touch = tuple[int, int, int, int]  # bid ticks, bid lots, ask ticks, ask lots


class Lab:
    """A lab that serves all tests of this file, and the loop that watches over it and runs them."""

    def __init__(self, url: str, runner: asyncio.Runner) -> None:
        self.url = url
        self._runner = runner

    def run(self, work: Coroutine[object, object, Result]) -> Result:
        async def bounded() -> Result:
            async with asyncio.timeout(40):
                return await work

        return self._runner.run(bounded())


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    for name in SYMBOLS:
        venue(name)  # loads its kernels, which takes long after one has changed
    with asyncio.Runner() as runner:
        process = LabProcess(0, 11, (), asyncio.Event())
        runner.run(process.__aenter__())
        try:
            yield Lab(process.url, runner)
        finally:
            runner.run(process.__aexit__(None, None, None))


@pytest.mark.parametrize("kind", list(EXPECTED))
def test_a_fault_takes_the_book_out_of_use_and_the_venues_rule_brings_it_back(kind: str, lab: Lab) -> None:
    async def main() -> list[Outcome]:
        tries = [try_fault(lab.url, name, kind, harmless_s=0.8, protocol=QUICK) for name in EXPECTED[kind]]
        return await asyncio.gather(*tries)

    for name, outcome in zip(EXPECTED[kind], lab.run(main()), strict=True):
        assert outcome.expected, outcome
        assert outcome.planted
        assert outcome.priced == 0
        if EXPECTED[kind][name] is not None:
            assert outcome.marked_old
            assert outcome.detection_ms is not None
            assert -5 < outcome.detection_ms < (STALL_S * 1_000 if kind == "stall" else 3_000)
        # A fault on the whole connection disturbs all its books; one on a book must leave the others alone.
        if kind not in ("stall", "disconnect", "sequence_reset"):
            assert outcome.disturbed == []


@pytest.mark.parametrize(("name", "kind"), [(name, kind) for kind in faults.AFTER_A_DROP for name in EXPECTED[kind]])
def test_a_first_book_that_was_not_spoiled_does_not_pass_for_one_that_was(
    name: str, kind: str, lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant = faults.plant

    async def plant_what_is_harmless(url: str, what: str, key: str, **options: float) -> dict[str, object]:
        return await plant(url, "duplicate" if what == kind else what, key, **options)

    monkeypatch.setattr(faults, "plant", plant_what_is_harmless)
    outcome = lab.run(try_fault(lab.url, name, kind, protocol=QUICK))
    assert outcome.planted
    assert (outcome.seen_as, outcome.more_fetches) == ("sequence", 0)
    assert not outcome.expected


GAP = Gap("okx:BTC-USDT", 1_000_000, 3_000_000, GapReason.SEQUENCE, "7 does not follow 5")
BACK = Recovered("okx:BTC-USDT", GAP, 5_000_000)


@pytest.mark.parametrize(
    ("planted", "expected"),
    [
        ({}, True),
        ({"notices": [GAP]}, False),  # never came back
        ({"notices": []}, False),  # never seen
        ({"state": BookState.LIVE}, False),  # seen, but still in use
        ({"priced": 1}, False),  # a forecast was given meanwhile
        ({"marked_old": False}, False),  # the last one looked like new
        ({"reasons": (GapReason.CROSSED,)}, False),  # seen as something else
        ({"planted": False}, False),  # another fault was seen: the lab says that this one did not happen
        ({"planted": False, "reasons": None, "notices": []}, False),  # nothing happened, so nothing was harmless
        ({"reasons": None, "notices": []}, True),
        ({"fault": "withheld_snapshot"}, False),  # it came back as if nothing had been withheld
        ({"fault": "withheld_snapshot", "more_fetches": 1}, True),
    ],
)
def test_the_judge_of_faults_catches_every_way_to_get_it_wrong(planted: dict[str, object], expected: bool) -> None:
    async def main() -> Outcome:
        key, observer = "okx:BTC-USDT", Observer()
        observer.notices[key] = planted.get("notices", [GAP, BACK])
        observer.states[key] = planted.get("state", BookState.BROKEN if observer.notices[key] else BookState.LIVE)
        observer.priced[key] = planted.get("priced", 0)
        observer.marked_old[key] = planted.get("marked_old", True)
        book = SimpleNamespace(state=BookState.LIVE, reason="")
        outcome = Outcome(key, planted.get("fault", "drop"), planted=planted.get("planted", True))
        outcome.more_fetches = planted.get("more_fetches", 0)
        reasons = planted.get("reasons", (GapReason.SEQUENCE,))
        judge(outcome, observer, SimpleNamespace(book=lambda _: book), 1_500_000, reasons)
        return outcome

    outcome = asyncio.run(main())
    assert outcome.expected is expected
    if not planted:
        assert (outcome.detection_ms, outcome.recovery_ms) == (1.5, 2.0)


def okx_touch(instrument: Instrument, message: dict[str, list[dict[str, object]]]) -> tuple[int, Touch]:
    row = message["data"][0]
    (bid, bid_size, *_), (ask, ask_size, *_) = row["bids"][0], row["asks"][0]
    return int(row["seqId"]), as_touch(instrument, bid, bid_size, ask, ask_size)


def binance_touch(instrument: Instrument, message: dict[str, str]) -> tuple[int, Touch]:
    return int(message["u"]), as_touch(instrument, message["b"], message["B"], message["a"], message["A"])


def as_touch(instrument: Instrument, bid: str, bid_size: str, ask: str, ask_size: str) -> Touch:
    ticks, lots = instrument.price_ticks, instrument.size_lots
    return ticks(bid), lots(bid_size), ticks(ask), lots(ask_size)


def differing(ours: dict[int, Touch], theirs: dict[int, Touch]) -> dict[int, tuple[Touch, Touch]]:
    """Return both touches of the ids that both know and at which they differ."""
    common = ours.keys() & theirs.keys()
    return {last: (ours[last], theirs[last]) for last in common if ours[last] != theirs[last]}


@pytest.mark.parametrize("name", list(SYMBOLS))
def test_at_equal_ids_the_touch_is_the_labs_own(name: str, lab: Lab) -> None:
    key = f"{name}:{SYMBOLS[name][0]}"
    ours: dict[int, Touch] = {}
    theirs: dict[int, Touch] = {}

    def note(connection: Driven) -> None:
        for book in connection.books:
            if book.instrument.key == key and book.state is BookState.LIVE:
                (bid, bid_lots), (ask, ask_lots) = book.levels(1, 1), book.levels(-1, 1)
                ours[book.last_id] = int(bid[0]), int(bid_lots[0]), int(ask[0]), int(ask_lots[0])

    async def follow_touch(instrument: Instrument) -> None:
        """Follow the lab's best bid and ask by a client that knows nothing of fillcast."""
        base = lab.url.replace("http", "ws")
        if name == "okx":
            async with connect(f"{base}/ws/v5/public", proxy=None) as socket:
                argument = {"channel": "bbo-tbt", "instId": instrument.symbol}
                await socket.send(json.dumps({"op": "subscribe", "args": [argument]}))
                async for frame in socket:
                    if "data" in (message := json.loads(frame)):
                        theirs.update([okx_touch(instrument, message)])
        else:
            path = f"/public/ws/{instrument.symbol.lower()}@bookTicker"
            async with connect(base + path, proxy=None) as socket:
                async for frame in socket:
                    theirs.update([binance_touch(instrument, json.loads(frame))])

    async def main() -> None:
        async with watch([key], endpoints={name: lab.url}, listener=Listener(on_frame=note)) as session:
            instrument = (await session.live(key, 10)).instrument
            follower = asyncio.create_task(follow_touch(instrument))
            async with asyncio.timeout(15):
                while len(ours.keys() & theirs.keys()) < 5:  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.05)
            follower.cancel()
            await asyncio.gather(follower, return_exceptions=True)

    lab.run(main())
    assert differing(ours, theirs) == {}
    some = next(iter(ours.keys() & theirs.keys()))
    bid, lots, *ask = ours[some]
    assert list(differing({**ours, some: (bid, lots + 1, *ask)}, theirs)) == [some], "one lot off is seen"
