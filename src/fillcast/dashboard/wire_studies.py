"""Parts of a frame that study an order: cost against size, schedules, the frontier, its instruments compared."""

from __future__ import annotations

from msgspec import Struct

from fillcast.dashboard.wire_books import State


class Line(Struct, frozen=True):
    """Net cost against size of one way to trade, bps of the arrival mid; lists of one length.

    Attributes
    ----------
    base
        Base units filled, rising.
    net_bps, low_bps, high_bps
        Point and joint interval.
    at_most
        Where the size reaches beyond the proven edge.
    reason
        Why the line is empty, or empty.
    """

    base: list[float]
    net_bps: list[float]
    low_bps: list[float]
    high_bps: list[float]
    at_most: list[bool]
    reason: str


class Curve(Struct, frozen=True):
    """Part `curve`: cost against size for the whole order at once, in even slices, and in the best ones; 5 a second.

    Attributes
    ----------
    now, twap, optimal
        A market order; `twap` and `is` over the horizon of `order`.
    level
        Probability of the intervals.
    order_base, order_bps
        The order's own size and net cost; null where it has no price.
    """

    version: int
    side: int
    level: float
    now: Line
    twap: Line
    optimal: Line
    order_base: float | None
    order_bps: float | None


class Path(Struct, frozen=True):
    """Trades of one way to work the order; lists of one length.

    Attributes
    ----------
    name
        `order`: as asked, `twap` and `optimal`: the alternatives over the same horizon.
    at_s
        Seconds from now.
    base, left_base
        Base units traded then, and left afterwards.
    price
        Expected, quote currency per base.
    net_bps, sd_bps
        Of the whole: expected cost and its standard deviation; null where it has no price.
    reason
        Why there is none, or empty.
    """

    name: str
    at_s: list[float]
    base: list[float]
    left_base: list[float]
    price: list[float]
    net_bps: float | None
    sd_bps: float | None
    reason: str


class Schedule(Struct, frozen=True):
    """Part `schedule`: how much is left to trade over the horizon; 5 a second.

    Attributes
    ----------
    band_s, band_bps
        One standard deviation of the mid's move by each time; seconds, bps.
    """

    version: int
    horizon_s: float
    paths: list[Path]
    band_s: list[float]
    band_bps: list[float]


class Frontier(Struct, frozen=True):
    """Part `frontier`: expected cost against risk of the order worked optimally; 5 a second.

    Attributes
    ----------
    risk_aversion
        Per unit of quote currency, rising; asked for as type `is`, each gives the cost beside it.
    cost_bps, sd_bps
        Expected net cost, and standard deviation of the cost.
    chosen
        Index of the risk aversion in force; null without a price.
    now_cost_bps, now_sd_bps
        Of a market order, for comparison.
    reason
        Why the lists are empty, or empty.
    """

    version: int
    horizon_s: float
    risk_aversion: list[float]
    cost_bps: list[float]
    sd_bps: list[float]
    chosen: int | None
    now_cost_bps: float | None
    now_sd_bps: float | None
    reason: str


class Compared(Struct, frozen=True):
    """The order on one instrument of the session.

    Attributes
    ----------
    net_vs_common_bps
        Cost at one reference for all rows; null where it cannot be told, for which `not_compared` says why.
    split_share
        Share of 1 that the best split over the instruments takes here.
    updates_per_s
        Versions of the book a second.
    """

    instrument: str
    state: State
    proof: str
    reason: str
    age_ms: float | None
    best_bid: float | None
    best_ask: float | None
    spread_bps: float | None
    net_bps: float | None
    low_bps: float | None
    high_bps: float | None
    net_quote: float | None
    cost_currency: str
    at_most: bool
    fee_bps: float | None
    net_vs_common_bps: float | None
    not_compared: str
    split_share: float | None
    updates_per_s: float


class Comparison(Struct, frozen=True):
    """Part `comparison`: the order on every instrument that the session follows; 1 a second.

    Attributes
    ----------
    split_net_bps, split_saving_bps, split_at_most
        The order spread over the instruments in the best way; null without a split, `split_reason` says why.
    """

    rows: list[Compared]
    reference_name: str
    reference_price: float | None
    reference_currency: str
    split_net_bps: float | None
    split_saving_bps: float | None
    split_at_most: bool
    split_reason: str


class Market(Struct, frozen=True):
    """Part `market`: what was seen of the instrument while it was followed; 1 a second.

    Attributes
    ----------
    volatility_percent, volatility_words
        Measured, percent a year, and what it rests on.
    buys, sells, buy_base, sell_base, window_s
        Trades by aggressor in the last seconds, base units.
    """

    instrument: str
    volatility_percent: float
    volatility_words: str
    buys: int
    sells: int
    buy_base: float
    sell_base: float
    window_s: float
