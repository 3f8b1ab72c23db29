// Everything that the page knows, merged from frames: every panel of a drawn frame reads this one object.

import { VERSION } from "../wire.js";
import { BookSide } from "./book_side.js";
import { float64, int8, ticks } from "./columns.js";

/** @import {Book, Comparison, Curve, Depth, Errors, Frame, Frontier, Health, Instrument, Instruments, Last} from "../wire.js" */
/** @import {Latency, Market, Order, Part, Quoted, Schedule, Taken, Trades} from "../wire.js" */

/**
 * @typedef {object} Trade
 * @property {number} atMs received, ms UTC
 * @property {number} tick
 * @property {number} size base units
 * @property {number} side +1 where the aggressor bought
 */

/** @typedef {"taken" | "gap" | "version"} Verdict */

const KEPT_TRADES = 600; // ten a second over the minute that the heatmap shows

export class Snapshot {
  seq = 0;
  /** Wall ms of the server when it sent the last frame. */
  sentMs = 0;
  /** When the last frame came, ms of `performance.now`. */
  receivedAt = -Infinity;
  gaps = 0;

  /** @type {Instruments | null} */ instruments = null;
  /** @type {Order | null} */ order = null;
  /** @type {Errors | null} */ errors = null;
  /** @type {Book | null} */ book = null;
  /** When the last `book` came, ms of `performance.now`. */
  bookAt = -Infinity;
  bids = new BookSide(-1);
  asks = new BookSide(1);
  /** @type {Trade[]} */ trades = [];
  missedTrades = 0;
  /** @type {Taken | null} */ taken = null;
  /** @type {Quoted | null} */ forecast = null;
  /** @type {Last | null} */ last = null;
  /** When the last `last` came, ms of `performance.now`. */
  lastAt = -Infinity;
  /** @type {Depth | null} */ depth = null;
  /** @type {Curve | null} */ curve = null;
  /** @type {Schedule | null} */ schedule = null;
  /** @type {Frontier | null} */ frontier = null;
  /** @type {Comparison | null} */ comparison = null;
  /** @type {Market | null} */ market = null;
  /** @type {Latency | null} */ latency = null;
  /** @type {Health | null} */ health = null;

  /** How often each kind of part has come; a panel that saw this number has nothing new to draw.
   * @type {Record<Part[0], number>} */
  counts = {
    instruments: 0, order: 0, errors: 0, book: 0, trades: 0, taken: 0, forecast: 0, last: 0, depth: 0, curve: 0,
    schedule: 0, frontier: 0, comparison: 0, market: 0, latency: 0, health: 0,
  };

  /** A new connection counts its frames from 1 again. */
  reopened() {
    this.seq = 0;
  }

  /**
   * Take a frame whole, or not at all.
   * @param {Frame} frame
   * @param {number} now ms of `performance.now`
   * @returns {Verdict} `gap` where the server has to be asked to repeat everything
   */
  take(frame, now) {
    const [version, seq, sentMs, parts] = frame;
    if (version !== VERSION) return "version";
    const whole = parts.some(([kind, body]) => kind === "book" && body.base === null);
    const follows = seq === this.seq + 1 || (this.#awaitingWhole && whole);
    const fits = parts.every(([kind, body]) => kind !== "book" || this.#fits(body));
    this.seq = seq;
    this.receivedAt = now;
    if (!follows || !fits) {
      this.gaps += 1;
      this.#awaitingWhole = true;
      return "gap";
    }
    this.#awaitingWhole = false;
    this.sentMs = sentMs;
    for (const part of parts) this.#takePart(part, now);
    return "taken";
  }

  #awaitingWhole = false;

  /** @param {Book} book */
  #fits(book) {
    return book.base === null || (book.base === this.book?.version && book.instrument === this.book.instrument);
  }

  /**
   * @param {Part} part
   * @param {number} now
   */
  #takePart(part, now) {
    this.counts[part[0]] += 1;
    switch (part[0]) {
      case "book":
        this.#takeBook(part[1], now);
        break;
      case "trades":
        this.#takeTrades(part[1]);
        break;
      case "last":
        this.last = part[1];
        this.lastAt = now;
        break;
      default:
        Object.assign(this, { [part[0]]: part[1] });
    }
  }

  /**
   * @param {Book} book
   * @param {number} now
   */
  #takeBook(book, now) {
    if (book.base === null) {
      this.bids.clear();
      this.asks.clear();
    }
    if (book.instrument !== this.book?.instrument) this.trades = [];
    this.bids.apply(ticks(book.bid_ticks, book.wide), float64(book.bid_sizes));
    this.asks.apply(ticks(book.ask_ticks, book.wide), float64(book.ask_sizes));
    this.book = book;
    this.bookAt = now;
  }

  /** @param {Trades} trades */
  #takeTrades(trades) {
    const times = float64(trades.times_ms);
    const prices = ticks(trades.ticks, trades.wide);
    const sizes = float64(trades.sizes);
    const sides = int8(trades.sides);
    this.missedTrades += trades.missed;
    for (let i = 0; i < times.length; i++) {
      this.trades.push({
        atMs: /** @type {number} */ (times[i]),
        tick: /** @type {number} */ (prices[i]),
        size: /** @type {number} */ (sizes[i]),
        side: /** @type {number} */ (sides[i]),
      });
    }
    if (this.trades.length > KEPT_TRADES) this.trades = this.trades.slice(-KEPT_TRADES);
  }

  /**
   * Age of the book's last proof of life, ms, counted on since it was told; null where none was ever seen.
   * @param {number} now ms of `performance.now`
   * @returns {number | null}
   */
  ageMs(now) {
    const age = this.book?.age_ms ?? null;
    return age === null ? null : age + now - this.bookAt;
  }

  /**
   * Age of the last forecast that had a price, while there is none now, ms.
   * @param {number} now ms of `performance.now`
   */
  lastAgeMs(now) {
    return (this.last?.age_ms ?? 0) + now - this.lastAt;
  }

  /**
   * The instrument that the order is about.
   * @returns {Instrument | null}
   */
  get instrument() {
    const key = this.book?.instrument ?? this.order?.asked.instrument;
    return this.instruments?.followed.find((one) => one.key === key) ?? null;
  }
}

