/** The page: tabs, the bar with the formula, editing, undo, sliders, and the state in the link. */

import { Engine } from "./engine.js";
import { boundsOf, choicesOf, editedText, refusal, typedValue, validationAt } from "./entry.js";
import { formulaIn } from "./formula_text.js";
import { Grid, make } from "./grid.js";
import { SheetLook } from "./looks.js";
import { fromJson } from "./plan.js";
import { areaOfText, cellName, MAX_COLUMNS } from "./references.js";
import { Solve } from "./solve.js";
import { digitsOf, XlError } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./engine.js").Group} Group
 * @typedef {{sheet: number, row: number, column: number}} Cell
 * @typedef {Cell & {before: Scalar, group: Group | null, after: Scalar}} Change
 */

/**
 * @template {Element} T
 * @param {string} selector
 * @returns {T}
 */
const find = (selector) => /** @type {T} */ (document.querySelector(selector));

const book = JSON.parse(find("#book").textContent ?? "");
const engine = new Engine(book);
const looks = book.sheets.map(
  (/** @type {any} */ sheet, /** @type {number} */ i) =>
    new SheetLook(sheet, i, book.styles, engine),
);
const nameBox = /** @type {HTMLInputElement} */ (find("#name-box"));
const bar = /** @type {HTMLInputElement} */ (find("#formula"));
const slider = /** @type {HTMLInputElement} */ (find("#slider"));
const sliderBox = /** @type {HTMLElement} */ (find("#slider-box"));
const playButton = /** @type {HTMLButtonElement} */ (find("#play"));
const message = /** @type {HTMLElement} */ (find("#message"));
const announcer = /** @type {HTMLElement} */ (find("#announcer"));
let current = 0;
/** @type {Change[][]} */
const done = [];
/** @type {Change[][]} */
let undone = [];
/** @type {HTMLInputElement | HTMLSelectElement | null} */
let editor = null;
let playing = 0;

const grid = new Grid(find("#grid"), {
  select: (spot, extend) => select(spot.row, spot.column, extend),
  open: () => open(null),
  follow: (place) => go(place),
});

const solveButton = /** @type {HTMLButtonElement} */ (find("#solve-open"));
/**
 * Put numbers into cells, with nothing computed yet.
 * @param {number[]} slots
 * @param {Float64Array} x
 */
function place(slots, x) {
  slots.forEach((slot, i) => {
    engine.values[slot] = x[i];
  });
}

const solve = new Solve(engine, book.plans, {
  show: (slots, x) => {
    place(slots, x);
    engine.recalculate();
    grid.refresh();
  },
  restore: place,
  keep: (slots, x) =>
    change(
      slots.map((slot, i) => ({
        sheet: engine.sheetOf[slot],
        row: engine.rowOf[slot],
        column: engine.columnOf[slot],
        value: x[i],
      })),
    ),
});

/** @param {string} text */
function say(text) {
  message.textContent = text;
  message.hidden = text === "";
}

/** The cell that is selected. */
const here = () => ({ sheet: current, row: grid.selected.row, column: grid.selected.column });

/**
 * Select a cell of the sheet in view.
 * @param {number} row
 * @param {number} column
 * @param {boolean} [extend]
 */
function select(row, column, extend = false) {
  commit();
  const { rows, columns } = grid.look;
  const spot = {
    row: Math.min(Math.max(row, 0), rows.count - 1),
    column: Math.min(Math.max(column, 0), columns.count - 1),
  };
  grid.select(spot, extend);
  describe();
}

