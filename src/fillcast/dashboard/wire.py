"""What goes over the page's WebSocket: the schema, from which `static/wire.d.ts` and `wire.js` are written.

**Server to page**, binary: msgpack of `[v, seq, sent_ms, [[kind, body], ...]]` (`Frame`), one frame per credit. `seq`
counts 1, 2, 3, ... per connection; a body replaces what was known of its kind, except that a `book` with a `base`
changes the book of that version, and `trades` follow one another. A part is left out while it has not changed.

**Page to server**, binary: one byte, or a msgpack map.

- `CREDIT` (0x01): the last frame is drawn, send the next one; also sent once on opening. Without a credit nothing is
  sent, so that a hidden or paused page costs nothing.
- `RESEND` (0x02): as `CREDIT`, and the next frame repeats everything, its book whole: after a gap in `seq`, or a
  `base` that is not the version held.
- `Asked`, a map: what to forecast from now on. The answer comes in the next frame: `order`, with the words in force,
  and `errors` with a sentence per field that cannot be used, in which case the order in force stays what it was.

Parts `book`, `taken`, `forecast`, `last` and `depth` of one frame rest on one version of one book. `curve`, `schedule`
and `frontier` take longer to make than a frame: each rests on one version too, which it names. Figures that do not
exist are null, never NaN. Columns are little-endian bytes at any offset: copy them (`.slice()`) before laying a typed
array over them.
"""

from __future__ import annotations

from msgspec import Struct

from fillcast.dashboard.wire_books import Book, Depth, Last, Taken, Trades
from fillcast.dashboard.wire_quote import Quoted
from fillcast.dashboard.wire_studies import Comparison, Curve, Frontier, Market, Schedule
from fillcast.dashboard.wire_vitals import Health, Latency

VERSION = 1
CREDIT = b"\x01"
RESEND = b"\x02"
MOST_LEVELS = 200  # a side, best first


class Asked(Struct, frozen=True, forbid_unknown_fields=True):
    """What a page asks a forecast of, in the words of the command line; an empty text takes the default.

    Attributes
    ----------
    id
        Any number of the page's choosing, told back in `order` and `errors`.
    instrument
        `venue:symbol`.
    side, type
        `buy` or `sell`; `market`, `limit`, `twap`, `vwap`, `pov` or `is`.
    size
        Such as `2.5`, `2.5btc`, `100000usd`, `40ct`.
    price, post_only
        Of a limit order.
    tier
        The venue's fee tier.
    fee_maker, fee_taker
        Fees that the user states, such as `8bps` or `0.1%`; they come before the tier's.
    volatility
        Stated volatility, percent a year, such as `45` or `45%`; else the measured one.
    latency, horizon
        Durations such as `250ms`, `10m`.
    participation, risk_aversion
        Numbers: a share of all volume, and a cost per unit of variance and quote currency.
    level
        Probability of the intervals, such as `0.9` or `90%`.
    """

    id: int = 0
    instrument: str = ""
    side: str = "buy"
    type: str = "market"
    size: str = ""
    price: str = ""
    post_only: bool = False
    tier: str = ""
    fee_maker: str = ""
    fee_taker: str = ""
    volatility: str = ""
    latency: str = ""
    horizon: str = ""
    participation: str = ""
    risk_aversion: str = ""
    level: str = ""


class Instrument(Struct, frozen=True):
    """What can be asked for.

    Attributes
    ----------
    tick
        Quote currency per base of one tick: a price is ticks times this, shown with `price_decimals`.
    price_decimals, size_decimals
        Decimals of prices, and of sizes in base units.
    kind
        `linear`, `inverse` or `quanto`; of a quanto contract "base" is settle currency per unit of price.
    tiers
        Names of the venue's fee tiers, a new account's first.
    units
        Suffixes that a size may have there, such as `btc`, `usd`, `ct`.
    """

    key: str
    venue: str
    symbol: str
    base: str
    quote: str
    cost_currency: str
    tick: float
    price_decimals: int
    size_decimals: int
    kind: str
    tiers: list[str]
    units: list[str]


class Instruments(Struct, frozen=True):
    """Part `instruments`, once: all that the session follows, and by key why nothing is known of others."""

    followed: list[Instrument]
    unanswered: dict[str, str]
    version: str


class Order(Struct, frozen=True):
    """Part `order`: what the other parts are about.

    Attributes
    ----------
    asked
        The words in force, with the `id` of the message that brought them.
    volatility_percent
        What is used for the volatility, percent a year.
    volatility_is_stated
        Whether the page stated it.
    horizon_s, risk_aversion
        Of the worked alternatives in `curve`, `schedule` and `frontier`; seconds, and per unit of quote currency.
    """

    asked: Asked
    volatility_percent: float
    volatility_is_stated: bool
    horizon_s: float
    risk_aversion: float


class Errors(Struct, frozen=True):
    """Part `errors`: by field of `Asked`, why it cannot be used. Empty: the order with this `id` is in force."""

    id: int
    fields: dict[str, str]


Body = (
    Instruments
    | Order
    | Errors
    | Book
    | Trades
    | Taken
    | Quoted
    | Last
    | Depth
    | Curve
    | Schedule
    | Frontier
    | Comparison
    | Market
    | Latency
    | Health
)

PARTS: dict[str, type[Struct]] = {
    "instruments": Instruments,
    "order": Order,
    "errors": Errors,
    "book": Book,
    "trades": Trades,
    "taken": Taken,
    "forecast": Quoted,
    "last": Last,
    "depth": Depth,
    "curve": Curve,
    "schedule": Schedule,
    "frontier": Frontier,
    "comparison": Comparison,
    "market": Market,
    "latency": Latency,
    "health": Health,
}


class Frame(Struct, frozen=True, array_like=True):
    """`[v, seq, sent_ms, parts]`: version of this schema, number of the frame, wall ms UTC, `[kind, body]` each."""

    v: int
    seq: int
    sent_ms: float
    parts: list[tuple[str, Body]]
