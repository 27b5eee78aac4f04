// The view "prices": the prices of today, and of tomorrow once they are known.
import { card, h, put } from "./dom.js";
import { chart } from "./chart.js";
import { ask } from "./ask.js";
import { now } from "./feed.js";
import { midnight, minor, priceNote, said, t, unit, when } from "./words.js";

export function prices(root) {
  let gone = false;
  const body = h("div", { class: "stack" });
  const status = h("p", { class: "said", role: "status" }, t("loading"));
  put(root, h("h1", { tabindex: "-1" }, t("prices")), status, body);

  function day(title, slots, currency, at) {
    const starts = slots.map((slot) => slot[0] / 1000);
    const from = midnight(starts[0]);
    const to = midnight(starts[0], 1);
    const end = starts.map((start, k) => (k + 1 < starts.length ? starts[k + 1] : Math.min(to, start + (starts.length > 1 ? starts[1] - starts[0] : 3600))));
    const up = slots.map((slot) => slot[1]);
    const here = starts.findIndex((start, k) => start <= at && at < end[k]);
    const text = (k) => `${when("time", starts[k])}–${when("time", end[k])}`;
    const name = minor(currency);
    const low = up.indexOf(Math.min(...up));
    const high = up.indexOf(Math.max(...up));
    const mean = up.reduce((sum, value, k) => sum + value * (end[k] - starts[k]), 0) / end.reduce((sum, value, k) => sum + value - starts[k], 0);
    const drawn = chart({
      label: title, unit: name, from, to, t: starts, end,
      up: up.map((value) => (value > 0 ? value : null)), down: up.map((value) => (value < 0 ? -value : null)),
      mark: here >= 0 ? here : to <= at ? up.length : -1,
      title: text,
      read: (k) => [[k === here ? "here" : "imp", t("price"), unit(up[k], name, 2)]],
      rest: here >= 0 ? [["here", t("now"), unit(up[here], name, 2)]] : [],
      restTitle: here >= 0 ? text(here) : t("chart.hint"),
    });
    return card(title, h("dl", { class: "sums" }, [
      here >= 0 && [t("now"), unit(up[here], name, 2), text(here)],
      [t("lowest"), unit(up[low], name, 2), text(low)],
      [t("average"), unit(mean, name, 2), ""],
      [t("highest"), unit(up[high], name, 2), text(high)],
    ].filter(Boolean).map(([term, value, time]) => h("div", null, h("dt", null, term), h("dd", { class: "num" }, value), time && h("dd", { class: "soft small" }, time)))), drawn.node);
  }

  async function load() {
    try {
      const [book, health] = [await ask("/prices"), await ask("/health").catch(() => null)];
      if (gone || body.contains(document.activeElement)) return;
      const at = Date.now() / 1000;
      const configuration = now.configuration || (await ask("/configuration"));
      const service = health && health.services.find((row) => row.name === "spotprices");
      put(status, configuration.s && service && service.health !== "ok" ? said(service.error || "") || t("waiting") : "");
      const today = midnight(at);
      const tomorrow = midnight(at, 1);
      const of = (from, to) => book.prices.filter((slot) => slot[0] >= from * 1000 && slot[0] < to * 1000);
      const first = of(today, tomorrow);
      const second = of(tomorrow, midnight(at, 2));
      // The exchange's day ends an hour or two after our midnight. Those hours alone are not the prices of tomorrow.
      const published = second.length && midnight(at, 2) * 1000 - second[second.length - 1][0] < 6 * 3600000;
      const settings = h("a", { href: "#settings/general" }, t("price.settings"));
      if (!configuration.s) {
        put(body, card(t("fixed"), book.price ? h("p", { class: "big num" }, unit(book.price, minor(book.currency), 2)) : h("p", null, t("unpriced")), book.price > 0 && h("p", { class: "soft small" }, priceNote(configuration)), h("p", null, settings)));
        return;
      }
      put(body,
        first.length ? day(`${t("today")}, ${when("day", today)}`, first, book.currency, at) : card(t("today"), h("p", null, t("noprices"))),
        published ? day(`${t("tomorrow")}, ${when("day", tomorrow)}`, second, book.currency, at)
          : card(t("tomorrow"), h("p", { class: "soft" }, t("notyet"))),
        h("p", { class: "small" }, priceNote(configuration), " · ", t("area"), " ", configuration.pa, " · ", settings));
    } catch (error) {
      if (!gone) put(status, said(error.message));
    }
  }

  load();
  const timer = setInterval(load, 60000);
  return () => {
    gone = true;
    clearInterval(timer);
  };
}
