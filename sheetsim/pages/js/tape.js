/**
 * Exact derivatives of a cell by others: the formulas' own plans, run on nodes of a tape.
 *
 * A node holds a number and what it was computed from, with the slope by each; going back from the
 * objective sums the slopes of all ways (reverse mode; Griewank and Walther, Evaluating
 * Derivatives, 2008). Functions that go in steps have the slope 0; those whose slope is not known
 * here are an error that names them.
 */

import { asArray, at, lift, TABLE } from "./functions.js";
import { planOf } from "./plan.js";
import { Arr, NA, NUM, toBoolean, toNumber, VALUE, XlError } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {import("./plan.js").Plan} Plan
 * @typedef {any} Traced a value in which nodes may stand for numbers
 */

/** A number on the tape. */
export class Node {
  /**
   * @param {number} index
   * @param {number} value
   */
  constructor(index, value) {
    this.index = index;
    this.value = value;
  }
}

/** What a formula needs, and has no slope here. */
export class NoSlope extends Error {}

/** The numbers of one evaluation, each with what it was computed from. */
class Tape {
  constructor() {
    /** @type {number[]} */
    this.starts = [0];
    /** @type {number[]} */
    this.parents = [];
    /** @type {number[]} */
    this.slopes = [];
    /** @type {Map<number, Traced[]>} a sum of squares -> what is squared */
    this.squares = new Map();
    /** @type {Map<number, Traced>} a square -> its root */
    this.roots = new Map();
    /** @type {Map<number, {inner: Node, root: boolean}>} what only grows with one node -> that */
    this.outer = new Map();
  }

  clear() {
    this.starts = [0];
    this.parents = [];
    this.slopes = [];
    for (const one of [this.squares, this.roots, this.outer]) one.clear();
  }

  /**
   * @param {number} value
   * @param {Traced[]} parents
   * @param {number[]} slopes
   */
  push(value, parents, slopes) {
    for (let k = 0; k < parents.length; k++) {
      if (!(parents[k] instanceof Node)) continue;
      this.parents.push(parents[k].index);
      this.slopes.push(slopes[k]);
    }
    this.starts.push(this.parents.length);
    return new Node(this.starts.length - 2, value);
  }

  /**
   * Return the slopes of a node by the first nodes of the tape.
   * @param {Node} node
   * @param {number} count
   */
  gradient(node, count) {
    const bars = new Float64Array(node.index + 1);
    bars[node.index] = 1;
    for (let i = node.index; i >= count; i--) {
      const bar = bars[i];
      if (bar === 0) continue;
      for (let k = this.starts[i]; k < this.starts[i + 1]; k++) {
        bars[this.parents[k]] += bar * this.slopes[k];
      }
    }
    const out = new Float64Array(count);
    out.set(bars.subarray(0, Math.min(count, bars.length)));
    return out;
  }
}

const tape = new Tape();

/** @type {Map<string, (args: Traced[], call: any) => Traced>} */
const RULES = new Map();

/** @param {Traced} value */
const isMoving = (value) =>
  value instanceof Node ||
  (value instanceof Arr && value.data.some((/** @type {any} */ one) => one instanceof Node));

/**
 * Return a value with numbers in the place of nodes.
 * @param {Traced} value
 * @returns {any}
 */
function still(value) {
  if (value instanceof Node) return value.value;
  if (!(value instanceof Arr) || !isMoving(value)) return value;
  return new Arr(value.rows, value.columns, value.data.map(still));
}

/**
 * @param {Traced} value
 * @returns {number | XlError}
 */
const numberIn = (value) => (value instanceof Node ? value.value : toNumber(value));

/**
 * Add a function of numbers with its slopes.
 * @param {string} name
 * @param {(...args: number[]) => number} f
 * @param {(y: number, ...args: number[]) => number[]} slopes
 * @param {(out: Node, args: Traced[]) => void} [note] what is to be kept of it
 */
function smooth(name, f, slopes, note) {
  RULES.set(name, (args) =>
    lift(args, (/** @type {Traced[]} */ values) => {
      const numbers = [];
      for (const value of values) {
        const number = numberIn(value);
        if (number instanceof XlError) return number;
        numbers.push(number);
      }
      const y = f(...numbers);
      if (!Number.isFinite(y))
        return /** @type {any} */ (TABLE.get(name)).run(values.map(still), { fromCells: [] });
      if (!values.some((one) => one instanceof Node)) return y;
      const out = tape.push(y, values, slopes(y, ...numbers));
      note?.(out, values);
      return /** @type {any} */ (out);
    }),
  );
}

