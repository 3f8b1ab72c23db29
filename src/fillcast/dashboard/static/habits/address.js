// The order in the page's address, so that a view can be kept, shared and loaded again.

import { EMPTY } from "../panels/order_terms.js";

/** @import {Terms} from "../panels/order_terms.js" */

/** @type {Record<keyof Terms, string>} */
const NAMES = {
  venue: "venue",
  symbol: "symbol",
  side: "side",
  type: "type",
  quantity: "qty",
  unit: "unit",
  price: "price",
  post_only: "post_only",
  tier: "tier",
  fee_maker: "fee_maker",
  fee_taker: "fee_taker",
  volatility: "vol",
  latency: "latency",
  horizon: "horizon",
  participation: "participation",
  risk_aversion: "risk",
  level: "level",
};
const FIELDS = /** @type {(keyof Terms)[]} */ (Object.keys(NAMES));

/** @returns {Partial<Terms>} what the address says */
export function readAddress() {
  const query = new URLSearchParams(location.search);
  /** @type {Partial<Terms>} */
  const terms = {};
  for (const field of FIELDS) {
    const value = query.get(NAMES[field]);
    if (value !== null) terms[field] = value;
  }
  return terms;
}

/** @param {Terms} terms */
export function writeAddress(terms) {
  const query = new URLSearchParams(location.search);
  for (const field of FIELDS) {
    if (terms[field] === EMPTY[field]) query.delete(NAMES[field]);
    else query.set(NAMES[field], terms[field]);
  }
  const text = query.toString();
  const address = text === "" ? location.pathname : `${location.pathname}?${text}`;
  if (address !== location.pathname + location.search) history.replaceState(null, "", address);
}
