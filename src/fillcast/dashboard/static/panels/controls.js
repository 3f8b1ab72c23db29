// The header's buttons and the keys: both call the same acts.

import { html, render } from "lit/html.js";

/** @import {Keyboard} from "../habits/keyboard.js" */
/** @import {Settings} from "../habits/settings.js" */

/**
 * @typedef {object} Acts
 * @property {() => void} pause pause, or go on
 * @property {() => void} recentre
 * @property {(steps: number) => void} group coarser or finer rows
 * @property {(side: string) => void} side
 * @property {(field: string) => void} focus
 * @property {(steps: number) => void} step change the quantity
 */

const LEAP = 10; // steps of an arrow key with Shift

/** @param {Settings} settings */
export function toggleUnit(settings) {
  settings.set({ unit: settings.looks.unit === "bps" ? "quote" : "bps" });
}

/** @param {Settings} settings */
function toggleTheme(settings) {
  settings.set({ theme: settings.looks.theme === "dark" ? "light" : "dark" });
}

/** @param {Settings} settings */
function togglePalette(settings) {
  settings.set({ palette: settings.looks.palette === "safe" ? "classic" : "safe" });
}

/** @param {HTMLElement | null} element the cursor leaves its field */
function leave(element) {
  element?.blur();
}

/**
 * @param {Keyboard} keyboard
 * @param {Settings} settings
 * @param {Acts} acts
 * @param {HTMLDialogElement} dialog of the list of keys
 */
export function registerKeys(keyboard, settings, acts, dialog) {
  const leap = (/** @type {KeyboardEvent} */ event) => (event.shiftKey ? LEAP : 1);
  keyboard.register({ keys: [" "], shown: "Space", does: "Pause, and go on", act: acts.pause });
  keyboard.register({ keys: ["?"], shown: "?", does: "Show this list", act: () => keyboard.show(dialog) });
  keyboard.register({ keys: ["b"], shown: "B", does: "Buy", act: () => acts.side("buy") });
  keyboard.register({ keys: ["s"], shown: "S", does: "Sell", act: () => acts.side("sell") });
  keyboard.register({ keys: ["q"], shown: "Q", does: "Type the quantity", act: () => acts.focus("quantity") });
  keyboard.register({ keys: ["/"], shown: "/", does: "Choose the symbol", act: () => acts.focus("symbol") });
  keyboard.register({ keys: ["ArrowUp"], shown: "↑", does: "Larger quantity; with Shift ten steps", act: (event) => acts.step(leap(event)) });
  keyboard.register({ keys: ["ArrowDown"], shown: "↓", does: "Smaller quantity; with Shift ten steps", act: (event) => acts.step(-leap(event)) });
  keyboard.register({ keys: ["u"], shown: "U", does: "bps or amounts first; sizes of the book in base or quote", act: () => toggleUnit(settings) });
  keyboard.register({ keys: ["["], shown: "[", does: "Finer rows of the book", act: () => acts.group(-1) });
  keyboard.register({ keys: ["]"], shown: "]", does: "Coarser rows of the book", act: () => acts.group(1) });
  keyboard.register({ keys: ["c"], shown: "C", does: "Centre the book on the spread, rows as the order needs", act: acts.recentre });
  keyboard.register({ keys: ["t"], shown: "T", does: "Dark or light", act: () => toggleTheme(settings) });
  keyboard.register({ keys: ["p"], shown: "P", does: "Colours: safe for every kind of sight, or green and red", act: () => togglePalette(settings) });
  keyboard.register({
    keys: ["Escape"],
    shown: "Esc",
    does: "Close, or leave a field",
    act: () => {
      for (const open of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (open).close();
      leave(/** @type {HTMLElement | null} */ (document.activeElement));
    },
  });
}

/**
 * @param {HTMLElement} place
 * @param {Keyboard} keyboard
 * @param {Settings} settings
 * @param {boolean} paused
 * @param {Acts} acts
 * @param {HTMLDialogElement} dialog
 */
export function drawControls(place, keyboard, settings, paused, acts, dialog) {
  const { theme, palette, unit } = settings.looks;
  render(
    html`<button aria-pressed=${paused} @click=${acts.pause}>${paused ? "Resume" : "Pause"}</button>
      <button @click=${() => keyboard.show(dialog)}>Keys <kbd>?</kbd></button>
      <button @click=${() => toggleTheme(settings)}>Theme<span class="wide-only">: ${theme}</span></button>
      <button @click=${() => togglePalette(settings)}>Colours<span class="wide-only">: ${palette}</span></button>
      <button @click=${() => toggleUnit(settings)}>Units<span class="wide-only">: ${unit}</span></button>`,
    place,
  );
}
