// The frame around the views. It shows one of them.
import { h, icon, put, say } from "./dom.js";
import { chooseLanguage, keepLanguage, kept, languageIndex, NAMES, setZone, t } from "./words.js";
import { connect, listen, now } from "./feed.js";
import { live } from "./live.js";
import { history } from "./history.js";
import { prices } from "./prices.js";
import { access, alarms, general, meter, network } from "./settings.js";
import { connections } from "./connections.js";
import { update } from "./update.js";
import { diagnosis } from "./diagnosis.js";

const VIEWS_BY_NAME = {
  live, history, prices, "settings/network": network, "settings/meter": meter, "settings/general": general,
  "settings/alarms": alarms, "settings/connections": connections, "settings/access": access, "settings/update": update, "settings/diagnosis": diagnosis,
};
// [view that is shown first, its name]
const PLACES = { live: ["live", key("live")], history: ["history", key("history")], prices: ["prices", key("prices")], settings: ["settings/network", key("settings")] };

let leave = () => null;
let content = null;
let pill = null;
let name = null;

function shown() {
  const wanted = location.hash.slice(1);
  if (VIEWS_BY_NAME[wanted]) return wanted;
  // A reader without a network has nothing to show yet but its network settings.
  return (PLACES[wanted] || PLACES[now.state && now.state.state === "SETUP" ? "settings" : "live"])[0];
}

function route(focus) {
  const view = shown();
  leave();
  content.textContent = "";
  leave = VIEWS_BY_NAME[view](content) || (() => null);
  for (const link of document.querySelectorAll(".nav a")) {
    if (view.startsWith(link.hash.slice(1))) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  const title = content.querySelector("h1");
  document.title = `${title.textContent} · HAN reader`;
  if (focus) {
    title.focus({ preventScroll: true });
    scrollTo(0, 0);
  }
}

function status() {
  const lost = now.mode === "none" && (now.heard || now.state);
  const kind = now.mode === "none" ? (lost ? "bad" : "") : now.meter && !now.stale ? "good" : now.meter ? "warn" : "bad";
  pill.className = "pill " + kind;
  say(pill.lastChild, t(now.mode === "none" ? (lost ? "pill.lost" : "pill.wait") : !now.meter ? "pill.none" : now.stale ? "pill.stale" : "pill.live"));
  if (now.state) say(name, now.state.name);
}

function frame() {
  name = h("span", null, "HAN reader");
  pill = h("span", { class: "pill" }, h("i"), h("span"));
  content = h("main", { id: "main", tabindex: "-1" });
  const body = h("div", null, content);
  const choice = h("select", { id: "language", onchange: () => {
    keepLanguage(Number(choice.value));
    frame();
    document.getElementById("language").focus();
  } }, NAMES.map((each, index) => h("option", { value: index, lang: ["en", "fi", "sv", "nb"][index] }, each)));
  choice.value = String(languageIndex());
  body.append(h("footer", { class: "foot", role: "contentinfo" }));
  leave();
  leave = () => null;
  put(document.getElementById("app"),
    h("a", { class: "skip hide", href: "#main", onclick: (event) => {
      event.preventDefault();
      content.focus();
    } }, t("skip")),
    h("div", { class: "side" },
      h("header", { class: "top" }, h("div", { class: "brand" }, icon("live"), name), pill),
      h("nav", { class: "nav", "aria-label": t("views") }, Object.keys(PLACES).map((each) => h("a", { href: "#" + each }, icon(each), h("span", null, t(PLACES[each][1])))))),
    body);
  body.lastChild.append(h("span", null, "HAN reader"), h("label", { for: "language" }, t("language"), choice));
  status();
  route(false);
}

chooseLanguage();
setZone(kept("zone") || "Etc/UTC");
frame();
let setup = false;
listen((kind) => {
  // In another zone, views with times are drawn anew. The settings are not, as somebody may be filling in a form.
  if (now.configuration && setZone(now.configuration.t) && !shown().startsWith("settings")) route(false);
  status();
  if (kind === "state" && now.state && now.state.state === "SETUP" && !setup) {
    setup = true;
    if (!location.hash) route(false);
  }
});
addEventListener("hashchange", () => route(true));
connect();
