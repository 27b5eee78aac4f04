// The card "events" of the view "live": what the meter tells of power failures, and messages that it was sent.
import { card, h, pairs, put } from "./dom.js";
import { ask } from "./ask.js";
import { lasting, t, when } from "./words.js";

const SHOWN = 5; // are shown, the newest first

// The card, and load() that fills it, anew if there are new ones. It is hidden where there is nothing to tell.
export function meterEvents() {
  const node = card(t("events"));
  let heard = false;
  node.hidden = true;
  async function load(anew) {
    if (heard && !anew) return;
    let told = null;
    try {
      told = await ask("/meter/events");
    } catch (error) {
      heard = error.status === 404; // else there is no reading yet
      return;
    }
    heard = true;
    const { events } = told;
    node.hidden = !events.length;
    put(node, h("h2", null, t("events")), pairs(events.slice(0, SHOWN).map((each) => [
      each.ts ? when("slot", each.ts / 1000) : "–", each.kind === "failure" ? t("failure", lasting(each.s)) : each.text])));
  }
  return { node, load };
}
