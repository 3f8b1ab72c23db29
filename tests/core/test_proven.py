from __future__ import annotations

import math

import pytest

from fillcast.core.proven import proven_widths_bps


@pytest.mark.parametrize(
    ("mid", "bid_edge", "ask_edge", "bids", "asks"),
    [
        (100.0, 99.0, 102.0, 100.0, 200.0),
        (100.0, None, 102.0, math.inf, 200.0),
        (100.0, None, None, math.inf, math.inf),
        (100.0, 100.0, 100.0, 0.0, 0.0),
        (103.0, 99.0, 100.1, 10_000 * 4 / 103, 0.0),  # up and past the asks: 281 bps away, none of them proven
        (97.0, 99.0, 100.1, 0.0, 10_000 * 3.1 / 97),  # down and past the bids
        (math.nan, 99.0, None, 0.0, math.inf),  # no mid: nothing is proven about it
    ],
)
def test_what_is_proven_ends_where_the_market_has_run_past_it(
    mid: float, bid_edge: float | None, ask_edge: float | None, bids: float, asks: float
) -> None:
    assert proven_widths_bps(mid, bid_edge, ask_edge) == pytest.approx((bids, asks))
