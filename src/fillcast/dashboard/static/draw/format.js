// Numbers as people read them: fixed decimals, thousands set apart, nothing abbreviated but on axes.

const NONE = "–";
const MINUS = "−";

/** @type {Map<number, Intl.NumberFormat>} */
const formats = new Map();

/** @param {number} decimals */
function fixed(decimals) {
  let format = formats.get(decimals);
  if (format === undefined) {
    format = new Intl.NumberFormat("en-US", { minimumFractionDigits: decimals, maximumFractionDigits: decimals });
    formats.set(decimals, format);
  }
  return format;
}

/**
 * @param {number | null | undefined} value
 * @param {number} decimals
 */
export function number(value, decimals) {
  if (value === null || value === undefined || !Number.isFinite(value)) return NONE;
  const text = fixed(decimals).format(Math.abs(value));
  return value < 0 && /[1-9]/.test(text) ? MINUS + text : text;
}

const BPS_DECIMALS = 2;
const QUOTE_DECIMALS = 2;
const SMALL_QUOTE = 0.01; // an amount of which two decimals would show nothing
const SMALL_QUOTE_DECIMALS = 8;

/** @param {number | null | undefined} value */
export function bps(value) {
  return number(value, BPS_DECIMALS);
}

/** @param {number | null | undefined} value amount of quote currency */
export function quote(value) {
  const small = typeof value === "number" && value !== 0 && Math.abs(value) < SMALL_QUOTE;
  return number(value, small ? SMALL_QUOTE_DECIMALS : QUOTE_DECIMALS);
}

/** @param {number | null | undefined} value share of 1 */
export function percent(value, decimals = 0) {
  return value === null || value === undefined ? NONE : `${number(100 * value, decimals)} %`;
}

const STEPS = /** @type {const} */ ([
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
]);

/**
 * Short, for axes only: 1.2M.
 * @param {number} value
 */
export function short(value) {
  const size = Math.abs(value);
  const step = STEPS.find(([unit]) => size >= unit);
  if (step) return `${plain(value / step[0])}${step[1]}`;
  return plain(value);
}

/** @param {number} value at most three significant digits, no exponent */
function plain(value) {
  if (value === 0) return "0";
  const text = Number(value.toPrecision(3)).toLocaleString("en-US", { maximumFractionDigits: 12, useGrouping: false });
  return text.replace("-", MINUS);
}

/**
 * Labels of an axis: as many decimals as tell neighbours apart.
 * @param {number[]} ticks rising
 */
export function axis(ticks) {
  const step = ticks.length > 1 ? Math.abs(/** @type {number} */ (ticks[1]) - /** @type {number} */ (ticks[0])) : 0;
  const largest = Math.max(0, ...ticks.map(Math.abs));
  if (step === 0 || largest >= 1000) return ticks.map(short);
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  return ticks.map((one) => number(one, Number((step * 10 ** decimals).toFixed(6)) % 1 === 0 ? decimals : decimals + 1));
}

/** @param {number | null | undefined} ms */
export function age(ms) {
  if (ms === null || ms === undefined) return NONE;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.floor((ms % 60_000) / 1000)} s`;
}

/** @param {number | null | undefined} us microseconds */
export function duration(us) {
  if (us === null || us === undefined) return NONE;
  if (us < 1000) return `${us < 10 ? us.toFixed(1) : Math.round(us)} µs`;
  if (us < 1e6) return `${us < 1e4 ? (us / 1e3).toFixed(1) : Math.round(us / 1e3)} ms`;
  return `${(us / 1e6).toFixed(2)} s`;
}

/** @param {number} value two significant digits, as a person types it: 1e-6 */
export function typed(value) {
  if (value === 0) return "0";
  const digits = Number(value.toPrecision(3));
  return Math.abs(digits) < 1e-3 || Math.abs(digits) >= 1e6 ? digits.toExponential() : String(digits);
}

/** @param {string} name a component's name in words */
export function words(name) {
  const text = name.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
