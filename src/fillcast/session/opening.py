"""What a caller says to follow instruments."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fillcast.feed.clock import Clock
from fillcast.feed.driven import Listener
from fillcast.feed.settings import Settings
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.volatility import DEFAULT_HALF_LIFE_S
from fillcast.runtime.log import current_log
from fillcast.session.journal import Journal
from fillcast.session.resolve import parse_keys
from fillcast.session.routes import Destination
from fillcast.session.session import Session
from fillcast.venues import VENUES, venue
from fillcast.venues.settings import Settings as ProtocolSettings

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger


def watch(
    keys: Iterable[str],
    *,
    endpoints: Mapping[str, str] | None = None,
    proxy: str | None = None,
    settings: Settings | None = None,
    protocol: ProtocolSettings | Mapping[str, ProtocolSettings] | None = None,
    clock: Clock | None = None,
    listener: Listener | None = None,
    half_life_s: float = DEFAULT_HALF_LIFE_S,
    patience_s: float | None = None,
    models: Mapping[str, Calibration] | None = None,
    features: bool = False,
    log: FilteringBoundLogger | None = None,
) -> Session:
    """Follow instruments: `async with watch(["okx:BTC-USDT"]) as session: ...`.

    Parameters
    ----------
    keys
        `VENUE:SYMBOL`, one or more.
    endpoints
        Base URLs by venue that take the place of the venue's own, such as `{"okx": "http://127.0.0.1:8100"}`.
    proxy
        URL of an HTTP proxy for every connection; from the environment when absent.
    settings, protocol
        Limits and waits of the feed, and of the venues' protocols: the same for all, or by venue.
    listener
        Told of frames, batches and notices as they happen.
    half_life_s
        Of the volatility estimate.
    patience_s
        Seconds for each venue to say what the instruments are. What it does not answer in time, or at all, is left
        out and told in `Session.unanswered`, as long as anything is answered. A symbol that a venue does not list is
        raised in any case. Without a patience every failure is.

    models
        Calibrations by `VENUE:SYMBOL`, as `read_model` gives them: their parameters of impact come before priors.

    features
        Keep the features of every book for `Session.features`, at one to two microseconds a frame.

    log
        Takes one line for every change of state, as `runtime.log.log_to` makes them; by default `current_log`, which is
        none unless the caller has set it.

    Raises
    ------
    UsageError
        When a key, an endpoint or the proxy cannot be used. Entering the session raises
        `UnknownInstrumentError`, `ConnectError` or `VenueError` when an instrument cannot be resolved.
    """
    settings, clock = settings or Settings(), clock or Clock()
    destinations = [
        Destination(
            venue(name),
            symbols,
            endpoints or {},
            proxy,
            settings,
            clock,
            protocol.get(name) if isinstance(protocol, Mapping) else protocol,
        )
        for name, symbols in parse_keys(keys, VENUES).items()
    ]
    listener, log = listener or Listener(), log or current_log.get()
    if log is not None:
        listener = Journal(log, listener).listener
    return Session(destinations, settings, clock, listener, half_life_s, patience_s, models, features=features)
