// The last minute of a book as a ring of columns: sizes by row of the price axis, and their picture.

import { STEPS } from "./ramp.js";

/** @import {BookSide} from "../data/book_side.js" */

export const COLUMNS = 600;
export const BUCKET_MS = 100;
export const ROWS = 512;
const MARGIN = 0.25; // of the rows: where the touch comes nearer to the end than this, the ring moves along
const MOST_CARRIED = 10; // columns, a second: the pace of the slowest page that still looks live
const KEPT_LEVELS = 200; // a side and column: all that is sent

export class HeatRing {
  /** Bucket of the newest column, in hundreds of milliseconds since the epoch. */
  newest = 0;
  /** Row of the price axis at the top of the ring. */
  top = 0;
  filled = 0;
  #isPlaced = false;
  #sizes = new Float32Array(COLUMNS * ROWS);
  #mids = new Float64Array(COLUMNS).fill(Number.NaN);
  /** The levels behind each column, so that another grouping can show the past. */
  #ticks = new Float64Array(COLUMNS * 2 * KEPT_LEVELS);
  #levels = new Float32Array(COLUMNS * 2 * KEPT_LEVELS);
  #counts = new Uint16Array(COLUMNS * 2);
  #sums = new Float64Array(ROWS);
  #image = new ImageData(1, ROWS);
  #whole = new ImageData(COLUMNS, ROWS);
  canvas = document.createElement("canvas");
  #pen = /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d", { alpha: false }));
  /** @type {Uint32Array} */ #table = new Uint32Array(STEPS);
  /** Size that the last step of the ramp stands for. */
  #full = 0;

  constructor() {
    this.canvas.width = COLUMNS;
    this.canvas.height = ROWS;
  }

  clear() {
    this.filled = 0;
    this.#isPlaced = false;
    this.#sizes.fill(0);
    this.#counts.fill(0);
    this.#mids.fill(Number.NaN);
    this.#paint();
  }

  /**
   * Draw with these colours from now on, and again what is there.
   * @param {Uint32Array} table
   * @param {number} full size of the last colour
   */
  colour(table, full) {
    if (table === this.#table && full === this.#full) return;
    this.#table = table;
    this.#full = full;
    this.#paint();
  }

  /**
   * @param {number} bucket
   * @returns {number} column of the picture
   */
  column(bucket) {
    return ((bucket % COLUMNS) + COLUMNS) % COLUMNS;
  }

  /** @param {number} bucket */
  mid(bucket) {
    return bucket > this.newest || bucket <= this.newest - this.filled ? Number.NaN : this.#mids[this.column(bucket)];
  }

  /**
   * The largest size of a row in a column's time.
   * @param {number} bucket
   * @param {number} row of the price axis
   * @returns {number | null} null where nothing was seen
   */
  size(bucket, row) {
    const at = this.top - row;
    if (bucket > this.newest || bucket <= this.newest - this.filled || at < 0 || at >= ROWS) return null;
    return this.#sizes[this.column(bucket) * ROWS + at] ?? null;
  }

  /**
   * @param {number} nowMs wall clock of the server
   * @param {BookSide} bids
   * @param {BookSide} asks
   * @param {number} midTicks
   * @param {number} group ticks in a row
   * @param {number} centre row of the touch
   */
  add(nowMs, bids, asks, midTicks, group, centre) {
    const bucket = Math.floor(nowMs / BUCKET_MS);
    if (this.filled === 0) this.newest = bucket - 1;
    if (bucket < this.newest) return;
    this.#advance(bucket);
    this.#anchor(centre);
    const column = this.column(bucket);
    this.#mids[column] = midTicks;
    this.#keep(column, 0, bids);
    this.#keep(column, 1, asks);
    this.#fill(column, group);
    this.#paintColumn(column);
  }

  /**
   * Time goes on; what stood a moment ago is taken to have stood meanwhile, a longer hole is left empty, and seen.
   * @param {number} bucket
   */
  #advance(bucket) {
    const steps = bucket - this.newest;
    const carried = steps <= MOST_CARRIED && this.filled > 0;
    const last = this.column(this.newest);
    for (let i = Math.max(1, steps - COLUMNS + 1); i <= steps; i++) {
      const column = this.column(this.newest + i);
      if (carried) this.#copy(last, column);
      else this.#empty(column);
      if (i === steps) this.#sizes.fill(0, column * ROWS, (column + 1) * ROWS);
      else this.#paintColumn(column);
    }
    this.newest = bucket;
    this.filled = Math.min(COLUMNS, this.filled + steps);
  }

