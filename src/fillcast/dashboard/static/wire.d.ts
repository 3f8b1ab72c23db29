// Written by scripts/wire-types from fillcast/dashboard/wire*.py; do not edit.
// Bytes are little-endian columns at any offset: copy them (`.slice()`) before laying a typed array over them.

export const VERSION: 1;
export const CREDIT: 1;
export const RESEND: 2;
export const MOST_LEVELS: 200;

/** What a page asks a forecast of, in the words of the command line; an empty text takes the default. */
export interface Asked {
  /** Any number of the page's choosing, told back in `order` and `errors`. */
  id?: number;
  /** `venue:symbol`. */
  instrument?: string;
  /** `buy` or `sell`; `market`, `limit`, `twap`, `vwap`, `pov` or `is`. */
  side?: string;
  /** `buy` or `sell`; `market`, `limit`, `twap`, `vwap`, `pov` or `is`. */
  type?: string;
  /** Such as `2.5`, `2.5btc`, `100000usd`, `40ct`. */
  size?: string;
  /** Of a limit order. */
  price?: string;
  /** Of a limit order. */
  post_only?: boolean;
  /** The venue's fee tier. */
  tier?: string;
  /** Fees that the user states, such as `8bps` or `0.1%`; they come before the tier's. */
  fee_maker?: string;
  /** Fees that the user states, such as `8bps` or `0.1%`; they come before the tier's. */
  fee_taker?: string;
  /** Stated volatility, percent a year, such as `45` or `45%`; else the measured one. */
  volatility?: string;
  /** Durations such as `250ms`, `10m`. */
  latency?: string;
  /** Durations such as `250ms`, `10m`. */
  horizon?: string;
  /** Numbers: a share of all volume, and a cost per unit of variance and quote currency. */
  participation?: string;
  /** Numbers: a share of all volume, and a cost per unit of variance and quote currency. */
  risk_aversion?: string;
  /** Probability of the intervals, such as `0.9` or `90%`. */
  level?: string;
}

/** Part `book`: one version of a book, whole or as a change; at most 60 a second. */
export interface Book {
  instrument: string;
  version: number;
  /**
   * The version that the columns change: a size of 0 takes a level away, any other sets it. Null: the columns
   * are the whole book as far as it is sent, best first, up to 200 levels a side.
   */
  base: number | null;
  state: "BROKEN" | "EMPTY" | "LIVE" | "STALE" | "SYNCING";
  /** Why it is not LIVE. */
  reason: string;
  proof: string;
  /** Milliseconds since the connection's last proof of life, and since the last change of the book. */
  age_ms: number | null;
  /** Milliseconds since the connection's last proof of life, and since the last change of the book. */
  changed_ms: number | null;
  sequence: number | null;
  /** Venue time of the last change, ms UTC. */
  event_ms: number | null;
  /** Quote currency per base; null where a side is empty. */
  mid: number | null;
  /** Quote currency per base; null where a side is empty. */
  best_bid: number | null;
  /** Quote currency per base; null where a side is empty. */
  best_ask: number | null;
  /** Quote currency per base; null where a side is empty. */
  spread: number | null;
  spread_bps: number | null;
  /** The worst proven price of each side; null where the whole side is known. */
  proven_bid_ticks: number | null;
  /** The worst proven price of each side; null where the whole side is known. */
  proven_ask_ticks: number | null;
  /** Ticks are float64 because they exceed int32. */
  wide: boolean;
  /** int32 or, where `wide`, float64. */
  bid_ticks: Uint8Array;
  /** float64, base units. */
  bid_sizes: Uint8Array;
  /** int32 or, where `wide`, float64. */
  ask_ticks: Uint8Array;
  /** float64, base units. */
  ask_sizes: Uint8Array;
}