/**
 * Note that a node only grows with one other.
 * @param {Node} out
 * @param {Traced} inner
 * @param {boolean} root
 */
function grows(out, inner, root = false) {
  if (inner instanceof Node) tape.outer.set(out.index, { inner, root });
}

smooth(
  "+",
  (a, b) => a + b,
  () => [1, 1],
  (out, [a, b]) => {
    if (!(a instanceof Node)) grows(out, b);
    else if (!(b instanceof Node)) grows(out, a);
  },
);
smooth(
  "-",
  (a, b) => a - b,
  () => [1, -1],
  (out, [a, b]) => {
    if (!(b instanceof Node)) grows(out, a);
  },
);
smooth(
  "*",
  (a, b) => a * b,
  (_y, a, b) => [b, a],
  (out, [a, b]) => {
    if (typeof a === "number" && a > 0) grows(out, b);
    else if (typeof b === "number" && b > 0) grows(out, a);
    else if (a === b) tape.roots.set(out.index, a);
  },
);
smooth(
  "/",
  (a, b) => a / b,
  (y, _a, b) => [1 / b, -y / b],
  (out, [a, b]) => {
    if (typeof b === "number" && b > 0) grows(out, a);
  },
);
smooth(
  "^",
  (a, b) => (b === 2 ? a * a : a === 0 && b <= 0 ? Number.NaN : a ** b),
  (y, a, b) => [b === 2 ? 2 * a : b * a ** (b - 1), a > 0 ? y * Math.log(a) : 0],
  (out, [a, b]) => {
    if (b === 2) tape.roots.set(out.index, a);
    else if (b === 0.5) grows(out, a, true);
  },
);
RULES.set("POWER", /** @type {any} */ (RULES.get("^")));
smooth(
  "neg",
  (a) => -a,
  () => [-1],
);
smooth(
  "%",
  (a) => a / 100,
  () => [0.01],
);
smooth(
  "pos",
  (a) => a,
  () => [1],
);
smooth("EXP", Math.exp, (y) => [y]);
smooth("LN", Math.log, (_y, a) => [1 / a]);
smooth("LOG10", Math.log10, (_y, a) => [1 / (a * Math.LN10)]);
smooth(
  "LOG",
  (a, b = 10) => Math.log(a) / Math.log(b),
  (y, a, b = 10) => [1 / (a * Math.log(b)), -y / (b * Math.log(b))],
);
smooth(
  "SQRT",
  Math.sqrt,
  (y) => [0.5 / y],
  (out, [a]) => grows(out, a, true),
);
smooth("SIN", Math.sin, (_y, a) => [Math.cos(a)]);
smooth("COS", Math.cos, (_y, a) => [-Math.sin(a)]);
smooth("TAN", Math.tan, (y) => [1 + y * y]);
smooth("ATAN", Math.atan, (_y, a) => [1 / (1 + a * a)]);
smooth("TANH", Math.tanh, (y) => [1 - y * y]);
smooth("SINH", Math.sinh, (_y, a) => [Math.cosh(a)]);
smooth("COSH", Math.cosh, (_y, a) => [Math.sinh(a)]);
smooth("ABS", Math.abs, (_y, a) => [Math.sign(a)]);
smooth(
  "RADIANS",
  (a) => (a * Math.PI) / 180,
  () => [Math.PI / 180],
);
smooth(
  "DEGREES",
  (a) => (a * 180) / Math.PI,
  () => [180 / Math.PI],
);

/**
 * Return the numbers that a function of ranges takes, nodes among them; or the first error.
 * @param {Traced[]} args
 * @param {any} call
 * @returns {Traced[] | XlError}
 */
function itemsIn(args, call) {
  const found = [];
  for (let i = 0; i < args.length; i++) {
    const alone = !(args[i] instanceof Arr) && !call.fromCells[i];
    for (const value of asArray(args[i]).data) {
      if (/** @type {any} */ (value) instanceof Node || typeof value === "number")
        found.push(value);
      else if (value instanceof XlError) return value;
      else if (alone) {
        const number = toNumber(value);
        if (number instanceof XlError) return number;
        found.push(number);
      }
    }
  }
  return found;
}

