/** How cells look now: their texts, styles, and what rules make of them. */

import { formatValue, general } from "./formats.js";
import { single } from "./functions.js";
import { fifteen, order, toBoolean, XlError } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {Record<string, any>} Style
 * @typedef {[number, number, number, number]} Box first row and column, last row and column
 */

export const HEADER_WIDTH = 46;
export const HEADER_HEIGHT = 24;

/**
 * Whether a cell lies in a box.
 * @param {Box} box
 * @param {number} row
 * @param {number} column
 */
export const inside = (box, row, column) =>
  row >= box[0] && column >= box[1] && row <= box[2] && column <= box[3];

/** Places along one axis: where each row or column begins, in pixels. */
class Axis {
  /**
   * @param {number} count
   * @param {number} usual
   */
  constructor(count, usual) {
    this.sizes = new Float64Array(count).fill(usual);
    this.starts = new Float64Array(count + 1);
  }

  finish() {
    for (let i = 0; i < this.sizes.length; i++) this.starts[i + 1] = this.starts[i] + this.sizes[i];
  }

  get count() {
    return this.sizes.length;
  }

  get total() {
    return this.starts[this.count];
  }

  /**
   * Return which row or column a pixel is in.
   * @param {number} pixel
   */
  at(pixel) {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.starts[middle] <= pixel) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** The look of one sheet. */
export class SheetLook {
  /**
   * @param {any} sheet what Python wrote, see `read_layout.py`
   * @param {number} number
   * @param {Style[]} styles
   * @param {Engine} engine
   */
  constructor(sheet, number, styles, engine) {
    this.sheet = sheet;
    this.number = number;
    this.styles = styles;
    this.engine = engine;
    const rows = Math.min(Math.max(sheet.size[0] + 20, 60), 1048576);
    const columns = Math.min(Math.max(sheet.size[1] + 6, 26), 16384);
    this.rows = new Axis(rows, sheet.look.height);
    this.columns = new Axis(columns, sheet.look.width);
    for (const [row, pixels] of sheet.look.rows) if (row < rows) this.rows.sizes[row] = pixels;
    for (const [first, last, pixels] of sheet.look.columns) {
      for (let c = first; c <= Math.min(last, columns - 1); c++) this.columns.sizes[c] = pixels;
    }
    /** @type {Map<number, number>} */
    this.styleAt = new Map();
    for (const [row, column, count, style] of sheet.look.styles) {
      for (let k = 0; k < count; k++) this.styleAt.set(row * 16384 + column + k, style);
    }
    /** @type {Map<number, Box>} each merged area by its first cell, and by the others */
    this.merged = new Map();
    for (const box of sheet.look.merged) {
      for (let r = box[0]; r <= Math.min(box[2], rows - 1); r++) {
        for (let c = box[1]; c <= Math.min(box[3], columns - 1); c++)
          this.merged.set(r * 16384 + c, box);
      }
    }
    this.#growRows();
    this.rows.finish();
    this.columns.finish();
    /** @type {Map<any, any>} what rules compute for a whole area, until cells change */
    this.memo = new Map();
  }

  /** Give rows without a height of their own the height of their largest letters. */
  #growRows() {
    const own = new Set(this.sheet.look.rows.map((/** @type {number[]} */ one) => one[0]));
    for (const [row, , , style] of this.sheet.look.styles) {
      const size = this.styles[style]?.size ?? 11;
      if (size > 11 && !own.has(row) && row < this.rows.count) {
        this.rows.sizes[row] = Math.max(this.rows.sizes[row], Math.round(size * 1.75));
      }
    }
  }

  /** Forget what rules have computed. */
  changed() {
    this.memo.clear();
  }

  /**
   * Return the style of a cell, with what the rules that hold add.
   * @param {number} row
   * @param {number} column
   * @returns {{style: number, extra: Style | null}}
   */
  style(row, column) {
    const style = this.styleAt.get(row * 16384 + column) ?? 0;
    /** @type {Style | null} */
    let extra = null;
    for (const rule of this.sheet.look.rules) {
      if (!rule.areas.some((/** @type {Box} */ box) => inside(box, row, column))) continue;
      const found = this.#rule(rule, row, column);
      if (!found) continue;
      extra = Object.assign({}, found, extra);
      if (rule.stop) break;
    }
    return { style, extra };
  }

