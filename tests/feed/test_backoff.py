from __future__ import annotations

from fillcast.feed.backoff import Backoff, BackoffPolicy

POLICY = BackoffPolicy(first_s=1.0, factor=2.0, longest_s=10.0, stable_s=30.0)


def test_waits_double_up_to_the_longest_and_the_jitter_takes_at_most_half() -> None:
    least = Backoff(POLICY, lambda: 0.0)
    most = Backoff(POLICY, lambda: 1.0)
    assert [least.next_delay_s() for _ in range(6)] == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0]
    assert [most.next_delay_s() for _ in range(6)] == [1.0, 2.0, 4.0, 8.0, 10.0, 10.0]


def test_only_a_connection_that_lasted_starts_the_schedule_again() -> None:
    backoff = Backoff(POLICY, lambda: 1.0)
    backoff.next_delay_s()
    backoff.lasted(29.9)
    assert (backoff.next_delay_s(), backoff.failures) == (2.0, 2)
    backoff.lasted(30.0)
    assert (backoff.next_delay_s(), backoff.failures) == (1.0, 1)
