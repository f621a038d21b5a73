/**
 * Numbers as texts by Excel's format codes: `0.00`, `#,##0`, `0%`, `0.0E+00`, `yyyy-mm-dd`, ...
 *
 * A code has up to four sections, for positive numbers, negative ones, zero and texts; a condition
 * such as `[>=100]` in front says otherwise. A colour in brackets is passed on.
 */

import { digitsOf, toText, XlError } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {{kind: string, text: string}} Token
 * @typedef {{tokens: Token[], test: ((x: number) => boolean) | null, colour: string}} Section
 * @typedef {{text: string, colour: string, wrong?: boolean}} Shown wrong: the format can't show it
 */

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const COLOURS = /^(black|blue|cyan|green|magenta|red|white|yellow)$/i;
const BRACKET = /^\[([^\]]*)\]/;
const CONDITION = /^(<=|>=|<>|<|>|=)\s*(-?[0-9.]+(?:[eE][+-]?[0-9]+)?)$/;

/** @type {Map<string, Section[]>} */
const KNOWN = new Map();

/**
 * Return what a value looks like in a format, and the colour that the format gives it, if any.
 * @param {Scalar} value
 * @param {string} code
 * @returns {Shown}
 */
export function formatValue(value, code) {
  if (value === null) return { text: "", colour: "" };
  if (typeof value === "boolean" || value instanceof XlError) {
    return { text: value instanceof XlError ? value.code : String(toText(value)), colour: "" };
  }
  let sections = KNOWN.get(code);
  if (!sections) {
    sections = sectionsOf(code);
    KNOWN.set(code, sections);
  }
  if (typeof value === "string") return asText(value, sections);
  if (!Number.isFinite(value)) return { text: "#NUM!", colour: "" };
  const [section, signed] = sectionFor(value, sections);
  if (!section) return { text: general(value), colour: "" };
  const text = shown(value, section, signed);
  return text === null
    ? { text: "#######", colour: "", wrong: true }
    : { text, colour: section.colour };
}

/**
 * @param {string} value
 * @param {Section[]} sections
 * @returns {Shown}
 */
function asText(value, sections) {
  const last = sections[sections.length - 1];
  const takes = (/** @type {Section} */ one) => one.tokens.some((token) => token.kind === "@");
  const section = sections.length === 4 ? sections[3] : takes(last) ? last : null;
  if (!section) return { text: value, colour: "" };
  const text = section.tokens.map((one) => (one.kind === "@" ? value : one.text)).join("");
  return { text, colour: section.colour };
}

/**
 * Return the section for a number, and whether it shows the number's sign itself.
 * @param {number} value
 * @param {Section[]} sections
 * @returns {[Section | null, boolean]}
 */
function sectionFor(value, sections) {
  let own = sections.slice(0, 3);
  if (own.length > 1 && own[own.length - 1].tokens.some((one) => one.kind === "@"))
    own = own.slice(0, -1);
  const [first, second] = own;
  const meets = (/** @type {Section} */ one) => one.test?.(value);
  if (own.length === 1) return [first.test === null || meets(first) ? first : null, true];
  const plain = second.test === null && (own.length > 2 || first.test === null);
  if (value < 0 && plain && !meets(first)) return [second, false];
  if (own.length === 2) {
    if (meets(first) || (first.test === null && value >= 0)) return [first, true];
    return [second, true];
  }
  if (meets(first) || (first.test === null && value > 0)) return [first, true];
  return [meets(second) ? second : own[2], true];
}

/**
 * @param {string} code
 * @returns {Section[]}
 */
function sectionsOf(code) {
  /** @type {Section[]} */
  const sections = [{ tokens: [], test: null, colour: "" }];
  let rest = code;
  while (rest !== "") {
    const section = sections[sections.length - 1];
    if (rest[0] === ";") {
      sections.push({ tokens: [], test: null, colour: "" });
      rest = rest.slice(1);
      continue;
    }
    const bracket = BRACKET.exec(rest);
    if (bracket) {
      takeBracket(section, bracket[1]);
      rest = rest.slice(bracket[0].length);
      continue;
    }
    const [token, length] = nextToken(rest);
    if (token) section.tokens.push(token);
    rest = rest.slice(length);
  }
  return sections.slice(0, 4);
}

/**
 * @param {Section} section
 * @param {string} text
 */
function takeBracket(section, text) {
  if (COLOURS.test(text)) section.colour = text.toLowerCase();
  else if (/^(h+|m+|s+)$/i.test(text)) section.tokens.push({ kind: "elapsed", text });
  else if (text.startsWith("$"))
    section.tokens.push({ kind: "text", text: text.slice(1).split("-")[0] });
  else {
    const match = CONDITION.exec(text);
    if (!match) return;
    const bound = Number(match[2]);
    const signs = {
      "<": (/** @type {number} */ x) => x < bound,
      ">": (/** @type {number} */ x) => x > bound,
      "<=": (/** @type {number} */ x) => x <= bound,
      ">=": (/** @type {number} */ x) => x >= bound,
      "=": (/** @type {number} */ x) => x === bound,
      "<>": (/** @type {number} */ x) => x !== bound,
    };
    section.test = signs[/** @type {keyof typeof signs} */ (match[1])];
  }
}

