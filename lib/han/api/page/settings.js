// The views of the settings.
import { banner, card, download, h, inRow, pairs, put, small, stack, statusLine, tellIn } from "./dom.js";
import { ask, trusted, write } from "./ask.js";
import { at, form, withConfiguration } from "./form.js";
import { keep, now } from "./feed.js";
import { browserZone, minor, said, t, when } from "./words.js";
import { ALARMS } from "./alarms.js";
import { wifi } from "./wifi.js";

const TABS = ["network", "meter", "general", "alarms", "connections", "access", "update", "diagnosis"];

export function heading(name) {
  return [h("h1", { tabindex: "-1" }, t("settings")), h("nav", { class: "tabs sub", "aria-label": t("settings") },
    TABS.map((tab) => h("a", { href: "#settings/" + tab, "aria-current": tab === name && "page" }, t("tab." + tab))))];
}

const definitions = {};

// Make a view whose content needs the configuration, and /definitions: the values that its fields may have.
export function view(name, draw) {
  return (root) => {
    const body = stack(h("p", { class: "said" }, t("loading")));
    put(root, heading(name), body);
    let gone = false;
    const ends = [() => {
      gone = true;
    }];
    ends.push(withConfiguration(async () => {
      try {
        if (!Object.keys(definitions).length) Object.assign(definitions, await ask("/definitions"));
        if (!gone) put(body, draw((end) => ends.push(end)));
      } catch (error) {
        if (!gone) put(body, banner("bad", said(error.message)));
      }
    }));
    return () => ends.forEach((end) => end());
  };
}

const named = (values, family) => values.map((value) => [value, t(family + value)]);

function addresses(path) {
  const fixed = (values) => at(values, path + ".m") === "static";
  return [
    { path: path + ".m", kind: "select", label: t("address"), choices: named(definitions.addressModes, "mode.") },
    { path: path + ".i", kind: "text", label: t("ip"), only: fixed },
    { path: path + ".s", kind: "text", label: t("mask"), only: fixed },
    { path: path + ".g", kind: "text", label: t("gateway"), only: fixed },
    { path: path + ".d1", kind: "text", label: t("dns"), only: fixed },
  ];
}

// The policy that the form shows. The configuration has a policy, and a switch for each of the links.
function links({ np, e, w }) {
  const cable = e.e && np !== "sta";
  const radio = w.e && np !== "eth";
  return cable && radio ? (np === "eth_sta" ? np : "auto") : cable ? "eth" : radio ? "sta" : np;
}

function chosenLinks(given) {
  if (given.np === "sta" && !now.configuration.w.s) throw new Error(t("joinfirst"));
  return write("/configuration", "PUT", { ...given, e: { e: given.np !== "sta" }, w: { e: given.np !== "eth" } });
}

export const network = view("network", () => [
  wifi(now.state && now.state.state === "SETUP"),
  card(t("links"), small(t("links.more")), form([
    { path: "np", kind: "select", label: t("policy"), choices: named(definitions.networkPolicies, "np."), value: links(now.configuration) },
    { path: "bhf", kind: "flag", label: t("bhf") },
  ], { send: chosenLinks }).node),
  card(t("wifi.details"), form([
    { path: "w.b", kind: "flag", label: t("wifi.ap"), hint: t("wifi.ap.hint") },
    { path: "w.w", kind: "select", label: t("security"), choices: definitions.wifiSecurity.map((each) => [each.w, each.w ? each.name : t("open")]) },
    { path: "w.z", kind: "select", label: t("channel"), choices: Array.from({ length: Number(definitions.wifiChannels[1]) + 1 }, (_, n) => [n, n ? String(n) : t("automatic")]) },
    ...addresses("w.n"),
  ]).node),
  card(t("ethernet"), form(addresses("e.n")).node),
]);

// Show whether a new key works, by the telegrams since it was set. before: the counters of /health at that time.
function watchKey(node, before) {
  let left = 40;
  const look = async () => {
    const health = await ask("/health").catch(() => null);
    if (!node.isConnected) return;
    const meter = health && health.meter;
    left -= 1;
    if (meter && meter.decoded > before.decoded && meter.encrypted > before.encrypted && !meter.diagnosis) {
      put(node, banner("good", t("key.works"), t("key.works.more")));
    } else if (meter && meter.decoded > before.decoded && meter.encrypted === before.encrypted) {
      put(node, banner("plain", t("key.unused"), t("key.unused.more")));
    } else if (meter && meter.decrypt_failures > before.decrypt_failures && meter.diagnosis) {
      put(node, banner("bad", said(meter.diagnosis) + ".", t("key.wrong.more")));
      if (left > 0) setTimeout(look, 2000);
    } else if (left > 0) {
      put(node, banner("plain", t("key.waiting"), meter && meter.diagnosis ? said(meter.diagnosis) + "." : ""));
      setTimeout(look, 2000);
    } else {
      put(node, banner("", t("key.nothing"), meter && meter.diagnosis ? said(meter.diagnosis) + "." : ""));
    }
  };
  look();
}

