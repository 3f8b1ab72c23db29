"""The object of `quote --json` as structs: what `fillcast.forecast.report.report` returns, with its types stated.

bps count from the arrival mid; amounts are in the quote currency (a quanto contract's in what it settles in), named by
`cost_currency`. A cost above 0 is paid. Fields that no forecast fills are null.
"""

from __future__ import annotations

from msgspec import Struct


class QuotedBook(Struct, frozen=True):
    """The book that a forecast rests on.

    Attributes
    ----------
    age_ms, last_change_ms
        Milliseconds since the connection's last proof of life, and since the book's last change.
    proven_bps
        Distance from the mid within which both sides are proven; null where the whole book is known.
    event_ns
        Venue time of the last change, nanoseconds UTC.
    """

    state: str
    proof: str
    age_ms: float | None
    last_change_ms: float | None
    sequence: int | None
    proven_bps: float | None
    version: int | None
    event_ns: int | None


class QuotedOrder(Struct, frozen=True):
    """The order as it was read.

    Attributes
    ----------
    size, size_unit
        As it was typed, and the unit that was understood.
    price
        Of a limit order, as the venue writes it.
    horizon_s, latency_ms
        Seconds, milliseconds.
    participation
        Share of all volume, above 0 and below 1.
    risk_aversion
        Per unit of quote currency.
    filled_size
        In the venue's own size unit, as the venue writes it.
    note
        How the size was read, rounded and left.
    """

    side: str
    type: str
    size: str
    size_unit: str | None
    price: str | None
    post_only: bool | None
    horizon_s: float | None
    participation: float | None
    risk_aversion: float | None
    filled_lots: int | None
    filled_size: str | None
    tier: str | None
    latency_ms: float | None
    note: str | None


class QuotedReference(Struct, frozen=True):
    """The price that every bps counts from, in quote currency per base."""

    name: str
    price: float | None


class QuotedComponent(Struct, frozen=True):
    """One part of the cost; the parts' `bps` add up to net, their intervals do not.

    Attributes
    ----------
    low_bps, high_bps, low_quote, high_quote
        Interval of this part alone.
    source
        What the part rests on, one sentence.
    """

    name: str
    bps: float
    quote: float
    low_bps: float
    high_bps: float
    low_quote: float
    high_quote: float
    source: str


class QuotedNet(Struct, frozen=True):
    """The whole cost.

    Attributes
    ----------
    level
        Probability of the joint interval, such as 0.9.
    at_most
        The price reaches beyond the proven edge: the cost is an upper bound.
    """

    bps: float
    quote: float
    low_bps: float
    high_bps: float
    low_quote: float
    high_quote: float
    level: float
    at_most: bool


class QuotedSlice(Struct, frozen=True):
    """One trade of a worked order: seconds from now, lots, base units, bps of the arrival mid, expected price."""

    at_s: float
    lots: int
    base: float
    cost_bps: float
    price: float


class QuotedDistribution(Struct, frozen=True):
    """Quantiles of the net cost in bps, its 95 % conditional value at risk, and the Student scale behind them."""

    p5_bps: float
    p50_bps: float
    p95_bps: float
    p99_bps: float
    cvar95_bps: float
    scale_bps: float
    degrees_of_freedom: float


class QuotedSquareRoot(Struct, frozen=True):
    """What the square-root law says of the same order, read by its whole size and by its rate, bps.

    The second is null where a slice is more than the market trades meanwhile.
    """

    total_size_bps: float
    rate_based_bps: float | None


class QuotedCommonReference(Struct, frozen=True):
    """The one price that several instruments are compared at, in `currency`."""

    name: str
    price: float
    currency: str


class Quoted(Struct, frozen=True):
    """A forecast, exactly as `quote --json` prints it.

    Attributes
    ----------
    as_of_ns
        Wall time, nanoseconds UTC: beyond 2^53, so that JavaScript rounds it.
    reason
        Why there is no forecast; null while there is one.
    filled_base, unfilled_base, unproven_base
        Base units met, not shown by the book, and met beyond the proven edge.
    average_price, all_in_price, worst_price
        Quote currency per base: of the fill, with all costs, and the last one touched.
    maker_share, fill_probability
        Shares of 1; the ranges hold their low and high end.
    footprint_bps
        What the order leaves behind, no part of net.
    """

    instrument: str
    as_of_ns: int
    book: QuotedBook
    order: QuotedOrder
    reference: QuotedReference
    filled_base: float | None
    filled_quote: float | None
    unfilled_base: float | None
    unproven_base: float | None
    average_price: float | None
    all_in_price: float | None
    worst_price: float | None
    levels: int | None
    components: list[QuotedComponent]
    net: QuotedNet | None
    cost_currency: str | None
    reason: str | None
    common_reference: QuotedCommonReference | None
    common_rate: float | None
    net_vs_common_bps: float | None
    not_compared: str | None
    maker_share: float
    maker_share_range: list[float] | None
    fill_probability: float | None
    fill_probability_range: list[float] | None
    schedule: list[QuotedSlice]
    footprint_bps: float | None
    distribution: QuotedDistribution | None
    square_root: QuotedSquareRoot | None
    provenance: list[str]
