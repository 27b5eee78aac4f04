// The card of the view "live" with what only some meters tell: tariffs, frequency, limits, switches, troubles of the grid.
import { card, h, pairs, put } from "./dom.js";
import { now } from "./feed.js";
import { known, number, t, unit, watts } from "./words.js";

const SWITCH = { on: key("x.on"), off: key("x.off"), ready: key("x.ready") };
const switched = (state) => t(SWITCH[state]);
const energy = (value) => unit(value, "kWh", 1);
const reactive = (value) => unit(value, "kvarh", 1);
const apparent = (value) => unit(value, "VA");
const current = (value) => number(value, 1, 0) + "\u00a0A"; // as they are: 25 A, 32.5 A

// [field of the message, its name, how a number of it is written, the letter of the numbers of a list].
const ROWS = [
  ["tariff", key("x.tariff"), number],
  ["ict", key("import"), energy, "T"],
  ["ect", key("export"), energy, "T"],
  ["rict", key("import.re"), reactive, "T"],
  ["rect", key("export.re"), reactive, "T"],
  ["f", key("x.f"), (value) => unit(value, "Hz", 2)],
  ["pf", key("x.pf"), (value) => number(value, 2), "L"],
  ["s", key("x.s"), apparent, "L"],
  ["se", key("x.se"), apparent, "L"],
  ["breaker", key("x.breaker"), switched],
  ["relays", key("x.relay"), switched, "R"],
  ["limit_w", key("x.limit"), watts],
  ["limit_a", key("x.limit"), current],
  ["fuse", key("x.fuse"), current, "L"],
  ["fails", key("x.fails"), number],
  ["long_fails", key("x.long_fails"), number],
  ["sags", key("x.sags"), number, "L"],
  ["swells", key("x.swells"), number, "L"],
];

// The card, and draw(). It is hidden where the meter tells nothing of this.
export function beside() {
  const node = card();
  function draw() {
    const x = (now.meter && now.meter.x) || {};
    const rows = ROWS.filter(([field]) => known(x[field])).map(([field, name, written, letter]) => [t(name), [x[field]].flat().map((value, k, all) => {
      const n = letter === "L" && all.length > 3 ? k : k + 1; // four numbers begin with that of all phases
      return known(value) && h("div", null, letter && n ? letter + n + " " : "", written(value));
    })]);
    node.hidden = !rows.length;
    put(node, h("h2", null, t("registers")), pairs(rows));
  }
  return { node, draw };
}
