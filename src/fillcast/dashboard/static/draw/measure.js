// What drawing costs, over the last frames: kept in rings, ranked only when somebody asks.

const KEPT = 600; // frames: ten seconds at 60 a second
const LONG_INTERVAL_MS = 17.5; // a frame of 60 a second, and a little

export class Ring {
  #values = new Float64Array(KEPT);
  #count = 0;

  /** @param {number} value */
  add(value) {
    this.#values[this.#count % KEPT] = value;
    this.#count += 1;
  }

  clear() {
    this.#count = 0;
  }

  get length() {
    return Math.min(KEPT, this.#count);
  }

  /** @returns {Float64Array} rising */
  sorted() {
    return this.#values.slice(0, this.length).sort();
  }

  /**
   * @param {number} share such as 0.99
   * @returns {number | null}
   */
  quantile(share) {
    const values = this.sorted();
    return values[Math.min(values.length - 1, Math.floor(share * values.length))] ?? null;
  }

  /** @param {number} limit */
  shareAbove(limit) {
    const values = this.sorted();
    return values.length === 0 ? null : values.filter((value) => value > limit).length / values.length;
  }
}

export class Measure {
  drawMs = new Ring();
  intervalMs = new Ring();
  /** From the venue's stamp of the book to the end of drawing it, by the wall clocks of both machines. */
  eventToPixelMs = new Ring();
  frames = 0;
  #last = -Infinity;

  /**
   * @param {number} startedAt ms of `performance.now`
   * @param {number} endedAt
   */
  drew(startedAt, endedAt) {
    this.frames += 1;
    this.drawMs.add(endedAt - startedAt);
    if (Number.isFinite(this.#last)) this.intervalMs.add(startedAt - this.#last);
    this.#last = startedAt;
  }

  clear() {
    for (const ring of [this.drawMs, this.intervalMs, this.eventToPixelMs]) ring.clear();
    this.#last = -Infinity;
  }

  /** Frames drawn a second, of the intervals kept. */
  get fps() {
    const values = this.intervalMs.sorted();
    const sum = values.reduce((total, value) => total + value, 0);
    return sum === 0 ? null : (1000 * values.length) / sum;
  }

  report() {
    return {
      frames: this.frames,
      fps: this.fps,
      draw_ms: spread(this.drawMs),
      interval_ms: spread(this.intervalMs),
      long_interval_share: this.intervalMs.shareAbove(LONG_INTERVAL_MS),
      event_to_pixel_ms: spread(this.eventToPixelMs),
      heap_mb: heapMb(),
    };
  }
}

/** @param {Ring} ring */
function spread(ring) {
  return { p50: ring.quantile(0.5), p99: ring.quantile(0.99), max: ring.quantile(1) };
}

/** @returns {number | null} null where the browser does not tell */
export function heapMb() {
  const memory = /** @type {{memory?: {usedJSHeapSize: number}}} */ (/** @type {unknown} */ (performance)).memory;
  return memory === undefined ? null : memory.usedJSHeapSize / 2 ** 20;
}