/** Show the name and formula of the selected cell, and what is known of it. */
function describe() {
  const cell = here();
  const group = engine.formula(cell.sheet, cell.row, cell.column);
  const value = engine.value(cell.sheet, cell.row, cell.column);
  const format = book.styles[grid.look.style(cell.row, cell.column).style]?.format ?? "General";
  nameBox.value = grid.activeName();
  bar.value = group ? formulaIn(group, cell.row, cell.column) : editedText(value, format);
  const rule = validationAt(grid.look, cell.row, cell.column);
  const prompt = rule?.prompt
    ? `${rule.promptTitle ? `${rule.promptTitle}: ` : ""}${rule.prompt}`
    : "";
  say(
    group?.unknown
      ? `Not computed in this page: ${group.unknown}. This is the saved value.`
      : prompt,
  );
  const shown = grid.activeElement()?.textContent || "blank";
  announcer.textContent = `${grid.activeName()}, ${shown}${group ? `, formula ${bar.value}` : ""}`;
  offerSlider(value, group, rule);
}

/**
 * Offer a slider for a number that was typed in.
 * @param {Scalar} value
 * @param {Group | null} group
 * @param {any} rule
 */
function offerSlider(value, group, rule) {
  stop();
  const range = group || typeof value !== "number" ? null : sliderRange(value, rule);
  sliderBox.hidden = range === null;
  if (!range || typeof value !== "number") return;
  const { low, high, log, whole } = range;
  slider.dataset.log = log ? "1" : "";
  slider.dataset.whole = whole ? "1" : "";
  slider.min = String(log ? Math.log10(low) : low);
  slider.max = String(log ? Math.log10(high) : high);
  slider.step = whole && !log ? "1" : "any";
  slider.value = String(log ? Math.log10(value) : value);
  slider.setAttribute(
    "aria-label",
    `slider for ${grid.activeName()}, ${digitsOf(low)} to ${digitsOf(high)}`,
  );
  playButton.hidden = !(whole && high - low <= 100_000);
}

/**
 * Return the range of a slider: the validation's if it is narrow enough, else one around the value.
 * @param {number} value
 * @param {any} rule
 */
function sliderRange(value, rule) {
  const bounds = boundsOf(rule) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const whole = rule?.type === "whole";
  let [low, high] = bounds;
  if (high - low > 1e9 || !Number.isFinite(high - low)) {
    const size = Math.abs(value) || 1;
    low = Math.max(low, value > 0 && low >= 0 ? value / 100 : -2 * size);
    high = Math.min(high, value > 0 && low > 0 ? value * 100 : 2 * size + (value ? 0 : 1));
    if (value < low || value > high) return null;
    if (whole) [low, high] = [Math.round(low), Math.round(high)];
  }
  return high > low ? { low, high, log: low > 0 && high / low >= 100 && !whole, whole } : null;
}

/**
 * Change cells, and all that depends on them.
 * @param {(Cell & {value: Scalar})[]} cells
 * @param {boolean} [joins] whether this belongs to the change before, as a slider's moves do
 */
function change(cells, joins = false) {
  const changes = cells.map(({ sheet, row, column, value }) => ({
    sheet,
    row,
    column,
    before: engine.value(sheet, row, column),
    group: engine.formula(sheet, row, column),
    after: value,
  }));
  const wrong = changes.find((one) => one.group?.size);
  if (wrong) {
    say(
      `${cellName(wrong.row, wrong.column)} is part of an array formula, which can't be changed in part.`,
    );
    return;
  }
  const last = done[done.length - 1];
  if (joins && last && last.length === 1 && changes.length === 1 && same(last[0], changes[0])) {
    last[0].after = changes[0].after;
  } else done.push(changes);
  undone = [];
  apply(changes, true);
}

/**
 * @param {Cell} a
 * @param {Cell} b
 */
const same = (a, b) => a.sheet === b.sheet && a.row === b.row && a.column === b.column;

/**
 * @param {Change[]} changes
 * @param {boolean} forwards
 */
function apply(changes, forwards) {
  for (const one of changes) {
    if (!forwards && one.group) engine.putFormula(one.sheet, one.row, one.column, one.group);
    else engine.put(one.sheet, one.row, one.column, forwards ? one.after : one.before);
  }
  engine.recalculate();
  for (const look of looks) look.changed();
  grid.refresh();
  keepState();
}

function undo() {
  const changes = done.pop();
  if (!changes) return;
  undone.push(changes);
  apply(changes, false);
  reveal(changes[0]);
}

