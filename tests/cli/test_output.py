"""Output that is closed, full, or in an encoding without our signs: never a traceback, never a lost meaning."""

from __future__ import annotations

import subprocess
import sys

import pytest

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
