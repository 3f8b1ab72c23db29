// The one place that asks for animation frames: pictures on each, numbers ten times a second, costly things in turn.

import { Measure } from "./measure.js";

const TEXT_EVERY_MS = 100; // a person cannot read digits that change faster
const TURNS = 2; // charts and tables redrawn in one frame at most

/**
 * @typedef {object} Turn
 * @property {(now: number) => boolean} wanted
 * @property {(now: number) => void} draw
 */

export class Scheduler {
  measure = new Measure();
  /** @type {((now: number) => void)[]} */ #pictures = [];
  /** @type {((now: number) => void)[]} */ #texts = [];
  /** @type {Turn[]} */ #turns = [];
  /** @type {((now: number) => void)[]} */ #after = [];
  #next = 0;
  #asked = false;
  #textAt = -Infinity;

  /** @param {(now: number) => void} draw on every frame */
  picture(draw) {
    this.#pictures.push(draw);
  }

  /** @param {(now: number) => void} draw ten times a second */
  text(draw) {
    this.#texts.push(draw);
  }

  /** @param {Turn} turn drawn when wanted and its turn comes */
  turn(turn) {
    this.#turns.push(turn);
  }

  /** @param {(now: number) => void} done after everything of a frame is drawn */
  after(done) {
    this.#after.push(done);
  }

  request() {
    if (this.#asked) return;
    this.#asked = true;
    requestAnimationFrame(() => this.#frame());
  }

  #frame() {
    this.#asked = false;
    const now = performance.now();
    for (const draw of this.#pictures) draw(now);
    if (now - this.#textAt >= TEXT_EVERY_MS) {
      this.#textAt = now;
      for (const draw of this.#texts) draw(now);
    }
    this.#takeTurns(now);
    this.measure.drew(now, performance.now());
    for (const done of this.#after) done(now);
  }

  /** @param {number} now */
  #takeTurns(now) {
    let left = TURNS;
    for (let i = 0; i < this.#turns.length && left > 0; i++) {
      const turn = /** @type {Turn} */ (this.#turns[this.#next]);
      this.#next = (this.#next + 1) % this.#turns.length;
      if (turn.wanted(now)) {
        turn.draw(now);
        left -= 1;
      }
    }
  }
}
