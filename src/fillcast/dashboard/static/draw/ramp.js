// Colours of the heatmap: one perceptual ramp, dark to bright on a dark page and the other way on a light one.

export const STEPS = 256;

/** Cividis-like: blue to yellow, the same to every kind of colour vision; red, green, blue at equal distances. */
const COLOUR = [
  [10, 22, 42], [0, 42, 92], [45, 66, 110], [82, 91, 112], [117, 118, 119], [152, 144, 118], [190, 172, 107], [225, 202, 85], [255, 234, 70],
];
/** For a light page: the more, the darker. */
const COLOUR_ON_LIGHT = [
  [232, 238, 246], [196, 214, 233], [148, 182, 216], [95, 143, 191], [52, 101, 158], [26, 61, 117], [10, 28, 68],
];
const GRAY = [
  [16, 20, 26], [60, 64, 70], [110, 114, 120], [170, 174, 180], [250, 250, 250],
];

/**
 * @param {"colour" | "gray"} kind
 * @param {boolean} isLight
 * @param {[number, number, number]} ground colour of what is empty
 * @returns {Uint32Array} RGBA of each step, the first one for nothing
 */
export function ramp(kind, isLight, ground) {
  const gray = isLight ? [...GRAY].reverse() : GRAY;
  const colours = kind === "gray" ? gray : isLight ? COLOUR_ON_LIGHT : COLOUR;
  const table = new Uint32Array(STEPS);
  const bytes = new Uint8ClampedArray(table.buffer);
  for (let i = 0; i < STEPS; i++) {
    const [r, g, b] = i === 0 ? ground : between(colours, i / (STEPS - 1));
    bytes.set([r, g, b, 255], 4 * i);
  }
  return table;
}

/**
 * @param {number[][]} colours
 * @param {number} share
 * @returns {[number, number, number]}
 */
function between(colours, share) {
  const at = share * (colours.length - 1);
  const low = Math.min(colours.length - 2, Math.floor(at));
  const part = at - low;
  const one = /** @type {number[]} */ (colours[low]);
  const next = /** @type {number[]} */ (colours[low + 1]);
  const mixed = [0, 1, 2].map((i) => Math.round(/** @type {number} */ (one[i]) * (1 - part) + /** @type {number} */ (next[i]) * part));
  return /** @type {[number, number, number]} */ (mixed);
}

/**
 * @param {string} hex such as #14191f
 * @returns {[number, number, number]}
 */
export function rgb(hex) {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}
