// A uPlot chart in a panel: it keeps its place's size, takes the theme's colours, and is drawn in its turn.

import uPlot from "uplot";

import { ink } from "../draw/ink.js";

/** @import {Panel} from "../panels/panel.js" */
/** @import {Ink} from "../draw/ink.js" */

const FONT_PX = 12;
const X_AXIS_PX = 22;
const LEAST_PX = 50; // of a side: with less there is only room for axes
const DAY_S = 86_400;

/**
 * @typedef {object} Chosen what a kind of chart adds to the options that all share
 * @property {uPlot.Series[]} series without the one of x
 * @property {uPlot.Scales} scales
 * @property {uPlot.Axis[]} axes
 * @property {uPlot.Band[]} [bands]
 * @property {uPlot.Padding} [padding] px
 * @property {(chart: uPlot) => void} [over] drawn over the series
 * @property {(chart: uPlot, index: number | null) => void} [pointed]
 */

export class Chart {
  /** @type {uPlot | null} */ #chart = null;
  #width = 0;
  #height = 0;

  /**
   * @param {Panel} panel with a picture
   * @param {(colours: Ink) => Chosen} choose
   * @param {() => void} changed the chart has to be drawn again
   */
  constructor(panel, choose, changed) {
    this.place = /** @type {HTMLElement} */ (panel.picture);
    this.choose = choose;
    new ResizeObserver(() => {
      const { width, height } = this.place.getBoundingClientRect();
      this.#width = Math.floor(width);
      this.#height = Math.floor(height);
      if (this.isVisible) this.#chart?.setSize({ width: this.#width, height: this.#height });
      changed();
    }).observe(this.place);
  }

  get isVisible() {
    return this.#width > LEAST_PX && this.#height > LEAST_PX;
  }

  /** The theme is another: the chart is made anew when it is drawn next. */
  forget() {
    this.#chart?.destroy();
    this.#chart = null;
  }

  /** @param {uPlot.AlignedData} data */
  draw(data) {
    if (!this.isVisible) return;
    if (this.#chart === null) this.#chart = this.#made(data);
    else this.#chart.setData(data);
  }

  get over() {
    return this.#chart?.over ?? null;
  }

  /**
   * @param {uPlot.AlignedData} data
   * @returns {uPlot}
   */
  #made(data) {
    const colours = ink();
    const chosen = this.choose(colours);
    const axes = chosen.axes.map((axis, i) => ({
      stroke: colours.muted,
      font: `${FONT_PX}px ${colours.font}`,
      labelFont: `${FONT_PX}px ${colours.font}`,
      labelSize: 16,
      labelGap: 0,
      gap: 3,
      size: i === 0 ? X_AXIS_PX : widthOf,
      grid: { stroke: colours.grid, width: 1, show: axis.side !== 1 },
      ticks: { stroke: colours.grid, width: 1, size: 4 },
      ...axis,
    }));
    /** @type {uPlot.Options} */
    const options = {
      width: this.#width,
      height: this.#height,
      padding: chosen.padding ?? [8, 10, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { size: 6 }, y: false },
      scales: chosen.scales,
      axes,
      series: [{}, ...chosen.series],
      hooks: {
        draw: chosen.over ? [chosen.over] : [],
        setCursor: chosen.pointed
          ? [(chart) => chosen.pointed?.(chart, chart.cursor.left === -10 ? null : (chart.cursor.idx ?? null))]
          : [],
      },
    };
    if (chosen.bands) options.bands = chosen.bands;
    return new uPlot(options, data, this.place);
  }
}

/**
 * Room for the longest label of a vertical axis.
 * @param {uPlot} chart
 * @param {string[] | null} values
 * @param {number} axis
 */
function widthOf(chart, values, axis) {
  const longest = (values ?? []).reduce((most, one) => (one && one.length > most.length ? one : most), "");
  chart.ctx.font = (chart.axes[axis]?.font ?? [`${FONT_PX}px sans-serif`])[0] ?? "";
  return Math.ceil(chart.ctx.measureText(longest).width / devicePixelRatio) + 12;
}

/**
 * A point with a ring, such as the order's own.
 * @param {uPlot} chart
 * @param {number} x
 * @param {number} y
 * @param {string} scale
 * @param {object} look
 * @param {string} look.fill
 * @param {string} look.ring
 * @param {"circle" | "square" | "diamond"} [look.shape]
 * @param {number} [look.size] px
 */
export function mark(chart, x, y, scale, look) {
  const ratio = devicePixelRatio;
  const left = chart.valToPos(x, "x", true);
  const top = chart.valToPos(y, scale, true);
  const half = (look.size ?? 4.5) * ratio;
  if (!Number.isFinite(left) || !Number.isFinite(top)) return;
  const pen = chart.ctx;
  pen.save();
  pen.beginPath();
  if (look.shape === "square") pen.rect(left - half, top - half, 2 * half, 2 * half);
  else if (look.shape === "diamond") {
    pen.moveTo(left, top - 1.3 * half);
    pen.lineTo(left + 1.3 * half, top);
    pen.lineTo(left, top + 1.3 * half);
    pen.lineTo(left - 1.3 * half, top);
    pen.closePath();
  } else pen.arc(left, top, half, 0, 2 * Math.PI);
  pen.fillStyle = look.fill;
  pen.fill();
  pen.lineWidth = 1.5 * ratio;
  pen.strokeStyle = look.ring;
  pen.stroke();
  pen.restore();
}

/**
 * Seconds as a person reads them on an axis.
 * @param {number} seconds
 */
export function clock(seconds) {
  if (seconds >= DAY_S / 24) return `${plain(seconds / 3600)} h`;
  if (seconds >= 60) return `${plain(seconds / 60)} m`;
  return `${plain(seconds)} s`;
}

/** @param {number} value */
function plain(value) {
  return String(Number(value.toPrecision(3)));
}

/**
 * A colour with less of itself, for bands.
 * @param {string} hex
 * @param {number} alpha
 */
export function faint(hex, alpha) {
  return `${hex}${Math.round(255 * alpha).toString(16).padStart(2, "0")}`;
}