// The convention of the checksum as /health has it: "X25", or "X25, 3 of 5" if only so many telegrams have followed it.
export const convention = (text) => `${t("checksum")} ${text.replace(/(\d+) of (\d+)$/, (_, a, b) => t("of", a, b))}`;

export const meter = view("meter", (on) => {
  const feedback = h("div", { role: "status" });
  const status = h("p", null, t("loading"));
  const show = (health) => {
    const { diagnosis, decoded, frames, line, checksum } = health.meter;
    put(status, diagnosis ? h("span", { class: "error" }, said(diagnosis)) : decoded ? t("reads") : frames ? said("no reading yet") : t("help.early"),
      h("span", { class: "soft" }, [line, checksum && convention(checksum)].filter(Boolean).map((each) => " · " + each)));
  };
  const state = () => document.hidden || ask("/health").then(show, () => null);
  state();
  const timer = setInterval(state, 5000);
  on(() => clearInterval(timer));
  const { m } = now.configuration;
  let before = { decoded: 0, encrypted: 0, decrypt_failures: 0 };
  return [
    card(t("meter"), status, form([
      { path: "m.f", kind: "number", label: t("fuse"), hint: t("fuse.hint"), min: definitions.fuse[0], max: definitions.fuse[1] },
      { path: "m.t", kind: "select", label: t("meter.type"), choices: definitions.meters.map((name) => [name, name === "auto" ? t("automatic") : name]) },
      { path: "m.o", kind: "select", label: t("line"), choices: definitions.lines.map((each) => [each.o, each.o ? each.name : t("automatic")]) },
      { path: "m.n", kind: "select", label: t("net"), hint: t("net.hint"), choices: named(definitions.networks, "net."), fold: true },
      { path: "m.is", kind: "select", label: t("signs"), hint: t("signs.hint"), choices: named(definitions.currentSigns, "signs."), fold: true },
      { path: "m.ct", kind: "number", label: t("ct"), hint: t("ct.hint"), min: 1, max: 10000, fold: true },
      ...["e", "i", "u"].map((name) => ({ path: "m.s." + name, kind: "number", label: t("scale." + name), hint: t("scale.hint"), min: 0, max: 1000, step: "any", fold: true })),
      { path: "m.ts", kind: "select", label: t("ts"), hint: t("ts.hint"), choices: definitions.timestamps.map((name) => [name, name]), fold: true },
    ], { after: () => setTimeout(state, 3000) }).node),
    card(t("keys"), small(t("keys.more")), form([
      { path: "m.k", kind: "secret", label: t("key.encryption"), set: m.ks, hint: t("key.hint") },
      { path: "m.a", kind: "secret", label: t("key.authentication"), set: m.as, hint: t("key.optional") },
    ], {
      send: async (given) => {
        before = (await ask("/health")).meter;
        return write("/configuration", "PUT", given);
      },
      after: (given) => {
        put(feedback);
        state();
        if (given.m.k || given.m.a) watchKey(feedback, before);
      },
    }).node, feedback),
  ];
});

function clockCard() {
  const mine = browserZone();
  const made = form([
    { path: "t", kind: "text", label: t("zone"), choices: definitions.timezones, hint: t("zone.hint", mine) },
    { path: "ts", kind: "list", label: t("servers"), hint: t("servers.hint"), fold: true },
  ]);
  const [field] = made.fields;
  if (definitions.timezones.includes(mine) && mine !== now.configuration.t) {
    field.node.append(h("button", { type: "button", onclick: () => {
      field.input.value = mine;
      made.node.querySelector("button.main").click();
    } }, t("zone.take", mine)));
  }
  return card(t("time"), made.node);
}

function taxes() {
  const { pc } = now.configuration;
  return card(t("taxes"), small(t("taxes.more")), form([
    { path: "vat", kind: "number", label: t("vat"), min: 0, max: 100, step: "any" },
    { path: "monthly", kind: "number", label: t("monthly", minor(pc, "")), step: "any" },
    { path: "sell", kind: "number", label: t("sell", minor(pc)), hint: t("sell.hint"), step: "any" },
    { path: "fees", kind: "fees", label: t("fees"), hint: t("fees.hint") },
  ], { one: true }).node);
}

