"""Verification of small captures: sound ones, and one planted fault of each kind."""

from __future__ import annotations

import json

import pytest

from fillcast.core.state import BookState
from fillcast.errors import CaptureError
from fillcast.tape.verify import Found, Verification, verify
from tests.tape.recordings import binance_session, okx_session, okx_unnumbered_session, write_a, write_c


def only(result: Verification) -> Found:
    assert len(result.instruments) == 1
    return result.instruments[0]


def test_a_numbered_capture_is_sound(tmp_path):
    result = verify(write_a(tmp_path / "a.txt", okx_session()))
    found = only(result)
    assert result.sound, result.complaints
    assert (result.venue, result.dialect, result.frames, result.rejected_frames) == ("okx", "v5", 22, 0)
    assert (found.counts.snapshots, found.counts.updates, found.counts.sequence_checked) == (1, 20, 20)
    assert (found.state, found.proof) == (BookState.LIVE, "sequence")
    assert (found.best_bid, found.best_ask) == ("99.9", "100.1")
    assert found.instrument.scale_inferred
    assert (str(found.instrument.tick), str(found.instrument.lot)) == ("0.1", "0.01")


def test_without_receive_times_the_venue_clock_measures_coverage(tmp_path):
    found = only(verify(write_c(tmp_path / "c.jsonl", okx_session())))
    assert found.coverage == 1.0


def test_coverage_is_the_share_of_time_that_the_book_was_live(tmp_path):
    # A second from the connect to the first frame, 0.1 s to the snapshot, 2 s of updates.
    found = only(verify(write_a(tmp_path / "a.txt", okx_session())))
    assert found.coverage == pytest.approx(2.0 / 3.1, abs=1e-6)


def test_a_planted_gap_is_found(tmp_path):
    frames = okx_session()
    del frames[10]
    result = verify(write_a(tmp_path / "a.txt", frames))
    found = only(result)
    assert not result.sound
    assert found.state is BookState.BROKEN
    assert [gap.reason.value for gap in found.gaps] == ["sequence"]
    assert found.coverage < 0.6
    assert any("okx:BTC-USDT: sequence gap" in sentence for sentence in result.complaints)


def test_a_planted_crossed_book_is_found(tmp_path):
    frames = okx_session()
    frames[12]["data"][0]["bids"] = [["100.3", "1", "0", "1"]]
    result = verify(write_a(tmp_path / "a.txt", frames))
    assert not result.sound
    assert only(result).counts.crossed == 1


def test_checksums_are_checked_on_every_message(tmp_path):
    result = verify(write_a(tmp_path / "a.txt", okx_unnumbered_session()))
    found = only(result)
    assert result.sound, result.complaints
    assert (result.dialect, found.proof) == ("v5-unnumbered", "checksum")
    assert (found.counts.checksums_matched, found.counts.checksums_checked) == (21, 21)


@pytest.mark.parametrize("spoil", ["checksum", "size"])
def test_a_planted_wrong_digit_is_found_by_the_checksum(tmp_path, spoil):
    frames = okx_unnumbered_session()
    entry = frames[8]["data"][0]
    if spoil == "checksum":
        entry["checksum"] += 1
    else:
        entry["bids"][0][1] = "77"
    result = verify(write_a(tmp_path / "a.txt", frames))
    counts = only(result).counts
    assert not result.sound
    assert counts.checksums_checked == counts.checksums_matched + 1


def test_a_rest_snapshot_joins_the_stream(tmp_path):
    path = tmp_path / "b.txt"
    path.write_text("\n".join(binance_session()) + "\n")
    result = verify(path)
    found = only(result)
    assert result.sound, result.complaints
    assert result.venue == "binance_usdm"
    counts = found.counts
    assert (counts.snapshots, counts.bridged, counts.updates, counts.trades) == (1, 1, 20, 20)
    assert counts.touches_matched == counts.touches_checked >= 17
    assert (found.best_bid, found.best_ask) == ("99.90", "100.10")  # as the venue writes them


def test_a_planted_wrong_touch_is_found(tmp_path):
    lines = binance_session()
    at = next(index for index, line in enumerate(lines) if '"u": 950' in line and "bookTicker" in line)
    lines[at] = lines[at].replace('"A": "2.000"', '"A": "2.100"')
    path = tmp_path / "b.txt"
    path.write_text("\n".join(lines) + "\n")
    result = verify(path)
    counts = only(result).counts
    assert not result.sound
    assert counts.touches_checked == counts.touches_matched + 1


