"""`fillcast instruments`: find a symbol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from fillcast.cli import options

if TYPE_CHECKING:
    from fillcast.core.instrument import Instrument

NUMBERS = ("tick", "lot", "order step", "contract value")


def instruments(
    venue: Annotated[str, typer.Argument(metavar="VENUE", help="Such as okx.", show_default=False)],
    text: Annotated[
        str,
        typer.Argument(
            metavar="[TEXT]", help="Part of the symbol, in any case, with or without dashes.", show_default=False
        ),
    ] = "",
    endpoint: options.Endpoints = None,
    proxy: options.Proxy = None,
    json: options.Json = False,
) -> None:
    """List the instruments of a venue, or those whose symbol contains a text; exit 1 when there is none."""
    import asyncio

    import msgspec

    from fillcast.cli import ANSWER_IS_NO
    from fillcast.cli.config import read_config
    from fillcast.session.endpoints import parse_endpoints
    from fillcast.venues import VENUES

    config = read_config(VENUES)
    endpoints = {**config.endpoints, **parse_endpoints(endpoint or (), VENUES)}
    found = matching(asyncio.run(_listed(venue, endpoints, proxy or config.proxy)), text)
    if json:
        print(msgspec.json.encode([to_json(one) for one in found]).decode())
    else:
        _show(found, venue, text)
    if not found:
        raise typer.Exit(ANSWER_IS_NO)


async def _listed(name: str, endpoints: dict[str, str], proxy: str | None) -> list[Instrument]:
    from fillcast.session.listing import list_all

    return await list_all(name, endpoints=endpoints, proxy=proxy)


def matching(listed: list[Instrument], text: str) -> list[Instrument]:
    """Return the instruments whose symbol contains a text, case and separators aside, by symbol."""
    from fillcast.session.resolve import plain

    wanted = plain(text)
    return sorted((one for one in listed if wanted in plain(one.symbol)), key=lambda one: (len(one.symbol), one.symbol))


def to_json(one: Instrument) -> dict[str, Any]:
    """Return one line of `instruments --json`; prices and sizes as the venue's decimal strings."""
    return {
        "instrument": one.key,
        "symbol": one.symbol,
        "base": one.base,
        "quote": one.quote,
        "settle": one.settle_currency,
        "kind": str(one.kind),
        "tick": f"{one.tick:f}",
        "lot": f"{one.lot:f}",
        "order_step": one.order_step,
        "sized_in": one.sized_in,
        "contract_value": f"{one.contract_value:f}",
        "fee_group": one.fee_group or None,
    }


def _show(found: list[Instrument], venue: str, text: str) -> None:
    from fillcast.cli.layout import print_rows
    from fillcast.cli.words import console_for, count

    console = console_for()
    if not found:
        console.print(f"{venue} lists no instrument whose symbol contains {text!r}", highlight=False, markup=False)
        return
    rows = [
        (
            one.key,
            str(one.kind),
            one.base,
            one.quote,
            one.sized_in,
            f"{one.tick:f}",
            f"{one.lot:f}",
            one.order_step,
            "" if one.sized_in == "base" else f"{one.contract_value:f}",
        )
        for one in found
    ]
    print_rows(console, ("instrument", "kind", "base", "quote", "sized in"), NUMBERS, rows)
    console.print(count(len(found), "instrument"), style="dim", highlight=False)
