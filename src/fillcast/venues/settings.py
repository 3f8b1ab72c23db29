"""What a protocol waits for, compares and believes, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MILLISECOND_NS: Final = 1_000_000
SECOND_NS: Final = 1_000_000_000
MINUTE_NS: Final = 60 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of one connection, in nanoseconds unless named otherwise.

    Attributes
    ----------
    check_every_ns
        How often `tick` is asked for: what a late book costs at most before it is seen.
    ping_after_ns
        Silence after which the venue is asked for a sign of life: 20 frames of the slowest cadence in use, so that a
        busy line is never asked. A quiet one that answers stays LIVE.
    silence_ns
        Age of the last proof of life at which books become STALE: a question that has not been answered for 2 s, as
        late as `lag_limit_ns` allows a frame to be. A line that holds everything back for 5 s is seen by this while
        it does, and by its lag when it goes on.
    dead_ns
        Age at which the connection is given up and opened again.
    lag_limit_ns, lag_window_ns
        A book is STALE while receive minus event time is `lag_limit_ns` above its minimum of the window (20 frames of
        the slowest cadence in use), and LIVE again below half of it. The window forgets a clock that was set. None
        switches the rule off: recordings carry their recorder's pauses.
    keepalive_wait_ns
        OKX says about every 60 s that a book has not changed, Bitfinex every 15 s; a LIVE book without either for
        three times the longer has been dropped and is subscribed anew. None switches the rule off: recordings carry
        their recorder's pauses.
    snapshot_wait_ns
        How long OKX is given to send the first book itself before REST is asked (it came within 0.5 s in captures).
    stream_wait_ns
        How long a venue whose books come in the stream alone is given to send the first one before it is asked again
        (0.5 s in captures; 30 s at least on Bitfinex, where 13 s were seen, and on Coinbase, whose largest has 5 MB).
    reply_wait_ns
        How long a REST reply may take before it is asked for again.
    fetch_spacing_ns, fetch_spacing_max_ns
        Pause before a snapshot is fetched again; doubles up to the maximum, at which one that never fits costs 8 %
        of what Binance spot allows (two of weight 250 a minute, of 6000).
    resync_spacing_ns, resync_spacing_max_ns
        Pause before a book that broke again soon after its last resync is resynced; doubles up to the maximum.
    settled_ns
        A book that has been LIVE for so long when it breaks is forgiven its earlier resyncs.
    refused_wait_ns
        Pause before a refused subscription is tried again.
    max_buffered
        Messages held for one splice (over 8 minutes at 100 ms); beyond it the splice starts over.
    refresh_bps, refresh_spacing_ns
        A fresh snapshot is spliced when less than this is proven on a side, at most so often.
    deep_check_ns
        How often a book whose checksum covers ten levels (Kraken) is compared with a REST snapshot: wrong levels below
        them stay unseen for so long at most. 100 books then make 200 requests an hour, of the 3,600 that Kraken takes,
        and each moves 40 KB. None switches it off: recordings hold no replies.
    asked_window_ns
        For so long, up to twice, twice the largest size that was asked for is kept proven.
    compare_levels
        Levels a side that a fresh snapshot must share with the book.
    check_touch
        Compare best bid and ask messages with the book at the same id.
    use_stream_snapshot
        Disputed (OKX): the stream's own first book is used when it comes; off: always REST.
    accept_next_id
        Disputed (Binance spot): the first event after a snapshot may start at its id + 1, as the older text allows.
    accept_link_at_snapshot
        Disputed (Binance futures): the first event may also be one whose `pu` is the snapshot's id.
    use_gate_obu
        Disputed (Gate): books are followed by `spot.obu`, which the venue announced in May 2025 and other clients took
        up in 2026: it sends the book itself, 400 levels a side. Off: by `spot.order_book_update`, whose first book is
        a cached REST reply of 100 levels; regional hosts may know no other.
    skip_duplicates
        Disputed: the very message applied last, sent again, is skipped; off: it is a gap.
    require_consecutive
        Disputed (Bybit): an update whose `u` is not one more than the last is a gap, as the venue's Chinese text and
        every stream that was looked at have it; off: any higher `u` follows, and nothing but the transport is proof.
    checksum_exponents
        Disputed (Bitfinex): the text of a checksum writes numbers below 0.000001 with an exponent, as JavaScript
        prints them. A checksum in the tests of the venue's Python client agrees, and so did a user's live ones
        (bfx-api-node-models issue 70); off: plain decimals, as that model library of the venue writes them.
    """

    check_every_ns: int = 250 * MILLISECOND_NS
    ping_after_ns: int = 2 * SECOND_NS
    silence_ns: int = 4 * SECOND_NS
    dead_ns: int = 20 * SECOND_NS
    lag_limit_ns: int | None = 2 * SECOND_NS
    lag_window_ns: int = 10 * MINUTE_NS
    keepalive_wait_ns: int | None = 3 * MINUTE_NS
    snapshot_wait_ns: int = 3 * SECOND_NS
    stream_wait_ns: int = 5 * SECOND_NS
    reply_wait_ns: int = 15 * SECOND_NS
    fetch_spacing_ns: int = 250 * MILLISECOND_NS
    fetch_spacing_max_ns: int = 30 * SECOND_NS
    resync_spacing_ns: int = SECOND_NS
    resync_spacing_max_ns: int = MINUTE_NS
    settled_ns: int = MINUTE_NS
    refused_wait_ns: int = 5 * MINUTE_NS
    max_buffered: int = 5_000
    refresh_bps: float = 10.0
    refresh_spacing_ns: int = 30 * SECOND_NS
    deep_check_ns: int | None = 30 * MINUTE_NS
    asked_window_ns: int = 5 * MINUTE_NS
    compare_levels: int = 20
    check_touch: bool = False
    use_stream_snapshot: bool = True
    accept_next_id: bool = True
    accept_link_at_snapshot: bool = True
    use_gate_obu: bool = True
    skip_duplicates: bool = True
    require_consecutive: bool = True
    checksum_exponents: bool = True


CAPTURE_SETTINGS: Final = Settings(lag_limit_ns=None, keepalive_wait_ns=None, deep_check_ns=None, check_touch=True)


def backoff_ns(first_ns: int, longest_ns: int, attempts: int) -> int:
    """Return the pause before attempt number `attempts` (0: none), doubling from `first_ns` to `longest_ns`."""
    return min(first_ns << min(attempts - 1, 30), longest_ns) if attempts > 0 else 0
