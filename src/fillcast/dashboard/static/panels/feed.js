// Connection to the venue, what proves the book, what was lost, how old it is.

import { html, nothing, render } from "lit/html.js";

import { age, bps, number } from "../draw/format.js";

/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Twin} from "./panel.js" */

/**
 * @param {HTMLElement} place
 * @param {Snapshot} snapshot
 * @param {number} now ms of `performance.now`
 */
export function drawFeed(place, snapshot, now) {
  const { book, health } = snapshot;
  const connection = health?.connections.find((one) => book !== null && one.instruments.includes(book.instrument));
  const changed = book?.changed_ms ?? null;
  const bookNow = snapshot.ageMs(now);
  const proven = snapshot.forecast?.book.proven_bps ?? null;
  render(
    html`<dl class="pairs">
      <dt>Venue</dt><dd class=${connection && connection.phase !== "open" ? "wrong" : ""} title=${connection?.sentence ?? ""}
        >${connection?.phase ?? "–"}${connection?.next_attempt_s == null
          ? nothing
          : ` · try ${connection.attempt + 1} in ${number(connection.next_attempt_s, 1)} s`}</dd>
      <dt>Proof</dt><dd>${book?.proof ?? "–"}</dd>
      <dt>Proven to</dt><dd>${snapshot.forecast === null ? "–" : proven === null ? "the whole book" : `${bps(proven)} bps`}</dd>
      <dt>Age · change</dt><dd>${age(bookNow)} · ${age(changed === null ? null : changed + now - snapshot.bookAt)}</dd>
      <dt>Gaps · returns</dt><dd class=${health?.gap_is_open ? "wrong" : ""} title=${health?.last_gap ?? ""}
        >${number(health?.gaps, 0)}${health?.gap_is_open ? " (open)" : ""} · ${number(health?.reconnects, 0)}</dd>
    </dl>`,
    place,
  );
}

/**
 * @param {Snapshot} snapshot
 * @param {number} now ms of `performance.now`
 * @returns {Twin}
 */
export function feedTwin(snapshot, now) {
  const { book, health } = snapshot;
  return {
    caption: "Connection",
    columns: [{ name: "figure" }, { name: "value" }],
    rows: [
      ["book state", book?.state ?? null],
      ["reason", book?.reason ?? null],
      ["proof", book?.proof ?? null],
      ["book age, ms", snapshot.ageMs(now)],
      ["sequence", book?.sequence ?? null],
      ["gaps", health?.gaps ?? null],
      ["last gap", health?.last_gap ?? null],
      ["recoveries", health?.recoveries ?? null],
      ["reconnects", health?.reconnects ?? null],
      ["rejected frames", health?.rejected ?? null],
      ["queue", health?.queue ?? null],
      ...(health?.connections ?? []).map((one) => [`connection ${one.name}`, `${one.phase}: ${one.sentence}`]),
      ...(health?.notices ?? []).map((one) => ["notice", one]),
    ],
  };
}
