"""The same market on a virtual clock, into a capture file: no sockets, and the same bytes for a seed."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from fillcast.core.units import NS_PER_MS
from fillcast.errors import UsageError
from fillcast.lab.exchange import QUANTUM_MS, Exchange, LabOptions
from fillcast.lab.instruments import BINANCE, OKX
from fillcast.lab.market import seed_word
from fillcast.lab.moment import Frame

EPOCH_NS = 1_790_000_000_000_000_000  # 21 September 2026: virtual time starts here whatever today is
SNAPSHOT_AFTER_MS = 350  # the recorder's REST request comes back a few depth events after its subscription
SNAPSHOT_DEPTH = 1000
DELAY_NS = 3 * NS_PER_MS  # transport delay: a constant and the mean of an exponential part
JITTER_NS = NS_PER_MS
FRAME_GAP_NS = 20_000  # between two frames that arrive together
CHANNELS = {OKX: ("books", "trades"), BINANCE: ("depth@100ms", "bookTicker", "aggTrade")}


@dataclass(frozen=True, slots=True)
class CaptureSummary:
    """What was written: frames (REST replies included), bytes, and seconds of market time."""

    path: Path
    frames: int
    size_bytes: int
    seconds: float


class _Recorder:
    """Writes frames with receive times that never go back."""

    def __init__(self, file: BinaryIO, seed: int) -> None:
        self.frames = 0
        self.size_bytes = 0
        self._file = file
        self._last_ns = 0
        self._draws = random.Random(seed_word("recorder", seed))

    def write(self, wall_ns: int, data: bytes) -> None:
        received = wall_ns + DELAY_NS + int(self._draws.expovariate(1.0) * JITTER_NS)
        self._last_ns = max(received, self._last_ns + FRAME_GAP_NS)
        line = b"%d %b\n" % (self._last_ns, data)
        self._file.write(line)
        self.frames += 1
        self.size_bytes += len(line)


def write_capture(
    path: str | Path,
    protocol: str,
    symbols: Sequence[str],
    seed: int,
    seconds: float,
    *,
    channels: Iterable[str] | None = None,
    options: LabOptions | None = None,
) -> CaptureSummary:
    """Write a capture in the hftbacktest line format: `<receive time, ns> <frame>`.

    A Binance capture holds combined-stream frames and one REST depth reply per symbol; an OKX capture holds
    the subscription acknowledgements, each book's snapshot, and plain frames.

    Parameters
    ----------
    path
        The file to write; an existing one is replaced.
    protocol
        "okx" or "binance_usdm".
    symbols
        In the venue's own spelling.
    seed
        Same seed, same bytes (on one platform: the flow draws logarithms from the C library).
    seconds
        Market time to write, a positive multiple of 10 ms.
    channels
        OKX channels or Binance stream names without the symbol; books and trades when absent.
    options
        See `LabOptions`; the speed is not used.

    Raises
    ------
    UsageError
        When the protocol, a symbol or the time cannot be used.
    """
    if protocol not in CHANNELS:
        raise UsageError(f"lab capture: {protocol!r} is none of {', '.join(CHANNELS)}")
    if not symbols:
        raise UsageError("lab capture: name at least one symbol")
    steps = round(seconds * 1000 / QUANTUM_MS) if 0 < seconds < 1e7 else 0
    if steps < 1:
        raise UsageError(f"lab capture: {seconds:g} seconds cannot be written; at least 0.01 are needed")
    exchange = Exchange(seed, options, {protocol: symbols}, wall_ns=EPOCH_NS)
    wanted = _topics(exchange, protocol, tuple(channels or CHANNELS[protocol]))
    snapshots_due = SNAPSHOT_AFTER_MS if protocol == BINANCE else None
    with Path(path).open("wb") as file:
        recorder = _Recorder(file, seed)
        if protocol == OKX:
            _okx_opening(recorder, exchange, wanted)
        for _ in range(steps):
            wall_ns = EPOCH_NS + (exchange.market_ms + QUANTUM_MS) * NS_PER_MS
            for frame in exchange.step(wall_ns, wanted):
                recorder.write(wall_ns, frame.data if protocol == OKX else _combined(frame))
            if exchange.market_ms == snapshots_due:
                moment = exchange.moment(wall_ns)
                for feed in exchange.binance.values():
                    recorder.write(wall_ns, feed.rest_depth(moment, SNAPSHOT_DEPTH))
    return CaptureSummary(Path(path), recorder.frames, recorder.size_bytes, steps * QUANTUM_MS / 1000)


def _topics(exchange: Exchange, protocol: str, channels: Sequence[str]) -> frozenset[str]:
    wanted: set[str] = set()
    for feed in exchange.feeds():
        for channel in channels:
            if channel not in feed.topics:
                raise UsageError(f"lab capture: {protocol} has no {channel!r}; it has {', '.join(feed.topics)}")
            wanted.add(feed.topics[channel])
    return frozenset(wanted)


def _okx_opening(recorder: _Recorder, exchange: Exchange, wanted: frozenset[str]) -> None:
    for symbol, feed in exchange.okx.items():
        for channel, topic in feed.topics.items():
            if topic in wanted:
                arg = f'{{"channel":"{channel}","instId":"{symbol}"}}'
                recorder.write(EPOCH_NS, f'{{"event":"subscribe","arg":{arg},"connId":"00000001"}}'.encode())
        if feed.topics["books"] in wanted and exchange.options.initial_snapshot:
            recorder.write(EPOCH_NS, feed.snapshot())


def _combined(frame: Frame) -> bytes:
    return b'{"stream":"%b","data":%b}' % (frame.topic.encode(), frame.data)
