"""How a book frame is spoiled: one digit, nothing else."""

from __future__ import annotations

import re

LEVEL = re.compile(rb'\["([0-9.]+)","([0-9.]+)"')
LINK = re.compile(rb'"(?:prevSeqId|pu)":(\d+)')
CHECKSUM = re.compile(rb'"checksum":(-?\d+)')
SIDES = ((rb'"bids":[', rb'"b":[', b"9"), (rb'"asks":[', rb'"a":[', b"1"))


def other_digit(digit: int) -> bytes:
    """Return a digit that differs from an ASCII one and is not 0, as a byte."""
    return b"1" if digit != ord("1") else b"2"


def link_digit(data: bytes) -> tuple[bytes, str] | None:
    """Change the last digit of the field that links a frame to the one before; None where there is none."""
    found = LINK.search(data)
    if found is None:
        return None
    at = found.end(1) - 1
    spoiled = data[:at] + other_digit(data[at]) + data[at + 1 :]
    return spoiled, f"{found.group().decode()} became {_slice(spoiled, found)}"


def price_digit(data: bytes) -> tuple[bytes, str] | None:
    """Change the leading digit of a price so that the book crosses: a bid rises, or an ask falls."""
    for okx, binance, leading in SIDES:
        key = okx if okx in data else binance
        start = data.find(key)
        if start < 0 or data[start + len(key) : start + len(key) + 1] == b"]":
            continue
        for found in LEVEL.finditer(data, start, data.find(b"]]", start) + 1):
            at = found.start(1)
            if data[at : at + 1] != leading and found.group(2).strip(b"0."):
                spoiled = data[:at] + leading + data[at + 1 :]
                return spoiled, f"price {found.group(1).decode()} became {_slice(spoiled, found, 1)}"
    return None


def size_digit(data: bytes) -> tuple[bytes, str] | None:
    """Change one digit of the first size that is not 0; None when the frame only deletes."""
    for found in LEVEL.finditer(data):
        size = found.group(2)
        if size.strip(b"0."):
            at = found.start(2) + next(place for place, digit in enumerate(size) if digit not in b"0.")
            spoiled = data[:at] + other_digit(data[at]) + data[at + 1 :]
            price = found.group(1).decode()
            return spoiled, f"size at {price}: {size.decode()} became {_slice(spoiled, found, 2)}"
    return None


def syntax_digit(data: bytes) -> tuple[bytes, str] | None:
    """Turn the first digit of the linking number into a letter: no JSON reader accepts the frame."""
    found = LINK.search(data)
    if found is None:
        return None
    at = found.start(1)
    return data[:at] + b"x" + data[at + 1 :], f"{found.group().decode()} lost its first digit to a letter"


def wrong_checksum(data: bytes) -> tuple[bytes, str] | None:
    """Replace the checksum by another that is not 0; None where the frame has none."""
    found = CHECKSUM.search(data)
    if found is None:
        return None
    value = int(found.group(1))
    wrong = value ^ 0x5A5A5A if value ^ 0x5A5A5A else 1
    spoiled = data[: found.start(1)] + b"%d" % wrong + data[found.end(1) :]
    return spoiled, f"checksum {value} became {wrong}"


def _slice(data: bytes, found: re.Match[bytes], group: int = 0) -> str:
    return data[found.start(group) : found.end(group)].decode()
