// The book as a ladder: asks above, bids below, the spread's row between them standing still.

import { bps, number } from "./format.js";
import { ink } from "./ink.js";
import { gather, sizeDecimals, upTo } from "./ladder_rows.js";
import { ROW, SPREAD_ROW } from "./price_axis.js";
import { Surface } from "./surface.js";

/** @import {Instrument} from "../wire.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Ink} from "./ink.js" */
/** @import {LadderRow} from "./ladder_rows.js" */
/** @import {PriceAxis} from "./price_axis.js" */

const FONT_PX = 12;
const EDGE = 6; // px between a text and the edge of its column
const HATCH = 5; // px between the lines that mark what the order takes
const BAR_ALPHA = 0.28;

/** @typedef {{row: number, order: 1 | -1, sums: LadderRow}} Pointed */

export class Ladder {
  /** @type {Map<number, LadderRow>} */ #asks = new Map();
  /** @type {Map<number, LadderRow>} */ #bids = new Map();
  /** @type {number | null} */ #pointerY = null;
  #decimals = 0;
  #decimalsOf = "";
  /** @type {CanvasPattern | null} */ #hatch = null;
  #hatchOf = "";

  /**
   * @param {HTMLElement} place
   * @param {Snapshot} snapshot
   * @param {PriceAxis} axis
   * @param {object} told
   * @param {() => void} told.changed
   * @param {(pointed: Pointed, decimals: number) => void} told.clicked
   */
  constructor(place, snapshot, axis, told) {
    this.snapshot = snapshot;
    this.axis = axis;
    this.surface = new Surface(place, () => {
      axis.resize(this.surface.height);
      told.changed();
    });
    const { canvas } = this.surface;
    canvas.addEventListener("pointermove", (event) => {
      this.#pointerY = event.offsetY;
      told.changed();
    });
    canvas.addEventListener("pointerleave", () => {
      this.#pointerY = null;
      told.changed();
    });
    canvas.addEventListener("click", () => {
      const pointed = this.pointed;
      if (pointed !== null) told.clicked(pointed, this.#decimals);
    });
  }

  /** What the pointer stands on. */
  get pointed() {
    const row = this.#pointerY === null ? null : this.axis.rowAt(this.#pointerY);
    if (row === null) return null;
    const order = row > this.axis.centre ? 1 : -1;
    const sums = upTo(order === 1 ? this.#asks : this.#bids, row, order);
    return sums === null ? null : /** @type {Pointed} */ ({ row, order, sums });
  }

  /** @param {"bps" | "quote"} unit quote: sizes are told in quote currency */
  draw(unit) {
    const { surface, snapshot, axis } = this;
    const { instrument, book } = snapshot;
    if (!surface.isVisible) return;
    const { pen, width, height } = surface;
    const colours = ink();
    pen.fillStyle = colours.panel;
    pen.fillRect(0, 0, width, height);
    if (instrument === null || book === null) return;
    this.#settle(instrument);
    const { taken } = snapshot;
    const worst = taken !== null && taken.base > 0 ? taken.worst_ticks : null;
    this.#asks = gather(snapshot.asks, axis.group, instrument.tick, taken?.side === 1 ? worst : null);
    this.#bids = gather(snapshot.bids, axis.group, instrument.tick, taken?.side === -1 ? worst : null);
    const largest = this.#largest(unit);
    pen.font = `${FONT_PX}px ${colours.font}`;
    pen.textBaseline = "middle";
    pen.textAlign = "right";
    for (const rows of [this.#asks, this.#bids]) {
      const order = rows === this.#asks ? 1 : -1;
      for (const row of rows.values()) this.#drawRow(row, order, unit, largest, instrument, colours);
    }
    this.#drawEmptyPrices(instrument, colours);
    this.#drawEdge(snapshot.book?.proven_ask_ticks ?? null, 1, colours);
    this.#drawEdge(snapshot.book?.proven_bid_ticks ?? null, -1, colours);
    this.#drawLimit(instrument, colours);
    this.#drawSpread(instrument, colours);
    surface.isStale = false;
  }

  /** @param {Instrument} instrument */
  #settle(instrument) {
    if (this.#decimalsOf === instrument.key || this.snapshot.bids.length === 0) return;
    this.#decimalsOf = instrument.key;
    this.#decimals = sizeDecimals(this.snapshot.bids, instrument.size_decimals);
  }

  /** Decimals of sizes. */
  get decimals() {
    return this.#decimals;
  }

  /** @param {"bps" | "quote"} unit */
  #largest(unit) {
    const { highest, lowest } = this.axis.span;
    let largest = 0;
    for (const rows of [this.#asks, this.#bids]) {
      for (const row of rows.values()) {
        if (row.row <= highest && row.row >= lowest) largest = Math.max(largest, unit === "quote" ? row.quote : row.base);
      }
    }
    return largest;
  }

  /**
   * @param {LadderRow} row
   * @param {1 | -1} order
   * @param {"bps" | "quote"} unit
   * @param {number} largest
   * @param {Instrument} instrument
   * @param {Ink} colours
   */
  #drawRow(row, order, unit, largest, instrument, colours) {
    const { pen, width, height } = this.surface;
    const top = this.axis.top(row.row);
    if (top < 0 || top + ROW > height) return;
    const colour = order === 1 ? colours.ask : colours.bid;
    const amount = unit === "quote" ? row.quote : row.base;
    const sum = unit === "quote" ? row.sumQuote : row.sumBase;
    const decimals = unit === "quote" ? 0 : this.#decimals;
    pen.globalAlpha = BAR_ALPHA;
    pen.fillStyle = colour;
    const columns = this.#columns(width);
    const bar = largest > 0 ? Math.round((amount / largest) * (width - columns.price - EDGE)) : 0;
    pen.fillRect(width - bar, top + 1, bar, ROW - 1);
    pen.globalAlpha = 1;
    if (row.isEaten) this.#drawEaten(top, width, colours);
    const y = top + ROW / 2 + 0.5;
    pen.fillStyle = colour;
    pen.fillText(number(row.row * this.axis.group * instrument.tick, instrument.price_decimals), columns.price, y);
    pen.fillStyle = colours.text;
    pen.fillText(number(amount, decimals), columns.size, y);
    pen.fillText(number(sum, decimals), columns.sum, y);
  }

  /** @param {number} width */
  #columns(width) {
    return { price: Math.round(0.36 * width) - EDGE, size: Math.round(0.66 * width) - EDGE, sum: width - EDGE };
  }

  /**
   * @param {number} top
   * @param {number} width
   * @param {Ink} colours
   */
  #drawEaten(top, width, colours) {
    const { pen } = this.surface;
    if (this.#hatchOf !== colours.text) {
      this.#hatchOf = colours.text;
      this.#hatch = hatch(pen, colours.text);
    }
    if (this.#hatch !== null) {
      pen.globalAlpha = 0.3;
      pen.fillStyle = this.#hatch;
      pen.fillRect(0, top + 1, width, ROW - 1);
      pen.globalAlpha = 1;
    }
    pen.fillStyle = colours.text;
    pen.fillRect(0, top, 3, ROW);
  }

