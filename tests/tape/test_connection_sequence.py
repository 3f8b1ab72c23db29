"""What `verify` says of the numbering of a whole connection, whatever its channels."""

from __future__ import annotations

import pytest

from fillcast.tape.verify import verify
from tests.tape.recordings import okx_session, write_c
from tests.venues.coinbase.market import BTC, Venue


def session(updates: int = 6) -> list[bytes]:
    """Return a snapshot, updates and heartbeats of one connection."""
    sender = Venue(BTC)
    frames = [sender.snapshot()]
    for _ in range(updates):
        frames += [sender.update(), sender.heartbeat()]
    return frames


def written(path, frames):
    path.write_bytes(b"\n".join(frames))
    return path


def test_messages_of_every_channel_are_counted(tmp_path):
    report = verify(written(tmp_path / "c.jsonl", session())).to_json()
    assert report["sound"]
    assert report["connection_sequence"] == {"checked": 12, "gaps": 0}


@pytest.mark.parametrize("lost", [1, 2, 11])
def test_one_that_is_missing_is_a_gap_whatever_its_channel(tmp_path, lost):
    frames = session()
    report = verify(written(tmp_path / "c.jsonl", frames[:lost] + frames[lost + 1 :])).to_json()
    assert not report["sound"]
    assert report["connection_sequence"] == {"checked": 11, "gaps": 1}


def test_a_venue_that_numbers_no_connection_has_no_such_key(tmp_path):
    report = verify(write_c(tmp_path / "c.jsonl", okx_session())).to_json()
    assert "connection_sequence" not in report
