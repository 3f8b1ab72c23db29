// Liquidity over the last minute on the ladder's price axis, with trades, the mid and what the order would pay.

import { age, number } from "./format.js";
import { BUCKET_MS, COLUMNS, HeatRing, ROWS } from "./heat_ring.js";
import { ink } from "./ink.js";
import { label } from "./ladder.js";
import { ROW } from "./price_axis.js";
import { ramp, rgb } from "./ramp.js";
import { Surface } from "./surface.js";

/** @import {Instrument} from "../wire.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Ink} from "./ink.js" */
/** @import {PriceAxis} from "./price_axis.js" */

const SCALED_EVERY_MS = 3000; // how often the sizes are ranked for the ramp
const SCALED_OVER = 50; // columns that are ranked
const SCALE_CHANGE = 0.25; // a smaller change of the largest size leaves the ramp alone
const FIRST_SCALED_AT = 3; // columns
const LEAST_QUANTILE = 0.6; // of the sizes: the strongest cut-off
const LEAST_DOT = 2.5; // px
const MOST_DOT = 8;

export class Heatmap {
  #ring = new HeatRing();
  #instrument = "";
  #group = 0;
  #full = 0;
  #scaledAt = -Infinity;
  #scaledCut = -1;
  /** @type {Uint32Array | null} */ #table = null;
  #tableOf = "";
  /** @type {{x: number, y: number} | null} */ #pointer = null;

  /**
   * @param {HTMLElement} place
   * @param {Snapshot} snapshot
   * @param {PriceAxis} axis
   * @param {() => void} changed
   */
  constructor(place, snapshot, axis, changed) {
    this.snapshot = snapshot;
    this.axis = axis;
    this.surface = new Surface(place, changed);
    const { canvas } = this.surface;
    canvas.addEventListener("pointermove", (event) => {
      this.#pointer = { x: event.offsetX, y: event.offsetY };
      changed();
    });
    canvas.addEventListener("pointerleave", () => {
      this.#pointer = null;
      changed();
    });
  }

  /** Take the book of a new frame into the newest column. */
  add() {
    const { snapshot, axis } = this;
    const { book, instrument } = snapshot;
    if (book === null || instrument === null) return;
    if (this.#instrument !== book.instrument) {
      this.#instrument = book.instrument;
      this.#scaledAt = -Infinity;
      this.#ring.clear();
    }
    if (this.#group !== axis.group) {
      this.#group = axis.group;
      this.#scaledAt = -Infinity;
      this.#ring.regroup(axis.group, axis.centre);
    }
    if (book.state !== "LIVE" || book.mid === null) return;
    this.#ring.add(snapshot.sentMs, snapshot.bids, snapshot.asks, book.mid / instrument.tick, axis.group, axis.centre);
  }

