"""`fillcast demo`: the main job with no network."""

from __future__ import annotations

from typing import Annotated

import typer

from fillcast.cli import options

DEMO_INSTRUMENTS = ("okx:BTC-USDT", "binance_usdm:BTCUSDT")


def demo(
    instruments: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[VENUE:SYMBOL...]",
            help=f"Of the embedded exchange. [default: {' '.join(DEMO_INSTRUMENTS)}]",
            show_default=False,
        ),
    ] = None,
    side: options.Side = "buy",
    size: options.Size = "10btc",
    order_type: options.OrderType = "market",
    price: options.Price = None,
    post_only: options.PostOnly = False,
    horizon: options.Horizon = None,
    participation: options.Participation = None,
    risk_aversion: options.RiskAversion = None,
    model: options.Model = None,
    tier: options.Tier = None,
    latency: options.Latency = None,
    fee_maker: options.FeeMaker = None,
    fee_taker: options.FeeTaker = None,
    usd_rate: options.UsdRates = None,
    port: Annotated[
        int, typer.Option("--port", metavar="P", help="Port of the embedded exchange; 0 takes a free one.")
    ] = 0,
    seed: Annotated[int, typer.Option("--seed", help="Same seed, same markets.")] = 7,
    fault: Annotated[
        list[str] | None,
        typer.Option(
            "--fault", metavar="KIND@SECONDS[:SYMBOL]", help="Plant a fault, such as drop@5:BTC-USDT. Repeatable."
        ),
    ] = None,
    seconds: options.Seconds = None,
    json: options.Json = False,
) -> None:
    """Show the main job with no network: the embedded exchange, a real WebSocket to it, books, forecasts.

    The exchange runs as a process of its own. In a terminal: a live view. Otherwise a line per instrument and
    second, as JSON with --json. The config file is not read: same flags, same demo.
    """
    import asyncio

    from fillcast.cli.asked import OrderFlags, ReachFlags, ask
    from fillcast.cli.config import Config
    from fillcast.cli.follow import follow
    from fillcast.cli.lab_process import LabProcess
    from fillcast.cli.running import check_port, check_seconds, end_after, run_until_stopped
    from fillcast.cli.terms import Terms
    from fillcast.lab.faults import parse_fault

    check_port(port)
    check_seconds(seconds)
    for text in fault or ():
        parse_fault(text)
    keys = instruments or DEMO_INSTRUMENTS
    flags = OrderFlags(
        side,
        size,
        Terms(order_type, price, post_only, horizon, participation, risk_aversion),
        tier or (),
        latency or (),
        fee_maker or (),
        fee_taker or (),
        usd_rate or (),
        model,
    )
    ask(keys, flags, ReachFlags(), Config())  # bad input is told before a process is started

    async def work(stop: asyncio.Event) -> None:
        async with LabProcess(port, seed, fault or (), stop) as lab:
            end_after(stop, seconds)  # what it takes to start the exchange does not count
            if lab.url:
                venues = dict.fromkeys(key.partition(":")[0] for key in keys)
                endpoints = [f"{venue}={lab.endpoints[venue]}" for venue in venues]
                await follow(ask(keys, flags, ReachFlags(endpoints), Config()), "demo", stop, as_json=json)

    run_until_stopped(work)
