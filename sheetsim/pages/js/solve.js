/** Solve: the dialog of a stored Solver model, and a search that is drawn while it runs. */

import { lbfgs, leastSquares, STEPPERS, stepping } from "./optimizers.js";
import { NoSlope, TracedCell } from "./tape.js";

/**
 * @typedef {import("./engine.js").Engine} Engine
 * @typedef {import("./optimizers.js").Problem} Problem
 * @typedef {{show: (slots: number[], x: Float64Array) => void, keep: (slots: number[], x: Float64Array) => void, restore: (slots: number[], x: Float64Array) => void}} On
 */

const LEAST_SQUARES = "Least squares (Levenberg-Marquardt)";
const SMOOTH = "Smooth (L-BFGS)";

/**
 * @template {Element} T
 * @param {string} selector
 * @returns {T}
 */
const find = (selector) => /** @type {T} */ (document.querySelector(selector));

/**
 * Return the cells of a model as slots; cells that hold nothing yet get one.
 * @param {Engine} engine
 * @param {any} model
 */
function variablesOf(engine, model) {
  const slots = [];
  for (const [sheet, top, left, bottom, right] of model.variables) {
    for (let r = top; r <= bottom; r++) {
      for (let c = left; c <= right; c++) slots.push(engine.slotOf(sheet, r, c));
    }
  }
  return [...new Set(slots)];
}

/**
 * @param {Engine} engine
 * @param {any[]} plans
 * @param {any} model
 */
function problemOf(engine, plans, model) {
  const variables = variablesOf(engine, model);
  const objective = engine.slotOf(model.objective[0], model.objective[1], model.objective[2]);
  const low = new Float64Array(variables.length).fill(
    model.nonNegative ? 0 : Number.NEGATIVE_INFINITY,
  );
  const high = new Float64Array(variables.length).fill(Number.POSITIVE_INFINITY);
  const at = new Map(variables.map((slot, i) => [slot, i]));
  for (const [sheet, top, left, bottom, right, least, most] of model.bounds) {
    for (let r = top; r <= bottom; r++) {
      for (let c = left; c <= right; c++) {
        const i = at.get(engine.slotOf(sheet, r, c));
        if (i === undefined) continue;
        if (least !== null) low[i] = least;
        if (most !== null) high[i] = Math.min(high[i], most);
      }
    }
  }
  const f = new TracedCell(engine, plans, objective, variables);
  return { f, variables, sign: model.goal === 1 ? -1 : 1, low, high };
}

