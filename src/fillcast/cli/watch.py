"""`fillcast watch`: live books and the forecast of an order."""

from __future__ import annotations

import typer  # noqa: F401 - the annotations below are read by it

from fillcast.cli import options


def watch(
    instruments: options.Instruments,
    side: options.Side = "buy",
    size: options.Size = "100000usd",
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
    endpoint: options.Endpoints = None,
    proxy: options.Proxy = None,
    seconds: options.Seconds = None,
    json: options.Json = False,
) -> None:
    """Follow books live and forecast an order on them, several times a second.

    In a terminal: a live view. Otherwise a line per instrument and second, as JSON with --json. Several instruments
    that can be compared are, at one common reference, with the best split of the order over them.
    """
    import asyncio

    from fillcast.cli.asked import OrderFlags, ReachFlags, ask
    from fillcast.cli.follow import follow
    from fillcast.cli.running import check_seconds, end_after, run_until_stopped
    from fillcast.cli.terms import Terms

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
    asked = ask(instruments, flags, ReachFlags(endpoint or (), proxy))

    check_seconds(seconds)

    async def work(stop: asyncio.Event) -> None:
        end_after(stop, seconds)
        await follow(asked, "watch", stop, as_json=json)

    run_until_stopped(work)
