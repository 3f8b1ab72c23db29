// Depth: how much the book shows within each distance of the mid, bids to the left and asks to the right.

import { axis, number, short } from "../draw/format.js";
import { ink } from "../draw/ink.js";
import { Chart, faint } from "./chart.js";

/** @import uPlot from "uplot" */
/** @import {Depth} from "../wire.js" */
/** @import {Ink} from "../draw/ink.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Panel, Twin} from "../panels/panel.js" */

const FILL_ALPHA = 0.22;

export class DepthChart {
  /** @type {number | null} */ #index = null;

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
    const { depth } = this.snapshot;
    if (depth !== null) this.chart.draw(sides(depth));
  }

  /** @param {Ink} colours */
  #choose(colours) {
    const side = (/** @type {string} */ colour) => ({
      scale: "quote", stroke: colour, fill: faint(colour, FILL_ALPHA), width: 1.5, points: { show: false },
    });
    return {
      series: [side(colours.bid), side(colours.ask)],
      scales: { x: { time: false }, quote: { range: (/** @type {uPlot} */ _, /** @type {number} */ __, /** @type {number} */ most) =>
        /** @type {[number, number]} */ ([0, Math.max(most * 1.05, 1)]) } },
      axes: [
        { values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => ticks.map((one) => short(Math.abs(one))), space: 40 },
        { scale: "quote", values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => axis(ticks), space: 28 },
      ],
      over: (/** @type {uPlot} */ chart) => this.#drawOrder(chart),
      pointed: (/** @type {uPlot} */ _, /** @type {number | null} */ index) => {
        this.#index = index;
      },
    };
  }

  /** @param {uPlot} chart */
  #drawOrder(chart) {
    const order = this.snapshot.depth?.order_quote;
    if (order == null) return;
    const y = Math.round(chart.valToPos(order, "quote", true));
    const { left, top, width } = chart.bbox;
    if (!(y >= top)) return;
    const pen = chart.ctx;
    pen.save();
    pen.strokeStyle = ink().text;
    pen.lineWidth = 1.5 * devicePixelRatio;
    pen.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
    pen.beginPath();
    pen.moveTo(left, y);
    pen.lineTo(left + width, y);
    pen.stroke();
    pen.restore();
  }

  /** What the pointer stands on, else the order's size. */
  get reading() {
    const { depth, instrument } = this.snapshot;
    if (depth === null) return "";
    const currency = instrument?.quote ?? "";
    if (this.#index === null) {
      return depth.order_quote === null ? "" : `- - your order ${number(depth.order_quote, 0)} ${currency}`;
    }
    const half = depth.bps.length;
    const isAsk = this.#index > half;
    const at = isAsk ? this.#index - half - 1 : half - 1 - this.#index;
    const value = (isAsk ? depth.ask_quote : depth.bid_quote)[at];
    return value === undefined ? "mid" : `${isAsk ? "asks" : "bids"} within ${depth.bps[at]} bps: ${number(value, 0)} ${currency}`;
  }
}

/**
 * @param {Depth} depth
 * @returns {uPlot.AlignedData} distance in bps; nothing at the mid itself
 */
function sides(depth) {
  if (depth.ask_quote.length === 0) return [[], [], []];
  const none = depth.bps.map(() => null);
  return [
    [...depth.bps.map((one) => -one).reverse(), 0, ...depth.bps],
    [...[...depth.bid_quote].reverse(), 0, ...none],
    [...none, 0, ...depth.ask_quote],
  ];
}

/**
 * @param {Depth | null} depth
 * @returns {Twin}
 */
export function depthTwin(depth) {
  return {
    caption: "What the book shows within each distance of the mid",
    columns: [
      { name: "bps", decimals: 2 },
      { name: "bids, base", decimals: 4 },
      { name: "asks, base", decimals: 4 },
      { name: "bids, quote", decimals: 2 },
      { name: "asks, quote", decimals: 2 },
    ],
    rows: (depth?.bps ?? []).map((bps, i) => [
      bps,
      depth?.bid_base[i] ?? null,
      depth?.ask_base[i] ?? null,
      depth?.bid_quote[i] ?? null,
      depth?.ask_quote[i] ?? null,
    ]),
  };
}
