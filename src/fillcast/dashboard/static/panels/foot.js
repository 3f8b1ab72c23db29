// The quiet line: how fast the page draws, how much comes in, what the processes use.

import { html, render } from "lit/html.js";

import { number, percent } from "../draw/format.js";
import { heapMb } from "../draw/measure.js";

/** @import {Measure} from "../draw/measure.js" */
/** @import {Snapshot} from "../data/snapshot.js" */

/**
 * @param {Snapshot} snapshot
 * @param {Measure} measure
 */
export function drawFoot(snapshot, measure) {
  const { health, market } = snapshot;
  const seen = measure.report();
  const heap = heapMb();
  render(
    html`<div>
        <span>${number(seen.fps, 1)} fps · draw ${number(seen.draw_ms.p50, 1)} / ${number(seen.draw_ms.p99, 1)} ms</span>
        <span>feed ${number(health?.frames_per_s, 0)} msg/s</span>
        <span>event→screen p50 ${number(seen.event_to_pixel_ms.p50, 0)} p99 ${number(seen.event_to_pixel_ms.p99, 0)} ms</span>
        ${(health?.processes ?? []).map(
          (one) => html`<span>${one.name} ${number(one.memory_mb, 0)} MB, CPU ${number(one.cpu_percent, 0)} %</span>`,
        )}
        ${heap === null ? "" : html`<span class="wide-only">heap ${number(heap, 1)} MB</span>`}
      </div>
      <div>
        <span class="wide-only" title=${market?.volatility_words ?? ""}
          >volatility ${percent(market ? market.volatility_percent / 100 : null, 1)} a year</span
        >
        <span>v${snapshot.instruments?.version ?? "–"}</span>
      </div>`,
    /** @type {HTMLElement} */ (document.getElementById("foot")),
  );
}
