/** Cells and ranges: where they lie, and how they are written. */

import { REF } from "./values.js";

export const MAX_ROWS = 1048576;
export const MAX_COLUMNS = 16384;

/** A range of cells on a sheet; rows and columns from 0, the last ones included. */
export class Area {
  /**
   * @param {number} sheet its number
   * @param {number} top
   * @param {number} left
   * @param {number} bottom
   * @param {number} right
   */
  constructor(sheet, top, left, bottom, right) {
    this.sheet = sheet;
    this.top = top;
    this.left = left;
    this.bottom = bottom;
    this.right = right;
  }

  /** Return it, or `#REF!` if it leaves the sheet. */
  checked() {
    const out = this.top < 0 || this.left < 0;
    return out || this.bottom >= MAX_ROWS || this.right >= MAX_COLUMNS ? REF : this;
  }

  get isCell() {
    return this.top === this.bottom && this.left === this.right;
  }
}

/**
 * Return the letters of a column.
 * @param {number} column from 0
 */
export function columnName(column) {
  let name = "";
  for (let left = column + 1; left > 0; left = Math.floor((left - 1) / 26)) {
    name = String.fromCharCode(65 + ((left - 1) % 26)) + name;
  }
  return name;
}

/**
 * Return the column, from 0, that letters name.
 * @param {string} letters
 */
export function columnOf(letters) {
  let column = 0;
  for (const letter of letters.toUpperCase()) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

/**
 * @param {number} row
 * @param {number} column
 */
export function cellName(row, column) {
  return columnName(column) + (row + 1);
}

const AREA_TEXT =
  /^(?:(?:'((?:[^']|'')+)'|([^'!:]+))!)?\$?([A-Za-z]{1,3})\$?(\d{1,7})(?::\$?([A-Za-z]{1,3})\$?(\d{1,7}))?$/;

/**
 * Return the area that a text such as `Sheet1!A1:B2` spells, null for none.
 * @param {string} text
 * @param {string[]} sheets the names of all sheets
 * @param {number} own the sheet that is meant if none is named
 */
export function areaOfText(text, sheets, own) {
  const match = AREA_TEXT.exec(text.trim());
  if (!match) return null;
  const name = match[1]?.replaceAll("''", "'") ?? match[2];
  const wanted = name?.toLowerCase();
  const sheet = name === undefined ? own : sheets.findIndex((one) => one.toLowerCase() === wanted);
  if (sheet < 0) return null;
  const [top, left] = [Number(match[4]) - 1, columnOf(match[3])];
  const bottom = match[6] === undefined ? top : Number(match[6]) - 1;
  const right = match[5] === undefined ? left : columnOf(match[5]);
  const area = new Area(
    sheet,
    Math.min(top, bottom),
    Math.min(left, right),
    Math.max(top, bottom),
    Math.max(left, right),
  ).checked();
  return area instanceof Area ? area : null;
}
