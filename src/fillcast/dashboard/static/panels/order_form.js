// The order form: what is typed goes into the address and to the server; what cannot be used is said beside its field.

import { html, nothing, render } from "lit/html.js";
import { live } from "lit/directives/live.js";

import { number, typed } from "../draw/format.js";
import { readAddress, writeAddress } from "../habits/address.js";
import { EMPTY, TYPES, fieldsOf, fromAsked, stepped, toAsked } from "./order_terms.js";

/** @import {Asked} from "../wire.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Terms} from "./order_terms.js" */

const SETTLED_AFTER_MS = 150; // of no typing: then the server is asked

/** Which field of the form an error of the wire stands beside.
 * @type {Record<string, keyof Terms>} */
const BESIDE = { instrument: "symbol", size: "quantity" };

export class OrderForm {
  /** @type {Terms} */ terms = { ...EMPTY, ...readAddress() };
  #stated = Object.keys(readAddress()).length > 0;
  #filled = false;
  #asking = false;
  #id = 0;
  #timer = 0;
  #drawnOf = "";

  /**
   * @param {HTMLElement} place
   * @param {Snapshot} snapshot
   * @param {(asked: Asked) => void} ask
   */
  constructor(place, snapshot, ask) {
    this.place = place;
    this.snapshot = snapshot;
    this.ask = ask;
    addEventListener("popstate", () => this.change({ ...EMPTY, ...readAddress() }));
  }

  /** A connection is open: what the page asks for, it asks for again. */
  reopened() {
    if (this.#filled || this.#stated) this.#asking = true;
  }

  /** Whether the last thing asked for could not be used. */
  get isRefused() {
    const errors = this.snapshot.errors;
    return errors !== null && errors.id === this.#id && Object.keys(errors.fields).length > 0;
  }

  /** @param {Partial<Terms>} terms */
  change(terms) {
    this.terms = { ...this.terms, ...terms };
    if ("venue" in terms && !("symbol" in terms)) this.terms.symbol = this.#symbols()[0] ?? "";
    if ("venue" in terms || "symbol" in terms) this.#fit();
    writeAddress(this.terms);
    this.#draw();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send(), SETTLED_AFTER_MS);
  }

  /** @param {number} steps */
  step(steps) {
    this.change({ quantity: stepped(this.terms.quantity, steps) });
  }

  /** @param {string} name field to put the cursor into */
  focus(name) {
    const field = this.place.querySelector(`[name="${name}"]`);
    if (field instanceof HTMLInputElement) field.select();
    if (field instanceof HTMLElement) field.focus();
  }

  draw() {
    const { counts } = this.snapshot;
    const seen = `${counts.instruments}/${counts.order}/${counts.errors}`;
    if (seen === this.#drawnOf || this.snapshot.instruments === null) return;
    this.#drawnOf = seen;
    if (!this.#filled && this.snapshot.order !== null) this.#fill(/** @type {Required<Asked>} */ (this.snapshot.order.asked));
    if (this.#asking) this.#send();
    this.#draw();
  }

  /** @param {Required<Asked>} asked what is in force before the page asked anything */
  #fill(asked) {
    this.#filled = true;
    this.#id = asked.id;
    const stated = readAddress();
    const elsewhere = "symbol" in stated && `${stated.venue}:${stated.symbol}` !== asked.instrument;
    const base = fromAsked(asked);
    this.terms = { ...base, ...(elsewhere ? { unit: "", tier: "" } : {}), ...stated };
    this.#fit();
    if (this.#stated) this.#asking = true;
    writeAddress(this.terms);
  }

  #send() {
    clearTimeout(this.#timer);
    this.#asking = false;
    this.#id += 1;
    this.ask(toAsked(this.terms, this.#id));
  }

  get #followed() {
    return this.snapshot.instruments?.followed ?? [];
  }

  #symbols() {
    return this.#followed.filter((one) => one.venue === this.terms.venue).map((one) => one.symbol);
  }

  get #instrument() {
    return this.#followed.find((one) => one.venue === this.terms.venue && one.symbol === this.terms.symbol);
  }

  /** Units and tiers are the instrument's own. */
  #fit() {
    const instrument = this.#instrument;
    if (instrument === undefined) return;
    if (!instrument.units.includes(this.terms.unit)) this.terms.unit = instrument.units[0] ?? "";
    if (!instrument.tiers.includes(this.terms.tier)) this.terms.tier = "";
  }

  #draw() {
    const { terms } = this;
    const instrument = this.#instrument;
    const order = this.snapshot.order;
    const venues = [...new Set(this.#followed.map((one) => one.venue))];
    const volatility = order && !order.volatility_is_stated ? `auto ${number(order.volatility_percent, 1)} %` : "auto";
    const says = fieldsOf(terms.type);
    const inForce = (/** @type {number | undefined} */ value, /** @type {string} */ unit) =>
      value === undefined ? "auto" : `auto ${typed(value)}${unit}`;
    render(
      html`<form @submit=${(/** @type {Event} */ event) => event.preventDefault()} autocomplete="off">
        ${this.#select("venue", "Venue", venues)} ${this.#select("symbol", "Symbol", this.#symbols())}
        ${this.#select("side", "Side", ["buy", "sell"])} ${this.#select("type", "Type", TYPES)}
        ${this.#field(
          "quantity",
          "Quantity",
          html`<div class="pair">
            ${this.#input("quantity", "", true)} ${this.#choice("unit", instrument?.units ?? [terms.unit], "Unit")}
          </div>`,
        )}
        ${this.#field("price", "Price", this.#input("price", says.price ? "needed" : "of limit orders", true, !says.price))}
        ${this.#select("tier", "Fee tier", ["", ...(instrument?.tiers ?? [])], "default")}
        ${this.#field("volatility", "Volatility", this.#input("volatility", volatility, true))}
        ${this.#field("latency", "Latency", this.#input("latency", "auto 250 ms"))}
        ${this.#field("horizon", "Horizon", this.#input("horizon", inForce(order?.horizon_s, " s"), false, !says.horizon))}
        ${this.#field("risk_aversion", "Risk aversion", this.#input("risk_aversion", inForce(order?.risk_aversion, ""), true, !says.risk_aversion))}
        <details ?open=${this.#hasMore()}>
          <summary>More</summary>
          <div>
            ${this.#field(
              "participation",
              "Participation",
              this.#input("participation", says.participation ? "auto" : "of worked orders", true, !says.participation),
            )}
            ${this.#field("level", "Interval", this.#input("level", "90 %", true))}
            ${this.#field("fee_maker", "Maker fee", this.#input("fee_maker", "of the tier"))}
            ${this.#field("fee_taker", "Taker fee", this.#input("fee_taker", "of the tier"))}
            ${this.#field(
              "post_only",
              "Post only",
              html`<input type="checkbox" id="f-post_only" name="post_only" .checked=${live(terms.post_only === "yes")}
                ?disabled=${!says.post_only} @change=${(/** @type {Event} */ event) =>
                  this.change({ post_only: /** @type {HTMLInputElement} */ (event.target).checked ? "yes" : "" })}>`,
            )}
          </div>
        </details>
        ${this.#others()}
      </form>`,
      this.place,
    );
  }

  #hasMore() {
    const { terms } = this;
    const errors = this.isRefused ? Object.keys(this.snapshot.errors?.fields ?? {}) : [];
    return ["participation", "level", "fee_maker", "fee_taker", "post_only"].some(
      (name) => terms[/** @type {keyof Terms} */ (name)] !== "" || errors.includes(name),
    );
  }

  /** @param {string} name of a field of the form */
  #error(name) {
    if (!this.isRefused) return "";
    const fields = this.snapshot.errors?.fields ?? {};
    const wire = Object.keys(fields).find((one) => (BESIDE[one] ?? one) === name);
    return wire === undefined ? "" : (fields[wire] ?? "");
  }

  /** Errors that stand beside no field of this form. */
  #others() {
    if (!this.isRefused) return nothing;
    const others = Object.entries(this.snapshot.errors?.fields ?? {}).filter(([name]) => !((BESIDE[name] ?? name) in EMPTY));
    return others.map(([name, text]) => html`<p class="error">${name}: ${text}</p>`);
  }

  /**
   * @param {keyof Terms} name
   * @param {string} label
   * @param {unknown} control
   */
  #field(name, label, control) {
    const error = this.#error(name);
    return html`<div class="field">
      <label for=${`f-${name}`}>${label}</label>${control}
      ${error === "" ? nothing : html`<p class="error" id=${`e-${name}`}>${error}</p>`}
    </div>`;
  }

