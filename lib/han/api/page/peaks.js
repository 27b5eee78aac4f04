// Peaks: what a bill by power counts, and what the running interval may still take.
import { card, h, pairs, put } from "./dom.js";
import { chart } from "./chart.js";
import { ask } from "./ask.js";
import { ends } from "./spans.js";
import { known, money, t, unit, watts, when } from "./words.js";

const MINUTE = 60000; // ms

// The answer of /peaks; null if nothing in it matters: no rule is set, and the meter tells no peaks. Throws Refused.
export async function askPeaks() {
  // It may wait for the meter's next telegram.
  const told = await ask("/peaks", { patience: 60000, apart: true });
  return told.cap || [...told.month, ...told.months].some((peak) => peak.src === "meter") ? told : null;
}

function outlook({ ts, end, w, forecast_w, limit_w, left_w, part }) {
  const until = when("time", end / 1000);
  return [
    known(left_w) && h("p", { class: left_w > 0 ? "" : "error" }, h("b", null, left_w > 0 ? t("peaks.left", watts(left_w), until) : t("peaks.over", until))),
    pairs([
      [`${when("time", ts / 1000)}–${until}`, [t("peaks.mean", watts(w)), part && " · " + t("partly")]],
      known(forecast_w) && [t("peaks.forecast"), h("span", { class: known(limit_w) && forecast_w > limit_w && "error" }, watts(forecast_w))],
    ]),
  ];
}

// The card of the view "live", and load() that fills it, once a minute at most. It is hidden without peaks, which are then not asked for again.
export function peaks() {
  const node = card(t("peaks"));
  let due = 0;
  node.hidden = true;
  async function load() {
    if (Date.now() < due) return;
    due = Date.now() + MINUTE;
    let told = null;
    try {
      told = await askPeaks();
    } catch (error) {
      if (error.status !== 404) return; // the next minute may tell more
    }
    node.hidden = !told;
    if (!told) {
      due = Infinity;
      return;
    }
    put(node, h("h2", null, t("peaks")), told.now && outlook(told.now), pairs([
      ...told.month.slice(0, 3).map((peak) => [peak.ts ? when("slot", peak.ts / 1000) : t("peaks.month"), [watts(peak.w), peak.part && " · " + t("partly")]]),
      known(told.billed_w) && [t("peaks.billed"), watts(told.billed_w) + (known(told.cost) ? " · " + money(told.cost, told.pc) : "")],
    ]));
  }
  return { node, load };
}

// A card with the peaks of the months from a time to another one; null if none is known.
export function peakMonths(told, from, to) {
  const months = told.months.filter((each) => each.month >= from * 1000 && each.month < to * 1000);
  const start = months.map((each) => each.month / 1000);
  return months.length ? card(t("peaks.months"), chart({
    label: t("peaks.months"), unit: "kW", height: 200, from, to, t: start, end: start.map((each) => ends("year", each)), centred: true,
    up: months.map((each) => each.w / 1000),
    title: (k) => when("year", start[k]) + (months[k].part ? " · " + t("partly") : ""),
    read: (k) => [["imp", months[k].ts ? when("slot", months[k].ts / 1000) : t("peaks"), unit(months[k].w / 1000, "kW", 2)]],
    rest: [], restTitle: t("chart.hint"),
  }).node) : null;
}
