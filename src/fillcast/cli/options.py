"""The options that several commands share, with one wording each."""

from __future__ import annotations

from typing import Annotated

import typer

Instruments = Annotated[
    list[str], typer.Argument(metavar="VENUE:SYMBOL...", help="One or more, such as okx:BTC-USDT.", show_default=False)
]
Side = Annotated[str, typer.Option("--side", metavar="buy|sell", help="Whether to buy or to sell.")]
Size = Annotated[
    str,
    typer.Option(
        "--size",
        metavar="SIZE",
        help="2.5 or 2.5btc (base), 100000usd or 100000usdt (quote), 40ct (contracts).",
    ),
]
OrderType = Annotated[
    str,
    typer.Option(
        "--type",
        metavar="TYPE",
        help="market; limit; or worked in slices: twap, vwap, pov (share of the volume), is (impact against risk).",
    ),
]
Price = Annotated[str | None, typer.Option("--price", metavar="P", help="Price of a limit order.", show_default=False)]
PostOnly = Annotated[bool, typer.Option("--post-only", help="A limit order that takes nothing.")]
Horizon = Annotated[
    str | None,
    typer.Option(
        "--horizon",
        metavar="DURATION",
        help="Time in which the order is done, such as 10m. [default: 10m worked, 1m limit]",
        show_default=False,
    ),
]
Participation = Annotated[
    float | None,
    typer.Option(
        "--participation",
        metavar="SHARE",
        help="Share of all volume: what pov trades at, a limit for the others. [default: 0.1 for pov]",
        show_default=False,
    ),
]
RiskAversion = Annotated[
    float | None,
    typer.Option(
        "--risk-aversion",
        metavar="X",
        help="Of an is order, per unit of quote currency. [default: 1e-06]",
        show_default=False,
    ),
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="FILE",
        help="What fillcast calibrate wrote: its parameters come before priors.",
        show_default=False,
    ),
]
Tier = Annotated[
    list[str] | None,
    typer.Option(
        "--tier",
        metavar="[VENUE=]TIER",
        help="Fee tier in the venue's spelling, +NAME for a discount (VIP1+bnb), for all venues or one. Repeatable. "
        "[default: a new account's]",
    ),
]
Latency = Annotated[
    list[str] | None,
    typer.Option(
        "--latency",
        metavar="[VENUE=]DURATION",
        help="From the book you decide on to the book the order meets, such as 40ms, for all venues or one. "
        "Repeatable. [default: 250ms]",
    ),
]
FeeMaker = Annotated[
    list[str] | None,
    typer.Option(
        "--fee-maker",
        metavar="[VENUE=]BPS",
        help="Your own maker fee in bps or as 0.1%, for all venues or one; negative is a rebate. Repeatable.",
    ),
]
FeeTaker = Annotated[
    list[str] | None,
    typer.Option(
        "--fee-taker",
        metavar="[VENUE=]BPS",
        help="Your own taker fee in bps or as 0.1%, for all venues or one; negative is a rebate. Repeatable.",
    ),
]
UsdRates = Annotated[
    list[str] | None,
    typer.Option(
        "--usd-rate",
        metavar="CURRENCY=RATE",
        help="Dollars for one, such as USDT=0.9995 or EUR=1.08; none is assumed. Repeatable.",
    ),
]
Endpoints = Annotated[
    list[str] | None,
    typer.Option(
        "--endpoint",
        metavar="VENUE=URL",
        help="Reach a venue elsewhere, such as okx=http://127.0.0.1:8100. Repeatable.",
    ),
]
Proxy = Annotated[str | None, typer.Option("--proxy", metavar="URL", help="Reach every venue through this proxy.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
Seconds = Annotated[
    float | None, typer.Option("--seconds", metavar="N", help="End after N seconds. [default: at Ctrl-C]")
]
