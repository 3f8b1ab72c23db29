// The price axis that ladder and heatmap share: one row of equal height per group of ticks, the spread's row between.
//
// Bids are rounded down to the price of their row and asks up, so that no row ever promises a better price than it has.
// The spread's row stands still: the axis moves in whole rows, and only when the touch leaves the two rows around it.

export const ROW = 17; // px, of a line of 12 px digits
export const SPREAD_ROW = 26; // px
const FITTING_SHARE = 0.6; // of the rows of a side: as far as an order's walk should reach
const FULL_SHARE = 0.95; // where it reaches further, rows are made coarser
const EMPTY_SHARE = 0.2; // and where it reaches less far than this, finer
const UNASKED_ROWS = 6; // rows that a spread may take when no order walks
const NICE = [1, 2, 5];

/** @param {number} i 0, 1, 2, ...: 1, 2, 5, 10, 20, ... ticks */
export function niceStep(i) {
  return /** @type {number} */ (NICE[i % NICE.length]) * 10 ** Math.floor(i / NICE.length);
}

/** @param {number} ticks the smallest step that is not below it */
export function niceIndex(ticks) {
  let i = 0;
  while (niceStep(i) < ticks) i += 1;
  return i;
}

export class PriceAxis {
  /** Index of the step in force. */
  step = 0;
  isChosen = false;
  /** The bid row next to the spread; asks begin one above. */
  centre = 0;
  /** Rows that a person moved the axis by; positive shows higher prices. */
  pan = 0;
  height = 0;
  /** Counts changes of everything but `pan` and `centre`. */
  changes = 0;
  #isPlaced = false;

  get group() {
    return niceStep(this.step);
  }

  /** Rows above the spread's row when it is not moved. */
  get rowsASide() {
    return Math.max(1, Math.floor((this.height - SPREAD_ROW) / 2 / ROW));
  }

  /** @param {number} height px */
  resize(height) {
    this.height = height;
  }

  /**
   * @param {number | null} step null: by the order's size
   */
  choose(step) {
    this.isChosen = step !== null;
    if (step !== null) this.#setStep(step);
  }

  /** @param {number} step */
  #setStep(step) {
    const wanted = Math.max(0, step);
    if (wanted === this.step) return;
    this.step = wanted;
    this.changes += 1;
    this.#isPlaced = false;
  }

  /** Another instrument: nothing of the old one holds. */
  reset() {
    this.#isPlaced = false;
    this.pan = 0;
    this.isChosen = false;
    this.changes += 1;
  }

  /**
   * Follow the touch, and unless chosen by hand the size of the order.
   * @param {number | undefined} bid best, ticks
   * @param {number | undefined} ask best, ticks
   * @param {number | null} worst the order's last price, ticks
   * @param {number} near distance within which there are levels enough to look at, ticks
   */
  follow(bid, ask, worst, near = 0) {
    if (bid === undefined && ask === undefined) return;
    const low = bid ?? /** @type {number} */ (ask) - 1;
    const high = ask ?? low + 1;
    if (!this.isChosen) this.#fit(low, high, worst, near);
    const below = Math.floor(low / this.group);
    const above = Math.max(below + 1, Math.ceil(high / this.group));
    const stays = this.#isPlaced && this.centre >= below && this.centre < above;
    if (!stays) this.centre = Math.floor((below + above - 1) / 2);
    this.#isPlaced = true;
  }

  /**
   * @param {number} bid
   * @param {number} ask
   * @param {number | null} worst
   * @param {number} near
   */
  #fit(bid, ask, worst, near) {
    const reach = Math.max(near, worst === null ? 0 : Math.abs(worst - (worst >= ask ? bid : ask)));
    const least = (ask - bid) / UNASKED_ROWS;
    const rows = Math.max(reach / this.group, 1);
    const fits = rows <= FULL_SHARE * this.rowsASide && (this.step === 0 || rows >= EMPTY_SHARE * this.rowsASide);
    if (this.#isPlaced && fits && this.group >= least) return;
    this.#setStep(niceIndex(Math.max(1, least, reach / (FITTING_SHARE * this.rowsASide))));
  }

  /** Middle of the spread's row, px from the top. */
  get middle() {
    return Math.floor(this.height / 2) + this.pan * ROW;
  }

  /**
   * Upper edge of a row, px from the top.
   * @param {number} row price in groups
   */
  top(row) {
    return row > this.centre
      ? this.middle - SPREAD_ROW / 2 - (row - this.centre) * ROW
      : this.middle + SPREAD_ROW / 2 + (this.centre - row) * ROW;
  }

  /**
   * Where a price lies between the middles of rows, px from the top.
   * @param {number} tick
   */
  y(tick) {
    const over = tick / this.group - this.centre;
    if (over >= 1) return this.top(this.centre + 1) + ROW / 2 - (over - 1) * ROW;
    if (over <= 0) return this.top(this.centre) + ROW / 2 - over * ROW;
    return this.top(this.centre) + ROW / 2 - over * (SPREAD_ROW + ROW);
  }

  /**
   * The row at a height, or null in the spread's row.
   * @param {number} y px from the top
   */
  rowAt(y) {
    const above = this.middle - SPREAD_ROW / 2 - y;
    if (above > 0) return this.centre + Math.ceil(above / ROW);
    const below = y - this.middle - SPREAD_ROW / 2;
    return below >= 0 ? this.centre - Math.floor(below / ROW) : null;
  }

  /** Highest and lowest row that are wholly in sight. */
  get span() {
    const above = Math.floor((this.middle - SPREAD_ROW / 2) / ROW);
    const below = Math.floor((this.height - this.middle - SPREAD_ROW / 2) / ROW);
    return { highest: this.centre + above, lowest: this.centre - below + 1 };
  }
}
