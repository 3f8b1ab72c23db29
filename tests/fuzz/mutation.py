"""Frames spoiled as a line, a venue or an attacker could: bytes, tokens, whole parts, and what another frame said."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Sequence

NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
TEXT = re.compile(rb'"(?:[^"\\]|\\.)*"')
LIST = re.compile(rb"\[[^\[\]]*\],?")

BYTES = b'0123456789.,:"[]{}-+eE \\\t\n\x00\x1f\x7f\xc3\xff'
NUMBERS = (
    *(b"0", b"-0", b"-1", b"1", b"007", b"0.0", b"1.", b".5", b"1e5", b"1E-7", b"1e-300", b"1e999", b"-1e2", b"NaN"),
    *(
        b"Infinity",
        b"9223372036854775807",
        b"9223372036854775808",
        b"-9223372036854775809",
        b"1" * 40,
        b"0." + b"1" * 40,
    ),
    *(b"1152921504606846976", b"4294967296", b"2147483648", b"1_0", b"0x1", b"\xd9\xa1"),
)
TEXTS = (
    '"²"'.encode(),
    b'""',
    b'" "',
    b'"\\u0000"',
    b'"\\ud800"',
    b'"\xff"',
    b'"0"',
    b'"-1"',
    b'"1e-9"',
    b'"buy"',
    b'"update"',
    b'"' + b"A" * 100 + b'"',
)
VALUES = (b"null", b"true", b"{}", b"[]", b"[[]]", b'{"a":1}', b"[" * 200 + b"]" * 200)
PREFIXES = (b"\xef\xbb\xbf", b" ", b"\n", b"[", b'{"stream":"a","data":', b"0", b"pong", b"{}")

Mutation = Callable[[random.Random, bytes, Sequence[bytes]], bytes]


def one_byte(draw: random.Random, frame: bytes, _others: Sequence[bytes]) -> bytes:
    """Set, insert or leave out one byte."""
    at = draw.randrange(len(frame) + 1)
    byte = bytes([draw.choice(BYTES)])
    return (
        (frame[:at] + byte + frame[at + draw.randrange(2) :]) if draw.random() < 0.7 else frame[:at] + frame[at + 1 :]
    )


def cut(draw: random.Random, frame: bytes, _others: Sequence[bytes]) -> bytes:
    """End early, or lose a part."""
    at = draw.randrange(len(frame) + 1)
    return frame[:at] if draw.random() < 0.5 else frame[:at] + frame[at + draw.randrange(1, 60) :]


def double(draw: random.Random, frame: bytes, _others: Sequence[bytes]) -> bytes:
    """Say a part twice, or put something before or behind the frame."""
    kind, at = draw.random(), draw.randrange(len(frame) + 1)
    if kind < 0.5:
        return frame[: at + draw.randrange(1, 60)] + frame[at:]
    extra = draw.choice(PREFIXES)
    return extra + frame if kind < 0.8 else frame + extra


def _replaced(draw: random.Random, frame: bytes, pattern: re.Pattern[bytes], values: Sequence[bytes]) -> bytes:
    places = list(pattern.finditer(frame))
    if not places:
        return frame + draw.choice(values)
    found = draw.choice(places)
    return frame[: found.start()] + draw.choice(values) + frame[found.end() :]


def other_number(draw: random.Random, frame: bytes, _others: Sequence[bytes]) -> bytes:
    """Put a number that is hard to read in the place of another, in quotes or not."""
    return _replaced(draw, frame, NUMBER, NUMBERS)


def near_number(draw: random.Random, frame: bytes, _others: Sequence[bytes]) -> bytes:
    """Change one digit: the frame stays well formed."""
    digits = [at for at, byte in enumerate(frame) if 48 <= byte <= 57]
    if not digits:
        return frame + b"1"
    at = draw.choice(digits)
    return frame[:at] + b"%d" % draw.randrange(10) + frame[at + 1 :]


def other_text(draw: random.Random, frame: bytes, others: Sequence[bytes]) -> bytes:
    """Put another text in the place of one: odd ones, and those of other frames (sides, symbols, channels, types)."""
    theirs = TEXT.findall(draw.choice(others)) or list(TEXTS)
    return _replaced(draw, frame, TEXT, TEXTS if draw.random() < 0.4 else theirs)


def other_value(draw: random.Random, frame: bytes, _others: Sequence[bytes]) -> bytes:
    """Put a value of another kind in the place of a number or a text."""
    return _replaced(draw, frame, NUMBER if draw.random() < 0.5 else TEXT, VALUES)


def levels(draw: random.Random, frame: bytes, _others: Sequence[bytes]) -> bytes:
    """Leave out, repeat or move an innermost list: a level."""
    places = list(LIST.finditer(frame))
    if not places:
        return frame[1:]
    found, other = draw.choice(places), draw.choice(places)
    kind = draw.random()
    if kind < 0.4:
        return frame[: found.start()] + frame[found.end() :]
    if kind < 0.7:
        return frame[: found.start()] + found[0] + frame[found.start() :]
    return frame[: found.start()] + other[0] + frame[found.end() :]


def structure(draw: random.Random, frame: bytes, _others: Sequence[bytes]) -> bytes:
    """Rewrite the JSON: keys in another order, one missing, one twice, blanks between, characters escaped."""
    try:
        value = json.loads(frame, parse_float=_Verbatim, parse_int=_Verbatim)
    except (ValueError, RecursionError):
        return frame[::-1]
    text = _written(draw, value)
    kind = draw.random()
    if kind < 0.3:
        text = text.replace(":", draw.choice([" : ", ":\n", ":\t"])).replace(",", ", ")
    elif kind < 0.5:
        text = "".join(f"\\u{ord(one):04x}" if one.isalpha() and draw.random() < 0.05 else one for one in text)
    return text.encode()


def elsewhere(draw: random.Random, frame: bytes, others: Sequence[bytes]) -> bytes:
    """The start of this frame and the end of another, or simply another: an old one, or one of another kind."""
    other = draw.choice(others)
    return (
        other
        if draw.random() < 0.5
        else frame[: draw.randrange(len(frame) + 1)] + other[draw.randrange(len(other) + 1) :]
    )


MUTATIONS: tuple[Mutation, ...] = (
    *(one_byte, cut, double, other_number, near_number, near_number, other_text, other_value, levels),
    *(levels, structure, elsewhere),
)


def mutated(draw: random.Random, frame: bytes, others: Sequence[bytes]) -> bytes:
    """Return a frame after one to three mutations; `others` are whole frames to take parts from."""
    for _ in range(draw.choice((1, 1, 1, 2, 3))):
        frame = draw.choice(MUTATIONS)(draw, frame, others)
    return frame


class _Verbatim(str):
    """A number as it was written."""


def _written(draw: random.Random, value: object) -> str:
    if isinstance(value, _Verbatim):
        return str(value)
    if isinstance(value, dict):
        pairs = [f"{json.dumps(key)}:{_written(draw, one)}" for key, one in value.items()]
        if pairs and draw.random() < 0.5:
            draw.shuffle(pairs)
        if pairs and draw.random() < 0.15:
            pairs.pop(draw.randrange(len(pairs)))
        if pairs and draw.random() < 0.1:
            pairs.append(draw.choice(pairs))
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(draw, one) for one in value) + "]"
    return json.dumps(value)
