// Texts in the page's languages. Numbers, money and times are written as in these languages.

// First the keys of the texts that keep them, then a list of texts for each language, which begins with the texts of these keys.
// The page's builder makes all other keys numbers, counted from the end of a list: those in t("key") and key("key").
const LISTS = __TEXTS__.map((lines) => lines.split("\n"));
const KEYS = LISTS[0];
const TEXTS = [1, 4, 3, 2].map((n) => LISTS[n]); // they compress best in another order than LANGUAGES
const LANGUAGES = __LANGUAGES__;
export const NAMES = ["English", "Suomi", "Svenska", "Norsk"];
// How numbers and dates are written. In English too, days come before months, as the page is read in Europe.
const LOCALES = ["en-GB", "fi", "sv", "nb"];
// Names of a hundredth of a currency: prices are given in hundredths.
const MINOR = { EUR: "c", SEK: "öre", NOK: "øre", DKK: "øre", GBP: "p", PLN: "gr", RON: "bani", CHF: "Rp." };
const NONE = "–";

let language = 0;
let zone = "Etc/UTC";
let formats = new Map();

// Read what the browser keeps under a name, or store a value. Some phones' portal browsers keep nothing.
export function kept(name, value) {
  try {
    if (value === undefined) return localStorage.getItem(name);
    localStorage.setItem(name, value);
  } catch (error) {
    // The browser keeps nothing: the user chooses again next time.
  }
  return null;
}

export function chooseLanguage() {
  const wanted = [kept("language"), ...(navigator.languages || [navigator.language])];
  const found = wanted.map((tag) => {
    const short = (tag || "").slice(0, 2).toLowerCase();
    return LANGUAGES.indexOf(short === "no" || short === "nn" ? "nb" : short);
  });
  setLanguage(Math.max(0, found.find((index) => index >= 0) || 0));
}

export function setLanguage(index) {
  language = index;
  formats = new Map();
  document.documentElement.lang = LANGUAGES[index];
}

export function keepLanguage(index) {
  kept("language", LANGUAGES[index]);
  setLanguage(index);
}

export const languageIndex = () => language;

// The text of a key, with {0} and {1} replaced by the values. For an unknown key, as of a state that is newer than this
// page, it is the key's last word.
export function t(key, ...values) {
  const texts = TEXTS[language];
  const at = typeof key === "number" ? texts.length - 1 - key : KEYS.indexOf(key);
  return at < 0 ? key.slice(key.lastIndexOf(".") + 1) : filled(texts[at], values);
}

const filled = (text, values) => text.replace(/\{(\d)\}/g, (_, index) => values[index]);

// A message of the API, which is English, in the user's language; as it is if there is no translation.
export function said(text) {
  for (const [at, key] of KEYS.entries()) {
    if (!key.startsWith("= ")) continue;
    const parts = key.slice(2).split(/\{\d\}/);
    const values = [];
    let rest = text;
    const whole = parts.every((part, index) => {
      const at = index === parts.length - 1 && index ? rest.length - part.length : rest.indexOf(part);
      if (at < 0 || rest.slice(at, at + part.length) !== part || (!index && at)) return false;
      if (index) values.push(rest.slice(0, at));
      rest = rest.slice(at + part.length);
      return true;
    });
    // Without a text, the reader's own words are good enough.
    if (whole && !rest) return filled(TEXTS[language][at] || key.slice(2), values.map(said));
  }
  const several = text.split("; ");
  return several.length > 1 ? several.map(said).join("; ") : text;
}

// The zone of this browser's device.
export const browserZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

// Use the reader's zone from now on. True when it is another one than before.
export function setZone(name) {
  const before = zone;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    zone = name;
  } catch (error) {
    zone = "UTC"; // a browser without this zone's rules
  }
  if (zone === before) return false;
  formats = new Map();
  kept("zone", zone);
  return true;
}

// The formatter of dates (or of numbers, by `kind`) in the chosen language. There is one for each set of options.
function format(options, kind = "DateTimeFormat") {
  const name = kind + JSON.stringify(options);
  let found = formats.get(name);
  if (!found) {
    found = new Intl[kind](LOCALES[language], options);
    formats.set(name, found);
  }
  return found;
}

