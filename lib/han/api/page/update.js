// The view "update": the version that runs, the version on offer, and the upload of a file.
import { banner, card, h, inRow, pairs, put, say, small, stack, statusLine, tellIn } from "./dom.js";
import { ask, authorization, pause, trusted } from "./ask.js";
import { heading } from "./settings.js";
import { keep, listen, now } from "./feed.js";
import { number, said, t } from "./words.js";

// The text when no update is known, by the state of the update server. "Up to date" needs an answer of the server.
const IDLE = { answered: key("ota.status.IDLE"), unasked: key("ota.unasked"), failed: key("ota.noanswer"), none: key("ota.noserver") };

// The words of a refusal in the user's language. It is `error: reason`, if it has one of the API's errors.
function refusal(message) {
  const [, error, reason] = /^([a-z_]+): (.*)$/.exec(message) || [];
  return error ? `${t("ota." + error)} (${said(reason)})` : said(message);
}

// Upload a file; returns the reader's answer, throws Error with its words. progress(part): called with 0 to 1.
async function send(path, file, progress) {
  await trusted("/diagnostics", { method: "HEAD", blob: true }); // replaces a token that is not good any more
  const headers = await authorization();
  const body = new FormData();
  body.append("filename", file, file.name);
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", path);
    request.setRequestHeader("Authorization", headers.Authorization);
    request.upload.onprogress = (event) => event.lengthComputable && progress(event.loaded / event.total);
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch (error) {
        // Not JSON: a proxy between here and the reader has answered.
      }
      if (request.status < 300) resolve(answer);
      else reject(new Error(answer.message || request.responseText || String(request.status)));
    };
    request.onerror = () => reject(new Error(t("upload.cut")));
    request.send(body);
  });
}

