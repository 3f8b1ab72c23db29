"""`fillcast lab`: the embedded exchange by itself."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from fillcast.cli import options

Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND@SECONDS[:SYMBOL]",
        help="Plant a fault so long after the start, such as drop@5:BTC-USDT. Repeatable.",
    ),
]


class LabCommand(TyperCommand):
    """The command with the venues at the end of its help; they are looked up when that is asked for, which is slow."""

    def format_epilog(self, ctx: Any, formatter: Any) -> None:  # types of a private part of typer
        """Write the venues that the lab speaks."""
        from fillcast.lab.protocols import PROTOCOLS

        formatter.write_paragraph()
        formatter.write_text(f"Venues: {', '.join(PROTOCOLS)}.")


def lab(
    port: Annotated[
        int, typer.Option("--port", metavar="P", help="Where to listen on loopback; 0 takes a free port.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same markets.")] = 7,
    speed: Annotated[float, typer.Option("--speed", help="Market seconds per second.")] = 1.0,
    instruments: Annotated[
        int,
        typer.Option("--instruments", metavar="N", help="Made-up instruments that every venue lists beyond its own."),
    ] = 0,
    fault: Faults = None,
    random_faults: Annotated[
        float,
        typer.Option(
            "--random-faults", metavar="PER_SECOND", help="Plant random faults in books that are listened to."
        ),
    ] = 0.0,
    seconds: options.Seconds = None,
    json: Annotated[
        bool, typer.Option("--json", help="Accepted as everywhere: the ready line is JSON anyway.")
    ] = False,
    until_eof: Annotated[bool, typer.Option("--until-eof", hidden=True)] = False,
) -> None:
    """Run the embedded exchange by itself: every venue that it speaks, over WebSocket and REST on one port.

    Prints one line of JSON with the address of each when it is ready, for `--endpoint okx=...` and the like
    of the other commands.
    """
    import asyncio
    import sys

    from fillcast.cli.running import check_port, check_seconds, end_after, run_until_stopped
    from fillcast.errors import UsageError
    from fillcast.lab.faults import parse_fault
    from fillcast.lab.options import LabOptions
    from fillcast.lab.protocols import listed_symbols
    from fillcast.lab.server import LabAddress, check_options, serve

    options_of_lab = check_options(LabOptions(speed=speed, instruments=instruments, random_faults=random_faults))
    faults = [parse_fault(text, listed_symbols(instruments)) for text in fault or ()]
    check_port(port)
    check_seconds(seconds)

    def ready(address: LabAddress) -> None:
        print(address.to_json(), flush=True)

    async def work(stop: asyncio.Event) -> None:
        end_after(stop, seconds)
        if until_eof:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
        try:
            await serve(
                port=port, seed=seed, faults=faults, speed=speed, options=options_of_lab, ready=ready, stop=stop
            )
        except OSError as error:
            raise UsageError(f"the lab cannot listen on port {port}: {error.strerror or error}") from None

    run_until_stopped(work)
