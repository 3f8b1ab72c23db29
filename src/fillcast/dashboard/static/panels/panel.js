// What every panel has: a place for its picture, the same as a table, and copies of both.

import { html, nothing, render } from "lit/html.js";

import { number } from "../draw/format.js";
import { copyCsv, savePng } from "../habits/export.js";

/** @import {Scheduler} from "../draw/scheduler.js" */

/**
 * @typedef {object} Column
 * @property {string} name
 * @property {number} [decimals] of numbers; without it the cell is text
 */

/**
 * A panel's figures as a table; cells hold numbers as they were sent.
 * @typedef {object} Twin
 * @property {string} caption
 * @property {Column[]} columns
 * @property {(string | number | null)[][]} rows
 */

const SHOWN_EVERY_MS = 250;
const UNSEEN_EVERY_MS = 1000; // of a table that only a screen reader reads

export class Panel {
  #shown = false;
  #drawnAt = -Infinity;

  /**
   * @param {string} id of a section in the page
   * @param {() => Twin} twin
   * @param {Scheduler} scheduler
   * @param {object} [has]
   * @param {boolean} [has.picture] a canvas or chart, so that the table stands beside it
   */
  constructor(id, twin, scheduler, has = {}) {
    this.section = /** @type {HTMLElement} */ (document.getElementById(id));
    this.body = /** @type {HTMLElement} */ (this.section.querySelector(".body"));
    this.twin = twin;
    const title = /** @type {HTMLElement} */ (this.section.querySelector("h2"));
    this.title = title.textContent ?? id;
    title.id = `${id}-title`;
    this.section.setAttribute("aria-labelledby", title.id);
    this.extra = element("div", "extra");
    this.tools = element("div", "tools");
    const head = element("div", "head");
    head.append(title, this.extra, this.tools);
    this.section.prepend(head);
    /** @type {HTMLElement | null} */
    this.picture = null;
    /** @type {HTMLElement | null} */
    this.table = null;
    if (has.picture) {
      this.picture = element("div", "picture");
      this.picture.setAttribute("role", "img");
      this.picture.setAttribute("aria-label", `${this.title}; the table after it says the same`);
      this.table = element("div", "twin unseen");
      this.body.append(this.picture, this.table);
      scheduler.turn({ wanted: (now) => this.#wanted(now), draw: (now) => this.#drawTable(now) });
    }
    this.#drawTools();
  }

  get isTable() {
    return this.#shown;
  }

  /** @param {number} now */
  #wanted(now) {
    return now - this.#drawnAt >= (this.#shown ? SHOWN_EVERY_MS : UNSEEN_EVERY_MS);
  }

  /** @param {number} now */
  #drawTable(now) {
    this.#drawnAt = now;
    if (this.table) render(tableOf(this.twin()), this.table);
  }

  #toggle() {
    this.#shown = !this.#shown;
    this.table?.classList.toggle("unseen", !this.#shown);
    this.table?.classList.toggle("shown", this.#shown);
    this.picture?.classList.toggle("gone", this.#shown);
    if (this.#shown) this.table?.setAttribute("tabindex", "0");
    else this.table?.removeAttribute("tabindex");
    this.#drawTable(performance.now());
    this.#drawTools();
  }

  #drawTools() {
    const as = this.picture
      ? html`<button aria-pressed=${this.#shown} title="Show as a table" aria-label="${this.title} as a table"
          @click=${() => this.#toggle()}>▤</button>`
      : nothing;
    render(
      html`${as}
        <button title="Copy the table as CSV" aria-label="Copy ${this.title} as CSV" @click=${() =>
          copyCsv(this.title, this.twin())}>CSV</button>
        <button title="Save as a PNG" aria-label="Save ${this.title} as PNG" @click=${() =>
          savePng(this.section, this.title, this.twin())}>PNG</button>`,
      this.tools,
    );
  }
}

/** @param {Twin} twin */
export function tableOf(twin) {
  return html`<table>
    <caption class="unseen">${twin.caption}</caption>
    <thead><tr>${twin.columns.map((one) => html`<th scope="col">${one.name}</th>`)}</tr></thead>
    <tbody>
      ${twin.rows.map((row) => html`<tr>${row.map((value, i) => html`<td>${cell(value, twin.columns[i])}</td>`)}</tr>`)}
    </tbody>
  </table>`;
}

/**
 * @param {string | number | null} value
 * @param {Column | undefined} column
 */
export function cell(value, column) {
  return typeof value === "string" ? value : number(value, column?.decimals ?? 0);
}

/**
 * @param {string} name
 * @param {string} classes
 */
export function element(name, classes) {
  const made = document.createElement(name);
  made.className = classes;
  return made;
}
