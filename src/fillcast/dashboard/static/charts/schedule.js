// How much of the order is left to trade over its horizon, and how far the mid may move meanwhile.

import uPlot from "uplot";

import { axis, bps } from "../draw/format.js";
import { Chart, clock, faint } from "./chart.js";

/** @import {Path, Schedule} from "../wire.js" */
/** @import {Ink} from "../draw/ink.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Panel, Twin} from "../panels/panel.js" */

/** @type {[string, "now" | "twap" | "optimal", number[]][]} */
const WAYS = [["order", "now", []], ["twap", "twap", [7, 4]], ["optimal", "optimal", [2, 3]]];
const BAND_ALPHA = 0.14;
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600]; // seconds

export class ScheduleChart {
  /**
   * @param {Panel} panel
   * @param {Snapshot} snapshot
   * @param {() => void} changed
   */
  constructor(panel, snapshot, changed) {
    this.snapshot = snapshot;
    this.chart = new Chart(panel, choose, changed);
  }

  draw() {
    const { schedule } = this.snapshot;
    if (schedule !== null) this.chart.draw(aligned(schedule));
  }

  /** Expected cost of each way. */
  get reading() {
    const paths = this.snapshot.schedule?.paths ?? [];
    return paths.map((path) => `${path.name} ${path.net_bps === null ? path.reason || "–" : bps(path.net_bps)}`).join(" · ");
  }
}

/** @param {Ink} colours */
function choose(colours) {
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  const edge = { scale: "bps", spanGaps: true, width: 1, stroke: faint(colours.muted, 0.6), points: { show: false } };
  return {
    series: [
      edge,
      edge,
      ...WAYS.map(([, colour, dash]) => ({
        scale: "base", spanGaps: true, width: 1.75, stroke: colours[colour], dash, points: { show: false },
        ...(stepped ? { paths: stepped } : {}),
      })),
    ],
    bands: [{ series: /** @type {[number, number]} */ ([1, 2]), fill: faint(colours.muted, BAND_ALPHA) }],
    scales: {
      x: { time: false },
      base: { range: (/** @type {uPlot} */ _, /** @type {number} */ __, /** @type {number} */ most) =>
        /** @type {[number, number]} */ ([0, most > 0 ? most * 1.05 : 1]) },
      bps: { range: (/** @type {uPlot} */ _, /** @type {number} */ least, /** @type {number} */ most) =>
        /** @type {[number, number]} */ (most > least ? [least * 1.1, most * 1.1] : [-1, 1]) },
    },
    axes: [
      { values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => ticks.map(clock), space: 46, incrs: TIME_STEPS },
      { scale: "base", values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => axis(ticks), space: 28 },
      { scale: "bps", side: /** @type {1} */ (1), values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => axis(ticks), space: 28 },
    ],
  };
}

/**
 * @param {Schedule} schedule
 * @returns {uPlot.AlignedData}
 */
function aligned(schedule) {
  /** @type {uPlot.AlignedData[]} */
  const tables = [[schedule.band_s, schedule.band_bps, schedule.band_bps.map((one) => -one)]];
  for (const [name] of WAYS) tables.push(steps(schedule.paths.find((path) => path.name === name), schedule.horizon_s));
  return uPlot.join(tables);
}

/**
 * @param {Path | undefined} path
 * @param {number} horizonS
 * @returns {uPlot.AlignedData} what is left after each trade, from the whole on
 */
function steps(path, horizonS) {
  if (path === undefined || path.at_s.length === 0) return [[], []];
  const whole = path.base.reduce((sum, one) => sum + one, path.left_base.at(-1) ?? 0);
  /** @type {Map<number, number>} */
  const left = new Map([[0, whole]]);
  path.at_s.forEach((at, i) => left.set(at, path.left_base[i] ?? 0));
  if (!left.has(horizonS)) left.set(horizonS, path.left_base.at(-1) ?? 0);
  const times = [...left.keys()].sort((one, other) => one - other);
  return [times, times.map((at) => left.get(at) ?? null)];
}

/**
 * @param {Schedule | null} schedule
 * @returns {Twin}
 */
export function scheduleTwin(schedule) {
  return {
    caption: "Trades of the order as asked and of its alternatives",
    columns: [
      { name: "way" },
      { name: "at, s", decimals: 1 },
      { name: "base", decimals: 6 },
      { name: "left, base", decimals: 6 },
      { name: "price", decimals: 4 },
      { name: "net bps of the whole", decimals: 4 },
      { name: "sd bps of the whole", decimals: 4 },
    ],
    rows: (schedule?.paths ?? []).flatMap((path) =>
      path.at_s.map((at, i) => [
        path.name, at, path.base[i] ?? null, path.left_base[i] ?? null, path.price[i] ?? null, path.net_bps, path.sd_bps,
      ]),
    ),
  };
}
