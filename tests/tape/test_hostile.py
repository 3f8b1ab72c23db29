"""Files that were made to do harm: one sentence each, in little time and memory."""

from __future__ import annotations

import copy
import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from fillcast.cli import BAD_INPUT, run
from fillcast.errors import CaptureError
from fillcast.tape import survey
from fillcast.tape import verify as verification
from fillcast.tape.captures import MAX_LINE_BYTES, MOST_PROBLEMS, Capture
from fillcast.tape.verify import verify
from tests.tape.recordings import T0_MS, okx_session, write_a, write_c

DEEP = b"[" * 10_000
ODD_URLS = ["https://[::1/api/v5/market/books?instId=BTC-USDT", "https://h/books?" + "&".join(["instId=A"] * 1000)]


def tar(path: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(path, "a.txt")
    return packed.getvalue()


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def hostile(tmp_path: Path) -> dict[str, tuple[bytes, str]]:
    """Return the content of each file, and what is said of it."""
    good = write_a(tmp_path / "good.txt", okx_session())
    text = good.read_bytes()
    packed = gzip.compress(text)
    return {
        "cut head": (packed[:8], "ends too early|empty|not a"),
        "gz in gz": (gzip.compress(packed), "a compressed file inside a compressed one; unpack it once"),
        "gz in zip": (zipped("a.gz", packed), "a compressed file inside a compressed one"),
        "zip in gz": (gzip.compress(zipped("a", text)), "a compressed file inside a compressed one"),
        "tar": (tar(good), "a binary file"),
        "long line": (b"[" + b"1," * (MAX_LINE_BYTES // 2) + b"1]\n", "longer than 64 MiB"),
        "no bytes": (b"", "the file is empty"),
        "no bytes packed": (gzip.compress(b""), "the file is empty"),
        "NUL": (b"\0" * 1000, "a binary file"),
        "NUL packed": (gzip.compress(b"\0" * 1000), "a binary file"),
        "NUL lines": (b"{}\n" + b"{\0}\n" * 10, "no frame is a book message"),
        "not UTF-8": (b"{}\n" + b'{"arg":"\xff\xfe"}\n' * 10, "no frame is a book message"),
        "deep": (DEEP + b"]" * len(DEEP) + b"\n", "no frame is a book message"),
        "empty lines": (gzip.compress(b"\n" * 20_000_000), "none of its first 200 lines"),
        "empty lines of Windows": (zipped("a", b"\r\n" * 10_000_000), "none of its first 200 lines"),
    }


@pytest.mark.parametrize("case", range(15))
def test_a_hostile_file_is_refused_in_one_sentence(tmp_path, capsys, case):
    name, (content, says) = list(hostile(tmp_path).items())[case]
    path = tmp_path / name.replace(" ", "-")
    path.write_bytes(content)
    with pytest.raises(CaptureError, match=says):
        verify(path)
    assert run(["verify", str(path)]) == BAD_INPUT
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"fillcast: {path}")
    assert said.err.count("\n") == 1


def test_empty_lines_after_a_frame_are_passed_over_together(tmp_path, monkeypatch):
    path = write_a(tmp_path / "a.txt", okx_session())
    first, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(first + b"\n" * 500_000 + b"\r\n" * 500_000 + b"\r" + b"".join(rest) + b"broken\n")
    capture = Capture([path])
    steps = []
    lines = capture._lines
    monkeypatch.setattr(capture, "_lines", lambda path: (steps.append(line[0]) or line for line in lines(path)))
    assert len(list(capture.inputs())) == len(rest)
    assert [problem.line for problem in capture.problems] == [1_000_002, 1_000_002 + len(rest)]
    assert len(steps) < 1000


@pytest.mark.parametrize("line", [b"\0" * 10, b"\xff\xfe\xfa", DEEP, b'{"arg":"\xff"}', b'{"arg":{"channel":"books\0"'])
def test_a_hostile_line_among_good_ones_makes_the_recording_unsound(tmp_path, line):
    path = write_a(tmp_path / "a.txt", okx_session())
    good = path.read_bytes().splitlines()
    for one in (line, f"{T0_MS / 1e3 + 1:.3f}: ".encode() + line):
        path.write_bytes(b"\n".join([*good[:12], one, *good[12:]]) + b"\n")
        result = verify(path)
        assert not result.sound
        assert f"{path}, line 13" in result.complaints[-1]


@pytest.mark.parametrize("url", ODD_URLS)
def test_a_reply_of_an_odd_address_does_no_harm(tmp_path, url):
    path = write_a(tmp_path / "a.txt", okx_session())
    path.write_text(path.read_text() + f"{url} -> {T0_MS / 1e3 + 9}: {{}}\n")
    assert verify(path).replies == 1


def test_a_file_of_unreadable_lines_is_given_up(tmp_path):
    path = write_a(tmp_path / "a.txt", okx_session())
    path.write_text(path.read_text() + "x\n" * (MOST_PROBLEMS + 1))
    with pytest.raises(CaptureError, match="more than 100,000 lines hold no frame"):
        verify(path)


def test_more_symbols_than_a_connection_carries_are_refused_by_name(tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "MOST_SYMBOLS", 20)
    frames = []
    for number in range(21):
        for frame in okx_session(1)[1:]:
            named = copy.deepcopy(frame)
            named["arg"]["instId"] = f"S{number}-USDT"
            frames.append(named)
    assert len(verify(write_c(tmp_path / "a.jsonl", frames[:-2])).instruments) == 20
    path = write_c(tmp_path / "b.jsonl", frames)
    with pytest.raises(CaptureError, match="line 41: S20-USDT is one symbol more than the 20 of one recording"):
        verify(path)


def test_too_much_metadata_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "KEPT_BYTES", 1000)
    path = write_a(tmp_path / "a.txt", okx_session())
    for number in range(60):
        url = f"https://www.okx.com/api/v5/public/instruments?n={number}"
        path.write_text(path.read_text() + f"{url} -> {T0_MS / 1e3 + 9}: {json.dumps({'code': '0', 'data': []})}\n")
    with pytest.raises(CaptureError, match="MiB of metadata"):
        verify(path)


def test_too_little_memory_is_said(tmp_path, monkeypatch):
    path = write_a(tmp_path / "a.txt", okx_session())

    def exhausted(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(verification, "survey", exhausted)
    with pytest.raises(CaptureError, match="too little memory"):
        verify(path)


def test_a_folder_is_refused(tmp_path, capsys):
    assert run(["verify", str(tmp_path)]) == BAD_INPUT
    assert capsys.readouterr().err == f"fillcast: {tmp_path}: not a file\n"
