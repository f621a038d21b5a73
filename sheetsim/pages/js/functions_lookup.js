/** Looking things up, what meets criteria, and functions that return a reference. */

import { asArray, at, lift, numbersIn, single, whole } from "./functions.js";
import { matcher } from "./functions_text.js";
import { Area, areaOfText } from "./references.js";
import {
  Arr,
  DIV0,
  NA,
  numberOfText,
  order,
  REF,
  toBoolean,
  toNumber,
  toText,
  VALUE,
  XlError,
} from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./values.js").Value} Value
 */

/** @param {Scalar} value */
function rank(value) {
  if (value === null || value instanceof XlError) return -1;
  return typeof value === "boolean" ? 2 : typeof value === "string" ? 1 : 0;
}

/** @param {Scalar} value */
const keyOf = (value) => (typeof value === "string" ? value.toLowerCase() : Number(value));

/**
 * Return where, from 0, a value stands exactly; -1 if nowhere. A text may hold wildcards.
 * @param {Scalar[]} items
 * @param {Scalar} wanted
 */
function exactly(items, wanted) {
  const value = wanted ?? 0;
  if (typeof value === "string" && /[*?~]/.test(value)) {
    const test = matcher(value);
    return items.findIndex((one) => typeof one === "string" && test(one));
  }
  const [own, goal] = [rank(value), keyOf(value)];
  return items.findIndex((one) => rank(one) === own && keyOf(one) === goal);
}

/**
 * Search by halves among the items of the same type, as if they were sorted; -1 for none.
 * @param {Scalar[]} items
 * @param {Scalar} wanted
 */
function byHalves(items, wanted) {
  const value = wanted ?? 0;
  const [own, goal] = [rank(value), keyOf(value)];
  const places = [];
  for (let i = 0; i < items.length; i++) if (rank(items[i]) === own) places.push(i);
  let [low, high] = [0, places.length - 1];
  while (low <= high) {
    let middle = (low + high) >> 1;
    const key = keyOf(items[places[middle]]);
    if (key === goal) {
      while (middle + 1 < places.length && keyOf(items[places[middle + 1]]) === goal) middle++;
      return places[middle];
    }
    if (key < goal) low = middle + 1;
    else high = middle - 1;
  }
  return high < 0 ? -1 : places[high];
}

/**
 * Return the last item before the first that is smaller, or the first that is equal; -1 for none.
 * @param {Scalar[]} items
 * @param {Scalar} wanted
 */
function descending(items, wanted) {
  const value = wanted ?? 0;
  const [own, goal] = [rank(value), keyOf(value)];
  let found = -1;
  for (let i = 0; i < items.length; i++) {
    if (rank(items[i]) !== own) continue;
    const key = keyOf(items[i]);
    if (key < goal) break;
    found = i;
    if (key === goal) break;
  }
  return found;
}

whole("MATCH", ([wanted, among, how = 1]) => {
  const list = asArray(among);
  if (list.rows > 1 && list.columns > 1) return NA;
  return lift([wanted, how], ([value, kind]) => {
    if (value instanceof XlError) return value;
    const number = toNumber(kind);
    if (number instanceof XlError) return number;
    const search = number === 0 ? exactly : number < 0 ? descending : byHalves;
    const found = search(list.data, value);
    return found < 0 ? NA : found + 1;
  });
});

/**
 * @param {Value[]} args
 * @param {boolean} rows whether the first row is searched, and not the first column
 */
function tableLookup([wanted, table, index, near = true], rows) {
  const array = asArray(table);
  const count = rows ? array.columns : array.rows;
  const keys = Array.from({ length: count }, (_, i) => at(array, rows ? 0 : i, rows ? i : 0));
  return lift([wanted, index, near], ([value, which, inexact]) => {
    if (value instanceof XlError) return value;
    if (inexact instanceof XlError) return inexact;
    const line = toNumber(which);
    if (line instanceof XlError) return line;
    const k = Math.trunc(line);
    if (k < 1) return VALUE;
    if (k > (rows ? array.rows : array.columns)) return REF;
    const sorted = toBoolean(inexact);
    if (sorted instanceof XlError) return sorted;
    const found = (sorted ? byHalves : exactly)(keys, value);
    if (found < 0) return NA;
    return rows ? at(array, k - 1, found) : at(array, found, k - 1);
  });
}
whole("VLOOKUP", (args) => tableLookup(args, false));
whole("HLOOKUP", (args) => tableLookup(args, true));

whole("INDEX", ([arg, rowArg, columnArg]) => {
  const array = asArray(arg);
  const lines = [toNumber(single(rowArg ?? 0)), toNumber(single(columnArg ?? 0))];
  for (const one of lines) if (one instanceof XlError) return one;
  let [row, column] = lines.map(Number).map(Math.trunc);
  if (columnArg === undefined) {
    if (array.rows === 1) [row, column] = [1, row];
    else if (array.columns === 1) column = 1;
  }
  if (row < 0 || column < 0) return VALUE;
  if (row > array.rows || column > array.columns) return REF;
  if (row && column) return at(array, row - 1, column - 1);
  const rows = row ? [row - 1] : [...Array(array.rows).keys()];
  const columns = column ? [column - 1] : [...Array(array.columns).keys()];
  const data = rows.flatMap((r) => columns.map((c) => array.data[r * array.columns + c]));
  return new Arr(rows.length, columns.length, data);
});

