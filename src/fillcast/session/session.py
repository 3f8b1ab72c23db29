"""A running session: instruments resolved, books kept, forecasts given while they are right."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from fillcast.core.book import Book
from fillcast.core.events import BOOK, KIND, TRADES
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.core.units import BPS
from fillcast.core.view import BookView
from fillcast.errors import ConnectError, FillcastError, NotLiveError, UnknownInstrumentError, UsageError
from fillcast.feed.clock import Clock
from fillcast.feed.driven import Driven, Listener
from fillcast.feed.feed import Feed, first_failure
from fillcast.feed.settings import Settings
from fillcast.feed.statistics import LinkStatus
from fillcast.forecast.conditions import Conditions, Volume
from fillcast.forecast.fee_files import instrument_fee
from fillcast.forecast.forecast import forecast
from fillcast.forecast.interval import DEFAULT_LEVEL
from fillcast.forecast.order import MARKET, Order
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.names import VOLATILITY
from fillcast.models.fees import FeeRate
from fillcast.models.volatility import VolatilityEstimate
from fillcast.runtime.process import usage
from fillcast.runtime.stages import FORECAST
from fillcast.session.activity import Activity, Watched
from fillcast.session.answer import Answer, Answers
from fillcast.session.rolling import RollingFeatures
from fillcast.session.routes import Destination
from fillcast.session.trades import LatestTrades
from fillcast.session.vitals import Vitals
from fillcast.venues.protocol import Health


class Session:
    """Follows instruments from entering to leaving it; made by `watch`.

    Everything here belongs to the loop that entered it. Other threads take a `BookView` or an `Answer`, which
    never change. What a listener raises ends the block with that error.

    Attributes
    ----------
    instruments
        By key, in the order asked for.
    unanswered
        By key, why an instrument that was asked for is not followed; empty unless `watch` was given a patience.
    feed
        The running feed: statistics, links, gap log, notices.
    """

    def __init__(
        self,
        destinations: Iterable[Destination],
        settings: Settings,
        clock: Clock,
        listener: Listener,
        half_life_s: float,
        patience_s: float | None = None,
        models: Mapping[str, Calibration] | None = None,
        *,
        features: bool = False,
    ) -> None:
        self._destinations = tuple(destinations)
        self._settings = settings
        self._clock = clock
        self._outer = listener
        self._half_life_s = half_life_s
        self._patience_s = patience_s
        self._models = models or {}
        self._features = features
        self._rolling: RollingFeatures | None = None
        self._group = asyncio.TaskGroup()
        self._running: asyncio.Task[None] | None = None
        self._watched: dict[str, Watched] = {}
        self._carried: dict[int, list[Watched]] = {}  # by id of the connection, in the order of its instruments
        self._touched: set[int] = set()  # what the frames of this batch were about, by index in their connection
        self._answers = Answers()
        self.instruments: dict[str, Instrument] = {}
        self.unanswered: dict[str, FillcastError] = {}
        self.feed = Feed(())

    async def __aenter__(self) -> Session:
        try:
            found = await self._resolved()
        except BaseException:
            await asyncio.gather(*(destination.rest.close() for destination in self._destinations))
            raise
        self.instruments = {one.key: one for instruments in found for one in instruments}
        plain = self._outer.on_frame is None and not self._features
        on_frame = self._on_frame if plain else self._on_frame_and_more
        listener = Listener(on_frame, self._on_batch, self._outer.on_notice, self._outer.on_link)
        routes = [
            destination.route(instruments)
            for destination, instruments in zip(self._destinations, found, strict=True)
            if instruments
        ]
        self.feed = Feed(routes, listener=listener, settings=self._settings, clock=self._clock)
        self._find_books()
        if self._features:
            self._rolling = RollingFeatures(self._watched, self._carried)
        await self._group.__aenter__()
        self._running = self._group.create_task(self.feed.run(), name="feed")
        return self

    async def _resolved(self) -> list[list[Instrument]]:
        """Return the instruments of each destination; with a patience, without those that are `unanswered`."""
        if self._patience_s is None:
            return await asyncio.gather(*(destination.resolve() for destination in self._destinations))
        patience_s = self._patience_s
        answers = await asyncio.gather(*(one.resolve_what_answers(patience_s) for one in self._destinations))
        self.unanswered = {key: error for _, missing in answers for key, error in missing.items()}
        unknown = [str(error) for error in self.unanswered.values() if isinstance(error, UnknownInstrumentError)]
        if unknown:  # it will never be there: no outage, but a mistake of who asks
            raise UnknownInstrumentError("; ".join(unknown))
        if not any(instruments for instruments, _ in answers):
            errors = list(self.unanswered.values())
            raise errors[0] if len(errors) == 1 else ConnectError("; ".join(dict.fromkeys(map(str, errors))))
        return [instruments for instruments, _ in answers]

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._running is not None:
            self._running.cancel()
        try:
            await self._group.__aexit__(kind, error, trace)
        except BaseExceptionGroup as failures:
            failure = first_failure(failures)
            if failure is not error:  # the feed failed, and that is what ended the block
                raise failure from None
        finally:
            # A feed that was cancelled before its first step has closed nothing.
            await asyncio.gather(*(destination.rest.close() for destination in self._destinations))

    # Books.

    def book(self, key: str) -> Book:
        """Return the book of an instrument. It changes with every frame; `view` gives one that does not.

        Raises
        ------
        UsageError
            When the session does not follow the instrument.
        """
        return self._one(key).book

    def view(self, key: str) -> BookView:
        """Return the book as of now, for any thread; the same object until the book changes."""
        self.health(key)  # applies the limits of silence and lag
        return self._one(key).book.view()

    def health(self, key: str) -> Health:
        """Return how far the book can be trusted now."""
        watched = self._one(key)
        return watched.connection.health(watched.index, self._clock.wall_ns(), self._clock.mono_ns())

    async def live(self, key: str, timeout: float = 30.0) -> BookView:
        """Wait until a book is LIVE and return it.

        Parameters
        ----------
        timeout
            Seconds.

        Raises
        ------
        NotLiveError
            When it is not LIVE in time; says why and how its connection stands.
        """
        watched = self._one(key)
        try:
            async with asyncio.timeout(timeout):
                while self.health(key).state is not BookState.LIVE:
                    watched.stirred.clear()
                    await watched.stirred.wait()
        except TimeoutError:
            raise NotLiveError(self._why_not_live(key, timeout)) from None
        return self.view(key)

    # What has been seen.

    def volatility(self, key: str) -> VolatilityEstimate:
        """Return what the mid's moves since the start say of its volatility, drawn to a calibrated one if there is."""
        estimate, model = self._one(key).volatility.estimate(), self._models.get(key)
        calibrated = None if model is None else model.parameters.get(VOLATILITY)
        if calibrated is None or calibrated.estimate is None:
            return estimate
        prior = calibrated.estimate.value / BPS
        return replace(estimate, prior_per_sqrt_s=prior, prior_as_of_ns=calibrated.as_of_ns)

    def activity(self, key: str) -> Activity:
        """Return what has traded lately."""
        return self._one(key).tally.summary(self._clock.mono_ns())

    def trades(self, key: str, number: int = 0) -> LatestTrades:
        """Return the latest trades one by one, from the number on that the last ones ended with."""
        return self._one(key).trades.since(number)

    def features(self, key: str, side: int, size_base: float) -> NDArray[np.float64]:
        """Return what a learned model may know of an order now: float64 in the order of `models.features.FEATURES`.

        Parameters
        ----------
        side, size_base
            +1 buy, -1 sell; base units.

        Raises
        ------
        UsageError
            When the session was not asked to keep features.
        NotLiveError
            When the book is not proven right.
        """
        self.health(key)  # applies the limits of silence and lag
        if self._rolling is None:
            raise UsageError(f"features of {key} are kept by a session that was made with features=True")
        return self._rolling.vector(key, side, size_base)

    def conditions(self, key: str) -> Conditions:
        """Return what has been seen of the market beside the book and its volatility."""
        book, activity = self._one(key).book, self.activity(key)
        traded = (activity.buy_lots, activity.sell_lots)
        count = activity.buys + activity.sells
        window_s = activity.window_s
        volume = Volume.seen(book.instrument, book.mid, traded, activity.squared_lots, count, window_s)
        return Conditions.of(volume, self._models.get(key), book.instrument)

    def forecast(self, order: Order, *, fee: FeeRate | None = None, level: float = DEFAULT_LEVEL) -> Answer:
        """Forecast an order on its book as of now, and keep the forecast for when the book is not LIVE.

        Parameters
        ----------
        fee
            What the account pays; when absent, what the order's tier pays as the venue publishes it or, where it does
            not, by the venue's file.
        level
            Probability of the intervals.

        Raises
        ------
        UsageError, SizeError
            When the order cannot be used.
        """
        started_ns = self._clock.mono_ns()
        watched = self._one(order.instrument)
        health = self.health(order.instrument)  # before the view: it applies the limits of silence and lag
        now_ns = self._clock.wall_ns()
        current = forecast(
            order,
            watched.book.view(),
            fee=fee or instrument_fee(self.instruments[order.instrument], order.tier),
            volatility=self.volatility(order.instrument),
            now_ns=now_ns,
            conditions=None if order.type == MARKET else self.conditions(order.instrument),
            health=health,
            level=level,
        )
        if current.fill is not None:
            self.ask(order.instrument, current.fill.lots)
        answer = self._answers.give(current, health.state, self.link(order.instrument))
        self.feed.stages.record(FORECAST, self._clock.mono_ns() - started_ns)
        return answer

    def vitals(self) -> Vitals:
        """Return how the session does now; `session.metrics.metrics_text` has all that it counts."""
        answers = self._answers
        return Vitals(self.feed.stages.told(), answers.given, answers.refused, usage())

    def ask(self, key: str, lots: int) -> None:
        """Say which size is asked of a book, so that twice as much stays proven."""
        watched = self._one(key)
        watched.connection.ask(watched.index, lots)

    def link(self, key: str) -> LinkStatus:
        """Return how the connection that carries a book stands."""
        return self._link(self._one(key))

    # Listening.

    def _on_frame(self, connection: Driven) -> None:
        events = connection.events
        word = events.messages.item
        if events.count == 1 and word(KIND) != TRADES:  # the plain frame, decided at once: this runs for every one
            self._touched.add(word(BOOK))
            return
        for message in range(events.count):
            index = word(message, BOOK)
            self._touched.add(index)
            if word(message, KIND) == TRADES:
                watched = self._carried[id(connection)][index]
                watched.count_trades(events, message, self._clock.mono_ns())

    def _on_frame_and_more(self, connection: Driven) -> None:
        self._on_frame(connection)
        if self._rolling is not None:
            self._rolling.take(connection)
        if self._outer.on_frame is not None:
            self._outer.on_frame(connection)

    def _on_batch(self, connection: Driven) -> None:
        carried = self._carried[id(connection)]
        # Without a frame it was a timer, a reply or a loss: any of the connection's books may have changed.
        for index in self._touched or range(len(carried)):
            carried[index].look()
        self._touched.clear()
        if self._outer.on_batch is not None:
            self._outer.on_batch(connection)

    def _find_books(self) -> None:
        now_ns = self._clock.mono_ns()
        connections = [client.connection for client in self.feed.clients]
        for connection in connections:
            for index, book in enumerate(connection.books):
                self._watched[book.instrument.key] = Watched(connection, index, self._half_life_s, now_ns)
        for connection in connections:
            self._carried[id(connection)] = [self._watched[one.key] for one in connection.instruments]

    def _one(self, key: str) -> Watched:
        watched = self._watched.get(key)
        if watched is None:
            followed = ", ".join(self._watched) or "none"
            raise UsageError(f"{key} is not followed by this session; followed: {followed}")
        return watched

    def _why_not_live(self, key: str, timeout_s: float) -> str:
        watched = self._watched[key]
        book = watched.book
        state = f"{book.state.name} ({book.reason})" if book.reason else book.state.name
        return f"{key} is not LIVE after {timeout_s:g} s: its book is {state}; {self._link(watched).sentence}"

    def _link(self, watched: Watched) -> LinkStatus:
        return next(one.status for one in self.feed.clients if one.connection is watched.connection)