const STYLES = {
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  second: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  slot: { weekday: "short", day: "numeric", month: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  weekday: { weekday: "short", day: "numeric" },
  day: { weekday: "short", day: "numeric", month: "long" },
  date: { day: "numeric", month: "numeric" },
  month: { month: "short" },
  year: { month: "long", year: "numeric" },
};

// A time, unix s, in the reader's own zone.
export function when(style, seconds) {
  return format({ timeZone: zone, ...STYLES[style] }).format(new Date(seconds * 1000));
}

// [year, month, day, hour, minute] of a time, unix s, in the reader's own zone.
export function clock(seconds) {
  const found = {};
  const options = { year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric" };
  for (const part of format({ timeZone: zone, ...options, hourCycle: "h23", calendar: "gregory", numberingSystem: "latn" })
    .formatToParts(new Date(seconds * 1000))) {
    found[part.type] = Number(part.value);
  }
  return [found.year, found.month, found.day, found.hour % 24, found.minute];
}

// The midnight that begins the day of a time, moved by `days` days; both unix s. Days have 23 to 25 hours.
export function midnight(seconds, days = 0) {
  const [, , , hour, minute] = clock(seconds);
  let at = seconds - (seconds % 60) - (hour * 60 + minute) * 60 + days * 86400;
  for (let pass = 0; pass < 2; pass += 1) {
    const [, , , h0, m0] = clock(at);
    at += ((h0 > 12 ? 24 - h0 : -h0) * 60 - m0) * 60;
  }
  return at;
}

export function number(value, digits = 0, least = digits) {
  if (value === null || value === undefined || Number.isNaN(value)) return NONE;
  return format({ maximumFractionDigits: digits, minimumFractionDigits: least }, "NumberFormat").format(value);
}

// Whether the user's spreadsheets have decimal commas: by the page's language, or by the browser's if the page is English.
export const decimalComma = () => (1.5).toLocaleString(language ? LOCALES[language] : navigator.language).includes(",");

// [number, unit] of a power in W.
export function power(watts) {
  if (watts === null || watts === undefined) return [NONE, "W"];
  return Math.abs(watts) < 1000 ? [number(watts), "W"] : [number(watts / 1000, 2), "kW"];
}

// The same as one text.
export const watts = (value) => power(value).join("\u00a0");

export const unit = (value, name, digits = 0) => number(value, digits) + "\u00a0" + name;

// An amount of minor units as money.
export function money(value, currency, digits = 2) {
  if (value === null || value === undefined) return NONE;
  const options = { style: "currency", currency, maximumFractionDigits: digits, minimumFractionDigits: digits };
  return format(options, "NumberFormat").format(value / 100);
}

export const minor = (currency, per = "/kWh") => (MINOR[currency] || currency + "/100") + per;

export const known = (value) => value !== null && value !== undefined;

// The slots of the answer of /prices: [start, ms; price with VAT and fees where they are set; price as the exchange has it].
export const slots = (book) => book.prices.map(([start, price], k) => [start, book.totals ? book.totals[k] : price, price]);

// The note that says what a price, and so a cost, has in it.
export function priceNote(configuration) {
  const { s, vat, fees } = configuration || {};
  return t(vat || (fees && fees.length) ? "price.total" : s ? "price.spot" : "price.fixed");
}

// How an amount compares with that of an earlier time.
export function compared(amount, before) {
  const percent = before > 0 ? Math.round((amount / before - 1) * 100) : null;
  return percent === null ? "" : percent ? t(percent < 0 ? "less" : "more", number(Math.abs(percent))) : t("same");
}

// A duration, s, in words: 45 s, 3 min, 2 h, 5 d.
export function lasting(seconds) {
  if (seconds < 100) return unit(Math.max(0, Math.round(seconds)), "s");
  if (seconds < 6000) return unit(Math.round(seconds / 60), "min");
  return seconds < 172800 ? unit(Math.round(seconds / 3600), "h") : unit(Math.round(seconds / 86400), t("d"));
}
