// The card "today" of the view "live": energy and cost since midnight, and yesterday's energy until the same time of day.
import { card, h, say, small, sums } from "./dom.js";
import { ask } from "./ask.js";
import { now } from "./feed.js";
import { compared, known, midnight, money, priceNote, t, unit } from "./words.js";

const QUARTER = 900;

const quarters = (from, to) => ask(`/history/weekly?from=${from}&to=${to}`).catch(() => null);

// The card, and load() that fills it. It is hidden while the reader has nothing recorded of today.
export function today() {
  const list = h("dl", { class: "sums" });
  const note = small();
  const node = card(t("today"), list, note);
  let day = 0; // the midnight before which `past` is
  let past = null; // the quarters of an hour of yesterday
  node.classList.add("w6");
  node.hidden = true;

  async function load() {
    const at = Math.floor(Date.now() / 1000);
    const start = midnight(at);
    if (day !== start) past = await quarters(midnight(at, -1), start);
    day = start;
    const data = await quarters(start, midnight(at, 1));
    const sum = (values) => values.reduce((all, value) => all + (value || 0), 0);
    node.hidden = !data || !data.t.length;
    if (node.hidden) return;
    const used = sum(data.i);
    const sold = sum(data.e);
    const cost = data.cost && data.cost.some(known) ? sum(data.cost) : null;
    // Of yesterday counts what is as long after midnight, if there are samples of nearly all of it.
    const parts = past ? past.t.map((begin) => Math.min(1, Math.max(0, (at - start - begin + midnight(at, -1)) / QUARTER))) : [];
    const before = sum(parts) * QUARTER < 0.95 * (at - start) ? null : sum(parts.map((part, k) => part * past.i[k]));
    sums(list, [
      [t("import"), unit(used, "kWh", 2)],
      sold > 0 && [t("export"), unit(sold, "kWh", 2)],
      cost !== null && [t("cost"), money(cost, data.pc), data.cost.some((each, k) => data.i[k] && each === null) && t("partly")],
      before !== null && [t("yesterday"), unit(before, "kWh", 2), compared(used, before)],
    ]);
    say(note, cost === null ? "" : priceNote(now.configuration));
    note.hidden = cost === null;
  }

  return { node, load };
}
