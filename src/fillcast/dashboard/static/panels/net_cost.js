// The answer: net cost with its interval and its reference, and what keeps it from being of now.

import { html, nothing, render } from "lit/html.js";

import { age, bps, number, percent, quote, words } from "../draw/format.js";

/** @import {Instrument, Quoted, QuotedNet} from "../wire.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Twin} from "./panel.js" */

/**
 * The forecast to show: the one of now, else the last that had a price.
 * @param {Snapshot} snapshot
 * @returns {{report: Quoted | null, isPast: boolean}}
 */
export function shown(snapshot) {
  if (snapshot.forecast?.net) return { report: snapshot.forecast, isPast: false };
  return { report: snapshot.last?.report ?? null, isPast: true };
}

/**
 * @param {HTMLElement} place
 * @param {Snapshot} snapshot
 * @param {object} state
 * @param {"bps" | "quote"} state.unit what stands first
 * @param {boolean} state.isRefused what the form says now cannot be used
 * @param {boolean} state.isOld
 * @param {number} now ms of `performance.now`
 */
export function drawNetCost(place, snapshot, state, now) {
  const { report, isPast } = shown(snapshot);
  const net = report?.net ?? null;
  render(
    html`${report === null || net === null
      ? html`<p class="amount"><strong>–</strong></p>`
      : html`<div class=${isPast || state.isOld ? "past" : ""}>${figures(report, net, state.unit, snapshot.instrument)}</div>`}
    ${marks(snapshot, state, now)}`,
    place,
  );
}

/**
 * @param {Quoted} report
 * @param {QuotedNet} net
 * @param {"bps" | "quote"} unit
 * @param {Instrument | null} instrument
 */
function figures(report, net, unit, instrument) {
  const currency = report.cost_currency ?? "";
  const most = net.at_most ? "≤ " : "";
  const inBps = `${most}${bps(net.bps)} bps`;
  const inQuote = `${most}${quote(net.quote)} ${currency}`;
  const [first, second] = unit === "bps" ? [inBps, inQuote] : [inQuote, inBps];
  const decimals = instrument?.price_decimals ?? 2;
  return html`<p class="amount"><strong>${first}</strong><span>${second}</span></p>
    <p class="facts"><b>${percent(net.level)}</b>: <b>${bps(net.low_bps)} … ${bps(net.high_bps)}</b> bps ·
      <b>${quote(net.low_quote)} … ${quote(net.high_quote)}</b></p>
    <p class="facts">${report.order.side} ${report.order.filled_size} for <b>${quote(report.filled_quote)} ${currency}</b>
      at <b>${number(report.average_price, decimals + 1)}</b></p>
    <p class="facts">against ${words(report.reference.name).toLowerCase()}
      <b>${number(report.reference.price, decimals + 1)}</b> · positive: you pay</p>
    ${net.at_most
      ? html`<p class="mark">at most: ${number(report.unproven_base, instrument?.size_decimals ?? 4)} lie beyond the proven edge</p>`
      : nothing}
    ${(report.unfilled_base ?? 0) > 0
      ? html`<p class="mark">not filled: ${number(report.unfilled_base, instrument?.size_decimals ?? 4)}
          ${instrument?.base ?? ""} that the book does not show</p>`
      : nothing}`;
}

/**
 * @param {Snapshot} snapshot
 * @param {{isRefused: boolean, isOld: boolean}} state
 * @param {number} now
 */
function marks(snapshot, state, now) {
  const { forecast, last } = snapshot;
  const missing = forecast !== null && forecast.net === null;
  const isTold = snapshot.book !== null && snapshot.book.state !== "LIVE"; // by the banner
  return html`${state.isRefused && snapshot.order
      ? html`<p class="mark">of the last order that could be used: ${snapshot.order.asked.side} ${snapshot.order.asked.size}
          ${snapshot.order.asked.type}</p>`
      : nothing}
    ${missing && !isTold ? html`<p class="mark bad">no cost now: ${forecast.reason ?? "no reason was told"}</p>` : nothing}
    ${missing && last?.report ? html`<p class="mark bad">cost from a book ${age(snapshot.lastAgeMs(now))} old</p>` : nothing}
    ${!missing && forecast !== null && state.isOld
      ? html`<p class="mark bad">cost from a book ${age(snapshot.ageMs(now))} old</p>`
      : nothing}`;
}

/** @param {Snapshot} snapshot */
export function netCostTwin(snapshot) {
  const { report } = shown(snapshot);
  const net = report?.net ?? null;
  /** @type {Twin} */
  const twin = {
    caption: "Net cost",
    columns: [{ name: "figure" }, { name: "value", decimals: 4 }, { name: "unit" }],
    rows:
      report === null || net === null
        ? []
        : [
            ["net", net.bps, "bps"],
            ["net", net.quote, report.cost_currency],
            ["low", net.low_bps, "bps"],
            ["high", net.high_bps, "bps"],
            ["low", net.low_quote, report.cost_currency],
            ["high", net.high_quote, report.cost_currency],
            ["level", net.level, "share"],
            ["filled", report.filled_base, "base"],
            ["filled", report.filled_quote, "quote"],
            ["average price", report.average_price, "quote per base"],
            [report.reference.name, report.reference.price, "quote per base"],
          ],
  };
  return twin;
}
