// The last messages of the reader, kept up to date by a WebSocket, or else by an event stream, or else by polling.
import { ask } from "./ask.js";

export const now = {
  state: null, // the last message of each kind
  meter: null,
  configuration: null,
  ota: null,
  alarms: null, // null where none is set, or the reader does not know alarms
  events: null, // of the meter, that have just come
  health: null,
  mode: "none", // how messages come: ws, sse, poll, none
  reason: null, // why there is no reading, in the reader's words; null where there is one
  stale: false,
  silent: false, // there has been a reading, but it is too old to be shown
  heard: 0, // performance.now() at which the last reading was 0 s old
  dated: false, // whether `heard` is known
};
const KINDS = {
  HAN_STATE_MESSAGE: "state",
  HAN_METER_MESSAGE: "meter",
  HAN_CONFIGURATION_MESSAGE: "configuration",
  HAN_OTA_MESSAGE: "ota",
  HAN_ALARMS_MESSAGE: "alarms",
  HAN_METER_EVENTS_MESSAGE: "events",
};
// Without a reading for so long, and for one and a half periods, the page polls the reader, ms.
const QUIET = 9000;
// Pause between two polls, ms: with a stream, and without one.
const AGAIN = 3000;
const POLL = 4500;
// A silent WebSocket gets a ping after half of this time, and is given up after all of it, ms.
const DEAD = 20000;

const listeners = new Set();
let stream = null;
let started = 0; // performance.now() when the stream was begun
let last = 0; // the same of the last message
let asked = -POLL; // the same of the last poll()
let period = 0; // ms between the last two readings
let failures = 0;
let polling = false;
let snapshot = false; // the next reading is the first of a stream, and may be an old one

// Call f(kind) at each change. Returns a function that ends this.
export function listen(f) {
  listeners.add(f);
  return () => listeners.delete(f);
}

function tell(kind) {
  for (const f of [...listeners]) f(kind);
}

export function keep(kind, message) {
  now[kind] = message;
  tell(kind);
}

function take(text) {
  last = performance.now();
  let message;
  try {
    message = JSON.parse(text);
  } catch (error) {
    return;
  }
  const kind = KINDS[message.type];
  if (!kind) return;
  if (kind === "meter") {
    if (snapshot || message.stale) {
      snapshot = false;
      now.dated = false;
      if (!message.stale) keep("meter", message);
      poll(); // tells how old it is
      return;
    }
    period = Math.min(60000, last - now.heard); // a long silence is no period
    now.heard = last;
    now.stale = now.silent = false;
    now.dated = true;
    now.reason = null;
  }
  keep(kind, message);
}

function set(mode) {
  if (now.mode !== mode) {
    now.mode = mode;
    tell("mode");
  }
}

function open(kind) {
  started = last = performance.now();
  snapshot = true;
  if (kind === "ws") {
    stream = new WebSocket(location.origin.replace(/^http/, "ws") + "/ws");
    stream.onmessage = (event) => take(event.data);
  } else {
    stream = new EventSource("/sse");
    for (const name of Object.keys(KINDS)) stream.addEventListener(name, (event) => take(event.data));
  }
  const mine = stream;
  let opened = false;
  stream.onopen = () => {
    opened = true;
    failures = 0;
    set(kind);
    if (!now.meter) poll();
  };
  stream.onerror = stream.onclose = () => {
    if (stream !== mine) return;
    close();
    failures += opened ? 0 : 1;
    // The reader has few streams, and all of them may be taken: then poll, and try again later.
    if (!opened && kind === "ws") open("sse");
    else setTimeout(() => stream || document.hidden || open("ws"), opened ? 1000 : Math.min(60000, 5000 * failures));
    if (!stream) poll();
  };
}

function close() {
  const old = stream;
  stream = null;
  if (old) {
    old.onclose = old.onerror = null;
    old.close();
  }
  if (now.mode === "ws" || now.mode === "sse") set("poll");
}

// Ask for the latest reading, its age, and what is wrong.
export async function poll() {
  if (polling) return;
  polling = true;
  asked = performance.now();
  try {
    const meter = await ask("/meter", { patience: 8000 });
    now.heard = performance.now() - meter.age;
    now.stale = meter.stale;
    now.silent = false;
    now.dated = true;
    now.reason = null;
    now.meter = meter;
    if (meter.stale) {
      now.health = await ask("/health", { patience: 8000 });
      now.reason = now.health.meter.diagnosis;
    }
    if (!stream) set("poll");
  } catch (error) {
    if (error.status === 503) {
      const [, reason, age] = /^(.*); the last reading is (\d+) s old$/.exec(error.message) || [0, error.message];
      now.meter = null;
      now.silent = now.dated = age !== undefined;
      now.reason = reason;
      if (now.silent) now.heard = performance.now() - age * 1000;
      else now.health = await ask("/health").catch(() => now.health); // tells its uptime
    } else if (!error.status) {
      set("none");
    }
  }
  if (!now.state || !stream) now.state = await ask("/han").catch(() => now.state);
  if (!now.configuration || !stream) now.configuration = await ask("/configuration").catch(() => now.configuration);
  const { alarms } = now.configuration || {};
  if (alarms && Object.keys(alarms).length && !stream) now.alarms = await ask("/alarms").catch(() => now.alarms);
  polling = false;
  tell("state");
  tell("meter");
}

function tick() {
  const at = performance.now();
  if (document.hidden) return;
  if (stream && stream.send && stream.readyState === 1 && at - last > DEAD / 2) {
    stream.send('{"type":"PING"}');
    if (at - last > DEAD) {
      close();
      open("ws");
    }
  } else if (stream && !["ws", "sse"].includes(now.mode) && at - started > DEAD) {
    stream.onerror(); // neither open nor refused
  }
  const quiet = !now.meter || now.stale || at - now.heard > Math.max(QUIET, 1.5 * period);
  if (at - asked > (stream && now.mode !== "none" ? AGAIN : POLL) && (quiet || !stream)) poll();
  tell("tick");
}

// Begin. A page that is hidden leaves its stream to other clients.
export function connect() {
  open("ws");
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) close();
    else if (!stream) open("ws");
  });
}