/** The order on one instrument of the session. */
export interface Compared {
  instrument: string;
  state: "BROKEN" | "EMPTY" | "LIVE" | "STALE" | "SYNCING";
  proof: string;
  reason: string;
  age_ms: number | null;
  best_bid: number | null;
  best_ask: number | null;
  spread_bps: number | null;
  net_bps: number | null;
  low_bps: number | null;
  high_bps: number | null;
  net_quote: number | null;
  cost_currency: string;
  at_most: boolean;
  fee_bps: number | null;
  /** Cost at one reference for all rows; null where it cannot be told, for which `not_compared` says why. */
  net_vs_common_bps: number | null;
  not_compared: string;
  /** Share of 1 that the best split over the instruments takes here. */
  split_share: number | null;
  /** Versions of the book a second. */
  updates_per_s: number;
}

/** Part `comparison`: the order on every instrument that the session follows; 1 a second. */
export interface Comparison {
  rows: Compared[];
  reference_name: string;
  reference_price: number | null;
  reference_currency: string;
  /** The order spread over the instruments in the best way; null without a split, `split_reason` says why. */
  split_net_bps: number | null;
  /** The order spread over the instruments in the best way; null without a split, `split_reason` says why. */
  split_saving_bps: number | null;
  /** The order spread over the instruments in the best way; null without a split, `split_reason` says why. */
  split_at_most: boolean;
  split_reason: string;
}

/** How one connection to a venue stands. */
export interface Connection {
  name: string;
  url: string;
  /** `idle`, `connecting`, `open`, `waiting` or `closed`. */
  phase: string;
  /** For people: what happened, and what comes next. */
  sentence: string;
  /** Number of the attempt in a row, and seconds until the next one; null while none is due. */
  attempt: number;
  /** Number of the attempt in a row, and seconds until the next one; null while none is due. */
  next_attempt_s: number | null;
  instruments: string[];
}

/**
 * Part `curve`: cost against size for the whole order at once, in even slices, and in the best ones; 5 a
 * second.
 */
export interface Curve {
  version: number;
  side: number;
  /** Probability of the intervals. */
  level: number;
  /** A market order; `twap` and `is` over the horizon of `order`. */
  now: Line;
  /** A market order; `twap` and `is` over the horizon of `order`. */
  twap: Line;
  /** A market order; `twap` and `is` over the horizon of `order`. */
  optimal: Line;
  /** The order's own size and net cost; null where it has no price. */
  order_base: number | null;
  /** The order's own size and net cost; null where it has no price. */
  order_bps: number | null;
}

/** Part `depth`: what is shown within each distance of the mid, at most 10 a second. */
export interface Depth {
  version: number;
  /** Distances, rising. */
  bps: number[];
  /** Cumulative, base units and quote currency; empty while the book is not LIVE. */
  bid_base: number[];
  /** Cumulative, base units and quote currency; empty while the book is not LIVE. */
  ask_base: number[];
  /** Cumulative, base units and quote currency; empty while the book is not LIVE. */
  bid_quote: number[];
  /** Cumulative, base units and quote currency; empty while the book is not LIVE. */
  ask_quote: number[];
  /** What the order takes of it, quote currency; null where it has no price. */
  order_quote: number | null;
}

/** Part `errors`: by field of `Asked`, why it cannot be used. Empty: the order with this `id` is in force. */
export interface Errors {
  id: number;
  fields: Record<string, string>;
}

/** Part `frontier`: expected cost against risk of the order worked optimally; 5 a second. */
export interface Frontier {
  version: number;
  horizon_s: number;
  /** Per unit of quote currency, rising; asked for as type `is`, each gives the cost beside it. */
  risk_aversion: number[];
  /** Expected net cost, and standard deviation of the cost. */
  cost_bps: number[];
  /** Expected net cost, and standard deviation of the cost. */
  sd_bps: number[];
  /** Index of the risk aversion in force; null without a price. */
  chosen: number | null;
  /** Of a market order, for comparison. */
  now_cost_bps: number | null;
  /** Of a market order, for comparison. */
  now_sd_bps: number | null;
  /** Why the lists are empty, or empty. */
  reason: string;
}