  /**
   * Rows without levels say their price, so that the axis can be read.
   * @param {Instrument} instrument
   * @param {Ink} colours
   */
  #drawEmptyPrices(instrument, colours) {
    const { pen, width } = this.surface;
    const { highest, lowest } = this.axis.span;
    pen.fillStyle = colours.muted;
    for (let row = lowest; row <= highest; row++) {
      if ((row > this.axis.centre ? this.#asks : this.#bids).has(row)) continue;
      const text = number(row * this.axis.group * instrument.tick, instrument.price_decimals);
      pen.fillText(text, this.#columns(width).price, this.axis.top(row) + ROW / 2 + 0.5);
    }
  }

  /**
   * @param {number | null} tick the worst proven price
   * @param {1 | -1} order
   * @param {Ink} colours
   */
  #drawEdge(tick, order, colours) {
    if (tick === null) return;
    const { pen, width, height } = this.surface;
    const row = order === 1 ? Math.floor(tick / this.axis.group) : Math.ceil(tick / this.axis.group);
    const y = this.axis.top(row) + (order === 1 ? 0 : ROW);
    if (y <= 0 || y >= height) return;
    pen.save();
    pen.globalAlpha = 0.5;
    pen.fillStyle = colours.panel;
    pen.fillRect(0, order === 1 ? 0 : y, width, order === 1 ? y : height - y);
    pen.globalAlpha = 1;
    pen.strokeStyle = colours.warn;
    pen.setLineDash([6, 3]);
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(width, y);
    pen.stroke();
    label(pen, "proven to here", width - EDGE, order === 1 ? y - 8 : y + 8, colours.warn, colours.panel);
    pen.restore();
  }

  /**
   * @param {Instrument} instrument
   * @param {Ink} colours
   */
  #drawLimit(instrument, colours) {
    const tick = this.snapshot.taken?.limit_ticks ?? null;
    if (tick === null) return;
    const { pen, width } = this.surface;
    const y = this.axis.y(tick);
    pen.strokeStyle = colours.focus;
    pen.lineWidth = 1.5;
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(width, y);
    pen.stroke();
    const text = `limit ${number(tick * instrument.tick, instrument.price_decimals)}`;
    label(pen, text, width - EDGE, y, colours.focus, colours.panel);
  }

