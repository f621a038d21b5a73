/**
 * Plans made ready to run: what a formula does, step by step, for whatever cell it stands in.
 *
 * A plan comes as JSON, a list of steps, each behind those that it needs, the last one its value:
 *
 *     ["c", value] a constant, ["e", code] an error, ["k", rows of values] an array of constants,
 *     ["a", sheet or -1, top, left, bottom, right, which bounds are fixed, wraps] a reference,
 *     ["r", function, areas, arguments] a function that returns one,
 *     ["g", area, cut] the values in an area, ["m", function, areas, arguments] where it lies,
 *     ["f", function, arguments] a function
 *
 * Each step becomes a closure that finds its arguments among what the steps before it gave.
 */

import { asArray, TABLE } from "./functions.js";
import { MEASURES, REFERRING } from "./functions_lookup.js";
import { Area, MAX_COLUMNS, MAX_ROWS } from "./references.js";
import { Arr, errorOf, NUM, REF, VALUE, XlError } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./values.js").Value} Value
 * @typedef {object} Source whoever has the cells
 * @property {string[]} names the sheets'
 * @property {(sheet: number, row: number, column: number) => Scalar} read
 * @property {(area: Area) => Arr} readRange
 * @typedef {(source: Source, found: any[], sheet: number, row: number, column: number) => any} Run
 * @typedef {{run: (source: Source, sheet: number, row: number, column: number) => Value}} Plan
 */

/**
 * Return a plan made ready.
 * @param {any[][]} steps
 * @param {(step: any[], steps: any[][]) => Run} [call] how a function is called
 * @returns {Plan}
 */
export function planOf(steps, call = callRun) {
  const runs = steps.map((step, i) =>
    step[0] === "f" ? call(step, steps) : runOf(step, steps, i),
  );
  const found = new Array(steps.length);
  const last = steps.length - 1;
  return {
    run(source, sheet, row, column) {
      for (let i = 0; i <= last; i++) found[i] = runs[i](source, found, sheet, row, column);
      const value = found[last];
      return typeof value === "number" && !Number.isFinite(value) ? NUM : value;
    },
  };
}

/**
 * @param {any[]} step
 * @param {any[][]} steps
 * @param {number} i
 * @returns {Run}
 */
function runOf(step, steps, i) {
  switch (step[0]) {
    case "c":
      return constant(step[1]);
    case "e":
      return constant(errorOf(step[1]));
    case "k":
      return constant(new Arr(step[1].length, step[1][0].length, step[1].flat().map(fromJson)));
    case "a":
      return areaRun(step, steps, i);
    case "g":
      return gatherRun(step, steps);
    case "r":
      return referringRun(step, steps);
    case "m":
      return measureRun(step);
    default:
      throw new Error(`a step of the unknown kind ${step[0]}`);
  }
}

/**
 * @param {any} value
 * @returns {Run}
 */
const constant = (value) => () => value;

/**
 * A reference; nothing if only its values are asked for, which do without it.
 * @param {any[]} step
 * @param {any[][]} steps
 * @param {number} i
 * @returns {Run}
 */
function areaRun(step, steps, i) {
  const asked = steps.some((one) => ["r", "m"].includes(one[0]) && one[2].includes(i));
  if (!asked) return constant(null);
  return (_source, _found, sheet, row, column) => areaAt(step, sheet, row, column);
}

/**
 * @param {any[]} step
 * @param {any[][]} steps
 * @returns {Run}
 */
function gatherRun([, at, cut], steps) {
  const area = steps[at];
  const [top, left, bottom, right, fixed] = area.slice(2);
  const isCell =
    area[0] === "a" &&
    top === bottom &&
    left === right &&
    !area[7] &&
    (fixed === 15 || fixed === 0 || fixed === 5 || fixed === 10);
  if (isCell) {
    const [downwards, sideways] = [(fixed & 1) === 0, (fixed & 2) === 0];
    const own = area[1];
    return (source, _found, sheet, row, column) => {
      const r = downwards ? top + row : top;
      const c = sideways ? left + column : left;
      if (r < 0 || c < 0 || r >= MAX_ROWS || c >= MAX_COLUMNS) return REF;
      return source.read(own < 0 ? sheet : own, r, c);
    };
  }
  return (source, found, sheet, row, column) => {
    const place = area[0] === "a" ? areaAt(area, sheet, row, column) : found[at];
    return gathered(source, place, Boolean(cut), row, column);
  };
}

