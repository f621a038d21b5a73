/** Sums and statistics of the numbers in ranges, and of pairs of numbers. */

import { asArray, numbersIn, pairsIn, whole } from "./functions.js";
import { Arr, DIV0, NUM, toNumber, VALUE, XlError } from "./values.js";

/**
 * @typedef {import("./values.js").Value} Value
 * @typedef {import("./values.js").Scalar} Scalar
 */

/**
 * @param {string} name
 * @param {(numbers: number[]) => number | XlError} f
 * @param {number} [few] how many numbers it needs; fewer are `#DIV/0!`
 */
function statistic(name, f, few = 0) {
  whole(name, (args, call) => {
    const numbers = numbersIn(args, call);
    if (numbers instanceof XlError) return numbers;
    if (numbers.length < few) return DIV0;
    const out = f(numbers);
    return typeof out === "number" && !Number.isFinite(out) ? NUM : out;
  });
}

/** @param {number[]} numbers */
function sum(numbers) {
  let out = 0;
  for (const number of numbers) out += number;
  return out;
}
/** @param {number[]} numbers */
const mean = (numbers) => sum(numbers) / numbers.length;
/** @param {number[]} numbers */
function devsq(numbers) {
  const middle = mean(numbers);
  return sum(numbers.map((x) => (x - middle) ** 2));
}
/** @param {number[]} numbers */
function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

statistic("SUM", sum);
statistic("SUMSQ", (numbers) => sum(numbers.map((x) => x * x)));
statistic("PRODUCT", (numbers) => (numbers.length ? numbers.reduce((a, b) => a * b, 1) : 0));
statistic("AVERAGE", mean, 1);
statistic("MAX", (numbers) =>
  numbers.reduce((a, b) => Math.max(a, b), numbers.length ? -Infinity : 0),
);
statistic("MIN", (numbers) =>
  numbers.reduce((a, b) => Math.min(a, b), numbers.length ? Infinity : 0),
);
statistic("MEDIAN", (numbers) => (numbers.length ? median(numbers) : NUM));
for (const name of ["STDEV", "STDEV.S"]) {
  statistic(name, (numbers) => Math.sqrt(devsq(numbers) / (numbers.length - 1)), 2);
}
for (const name of ["STDEVP", "STDEV.P"]) {
  statistic(name, (numbers) => Math.sqrt(devsq(numbers) / numbers.length), 1);
}
for (const name of ["VAR", "VAR.S"]) {
  statistic(name, (numbers) => devsq(numbers) / (numbers.length - 1), 2);
}
for (const name of ["VARP", "VAR.P"]) {
  statistic(name, (numbers) => devsq(numbers) / numbers.length, 1);
}
statistic("DEVSQ", devsq, 1);

whole("COUNT", (args, call) => {
  let count = 0;
  args.forEach((arg, i) => {
    const alone = !(arg instanceof Arr) && !call.fromCells[i];
    for (const value of asArray(arg).data) {
      if (typeof value === "number" && Number.isFinite(value)) count++;
      else if (alone && !(value instanceof XlError) && typeof toNumber(value) === "number") count++;
    }
  });
  return count;
});
whole("COUNTA", (args) => {
  let count = 0;
  for (const arg of args) for (const value of asArray(arg).data) if (value !== null) count++;
  return count;
});
whole("COUNTBLANK", (args) => {
  let count = 0;
  for (const value of asArray(args[0]).data) if (value === null || value === "") count++;
  return count;
});

whole("SUMPRODUCT", (args, call) => {
  const arrays = args.map(asArray);
  const { rows, columns } = arrays[0];
  for (const one of arrays) {
    if (one.rows !== rows || one.columns !== columns) return VALUE;
  }
  let out = 0;
  for (const [k, one] of arrays.entries()) {
    for (const value of one.data) if (value instanceof XlError) return value;
    const alone = !(args[k] instanceof Arr) && !call.fromCells[k];
    if (alone && toNumber(one.data[0]) === VALUE) return VALUE;
  }
  for (let i = 0; i < rows * columns; i++) {
    let product = 1;
    for (const one of arrays) {
      const value = one.data[i];
      product *= typeof value === "number" ? value : 0;
    }
    out += product;
  }
  return Number.isFinite(out) ? out : NUM;
});

