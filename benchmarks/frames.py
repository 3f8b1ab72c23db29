"""The frames of a capture, in the order in which a feed would hand them to a book.

Only frames that change a book are kept: acknowledgements, trades, tickers and bookTickers are left out.
"""

from __future__ import annotations

import gzip
import os
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

VARIABLE = "FILLCAST_CAPTURES"
RESTATED = ", as sent today"
CHECKSUM = re.compile(rb'"checksum":-?[0-9]+')
CHANNEL = re.compile(rb'"channel":"books[^"]*"')


@dataclass(frozen=True, slots=True)
class Scale:
    """Tick, lot and order size of one instrument, as decimal text in the venue's own units."""

    tick: str
    lot: str
    size: str


@dataclass(frozen=True, slots=True)
class Capture:
    """Frames of one capture, the instrument that each belongs to, and the scale of each instrument.

    ``snapshot`` is the REST reply that the book starts from, or None where the stream brings its own
    snapshots. ``live`` says that the frames are in the form that the venue sends today; else they are in one
    that only recordings hold.
    """

    name: str
    venue: str
    instruments: dict[str, Scale]
    snapshot: bytes | None
    frames: list[bytes]
    symbols: list[str]
    live: bool = True


class _Entry(msgspec.Struct):
    name: str
    venue: str
    file: str
    line_format: str
    instruments: dict[str, Scale]


class _Table(msgspec.Struct):
    capture: list[_Entry]


class _Update(msgspec.Struct):
    e: str = ""
    u: int = 0
    s: str = ""


class _BinanceLine(msgspec.Struct):
    data: _Update = msgspec.field(default_factory=_Update)
    last_update_id: int | None = msgspec.field(default=None, name="lastUpdateId")


class _Argument(msgspec.Struct):
    channel: str = ""
    instrument: str = msgspec.field(default="", name="instId")


class _OkxLine(msgspec.Struct):
    arg: _Argument = msgspec.field(default_factory=_Argument)
    action: str = ""


def load(folder: str | None = None) -> tuple[list[Capture], list[str]]:
    """Return every capture of ``captures.toml`` that is present and one line for each that is not."""
    folder = os.environ.get(VARIABLE) if folder is None else folder
    entries = msgspec.convert(
        tomllib.loads(Path(__file__).with_name("captures.toml").read_text(encoding="utf-8")), _Table
    ).capture
    captures: list[Capture] = []
    skipped: list[str] = []
    for entry in entries:
        if not folder:
            skipped.append(f"skipped {entry.name}: {VARIABLE} is not set to the folder that holds {entry.file}")
        elif not (path := Path(folder) / entry.file).exists():
            skipped.append(f"skipped {entry.name}: {entry.file} is not in the folder of {VARIABLE}")
        else:
            capture = _read(entry, path)
            if capture.venue == "okx" and b'"seqId"' not in capture.frames[0]:
                captures += [replace(capture, live=False), _restated(capture)]
            else:
                captures.append(capture)
    return captures, skipped


def _read(entry: _Entry, path: Path) -> Capture:
    read = _binance if entry.venue == "binance_usdm" else _okx
    snapshot, frames = read(_payloads(path, entry.line_format))
    symbols = [symbol for symbol, _ in frames]
    if unknown := set(symbols) - set(entry.instruments):
        raise ValueError(f"{entry.file}: captures.toml has no tick, lot and size for {sorted(unknown)}")
    return Capture(entry.name, entry.venue, entry.instruments, snapshot, [frame for _, frame in frames], symbols)


def _restated(capture: Capture) -> Capture:
    """Return a recording of OKX's unnumbered dialect as the venue would send it today.

    Levels, times and order are as recorded. The channel is `books`, the checksum is 0, and each instrument's
    messages are numbered and linked, which is what proves a book today.
    """
    last: dict[str, int] = {}
    frames = []
    for symbol, frame in zip(capture.symbols, capture.frames, strict=True):
        link = -1 if b'"action":"snapshot"' in frame else last[symbol]
        last[symbol] = max(link, 0) + 1
        ids = b'"checksum":0,"seqId":%d,"prevSeqId":%d' % (last[symbol], link)
        frames.append(CHECKSUM.sub(ids, CHANNEL.sub(b'"channel":"books"', frame)))
    return replace(capture, name=f"{capture.name}{RESTATED}", frames=frames)


def _payloads(path: Path, line_format: str) -> Iterator[bytes]:
    """Each frame as the venue sent it, without the recorder's time stamp."""
    separator = {"A": b": ", "B": b" ", "C": b""}[line_format]
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as stream:
        for raw in stream:
            line = raw.rstrip(b"\r\n")
            if line_format == "A" and not line[:1].isdigit():
                continue  # what the recorder sent, connects, settings
            yield line.partition(separator)[2] if separator else line


def _binance(lines: Iterable[bytes]) -> tuple[bytes, list[tuple[str, bytes]]]:
    """The REST snapshot and every depthUpdate that follows it by number, each with its symbol.

    The recorder's snapshot arrived while updates were already flowing: those that end before it are dropped,
    the one that spans it and those after are kept, as the venue prescribes, wherever they stand in the file.
    """
    decode = msgspec.json.Decoder(_BinanceLine).decode
    snapshot, snapshot_id = None, 0
    updates: list[tuple[_Update, bytes]] = []
    for line in lines:
        head = decode(line)
        if head.last_update_id is not None:
            snapshot, snapshot_id = line, head.last_update_id
        elif head.data.e == "depthUpdate":
            updates.append((head.data, line))
    if snapshot is None:
        raise ValueError("the Binance capture holds no REST depth snapshot")
    return snapshot, [(update.s, line) for update, line in updates if update.u >= snapshot_id]


def _okx(lines: Iterable[bytes]) -> tuple[None, list[tuple[str, bytes]]]:
    """Every snapshot and update of an incremental books channel, each with its instrument."""
    decode = msgspec.json.Decoder(_OkxLine).decode
    heads = ((decode(line), line) for line in lines)
    return None, [
        (head.arg.instrument, line) for head, line in heads if head.action and head.arg.channel.startswith("books")
    ]