/** @param {Traced} item */
const valueIn = (item) => (item instanceof Node ? item.value : item);

/**
 * Return the sum of squares of some items as a node that knows it.
 * @param {Traced[]} items
 */
function sumOfSquares(items) {
  let sum = 0;
  for (const one of items) sum += valueIn(one) ** 2;
  const out = tape.push(
    sum,
    items,
    items.map((one) => 2 * valueIn(one)),
  );
  tape.squares.set(out.index, items);
  return out;
}

/**
 * Return the sum of some items.
 * @param {Traced[]} items
 */
function sumOf(items) {
  let sum = 0;
  for (const one of items) sum += valueIn(one);
  const out = tape.push(
    sum,
    items,
    items.map(() => 1),
  );
  const moving = items.filter((one) => one instanceof Node);
  if (moving.every((one) => tape.roots.has(one.index))) {
    tape.squares.set(
      out.index,
      moving.map((one) => tape.roots.get(one.index)),
    );
  } else if (moving.length === 1) grows(out, moving[0]);
  return out;
}

RULES.set("SUM", (args, call) => {
  const items = itemsIn(args, call);
  return items instanceof XlError ? items : sumOf(items);
});
RULES.set("SUMSQ", (args, call) => {
  const items = itemsIn(args, call);
  return items instanceof XlError ? items : sumOfSquares(items);
});
RULES.set("AVERAGE", (args, call) => {
  const items = itemsIn(args, call);
  if (items instanceof XlError) return items;
  const sum = sumOf(items);
  const out = tape.push(sum.value / items.length, [sum], [1 / items.length]);
  grows(out, sum);
  return out;
});
for (const [name, sign] of /** @type {[string, number][]} */ ([
  ["MAX", 1],
  ["MIN", -1],
])) {
  RULES.set(name, (args, call) => {
    const items = itemsIn(args, call);
    if (items instanceof XlError) return items;
    return items.reduce((best, one) => (sign * valueIn(one) > sign * valueIn(best) ? one : best));
  });
}
RULES.set("SUMXMY2", ([left, right]) => {
  const [a, b] = [asArray(left), asArray(right)];
  if (a.data.length !== b.data.length) return NA;
  const items = [];
  for (let i = 0; i < a.data.length; i++) {
    const [x, y] = /** @type {Traced[]} */ ([a.data[i], b.data[i]]);
    if (x instanceof XlError) return x;
    if (y instanceof XlError) return y;
    const pair = [x, y].every((one) => one instanceof Node || typeof one === "number");
    if (pair) items.push(tape.push(valueIn(x) - valueIn(y), [x, y], [1, -1]));
  }
  return sumOfSquares(items);
});
RULES.set("SUMPRODUCT", (args) => {
  const arrays = args.map(asArray);
  const { rows, columns } = arrays[0];
  if (arrays.some((one) => one.rows !== rows || one.columns !== columns)) return VALUE;
  const parents = [];
  const slopes = [];
  let sum = 0;
  for (let i = 0; i < rows * columns; i++) {
    const factors = arrays.map((one) => /** @type {Traced} */ (one.data[i]));
    const wrong = factors.find((one) => one instanceof XlError);
    if (wrong) return wrong;
    const numbers = factors.map((one) =>
      one instanceof Node ? one.value : typeof one === "number" ? one : 0,
    );
    sum += numbers.reduce((a, b) => a * b, 1);
    for (let k = 0; k < factors.length; k++) {
      if (!(factors[k] instanceof Node)) continue;
      parents.push(factors[k]);
      slopes.push(numbers.reduce((a, b, j) => (j === k ? a : a * b), 1));
    }
  }
  return Number.isFinite(sum) ? tape.push(sum, parents, slopes) : NUM;
});
RULES.set("MMULT", ([left, right]) => {
  const [a, b] = [asArray(left), asArray(right)];
  if (a.columns !== b.rows) return VALUE;
  const data = [];
  for (let r = 0; r < a.rows; r++) {
    for (let c = 0; c < b.columns; c++) {
      const parents = [];
      const slopes = [];
      let sum = 0;
      for (let k = 0; k < a.columns; k++) {
        const [x, y] = /** @type {Traced[]} */ ([at(a, r, k), at(b, k, c)]);
        for (const one of [x, y]) {
          if (one instanceof XlError) return one;
          if (!(one instanceof Node) && typeof one !== "number") return VALUE;
        }
        sum += valueIn(x) * valueIn(y);
        parents.push(x, y);
        slopes.push(valueIn(y), valueIn(x));
      }
      data.push(/** @type {any} */ (tape.push(sum, parents, slopes)));
    }
  }
  return data.length === 1 ? data[0] : new Arr(a.rows, b.columns, data);
});

