from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.feed.limits import RateLimit

SECOND = 1_000_000_000
REQUESTS = st.lists(st.tuples(st.integers(0, SECOND), st.integers(0, 5)), min_size=1, max_size=60)


def most_in_any_window(grants: list[tuple[int, int]], window_ns: int) -> int:
    """Return the largest weight granted within any half-open window."""
    return max(sum(weight for at, weight in grants if start <= at < start + window_ns) for start, _ in grants)


class LeakyBucket:
    """The planted violation: a full bucket that refills at the full rate."""

    def __init__(self, limit: int, window_ns: int) -> None:
        self.limit, self.window_ns, self.tokens, self.at_ns = limit, window_ns, float(limit), 0

    def reserve(self, weight: int, now_ns: int) -> int:
        at_ns = max(now_ns, self.at_ns)
        self.tokens = min(self.limit, self.tokens + (at_ns - self.at_ns) * self.limit / self.window_ns)
        if self.tokens < weight:
            wait_ns = int((weight - self.tokens) * self.window_ns / self.limit) + 1
            at_ns, self.tokens = at_ns + wait_ns, float(weight)
        self.tokens -= weight
        self.at_ns = at_ns
        return at_ns


def grants_of(limit: RateLimit | LeakyBucket, requests: list[tuple[int, int]]) -> list[tuple[int, int]]:
    now_ns, grants = 0, []
    for pause_ns, weight in requests:
        now_ns += pause_ns
        grants.append((limit.reserve(weight, now_ns), weight))
        assert grants[-1][0] >= now_ns
    return grants


@given(REQUESTS)
def test_no_window_holds_more_than_the_limit(requests: list[tuple[int, int]]) -> None:
    grants = grants_of(RateLimit(7, SECOND), requests)
    assert most_in_any_window(grants, SECOND) <= 7
    times = [at for at, _ in grants]
    assert times == sorted(times), "a grant overtook an earlier one"


def test_the_property_catches_a_bucket_that_refills_while_full() -> None:
    grants = grants_of(LeakyBucket(7, SECOND), [(0, 1)] * 20)
    assert most_in_any_window(grants, SECOND) > 7


def test_the_whole_limit_is_granted_at_once_and_the_next_one_when_the_first_has_left() -> None:
    limit = RateLimit(3, SECOND)
    assert [limit.reserve(1, 50) for _ in range(3)] == [50, 50, 50]
    assert limit.used(50) == 3
    assert limit.reserve(1, 60) == 50 + SECOND
    assert limit.used(50 + SECOND) == 1


def test_a_request_that_never_fits_is_refused() -> None:
    with pytest.raises(ValueError, match="never fits"):
        RateLimit(3, SECOND).reserve(4, 0)
    with pytest.raises(ValueError, match="positive"):
        RateLimit(0, SECOND)
