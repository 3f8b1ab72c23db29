"""The command line as one typer application. Commands import what they need when they run: help is fast."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from fillcast.cli.calibrate import calibrate
from fillcast.cli.config import PATH_VARIABLE, config_path
from fillcast.cli.demo import demo
from fillcast.cli.doctor import doctor
from fillcast.cli.evidence import evidence
from fillcast.cli.instruments import instruments
from fillcast.cli.lab import LabCommand, lab
from fillcast.cli.quote import quote
from fillcast.cli.verify import verify
from fillcast.cli.watch import watch

LOG_VARIABLE = "FILLCAST_LOG"
USAGE_ERROR = typer.TyperException

ABOUT = "Know what an order will cost before you send it, and how far to trust the answer."

# At most 60 characters: what is longer is cut in a list of 80 columns.
COMMANDS: dict[Callable[..., None], str] = {
    demo: "The main job with no network: own exchange, books, forecasts",
    watch: "Follow books live and forecast an order on them",
    quote: "Forecast once what an order costs, or compare venues",
    instruments: "List a venue's instruments, or search them",
    doctor: "Check rule by rule what a live venue does",
    verify: "Rebuild every book in a capture and judge it",
    calibrate: "Fit the models' parameters on a recording",
    evidence: "Hold every model to the numbers published of it",
    lab: "Run the embedded exchange by itself",
}


def build() -> Any:
    """Return the command line, ready to be run on a list of arguments."""
    application = typer.Typer(
        help=ABOUT,
        epilog=f"What a flag does not say is read from {config_path()} (or the file that {PATH_VARIABLE} names): "
        "proxy, and by venue [tiers], [latencies], [endpoints], [fees.VENUE] and [protocol.VENUE]. "
        "Exit codes: 0 done, 1 the answer is no (or a venue gave none), 2 bad input.",
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
    )
    application.callback()(_root)
    for command, summary in COMMANDS.items():
        application.command(short_help=summary, cls=LabCommand if command is lab else None)(command)
    return typer.main.get_command(application)


def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", is_eager=True, callback=lambda asked: _version(asked)),
    ] = False,
    log: Annotated[
        str | None,
        typer.Option(
            "--log",
            metavar="FILE",
            envvar=LOG_VARIABLE,
            help="Add a JSON line per change of a connection or book to a file; - is stderr, in words.",
            show_default=False,
        ),
    ] = None,
) -> None:
    if log is not None:
        from fillcast.runtime.log import opened_log

        context.with_resource(opened_log(log))


def _version(asked: bool) -> None:
    if asked:
        from fillcast import __version__

        typer.echo(f"fillcast {__version__}")
        raise typer.Exit
