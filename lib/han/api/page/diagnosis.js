// The view "diagnosis": where the way from the meter to this page is stuck, and a report for others to read.
import { banner, card, download, h, inRow, pairs, put, small, stack, statusLine, tellIn } from "./dom.js";
import { ask, trusted, write } from "./ask.js";
import { convention, heading } from "./settings.js";
import { keep, now } from "./feed.js";
import { lasting, number, said, t } from "./words.js";

// The stages of the way from bytes to readings: [name, counters]. The first counter shows that the stage works.
const STAGES = [
  ["bytes", ["bytes", "overrun", "line_changes"]],
  ["frames", ["frames", "checksum_errors", "parity", "truncated"]],
  ["encrypted", ["encrypted", "decrypt_failures", "replayed"]],
  ["decoded", ["decoded", "rejected", "implausible"]],
];

export function diagnosis(root) {
  let gone = false;
  let restarted = null; // {since: when a restart was asked for, before: the reader's uptime then, ms}
  const head = h("div", { role: "status" });
  const body = stack();
  const tell = statusLine();
  const text = h("textarea", { readonly: true, "aria-label": t("report") });
  text.hidden = true;
  const heard = statusLine();
  const table = h("div");
  const reads = h("button", { onclick: registers }, t("registers.read"));
  put(root, heading("diagnosis"), head, body,
    card(t("registers"), inRow(reads), heard, table),
    card(t("report"), small(t("report.more")), h("div", { class: "row" },
      h("button", { class: "main", onclick: report }, t("report.make")), h("button", { onclick: copy }, t("report.copy")),
      h("button", { onclick: capture }, t("capture"))), tell, text),
    card(t("restart"), small(t("restart.more")), inRow(h("button", { class: "danger", onclick: restart }, t("restart")))));

  const failed = (error) => tellIn(tell, "bad", said(error.message));
  const done = (words) => tellIn(tell, "good", words);

  // A table in a box that scrolls sideways. titles: of the columns; rows: lists of cells.
  const tabled = (label, titles, rows) => h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, h("table", null,
    h("thead", null, h("tr", null, titles.map((each) => h("th", { scope: "col" }, each)))),
    h("tbody", null, rows.map((row) => h("tr", null, row.map((cell) => h("td", null, cell)))))));

  async function registers() {
    reads.disabled = true;
    tellIn(heard, "", t("registers.wait"));
    put(table);
    try {
      const told = await ask("/meter/registers", { patience: 140000, apart: true });
      put(heard, told.head);
      put(table, tabled(t("registers"), ["OBIS", t("name"), t("value"), t("time")], told.registers.map((row) => [
        row.assumed ? `(${row.obis})` : row.obis, row.name, [row.value, row.unit && " " + row.unit, row.text && " = " + row.text], row.time])));
    } catch (error) {
      tellIn(heard, "bad", said(error.message));
    }
    reads.disabled = false;
  }

  async function report() {
    try {
      const parts = { page: navigator.userAgent, state: await ask("/han"), health: await ask("/health"), diagnostics: await trusted("/diagnostics") };
      // Addresses and numbers that tell one house from another are left out.
      for (const name of ["uuid", "serial", "mac", "ethIp", "wifiIp", "name"]) delete parts.state[name];
      for (const name of ["uuid", "hostname"]) delete parts.health[name];
      text.value = JSON.stringify(parts, null, 1);
      text.hidden = false;
      done(t("report.made"));
      return true;
    } catch (error) {
      failed(error);
      return false;
    }
  }

  async function copy() {
    if (!text.value && !(await report())) return;
    text.focus();
    text.select();
    try {
      await navigator.clipboard.writeText(text.value);
    } catch (error) {
      document.execCommand("copy"); // without https there is no other way
    }
    done(t("report.copied"));
  }

  async function capture() {
    try {
      const blob = await trusted("/diagnostics/capture", { blob: true, patience: 60000 }); // it may wait for telegrams
      download("capture.bin", "application/octet-stream", blob);
      done(t("capture.made"));
    } catch (error) {
      failed(error);
    }
  }

  async function restart() {
    try {
      await write("/reboot", "POST");
      restarted = { since: Date.now(), before: now.health ? now.health.uptime_ms : 0 };
      put(head, banner("plain", t("restarting")));
      put(body);
    } catch (error) {
      failed(error);
    }
  }

  function stages(meter) {
    const faults = [];
    return h("ol", { class: "stages" }, STAGES.filter(([name]) => name !== "encrypted" || meter.encrypted).map(([name, counters]) => {
      const broken = faults.length > 0;
      const works = meter[counters[0]] > 0 && !(name === "encrypted" && /key/.test(meter.diagnosis || ""));
      // The fault is at the first stage that does not work, or at the last stage if all have worked before.
      const stuck = !broken && ((!works && meter.diagnosis) || (meter.diagnosis && (name === "decoded" || (name === "bytes" && /^no bytes/.test(meter.diagnosis)))));
      const kind = broken ? "" : stuck ? "bad" : works ? "good" : "";
      const state = t(kind === "good" ? "service.ok" : stuck ? "service.failed" : "stage.waits");
      const line = name === "bytes" ? [t("line") + " " + (meter.line || t("searching"))] : name === "frames" && meter.checksum ? [convention(meter.checksum)] : [];
      const node = h("li", { class: kind },
        h("i", { "aria-hidden": "true" }, kind === "good" ? "✓" : kind ? "!" : "·"),
        h("b", null, t("stage." + name), h("span", { class: "hide" }, " – " + state)),
        h("div", { class: "soft small num" }, stuck && meter.diagnosis && h("p", { class: "error" }, said(meter.diagnosis)),
          [...line, ...counters.map((each) => `${t("count." + each)} ${number(meter[each])}`)].join(" · ")));
      if (stuck) faults.push(name);
      return node;
    }));
  }

  async function load() {
    try {
      const health = await ask("/health", { patience: 8000 });
      if (gone || (restarted && health.uptime_ms > Math.max(restarted.before, Date.now() - restarted.since))) return;
      restarted = null;
      put(head);
      keep("health", health);
      const { meter, connections } = health;
      put(body,
        card(t("diagnosis.way"), meter.diagnosis ? banner("bad", said(meter.diagnosis) + ".")
          : meter.decoded ? banner("good", t("diagnosis.good")) : banner("plain", t("diagnosis.wait"), t("help.early")), stages(meter)),
        card(t("services"), tabled(t("services"), [t("service"), t("status"), t("service.said")],
          health.services.map((row) => [row.name, t("service." + row.health), row.error && said(row.error)]))),
        card(t("reader"), pairs([
          [t("name"), health.hostname], [t("version"), now.state ? now.state.version : "–"],
          [t("uptime"), lasting(health.uptime_ms / 1000)],
          [t("reboot.reason"), now.state ? t("reboot." + now.state.rebootReason) : "–"],
          [t("heap"), `${number(health.free_heap_size / 1024)} kB (${number(health.free_heap_percent)} %)`],
          health.system_heap && [t("heap.system"), t("heap.lowest", number(health.system_heap.free / 1024), number(health.system_heap.minimum / 1024))],
          [t("streams"), t("of", number(connections.ws.c + connections.sse.c), number(connections.ws.m + connections.sse.m))],
          [t("dropped"), number(connections.dropped)],
        ])));
    } catch (error) {
      if (gone || restarted) return;
      put(head, banner("bad", said(error.message)));
      put(body); // what was shown may not be true any more
    }
  }
  load();
  const timer = setInterval(() => document.hidden || load(), 5000);
  return () => {
    gone = true;
    clearInterval(timer);
  };
}
