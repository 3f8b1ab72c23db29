"""Venue times as text: exact to the nanosecond, and refused by name when they are anything else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fillcast.errors import FrameError
from fillcast.venues.levels import LATEST_MS
from fillcast.venues.times import utc_text_ns

SECOND_NS = 1_000_000_000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T00:00:00.000000001Z", 1),
        ("1970-01-02T00:00:01.5Z", 86_401_500_000_000),
        ("2023-10-06T17:35:55.440295Z", 1_696_613_755_440_295_000),
        ("2026-08-24T22:34:13.793075885Z", 1_787_610_853_793_075_885),
        ("2024-02-29T23:59:59.999999999Z", 1_709_251_199_999_999_999),
    ],
)
def test_times_are_exact(text: str, expected: int) -> None:
    assert utc_text_ns(text) == expected


@given(st.integers(0, LATEST_MS // 1000 - 1), st.integers(0, SECOND_NS - 1), st.integers(0, 9))
def test_every_second_and_every_number_of_digits_agrees_with_the_calendar(
    seconds: int, fraction: int, digits: int
) -> None:
    kept = fraction - fraction % 10 ** (9 - digits)
    written = f".{fraction:09d}"[: 1 + digits] if digits else ""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    assert utc_text_ns(f"{moment:%Y-%m-%dT%H:%M:%S}{written}Z") == seconds * SECOND_NS + kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2023-10-06",
        "2023-10-06T17:35:55",
        "2023-10-06 17:35:55Z",
        "2023-10-06T17:35:55.Z",
        "2023-10-06T17:35:55.1234567890Z",
        "2023-10-06T17:35:55+00:00",
        "2023-10-06T17:35:55z",
        "2023-10-06T24:00:00Z",
        "2023-10-06T23:60:00Z",
        "2016-12-31T23:59:60Z",
        "2023-02-29T00:00:00Z",
        "2023-13-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "1969-12-31T23:59:59.999999999Z",
        "2249-01-01T00:00:00Z",
        "9999-12-31T23:59:59Z",
        "٢٠٢٣-10-06T17:35:55Z",
        "2023-10-06T17:35:55Z\n",
        " 2023-10-06T17:35:55Z",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(FrameError):
        utc_text_ns(text)