function redo() {
  const changes = undone.pop();
  if (!changes) return;
  done.push(changes);
  apply(changes, true);
  reveal(changes[0]);
}

/** Bring all back to what the workbook held. */
function reset() {
  while (done.length) undone.push(/** @type {Change[]} */ (done.pop()));
  for (const changes of undone) {
    for (const one of changes) {
      if (one.group) engine.putFormula(one.sheet, one.row, one.column, one.group);
      else engine.put(one.sheet, one.row, one.column, one.before);
    }
  }
  undone = [];
  apply([], true);
  describe();
}

/** @param {Cell} cell */
function reveal(cell) {
  if (cell.sheet !== current) show(cell.sheet);
  select(cell.row, cell.column);
}

/** Put the values that were changed into the link, so that it brings back this state. */
function keepState() {
  /** @type {Map<string, [number, number, number, any]>} */
  const kept = new Map();
  for (const one of done.flat()) {
    const value = one.after instanceof XlError ? { e: one.after.code } : one.after;
    kept.set(`${one.sheet},${one.row},${one.column}`, [one.sheet, one.row, one.column, value]);
  }
  const hash = kept.size ? `#${encodeURIComponent(JSON.stringify([...kept.values()]))}` : " ";
  if (hash.length < 30_000)
    history.replaceState(null, "", hash === " " ? location.pathname + location.search : hash);
}

/** Take the state that the link carries. */
function takeState() {
  if (location.hash.length < 2) return;
  try {
    const cells = JSON.parse(decodeURIComponent(location.hash.slice(1)));
    const good = cells.filter(
      (/** @type {any} */ one) =>
        looks[one[0]] && one[1] >= 0 && one[1] < 1048576 && one[2] >= 0 && one[2] < MAX_COLUMNS,
    );
    change(
      good.map((/** @type {any[]} */ [sheet, row, column, value]) => ({
        sheet,
        row,
        column,
        value: fromJson(value),
      })),
    );
  } catch {
    say("What this link says about the workbook can't be read; it is shown as it was written.");
  }
}

/**
 * Open the editor in the selected cell.
 * @param {string | null} text what it starts with, null for what the cell holds
 */
function open(text) {
  if (editor) return;
  const cell = here();
  const element = grid.activeElement();
  if (!element) return;
  const group = engine.formula(cell.sheet, cell.row, cell.column);
  const rule = validationAt(grid.look, cell.row, cell.column);
  const choices = group ? null : choicesOf(rule, grid.look, cell.row, cell.column);
  if (choices && text === null) {
    const list = make("select", "editor", { "aria-label": grid.activeName() });
    for (const choice of choices) list.append(new Option(choice, choice));
    list.value = bar.value;
    editor = list;
    list.addEventListener("change", () => commit());
  } else {
    const input = make("input", "editor", { "aria-label": grid.activeName(), spellcheck: "false" });
    input.value = text ?? bar.value;
    input.addEventListener("input", () => {
      bar.value = input.value;
    });
    editor = input;
  }
  editor.style.minWidth = `${element.offsetWidth}px`;
  editor.style.height = `${element.offsetHeight}px`;
  editor.addEventListener("keydown", (event) => editorKey(/** @type {KeyboardEvent} */ (event)));
  editor.addEventListener("blur", () => queueMicrotask(commit));
  element.append(editor);
  element.classList.add("editing");
  editor.focus();
}

/** @param {KeyboardEvent} event */
function editorKey(event) {
  event.stopPropagation();
  const moves = { Enter: [event.shiftKey ? -1 : 1, 0], Tab: [0, event.shiftKey ? -1 : 1] };
  const move = moves[/** @type {keyof typeof moves} */ (event.key)];
  if (event.key === "Escape") close();
  else if (move) {
    if (commit()) step(move[0], move[1]);
  } else return;
  event.preventDefault();
}