whole("TRANSPOSE", ([arg]) => {
  const array = asArray(arg);
  const data = [];
  for (let c = 0; c < array.columns; c++) {
    for (let r = 0; r < array.rows; r++) data.push(array.data[r * array.columns + c] ?? 0);
  }
  return new Arr(array.columns, array.rows, data);
});

const CRITERION = /^(<=|>=|<>|<|>|=)?([\s\S]*)$/;

/**
 * Return a test of values by a criterion such as `">5"` or `"a*"`.
 * @param {Scalar} criterion
 * @returns {(value: Scalar) => boolean}
 */
function criterionTest(criterion) {
  if (criterion instanceof XlError) return (value) => value === criterion;
  if (typeof criterion !== "string") return equalTo(criterion ?? 0);
  const [, sign, text] = /** @type {RegExpExecArray} */ (CRITERION.exec(criterion));
  if (text === "") {
    if (sign === "<>") return (value) => value !== null;
    if (sign === "=") return (value) => value === null;
    return sign ? () => false : (value) => value === null || value === "";
  }
  const number = numberOfText(text);
  const isNumber = !Number.isNaN(number);
  if (sign && sign !== "=" && sign !== "<>") return beyond(sign, isNumber ? number : text);
  const upper = text.toUpperCase();
  let test;
  if (isNumber && sign === "<>") return (value) => value !== number;
  if (isNumber) test = equalTo(number);
  else if (upper === "TRUE" || upper === "FALSE") test = equalTo(upper === "TRUE");
  else if (/^#(N\/A|VALUE!|REF!|DIV\/0!|NUM!|NAME\?|NULL!)$/.test(upper)) {
    test = (/** @type {Scalar} */ value) => value instanceof XlError && value.code === upper;
  } else {
    const alike = matcher(text);
    test = (/** @type {Scalar} */ value) => typeof value === "string" && alike(value);
  }
  const positive = test;
  return sign === "<>" ? (value) => !positive(value) : positive;
}

/**
 * @param {number | boolean} wanted
 * @returns {(value: Scalar) => boolean}
 */
function equalTo(wanted) {
  if (typeof wanted === "boolean") return (value) => value === wanted;
  return (value) =>
    value === wanted || (typeof value === "string" && numberOfText(value) === wanted);
}

/**
 * @param {string} sign
 * @param {number | string} bound
 * @returns {(value: Scalar) => boolean}
 */
function beyond(sign, bound) {
  return (value) => {
    if (typeof value !== typeof bound) return false;
    const found = order(value, bound);
    if (typeof found !== "number") return false;
    return sign === "<"
      ? found < 0
      : sign === ">"
        ? found > 0
        : sign === "<="
          ? found <= 0
          : found >= 0;
  };
}

/**
 * Make a function of the cells that meet criteria.
 * @param {string} name
 * @param {(args: Value[]) => {from: Value | null, tests: [Value, Value][], exact: boolean}} layout
 * @param {(found: Scalar[]) => Scalar} f
 */
function conditional(name, layout, f) {
  whole(name, (args) => {
    const { from, tests, exact } = layout(args);
    if (exact && args.length !== 2 * tests.length + (from === null ? 0 : 1)) return VALUE;
    const ranges = tests.map(([range]) => asArray(range));
    const [first] = ranges;
    const summed = from === null ? first : asArray(from);
    const unlike = ranges.some((one) => one.rows !== first.rows || one.columns !== first.columns);
    const small = summed.rows < first.rows || summed.columns < first.columns;
    const large = summed.rows > first.rows || summed.columns > first.columns;
    if (unlike || small || (exact && large)) return VALUE;
    return lift(
      tests.map(([, criterion]) => criterion),
      (criteria) => {
        const passes = criteria.map(criterionTest);
        const found = [];
        for (let i = 0; i < first.data.length; i++) {
          if (!passes.every((pass, k) => pass(ranges[k].data[i]))) continue;
          found.push(at(summed, Math.floor(i / first.columns), i % first.columns));
        }
        return f(found);
      },
    );
  });
}

/** @param {Value[]} args */
const oneTest = ([range, criterion, from = range]) => ({
  from,
  tests: /** @type {[Value, Value][]} */ ([[range, criterion]]),
  exact: false,
});
/** @param {Value[]} args */
const manyTests = ([from, ...rest]) => ({ from, tests: pairUp(rest), exact: true });
/** @param {Value[]} args */
const onlyTests = (args) => ({ from: null, tests: pairUp(args), exact: true });

/** @param {Value[]} args */
function pairUp(args) {
  /** @type {[Value, Value][]} */
  const out = [];
  for (let i = 0; i < args.length; i += 2)
    if (i + 1 < args.length) out.push([args[i], args[i + 1]]);
  return out;
}

