"""Captures as one stream: compression, several files, and what is wrong with them."""

from __future__ import annotations

import gzip
import zipfile

import pytest

from fillcast.errors import CaptureError
from fillcast.tape.captures import Capture
from fillcast.tape.lines import InputKind

T0 = 1_650_000_000


def frame(number: int, at: float) -> str:
    return f'{T0 + at}: {{"n":{number}}}\n'


def reply(number: int, at: float) -> str:
    return f'https://h/api/v3/depth?symbol=S -> {T0 + at}: {{"n":{number}}}\n'


def numbers(capture: Capture) -> list[bytes]:
    return [entry.data for entry in capture.inputs()]


def test_plain_and_compressed_files_read_alike(tmp_path):
    text = "".join(frame(number, number) for number in range(50)).encode()
    plain, packed = tmp_path / "a.txt", tmp_path / "a.gz"
    plain.write_bytes(text)
    packed.write_bytes(gzip.compress(text))
    assert numbers(Capture([plain])) == numbers(Capture([packed])) == [b'{"n":%d}' % n for n in range(50)]


def test_files_are_one_stream_in_the_order_given(tmp_path):
    first, second = tmp_path / "b.txt", tmp_path / "a.txt"
    first.write_text(frame(1, 1))
    second.write_text(frame(2, 2))
    capture = Capture([first, second])
    assert numbers(capture) == [b'{"n":1}', b'{"n":2}']
    assert numbers(capture) == [b'{"n":1}', b'{"n":2}']  # every pass starts over
    assert capture.share_read == 1.0


def test_replies_beside_a_socket_file_join_by_receive_time(tmp_path):
    (tmp_path / "X.ws.txt").write_text(frame(1, 1.0) + frame(3, 3.0))
    (tmp_path / "X.http.txt").write_text(reply(2, 2.0) + reply(4, 4.0))
    entries = list(Capture([tmp_path / "X.ws.txt"]).inputs())
    assert [entry.data for entry in entries] == [b'{"n":%d}' % n for n in (1, 2, 3, 4)]
    assert [entry.kind for entry in entries] == [InputKind.FRAME, InputKind.REPLY] * 2


def test_replies_that_are_named_as_well_are_read_once(tmp_path):
    (tmp_path / "X.ws.txt").write_text(frame(1, 1.0) + frame(3, 3.0))
    (tmp_path / "X.http.txt").write_text(reply(2, 2.0))
    for order in (["X.ws.txt", "X.http.txt"], ["X.http.txt", "X.ws.txt"]):
        assert numbers(Capture([tmp_path / name for name in order])) == [b'{"n":1}', b'{"n":2}', b'{"n":3}']


def test_a_garbage_line_is_named_and_left_out(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(frame(1, 1) + "what is this\n" + "\n" + frame(2, 2))
    capture = Capture([path])
    assert len(numbers(capture)) == 2
    assert capture.problem_count == 1
    problem = capture.problems[0]
    assert (problem.line, problem.at_end) == (2, False)
    assert "line 2" in str(problem)
    assert "what is this" in str(problem)


@pytest.mark.parametrize("cut", [3, 8, 14, 20])
def test_a_cut_off_last_line_is_named_and_left_out(tmp_path, cut):
    path = tmp_path / "a.txt"
    path.write_text(frame(1, 1) + frame(2, 2.5)[:cut])
    capture = Capture([path])
    assert numbers(capture) == [b'{"n":1}']
    assert [(problem.line, problem.at_end) for problem in capture.problems] == [(2, True)]


def test_a_last_line_without_an_end_is_read_when_it_is_whole(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(frame(1, 1) + frame(2, 2).rstrip("\n"))
    capture = Capture([path])
    assert len(numbers(capture)) == 2
    assert capture.problem_count == 0


def test_a_compressed_file_that_ends_too_early_is_read_up_to_there(tmp_path):
    path = tmp_path / "a.gz"
    packed = gzip.compress("".join(frame(n, n * 1.37) for n in range(5000)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    capture = Capture([path])
    assert 0 < len(numbers(capture)) < 5000
    assert capture.problems[-1].at_end
    assert "ends too early" in str(capture.problems[-1])


def test_a_damaged_compressed_file_is_no_end_but_damage(tmp_path):
    path = tmp_path / "a.gz"
    packed = bytearray(gzip.compress("".join(frame(n, n * 1.37) for n in range(5000)).encode()))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    path.write_bytes(bytes(packed))
    capture = Capture([path])
    numbers(capture)
    assert not capture.problems[-1].at_end


def zipped(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def test_a_zip_archive_of_one_file_is_that_file(tmp_path):
    path = zipped(tmp_path / "a.zip", only=frame(1, 1) + frame(2, 2))
    assert numbers(Capture([path])) == [b'{"n":1}', b'{"n":2}']


def test_a_zip_archive_of_several_files_says_no_order(tmp_path):
    path = zipped(tmp_path / "a.zip", one=frame(1, 1), other=frame(2, 2))
    with pytest.raises(CaptureError, match="a zip archive of 2 files"):
        numbers(Capture([path]))


def test_many_problems_are_counted_and_some_are_kept(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(frame(1, 1) + "garbage\n" * 1000)
    capture = Capture([path])
    numbers(capture)
    assert capture.problem_count == 1000
    assert len(capture.problems) == 100


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\x7fELF\x00\x01\x02\n", "binary"),
        (b"PK\x03\x04rest", "zip"),
        (b"hello\nworld\n", "not a capture: none of its first 2 lines"),
        (b"hello", "its only line"),
        (b"\x1f\x8bnot gzip at all", "not a readable compressed file"),
        (b"hello\n" * 10_000, "none of its first 200 lines"),
    ],
)
def test_what_is_no_capture_is_refused_by_name(tmp_path, content, says):
    path = tmp_path / "some.file"
    path.write_bytes(content)
    with pytest.raises(CaptureError, match=says) as caught:
        list(Capture([path]).inputs())
    assert str(path) in str(caught.value)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(CaptureError, match="no such file"):
        Capture([tmp_path / "absent"])
    with pytest.raises(CaptureError, match="not a file"):
        Capture([tmp_path])
    with pytest.raises(CaptureError, match="no capture file"):
        Capture([])
