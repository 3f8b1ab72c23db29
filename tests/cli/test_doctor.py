"""`fillcast doctor`: what it prints, the JSON that other programs rely on, and its exit codes."""

from __future__ import annotations

import json
import re
import threading
import time
import urllib.request

import pytest

FINDING_KEYS = {"what", "held", "found", "why", "effect", "command"}
RULES = [
    "reachable",
    "instruments",
    "first book",
    "fresh snapshot",
    "sequence",
    "checksum",
    "best bid and ask",
    "not crossed",
    "trades",
    "understood",
    "heartbeat",
    "rates",
    "clock",
    "lag",
    "reconnects",
]


def plant(url: str, kind: str, symbol: str, after_s: float) -> threading.Thread:
    """Plant a fault in the lab so long from now."""

    def post() -> None:
        time.sleep(after_s)
        body = json.dumps({"kind": kind, "symbol": symbol, "wait": 0}).encode()
        headers = {"Content-Type": "application/json"}
        urllib.request.urlopen(urllib.request.Request(f"{url}/lab/fault", body, headers), timeout=5).close()

    thread = threading.Thread(target=post)
    thread.start()
    return thread


def test_json_names_every_rule_and_whether_it_held(in_process, endpoints):
    answer = in_process("doctor", "binance_usdm", "--seconds", "2", "--json", *endpoints)
    assert (answer.returncode, answer.stderr) == (0, "")
    report = json.loads(answer.stdout)
    assert set(report) == {"venue", "seconds", "instruments", "findings", "holds", "verdict"}
    assert (report["venue"], report["holds"]) == ("binance_usdm", True)
    assert 2 <= report["seconds"] < 4
    (instrument,) = report["instruments"]
    assert instrument == {
        "instrument": "binance_usdm:BTCUSDT",
        "tick": "0.1",
        "lot": "0.001",
        "state": "LIVE",
        "proof": "sequence",
    }
    assert [finding["what"] for finding in report["findings"]] == RULES
    assert all(set(finding) == FINDING_KEYS for finding in report["findings"])
    assert all(finding["held"] in (True, None) for finding in report["findings"])


@pytest.mark.parametrize("columns", [80, 120])
def test_the_table_keeps_to_the_terminal_and_cuts_nothing(in_process, endpoints, columns):
    answer = in_process("doctor", "okx", "BTC-USDT", "--seconds", "1", *endpoints, COLUMNS=str(columns))
    assert (answer.returncode, answer.stderr) == (0, "")
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("okx:BTC-USDT for 1.0 s at 127.0.0.1:")
    assert max(len(line.rstrip()) for line in lines) <= columns
    assert "…" not in answer.stdout
    assert ("which means" in lines[1]) == (columns == 120)
    for rule in RULES:
        assert re.search(rf"^{rule} +(✔ yes|– not judged)", answer.stdout, re.MULTILINE), rule
    assert "✔ what okx does agrees with what fillcast assumes" in answer.stdout


@pytest.mark.parametrize("columns", [30, 40, 50])
def test_a_narrow_terminal_has_every_number_whole(in_process, endpoints, columns):
    answer = in_process("doctor", "okx", "BTC-USDT", "--seconds", "1", *endpoints, COLUMNS=str(columns))
    assert (answer.returncode, answer.stderr) == (0, "")
    assert max(len(line.rstrip()) for line in answer.stdout.splitlines()) <= columns
    assert "…" not in answer.stdout
    assert "lot 0.00000001" in " ".join(answer.stdout.split())
    assert ("rule " not in answer.stdout) == (columns < 50)  # a block for each
    for rule in RULES:
        assert re.search(rf"^{rule} +(✔ yes|– not judged)", answer.stdout, re.MULTILINE), rule


def test_a_command_longer_than_its_column_is_not_cut(in_process, without_sockets):
    longer = f"{without_sockets}/{'way/' * 20}"
    answer = in_process("doctor", "okx", "--seconds", "1", "--endpoint", f"okx={longer}", COLUMNS="80")
    assert answer.returncode == 1
    assert "…" not in answer.stdout
    assert longer.rstrip("/") in "".join(answer.stdout.split())


def test_a_lost_frame_is_told_and_ends_with_1(in_process, endpoints, lab_url):
    planting = plant(lab_url, "drop", "ETH-USDT", 1.2)
    answer = in_process("doctor", "okx", "ETH-USDT", "--seconds", "2.5", *endpoints, COLUMNS="400")
    planting.join()
    assert answer.returncode == 1
    assert re.search(r"^sequence +✖ no +\d+ followed, 1 gap", answer.stdout, re.MULTILINE)
    assert f"fillcast watch okx:ETH-USDT --json --endpoint okx={lab_url}" in " ".join(answer.stdout.split())
    assert "✖ 1 rule did not hold on okx: sequence" in answer.stdout


def test_a_venue_that_opens_no_socket_is_told(in_process, without_sockets):
    answer = in_process("doctor", "okx", "--seconds", "1", "--json", "--endpoint", f"okx={without_sockets}")
    assert answer.returncode == 1
    report = json.loads(answer.stdout)
    held = {finding["what"]: finding["held"] for finding in report["findings"]}
    assert {what for what, one in held.items() if one is False} == {"reachable", "first book"}
    assert "HTTP status 429: too many requests" in report["findings"][0]["effect"]
    assert report["findings"][0]["command"] == (
        f"fillcast doctor okx --seconds 1 --endpoint okx={without_sockets} --proxy URL"
    )


def test_a_venue_that_cannot_be_reached_is_a_row_and_1(in_process):
    answer = in_process("doctor", "okx", "--seconds", "1", "--endpoint", "okx=http://127.0.0.1:9", COLUMNS="300")
    assert (answer.returncode, answer.stderr) == (1, "")
    assert answer.stdout.startswith("okx at 127.0.0.1:9: nothing could be followed\n")
    assert re.search(r"^reachable +✖ no .* cannot reach 127.0.0.1:9: it refused", answer.stdout, re.MULTILINE)
    assert answer.stdout.endswith("✖ 1 rule did not hold on okx: reachable\n")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "VENUE"),
        (["mars"], "unknown venue 'mars'"),
        (["okx", "--seconds", "0"], "--seconds must be a positive finite number"),
        (["okx", "--endpoint", "okx"], "'okx' is not VENUE=URL"),
    ],
)
def test_bad_input_is_one_sentence_and_2(in_process, arguments, says):
    answer = in_process("doctor", *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert says in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_an_unknown_symbol_is_2(in_process, endpoints):
    answer = in_process("doctor", "okx", "btcusdt", *endpoints)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert "lists no instrument 'btcusdt'; did you mean" in answer.stderr
