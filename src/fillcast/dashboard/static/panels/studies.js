// The charts of the page with their panels: made together because each is drawn, read and tabled in the same way.

import { html, render } from "lit/html.js";

import { CurveChart, curveTwin } from "../charts/curve.js";
import { DepthChart, depthTwin } from "../charts/depth.js";
import { FrontierChart, frontierTwin } from "../charts/frontier.js";
import { LatencyChart, drawLatencyTable, latencyTwin } from "../charts/latency.js";
import { ScheduleChart, scheduleTwin } from "../charts/schedule.js";
import { Panel, element } from "./panel.js";

/** @import {Chart} from "../charts/chart.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Scheduler} from "../draw/scheduler.js" */

/** @typedef {{chart: Chart, draw: () => void, reading?: string}} Study */

/**
 * @param {Snapshot} snapshot
 * @param {Scheduler} scheduler
 * @param {(riskAversion: number) => void} chooseRisk
 * @returns {{restyle: () => void}}
 */
export function studies(snapshot, scheduler, chooseRisk) {
  const stale = new Set();
  const changed = (/** @type {string} */ name) => () => {
    stale.add(name);
    scheduler.request();
  };
  /** @type {Chart[]} */
  const charts = [];

  /**
   * @param {"curve" | "depth" | "schedule" | "frontier" | "latency"} name
   * @param {Panel} panel
   * @param {Study} study
   */
  const add = (name, panel, study) => {
    charts.push(study.chart);
    const line = "reading" in study ? element("p", "reading") : null;
    if (line !== null) panel.body.append(line);
    let seen = 0;
    scheduler.turn({
      wanted: () => study.chart.isVisible && !panel.isTable && (snapshot.counts[name] !== seen || stale.has(name)),
      draw() {
        seen = snapshot.counts[name];
        stale.delete(name);
        study.draw();
      },
    });
    if (line !== null) scheduler.text(() => write(line, study.reading ?? ""));
  };

  const curve = new Panel("curve", () => curveTwin(snapshot.curve), scheduler, { picture: true });
  legend(curve, [["now", "now"], ["twap", "TWAP"], ["optimal", "optimal"]], "bps by base");
  add("curve", curve, new CurveChart(curve, snapshot, changed("curve")));

  const depth = new Panel("depth", () => depthTwin(snapshot.depth), scheduler, { picture: true });
  legend(depth, [["bid", "bids"], ["ask", "asks"]], "quote by ± bps");
  add("depth", depth, new DepthChart(depth, snapshot, changed("depth")));

  const schedule = new Panel("schedule", () => scheduleTwin(snapshot.schedule), scheduler, { picture: true });
  legend(schedule, [["now", "order"], ["twap", "TWAP"], ["optimal", "optimal"]], "±σ");
  add("schedule", schedule, new ScheduleChart(schedule, snapshot, changed("schedule")));

  const frontier = new Panel("frontier", () => frontierTwin(snapshot.frontier), scheduler, { picture: true });
  legend(frontier, [], "cost by ±σ, bps · ◆ at once");
  add("frontier", frontier, new FrontierChart(frontier, snapshot, changed("frontier"), chooseRisk));

  const latency = new Panel("latency", () => latencyTwin(snapshot.latency), scheduler, { picture: true });
  const table = element("div", "scroll");
  latency.body.prepend(table);
  add("latency", latency, new LatencyChart(latency, snapshot, changed("latency")));
  let told = -1;
  scheduler.turn({
    wanted: () => snapshot.counts.latency !== told,
    draw() {
      told = snapshot.counts.latency;
      drawLatencyTable(table, snapshot.latency);
    },
  });

  return {
    restyle() {
      for (const chart of charts) chart.forget();
      for (const name of ["curve", "depth", "schedule", "frontier", "latency"]) stale.add(name);
      scheduler.request();
    },
  };
}

/**
 * @param {Panel} panel
 * @param {[string, string][]} lines class and name
 */
function legend(panel, lines, about = "") {
  const line = element("p", "legend");
  render(
    html`${lines.map(([kind, name]) => html`<span><i class=${kind}></i>${name}</span>`)}
      ${about === "" ? "" : html`<span>${about}</span>`}`,
    line,
  );
  panel.body.prepend(line);
}

/**
 * @param {HTMLElement} line
 * @param {string} text
 */
export function write(line, text) {
  if (line.textContent === text) return;
  line.textContent = text;
  line.title = text;
}
