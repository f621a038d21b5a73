/**
 * The table of functions: what each is called, how it takes its arguments, what it computes.
 *
 * A function gets all its arguments. `lifted` ones get single values, and are computed again for
 * each place of an array among them; `whole` ones get arrays as they are.
 */

import { Arr, NA, NUM, toNumber, VALUE, XlError } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./values.js").Value} Value
 * @typedef {object} Call
 * @property {boolean[]} fromCells for each argument, whether it was read from cells
 * @typedef {object} Known
 * @property {string} name
 * @property {(args: Value[], call: Call) => Value} run
 * @property {(a: number, b: number) => number | boolean | XlError} [pair] the same of two numbers
 */

/** @type {Map<string, Known>} */
export const TABLE = new Map();

/**
 * Add a function that takes arrays as they are.
 * @param {string} name
 * @param {(args: Value[], call: Call) => Value} run
 */
export function whole(name, run) {
  TABLE.set(name, { name, run });
}

/**
 * Add a function of single values, whatever they are; errors among them come first, unless asked.
 * @param {string} name
 * @param {(...args: Scalar[]) => Scalar} f
 * @param {{errors?: boolean}} [how] errors: whether it takes errors as values
 */
export function lifted(name, f, how = {}) {
  /** @param {Scalar[]} values */
  const one = (values) => {
    if (!how.errors) {
      for (const value of values) if (value instanceof XlError) return value;
    }
    return checked(f(...values));
  };
  TABLE.set(name, { name, run: (args) => lift(args, one) });
}

/**
 * Add a function of numbers; what is no number is coerced, what is not finite is `#NUM!`.
 * @param {string} name
 * @param {(...args: number[]) => number | boolean | XlError} f
 */
export function numeric(name, f) {
  /** @param {Scalar[]} values */
  const one = (values) => {
    const numbers = [];
    let wrong = null;
    for (const value of values) {
      const number = toNumber(value);
      if (typeof number === "number") numbers.push(number);
      else if (wrong === null) wrong = number;
    }
    return wrong ?? checked(f(...numbers));
  };
  TABLE.set(name, { name, run: (args) => lift(args, one), pair: f });
}

/**
 * @param {Scalar} value
 * @returns {Scalar}
 */
export function checked(value) {
  return typeof value === "number" && !Number.isFinite(value) ? NUM : value;
}

/**
 * Compute a function of single values for each place of the arrays among its arguments.
 * @param {Value[]} args
 * @param {(values: Scalar[]) => Scalar} one
 * @returns {Value}
 */
export function lift(args, one) {
  let arrays = false;
  for (let i = 0; i < args.length; i++) if (args[i] instanceof Arr) arrays = true;
  if (!arrays) return one(/** @type {Scalar[]} */ (args));
  let rows = 1;
  let columns = 1;
  for (const arg of args) {
    if (!(arg instanceof Arr)) continue;
    rows = Math.max(rows, arg.rows);
    columns = Math.max(columns, arg.columns);
  }
  const data = new Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      data[r * columns + c] = one(args.map((arg) => at(arg, r, c)));
    }
  }
  return rows === 1 && columns === 1 ? data[0] : new Arr(rows, columns, data);
}

/**
 * Return what stands in a place of an argument that is spread over a larger array.
 * @param {Value} arg
 * @param {number} r
 * @param {number} c
 * @returns {Scalar}
 */
export function at(arg, r, c) {
  if (!(arg instanceof Arr)) return arg;
  const row = arg.rows === 1 ? 0 : r;
  const column = arg.columns === 1 ? 0 : c;
  if (row >= arg.rows || column >= arg.columns) return NA;
  return arg.data[row * arg.columns + column];
}

/**
 * Return an argument as an array.
 * @param {Value} arg
 */
export function asArray(arg) {
  return arg instanceof Arr ? arg : new Arr(1, 1, [arg]);
}

/**
 * Return the first value of an argument.
 * @param {Value} arg
 * @returns {Scalar}
 */
export function single(arg) {
  return arg instanceof Arr ? arg.data[0] : arg;
}

/**
 * Return the numbers in arguments as SUM takes them: those in ranges, and what single values that
 * stand in the formula spell; or the first error.
 * @param {Value[]} args
 * @param {Call} call
 * @returns {number[] | XlError}
 */
export function numbersIn(args, call) {
  /** @type {number[]} */
  const found = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (arg instanceof Arr) {
      for (const value of arg.data) {
        if (typeof value === "number") {
          if (!Number.isFinite(value)) return NUM;
          found.push(value);
        } else if (value instanceof XlError) return value;
      }
    } else if (typeof arg === "number") {
      if (!Number.isFinite(arg)) return NUM;
      found.push(arg);
    } else if (arg instanceof XlError) return arg;
    else if (!call.fromCells[i] && arg !== undefined) {
      const number = toNumber(arg);
      if (typeof number !== "number") return number;
      found.push(number);
    }
  }
  return found;
}

/**
 * Return the pairs of numbers in two ranges, those where both are; or an error.
 * @param {Value[]} args the two
 * @param {Call} call
 * @returns {[number, number][] | XlError}
 */
export function pairsIn(args, call) {
  const [a, b] = args.map(asArray);
  if (a.data.length !== b.data.length) return NA;
  for (const [k, one] of [a, b].entries()) {
    const alone = !(args[k] instanceof Arr) && !call.fromCells[k];
    for (const value of one.data) {
      if (value instanceof XlError) return value;
      if (alone && typeof value === "string" && toNumber(value) === VALUE) return VALUE;
    }
  }
  /** @type {[number, number][]} */
  const found = [];
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = [a.data[i], b.data[i]];
    if (typeof x === "number" && typeof y === "number") found.push([x, y]);
  }
  return found;
}

/**
 * Return the numbers of a matrix, row by row; `#VALUE!` if there is anything else in it.
 * @param {Value} arg
 * @returns {number[][] | XlError}
 */
export function matrixOf(arg) {
  const array = asArray(arg);
  const rows = [];
  for (let r = 0; r < array.rows; r++) {
    const row = [];
    for (let c = 0; c < array.columns; c++) {
      const value = array.data[r * array.columns + c];
      if (value instanceof XlError) return value;
      if (typeof value !== "number") return VALUE;
      row.push(value);
    }
    rows.push(row);
  }
  return rows;
}

/** @param {number[][]} rows */
export function arrayOf(rows) {
  return new Arr(rows.length, rows[0].length, rows.flat().map(checked));
}