/** Leave the editor without a change. */
function close() {
  const old = editor;
  editor = null;
  if (!old) return;
  old.parentElement?.classList.remove("editing");
  old.remove();
  grid.root.focus({ preventScroll: true });
  describe();
}

/**
 * Take what the editor holds; return whether it could be taken.
 * @returns {boolean}
 */
function commit() {
  if (!editor) return true;
  const text = editor.value;
  const before = bar.dataset.before;
  close();
  return text === before ? true : enter(text);
}

/**
 * Type a text into the selected cell.
 * @param {string} text
 */
function enter(text) {
  const cell = here();
  const group = engine.formula(cell.sheet, cell.row, cell.column);
  if (group && text === formulaIn(group, cell.row, cell.column)) return true;
  if (text.startsWith("=") && text.length > 1) {
    say(
      "This page computes the formulas that the workbook came with; it takes values, and no new formulas.",
    );
    return false;
  }
  const value = typedValue(text);
  const rule = validationAt(grid.look, cell.row, cell.column);
  const why = refusal(value, rule, choicesOf(rule, grid.look, cell.row, cell.column));
  if (why) {
    say(`${rule.errorTitle ? `${rule.errorTitle}: ` : ""}${why}`);
    return false;
  }
  if (value === engine.value(cell.sheet, cell.row, cell.column) && !group) return true;
  change([{ ...cell, value }]);
  describe();
  return true;
}

/**
 * Move the selection.
 * @param {number} down
 * @param {number} right
 * @param {boolean} [extend]
 */
function step(down, right, extend = false) {
  const from = extend ? grid.corner : grid.selected;
  const merged = grid.look.merged.get(from.row * MAX_COLUMNS + from.column);
  let row = from.row + down + (merged && down > 0 ? merged[2] - merged[0] : 0);
  let column = from.column + right + (merged && right > 0 ? merged[3] - merged[1] : 0);
  while (row > 0 && row < grid.look.rows.count - 1 && down && grid.look.rows.sizes[row] === 0)
    row += Math.sign(down);
  while (
    column > 0 &&
    column < grid.look.columns.count - 1 &&
    right &&
    grid.look.columns.sizes[column] === 0
  )
    column += Math.sign(right);
  select(row, column, extend);
}

/**
 * Move to the edge of the filled cells, as Ctrl with an arrow does.
 * @param {number} down
 * @param {number} right
 * @param {boolean} extend
 */
function jump(down, right, extend) {
  let { row, column } = extend ? grid.corner : grid.selected;
  const { rows, columns } = grid.look;
  /** @param {number} r @param {number} c */
  const filled = (r, c) => engine.value(current, r, c) !== null;
  /** @param {number} r @param {number} c */
  const there = (r, c) => r >= 0 && c >= 0 && r < rows.count && c < columns.count;
  const within =
    filled(row, column) && there(row + down, column + right) && filled(row + down, column + right);
  while (
    there(row + down, column + right) &&
    (within ? filled(row + down, column + right) : true)
  ) {
    row += down;
    column += right;
    if (!within && filled(row, column)) break;
  }
  select(row, column, extend);
}

/** @param {KeyboardEvent} event */
function key(event) {
  const control = event.ctrlKey || event.metaKey;
  /** @type {Record<string, [number, number]>} */
  const arrows = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  const arrow = arrows[event.key];
  const page = Math.max(1, Math.floor(grid.root.clientHeight / 22) - 4);
  if (arrow && control) jump(arrow[0], arrow[1], event.shiftKey);
  else if (arrow) step(arrow[0], arrow[1], event.shiftKey);
  else if (event.key === "Enter") step(event.shiftKey ? -1 : 1, 0);
  else if (event.key === "Tab") step(0, event.shiftKey ? -1 : 1);
  else if (event.key === "Home") select(control ? 0 : grid.selected.row, 0);
  else if (event.key === "End" && control)
    select(book.sheets[current].size[0] - 1, book.sheets[current].size[1] - 1);
  else if (event.key === "PageDown" && control) show(visible(current, 1));
  else if (event.key === "PageUp" && control) show(visible(current, -1));
  else if (event.key === "PageDown") step(page, 0, event.shiftKey);
  else if (event.key === "PageUp") step(-page, 0, event.shiftKey);
  else if (event.key === "F2") open(null);
  else if (event.key === "Delete" || event.key === "Backspace") clear();
  else if (control && event.key.toLowerCase() === "z") event.shiftKey ? redo() : undo();
  else if (control && event.key.toLowerCase() === "y") redo();
  else if (event.key.length === 1 && !control && !event.altKey) open(event.key);
  else return;
  event.preventDefault();
}

