// Expected cost against risk of the order worked in the best way; a click takes the risk aversion of a point.

import uPlot from "uplot";

import { axis, bps, typed } from "../draw/format.js";
import { ink } from "../draw/ink.js";
import { Chart, mark } from "./chart.js";

/** @import {Frontier} from "../wire.js" */
/** @import {Ink} from "../draw/ink.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Panel, Twin} from "../panels/panel.js" */

export class FrontierChart {
  /** Indices of the points by rising risk. @type {number[]} */ #order = [];
  /** @type {number | null} */ #pointed = null;

  /**
   * @param {Panel} panel
   * @param {Snapshot} snapshot
   * @param {() => void} changed
   * @param {(riskAversion: number) => void} chosen
   */
  constructor(panel, snapshot, changed, chosen) {
    this.snapshot = snapshot;
    this.chart = new Chart(panel, (colours) => this.#choose(colours), changed);
    panel.picture?.addEventListener("click", () => {
      const risk = this.#pointed === null ? undefined : snapshot.frontier?.risk_aversion[this.#pointed];
      if (risk !== undefined) chosen(risk);
    });
  }

  draw() {
    const { frontier } = this.snapshot;
    if (frontier === null) return;
    this.#order = frontier.sd_bps.map((_, i) => i).sort((one, other) => at(frontier.sd_bps, one) - at(frontier.sd_bps, other));
    this.chart.draw([
      this.#order.map((i) => at(frontier.sd_bps, i)),
      this.#order.map((i) => at(frontier.cost_bps, i)),
    ]);
  }

  /** @param {Ink} colours */
  #choose(colours) {
    const around = (/** @type {"now_sd_bps" | "now_cost_bps"} */ name) =>
      (/** @type {uPlot} */ _, /** @type {number | null} */ least, /** @type {number | null} */ most) => {
        const now = this.snapshot.frontier?.[name];
        const known = [least, most, now].filter((one) => typeof one === "number");
        const low = known.length ? Math.min(...known) : 0;
        const high = known.length ? Math.max(...known) : 1;
        const room = (high - low || Math.abs(high) || 1) * 0.08;
        return /** @type {[number, number]} */ ([low - room, high + room]);
      };
    return {
      series: [{ scale: "bps", stroke: colours.optimal, width: 1.75, points: { show: true, size: 5, fill: colours.optimal } }],
      scales: { x: { time: false, range: around("now_sd_bps") }, bps: { range: around("now_cost_bps") } },
      axes: [
        { values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => axis(ticks), space: 40 },
        { scale: "bps", values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => axis(ticks), space: 28 },
      ],
      over: (/** @type {uPlot} */ chart) => this.#drawMarks(chart),
      pointed: (/** @type {uPlot} */ _, /** @type {number | null} */ index) => {
        this.#pointed = index === null ? null : (this.#order[index] ?? null);
      },
    };
  }

  /** @param {uPlot} chart */
  #drawMarks(chart) {
    const { frontier } = this.snapshot;
    if (frontier === null) return;
    if (frontier.now_sd_bps !== null && frontier.now_cost_bps !== null) {
      mark(chart, frontier.now_sd_bps, frontier.now_cost_bps, "bps", { fill: ink().now, ring: ink().panel, shape: "diamond" });
    }
    if (frontier.chosen !== null) {
      const { chosen } = frontier;
      mark(chart, at(frontier.sd_bps, chosen), at(frontier.cost_bps, chosen), "bps", { fill: ink().text, ring: ink().panel, size: 5.5 });
    }
  }

  /** The point under the pointer, else the one in force. */
  get reading() {
    const { frontier } = this.snapshot;
    if (frontier === null) return "";
    if (frontier.reason !== "") return frontier.reason;
    const index = this.#pointed ?? frontier.chosen;
    if (index === null) return "";
    const sign = this.#pointed === null ? "●" : "click:";
    const risk = typed(at(frontier.risk_aversion, index));
    return `${sign} λ ${risk}: ${bps(at(frontier.cost_bps, index))} ± ${bps(at(frontier.sd_bps, index))} bps`;
  }
}

/**
 * @param {number[]} values
 * @param {number} i
 */
function at(values, i) {
  return values[i] ?? Number.NaN;
}

/**
 * @param {Frontier | null} frontier
 * @returns {Twin}
 */
export function frontierTwin(frontier) {
  /** @type {Twin} */
  const twin = {
    caption: "Expected cost and risk by risk aversion",
    columns: [{ name: "risk aversion" }, { name: "cost bps", decimals: 4 }, { name: "sd bps", decimals: 4 }, { name: "in force" }],
    rows: (frontier?.risk_aversion ?? []).map((risk, i) => [
      typed(risk), frontier?.cost_bps[i] ?? null, frontier?.sd_bps[i] ?? null, frontier?.chosen === i ? "in force" : "",
    ]),
  };
  if (frontier?.now_cost_bps != null) twin.rows.push(["at once", frontier.now_cost_bps, frontier.now_sd_bps, ""]);
  return twin;
}
