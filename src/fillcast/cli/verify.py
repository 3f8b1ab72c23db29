"""`fillcast verify`: whether every book of a capture is right."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fillcast.cli import options
from fillcast.core.state import Proof
from fillcast.core.units import NS_PER_S

if TYPE_CHECKING:
    from rich.console import Console

    from fillcast.tape.verify import Found, Verification

SHOWN_COMPLAINTS = 10
LEFT = ("instrument", "state", "proof")
RIGHT = (
    "live",
    "snapshots",
    "updates",
    "trades",
    "checksums",
    "sequence",
    "touch",
    "gaps",
    "crossed",
    "bid",
    "ask",
)
LARGE_BYTES = 200_000  # a capture of this size takes long enough for a progress bar


def verify(
    capture: Annotated[
        list[Path],
        typer.Argument(metavar="CAPTURE...", help="Files that are one stream, in this order.", show_default=False),
    ],
    json: options.Json = False,
) -> None:
    """Rebuild every book in a capture: checksums, gaps, crossed states, coverage; exit 1 if unsound.

    `X.http.*` beside `X.ws.*` joins it by receive time; venue and dialect are detected. Without instrument
    metadata the scale is inferred from the longest decimals and marked so.
    """
    import msgspec
    from rich.console import Console

    from fillcast.cli import ANSWER_IS_NO
    from fillcast.cli.words import console_for
    from fillcast.tape.verify import verify as verify_capture

    size = sum(path.stat().st_size for path in capture if path.is_file())
    errors = Console(stderr=True)
    if errors.is_terminal and size > LARGE_BYTES:
        from rich.progress import Progress

        with Progress(console=errors, transient=True) as bar:
            task = bar.add_task("verifying", total=1.0)
            result = verify_capture(capture, progress=lambda share: bar.update(task, completed=share))
    else:
        result = verify_capture(capture)
    if json:
        print(msgspec.json.encode(result.to_json()).decode())
    else:
        show(result, console_for())
    if not result.sound:
        raise typer.Exit(ANSWER_IS_NO)


def show(result: Verification, console: Console) -> None:
    """Print the result for people."""
    from rich.markup import escape

    from fillcast.cli.layout import print_rows
    from fillcast.cli.words import count

    console.print(escape(result.capture), style="bold", highlight=False)
    seconds = f", {result.span_ns / NS_PER_S:.1f} s" if result.span_ns else ""
    replies = f", {result.replies:,} from REST" if result.replies else ""
    frames = f"{count(result.frames, 'frame')}{replies}{seconds}, {result.rejected_frames:,} rejected"
    console.print(f"{result.venue} ({result.dialect}), {frames}", highlight=False)
    print_rows(console, LEFT, RIGHT, [_row(one) for one in result.instruments])
    if any(one.instrument.scale_inferred for one in result.instruments):
        console.print("scale: inferred from the longest decimals in the capture", style="dim")
    for note in result.notes[:SHOWN_COMPLAINTS]:
        console.print(f"note: {escape(note)}", style="dim", highlight=False, soft_wrap=True)
    for problem in result.problems[:SHOWN_COMPLAINTS]:
        console.print(f"left out: {escape(str(problem))}", style="yellow", highlight=False, soft_wrap=True)
    if result.problem_count > SHOWN_COMPLAINTS:
        console.print(f"... {count(result.problem_count - SHOWN_COMPLAINTS, 'more line')} left out", style="yellow")
    if result.sound:
        console.print(f"[bold green]✔ sound[/]: {_verdict(result)}")
        return
    complaints = result.complaints
    console.print(f"[bold red]✖ unsound[/]: {count(len(complaints), 'reason')}")
    for sentence in complaints[:SHOWN_COMPLAINTS]:
        console.print(f"  {escape(sentence)}", highlight=False, soft_wrap=True)
    if len(complaints) > SHOWN_COMPLAINTS:
        console.print(f"  ... and {len(complaints) - SHOWN_COMPLAINTS} more; --json lists them all")


def _verdict(result: Verification) -> str:
    """Return what a sound capture proves, by the weakest proof of its books."""
    proofs = {one.proof for one in result.instruments if one.has_book}
    if Proof.TRANSPORT in proofs:
        return (
            "nothing contradicts the books; what is proven by transport alone has neither numbers nor checksums, "
            "so that a lost update could not be seen"
        )
    if Proof.CHECKSUM in proofs:
        return "every book is right as far as the venue's checksums reach, from its first snapshot to the end"
    return "every book is proven right from its first snapshot to the end"


def _row(one: Found) -> list[str]:
    counts = one.counts
    return [
        one.instrument.key,
        one.state.name,
        one.proof,
        f"{one.coverage:.1%}",
        f"{counts.snapshots}",
        f"{counts.updates:,}",
        f"{counts.trades:,}",
        f"{counts.checksums_matched}/{counts.checksums_checked}",
        f"{counts.sequence_checked:,}",
        f"{counts.touches_matched}/{counts.touches_checked}",
        f"{len(one.gaps)}",
        f"{counts.crossed}",
        one.best_bid or "-",
        one.best_ask or "-",
    ]
