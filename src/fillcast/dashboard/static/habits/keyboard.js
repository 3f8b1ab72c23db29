// Every key that does something, in one list: what `?` shows is this list.

import { html, render } from "lit/html.js";

/**
 * @typedef {object} Key
 * @property {string[]} keys as `KeyboardEvent.key` says them, letters small
 * @property {string} shown for people
 * @property {string} does
 * @property {(event: KeyboardEvent) => void} act
 */

export class Keyboard {
  /** @type {Key[]} */ #keys = [];

  constructor() {
    addEventListener("keydown", (event) => this.#pressed(event));
  }

  /** @param {Key} key */
  register(key) {
    const taken = this.#keys.flatMap((one) => one.keys).find((one) => key.keys.includes(one));
    if (taken !== undefined) throw new Error(`the key ${taken} is registered twice`);
    this.#keys.push(key);
  }

  /** @param {KeyboardEvent} event */
  #pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    const found = this.#keys.find((one) => one.keys.includes(event.key.length === 1 ? event.key.toLowerCase() : event.key));
    if (found === undefined || (isTyping(event.target) && event.key !== "Escape")) return;
    if (event.key === " " && event.target instanceof HTMLButtonElement) return;
    event.preventDefault();
    found.act(event);
  }

  /** @param {HTMLDialogElement} dialog */
  show(dialog) {
    render(
      html`<h2 id="keys-title">Keys</h2>
        <table>
          <thead><tr><th class="text" scope="col">Key</th><th class="text" scope="col">Does</th></tr></thead>
          <tbody>
            ${this.#keys.map((one) => html`<tr><td><kbd>${one.shown}</kbd></td><td>${one.does}</td></tr>`)}
          </tbody>
        </table>
        <p class="facts">Keys do nothing while you type in a field; Esc leaves it.</p>
        <button @click=${() => dialog.close()}>Close</button>`,
      dialog,
    );
    dialog.showModal();
  }
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && (target.matches("input:not([type=checkbox]), select, textarea, [role=slider]"));
}
