/** Conditions, choices by value, and what is known of a value. */

import { asArray, lift, lifted, whole } from "./functions.js";
import { Arr, errorOf, NA, order, toBoolean, toNumber, VALUE, XlError } from "./values.js";

/** @typedef {import("./values.js").Scalar} Scalar */

lifted(
  "IF",
  (condition, yes, no = false) => {
    const holds = toBoolean(condition);
    return holds instanceof XlError ? holds : holds ? yes : no;
  },
  { errors: true },
);
lifted(
  "IFS",
  (...args) => {
    for (let i = 0; i + 1 < args.length; i += 2) {
      const holds = toBoolean(args[i]);
      if (holds instanceof XlError) return holds;
      if (holds) return args[i + 1];
    }
    return NA;
  },
  { errors: true },
);
lifted("IFERROR", (value, other) => (value instanceof XlError ? other : value), { errors: true });
lifted("IFNA", (value, other) => (value === NA ? other : value), { errors: true });
lifted(
  "CHOOSE",
  (index, ...values) => {
    const number = toNumber(index);
    if (number instanceof XlError) return number;
    const k = Math.trunc(number);
    return k >= 1 && k <= values.length ? values[k - 1] : VALUE;
  },
  { errors: true },
);
lifted(
  "SWITCH",
  (value, ...rest) => {
    for (let i = 0; i + 1 < rest.length; i += 2) {
      const sign = order(value, rest[i]);
      if (sign instanceof XlError) return sign;
      if (sign === 0) return rest[i + 1];
    }
    return rest.length % 2 ? rest[rest.length - 1] : NA;
  },
  { errors: true },
);

/**
 * @param {string} name
 * @param {(found: boolean[]) => boolean} join
 */
function joining(name, join) {
  whole(name, (args, call) => {
    /** @type {boolean[]} */
    const found = [];
    for (let i = 0; i < args.length; i++) {
      const alone = !(args[i] instanceof Arr) && !call.fromCells[i];
      for (const value of asArray(args[i]).data) {
        if (value instanceof XlError) return value;
        if (typeof value === "boolean" || typeof value === "number") found.push(Boolean(value));
        else if (alone && typeof value === "string") {
          const holds = toBoolean(value);
          if (holds instanceof XlError) return holds;
          found.push(holds);
        }
      }
    }
    return found.length ? join(found) : VALUE;
  });
}
joining("AND", (found) => found.every(Boolean));
joining("OR", (found) => found.some(Boolean));
joining("XOR", (found) => found.filter(Boolean).length % 2 === 1);
lifted("NOT", (value) => {
  const holds = toBoolean(value);
  return holds instanceof XlError ? holds : !holds;
});
whole("TRUE", () => true);
whole("FALSE", () => false);
whole("NA", () => NA);

/**
 * @param {string} name
 * @param {(value: Scalar) => boolean} test
 */
const asking = (name, test) => whole(name, ([arg]) => lift([arg], ([value]) => test(value)));
/** @param {Scalar} value */
const failed = (value) =>
  value instanceof XlError || (typeof value === "number" && !Number.isFinite(value));
asking("ISERROR", failed);
asking("ISERR", (value) => failed(value) && value !== NA);
asking("ISNA", (value) => value === NA);
asking("ISNUMBER", (value) => typeof value === "number" && Number.isFinite(value));
asking("ISTEXT", (value) => typeof value === "string");
asking("ISNONTEXT", (value) => typeof value !== "string");
asking("ISBLANK", (value) => value === null);
asking("ISLOGICAL", (value) => typeof value === "boolean");
lifted("N", (value) => (typeof value === "number" ? value : value === true ? 1 : 0));
lifted("T", (value) => (typeof value === "string" ? value : ""));
lifted("ISODD", (value) => parity(value, 1));
lifted("ISEVEN", (value) => parity(value, 0));

/**
 * @param {Scalar} value
 * @param {number} rest
 */
function parity(value, rest) {
  const number = typeof value === "boolean" ? VALUE : toNumber(value);
  if (number instanceof XlError) return number;
  return Math.trunc(Math.abs(number)) % 2 === rest;
}

const CODES = ["#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A"];
lifted(
  "ERROR.TYPE",
  (value) => {
    if (!(value instanceof XlError)) return NA;
    const k = CODES.map(errorOf).indexOf(value);
    return k < 0 ? 13 : k + 1;
  },
  { errors: true },
);
