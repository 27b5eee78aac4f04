// Joining a WiFi: all that a new reader needs, also in the page that a phone opens by itself on joining its access point.
import { banner, card, h, put } from "./dom.js";
import { ask, pause, write } from "./ask.js";
import { form } from "./form.js";
import { now } from "./feed.js";
import { signalOf } from "./live.js";
import { said, t } from "./words.js";

export function wifi(welcome) {
  const list = h("div", { class: "stack" });
  const status = h("p", { class: "said", role: "status" });
  const result = h("div", { role: "status" });
  const scan = h("button", { type: "button", onclick: search }, t("scan"));
  const join = form([
    { path: "ss", also: "w.s", kind: "text", label: t("network.name"), value: (now.configuration && now.configuration.w.s) || "" },
    { path: "sp", also: "w.p", kind: "secret", label: t("password"), value: "", hint: t("password.hint") },
  ], { button: t("join"), done: t("joining.now"), send: (given) => write("/setup", "POST", { s: true, ...given }), after: follow });

  async function search() {
    scan.disabled = true;
    put(status, t("scanning"));
    try {
      let found = await ask("/wifi/scan", { headers: { "X-Scan-Start": "1" } });
      for (let tries = 0; found.status === "SCAN_RUNNING" && tries < 20; tries += 1) {
        await pause(1000);
        found = await ask("/wifi/scan");
      }
      if (found.status !== "SCAN_SUCCESS") throw new Error(t("scan.failed") + (found.message ? ": " + found.message : ""));
      // One row for each name: its strongest access point.
      const best = {};
      for (const each of found.networks) if (each.ssid && !(best[each.ssid] && best[each.ssid].rssi >= each.rssi)) best[each.ssid] = each;
      const rows = Object.values(best).sort((a, b) => b.rssi - a.rssi);
      put(status, rows.length ? "" : t("scan.none"));
      put(list, rows.length > 0 && h("ul", { class: "nets" }, rows.map((each) => {
        const choose = h("button", { type: "button", "aria-pressed": "false", onclick: () => {
          for (const other of list.querySelectorAll("button")) other.setAttribute("aria-pressed", "false");
          choose.setAttribute("aria-pressed", "true");
          join.fields[0].input.value = each.ssid;
          join.fields[each.auth === "OPEN" ? 0 : 1].input.focus();
        } }, h("span", null, each.ssid), h("span", { class: "soft small" }, each.auth === "OPEN" ? t("open") : each.auth.replace(/_/g, " ")), signalOf(each.rssi));
        return h("li", null, choose);
      })));
    } catch (error) {
      put(status, error.status === 404 ? t("scan.cannot") : said(error.message));
    }
    scan.disabled = false;
  }

  // The phone may lose the reader's own access point now, so what to do next is said at once.
  async function follow() {
    const name = join.values().ss;
    const health = now.health || (await ask("/health").catch(() => null));
    const link = health && "http://" + health.hostname + ".local/";
    put(result, banner("plain", t("joining", name), t("joining.more"), link && h("p", null, h("a", { href: link }, link))));
    for (let tries = 0; tries < 30; tries += 1) {
      await pause(2500);
      const state = await ask("/han", { patience: 4000 }).catch(() => null);
      if (state && state.wifiIp !== "0.0.0.0") {
        const address = "http://" + state.wifiIp + "/";
        put(result, banner("good", t("joined", name), "", h("p", null, h("a", { href: address }, address))));
        return;
      }
    }
    put(result, banner("", t("joined.not", name), t("joined.not.more")));
  }

  if (welcome) search();
  return card(t("wifi"), h("div", { class: "row" }, scan, status), list, join.node, result);
}