/**
 * @param {string} name
 * @param {(pairs: [number, number][]) => number | XlError} f
 * @param {number} few how many pairs it needs; 0 for a sum
 */
function pairwise(name, f, few) {
  whole(name, (args, call) => {
    const pairs = pairsIn(args, call);
    if (pairs instanceof XlError) return pairs;
    if (pairs.length < few) return DIV0;
    const out = f(pairs);
    if (typeof out !== "number" || Number.isFinite(out)) return out;
    return few > 0 ? DIV0 : NUM; // a line through points that lie alike; a sum that is too large
  });
}

/** @param {[number, number][]} pairs */
function moments(pairs) {
  const y = mean(pairs.map((pair) => pair[0]));
  const x = mean(pairs.map((pair) => pair[1]));
  let xx = 0;
  let xy = 0;
  let yy = 0;
  for (const [b, a] of pairs) {
    xx += (a - x) ** 2;
    xy += (a - x) * (b - y);
    yy += (b - y) ** 2;
  }
  return { x, y, xx, xy, yy };
}
pairwise("SUMXMY2", (pairs) => sum(pairs.map(([a, b]) => (a - b) ** 2)), 0);
pairwise("SUMX2MY2", (pairs) => sum(pairs.map(([a, b]) => a * a - b * b)), 0);
pairwise("SUMX2PY2", (pairs) => sum(pairs.map(([a, b]) => a * a + b * b)), 0);
pairwise(
  "SLOPE",
  (pairs) => {
    const { xx, xy } = moments(pairs);
    return xy / xx;
  },
  2,
);
pairwise(
  "INTERCEPT",
  (pairs) => {
    const { x, y, xx, xy } = moments(pairs);
    return y - (xy / xx) * x;
  },
  2,
);
for (const name of ["CORREL", "PEARSON"]) {
  pairwise(
    name,
    (pairs) => {
      const { xx, xy, yy } = moments(pairs);
      return xy / Math.sqrt(xx * yy);
    },
    2,
  );
}
pairwise(
  "RSQ",
  (pairs) => {
    const { xx, xy, yy } = moments(pairs);
    return (xy * xy) / (xx * yy);
  },
  2,
);

/**
 * @param {string} name
 * @param {(sorted: number[], k: number) => number | XlError} f
 */
function ranked(name, f) {
  whole(name, (args, call) => {
    const numbers = numbersIn([args[0]], call);
    if (numbers instanceof XlError) return numbers;
    const k = toNumber(asArray(args[1]).data[0]);
    if (k instanceof XlError) return k;
    if (!numbers.length) return NUM;
    return f(
      numbers.toSorted((a, b) => a - b),
      k,
    );
  });
}
ranked("LARGE", (sorted, k) => sorted[sorted.length - Math.trunc(k)] ?? NUM);
ranked("SMALL", (sorted, k) => sorted[Math.trunc(k) - 1] ?? NUM);
for (const name of ["PERCENTILE", "PERCENTILE.INC"]) ranked(name, percentile);
for (const name of ["QUARTILE", "QUARTILE.INC"]) {
  ranked(name, (sorted, k) => percentile(sorted, Math.trunc(k) / 4));
}

/**
 * @param {number[]} sorted
 * @param {number} k 0 to 1
 */
function percentile(sorted, k) {
  if (k < 0 || k > 1) return NUM;
  const place = k * (sorted.length - 1);
  const low = Math.floor(place);
  const high = Math.min(low + 1, sorted.length - 1);
  return sorted[low] + (place - low) * (sorted[high] - sorted[low]);
}