  /**
   * @param {Instrument} instrument
   * @param {Ink} colours
   */
  #drawSpread(instrument, colours) {
    const { pen, width } = this.surface;
    const { book } = this.snapshot;
    const y = this.axis.middle;
    pen.fillStyle = colours.raised;
    pen.fillRect(0, y - SPREAD_ROW / 2, width, SPREAD_ROW);
    pen.strokeStyle = colours.line;
    pen.lineWidth = 1;
    pen.strokeRect(0.5, y - SPREAD_ROW / 2 + 0.5, width - 1, SPREAD_ROW - 1);
    pen.fillStyle = colours.text;
    pen.textAlign = "left";
    pen.font = `600 13px ${colours.font}`;
    pen.fillText(`mid ${number(book?.mid, instrument.price_decimals + 1)}`, EDGE, y + 0.5);
    pen.font = `${FONT_PX}px ${colours.font}`;
    pen.textAlign = "right";
    pen.fillStyle = colours.muted;
    pen.fillText(`${number(book?.spread, instrument.price_decimals)} · ${bps(book?.spread_bps)} bps`, width - EDGE, y + 0.5);
  }
}

/**
 * @param {CanvasRenderingContext2D} pen
 * @param {string} colour
 */
function hatch(pen, colour) {
  const tile = document.createElement("canvas");
  tile.width = tile.height = HATCH;
  const inner = /** @type {CanvasRenderingContext2D} */ (tile.getContext("2d"));
  inner.strokeStyle = colour;
  inner.beginPath();
  inner.moveTo(-1, HATCH + 1);
  inner.lineTo(HATCH + 1, -1);
  inner.stroke();
  return pen.createPattern(tile, "repeat");
}

/**
 * A text on a patch of the background.
 * @param {CanvasRenderingContext2D} pen
 * @param {string} text
 * @param {number} right px
 * @param {number} y px
 * @param {string} colour
 * @param {string} back
 */
export function label(pen, text, right, y, colour, back) {
  const width = pen.measureText(text).width;
  pen.textAlign = "right";
  pen.textBaseline = "middle";
  pen.fillStyle = back;
  pen.fillRect(right - width - 3, y - 8, width + 6, 16);
  pen.fillStyle = colour;
  pen.fillText(text, right, y + 0.5);
}

