/** A formula's text as it reads in one of the cells that it is filled to. */

import { columnName, columnOf, MAX_COLUMNS, MAX_ROWS } from "./references.js";

/** @typedef {import("./engine.js").Group} Group */

const PIECE =
  /"(?:[^"]|"")*"|'(?:[^']|'')*'!|\[[^\]]*\]|[A-Za-z_\\][\w.]*\(|(\$?)([A-Za-z]{1,3})(\$?)([0-9]{1,7})(?![\w(.])|(\$?)([A-Za-z]{1,3}):(\$?)([A-Za-z]{1,3})(?![\w(.])|(\$?)([0-9]{1,7}):(\$?)([0-9]{1,7})(?![\w.])|[A-Za-z_\\][\w.?\\]*|[0-9.]+(?:[eE][+-]?[0-9]+)?|[\s\S]/g;

/**
 * @param {Group} group
 * @param {number} row
 * @param {number} column
 */
export function formulaIn(group, row, column) {
  const [down, right] = [row - group.origin[0], column - group.origin[1]];
  if (group.size || (!down && !right)) return group.text;
  return group.text.replace(PIECE, (piece, ...part) => {
    const [fixC, letters, fixR, digits, fixA, from, fixB, to, fixTop, top, fixBottom, bottom] =
      part;
    if (letters !== undefined && digits !== undefined)
      return movedColumn(fixC, letters, right) + movedRow(fixR, digits, down);
    if (from !== undefined)
      return `${movedColumn(fixA, from, right)}:${movedColumn(fixB, to, right)}`;
    if (top !== undefined)
      return `${movedRow(fixTop, top, down)}:${movedRow(fixBottom, bottom, down)}`;
    return piece;
  });
}

/**
 * @param {string} fixed
 * @param {string} letters
 * @param {number} by
 */
function movedColumn(fixed, letters, by) {
  const column = columnOf(letters);
  if (column >= MAX_COLUMNS) return fixed + letters;
  return fixed ? `$${letters}` : columnName(column + by);
}

/**
 * @param {string} fixed
 * @param {string} digits
 * @param {number} by
 */
function movedRow(fixed, digits, by) {
  return fixed || Number(digits) > MAX_ROWS ? fixed + digits : String(Number(digits) + by);
}
