// How much of the order trades as maker, how likely it fills, and what that does to its fee.

import { html, nothing, render } from "lit/html.js";

import { bps, percent, quote } from "../draw/format.js";
import { shown } from "./net_cost.js";

/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Twin} from "./panel.js" */

/** @param {number[] | null} range */
function span(range) {
  return range === null ? "" : ` (${percent(range[0])} … ${percent(range[1])})`;
}

/**
 * @param {HTMLElement} place
 * @param {Snapshot} snapshot
 */
export function drawMix(place, snapshot) {
  const { report } = shown(snapshot);
  if (report === null) {
    render(html`<p class="none">Comes with the first forecast.</p>`, place);
    return;
  }
  const fee = report.components.find((part) => part.name === "fee");
  render(
    html`<meter class="share" min="0" max="1" .value=${report.maker_share} aria-label="Maker share"></meter>
      <dl class="pairs">
        <dt>Maker</dt><dd>${percent(report.maker_share)}${span(report.maker_share_range)}</dd>
        ${report.fill_probability === null
          ? nothing
          : html`<dt>Filled</dt><dd>${percent(report.fill_probability)}${span(report.fill_probability_range)}</dd>`}
        <dt>Fee</dt><dd>${bps(fee?.bps)} bps · ${quote(fee?.quote)} ${report.cost_currency}</dd>
      </dl>`,
    place,
  );
}

/**
 * @param {Snapshot} snapshot
 * @returns {Twin}
 */
export function mixTwin(snapshot) {
  const { report } = shown(snapshot);
  const fee = report?.components.find((part) => part.name === "fee");
  return {
    caption: "Maker and taker",
    columns: [{ name: "figure" }, { name: "value", decimals: 4 }, { name: "low", decimals: 4 }, { name: "high", decimals: 4 }],
    rows:
      report === null
        ? []
        : [
            ["maker share", report.maker_share, report.maker_share_range?.[0] ?? null, report.maker_share_range?.[1] ?? null],
            ["fill probability", report.fill_probability, report.fill_probability_range?.[0] ?? null, report.fill_probability_range?.[1] ?? null],
            ["fee, bps", fee?.bps ?? null, fee?.low_bps ?? null, fee?.high_bps ?? null],
            ["fee, quote", fee?.quote ?? null, fee?.low_quote ?? null, fee?.high_quote ?? null],
          ],
  };
}
