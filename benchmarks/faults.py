"""Plants every fault of the lab in a running session and times how it is seen and how the books come back.

    python -m benchmarks.faults [--json | --markdown] [--only KIND] [--venue VENUE]

The lab runs as its own process and is spoken to over its socket; everything else is the public API. A row says what
was planted, as which kind of gap it was seen, how many messages the venue's ids say were lost, how long it took from
the fault to its detection and from there until the book was LIVE again by the venue's own rule, and how many priced
forecasts were given in between (there must be none). What each venue's rule wants stands in
`benchmarks.fault_expectations`. Everything runs with its default settings, except where a venue is followed in its
other way.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import asdict, dataclass, field

import aiohttp
from rich.console import Console
from rich.table import Table

from benchmarks.fault_expectations import FOLLOWED, KINDS, ON_FIRST_BOOKS, Expectation
from fillcast.cli.lab_process import LabProcess
from fillcast.core.state import BookState
from fillcast.errors import NotLiveError
from fillcast.feed.driven import Driven, Listener, Notice
from fillcast.forecast.order import Order, parse_order
from fillcast.lab.faults import STALL_S
from fillcast.models.fees import stated_fee
from fillcast.session import Session, watch
from fillcast.venues.protocol import Gap, Recovered
from fillcast.venues.settings import Settings

SIZE = "20000usd"
FEE = stated_fee(5.0)  # any: it plays no part here
SEED = 7  # of the lab
LAB_OPTIONS = ("--instruments", "1")  # one made-up instrument at each venue: some list no second one of their own
DETECTION_S = 20.0
RECOVERY_S = 60.0  # a first book may take 30 s on Bitfinex and Coinbase before it is asked for again
HARMLESS_S = 1.5  # how long a fault that may stay unseen is watched
NOT_SEEN = "not seen"
COLUMNS = ["venue", "fault", "seen as", "state", "lost", "seen ms", "LIVE ms", "priced", "right"]
NUMBERS = COLUMNS[4:8]
PLAIN_WIDTH = 110  # of a table that is not printed on a terminal


@dataclass(slots=True)
class Outcome:
    """What one fault led to.

    Attributes
    ----------
    followed, instrument, fault, detail
        What was planted where; `followed` as in `FOLLOWED`, `detail` in the lab's words.
    planted
        Whether the lab's log says that it happened.
    asked_again
        Whether a first book had to be asked for once more: by REST requests beyond those of an undisturbed resync, or
        by a recovery as long as the wait for the stream's own first book.
    seen_as, loss
        Reason of the gap (`NOT_SEEN` when there was none) and the messages that the ids say were lost.
    detection_ms
        From the fault to the gap record; None when not seen.
    recovery_ms
        From the gap record to LIVE; None when not seen or not back in time.
    state
        Of the book when the gap was told, and at the end for a fault that was not seen.
    priced
        Forecasts with a price that were given between detection and recovery, of any book.
    marked_old
        Whether the last forecast was shown as old meanwhile.
    disturbed
        Other instruments that had a gap too.
    stuck
        What a book says of itself when it did not come back; empty when all are LIVE.
    expected
        Whether all this is as the venue's rule wants it.
    """

    followed: str
    instrument: str
    fault: str
    detail: str = ""
    planted: bool = False
    asked_again: bool = False
    seen_as: str = NOT_SEEN
    loss: int | None = None
    detection_ms: float | None = None
    recovery_ms: float | None = None
    state: str = ""
    priced: int = 0
    marked_old: bool = False
    disturbed: list[str] = field(default_factory=list)
    stuck: str = ""
    expected: bool = False


class Observer:
    """Asks for a forecast whenever anything is told, and remembers every notice.

    Attributes
    ----------
    notices
        Gaps and recoveries by instrument, since `forget`.
    told
        Set by every notice.
    """

    def __init__(self) -> None:
        self.session: Session | None = None
        self.orders: dict[str, Order] = {}
        self.notices: dict[str, list[Gap | Recovered]] = {}
        self.states: dict[str, BookState] = {}
        self.priced: dict[str, int] = {}
        self.marked_old: dict[str, bool] = {}
        self.told = asyncio.Event()

    def forget(self) -> None:
        for store in (self.notices, self.states, self.priced, self.marked_old):
            store.clear()

    def on_notice(self, connection: Driven, notice: Notice) -> None:
        if isinstance(notice, Gap | Recovered):
            key = notice.instrument
            self.notices.setdefault(key, []).append(notice)
            if isinstance(notice, Gap) and self.session is not None:
                self.states[key] = self.session.book(key).state
                self._ask(key)
            self.told.set()

    def on_batch(self, connection: Driven) -> None:
        for key, notices in self.notices.items():
            if isinstance(notices[-1], Gap):
                self._ask(key)

    def _ask(self, key: str) -> None:
        """Ask for a forecast while the gap is open: it must have no price, and the last one must be old."""
        if self.session is None or key not in self.orders:
            return
        answer = self.session.forecast(self.orders[key], fee=FEE)
        self.priced[key] = self.priced.get(key, 0) + (answer.current.net is not None)
        self.marked_old[key] = answer.is_old


async def plant(url: str, kind: str, key: str, *, stall_s: float = STALL_S, wait_s: float = 2.0) -> dict[str, object]:
    """Ask the lab for a fault in one book and return its log line."""
    protocol, _, symbol = key.partition(":")
    body = {"kind": kind, "protocol": protocol, "symbol": symbol, "seconds": stall_s, "wait": wait_s}
    async with aiohttp.ClientSession() as http, http.post(f"{url}/lab/fault", json=body) as response:
        reply = await response.json()
        if response.status != 200:
            raise SystemExit(f"the lab refused {kind} on {key}: {reply}")
        return dict(reply)


async def logged(url: str, number: object) -> dict[str, object]:
    """Return what the lab's log says of one fault by now."""
    async with aiohttp.ClientSession() as http, http.get(f"{url}/lab/faults") as response:
        return next(line for line in await response.json() if line["fault"] == number)


