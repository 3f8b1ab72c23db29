// Levels of one side gathered into the rows of the price axis, with sums from the touch on.

/** @import {BookSide} from "../data/book_side.js" */

/**
 * @typedef {object} LadderRow
 * @property {number} row price in groups of ticks
 * @property {number} base base units in this row
 * @property {number} quote quote currency
 * @property {number} sumBase from the touch to this row
 * @property {number} sumQuote
 * @property {boolean} isEaten the order takes of it
 */

/**
 * @param {BookSide} side
 * @param {number} group ticks in a row
 * @param {number} tick quote currency per base of one tick
 * @param {number | null} worst the last price that the order touches on this side, ticks
 * @returns {Map<number, LadderRow>} by row, best first
 */
export function gather(side, group, tick, worst) {
  /** @type {Map<number, LadderRow>} */
  const rows = new Map();
  let sumBase = 0;
  let sumQuote = 0;
  for (let i = 0; i < side.length; i++) {
    const at = /** @type {number} */ (side.ticks[i]);
    const base = /** @type {number} */ (side.sizes[i]);
    const row = side.order > 0 ? Math.ceil(at / group) : Math.floor(at / group);
    const quote = base * at * tick;
    sumBase += base;
    sumQuote += quote;
    let held = rows.get(row);
    if (held === undefined) {
      held = { row, base: 0, quote: 0, sumBase, sumQuote, isEaten: false };
      rows.set(row, held);
    }
    held.base += base;
    held.quote += quote;
    held.sumBase = sumBase;
    held.sumQuote = sumQuote;
    held.isEaten ||= worst !== null && (at - worst) * side.order <= 0;
  }
  return rows;
}

/**
 * Sums over all rows up to one that may itself be empty.
 * @param {Map<number, LadderRow>} rows best first
 * @param {number} row
 * @param {number} order 1 of asks, -1 of bids
 * @returns {LadderRow | null} null before the touch
 */
export function upTo(rows, row, order) {
  let last = null;
  for (const one of rows.values()) {
    if ((one.row - row) * order > 0) break;
    last = one;
  }
  return last;
}

const NEAR_LEVELS = 12; // of a side, that a ladder should show whatever the order takes

/**
 * How far from the touch the nearest levels reach, ticks.
 * @param {BookSide} side
 */
export function reachOfNear(side) {
  const last = side.ticks[Math.min(NEAR_LEVELS, side.length) - 1];
  return last === undefined ? 0 : Math.abs(last - /** @type {number} */ (side.ticks[0]));
}

const SHOWN_DIGITS = 3; // that a typical size should show
const MOST_DECIMALS = 6;

/**
 * Decimals of sizes: enough for a typical one, at most those of the lot.
 * @param {BookSide} side
 * @param {number} most
 */
export function sizeDecimals(side, most) {
  const sizes = side.sizes.slice(0, side.length).sort();
  const typical = sizes[Math.floor(sizes.length / 2)];
  if (typical === undefined) return most;
  const wanted = SHOWN_DIGITS - 1 - Math.floor(Math.log10(typical));
  return Math.max(0, Math.min(most, MOST_DECIMALS, wanted));
}