/** Clear the selected cells. */
function clear() {
  const [top, left, bottom, right] = grid.box();
  const cells = [];
  for (let row = top; row <= bottom; row++) {
    for (let column = left; column <= right; column++) {
      if (engine.value(current, row, column) !== null)
        cells.push({ sheet: current, row, column, value: null });
    }
  }
  if (cells.length) change(cells);
  describe();
}

/**
 * Return the next sheet that is shown, from one on.
 * @param {number} from
 * @param {number} by
 */
function visible(from, by) {
  let at = from;
  do at = (at + by + looks.length) % looks.length;
  while (book.sheets[at].state !== "visible" && at !== from);
  return at;
}

/**
 * Show a sheet.
 * @param {number} number
 */
function show(number) {
  commit();
  current = number;
  for (const tab of document.querySelectorAll("#tabs button")) {
    const chosen = /** @type {HTMLElement} */ (tab).dataset.sheet === String(number);
    tab.setAttribute("aria-selected", String(chosen));
    if (chosen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
  grid.root.setAttribute("aria-label", `sheet ${book.sheets[number].name}`);
  solveButton.hidden = !book.models[number];
  grid.show(looks[number]);
  select(0, 0);
}

/**
 * Go to a place such as `'data'!A1`, or a name.
 * @param {string} text
 */
function go(text) {
  const named = book.names[text.toLowerCase()];
  const area = areaOfText(named ?? text.replace(/^#/, ""), engine.names, current);
  if (!area) {
    say(`${text} is no cell and no name of this workbook.`);
    return;
  }
  if (area.sheet !== current) show(area.sheet);
  select(area.top, area.left);
  grid.root.focus({ preventScroll: true });
}

/** Take the slider's value. */
function slide() {
  const at = Number(slider.value);
  let value = slider.dataset.log ? 10 ** at : at;
  value = slider.dataset.whole ? Math.round(value) : Number(value.toPrecision(3));
  change([{ ...here(), value }], true);
  const group = engine.formula(current, grid.selected.row, grid.selected.column);
  bar.value = group ? bar.value : editedText(value, "General");
}

/** Let the slider run from its start to its end. */
function play() {
  if (playing) {
    stop();
    return;
  }
  const [low, high] = [Number(slider.min), Number(slider.max)];
  if (Number(slider.value) >= high) slider.value = String(low);
  const begin = performance.now();
  const from = Number(slider.value);
  const duration = Math.min(12_000, Math.max(2000, (high - from) * 60));
  playButton.textContent = "Pause";
  /** @param {number} now */
  const frame = (now) => {
    const at = Math.round(from + ((high - from) * (now - begin)) / duration);
    if (at !== Number(slider.value)) {
      slider.value = String(Math.min(at, high));
      slide();
    }
    if (at >= high) stop();
    else playing = requestAnimationFrame(frame);
  };
  playing = requestAnimationFrame(frame);
}

function stop() {
  if (playing) cancelAnimationFrame(playing);
  playing = 0;
  playButton.textContent = "Play";
}

/** Return the selected cells as lines of tabs, values in full. */
function copied() {
  const [top, left, bottom, right] = grid.box();
  const lines = [];
  for (let row = top; row <= bottom; row++) {
    const line = [];
    for (let column = left; column <= right; column++) {
      const text = editedText(engine.value(current, row, column), "General");
      line.push(/[\t\n"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text.replace(/^'/, ""));
    }
    lines.push(line.join("\t"));
  }
  return lines.join("\n");
}

/** @param {string} text */
function paste(text) {
  const { row: top, column: left } = grid.selected;
  const cells = [];
  const refused = [];
  for (const [r, line] of rowsOf(text).entries()) {
    for (const [c, field] of line.entries()) {
      const cell = { sheet: current, row: top + r, column: left + c };
      const value = typedValue(field);
      const rule = validationAt(grid.look, cell.row, cell.column);
      const why = refusal(value, rule, choicesOf(rule, grid.look, cell.row, cell.column));
      if (field.startsWith("="))
        refused.push(`${cellName(cell.row, cell.column)} would be a new formula`);
      else if (why) refused.push(`${cellName(cell.row, cell.column)}: ${why}`);
      else cells.push({ ...cell, value });
    }
  }
  if (cells.length) change(cells);
  describe();
  if (refused.length)
    say(
      `Not pasted: ${refused.slice(0, 3).join("; ")}${refused.length > 3 ? ` and ${refused.length - 3} more` : ""}.`,
    );
}

/**
 * Return the fields of lines of tabs, as spreadsheets put them on the clipboard.
 * @param {string} text
 */
function rowsOf(text) {
  /** @type {string[][]} */
  const rows = [[]];
  const pattern = /("(?:[^"]|"")*"|[^\t\r\n]*)(\t|\r?\n|$)/g;
  for (const match of text.replace(/\r?\n$/, "").matchAll(pattern)) {
    if (match.index >= text.length && match[0] === "" && rows[0].length) break;
    const field =
      match[1].startsWith('"') && match[1].length > 1
        ? match[1].slice(1, -1).replaceAll('""', '"')
        : match[1];
    rows[rows.length - 1].push(field);
    if (match[2] !== "\t" && match[2] !== "") rows.push([]);
  }
  return rows;
}

function start() {
  const tabs = /** @type {HTMLElement} */ (find("#tabs"));
  book.sheets.forEach((/** @type {any} */ sheet, /** @type {number} */ i) => {
    if (sheet.state !== "visible") return;
    const tab = make("button", "", { type: "button", role: "tab", "data-sheet": String(i) });
    tab.textContent = sheet.name;
    tab.addEventListener("click", () => {
      show(i);
      grid.root.focus({ preventScroll: true });
    });
    tabs.append(tab);
  });
  grid.root.addEventListener("keydown", key);
  solveButton.addEventListener("click", () => solve.open(book.models[current]));
  for (const [name, run] of Object.entries({
    "#undo": undo,
    "#redo": redo,
    "#reset": reset,
    "#play": play,
  })) {
    find(name).addEventListener("click", run);
  }
  slider.addEventListener("input", () => {
    stop();
    slide();
  });
  nameBox.addEventListener("change", () => go(nameBox.value));
  bar.addEventListener("focus", () => {
    bar.dataset.before = bar.value;
  });
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Escape") describe();
    if (event.key === "Enter") enter(bar.value);
    if (event.key === "Enter" || event.key === "Escape") grid.root.focus({ preventScroll: true });
  });
  document.addEventListener("copy", (event) => {
    if (document.activeElement !== grid.root) return;
    event.clipboardData?.setData("text/plain", copied());
    event.preventDefault();
  });
  document.addEventListener("paste", (event) => {
    if (document.activeElement !== grid.root) return;
    paste(event.clipboardData?.getData("text/plain") ?? "");
    event.preventDefault();
  });
  show(
    Math.max(
      0,
      book.sheets.findIndex((/** @type {any} */ one) => one.state === "visible"),
    ),
  );
  takeState();
  window.addEventListener("hashchange", () => location.reload());
  grid.root.focus({ preventScroll: true });
  document.documentElement.dataset.ready = "1";
}

start();
/** For whoever tests the page, or looks at it in the browser's console. */
Object.assign(window, {
  sheetsim: { engine, book, change, select, show, undo, redo, reset, solve },
});
