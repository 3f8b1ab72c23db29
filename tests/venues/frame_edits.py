"""Ways to spoil a frame: every byte in turn, and any heap of edits."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

BYTES = b'09.,"[}-e \\\x00\x1f\xffA'
TOKENS = [
    *(
        b'"',
        b'""',
        b"[]",
        b"{}",
        b",",
        b"null",
        b"true",
        b"-1",
        b"1e5",
        b"1E-7",
        b"0.1",
        b"00",
        b" ",
        b"\\u0031",
        b"\\n",
    ),
    *(b"18446744073709551616", b"9223372036854775807", b"9223372036854775808", b"999999999999999999", b"1000000000000"),
    *(
        b'"0"',
        b'"0.00000000"',
        b'"1e-7"',
        b'"-1"',
        b'"+1"',
        b'"1."',
        b'".1"',
        b'" 1"',
        b'"1_0"',
        b'"NaN"',
        b'"123456789"',
    ),
    *(
        b'["1","1"],',
        b'["0","5"]',
        b'["1","0","0","1"],',
        b',"u":7',
        b',"x":1',
        b'{"stream":"a","data":',
        b"\xef\xbb\xbf",
    ),
    "\u0661".encode(),
]

Edit = tuple[str, int, int, bytes]
EDITS: st.SearchStrategy[list[Edit]] = st.lists(
    st.tuples(
        st.sampled_from(["set", "insert", "cut", "repeat", "token", "digit", "swap"]),
        st.integers(0, 1 << 16),
        st.integers(0, 40),
        st.sampled_from(TOKENS) | st.binary(min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=3,
)


def spoiled(frame: bytes, edits: list[Edit]) -> bytes:
    """A frame after some edits."""
    for kind, place, length, payload in edits:
        at = place % (len(frame) + 1)
        if kind == "set":
            frame = frame[:at] + payload[:1] + frame[at + 1 :]
        elif kind in ("insert", "token"):
            frame = frame[:at] + payload + frame[at:]
        elif kind == "cut":
            frame = frame[:at] + frame[at + 1 + length :]
        elif kind == "repeat":
            frame = frame[: at + length] + frame[at:]
        else:
            digits = [index for index, byte in enumerate(frame) if 48 <= byte <= 57]
            if digits:
                at = digits[place % len(digits)]
                new = b"0123456789"[length % 10 : length % 10 + 1] if kind == "digit" else payload
                frame = frame[:at] + new + frame[at + 1 :]
    return frame


def neighbours(frame: bytes) -> Iterator[bytes]:
    """Every truncation, every byte left out, doubled or replaced."""
    for index in range(len(frame)):
        yield frame[:index]
        yield frame[:index] + frame[index + 1 :]
        yield frame[:index] + frame[index : index + 1] + frame[index:]
        for byte in BYTES:
            yield frame[:index] + bytes([byte]) + frame[index + 1 :]
    for tail in (b" ", b"\n", b"}", b"\x00", frame):
        yield frame + tail
        yield tail + frame
