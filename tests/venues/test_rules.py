from __future__ import annotations

import numpy as np
import pytest

from fillcast.venues.retired.okx_unnumbered import NeverSpliced
from fillcast.venues.rules import FuturesRules, OkxRules, SpotRules, UnnumberedRules, Verdict
from fillcast.venues.slots import Message

ROWS = np.array([[1, 10, 1, 0]], np.int64)
NEXT, DUPLICATE, KEEPALIVE, RESET, GAP = Verdict


def message(link: int = -1, last: int = -1, first: int = -1, *, empty: bool = False) -> Message:
    if empty:
        return Message(link, first, last)
    return Message(link, first, last, rows=ROWS)


@pytest.mark.parametrize(
    ("link", "last", "empty", "verdict"),
    [
        (100, 112, False, NEXT),  # steps are irregular
        (100, 101, True, NEXT),  # ids move without a change that is shown
        (100, 3, False, RESET),  # the venue's example: 10 then 3
        (95, 100, False, DUPLICATE),
        (100, 100, True, KEEPALIVE),
        (100, 100, False, GAP),  # levels under an id that already stands for another book
        (101, 113, False, GAP),
        (99, 113, False, GAP),
        (112, 3, False, GAP),  # a reset that does not follow
        (101, 101, True, GAP),  # a keep-alive of a book that is not ours
        (-1, 112, False, GAP),
        (100, 99, False, RESET),
        (101, 100, False, GAP),  # it steps back to where the book stands, from where it never was
    ],
)
def test_okx_rule(link: int, last: int, empty: bool, verdict: Verdict) -> None:
    assert OkxRules().follows(100, message(link, last, empty=empty)) is verdict


def test_okx_duplicate_can_be_a_gap() -> None:
    assert OkxRules(skip_duplicates=False).follows(100, message(95, 100)) is GAP


@pytest.mark.parametrize(
    ("link", "last", "discarded", "bridges"),
    [(90, 100, True, False), (100, 107, False, True), (95, 107, False, True), (101, 107, False, False)],
)
def test_okx_splice(link: int, last: int, discarded: bool, bridges: bool) -> None:
    rules = OkxRules()
    assert rules.discards(message(link, last), 100) is discarded
    assert rules.bridges(message(link, last), 100) is bridges
    assert rules.reach(message(link, last)) == link
    assert rules.loss(100, message(link, last)) is None


@pytest.mark.parametrize(
    ("first", "last", "verdict", "loss"),
    [
        (101, 104, NEXT, 0),
        (101, 101, NEXT, 0),
        (98, 104, NEXT, None),  # overlaps: absolute sizes, nothing lost
        (90, 100, DUPLICATE, None),
        (90, 99, DUPLICATE, None),
        (102, 104, GAP, 1),
        (111, 120, GAP, 10),
    ],
)
def test_spot_rule(first: int, last: int, verdict: Verdict, loss: int | None) -> None:
    one = message(first - 1, last, first)
    assert SpotRules().follows(100, one) is verdict
    if loss is not None:
        assert SpotRules().loss(100, one) == loss


@pytest.mark.parametrize(
    ("first", "last", "discarded", "strict", "lenient"),
    [
        (90, 100, True, True, True),
        (100, 104, False, True, True),
        (95, 104, False, True, True),
        (101, 104, False, False, True),  # the texts differ about this one
        (102, 104, False, False, False),
    ],
)
def test_spot_splice(first: int, last: int, discarded: bool, strict: bool, lenient: bool) -> None:
    one = message(first - 1, last, first)
    assert SpotRules().discards(one, 100) is discarded
    assert SpotRules(accept_next_id=True).bridges(one, 100) is lenient
    assert SpotRules(accept_next_id=False).bridges(one, 100) is strict
    assert SpotRules(accept_next_id=True).reach(one) == first - 1
    assert SpotRules(accept_next_id=False).reach(one) == first


@pytest.mark.parametrize(
    ("link", "first", "last", "verdict"),
    [
        (100, 105, 110, NEXT),
        (100, 100, 100, NEXT),
        (90, 95, 100, DUPLICATE),
        (90, 95, 99, GAP),  # older than the last: out of order
        (101, 105, 110, GAP),
        (99, 101, 110, GAP),
        (100, 90, 95, GAP),  # ids that step back
    ],
)
def test_futures_rule(link: int, first: int, last: int, verdict: Verdict) -> None:
    assert FuturesRules().follows(100, message(link, last, first)) is verdict
    assert FuturesRules().loss(100, message(link, last, first)) is None


@pytest.mark.parametrize(
    ("link", "first", "last", "discarded", "strict", "lenient"),
    [
        (80, 90, 99, True, False, False),
        (80, 90, 100, False, True, True),
        (80, 100, 110, False, True, True),
        (100, 105, 110, False, False, True),  # not in the venue's text
        (101, 105, 110, False, False, False),
    ],
)
def test_futures_splice(link: int, first: int, last: int, discarded: bool, strict: bool, lenient: bool) -> None:
    one = message(link, last, first)
    assert FuturesRules().discards(one, 100) is discarded
    assert FuturesRules().bridges(one, 100) is lenient
    assert FuturesRules(accept_link_at_snapshot=False).bridges(one, 100) is strict


def test_unnumbered_messages_always_follow_and_never_splice() -> None:
    assert UnnumberedRules().follows(-1, message()) is NEXT
    rules = NeverSpliced()
    assert rules.follows(-1, message()) is NEXT
    assert rules.discards(message(), 5)
    assert not rules.bridges(message(), 5)
