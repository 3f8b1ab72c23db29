"""A venue that goes away: no forecast from then on, and the last one marked as old."""

from __future__ import annotations

import http.server
import json
import socket
import subprocess
import sys
import threading
import time

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


def test_a_quote_says_why_there_is_no_connection(in_process, without_sockets):
    arguments = ["quote", "okx:BTC-USDT", "--side", "buy", "--size", "1", "--timeout", "1"]
    arguments += ["--endpoint", f"okx={without_sockets}"]
    printed, told = in_process(*arguments), in_process(*arguments, "--json")
    assert (printed.returncode, told.returncode) == (1, 1)
    report = json.loads(told.stdout)
    for text in (printed.stdout, report["reason"]):
        assert "okx:BTC-USDT is EMPTY" in text
        assert "HTTP status 429: too many requests" in text
    assert "age" not in printed.stdout.splitlines()[1]
    assert (report["book"]["age_ms"], report["book"]["last_change_ms"]) == (None, None)


def test_nothing_is_observed_where_no_book_is_live(in_process, without_sockets):
    started = time.monotonic()
    arguments = ["quote", "okx:BTC-USDT", "--side", "buy", "--size", "1", "--timeout", "1", "--observe", "1d"]
    answer = in_process(*arguments, "--endpoint", f"okx={without_sockets}")
    assert answer.returncode == 1
    assert "no forecast" in answer.stdout
    assert time.monotonic() - started < 60.0


def test_the_timeout_of_a_quote_covers_a_venue_that_never_answers(in_process):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        endpoint = f"okx=http://127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        arguments = ["quote", "okx:BTC-USDT", "--side", "buy", "--size", "1", "--timeout", "0.5"]
        answer = in_process(*arguments, "--endpoint", endpoint)
    assert answer.returncode == 1
    assert "no answer about okx:BTC-USDT within 0.5 s" in answer.stderr
    assert time.monotonic() - started < 8  # the REST client alone would try for half a minute


def test_a_quote_that_waited_in_vain_says_what_the_venue_answered_meanwhile(in_process):
    class Throttled(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(429)
            self.send_header("Retry-After", "5")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Throttled) as server:
        serving = threading.Thread(target=server.serve_forever)
        serving.start()
        arguments = ["quote", "okx:BTC-USDT", "--side", "buy", "--size", "1", "--timeout", "1"]
        answer = in_process(*arguments, "--endpoint", f"okx=http://127.0.0.1:{server.server_port}")
        server.shutdown()
        serving.join()
    assert answer.returncode == 1
    assert "within 1 s; the last attempt: HTTP status 429: too many requests" in answer.stderr
