// Copies that a person takes along: a panel's table as CSV, the panel as a picture.

import { cell } from "../panels/panel.js";
import { say } from "./say.js";

/** @import {Twin} from "../panels/panel.js" */

const MARGIN = 12; // px
const LINE = 18; // px, of text
const COLUMN_GAP = 18; // px

/**
 * Numbers as they were sent, without thousands separators.
 * @param {Twin} twin
 */
export function csv(twin) {
  const lines = [twin.columns.map((one) => one.name), ...twin.rows];
  return lines.map((line) => line.map(field).join(",")).join("\r\n") + "\r\n"; // RFC 4180
}

/** @param {string | number | null} value */
function field(value) {
  if (value === null) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Into the clipboard, or as a file where the browser gives none.
 * @param {string} title
 * @param {Twin} twin
 */
export async function copyCsv(title, twin) {
  const text = csv(twin);
  const clipboard = /** @type {Clipboard | undefined} */ (navigator.clipboard);
  const copied = clipboard !== undefined && (await clipboard.writeText(text).then(() => true, () => false));
  if (copied) {
    say(`${title} copied as CSV`);
  } else {
    save(new Blob([text], { type: "text/csv" }), `${fileName(title)}.csv`);
    say(`${title} saved as CSV`);
  }
}

/**
 * The canvases of a panel under its title; a panel without one as its table.
 * @param {HTMLElement} section
 * @param {string} title
 * @param {Twin} twin
 */
export function savePng(section, title, twin) {
  const canvases = [...section.querySelectorAll("canvas")].filter((one) => one.offsetWidth > 0);
  const image = canvases.length > 0 ? ofCanvases(section, title, canvases) : ofTable(section, title, twin);
  image.toBlob((blob) => {
    if (blob) save(blob, `${fileName(title)}.png`);
  }, "image/png");
  say(`${title} saved as PNG`);
}

/**
 * @param {HTMLElement} section
 * @param {number} width px
 * @param {number} height px
 * @param {string} title
 */
function blank(section, width, height, title) {
  const image = document.createElement("canvas");
  const ratio = devicePixelRatio;
  image.width = Math.ceil(width * ratio);
  image.height = Math.ceil(height * ratio);
  const pen = /** @type {CanvasRenderingContext2D} */ (image.getContext("2d"));
  const style = getComputedStyle(section);
  pen.scale(ratio, ratio);
  pen.fillStyle = style.backgroundColor;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = style.color;
  pen.font = `600 13px ${style.fontFamily}`;
  pen.textBaseline = "middle";
  pen.fillText(`${title} · ${new Date().toISOString()}`, MARGIN, MARGIN + LINE / 2);
  pen.font = `12px ${style.fontFamily}`;
  return { image, pen };
}

/**
 * @param {HTMLElement} section
 * @param {string} title
 * @param {HTMLCanvasElement[]} canvases
 */
function ofCanvases(section, title, canvases) {
  const box = section.getBoundingClientRect();
  const { image, pen } = blank(section, box.width, box.height + LINE, title);
  for (const canvas of canvases) {
    const at = canvas.getBoundingClientRect();
    pen.drawImage(canvas, at.left - box.left, at.top - box.top + LINE, at.width, at.height);
  }
  return image;
}

/**
 * @param {HTMLElement} section
 * @param {string} title
 * @param {Twin} twin
 */
function ofTable(section, title, twin) {
  const lines = [twin.columns.map((one) => one.name), ...twin.rows.map((row) => row.map((value, i) => cell(value, twin.columns[i])))];
  const ruler = /** @type {CanvasRenderingContext2D} */ (document.createElement("canvas").getContext("2d"));
  ruler.font = `12px ${getComputedStyle(section).fontFamily}`;
  const widths = twin.columns.map((_, i) => Math.max(...lines.map((line) => ruler.measureText(line[i] ?? "").width)));
  const width = 2 * MARGIN + widths.reduce((sum, one) => sum + one + COLUMN_GAP, 0);
  const { image, pen } = blank(section, Math.max(width, 360), 3 * MARGIN + (lines.length + 1) * LINE, title);
  lines.forEach((line, row) => {
    let x = MARGIN;
    line.forEach((text, i) => {
      pen.fillText(text, x, 2 * MARGIN + (row + 1.5) * LINE);
      x += (widths[i] ?? 0) + COLUMN_GAP;
    });
  });
  return image;
}

/** @param {string} title */
function fileName(title) {
  return `fillcast-${title.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "")}`;
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
function save(blob, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
