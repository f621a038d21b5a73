/** What is typed into a cell, and what a validation says of it. */

import { formatValue } from "./formats.js";
import { asArray } from "./functions.js";
import { digitsOf, errorOf, momentOfText, numberOfText, XlError } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./looks.js").SheetLook} SheetLook
 */

const ERROR = /^#(N\/A|VALUE!|REF!|DIV\/0!|NUM!|NAME\?|NULL!)$/i;

/**
 * Return the value that a text means when it is typed into a cell.
 * @param {string} text
 * @returns {Scalar}
 */
export function typedValue(text) {
  if (text === "") return null;
  if (text.startsWith("'")) return text.slice(1);
  const upper = text.trim().toUpperCase();
  if (upper === "TRUE" || upper === "FALSE") return upper === "TRUE";
  if (ERROR.test(upper)) return errorOf(upper);
  const number = numberOfText(text);
  return Number.isNaN(number) ? text : number;
}

/**
 * Return what an editor shows of a cell's value, so that typing it again changes nothing.
 * @param {Scalar} value
 * @param {string} format
 */
export function editedText(value, format) {
  if (value === null) return "";
  if (typeof value === "number") {
    const isDate =
      /[ymdhs]/i.test(format.replace(/"[^"]*"|\[[^\]]*\]/g, "")) && !/general/i.test(format);
    const date = isDate && value >= 0 ? formatValue(value, "m/d/yyyy").text : "";
    if (date && momentOfText(date) === value) return date;
    return Number.isInteger(value) ? digitsOf(value) : String(value).replace("e", "E");
  }
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (value instanceof XlError) return value.code;
  return typeof typedValue(value) === "string" ? value : `'${value}`;
}

/**
 * Return the validation of a cell, null for none.
 * @param {SheetLook} look
 * @param {number} row
 * @param {number} column
 */
export function validationAt(look, row, column) {
  for (const rule of look.sheet.look.validations) {
    for (const [top, left, bottom, right] of rule.areas) {
      if (row >= top && row <= bottom && column >= left && column <= right) return rule;
    }
  }
  return null;
}

/**
 * Return the bounds of a validation of numbers, null where there is none.
 * @param {any} rule
 * @returns {[number, number] | null}
 */
export function boundsOf(rule) {
  if (!rule || !["decimal", "whole"].includes(rule.type)) return null;
  const [a, b] = [rule.formula1, rule.formula2];
  switch (rule.operator ?? "between") {
    case "between":
      return typeof a === "number" && typeof b === "number" ? [a, b] : null;
    case "greaterThanOrEqual":
    case "greaterThan":
      return typeof a === "number" ? [a, Number.POSITIVE_INFINITY] : null;
    case "lessThanOrEqual":
    case "lessThan":
      return typeof a === "number" ? [Number.NEGATIVE_INFINITY, a] : null;
    default:
      return null;
  }
}

/**
 * Return the choices of a validation by a list, null for none.
 * @param {any} rule
 * @param {SheetLook} look
 * @param {number} row
 * @param {number} column
 * @returns {string[] | null}
 */
export function choicesOf(rule, look, row, column) {
  if (rule?.type !== "list") return null;
  if (Array.isArray(rule.formula1))
    return rule.formula1.map((/** @type {string} */ one) => one.trim());
  if (!rule.formula1?.plan && rule.formula1?.plan !== 0) return null;
  const values = asArray(look.engine.compute(look.number, rule.formula1.plan, row, column)).data;
  return values.filter((one) => one !== null).map((one) => editedText(one, "General"));
}

/**
 * Return why a value may not stand in a cell, "" if it may.
 * @param {Scalar} value
 * @param {any} rule
 * @param {string[] | null} choices
 */
export function refusal(value, rule, choices) {
  if (!rule?.type || value === null) return "";
  const why = rule.error || "This value is not among those that the cell takes.";
  if (rule.type === "list") {
    const text = editedText(value, "General").toLowerCase();
    return choices && !choices.some((one) => one.toLowerCase() === text)
      ? `${why} Expected one of: ${choices.join(", ")}.`
      : "";
  }
  if (rule.type === "textLength") return "";
  const bounds = boundsOf(rule);
  if (rule.type === "decimal" || rule.type === "whole") {
    if (typeof value !== "number") return why;
    if (rule.type === "whole" && !Number.isInteger(value)) return why;
    if (bounds && (value < bounds[0] || value > bounds[1])) return why;
    if (rule.operator === "greaterThan" && value <= rule.formula1) return why;
    if (rule.operator === "lessThan" && value >= rule.formula1) return why;
  }
  return "";
}
