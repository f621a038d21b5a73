/**
 * What a cell can hold, and what Excel takes it for.
 *
 * A value is a number, a text, a boolean, null for a blank, or an `XlError`; several of them are
 * an `Arr`. In arithmetic a blank is 0, a boolean 0 or 1, a text the number that it spells.
 *
 * @typedef {number | string | boolean | null | XlError} Scalar
 * @typedef {Scalar | Arr} Value
 */

/** An error that a cell shows, such as `#DIV/0!`. There is one object for each code. */
export class XlError {
  /** @param {string} code */
  constructor(code) {
    this.code = code;
  }

  toString() {
    return this.code;
  }
}

/** @type {Map<string, XlError>} */
const ERRORS = new Map();

/**
 * Return the error of a code.
 * @param {string} code
 */
export function errorOf(code) {
  let found = ERRORS.get(code);
  if (!found) {
    found = new XlError(code);
    ERRORS.set(code, found);
  }
  return found;
}

export const VALUE = errorOf("#VALUE!");
export const DIV0 = errorOf("#DIV/0!");
export const NUM = errorOf("#NUM!");
export const NA = errorOf("#N/A");
export const REF = errorOf("#REF!");
export const CIRCLE = errorOf("#CIRCLE!");

/** Values in rows and columns, row by row. */
export class Arr {
  /**
   * @param {number} rows
   * @param {number} columns
   * @param {Scalar[]} data rows * columns of them
   */
  constructor(rows, columns, data) {
    this.rows = rows;
    this.columns = columns;
    this.data = data;
  }
}

const NUMBER =
  /^(\()?\s*(?:(-)|\+)?\s*\$?\s*((?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?|\.[0-9]+(?:[eE][+-]?[0-9]+)?)\s*(%)?\s*(\))?$/;

/**
 * Return the number that a text spells; NaN for none.
 * @param {string} text
 */
export function numberOfText(text) {
  const trimmed = text.trim();
  const match = trimmed.length <= 400 ? NUMBER.exec(trimmed) : null;
  if (!match || Boolean(match[1]) !== Boolean(match[5])) return momentOfText(trimmed);
  let value = Number.parseFloat(match[3].replaceAll(",", ""));
  if (match[1] || match[2]) value = -value;
  return match[4] ? value / 100 : value;
}

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const TIME = /^(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(?:\s*([AaPp])[Mm]?)?$/;

/**
 * Return the days since 1900 that a date, a time or both spell; NaN for none.
 * @param {string} text
 */
export function momentOfText(text) {
  const clock = /^(.*?)[T\s]*(\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s*[AaPp][Mm]?)?)$/.exec(text);
  const day = clock ? clock[1].trim() : text;
  const time = clock ? timeOfText(clock[2]) : 0;
  if (Number.isNaN(time) || (day === "" && !clock)) return Number.NaN;
  return day === "" ? time : dayOfText(day) + time;
}

/** @param {string} text */
function timeOfText(text) {
  const match = TIME.exec(text);
  if (!match) return Number.NaN;
  let hours = Number(match[1]);
  if (match[4]) {
    if (hours < 1 || hours > 12) return Number.NaN;
    hours = (hours % 12) + (match[4].toLowerCase() === "p" ? 12 : 0);
  }
  return (hours * 3600 + Number(match[2]) * 60 + Number(match[3] ?? 0)) / 86400;
}

/** @param {string} text */
function dayOfText(text) {
  let match = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/.exec(text);
  if (match) return serialOf(Number(match[1]), Number(match[2]), Number(match[3]));
  match = /^(\d{1,2})[-/](\d{1,2})[-/](\d{4}|\d{2})$/.exec(text);
  if (match) return serialOf(yearOf(match[3]), Number(match[1]), Number(match[2]));
  match = /^(\d{1,2})[-\s]([A-Za-z]{3,9})[-\s,]+(\d{4}|\d{2})$/.exec(text);
  if (match) return serialOf(yearOf(match[3]), monthOf(match[2]), Number(match[1]));
  match = /^([A-Za-z]{3,9})\s+(\d{1,2}),?\s+(\d{4})$/.exec(text);
  if (match) return serialOf(Number(match[3]), monthOf(match[1]), Number(match[2]));
  return Number.NaN;
}

/** @param {string} digits */
function yearOf(digits) {
  const year = Number(digits);
  return digits.length > 2 ? year : year + (year < 30 ? 2000 : 1900);
}

/** @param {string} name */
function monthOf(name) {
  return MONTHS.indexOf(name.slice(0, 3).toLowerCase()) + 1;
}

/**
 * Return a day's number; NaN for a day that there is not. Excel has a 29 February 1900.
 * @param {number} year
 * @param {number} month 1 to 12
 * @param {number} day
 */
export function serialOf(year, month, day) {
  if (month < 1 || month > 12 || year < 1900 || year > 9999) return Number.NaN;
  if (year === 1900 && month === 2 && day === 29) return 60;
  const date = new Date(Date.UTC(year, month - 1, day));
  if (date.getUTCDate() !== day || date.getUTCMonth() !== month - 1) return Number.NaN;
  const days = date.getTime() / 86400000 + 25569;
  return days < 61 ? days - 1 : days;
}

/**
 * Return a value as a number in arithmetic, or the error that it gives there.
 * @param {Scalar} value
 * @returns {number | XlError}
 */
export function toNumber(value) {
  if (typeof value === "number") return Number.isFinite(value) ? value : NUM;
  if (value === null) return 0;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value === "string") {
    const number = numberOfText(value);
    return Number.isNaN(number) ? VALUE : number;
  }
  return value;
}

