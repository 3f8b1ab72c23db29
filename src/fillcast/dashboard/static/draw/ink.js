// Colours of the theme for canvases, read once for each change of it.

const NAMES = /** @type {const} */ ([
  "bg", "panel", "raised", "line", "text", "muted", "bid", "ask", "now", "twap", "optimal", "grid", "warn", "bad", "focus",
]);

/** @typedef {Record<typeof NAMES[number], string> & {font: string, isLight: boolean}} Ink */

/** @type {Ink | null} */
let held = null;

/** @returns {Ink} */
export function ink() {
  if (held === null) {
    const style = getComputedStyle(document.documentElement);
    const colours = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    held = /** @type {Ink} */ ({
      ...colours,
      font: getComputedStyle(document.body).fontFamily,
      isLight: document.documentElement.dataset["theme"] === "light",
    });
  }
  return held;
}

export function inkChanged() {
  held = null;
}
