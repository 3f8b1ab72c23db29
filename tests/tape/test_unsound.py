"""What a capture may lack or hold beside good frames, and what is said of it."""

from __future__ import annotations

import copy
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from fillcast.core.state import BookState
from fillcast.errors import CaptureError
from fillcast.tape.verify import Found, Verification, verify
from tests.tape.recordings import (
    T0_MS,
    binance_session,
    okx_checksum,
    okx_session,
    okx_unnumbered_session,
    write_a,
    write_c,
)
from tests.venues.streams import SPOT, Market

REST = "https://fapi.binance.com/fapi/v1/depth?symbol=BTCUSDT"


def of(frames: list[dict[str, Any]], symbol: str) -> list[dict[str, Any]]:
    """Return the same frames of another symbol."""
    renamed = copy.deepcopy(frames)
    for frame in renamed:
        frame["arg"]["instId"] = symbol
    return renamed


def found(result: Verification, symbol: str = "BTC-USDT") -> Found:
    return next(one for one in result.instruments if one.instrument.symbol == symbol)


def write(path: Path, *lines: str) -> Path:
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


# A book that never existed.


@pytest.mark.parametrize("session", [okx_unnumbered_session, okx_session])
def test_updates_without_a_first_book_are_unsound(tmp_path, session):
    other = [frame for frame in of(session(), "ETH-USDT") if frame.get("action") == "update"]
    result = verify(write_a(tmp_path / "a.txt", [*session(), *other]))
    assert not result.sound
    assert found(result).state is BookState.LIVE
    assert found(result, "ETH-USDT").coverage == 0
    assert len(result.complaints) == 1
    assert result.complaints == [
        "okx:ETH-USDT: ends SYNCING, 20 updates without a first book that they join: "
        "if the recording continues another file, name that one before it"
    ]


def test_a_real_capture_without_one_first_book_is_unsound(captures, tmp_path):
    text = gzip.decompress((captures / "okx" / "okx_books_20220513.ws.txt.gz").read_bytes()).decode()
    lines = text.splitlines()
    first = next(at for at, line in enumerate(lines) if '"action":"snapshot"' in line)
    symbol = json.loads(lines[first].partition(": ")[2])["arg"]["instId"]
    result = verify(write(tmp_path / "a.txt", *lines[:first], *lines[first + 1 :]))
    assert not result.sound
    assert found(result, symbol).state is BookState.SYNCING
    assert any(f"okx:{symbol}: ends SYNCING, " in sentence for sentence in result.complaints)


def test_trades_alone_are_no_book_that_is_missing(tmp_path):
    trade = {"instId": "ETH-USDT", "tradeId": "1", "px": "9", "sz": "1", "side": "buy", "ts": f"{T0_MS}"}
    frames = [*okx_session(), {"arg": {"channel": "trades", "instId": "ETH-USDT"}, "data": [trade]}]
    assert verify(write_a(tmp_path / "a.txt", frames)).sound


def test_a_first_book_that_is_wrong_is_not_said_to_be_absent(tmp_path):
    frames = okx_session()
    frames[1]["data"][0]["bids"][0][1] = "1x"
    result = verify(write_a(tmp_path / "a.txt", frames))
    assert any("okx:BTC-USDT: ends BROKEN (a frame could not" in sentence for sentence in result.complaints)
    assert not any("without a first book" in sentence for sentence in result.complaints)


# A later first book in place of a right one.


def test_a_snapshot_in_place_of_a_live_book_hides_a_hole(tmp_path):
    frames = okx_session()
    result = verify(write_c(tmp_path / "c.jsonl", [*frames[:12], *frames[1:]]))
    assert not result.sound
    (sentence,) = result.complaints
    assert "a snapshot at 1000 replaced a LIVE book at 1070: what lay between is not proven" in sentence
    assert len(found(result).gaps) == 1
    assert result.to_json()["instruments"][0]["sequence"]["gaps"] == 1


def test_a_later_snapshot_hides_a_hole_as_well(tmp_path):
    frames = okx_session()
    later = copy.deepcopy(frames[1])
    later["data"][0]["seqId"] = 1000 + 7 * 15
    result = verify(write_a(tmp_path / "a.txt", [*frames[:12], later, *frames[17:]]))
    assert "a snapshot at 1105 replaced a LIVE book at 1070" in result.complaints[0]
    (gap,) = found(result).gaps
    assert (gap.start_ns, gap.detected_ns) == ((T0_MS + 1100) * 1_000_000, (T0_MS + 1200) * 1_000_000)


def test_a_snapshot_where_the_book_stands_hides_nothing(tmp_path):
    frames = okx_session()
    again = copy.deepcopy(frames[1])
    again["data"][0]["seqId"] = 1070
    assert verify(write_a(tmp_path / "a.txt", [*frames[:12], again, *frames[12:]])).sound