/**
 * Add a function that returns one of its arguments as it is.
 * @param {string} name
 * @param {(values: Traced[]) => Traced} choose
 */
const chooses = (name, choose) =>
  RULES.set(name, (args) => lift(args, (values) => /** @type {any} */ (choose(values))));
chooses("IF", ([condition, yes, no = false]) => {
  const holds = toBoolean(still(condition));
  return holds instanceof XlError ? holds : holds ? yes : no;
});
chooses("IFERROR", ([value, other]) => (value instanceof XlError ? other : value));
chooses("IFNA", ([value, other]) => (value === NA ? other : value));
chooses("CHOOSE", ([index, ...values]) => {
  const number = toNumber(still(index));
  return number instanceof XlError ? number : (values[Math.trunc(number) - 1] ?? VALUE);
});
RULES.set("TRANSPOSE", (args, call) => /** @type {any} */ (TABLE.get("TRANSPOSE")).run(args, call));
RULES.set("INDEX", ([array, ...rest], call) =>
  /** @type {any} */ (TABLE.get("INDEX")).run([array, ...rest.map(still)], call),
);

/** Functions whose result goes in steps, or says of what kind a value is: their slope is 0. */
const IN_STEPS = new Set(
  (
    "= <> < > <= >= & AND OR XOR NOT COUNT COUNTA COUNTBLANK ISERROR ISERR ISNA ISNUMBER ISTEXT " +
    "ISBLANK ISLOGICAL ROUND ROUNDUP ROUNDDOWN INT TRUNC SIGN MATCH COUNTIF COUNTIFS"
  ).split(" "),
);

/**
 * A function on nodes.
 * @param {any[]} step
 * @param {any[][]} steps
 * @returns {import("./plan.js").Run}
 */
function tracedCall([, name, args], steps) {
  const known = /** @type {any} */ (TABLE.get(name));
  const call = { fromCells: args.map((/** @type {number} */ k) => steps[k][0] === "g") };
  const rule = RULES.get(name);
  return (_source, found) => {
    const values = args.map((/** @type {number} */ k) => found[k]);
    if (!values.some(isMoving)) return known.run(values, call);
    if (rule) return rule(values, call);
    if (!IN_STEPS.has(name)) throw new NoSlope(name);
    return known.run(values.map(still), call);
  };
}

/** A cell as a function of others. */
export class TracedCell {
  /**
   * @param {Engine} engine
   * @param {any[]} plans as they came, see `plan.js`
   * @param {number} objective the slot of a cell
   * @param {number[]} variables slots of cells that hold numbers
   */
  constructor(engine, plans, objective, variables) {
    this.engine = engine;
    this.names = engine.names;
    this.objective = objective;
    this.variables = variables;
    this.plans = plans;
    /** @type {Map<number, Plan>} */
    this.ready = new Map();
    /** @type {Map<number, Traced>} slot -> what it is now, of those that move */
    this.moving = new Map();
    /** @type {Set<number>} */
    this.asked = new Set();
    this.start = Float64Array.from(variables, (slot) => Number(toNumber(engine.values[slot])));
    this.order = this.#needed();
  }

