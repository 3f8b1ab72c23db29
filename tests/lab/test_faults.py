"""How faults are named, and how frames are spoiled."""

from __future__ import annotations

import json

import pytest

from fillcast.errors import UsageError
from fillcast.lab.binance_protocol import BINANCE_USDM
from fillcast.lab.fault_kinds import FaultKind
from fillcast.lab.faults import FaultBoard, FaultRequest, parse_fault
from fillcast.lab.moment import Frame
from fillcast.lab.okx_protocol import OKX
from fillcast.lab.spoil import Spelling, Spoiler, link_digit, price_digit, size_digit, syntax_digit, wrong_checksum

OKX_FRAME = (
    b'{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"update","data":[{"asks":[["78700","0","0","0"],'
    b'["78700.1","2.5","0","3"]],"bids":[],"ts":"1","checksum":0,"seqId":120,"prevSeqId":111}]}'
)
BINANCE_FRAME = (
    b'{"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":8,"u":9,"pu":7,"b":[["78699.90","0.000"],["78699.80","0.105"]],'
    b'"a":[]}'
)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("drop@5:BTC-USDT", FaultRequest(FaultKind.DROP, "okx", "BTC-USDT", after_s=5.0)),
        ("reorder@0.5:binance_usdm:BTCUSDT", FaultRequest(FaultKind.REORDER, "binance_usdm", "BTCUSDT", after_s=0.5)),
        ("sequence-reset@2:BTC-USDT", FaultRequest(FaultKind.SEQUENCE_RESET, "okx", "BTC-USDT", after_s=2.0)),
        ("stall@30", FaultRequest(FaultKind.STALL, after_s=30.0)),
        ("sequence_reset@1:ETHUSDT", FaultRequest(FaultKind.SEQUENCE_RESET, "binance_usdm", "ETHUSDT", after_s=1.0)),
    ],
)
def test_a_word_of_the_command_line_names_a_fault(word: str, expected: FaultRequest) -> None:
    assert parse_fault(word) == expected


@pytest.mark.parametrize(
    "word",
    [
        "",
        "drop",
        "drop@",
        "drop@soon",
        "explode@5",
        "drop@-1",
        "drop@nan",
        "drop@5:NOPE",
        "drop@5:okx:",
        "drop@5:kraken:BTC",
        "drop@5:okx:BTCUSDT",
        "checksum@5:BTCUSDT",
        "stale_snapshot@5:BTC-USDT",
    ],
)
def test_a_word_that_names_none_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="fault"):
        parse_fault(word)


@pytest.mark.parametrize(("frame", "spelling"), [(OKX_FRAME, OKX.spelling), (BINANCE_FRAME, BINANCE_USDM.spelling)])
@pytest.mark.parametrize("spoiler", [link_digit, price_digit, size_digit])
def test_one_digit_changes_and_the_json_stays_valid(frame: bytes, spelling: Spelling, spoiler: Spoiler) -> None:
    spoiled = spoiler(frame, spelling)
    assert spoiled is not None
    data, detail = spoiled
    changed = [(old, new) for old, new in zip(frame, data, strict=True) if old != new]
    assert len(changed) == 1
    assert all(chr(digit).isdigit() for pair in changed for digit in pair)
    assert json.loads(data) != json.loads(frame)
    assert "became" in detail


@pytest.mark.parametrize(
    ("number", "raised"), [("7", "8"), ("120", "121"), ("1299", "1399"), ("9", None), ("99", None)]
)
def test_a_proving_number_is_raised(number: str, raised: str | None) -> None:
    spoiled = link_digit(b'{"pu":%b}' % number.encode(), BINANCE_USDM.spelling)
    assert (spoiled and spoiled[0]) == (raised and b'{"pu":%b}' % raised.encode())


def test_a_spoiled_price_crosses_the_book() -> None:
    okx, binance = price_digit(OKX_FRAME, OKX.spelling), price_digit(BINANCE_FRAME, BINANCE_USDM.spelling)
    assert okx is not None
    assert binance is not None
    assert json.loads(okx[0])["data"][0]["asks"][1][0] == "18700.1"  # the deletion cannot cross anything
    assert json.loads(binance[0])["b"][1] == ["98699.80", "0.105"]


def test_frames_that_cannot_be_spoiled_are_left_alone() -> None:
    deletions = b'{"e":"depthUpdate","pu":7,"b":[["78699.90","0.000"]],"a":[]}'
    assert price_digit(deletions, BINANCE_USDM.spelling) is None
    assert size_digit(deletions, BINANCE_USDM.spelling) is None
    assert wrong_checksum(BINANCE_FRAME, BINANCE_USDM.spelling) is None
    assert link_digit(b"{}", OKX.spelling) is None


def test_a_broken_frame_is_no_json_and_a_wrong_checksum_is_not_zero() -> None:
    broken = syntax_digit(OKX_FRAME, OKX.spelling)
    assert broken is not None
    with pytest.raises(json.JSONDecodeError):
        json.loads(broken[0])
    wrong = wrong_checksum(OKX_FRAME, OKX.spelling)
    assert wrong is not None
    assert json.loads(wrong[0])["data"][0]["checksum"] != 0


def test_a_swap_that_loses_its_connection_was_a_loss() -> None:
    board = FaultBoard()
    fault = board.arm(FaultRequest(FaultKind.REORDER), wall_ns=5)
    fault.held, fault.connection = Frame("books:BTC-USDT", "BTC-USDT", OKX_FRAME, book=True), "1"
    assert not list(board.waiting((FaultKind.REORDER,), "okx", "BTC-USDT", "2"))
    board.release("2", 8)
    assert not fault.happened
    board.release("1", 9)
    assert not board.armed
    assert (fault.held, fault.wall_ns, fault.connection) == (None, 9, "1")
    assert "withheld" in fault.detail


def test_ended_faults_are_never_planted() -> None:
    board = FaultBoard()
    fault = board.arm(FaultRequest(FaultKind.DROP), wall_ns=5)
    board.end()
    assert not list(board.waiting((FaultKind.DROP,), "okx", "BTC-USDT", "1"))
    assert not board.in_frames
    assert not fault.happened


def test_a_fault_happens_once_and_only_where_it_was_asked_for() -> None:
    board = FaultBoard()
    fault = board.arm(FaultRequest(FaultKind.DROP, "okx", "BTC-USDT"), wall_ns=5)
    kinds = (FaultKind.DROP,)
    assert not list(board.waiting(kinds, "okx", "ETH-USDT", "1"))
    assert not list(board.waiting(kinds, "binance_usdm", "BTC-USDT", "1"))
    assert not list(board.waiting((FaultKind.STALL,), "okx", "BTC-USDT", "1"))
    assert list(board.waiting(kinds, "okx", "BTC-USDT", "1")) == [fault]
    assert fault.log()["state"] == "armed"
    board.planted(fault, 9, "1", "done")
    assert not list(board.waiting(kinds, "okx", "BTC-USDT", "1"))
    line = fault.log()
    assert (line["state"], line["armed_ns"], line["wall_ns"], line["connection"]) == ("injected", 5, 9, "1")