/** Part `health`: how the feed and the machine do; 2 a second. */
export interface Health {
  connections: Connection[];
  frames: number;
  /** Received from venues. */
  frames_per_s: number;
  /** Received from venues. */
  bytes_total: number;
  gaps: number;
  recoveries: number;
  reconnects: number;
  rejected: number;
  /** Frames received and not yet read. */
  queue: number;
  /** The latest hole in words, empty when nothing was ever lost, and whether it is still open. */
  last_gap: string;
  /** The latest hole in words, empty when nothing was ever lost, and whether it is still open. */
  gap_is_open: boolean;
  /** The latest rejected frames and refusals in words, newest last. */
  notices: string[];
  /** Pages connected. */
  clients: number;
  processes: Process[];
}

/** What can be asked for. */
export interface Instrument {
  key: string;
  venue: string;
  symbol: string;
  base: string;
  quote: string;
  cost_currency: string;
  /** Quote currency per base of one tick: a price is ticks times this, shown with `price_decimals`. */
  tick: number;
  /** Decimals of prices, and of sizes in base units. */
  price_decimals: number;
  /** Decimals of prices, and of sizes in base units. */
  size_decimals: number;
  /** `linear`, `inverse` or `quanto`; of a quanto contract "base" is settle currency per unit of price. */
  kind: string;
  /** Names of the venue's fee tiers, a new account's first. */
  tiers: string[];
  /** Suffixes that a size may have there, such as `btc`, `usd`, `ct`. */
  units: string[];
}

/** Part `instruments`, once: all that the session follows, and by key why nothing is known of others. */
export interface Instruments {
  followed: Instrument[];
  unanswered: Record<string, string>;
  version: string;
}

/** Part `last`: the last forecast of this order that had a price, while there is none now. */
export interface Last {
  /** Null where there never was one, or `forecast` has a price again. */
  report: Quoted | null;
  /** How old it is. */
  age_ms: number;
}

/** Part `latency`: stages in the order in which a frame passes them; 1 a second. */
export interface Latency {
  stages: Stage[];
}

/** Net cost against size of one way to trade, bps of the arrival mid; lists of one length. */
export interface Line {
  /** Base units filled, rising. */
  base: number[];
  /** Point and joint interval. */
  net_bps: number[];
  /** Point and joint interval. */
  low_bps: number[];
  /** Point and joint interval. */
  high_bps: number[];
  /** Where the size reaches beyond the proven edge. */
  at_most: boolean[];
  /** Why the line is empty, or empty. */
  reason: string;
}

/** Part `market`: what was seen of the instrument while it was followed; 1 a second. */
export interface Market {
  instrument: string;
  /** Measured, percent a year, and what it rests on. */
  volatility_percent: number;
  /** Measured, percent a year, and what it rests on. */
  volatility_words: string;
  /** Trades by aggressor in the last seconds, base units. */
  buys: number;
  /** Trades by aggressor in the last seconds, base units. */
  sells: number;
  /** Trades by aggressor in the last seconds, base units. */
  buy_base: number;
  /** Trades by aggressor in the last seconds, base units. */
  sell_base: number;
  /** Trades by aggressor in the last seconds, base units. */
  window_s: number;
}

/** Part `order`: what the other parts are about. */
export interface Order {
  /** The words in force, with the `id` of the message that brought them. */
  asked: Asked;
  /** What is used for the volatility, percent a year. */
  volatility_percent: number;
  /** Whether the page stated it. */
  volatility_is_stated: boolean;
  /**
   * Of the worked alternatives in `curve`, `schedule` and `frontier`; seconds, and per unit of quote
   * currency.
   */
  horizon_s: number;
  /**
   * Of the worked alternatives in `curve`, `schedule` and `frontier`; seconds, and per unit of quote
   * currency.
   */
  risk_aversion: number;
}

/** Trades of one way to work the order; lists of one length. */
export interface Path {
  /** `order`: as asked, `twap` and `optimal`: the alternatives over the same horizon. */
  name: string;
  /** Seconds from now. */
  at_s: number[];
  /** Base units traded then, and left afterwards. */
  base: number[];
  /** Base units traded then, and left afterwards. */
  left_base: number[];
  /** Expected, quote currency per base. */
  price: number[];
  /** Of the whole: expected cost and its standard deviation; null where it has no price. */
  net_bps: number | null;
  /** Of the whole: expected cost and its standard deviation; null where it has no price. */
  sd_bps: number | null;
  /** Why there is none, or empty. */
  reason: string;
}

