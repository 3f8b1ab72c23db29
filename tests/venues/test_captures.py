"""The books of real recordings, rebuilt by the protocols; the figures are those of `expected.json`.

The longest recordings are left to the tests of `verify`, which reads them through the same protocols.
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState, Proof
from fillcast.venues.dialects import detect
from fillcast.venues.okx.instruments import list_instruments
from fillcast.venues.protocol import Gap, Rejected
from fillcast.venues.splicing import SplicingConnection

FRAME = re.compile(rb"^([0-9.]+):? (\{.*)$")
REPLY = re.compile(rb"^(https://\S+) -> ([0-9.]+): (\{.*)$")
Input = tuple[int, str | None, bytes]  # receive time, symbol of a REST reply, bytes


def time_ns(text: bytes) -> int:
    """Return a receive time in ns; lines carry seconds with a fraction, or whole nanoseconds."""
    return int(Decimal(text.decode()) * (10**9 if b"." in text else 1))


def inputs(path: Path) -> Iterator[Input]:
    """Yield the inputs of one recorded file."""
    text = path.read_bytes()
    for line in (gzip.decompress(text) if path.suffix == ".gz" else text).splitlines():
        if match := REPLY.match(line):
            symbol = re.search(rb"symbol=(\w+)", match[1])
            assert symbol is not None
            yield time_ns(match[2]), symbol[1].decode(), match[3]
        elif match := FRAME.match(line):
            yield time_ns(match[1]), None, match[2]
        elif line.startswith(b"{"):
            yield 0, None, line


def recorded(folder: Path, files: list[str]) -> list[Input]:
    """Return the inputs of a set of files in the order of their receive times, REST replies joined in."""
    paths = [folder / name for name in files]
    paths += [beside for path in paths if (beside := Path(str(path).replace(".ws.", ".http."))) != path]
    found = [entry for path in paths if path.exists() for entry in inputs(path)]
    return sorted(found, key=lambda entry: entry[0])


def rebuilt(entries: list[Input], *, fast: bool = False) -> tuple[SplicingConnection, list[Gap | Rejected]]:
    """Rebuild every book of a recording, its scale inferred in a first pass."""
    dialect = next(found for _, symbol, body in entries if not symbol and (found := detect(body)))
    measure = dialect.measure()
    scales: dict[str, tuple[int, int]] = {}
    for _, symbol, body in entries:
        for figures in [dialect.measure_reply(symbol, body)] if symbol else measure(body):
            known = scales.get(figures.symbol, (0, 0))
            scales[figures.symbol] = max(known[0], figures.prices[1]), max(known[1], figures.sizes[1])
    unnamed = scales.pop("", (0, 0))  # a snapshot among the frames of one symbol
    instruments = [
        Instrument(
            dialect.venue,
            symbol,
            symbol,
            "",
            Decimal(1).scaleb(-max(prices, unnamed[0])),
            Decimal(1).scaleb(-max(sizes, unnamed[1])),
            fixed_decimals=dialect.fixed_decimals,
            scale_inferred=True,
        )
        for symbol, (prices, sizes) in scales.items()
    ]
    connection = dialect.connection(instruments, fast=fast)
    assert isinstance(connection, SplicingConnection)
    connection.opened(0, 0)
    notices: list[Gap | Rejected] = []
    for at_ns, symbol, body in entries:
        if symbol:
            effects = connection.snapshot_reply(symbol, body, at_ns, at_ns)
        else:
            effects = connection.frame(body, at_ns, at_ns)
        notices += [effect for effect in effects if isinstance(effect, Gap | Rejected)]
    return connection, notices


def expectation(folder: Path, part: str) -> dict[str, Any]:
    """Return the entry of `expected.json` whose first file's name holds `part`."""
    every = json.loads((folder / "expected.json").read_text())["captures"]
    found: dict[str, Any] = next(entry for entry in every if part in entry["files"][0])
    return found


