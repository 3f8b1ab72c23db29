"""Plants every fault of the lab in a running session and times how it is seen and how the books come back.

    python -m benchmarks.faults [--json] [--only KIND] [--venue VENUE]

The lab runs as its own process and is spoken to over its socket; everything else is the public API. A row says what
was planted, as which kind of gap it was seen, how many messages the venue's ids say were lost, how long it took from
the fault to its detection and from there until the book was LIVE again by the venue's own rule, and how many priced
forecasts were given in between (there must be none). Everything runs with its default settings.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field

import aiohttp
from rich.console import Console
from rich.table import Table

from fillcast.cli.lab_process import LabProcess
from fillcast.core.state import BookState
from fillcast.feed.driven import Driven, Listener, Notice
from fillcast.forecast.order import Order, parse_order
from fillcast.lab.faults import STALL_S
from fillcast.models.fees import stated_fee
from fillcast.session import Session, watch
from fillcast.venues.protocol import Gap, GapReason, Recovered
from fillcast.venues.settings import Settings

SYMBOLS = {"okx": ("BTC-USDT", "ETH-USDT"), "binance_usdm": ("BTCUSDT", "ETHUSDT")}
SIZE = "20000usdt"
FEE = stated_fee(5.0)  # any: it plays no part here
SEED = 7  # of the lab
DETECTION_S = 20.0
RECOVERY_S = 30.0
HARMLESS_S = 1.5  # how long a fault that must not matter is watched
NOT_SEEN = "not seen"
PLAIN_WIDTH = 110  # of a table that is not printed on a terminal

# What each fault must be seen as; None: the venue's own rule lets the book stay LIVE.
EXPECTED: dict[str, dict[str, tuple[GapReason, ...] | None]] = {
    "drop": {"okx": (GapReason.SEQUENCE,), "binance_usdm": (GapReason.SEQUENCE,)},
    "duplicate": {"okx": None, "binance_usdm": None},
    "reorder": {"okx": (GapReason.SEQUENCE,), "binance_usdm": (GapReason.SEQUENCE,)},
    "corrupt": {"okx": (GapReason.CROSSED,), "binance_usdm": (GapReason.CROSSED,)},
    "corrupt_sequence": {"okx": (GapReason.SEQUENCE,), "binance_usdm": (GapReason.SEQUENCE,)},
    "corrupt_syntax": {"okx": (GapReason.MALFORMED,), "binance_usdm": (GapReason.MALFORMED,)},
    "checksum": {"okx": (GapReason.CHECKSUM,)},
    "stall": {"okx": (GapReason.SILENCE,), "binance_usdm": (GapReason.SILENCE,)},
    "disconnect": {"okx": (GapReason.DISCONNECT,), "binance_usdm": (GapReason.DISCONNECT,)},
    "withheld_snapshot": {"okx": (GapReason.SEQUENCE,), "binance_usdm": (GapReason.SEQUENCE,)},
    "stale_snapshot": {"binance_usdm": (GapReason.SEQUENCE,)},
    "sequence_reset": {"okx": None, "binance_usdm": (GapReason.SEQUENCE,)},
}
AFTER_A_DROP = ("withheld_snapshot", "stale_snapshot")  # these wait for a resync, which a dropped frame causes
PLAIN_FETCHES = {"okx": 0, "binance_usdm": 1}  # REST requests of a resync that nothing disturbs


@dataclass(slots=True)
class Outcome:
    """What one fault led to.

    Attributes
    ----------
    instrument, fault, detail
        What was planted where; `detail` in the lab's words.
    planted
        Whether the lab's log says that it happened.
    more_fetches
        REST requests since then beyond those of an undisturbed resync.
    seen_as, loss
        Reason of the gap (`NOT_SEEN` when there was none) and the messages that the ids say were lost.
    detection_ms
        From the fault to the gap record; None when not seen.
    recovery_ms
        From the gap record to LIVE; None when not seen or not back in time.
    state
        Of the book when the gap was told, and at the end for a fault that was not seen.
    priced
        Forecasts with a price that were given between detection and recovery.
    marked_old
        Whether the last forecast was shown as old meanwhile.
    disturbed
        Other instruments that had a gap too.
    stuck
        What the book says of itself when it did not come back; empty when it did.
    expected
        Whether all this is as the venue's rule wants it.
    """

    instrument: str
    fault: str
    detail: str = ""
    planted: bool = False
    more_fetches: int = 0
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
    protocol, symbol = key.split(":")
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


async def try_fault(
    url: str,
    venue: str,
    kind: str,
    *,
    stall_s: float = STALL_S,
    harmless_s: float = HARMLESS_S,
    protocol: Settings | None = None,
) -> Outcome:
    """Plant one fault in a LIVE book of a fresh session and see what becomes of it.

    Fresh, because a book that breaks again soon after it came back is made to wait: the times would add up.
    """
    observer = Observer()
    keys = [f"{venue}:{symbol}" for symbol in SYMBOLS[venue]]
    listener = Listener(on_batch=observer.on_batch, on_notice=observer.on_notice)
    async with watch(keys, endpoints={venue: url}, protocol=protocol, listener=listener) as session:
        for key in keys:
            instrument = (await session.live(key, RECOVERY_S)).instrument
            observer.orders[key] = parse_order(instrument, "buy", SIZE)
        observer.session = session
        await asyncio.sleep(0.3)
        return await _plant_and_watch(session, observer, url, kind, keys[0], stall_s, harmless_s)


async def _plant_and_watch(
    session: Session, observer: Observer, url: str, kind: str, key: str, stall_s: float, harmless_s: float
) -> Outcome:
    before = session.forecast(observer.orders[key], fee=FEE)
    assert before.current.net is not None, before.reason
    observer.forget()
    venue = key.split(":")[0]
    expected = EXPECTED[kind][venue]
    fetches = session.feed.statistics().fetches
    first = await plant(url, kind, key, stall_s=stall_s, wait_s=0.0 if kind in AFTER_A_DROP else 2.0)
    cause = await plant(url, "drop", key) if kind in AFTER_A_DROP else first
    if expected is None:
        await asyncio.sleep(harmless_s)
    else:
        await _told(observer, key, Gap, DETECTION_S)
        await _told(observer, key, Recovered, RECOVERY_S)
    log, cause = await logged(url, first["fault"]), await logged(url, cause["fault"])
    outcome = Outcome(key, kind, detail=str(log["detail"]), planted=log["state"] == cause["state"] == "injected")
    outcome.more_fetches = session.feed.statistics().fetches - fetches - PLAIN_FETCHES[venue]
    judge(outcome, observer, session, int(str(cause["wall_ns"] or 0)), expected)
    return outcome


async def _told(observer: Observer, key: str, kind: type[Gap] | type[Recovered], timeout_s: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(timeout_s):
            while not any(isinstance(one, kind) for one in observer.notices.get(key, ())):
                observer.told.clear()
                await observer.told.wait()


def judge(
    outcome: Outcome,
    observer: Observer,
    session: Session,
    planted_ns: int,
    expected: tuple[GapReason, ...] | None,
) -> None:
    """Fill in what the observer saw, and whether it is as it should be."""
    key = outcome.instrument
    notices = observer.notices.get(key, [])
    gap = next((one for one in notices if isinstance(one, Gap)), None)
    back = next((one for one in notices if isinstance(one, Recovered)), None)
    outcome.state = observer.states.get(key, session.book(key).state).name
    outcome.priced = observer.priced.get(key, 0)
    outcome.marked_old = observer.marked_old.get(key, False)
    outcome.disturbed = [other for other in observer.notices if other != key]
    if session.book(key).state is not BookState.LIVE:
        outcome.stuck = session.book(key).reason
    if gap is not None:
        outcome.seen_as, outcome.loss = str(gap.reason), gap.loss
        outcome.detection_ms = (gap.detected_ns - planted_ns) / 1e6
        if back is not None:
            outcome.recovery_ms = (back.at_ns - gap.detected_ns) / 1e6
    if expected is None:
        outcome.expected = outcome.planted and gap is None and outcome.state == "LIVE"
        return
    right_reason = gap is not None and gap.reason in expected
    out_of_use = outcome.state != "LIVE" and not outcome.priced and outcome.marked_old
    # A first book that was held back or too old must have been asked for once more: else it hurt nobody.
    hurt = outcome.planted and (outcome.fault not in AFTER_A_DROP or outcome.more_fetches > 0)
    outcome.expected = hurt and right_reason and out_of_use and back is not None


async def run(kinds: Iterable[str], venues: Iterable[str]) -> list[Outcome]:
    """Try every fault of every venue in one lab, one after the other."""
    cases = [(venue, kind) for venue in venues for kind in kinds if venue in EXPECTED[kind]]
    async with LabProcess(0, SEED, (), asyncio.Event()) as lab:
        return [await try_fault(lab.url, venue, kind) for venue, kind in cases]


def show(outcomes: list[Outcome], console: Console) -> None:
    """Print the table."""
    table = Table(title="fault → detection → recovery", box=None, header_style="dim", title_justify="left")
    for name in ("instrument", "fault", "seen as", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("lost", "seen ms", "LIVE ms", "priced"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("right", no_wrap=True)
    for one in outcomes:
        seen = one.seen_as != NOT_SEEN
        table.add_row(
            *(one.instrument, one.fault, one.seen_as, one.state),
            ("unknown" if one.loss is None else str(one.loss)) if seen else "",
            milliseconds(one.detection_ms),
            milliseconds(one.recovery_ms),
            str(one.priced) if seen else "",
            "yes" if one.expected else f"[bold red]NO[/] {one.stuck if one.planted else 'not planted'}",
        )
    console.print(table)
    console.print(
        "seen ms: fault to gap record; LIVE ms: from there to LIVE; priced: forecasts with a price meanwhile.\n"
        "Not seen is right for a duplicate and for OKX's documented sequence reset: the book stays right."
    )


def milliseconds(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def main() -> int:
    parser = argparse.ArgumentParser(description="fault, detection, recovery")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--only", action="append", choices=list(EXPECTED), help="one kind; repeatable")
    parser.add_argument("--venue", action="append", choices=list(SYMBOLS), help="one venue; repeatable")
    arguments = parser.parse_args()
    began = time.monotonic()
    outcomes = asyncio.run(run(arguments.only or list(EXPECTED), arguments.venue or list(SYMBOLS)))
    if arguments.json:
        print(json.dumps([asdict(one) for one in outcomes]))
    else:
        console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
        show(outcomes, console)
        console.print(f"{len(outcomes)} faults in {time.monotonic() - began:.0f} s")
    return 0 if all(one.expected for one in outcomes) else 1


if __name__ == "__main__":
    raise SystemExit(main())