/**
 * @param {string} rest
 * @returns {[Token | null, number]}
 */
function nextToken(rest) {
  const one = rest[0];
  if (one === '"') {
    const end = rest.indexOf('"', 1);
    const text = end < 0 ? rest.slice(1) : rest.slice(1, end);
    return [{ kind: "text", text }, end < 0 ? rest.length : end + 1];
  }
  if (one === "\\") return [{ kind: "text", text: rest[1] ?? "" }, 2];
  if (one === "_") return [{ kind: "text", text: " " }, 2];
  if (one === "*" && rest.length > 1) return [null, 2];
  let match = /^general/i.exec(rest);
  if (match) return [{ kind: "general", text: "" }, 7];
  match = /^(AM\/PM|A\/P)/i.exec(rest);
  if (match) return [{ kind: "half", text: match[0] }, match[0].length];
  match = /^[Ee][+-]/.exec(rest);
  if (match) return [{ kind: "exponent", text: match[0] }, 2];
  match = /^(y+|m+|d+|h+|s+|e+|b+)/i.exec(rest);
  if (match) return [{ kind: "date", text: match[0] }, match[0].length];
  if ("0#?".includes(one)) return [{ kind: "digit", text: one }, 1];
  if (".,%/@".includes(one)) return [{ kind: one, text: one }, 1];
  return [{ kind: "text", text: one }, 1];
}

/**
 * @param {number} value
 * @param {Section} section
 * @param {boolean} signed
 */
function shown(value, section, signed) {
  const { tokens } = section;
  const kinds = new Set(tokens.map((one) => one.kind));
  if (kinds.has("date") || kinds.has("elapsed") || kinds.has("half")) {
    return value < 0 ? null : moment(value, tokens);
  }
  const minus = value < 0 && signed ? "-" : "";
  const size = Math.abs(value);
  if (kinds.has("general")) {
    return (
      minus + tokens.map((one) => (one.kind === "general" ? general(size) : one.text)).join("")
    );
  }
  if (kinds.has("@"))
    return tokens.map((one) => (one.kind === "@" ? general(value) : one.text)).join("");
  if (!kinds.has("digit")) return minus + literal(tokens);
  const text = kinds.has("/") ? fraction(size, tokens) : numberText(size, tokens);
  return /[1-9]/.test(text) ? minus + text : text;
}

/** @param {Token[]} tokens */
const literal = (tokens) => tokens.map((one) => one.text).join("");

/**
 * Return a number as the format General shows it: at most 11 characters.
 * @param {number} value
 */
