// How long each stage on the way from the venue to the screen takes.

import { html, render } from "lit/html.js";
import uPlot from "uplot";

import { duration, number } from "../draw/format.js";
import { Chart } from "./chart.js";

/** @import {Latency, Stage} from "../wire.js" */
/** @import {Ink} from "../draw/ink.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Panel, Twin} from "../panels/panel.js" */

const DASHES = [[], [7, 4], [2, 3], [9, 3, 2, 3], [1, 2]];
const MOST_STAGES = DASHES.length;

export class LatencyChart {
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
    const { latency } = this.snapshot;
    if (latency !== null) this.chart.draw(aligned(latency.stages));
  }
}

/** @param {Ink} colours */
function choose(colours) {
  const stepped = uPlot.paths.stepped?.({ align: 1 });
  return {
    series: DASHES.map((dash, i) => ({
      scale: "share", spanGaps: true, width: 1.5, dash, points: { show: false }, stroke: colourOf(colours, i), ...(stepped ? { paths: stepped } : {}),
    })),
    padding: /** @type {uPlot.Padding} */ ([6, 24, 0, 24]),
    scales: {
      x: { time: false, distr: /** @type {3} */ (3), log: /** @type {10} */ (10) },
      share: { range: (/** @type {uPlot} */ _, /** @type {number} */ __, /** @type {number} */ most) =>
        /** @type {[number, number]} */ ([0, most > 0 ? most : 1]) },
    },
    axes: [
      { values: (/** @type {uPlot} */ _, /** @type {number[]} */ ticks) => ticks.map((one) => (one === null ? "" : duration(one))), space: 50 },
      { scale: "share", show: false },
    ],
  };
}

/**
 * @param {Ink} colours
 * @param {number} i
 */
function colourOf(colours, i) {
  return [colours.now, colours.optimal, colours.twap, colours.bid, colours.ask][i % MOST_STAGES] ?? colours.text;
}

/**
 * @param {Stage[]} stages
 * @returns {uPlot.AlignedData} share of each stage's samples by duration, µs
 */
function aligned(stages) {
  const tables = DASHES.map((_, i) => {
    const stage = stages[i];
    if (stage === undefined || stage.n === 0) return /** @type {uPlot.AlignedData} */ ([[], []]);
    const edges = stage.edges_us.slice(0, stage.counts.length).map((edge, j) => edge || (stage.edges_us[j + 1] ?? 1) / 2);
    return /** @type {uPlot.AlignedData} */ ([edges, stage.counts.map((count) => count / stage.n)]);
  });
  return uPlot.join(tables);
}

/**
 * @param {HTMLElement} place
 * @param {Latency | null} latency
 */
export function drawLatencyTable(place, latency) {
  if (latency === null || latency.stages.length === 0) {
    render(html`<p class="none">Comes with the first samples.</p>`, place);
    return;
  }
  render(
    html`<table>
      <thead>
        <tr><th scope="col">Stage</th><th scope="col">p50</th><th scope="col">p95</th><th scope="col">p99</th><th scope="col">max</th></tr>
      </thead>
      <tbody>
        ${latency.stages.map(
          (one, i) => html`<tr title=${`${number(one.n, 0)} samples`}><th scope="row"><i class=${`s${i}`}></i>${one.name}</th><td>${duration(one.p50_us)}</td>
            <td>${duration(one.p95_us)}</td><td>${duration(one.p99_us)}</td><td>${duration(one.max_us)}</td></tr>`,
        )}
      </tbody>
    </table>`,
    place,
  );
}

/**
 * @param {Latency | null} latency
 * @returns {Twin}
 */
export function latencyTwin(latency) {
  return {
    caption: "Latency by stage, microseconds",
    columns: [
      { name: "stage" },
      { name: "samples", decimals: 0 },
      { name: "p50 µs", decimals: 1 },
      { name: "p95 µs", decimals: 1 },
      { name: "p99 µs", decimals: 1 },
      { name: "max µs", decimals: 1 },
    ],
    rows: (latency?.stages ?? []).map((one) => [one.name, one.n, one.p50_us, one.p95_us, one.p99_us, one.max_us]),
  };
}
