"""`fillcast doctor`: what a venue does, rule by rule, beside what fillcast assumes of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from fillcast.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console
    from rich.text import Text

    from fillcast.session.doctor import Examination
    from fillcast.session.doctor.finding import Finding

DEFAULT_S = 30.0
HELD = {True: ("✔ yes", "bold green"), False: ("✖ no", "bold red"), None: ("– not judged", "dim")}
WIDE = 120  # columns from which what a finding means stands beside it, below it otherwise


def doctor(
    venue: Annotated[str, typer.Argument(metavar="VENUE", help="Such as okx.", show_default=False)],
    symbols: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SYMBOL",
            help="What to follow meanwhile. [default: BTC against dollars, the shortest symbol]",
            show_default=False,
        ),
    ] = None,
    seconds: Annotated[float, typer.Option("--seconds", metavar="N", help="How long to look.")] = DEFAULT_S,
    endpoint: options.Endpoints = None,
    proxy: options.Proxy = None,
    json: options.Json = False,
) -> None:
    """Connect to a venue for a while and say rule by rule what held of what fillcast assumes.

    First book, sequence, checksum, best bid and ask, trades, signs of life, rates, clock and lag. Ends at most 6 s
    after the seconds that were asked for, whatever does not answer. Exit 0 when every rule held that could be judged,
    1 when one did not, no book became LIVE, or the venue cannot be reached.
    """
    import asyncio

    import msgspec

    from fillcast.cli import ANSWER_IS_NO
    from fillcast.cli.config import read_config
    from fillcast.cli.running import check_seconds
    from fillcast.cli.words import console_for
    from fillcast.session.endpoints import parse_endpoints
    from fillcast.venues import VENUES

    config = read_config(VENUES)
    endpoints = {**config.endpoints, **parse_endpoints(endpoint or (), VENUES)}
    check_seconds(seconds)
    result = asyncio.run(_examined(venue, symbols or [], seconds, endpoints, proxy or config.proxy))
    if json:
        print(msgspec.json.encode(result.to_json()).decode())
    else:
        show(result, console_for())
    if not result.holds:
        raise typer.Exit(ANSWER_IS_NO)


async def _examined(
    venue: str, symbols: list[str], seconds: float, endpoints: dict[str, str], proxy: str | None
) -> Examination:
    from rich.console import Console

    from fillcast.session.doctor import examine

    errors = Console(stderr=True)
    if not errors.is_terminal:
        return await examine(venue, symbols, seconds=seconds, endpoints=endpoints, proxy=proxy)
    from rich.progress import Progress

    with Progress(console=errors, transient=True) as bar:
        task = bar.add_task(f"watching {venue}", total=1.0)
        return await examine(
            venue,
            symbols,
            seconds=seconds,
            endpoints=endpoints,
            proxy=proxy,
            progress=lambda share: bar.update(task, completed=share),
        )


def show(result: Examination, console: Console) -> None:
    """Print the findings for people."""
    from rich.text import Text

    evidence = result.evidence
    followed = ", ".join(book.instrument.key for book in evidence.books)
    if followed:
        console.print(Text.assemble((followed, "bold"), f" for {evidence.seconds:.1f} s at {evidence.line.host}"))
    else:
        console.print(Text.assemble((evidence.venue, "bold"), f" at {evidence.line.host}: nothing could be followed"))
    _show_findings(result.findings, console)
    sign, style = ("✔", "bold green") if result.holds else ("✖", "bold red")
    console.print(Text.assemble((f"{sign} ", style), result.verdict))


def _show_findings(findings: Sequence[Finding], console: Console) -> None:
    """Print a table; where a word or number of it would be cut, a block of lines for each finding."""
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    from fillcast.cli.layout import INDENT, least_width

    wide = console.width >= WIDE
    table = Table(box=None, pad_edge=False, header_style="dim", expand=wide)
    table.add_column("rule", no_wrap=True, min_width=max(len(one.what) for one in findings))
    table.add_column("held", no_wrap=True, min_width=max(len(said) for said, _ in HELD.values()))
    table.add_column("found", ratio=1)
    if wide:
        table.add_column("which means", ratio=1)
    blocks = []
    for one in findings:
        found, meaning = Text(one.found), _meaning(one)
        below = Text("\n").join([found, meaning])
        told = (found, meaning) if wide else (below,)
        table.add_row(Text(one.what), Text(*HELD[one.held]), *told)
        below.overflow = "fold"
        heading = Text.assemble((one.what, "bold"), " ", HELD[one.held])
        blocks += [heading, Padding(below, (0, 0, 0, len(INDENT)))]
    if least_width(table) <= console.width:
        console.print(table, highlight=False)
        return
    for block in blocks:
        console.print(block, highlight=False)


def _meaning(finding: Finding) -> Text:
    """Return what a finding means; where the rule did not hold, what rests on it, and in any case what to run next."""
    from rich.text import Text

    if finding.held is False:
        text = Text.assemble((finding.effect, "red"), f" (assumed: {finding.why})")
    else:
        text = Text(finding.effect, "dim")
    if finding.command:
        text.append("; try ").append(finding.command, "bold")
    return text