def test_without_its_snapshot_a_book_is_never_proven(tmp_path):
    path = tmp_path / "b.txt"
    path.write_text("\n".join(line for line in binance_session() if "lastUpdateId" not in line) + "\n")
    result = verify(path)
    found = only(result)
    assert not result.sound
    assert found.state is not BookState.LIVE
    assert found.coverage == 0
    assert (found.best_bid, found.best_ask) == (None, None)


def test_a_frame_that_cannot_be_understood_is_counted(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    lines = path.read_text().splitlines()
    lines[10] = lines[10].replace('"99.5"', '"9x.5"')
    path.write_text("\n".join(lines) + "\n")
    result = verify(path)
    assert not result.sound
    assert result.rejected_frames == 1
    assert any("could not be understood" in sentence for sentence in result.complaints)


def test_a_garbage_line_is_named_and_makes_the_capture_unsound(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    lines = path.read_text().splitlines()
    lines.insert(7, "recorder: disk almost full")
    path.write_text("\n".join(lines) + "\n")
    result = verify(path)
    assert only(result).state is BookState.LIVE
    assert not result.sound
    assert any("line 8" in sentence for sentence in result.complaints)


def test_a_cut_off_end_is_named_and_the_rest_is_sound(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    path.write_text(path.read_text()[:-40])
    result = verify(path)
    assert result.sound, result.complaints
    assert only(result).counts.updates == 19
    assert [problem.at_end for problem in result.problems] == [True]


def test_files_in_the_wrong_order_are_noticed(tmp_path):
    lines = binance_session(60)
    first, second = tmp_path / "1.txt", tmp_path / "2.txt"
    half = len(lines) // 2
    first.write_text("\n".join(lines[:half]) + "\n")
    second.write_text("\n".join(lines[half:]) + "\n")
    assert verify([first, second]).sound
    result = verify([second, first])
    assert not result.sound
    assert any("receive times go back" in sentence for sentence in result.complaints)


def test_metadata_in_the_capture_replaces_the_inferred_scale(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    listed = {"instId": "BTC-USDT", "instType": "SPOT", "state": "live", "tickSz": "0.05", "lotSz": "0.00000001"}
    listed |= {"baseCcy": "BTC", "quoteCcy": "USDT"}
    metadata = tmp_path / "instruments.http.txt"
    body = json.dumps({"code": "0", "data": [listed]})
    metadata.write_text(f"https://www.okx.com/api/v5/public/instruments?instType=SPOT -> 1787612400.5: {body}\n")
    result = verify([path, metadata])
    instrument = only(result).instrument
    assert result.sound, result.complaints
    assert not instrument.scale_inferred
    assert str(instrument.tick) == "0.05"


def test_a_second_connect_is_a_disconnect(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    lines = path.read_text().splitlines()
    lines.insert(14, lines[0].replace("1787612485.0", "1787612487.2"))
    path.write_text("\n".join(lines) + "\n")
    result = verify(path)
    assert not result.sound
    assert [gap.reason.value for gap in only(result).gaps] == ["disconnect"]


def test_frames_of_an_unknown_venue_are_refused(tmp_path):
    path = tmp_path / "other.jsonl"
    path.write_text('{"channel":"book","type":"snapshot","data":[{"symbol":"BTC/USD"}]}\n')
    with pytest.raises(CaptureError, match="no frame is a book message") as caught:
        verify(path)
    said = str(caught.value)
    assert """seen: 1 frame, the first '{"channel":"book","type":"snapshot""" in said
    assert "tried: binance_coinm (streams), binance_spot (streams), " in said
    assert "okx (v5), " in said


def test_progress_runs_from_nothing_to_all(tmp_path):
    told: list[float] = []
    verify(write_a(tmp_path / "a.txt", okx_session()), progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_the_json_has_the_agreed_keys(tmp_path):
    report = verify(write_a(tmp_path / "a.txt", okx_session())).to_json()
    assert {"capture", "venue", "frames", "rejected_frames", "sound", "instruments"} <= set(report)
    (found,) = report["instruments"]
    assert {"instrument", "snapshots", "updates", "trades", "crossed", "state", "coverage", "proof"} <= set(found)
    assert set(found["checksums"]) == {"matched", "checked"}
    assert set(found["sequence"]) == {"checked", "gaps"}
    assert (found["best_bid"], found["best_ask"]) == ("99.9", "100.1")
    assert json.loads(json.dumps(report)) == report
