"""How a book frame is spoiled: one digit, nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from fillcast.lab.fault_kinds import FaultKind

BUY, SELL = 1, -1


@dataclass(frozen=True, slots=True)
class Spelling:
    """Where a protocol's book frames hold what can be spoiled.

    Attributes
    ----------
    link
        Matches the field that proves a frame's place; its first group is the number.
    level
        Matches one level; the groups `price` and `size`, and `side` when each level names its own.
    sides
        What opens the list of bids and that of asks; empty when each level names its side.
    end
        What ends such a list, after its last level.
    bid
        What the group `side` holds for a bid.
    checksum
        Matches the checksum, where there is one; its first group is the number.
    """

    link: re.Pattern[bytes]
    level: re.Pattern[bytes]
    sides: tuple[bytes, bytes] | None
    end: bytes = b"]]"
    bid: bytes = b"bid"
    checksum: re.Pattern[bytes] | None = None

    def levels(self, data: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
        """Yield the levels of a frame with their side, +1 for bids."""
        if self.sides is None:
            for found in self.level.finditer(data):
                yield (BUY if found["side"] == self.bid else SELL), found
            return
        for side, opening in zip((BUY, SELL), self.sides, strict=True):
            start = data.find(opening)
            if start < 0 or data[start + len(opening) : start + len(opening) + 1] == b"]":
                continue
            for found in self.level.finditer(data, start, data.find(self.end, start) + 1):
                yield side, found


Spoiler = Callable[[bytes, Spelling], tuple[bytes, str] | None]


def other_digit(digit: int) -> bytes:
    """Return a digit that differs from an ASCII one and is not 0, as a byte."""
    return b"1" if digit != ord("1") else b"2"


def link_digit(data: bytes, spelling: Spelling) -> tuple[bytes, str] | None:
    """Raise the last digit that can be raised in the field that proves a frame's place; None where there is none.

    Where a frame may overlap the one before it (Binance spot), a lower number would be no lie.
    """
    found = spelling.link.search(data)
    number = found[1].rstrip(b"9") if found is not None else b""
    if found is None or not number:
        return None
    at = found.start(1) + len(number) - 1
    spoiled = data[:at] + bytes([data[at] + 1]) + data[at + 1 :]
    return spoiled, f"{found.group().decode()} became {_slice(spoiled, found)}"


def price_digit(data: bytes, spelling: Spelling) -> tuple[bytes, str] | None:
    """Change the leading digit of a price so that the book crosses: a bid rises, or an ask falls."""
    for side, found in spelling.levels(data):
        leading = b"9" if side == BUY else b"1"
        at = found.start("price")
        if data[at : at + 1] != leading and found["size"].strip(b"0."):
            spoiled = data[:at] + leading + data[at + 1 :]
            return spoiled, f"price {found['price'].decode()} became {_slice(spoiled, found, 'price')}"
    return None


def size_digit(data: bytes, spelling: Spelling) -> tuple[bytes, str] | None:
    """Change one digit of the first size that is not 0; None when the frame only deletes."""
    for _, found in sorted(spelling.levels(data), key=lambda level: level[1].start()):
        size = found["size"]
        if size.strip(b"0."):
            at = found.start("size") + next(place for place, digit in enumerate(size) if digit not in b"0.")
            spoiled = data[:at] + other_digit(data[at]) + data[at + 1 :]
            price = found["price"].decode()
            return spoiled, f"size at {price}: {size.decode()} became {_slice(spoiled, found, 'size')}"
    return None


def syntax_digit(data: bytes, spelling: Spelling) -> tuple[bytes, str] | None:
    """Turn the first digit of the proving number into a letter: no JSON reader accepts the frame."""
    found = spelling.link.search(data)
    if found is None:
        return None
    at = found.start(1)
    return data[:at] + b"x" + data[at + 1 :], f"{found.group().decode()} lost its first digit to a letter"


def wrong_checksum(data: bytes, spelling: Spelling) -> tuple[bytes, str] | None:
    """Replace the checksum by another that is not 0; None where the frame has none."""
    found = spelling.checksum.search(data) if spelling.checksum is not None else None
    if found is None:
        return None
    value = int(found.group(1))
    wrong = value ^ 0x5A5A5A if value ^ 0x5A5A5A else 1
    spoiled = data[: found.start(1)] + b"%d" % wrong + data[found.end(1) :]
    return spoiled, f"checksum {value} became {wrong}"


SPOILERS: dict[FaultKind, Spoiler] = {
    FaultKind.CORRUPT: price_digit,
    FaultKind.CORRUPT_SEQUENCE: link_digit,
    FaultKind.CORRUPT_SIZE: size_digit,
    FaultKind.CORRUPT_SYNTAX: syntax_digit,
    FaultKind.CHECKSUM: wrong_checksum,
}


def _slice(data: bytes, found: re.Match[bytes], group: str | int = 0) -> str:
    return data[found.start(group) : found.end(group)].decode()