@pytest.mark.parametrize(
    ("part", "books"),
    [
        ("okx_books_20220513", 3),
        ("okx_books-l2-tbt", 10),
        ("okx_books_20260824", 1),
        ("binance_spot_20211012", 4),
        ("binance_spot_20210417", 10),
        ("binance_usdm_20210722", 4),
        ("binance_coinm_20210722", 10),
    ],
)
def test_every_book_is_right_throughout(captures: Path, part: str, books: int) -> None:
    expected = expectation(captures, part)
    connection, notices = rebuilt(recorded(captures, expected["files"]))
    tallies = [connection.tally(index) for index in range(len(connection.books))]
    assert not notices
    assert connection.rejected == 0
    assert [book.state for book in connection.books] == [BookState.LIVE] * books
    found = {
        "checksums": sum(tally.checksums_matched for tally in tallies),
        "updates": sum(tally.updates for tally in tallies),
        "sequence_checked": sum(tally.sequence_checked for tally in tallies),
        "gaps": sum(tally.gaps for tally in tallies),
        "crossed": sum(tally.crossed for tally in tallies),
        "bridged": sum(tally.bridged for tally in tallies),
        "touch": [
            sum(tally.touches_matched for tally in tallies),
            sum(tally.touches_checked for tally in tallies),
        ],
        "trades": sum(tally.trades for tally in tallies),
    }
    wanted = {name: value for name, value in expected.items() if name in found}
    assert {name: found[name] for name in wanted} == wanted
    proof = Proof.CHECKSUM if "checksums" in expected else Proof.SEQUENCE
    assert {book.proof for book in connection.books} == {proof}
    assert all(tally.checksums_checked == tally.checksums_matched for tally in tallies)


@pytest.mark.parametrize("part", ["okx_books_20220513", "okx_books_20260824", "binance_coinm_20210722"])
def test_compiled_and_reference_reading_end_with_the_same_books(captures: Path, part: str) -> None:
    entries = recorded(captures, expectation(captures, part)["files"])
    compiled, reference = (rebuilt(entries, fast=fast)[0] for fast in (True, False))
    for one, other in zip(compiled.books, reference.books, strict=True):
        for side in (1, -1):
            assert [column.tolist() for column in one.levels(side)] == [
                column.tolist() for column in other.levels(side)
            ]
        assert (one.last_id, one.event_ns, one.state) == (other.last_id, other.event_ns, other.state)


@pytest.mark.parametrize(
    ("part", "reason"),
    [("okx_books_20220513", "checksum"), ("okx_books_20260824", "sequence"), ("binance_spot_20211012", "sequence")],
)
def test_one_lost_frame_is_found(captures: Path, part: str, reason: str) -> None:
    entries = recorded(captures, expectation(captures, part)["files"])
    updates = [index for index, entry in enumerate(entries) if b'"update"' in entry[2] or b"depthUpdate" in entry[2]]
    found = []
    for index in updates[len(updates) // 2 : len(updates) // 2 + 3]:
        _, notices = rebuilt(entries[:index] + entries[index + 1 :])
        found += [str(notice.reason) for notice in notices if isinstance(notice, Gap)]
    assert reason in found


def test_okx_metadata_of_2022_is_read(captures: Path) -> None:
    path = captures / "okx" / "okx_instruments_20220513.http.txt.gz"
    with gzip.open(path, "rb") as lines:
        bodies = [match[3] for line in lines if (match := REPLY.match(line.rstrip(b"\n")))]
    known = {}
    for body in bodies:
        if b'"instType":"OPTION"' not in body[:2000]:
            known |= {one.symbol: one for one in list_instruments([body]).instruments}
    assert len(known) > 500
    spot, inverse, linear = known["BTC-USDT"], known["BTC-USD-SWAP"], known["BTC-USDT-SWAP"]
    assert (str(spot.tick), str(spot.lot), spot.kind, spot.fee_group) == ("0.1", "1E-8", "linear", "spot")
    assert (inverse.kind, inverse.contract_value, inverse.settle) == ("inverse", 100, "BTC")
    assert (linear.kind, str(linear.contract_value), linear.settle) == ("linear", "0.01", "USDT")
