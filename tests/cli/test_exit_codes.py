"""Bad input gets one clear sentence and exit code 2, a no gets 1, and nobody sees a traceback."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from fillcast.lab.protocols import PROTOCOLS
from tests.tape.recordings import okx_session, write_a

QUOTE = ("quote", "okx:BTC-USDT", "--side", "buy")
NOWHERE = ("--endpoint", "okx=http://127.0.0.1:9")  # the discard port: nothing listens

BAD_INPUT = [
    ([*QUOTE, "--size", "0"], "'0' is zero"),
    ([*QUOTE, "--size", "-5btc"], "'-5btc' is negative"),
    ([*QUOTE, "--size", "nan"], "'nan' is not a finite number"),
    ([*QUOTE, "--size", "inf"], "'inf' is not a finite number"),
    ([*QUOTE, "--size", "1e400"], "'1e400' is too large"),
    ([*QUOTE, "--size", "much"], "cannot read the size 'much'"),
    ([*QUOTE, "--size", "0x10"], "cannot read the size '0x10'"),
    ([*QUOTE, "--size", "1\N{ARABIC-INDIC DIGIT THREE}"], "cannot read the size"),
    ([*QUOTE, "--size", "1,000usd"], "cannot read the size '1,000usd'; write 1000usd"),
    ([*QUOTE, "--size", "1", "--side", "up"], "--side is buy or sell, not 'up'"),
    ([*QUOTE, "--size", "1", "--type", "iceberg"], "'iceberg' is not offered"),
    ([*QUOTE, "--size", "1", "--latency", "soon"], "cannot read the duration 'soon'"),
    ([*QUOTE, "--size", "1", "--latency", "-1s"], "negative"),
    ([*QUOTE, "--size", "1", "--level", "1.5"], "level"),
    ([*QUOTE, "--size", "1", "--max-cost", "cheap"], "--max-cost 'cheap' is not a number of basis points"),
    ([*QUOTE, "--size", "1", "--fee-taker", "nan"], "fee"),
    ([*QUOTE, "--size", "1", "--fee-taker", "5000"], "beyond"),
    ([*QUOTE, "--size", "1", "--timeout", "0"], "--timeout must be a positive number"),
    ([*QUOTE, "--size", "1", "--observe", "10"], "the duration '10' needs a unit"),
    ([*QUOTE, "--size", "1", "--usd-rate", "USDT"], "--usd-rate 'USDT' is not CURRENCY=RATE"),
    ([*QUOTE, "--size", "1", "--usd-rate", "USD=2"], "the rate of USD in USD is 1"),
    (["watch", "okx:BTC-USDT", "--usd-rate", "EUR=nan"], "--usd-rate 'EUR=nan' is not CURRENCY=RATE"),
    ([*QUOTE, "--size", "1", "--endpoint", "okx"], "'okx' is not VENUE=URL"),
    ([*QUOTE, "--size", "1", "--endpoint", "okx=ftp://x"], "'ftp://x' is not a base URL"),
    ([*QUOTE, "--size", "1", "--endpoint", "mars=http://x"], "unknown venue 'mars'"),
    (["quote", "okx", "--side", "buy", "--size", "1"], "'okx' is not VENUE:SYMBOL"),
    (["quote", "okz:BTC-USDT", "--side", "buy", "--size", "1"], "unknown venue 'okz'; did you mean okx?"),
    (
        ["quote", "binance:BTCUSDT", "--side", "buy", "--size", "1"],
        "did you mean binance_coinm:BTCUSDT or binance_spot:BTCUSDT or binance_usdm:BTCUSDT?",
    ),
    (["quote", "--side", "buy", "--size", "1"], "VENUE:SYMBOL"),
    ([*QUOTE, "--size", "1", "--bogus"], "No such option"),
    (["watch", "okx:BTC-USDT", "--seconds", "nan"], "--seconds must be a positive finite number"),
    (["watch", "okx:BTC-USDT", "--size", "0"], "'0' is zero"),
    (["demo", "--port", "70000"], "--port must be between 0"),
    (["demo", "--fault", "earthquake@1"], "'earthquake' is none of"),
    (["demo", "--seconds", "0"], "--seconds must be a positive finite number"),
    (["lab", "--port", "-1"], "--port must be between 0"),
    (["lab", "--fault", "drop"], "write KIND@SECONDS"),
    (["lab", "--seconds", "-3"], "--seconds must be a positive finite number"),
    (["instruments", "mars"], "unknown venue 'mars'"),
    (["verify", "/nowhere/at/all"], "/nowhere/at/all: no such file"),
    (["nonsense"], "No such command"),
]


@pytest.mark.parametrize(
    ("arguments", "says"), BAD_INPUT, ids=lambda value: None if isinstance(value, str) else " ".join(value)
)
def test_bad_input_is_one_sentence_and_2(in_process, arguments, says):
    result = in_process(*arguments)
    assert result.returncode == 2
    assert says in result.stderr
    assert result.stderr.startswith("fillcast: ")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""


@pytest.mark.parametrize("arguments", [[*QUOTE, "--size", "1"], ["watch", "okx:BTC-USDT"], ["instruments", "okx"]])
def test_a_venue_that_cannot_be_reached_is_a_no(in_process, arguments):
    result = in_process(*arguments, *NOWHERE)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("fillcast: cannot reach 127.0.0.1:9")
    assert result.stderr.count("\n") == 1


def test_an_unknown_symbol_names_the_near_one_and_where_to_look(in_process, endpoints):
    result = in_process("quote", "okx:btcusdt", "--side", "buy", "--size", "1", *endpoints)
    assert result.returncode == 2
    assert "lists no instrument 'btcusdt'; did you mean" in result.stderr
    assert "BTC-USDT" in result.stderr
    assert "to find a symbol: fillcast instruments VENUE [TEXT]" in result.stderr


def test_a_process_ends_with_the_same_codes(command, tmp_path):
    bad = command(*QUOTE, "--size", "nan")
    assert (bad.returncode, bad.stdout) == (2, "")
    assert bad.stderr == "fillcast: the size 'nan' is not a finite number\n"
    missing = command("verify", str(tmp_path / "absent"))
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr


def test_verify_answers_yes_with_0_and_no_with_1(in_process, tmp_path):
    sound = write_a(tmp_path / "sound.txt", okx_session())
    frames = okx_session()
    del frames[9]
    unsound = write_a(tmp_path / "unsound.txt", frames)
    yes, no = in_process("verify", str(sound)), in_process("verify", str(unsound))
    assert (yes.returncode, no.returncode) == (0, 1)
    assert "✔ sound" in yes.stdout
    assert "✖ unsound" in no.stdout
    assert "okx:BTC-USDT: sequence gap" in no.stdout
    assert yes.stderr == no.stderr == ""


def test_verify_prints_json(in_process, tmp_path):
    frames = okx_session()
    del frames[9]
    result = in_process("verify", str(write_a(tmp_path / "a.txt", frames)), "--json")
    report = json.loads(result.stdout)
    assert result.returncode == 1
    assert report["sound"] is False
    assert report["instruments"][0]["sequence"]["gaps"] == 1


def test_empty_and_binary_files_are_named(in_process, tmp_path):
    (tmp_path / "empty").write_bytes(b"")
    (tmp_path / "binary").write_bytes(b"\x00\x01\x02\n" * 10)
    for name, says in (("empty", "the file is empty"), ("binary", "a binary file")):
        result = in_process("verify", str(tmp_path / name))
        assert result.returncode == 2
        assert says in result.stderr


def test_without_a_command_the_help_is_shown(in_process):
    result = in_process()
    assert result.returncode == 2
    assert "Commands:" in result.stdout


@pytest.mark.parametrize("name", ["quote", "watch", "demo", "lab", "instruments", "verify", "evidence"])
def test_every_command_has_help_and_json(in_process, name):
    result = in_process(name, "--help")
    assert result.returncode == 0
    assert "--json" in result.stdout


def test_the_help_of_the_lab_names_every_venue_that_it_speaks(in_process):
    told = " ".join(in_process("lab", "--help").stdout.split())
    assert told.endswith(f"Venues: {', '.join(PROTOCOLS)}.")


def test_help_does_not_bring_the_venues_along(environment):
    program = (
        "import sys, fillcast.cli.app; sys.exit('fillcast.lab.protocols' in sys.modules or 'numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], env=environment, check=False).returncode == 0


def test_help_names_the_config_file_and_the_exit_codes(in_process, tmp_path):
    result = in_process("--help", FILLCAST_CONFIG=str(tmp_path / "mine.toml"))
    assert result.returncode == 0
    assert "mine.toml" in result.stdout.replace("\n", "").replace(" ", "")
    assert "1 the answer is no" in " ".join(result.stdout.split())


def test_a_reader_that_has_seen_enough_is_no_failure(environment, endpoints):
    arguments = [sys.executable, "-m", "fillcast", "watch", "okx:BTC-USDT", *endpoints, "--json", "--seconds", "30"]
    with subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert json.loads(process.stdout.readline())["instrument"] == "okx:BTC-USDT"
        process.stdout.close()
        assert process.wait(10) == 0
        assert process.stderr.read() == b""


def test_a_verdict_claims_no_more_than_the_weakest_proof(in_process, tmp_path):
    first = {"type": "snapshot", "product_id": "A-USD", "bids": [["1.0", "1"]], "asks": [["2.0", "1"]]}
    then = {"type": "l2update", "product_id": "A-USD", "changes": [["buy", "1.1", "3"]], "time": "2021-04-17T16:43:37Z"}
    unnumbered = tmp_path / "unnumbered.jsonl"
    unnumbered.write_text("".join(json.dumps(frame) + "\n" for frame in (first, then)))
    told = in_process("verify", str(unnumbered)).stdout
    assert "✔ sound: nothing contradicts the books" in told
    assert "a lost update could not be seen" in told
    numbered = in_process("verify", str(write_a(tmp_path / "sound.txt", okx_session()))).stdout
    assert "every book is proven right" in numbered