/** One process: share of one core over the last second or so in percent, and resident memory in MB. */
export interface Process {
  name: string;
  cpu_percent: number;
  memory_mb: number;
}

/** A forecast, exactly as `quote --json` prints it. */
export interface Quoted {
  instrument: string;
  /** Wall time, nanoseconds UTC: beyond 2^53, so that JavaScript rounds it. */
  as_of_ns: number;
  book: QuotedBook;
  order: QuotedOrder;
  reference: QuotedReference;
  /** Base units met, not shown by the book, and met beyond the proven edge. */
  filled_base: number | null;
  filled_quote: number | null;
  /** Base units met, not shown by the book, and met beyond the proven edge. */
  unfilled_base: number | null;
  /** Base units met, not shown by the book, and met beyond the proven edge. */
  unproven_base: number | null;
  /** Quote currency per base: of the fill, with all costs, and the last one touched. */
  average_price: number | null;
  /** Quote currency per base: of the fill, with all costs, and the last one touched. */
  all_in_price: number | null;
  /** Quote currency per base: of the fill, with all costs, and the last one touched. */
  worst_price: number | null;
  levels: number | null;
  components: QuotedComponent[];
  net: QuotedNet | null;
  cost_currency: string | null;
  /** Why there is no forecast; null while there is one. */
  reason: string | null;
  common_reference: QuotedCommonReference | null;
  common_rate: number | null;
  net_vs_common_bps: number | null;
  not_compared: string | null;
  /** Shares of 1; the ranges hold their low and high end. */
  maker_share: number;
  maker_share_range: number[] | null;
  /** Shares of 1; the ranges hold their low and high end. */
  fill_probability: number | null;
  fill_probability_range: number[] | null;
  schedule: QuotedSlice[];
  /** What the order leaves behind, no part of net. */
  footprint_bps: number | null;
  distribution: QuotedDistribution | null;
  square_root: QuotedSquareRoot | null;
  provenance: string[];
}

/** The book that a forecast rests on. */
export interface QuotedBook {
  state: string;
  proof: string;
  /** Milliseconds since the connection's last proof of life, and since the book's last change. */
  age_ms: number | null;
  /** Milliseconds since the connection's last proof of life, and since the book's last change. */
  last_change_ms: number | null;
  sequence: number | null;
  /** Distance from the mid within which both sides are proven; null where the whole book is known. */
  proven_bps: number | null;
  version: number | null;
  /** Venue time of the last change, nanoseconds UTC. */
  event_ns: number | null;
}

/** The one price that several instruments are compared at, in `currency`. */
export interface QuotedCommonReference {
  name: string;
  price: number;
  currency: string;
}

/** One part of the cost; the parts' `bps` add up to net, their intervals do not. */
export interface QuotedComponent {
  name: string;
  bps: number;
  quote: number;
  /** Interval of this part alone. */
  low_bps: number;
  /** Interval of this part alone. */
  high_bps: number;
  /** Interval of this part alone. */
  low_quote: number;
  /** Interval of this part alone. */
  high_quote: number;
  /** What the part rests on, one sentence. */
  source: string;
}

/**
 * Quantiles of the net cost in bps, its 95 % conditional value at risk, and the Student scale behind them.
 */
export interface QuotedDistribution {
  p5_bps: number;
  p50_bps: number;
  p95_bps: number;
  p99_bps: number;
  cvar95_bps: number;
  scale_bps: number;
  degrees_of_freedom: number;
}

/** The whole cost. */
export interface QuotedNet {
  bps: number;
  quote: number;
  low_bps: number;
  high_bps: number;
  low_quote: number;
  high_quote: number;
  /** Probability of the joint interval, such as 0.9. */
  level: number;
  /** The price reaches beyond the proven edge: the cost is an upper bound. */
  at_most: boolean;
}

