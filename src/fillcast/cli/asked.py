"""What the flags and the config file together ask for: orders, fees, and a session to forecast them in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from fillcast.cli.config import Config, read_config
from fillcast.cli.per_venue import PerVenue, per_venue, read_fee_bps
from fillcast.cli.stated_fees import fee_paid, kept_fees, typed_fees
from fillcast.cli.terms import AT_MARKET, Terms
from fillcast.core.instrument import Instrument
from fillcast.errors import SizeError, UsageError
from fillcast.forecast.model_file import read_model
from fillcast.forecast.order import SIDES, Order
from fillcast.forecast.rates import known_rates
from fillcast.forecast.size import MAX_EXPONENT, MAX_TEXT, NOT_FINITE, match_size, parse_duration, spelled_out
from fillcast.models.fees import FeeRate, stated_fee
from fillcast.session.endpoints import parse_endpoints
from fillcast.session.opening import watch
from fillcast.session.resolve import parse_keys
from fillcast.session.session import Session
from fillcast.venues import VENUES

if TYPE_CHECKING:
    from fillcast.feed.driven import Listener
    from fillcast.models.calibration.calibration import Calibration


@dataclass(frozen=True, slots=True)
class OrderFlags:
    """The order as it was typed: what may differ by venue in words of `VALUE` or `VENUE=VALUE`."""

    side: str
    size: str
    terms: Terms = AT_MARKET
    tiers: Sequence[str] = ()
    latencies: Sequence[str] = ()
    fees_maker: Sequence[str] = ()
    fees_taker: Sequence[str] = ()
    usd_rates: Sequence[str] = ()
    model: str | None = None


@dataclass(frozen=True, slots=True)
class ReachFlags:
    """Where venues are reached, as it was typed."""

    endpoints: Sequence[str] = ()
    proxy: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """One order on one or several instruments, checked as far as that goes without asking a venue.

    Attributes
    ----------
    endpoints
        Base URLs by venue: flags over config file.
    usd_rates
        Dollars per unit by currency, as stated.
    tiers, latencies, fees_maker_bps, fees_taker_bps
        What the flags say, of all venues or of one.
    models
        Calibrations by instrument, from the model file that was named.
    """

    keys: tuple[str, ...]
    flags: OrderFlags
    endpoints: Mapping[str, str]
    proxy: str | None
    config: Config
    usd_rates: Mapping[str, float]
    tiers: PerVenue[str]
    latencies: PerVenue[str]
    fees_maker_bps: PerVenue[float]
    fees_taker_bps: PerVenue[float]
    models: Mapping[str, Calibration]

    def session(self, listener: Listener | None = None, patience_s: float | None = None) -> Session:
        """Return a session that follows the instruments, ready to be entered; with a patience, those that answer."""
        return watch(
            self.keys,
            endpoints=self.endpoints,
            proxy=self.proxy,
            protocol=self.config.protocol,
            listener=listener,
            patience_s=patience_s,
            models=self.models,
        )

    def order(self, instrument: Instrument) -> Order:
        """Return the order on one instrument; `UsageError` when it makes no sense there."""
        flags, venue = self.flags, instrument.venue
        return flags.terms.order(
            instrument,
            flags.side,
            flags.size,
            tier=self.tiers.of(venue) or self.config.tiers.get(venue),
            latency=self.latencies.of(venue) or self.config.latencies.get(venue),
            usd_rates=self.usd_rates,
        )

    def fee(self, order: Order, instrument: Instrument) -> FeeRate:
        """Return what the account pays: typed fees, over a typed tier, over the config file's fees and tier."""
        venue = instrument.venue
        stated = typed_fees(self.fees_maker_bps.of(venue), self.fees_taker_bps.of(venue))
        if self.tiers.of(venue) is None:
            stated = stated.over(kept_fees(self.config.fees, instrument))
        return fee_paid(instrument, order.tier, stated)


