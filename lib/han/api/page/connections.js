// The view "connections": other systems' languages that the reader speaks.
import { card, h, pairs, put, say, small, tellIn } from "./dom.js";
import { ask, write } from "./ask.js";
import { form } from "./form.js";
import { now } from "./feed.js";
import { view } from "./settings.js";
import { known, number, said, t, when } from "./words.js";

const LOOK = 5000; // ms between two looks at how they are doing
const TODAY = 72000; // a state that is younger, s, has its time without the day

const portField = () => ({ name: "port", kind: "number", label: t("port"), min: 1, max: 65535 });

// Of each language: its name, what it is for, and its fields beside the switch if it has any.
const SPOKEN = {
  mqtt: ["MQTT", key("out.mqtt"), () => [
    { name: "host", kind: "text", label: t("broker") },
    portField(),
    { name: "user", kind: "text", label: t("user") },
    { name: "pw", kind: "secret", label: t("password"), set: now.configuration.out.mqtt.pws },
    { name: "tls", kind: "flag", label: "TLS", fold: true },
    { name: "prefix", kind: "text", label: t("prefix"), fold: true },
    { name: "every", kind: "number", label: t("every"), hint: t("every.hint"), min: 0, max: 3600, fold: true },
    { name: "ha", kind: "select", label: "Home Assistant", choices: [["device", "device"], ["entity", "entity"], [false, t("service.disabled")]], fold: true },
  ]],
  modbus: ["Modbus TCP", key("out.modbus"), () => [portField()]],
  p1: ["P1", key("out.p1"), () => [
    portField(),
    { name: "virtual", kind: "flag", label: t("virtual") },
    { name: "uart", kind: "flag", label: t("uart") },
  ]],
  homewizard: ["HomeWizard", key("out.p1")],
  shelly: ["Shelly Pro 3EM", key("out.shelly")],
  metrics: ["Prometheus", key("out.metrics")],
};

// A language's card, and show(told) with its part of the answer of /out.
function spoken(name, look) {
  const [title, about, fields = () => []] = SPOKEN[name];
  const line = h("p"); // it changes too often for being read aloud
  const test = h("button", { type: "button", onclick: async () => {
    test.disabled = true;
    tellIn(made.status, "", t("checking"));
    try {
      const { success, message } = await write("/out/test", "POST", { name });
      tellIn(made.status, success ? "good" : "bad", success ? t("service.ok") : said(message));
    } catch (error) {
      tellIn(made.status, "bad", said(error.message));
    }
    test.disabled = false;
  } }, t("test"));
  const made = form([{ name: "on", kind: "flag", label: t("out.on") }, ...fields()].map((field) => ({ ...field, path: `out.${name}.${field.name}`, part: title })),
    { more: test, after: () => setTimeout(look, 2000) });
  const show = ({ on, state, health, error, since_s, clients, sent, dropped }) => {
    const words = state || "…";
    const good = health === "ok";
    line.className = "said " + (!on ? "soft" : good ? "good" : "bad");
    say(line, !on ? t("service.disabled") : [
      said(words) + (good && known(since_s) ? " " + t("since", when(since_s < TODAY ? "time" : "slot", Date.now() / 1000 - since_s)) : ""),
      error && !words.includes(error) && said(error),
      clients && t("clients", clients), sent && t("sent", number(sent)), dropped && `${t("dropped")}: ${number(dropped)}`,
    ].filter(Boolean).join(" · "));
  };
  return { node: card(title, small(t(about)), line, made.node), show };
}

export const connections = view("connections", (on) => {
  const names = Object.keys(SPOKEN);
  const cards = {};
  for (const name of names) cards[name] = spoken(name, look);
  const room = card(t("streams"), small(t("sockets.more")));
  const sockets = h("div");
  room.append(sockets);

  async function look() {
    if (document.hidden) return;
    const told = await ask("/out").catch(() => null);
    if (!told) return;
    const { streams, few } = told.sockets;
    put(sockets, pairs([
      [t("sockets.left"), streams],
      few.length > 0 && [t("sockets.few"), few.map((set) => h("div", { class: set.every((name) => told[name].on) && "error" }, set.map((name) => SPOKEN[name][0]).join(" + ")))],
      [t("heap"), `${number(told.memory.free_kb)} kB`],
    ]));
    for (const name of names) if (told[name]) cards[name].show(told[name]);
  }

  look();
  const timer = setInterval(look, LOOK);
  on(() => clearInterval(timer));
  return [names.map((name) => cards[name].node), room];
});
