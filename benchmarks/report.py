"""Tables for people and the same numbers for programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from benchmarks.allocation import Allocation
from benchmarks.contestant import OURS
from benchmarks.timing import Ratio, Times, ratio, summary

Statistic = Callable[[NDArray[Any]], Any]


def times_table(
    title: str,
    labels: Mapping[str, str],
    times: Mapping[str, Times],
    yardstick: str = "",
    chosen: NDArray[np.bool_] | None = None,
) -> Table:
    """µs per item, with ratios to the yardstick and to ours where they are among the contestants."""
    references = [name for name in (yardstick, OURS) if name in times]
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("design", no_wrap=True)
    for column in ("p50", "mean", "p99", "max", "worst"):
        table.add_column(column, justify="right", no_wrap=True)
    for name in references:
        short = "ours" if name == OURS else "orjson"
        for statistic in ("p50", "mean"):
            table.add_column(f"× {short}, {statistic}", justify="right", no_wrap=True)
    for name, each in times.items():
        numbers = summary(each, chosen)
        cells = [labels[name], *(_us(value) for value in asdict(numbers).values())]
        for reference in references:
            against = times[reference]
            cells += ["–"] * 2 if reference == name else [_ratio(r) for r in _ratios(each, against, chosen)]
        table.add_row(*cells, style="bold" if name == OURS else None)
    return table


def allocation_table(title: str, labels: Mapping[str, str], allocations: Mapping[str, Allocation]) -> Table:
    table = Table(title=title, title_justify="left", header_style="bold")
    table.add_column("design", no_wrap=True)
    table.add_column("live at once, p50 B", justify="right")
    table.add_column("live at once, max B", justify="right")
    table.add_column("blocks kept per item", justify="right")
    table.add_column("held at the end, B", justify="right")
    for name, each in allocations.items():
        table.add_row(
            labels[name],
            f"{each.peak_bytes:,.0f}",
            f"{each.peak_bytes_max:,}",
            f"{each.kept_blocks:.2f}",
            f"{each.held_bytes:,}",
            style="bold" if name == OURS else None,
        )
    return table


def times_json(
    labels: Mapping[str, str],
    times: Mapping[str, Times],
    yardstick: str = "",
    chosen: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    return {
        name: {
            "label": labels[name],
            "us": asdict(summary(each, chosen)),
            "ratio": {
                reference: dict(zip(("p50", "mean"), map(asdict, _ratios(each, times[reference], chosen)), strict=True))
                for reference in (yardstick, OURS)
                if reference in times and reference != name
            },
        }
        for name, each in times.items()
    }


def _ratios(times: Times, other: Times, chosen: NDArray[np.bool_] | None) -> tuple[Ratio, Ratio]:
    if chosen is not None:
        times, other = Times(times.readings[..., chosen]), Times(other.readings[..., chosen])
    return ratio(times, other, np.median), ratio(times, other, np.mean)


def _us(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:,.0f}"


def _ratio(value: Ratio) -> str:
    return f"{value.value:.2f} [dim]{value.low:.2f}–{value.high:.2f}[/]"