/** The dialog, for the model of the sheet in view. */
export class Solve {
  /**
   * @param {Engine} engine
   * @param {any[]} plans
   * @param {On} on
   */
  constructor(engine, plans, on) {
    this.engine = engine;
    this.plans = plans;
    this.on = on;
    /** @type {any} */
    this.model = null;
    /** @type {ReturnType<typeof problemOf> | null} */
    this.problem = null;
    this.running = 0;
    this.box = /** @type {HTMLDialogElement} */ (find("#solve"));
    this.method = /** @type {HTMLSelectElement} */ (find("#method"));
    this.rate = /** @type {HTMLInputElement} */ (find("#rate"));
    this.says = /** @type {HTMLElement} */ (find("#solve-says"));
    this.run = /** @type {HTMLButtonElement} */ (find("#solve-run"));
    this.method.addEventListener("change", () => this.#offerRate());
    this.run.addEventListener("click", () =>
      this.running ? this.#stop("Paused.") : this.#start(),
    );
    find("#solve-random").addEventListener("click", () => this.#random());
    find("#solve-restore").addEventListener("click", () => this.#restore());
    find("#solve-keep").addEventListener("click", () => this.box.close());
    this.box.addEventListener("close", () => this.#keep());
  }

  /**
   * Open the dialog for a model.
   * @param {any} model
   */
  open(model) {
    this.model = model;
    this.problem = null;
    find("#solve-model").replaceChildren(
      ...model.says.map((/** @type {string} */ line) => {
        const item = document.createElement("li");
        item.textContent = line;
        return item;
      }),
    );
    this.says.textContent = model.refused;
    if (!model.refused) this.#prepare();
    this.run.disabled = this.problem === null;
    this.box.show();
    this.run.focus();
  }

  #prepare() {
    try {
      const problem = problemOf(this.engine, this.plans, this.model);
      const node = problem.f.at(problem.f.start);
      if (!node) {
        this.says.textContent =
          "The objective is no number, or does not depend on the cells to change.";
        return;
      }
      const squares = problem.sign > 0 && problem.f.residuals(problem.f.inner(node, true));
      const small = problem.variables.length <= 400;
      const few = problem.variables.length <= 60;
      const least = squares && small ? [LEAST_SQUARES] : [];
      const smooth = few ? [...least, SMOOTH] : [SMOOTH, ...least];
      const names = [...smooth, ...Object.keys(STEPPERS)];
      this.method.replaceChildren(...names.map((name) => new Option(name, name)));
      this.problem = problem;
      this.first = problem.f.start;
      this.x = problem.f.start;
      this.#offerRate();
    } catch (error) {
      if (!(error instanceof NoSlope)) throw error;
      this.says.textContent = `This page has no slope of ${error.message}, which the objective needs: sheetsim solve FILE has.`;
    }
  }

  #offerRate() {
    const own = STEPPERS[this.method.value];
    /** @type {HTMLElement} */ (find("#rate-box")).hidden = !own;
    if (own) this.rate.value = String(own.lr);
  }

  #start() {
    const { problem } = this;
    if (!problem) return;
    const name = this.method.value;
    const way =
      name === LEAST_SQUARES
        ? leastSquares
        : name === SMOOTH
          ? lbfgs
          : stepping(name, Number(this.rate.value));
    const search = way(problem, /** @type {Float64Array} */ (this.x));
    let count = 0;
    this.run.textContent = "Pause";
    const frame = () => {
      const until = performance.now() + 12;
      let ended = "";
      let value = Number.NaN;
      do {
        const step = search.next();
        if (step.done) {
          ended = step.value;
          break;
        }
        count++;
        this.x = step.value.x;
        value = step.value.value;
      } while (performance.now() < until);
      this.on.show(problem.variables, /** @type {Float64Array} */ (this.x));
      const now = Number.isFinite(value)
        ? value
        : problem.f.at(/** @type {Float64Array} */ (this.x))?.value;
      this.says.textContent = `step ${count.toLocaleString("en")}: ${now?.toPrecision(8)}`;
      if (ended) this.#stop(`${this.says.textContent}. ${ended}`);
      else this.running = requestAnimationFrame(frame);
    };
    this.running = requestAnimationFrame(frame);
  }

  /** @param {string} text */
  #stop(text) {
    cancelAnimationFrame(this.running);
    this.running = 0;
    this.run.textContent = "Solve";
    this.says.textContent = text;
  }

  /** Begin elsewhere: standard normal numbers in place of what the cells hold. */
  #random() {
    const { problem } = this;
    if (!problem) return;
    if (this.running) this.#stop("");
    const normal = () =>
      Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
    this.x = Float64Array.from(problem.variables, (_, i) =>
      Math.min(Math.max(normal(), problem.low[i]), problem.high[i]),
    );
    this.on.show(problem.variables, this.x);
    this.says.textContent = `a random start: ${problem.f.at(this.x)?.value.toPrecision(8)}`;
  }

  #restore() {
    const { problem } = this;
    if (!problem) return;
    if (this.running) this.#stop("");
    this.x = this.first;
    this.on.show(problem.variables, /** @type {Float64Array} */ (this.x));
    this.says.textContent = "as it was";
  }

  #keep() {
    const { problem } = this;
    if (this.running) this.#stop("");
    if (!problem || !this.x || !this.first) return;
    const moved = this.x.some((one, i) => one !== /** @type {Float64Array} */ (this.first)[i]);
    this.on.restore(problem.variables, this.first);
    if (moved) this.on.keep(problem.variables, this.x);
    this.problem = null;
  }
}
