// Cost against size: at once, in even slices and in the best ones, each with its interval; the order's own size marked.

import uPlot from "uplot";

import { axis, bps, number, percent, short } from "../draw/format.js";
import { ink } from "../draw/ink.js";
import { Chart, faint, mark } from "./chart.js";

/** @import {Curve, Line} from "../wire.js" */
/** @import {Ink} from "../draw/ink.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Panel, Twin} from "../panels/panel.js" */

const WAYS = /** @type {const} */ (["now", "twap", "optimal"]);
/** @type {Record<typeof WAYS[number], number[]>} */
const DASHES = { now: [], twap: [7, 4], optimal: [2, 3] };
const BAND_ALPHA = 0.16;

export class CurveChart {
  #reading = "";

  /**
   * @param {Panel} panel
   * @param {Snapshot} snapshot
   * @param {() => void} changed
   */
  constructor(panel, snapshot, changed) {
    this.snapshot = snapshot;
    this.chart = new Chart(panel, (colours) => this.#choose(colours), changed);
  }

  draw() {
    const { curve } = this.snapshot;
    if (curve !== null) this.chart.draw(aligned(curve));
  }

  /** @param {Ink} colours */
  #choose(colours) {
    const series = WAYS.flatMap((way) => {
      const hidden = { scale: "bps", spanGaps: true, points: { show: false }, width: 0, stroke: "transparent" };
      const line = {
        scale: "bps", spanGaps: true, points: { show: false }, width: way === "now" ? 2 : 1.75, stroke: colours[way], dash: DASHES[way],
      };
      return [hidden, line, hidden];
    });
    const bands = WAYS.map((way, i) => ({
      series: /** @type {[number, number]} */ ([3 * i + 3, 3 * i + 1]),
      fill: faint(colours[way], BAND_ALPHA),
    }));
    return {
      series,
      bands,
      scales: { x: { time: false, distr: /** @type {3} */ (3), log: /** @type {10} */ (10) }, bps: {} },
      axes: [
        { values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => ticks.map((one) => (one === null ? "" : short(one))), space: 46 },
        { scale: "bps", values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => axis(ticks), space: 28 },
      ],
      over: (/** @type {uPlot} */ chart) => {
        const { curve } = this.snapshot;
        if (curve?.order_base == null || curve.order_bps === null) return;
        mark(chart, curve.order_base, curve.order_bps, "bps", { fill: ink().text, ring: ink().panel });
      },
      pointed: (/** @type {uPlot} */ chart, /** @type {number | null} */ index) => {
        this.#reading = index === null ? "" : this.#read(chart, index);
      },
    };
  }

  /**
   * @param {uPlot} chart
   * @param {number} index
   */
  #read(chart, index) {
    const base = chart.data[0][index];
    const told = WAYS.flatMap((way, i) => {
      const value = chart.data[3 * i + 2]?.[index];
      return value == null ? [] : [`${way} ${bps(value)}`];
    });
    return `${number(base, 4)} ${this.snapshot.instrument?.base ?? ""}: ${told.join(" · ")} bps`;
  }

  /** What the pointer stands on, else the order itself. */
  get reading() {
    const { curve } = this.snapshot;
    if (this.#reading !== "" || curve === null) return this.#reading;
    const missing = WAYS.flatMap((way) => (curve[way].reason === "" ? [] : [`${way}: ${curve[way].reason}`]));
    if (missing.length > 0) return missing.join(" · ");
    return `● your size ${number(curve.order_base, 4)}: ${bps(curve.order_bps)} bps · bands ${percent(curve.level)}`;
  }
}

/**
 * @param {Curve} curve
 * @returns {uPlot.AlignedData}
 */
function aligned(curve) {
  const tables = WAYS.map((way) => {
    const line = curve[way];
    return /** @type {uPlot.AlignedData} */ (
      line.base.length > 0 ? [line.base, line.low_bps, line.net_bps, line.high_bps] : [[], [], [], []]
    );
  });
  return uPlot.join(tables);
}

/**
 * @param {Curve | null} curve
 * @returns {Twin}
 */
export function curveTwin(curve) {
  const rows = (/** @type {string} */ way, /** @type {Line} */ line) =>
    line.base.map((base, i) => [
      way, base, line.net_bps[i] ?? null, line.low_bps[i] ?? null, line.high_bps[i] ?? null, line.at_most[i] ? "at most" : "",
    ]);
  return {
    caption: "Net cost against size",
    columns: [
      { name: "way" },
      { name: "size, base", decimals: 6 },
      { name: "net bps", decimals: 4 },
      { name: "low bps", decimals: 4 },
      { name: "high bps", decimals: 4 },
      { name: "proven" },
    ],
    rows: curve === null ? [] : WAYS.flatMap((way) => rows(way, curve[way])),
  };
}