export function update(root) {
  let gone = false;
  let waiting = null; // {since: when a restart into another version was asked for, ms}
  const result = h("div", { role: "status", class: "stack" });
  const current = h("div");
  const offered = stack();
  const found = statusLine();
  const bar = h("progress", { max: 1, value: 0, "aria-label": t("upload") });
  bar.hidden = true;
  const status = statusLine();
  const file = h("input", { type: "file", id: "image", accept: ".bin,application/octet-stream" });
  const older = h("input", { type: "checkbox", id: "older" });
  const upload = h("button", { class: "main", onclick: start }, t("upload"));
  put(root, heading("update"), result,
    card(t("version"), current), card(t("update.offer"), offered, found),
    card(t("upload.title"), small(t("upload.more")),
      h("div", null, h("label", { for: "image" }, t("upload.file")), file),
      h("label", { class: "check", for: "older" }, older, t("upload.older")), bar, inRow(upload, status)));

  async function act(path, message) {
    try {
      keep("ota", await trusted(path, { method: "POST" }));
      tellIn(found, "good", message || "");
      return true;
    } catch (error) {
      tellIn(found, "bad", refusal(error.message));
      return false;
    }
  }

  // Ask for a new look for updates, and wait for its result. The reader asks its update server in its own time, but not
  // before it has run for a minute.
  async function look() {
    const { visits } = now.ota;
    tellIn(found, "", t("looking"));
    try {
      keep("ota", await trusted("/ota/download", { method: "POST" }));
      tellIn(found, "", "");
      return;
    } catch (error) {
      if (!/^no_update: none is known/.test(error.message)) {
        tellIn(found, "bad", refusal(error.message));
        return;
      }
    }
    const since = Date.now();
    for (let patience = 20000; !gone && Date.now() - since < patience;) {
      await pause(2000);
      const [health, ota] = [await ask("/health").catch(() => null), await ask("/ota").catch(() => null)];
      if (!health || !ota) continue;
      keep("ota", ota);
      if (ota.status !== "IDLE" || ota.visits !== visits) {
        const { error } = health.services.find((row) => row.name === "ota") || {};
        if (ota.server === "failed") tellIn(found, "bad", error ? said(error) : "");
        else tellIn(found, "good", ota.status === "IDLE" ? t("nothingnewer") : "");
        return;
      }
      patience = Math.max(patience, 90000 - health.uptime_ms + Date.now() - since);
    }
    tellIn(found, "bad", t("ota.noanswer"));
  }

  async function start() {
    if (!file.files.length) {
      tellIn(status, "bad", t("choosefile"));
      file.focus();
      return;
    }
    upload.disabled = true;
    bar.hidden = false;
    tellIn(status, "", t("uploading", 0));
    try {
      keep("ota", await send("/ota" + (older.checked ? "?allowDowngrade=1" : ""), file.files[0], (part) => {
        bar.value = part;
        say(status, part < 1 ? t("uploading", number(part * 100)) : t("checking"));
      }));
      tellIn(status, "good", t("uploaded"));
    } catch (error) {
      tellIn(status, "bad", refusal(error.message));
      ask("/ota").then((ota) => keep("ota", ota), () => null);
    }
    bar.hidden = true;
    upload.disabled = false;
  }

  async function activate() {
    if (await act("/ota/activate")) {
      waiting = { since: Date.now() };
      put(result, banner("plain", t("restarting"), t("restarting.more")));
      follow();
    }
  }

  // Wait until the reader has restarted. It proves itself before it calls the new version good.
  async function follow() {
    const health = await ask("/health", { patience: 4000 }).catch(() => null);
    if (gone || !waiting) return;
    if (health && health.uptime_ms < Date.now() - waiting.since) {
      const [state, ota] = [await ask("/han").catch(() => now.state), await ask("/ota").catch(() => now.ota)];
      waiting = null;
      keep("ota", ota);
      keep("state", state);
    } else if (Date.now() - waiting.since < 300000) {
      setTimeout(follow, 2000);
    } else {
      put(result, banner("bad", t("lost"), t("lost.more")));
      waiting = null;
    }
  }

  function draw() {
    const { ota, state } = now;
    put(current, pairs([
      [t("version.runs"), state ? state.version : "–"],
      [t("channel"), state ? state.channel : "–"],
      [t("slot"), ota ? ota.activeSlot : "–"],
      [t("reboot.reason"), state ? t("reboot." + state.rebootReason) : "–"],
    ]));
    if (state && !waiting) {
      const undone = state.rebootReason === "OTA_ROLLBACK" || (ota && ota.error === "rolled_back");
      put(result, undone ? banner("bad", t("undone"), t("undone.more", state.version), ota && ota.reason && h("p", { class: "small" }, said(ota.reason)))
        : state.rebootReason === "OTA_UPDATE" && banner("good", t("updated"), t("updated.more", state.version)));
    }
    if (!ota) return;
    const version = ota.stagedVersion || ota.version;
    const busy = ota.status === "DOWNLOAD_IN_PROGRESS" || ota.status === "INSTALL_IN_PROGRESS";
    const focused = offered.contains(document.activeElement);
    put(offered,
      h("p", null, h("b", null, t(ota.status === "IDLE" ? IDLE[ota.server] : "ota.status." + ota.status)), version && ota.status !== "IDLE" && ` · ${version}`, ota.critical && " · " + t("ota.critical")),
      busy && [h("progress", { max: 100, value: ota.progress, "aria-label": t("ota.status." + ota.status) }), h("p", { class: "num" }, number(ota.progress) + "\u00a0%")],
      ota.error && h("p", { class: "error" }, t("ota." + ota.error), ota.reason && ` (${said(ota.reason)})`),
      ota.releaseNotes && h("div", null, h("p", { class: "label" }, t("notes")), h("p", { class: "notes" }, ota.releaseNotes)),
      h("div", { class: "row" },
        ota.status === "IDLE" && ota.server !== "none" && h("button", { onclick: look }, t("look")),
        ota.allowDownload && h("button", { class: "main", onclick: () => act("/ota/download", t("downloading")) }, t("download")),
        ota.status === "READY_TO_REBOOT" && h("button", { class: "main", id: "activate", onclick: activate }, t("activate")),
        ota.status === "FAILED" && h("button", { onclick: () => act("/ota/clear") }, t("understood"))));
    if (focused && offered.querySelector("button")) offered.querySelector("button").focus();
  }

  const stop = listen((kind) => ["ota", "state", "health"].includes(kind) && draw());
  draw();
  ask("/health").then((health) => keep("health", health), () => null);
  if (!now.ota) ask("/ota").then((ota) => keep("ota", ota), () => put(offered, h("p", { class: "soft" }, t("ota.none"))));
  return () => {
    gone = true;
    stop();
  };
}
