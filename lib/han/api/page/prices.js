// The view "prices": the prices of today, and of tomorrow once they are known.
import { card, h, put, small, stack, statusLine, sums } from "./dom.js";
import { chart } from "./chart.js";
import { ask } from "./ask.js";
import { now } from "./feed.js";
import { known, midnight, minor, priceNote, said, slots, t, unit, when } from "./words.js";

export function prices(root) {
  let gone = false;
  let bare = false; // prices are shown without VAT and fees
  const body = stack();
  const status = statusLine(t("loading"));
  put(root, h("h1", { tabindex: "-1" }, t("prices")), status, body);

  function day(title, list, currency, at, taxed) {
    const starts = list.map((slot) => slot[0] / 1000);
    const from = midnight(starts[0]);
    const to = midnight(starts[0], 1);
    const end = starts.map((start, k) => (k + 1 < starts.length ? starts[k + 1] : Math.min(to, start + (starts.length > 1 ? starts[1] - starts[0] : 3600))));
    const up = list.map((slot) => slot[bare ? 2 : 1]);
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
      read: (k) => (taxed ? [key("with"), key("without")] : [key("price")]).map((each, n) => [
        n === Number(bare) && (k === here ? "here" : "imp"), t(each), unit(list[k][n + 1], name, 2)]),
      rest: here >= 0 ? [["here", t("now"), unit(up[here], name, 2)]] : [],
      restTitle: here >= 0 ? text(here) : t("chart.hint"),
    });
    return card(title, sums(h("dl", { class: "sums" }), [
      here >= 0 && [t("now"), unit(up[here], name, 2), text(here)],
      [t("lowest"), unit(up[low], name, 2), text(low)],
      [t("average"), unit(mean, name, 2)],
      [t("highest"), unit(up[high], name, 2), text(high)],
    ]), drawn.node);
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
      const taxed = Boolean(book.totals);
      const all = slots(book);
      const between = (from, to) => all.filter((slot) => slot[0] >= from * 1000 && slot[0] < to * 1000);
      const first = between(today, tomorrow);
      const second = between(tomorrow, midnight(at, 2));
      // The exchange's day ends an hour or two after our midnight. Those hours alone are not the prices of tomorrow.
      const published = second.length && midnight(at, 2) * 1000 - second[second.length - 1][0] < 6 * 3600000;
      const settings = h("a", { href: "#settings/general" }, t("price.settings"));
      if (!configuration.s) {
        const price = known(book.total) ? book.total : book.price;
        put(body, card(t("fixed"), book.price ? [
          h("p", { class: "big num" }, unit(price, minor(book.currency), 2)), small(priceNote(configuration)),
          taxed && h("p", null, t("without"), " ", unit(book.price, minor(book.currency), 2)),
        ] : h("p", null, t("unpriced")), h("p", null, settings)));
        return;
      }
      const choose = (without) => h("button", { "aria-pressed": String(bare === without), onclick: () => {
        bare = without;
        draw();
        body.querySelector("[aria-pressed=true]").focus();
      } }, t(without ? "without" : "with"));
      const draw = () => put(body,
        taxed && h("div", { class: "tabs", role: "group", "aria-label": t("price") }, choose(false), choose(true)),
        first.length ? day(`${t("today")}, ${when("day", today)}`, first, book.currency, at, taxed) : card(t("today"), h("p", null, t("noprices"))),
        published ? day(`${t("tomorrow")}, ${when("day", tomorrow)}`, second, book.currency, at, taxed)
          : card(t("tomorrow"), h("p", { class: "soft" }, t("notyet"))),
        h("p", { class: "small" }, bare ? t("price.spot") : priceNote(configuration), " · ", t("area"), " ", configuration.pa, " · ", settings));
      draw();
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
