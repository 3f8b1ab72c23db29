from __future__ import annotations

import pytest

from fillcast.core.book import Book
from fillcast.core.state import BookState, Proof
from fillcast.forecast.book_report import report_book
from fillcast.venues.protocol import Health
from tests.forecast.examples import SPOT, view_of

BIDS, ASKS = [("103.00", "1"), ("102.90", "1")], [("103.10", "1"), ("103.20", "1")]


@pytest.mark.parametrize(
    ("proven_bid", "proven_ask", "proven_bps"),
    [
        ("102.90", "103.20", 1e4 * 0.15 / 103.05),
        ("102.90", "100.10", 0.0),  # the market ran 3 % past the asks of its snapshot
        ("106.00", "103.20", 0.0),  # and past its bids
        (None, "103.20", 1e4 * 0.15 / 103.05),
        (None, None, None),
    ],
)
def test_nothing_is_reported_as_proven_beyond_the_edge(
    proven_bid: str | None, proven_ask: str | None, proven_bps: float | None
) -> None:
    view = view_of(SPOT, BIDS, ASKS, proven_bid=proven_bid, proven_ask=proven_ask)
    reported = report_book(view, None).proven_bps
    assert reported == (None if proven_bps is None else pytest.approx(proven_bps))
    if proven_ask == "100.10":
        assert view.walk(1, 1).unproven_lots == 1


def test_before_the_first_sign_of_life_there_is_no_age() -> None:
    uptime_ns = 6_120_000_000_000  # what the monotonic clock stands at
    empty = Book(SPOT).view()
    silent = report_book(empty, Health(BookState.EMPTY, "", Proof.NONE, uptime_ns, 0, 0))
    assert (silent.age_ms, silent.last_change_ms, silent.age_s) == (None, None, 0.0)
    waiting = report_book(empty, Health(BookState.SYNCING, "", Proof.NONE, 5_000_000, 0, 0))
    assert (waiting.age_ms, waiting.last_change_ms) == (5.0, None)