// A rule of peaks: none, one of a grid company, or one that came by the API, which stays as it is.
function cap() {
  const rule = now.configuration.cap;
  const company = (name) => name.replace(/^..-/, "").replace(/^./, (first) => first.toUpperCase());
  return card(t("peaks"), form([{ path: "cap", kind: "select", label: t("cap"), hint: t("cap.hint"), choices: [
    [null, t("cap.none")],
    ...definitions.caps.map(({ name, country, date }) => [name, `${company(name)} (${country}, ${date})`]),
    ...(rule && rule.charAt === undefined ? [[rule, t("cap.own")]] : []),
  ] }]).node);
}

export const general = view("general", () => [
  card(t("prices"), form([
    { path: "s", kind: "flag", label: t("spot"), hint: t("spot.hint") },
    { path: "pa", kind: "select", label: t("area"), choices: definitions.priceAreas.map((name) => [name, name]), only: (values) => values.s },
    { path: "p", kind: "number", label: t("fixed"), hint: t("fixed.hint"), min: 0, step: "any", only: (values) => !values.s },
    { path: "pc", kind: "select", label: t("currency"), choices: definitions.currencies.map((name) => [name, name]) },
  ]).node),
  taxes(),
  definitions.caps && cap(),
  clockCard(),
  card(t("updates"), form([{ path: "up", kind: "select", label: t("update.policy"), choices: named(definitions.updatePolicies, "up.") }]).node),
]);

const LATEST = 24; // hours with alarms are shown

function alarmFields(name, bounds) {
  const path = `alarms.${name}.`;
  const title = t("alarm." + name);
  const set = now.configuration.alarms[name];
  const first = { s: 60, ...(ALARMS[name] || [])[1], ...set };
  return [
    { path: path + "on", kind: "flag", label: title, value: Boolean(set) },
    ...Object.keys(bounds).map((field) => ({
      path: path + field, kind: "number", label: t("alarm.field." + field, minor(now.configuration.pc)), part: title, min: bounds[field][0], max: bounds[field][1],
      step: field === "below" ? "any" : 1, value: first[field], only: (values) => values.alarms[name].on,
    })),
  ];
}

// The last hours in which alarms were on. It is hidden where there are none, or the reader keeps none.
function alarmHours() {
  const node = card(t("alarms.hours"));
  node.hidden = true;
  ask("/alarms?limit=" + LATEST).then((told) => {
    node.hidden = !told.hours.length;
    node.append(pairs(told.hours.map((hour) => [when("slot", hour.t), hour.on.map((name) => h("div", null, t("alarm." + name)))])));
  }, () => null);
  return node;
}

export const alarms = view("alarms", () => [card(t("tab.alarms"), small(t("alarms.more")),
  form(Object.entries(definitions.alarms || {}).flatMap(([name, bounds]) => alarmFields(name, bounds)), {
    one: true,
    send: ({ alarms: given }) => {
      const wanted = {};
      for (const name of Object.keys(given)) {
        const { on, ...rule } = given[name];
        wanted[name] = on ? rule : null;
      }
      return write("/configuration", "PUT", { alarms: wanted });
    },
  }).node), alarmHours()]);

export const access = view("access", () => {
  const status = statusLine();
  const secrets = h("input", { type: "checkbox", id: "secrets" });
  const file = h("input", { type: "file", id: "restore", accept: ".json,application/json" });
  const tell = (kind, text) => tellIn(status, kind, text);
  const save = async () => {
    try {
      const given = secrets.checked ? await trusted("/configuration?secrets=1") : await ask("/configuration");
      download("han-reader-configuration.json", "application/json", JSON.stringify(given, null, 1) + "\n");
      tell("good", t("backup.made"));
    } catch (error) {
      tell("bad", said(error.message));
    }
  };
  const restore = async () => {
    try {
      if (!file.files.length) throw new Error(t("choosefile"));
      const given = await file.files[0].text();
      await write("/configuration", "PUT", JSON.parse(given));
      keep("configuration", await ask("/configuration"));
      tell("good", t("restored"));
    } catch (error) {
      tell("bad", error instanceof SyntaxError ? t("notjson") : said(error.message));
    }
  };
  return [
    card(t("backup"), small(t("backup.more")),
      h("label", { class: "check", for: "secrets" }, secrets, t("backup.secrets")),
      inRow(h("button", { onclick: save }, t("backup.save"))),
      h("div", null, h("label", { for: "restore" }, t("restore.file")), file),
      inRow(h("button", { onclick: restore }, t("restore")), status)),
    card(t("password.access"), small(t("password.access.more")), form([
      { path: "pw", kind: "secret", label: t("password.new"), set: now.configuration.pws, value: "" },
    ]).node),
    card(t("hosts"), small(t("hosts.more")), form([{ path: "hosts", kind: "list", label: t("hosts.names") }], { one: true }).node),
  ];
});
