// How a person wants the page to look; kept by the browser.

const KEY = "fillcast.settings";

/**
 * @typedef {object} Looks
 * @property {"dark" | "light"} theme
 * @property {"safe" | "classic"} palette
 * @property {"bps" | "quote"} unit what stands first
 * @property {"colour" | "gray"} ramp of the heatmap
 * @property {number} cut share of the ramp's upper end that is cut off, 0 to 1
 * @property {Record<string, number>} groups by instrument: ticks in a row of the ladder, where chosen by hand
 */

/** @type {Looks} */
const DEFAULTS = { theme: "dark", palette: "safe", unit: "bps", ramp: "colour", cut: 0.1, groups: {} };

export class Settings {
  /** @type {(() => void)[]} */ #listeners = [];

  constructor() {
    /** @type {Looks} */
    this.looks = { ...DEFAULTS, ...stored() };
    this.#apply();
  }

  /** @param {() => void} listener called after every change */
  changed(listener) {
    this.#listeners.push(listener);
  }

  /** @param {Partial<Looks>} looks */
  set(looks) {
    this.looks = { ...this.looks, ...looks };
    localStorage.setItem(KEY, JSON.stringify(this.looks));
    this.#apply();
    for (const listener of this.#listeners) listener();
  }

  #apply() {
    document.documentElement.dataset["theme"] = this.looks.theme;
    document.documentElement.dataset["palette"] = this.looks.palette;
  }
}

/** @returns {Partial<Looks>} */
function stored() {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof value === "object" && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
