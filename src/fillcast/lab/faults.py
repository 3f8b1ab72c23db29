"""Faults on demand: each planted exactly once, in one connection's frames of one book, and logged."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field

from fillcast.errors import UsageError
from fillcast.lab.fault_kinds import ON_FRAMES, FaultKind
from fillcast.lab.moment import Frame
from fillcast.lab.protocols import PROTOCOLS, Listed, listed_symbols, protocol_of

STALL_S = 5.0


@dataclass(frozen=True, slots=True)
class FaultRequest:
    """What to plant, where and when.

    Attributes
    ----------
    kind
        What.
    protocol, symbol
        Where: the venue's name and its symbol. Empty: the first book frame that is sent to anyone.
    connection
        Which connection; empty: the oldest that is sent the symbol's book.
    after_s
        Seconds from the lab's start at which it is armed (0: at once).
    seconds
        How long a stall lasts.
    """

    kind: FaultKind
    protocol: str = ""
    symbol: str = ""
    connection: str = ""
    after_s: float = 0.0
    seconds: float = STALL_S


@dataclass(slots=True)
class Fault:
    """A requested fault and what became of it.

    `armed_ns` and `wall_ns` are wall times: when it was armed, and when it happened (0: not yet). A reorder
    has happened when the later frame has been sent first.
    """

    number: int
    request: FaultRequest
    armed_ns: int
    wall_ns: int = 0
    connection: str = ""
    detail: str = ""
    held: Frame | None = field(default=None, repr=False)
    done: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    @property
    def happened(self) -> bool:
        """Whether it has been planted."""
        return self.wall_ns > 0

    def matches(self, protocol: str, symbol: str, connection: str) -> bool:
        """Whether a frame of this book on this connection is where it belongs."""
        request = self.request
        return (
            request.protocol in ("", protocol)
            and request.symbol in ("", symbol)
            and request.connection in ("", connection)
            and self.connection in ("", connection)
        )

    def log(self) -> dict[str, object]:
        """Return the log line."""
        line: dict[str, object] = {"fault": self.number, "state": "injected" if self.happened else "armed"}
        line |= asdict(self.request)
        line |= {
            "kind": self.request.kind.value,
            "connection": self.connection or self.request.connection,
            "armed_ns": self.armed_ns,
            "wall_ns": self.wall_ns or None,
            "detail": self.detail,
        }
        return line


class FaultBoard:
    """Every fault of a running lab, in the order they were asked for."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []
        self.armed: list[Fault] = []
        self.in_frames: list[Fault] = []  # those of the armed that wait for a book frame

    def arm(self, request: FaultRequest, wall_ns: int) -> Fault:
        """Add a fault that waits for its place."""
        fault = Fault(len(self.faults) + 1, request, wall_ns)
        self.faults.append(fault)
        self.armed.append(fault)
        if request.kind in ON_FRAMES:
            self.in_frames.append(fault)
        return fault

    def planted(self, fault: Fault, wall_ns: int, connection: str, detail: str) -> None:
        """Log that a fault happened."""
        fault.wall_ns, fault.connection, fault.detail = wall_ns, connection, detail
        self.armed.remove(fault)
        if fault in self.in_frames:
            self.in_frames.remove(fault)
        fault.done.set()

    def release(self, connection: str, wall_ns: int) -> None:
        """End a swap that waited for its second frame: its connection is gone, and the first was never sent.

        A client that numbers all frames of a connection sees the one that is missing before the swap is done.
        """
        for fault in tuple(self.armed):
            if fault.held is not None and fault.connection == connection:
                fault.held = None
                self.planted(fault, wall_ns, connection, "withheld a frame, and the client left before the next one")

    def end(self) -> None:
        """Take back every fault that waits for its place."""
        self.armed.clear()
        self.in_frames.clear()

    def waiting(self, kinds: tuple[FaultKind, ...], protocol: str, symbol: str, connection: str) -> Iterator[Fault]:
        """Yield the armed faults of some kinds that belong here."""
        for fault in tuple(self.armed):
            if fault.request.kind in kinds and fault.matches(protocol, symbol, connection):
                yield fault


def check_request(request: FaultRequest, listed: Listed | None = None) -> FaultRequest:
    """Return the request; `UsageError` when a lab that lists these symbols cannot plant it."""
    listed = listed_symbols() if listed is None else listed
    if request.protocol not in ("", *PROTOCOLS):
        raise UsageError(f"fault protocol {request.protocol!r}: the lab speaks {', '.join(PROTOCOLS)}")
    symbols = (symbols for name, symbols in listed.items() if request.protocol in ("", name))
    if request.symbol and not any(request.symbol in known for known in symbols):
        raise UsageError(f"fault symbol {request.symbol!r} is not listed by the lab")
    if request.protocol and request.kind in PROTOCOLS[request.protocol].refused:
        raise UsageError(f"fault {request.kind}: {PROTOCOLS[request.protocol].refused[request.kind]}")
    if not 0 <= request.after_s < 1e6 or not 0 < request.seconds <= 3600:
        raise UsageError(f"fault {request.kind}: times must be positive and at most an hour")
    return request


def parse_fault(text: str, listed: Listed | None = None) -> FaultRequest:
    """Return the fault of a command line word `KIND@SECONDS[:SYMBOL]`, e.g. `drop@5:BTC-USDT`.

    SYMBOL may be led by its protocol (`okx:BTC-USDT`); alone it means the first protocol that lists it. Without
    one, the first book frame after that time is taken.

    Raises
    ------
    UsageError
        When the word cannot be read, or names what a lab that lists these symbols does not have.
    """
    listed = listed_symbols() if listed is None else listed
    name, at, rest = text.partition("@")
    kind = fault_kind(name)
    seconds, _, where = rest.partition(":")
    try:
        after_s = float(seconds)
    except ValueError:
        raise UsageError(f"fault {text!r}: write KIND@SECONDS[:SYMBOL], e.g. drop@5:BTC-USDT") from None
    protocol, colon, symbol = where.partition(":")
    if not colon:
        protocol, symbol = protocol_of(where, listed), where
    if not at or (colon and not symbol):
        raise UsageError(f"fault {text!r}: write KIND@SECONDS[:SYMBOL], e.g. drop@5:BTC-USDT")
    return check_request(FaultRequest(kind, protocol, symbol, after_s=after_s), listed)


def fault_kind(name: str) -> FaultKind:
    """Return a kind by its name, written with _ or -; `UsageError` for another."""
    try:
        return FaultKind(name.replace("-", "_"))
    except ValueError:
        raise UsageError(f"fault kind {name!r} is none of {', '.join(FaultKind)}") from None
