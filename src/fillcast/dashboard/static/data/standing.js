// How far what is shown can be trusted now: connection and book are two facts, and both have to be good.

import { age } from "../draw/format.js";

/** @import {Link} from "./connection.js" */
/** @import {Snapshot} from "./snapshot.js" */

export const AGED_MS = 1000; // amber
export const OLD_MS = 5000; // red: the cost loses its colour

/**
 * @typedef {object} Standing
 * @property {"good" | "warn" | "bad"} grade
 * @property {string} word LIVE, STALE, ..., DISCONNECTED, PAUSED
 * @property {boolean} isCut the server is not there
 * @property {boolean} isOld figures are not of now
 * @property {string} detail
 */

/**
 * @param {Snapshot} snapshot
 * @param {Link} link
 * @param {boolean} paused
 * @param {number} now ms of `performance.now`
 * @returns {Standing}
 */
export function standing(snapshot, link, paused, now) {
  const { book } = snapshot;
  const ageMs = snapshot.ageMs(now);
  const old = ageMs === null || ageMs > OLD_MS;
  const told = `book ${age(ageMs)} old`;
  if (link.phase === "connecting" && link.attempt === 1 && book === null) {
    return { grade: "warn", word: "CONNECTING", isCut: false, isOld: false, detail: "" };
  }
  if (link.phase !== "open") {
    return { grade: "bad", word: "DISCONNECTED", isCut: true, isOld: true, detail: book === null ? "" : told };
  }
  if (book === null) return { grade: "warn", word: "WAITING", isCut: false, isOld: false, detail: "no book yet" };
  if (paused) return { grade: "warn", word: "PAUSED", isCut: false, isOld: old, detail: told };
  if (book.state !== "LIVE") {
    const grade = book.state === "SYNCING" || book.state === "EMPTY" ? "warn" : "bad";
    return { grade, word: book.state, isCut: false, isOld: true, detail: told };
  }
  const grade = old ? "bad" : ageMs > AGED_MS ? "warn" : "good";
  return { grade, word: old ? "OLD" : "LIVE", isCut: false, isOld: old, detail: told };
}