export function general(value) {
  const size = Math.abs(value);
  if (size === 0) return "0";
  const sign = value < 0 ? "-" : "";
  if (
    size >= 1e11 ||
    (size < 1e-4 && digitsOf(size).length > 11) ||
    (size < 1e-4 && digitsOf(size).includes("E"))
  ) {
    const [mantissa, power] = size.toExponential(5).split("e");
    const exponent = Number(power);
    const digits = mantissa.replace(/\.?0+$/, "");
    return `${sign}${digits}E${exponent < 0 ? "-" : "+"}${String(Math.abs(exponent)).padStart(2, "0")}`;
  }
  const whole = String(Math.trunc(size)).length;
  const text = fixed(size, Math.max(0, 10 - whole));
  return sign + (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
}

/**
 * Return a number that is not negative, its 15 digits rounded half up to so many decimals.
 * @param {number} size
 * @param {number} decimals
 * @param {number} [shift] a power of 10 that it is multiplied by first
 */
function fixed(size, decimals, shift = 0) {
  if (size === 0) return (0).toFixed(decimals);
  const [mantissa, power] = size.toExponential(14).split("e");
  let whole = BigInt(mantissa.replace(".", ""));
  const drop = 14 - Number(power) - shift - decimals;
  if (drop > 40) whole = 0n;
  else if (drop > 0) {
    const unit = 10n ** BigInt(drop);
    whole = (whole + unit / 2n) / unit;
  } else whole *= 10n ** BigInt(-drop);
  const digits = String(whole).padStart(decimals + 1, "0");
  return decimals ? `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}` : digits;
}

/**
 * Lay out a number that is not negative.
 * @param {number} size
 * @param {Token[]} tokens
 */
function numberText(size, tokens) {
  const exponentAt = tokens.findIndex((one) => one.kind === "exponent");
  const end = exponentAt < 0 ? tokens.length : exponentAt;
  const pointAt = tokens.slice(0, end).findIndex((one) => one.kind === ".");
  const point = pointAt < 0 ? end : pointAt;
  const digits = tokens.flatMap((one, i) => (one.kind === "digit" ? [i] : []));
  const front = digits.filter((i) => i < point);
  const back = digits.filter((i) => i > point && i < end);
  const power = digits.filter((i) => i > end);
  const out = tokens.map((one) => (one.kind === "," ? "" : one.text));
  let shift = 2 * tokens.filter((one) => one.kind === "%").length;
  let exponent = 0;
  if (exponentAt >= 0) {
    exponent = exponentOf(size, Math.max(front.length, 1), back.length);
    shift -= exponent;
  } else shift -= 3 * trailingCommas(tokens, front, back, point, end);
  const [whole, decimals = ""] = fixed(size, back.length, shift).split(".");
  const grouped =
    front.length > 0 &&
    tokens.slice(front[0], front[front.length - 1]).some((one) => one.kind === ",");
  putFront(out, tokens, front, whole.replace(/^0+/, ""), grouped);
  if (!front.length && pointAt >= 0) out[pointAt] = `${whole.replace(/^0+/, "")}.`;
  putBack(out, tokens, back, decimals);
  if (exponentAt >= 0) {
    const zeros = power.filter((i) => tokens[i].text === "0").length;
    for (const i of power) out[i] = "";
    const sign = exponent < 0 ? "-" : tokens[exponentAt].text.includes("+") ? "+" : "";
    out[exponentAt] = `E${sign}${String(Math.abs(exponent)).padStart(zeros, "0")}`;
  }
  return out.join("");
}

/**
 * @param {Token[]} tokens
 * @param {number[]} front
 * @param {number[]} back
 * @param {number} point
 * @param {number} end
 */
function trailingCommas(tokens, front, back, point, end) {
  /** @param {number} from @param {number} to */
  const commas = (from, to) => tokens.slice(from + 1, to).filter((one) => one.kind === ",").length;
  const first = front.length ? commas(front[front.length - 1], point) : 0;
  return first + (point < end ? commas(back[back.length - 1] ?? point, end) : 0);
}

/**
 * Return the power of 10 of a number in scientific form.
 * @param {number} size
 * @param {number} places digits before the point
 * @param {number} decimals
 */
function exponentOf(size, places, decimals) {
  if (size === 0) return 0;
  let exponent = Number(size.toExponential(14).split("e")[1]);
  exponent -= ((exponent % places) + places) % places;
  const front = fixed(size, decimals, -exponent).split(".")[0];
  return front.length > places ? exponent + places : exponent;
}

/**
 * @param {string[]} out
 * @param {Token[]} tokens
 * @param {number[]} places
 * @param {string} text
 * @param {boolean} grouped
 */
function putFront(out, tokens, places, text, grouped) {
  let count = 0;
  for (let n = 0; n < places.length; n++) {
    const i = places[places.length - 1 - n];
    const left = text.length - n;
    const one =
      left > 0 ? text[left - 1] : tokens[i].text === "0" ? "0" : tokens[i].text === "?" ? " " : "";
    const digit = /\d/.test(one);
    out[i] = one + (grouped && digit && count && count % 3 === 0 ? "," : "");
    if (digit) count++;
  }
  for (let left = text.length - places.length; places.length && left > 0; left--) {
    out[places[0]] = text[left - 1] + (grouped && count % 3 === 0 ? "," : "") + out[places[0]];
    count++;
  }
}

/**
 * @param {string[]} out
 * @param {Token[]} tokens
 * @param {number[]} places
 * @param {string} text
 */
function putBack(out, tokens, places, text) {
  places.forEach((i, n) => {
    out[i] = text[n] ?? "0";
  });
  for (let n = places.length - 1; n >= 0; n--) {
    const i = places[n];
    if (out[i] !== "0" || tokens[i].text === "0") break;
    out[i] = tokens[i].text === "?" ? " " : "";
  }
}

/**
 * Lay out a fraction, `# ?/?` or `0/4`.
 * @param {number} size
 * @param {Token[]} tokens
 */
function fraction(size, tokens) {
  const bar = tokens.findIndex((one) => one.kind === "/");
  const text = tokens.map((one) => one.text).join("");
  const fixedBottom = /\/\s*([1-9][0-9]*)/.exec(text);
  const digits = tokens.filter((one, i) => i > bar && one.kind === "digit").length;
  const mixed = /[0#?]\s+[0#?]+\s*\//.test(text);
  const whole = mixed ? Math.trunc(size) : 0;
  const rest = size - whole;
  const [top, bottom] = fixedBottom
    ? [Math.round(rest * Number(fixedBottom[1])), Number(fixedBottom[1])]
    : nearest(rest, 10 ** digits - 1);
  if (!mixed) return `${top}/${bottom}`;
  if (top === bottom) return String(whole + 1);
  if (top === 0) return String(whole);
  return whole ? `${whole} ${top}/${bottom}` : `${top}/${bottom}`;
}

/**
 * Return the fraction with a denominator up to `most` that is nearest to a number.
 * @param {number} number
 * @param {number} most
 * @returns {[number, number]}
 */
function nearest(number, most) {
  let best = /** @type {[number, number]} */ ([Math.round(number), 1]);
  for (let bottom = 2; bottom <= most; bottom++) {
    const top = Math.round(number * bottom);
    if (Math.abs(top / bottom - number) < Math.abs(best[0] / best[1] - number) - 1e-15)
      best = [top, bottom];
  }
  return best;
}

/**
 * Lay out a date or time.
 * @param {number} value
 * @param {Token[]} tokens
 */
function moment(value, tokens) {
  const decimals =
    /\.(0+)/.exec(
      tokens.map((one) => (one.kind === "digit" || one.kind === "." ? one.text : " ")).join(""),
    )?.[1].length ?? 0;
  const unit = 86400 * 10 ** decimals;
  const ticks = Math.floor(value * unit + 0.5);
  const day = Math.floor(ticks / unit);
  const rest = ticks - day * unit;
  const seconds = Math.floor(rest / 10 ** decimals);
  const part = rest - seconds * 10 ** decimals;
  const date = dateOf(day);
  const halves = tokens.some((one) => one.kind === "half");
  const codes = tokens.filter((one) => one.kind === "date" || one.kind === "elapsed");
  let fractionOpen = false;
  return tokens
    .map((one, i) => {
      const low = one.text.toLowerCase();
      if (one.kind === "elapsed") {
        const total = low[0] === "h" ? 3600 : low[0] === "m" ? 60 : 1;
        return String(Math.floor((day * 86400 + seconds) / total)).padStart(low.length, "0");
      }
      if (one.kind === "half") return half(one.text, seconds >= 43200);
      if (one.kind === "date") return dateCode(low, date, seconds, halves, isMinutes(codes, one));
      if (one.kind === "." && tokens[i + 1]?.kind === "digit") {
        fractionOpen = true;
        return `.${String(part).padStart(decimals, "0")}`;
      }
      return one.kind === "digit" && fractionOpen ? "" : one.text;
    })
    .join("");
}

/** @param {string} text @param {boolean} late */
function half(text, late) {
  const letter = late ? "P" : "A";
  if (text.length > 3) return `${letter}M`;
  return text[0] === text[0].toUpperCase() ? letter : letter.toLowerCase();
}

/** @param {number} day */
function dateOf(day) {
  if (day === 60) return { year: 1900, month: 2, day: 29, weekday: 3 };
  const date = new Date((day - 25569 + (day < 60 ? 1 : 0)) * 86400000);
  return {
    year: day === 0 ? 1900 : date.getUTCFullYear(),
    month: day === 0 ? 1 : date.getUTCMonth() + 1,
    day: day === 0 ? 0 : date.getUTCDate(),
    weekday: (day + 6) % 7,
  };
}

/**
 * Whether an m means minutes: behind hours, or before seconds.
 * @param {Token[]} codes
 * @param {Token} one
 */
function isMinutes(codes, one) {
  const i = codes.indexOf(one);
  if (one.text[0].toLowerCase() !== "m" || one.text.length > 2) return false;
  return codes[i - 1]?.text[0].toLowerCase() === "h" || codes[i + 1]?.text[0].toLowerCase() === "s";
}

/**
 * @param {string} low
 * @param {{year: number, month: number, day: number, weekday: number}} date
 * @param {number} seconds
 * @param {boolean} halves
 * @param {boolean} minutes
 */
function dateCode(low, date, seconds, halves, minutes) {
  const length = low.length;
  /** @param {number} number */
  const padded = (number) => String(number).padStart(Math.min(length, 2), "0");
  if (minutes) return padded(Math.floor(seconds / 60) % 60);
  const hour = Math.floor(seconds / 3600);
  switch (low[0]) {
    case "m":
      if (length <= 2) return padded(date.month);
      return length === 4
        ? MONTHS[date.month - 1]
        : MONTHS[date.month - 1].slice(0, length === 5 ? 1 : 3);
    case "d":
      if (length <= 2) return padded(date.day);
      return length > 3 ? DAYS[date.weekday] : DAYS[date.weekday].slice(0, 3);
    case "h":
      return padded(halves ? ((hour + 11) % 12) + 1 : hour);
    case "s":
      return padded(seconds % 60);
    default: {
      const year = date.year + (low[0] === "b" ? 543 : 0);
      return length <= 2 && low[0] !== "e"
        ? String(year % 100).padStart(2, "0")
        : String(year).padStart(4, "0");
    }
  }
}
