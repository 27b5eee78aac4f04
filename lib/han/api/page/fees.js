// The field "fees" of a form: what is paid for a kWh beside its price, and when.
import { h, stack } from "./dom.js";
import { minor, t } from "./words.js";
import { now } from "./feed.js";

const MOST = 8;
const HIGHEST = { days: 7, months: 12 };

// The numbers of "1-5, 7". A range may go over the end, as the months 11-3 do. The reader refuses null.
function numbers(text, most) {
  return text.split(/[\s,;]+/).filter(Boolean).flatMap((part) => {
    const [first, last = first] = part.split(/[-–]/).map(Number);
    const found = [first || null];
    for (let n = first; n !== last && found.length <= most; found.push(n)) n = (n % most) + 1;
    return found;
  });
}

// The same as a text.
function ranges(list) {
  return list.map((n, k) => (list[k - 1] !== n - 1 ? ", " + n : list[k + 1] !== n + 1 ? "-" + n : "")).join("").slice(2);
}

// What form.js needs of a field: {node, input, get()}. fees: those of the configuration.
export function feesField(id, label, fees) {
  const rows = stack();
  const add = h("button", { type: "button", onclick: () => {
    row({ p: 0 });
    rows.lastChild.querySelector("input").focus();
  } }, t("fee.add"));
  let count = 0;

  function row(fee) {
    const place = count;
    const input = (name, text, value, options) => {
      const at = `${id}-${place}-${name}`;
      return h("div", null, h("label", { for: at }, text), h("input", { id: at, name, value, autocomplete: "off", ...options }));
    };
    count += 1;
    const one = h("div", { class: "two", role: "group", "aria-label": t("fees") },
      input("p", t("fee.p", minor(now.configuration.pc)), fee.p, { type: "number", step: "any", inputmode: "decimal" }),
      input("hours", t("fee.hours"), fee.hours ? fee.hours.join("-") : ""),
      ...Object.keys(HIGHEST).map((name) => input(name, t("fee." + name), ranges(fee[name] || []))),
      h("button", { type: "button", onclick: () => {
        one.remove();
        add.disabled = false;
        add.focus();
      } }, t("fee.remove")));
    rows.append(one);
    add.disabled = rows.children.length >= MOST;
  }

  fees.forEach(row);
  const input = h("fieldset", { tabindex: -1, class: "stack" }, h("legend", { class: "label" }, label), rows, h("div", null, add));
  return {
    node: h("div", null, input),
    input,
    get: () => [...rows.children].map((each) => {
      const values = {};
      for (const { name, value } of each.querySelectorAll("input")) values[name] = value.trim();
      const { p, hours } = values;
      const fee = { p: p === "" ? null : Number(p) };
      if (hours) fee.hours = hours.split(/[-–]/).map(Number);
      for (const name of Object.keys(HIGHEST)) if (values[name]) fee[name] = numbers(values[name], HIGHEST[name]);
      return fee;
    }),
  };
}
