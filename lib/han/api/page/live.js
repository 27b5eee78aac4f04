// The view "live": the last reading, the last hour, the meter and the connection.
import { banner, card, h, icon, inRow, pairs, put, say, small, stack } from "./dom.js";
import { alarmed } from "./alarms.js";
import { chart } from "./chart.js";
import { ask, write } from "./ask.js";
import { beside } from "./beside.js";
import { listen, now } from "./feed.js";
import { meterEvents } from "./events.js";
import { peaks } from "./peaks.js";
import { subMeters } from "./submeters.js";
import { today } from "./today.js";
import { browserZone, known, lasting, minor, money, number, power, priceNote, said, slots, t, unit, watts, when } from "./words.js";

const KEPT = 3600; // length of the small chart, s
const EARLY = 120000; // for so long after a start, ms, the first reading may still be on its way
// [a pattern of the reader's reasons, a text that helps, whether it is about the key].
const HELP = [[/^no bytes/, key("help.silent")], [/^bytes but|^frames but/, key("help.noise")], [/no key$/, key("help.key"), true],
  [/key does not match/, key("help.wrong"), true]];

function signal(rssi) {
  const level = rssi > -55 ? 4 : rssi > -66 ? 3 : rssi > -76 ? 2 : 1;
  return h("span", { class: "bars", "aria-hidden": "true" }, [1, 2, 3, 4].map((n) => h("i", { class: n <= level && "on" })));
}

export function signalOf(rssi) {
  return h("span", null, signal(rssi), " ", unit(rssi, "dBm"));
}

// A banner that says why there is no fresh reading; [] when there is one, or when nothing is known yet.
function trouble() {
  const age = (performance.now() - now.heard) / 1000;
  if (now.mode === "none" && now.reason === null && !now.meter) return [];
  if (now.mode === "none") return banner("bad", t("lost"), t("lost.more"));
  if (now.meter && !now.stale) return [];
  if (!now.meter && !now.reason) return [];
  const [, help, locked] = HELP.find(([pattern]) => now.reason && pattern.test(now.reason)) || [];
  const early = !now.meter && !now.silent && !locked && now.health && now.health.uptime_ms < EARLY;
  return banner(now.meter ? "" : "bad", now.meter || now.silent ? t("stale", lasting(age)) : t("noreading"),
    (now.reason ? said(now.reason) : t("stale.more")) + ".",
    early && h("p", { class: "small" }, t("help.early")),
    known(help) && h("p", { class: "small" }, t(help), " ", h("a", { href: "#settings/" + (locked ? "meter" : "diagnosis") }, t("tellmore"))));
}

const kilowatts = (value) => watts(value === null ? null : value * 1000);

// The price that holds now, with VAT and fees where they are set; null: not known.
function priceNow(book) {
  if (!book) return null;
  // The last slot that has begun is the present one. Without slots, the reader tells the price of now.
  const begun = slots(book).filter(([start]) => start <= Date.now());
  return begun.length ? begun[begun.length - 1][1] : known(book.total) ? book.total : book.price;
}