/** The order as it was read. */
export interface QuotedOrder {
  side: string;
  type: string;
  /** As it was typed, and the unit that was understood. */
  size: string;
  /** As it was typed, and the unit that was understood. */
  size_unit: string | null;
  /** Of a limit order, as the venue writes it. */
  price: string | null;
  post_only: boolean | null;
  /** Seconds, milliseconds. */
  horizon_s: number | null;
  /** Share of all volume, above 0 and below 1. */
  participation: number | null;
  /** Per unit of quote currency. */
  risk_aversion: number | null;
  filled_lots: number | null;
  /** In the venue's own size unit, as the venue writes it. */
  filled_size: string | null;
  tier: string | null;
  /** Seconds, milliseconds. */
  latency_ms: number | null;
  /** How the size was read, rounded and left. */
  note: string | null;
}

/** The price that every bps counts from, in quote currency per base. */
export interface QuotedReference {
  name: string;
  price: number | null;
}

/**
 * One trade of a worked order: seconds from now, lots, base units, bps of the arrival mid, expected price.
 */
export interface QuotedSlice {
  at_s: number;
  lots: number;
  base: number;
  cost_bps: number;
  price: number;
}

/**
 * What the square-root law says of the same order, read by its whole size and by its rate, bps. The second is
 * null where a slice is more than the market trades meanwhile.
 */
export interface QuotedSquareRoot {
  total_size_bps: number;
  rate_based_bps: number | null;
}

/** Part `schedule`: how much is left to trade over the horizon; 5 a second. */
export interface Schedule {
  version: number;
  horizon_s: number;
  paths: Path[];
  /** One standard deviation of the mid's move by each time; seconds, bps. */
  band_s: number[];
  /** One standard deviation of the mid's move by each time; seconds, bps. */
  band_bps: number[];
}

/** One stage on the way from the venue to the screen. */
export interface Stage {
  name: string;
  /** Samples. */
  n: number;
  /** Microseconds; null without samples. */
  p50_us: number | null;
  /** Microseconds; null without samples. */
  p95_us: number | null;
  /** Microseconds; null without samples. */
  p99_us: number | null;
  /** Microseconds; null without samples. */
  max_us: number | null;
  /** Histogram: `counts[i]` samples from `edges_us[i]` up to `edges_us[i + 1]`. */
  edges_us: number[];
  /** Histogram: `counts[i]` samples from `edges_us[i]` up to `edges_us[i + 1]`. */
  counts: number[];
}

/** Part `taken`: what the order, or the first slice of a worked one, would take from the book now. */
export interface Taken {
  version: number;
  side: number;
  /** Base units; 0 where it takes nothing, as a resting order. */
  base: number;
  levels: number;
  /** The last price touched; the rows from the touch to it are eaten, the last one maybe in part. */
  worst_ticks: number | null;
  /** How much of the last level is taken, up to 1. */
  worst_share: number;
  /** Quote currency per base. */
  average_price: number | null;
  /** Price of a limit order. */
  limit_ticks: number | null;
}

/** Part `trades`: what traded since the last frame, oldest first. */
export interface Trades {
  instrument: string;
  /** Trades between those sent before and these that are no longer kept. */
  missed: number;
  /** As of `Book`. */
  wide: boolean;
  /** float64, ms UTC when each was received. */
  times_ms: Uint8Array;
  /** As of `Book`. */
  ticks: Uint8Array;
  /** float64, base units. */
  sizes: Uint8Array;
  /** int8, +1 where the aggressor bought, -1 where it sold. */
  sides: Uint8Array;
}

export type Part =
  | ["instruments", Instruments]
  | ["order", Order]
  | ["errors", Errors]
  | ["book", Book]
  | ["trades", Trades]
  | ["taken", Taken]
  | ["forecast", Quoted]
  | ["last", Last]
  | ["depth", Depth]
  | ["curve", Curve]
  | ["schedule", Schedule]
  | ["frontier", Frontier]
  | ["comparison", Comparison]
  | ["market", Market]
  | ["latency", Latency]
  | ["health", Health];

/** Version of this schema, number of the frame, wall ms UTC, parts. */
export type Frame = [v: number, seq: number, sent_ms: number, parts: Part[]];
