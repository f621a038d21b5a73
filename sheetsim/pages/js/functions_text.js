/** Functions of texts: cutting, searching, joining, and numbers as texts. */

import { formatValue } from "./formats.js";
import { asArray, lifted, whole } from "./functions.js";
import { NA, numberOfText, toBoolean, toNumber, toText, VALUE, XlError } from "./values.js";

/** @typedef {import("./values.js").Scalar} Scalar */

const LONGEST = 32767;

/**
 * Add a function of texts (t), whole numbers (n) and conditions (b), by a letter an argument.
 * @param {string} name
 * @param {string} letters
 * @param {(...args: any[]) => Scalar} f
 */
function textual(name, letters, f) {
  lifted(
    name,
    (...args) => {
      const taken = [];
      for (let i = 0; i < args.length; i++) {
        const letter = letters[Math.min(i, letters.length - 1)];
        let one =
          letter === "t"
            ? toText(args[i])
            : letter === "b"
              ? toBoolean(args[i])
              : toNumber(args[i]);
        if (one instanceof XlError) return one;
        if (letter === "n") one = Math.trunc(Number(one));
        taken.push(one);
      }
      const out = f(...taken);
      return typeof out === "string" && out.length > LONGEST ? VALUE : out;
    },
    { errors: true },
  );
}

textual("LEN", "t", (text) => text.length);
textual("LEFT", "tn", (text, count = 1) => (count < 0 ? VALUE : text.slice(0, count)));
textual("RIGHT", "tn", (text, count = 1) =>
  count < 0 ? VALUE : count < text.length ? text.slice(text.length - count) : text,
);
textual("MID", "tnn", (text, start, count) =>
  start < 1 || count < 0 ? VALUE : text.slice(start - 1, start - 1 + count),
);
textual("LOWER", "t", (text) => text.toLowerCase());
textual("UPPER", "t", (text) => text.toUpperCase());
textual("PROPER", "t", (text) =>
  text.replace(
    /\p{L}+/gu,
    (/** @type {string} */ word) => word[0].toUpperCase() + word.slice(1).toLowerCase(),
  ),
);
textual("TRIM", "t", (text) => text.replace(/ +/g, " ").replace(/^ | $/g, ""));
textual("EXACT", "tt", (a, b) => a === b);
textual("REPT", "tn", (text, count) =>
  count < 0 || text.length * count > LONGEST ? VALUE : text.repeat(count),
);
textual("FIND", "ttn", (wanted, text, start = 1) => {
  const found = start >= 1 && start <= text.length + 1 ? text.indexOf(wanted, start - 1) : -1;
  return found < 0 ? VALUE : found + 1;
});
textual("SEARCH", "ttn", (wanted, text, start = 1) => {
  if (start < 1 || start > text.length + 1) return VALUE;
  for (let i = start - 1; i <= text.length; i++) {
    if (matcher(`${wanted}*`)(text.slice(i))) return i + 1;
  }
  return VALUE;
});
textual("SUBSTITUTE", "tttn", (text, old, fresh, which) => {
  if (which !== undefined && which < 1) return VALUE;
  if (old === "") return text;
  const parts = text.split(old);
  if (which === undefined) return parts.join(fresh);
  if (which >= parts.length) return text;
  return parts.slice(0, which).join(old) + fresh + parts.slice(which).join(old);
});
textual("REPLACE", "tnnt", (text, start, count, fresh) =>
  start < 1 || count < 0 ? VALUE : text.slice(0, start - 1) + fresh + text.slice(start - 1 + count),
);
textual("CODE", "t", (text) =>
  text === "" ? VALUE : text.charCodeAt(0) < 256 ? text.charCodeAt(0) : 63,
);
textual("UNICODE", "t", (text) => (text === "" ? VALUE : text.codePointAt(0)));
textual("CHAR", "n", (code) => (code >= 1 && code <= 255 ? String.fromCharCode(code) : VALUE));
textual("UNICHAR", "n", (code) => {
  if (code < 1 || code > 0x10ffff) return VALUE;
  return code >= 0xd800 && code <= 0xdfff ? NA : String.fromCodePoint(code);
});
lifted("VALUE", (value) => (typeof value === "boolean" ? VALUE : toNumber(value)));
lifted(
  "TEXT",
  (value, code) => {
    const format = toText(code);
    if (format instanceof XlError) return format;
    if (value instanceof XlError) return value;
    const number = typeof value === "string" ? numberOfText(value) : Number.NaN;
    const shown = formatValue(Number.isNaN(number) ? (value ?? 0) : number, format);
    return shown.wrong ? VALUE : shown.text;
  },
  { errors: true },
);

whole("CONCAT", (args) => joined(args));
whole("CONCATENATE", (args) => joined(args));
whole("TEXTJOIN", ([between, skip, ...rest]) => {
  const signs = textsOf([between]);
  const skips = toBoolean(asArray(skip).data[0]);
  if (skips instanceof XlError) return skips;
  if (signs instanceof XlError) return signs;
  const texts = textsOf(rest);
  if (texts instanceof XlError) return texts;
  let out = "";
  let count = 0;
  for (const text of texts) {
    if (skips && text === "") continue;
    if (count) out += signs[(count - 1) % signs.length];
    out += text;
    count++;
  }
  return out.length > LONGEST ? VALUE : out;
});

/** @param {import("./values.js").Value[]} args */
function textsOf(args) {
  const texts = [];
  for (const arg of args) {
    for (const value of asArray(arg).data) {
      const text = toText(value);
      if (text instanceof XlError) return text;
      texts.push(text);
    }
  }
  return texts;
}

/** @param {import("./values.js").Value[]} args */
function joined(args) {
  const texts = textsOf(args);
  if (texts instanceof XlError) return texts;
  const out = texts.join("");
  return out.length > LONGEST ? VALUE : out;
}

/**
 * Return a test of whole texts by a pattern: `*` any text, `?` one character, `~` the next one as
 * it is; case does not matter. Nothing is tried twice, whatever the pattern is.
 * @param {string} wanted
 * @returns {(text: string) => boolean}
 */
export function matcher(wanted) {
  if (wanted.length > 255) return () => false;
  /** @type {(string | null)[][]} pieces between the `*`; null for any character */
  const pieces = [[]];
  const lower = wanted.toLowerCase();
  for (let i = 0; i < lower.length; i++) {
    const last = pieces[pieces.length - 1];
    if (lower[i] === "~" && i + 1 < lower.length) last.push(lower[++i]);
    else if (lower[i] === "*") pieces.push([]);
    else last.push(lower[i] === "?" ? null : lower[i]);
  }
  /**
   * @param {(string | null)[]} piece
   * @param {string} text
   * @param {number} from
   */
  const fits = (piece, text, from) =>
    from + piece.length <= text.length &&
    piece.every((one, i) => one === null || one === text[from + i]);
  return (whole) => {
    const text = whole.toLowerCase();
    const [first, ...rest] = pieces;
    if (!rest.length) return text.length === first.length && fits(first, text, 0);
    if (!fits(first, text, 0)) return false;
    let from = first.length;
    const last = rest[rest.length - 1];
    for (const piece of rest.slice(0, -1)) {
      while (from + piece.length <= text.length && !fits(piece, text, from)) from++;
      if (from + piece.length > text.length) return false;
      from += piece.length;
    }
    const end = text.length - last.length;
    return end >= from && fits(last, text, end);
  };
}
