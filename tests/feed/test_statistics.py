"""Rates that are right from the first second on."""

from __future__ import annotations

import pytest

from fillcast.feed.statistics import SECOND_NS, Rate


@pytest.mark.parametrize("seconds", [2, 5, 60])
def test_a_steady_stream_has_its_rate_however_short_it_is(seconds: int) -> None:
    rate, start = Rate(), 1_000 * SECOND_NS
    for tenth in range(10 * seconds):
        rate.add(2, start + tenth * SECOND_NS // 10)
    assert rate.per_s(start + seconds * SECOND_NS) == pytest.approx(20, rel=0.1)


def test_a_stream_that_stops_fades_and_one_event_is_no_flood() -> None:
    rate, start = Rate(), 1_000 * SECOND_NS
    assert rate.per_s(start) == 0
    rate.add(1, start)
    assert rate.per_s(start) <= 1.2
    assert rate.per_s(start + 60 * SECOND_NS) < 0.01