/**
 * Return the values in an area, or its one value.
 * @param {Source} source
 * @param {Area | XlError} area
 * @param {boolean} cut whether only the cell in the formula's own row or column is meant
 * @param {number} row
 * @param {number} column
 * @returns {Value}
 */
function gathered(source, area, cut, row, column) {
  if (area instanceof XlError) return area;
  if (area.isCell) return source.read(area.sheet, area.top, area.left);
  if (!cut) return source.readRange(area);
  const tall = area.bottom > area.top;
  const wide = area.right > area.left;
  if (tall && (row < area.top || row > area.bottom)) return VALUE;
  if (wide && (column < area.left || column > area.right)) return VALUE;
  return source.read(area.sheet, tall ? row : area.top, wide ? column : area.left);
}

/**
 * @param {any[]} step
 * @param {any[][]} steps
 * @returns {Run}
 */
function callRun([, name, args], steps) {
  const known = TABLE.get(name);
  if (!known) throw new Error(`the unknown function ${name}`);
  const call = { fromCells: args.map((/** @type {number} */ k) => steps[k][0] === "g") };
  const { run, pair } = known;
  if (args.length === 2) {
    const [i, j] = args;
    if (pair) {
      return (_source, found) => {
        const [a, b] = [found[i], found[j]];
        if (typeof a !== "number" || typeof b !== "number") return run([a, b], call);
        const value = pair(a, b);
        return typeof value === "number" && !Number.isFinite(value) ? NUM : value;
      };
    }
    return (_source, found) => run([found[i], found[j]], call);
  }
  if (args.length === 1) return (_source, found) => run([found[args[0]]], call);
  return (_source, found) =>
    run(
      args.map((/** @type {number} */ k) => found[k]),
      call,
    );
}

/**
 * An argument that is left out is undefined for the function, a blank cell is null.
 * @param {any[]} step
 * @param {any[][]} steps
 * @returns {Run}
 */
function referringRun([, name, areas, args], steps) {
  const leftOut = args.map(
    (/** @type {number} */ k) => steps[k][0] === "c" && steps[k][1] === null,
  );
  return (source, found, sheet) => {
    const places = areas.map((/** @type {number} */ k) => found[k]);
    for (const place of places) if (place instanceof XlError) return place;
    const values = args.map((/** @type {number} */ k, /** @type {number} */ i) =>
      leftOut[i] ? undefined : found[k],
    );
    return REFERRING[name](places, values, source.names, sheet);
  };
}

/**
 * @param {any[]} step
 * @returns {Run}
 */
function measureRun([, name, areas, args]) {
  if (args.length) {
    const key = name === "ROWS" ? "rows" : "columns";
    return (_source, found) => asArray(found[args[0]])[key];
  }
  return (_source, found, sheet, row, column) => {
    const area = areas.length ? found[areas[0]] : new Area(sheet, row, column, row, column);
    return area instanceof XlError ? area : MEASURES[name](area);
  };
}

/**
 * Return a reference's area as it reads in a cell.
 * @param {any[]} step
 * @param {number} own
 * @param {number} row
 * @param {number} column
 */
function areaAt([, named, first, start, last, end, fixed, wraps], own, row, column) {
  let top = fixed & 1 ? first : first + row;
  let left = fixed & 2 ? start : start + column;
  let bottom = fixed & 4 ? last : last + row;
  let right = fixed & 8 ? end : end + column;
  if (wraps) {
    top = wrapped(top, MAX_ROWS);
    bottom = wrapped(bottom, MAX_ROWS);
    left = wrapped(left, MAX_COLUMNS);
    right = wrapped(right, MAX_COLUMNS);
  }
  if (top > bottom) [top, bottom] = [bottom, top];
  if (left > right) [left, right] = [right, left];
  return new Area(named < 0 ? own : named, top, left, bottom, right).checked();
}

/**
 * @param {number} place
 * @param {number} count
 */
const wrapped = (place, count) => ((place % count) + count) % count;

/**
 * Return a value from JSON: an error is `{e: code}`.
 * @param {any} value
 * @returns {Scalar}
 */
export function fromJson(value) {
  return value !== null && typeof value === "object" ? errorOf(value.e) : value;
}