  /**
   * @param {any} rule
   * @param {number} row
   * @param {number} column
   * @returns {Style | null}
   */
  #rule(rule, row, column) {
    const value = this.engine.value(this.number, row, column);
    switch (rule.type) {
      case "colorScale":
        return typeof value === "number" ? this.#scale(rule, value) : null;
      case "duplicateValues":
        return value !== null && this.#counts(rule).get(value) > 1 ? rule.style : null;
      case "expression": {
        const holds = toBoolean(this.#bound(rule, 0, row, column));
        return holds === true ? rule.style : null;
      }
      default:
        return this.#compares(rule, value, row, column) ? rule.style : null;
    }
  }

  /**
   * Compute a formula of a rule as it reads in a cell.
   * @param {any} rule
   * @param {number} k
   * @param {number} row
   * @param {number} column
   * @returns {Scalar}
   */
  #bound(rule, k, row, column) {
    return single(this.engine.compute(this.number, rule.plans[k], row, column));
  }

  /**
   * @param {any} rule
   * @param {Scalar} value
   * @param {number} row
   * @param {number} column
   */
  #compares(rule, value, row, column) {
    if (value === null || value === "" || value instanceof XlError) return false;
    const first = order(value, this.#bound(rule, 0, row, column));
    if (typeof first !== "number") return false;
    if (rule.plans.length > 1) {
      const second = order(value, this.#bound(rule, 1, row, column));
      if (typeof second !== "number") return false;
      const between = first >= 0 && second <= 0;
      return rule.operator === "notBetween" ? !between : between;
    }
    /** @type {Record<string, boolean>} */
    const holds = {
      equal: first === 0,
      notEqual: first !== 0,
      greaterThan: first > 0,
      lessThan: first < 0,
      greaterThanOrEqual: first >= 0,
      lessThanOrEqual: first <= 0,
    };
    return holds[rule.operator] ?? false;
  }

  /**
   * Return the values in a rule's areas.
   * @param {any} rule
   */
  #valuesIn(rule) {
    const found = [];
    for (const [top, left, bottom, right] of rule.areas) {
      for (let r = top; r <= Math.min(bottom, this.rows.count); r++) {
        for (let c = left; c <= Math.min(right, this.columns.count); c++) {
          const value = this.engine.value(this.number, r, c);
          if (value !== null) found.push(value);
        }
      }
    }
    return found;
  }

  /** @param {any} rule */
  #counts(rule) {
    let counts = this.memo.get(rule);
    if (!counts) {
      counts = new Map();
      for (const value of this.#valuesIn(rule)) counts.set(value, (counts.get(value) ?? 0) + 1);
      this.memo.set(rule, counts);
    }
    return counts;
  }

  /**
   * Return the colour of a number on a scale of colours.
   * @param {any} rule
   * @param {number} value
   */
  #scale(rule, value) {
    let stops = this.memo.get(rule);
    if (!stops) {
      const numbers = this.#valuesIn(rule)
        .filter((one) => typeof one === "number")
        .map(Number);
      numbers.sort((a, b) => a - b);
      stops = rule.stops.map((/** @type {[string, number]} */ [type, at]) =>
        stopAt(type, at, numbers),
      );
      this.memo.set(rule, stops);
    }
    let k = 0;
    while (k < stops.length - 2 && value > stops[k + 1]) k++;
    const span = stops[k + 1] - stops[k];
    const share =
      span > 0 ? Math.min(Math.max((value - stops[k]) / span, 0), 1) : value > stops[k] ? 1 : 0;
    return { fill: mixed(rule.colors[k], rule.colors[k + 1], share) };
  }
}

/**
 * @param {string} type
 * @param {number} at
 * @param {number[]} sorted
 */
