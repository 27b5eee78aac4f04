// Makes elements without HTML in strings, so that all words of the reader or the meter stay text.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked" || name === "disabled") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(9).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// An HTML element: h("p", {class: "soft"}, "text", node, [more]). Attributes such as onclick are functions.
export function h(tag, attributes, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

// An SVG element, made in the same way.
export function s(tag, attributes, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// Replace the content of a node.
export function put(node, ...children) {
  node.textContent = "";
  return fill(node, null, children);
}

// Set the text of a node, but only if it is another one: a screen reader reads every text that is set.
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const SHAPES = {
  live: "M13 2 4 14h7l-1 8 9-12h-7z",
  history: "M4 20h16M7 16v-5M12 16V6M17 16v-8",
  prices: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M15 8.5a4 4 0 1 0 0 7M7.5 10.7h5M7.5 13.3h5",
  settings: "M4 7h10M18 7h2M4 17h2M10 17h10M16 5v4M8 15v4",
  down: "M12 4v15M5 12l7 7l7-7",
};

export function icon(name) {
  return s("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, s("path", { d: SHAPES[name] }));
}

export const stack = (...children) => h("div", { class: "stack" }, children);
export const inRow = (...children) => h("div", { class: "row" }, children);
export const small = (...children) => h("p", { class: "soft small" }, children);
export const statusLine = (text) => h("p", { class: "said", role: "status" }, text);

// Say in a status line how something went: kind is "good", "bad" or "".
export function tellIn(line, kind, text) {
  line.className = "said " + kind;
  put(line, text);
}

export function card(title, ...children) {
  return h("section", { class: "card" }, title && h("h2", null, title), children);
}

// [[name, value], …] as a description list; rows that are false are left out.
export function pairs(rows) {
  return h("dl", { class: "pairs" }, rows.filter(Boolean).map((row) => [h("dt", null, row[0]), h("dd", null, row[1])]));
}

// Put [[name, value, note], …] as large numbers into a list; rows that are false are left out.
export function sums(list, rows) {
  return put(list, rows.filter(Boolean).map(([name, value, note]) => h("div", null, h("dt", null, name),
    h("dd", { class: "num" }, value), note && h("dd", { class: "soft small" }, note))));
}

export function banner(kind, strong, text, ...more) {
  return h("div", { class: "banner " + kind }, h("p", null, h("b", null, strong), text && " ", text), more);
}

// Give the user a file to download.
export function download(name, type, data) {
  const url = URL.createObjectURL(new Blob([data], { type }));
  const link = h("a", { href: url, download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
