"""Line formats of captures."""

from __future__ import annotations

import pytest

from fillcast.tape.lines import InputKind, LineFormat, detect, parse, receive_ns, whole


@pytest.mark.parametrize(
    ("text", "nanoseconds"),
    [
        (b"1652459224.5300605", 1_652_459_224_530_060_500),
        (b"1652459224", 1_652_459_224_000_000_000),
        (b"1652459224530", 1_652_459_224_530_000_000),
        (b"1652459224530060", 1_652_459_224_530_060_000),
        (b"1723161256172216566", 1_723_161_256_172_216_566),
        (b"1652459224.12345678912345", 1_652_459_224_123_456_789),
    ],
)
def test_the_unit_of_a_receive_time_is_told_by_its_digits(text, nanoseconds):
    assert receive_ns(text) == nanoseconds


@pytest.mark.parametrize(
    "text", [b"", b"12", b"165245922x", b"-1652459224", b"1652459224.5e3", b"16524592245", b"1.6e9"]
)
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="not a receive time"):
        receive_ns(text)


@pytest.mark.parametrize(
    ("line", "form", "kind", "data", "url"),
    [
        (b'1652459225.5: {"a":1}', LineFormat.A, InputKind.FRAME, b'{"a":1}', ""),
        (b"wss://x.y/ws <-> 1652459224.5", LineFormat.A, InputKind.CONNECT, b"", "wss://x.y/ws"),
        (b'wss://x.y/ws <- 1652459224.5: {"op":1}', LineFormat.A, InputKind.SENT, b'{"op":1}', "wss://x.y/ws"),
        (
            b'https://x.y/d?symbol=A -> 1652459224.5: {"b":2}',
            LineFormat.A,
            InputKind.REPLY,
            b'{"b":2}',
            "https://x.y/d?symbol=A",
        ),
        (b'configuration: {"c":3}', LineFormat.A, InputKind.SETTINGS, b'{"c":3}', ""),
        (
            b'1723161256172216566 {"stream":"s","data":{}}',
            LineFormat.B,
            InputKind.FRAME,
            b'{"stream":"s","data":{}}',
            "",
        ),
        (
            b'1723161256172216566 {"lastUpdateId":7,"bids":[]}',
            LineFormat.B,
            InputKind.REPLY,
            b'{"lastUpdateId":7,"bids":[]}',
            "",
        ),
        (
            b'1723161256172216566 {"stream":"a@depth20","data":{"lastUpdateId":7}}',
            LineFormat.B,
            InputKind.FRAME,
            None,
            "",
        ),
        (b'{"a":1}', LineFormat.C, InputKind.FRAME, b'{"a":1}', ""),
        (b"pong", LineFormat.C, InputKind.FRAME, b"pong", ""),
    ],
)
def test_every_kind_of_line(line, form, kind, data, url):
    assert detect(line) is form
    entry = parse(line, form)
    assert entry is not None
    assert entry.kind is kind
    assert entry.data == (line.partition(b" ")[2] if data is None else data)
    assert entry.url == url
    assert (entry.wall_ns == 0) == (form is LineFormat.C or kind is InputKind.SETTINGS)


@pytest.mark.parametrize("line", [b"hello", b"12: {}", b"1723161256172216566 hello", b"\x00\x01", b"wss://x <-> soon"])
def test_garbage_is_in_no_format(line):
    assert detect(line) is None


def test_a_payload_is_whole_or_cut_off():
    assert whole(b'{"a":[1,2]}')
    assert whole(b"pong")
    assert not whole(b'{"a":[1,')
    assert not whole(b"")
