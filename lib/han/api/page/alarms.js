// The alarms, and what is said of those that are on.
import { banner } from "./dom.js";
import { now } from "./feed.js";
import { minor, t, unit, watts, when } from "./words.js";

const price = (value) => unit(value, minor(now.configuration.pc), 2);

// Of each alarm: how its numbers are written, and what its fields have before the owner chooses.
export const ALARMS = {
  current: [(value) => unit(value, "A", 1), { percent: 90 }],
  power: [watts, { w: 8000 }],
  selling: [watts, { w: 100 }],
  silent: [null, { s: 300 }], // a banner says it anyway
  price: [price, { below: 0 }],
  peak: [watts, { w: 0 }],
};

// A banner for each alarm that is on.
export function alarmed() {
  const all = (now.configuration && now.alarms && now.alarms.alarms) || {};
  return Object.keys(all).filter((name) => all[name].on && ALARMS[name] && ALARMS[name][0]).map((name) => {
    const { value, limit, phase, since } = all[name];
    const [written] = ALARMS[name];
    return banner(name === "price" ? "good" : "bad", t("alarm." + name) + ":", [phase && `L${phase} `, t("alarm.limit", written(value), written(limit)), " · ", when("time", since / 1000)]);
  });
}
