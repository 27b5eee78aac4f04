// What gas, water and heat meters tell the electricity meter.
import { card, h, pairs, put, sums } from "./dom.js";
import { chart } from "./chart.js";
import { now } from "./feed.js";
import { ends } from "./spans.js";
import { number, t, when } from "./words.js";

const DIGITS = { m3: 3, kWh: 1, GJ: 3, MJ: 0 };
const UNITS = { m3: "m³" };
// For each series of their history: how its samples' times are written, and the view with samples as long.
const SAMPLES = { hour: ["slot"], day: ["day", "month"], month: ["year", "year"] };

// A sub-meter's name: its kind, and its channel if there is another one of that kind.
export function subName(sub, all) {
  return t("sub." + (sub.kind || "other")) + (all.filter((each) => each.kind === sub.kind).length > 1 ? " " + sub.ch : "");
}

// A value with its unit, as a person would write it.
export const subValue = (value, unit) => number(value, DIGITS[unit] === undefined ? 3 : DIGITS[unit]) + (unit ? "\u00a0" + (UNITS[unit] || unit) : "");

// The card of the view "live", and draw(). It is hidden where there is no sub-meter.
export function subMeters() {
  const node = card(t("submeters"));
  function draw() {
    const all = (now.meter && now.meter.sub) || [];
    node.hidden = !all.length;
    put(node, h("h2", null, t("submeters")), pairs(all.map((sub) => [subName(sub, all),
      [subValue(sub.v, sub.unit), sub.ts && h("div", { class: "hint" }, when("slot", sub.ts / 1000))]])));
  }
  return { node, draw };
}

// A card with what a sub-meter has counted from a time to another one. data: the answer of /history/sub;
// roomy: its times are below those of the other charts.
export function subHistory(name, data, from, to, roomy) {
  const { f, unit } = data;
  const [style, view] = SAMPLES[data.series];
  const all = data.used.reduce((sum, used) => sum + (used || 0), 0);
  return card(name, sums(h("dl", { class: "sums" }), [[t("total"), subValue(all, unit)]]), chart({
    label: name, unit: UNITS[unit] || unit || "", height: 200, roomy, from, to, t: data.t,
    end: data.t.map((start) => (view ? ends(view, start) : start + 3600)), centred: Boolean(view),
    up: data.used,
    title: (k) => when(style, data.t[k]) + (f[k] & 1 ? " · " + t("going") : "") + (f[k] & 8 ? " · " + t("changed") : ""),
    read: (k) => [["imp", t("used"), subValue(data.used[k], unit)], ["", t("value"), subValue(data.v[k], unit)]],
    rest: [], restTitle: t("chart.hint"),
  }).node);
}
