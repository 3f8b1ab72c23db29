"""`fillcast calibrate`: the parameters of the models from recorded markets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fillcast.cli import options

if TYPE_CHECKING:
    from rich.console import Console

    from fillcast.models.calibration.calibration import Calibration
    from fillcast.models.calibration.parameter import Parameter
    from fillcast.tape.stretches import Collected

    Progress = Callable[[float], None]

LEFT = ("parameter", "unit", "origin")
RIGHT = ("value", "interval", "n", "window")
SHOWN_NOTES = 10
PLAYING = 0.8  # share of the work that playing the capture is; estimating is the rest


def calibrate(
    capture: Annotated[
        list[Path],
        typer.Argument(metavar="CAPTURE...", help="Files that are one stream, in this order.", show_default=False),
    ],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="MODEL", help="Write the model to this file, as JSON.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(
            "--plot",
            metavar="FILE.png|DIR",
            help="Draw it: one picture of all instruments, or one of each in a folder. Needs the extra plot.",
        ),
    ] = None,
    level: Annotated[float, typer.Option("--level", help="Probability of the intervals.")] = 0.9,
    json: options.Json = False,
) -> None:
    """Fit the models' parameters on a recording: value, interval, n and window, or why there is too little data.

    The capture is played as `verify` plays it, and only what a LIVE book says is used. Exit 1 when that gives no
    parameter at all.
    """
    import msgspec

    from fillcast.cli import ANSWER_IS_NO
    from fillcast.cli.words import console_for
    from fillcast.errors import UsageError
    from fillcast.forecast.model_file import model_record, write_model
    from fillcast.models.calibration.calibrate import calibrate as calibrate_one
    from fillcast.tape.stretches import collect

    if not 0 < level < 1:
        raise UsageError(f"--level must be above 0 and below 1, not {level:g}")
    _check_target("-o", output)
    if plot is not None:
        from fillcast.cli.calibration_files import check_plot

        check_plot(plot)
    with _progress(capture) as tell:
        collected = collect(capture, progress=lambda share: tell(share * PLAYING))
        calibrations: list[Calibration] = []
        for done, stretches in enumerate(collected.stretches.values()):
            of_all = len(collected.stretches)

            def tell_of_one(share: float, done: int = done, of_all: int = of_all) -> None:
                tell(PLAYING + (1 - PLAYING) * (done + share) / of_all)

            calibrations.append(calibrate_one(stretches, level=level, progress=tell_of_one))
    written: list[Path] = []
    if output is not None and calibrations:
        write_model(output, calibrations, collected.notes)
        written.append(output)
    if plot is not None and calibrations:
        from fillcast.cli.calibration_files import draw_all

        written += draw_all(calibrations, plot)
    if json:
        record = msgspec.to_builtins(model_record(calibrations, collected.notes))
        told = {"capture": collected.capture, "venue": collected.venue, "missing": collected.missing}
        print(msgspec.json.encode(told | record).decode())
    else:
        console = console_for()
        show(collected, calibrations, console)
        for path in written:
            console.print(f"written: {path}", highlight=False, markup=False, soft_wrap=True)
    if not any(one.calibrated for one in calibrations):
        raise typer.Exit(ANSWER_IS_NO)


def show(collected: Collected, calibrations: list[Calibration], console: Console) -> None:
    """Print what was found for people."""
    from rich.markup import escape

    from fillcast.cli.words import count

    console.print(escape(collected.capture), style="bold", highlight=False)
    for one in calibrations:
        _show_one(one, console)
    for key, why in collected.missing.items():
        console.print(f"[yellow]✖ {escape(key)}[/]: {escape(why)}", highlight=False, soft_wrap=True)
    for note in collected.notes[:SHOWN_NOTES]:
        console.print(f"note: {escape(note)}", style="dim", highlight=False, soft_wrap=True)
    if len(collected.notes) > SHOWN_NOTES:
        console.print(f"... {count(len(collected.notes) - SHOWN_NOTES, 'more note')}; --json has them all", style="dim")
    if not calibrations:
        console.print("[bold red]✖ nothing calibrated[/]: no book was LIVE; see fillcast verify", highlight=False)
    elif not any(one.calibrated for one in calibrations):
        console.print("[bold red]✖ nothing calibrated[/]: the recording is too short for every parameter")


def _show_one(one: Calibration, console: Console) -> None:
    import numpy as np
    from rich.markup import escape

    from fillcast.cli.layout import print_rows
    from fillcast.cli.words import count
    from fillcast.models.calibration.week_volume import NAME as VOLUME_CURVE

    until = _date(one.end_ns)
    console.print(
        f"\n[bold]{escape(one.instrument)}[/]: LIVE for {_time(one.window_s)} in "
        f"{count(one.stretches, 'unbroken period')}, until {until}; intervals hold the truth in {one.level:.0%}",
        highlight=False,
        soft_wrap=True,
    )
    known = [parameter for parameter in one.parameters.values() if parameter.estimate is not None]
    if known:
        print_rows(console, LEFT, RIGHT, [_row(parameter) for parameter in known])
    for parameter in one.parameters.values():
        if parameter.estimate is None:
            console.print(f"{parameter.name}: [yellow]{escape(parameter.reason)}[/]", highlight=False, soft_wrap=True)
    curve = one.volume.curve
    if curve is None:
        console.print(f"{VOLUME_CURVE}: [yellow]{escape(one.volume.reason)}[/]", highlight=False, soft_wrap=True)
    else:
        of_week = f"{np.count_nonzero(curve.weeks):,} of {len(curve.weeks):,} minutes of the week"
        console.print(f"{VOLUME_CURVE}: {of_week}, from {one.volume.minutes:,} minutes", highlight=False)
    for parameter in known:
        for note in parameter.notes:
            console.print(f"· {parameter.name}: {escape(note)}", style="dim", highlight=False, soft_wrap=True)


def _row(parameter: Parameter) -> list[str]:
    found = parameter.known()
    return [
        parameter.name,
        parameter.unit,
        parameter.origin,
        f"{found.value:.4g}",
        f"{found.low:.3g} to {found.high:.3g}",
        f"{found.n:,}",
        _time(parameter.window_s) if parameter.window_s else "-",
    ]


def _time(seconds: float) -> str:
    from fillcast.models.calibration.enough import spoken

    return spoken(seconds)


def _date(at_ns: int) -> str:
    from datetime import UTC, datetime

    from fillcast.core.units import NS_PER_S

    return datetime.fromtimestamp(at_ns // NS_PER_S, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


@contextmanager
def _progress(capture: list[Path]) -> Iterator[Progress]:
    """Give what is told the share that is done; on a terminal a bar shows it."""
    from rich.console import Console

    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield _silent
        return
    from rich.progress import Progress as Bar

    with Bar(console=errors, transient=True) as bar:
        task = bar.add_task("calibrating", total=1.0)
        yield lambda share: bar.update(task, completed=share)


def _silent(share: float) -> None:
    pass


def _check_target(flag: str, target: Path | None) -> None:
    """Refuse a file that cannot be written before the work is done, and not after it."""
    from fillcast.errors import UsageError

    if target is None:
        return
    if target.is_dir():
        raise UsageError(f"{flag} {target}: a folder, not a file")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"{flag} {target}: there is no folder {target.absolute().parent}")
