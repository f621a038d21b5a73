/**
 * Ways to make a cell small, step by step, so that each step can be drawn.
 *
 * Each is a generator: it yields a `Step` after every step, and returns why it stopped.
 *
 * @typedef {import("./tape.js").TracedCell} TracedCell
 * @typedef {{x: Float64Array, value: number}} Step
 * @typedef {object} Problem
 * @property {TracedCell} f
 * @property {number} sign 1 to minimize, -1 to maximize
 * @property {Float64Array} low
 * @property {Float64Array} high
 * @typedef {Generator<Step, string, void>} Search
 */

/**
 * @param {Float64Array} x
 * @param {Problem} problem
 */
function clamped(x, { low, high }) {
  return x.map((one, i) => Math.min(Math.max(one, low[i]), high[i]));
}

/**
 * Return the value that is made small, its gradient and the objective's own value; null where there
 * is none. A root around it is left out, for its slope is without bound where it is 0.
 * @param {Problem} problem
 * @param {Float64Array} x
 */
function pointAt({ f, sign }, x) {
  const node = f.at(x);
  if (!node) return null;
  const inner = sign > 0 ? f.inner(node, false) : node;
  const gradient = f.gradient(inner).map((one) => sign * one);
  return { value: sign * inner.value, gradient, objective: node.value };
}

/**
 * Return the gradient with what leads out of the bounds left out.
 * @param {Float64Array} x
 * @param {Float64Array} gradient
 * @param {Problem} problem
 */
function freeGradient(x, gradient, { low, high }) {
  return gradient.map((g, i) => ((x[i] <= low[i] && g > 0) || (x[i] >= high[i] && g < 0) ? 0 : g));
}

/**
 * @param {Float64Array} a
 * @param {Float64Array} b
 */
const dot = (a, b) => a.reduce((sum, one, i) => sum + one * b[i], 0);
/** @param {Float64Array} a */
const largest = (a) => a.reduce((most, one) => Math.max(most, Math.abs(one)), 0);

const FLAT =
  "The gradient is 0 here, as it is at a best point of its surroundings; whether one elsewhere is better is not known.";
const STUCK = "No step from here is better, as far as numbers of 16 digits show it.";
const SLOW = "Steps gain next to nothing any more.";
const NOWHERE = "The objective is no number here.";

/**
 * Levenberg-Marquardt (Levenberg 1944, Marquardt 1963; damping by Nielsen 1999) for sums of squares.
 * @param {Problem} problem
 * @param {Float64Array} start
 * @returns {Search}
 */
export function* leastSquares(problem, start) {
  const { f } = problem;
  let x = clamped(start, problem);
  let here = squaresAt(f, x);
  if (!here) return NOWHERE;
  let damping = 0;
  let growth = 2;
  let small = 0;
  for (;;) {
    const { hessian, gradient } = here;
    const free = freeGradient(x, gradient, problem);
    if (largest(free) <= 1e-12 * (1 + here.value)) return FLAT;
    if (damping === 0) damping = 1e-3 * Math.max(...gradient.map((_, i) => hessian[i][i]), 1e-12);
    const step = solved(hessian, free, damping);
    const next = clamped(
      x.map((one, i) => one - step[i]),
      problem,
    );
    const there = largest(next.map((one, i) => one - x[i])) > 0 ? squaresAt(f, next) : null;
    if (there && there.value < here.value) {
      const hoped =
        0.5 *
        dot(
          step,
          step.map((one, i) => damping * one + free[i]),
        );
      const ratio = hoped > 0 ? (here.value - there.value) / hoped : 1;
      damping *= Math.max(1 / 3, 1 - (2 * ratio - 1) ** 3);
      growth = 2;
      const gain = here.value - there.value;
      [x, here] = [next, there];
      yield { x, value: there.objective };
      small = gain <= 1e-10 * here.value ? small + 1 : 0;
      if (small === 10) return SLOW;
    } else {
      damping *= growth;
      growth *= 2;
      if (!Number.isFinite(damping) || damping > 1e60) return STUCK;
    }
  }
}

/**
 * @param {TracedCell} f
 * @param {Float64Array} x
 */
function squaresAt(f, x) {
  const node = f.at(x);
  const residuals = node && f.residuals(f.inner(node, true));
  if (!node || !residuals) return null;
  const n = x.length;
  const hessian = Array.from({ length: n }, () => new Float64Array(n));
  const gradient = new Float64Array(n);
  let value = 0;
  for (const residual of residuals) {
    const slope = f.gradient(residual);
    value += 0.5 * residual.value ** 2;
    const used = [];
    for (let i = 0; i < n; i++) if (slope[i] !== 0) used.push(i);
    for (const i of used) {
      gradient[i] += slope[i] * residual.value;
      for (const k of used) hessian[i][k] += slope[i] * slope[k];
    }
  }
  return { value, gradient, hessian, objective: node.value };
}

/**
 * Solve (H + damping) s = g by Cholesky's method.
 * @param {Float64Array[]} hessian
 * @param {Float64Array} gradient
 * @param {number} damping
 */
