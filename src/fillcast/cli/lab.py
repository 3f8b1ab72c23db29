"""`fillcast lab`: the embedded exchange by itself."""

from __future__ import annotations

from typing import Annotated

import typer

from fillcast.cli import options

Faults = Annotated[
    list[str] | None,
    typer.Option(
        "--fault",
        metavar="KIND@SECONDS[:SYMBOL]",
        help="Plant a fault so long after the start, such as drop@5:BTC-USDT. Repeatable.",
    ),
]


def lab(
    port: Annotated[
        int, typer.Option("--port", metavar="P", help="Where to listen on loopback; 0 takes a free port.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same markets.")] = 7,
    speed: Annotated[float, typer.Option("--speed", help="Market seconds per second.")] = 1.0,
    fault: Faults = None,
    seconds: options.Seconds = None,
    json: Annotated[
        bool, typer.Option("--json", help="Accepted as everywhere: the ready line is JSON anyway.")
    ] = False,
    until_eof: Annotated[bool, typer.Option("--until-eof", hidden=True)] = False,
) -> None:
    """Run the embedded exchange by itself: OKX and Binance USD-M over WebSocket and REST on one port.

    Prints one line of JSON with its addresses when it is ready, for `--endpoint okx=...` and
    `--endpoint binance_usdm=...` of the other commands.
    """
    import asyncio
    import sys

    from fillcast.cli.running import check_port, check_seconds, end_after, run_until_stopped
    from fillcast.errors import UsageError
    from fillcast.lab.faults import parse_fault
    from fillcast.lab.server import LabAddress, serve

    faults = [parse_fault(text) for text in fault or ()]
    check_port(port)
    check_seconds(seconds)

    def ready(address: LabAddress) -> None:
        print(address.to_json(), flush=True)

    async def work(stop: asyncio.Event) -> None:
        end_after(stop, seconds)
        if until_eof:
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), stop.set)
        try:
            await serve(port=port, seed=seed, faults=faults, speed=speed, ready=ready, stop=stop)
        except OSError as error:
            raise UsageError(f"the lab cannot listen on port {port}: {error.strerror or error}") from None

    run_until_stopped(work)
