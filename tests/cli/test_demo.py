"""`demo` from end to end: two processes, a real socket, and a clean end whoever goes first."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ENDS_WITHIN_S = 10.0


@pytest.fixture
def demo(environment):
    """Return what starts a demo that prints JSON lines; what is left of it is ended afterwards."""
    started: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "fillcast", "demo", "--json", *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.communicate()


def lab_of(process: subprocess.Popen[str]) -> int:
    """Return the process id of the lab that a demo started."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(children) == 1
    return int(children[0])


def is_gone(pid: int) -> bool:
    """Whether a process ends in time."""
    end = time.monotonic() + ENDS_WITHIN_S
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (ProcessLookupError, FileNotFoundError):
            return True
        time.sleep(0.05)
    return False


def test_it_forecasts_on_live_books_and_ends_by_itself(demo):
    process = demo("--seconds", "4", "--size", "5btc")
    output, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert errors == ""
    lines = [json.loads(line) for line in output.splitlines()]
    live = [one for one in lines if one["book"]["state"] == "LIVE" and one["instrument"] == "okx:BTC-USDT"]
    assert len(live) >= 2
    assert len({one["net"]["bps"] for one in live}) > 1  # the forecast moves
    assert all(one["net"]["low_bps"] <= one["net"]["bps"] <= one["net"]["high_bps"] for one in live)
    frames = [one["feed"]["frames"] for one in live]
    assert frames == sorted(frames)
    assert frames[-1] > frames[0]


def test_the_config_file_is_not_for_the_demo(environment, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('proxy = "http://127.0.0.1:9"\n[tiers]\nokx = "no such tier"\n')
    result = subprocess.run(
        [sys.executable, "-m", "fillcast", "demo", "okx:BTC-USDT", "--seconds", "2", "--json"],
        env={**environment, "FILLCAST_CONFIG": str(config)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert json.loads(result.stdout.splitlines()[-1])["net"] is not None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_both_processes(demo, number):
    process = demo()
    assert process.stdout is not None
    process.stdout.readline()
    lab = lab_of(process)
    started = time.monotonic()
    process.send_signal(number)
    assert process.wait(ENDS_WITHIN_S) == 0
    assert is_gone(lab)
    assert time.monotonic() - started < ENDS_WITHIN_S


def test_when_the_lab_dies_the_demo_says_so(demo):
    process = demo()
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    os.kill(lab_of(process), signal.SIGKILL)
    assert process.wait(ENDS_WITHIN_S) == 2
    assert process.stderr.read() == "fillcast: the embedded exchange ended: exit code -9\n"


def test_when_the_demo_is_killed_the_lab_ends(demo):
    process = demo()
    assert process.stdout is not None
    process.stdout.readline()
    lab = lab_of(process)
    process.kill()
    assert is_gone(lab)


def test_a_port_that_is_taken_is_one_sentence(command, lab_url):
    port = lab_url.rpartition(":")[2]
    result = command("demo", "--port", port, "--seconds", "3")
    assert result.returncode == 2
    assert result.stderr.startswith("fillcast: the embedded exchange ended: the lab cannot listen on port")
    assert result.stderr.count("\n") == 1
