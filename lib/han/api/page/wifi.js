// The card for joining a WiFi. A new reader needs nothing else, also in the page that a phone opens by itself when it joins
// the reader's access point.
import { banner, card, h, inRow, put, stack, statusLine } from "./dom.js";
import { ask, pause, write } from "./ask.js";
import { form } from "./form.js";
import { now } from "./feed.js";
import { signalOf } from "./live.js";
import { said, t } from "./words.js";

export function wifi(welcome) {
  const list = stack();
  const status = statusLine();
  const result = h("div", { role: "status" });
  const scan = h("button", { type: "button", onclick: search }, t("scan"));
  const join = form([
    { path: "ss", also: "w.s", kind: "text", label: t("network.name"), value: (now.configuration && now.configuration.w.s) || "" },
    { path: "sp", also: "w.p", kind: "secret", label: t("password"), value: "", hint: t("password.hint"), once: true },
  ], { button: t("join"), done: t("joining.now"), send, after: follow });
  let before = false; // there is a network to go back to
  let turn = 0; // number of the join that is followed

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

  async function send(given) {
    const state = await ask("/han");
    before = state.state === "REGISTERED" || state.wifiIp !== "0.0.0.0" || state.ethIp !== "0.0.0.0";
    return write("/setup", "POST", { s: true, ...given });
  }

  // Why the reader is not in the network; null if it does not know. Its service `network` says so once an attempt has failed.
  function why(health) {
    const { error } = (health && health.services.find((row) => row.name === "network")) || {};
    const [, reason] = /wifi: ([^;]*)/.exec(error || "") || [];
    return reason && !/^(connecting|not connected|disconnected)$/.test(reason) ? reason : null;
  }

  // Show what has become of the join, in place of the words from its beginning.
  function became(...words) {
    put(join.status);
    put(result, banner(...words));
  }

  // The phone may lose the reader's own access point now, so the page says at once what to do next.
  async function follow({ ss: name }) {
    const mine = ++turn;
    let health = now.health || (await ask("/health").catch(() => null));
    const link = health && "http://" + health.hostname + ".local/";
    const more = t(before ? "joined.back" : "joined.again");
    put(result, banner("plain", t("joining", name), t("joining.more"), link && h("p", null, h("a", { href: link }, link))));
    let told = null;
    await pause(3000); // new settings are applied after the answer; until then, /health tells of the older ones
    for (const since = Date.now(); Date.now() - since < 90000; await pause(2000)) {
      if (mine !== turn || !result.isConnected) return;
      const state = await ask("/han", { patience: 4000 }).catch(() => null);
      health = state && (await ask("/health", { patience: 4000 }).catch(() => null));
      const back = health && health.services.some((row) => row.name === "network" && /^new settings taken back/.test(row.error || ""));
      const reason = why(health);
      if (mine !== turn) return;
      if (state && state.wifiIp !== "0.0.0.0" && !back) {
        const address = "http://" + state.wifiIp + "/";
        became("good", t("joined", name), "", h("p", null, h("a", { href: address }, address)));
        return;
      }
      if (reason && reason !== told) became("bad", t("joined.failed", name), said(reason) + ".", h("p", { class: "small" }, more));
      told = reason || told;
      if (back) return;
    }
    if (!told) became("", t("joined.not", name), t("joined.check") + " " + more);
  }

  if (welcome) search();
  return card(t("wifi"), inRow(scan, status), list, join.node, result);
}
