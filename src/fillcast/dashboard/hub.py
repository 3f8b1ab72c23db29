"""All pages together: what each is ready for is made from one moment of its book, and shared where it is the same."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping
from weakref import WeakValueDictionary

import msgspec
from msgspec import msgpack
from msgspec.structs import replace

from fillcast import __version__
from fillcast.core.instrument import Instrument
from fillcast.core.units import NS_PER_MS, NS_PER_S
from fillcast.dashboard import wire
from fillcast.dashboard.asking import Question, read
from fillcast.dashboard.comparing import market_of
from fillcast.dashboard.desk import LIVE_KINDS, STUDIES, Desk, encoded
from fillcast.dashboard.levels import Levels
from fillcast.dashboard.pacing import EARLY_S
from fillcast.dashboard.seen import NO_TRADES, Facts, Seen, Source
from fillcast.dashboard.state import Page
from fillcast.dashboard.vitals import Vitals
from fillcast.forecast.fee_files import fee_schedule
from fillcast.runtime.stages import SCREEN

MOST_DECIMALS = 8  # of a size in base units
FACTS_INTERVAL_S = 0.5  # from asking how the feed does to asking again, however many pages show it
OF_FACTS = ("health", "latency")  # kinds of parts that rest on how the feed does
CREDITS = {wire.CREDIT: False, wire.RESEND: True}


class Hub:
    """Keeps the pages of one source.

    Parameters
    ----------
    first
        What a page asks before it has said anything.

    Attributes
    ----------
    pages
        Those that are connected.
    vitals
        What is measured of the way to them.
    """

    def __init__(self, source: Source, first: wire.Asked) -> None:
        self._source = source
        self._first = first
        self._desks: WeakValueDictionary[wire.Asked, Desk] = WeakValueDictionary()
        self._listing = encoded(
            wire.Instruments(
                [described(one) for one in source.listing.instruments.values()],
                dict(source.listing.unanswered),
                __version__,
            )
        )
        self._levels: dict[str, Levels] = {}
        self._working: OrderedDict[Desk, Seen] = OrderedDict()  # the latest moment of each question that was asked
        self._facts_s = -FACTS_INTERVAL_S
        self._told: dict[str, msgspec.Raw] = {}
        self.pages: set[Page] = set()
        self.vitals = Vitals()

    def enter(self) -> Page:
        """Return a new page, which asks the first question."""
        page = Page()
        page.fresh["instruments"] = self._listing
        self._follow(page, self._first)
        self.pages.add(page)
        return page

    def leave(self, page: Page) -> None:
        """Forget a page."""
        self.pages.discard(page)

    def receive(self, page: Page, message: bytes, now_s: float) -> None:
        """Take one message of a page: a credit, or what it asks.

        Raises
        ------
        msgspec.MsgspecError
            For a message that is neither: nothing of it is used.
        """
        if message in CREDITS:
            if page.sent_s:
                self.vitals.stages.record(SCREEN, round((now_s - page.sent_s) * NS_PER_S))
                page.sent_s = 0.0
            if CREDITS[message]:
                page.lost_track()
            else:
                page.pacer.credit()
            return
        self._follow(page, msgpack.decode(message, type=wire.Asked))

    def _follow(self, page: Page, asked: wire.Asked) -> None:
        words = replace(asked, id=0)
        desk = self._desks.get(words)
        if desk is None:
            found = read(words, self._source.listing.instruments, self._source.listing.usd_rates)
            if not isinstance(found, Question):
                page.fresh["errors"] = encoded(wire.Errors(asked.id, found))
                return
            desk = self._desks[words] = Desk(found, self.vitals)
        page.asked = asked
        page.fresh["errors"] = encoded(wire.Errors(asked.id, {}))
        page.follow(desk)

    async def tick(self, now_s: float) -> list[tuple[Page, bytes]]:
        """Return the frames that are to be sent now; nothing is asked of the source while no page is ready.

        Parameters
        ----------
        now_s
            Of a clock that never jumps.
        """
        ready = [page for page in self.pages if page.pacer.is_ready(now_s) and not page.is_sending]
        if not ready:
            return []
        wanted: dict[str, int] = {}
        for page in ready:
            if page.key is not None:
                wanted[page.key] = min(wanted.get(page.key, NO_TRADES), page.trades_from)
        if now_s >= self._facts_s + FACTS_INTERVAL_S - EARLY_S:
            self._facts_s = now_s
            self._told = self._tell(await self._source.facts())
        everything = any(
            page.desk is not None and page.rates.is_due("comparison", now_s) and page.desk.is_to_compare(now_s)
            for page in ready
        )
        if everything:
            wanted = {key: wanted.get(key, NO_TRADES) for key in self._source.listing.instruments}
        moment = await self._source.look(wanted)
        frames = []
        asked: dict[str, int] = {}
        for page in ready:
            seen = moment.get(page.key or "")
            if page.desk is not None and seen is not None:
                self._refresh(page, page.desk, seen, moment if everything else None, now_s)
                self._working[page.desk] = seen
                fill = page.desk.live(seen).forecast.fill
                if fill is not None:
                    asked[seen.instrument.key] = max(asked.get(seen.instrument.key, 0), fill.lots)
            for kind, body in self._told.items():
                if page.rates.is_due(kind, now_s):
                    page.fresh[kind] = body
                    page.rates.sent(kind, now_s)
            taken = page.take(now_s, None if seen is None else self._shared(seen))
            if taken is not None:
                frames.append((page, _frame(*taken)))
                self.vitals.frames_sent += 1
        if asked:
            self._source.ask(asked)
        return frames

    def _tell(self, facts: Facts) -> dict[str, msgspec.Raw]:
        bodies = (self.vitals.health(facts, len(self.pages)), self.vitals.latency(facts))
        return dict(zip(OF_FACTS, map(encoded, bodies), strict=True))

    def work(self, now_s: float, budget_s: float) -> None:
        """Work on the studies that the pages of the last ticks look at, each question in its turn."""
        if self._working:
            desk, seen = self._working.popitem(last=False)
            desk.work(seen, now_s, budget_s)

    def _refresh(self, page: Page, desk: Desk, seen: Seen, everything: Mapping[str, Seen] | None, now_s: float) -> None:
        """Make the parts of a page that are due."""
        rates, fresh = page.rates, page.fresh

        def due(kind: str) -> bool:
            if not rates.is_due(kind, now_s):
                return False
            rates.sent(kind, now_s)
            return True

        if due("forecast"):
            fresh.update((kind, desk.body(kind, seen)) for kind in LIVE_KINDS)
        if due("depth"):
            fresh["depth"] = desk.body("depth", seen)
        for kind in STUDIES:
            study = desk.study(kind)
            if study is not None and due(kind):
                fresh[kind] = study
        if due("age"):
            fresh["age"] = encoded(None)
        if due("market"):
            fresh["market"] = encoded(market_of(seen))
            fresh["order"] = desk.order(seen, page.asked)
        comparison = desk.comparison(everything, self._source.listing, now_s)
        if comparison is not None and due("comparison"):
            fresh["comparison"] = comparison

    def _shared(self, seen: Seen) -> Levels:
        """Return the levels of a moment, the same object for every page."""
        key = seen.instrument.key
        known = self._levels.get(key)
        if known is None or known.seen is not seen:
            known = self._levels[key] = Levels.of(seen, known)
        return known


def _frame(sequence: int, parts: list[tuple[str, msgspec.Raw]]) -> bytes:
    return msgpack.encode((wire.VERSION, sequence, time.time_ns() / NS_PER_MS, parts))


def described(instrument: Instrument) -> wire.Instrument:
    """Return what a page is told of an instrument."""
    group = instrument.fee_group
    tiers = fee_schedule(instrument.venue).tiers
    grouped = [one.tier for one in tiers if one.group == group] or [one.tier for one in tiers if not one.group]
    contracts = ["ct"] if instrument.sized_in == "contracts" else []
    return wire.Instrument(
        instrument.key,
        instrument.venue,
        instrument.symbol,
        instrument.base,
        instrument.quote,
        instrument.settle_currency if instrument.kind == "quanto" else instrument.quote,
        instrument.tick_value,
        instrument.price_grid.decimals,
        _size_decimals(instrument),
        str(instrument.kind),
        grouped,
        [instrument.base.lower(), instrument.quote.lower(), *contracts],
    )


def _size_decimals(instrument: Instrument) -> int:
    """Return the decimals of a size in base units: those of a lot, or many where that depends on the price."""
    if instrument.kind == "inverse":
        return MOST_DECIMALS
    exponent = (instrument.lot * instrument.contract_value).normalize().as_tuple().exponent
    return min(max(-exponent, 0), MOST_DECIMALS) if isinstance(exponent, int) else MOST_DECIMALS
