// The card "events" of the view "live": what the meter tells of power failures, and messages that it was sent.
import { card, h, pairs, put } from "./dom.js";
import { ask } from "./ask.js";
import { lasting, t, when } from "./words.js";

const SHOWN = 5; // are shown, the newest first

// The card, and load() that fills it. It is hidden where there is nothing to tell.
export function meterEvents() {
  const node = card(t("events"));
  node.hidden = true;
  async function load() {
    const { events } = await ask("/meter/events").catch(() => ({ events: [] }));
    node.hidden = !events.length;
    put(node, h("h2", null, t("events")), pairs(events.slice(0, SHOWN).map((each) => [
      each.ts ? when("slot", each.ts / 1000) : "–", each.kind === "failure" ? t("failure", lasting(each.s)) : each.text])));
  }
  return { node, load };
}
