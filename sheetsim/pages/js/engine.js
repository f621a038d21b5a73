/**
 * The workbook that computes: cells, formulas as plans, and the order in which they are done.
 *
 * A formula is a plan, made by Python or by the page's own planner: steps, each behind those that
 * it needs, the last one its value. When a formula needs a cell that is not computed yet, that is
 * computed first, and the formula tried again; the order in which cells got ready is kept for the
 * next time, so that in a workbook whose references stay the same nothing is tried twice.
 */

import { asArray } from "./functions.js";
import { fromJson, planOf } from "./plan.js";
import { MAX_COLUMNS } from "./references.js";
import { Arr, CIRCLE, errorOf } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./values.js").Value} Value
 * @typedef {import("./references.js").Area} Area
 *
 * @typedef {import("./plan.js").Plan} Plan
 *
 * @typedef {object} Group cells of a sheet with one formula
 * @property {number} sheet
 * @property {Plan | null} plan null if it cannot be computed here
 * @property {number} number the plan's, -1 for none
 * @property {[number, number] | null} size rows and columns of an array formula
 * @property {string} text the formula in its first cell
 * @property {[number, number]} origin that cell
 * @property {string} unknown why it cannot be computed here, "" if it can
 */

const DIRTY = 0;
const WAITING = 1;
const READY = 2;

/** Thrown by a formula that needs cells that are not computed; they are in `missing`. */
const NEEDED = { missing: /** @type {number[]} */ ([]) };

/** The cells of a sheet by place: dense where the sheet is, a map elsewhere. */
class Places {
  /**
   * @param {number} rows
   * @param {number} columns
   */
  constructor(rows, columns) {
    const dense = rows * columns <= 4_000_000;
    this.rows = dense ? rows : 0;
    this.columns = columns;
    this.slots = dense ? new Int32Array(rows * columns) : new Int32Array(0);
    /** @type {Map<number, number>} */
    this.others = new Map();
    this.lastRow = rows - 1;
    this.lastColumn = columns - 1;
  }

  /**
   * Return the slot of a cell, -1 for a blank one.
   * @param {number} row
   * @param {number} column
   */
  slot(row, column) {
    if (row < this.rows && column < this.columns)
      return this.slots[row * this.columns + column] - 1;
    return this.others.size ? (this.others.get(row * MAX_COLUMNS + column) ?? -1) : -1;
  }

  /**
   * @param {number} row
   * @param {number} column
   * @param {number} slot
   */
  put(row, column, slot) {
    if (row < this.rows && column < this.columns)
      this.slots[row * this.columns + column] = slot + 1;
    else this.others.set(row * MAX_COLUMNS + column, slot);
    this.lastRow = Math.max(this.lastRow, row);
    this.lastColumn = Math.max(this.lastColumn, column);
  }
}

export class Engine {
  /** @param {any} book what Python wrote, see `plans.py` */
  constructor(book) {
    /** @type {string[]} */
    this.names = book.sheets.map((/** @type {any} */ sheet) => sheet.name);
    /** @type {Places[]} */
    this.places = book.sheets.map(
      (/** @type {any} */ sheet) => new Places(sheet.size[0], sheet.size[1]),
    );
    /** @type {Scalar[]} */
    this.values = [];
    /** @type {(Group | null)[]} */
    this.formulas = [];
    /** @type {number[]} */
    this.sheetOf = [];
    /** @type {number[]} */
    this.rowOf = [];
    /** @type {number[]} */
    this.columnOf = [];
    /** @type {number[]} the slot of an array formula's first cell, for its others; else -1 */
    this.home = [];
    /** @type {number[]} slots of the others of array formulas */
    this.covered = [];
    /** @type {Plan[]} */
    this.plans = book.plans.map((/** @type {any[][]} */ steps) => planOf(steps));
    /** @type {Group[]} */
    this.groups = book.groups.map((/** @type {any} */ one) => groupOf(one, this.plans));
    this.#load(book);
    /** @type {number[]} slots of formulas, in the order in which they got ready */
    this.order = [];
    for (let slot = 0; slot < this.values.length; slot++)
      if (this.formulas[slot]) this.order.push(slot);
    this.state = new Uint8Array(this.values.length);
    this.recalculate();
  }

