/** Operators, and functions of numbers, cell by cell. */

import { arrayOf, asArray, lifted, matrixOf, numeric, whole } from "./functions.js";
import { DIV0, fifteen, NUM, order, toText, VALUE, XlError } from "./values.js";

numeric("+", (a, b) => a + b);
numeric("-", (a, b) => a - b);
numeric("*", (a, b) => a * b);
numeric("/", (a, b) => (b === 0 ? DIV0 : a / b));
numeric("^", (a, b) => power(a, b));
numeric("neg", (a) => -a);
numeric("%", (a) => a / 100);
lifted("pos", (a) => a, { errors: true });
lifted("SINGLE", (a) => a, { errors: true });

lifted("&", (a, b) => {
  const [left, right] = [toText(a), toText(b)];
  if (left instanceof XlError) return left;
  if (right instanceof XlError) return right;
  return left.length + right.length > 32767 ? VALUE : left + right;
});

/**
 * @param {string} name
 * @param {(sign: number) => boolean} test
 */
function comparison(name, test) {
  lifted(name, (a, b) => {
    const sign = order(a, b);
    return sign instanceof XlError ? sign : test(sign);
  });
}
comparison("=", (sign) => sign === 0);
comparison("<>", (sign) => sign !== 0);
comparison("<", (sign) => sign < 0);
comparison(">", (sign) => sign > 0);
comparison("<=", (sign) => sign <= 0);
comparison(">=", (sign) => sign >= 0);

/**
 * @param {number} a
 * @param {number} b
 */
function power(a, b) {
  if (b === 2) return a * a;
  if (a === 0) return b === 0 ? NUM : b < 0 ? DIV0 : 0;
  return a ** b;
}

/** @param {number} number */
const lastPlace = (number) =>
  Number.isFinite(number) && number !== 0 ? 10 ** Math.floor(Math.log10(Math.abs(number))) : 1;

/**
 * @param {number} a
 * @param {number} digits
 * @param {(size: number) => number} f
 */
function roundBy(a, digits, f) {
  const places = Math.trunc(digits);
  const behind = 10 ** Math.max(places, 0);
  const ahead = 10 ** Math.max(-places, 0);
  const size = (Math.abs(a) * behind) / ahead;
  if (size >= 2 ** 52 || behind === Infinity) return a;
  const out = (f(size) / behind) * (ahead === Infinity ? 0 : ahead);
  return a < 0 ? -out : out;
}

/**
 * Round half away from zero, on the 15 digits that Excel sees.
 * @param {number} a
 * @param {number} digits
 */
function rounded(a, digits) {
  const size = Math.abs(a) * 10 ** Math.trunc(digits);
  if (Math.abs(size - Math.floor(size) - 0.5) <= 1e-14 * Math.max(size, 1e-300)) {
    return roundDecimal(a, Math.trunc(digits));
  }
  return roundBy(a, digits, (x) => Math.floor(x * (1 + 2e-16) + 0.5));
}

/**
 * Round the decimal digits of a number.
 * @param {number} a
 * @param {number} digits
 */
function roundDecimal(a, digits) {
  const [mantissa, power] = Math.abs(a).toExponential(14).split("e");
  const whole = BigInt(mantissa.replace(".", ""));
  const drop = 14 - Number(power) - digits; // digits behind the last one that stays
  if (drop <= 0) return fifteen(a);
  if (drop > 20) return 0;
  const unit = 10n ** BigInt(drop);
  const kept = (whole + unit / 2n) / unit;
  const out = Number(`${kept}e${-digits}`);
  return a < 0 ? -out : out;
}

