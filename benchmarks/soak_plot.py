"""The minutes of a soak as a picture: whatever drifts, jumps or piles up can be seen at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

if TYPE_CHECKING:
    from benchmarks.soak_record import Soak

matplotlib.use("Agg")

BLUE, ORANGE, GREY = "#0072b2", "#d55e00", "#999999"  # told apart by everyone (Okabe and Ito)


def draw(found: Soak, path: Path) -> None:
    """Write the picture of a soak as a PNG file."""
    samples = found.samples
    minutes = np.array([one.at_s for one in samples]) / 60

    def series(name: str) -> np.ndarray:
        return np.array([getattr(one, name) for one in samples], float)

    figure, axes = plt.subplots(3, 2, figsize=(12, 9), sharex=True, layout="constrained")
    memory, rate, latency, queue, live, cpu = axes.flat

    memory.plot(minutes, series("resident_mb"), color=BLUE, label="client")
    memory.plot(minutes, series("lab_resident_mb"), color=GREY, label="lab")
    memory.set(title=f"resident memory, MiB (client {found.growth:+.2%} after the first minute)", ylim=(0, None))
    memory.axvline(1.0, color=GREY, linewidth=0.8, linestyle=":")
    rate.plot(minutes, series("frames_s"), color=BLUE)
    rate.set(title="frames a second", ylim=(0, None))
    for name, color in (("p50_us", GREY), ("p99_us", BLUE), ("max_us", ORANGE)):
        latency.plot(minutes, np.maximum(series(name), 1), color=color, label=name.partition("_")[0], linewidth=0.9)
    latency.set(title=f"bytes received → book changed, µs (p99 of all {found.p99_us:,.0f})", yscale="log")
    queue.plot(minutes, series("queue"), color=BLUE, linewidth=0.9)
    queue.set(title="frames received and not yet handed over", ylim=(0, max(5.0, series("queue").max() * 1.1)))
    live.plot(minutes, series("live"), color=BLUE, label="books LIVE")
    live.set(title=f"books LIVE of {found.instruments}; gaps so far", ylim=(0, found.instruments * 1.08))
    gaps = live.twinx()
    gaps.plot(minutes, series("gaps"), color=ORANGE, label="gaps")
    gaps.plot(minutes, series("recoveries"), color=ORANGE, linestyle=":", label="recoveries")
    gaps.set_ylim(0, max(5.0, series("gaps").max() * 1.1))
    cpu.plot(minutes, 100 * series("cpu"), color=BLUE, label="client")
    cpu.plot(minutes, 100 * series("lab_cpu"), color=GREY, label="lab")
    cpu.set(title="CPU, % of one core", ylim=(0, 110))

    for axis in axes[-1]:
        axis.set_xlabel("minutes")
    for axis in axes.flat:
        axis.grid(alpha=0.25)
        axis.spines[["top"]].set_visible(False)
    for axis, place in (
        (memory, "center right"),
        (latency, "upper right"),
        (cpu, "center right"),
        (live, "lower left"),
        (gaps, "lower right"),
    ):
        axis.legend(loc=place, frameon=False, fontsize="small")
    faults = f", {found.faults_s:g} random faults a second" if found.faults_s else ", no faults"
    figure.suptitle(
        f"{found.instruments} instruments, {found.connections} connections, {found.protocols} protocols{faults}"
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)
