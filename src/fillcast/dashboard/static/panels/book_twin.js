// Ladder and heatmap as tables: the best levels of each side with their sums, and the last trades.

/** @import {BookSide} from "../data/book_side.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Twin} from "./panel.js" */

const LEVELS = 5; // a side
const TRADES = 10;

/**
 * @param {Snapshot} snapshot
 * @returns {Twin}
 */
export function bookTwin(snapshot) {
  const { instrument, taken } = snapshot;
  const tick = instrument?.tick ?? 1;
  const rows = (/** @type {BookSide} */ side, /** @type {string} */ name, /** @type {number} */ takes) => {
    let sum = 0;
    return Array.from({ length: Math.min(LEVELS, side.length) }, (_, i) => {
      const at = side.ticks[i] ?? 0;
      const size = side.sizes[i] ?? 0;
      sum += size;
      const worst = taken !== null && taken.base > 0 && taken.side === takes ? taken.worst_ticks : null;
      return [name, at * tick, size, sum, worst !== null && (at - worst) * side.order <= 0 ? "taken by the order" : ""];
    });
  };
  return {
    caption: "The best five levels of each side",
    columns: [
      { name: "side" },
      { name: "price", decimals: instrument?.price_decimals ?? 2 },
      { name: "size, base", decimals: instrument?.size_decimals ?? 4 },
      { name: "sum, base", decimals: instrument?.size_decimals ?? 4 },
      { name: "order" },
    ],
    rows: [...rows(snapshot.asks, "ask", 1).reverse(), ...rows(snapshot.bids, "bid", -1)],
  };
}

/**
 * @param {Snapshot} snapshot
 * @returns {Twin}
 */
export function tradesTwin(snapshot) {
  const { instrument } = snapshot;
  return {
    caption: "The last trades, newest first",
    columns: [
      { name: "received" },
      { name: "aggressor" },
      { name: "price", decimals: instrument?.price_decimals ?? 2 },
      { name: "size, base", decimals: instrument?.size_decimals ?? 4 },
    ],
    rows: snapshot.trades.slice(-TRADES).reverse().map((one) => [
      new Date(one.atMs).toISOString().slice(11, 23), one.side > 0 ? "bought" : "sold", one.tick * (instrument?.tick ?? 1), one.size,
    ]),
  };
}
