// Puts the page together: one snapshot, one scheduler, the panels that read the one and are drawn by the other.

import { Connection } from "./data/connection.js";
import { Snapshot } from "./data/snapshot.js";
import { standing } from "./data/standing.js";
import { inkChanged } from "./draw/ink.js";
import { typed } from "./draw/format.js";
import { Scheduler } from "./draw/scheduler.js";
import { Keyboard } from "./habits/keyboard.js";
import { Settings } from "./habits/settings.js";
import { Banner } from "./panels/banner.js";
import { breakdownTwin, drawBreakdown, showSources } from "./panels/breakdown.js";
import { comparisonTwin, drawComparison } from "./panels/comparison.js";
import { drawControls, registerKeys } from "./panels/controls.js";
import { drawFeed, feedTwin } from "./panels/feed.js";
import { drawFoot } from "./panels/foot.js";
import { MarketView } from "./panels/market_view.js";
import { drawMix, mixTwin } from "./panels/mix.js";
import { drawNetCost, netCostTwin, shown } from "./panels/net_cost.js";
import { OrderForm } from "./panels/order_form.js";
import { Panel, element } from "./panels/panel.js";
import { studies } from "./panels/studies.js";
import { tabs } from "./panels/tabs.js";
import { drawMarket, drawPill } from "./panels/top.js";

/** @import {Acts} from "./panels/controls.js" */

const BEAT_MS = 200; // ages grow even while nothing comes
const FOOT_EVERY_MS = 500;
const LIVE_WITHIN_MS = 60_000; // an older event is of a recording, whose age says nothing of this page

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function place(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

const snapshot = new Snapshot();
const scheduler = new Scheduler();
const settings = new Settings();
const keyboard = new Keyboard();
const keyList = /** @type {HTMLDialogElement} */ (place("keys"));
let paused = false;
let fresh = false; // a frame came and is not drawn yet

const form = new OrderForm(/** @type {HTMLElement} */ (document.querySelector("#order .body")), snapshot, (asked) => connection.ask(asked));
const market = new MarketView(snapshot, scheduler, settings, (side, base) => {
  const instrument = snapshot.instrument;
  if (instrument === null) return;
  const word = instrument.base.toLowerCase();
  const lot = 10 ** instrument.size_decimals;
  const quantity = (Math.floor(base * lot + 1e-6) / lot).toFixed(instrument.size_decimals).replace(/\.?0+$/, "");
  form.change({ side, quantity, unit: instrument.units.includes(word) ? word : form.terms.unit });
});
const charts = studies(snapshot, scheduler, (risk) => form.change({ type: "is", risk_aversion: typed(risk) }));

const connection = new Connection(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`, {
  frame(frame, now) {
    const verdict = snapshot.take(frame, now);
    fresh ||= verdict === "taken";
    scheduler.request();
    return verdict;
  },
  opened() {
    snapshot.reopened();
    form.reopened();
  },
  changed: () => scheduler.request(),
});

/** @type {Acts} */
const acts = {
  pause() {
    paused = !paused;
    connection.hold(paused);
    redraw();
  },
  recentre: () => market.recentre(),
  group: (steps) => market.group(steps),
  side: (side) => form.change({ side }),
  focus: (field) => form.focus(field),
  step: (steps) => form.step(steps),
};
registerKeys(keyboard, settings, acts, keyList);

function redraw() {
  drawControls(place("controls"), keyboard, settings, paused, acts, keyList);
  market.changed();
}

settings.changed(() => {
  inkChanged();
  charts.restyle();
  redraw();
});

const cost = new Panel("cost", () => netCostTwin(snapshot), scheduler);
const breakdown = new Panel("breakdown", () => breakdownTwin(snapshot), scheduler);
const mix = new Panel("mix", () => mixTwin(snapshot), scheduler);
const feed = new Panel("feed", () => feedTwin(snapshot, performance.now()), scheduler);
const comparison = new Panel("comparison", () => comparisonTwin(snapshot), scheduler);
comparison.body.classList.add("scroll");
const sources = element("button", "");
sources.textContent = "rests on";
sources.addEventListener("click", () => {
  showSources(/** @type {HTMLDialogElement} */ (place("sources")), shown(snapshot).report);
});
breakdown.extra.append(sources);

const banner = new Banner(place("banner"), { retry: () => connection.retryNow(), resume: () => acts.pause() });

scheduler.picture((now) => market.draw(now, fresh));
scheduler.text((now) => {
  const state = standing(snapshot, connection.link, paused, now);
  banner.draw(snapshot, connection.link, state, paused, now);
  drawPill(snapshot, state);
  drawMarket(snapshot);
  form.draw();
  drawNetCost(cost.body, snapshot, { unit: settings.looks.unit, isRefused: form.isRefused, isOld: state.isOld }, now);
  drawBreakdown(breakdown.body, snapshot, state.isOld);
  drawMix(mix.body, snapshot);
  drawFeed(feed.body, snapshot, now);
});

let compared = -1;
scheduler.turn({
  wanted: () => snapshot.counts.comparison !== compared,
  draw() {
    compared = snapshot.counts.comparison;
    drawComparison(comparison.body, snapshot, (key) => {
      const [venue = "", ...symbol] = key.split(":");
      form.change({ venue, symbol: symbol.join(":") });
    });
  },
});

let footAt = -Infinity;
scheduler.turn({
  wanted: (now) => now - footAt >= FOOT_EVERY_MS,
  draw(now) {
    footAt = now;
    drawFoot(snapshot, scheduler.measure);
  },
});

scheduler.after(() => {
  if (!fresh) return;
  fresh = false;
  const { event_ms: eventMs } = snapshot.book ?? { event_ms: null };
  const sinceEventMs = eventMs === null ? Infinity : Date.now() - eventMs;
  if (Math.abs(sinceEventMs) < LIVE_WITHIN_MS) scheduler.measure.eventToPixelMs.add(sinceEventMs);
  connection.drawn();
});

tabs(place("tabs"), () => market.changed());
redraw();
setInterval(() => scheduler.request(), BEAT_MS);
connection.open();

Object.assign(globalThis, { fillcast: { report: () => scheduler.measure.report(), clear: () => scheduler.measure.clear(), snapshot } });
