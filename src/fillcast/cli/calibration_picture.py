"""The picture of a calibration: volatility and half-spread over time, response and refill by lag."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from textwrap import fill
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from fillcast.models.calibration import names
from fillcast.models.calibration.calibration import Calibration
from fillcast.models.calibration.course import HALF_SPREAD_COURSE, VOLATILITY_COURSE
from fillcast.models.calibration.curve import Curve
from fillcast.models.calibration.enough import spoken
from fillcast.models.calibration.resilience import NAME as REFILL
from fillcast.models.calibration.response import NAME as RESPONSE
from fillcast.models.calibration.response import READ_AT_S

# Blue, orange and grey of Okabe and Ito's palette: told apart by eyes of every kind.
MEASURED, ESTIMATE, ZERO = "#0072b2", "#d55e00", "#999999"
BAND = 0.18  # opacity
WIDTH, ROW_HEIGHT = 15.0, 3.6  # inches
DPI = 110
S_PER_MINUTE = 60.0
REASON_WIDTH = 44  # characters of a line inside a panel
FIT_POINTS = 200
HEADROOM = 1.35  # of the highest point, for the legend; a longer error bar is cut off
LEGEND_ROOM = 0.35  # below the points of the refill: its bars leave none beside them
ROOM = 0.35  # of the range of the values, above and below it: a longer error bar is cut off

Corner = Literal["upper left", "lower right"]
FloatArray = NDArray[np.float64]


def draw(calibrations: Sequence[Calibration], path: Path) -> None:
    """Draw a row of four panels for each instrument and write the picture in the format of the file's ending."""
    figure = Figure(figsize=(WIDTH, ROW_HEIGHT * len(calibrations)), dpi=DPI, layout="constrained")
    rows = figure.subfigures(len(calibrations), 1, squeeze=False)[:, 0]
    for row, one in zip(rows, calibrations, strict=True):
        row.suptitle(f"{one.instrument}, {spoken(one.window_s)}: bands and bars hold the truth in {one.level:.0%}")
        panels = row.subplots(1, 4)
        _course(panels[0], one, names.VOLATILITY, VOLATILITY_COURSE, "volatility of the mid")
        _course(panels[1], one, names.HALF_SPREAD, HALF_SPREAD_COURSE, "half-spread")
        _response(panels[2], one)
        _refill(panels[3], one)
    figure.savefig(path)


def _course(panel: Axes, one: Calibration, name: str, course: str, title: str) -> None:
    """Draw a quantity over time, and the one number that stands for all of it."""
    parameter, curve = one.parameters[name], one.curves.get(course)
    if curve is None:
        _empty(panel, title, parameter.reason or "no window is long enough")
        return
    minutes = curve.lags / S_PER_MINUTE
    known = curve.high > curve.low
    if known.any():
        panel.vlines(minutes, curve.low, curve.high, color=MEASURED, alpha=0.5, linewidth=1)
    panel.plot(minutes, curve.value, "o", color=MEASURED, markersize=4, label="by window")
    estimate = parameter.estimate
    if estimate is not None:
        panel.axhspan(estimate.low, estimate.high, color=ESTIMATE, alpha=BAND, linewidth=0)
        panel.axhline(estimate.value, color=ESTIMATE, label=_said(estimate.value, parameter.unit))
    panel.set_ylim(0.0, HEADROOM * max(float(curve.value.max()), estimate.high if estimate else 0.0))
    _finish(panel, title, "min since the first book", parameter.unit)


def _response(panel: Axes, one: Calibration) -> None:
    """Draw the mean move after a market order by lag, with its band and what is read off it."""
    parameter, curve = one.parameters[names.RESPONSE_10S], one.curves.get(RESPONSE)
    title = "response to a market order"
    if curve is None:
        _empty(panel, title, parameter.reason)
        return
    panel.axhline(0.0, color=ZERO, linewidth=0.8)
    panel.fill_between(curve.lags, curve.low, curve.high, color=MEASURED, alpha=BAND, linewidth=0)
    panel.plot(curve.lags, curve.value, "o-", color=MEASURED, markersize=3, label=f"mean of {curve.n:,} orders")
    estimate = parameter.estimate
    if estimate is not None:
        ends = [[estimate.value - estimate.low], [estimate.high - estimate.value]]
        label = f"at 10 s: {_said(estimate.value, parameter.unit)}"
        panel.errorbar([READ_AT_S], [estimate.value], yerr=ends, fmt="s", color=ESTIMATE, capsize=4, label=label)
    panel.set_xscale("log")
    _finish(panel, title, "s after the order", curve.unit)


def _refill(panel: Axes, one: Calibration) -> None:
    """Draw what share of the depth taken came back by lag, and the exponential that is fitted to it."""
    parameter, curve = one.parameters[names.RESILIENCE], one.curves.get(REFILL)
    title = "refill of the depth that was taken"
    if curve is None:
        _empty(panel, title, parameter.reason)
        return
    bars = [curve.value - curve.low, curve.high - curve.value]
    panel.axhline(0.0, color=ZERO, linewidth=0.8)
    panel.errorbar(
        curve.lags, curve.value, yerr=bars, fmt="o", color=MEASURED, markersize=4, label=f"{curve.n:,} market orders"
    )
    estimate = parameter.estimate
    if estimate is not None:
        lags = np.linspace(0.0, float(curve.lags[-1]), FIT_POINTS)
        label = f"rate {estimate.value:.2g} ({estimate.low:.2g} to {estimate.high:.2g}) {parameter.unit}"
        panel.plot(lags, fitted_refill(curve, estimate.value, lags), color=ESTIMATE, label=label)
    else:
        panel.plot([], [], " ", label=fill(parameter.reason, REASON_WIDTH))
    lowest, highest = min(float(curve.value.min()), 0.0), float(curve.value.max())
    margin = ROOM * (highest - lowest)
    panel.set_ylim(lowest - margin - LEGEND_ROOM * (highest - lowest), highest + margin)
    _finish(panel, title, "s after the order", "share of what was taken", legend="lower right")


def fitted_refill(curve: Curve, rate: float, lags: FloatArray) -> FloatArray:
    """Return share (1 - exp(-rate l)) at lags; the share is that of least squares, weighted by the errors squared."""
    width = curve.high - curve.low
    weights = 1.0 / width**2 if width.min() > 0 else np.ones(len(width))
    shape = -np.expm1(-rate * curve.lags)
    share = float((weights * shape) @ curve.value / ((weights * shape) @ shape))
    fit: FloatArray = -share * np.expm1(-rate * lags)
    return fit


def _empty(panel: Axes, title: str, why: str) -> None:
    panel.text(0.5, 0.5, fill(why, REASON_WIDTH), ha="center", va="center", transform=panel.transAxes, color=ZERO)
    panel.set_title(title, fontsize="medium")
    panel.set_xticks([])
    panel.set_yticks([])


def _finish(panel: Axes, title: str, across: str, up: str, *, legend: Corner = "upper left") -> None:
    panel.set_title(title, fontsize="medium")
    panel.set_xlabel(across)
    panel.set_ylabel(up)
    panel.spines[["top", "right"]].set_visible(False)
    panel.legend(fontsize="small", loc=legend, facecolor="white", framealpha=0.8, edgecolor="none")


def _said(value: float, unit: str) -> str:
    return f"{value:.3g} {unit}"
