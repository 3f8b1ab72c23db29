"""What each fault of the lab must be seen as on each venue, by that venue's own rule.

An expectation names the reasons that the rule allows, whether the fault concerns every book of the connection, and,
where the fault may rightly stay unseen, why. A venue that can be followed in two ways stands here twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fillcast.venues.protocol import GapReason
from fillcast.venues.settings import Settings

REORDER, SYNTAX, WITHHELD, STALE = "reorder", "corrupt_syntax", "withheld_snapshot", "stale_snapshot"
ON_FIRST_BOOKS: Final = (WITHHELD, STALE)  # these wait for a resync, which another fault must cause


@dataclass(frozen=True, slots=True)
class Expectation:
    """How one fault is rightly seen.

    Attributes
    ----------
    reasons
        The gap must have one of these; none: there must be no gap.
    unseen
        Why the book may rightly stay LIVE; empty: the fault must be seen.
    whole
        Whether every book of the connection must leave LIVE; else no other may.
    """

    reasons: tuple[GapReason, ...] = ()
    unseen: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Followed:
    """One venue as it is followed here.

    Attributes
    ----------
    venue
        Its name, as in `okx:BTC-USDT`.
    symbols
        What is followed on one connection; the first is struck.
    expected
        By kind of fault.
    cause
        The fault that makes a book be asked for anew: one that the venue's rule always shows.
    joined
        REST requests of an undisturbed resync: 1 where books are joined to REST.
    settings
        Other than the default, where the venue is followed in its other way.
    """

    venue: str
    symbols: tuple[str, ...]
    expected: Mapping[str, Expectation]
    cause: str = "drop"
    joined: int = 0
    settings: Settings | None = None


BY_ID: Final = Expectation((GapReason.SEQUENCE,))
BY_COUNT: Final = Expectation((GapReason.SEQUENCE,), whole=True)
BY_CHECKSUM: Final = Expectation((GapReason.CHECKSUM,))
REPEATED: Final = Expectation(unseen="the message applied last, sent again, is known by its id and passed over")

EVERYWHERE: Final = {
    "corrupt": Expectation((GapReason.CROSSED,)),
    SYNTAX: Expectation((GapReason.MALFORMED,)),
    "stall": Expectation((GapReason.SILENCE,), whole=True),
    "disconnect": Expectation((GapReason.DISCONNECT,), whole=True),
}
LINKED: Final = EVERYWHERE | {
    "drop": BY_ID,
    "duplicate": REPEATED,
    REORDER: BY_ID,
    "corrupt_sequence": BY_ID,
    "sequence_reset": BY_ID,
    WITHHELD: BY_ID,
}
JOINED: Final = LINKED | {STALE: BY_ID}
COUNTED: Final = EVERYWHERE | dict.fromkeys(
    ("drop", "duplicate", REORDER, "corrupt_sequence", "sequence_reset", WITHHELD), BY_COUNT
)
# Kraken: what is no JSON may be of any book. Coinbase: nothing tells its number. Bitfinex: the next number is a gap.
UNREADABLE: Final = {SYNTAX: Expectation((GapReason.MALFORMED,), whole=True)}

OKX: Final = LINKED | {
    "checksum": BY_CHECKSUM,
    "sequence_reset": Expectation(unseen="the venue documents it: a lower seqId whose prevSeqId is the last one"),
}
BYBIT: Final = LINKED | {
    "sequence_reset": Expectation(unseen="the venue documents it: u 1 is a whole book and takes the place of the last"),
}
KRAKEN: Final = (
    EVERYWHERE
    | UNREADABLE
    | {
        "drop": Expectation(
            (GapReason.CHECKSUM, GapReason.CROSSED),
            unseen="nothing is numbered: what the best ten levels do not show is found against REST every 30 min",
        ),
        "duplicate": Expectation(unseen="sizes are absolute: the same message again leaves the same book and checksum"),
        REORDER: Expectation(
            (GapReason.CHECKSUM, GapReason.CROSSED),
            unseen="nothing is numbered: two messages that do not touch the same levels of the best ten may swap",
        ),
        "corrupt_sequence": BY_CHECKSUM,
        "checksum": BY_CHECKSUM,
        WITHHELD: BY_CHECKSUM,
    }
)
COINBASE: Final = COUNTED | UNREADABLE
BITFINEX: Final = COUNTED | UNREADABLE | {"checksum": BY_CHECKSUM}

FOLLOWED: Final = {
    "okx": Followed("okx", ("BTC-USDT", "ETH-USDT"), OKX),
    "binance_spot": Followed("binance_spot", ("BTCUSDT", "ETHUSDT"), JOINED, joined=1),
    "binance_usdm": Followed("binance_usdm", ("BTCUSDT", "ETHUSDT"), JOINED, joined=1),
    "binance_coinm": Followed("binance_coinm", ("BTCUSD_PERP", "ETHUSD_PERP"), JOINED, joined=1),
    "bybit_spot": Followed("bybit_spot", ("BTCUSDT", "ETHUSDT"), BYBIT),
    "bybit_linear": Followed("bybit_linear", ("BTCUSDT", "ETHUSDT"), BYBIT),
    "bybit_inverse": Followed("bybit_inverse", ("BTCUSD", "C000USD"), BYBIT),
    "kraken": Followed("kraken", ("BTC/USD", "ETH/USD"), KRAKEN, cause="checksum"),
    "coinbase": Followed("coinbase", ("BTC-USD", "ETH-USD"), COINBASE),
    "deribit": Followed("deribit", ("BTC-PERPETUAL", "ETH-PERPETUAL"), LINKED),
    "gate": Followed("gate", ("BTC_USDT", "ETH_USDT"), LINKED),
    "gate_joined": Followed(
        "gate",
        ("BTC_USDT", "ETH_USDT"),
        JOINED,
        joined=1,
        # 100 levels of the lab's book reach less far than is kept proven: the fetches that follow would be counted.
        settings=Settings(use_gate_obu=False, refresh_bps=0.0),
    ),
    "bitfinex": Followed("bitfinex", ("tBTCUSD", "tETHUSD"), BITFINEX),
}
# Restarted ids come last: an old first book from before them has higher ids than the stream, and waits for it 15 s.
KINDS: Final = (
    *("drop", "duplicate", REORDER, "corrupt", "corrupt_sequence", SYNTAX, "checksum", "stall", "disconnect"),
    *(WITHHELD, STALE, "sequence_reset"),
)