  /**
   * @param {{ramp: "colour" | "gray", cut: number}} looks
   * @param {number} now ms of `performance.now`
   */
  draw(looks, now) {
    const { surface, axis } = this;
    if (!surface.isVisible) return;
    const colours = ink();
    this.#scale(looks, colours, now);
    const { pen, width, height } = surface;
    pen.fillStyle = colours.panel;
    pen.fillRect(0, 0, width, height);
    const { instrument } = this.snapshot;
    if (instrument === null || this.#ring.filled === 0) return;
    pen.save();
    pen.translate(0, Math.round((height - axis.height) / 2));
    this.#drawRing();
    this.#drawMid(colours);
    this.#drawTrades(colours);
    this.#drawPrices(instrument, colours);
    pen.restore();
    this.#drawPointer(colours);
    surface.isStale = false;
  }

  /**
   * @param {{ramp: "colour" | "gray", cut: number}} looks
   * @param {Ink} colours
   * @param {number} now
   */
  #scale(looks, colours, now) {
    const tableOf = `${looks.ramp}${colours.panel}`;
    if (this.#tableOf !== tableOf) {
      this.#tableOf = tableOf;
      this.#table = ramp(looks.ramp, colours.isLight, rgb(colours.panel));
    }
    const isDue = now - this.#scaledAt > SCALED_EVERY_MS || looks.cut !== this.#scaledCut;
    if (isDue && this.#ring.filled >= FIRST_SCALED_AT) {
      const sizes = this.#ring.recentSizes(SCALED_OVER);
      const share = 1 - looks.cut * (1 - LEAST_QUANTILE);
      const full = sizes[Math.min(sizes.length - 1, Math.floor(share * sizes.length))] ?? 0;
      const isNear = Math.abs(full - this.#full) <= SCALE_CHANGE * this.#full;
      if (!isNear || looks.cut !== this.#scaledCut) this.#full = full;
      this.#scaledAt = now;
      this.#scaledCut = looks.cut;
    }
    if (this.#table !== null) this.#ring.colour(this.#table, this.#full);
  }

  get #columnWidth() {
    return this.surface.width / COLUMNS;
  }

  /** @param {number} ms wall clock of the server */
  #x(ms) {
    return this.surface.width - ((this.#ring.newest + 1) * BUCKET_MS - ms) * (this.#columnWidth / BUCKET_MS);
  }

  #drawRing() {
    const { axis } = this;
    const { highest, lowest } = axis.span;
    this.#drawRows(highest, axis.centre + 1);
    this.#drawRows(axis.centre, lowest);
  }

  /**
   * @param {number} highest row
   * @param {number} lowest row
   */
  #drawRows(highest, lowest) {
    const ring = this.#ring;
    const from = Math.max(0, ring.top - highest);
    const until = Math.min(ROWS, ring.top - lowest + 1);
    if (until <= from) return;
    const { pen } = this.surface;
    const y = this.axis.top(ring.top - from);
    const height = (until - from) * ROW;
    const split = ring.column(ring.newest) + 1;
    const older = (COLUMNS - split) * this.#columnWidth;
    pen.imageSmoothingEnabled = false;
    if (split < COLUMNS) pen.drawImage(ring.canvas, split, from, COLUMNS - split, until - from, 0, y, older, height);
    pen.drawImage(ring.canvas, 0, from, split, until - from, older, y, split * this.#columnWidth, height);
  }

  /** @param {Ink} colours */
  #drawMid(colours) {
    const { pen } = this.surface;
    const ring = this.#ring;
    for (const [style, width] of /** @type {const} */ ([[colours.panel, 3.5], [colours.text, 1.5]])) {
      pen.strokeStyle = style;
      pen.lineWidth = width;
      pen.lineJoin = "round";
      pen.beginPath();
      let isDown = false;
      for (let bucket = ring.newest - ring.filled + 1; bucket <= ring.newest; bucket++) {
        const mid = ring.mid(bucket);
        if (Number.isNaN(mid)) {
          isDown = false;
          continue;
        }
        const x = this.#x((bucket + 0.5) * BUCKET_MS);
        const y = this.axis.y(mid);
        if (isDown) pen.lineTo(x, y);
        else pen.moveTo(x, y);
        isDown = true;
      }
      pen.stroke();
    }
  }

  /**
   * Triangles: upward where the aggressor bought, downward where it sold.
   * @param {Ink} colours
   */
  #drawTrades(colours) {
    const { pen } = this.surface;
    const { trades } = this.snapshot;
    const largest = trades.reduce((most, one) => Math.max(most, one.size), 0);
    for (const side of [1, -1]) {
      pen.beginPath();
      for (const trade of trades) {
        const x = this.#x(trade.atMs);
        if (trade.side !== side || x < 0) continue;
        const half = LEAST_DOT + (MOST_DOT - LEAST_DOT) * Math.sqrt(trade.size / largest);
        const y = this.axis.y(trade.tick);
        pen.moveTo(x, y - half * side);
        pen.lineTo(x + half, y + half * side);
        pen.lineTo(x - half, y + half * side);
        pen.closePath();
      }
      pen.fillStyle = side === 1 ? colours.bid : colours.ask;
      pen.fill();
      pen.strokeStyle = colours.panel;
      pen.lineWidth = 1;
      pen.stroke();
    }
  }

  /**
   * What the order would pay on average, and its limit.
   * @param {Instrument} instrument
   * @param {Ink} colours
   */
  #drawPrices(instrument, colours) {
    const { taken } = this.snapshot;
    if (taken?.average_price != null && taken.base > 0) {
      const text = `order's average ${number(taken.average_price, instrument.price_decimals + 1)}`;
      this.#drawLine(this.axis.y(taken.average_price / instrument.tick), text, colours.focus, [7, 4], colours);
    }
    if (taken?.limit_ticks != null) {
      const text = `limit ${number(taken.limit_ticks * instrument.tick, instrument.price_decimals)}`;
      this.#drawLine(this.axis.y(taken.limit_ticks), text, colours.focus, [], colours);
    }
  }

  /**
   * @param {number} y
   * @param {string} text
   * @param {string} colour
   * @param {number[]} dash
   * @param {Ink} colours
   */
  #drawLine(y, text, colour, dash, colours) {
    const { pen, width } = this.surface;
    pen.strokeStyle = colour;
    pen.lineWidth = 1.5;
    pen.setLineDash(dash);
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(width, y);
    pen.stroke();
    pen.setLineDash([]);
    pen.font = `12px ${colours.font}`;
    label(pen, text, 8 + pen.measureText(text).width, y - 11, colour, colours.panel);
  }

  /** @param {Ink} colours */
  #drawPointer(colours) {
    if (this.#pointer === null) return;
    const { pen, width, height } = this.surface;
    pen.strokeStyle = colours.muted;
    pen.lineWidth = 1;
    pen.beginPath();
    pen.moveTo(0, this.#pointer.y + 0.5);
    pen.lineTo(width, this.#pointer.y + 0.5);
    pen.moveTo(this.#pointer.x + 0.5, 0);
    pen.lineTo(this.#pointer.x + 0.5, height);
    pen.stroke();
  }

  /** What the pointer stands on, in words; empty without one. */
  get reading() {
    const { instrument } = this.snapshot;
    if (this.#pointer === null || instrument === null) return "";
    const row = this.axis.rowAt(this.#pointer.y - Math.round((this.surface.height - this.axis.height) / 2));
    const ago = (this.surface.width - this.#pointer.x) * (BUCKET_MS / this.#columnWidth);
    const when = `${age(ago)} ago`;
    if (row === null) return `${when} · spread`;
    const size = this.#ring.size(this.#ring.newest - Math.floor(ago / BUCKET_MS), row);
    const price = number(row * this.axis.group * instrument.tick, instrument.price_decimals);
    return `${when} · ${price} · ${size === null ? "nothing seen" : `${number(size, 4)} ${instrument.base}`}`;
  }
}
