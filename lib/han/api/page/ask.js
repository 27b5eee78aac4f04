// Requests to the reader, one at a time: the chip has ten sockets for all clients.
import { h, inRow } from "./dom.js";
import { t } from "./words.js";

let queue = Promise.resolve();
let token = null; // {text, until}

// The reader refuses a request, with this HTTP status and message. Status 0: it did not answer.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function once(path, options) {
  const control = new AbortController();
  const timer = setTimeout(() => control.abort(), options.patience || 20000);
  try {
    const answer = await fetch(path, {
      method: options.method || "GET",
      headers: options.headers || {},
      body: options.body,
      credentials: "omit", // the browser's own password box would not say which password is meant
      cache: "no-store",
      signal: control.signal,
    });
    if (answer.ok && options.blob) return await answer.blob();
    const text = await answer.text();
    let json = null;
    try {
      json = JSON.parse(text);
    } catch (error) {
      // Not JSON: /meter says in plain text why there is no reading.
    }
    if (answer.ok && json) return json;
    throw new Refused(answer.status, (json && json.message) || text || String(answer.status));
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(0, t("unreachable"));
  } finally {
    clearTimeout(timer);
  }
}

// Fetch the JSON at a path; throws Refused. While the reader is short of sockets or memory, ask again, three times.
// apart: the answer may take long, so other requests do not wait for it.
export function ask(path, options = {}) {
  const run = async () => {
    for (let attempt = 0; ; attempt += 1) {
      try {
        return await once(path, options);
      } catch (error) {
        const busy = error.status === 503 && /^(too many connections|out of memory|not enough memory)/.test(error.message);
        if (!busy || attempt >= 3) throw error;
        await pause(1000 << attempt);
      }
    }
  };
  if (options.apart) return run();
  const result = queue.then(run, run);
  queue = result.catch(() => null);
  return result;
}

// Ask the user for the access password in a dialog; null when the user cancels. wrong: the last one was wrong.
function password(wrong) {
  return new Promise((resolve) => {
    const field = h("input", { type: "password", id: "password", autocomplete: "current-password", required: true,
      "aria-invalid": wrong && "true", "aria-describedby": "password-error" });
    const box = h("dialog", { "aria-labelledby": "password-title", onclose: () => box.remove() },
      h("form", {
        onsubmit: (event) => {
          event.preventDefault();
          resolve(field.value);
          box.close();
        },
      },
      h("h2", { id: "password-title" }, t("password.title")),
      h("div", null, h("label", { for: "password" }, t("password")), field,
        h("p", { class: "error", id: "password-error", role: wrong && "alert" }, wrong && t("password.wrong"))),
      inRow(h("button", { class: "main" }, t("service.ok")),
        h("button", { type: "button", onclick: () => box.close() }, t("cancel")))));
    box.addEventListener("close", () => resolve(null));
    document.body.append(box);
    box.showModal();
  });
}

// The header field with a token. The token comes from the reader, which may want the access password for it.
export async function authorization() {
  if (token && token.until > Date.now()) return { Authorization: "Bearer " + token.text };
  let headers = {};
  for (let wrong = false; ; wrong = true) {
    try {
      const made = await ask("/auth/token", { headers });
      token = { text: made.accessToken, until: Date.now() + made.expiresIn * 800 };
      return { Authorization: "Bearer " + token.text };
    } catch (error) {
      if (error.status !== 401) throw error;
      const given = await password(wrong);
      if (given === null) throw error;
      const bytes = new TextEncoder().encode("reader:" + given);
      headers = { Authorization: "Basic " + btoa(String.fromCharCode(...bytes)) };
    }
  }
}

// A request that needs a token.
export async function trusted(path, options = {}) {
  const old = token;
  const run = async () => ask(path, { ...options, headers: { ...options.headers, ...(await authorization()) } });
  try {
    return await run();
  } catch (error) {
    if (error.status !== 401) throw error;
    token = null;
    if (!old) throw error;
    return run(); // the old token was from before a restart, or for another password
  }
}

// A request that changes something. It is first tried without a token, as most readers have no access password.
export async function write(path, method, value) {
  const options = { method };
  if (value !== undefined) {
    options.body = JSON.stringify(value);
    options.headers = { "Content-Type": "application/json" };
  }
  try {
    return await ask(path, options);
  } catch (error) {
    if (error.status !== 401) throw error;
    return trusted(path, options);
  }
}