  /** @param {any} book */
  #load(book) {
    book.sheets.forEach((/** @type {any} */ sheet, /** @type {number} */ s) => {
      for (const [row, column, value] of sheet.cells) this.#add(s, row, column, fromJson(value));
    });
    book.groups.forEach((/** @type {any} */ one, /** @type {number} */ g) => {
      const group = this.groups[g];
      for (const [row, column, count] of one.at) {
        for (let k = 0; k < count; k++) this.#addFormula(group, row + k, column);
      }
    });
    for (const [s, row, column, value] of book.cached) {
      const slot = this.places[s].slot(row, column);
      if (slot >= 0) this.values[slot] = fromJson(value);
    }
  }

  /**
   * @param {Group} group
   * @param {number} row
   * @param {number} column
   */
  #addFormula(group, row, column) {
    const first = this.#add(group.sheet, row, column, null);
    this.formulas[first] = group;
    const [height, width] = group.size ?? [1, 1];
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        if (!r && !c) continue;
        const slot = this.#add(group.sheet, row + r, column + c, null);
        this.home[slot] = first;
        this.covered.push(slot);
      }
    }
  }

  /**
   * @param {number} sheet
   * @param {number} row
   * @param {number} column
   * @param {Scalar} value
   */
  #add(sheet, row, column, value) {
    const known = this.places[sheet].slot(row, column);
    if (known >= 0) {
      this.values[known] = value;
      return known;
    }
    const slot = this.values.length;
    this.places[sheet].put(row, column, slot);
    this.values.push(value);
    this.formulas.push(null);
    this.sheetOf.push(sheet);
    this.rowOf.push(row);
    this.columnOf.push(column);
    this.home.push(-1);
    return slot;
  }

  /**
   * Return what a cell shows.
   * @param {number} sheet
   * @param {number} row
   * @param {number} column
   * @returns {Scalar}
   */
  value(sheet, row, column) {
    const slot = this.places[sheet].slot(row, column);
    return slot < 0 ? null : this.values[slot];
  }

  /**
   * Return the formula's group of a cell, null for none.
   * @param {number} sheet
   * @param {number} row
   * @param {number} column
   */
  formula(sheet, row, column) {
    let slot = this.places[sheet].slot(row, column);
    if (slot < 0) return null;
    if (this.home[slot] >= 0) slot = this.home[slot];
    return this.formulas[slot];
  }

  /**
   * Put a value into a cell; its formula goes, if it has one. Call `recalculate` afterwards.
   * @param {number} sheet
   * @param {number} row
   * @param {number} column
   * @param {Scalar} value
   */
  put(sheet, row, column, value) {
    const slot = this.#add(sheet, row, column, value);
    if (this.formulas[slot]) {
      this.formulas[slot] = null;
      this.order = this.order.filter((one) => one !== slot);
    }
  }

  /**
   * Put a formula back into a cell.
   * @param {number} sheet
   * @param {number} row
   * @param {number} column
   * @param {Group} group
   */
  putFormula(sheet, row, column, group) {
    const slot = this.#add(sheet, row, column, null);
    if (!this.formulas[slot]) this.order.push(slot);
    this.formulas[slot] = group;
  }

  /**
   * Return the slot of a cell; a blank one gets one.
   * @param {number} sheet
   * @param {number} row
   * @param {number} column
   */
  slotOf(sheet, row, column) {
    const slot = this.places[sheet].slot(row, column);
    return slot >= 0 ? slot : this.#add(sheet, row, column, null);
  }

  /** Compute all formulas. */
  recalculate() {
    if (this.state.length < this.values.length) this.state = new Uint8Array(2 * this.values.length);
    this.state.fill(READY);
    for (const slot of this.order) this.state[slot] = DIRTY;
    for (const slot of this.covered) this.state[slot] = DIRTY;
    let retried = false;
    /** @type {number[]} */
    const done = [];
    for (const first of this.order) {
      if (this.state[first] === READY) continue;
      const stack = [first];
      while (stack.length) {
        const slot = stack[stack.length - 1];
        if (this.state[slot] === READY) {
          stack.pop();
          continue;
        }
        const missing = this.#compute(slot);
        if (missing.length === 0) {
          done.push(slot);
          stack.pop();
          continue;
        }
        retried = true;
        this.state[slot] = WAITING;
        if (missing.some((one) => this.state[one] === WAITING)) this.#finish(slot, CIRCLE);
        else for (const one of missing) stack.push(one);
      }
    }
    if (retried) this.order = done.filter((slot) => this.formulas[slot]);
  }

  /**
   * Compute a cell; return the slots that it needs first, none if it is done.
   * @param {number} slot
   * @returns {number[]}
   */
  #compute(slot) {
    const group = this.formulas[slot];
    if (!group) return [];
    if (!group.plan) {
      this.state[slot] = READY;
      this.#spread(slot, group, null);
      return [];
    }
    try {
      this.#finish(slot, group.plan.run(this, group.sheet, this.rowOf[slot], this.columnOf[slot]));
    } catch (thrown) {
      if (thrown !== NEEDED) throw thrown;
      return NEEDED.missing;
    }
    return [];
  }

  /**
   * @param {number} slot
   * @param {Value} value
   */
  #finish(slot, value) {
    const group = this.formulas[slot];
    this.state[slot] = READY;
    if (group?.size) {
      this.#spread(slot, group, asArray(value));
      return;
    }
    const one = value instanceof Arr ? value.data[0] : value;
    this.values[slot] = one === null ? 0 : one;
  }

  /**
   * Give the cells of an array formula their values; those that are cached if there are none.
   * @param {number} slot
   * @param {Group} group
   * @param {Arr | null} array
   */
  #spread(slot, group, array) {
    const [height, width] = group.size ?? [1, 1];
    const [sheet, row, column] = [this.sheetOf[slot], this.rowOf[slot], this.columnOf[slot]];
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const own = this.places[sheet].slot(row + r, column + c);
        this.state[own] = READY;
        if (!array) continue;
        const down = array.rows === 1 ? 0 : r;
        const over = array.columns === 1 ? 0 : c;
        const inside = down < array.rows && over < array.columns;
        this.values[own] = inside
          ? (array.data[down * array.columns + over] ?? 0)
          : errorOf("#N/A");
      }
    }
  }

  /**
   * Compute a formula that stands in no cell, such as a rule's, as it reads in a cell.
   * @param {number} sheet
   * @param {number} plan its number
   * @param {number} row
   * @param {number} column
   * @returns {Value}
   */
  compute(sheet, plan, row, column) {
    return this.plans[plan].run(this, sheet, row, column);
  }

  /**
   * Return what a cell holds, for a formula that needs it.
   * @param {number} sheet
   * @param {number} row
   * @param {number} column
   * @returns {Scalar}
   */
  read(sheet, row, column) {
    const slot = this.places[sheet].slot(row, column);
    if (slot < 0) return null;
    if (this.state[slot] !== READY) this.#need([slot]);
    return this.values[slot];
  }

  /**
   * Return what the cells of an area hold; of whole rows and columns, as far as there are any.
   * @param {Area} area
   */
  readRange({ sheet, top, left, bottom, right }) {
    const places = this.places[sheet];
    const lastRow =
      bottom - top > 100_000 ? Math.min(bottom, Math.max(places.lastRow, top)) : bottom;
    const lastColumn =
      right - left > 1000 ? Math.min(right, Math.max(places.lastColumn, left)) : right;
    const [rows, columns] = [lastRow - top + 1, lastColumn - left + 1];
    const data = new Array(rows * columns);
    let missing = false;
    let k = 0;
    for (let r = top; r <= lastRow; r++) {
      for (let c = left; c <= lastColumn; c++) {
        const slot = places.slot(r, c);
        if (slot < 0) data[k++] = null;
        else {
          if (this.state[slot] !== READY) missing = true;
          data[k++] = this.values[slot];
        }
      }
    }
    if (missing) this.#needAll(places, top, left, lastRow, lastColumn);
    return new Arr(rows, columns, data);
  }

  /**
   * @param {Places} places
   * @param {number} top
   * @param {number} left
   * @param {number} bottom
   * @param {number} right
   */
  #needAll(places, top, left, bottom, right) {
    const missing = [];
    for (let r = top; r <= bottom; r++) {
      for (let c = left; c <= right; c++) {
        const slot = places.slot(r, c);
        if (slot >= 0 && this.state[slot] !== READY) missing.push(slot);
      }
    }
    this.#need(missing);
  }

  /** @param {number[]} slots */
  #need(slots) {
    NEEDED.missing = [
      ...new Set(slots.map((slot) => (this.home[slot] >= 0 ? this.home[slot] : slot))),
    ];
    throw NEEDED;
  }
}

/**
 * @param {any} one
 * @param {Plan[]} plans
 * @returns {Group}
 */
function groupOf(one, plans) {
  return {
    sheet: one.sheet,
    plan: one.plan < 0 ? null : plans[one.plan],
    number: one.plan,
    size: one.size ?? null,
    text: one.text,
    origin: one.at[0].slice(0, 2),
    unknown: one.unknown ?? "",
  };
}
