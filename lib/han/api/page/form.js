// Forms for the configuration's fields. The reader judges the values, and its words are shown beside the field.
import { h, inRow, put, statusLine, tellIn } from "./dom.js";
import { write } from "./ask.js";
import { feesField } from "./fees.js";
import { listen, now } from "./feed.js";
import { said, t } from "./words.js";

// The value at a path such as "w.n.i"; undefined when there is none.
export const at = (object, path) => path.split(".").reduce((value, name) => (value ? value[name] : undefined), object);

// Set the value at a path.
function plant(object, path, value) {
  const names = path.split(".");
  const last = names.pop();
  for (const name of names) {
    if (!(name in object)) object[name] = {};
    object = object[name];
  }
  object[last] = value;
}

// Make a field of a form: {field, node, error, input, get()}. field:
//   path            of the configuration's field; also: another path that a refusal may name
//   kind            text, number, select, flag, secret, list or fees
//   label, hint     texts
//   value           what it has at first, if that is not in the configuration
//   choices         [[value, text], …] of a select; [value, …] to choose from for a text
//   min, max, step  of a number
//   set             a secret is stored in the reader
//   once            a secret that is given anew each time
//   only(values)    whether it is shown, by the form's values
//   fold            it is for few users, and folded away
//   part            what it is of, where several fields of a view have the same label
function make(field, value) {
  const id = "f-" + field.path.replace(/\./g, "-");
  const error = h("p", { class: "error", id: id + "-error" });
  const hint = field.hint && h("p", { class: "hint", id: id + "-hint" }, field.hint);
  const common = { id, name: field.path, "aria-label": field.part && `${field.part}: ${field.label}`, "aria-describedby": (hint ? id + "-hint " : "") + id + "-error", autocomplete: "off",
    autocapitalize: "none", spellcheck: "false" };
  const self = { field, error, get: () => self.input.value };
  if (field.kind === "fees") {
    Object.assign(self, feesField(id, field.label, value));
    self.node.append(hint, error);
    return self;
  }
  if (field.kind === "flag") {
    self.input = h("input", { ...common, type: "checkbox", checked: Boolean(value) });
    self.get = () => self.input.checked;
    self.node = h("div", null, h("label", { class: "check", for: id }, self.input, field.label), hint, error);
    return self;
  }
  if (field.kind === "select") {
    self.input = h("select", common, field.choices.map(([each, text]) => h("option", { value: String(each) }, text)));
    self.input.value = String(value);
    self.get = () => field.choices.map((choice) => choice[0]).find((each) => String(each) === self.input.value);
  } else if (field.kind === "number") {
    self.input = h("input", { ...common, type: "number", inputmode: "decimal", min: field.min, max: field.max, step: field.step || 1, value });
    // What is no number goes to the reader as null, and the reader says what is wrong.
    self.get = () => (self.input.value === "" ? null : Number(self.input.value));
  } else if (field.kind === "secret") {
    self.input = h("input", { ...common, type: "password", autocomplete: "new-password" });
    const remove = h("input", { type: "checkbox", id: id + "-remove" });
    const forget = h("label", { class: "check", for: id + "-remove" }, remove, t("forget"));
    self.mark = (set) => {
      self.input.value = "";
      self.input.placeholder = set ? t("kept") : "";
      remove.checked = false;
      forget.hidden = !set;
    };
    self.mark(field.set);
    if (field.value) self.input.value = field.value;
    const show = h("input", { type: "checkbox", id: id + "-show", onchange: () => {
      self.input.type = show.checked ? "text" : "password";
    } });
    self.get = () => (remove.checked ? null : self.input.value);
    self.extra = inRow(h("label", { class: "check", for: id + "-show" }, show, t("show")), forget);
  } else {
    const list = field.choices && h("datalist", { id: id + "-list" }, field.choices.map((each) => h("option", { value: each })));
    self.input = h("input", { ...common, type: "text", list: list ? id + "-list" : null, value: field.kind === "list" ? value.join(", ") : value });
    self.extra = list;
    if (field.kind === "list") self.get = () => self.input.value.split(/[\s,]+/).filter(Boolean);
  }
  self.node = h("div", null, h("label", { for: id }, field.label), self.input, self.extra, hint, error);
  return self;
}

// Show a refusal beside the field that its message names, or else in the form's status line. "" clears all of them.
export function blame(fields, status, message) {
  const [, path = "", place, rest = ""] = /^(?:\w+: )?([a-z0-9.]+)(?:\[(\d)\][a-z.]*)? (.*)$/i.exec(message) || [];
  const wrong = fields.find((each) => each.field.path === path || each.field.also === path);
  for (const each of fields) {
    put(each.error);
    each.input.removeAttribute("aria-invalid");
  }
  if (wrong && !wrong.node.hidden) {
    put(wrong.error, place && `${Number(place) + 1}: `, said(rest));
    wrong.input.setAttribute("aria-invalid", "true");
    const fold = wrong.node.closest("details");
    if (fold) fold.open = true;
    wrong.input.focus();
    tellIn(status, "bad", t("notsaved"));
  } else {
    tellIn(status, message ? "bad" : "", message && said(message));
  }
}

// Make a form: {node, fields, values(), status}. It sends its values with options.send(values), by default to /configuration.
// more: what is beside its button.
export function form(specs, options = {}) {
  const fields = specs.map((field) => make(field, field.value !== undefined ? field.value : at(now.configuration, field.path)));
  const status = statusLine();
  const button = h("button", { class: "main" }, options.button || t("save"));
  const values = () => {
    const result = {};
    for (const each of fields) plant(result, each.field.path, each.get());
    return result;
  };
  const hide = () => fields.forEach((each) => {
    each.node.hidden = Boolean(each.field.only && !each.field.only(values()));
  });
  const group = (some) => h("div", { class: options.one ? "stack" : "two" }, some.map((each) => each.node));
  const node = h("form", {
    novalidate: true, // the reader judges, in the same words for every client
    onchange: hide,
    onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      blame(fields, status, "");
      put(status, t("saving"));
      try {
        const given = values();
        const answer = await (options.send || ((all) => write("/configuration", "PUT", all)))(given);
        for (const each of fields) {
          const value = at(given, each.field.path);
          if (!each.mark) continue;
          if (value !== "" && !each.field.once) each.field.set = value !== null;
          each.mark(each.field.set);
        }
        tellIn(status, "good", answer.rebootRequired ? t("saved.restart") : options.done || t("saved"));
        if (options.after) options.after(given);
      } catch (error) {
        blame(fields, status, error.message);
      }
      button.disabled = false;
    },
  }, group(fields.filter((each) => !each.field.fold)),
  fields.some((each) => each.field.fold) && h("details", null, h("summary", null, t("advanced")), group(fields.filter((each) => each.field.fold))),
  inRow(button, options.more, status));
  hide();
  return { node, fields, values, status };
}

// Call draw() once the configuration is known. Returns a function that ends the wait.
export function withConfiguration(draw) {
  if (now.configuration) {
    draw();
    return () => null;
  }
  const stop = listen(() => {
    if (now.configuration) {
      stop();
      draw();
    }
  });
  return stop;
}
