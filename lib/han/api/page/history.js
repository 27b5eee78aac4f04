// The view "history": energy, cost and currents of the past.
import { card, h, put, say } from "./dom.js";
import { chart } from "./chart.js";
import { ask } from "./ask.js";
import { now } from "./feed.js";
import { clock, decimalComma, kept, midnight, minor, money, number, priceNote, said, t, unit, when } from "./words.js";

const VIEWS = ["hour", "week", "month", "year"];
const PATHS = { hour: "/history/hourly", week: "/history/weekly", month: "/history/monthly", year: "/history/yearly" };
const LENGTHS = { hour: 10, week: 900 };
const SPANS = { hour: 3600, week: 7 * 86400, month: 31 * 86400, year: 366 * 86400 };
const TITLES = { hour: "second", week: "slot", month: "day", year: "year" };

const total = (list) => list.reduce((sum, value) => (value === null ? sum : (sum || 0) + value), null);

// The time that a view shows, [from, to), unix s. It ends with the newest sample, or `back` spans before it.
function range(view, back, newest) {
  if (view === "hour") {
    const to = newest - (newest % 10) + 10 - back * SPANS.hour;
    return [to - SPANS.hour, to];
  }
  const to = midnight(newest, 1 - back * { week: 7, month: 31, year: 365 }[view]);
  if (view !== "year") return [midnight(to, view === "week" ? -7 : -31), to];
  const [year, month] = clock(to - 1);
  // The month that is going on, and the twelve whole months before it.
  let from = to;
  for (let n = 0; n < 13; n += 1) {
    from = midnight(from - 1);
    from = midnight(from, 1 - clock(from)[2]);
  }
  let end = midnight(to - 1);
  while (clock(end)[0] === year && clock(end)[1] === month) end = midnight(end, 1);
  return [from, end];
}

// The end of the sample that begins at `start`, unix s.
function ends(view, start) {
  if (LENGTHS[view]) return start + LENGTHS[view];
  if (view === "month") return midnight(start, 1);
  let end = midnight(start, 28);
  const month = clock(start)[1];
  while (clock(end)[1] === month) end = midnight(end, 1);
  return end;
}

