"""The command line: what each command prints, and with which exit code it ends."""

from __future__ import annotations

import os
import sys

from fillcast.errors import FillcastError

DONE = 0
ANSWER_IS_NO = 1  # an unsound capture; too little depth with --require-fill
BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main() -> None:
    """Run the command line of this process and end it."""
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = INTERRUPTED
    raise SystemExit(code)


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code; what went wrong is one sentence on standard error."""
    import typer

    from fillcast.cli.app import USAGE_ERROR, build

    try:
        code = build().main(arguments or ["--help"], prog_name="fillcast", standalone_mode=False)
        sys.stdout.flush()
    except FillcastError as error:
        return _fail(str(error))
    except USAGE_ERROR as error:
        return _fail(error.format_message())
    except typer.Abort:
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough (typer turns that into SystemExit, and nothing else). Python would
        # complain when it flushes what is left.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return DONE
    if not arguments:
        return BAD_INPUT
    return code if isinstance(code, int) else DONE


def _fail(message: str) -> int:
    print(f"fillcast: {' '.join(message.split())}", file=sys.stderr)
    return BAD_INPUT
