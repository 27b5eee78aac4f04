// Charts of samples over time, drawn as SVG at the size they have on the screen.
import { h, put, s, stack } from "./dom.js";
import { clock, known, midnight, number, when } from "./words.js";

const LEFT = 42;
const TOP = 14;
const BOTTOM = 24;

// A scale of round numbers from low to high, in about `most` steps: {low, high, step, ticks, digits}.
function scale(low, high, most = 5) {
  const span = Math.max(high - low, 1e-9);
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 2.5, 5, 10].find((factor) => factor * power >= rough - 1e-12);
  const first = Math.floor(low / step + 1e-9) * step;
  const last = Math.ceil(high / step - 1e-9) * step;
  const ticks = [];
  for (let value = first; value <= last + step / 2; value += step) ticks.push(Math.abs(value) < step / 1e6 ? 0 : value);
  return { low: first, high: last, step, ticks, digits: digitsOf(step) };
}

// How many decimals the multiples of a step need.
function digitsOf(step) {
  return [0, 1, 2, 3].find((digits) => Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-6) || 0;
}

// The ticks of a time axis: [[unix s, text, whether a day begins there], …]. Times are on the reader's own clock.
export function timeTicks(from, to, width) {
  const room = Math.max(2, Math.floor(width / 62));
  const ticks = [];
  if (to - from <= 3 * 86400) {
    const step = [300, 600, 900, 1800, 3600, 7200, 10800, 14400, 21600, 43200, 86400]
      .find((each) => (to - from) / each <= room);
    for (let at = from - (from % 300); at <= to; at += 300) {
      const [, , , hour, minute] = clock(at);
      const within = hour * 3600 + minute * 60;
      if (at < from || within % step) continue;
      ticks.push(within || to - from < 7200 ? [at, when("time", at), false] : [at, when("weekday", at), true]);
    }
  } else if (to - from < 100 * 86400) {
    const every = Math.ceil((to - from) / 86400 / room);
    for (let at = midnight(from, 1), day = 0; at <= to; at = midnight(at, 1), day += 1) {
      if (day % every === 0) ticks.push([at, when(to - from < 9 * 86400 ? "weekday" : "date", at), every === 1]);
    }
  } else {
    for (let at = midnight(from); at < to; at = midnight(at, 1)) {
      if (clock(at)[2] === 1) ticks.push([at, when("month", at), false]);
    }
    const every = Math.ceil(ticks.length / room);
    return ticks.filter((_, index) => index % every === 0);
  }
  return ticks;
}

// The scale of a chart's values.
function domain(data) {
  const all = [0];
  for (const list of [data.up, data.down && data.down.map((value) => value && -value), data.high]) {
    all.push(...(list || []).filter(known));
  }
  if (data.limit && Math.max(...all) > data.limit * 0.5) all.push(data.limit);
  const high = Math.max(...all);
  const low = Math.min(...all);
  const found = scale(low, high === low ? 1 : high);
  // Prices below zero need room below the zero line, too.
  if (found.low === 0 && (data.line || []).some((value) => value < 0)) return scale(-found.step, found.high, found.ticks.length);
  return found;
}

// The step of the second axis. It shares its zero and its grid lines with the first axis.
function secondStep(values, first) {
  const up = Math.max(...values, 0) / (first.high / first.step);
  const down = first.low ? Math.max(...values.map((value) => -value), 0) / (-first.low / first.step) : 0;
  return scale(0, Math.max(up, down, 1e-3), 1).step;
}

// The SVG path of a stepped line through [[x0, x1, y], …]. It is broken where a sample is missing.
function steps(points) {
  let path = "";
  let end = null;
  for (const [x0, x1, y] of points) {
    path += (end !== null && Math.abs(x0 - end) < 1.5 ? "L" : "M") + x0.toFixed(1) + " " + y.toFixed(1) + "H" + x1.toFixed(1);
    end = x1;
  }
  return path;
}

// The SVG path of rectangles, [[x0, x1, y, y0], …]: each from y0 to y.
function areas(points) {
  return points.map(([x0, x1, y, y0]) => `M${x0.toFixed(1)} ${y0.toFixed(1)}V${y.toFixed(1)}H${x1.toFixed(1)}V${y0.toFixed(1)}z`).join("");
}

