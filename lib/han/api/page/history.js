// The view "history": energy, cost and currents of the past.
import { card, h, put, say, small, stack, statusLine, sums } from "./dom.js";
import { chart } from "./chart.js";
import { ask } from "./ask.js";
import { now } from "./feed.js";
import { askPeaks, peakMonths } from "./peaks.js";
import { ends, range, spanned, VIEWS } from "./spans.js";
import { subHistory, subName } from "./submeters.js";
import { compared, decimalComma, kept, known, midnight, minor, money, number, priceNote, said, slots, t, unit, when } from "./words.js";

const NOTES = [key("going"), key("partly"), key("unset"), key("changed")]; // of the bits of f
const SERIES = { day: "hour", week: "hour", month: "day", year: "month" }; // of sub-meters
const HOURS = 10 / 3600; // of a sample of the view "hour", whose values are kW and not kWh

const total = (list) => list.reduce((sum, value) => (value === null ? sum : (sum || 0) + value), null);

export function history(root) {
  let view = VIEWS[kept("view")] ? kept("view") : "week";
  let back = 0;
  let phase = 0;
  let turn = 0; // number of the last request: answers to older ones are not shown
  let past = {}; // what before() has found, and for which time
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": t("period") });
  const body = stack();
  const extras = stack(); // cards of what only some houses have
  const status = statusLine();
  const earlier = h("button", { "aria-label": t("earlier"), onclick: () => go(view, back + 1) }, "‹ ", t("earlier"));
  const later = h("button", { "aria-label": t("later"), onclick: () => go(view, back - 1) }, t("later"), " ›");
  const span = h("b");
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, t("history")), tabs),
    h("div", { class: "head" }, earlier, span, later), status, body);
  put(tabs, Object.keys(VIEWS).map((name) => h("button", { id: "view-" + name, onclick: () => go(name, 0) }, t("view." + name))));

  const fetched = (name, from, to) => ask(`${VIEWS[name].path}?from=${from}&to=${to}`, { patience: 60000 });

  // The price of each sample. That of the last hour is found among the known ones. Days and months have no single price.
  async function prices(data) {
    if (data.p) return data.total || (data.p.some(Boolean) ? data.p : data.t.map(() => null)); // all are 0: none was set
    const book = view === "hour" && (await ask("/prices").catch(() => null));
    const all = book ? slots(book) : [];
    return data.t.map((start) => {
      const begun = all.filter((slot) => slot[0] <= start * 1000);
      return begun.length ? begun[begun.length - 1][1] : (book && (known(book.total) ? book.total : book.price)) || null;
    });
  }

  async function load() {
    const mine = ++turn;
    put(status, t("loading"));
    earlier.disabled = later.disabled = true;
    try {
      const { x } = await ask(VIEWS[view].path + "?limit=1");
      if (mine !== turn) return;
      if (x === null) {
        put(status, t("nohistory"));
        put(body);
        return;
      }
      const [from, to] = range(view, back, x);
      const data = await fetched(view, from, to);
      const price = await prices(data);
      if (mine !== turn) return;
      put(status, data.t.length ? "" : t("nodata"));
      earlier.disabled = !data.t.length;
      later.disabled = back === 0;
      put(span, spanned(view, from, to));
      const hours = view === "hour" ? HOURS : 1;
      const costs = data.cost || data.t.map((_, k) => (known(price[k]) && known(data.i[k]) ? price[k] * data.i[k] * hours : null));
      const priced = Boolean(VIEWS[view].length) && price.some(known);
      const shown = { from, to, data, price, priced, costs, hours, end: data.t.map((start) => ends(view, start)),
        currency: data.pc || (now.configuration && now.configuration.pc) || "EUR" };
      draw(shown);
      if (view !== "hour") await before(shown, range(view, back + 1, x)[0], mine);
      await others(shown, mine);
    } catch (error) {
      if (mine !== turn) return;
      put(status, said(error.message));
      put(body);
    }
  }

  async function others({ from, to, priced }, mine) {
    const cards = [];
    const all = (view !== "hour" && now.meter && now.meter.sub) || [];
    for (const sub of all) {
      const data = await ask(`/history/sub?ch=${sub.ch}&series=${SERIES[view]}&from=${from}&to=${to}`).catch(() => null);
      if (mine !== turn) return;
      if (data && data.used.some(known)) cards.push(subHistory(subName(sub, all), data, from, to, priced));
    }
    const told = view === "year" && (await askPeaks().catch(() => null));
    if (mine !== turn) return;
    put(extras, cards, told && peakMonths(told, from, to));
  }

  // Compare with the time before, which begins at `start`. Of a time that is going on, as much of both is compared as is
  // over: whole quarters of an hour of a day, whole days of a week or a month, whole months of a year.
  async function before(shown, start, mine) {
    const { data, from, end } = shown;
    const last = data.t.length - 1;
    if (last < 0) return;
    const name = view === "week" ? "month" : view;
    const going = data.f[last] & 1;
    const cut = !going ? end[last] : view === "week" ? midnight(data.t[last]) : data.t[last];
    // There is a sample if half of it is before the end. All but a twentieth of the time must have samples.
    const sum = (found, begin, until, name) => {
      const samples = found.t.map((_, k) => k).filter((k) => found.i[k] !== null && found.t[k] + ends(name, found.t[k]) < 2 * until);
      const length = samples.reduce((all, k) => all + ends(name, found.t[k]) - found.t[k], 0);
      return length < 0.95 * (until - begin) ? null : total(samples.map((k) => found.i[k]));
    };
    const key = [view, start, cut].join();
    if (past.key !== key) {
      const until = start + cut - from;
      const found = cut > from ? await fetched(name, start, until).catch(() => null) : null;
      if (mine !== turn) return;
      past = { key, i: found && sum(found, start, until, name) };
    }
    shown.before = { i: past.i, now: sum(data, from, cut, view), going };
    shown.tell();
  }

  const samples = () => ({ solid: Boolean(VIEWS[view].length), centred: !VIEWS[view].length });

  function energy(shown, title) {
    const { data, price, priced, costs, currency } = shown;
    const part = data.part || [];
    const name = view === "hour" ? "kW" : "kWh";
    const value = (list, k) => unit(list[k], name, VIEWS[view].digits);
    return chart({
      ...samples(), label: t("chart.energy"), unit: name, from: shown.from, to: shown.to, t: data.t, end: shown.end,
      up: data.i, down: data.e, line: priced ? price : null, lineUnit: minor(currency), title,
      read: (k) => [
        ["imp", t("import"), value(data.i, k)],
        ["exp", t("export"), value(data.e, k)],
        costs[k] !== null && ["", t("cost"), money(costs[k], currency, view === "hour" ? 4 : 2) + (part[k] ? " · " + t("partly") : "")],
        known(price[k]) && ["cost", t("price"), unit(price[k], minor(currency), 2)],
      ].filter(Boolean),
      rest: [["imp", t("import"), ""], ["exp", t("export"), ""], priced && ["cost", t("price"), ""]].filter(Boolean),
      restTitle: t("chart.hint"),
    }).node;
  }

  function current(shown, title) {
    const { data, priced } = shown;
    const one = (list) => list.map((each) => each[phase]);
    const series = () => ({ low: one(data.c_min), mean: one(data.c_avg), high: one(data.c_max) });
    const drawn = chart({
      ...samples(), ...series(), label: t("chart.current"), unit: "A", from: shown.from, to: shown.to, t: data.t, end: shown.end,
      height: 200, roomy: priced, limit: now.configuration && now.configuration.m.f, title,
      read: (k) => [
        ["band", t("minmax"), `${number(data.c_min[k][phase], 1)}–${unit(data.c_max[k][phase], "A", 1)}`],
        ["mean", t("average"), unit(data.c_avg[k][phase], "A", 1)],
      ],
      rest: [["band", t("minmax"), ""], ["mean", t("average"), ""]],
      restTitle: t("chart.hint"),
    });
    const choice = h("div", { class: "tabs", role: "group", "aria-label": t("phases") });
    const choose = (n) => {
      phase = n;
      put(choice, [0, 1, 2].map((each) => h("button", { "aria-pressed": String(each === phase), onclick: () => choose(each) }, "L" + (each + 1))));
      drawn.update(series());
    };
    choose(phase);
    return card(null, h("div", { class: "head" }, h("h2", null, t("chart.current")), choice), drawn.node);
  }

  // The sums above the charts. tell() draws them again when more is known.
  function summary(shown) {
    const { data, costs, hours } = shown;
    const list = h("dl", { class: "sums" });
    const note = small();
    const [i, e] = [total(data.i), total(data.e)];
    const peak = Math.max(...data.c_max.flat().filter(known), -Infinity);
    const kwh = (value) => (value === null ? "–" : unit(value * hours, "kWh", value * hours < 100 ? 2 : 0));
    shown.tell = () => {
      const cost = total(costs);
      const partly = costs.some((each, k) => data.i[k] && (each === null || (data.part && data.part[k])));
      const paid = view !== "year" && cost && i > 0 && !partly; // a month's cost has fixed fees in it
      const income = total(data.income || []);
      const { before } = shown;
      sums(list, [
        [t("import"), kwh(i)], [t("export"), kwh(e)],
        cost !== null && [t("cost"), money(cost, shown.currency), partly && t("partly")],
        income > 0 && [t("income"), money(income, shown.currency)],
        paid && [t("paid"), unit(cost / (i * hours), minor(shown.currency), 2)],
        before && known(before.i) && known(before.now) && [t("before"), kwh(before.i), [compared(before.now, before.i), before.going && t("sofar")].filter(Boolean).join("; ")],
        peak > -Infinity && [t("peak"), unit(peak, "A", 1)],
      ]);
      say(note, cost === null ? "" : priceNote(now.configuration));
      note.hidden = cost === null;
    };
    shown.tell();
    return card(null, list, note);
  }

  function draw(shown) {
    const { from, to, data } = shown;
    const { path, length, title } = VIEWS[view];
    const named = (k) => when(title, data.t[k]) + (length === 900 ? "–" + when("time", shown.end[k]) : "")
      + NOTES.filter((_, bit) => data.f[k] & (1 << bit)).map((note) => " · " + t(note)).join("");
    const focused = document.activeElement && document.activeElement.id;
    const csv = "format=csv" + (decimalComma() ? "&decimal=comma" : "");
    put(body, summary(shown),
      card(t("chart.energy"), energy(shown, named)),
      current(shown, named), // its times are below those of the other chart
      extras,
      card(t("export.title"), small(t("export.more")), h("div", { class: "row" },
        h("a", { class: "button", href: `${path}?${csv}&from=${from}&to=${to}`, download: "" }, t("export.view")),
        h("a", { class: "button", href: `${path}?${csv}&from=0`, download: "" }, t("export.all")))));
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  }

  function go(name, steps) {
    put(extras);
    view = name;
    back = Math.max(0, steps);
    kept("view", view);
    for (const each of Object.keys(VIEWS)) document.getElementById("view-" + each).setAttribute("aria-pressed", String(each === view));
    load();
  }

  go(view, 0);
  const timer = setInterval(() => back === 0 && !document.hidden && !body.contains(document.activeElement) && load(), 60000);
  return () => {
    turn += 1;
    clearInterval(timer);
  };
}