def is_of(log: Mapping[str, object], kind: str) -> bool:
    """Whether a line of the lab's log tells of this kind of fault."""
    return log["kind"] == kind


async def try_fault(
    endpoints: Mapping[str, str],
    name: str,
    kind: str,
    *,
    stall_s: float = STALL_S,
    harmless_s: float = HARMLESS_S,
    protocol: Settings | None = None,
) -> Outcome:
    """Plant one fault in a LIVE book of a fresh session and see what becomes of it.

    Fresh, because a book that breaks again soon after it came back is made to wait: the times would add up.

    Parameters
    ----------
    endpoints
        Where the lab serves each venue.
    name, kind
        A venue as in `FOLLOWED`, and the fault.
    stall_s, harmless_s
        Seconds that a stall lasts; that a fault which may stay unseen is watched.
    protocol
        In place of the settings that the venue is followed with.
    """
    async with prepared(endpoints, name, kind, protocol) as trial:
        return await trial.run(stall_s, harmless_s)


@contextlib.asynccontextmanager
async def prepared(
    endpoints: Mapping[str, str], name: str, kind: str, protocol: Settings | None = None
) -> AsyncIterator[Trial]:
    """Open a fresh session whose books are LIVE and priced, for one fault; parameters as for `try_fault`."""
    observer, followed = Observer(), FOLLOWED[name]
    keys = [f"{followed.venue}:{symbol}" for symbol in followed.symbols]
    listener = Listener(on_batch=observer.on_batch, on_notice=observer.on_notice)
    settings = protocol or followed.settings or Settings()
    async with watch(keys, endpoints=endpoints, protocol=settings, listener=listener) as session:
        for key in keys:
            instrument = (await session.live(key, RECOVERY_S)).instrument
            observer.orders[key] = parse_order(instrument, "buy", SIZE)
        observer.session = session
        await asyncio.sleep(0.3)
        before = session.forecast(observer.orders[keys[0]], fee=FEE)
        assert before.current.net is not None, before.reason
        observer.forget()
        yield Trial(session, observer, endpoints["okx"], name, kind, keys[0], settings.stream_wait_ns)


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault in one book of a session whose books are LIVE."""

    session: Session
    observer: Observer
    url: str
    name: str
    kind: str
    key: str
    stream_wait_ns: int

    async def run(self, stall_s: float = STALL_S, harmless_s: float = HARMLESS_S) -> Outcome:
        followed = FOLLOWED[self.name]
        expected = followed.expected[self.kind]
        waits = self.kind in ON_FIRST_BOOKS
        fetches = self.session.feed.statistics().fetches
        first = await plant(self.url, self.kind, self.key, stall_s=stall_s, wait_s=0.0 if waits else 2.0)
        cause = await plant(self.url, followed.cause, self.key) if waits else first
        await self._told(Gap, harmless_s if expected.unseen else DETECTION_S)
        if self.observer.notices.get(self.key):
            await self._told(Recovered, RECOVERY_S)
        for key in self.session.instruments:
            with contextlib.suppress(NotLiveError):
                await self.session.live(key, RECOVERY_S)
        log, cause = await logged(self.url, first["fault"]), await logged(self.url, cause["fault"])
        outcome = Outcome(self.name, self.key, self.kind, detail=str(log["detail"]))
        outcome.planted = log["state"] == cause["state"] == "injected" and is_of(log, self.kind)
        judge(outcome, self.observer, self.session, int(str(cause["wall_ns"] or 0)), expected)
        more = self.session.feed.statistics().fetches - fetches - followed.joined
        outcome.asked_again = more > 0 or (outcome.recovery_ms or 0.0) >= self.stream_wait_ns / 1e6
        if waits and not outcome.asked_again:  # a first book that was held back or too old hurt nobody
            outcome.expected = False
        return outcome

    async def _told(self, kind: type[Gap] | type[Recovered], timeout_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while not any(isinstance(one, kind) for one in self.observer.notices.get(self.key, ())):
                    self.observer.told.clear()
                    await self.observer.told.wait()


def judge(outcome: Outcome, observer: Observer, session: Session, planted_ns: int, expected: Expectation) -> None:
    """Fill in what the observer saw, and whether it is as it should be."""
    key = outcome.instrument
    others = [other for other in session.instruments if other != key]
    notices = observer.notices.get(key, [])
    gap = next((one for one in notices if isinstance(one, Gap)), None)
    back = next((one for one in notices if isinstance(one, Recovered)), None)
    outcome.state = observer.states.get(key, session.book(key).state).name
    outcome.priced = sum(observer.priced.values())
    outcome.marked_old = observer.marked_old.get(key, False)
    outcome.disturbed = [other for other in others if other in observer.notices]
    outcome.stuck = "; ".join(
        f"{one}: {session.book(one).reason}"
        for one in session.instruments
        if session.book(one).state is not BookState.LIVE
    )
    if gap is not None:
        outcome.seen_as, outcome.loss = str(gap.reason), gap.loss
        outcome.detection_ms = (gap.detected_ns - planted_ns) / 1e6
        if back is not None:
            outcome.recovery_ms = (back.at_ns - gap.detected_ns) / 1e6
    sound = outcome.planted and not outcome.priced and not outcome.stuck
    if gap is None:
        outcome.expected = sound and bool(expected.unseen) and outcome.state == "LIVE" and not outcome.disturbed
        return
    out_of_use = BookState.LIVE not in observer.states.values() and outcome.marked_old
    right_books = outcome.disturbed == (others if expected.whole else [])
    outcome.expected = sound and gap.reason in expected.reasons and out_of_use and right_books and back is not None


async def run(kinds: Iterable[str], names: Iterable[str]) -> list[Outcome]:
    """Try every fault of every venue in one lab, one after the other."""
    cases = [(name, kind) for name in names for kind in kinds if kind in FOLLOWED[name].expected]
    async with LabProcess(0, SEED, (), asyncio.Event(), LAB_OPTIONS) as lab:
        return [await try_fault(lab.endpoints, name, kind) for name, kind in cases]


def cells(one: Outcome) -> list[str]:
    """Return a row of the table."""
    seen = one.seen_as != NOT_SEEN
    return [
        *(one.followed, one.fault, one.seen_as, one.state),
        ("unknown" if one.loss is None else str(one.loss)) if seen else "",
        milliseconds(one.detection_ms),
        milliseconds(one.recovery_ms),
        str(one.priced) if seen else "",
        "yes" if one.expected else f"NO {one.stuck if one.planted else 'not planted'}".rstrip(),
    ]


def notes(outcomes: Iterable[Outcome]) -> list[str]:
    """Return why each fault that was rightly not seen was not, with the rows that this is about."""
    rows: dict[str, list[str]] = {}
    for one in outcomes:
        if one.expected and one.seen_as == NOT_SEEN:
            reason = FOLLOWED[one.followed].expected[one.fault].unseen
            rows.setdefault(reason, []).append(f"{one.followed} {one.fault}")
    return [f"{reason} ({', '.join(about)})" for reason, about in rows.items()]


def show(outcomes: list[Outcome], console: Console) -> None:
    """Print the table."""
    table = Table(title="fault → detection → recovery", box=None, header_style="dim", title_justify="left")
    for name in COLUMNS:
        table.add_column(name, justify="right" if name in NUMBERS else "left", no_wrap=True)
    for one in outcomes:
        table.add_row(*cells(one), style="" if one.expected else "bold red")
    console.print(table)
    console.print(
        "seen ms: fault to gap record; LIVE ms: from there to LIVE; priced: forecasts with a price meanwhile."
    )
    for note in notes(outcomes):
        console.print(f"Rightly not seen: {note}.", soft_wrap=True)


def as_markdown(outcomes: list[Outcome]) -> str:
    """Return the table for a page."""
    lines = [COLUMNS, ["---:" if name in NUMBERS else "---" for name in COLUMNS], *map(cells, outcomes)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description="fault, detection, recovery")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--markdown", action="store_true", help="the table as docs/faults.md has it")
    parser.add_argument("--only", action="append", choices=KINDS, help="one kind; repeatable")
    parser.add_argument("--venue", action="append", choices=list(FOLLOWED), help="one venue; repeatable")
    arguments = parser.parse_args()
    began = time.monotonic()
    outcomes = asyncio.run(run(arguments.only or KINDS, arguments.venue or FOLLOWED))
    if arguments.json:
        print(json.dumps([asdict(one) for one in outcomes]))
    elif arguments.markdown:
        print(as_markdown(outcomes))
    else:
        console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
        show(outcomes, console)
        console.print(f"{len(outcomes)} faults in {time.monotonic() - began:.0f} s")
    return 0 if all(one.expected for one in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