def ask(keys: Sequence[str], flags: OrderFlags, reach: ReachFlags, config: Config | None = None) -> Asked:
    """Check what was typed and add the config file's defaults.

    Parameters
    ----------
    config
        Defaults that take the place of the config file, which is not read then.

    Raises
    ------
    UsageError
        For what no venue needs to be asked for: an unknown venue, a size that is no positive number, a
        malformed endpoint or rate, a config file that cannot be read.
    """
    config = read_config(VENUES) if config is None else config
    check_families(keys)
    venues = tuple(parse_keys(keys, VENUES))
    check_size(flags.size)
    if flags.side.strip().lower() not in SIDES:
        raise UsageError(f"--side is buy or sell, not {flags.side!r}")
    flags.terms.check()
    tiers = per_venue("--tier", flags.tiers, venues, _as_typed)
    latencies = per_venue("--latency", flags.latencies, venues, _checked_duration)
    makers = per_venue("--fee-maker", flags.fees_maker, venues, read_fee_bps)
    takers = per_venue("--fee-taker", flags.fees_taker, venues, read_fee_bps)
    for venue in venues:
        stated_fee(takers.of(venue) or 0.0, makers.of(venue))
    endpoints = {**config.endpoints, **parse_endpoints(reach.endpoints, VENUES)}
    distinct = tuple(dict.fromkeys(key.strip() for key in keys))
    rates = parse_rates(flags.usd_rates)
    models = {} if flags.model is None else read_model(flags.model)
    proxy = reach.proxy or config.proxy
    return Asked(distinct, flags, endpoints, proxy, config, rates, tiers, latencies, makers, takers, models)


def _as_typed(option: str, text: str) -> str:
    if not text:
        raise UsageError(f"{option} is empty")
    return text


def _checked_duration(option: str, text: str) -> str:
    parse_duration(text)
    return text


def check_families(keys: Sequence[str]) -> None:
    """Raise `UsageError` for a venue named without its market (`binance`); names all that it may mean."""
    for key in keys:
        name, _, symbol = key.strip().partition(":")
        family = [f"{one}:{symbol}" for one in VENUES if one.startswith(f"{name}_")]
        if name and symbol and family:
            raise UsageError(f"instrument {key!r}: {name!r} has several markets; did you mean {' or '.join(family)}?")


def check_size(text: str) -> None:
    """Refuse a size whose number no instrument can make sense of; its unit is checked with the instrument.

    Raises
    ------
    SizeError
        When the number is zero, negative, not finite or absurdly large, or there is none.
    """
    shown = text.strip()
    if NOT_FINITE.match(text):
        raise SizeError(f"the size {shown!r} is not a finite number")
    match = match_size(text)
    if match is None:
        hint = spelled_out(text) or "2.5 or 2.5btc, 100000usd or 40ct"
        raise SizeError(f"cannot read the size {text[:MAX_TEXT]!r}; write {hint}")
    number = Decimal(match[1].replace("_", ""))
    if number <= 0:
        raise SizeError(f"the size {shown!r} is {'negative' if number < 0 else 'zero'}")
    if number.adjusted() > MAX_EXPONENT:
        raise SizeError(f"the size {shown!r} is too large for any book")


def parse_rates(words: Sequence[str]) -> dict[str, float]:
    """Return dollars per unit by currency from words such as `USDT=0.9995`.

    Raises
    ------
    UsageError
        When a word has another shape, its number is not positive, or it says that a dollar is not one.
    """
    rates: dict[str, float] = {}
    for word in words:
        currency, _, number = word.partition("=")
        try:
            rate = float(number)
        except ValueError:
            rate = float("nan")
        if not currency.strip() or not 0 < rate < float("inf"):
            raise UsageError(f"--usd-rate {word!r} is not CURRENCY=RATE, such as USDT=0.9995 (dollars for one)")
        rates[currency.strip().upper()] = rate
    return known_rates(rates)