def test_without_ids_the_checksum_tells_whether_a_snapshot_hides_a_hole(tmp_path):
    frames = okx_unnumbered_session()
    bids = {f"{100 - step / 10:g}": "1.5" for step in range(1, 30)} | {"99.5": "10"}
    again = copy.deepcopy(frames[0])
    again["data"][0]["bids"] = [[price, size, "0", "1"] for price, size in bids.items()]
    again["data"][0]["checksum"] = okx_checksum(bids, {level[0]: level[1] for level in again["data"][0]["asks"]})
    assert verify(write_a(tmp_path / "a.txt", [*frames[:11], again, *frames[11:]])).sound
    result = verify(write_a(tmp_path / "b.txt", [*frames[:9], again, *frames[11:]]))
    assert not result.sound
    assert "replaced a LIVE book with checksum" in result.complaints[0]


def test_a_snapshot_after_a_disconnect_is_no_second_gap(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    lines = path.read_text().splitlines()
    result = verify(write(path, *lines, lines[0].replace("1787612485.0", "1787612489.0"), *lines[1:]))
    assert [gap.reason.value for gap in found(result).gaps] == ["disconnect"]


def test_a_real_capture_played_half_and_then_whole_is_unsound(captures, tmp_path):
    lines = (captures / "okx" / "okx_books_20260824.jsonl").read_text().splitlines()
    result = verify(write(tmp_path / "c.jsonl", *lines[:5], *lines[1:]))
    assert not result.sound
    assert "replaced a LIVE book" in result.complaints[0]


# Updates before the first book.


@pytest.mark.parametrize("place", [2, 5, 15])
def test_updates_before_the_first_snapshot_are_said_and_not_unsound(tmp_path, place):
    ack, snapshot, *updates = okx_session()
    snapshot["data"][0] |= {"seqId": 1000 + 7 * place, "ts": updates[place - 1]["data"][0]["ts"]}
    frames = [ack, *updates[:place], snapshot, *updates[place:]]
    for path in (write_c(tmp_path / "c.jsonl", frames), write_a(tmp_path / "a.txt", frames)):
        result = verify(path)
        assert result.sound, result.complaints
        assert found(result).gaps == ()
        assert result.notes == [f"okx:BTC-USDT: {place} updates before its first snapshot are in no book"]
        assert result.to_json()["instruments"][0]["early_updates"] == place


def test_a_hole_after_the_first_snapshot_is_unsound_all_the_same(tmp_path):
    ack, snapshot, *updates = okx_session()
    snapshot["data"][0]["seqId"] = 1000 + 7 * 5
    result = verify(write_c(tmp_path / "c.jsonl", [ack, *updates[:5], snapshot, *updates[6:]]))
    assert not result.sound


# One number that does not fit the others.


@pytest.mark.parametrize("size", ["1.23456789012345678", "1e-300", "1e-17", "1e300", "99999999999999999999"])
def test_an_odd_level_spoils_its_own_frame_only(tmp_path, size):
    frames = okx_session()
    for frame in frames[1:]:
        frame["data"][0]["asks"].append(["101.5", "123456.12345678", "0", "1"])
    frames[-1]["data"][0]["bids"].append(["90", size, "0", "1"])
    path = write_a(tmp_path / "a.txt", frames)
    result = verify(path)
    assert not result.sound
    assert result.rejected_frames == 1
    assert f"{found(result).instrument.lot:f}" == "0.00000001"
    assert found(result).counts.updates == 19
    assert any(f"1 frame could not be understood: {path}, line {len(frames) + 1}: " in one for one in result.complaints)


def test_an_odd_price_spoils_its_own_frame_only(tmp_path):
    frames = okx_session()
    frames[-1]["data"][0]["bids"].append(["90.00000000000000001", "1", "0", "1"])
    result = verify(write_c(tmp_path / "c.jsonl", frames))
    assert (result.rejected_frames, found(result).counts.updates) == (1, 19)
    assert "BTC-USDT: 90.00000000000000001 is not a multiple of 0.1" in result.rejections[0]


def test_a_symbol_that_no_book_can_hold_is_rejected_alone(tmp_path):
    frames = [*okx_session(), *of(okx_session()[1:2], "X" * 100), *of(okx_session()[1:2], "")]
    result = verify(write_a(tmp_path / "a.txt", frames))
    assert result.rejected_frames == 2
    assert found(result).state is BookState.LIVE


# Replies and frames of other venues.


def reply(number: float, body: str) -> str:
    return f"{REST} -> {(T0_MS + 100 * number) / 1e3:.3f}: {body}"


def in_format_a(lines: list[str]) -> list[str]:
    """Return the lines of a Binance recording with REST replies that name their symbol."""
    times = [(line.partition(" ")[0], line.partition(" ")[2]) for line in lines]
    return [f"{REST} -> {at}: {text}" if "lastUpdateId" in text else f"{at}: {text}" for at, text in times]


def test_replies_are_counted(tmp_path):
    lines = in_format_a(binance_session())
    result = verify(write(tmp_path / "a.txt", *lines))
    assert result.sound, result.complaints
    assert (result.frames, result.replies) == (len(lines) - 1, 1)
    assert result.to_json()["replies"] == 1


@pytest.mark.parametrize("body", ["<html>", '{"lastUpdateId":320,"bids":[["99.9"', '{"code":-1003}', "[" * 100_000])
@pytest.mark.parametrize("at", [0, 30, -1])
def test_a_damaged_reply_is_named_and_the_rest_is_read(tmp_path, body, at):
    lines = in_format_a(binance_session())
    number = range(len(lines))[at]
    time = int(lines[number].partition(": ")[0].rpartition(" ")[2]) // 1_000_000 - T0_MS
    lines.insert(number, reply(time / 100, body))
    path = write(tmp_path / "a.txt", *lines)
    result = verify(path)
    assert not result.sound
    (sentence,) = result.complaints
    assert sentence.startswith(f"{path}, line {number + 1}: a REST reply that is no snapshot of binance_usdm")
    assert (found(result, "BTCUSDT").state, result.rejected_frames) == (BookState.LIVE, 0)
    assert result.to_json()["unread_lines"] == 1


def test_damaged_metadata_is_named_and_the_scale_inferred(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    metadata = tmp_path / "m.txt"
    for body in ('{"code":"0","data":[{"inst', "[" * 100_000, "null"):
        write(metadata, f"https://www.okx.com/api/v5/public/instruments?instType=SPOT -> 1787612400.5: {body}")
        result = verify([metadata, path])
        assert not result.sound
        assert f"{metadata}, line 1: instrument metadata that cannot be read" in result.complaints[0]
        assert found(result).instrument.scale_inferred


@pytest.mark.parametrize("okx_first", [True, False])
def test_frames_of_two_venues_are_unsound_in_either_order(tmp_path, okx_first):
    okx = write_a(tmp_path / "okx.txt", okx_session())
    write(okx, *okx.read_text().splitlines()[1:])  # without its connect, which would be a disconnect
    binance = write(tmp_path / "binance.txt", *in_format_a(binance_session()))
    first, second = (okx, binance) if okx_first else (binance, okx)
    result = verify([first, second])
    assert not result.sound
    assert result.venue == ("okx" if okx_first else "binance_usdm")
    assert f"could not be understood: {second}, line " in " ".join(result.complaints)
    assert any(one.state is BookState.LIVE for one in result.instruments)


def test_a_recorded_snapshot_of_no_symbol_belongs_to_the_only_one(tmp_path):
    kept = [line.partition(" ")[2] for line in binance_session() if "depth" in line or "lastUpdateId" in line]
    result = verify(write(tmp_path / "c.jsonl", *kept))
    assert result.sound, result.complaints
    assert [one.instrument.symbol for one in result.instruments] == ["BTCUSDT"]


def test_messages_without_a_time_do_not_move_the_clock(tmp_path):
    market = Market(SPOT)
    frames = [market.depth(), market.depth(), market.rest(), market.depth()]
    ticker = market.stream("bookTicker", {"u": 1, "s": "BTCUSDT", "b": "1", "B": "1", "a": "2", "A": "1"})
    result = verify(write(tmp_path / "c.jsonl", *(frame.decode() for frame in [*frames, ticker, market.depth()])))
    assert result.sound, result.complaints
    assert result.step_back_ns < 1_000_000_000


def test_a_pause_of_years_is_played_at_once(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    lines = path.read_text().splitlines()
    result = verify(write(path, *lines[:14], *map(years_later, lines[14:])))
    assert result.sound, result.complaints
    assert found(result).coverage < 1e-6
    assert [gap.reason.value for gap in found(result).gaps] == ["silence"]


def years_later(line: str) -> str:
    return "19" + line[2:]


# Spot: ids that start over.


def test_spot_ids_that_start_over_are_unsound(tmp_path):
    market = Market(SPOT, last=1_000_000, before=999_990)
    frames = [market.depth(), market.rest(), *(market.depth() for _ in range(5))]
    sound = verify(write(tmp_path / "a.jsonl", *(frame.decode() for frame in frames)))
    assert sound.sound, sound.complaints
    market.last = 500
    frames += [market.depth([(1, 991, number)]) for number in range(1, 20)]
    assert not verify(write(tmp_path / "b.jsonl", *(frame.decode() for frame in frames))).sound


# Files.


def test_a_last_line_that_nests_too_deeply_is_unreadable(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    path.write_text(path.read_text() + f"{T0_MS / 1e3 + 9}: " + '{"a":' + "[" * 200_000)
    result = verify(path)
    assert not result.sound
    assert result.complaints == [f"{path}, line 24: nested more deeply than any frame"]


def test_the_same_file_named_twice_is_refused(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    (tmp_path / "b.txt").symlink_to(path)
    for names in ([path, path], [path, tmp_path / "b.txt"], [tmp_path / "sub" / ".." / "a.txt", path]):
        (tmp_path / "sub").mkdir(exist_ok=True)
        with pytest.raises(CaptureError, match=r"named twice.*name each file once"):
            verify(names)


def test_a_byte_order_mark_is_passed_over(tmp_path):
    path = write_c(tmp_path / "c.jsonl", okx_session())
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    result = verify(path)
    assert result.sound, result.complaints
    assert result.frames == 22
