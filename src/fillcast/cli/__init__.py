"""The command line: what each command prints, and with which exit code it ends."""

from __future__ import annotations

import sys

from fillcast.cli.output import CANNOT_WRITE, discard, harmless, prepare
from fillcast.errors import ConnectError, FillcastError, NotLiveError, UnknownInstrumentError, VenueError

DONE = 0
ANSWER_IS_NO = 1  # an unsound capture; a venue that cannot be reached; too little depth with --require-fill
BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main() -> None:
    """Run the command line of this process and end it."""
    no_output = prepare()
    try:
        code = _fail(no_output) if no_output else run(sys.argv[1:])
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
    except (ConnectError, VenueError, NotLiveError) as error:
        return _fail(str(error), ANSWER_IS_NO)
    except UnknownInstrumentError as error:
        return _fail(f"{error}; to find a symbol: fillcast instruments VENUE [TEXT]")
    except FillcastError as error:
        return _fail(str(error))
    except USAGE_ERROR as error:
        return _fail(error.format_message())
    except typer.Abort:
        return INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # Whoever read our output has seen enough (typer turns that into SystemExit, and nothing else).
        discard()
        return DONE
    except OSError as error:
        if error.errno not in CANNOT_WRITE:
            raise
        discard()
        return _fail(f"the output cannot be written: {error.strerror}")
    if not arguments:
        return BAD_INPUT
    return code if isinstance(code, int) else DONE


def _fail(message: str, code: int = BAD_INPUT) -> int:
    print(f"fillcast: {harmless(' '.join(message.split()))}", file=sys.stderr)
    return code