function stopAt(type, at, sorted) {
  const [low, high] = [sorted[0] ?? 0, sorted[sorted.length - 1] ?? 0];
  if (type === "min") return low;
  if (type === "max") return high;
  if (type === "percent") return low + ((high - low) * at) / 100;
  if (type !== "percentile") return at;
  const place = (at / 100) * (sorted.length - 1);
  const under = Math.floor(place);
  return sorted[under] + (place - under) * ((sorted[under + 1] ?? sorted[under]) - sorted[under]);
}

/**
 * Return the colour so far on the way from one to another.
 * @param {string} from
 * @param {string} to
 * @param {number} share
 */
export function mixed(from, to, share) {
  const parts = [1, 3, 5].map((i) => {
    const [a, b] = [from, to].map((one) => Number.parseInt(one.slice(i, i + 2), 16));
    return Math.round(a + (b - a) * share)
      .toString(16)
      .padStart(2, "0");
  });
  return `#${parts.join("")}`;
}

const PEN =
  typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
let fit = 0;

/**
 * Return how much narrower letters are drawn than the pen has them: where Calibri is missing, the
 * page draws other letters as large as its own.
 */
function fitted() {
  const root = document.querySelector("#grid");
  if (fit || !root || !PEN) return fit || 1;
  const probe = document.createElement("span");
  probe.textContent = "0123456789 abcdefghij";
  probe.style.cssText = "position:absolute;visibility:hidden;white-space:pre";
  root.append(probe);
  PEN.font = `${(11 * 4) / 3}px ${FONTS}`;
  fit = probe.getBoundingClientRect().width / PEN.measureText(probe.textContent).width || 1;
  probe.remove();
  return fit;
}

/**
 * Return the width of a text in pixels.
 * @param {string} text
 * @param {Style} style
 */
export function textWidth(text, style) {
  if (!PEN) return text.length * 7;
  const factor = fitted();
  PEN.font = `${style.italic ? "italic " : ""}${style.bold ? "bold " : ""}${((style.size ?? 11) * 4) / 3}px ${FONTS}`;
  return PEN.measureText(text).width * factor;
}

export const FONTS = 'Calibri, Carlito, "Segoe UI", Arial, sans-serif';

/**
 * Return what a cell shows in a width, and on which side it stands.
 * @param {Scalar} value
 * @param {Style} style
 * @param {number} width pixels
 * @returns {{text: string, side: string, color: string, isText: boolean}}
 */
export function shownIn(value, style, width) {
  const isText = typeof value === "string";
  const centred = typeof value === "boolean" || value instanceof XlError;
  const side = style.align ?? (isText ? "left" : centred ? "center" : "right");
  const { text, colour } = formatValue(value, style.format ?? "General");
  if (typeof value !== "number") return { text, side, color: colour, isText };
  const room = width - 5;
  if (textWidth(text, style) <= room || style.shrink) return { text, side, color: colour, isText };
  const short = style.format ? null : shortened(value, style, room);
  const sharps = "#".repeat(Math.max(1, Math.floor(room / textWidth("#", style))));
  return { text: short ?? sharps, side, color: colour, isText };
}

/**
 * Return a number in the format General with as many digits as fit, null if none do.
 * @param {number} value
 * @param {Style} style
 * @param {number} room
 */
function shortened(value, style, room) {
  const whole = general(value);
  if (!whole.includes("E")) {
    for (let digits = 10; digits >= String(Math.trunc(Math.abs(value))).length; digits--) {
      const text = general(fifteen(Number(value.toPrecision(digits))));
      if (!text.includes("E") && textWidth(text, style) <= room) return text;
    }
  }
  for (let digits = 5; digits >= 0; digits--) {
    const [mantissa, power] = value.toExponential(digits).split("e");
    const size = Math.abs(Number(power));
    const text = `${mantissa}E${power[0]}${String(size).padStart(2, "0")}`;
    if (textWidth(text, style) <= room) return text;
  }
  return null;
}
