// The order on every venue of the session, at one reference.

import { html, nothing, render } from "lit/html.js";

import { age, bps, percent } from "../draw/format.js";

/** @import {Compared} from "../wire.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Twin} from "./panel.js" */

/**
 * @param {HTMLElement} place
 * @param {Snapshot} snapshot
 * @param {(instrument: string) => void} choose
 */
export function drawComparison(place, snapshot, choose) {
  const { comparison, book } = snapshot;
  if (comparison === null) {
    render(html`<p class="none">Comes with the first books.</p>`, place);
    return;
  }
  render(
    html`<table>
        <thead>
          <tr><th scope="col">Instrument</th><th scope="col">net bps</th><th scope="col" title=${comparison.reference_name}>vs common</th>
            <th scope="col">fee</th><th scope="col">split</th><th scope="col">age</th></tr>
        </thead>
        <tbody>
          ${comparison.rows.map((row) => rowOf(row, row.instrument === book?.instrument, choose))}
          ${comparison.split_net_bps === null
            ? nothing
            : html`<tr class="total"><th scope="row">Best split</th><td></td>
                <td>${comparison.split_at_most ? "≤ " : ""}${bps(comparison.split_net_bps)}</td>
                <td colspan="3">saves ${bps(comparison.split_saving_bps)} bps</td></tr>`}
        </tbody>
      </table>
      ${comparison.split_net_bps === null && comparison.split_reason !== ""
        ? html`<p class="facts">No split: ${comparison.split_reason}</p>`
        : nothing}`,
    place,
  );
}

/**
 * @param {Compared} row
 * @param {boolean} isChosen
 * @param {(instrument: string) => void} choose
 */
function rowOf(row, isChosen, choose) {
  const live = row.state === "LIVE";
  const told = live ? row.not_compared : `${row.state}${row.reason === "" ? "" : `: ${row.reason}`}`;
  return html`<tr class=${isChosen ? "chosen" : live ? "" : "quiet"} title=${told}>
    <th scope="row"><button class="plain" aria-pressed=${isChosen} @click=${() => choose(row.instrument)}
        >${row.instrument.split(":").map((word) => html`<span>${word}</span> `)}</button></th>
    ${live
      ? html`<td>${row.at_most ? "≤ " : ""}${bps(row.net_bps)}</td><td>${bps(row.net_vs_common_bps)}</td>
          <td>${bps(row.fee_bps)}</td><td>${percent(row.split_share)}</td><td>${age(row.age_ms)}</td>`
      : html`<td colspan="5" class="wrong">${row.state}</td>`}
  </tr>`;
}

/**
 * @param {Snapshot} snapshot
 * @returns {Twin}
 */
export function comparisonTwin(snapshot) {
  return {
    caption: "The order on every venue of the session",
    columns: [
      { name: "instrument" },
      { name: "state" },
      { name: "net bps", decimals: 4 },
      { name: "low bps", decimals: 4 },
      { name: "high bps", decimals: 4 },
      { name: "net quote", decimals: 4 },
      { name: "currency" },
      { name: "vs common bps", decimals: 4 },
      { name: "not compared" },
      { name: "spread bps", decimals: 4 },
      { name: "fee bps", decimals: 4 },
      { name: "split share", decimals: 4 },
      { name: "age ms", decimals: 0 },
      { name: "updates a second", decimals: 1 },
      { name: "proof" },
    ],
    rows: (snapshot.comparison?.rows ?? []).map((one) => [
      one.instrument, one.state, one.net_bps, one.low_bps, one.high_bps, one.net_quote, one.cost_currency,
      one.net_vs_common_bps, one.not_compared, one.spread_bps, one.fee_bps, one.split_share, one.age_ms,
      one.updates_per_s, one.proof,
    ]),
  };
}