  /**
   * @param {number} from column
   * @param {number} to column
   */
  #copy(from, to) {
    this.#sizes.copyWithin(to * ROWS, from * ROWS, (from + 1) * ROWS);
    this.#ticks.copyWithin(2 * to * KEPT_LEVELS, 2 * from * KEPT_LEVELS, 2 * (from + 1) * KEPT_LEVELS);
    this.#levels.copyWithin(2 * to * KEPT_LEVELS, 2 * from * KEPT_LEVELS, 2 * (from + 1) * KEPT_LEVELS);
    this.#counts.copyWithin(2 * to, 2 * from, 2 * from + 2);
    this.#mids[to] = /** @type {number} */ (this.#mids[from]);
  }

  /** @param {number} column */
  #empty(column) {
    this.#sizes.fill(0, column * ROWS, (column + 1) * ROWS);
    this.#counts.fill(0, 2 * column, 2 * column + 2);
    this.#mids[column] = Number.NaN;
  }

  /** @param {number} centre */
  #anchor(centre) {
    const at = this.top - centre;
    if (this.#isPlaced && at > MARGIN * ROWS && at < (1 - MARGIN) * ROWS) return;
    const top = centre + ROWS / 2;
    if (this.#isPlaced) this.#shift(top - this.top);
    this.top = top;
    this.#isPlaced = true;
    this.#paint();
  }

  /** @param {number} rows that the content moves down */
  #shift(rows) {
    for (let column = 0; column < COLUMNS; column++) {
      const start = column * ROWS;
      const held = this.#sizes.slice(start, start + ROWS);
      this.#sizes.fill(0, start, start + ROWS);
      for (let row = 0; row < ROWS; row++) {
        if (row + rows >= 0 && row + rows < ROWS) this.#sizes[start + row + rows] = /** @type {number} */ (held[row]);
      }
    }
  }

  /**
   * Another number of ticks in a row: the past is gathered anew from its levels.
   * @param {number} group
   * @param {number} centre
   */
  regroup(group, centre) {
    this.#sizes.fill(0);
    this.top = centre + ROWS / 2;
    this.#isPlaced = true;
    for (let bucket = this.newest - this.filled + 1; bucket <= this.newest; bucket++) this.#fill(this.column(bucket), group);
    this.#paint();
  }

  /**
   * @param {number} column
   * @param {0 | 1} which bids or asks
   * @param {BookSide} side
   */
  #keep(column, which, side) {
    const start = (2 * column + which) * KEPT_LEVELS;
    const count = Math.min(KEPT_LEVELS, side.length);
    this.#ticks.set(side.ticks.subarray(0, count), start);
    this.#levels.set(side.sizes.subarray(0, count), start);
    this.#counts[2 * column + which] = count;
  }

  /**
   * The largest size of the column's time, so that what flashed is seen.
   * @param {number} column
   * @param {number} group
   */
  #fill(column, group) {
    const sums = this.#sums.fill(0);
    for (const which of /** @type {const} */ ([0, 1])) {
      const start = (2 * column + which) * KEPT_LEVELS;
      const count = /** @type {number} */ (this.#counts[2 * column + which]);
      for (let i = start; i < start + count; i++) {
        const price = /** @type {number} */ (this.#ticks[i]) / group;
        const row = this.top - (which === 1 ? Math.ceil(price) : Math.floor(price));
        if (row >= 0 && row < ROWS) sums[row] = /** @type {number} */ (sums[row]) + /** @type {number} */ (this.#levels[i]);
      }
    }
    for (let row = 0; row < ROWS; row++) {
      const at = column * ROWS + row;
      this.#sizes[at] = Math.max(/** @type {number} */ (this.#sizes[at]), /** @type {number} */ (sums[row]));
    }
  }

  /** @param {number} size */
  #step(size) {
    if (!(size > 0) || this.#full <= 0) return 0;
    return 1 + Math.min(STEPS - 2, Math.floor((size / this.#full) * (STEPS - 2)));
  }

  /** @param {number} column */
  #paintColumn(column) {
    const pixels = new Uint32Array(this.#image.data.buffer);
    for (let row = 0; row < ROWS; row++) {
      pixels[row] = /** @type {number} */ (this.#table[this.#step(/** @type {number} */ (this.#sizes[column * ROWS + row]))]);
    }
    this.#pen.putImageData(this.#image, column, 0);
  }

  #paint() {
    const pixels = new Uint32Array(this.#whole.data.buffer);
    for (let column = 0; column < COLUMNS; column++) {
      for (let row = 0; row < ROWS; row++) {
        const size = /** @type {number} */ (this.#sizes[column * ROWS + row]);
        pixels[row * COLUMNS + column] = /** @type {number} */ (this.#table[this.#step(size)]);
      }
    }
    this.#pen.putImageData(this.#whole, 0, 0);
  }

  /**
   * Sizes of the newest columns' rows that hold any, rising.
   * @param {number} columns
   */
  recentSizes(columns) {
    /** @type {number[]} */
    const sizes = [];
    for (let bucket = this.newest - Math.min(columns, this.filled) + 1; bucket <= this.newest; bucket++) {
      const start = this.column(bucket) * ROWS;
      for (let i = start; i < start + ROWS; i++) {
        const size = /** @type {number} */ (this.#sizes[i]);
        if (size > 0) sizes.push(size);
      }
    }
    return Float64Array.from(sizes).sort();
  }
}
