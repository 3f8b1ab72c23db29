"""Output that is closed, full, or in an encoding without our signs: never a traceback, never a lost meaning."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
from rich.color import ColorSystem
from rich.panel import Panel
from rich.text import Text

from fillcast.cli.words import console_for

LOCALE_C = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize("more", [{"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "latin-1"}, LOCALE_C])
def test_an_encoding_without_our_signs_gets_others(environment, lab_url, more):
    arguments = ["quote", "okx:BTC-USDT", "--side", "buy", "--size", "10btc", "--endpoint", f"okx={lab_url}"]
    result = subprocess.run(
        [sys.executable, "-m", "fillcast", *arguments],
        env={**environment, **more},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert b"* LIVE" in result.stdout
    assert b" .. " in result.stdout


def test_the_sign_of_an_upper_bound_keeps_its_meaning():
    from fillcast.cli.output import HANDLER, prepare

    prepare()
    assert "\N{LESS-THAN OR EQUAL TO} 1.2 \N{SNOWMAN}".encode("ascii", HANDLER) == b"<= 1.2 ?"


def shell(environment: dict[str, str], redirection: str) -> subprocess.CompletedProcess[str]:
    command = f'exec "{sys.executable}" -m fillcast --version {redirection}'
    return subprocess.run(
        ["sh", "-c", command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


@pytest.mark.parametrize(
    ("redirection", "says"),
    [
        (">&-", "fillcast: standard output is closed; there is nowhere to print to\n"),
        ("> /dev/full", "fillcast: the output cannot be written: No space left on device\n"),
        (">&- 2>&-", ""),
    ],
)
def test_an_output_that_takes_nothing_is_one_sentence_and_2(environment, redirection, says):
    result = shell(environment, redirection)
    assert (result.returncode, result.stdout, result.stderr) == (2, "", says)


def test_the_same_command_can_end_well(environment):
    result = shell(environment, "")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("fillcast ")


ESCAPES = "B\x1b[31mT\x9b2J\u202eC"  # sets a colour, clears the screen, turns the text around
WRITTEN = r"B\x1b[31mT\x9b2J\u202eC"
BYBIT = (
    '{"topic":"orderbook.50.%s","type":"%s","ts":1672304484978,"data":{"s":"%s",'
    '"b":[["16493.50","0.006"]],"a":[["16611.00","0.029"]],"u":%d,"seq":7961638724},"cts":1672304484976}\n'
)


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("shown", [ESCAPES, f"[bold]{ESCAPES}[/]", Text(ESCAPES, "bold"), Panel(Text(ESCAPES))])
def test_text_of_others_is_shown_and_not_obeyed(shown, terminal):
    stream = io.StringIO()
    console = console_for(stream)
    console._force_terminal = terminal
    console.print(shown, highlight=False)
    printed = stream.getvalue()
    assert WRITTEN in printed
    assert not {"\x9b", "\u202e"} & set(printed)
    assert "\x1b[31m" not in printed


def test_our_own_colours_stay():
    stream = io.StringIO()
    console = console_for(stream)
    console._force_terminal, console._color_system = True, ColorSystem.STANDARD
    console.print("[red]sold[/]")
    assert stream.getvalue() == "\x1b[31msold\x1b[0m\n"


def test_a_recording_does_not_write_its_own_verdict(in_process, tmp_path):
    symbol = json.dumps(ESCAPES)[1:-1]
    kinds = (("snapshot", 2), ("delta", 3))
    path = tmp_path / "capture.jsonl"
    path.write_text("".join(BYBIT % (symbol, kind, symbol, number) for kind, number in kinds), encoding="utf-8")
    answer = in_process("verify", str(path))
    assert f"bybit:{WRITTEN[:9]}" in answer.stdout
    assert "\x1b" not in answer.stdout


def test_an_error_is_one_harmless_sentence(in_process):
    answer = in_process("quote", f"okx:{ESCAPES}\n", "--side", "buy", "--size", "1btc", "--endpoint", f"{ESCAPES}=x")
    assert answer.returncode == 2
    assert not {"\x1b", "\x9b", "\u202e"} & set(answer.stderr)
    assert "31m" in answer.stderr