  /**
   * @param {keyof Terms} name
   * @param {string} placeholder
   */
  #input(name, placeholder, isNumber = false, isOff = false) {
    const error = this.#error(name);
    return html`<input id=${`f-${name}`} name=${name} placeholder=${placeholder} spellcheck="false"
      inputmode=${isNumber ? "decimal" : "text"} ?disabled=${isOff} .value=${live(isOff ? "" : this.terms[name])}
      aria-invalid=${error !== ""} aria-describedby=${error === "" ? nothing : `e-${name}`}
      @input=${(/** @type {Event} */ event) =>
        this.change({ [name]: /** @type {HTMLInputElement} */ (event.target).value })}>`;
  }

  /**
   * @param {keyof Terms} name
   * @param {string} label
   * @param {string[]} values
   */
  #select(name, label, values, ofNone = "") {
    return this.#field(name, label, this.#choice(name, values, "", ofNone));
  }

  /**
   * @param {keyof Terms} name
   * @param {string[]} values
   * @param {string} said its name where no label stands beside it
   */
  #choice(name, values, said, ofNone = "") {
    const error = this.#error(name);
    const known = values.includes(this.terms[name]) ? values : [this.terms[name], ...values];
    return html`<select id=${`f-${name}`} name=${name} aria-label=${said === "" ? nothing : said}
      aria-invalid=${error !== ""} aria-describedby=${error === "" ? nothing : `e-${name}`}
      @change=${(/** @type {Event} */ event) =>
        this.change({ [name]: /** @type {HTMLSelectElement} */ (event.target).value })}>
      ${known.map(
        (value) => html`<option value=${value} .selected=${live(value === this.terms[name])}>${value || ofNone}</option>`,
      )}
    </select>`;
  }
}
