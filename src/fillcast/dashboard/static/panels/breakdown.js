// What the net cost is made of; the points add up to it, the intervals do not.

import { html, render } from "lit/html.js";

import { bps, quote, words } from "../draw/format.js";
import { shown } from "./net_cost.js";

/** @import {Quoted} from "../wire.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Twin} from "./panel.js" */

/**
 * @param {HTMLElement} place
 * @param {Snapshot} snapshot
 * @param {boolean} isOld
 */
export function drawBreakdown(place, snapshot, isOld) {
  const { report, isPast } = shown(snapshot);
  const net = report?.net ?? null;
  if (report === null || net === null) {
    render(html`<p class="none">Comes with the first book that is proven.</p>`, place);
    return;
  }
  const fixed = (/** @type {{low_bps: number, high_bps: number}} */ part) => part.low_bps === part.high_bps;
  const row = (/** @type {{bps: number, quote: number, low_bps: number, high_bps: number}} */ part) =>
    html`<td>${bps(part.bps)}</td><td>${quote(part.quote)}</td>
      <td>${fixed(part) ? "known" : `${bps(part.low_bps)} … ${bps(part.high_bps)}`}</td>`;
  render(
    html`<table class=${isPast || isOld ? "past" : ""}>
      <thead>
        <tr><th scope="col">Part</th><th scope="col">bps</th><th scope="col">${report.cost_currency}</th>
          <th scope="col">${Math.round(100 * net.level)} %, bps</th></tr>
      </thead>
      <tbody>
        ${report.components.map((part) => html`<tr title=${part.source}><th scope="row">${words(part.name)}</th>${row(part)}</tr>`)}
        <tr class="total"><th scope="row">Net</th>${row(net)}</tr>
      </tbody>
    </table>`,
    place,
  );
}

/**
 * @param {Snapshot} snapshot
 * @returns {Twin}
 */
export function breakdownTwin(snapshot) {
  const { report } = shown(snapshot);
  const net = report?.net ?? null;
  const parts = report === null || net === null ? [] : [...report.components, { name: "net", source: "", ...net }];
  return {
    caption: "What the net cost is made of",
    columns: [
      { name: "part" },
      { name: "bps", decimals: 4 },
      { name: "quote", decimals: 4 },
      { name: "low bps", decimals: 4 },
      { name: "high bps", decimals: 4 },
      { name: "low quote", decimals: 4 },
      { name: "high quote", decimals: 4 },
      { name: "rests on" },
    ],
    rows: parts.map((one) => [
      one.name, one.bps, one.quote, one.low_bps, one.high_bps, one.low_quote, one.high_quote, one.source,
    ]),
  };
}

/**
 * What the forecast rests on, in a dialog.
 * @param {HTMLDialogElement} dialog
 * @param {Quoted | null} report
 */
export function showSources(dialog, report) {
  render(
    html`<h2 id="sources-title">What the cost rests on</h2>
      ${report === null
        ? html`<p>There is no forecast yet.</p>`
        : html`<table>
              <tbody>
                ${report.components.map((part) => html`<tr><td>${words(part.name)}</td><td>${part.source}</td></tr>`)}
              </tbody>
            </table>
            <ul>${report.provenance.map((line) => html`<li>${line}</li>`)}</ul>`}
      <button @click=${() => dialog.close()}>Close</button>`,
    dialog,
  );
  dialog.showModal();
}