export function live(root) {
  const warn = h("div", { role: "status" });
  const place = h("div");
  const flow = h("span");
  const big = h("div", { class: "big num" });
  const facts = h("dl", { class: "facts" });
  const hero = h("section", { class: "card hero w4", "aria-label": t("live") }, h("div", { class: "flow" }, icon("down"), flow), big, facts);
  const phases = card(t("phases"));
  const totals = card(t("counters"));
  const who = card(t("meter"));
  const line = card(t("connection"));
  const day = today();
  const subs = subMeters();
  const most = peaks();
  const events = meterEvents();
  const others = beside();
  phases.classList.add("w2");
  totals.classList.add("w2");
  const points = { t: [], end: [], up: [], down: [] };
  let prices = null;
  let identity = null;
  let gone = false;
  let asking = false; // more() is waiting for its answers
  let added = null; // `seq` of the last reading that was added to the chart
  const recent = chart({
    label: t("lasthour"), unit: "kW", height: 215, solid: true, from: Date.now() / 1000 - KEPT, to: Date.now() / 1000, ...points,
    title: (k) => when("second", points.t[k]),
    read: (k) => [["imp", t("import"), kilowatts(points.up[k])], ["exp", t("export"), kilowatts(points.down[k])]],
    rest: [["imp", t("import"), ""], ["exp", t("export"), ""]],
    restTitle: t("lasthour"),
  });
  hero.append(recent.node);
  put(root, h("h1", { tabindex: "-1" }, t("live")), warn, place, h("div", { class: "grid" }, hero, phases, totals, day.node, h("div", { class: "fill w6" }, most.node, subs.node, others.node, events.node, who, line)));

  const rows = [1, 2, 3].map((n) => {
    const bar = h("i");
    const row = { amp: h("span", { class: "amp num" }), rest: h("span", { class: "soft num small" }), bar,
      box: h("div", { class: "bar", role: "meter", "aria-label": t("phase.fuse", n), "aria-valuemin": 0 }, bar) };
    row.node = h("div", { class: "phase" }, h("b", null, "L" + n), row.rest, row.amp, row.box);
    return row;
  });
  const fuse = small();
  phases.append(...rows.map((row) => row.node), fuse);

  // A new reader does not know its time zone. This browser mostly does, so its zone is offered.
  function zone() {
    const mine = browserZone();
    const wanted = now.configuration && now.configuration.t === "Etc/UTC" && /^(?!Etc)[A-Z]\w+\/./.test(mine || "");
    if (Boolean(wanted) === Boolean(place.firstChild)) return;
    const failed = h("p", { class: "said bad", role: "status" });
    put(place, wanted && banner("plain", t("zone.unset"), t("zone.unset.more"), inRow(h("button", { onclick: () =>
      write("/configuration", "PUT", { t: mine }).catch((error) => put(failed, said(error.message))) }, t("zone.take", mine)), failed)));
  }

  function redraw(force) {
    const to = Math.ceil(Date.now() / 1000);
    if (!force && document.hidden) return;
    recent.update({ from: to - KEPT, to, ...points });
  }

  function add(meter) {
    // When the reading came, unix s. This may be a while ago.
    const at = Math.floor((Date.now() - performance.now() + now.heard) / 1000);
    const n = points.t.length;
    if (meter.seq === added || (meter.pi[0] === null && meter.pe[0] === null)) return;
    added = meter.seq;
    if (n && at <= points.t[n - 1]) return;
    if (n && at - points.t[n - 1] < 90) points.end[n - 1] = at;
    points.t.push(at);
    points.end.push(at + 10);
    points.up.push((meter.pi[0] || 0) / 1000);
    points.down.push((meter.pe[0] || 0) / 1000);
    while (points.t.length && points.t[0] < at - KEPT - 60) for (const list of Object.values(points)) list.shift();
  }

  function reading() {
    const meter = now.meter;
    const net = meter ? meter.p[0] : null;
    hero.classList.toggle("out", net < 0);
    root.classList.toggle("old", !meter || now.stale || now.mode === "none");
    flow.parentNode.style.visibility = net === null ? "hidden" : "";
    say(flow, net < 0 ? t("exporting") : net > 0 ? t("importing") : t("balanced"));
    const [value, kind] = power(net === null ? null : Math.abs(net));
    put(big, value, h("small", null, " " + kind));
    const price = priceNow(prices);
    const reactive = meter && meter.r[0];
    const cost = price !== null && meter && meter.pi[0] !== null ? (price * meter.pi[0]) / 1000 : null;
    const currency = (prices && prices.currency) || "EUR";
    put(facts, [
      price ? [t("costnow"), cost === null ? "–" : money(cost, currency, Math.abs(cost) < 10 ? 3 : 2) + "/h"] : null,
      price ? [t("price"), unit(price, minor(currency), 2), now.configuration && priceNote(now.configuration)] : null,
      [t("reactive"), unit(reactive, "var")],
    ].filter(Boolean).map((row) => h("div", null, h("dt", null, row[0]), h("dd", null, row[1]), row[2] && h("dd", { class: "note" }, row[2]))));
    const fused = now.configuration ? now.configuration.m.f : 25;
    rows.forEach((row, n) => {
      const amps = meter ? meter.i[n] : null;
      const drawn = meter ? meter.p[n + 1] : null;
      const volts = meter ? meter.u[n] : null;
      put(row.amp, number(amps, 1), h("small", null, " A"));
      say(row.rest, [volts === null ? null : unit(volts, "V", 1), drawn === null ? null : watts(drawn)].filter(Boolean).join(" · "));
      const part = amps === null ? 0 : Math.abs(amps) / fused;
      row.bar.style.width = Math.min(100, part * 100) + "%";
      row.box.className = "bar" + (part > 1 ? " over" : part > 0.8 ? " high" : "");
      row.box.setAttribute("aria-valuemax", fused);
      row.box.setAttribute("aria-valuenow", amps === null ? 0 : Math.abs(amps));
      row.box.setAttribute("aria-valuetext", unit(amps, "A", 1));
      row.node.hidden = n > 0 && meter !== null && amps === null && volts === null;
    });
    say(fuse, t("fuse.is", fused));
    put(totals, h("h2", null, t("counters")), pairs([
      [t("import"), unit(meter && meter.ic, "kWh", 1)],
      [t("export"), unit(meter && meter.ec, "kWh", 1)],
      [t("import.re"), unit(meter && meter.ric, "kvarh", 1)],
      [t("export.re"), unit(meter && meter.rec, "kvarh", 1)],
    ]));
    subs.draw();
    others.draw();
  }

  function links() {
    const { health, state } = now;
    put(line, h("h2", null, t("connection")), pairs([
      [t("data"), t("mode." + now.mode)],
      [t("age"), now.dated ? lasting((performance.now() - now.heard) / 1000) : "–"],
      state && state.wifiIp !== "0.0.0.0" ? [t("wifi"), health && health.wifi_rssi !== null ? signalOf(health.wifi_rssi) : state.wifiIp] : null,
      state && state.ethIp !== "0.0.0.0" ? [t("ethernet"), state.ethIp] : null,
      health ? [t("broken"), t("of", number(health.meter.checksum_errors + health.meter.parity + health.meter.truncated), number(health.meter.frames))] : null,
    ]));
  }

  async function more() {
    asking = true;
    const [health, id] = [await ask("/health").catch(() => null), identity || (await ask("/meter/id").catch(() => null))];
    if (gone) return;
    asking = false;
    if (health) now.health = health;
    identity = id;
    put(who, h("h2", null, t("meter")), pairs([
      [t("maker"), (id && id.manufacturerId) || "–"],
      [t("model"), (id && id.meterName) || "–"],
      [t("number"), (id && id.meterId) || "–"],
      [t("line"), (health && health.meter.line) || t("searching")],
    ]));
    links();
    if (document.hidden) return;
    events.load();
    most.load();
  }

  async function start() {
    prices = await ask("/prices").catch(() => null);
    if (gone) return;
    reading();
    more();
    day.load();
    const past = await ask("/history/hourly").catch(() => null); // a small board keeps none
    if (gone || !past) return;
    const first = points.t.length ? points.t[0] : Infinity;
    const old = past.t.map((_, k) => k).filter((k) => past.t[k] < first && past.t[k] > Date.now() / 1000 - KEPT - 60);
    points.t.unshift(...old.map((k) => past.t[k]));
    points.end.unshift(...old.map((k) => past.t[k] + 10));
    points.up.unshift(...old.map((k) => past.i[k]));
    points.down.unshift(...old.map((k) => past.e[k]));
    redraw(true);
  }

  const stop = listen((kind) => {
    if (kind === "tick" || kind === "mode") {
      links();
    } else if (kind === "configuration" || kind === "state") {
      zone();
    } else if (kind === "events") {
      events.load(true);
    } else if (kind === "meter") {
      if (now.meter && now.dated && !now.stale) add(now.meter);
      redraw();
      if (now.meter && !identity && !asking) more();
    }
    if (kind !== "tick") reading();
    const problem = stack(trouble(), alarmed());
    if (warn.textContent !== problem.textContent) put(warn, problem.firstChild && problem);
  });
  reading();
  links();
  zone();
  more();
  start();
  const timers = [setInterval(more, 30000), setInterval(async () => {
    if (document.hidden) return;
    prices = await ask("/prices").catch(() => prices);
    day.load();
  }, 300000)];
  return () => {
    gone = true;
    stop();
    timers.forEach(clearInterval);
    root.classList.remove("old");
  };
}
