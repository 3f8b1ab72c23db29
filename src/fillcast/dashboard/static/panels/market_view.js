// Ladder and heatmap: two pictures of one market on one price axis, with the controls of both.

import { html, render } from "lit/html.js";

import { number } from "../draw/format.js";
import { Heatmap } from "../draw/heatmap.js";
import { Ladder } from "../draw/ladder.js";
import { reachOfNear } from "../draw/ladder_rows.js";
import { PriceAxis } from "../draw/price_axis.js";
import { bookTwin, tradesTwin } from "./book_twin.js";
import { Panel, element } from "./panel.js";
import { write } from "./studies.js";

/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Scheduler} from "../draw/scheduler.js" */
/** @import {Pointed} from "../draw/ladder.js" */
/** @import {Settings} from "../habits/settings.js" */

const HINT = "Point: sums up to a row. Click: ask for it.";

export class MarketView {
  axis = new PriceAxis();
  isStale = true;
  #instrument = "";
  #worded = -1; // the axis' changes that the words beside it tell

  /**
   * @param {Snapshot} snapshot
   * @param {Scheduler} scheduler
   * @param {Settings} settings
   * @param {(side: "buy" | "sell", base: number) => void} clicked up to which row the order shall reach
   */
  constructor(snapshot, scheduler, settings, clicked) {
    this.snapshot = snapshot;
    this.scheduler = scheduler;
    this.settings = settings;
    const changed = () => this.changed();
    this.book = new Panel("ladder", () => bookTwin(snapshot), scheduler, { picture: true });
    this.ladder = new Ladder(/** @type {HTMLElement} */ (this.book.picture), snapshot, this.axis, {
      changed,
      clicked: (pointed) => clicked(pointed.order === 1 ? "buy" : "sell", pointed.sums.sumBase),
    });
    this.map = new Panel("heatmap", () => tradesTwin(snapshot), scheduler, { picture: true });
    this.heatmap = new Heatmap(/** @type {HTMLElement} */ (this.map.picture), snapshot, this.axis, changed);
    this.bookLine = element("p", "reading");
    this.mapLine = element("p", "reading");
    this.book.body.append(this.bookLine);
    this.map.body.append(this.mapLine);
    for (const panel of [this.book, this.map]) {
      panel.picture?.addEventListener(
        "wheel",
        (event) => {
          event.preventDefault();
          this.axis.pan += Math.sign(-event.deltaY);
          this.changed();
        },
        { passive: false },
      );
    }
    scheduler.text(() => this.#drawWords());
  }

  changed() {
    this.isStale = true;
    this.scheduler.request();
  }

  /** @param {number} steps coarser or finer */
  group(steps) {
    this.#choose(this.axis.step + steps);
  }

  recentre() {
    this.axis.pan = 0;
    this.#choose(null);
  }

  /** @param {number | null} step */
  #choose(step) {
    this.axis.choose(step === null ? null : Math.max(0, step));
    const { groups } = this.settings.looks;
    const { [this.#instrument]: _, ...others } = groups;
    this.settings.set({ groups: step === null ? others : { ...others, [this.#instrument]: this.axis.step } });
    this.changed();
  }

  /**
   * @param {number} now ms of `performance.now`
   * @param {boolean} isFresh a frame came since the last picture
   */
  draw(now, isFresh) {
    if (!isFresh && !this.isStale) return;
    this.isStale = false;
    const { snapshot, axis } = this;
    const { book, taken, instrument } = snapshot;
    if (book !== null && instrument !== null) {
      if (this.#instrument !== instrument.key) {
        this.#instrument = instrument.key;
        axis.reset();
        axis.choose(this.settings.looks.groups[instrument.key] ?? null);
      }
      const bid = snapshot.bids.length > 0 ? snapshot.bids.ticks[0] : undefined;
      const ask = snapshot.asks.length > 0 ? snapshot.asks.ticks[0] : undefined;
      const near = Math.max(reachOfNear(snapshot.bids), reachOfNear(snapshot.asks));
      axis.follow(bid, ask, taken !== null && taken.base > 0 ? taken.worst_ticks : null, near);
      if (isFresh) this.heatmap.add();
      if (axis.changes !== this.#worded) this.#drawWords();
    }
    if (!this.book.isTable) this.ladder.draw(this.settings.looks.unit);
    if (!this.map.isTable) this.heatmap.draw(this.settings.looks, now);
  }

  #drawWords() {
    this.#worded = this.axis.changes;
    const { instrument } = this.snapshot;
    const { pointed } = this.ladder;
    write(this.bookLine, pointed === null ? HINT : this.#sums(pointed));
    const more = this.settings.looks.theme === "light" ? "darker" : "brighter";
    write(this.mapLine, this.heatmap.reading || `▲ bought ▼ sold · one minute, newest at the right · ${more} is more`);
    const step = instrument === null ? "" : number(this.axis.group * instrument.tick, instrument.price_decimals);
    render(
      html`<button aria-label="Finer rows" title="Finer rows: [" @click=${() => this.group(-1)}>−</button>
        <span title="Price step of a row">${step}${this.axis.isChosen ? "" : " auto"}</span>
        <button aria-label="Coarser rows" title="Coarser rows: ]" @click=${() => this.group(1)}>+</button>`,
      this.book.extra,
    );
    const { looks } = this.settings;
    render(
      html`<label for="cut">cut-off</label>
        <input id="cut" type="range" min="0" max="1" step="0.05" .value=${String(looks.cut)} @input=${(/** @type {Event} */ event) => {
          this.settings.set({ cut: Number(/** @type {HTMLInputElement} */ (event.target).value) });
        }}>
        <button @click=${() => this.settings.set({ ramp: looks.ramp === "colour" ? "gray" : "colour" })}
          >${looks.ramp === "colour" ? "gray" : "colour"}</button>`,
      this.map.extra,
    );
  }

  /** @param {Pointed} pointed */
  #sums(pointed) {
    const { instrument } = this.snapshot;
    const { sumBase, sumQuote } = pointed.sums;
    const price = number(sumQuote / sumBase, (instrument?.price_decimals ?? 2) + 1);
    return `avg ${price} · ${number(sumBase, this.ladder.decimals)} ${instrument?.base ?? ""} · ${number(sumQuote, 0)} ${instrument?.quote ?? ""}`;
  }
}