/**
 * Return a value as a condition, or the error that it gives.
 * @param {Scalar} value
 * @returns {boolean | XlError}
 */
export function toBoolean(value) {
  if (typeof value === "string") {
    const word = value.trim().toUpperCase();
    if (word === "TRUE" || word === "FALSE") return word === "TRUE";
    return VALUE;
  }
  const number = toNumber(value);
  return typeof number === "number" ? number !== 0 : number;
}

/**
 * Return what a value looks like in a text, or the error that it is.
 * @param {Scalar} value
 * @returns {string | XlError}
 */
export function toText(value) {
  if (typeof value === "string") return value;
  if (value === null) return "";
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "number") return Number.isFinite(value) ? digitsOf(value) : NUM;
  return value;
}

/**
 * Return a number with at most 15 digits, as Excel puts it into a text.
 * @param {number} value
 */
export function digitsOf(value) {
  if (value === Math.trunc(value) && Math.abs(value) < 1e15) return String(value === 0 ? 0 : value);
  const [digits, power] = value.toExponential(14).split("e");
  const mantissa = digits.replace(/\.?0+$/, "");
  const exponent = Number(power);
  if (exponent >= 15 || exponent <= -20) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}E${exponent < 0 ? "-" : "+"}${size}`;
  }
  const bare = mantissa.replace("-", "").replace(".", "");
  const sign = value < 0 ? "-" : "";
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${bare}`;
  if (bare.length <= exponent + 1) return sign + bare.padEnd(exponent + 1, "0");
  return `${sign}${bare.slice(0, exponent + 1)}.${bare.slice(exponent + 1)}`;
}

/** @param {number} number */
export function fifteen(number) {
  return Number(number.toPrecision(15));
}

/** @param {Scalar} value */
function rank(value) {
  return typeof value === "boolean" ? 2 : typeof value === "string" ? 1 : 0;
}

/** @param {Scalar} other */
function blankBeside(other) {
  return typeof other === "string" ? "" : typeof other === "boolean" ? false : 0;
}

/**
 * Return a negative number, 0 or a positive one as a stands before, with or behind b; an error
 * as itself. Numbers come before texts, texts before booleans; case does not matter.
 * @param {Scalar} a
 * @param {Scalar} b
 * @returns {number | XlError}
 */
export function order(a, b) {
  if (typeof a === "number" && typeof b === "number") return orderNumbers(a, b);
  if (a instanceof XlError) return a;
  if (b instanceof XlError) return b;
  const left = a === null ? blankBeside(b) : a;
  const right = b === null ? blankBeside(a) : b;
  if (rank(left) !== rank(right)) return rank(left) - rank(right);
  if (typeof left === "string") {
    const [x, y] = [left.toLowerCase(), String(right).toLowerCase()];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return orderNumbers(Number(left), Number(right));
}

/**
 * @param {number} a
 * @param {number} b
 * @returns {number | XlError}
 */
function orderNumbers(a, b) {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return NUM;
  if (a === b) return 0;
  if (Math.abs(a - b) <= 1e-14 * Math.abs(a)) {
    const [x, y] = [fifteen(a), fifteen(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  return a < b ? -1 : 1;
}