  /**
   * @param {number} slot
   * @returns {Plan | null}
   */
  #plan(slot) {
    const group = this.engine.formulas[slot];
    if (!group?.plan) return null;
    let plan = this.ready.get(group.number);
    if (!plan) {
      plan = planOf(this.plans[group.number], tracedCall);
      this.ready.set(group.number, plan);
    }
    return plan;
  }

  /** Return the formulas between variables and objective, in order. */
  #needed() {
    const { engine } = this;
    this.#begin(this.start);
    /** @type {Map<number, Set<number>>} */
    const reads = new Map();
    for (const slot of engine.order) {
      if (!this.#plan(slot)) continue;
      this.asked = new Set();
      try {
        this.#compute(slot);
      } catch (error) {
        if (!(error instanceof NoSlope)) throw error; // if it is needed, it is met again
        this.moving.set(slot, tape.push(Number(toNumber(engine.values[slot])) || 0, [], []));
      }
      if (this.asked.size) reads.set(slot, this.asked);
      else this.moving.delete(slot);
    }
    const needed = new Set([this.objective]);
    const stack = [this.objective];
    while (stack.length) {
      for (const one of reads.get(/** @type {number} */ (stack.pop())) ?? []) {
        if (!needed.has(one)) {
          needed.add(one);
          stack.push(one);
        }
      }
    }
    return engine.order.filter((slot) => needed.has(slot) && reads.has(slot));
  }

  /**
   * Compute a formula; keep what its cells are now.
   * @param {number} slot
   */
  #compute(slot) {
    const { engine } = this;
    const group = /** @type {any} */ (engine.formulas[slot]);
    const plan = /** @type {Plan} */ (this.#plan(slot));
    const [row, column] = [engine.rowOf[slot], engine.columnOf[slot]];
    const value = /** @type {any} */ (plan.run(this, group.sheet, row, column));
    const array = asArray(value);
    const [height, width] = group.size ?? [1, 1];
    for (let r = 0; r < height; r++) {
      for (let c = 0; c < width; c++) {
        const own = engine.places[group.sheet].slot(row + r, column + c);
        this.moving.set(own, at(array, r, c) ?? 0);
      }
    }
  }

  /** @param {Float64Array} x */
  #begin(x) {
    tape.clear();
    this.moving.clear();
    this.variables.forEach((slot, i) => {
      this.moving.set(slot, tape.push(x[i], [], []));
    });
  }

  /**
   * Note that a cell is read; of an array formula, its first.
   * @param {number} slot
   */
  #ask(slot) {
    const home = this.engine.home[slot];
    this.asked.add(home >= 0 ? home : slot);
  }

  /**
   * @param {number} sheet
   * @param {number} row
   * @param {number} column
   * @returns {any}
   */
  read(sheet, row, column) {
    const slot = this.engine.places[sheet].slot(row, column);
    if (slot < 0) return null;
    if (!this.moving.has(slot)) return this.engine.values[slot];
    this.#ask(slot);
    return this.moving.get(slot);
  }

  /** @param {import("./references.js").Area} area */
  readRange(area) {
    const found = this.engine.readRange(area);
    for (let k = 0, r = 0; r < found.rows; r++) {
      for (let c = 0; c < found.columns; c++, k++) {
        const slot = this.engine.places[area.sheet].slot(area.top + r, area.left + c);
        if (slot < 0 || !this.moving.has(slot)) continue;
        this.#ask(slot);
        found.data[k] = this.moving.get(slot);
      }
    }
    return found;
  }

  /**
   * Compute the objective; return its node, null if it is no number there.
   * @param {Float64Array} x
   * @returns {Node | null}
   */
  at(x) {
    this.#begin(x);
    for (const slot of this.order) this.#compute(slot);
    const out = this.moving.get(this.objective);
    return out instanceof Node ? out : null;
  }

  /**
   * Return the slopes of a node of the last evaluation by the variables.
   * @param {Node} node
   */
  gradient(node) {
    return tape.gradient(node, this.variables.length);
  }

  /**
   * Return what lies within a root, a factor or an addend around an objective.
   * @param {Node} node
   * @param {boolean} all whether factors are stripped, too, and not roots alone
   */
  inner(node, all) {
    let found = node;
    let at = node;
    for (let out = tape.outer.get(at.index); out; out = tape.outer.get(at.index)) {
      at = out.inner;
      if (all || out.root) found = at;
    }
    return found;
  }

  /**
   * Return what is squared and summed in a node, null if it is no such sum.
   * @param {Node} node
   * @returns {Node[] | null}
   */
  residuals(node) {
    const found = tape.squares.get(node.index);
    return found ? found.filter((one) => one instanceof Node) : null;
  }
}