/**
 * @param {(numbers: number[]) => Scalar} f
 * @returns {(found: Scalar[]) => Scalar}
 */
const ofNumbers = (f) => (found) => {
  const numbers = numbersIn([new Arr(1, found.length, found)], { fromCells: [true] });
  return numbers instanceof XlError ? numbers : f(numbers);
};
const sumOf = ofNumbers((numbers) => numbers.reduce((a, b) => a + b, 0));
const meanOf = ofNumbers((numbers) =>
  numbers.length ? numbers.reduce((a, b) => a + b, 0) / numbers.length : DIV0,
);
conditional("COUNTIF", onlyTests, (found) => found.length);
conditional("COUNTIFS", onlyTests, (found) => found.length);
conditional("SUMIF", oneTest, sumOf);
conditional("SUMIFS", manyTests, sumOf);
conditional("AVERAGEIF", oneTest, meanOf);
conditional("AVERAGEIFS", manyTests, meanOf);
conditional(
  "MAXIFS",
  manyTests,
  ofNumbers((numbers) => (numbers.length ? Math.max(...numbers) : 0)),
);
conditional(
  "MINIFS",
  manyTests,
  ofNumbers((numbers) => (numbers.length ? Math.min(...numbers) : 0)),
);

/**
 * Functions that return a reference: what they get are areas and values.
 * @type {Record<string, (areas: Area[], args: Value[], names: string[], sheet: number) => Area | XlError>}
 */
export const REFERRING = {
  OFFSET([base], args) {
    const numbers = args.map((one) => toNumber(single(one ?? null)));
    for (const one of numbers) if (one instanceof XlError) return one;
    const [down, right, ...sizes] = numbers.map(Number).map(Math.trunc);
    let height = base.bottom - base.top + 1;
    let width = base.right - base.left + 1;
    if (args[2] !== undefined) height = sizes[0];
    if (args[3] !== undefined) width = sizes[1];
    if (!height || !width) return REF;
    const top = base.top + down + (height < 0 ? height + 1 : 0);
    const left = base.left + right + (width < 0 ? width + 1 : 0);
    return new Area(
      base.sheet,
      top,
      left,
      top + Math.abs(height) - 1,
      left + Math.abs(width) - 1,
    ).checked();
  },
  INDEX([base], args) {
    const numbers = args.map((one) => toNumber(single(one ?? null)));
    for (const one of numbers) if (one instanceof XlError) return one;
    let [row, column] = numbers.map(Number).map(Math.trunc);
    const height = base.bottom - base.top + 1;
    const width = base.right - base.left + 1;
    if (args.length === 1) {
      column = width === 1 ? 1 : 0;
      if (height === 1 && width > 1) [row, column] = [1, row];
    }
    if (row < 0 || column < 0) return VALUE;
    if (row > height || column > width) return REF;
    const top = row ? base.top + row - 1 : base.top;
    const left = column ? base.left + column - 1 : base.left;
    return new Area(base.sheet, top, left, row ? top : base.bottom, column ? left : base.right);
  },
  CHOOSE(areas, [index]) {
    const number = toNumber(single(index));
    if (number instanceof XlError) return number;
    return areas[Math.trunc(number) - 1] ?? VALUE;
  },
  IF(areas, [condition]) {
    const holds = toBoolean(single(condition));
    if (holds instanceof XlError) return holds;
    return areas[holds ? 0 : 1] ?? VALUE;
  },
  ":"([a, b]) {
    if (a.sheet !== b.sheet) return VALUE;
    return new Area(
      a.sheet,
      Math.min(a.top, b.top),
      Math.min(a.left, b.left),
      Math.max(a.bottom, b.bottom),
      Math.max(a.right, b.right),
    );
  },
  " "([a, b]) {
    const [top, left] = [Math.max(a.top, b.top), Math.max(a.left, b.left)];
    const [bottom, right] = [Math.min(a.bottom, b.bottom), Math.min(a.right, b.right)];
    if (a.sheet !== b.sheet || bottom < top || right < left) return VALUE;
    return new Area(a.sheet, top, left, bottom, right);
  },
  INDIRECT(_, [text], names, sheet) {
    const spelled = toText(single(text));
    if (spelled instanceof XlError) return spelled;
    return areaOfText(spelled, names, sheet) ?? REF;
  },
};

/**
 * Functions of where a reference lies.
 * @type {Record<string, (area: Area) => Value>}
 */
export const MEASURES = {
  ROW: (area) => counted(area.top + 1, area.bottom - area.top + 1, true),
  COLUMN: (area) => counted(area.left + 1, area.right - area.left + 1, false),
  ROWS: (area) => area.bottom - area.top + 1,
  COLUMNS: (area) => area.right - area.left + 1,
};

/**
 * @param {number} first
 * @param {number} count
 * @param {boolean} upright
 */
function counted(first, count, upright) {
  if (count === 1) return first;
  const data = Array.from({ length: count }, (_, i) => first + i);
  return upright ? new Arr(count, 1, data) : new Arr(1, count, data);
}
