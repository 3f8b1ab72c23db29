"""The compiled readers of OKX and Binance against a slow one: on spoiled frames and at every limit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fillcast.core import events as ev
from fillcast.core import layout_kernels as at
from fillcast.core.events import EventBuffer
from fillcast.core.instrument import Instrument
from fillcast.core.state import BookState
from fillcast.venues import json_kernels
from fillcast.venues.binance import binance_kernels
from fillcast.venues.fast import LONGEST_FRAME, allocate_books, fast_path, touched
from fillcast.venues.okx import okx_kernels
from fillcast.venues.update_kernels import APPLIED, CROSSED, READ, UNREAD, WRONG_CHECKSUM
from tests.core.effort import efforts, explore
from tests.venues.fast_twin import SYMBOLS, Connection, binance, made, okx
from tests.venues.frame_edits import EDITS, Edit, neighbours, spoiled

OKX_UPDATE = (
    b'{"arg":{"channel":"books","instId":"BTC"},"action":"update","data":[{"asks":[["100.3","1.25","0","2"],'
    b'["100.4","0","0","0"]],"bids":[["99.9","7","0","12"]],"ts":"1650000000123","checksum":0,'
    b'"prevSeqId":0,"seqId":9}]}'
)
OKX_SNAPSHOT = OKX_UPDATE.replace(b"update", b"snapshot").replace(b'"prevSeqId":0', b'"prevSeqId":-1')
OKX_RECORDED = (
    b'{"arg":{"channel":"books-l2-tbt","instId":"BTC"},"action":"update","data":[{"asks":[["100.3","1.3","0","2"]],'
    b'"bids":[["99.9","7","0","12"]],"ts":"1650000000123","checksum":-1112828492}]}'
)
SPOT = (
    b'{"e":"depthUpdate","E":1650000000123,"s":"BTC","U":1,"u":5,"b":[["99.90","7.000"],["99.8","0"]],'
    b'"a":[["100.30","1.250"]]}'
)
SPOT_STREAM = b'{"stream":"btc@depth@100ms","data":' + SPOT + b"}"
USDM = (
    b'{"stream":"btc@depth@0ms","data":{"e":"depthUpdate","E":1650000000124,"T":1650000000123,"s":"BTC","U":3,"u":5,'
    b'"pu":0,"b":[["99.90","7.000"]],"a":[]}}'
)
COINM = USDM.replace(b'"s":"BTC"', b'"s":"BTC","ps":"BTC"')
STEPS = SPOT.replace(b"BTC", b"BTC-25").replace(b"99.90", b"99.75").replace(b"99.8", b"99.5").replace(
    b"100.30", b"100.25"
).replace(b"7.000", b"70").replace(b"1.250", b"120.0")  # fmt: skip

FORMS: dict[str, tuple[bytes, Callable[[], Connection], int]] = {
    "okx update": (OKX_UPDATE, lambda: okx(), APPLIED),
    "okx snapshot": (OKX_SNAPSHOT, lambda: okx(), READ),
    "okx recorded": (OKX_RECORDED, lambda: okx(okx_kernels.CHECKSUMS), APPLIED),
    "spot": (SPOT, lambda: binance(binance_kernels.SPOT), APPLIED),
    "spot stream": (SPOT_STREAM, lambda: binance(binance_kernels.SPOT), APPLIED),
    "usdm": (USDM, lambda: binance(binance_kernels.FUTURES), APPLIED),
    "coinm": (COINM, lambda: binance(binance_kernels.FUTURES), APPLIED),
    "steps": (STEPS, lambda: binance(binance_kernels.SPOT), APPLIED),
}


def check_spoiled(connection: Connection, data: bytes) -> int:
    """Check one frame on fresh books, and put them back."""
    book = connection.books[0]
    status = connection.check(data, connection.reading(data))
    if status not in (UNREAD, READ):
        for book in connection.books:
            book.clear()
            book.last_id = 0
    return status


@pytest.mark.parametrize("form", FORMS)
def test_the_plain_frame_is_read(form: str) -> None:
    data, connect, answer = FORMS[form]
    assert check_spoiled(connect(), data) == answer


@pytest.mark.parametrize("form", FORMS)
def test_every_neighbour_of_a_frame(form: str) -> None:
    data, connect, answer = FORMS[form]
    connection = connect()
    answers = {check_spoiled(connection, neighbour) for neighbour in neighbours(data)}
    assert {UNREAD, answer} <= answers
    assert check_spoiled(connection, data) == answer


@efforts(150)
@pytest.mark.parametrize("form", FORMS)
def test_spoiled_frames(examples: int, form: str) -> None:
    data, connect, answer = FORMS[form]
    connection = connect()

    def check(edits: list[Edit]) -> None:
        check_spoiled(connection, spoiled(data, edits))
        assert check_spoiled(connection, data) == answer

    explore(examples, check, EDITS)


# Numbers as a price and as a size of a book of tick 0.1 and lot 0.001: what is read must be read right.
NUMBERS = [
    *("1", "0", "00", "01", "001.5", "0.1", "0.10", "0.1000000000000000000000", "0.11", "0.001", "0.0001", "1.", ".1"),
    *("1e-1", "1E1", "1e400", "+1", "-1", "-0", " 1", "1 ", "1_0", "NaN", "Infinity", "", "0x1", "\u0661", "\\u0031"),
    *("99999999", "123456789", "1234567890.5", "12345678901234567", "99999999999999999.9", "999999999999999.999"),
    *("100000000000000000", "1000000000000000000", "1152921504606846975", "1152921504606846976", "9223372036854775807"),
    *("9223372036854775808", "18446744073709551617", "1" + "0" * 60, "0" * 60 + "1", "0." + "0" * 60, "1,5", "1.2.3"),
]


@pytest.mark.parametrize("form", [form for form in FORMS if form not in ("okx recorded", "steps")])
def test_every_form_of_a_number(form: str) -> None:
    data, connect, answer = FORMS[form]
    connection = connect()
    for place in (b'"99.9', b'"7'):
        start = data.index(place)
        end = data.index(b'"', start + 1) + 1
        for number in NUMBERS:
            frame = data[:start] + b'"' + number.encode() + b'"' + data[end:]
            status = check_spoiled(connection, frame)
            if number in ("1", "0.10", "001.5"):
                assert status == answer
            if number in ("1e400", "-1", "NaN", "0.0001", "1152921504606846976"):
                assert status == UNREAD
    assert check_spoiled(connection, data.replace(b"99.9", b"0.0")) == UNREAD


@pytest.mark.parametrize(
    ("form", "old", "new"),
    [
        ("okx update", b'"seqId":9', b'"seqId":9,"seqId":9'),
        ("okx update", b'"prevSeqId":0', b'"prevSeqId":1'),
        ("okx update", b'"prevSeqId":0', b'"prevSeqId":-1'),
        ("okx update", b"books", b"books5"),
        ("okx update", b"books", b"books-elp"),
        ("okx update", b"books", b"books50-l2-tbt"),
        ("okx update", b"books", b"bo\\u006fks"),
        ("okx update", b'"checksum":0,"prevSeqId":0', b'"checksum":0'),
        ("okx update", b'"instId":"BTC"', b'"instId":"BTC3"'),
        ("okx update", b'"instId":"BTC"', b'"instId":"BT"'),
        ("okx update", b'"instId":"BTC"', b'"instId":""'),
        ("okx update", b'"instId":"BTC"', b'"instId":"BTC\\u0032"'),
        ("okx update", b'"ts":"1650000000123"', b'"ts":"9999999999999"'),
        ("okx update", b'"ts":"1650000000123"', b'"ts":1650000000123'),
        ("okx update", b'[{"asks"', b'[{"x":1,"asks"'),
        ("okx update", b"}]}", b"},{}]}"),
        ("okx recorded", b',"checksum":-1112828492', b',"checksum":0'),
        ("okx recorded", b',"checksum":-1112828492', b',"checksum":-1112828492.0'),
        ("okx recorded", b',"checksum":-1112828492', b""),
        ("spot", b'"U":1', b'"U":2'),
        ("spot", b'"u":5', b'"u":0'),
        ("spot", b'"u":5', b'"u":5,"pu":0'),
        ("spot", b'"E":1650000000123', b'"E":1650000000123456'),
        ("spot", b'"s":"BTC"', b'"s":"btc"'),
        ("spot", b'"b":', b'"a":'),
        ("usdm", b'"pu":0', b'"pu":1'),
        ("usdm", b',"pu":0', b""),
        ("usdm", b'"E":1650000000124', b'"E":99999999999999999'),
        ("usdm", b'"T":1650000000123', b'"T":99999999999999999'),
        ("usdm", b"btc@depth", b"btc\\u0040depth"),
        ("usdm", b"btc@depth", b"btc\xff@depth"),
        ("usdm", b"btc@depth", b"btc\x01@depth"),
        ("coinm", b'"ps":"BTC"', b'"ps":"B\xc3C"'),
        ("coinm", b'"ps":"BTC"', b'"ps":"B\\q"'),
    ],
)
def test_frames_that_are_left_to_the_reference(form: str, old: bytes, new: bytes) -> None:
    data, connect, _ = FORMS[form]
    connection = connect()
    assert old in data
    assert check_spoiled(connection, data.replace(old, new, 1)) == UNREAD


def test_an_update_whose_last_id_lies_before_what_it_follows() -> None:
    """Futures ids never fall: the reference calls it a gap. OKX resets its ids by falling ones, and follows."""
    futures = binance(binance_kernels.FUTURES)
    futures.books[0].last_id = 9
    frame = USDM.replace(b'"pu":0', b'"pu":9')
    assert futures.check(frame, futures.reading(frame)) == UNREAD
    reset = okx()
    reset.books[0].last_id = 20
    frame = OKX_UPDATE.replace(b'"prevSeqId":0', b'"prevSeqId":20')
    assert reset.check(frame, reset.reading(frame)) == APPLIED


@pytest.mark.parametrize("form", [form for form in FORMS if FORMS[form][2] == APPLIED])
def test_only_a_live_book_that_nobody_holds_is_changed(form: str) -> None:
    data, connect, _ = FORMS[form]
    connection = connect()
    reading = connection.reading(data)
    assert reading is not None
    book = connection.books[connection.index[reading.symbol]]
    for state in BookState:
        book.state = state
        expected = APPLIED if state is BookState.LIVE else UNREAD
        book.held = True
        assert connection.check(data, reading) == UNREAD
        book.held = False
        assert connection.check(data, reading) == expected
        book.last_id = 0
    assert connection.check(data, reading) == UNREAD


def test_a_crossed_book_and_a_wrong_checksum_are_told() -> None:
    crossed = OKX_UPDATE.replace(b"99.9", b"101.9")
    assert check_spoiled(okx(), crossed) == CROSSED
    assert check_spoiled(binance(binance_kernels.SPOT), SPOT.replace(b"99.90", b"100.30")) == CROSSED
    recorded = okx(okx_kernels.CHECKSUMS)
    assert check_spoiled(recorded, OKX_RECORDED.replace(b"-1112828492", b"-1112828493")) == WRONG_CHECKSUM
    live = OKX_UPDATE.replace(b'"checksum":0', b'"checksum":12345')
    assert check_spoiled(okx(), live) == WRONG_CHECKSUM


def test_empty_sides() -> None:
    spot = binance(binance_kernels.SPOT)
    nothing = b'{"e":"depthUpdate","E":1650000000123,"s":"BTC","U":1,"u":5,"b":[],"a":[]}'
    assert check_spoiled(spot, nothing) == APPLIED
    assert check_spoiled(spot, nothing.replace(b"[]", b"[ ]")) == UNREAD
    keepalive = OKX_UPDATE.replace(b'["100.3","1.25","0","2"],["100.4","0","0","0"]', b"").replace(
        b'["99.9","7","0","12"]', b""
    )
    assert check_spoiled(okx(), keepalive) == UNREAD


def many_symbols() -> list[Instrument]:
    """Symbols that are prefixes of each other, of every length to 64 bytes, and a crowd that must collide."""
    names = ["BTCUSDT", "BTCUSDT_240927", "BTCUSDT_24092", "TCUSDT", "B", "A" * 63, "A" * 64, "A" * 63 + "B"]
    names += ["Z" * length for length in range(1, 63)] + [f"{number}USDT" for number in range(230)]
    names += ["\u5e01\u5b89\u4eba\u751fUSDT"]
    return [made(name) for name in names]


def test_many_books_and_their_names() -> None:
    instruments = many_symbols()
    books, memory = allocate_books(instruments)
    events = EventBuffer()
    fast = fast_path(binance_kernels.advance, memory, events, binance_kernels.SPOT)
    for book in books:
        book.state, book.last_id = BookState.LIVE, 0
    control = memory[-1]
    slots = int(control[json_kernels.SLOTS])
    homes = [slot for slot in range(slots) if control[json_kernels.SYMBOLS + slot]]
    assert len(homes) == len(instruments)
    for index, instrument in enumerate(instruments):
        frame = SPOT.replace(b'"BTC"', f'"{instrument.symbol}"'.encode())
        assert fast(frame, 1, 1) == APPLIED
        assert (touched(memory), events.messages[0, ev.BOOK]) == (index, index)
        assert books[index].last_id == 5
    for unknown in ("BTCUSD", "BTCUSDT_2409270", "A" * 65, "A" * 62, "Z" * 200, "", "\u5e01\u5b89"):
        assert fast(SPOT.replace(b'"BTC"', f'"{unknown}"'.encode()), 1, 1) == UNREAD
    assert all(book.version == books[0].version for book in books)


def test_more_books_than_a_control_row_holds() -> None:
    words = json_kernels.SYMBOLS + 8
    with pytest.raises(ValueError, match="more than one connection can hold"):
        fast_path(okx_kernels.advance, np.zeros((3, words), np.int64), EventBuffer(), 0)


def test_frames_at_the_limit_of_the_buffer() -> None:
    connection = binance(binance_kernels.SPOT)
    level = b'["99.9","1"],'
    head, tail = SPOT.split(b'["99.90","7.000"],')
    exact = pad_to(head, level, tail, LONGEST_FRAME)
    assert len(exact) == LONGEST_FRAME
    assert check_spoiled(connection, exact) == APPLIED
    assert check_spoiled(connection, pad_to(head, level, tail, LONGEST_FRAME + 1)) == UNREAD
    for endless in (b'{"stream":"', b'{"e":"depthUpdate","E":', head, head + b'["', head + b'["99.9","'):
        for filler in (b"1", b"A", b"0", b"\xff", b"."):
            assert check_spoiled(connection, endless + filler * (LONGEST_FRAME - len(endless))) == UNREAD
    for empty in (b"", b"{", b"\x00"):
        assert check_spoiled(connection, empty) == UNREAD


def pad_to(head: bytes, level: bytes, tail: bytes, length: int) -> bytes:
    """A frame of many levels that is exactly so long: zeros after the point change nothing."""
    count = (length - len(head) - len(tail)) // len(level) - 2
    rest = length - len(head) - len(tail) - count * len(level)
    last = b'["99.9","1.' + b"0" * (rest - len(level) - 1) + b'"],'
    return head + level * count + last + tail


def test_more_levels_than_the_event_buffer_holds() -> None:
    books, memory = allocate_books(SYMBOLS)
    events = EventBuffer(max_rows=3)
    fast = fast_path(binance_kernels.advance, memory, events, binance_kernels.SPOT)
    books[0].state, books[0].last_id = BookState.LIVE, 0
    before = memory[:-1].copy()
    assert fast(SPOT.replace(b'"a":[', b'"a":[["101.0","1"],'), 1, 1) == UNREAD
    assert (memory[:-1] == before).all()
    assert fast(SPOT, 1, 1) == APPLIED


def test_readers_of_eight_bytes_stay_inside_the_buffer() -> None:
    """They are not bounds-checked: the padding must hold the longest literal and a word behind the end of a frame."""
    for module in (okx_kernels, binance_kernels):
        literals = [value for value in vars(module).values() if isinstance(value, np.ndarray)]
        assert len(literals) > 5
        assert max(len(literal) for literal in literals) + 16 <= json_kernels.PADDING


# Planted: a reader that reads wrongly must be caught by the same check.


@pytest.mark.parametrize("form", ["okx update", "spot", "usdm"])
@pytest.mark.parametrize(
    ("old", "new"),
    [(b"99.9", b"99.8"), (b'"7', b'"8'), (b"1650000000123", b"1650000000122"), (b'"u":5', b'"u":6'), (b"BTC", b"BTC2")],
)
def test_a_reader_that_reads_something_else_is_caught(form: str, old: bytes, new: bytes) -> None:
    data, connect, _ = FORMS[form]
    data = data if old in data else data.replace(b'"seqId":9', b'"seqId":8')
    connection = connect()
    right = connection.fast
    changed = data.replace(old, new) if old in data else data.replace(b'"seqId":8', b'"seqId":7')
    connection.fast = lambda _frame, wall_ns, mono_ns: right(changed, wall_ns, mono_ns)
    with pytest.raises(AssertionError):
        connection.check(data, connection.reading(data))


def test_a_reader_that_touches_a_book_it_did_not_read_is_caught() -> None:
    connection = binance(binance_kernels.SPOT)

    def spoil(_frame: bytes, _wall_ns: int, _mono_ns: int) -> int:
        connection.memory[1, at.HEADER + at.BEST] = 5
        return UNREAD

    connection.fast = spoil
    with pytest.raises(AssertionError, match="touched a book"):
        connection.check(b"{}", None)


def test_a_reader_that_takes_what_is_no_frame_is_caught() -> None:
    connection = binance(binance_kernels.SPOT)
    connection.fast = lambda *_arguments: APPLIED
    with pytest.raises(AssertionError, match="no book frame"):
        connection.check(SPOT + b"}", connection.reading(SPOT + b"}"))
