// One side of a book as the page holds it: levels best first, in arrays that grow and are never made anew.

const FIRST_CAPACITY = 256;

export class BookSide {
  /** @param {1 | -1} order 1 where ticks rise from the touch (asks), -1 where they fall (bids). */
  constructor(order) {
    this.order = order;
    this.length = 0;
    this.ticks = new Float64Array(FIRST_CAPACITY);
    this.sizes = new Float64Array(FIRST_CAPACITY);
  }

  clear() {
    this.length = 0;
  }

  /**
   * Set levels; a size of 0 takes one away.
   * @param {ArrayLike<number>} ticks
   * @param {ArrayLike<number>} sizes base units
   */
  apply(ticks, sizes) {
    for (let i = 0; i < ticks.length; i++) this.#set(/** @type {number} */ (ticks[i]), /** @type {number} */ (sizes[i]));
  }

  /**
   * @param {number} tick
   * @param {number} size
   */
  #set(tick, size) {
    const at = this.#place(tick);
    const found = at < this.length && this.ticks[at] === tick;
    if (found && size > 0) {
      this.sizes[at] = size;
    } else if (found) {
      this.ticks.copyWithin(at, at + 1, this.length);
      this.sizes.copyWithin(at, at + 1, this.length);
      this.length -= 1;
    } else if (size > 0) {
      if (this.length === this.ticks.length) this.#grow();
      this.ticks.copyWithin(at + 1, at, this.length);
      this.sizes.copyWithin(at + 1, at, this.length);
      this.ticks[at] = tick;
      this.sizes[at] = size;
      this.length += 1;
    }
  }

  /** @param {number} tick index of the first level that is not better than it */
  #place(tick) {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((/** @type {number} */ (this.ticks[middle]) - tick) * this.order < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #grow() {
    const ticks = new Float64Array(2 * this.ticks.length);
    const sizes = new Float64Array(ticks.length);
    ticks.set(this.ticks);
    sizes.set(this.sizes);
    this.ticks = ticks;
    this.sizes = sizes;
  }
}
