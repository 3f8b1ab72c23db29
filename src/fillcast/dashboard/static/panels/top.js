// The header: what market this is, whether it can be trusted now, and how the page looks.

import { html, render } from "lit/html.js";

import { bps, number } from "../draw/format.js";

/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Standing} from "../data/standing.js" */

/** @param {Snapshot} snapshot */
export function drawMarket(snapshot) {
  const { book, instrument } = snapshot;
  const decimals = instrument?.price_decimals ?? 2;
  const name = instrument ? `${instrument.venue} · ${instrument.symbol}` : (book?.instrument ?? "no instrument yet");
  document.title = instrument ? `${instrument.symbol} · fillcast` : "fillcast";
  render(
    html`<strong>${name}</strong><span>mid ${number(book?.mid, decimals + 1)}</span
      ><span class="wide-only">spread ${number(book?.spread, decimals)} (${bps(book?.spread_bps)} bps)</span>`,
    /** @type {HTMLElement} */ (document.getElementById("market")),
  );
}

/**
 * @param {Snapshot} snapshot
 * @param {Standing} state
 */
export function drawPill(snapshot, state) {
  const sequence = snapshot.health?.gap_is_open ? "gap open" : "no gap open";
  const detail = [state.detail, snapshot.health === null ? "" : sequence].filter((one) => one !== "").join(" · ");
  render(
    html`<span class=${`pill ${state.grade}`}
      ><span aria-hidden="true">●</span><span>${state.word}${detail === "" ? "" : ` · ${detail}`}</span></span
    >`,
    /** @type {HTMLElement} */ (document.getElementById("pill")),
  );
}
