"""A venue that goes away: no forecast from then on, and the last one marked as old."""

from __future__ import annotations

import json
import subprocess
import sys

MOST_LINES = 12


def test_without_a_live_book_the_last_forecast_is_marked_old(environment):
    def start(*arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "fillcast", *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True)

    with start("lab", "--until-eof") as lab:
        assert lab.stdout is not None
        url = json.loads(lab.stdout.readline())["okx"]
        arguments = ("okx:BTC-USDT", "--size", "5btc", "--endpoint", f"okx={url}", "--json", "--seconds", "60")
        with start("watch", *arguments) as watch:
            assert watch.stdout is not None
            first = json.loads(watch.stdout.readline())
            assert first["book"]["state"] == "LIVE"
            assert first["net"] is not None
            assert first["last"] is None
            lab.kill()
            for _ in range(MOST_LINES):
                quote = json.loads(watch.stdout.readline())
                if quote["net"] is None:
                    break
            later = json.loads(watch.stdout.readline())
            watch.terminate()
            _, errors = watch.communicate(timeout=10)
        lab.communicate()
    assert (watch.returncode, errors) == (0, "")
    assert quote["book"]["state"] == "BROKEN"
    assert "connection lost" in quote["reason"]
    assert quote["filled_base"] is None
    assert quote["last"]["old"] is True
    assert quote["last"]["net"]["bps"] > 0
    assert later["last"]["age_ms"] > quote["last"]["age_ms"] > 0
    assert later["feed"]["gaps"] >= 1