function solved(hessian, gradient, damping) {
  const n = gradient.length;
  const l = hessian.map((row) => Float64Array.from(row));
  for (let i = 0; i < n; i++) {
    for (let k = 0; k <= i; k++) {
      let sum = l[i][k] + (i === k ? damping : 0);
      for (let j = 0; j < k; j++) sum -= l[i][j] * l[k][j];
      l[i][k] = i === k ? Math.sqrt(Math.max(sum, 1e-300)) : sum / l[k][k];
    }
  }
  const out = Float64Array.from(gradient);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) out[i] -= l[i][j] * out[j];
    out[i] /= l[i][i];
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let j = i + 1; j < n; j++) out[i] -= l[j][i] * out[j];
    out[i] /= l[i][i];
  }
  return out;
}

/**
 * L-BFGS with bounds by projection (Nocedal 1980; Bertsekas 1982).
 * @param {Problem} problem
 * @param {Float64Array} start
 * @returns {Search}
 */
export function* lbfgs(problem, start) {
  let x = clamped(start, problem);
  let here = pointAt(problem, x);
  if (!here) return NOWHERE;
  /** @type {{s: Float64Array, y: Float64Array, rho: number}[]} */
  let memory = [];
  for (;;) {
    const free = freeGradient(x, here.gradient, problem);
    if (largest(free) <= 1e-10 * (1 + Math.abs(here.value))) return FLAT;
    let direction = twoLoops(free, memory);
    if (dot(direction, free) >= 0) {
      memory = [];
      direction = free.map((one) => -one);
    }
    let size = memory.length ? 1 : Math.min(1, 1 / largest(free));
    let next = null;
    let there = null;
    for (let trial = 0; trial < 50 && !there; trial++, size /= 2) {
      next = clamped(
        x.map((one, i) => one + size * direction[i]),
        problem,
      );
      const found = pointAt(problem, next);
      const moved = next.map((one, i) => one - /** @type {Float64Array} */ (x)[i]);
      if (found && found.value <= here.value + 1e-4 * dot(free, moved)) there = found;
    }
    if (!there || !next || there.value >= here.value) {
      if (!memory.length) return STUCK;
      memory = []; // once more, straight down
      continue;
    }
    const s = next.map((one, i) => one - x[i]);
    const before = here.gradient;
    const y = there.gradient.map((one, i) => one - before[i]);
    if (dot(s, y) > 1e-12 * dot(y, y)) memory = [...memory.slice(-9), { s, y, rho: 1 / dot(s, y) }];
    [x, here] = [next, there];
    yield { x, value: there.objective };
  }
}

/**
 * @param {Float64Array} gradient
 * @param {{s: Float64Array, y: Float64Array, rho: number}[]} memory
 */
function twoLoops(gradient, memory) {
  const q = gradient.map((one) => -one);
  const alphas = [];
  for (const { s, y, rho } of memory.toReversed()) {
    const alpha = rho * dot(s, q);
    alphas.push(alpha);
    y.forEach((one, i) => {
      q[i] -= alpha * one;
    });
  }
  const last = memory[memory.length - 1];
  const scale = last ? dot(last.s, last.y) / dot(last.y, last.y) : 1;
  const r = q.map((one) => scale * one);
  for (const { s, y, rho } of memory) {
    const beta = rho * dot(y, r);
    const alpha = /** @type {number} */ (alphas.pop());
    s.forEach((one, i) => {
      r[i] += (alpha - beta) * one;
    });
  }
  return r;
}

/**
 * The lecture's optimizers, with the gradient of the whole sheet in every step.
 * @type {Record<string, {lr: number, step: (g: number, s: number[], t: number) => number}>}
 */
export const STEPPERS = {
  SGD: { lr: 0.3, step: (g) => g },
  momentum: {
    lr: 0.1,
    step: (g, s) => {
      s[0] = 0.9 * s[0] + g;
      return s[0];
    },
  },
  AdaGrad: {
    lr: 0.3,
    step: (g, s) => {
      s[0] += g * g;
      return g / (Math.sqrt(s[0]) + 1e-10);
    },
  },
  RMSProp: {
    lr: 0.01,
    step: (g, s) => {
      s[0] = 0.9 * s[0] + 0.1 * g * g;
      return g / (Math.sqrt(s[0]) + 1e-8);
    },
  },
  Adam: {
    lr: 0.03,
    step: (g, s, t) => {
      s[0] = 0.9 * s[0] + 0.1 * g;
      s[1] = 0.999 * s[1] + 0.001 * g * g;
      return s[0] / (1 - 0.9 ** t) / (Math.sqrt(s[1] / (1 - 0.999 ** t)) + 1e-8);
    },
  },
};

/**
 * @param {string} name
 * @param {number} lr
 * @returns {(problem: Problem, start: Float64Array) => Search}
 */
export function stepping(name, lr) {
  return function* (problem, start) {
    let x = clamped(start, problem);
    const states = Array.from(x, () => [0, 0]);
    for (let t = 1; t <= 100_000; t++) {
      const here = pointAt(problem, x);
      if (!here || !Number.isFinite(here.value) || Math.abs(here.value) > 1e100)
        return "It diverged: a smaller rate may help.";
      const free = freeGradient(x, here.gradient, problem);
      if (largest(free) <= 1e-10 * (1 + Math.abs(here.value))) return FLAT;
      x = clamped(
        x.map((one, i) => one - lr * STEPPERS[name].step(free[i], states[i], t)),
        problem,
      );
      yield { x, value: here.objective };
    }
    return "100,000 steps were made.";
  };
}
