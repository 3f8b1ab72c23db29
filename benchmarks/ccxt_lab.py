"""A public client that nobody here wrote, on the same exchange as ours: do both keep the same book?

``python -m benchmarks.ccxt_lab`` starts the lab as its own process (or uses the one at ``--endpoint``),
points ccxt.pro and our feed at it for a minute, and compares the best levels wherever both have seen the same
sequence number: OKX's seqId, Binance's u. Exit code 1 when a book differs or when too little could be
compared.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import peers
from benchmarks.observation import Comparison, Observation, levels
from benchmarks.ours_feed import follow
from fillcast.cli.lab_process import LabProcess

CLIENT = Path(__file__).parent / "peer_scripts" / "ccxt_client.py"
ENOUGH = 0.8
"""Share of ccxt's observations that ours must have seen as well; both join and leave at other moments."""
LINE_BYTES = 1 << 20


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ccxt_lab", description=__doc__.partition("\n")[0])
    parser.add_argument("--endpoint", help="http://host:port of a running lab; otherwise one is started")
    parser.add_argument("--seed", type=int, default=7, help="of the lab that is started (7)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long both follow (60)")
    parser.add_argument(
        "--depth", type=int, default=400, help="levels a side that are compared (400, all that OKX shows)"
    )
    parser.add_argument("--okx", metavar="INSTID", default="BTC-USDT")
    parser.add_argument("--binance", metavar="SYMBOL", default="BTCUSDT")
    options = parser.parse_args(arguments)
    if not peers.is_current():
        parser.exit(2, "ccxt_lab: build the peers' environment first: python -m benchmarks.peers\n")
    symbols = {"okx": options.okx, "binance_usdm": options.binance}
    return asyncio.run(_run(options.endpoint, symbols, seed=options.seed, seconds=options.seconds, depth=options.depth))


async def _run(endpoint: str | None, symbols: dict[str, str], *, seed: int, seconds: float, depth: int) -> int:
    async with _lab(endpoint, seed) as address:
        comparisons = {venue: Comparison(depth) for venue in symbols}
        errors: list[str] = []

        def observe(observation: Observation) -> None:
            comparisons[observation.venue].ours[observation.sequence] = observation

        async with asyncio.TaskGroup() as group:
            ours = group.create_task(follow(address, symbols, depth, observe))
            await _ccxt(address, symbols, seconds, comparisons, errors)
            ours.cancel()
    return _report(Console(), symbols, comparisons, errors)


@asynccontextmanager
async def _lab(endpoint: str | None, seed: int) -> AsyncIterator[str]:
    """The address of a lab: the given one, or one that runs as long as the block."""
    if endpoint is not None:
        yield endpoint.rstrip("/")
        return
    async with LabProcess(0, seed, (), asyncio.Event()) as lab:
        yield lab.url


async def _ccxt(
    address: str,
    symbols: dict[str, str],
    seconds: float,
    comparisons: dict[str, Comparison],
    errors: list[str],
) -> None:
    """Run ccxt in its environment and collect what it says."""
    process = await asyncio.create_subprocess_exec(
        *(str(peers.python()), str(CLIENT), "--endpoint", address, "--seconds", str(seconds)),
        *("--depth", str(next(iter(comparisons.values())).depth)),
        *("--okx", symbols["okx"], "--binance", symbols["binance_usdm"]),
        stdout=PIPE,
        limit=LINE_BYTES,
    )
    assert process.stdout is not None
    try:
        async for line in process.stdout:
            said = json.loads(line)
            if "error" in said:
                errors.append(f"{said['venue']} {said['symbol']}: {said['error']}")
                continue
            sequence = said["sequence"]
            comparisons[said["venue"]].theirs[sequence] = Observation(
                said["venue"], said["symbol"], sequence, levels(said["bids"]), levels(said["asks"])
            )
    finally:
        if process.returncode is None and process.stdout.at_eof() is False:
            process.terminate()
        code = await process.wait()
    if code:
        raise RuntimeError(f"the ccxt client ended with exit code {code}; its own message is above")


def _report(console: Console, symbols: dict[str, str], comparisons: dict[str, Comparison], errors: list[str]) -> int:
    table = Table(title="ccxt.pro and fillcast on one exchange", title_justify="left", header_style="bold")
    for column in ("book", "seen by ccxt", "seen by ours", "compared", "matched"):
        table.add_column(column, justify="left" if column == "book" else "right")
    sound = not errors
    for venue, comparison in comparisons.items():
        differences = comparison.differences()
        compared = len(comparison.compared)
        table.add_row(
            f"{venue}:{symbols[venue]}",
            *(str(len(comparison.theirs)), str(len(comparison.ours))),
            *(str(compared), str(compared - len(differences))),
        )
        errors += [f"{venue}: differs at {difference}" for difference in differences[:3]]
        sound &= not differences and compared > 0 and compared >= ENOUGH * len(comparison.theirs)
    console.print(table)
    depth = next(iter(comparisons.values())).depth
    console.print(f"compared: the best {depth} levels a side wherever both saw the same sequence number")
    for line in errors:
        console.print(line, markup=False)
    console.print("both clients kept the same books" if sound else "NOT the same, or too little was compared")
    return 0 if sound else 1


if __name__ == "__main__":
    sys.exit(main())