numeric("ABS", Math.abs);
numeric("SIGN", Math.sign);
numeric("INT", Math.floor);
numeric("TRUNC", (a, digits = 0) => roundBy(a, digits, (x) => Math.floor(x * (1 + 2e-16))));
numeric("ROUND", (a, digits = 0) => rounded(a, digits));
numeric("ROUNDDOWN", (a, digits = 0) => roundBy(a, digits, (x) => Math.floor(x * (1 + 2e-16))));
numeric("ROUNDUP", (a, digits = 0) =>
  a !== 0 && digits <= -309 ? NUM : roundBy(a, digits, (x) => Math.ceil(x * (1 - 2e-16))),
);
numeric("MOD", (a, b) => (b === 0 ? DIV0 : a - b * Math.floor(a / b)));
numeric("EXP", Math.exp);
numeric("LN", Math.log);
numeric("LOG10", Math.log10);
numeric("LOG", (a, base) => {
  if (base === undefined) return Math.log10(a);
  return base === 1 ? DIV0 : Math.log(a) / Math.log(base);
});
numeric("SQRT", Math.sqrt);
numeric("POWER", power);
numeric("SIN", Math.sin);
numeric("COS", Math.cos);
numeric("TAN", Math.tan);
numeric("ASIN", Math.asin);
numeric("ACOS", Math.acos);
numeric("ATAN", Math.atan);
numeric("ATAN2", (x, y) => (x === 0 && y === 0 ? DIV0 : Math.atan2(y, x)));
numeric("SINH", Math.sinh);
numeric("COSH", Math.cosh);
numeric("TANH", Math.tanh);
numeric("ASINH", Math.asinh);
numeric("ACOSH", Math.acosh);
numeric("ATANH", Math.atanh);
numeric("RADIANS", (a) => a * (Math.PI / 180));
numeric("DEGREES", (a) => a * (180 / Math.PI));
whole("PI", () => Math.PI);

/**
 * @param {number} a
 * @param {number} step
 * @param {(x: number) => number} f
 */
function multiple(a, step, f) {
  if (step === 0 || a === 0) return 0;
  const factor = a / step;
  const near = Math.round(factor);
  return step * (Math.abs(factor - near) <= 5e-15 * lastPlace(factor) ? near : f(factor));
}
numeric("CEILING", (a, step) => (a > 0 && step < 0 ? NUM : multiple(a, step, Math.ceil)));
numeric("FLOOR", (a, step) => {
  if (step === 0) return a === 0 ? 0 : DIV0;
  return a > 0 && step < 0 ? NUM : multiple(a, step, Math.floor);
});

whole("MMULT", ([left, right]) => {
  if (asArray(left).columns !== asArray(right).rows) return VALUE;
  const [a, b] = [matrixOf(left), matrixOf(right)];
  if (a instanceof XlError) return a;
  if (b instanceof XlError) return b;
  return arrayOf(
    a.map((row) =>
      b[0].map((_, c) => {
        let sum = 0;
        for (let k = 0; k < row.length; k++) sum += row[k] * b[k][c];
        return sum;
      }),
    ),
  );
});

/**
 * Eliminate with row pivots; return the inverse and the determinant.
 * @param {number[][]} matrix
 */
function eliminated(matrix) {
  const n = matrix.length;
  const a = matrix.map((row, r) => [...row, ...row.map((_, c) => (c === r ? 1 : 0))]);
  let determinant = 1;
  for (let k = 0; k < n; k++) {
    let best = k;
    for (let r = k + 1; r < n; r++) if (Math.abs(a[r][k]) > Math.abs(a[best][k])) best = r;
    if (a[best][k] === 0) return { inverse: null, determinant: 0 };
    if (best !== k) {
      [a[k], a[best]] = [a[best], a[k]];
      determinant = -determinant;
    }
    const pivot = a[k][k];
    determinant *= pivot;
    for (let c = 0; c < 2 * n; c++) a[k][c] /= pivot;
    for (let r = 0; r < n; r++) {
      const factor = a[r][k];
      if (r === k || factor === 0) continue;
      for (let c = 0; c < 2 * n; c++) a[r][c] -= factor * a[k][c];
    }
  }
  return { inverse: a.map((row) => row.slice(n)), determinant };
}
whole("MINVERSE", ([arg]) => {
  if (asArray(arg).rows !== asArray(arg).columns) return VALUE;
  const matrix = matrixOf(arg);
  if (matrix instanceof XlError) return matrix;
  const { inverse } = eliminated(matrix);
  return inverse ? arrayOf(inverse) : NUM;
});
whole("MDETERM", ([arg]) => {
  if (asArray(arg).rows !== asArray(arg).columns) return VALUE;
  const matrix = matrixOf(arg);
  return matrix instanceof XlError ? matrix : eliminated(matrix).determinant;
});