export function history(root) {
  let view = VIEWS.includes(kept("view")) ? kept("view") : "week";
  let back = 0;
  let phase = 0;
  let turn = 0; // number of the last request: answers to older ones are not shown
  let current = null;
  const tabs = h("div", { class: "tabs", role: "group", "aria-label": t("period") });
  const body = h("div", { class: "stack" });
  const status = h("p", { class: "said", role: "status" });
  const earlier = h("button", { "aria-label": t("earlier"), onclick: () => go(view, back + 1) }, "‹ ", t("earlier"));
  const later = h("button", { "aria-label": t("later"), onclick: () => go(view, back - 1) }, t("later"), " ›");
  const span = h("b");
  put(root, h("div", { class: "head" }, h("h1", { tabindex: "-1" }, t("history")), tabs),
    h("div", { class: "head" }, earlier, span, later), status, body);
  put(tabs, VIEWS.map((name) => h("button", { id: "view-" + name, onclick: () => go(name, 0) }, t("view." + name))));

  async function prices(data) {
    // The reader keeps a price with every quarter of an hour. The cost of the last hour is made with the known prices.
    if (view === "week") return data.p.some(Boolean) ? data.p : data.t.map(() => null); // all are 0: no price was set
    const configuration = now.configuration;
    const fixed = configuration && !configuration.s && configuration.p ? configuration.p : null;
    if (fixed !== null || view !== "hour") return data.t.map(() => fixed);
    const book = await ask("/prices").catch(() => null);
    return data.t.map((start) => {
      const slots = book ? book.prices.filter((slot) => slot[0] <= start * 1000) : [];
      return slots.length ? slots[slots.length - 1][1] : null;
    });
  }

  async function load() {
    const mine = ++turn;
    put(status, t("loading"));
    earlier.disabled = later.disabled = true;
    try {
      const end = await ask(PATHS[view] + "?limit=1");
      if (mine !== turn) return;
      if (end.x === null) {
        put(status, t("nohistory"));
        put(body);
        return;
      }
      const [from, to] = range(view, back, end.x);
      const data = await ask(`${PATHS[view]}?from=${from}&to=${to}`, { patience: 60000 });
      const price = await prices(data);
      if (mine !== turn) return;
      put(status, data.t.length ? "" : t("nodata"));
      earlier.disabled = !data.t.length;
      later.disabled = back === 0;
      const last = to - 1;
      put(span, view === "hour" ? `${when("time", from)}–${when("time", to)}` : view === "year" ? `${when("year", from)} – ${when("year", last)}` : `${when("date", from)} – ${when("date", last)}`);
      draw({ from, to, data, price, currency: data.pc || (now.configuration && now.configuration.pc) || "EUR" });
      if (view === "month" && price.every((each) => each === null)) await dailyCosts(mine);
    } catch (error) {
      if (mine === turn) put(status, said(error.message));
      put(body);
    }
  }

  // With spot prices, the cost of a day is the sum of its quarters of an hour. They are fetched a week at a time.
  async function dailyCosts(mine) {
    const { data, from, to, costs } = current;
    for (let week = to; week > from; week = midnight(week, -7)) {
      const quarters = await ask(`${PATHS.week}?from=${Math.max(from, midnight(week, -7))}&to=${week}`, { patience: 60000 }).catch(() => null);
      if (mine !== turn || !quarters || !quarters.t.length) break;
      quarters.t.forEach((start, k) => {
        if (quarters.p[k] === null || quarters.i[k] === null) return;
        const day = data.t.findIndex((begin, n) => begin <= start && start < ends("month", data.t[n]));
        if (day >= 0) costs[day] = (costs[day] || 0) + quarters.p[k] * quarters.i[k];
      });
      current.currency = quarters.pc || current.currency;
      current.tell();
    }
  }

  function draw(shown) {
    current = shown;
    const { from, to, data, price } = shown;
    const energy = view === "hour" ? "kW" : "kWh";
    const end = data.t.map((start) => ends(view, start));
    // The samples of the view "hour" are power, kW, for 10 s. Those of the other views are energy, kWh.
    const costs = shown.costs = data.t.map((_, k) => (price[k] === null || data.i[k] === null ? null : price[k] * data.i[k] * (view === "hour" ? 10 / 3600 : 1)));
    const factor = view === "hour" ? 10 / 3600 : 1;
    const sum = { i: total(data.i), e: total(data.e) };
    const peak = Math.max(...data.c_max.flat().filter((value) => value !== null), -Infinity);
    const note = (k) => (data.f[k] & 1 ? " · " + t("going") : "") + (data.f[k] & 2 ? " · " + t("partly") : "") + (data.f[k] & 4 ? " · " + t("unset") : "") + (data.f[k] & 8 ? " · " + t("changed") : "");
    const title = (k) => when(TITLES[view], data.t[k]) + (view === "week" ? "–" + when("time", end[k]) : "") + note(k);
    const priced = (view === "week" || view === "hour") && price.some((each) => each !== null);
    const flows = chart({
      label: t("chart.energy"), unit: energy, from, to, t: data.t, end, up: data.i, down: data.e,
      solid: view === "hour" || view === "week", centred: view === "month" || view === "year",
      line: priced ? price : null, lineUnit: minor(shown.currency),
      title,
      read: (k) => [
        ["imp", t("import"), unit(data.i[k], energy, view === "year" ? 0 : view === "month" ? 1 : 3)],
        ["exp", t("export"), unit(data.e[k], energy, view === "year" ? 0 : view === "month" ? 1 : 3)],
        costs[k] !== null && ["", t("cost"), money(costs[k], shown.currency, view === "hour" ? 4 : 2)],
        price[k] !== null && price[k] !== undefined && ["cost", t("price"), unit(price[k], minor(shown.currency), 2)],
      ].filter(Boolean),
      rest: [["imp", t("import"), ""], ["exp", t("export"), ""]].concat(priced ? [["cost", t("price"), ""]] : []),
      restTitle: t("chart.hint"),
    });
    const ampere = (list, k) => (list[k][phase] === null ? null : list[k][phase]);
    const series = (list) => data.t.map((_, k) => ampere(list, k));
    const currents = () => ({ low: series(data.c_min), mean: series(data.c_avg), high: series(data.c_max) });
    const band = chart({
      label: t("chart.current"), unit: "A", from, to, t: data.t, end, height: 200,
      roomy: priced, // its times below those of the other chart
      limit: now.configuration && now.configuration.m.f,
      solid: view === "hour" || view === "week", centred: view === "month" || view === "year", ...currents(), title,
      read: (k) => [["band", t("minmax"), `${number(ampere(data.c_min, k), 1)}–${unit(ampere(data.c_max, k), "A", 1)}`], ["mean", t("average"), unit(ampere(data.c_avg, k), "A", 1)]],
      rest: [["band", t("minmax"), ""], ["mean", t("average"), ""]],
      restTitle: t("chart.hint"),
    });
    const choice = h("div", { class: "tabs", role: "group", "aria-label": t("phases") });
    const choose = (n) => {
      phase = n;
      put(choice, [0, 1, 2].map((each) => h("button", { "aria-pressed": String(each === phase), onclick: () => choose(each) }, "L" + (each + 1))));
      band.update(currents());
    };
    choose(phase);
    const kwh = (value) => (value === null ? "–" : unit(value * factor, "kWh", value * factor < 100 ? 2 : 0));
    const focused = document.activeElement && document.activeElement.id;
    const csv = "format=csv" + (decimalComma() ? "&decimal=comma" : "");
    const sums = h("dl", { class: "sums" });
    const without = h("p", { class: "soft small" });
    shown.tell = () => {
      const cost = total(costs);
      const paid = cost && sum.i > 0 && costs.every((each, k) => each !== null || !data.i[k]);
      put(sums, [
        [t("import"), kwh(sum.i)], [t("export"), kwh(sum.e)],
        cost !== null && [t("cost"), money(cost, shown.currency)],
        paid && [t("paid"), unit(cost / (sum.i * factor), minor(shown.currency), 2)],
        peak > -Infinity && [t("peak"), unit(peak, "A", 1)],
      ].filter(Boolean).map(([name, text]) => h("div", null, h("dt", null, name), h("dd", { class: "num" }, text))));
      say(without, cost === null ? "" : priceNote(now.configuration));
      without.hidden = cost === null;
    };
    shown.tell();
    put(body, card(null, sums, without),
    card(t("chart.energy"), flows.node),
    card(null, h("div", { class: "head" }, h("h2", null, t("chart.current")), choice), band.node),
    card(t("export.title"), h("p", { class: "soft small" }, t("export.more")), h("div", { class: "row" },
      h("a", { class: "button", href: `${PATHS[view]}?${csv}&from=${from}&to=${to}`, download: "" }, t("export.view")),
      h("a", { class: "button", href: `${PATHS[view]}?${csv}&from=0`, download: "" }, t("export.all")))));
    if (focused && document.getElementById(focused)) document.getElementById(focused).focus();
  }

  function go(name, steps) {
    view = name;
    back = Math.max(0, steps);
    kept("view", view);
    for (const each of VIEWS) document.getElementById("view-" + each).setAttribute("aria-pressed", String(each === view));
    load();
  }

  go(view, 0);
  const timer = setInterval(() => back === 0 && !document.hidden && !body.contains(document.activeElement) && load(), 60000);
  return () => {
    turn += 1;
    clearInterval(timer);
  };
}
