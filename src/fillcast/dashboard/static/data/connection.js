// The page's WebSocket: opens again by itself, asks for one frame at a time, and says what it is doing.

import { DecodeError, decode, encode } from "@msgpack/msgpack";

import { CREDIT, RESEND } from "../wire.js";

/** @import {Asked, Frame} from "../wire.js" */

/**
 * @typedef {object} Link
 * @property {"connecting" | "open" | "waiting" | "refused"} phase
 * @property {string} reason why it is not open
 * @property {number} attempt number of the attempt in a row
 * @property {number} nextTryAt ms of `performance.now`
 */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
const JITTER = 0.25; // share of a wait, so that pages do not return all at once
const SILENT_CLOSE = 1006; // RFC 6455, 7.4.1: closed without a closing handshake
/** @type {Record<number, string>} */
const REASONS = {
  1000: "the server closed the connection",
  1001: "the server is stopping",
  [SILENT_CLOSE]: "the server cannot be reached",
  1008: "the server refused this page",
  1009: "a message was too large",
  1011: "the server met an error",
};

export class Connection {
  /** @type {WebSocket | null} */
  #socket = null;
  #timer = 0;
  #owed = false;
  #held = false;

  /**
   * @param {string} url
   * @param {object} told
   * @param {(frame: Frame, now: number) => "taken" | "gap" | "version"} told.frame
   * @param {() => void} told.opened before anything is sent
   * @param {() => void} told.changed the link's state is another
   */
  constructor(url, told) {
    this.url = url;
    this.told = told;
    /** @type {Link} */
    this.link = { phase: "connecting", reason: "", attempt: 0, nextTryAt: 0 };
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.retryNow();
    });
    addEventListener("online", () => this.retryNow());
  }

  open() {
    clearTimeout(this.#timer);
    this.link = { ...this.link, phase: "connecting", attempt: this.link.attempt + 1 };
    this.told.changed();
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => {
      this.link = { phase: "open", reason: "", attempt: 0, nextTryAt: 0 };
      this.told.opened();
      this.#owed = true;
      this.#pay(CREDIT);
      this.told.changed();
    };
    socket.onmessage = (event) => this.#message(event.data);
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#closed(event);
    };
  }

  /** Try at once, unless connected or trying already. */
  retryNow() {
    if (this.link.phase === "waiting") this.open();
  }

  /** The last frame is drawn: let the next one come, unless frames are held back. */
  drawn() {
    if (this.#owed) this.#pay(CREDIT);
  }

  /** @param {boolean} held no frame is asked for meanwhile */
  hold(held) {
    this.#held = held;
    this.drawn();
  }

  get isOpen() {
    return this.link.phase === "open";
  }

  /**
   * Ask for another forecast.
   * @param {Asked} asked
   */
  ask(asked) {
    if (this.isOpen) this.#socket?.send(encode(asked));
  }

  /** @param {number} word */
  #pay(word) {
    if (!this.isOpen || (this.#held && word === CREDIT)) return;
    this.#owed = false;
    this.#socket?.send(Uint8Array.of(word));
  }

  /** @param {unknown} data */
  #message(data) {
    const frame = data instanceof ArrayBuffer ? read(data) : null;
    if (frame === null) {
      this.#pay(RESEND);
      return;
    }
    const verdict = this.told.frame(frame, performance.now());
    if (verdict === "gap") this.#pay(RESEND);
    else if (verdict === "version") this.#refuse("this page is older or newer than the server: load it again");
    else this.#owed = true;
  }

  /** @param {string} reason */
  #refuse(reason) {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
    this.link = { phase: "refused", reason, attempt: 0, nextTryAt: 0 };
    this.told.changed();
  }

  /** @param {CloseEvent} event */
  #closed(event) {
    const attempt = this.link.attempt;
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** attempt) * (1 + JITTER * (2 * Math.random() - 1));
    const reason = event.reason || REASONS[event.code] || `closed with code ${event.code}`;
    this.link = { phase: "waiting", reason, attempt, nextTryAt: performance.now() + wait };
    this.#timer = setTimeout(() => this.open(), wait);
    this.told.changed();
  }
}

/**
 * @param {ArrayBuffer} data
 * @returns {Frame | null} null where it cannot be read
 */
function read(data) {
  try {
    return /** @type {Frame} */ (decode(new Uint8Array(data)));
  } catch (error) {
    if (error instanceof DecodeError || error instanceof RangeError) return null; // RangeError: cut short
    throw error;
  }
}