// Where things are in a chart of this width, px: x(time), py(value), edge(k): both sides of a sample, gap(k): of its bar.
function layout(data, width) {
  const height = data.height || (width < 500 ? 210 : 260);
  const right = width - (data.line || data.roomy ? 40 : 8);
  const bottom = height - BOTTOM;
  const y = domain(data);
  const x = (at) => LEFT + ((at - data.from) / (data.to - data.from)) * (right - LEFT);
  const py = (value) => TOP + ((y.high - value) / (y.high - y.low)) * (bottom - TOP);
  const edge = (k) => [x(Math.max(data.from, data.t[k])), x(Math.min(data.to, data.end[k]))];
  const gap = (k) => {
    const [x0, x1] = edge(k);
    const space = data.solid ? 0 : Math.min(6, (x1 - x0) * 0.22) / 2;
    return [x0 + space, Math.max(x1 - space, x0 + space + 0.5)];
  };
  return { width, height, right, bottom, y, x, py, edge, gap };
}

const across = (kind, { right }, at) => s("line", { class: kind, x1: LEFT, x2: right, y1: at, y2: at });
const upright = (kind, { bottom }, at) => s("line", { class: kind, x1: at, x2: at, y1: TOP, y2: bottom });
const written = (text, x, y, anchor) => s("text", { x, y, "text-anchor": anchor }, text);

// The grid with the values on the left and the times below.
function grid(data, place) {
  const { width, height, right, y, x, py } = place;
  const half = data.centred && data.t.length ? (x(data.end[0]) - x(data.t[0])) / 2 : 0;
  return [
    y.ticks.map((tick) => [across(tick ? "rule" : "zero", place, py(tick)), written(number(tick, y.digits), LEFT - 6, py(tick) + 4, "end")]),
    written(data.unit, 2, 4, "start"),
    timeTicks(data.from, data.to, right - LEFT).map(([at, text, day]) => {
      const middle = x(at) + half;
      return [day && upright("day", place, x(at)), middle > LEFT - 4 && middle < width - 10 && written(text, middle, height - 6, "middle")];
    }),
  ];
}

// The bars of a list, above zero or (turn: -1) below it.
function bars(data, { gap, py }, list, kind, turn) {
  const here = data.mark;
  const bar = (k) => [...gap(k), py(list[k] * turn), py(0)];
  const all = data.t.map((_, k) => k).filter((k) => list[k]);
  if (here === undefined) return s("path", { class: kind, d: areas(all.map(bar)) });
  return all.map((k) => s("path", { class: k === here ? "here" : k < here ? kind + " past" : kind, d: areas([bar(k)]) }));
}

function band(data, place) {
  const { gap, py, y } = place;
  const all = data.t.map((_, k) => k).filter((k) => known(data.mean[k]));
  return [
    s("path", { class: "band", d: areas(all.map((k) => [...gap(k), py(data.high[k]), py(data.low[k])])) }),
    s("path", { class: "mean", d: steps(all.map((k) => [...gap(k), py(data.mean[k])])) }),
    data.limit && data.limit <= y.high && across("limit", place, py(data.limit)),
  ];
}

// The other line, and its axis on the right.
function otherLine(data, { width, right, edge, py, y }) {
  const all = data.t.map((_, k) => k).filter((k) => known(data.line[k]));
  if (!all.length) return null;
  const step = secondStep(all.map((k) => data.line[k]), y);
  const scaled = y.step / step;
  return [
    s("path", { class: "cost", d: steps(all.map((k) => [...edge(k), py(data.line[k] * scaled)])) }),
    y.ticks.map((tick) => written(number(tick / scaled, digitsOf(step)), right + 6, py(tick) + 4, "start")),
    written(data.lineUnit, width, 4, "end"),
  ];
}

