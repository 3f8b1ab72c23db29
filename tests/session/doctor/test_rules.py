"""Every rule of the doctor: that it holds on a venue that does as it should, and a violation of it that is told."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest

from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.session.doctor.evidence import Asked, Evidence, FirstBook, Hole, SeenBook, SeenLine, Spread
from fillcast.session.doctor.finding import Finding
from fillcast.session.doctor.rules import RULES, apply_rules, holds, verdict
from fillcast.session.gap_words import span
from fillcast.venues.protocol import Gap, GapReason
from fillcast.venues.slots import Tally

MS = 1_000_000
BTC = Instrument("okx", "BTC-USDT", "BTC", "USDT", Decimal("0.1"), Decimal("0.001"))
ETH = Instrument("okx", "ETH-USDT", "ETH", "USDT", Decimal("0.01"), Decimal("0.001"))
FIRST = FirstBook(False, 300 * MS, (400, 399), (9.1, 8.5))


def tally(**counts: int) -> Tally:
    return Tally(**{"snapshots": 1, "updates": 290, "sequence_checked": 290, "trades": 50, **counts})


def book(instrument: Instrument = BTC, **more: object) -> SeenBook:
    seen = SeenBook(
        instrument,
        BookState.LIVE,
        "",
        Proof.SEQUENCE,
        tally(checksums_checked=291, checksums_matched=291, touches_checked=40, touches_matched=40, refreshes=1),
        FIRST,
        Spread(289, 90 * MS, 100 * MS, 130 * MS, 340 * MS),
        buys=30,
        sells=20,
        sided=45,
        compared=50,
    )
    return replace(seen, **more)  # type: ignore[arg-type]


def line(**more: object) -> SeenLine:
    seen = SeenLine(
        "ws.okx.com:8443",
        rest_ns=80 * MS,
        sockets=1,
        connect_ns=120 * MS,
        frames=600,
        frame_bytes=90_000,
        largest_batch=5,
        max_queue=64,
        silence_ns=800 * MS,
        questions=1,
        round_trips=Spread(10, 20 * MS, 24 * MS, 40 * MS, 41 * MS),
        numbering=(600, 0),
    )
    return replace(seen, **more)  # type: ignore[arg-type]


def evidence(**more: object) -> Evidence:
    seen = Evidence(
        "okx",
        30.0,
        line(),
        (book(),),
        delays=Spread(290, 30 * MS, 270 * MS, 300 * MS, 310 * MS),
        lag=Spread(290, 0, 10 * MS, 40 * MS, 50 * MS),
    )
    return replace(seen, **more)  # type: ignore[arg-type]


def hole(
    reason: GapReason, detail: str = "what was seen", loss: int | None = None, after: int | None = 200 * MS
) -> Hole:
    return Hole(Gap("okx:BTC-USDT", 1, 2, reason, detail, loss), after)


def by_name(seen: Evidence) -> dict[str, Finding]:
    return {finding.what: finding for finding in apply_rules(seen)}


def test_a_venue_that_does_as_it_should_holds_every_rule() -> None:
    findings = apply_rules(evidence())
    assert {finding.what: finding.held for finding in findings} == dict.fromkeys(by_name(evidence()), True)
    assert len(findings) == len(RULES) == len(by_name(evidence()))
    assert holds(findings)
    assert verdict("okx", findings) == "what okx does agrees with what fillcast assumes (16 rules held)"
    assert all(one.what and one.found and one.why and one.effect and not one.command for one in findings)


VIOLATIONS = [
    ("reachable", {"line": line(unopened=("okx#1: cannot reach it; attempt 2 in 1.0 s",))}, "attempt 2"),
    ("instruments", {"holes": (hole(GapReason.OFF_GRID, "price 0.15 is off the grid"),)}, "price 0.15"),
    (
        "first book",
        {"books": (book(first=None, state=BookState.SYNCING, reason="waiting for the first book"),)},
        "okx:BTC-USDT was never LIVE: SYNCING (waiting for the first book)",
    ),
    (
        "fresh snapshot",
        {"holes": (hole(GapReason.SNAPSHOT_MISMATCH),)},
        "1 of 2 later REST snapshots equalled the book",
    ),
    (
        "sequence",
        {"holes": (hole(GapReason.SEQUENCE, "update 9 follows 8", 3),)},
        "1 gap, 0 resets, 0 duplicates, 3 updates lost",
    ),
    ("connection numbering", {"line": line(numbering=(600, 1))}, "600 messages checked, 1 gap"),
    (
        "checksum",
        {
            "books": (book(tally=tally(checksums_checked=291, checksums_matched=290)),),
            "holes": (hole(GapReason.CHECKSUM),),
        },
        "290 of 291 matched",
    ),
    (
        "best bid and ask",
        {"books": (book(tally=tally(touches_checked=40, touches_matched=39)),), "holes": (hole(GapReason.TOUCH),)},
        "39 of 40 equal",
    ),
    (
        "not crossed",
        {"books": (book(tally=tally(crossed=1)),), "holes": (hole(GapReason.CROSSED),)},
        "1 of 291 changes crossed the book",
    ),
    ("trades", {"books": (book(sided=16),)}, "16 of 50 on their aggressor's side"),
    ("understood", {"line": line(rejected=1, rejections=("rejected: no JSON ({)",))}, "1 of 600 frames rejected"),
    ("understood", {"line": line(refused=1, refusals=("refused: Invalid symbol (code -1121)",))}, "Invalid symbol"),
    ("heartbeat", {"holes": (hole(GapReason.SILENCE),)}, "longest silence 800 ms, asked 1 time"),
    ("rates", {"line": line(throttled=2)}, "too many requests 2 times"),
    (
        "clock",
        {"delays": Spread(290, 3_600_010 * MS, 3_600_010 * MS, 3_600_020 * MS, 3_600_020 * MS)},
        "3600.00 s ahead",
    ),
    ("lag", {"holes": (hole(GapReason.LAG),)}, "p50 10 ms, p99 40 ms, max 50 ms"),
    ("understood", {"holes": (hole(GapReason.REFUSED, "the venue ended the subscription"),)}, "ended the subscription"),
    ("reconnects", {"line": line(reconnects=2)}, "2 reconnects"),
    ("reconnects", {"holes": (hole(GapReason.DISCONNECT, "connection lost"),)}, "connection lost"),
]


@pytest.mark.parametrize(
    ("name", "planted", "says"), VIOLATIONS, ids=[f"{name}-{says}" for name, _, says in VIOLATIONS]
)
def test_a_violation_breaks_its_rule_and_no_other(name: str, planted: dict[str, object], says: str) -> None:
    findings = apply_rules(evidence(**planted))
    assert [finding.what for finding in findings if finding.held is False] == [name]
    told = next(finding for finding in findings if finding.what == name)
    assert says in f"{told.found} | {told.effect}"
    assert not holds(findings)
    assert verdict("okx", findings) == f"1 rule did not hold on okx: {name}"


def test_every_rule_can_be_broken() -> None:
    assert {name for name, _, _ in VIOLATIONS} == set(by_name(evidence()))


@pytest.mark.parametrize("reason", sorted(set(GapReason) - {GapReason.SNAPSHOT_MISSING}))
def test_no_kind_of_gap_passes_in_silence(reason: GapReason) -> None:
    assert not holds(apply_rules(evidence(holes=(hole(reason),))))


def test_a_first_book_that_came_by_the_other_way_is_no_violation() -> None:
    """Whether OKX sends its first book itself is disputed: without one, REST is asked."""
    late = replace(FIRST, from_rest=True, after_ns=3_200 * MS)
    findings = apply_rules(evidence(books=(book(first=late),), holes=(hole(GapReason.SNAPSHOT_MISSING),)))
    assert holds(findings)


def test_what_was_not_seen_is_neither_held_nor_broken() -> None:
    silent = Evidence(
        "okx", 30.0, SeenLine("ws.okx.com", 1, 1), (SeenBook(BTC, BookState.SYNCING, "", Proof.NONE, Tally()),)
    )
    findings = by_name(silent)
    assert {name for name, finding in findings.items() if finding.held is not None} == {"reachable", "first book"}
    assert "connection numbering" not in findings
    assert findings["sequence"].found == "no update came"
    assert findings["checksum"].found == "the venue sent none"
    assert findings["heartbeat"].found == findings["reconnects"].found == "no socket was open"
    assert all(finding.found and finding.effect for finding in findings.values())
    assert not holds(list(findings.values())), "nothing was LIVE"


def test_why_no_later_snapshot_was_compared_is_told_as_no_fault() -> None:
    found = by_name(evidence(books=(book(tally=tally()),)))["fresh snapshot"]
    assert (found.held, found.found) == (None, "no later REST snapshot was fetched to compare the book with")
    assert "nothing is known against the book" in found.effect


@pytest.mark.parametrize(
    ("touches", "says", "means"),
    [
        (0, "the venue sent no message with its best bid and ask alone", "not compared with another source"),
        (1, "1 message came, none with the id of a state that the book was in", "says nothing against the book"),
        (3200, "3,200 messages came, none with the id of a state that the book was in", "could not be compared"),
    ],
)
def test_best_bids_and_asks_that_came_are_told_from_none(touches: int, says: str, means: str) -> None:
    found = by_name(evidence(books=(book(tally=tally(), touches=touches),)))["best bid and ask"]
    assert (found.held, found.found) == (None, says)
    assert means in found.effect


def test_without_a_list_of_instruments_that_alone_is_told() -> None:
    failure = "host did not list its instruments within 5 s: no answer"
    unlisted = Evidence("okx", 0.0, SeenLine("host", 5_000 * MS, 0, rest_failure=failure), ())
    findings = by_name(unlisted)
    assert {name for name, finding in findings.items() if finding.held is not None} == {"reachable"}
    assert findings["reachable"].held is False
    assert findings["reachable"].effect == failure
    assert all(finding.found and finding.effect for finding in findings.values())
    assert verdict("okx", list(findings.values())) == "1 rule did not hold on okx: reachable"


def test_every_command_reaches_the_venue_as_the_user_did() -> None:
    """Every rule that proposes one, broken; a URL that a shell would split is quoted."""
    asked = Asked(("BTC-USDT", "ETH-USDT"), 90.0, "http://127.0.0.1:8100/a&b", "http://127.0.0.1:3128")
    commands = {
        finding.what: finding.command
        for _, planted, _ in VIOLATIONS
        for finding in apply_rules(evidence(**planted, asked=asked))
        if finding.command
    }
    way = "--endpoint 'okx=http://127.0.0.1:8100/a&b' --proxy http://127.0.0.1:3128"
    assert set(commands) == {name for name, _, _ in VIOLATIONS} - {"trades", "reachable"}
    assert commands["first book"] == f"fillcast doctor okx BTC-USDT --seconds 180 {way}"
    assert commands["instruments"] == f"fillcast instruments okx {way}"
    assert commands["clock"] == "timedatectl status"
    assert {command for name, command in commands.items() if name not in ("first book", "instruments", "clock")} == {
        f"fillcast watch okx:BTC-USDT --json {way}"
    }


def test_a_proxy_is_proposed_to_whoever_used_none() -> None:
    unreached = line(unopened=("okx#1: cannot reach it",))
    asked = Asked(("BTC-USDT",), 12.5, "http://127.0.0.1:8100")
    assert by_name(evidence(line=unreached, asked=asked))["reachable"].command == (
        "fillcast doctor okx BTC-USDT --seconds 12.5 --endpoint okx=http://127.0.0.1:8100 --proxy URL"
    )
    proxied = replace(asked, proxy="http://127.0.0.1:3128")
    assert by_name(evidence(line=unreached, asked=proxied))["reachable"].command == ""


def test_credentials_of_a_proxy_are_not_repeated() -> None:
    asked = Asked(proxy="http://me:secret@proxy:3128")
    told = by_name(evidence(line=line(reconnects=1), asked=asked))["reconnects"].command
    assert told == "fillcast watch okx:BTC-USDT --json --proxy http://USER:PASSWORD@proxy:3128"


def test_a_socket_that_is_closed_at_the_end_is_lost_even_if_it_never_came_back() -> None:
    gone = "okx#1: closed by the server with code 1001; attempt 2 in 1.0 s"
    found = by_name(evidence(line=line(closed=(gone,))))["reconnects"]
    assert (found.held, found.found, found.effect) == (False, "0 reconnects, 1 socket closed at the end", gone)


def test_a_burst_that_fills_the_queue_is_told_and_no_violation() -> None:
    found = by_name(evidence(line=line(largest_batch=65)))["rates"]
    assert found.held
    assert (
        "at most 65 frames waited (more than 64: reading paused); an update every 100 ms (p50), 340 ms (max)"
        in found.found
    )
    assert "20.0 frames/s, 9.7 updates/s, 3.0 kB/s" in found.found


def test_updates_without_ids_are_told_from_no_updates() -> None:
    found = by_name(evidence(books=(book(tally=tally(sequence_checked=0)),)))["sequence"]
    assert (found.held, found.found) == (None, "the updates carry no ids")


@pytest.mark.parametrize(
    ("sided", "compared", "held"), [(10, 19, None), (2, 19, None), (10, 20, True), (9, 20, None), (6, 20, False)]
)
def test_the_aggressor_is_judged_by_enough_trades_only(sided: int, compared: int, held: bool | None) -> None:
    assert by_name(evidence(books=(book(sided=sided, compared=compared),)))["trades"].held is held


def test_a_gap_is_told_in_its_own_words_with_what_to_run() -> None:
    gaps = (hole(GapReason.SEQUENCE, "update 9 follows 8, the book stands at 7"), hole(GapReason.SEQUENCE, after=None))
    found = by_name(evidence(holes=gaps))["sequence"]
    assert found.effect == (
        "okx:BTC-USDT was not priced: update 9 follows 8, the book stands at 7; LIVE again after 200 ms; 1 more"
    )
    assert found.found.endswith("2 gaps, 0 resets, 0 duplicates, loss unknowable")
    assert found.command == "fillcast watch okx:BTC-USDT --json"
    assert "not LIVE again" in by_name(evidence(holes=gaps[1:]))["sequence"].effect


def test_the_first_book_says_where_it_came_from_and_how_far_it_reaches() -> None:
    assert by_name(evidence())["first book"].found == (
        "from the stream after 300 ms, 400 bids and 399 asks, proven to 8.50 bps"
    )
    whole = replace(FIRST, from_rest=True, proven_bps=(math.inf, math.inf))
    two = evidence(books=(book(first=whole), book(ETH, first=None, state=BookState.EMPTY)))
    assert by_name(two)["first book"].found == (
        "BTC-USDT from REST, joined to the stream, after 300 ms, 400 bids and 399 asks, proven whole; "
        "okx:ETH-USDT was never LIVE: EMPTY"
    )


@pytest.mark.parametrize(
    ("least_ms", "says", "held", "command"),
    [
        (260, "about 250 ms ahead of the venue's, ±10 ms", True, "timedatectl status"),
        (-90, "about 100 ms behind the venue's, ±10 ms", True, ""),
        (-111, "about 121 ms behind the venue's, ±10 ms", True, "timedatectl status"),
        (120, "about 110 ms ahead of the venue's, ±10 ms", True, ""),  # what is not certain is no reason to act
        (1_020, "about 1.01 s ahead of the venue's, ±10 ms", True, "timedatectl status"),
        (1_021, "about 1.01 s ahead of the venue's, ±10 ms", False, "timedatectl status"),
        (-3_599_990, "about 3600.00 s behind the venue's, ±10 ms", False, "timedatectl status"),
    ],
)
def test_the_clock_is_told_with_an_honest_bound(least_ms: int, says: str, held: bool, command: str) -> None:
    """Receive minus send time at its minimum, less half of the shortest round trip (20 ms)."""
    delays = Spread(290, least_ms * MS, 300 * MS, 300 * MS, 310 * MS)
    found = by_name(evidence(delays=delays))["clock"]
    assert says in found.found
    assert (found.held, found.command) == (held, command)


def test_without_a_pong_or_a_time_the_offset_is_not_told() -> None:
    deaf = by_name(evidence(line=line(round_trips=None)))
    assert (deaf["clock"].held, deaf["clock"].found) == (None, "offset and way together 30 ms, no pong")
    assert "no ping answered" in deaf["heartbeat"].found
    timeless = by_name(evidence(delays=None, lag=None))
    assert (timeless["clock"].held, timeless["lag"].held) == (None, None)


@pytest.mark.parametrize(
    ("nanoseconds", "text"), [(0, "0.0 ms"), (9_940_000, "9.9 ms"), (10_000_000, "10 ms"), (1_250_000_000, "1.25 s")]
)
def test_spans_are_in_the_unit_that_suits_them(nanoseconds: int, text: str) -> None:
    assert span(nanoseconds) == text
