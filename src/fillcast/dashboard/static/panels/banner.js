// What cannot be overlooked: no connection, a book that is not LIVE, old figures, a pause.

import { html, nothing, render } from "lit/html.js";

import { age, number } from "../draw/format.js";
import { say } from "../habits/say.js";

/** @import {Link} from "../data/connection.js" */
/** @import {Snapshot} from "../data/snapshot.js" */
/** @import {Standing} from "../data/standing.js" */

export class Banner {
  #said = "";

  /**
   * @param {HTMLElement} place
   * @param {object} acts
   * @param {() => void} acts.retry
   * @param {() => void} acts.resume
   */
  constructor(place, acts) {
    this.place = place;
    this.acts = acts;
  }

  /**
   * @param {Snapshot} snapshot
   * @param {Link} link
   * @param {Standing} state
   * @param {boolean} paused
   * @param {number} now ms of `performance.now`
   */
  draw(snapshot, link, state, paused, now) {
    document.body.classList.toggle("old", state.isOld);
    const { book } = snapshot;
    render(
      html`${state.isCut ? this.#cut(link, snapshot, now) : nothing}
      ${!state.isCut && book !== null && book.state !== "LIVE" ? this.#unproven(book.state, book.reason, state) : nothing}
      ${state.word === "OLD" ? this.#old(snapshot, now) : nothing}
      ${paused && !state.isCut
        ? html`<div class="banner warn">
            <p>Paused: figures are of the moment when you stopped, ${age(now - snapshot.receivedAt)} ago.</p>
            <button @click=${this.acts.resume}>Resume <kbd>Space</kbd></button>
          </div>`
        : nothing}`,
      this.place,
    );
    this.#announce(state, link, book?.reason ?? "");
  }

  /**
   * @param {Link} link
   * @param {Snapshot} snapshot
   * @param {number} now
   */
  #cut(link, snapshot, now) {
    const figures =
      snapshot.book === null ? "Nothing was received yet." : `Figures are ${age(now - snapshot.receivedAt)} old.`;
    if (link.phase === "refused") return html`<div class="banner bad"><p>Disconnected: ${link.reason}. ${figures}</p></div>`;
    const trying = link.phase === "connecting";
    const wait = Math.max(0, (link.nextTryAt - now) / 1000);
    const next = trying ? `Attempt ${link.attempt} is under way.` : `Attempt ${link.attempt + 1} in ${number(wait, 1)} s.`;
    return html`<div class="banner bad">
      <p>Disconnected: ${link.reason || "the server does not answer"}. ${next} ${figures}</p>
      <button ?disabled=${trying} @click=${this.acts.retry}>Try now</button>
    </div>`;
  }

  /**
   * @param {string} word
   * @param {string} reason
   * @param {Standing} state
   */
  #unproven(word, reason, state) {
    return html`<div class=${`banner ${state.grade === "bad" ? "bad" : "warn"}`}>
      <p>Book is ${word}${reason === "" ? "" : `: ${reason}`}. No cost is told from it; what is shown is of before.</p>
    </div>`;
  }

  /**
   * @param {Snapshot} snapshot
   * @param {number} now
   */
  #old(snapshot, now) {
    return html`<div class="banner bad">
      <p>No news of the book for ${age(snapshot.ageMs(now))}: every figure is at least that old.</p>
    </div>`;
  }

  /**
   * @param {Standing} state
   * @param {Link} link
   * @param {string} reason
   */
  #announce(state, link, reason) {
    if (state.word === this.#said || state.word === "CONNECTING") return;
    this.#said = state.word;
    const why = state.isCut ? link.reason : state.word === "LIVE" ? "" : reason;
    say(why === "" ? state.word : `${state.word}: ${why}`);
  }
}