// A chart in a box: {node, update(more)}. data:
//   label            what the chart shows
//   unit             the unit of its numbers
//   height           its height, px; by default it depends on the width
//   from, to         the time that it covers, unix s
//   t, end           start and end of each sample, unix s
//   up, down         bars above and below zero
//   solid            the bars touch
//   centred          the time is written below the middle of a bar
//   mark             index of the bar that is marked; the bars before it are pale
//   low, mean, high  a band with a line in it
//   limit            a line across the chart
//   line, lineUnit   another line, with an axis of its own on the right
//   roomy            room is left for that axis, though there is no other line
//   title(k)         what sample k is
//   read(k)          [[class, name, text], …] of sample k
//   restTitle, rest  what is shown in their place while no sample is chosen
export function chart(data) {
  const read = h("div", { class: "read", "aria-hidden": "true" });
  const plot = h("div", { class: "chart", tabindex: "0", role: "slider", "aria-orientation": "horizontal" });
  const box = stack(read, plot);
  let place = null; // function that moves the cursor to a sample, or hides it for null
  let chosen = null;

  function show(k) {
    chosen = k;
    const rows = k === null ? data.rest : data.read(k);
    const title = k === null ? data.restTitle : data.title(k);
    put(read, title && h(k === null ? "span" : "b", { class: k === null && "soft small" }, title), rows.map(([kind, name, text]) =>
      h("span", { class: "key" }, kind && h("i", { class: kind }), name + " ", h("span", { class: "num" }, text))));
    const at = k === null ? data.t.length - 1 : k;
    plot.setAttribute("aria-valuenow", Math.max(0, at));
    if (data.t.length) plot.setAttribute("aria-valuetext", `${data.title(at)}: ` + data.read(at).map((row) => row[1] + " " + row[2]).join(", "));
    if (place) place(k);
  }

  function draw() {
    const where = layout(data, Math.max(260, plot.clientWidth || 600));
    const { width, height, right, bottom, edge } = where;
    const hit = s("rect", { class: "hit", y: TOP, height: bottom - TOP, width: 0 });
    const cursor = upright("cursor", where, -9);
    place = (k) => {
      for (const each of [hit, cursor]) each.setAttribute("visibility", k === null ? "hidden" : "visible");
      if (k === null) return;
      const [x0, x1] = edge(k);
      hit.setAttribute("x", x0);
      hit.setAttribute("width", Math.max(0, x1 - x0));
      for (const end of ["x1", "x2"]) cursor.setAttribute(end, (x0 + x1) / 2);
    };
    put(plot, s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true" },
      grid(data, where),
      data.up && bars(data, where, data.up, "imp", 1),
      data.down && bars(data, where, data.down, "exp", -1),
      data.high && band(data, where),
      data.line && otherLine(data, where),
      hit, cursor));
    plot.setAttribute("aria-label", data.label);
    plot.setAttribute("aria-valuemin", 0);
    plot.setAttribute("aria-valuemax", Math.max(0, data.t.length - 1));
    show(chosen !== null && chosen < data.t.length ? chosen : null);
    plot.find = (px) => {
      const at = data.from + ((px - LEFT) / (right - LEFT)) * (data.to - data.from);
      let best = null;
      let distance = Infinity;
      data.t.forEach((start, k) => {
        const off = at < start ? start - at : at >= data.end[k] ? at - data.end[k] + 1 : 0;
        if (off < distance) [best, distance] = [k, off];
      });
      return best;
    };
  }

  const point = (event) => show(plot.find(event.clientX - plot.getBoundingClientRect().left));
  plot.addEventListener("pointermove", point);
  plot.addEventListener("pointerdown", point);
  plot.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && show(null));
  plot.addEventListener("blur", () => show(null));
  plot.addEventListener("keydown", (event) => {
    const most = data.t.length - 1;
    const jump = Math.max(2, Math.round(most / 12));
    const by = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -jump, PageUp: jump, Home: -1e9, End: 1e9 }[event.key];
    if (event.key === "Escape") show(null);
    if (!by || most < 0) return;
    event.preventDefault();
    show(Math.min(most, Math.max(0, (chosen === null ? most - (by < 0 ? 0 : 1) : chosen) + by)));
  });
  let seen = 0;
  const sized = () => {
    if (plot.clientWidth !== seen) {
      seen = plot.clientWidth;
      draw();
    }
  };
  if (window.ResizeObserver) new ResizeObserver(sized).observe(plot);
  else setTimeout(sized);
  return {
    node: box,
    update(more) {
      data = { ...data, ...more };
      if (seen) draw();
    },
  };
}
