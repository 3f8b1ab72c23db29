// The terms of an order as the form holds them, and as the server is asked.

/** @import {Asked} from "../wire.js" */

/**
 * Everything as it is typed; an empty text takes the default.
 * @typedef {object} Terms
 * @property {string} venue
 * @property {string} symbol
 * @property {string} side
 * @property {string} type
 * @property {string} quantity
 * @property {string} unit
 * @property {string} price
 * @property {string} post_only `yes` or empty
 * @property {string} tier
 * @property {string} fee_maker
 * @property {string} fee_taker
 * @property {string} volatility
 * @property {string} latency
 * @property {string} horizon
 * @property {string} participation
 * @property {string} risk_aversion
 * @property {string} level
 */

/** @type {Terms} */
export const EMPTY = {
  venue: "", symbol: "", side: "buy", type: "market", quantity: "", unit: "", price: "", post_only: "", tier: "",
  fee_maker: "", fee_taker: "", volatility: "", latency: "", horizon: "", participation: "", risk_aversion: "", level: "",
};

export const TYPES = ["market", "limit", "twap", "vwap", "pov", "is"];

/**
 * Which fields say something of an order of a type; what stands in the others is not sent.
 * @param {string} type
 */
export function fieldsOf(type) {
  const isLimit = type === "limit";
  const isWorked = type !== "market" && !isLimit;
  return { price: isLimit, post_only: isLimit, horizon: isLimit || isWorked, participation: isWorked, risk_aversion: type === "is" };
}

/**
 * @param {Required<Asked>} asked the server leaves none out
 * @returns {Terms}
 */
export function fromAsked(asked) {
  const [venue = "", ...symbol] = asked.instrument.split(":");
  const { quantity, unit } = splitSize(asked.size);
  return {
    venue,
    symbol: symbol.join(":"),
    side: asked.side,
    type: asked.type,
    quantity,
    unit,
    price: asked.price,
    post_only: asked.post_only ? "yes" : "",
    tier: asked.tier,
    fee_maker: asked.fee_maker,
    fee_taker: asked.fee_taker,
    volatility: asked.volatility,
    latency: asked.latency,
    horizon: asked.horizon,
    participation: asked.participation,
    risk_aversion: asked.risk_aversion,
    level: asked.level,
  };
}

/**
 * @param {Terms} terms
 * @param {number} id
 * @returns {Required<Asked>}
 */
export function toAsked(terms, id) {
  const says = fieldsOf(terms.type);
  return {
    id,
    instrument: `${terms.venue}:${terms.symbol}`,
    side: terms.side,
    type: terms.type,
    size: sizeOf(terms),
    price: says.price ? terms.price.replaceAll(",", "").trim() : "",
    post_only: says.post_only && terms.post_only === "yes",
    tier: terms.tier,
    fee_maker: terms.fee_maker.trim(),
    fee_taker: terms.fee_taker.trim(),
    volatility: terms.volatility.trim(),
    latency: terms.latency.trim(),
    horizon: says.horizon ? terms.horizon.trim() : "",
    participation: says.participation ? terms.participation.trim() : "",
    risk_aversion: says.risk_aversion ? terms.risk_aversion.trim() : "",
    level: terms.level.trim(),
  };
}

/**
 * A quantity that names its own unit is taken at its word; k and m are thousands and millions of the chosen one.
 * @param {Terms} terms
 */
function sizeOf(terms) {
  const quantity = terms.quantity.replaceAll(",", "").trim();
  return quantity === "" || /[a-z]{2,}$/i.test(quantity) ? quantity : quantity + terms.unit;
}

/**
 * `2.5btc` is 2.5 and btc; a suffix for thousands stays with the number.
 * @param {string} size
 */
export function splitSize(size) {
  const found = /^\s*([-+\d.,_]+(?:[eE][-+]?\d+)?)\s*([a-zA-Z]*)\s*$/.exec(size);
  return found === null ? { quantity: size, unit: "" } : { quantity: found[1] ?? "", unit: (found[2] ?? "").toLowerCase() };
}

const STEP_DIGITS = 1; // a step is one of the second significant digit: 10 goes to 11, 100,000 to 110,000

/**
 * The quantity some steps on; unchanged where it is no number or would not stay above 0.
 * @param {string} quantity
 * @param {number} steps
 */
export function stepped(quantity, steps) {
  const value = Number(quantity.replaceAll(",", ""));
  if (!(value > 0) || !Number.isFinite(value)) return quantity;
  const exponent = Math.floor(Math.log10(value)) - STEP_DIGITS;
  const next = value + steps * 10 ** exponent;
  return next > 0 ? next.toFixed(Math.max(0, -exponent)) : quantity;
}
