/**
 * The grid: the cells of a sheet that are in view, with its charts.
 *
 * Rows are elements that hold their cells; frozen ones stand in a block that sticks to the top,
 * frozen columns stick to the left. Only what is in view is there.
 */

import { drawChart } from "./chart.js";
import { FONTS, HEADER_HEIGHT, HEADER_WIDTH, shownIn, textWidth } from "./looks.js";
import { cellName, columnName } from "./references.js";

/**
 * @typedef {import("./looks.js").SheetLook} SheetLook
 * @typedef {import("./looks.js").Style} Style
 * @typedef {{row: number, column: number}} Spot
 */

/**
 * Make an element.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} name its class
 * @param {Record<string, string>} [attributes]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, name, attributes = {}) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/**
 * Put a style on an element; only known properties with checked values get there.
 * @param {HTMLElement} element
 * @param {Style} style
 */
export function dress(element, style) {
  const own = element.style;
  own.fontWeight = style.bold ? "bold" : "";
  own.fontStyle = style.italic ? "italic" : "";
  own.textDecoration = style.underline ? "underline" : style.strike ? "line-through" : "";
  own.fontSize = style.size ? `${(style.size * 4) / 3}px` : "";
  own.fontFamily = style.font ? `"${style.font.replace(/[^\w -]/g, "")}", ${FONTS}` : "";
  own.color = style.color ?? "";
  own.background = style.fill ?? "";
  for (const side of ["Top", "Right", "Bottom", "Left"]) {
    const line = style[side.toLowerCase()];
    /** @type {any} */ (own)[`border${side}`] = line ? `${line[0]}px ${line[1]} ${line[2]}` : "";
  }
}

export class Grid {
  /**
   * @param {HTMLElement} root
   * @param {{select: (spot: Spot, extend: boolean) => void, open: () => void, follow: (place: string) => void}} on
   */
  constructor(root, on) {
    this.root = root;
    this.on = on;
    /** @type {SheetLook} */
    this.look = /** @type {any} */ (null);
    this.selected = { row: 0, column: 0 };
    this.corner = { row: 0, column: 0 };
    /** @type {Map<number, HTMLElement>} */
    this.cells = new Map();
    this.window = "";
    this.heads = make("div", "heads", { role: "row", "aria-rowindex": "1" });
    this.frozen = make("div", "frozen", { role: "presentation" });
    this.body = make("div", "body", { role: "presentation" });
    this.frame = make("div", "selection");
    this.canvas = make("div", "canvas", { role: "presentation" });
    this.canvas.append(this.heads, this.frozen, this.body);
    root.append(this.canvas);
    root.addEventListener("scroll", () => this.render(), { passive: true });
    new ResizeObserver(() => this.render(true)).observe(root);
    root.addEventListener("pointerdown", (event) => this.#press(event));
    root.addEventListener("dblclick", () => on.open());
  }

  /** @param {SheetLook} look */
  show(look) {
    this.look = look;
    const [rows, columns] = look.sheet.look.frozen;
    const wide = this.root.clientWidth;
    const keeps = look.columns.starts[columns] + HEADER_WIDTH < wide / 2;
    this.frozenRows = look.rows.starts[rows] < this.root.clientHeight / 2 ? rows : 0;
    this.frozenColumns = keeps ? columns : 0;
    this.canvas.style.width = `${look.columns.total + HEADER_WIDTH}px`;
    this.frozen.style.height = `${look.rows.starts[this.frozenRows]}px`;
    this.body.style.height = `${look.rows.total - look.rows.starts[this.frozenRows]}px`;
    this.root.classList.toggle("lines", Boolean(look.sheet.look.grid));
    this.root.setAttribute("aria-rowcount", String(look.rows.count + 1));
    this.root.setAttribute("aria-colcount", String(look.columns.count + 1));
    this.root.scrollTo(0, 0);
    this.window = "";
    this.drawCharts();
    this.render(true);
  }

  /** Draw the sheet's charts again. */
  drawCharts() {
    for (const old of this.canvas.querySelectorAll(".chart")) old.remove();
    const high = this.look.rows.starts[this.frozenRows ?? 0];
    for (const chart of this.look.sheet.charts) {
      const box = this.#chartBox(chart.box);
      const svg = drawChart(chart, this.look, box.width, box.height);
      svg.classList.add("chart");
      svg.style.left = `${box.left + HEADER_WIDTH}px`;
      svg.style.top = `${box.top - high}px`;
      this.body.append(svg);
      if (box.top >= high) continue;
      const upper = /** @type {SVGElement} */ (svg.cloneNode(true)); // what stands in frozen rows
      upper.style.top = `${box.top}px`;
      upper.setAttribute("aria-hidden", "true");
      this.frozen.append(upper);
    }
  }

  /** @param {any} box */
  #chartBox(box) {
    const { rows, columns } = this.look;
    /** @param {import("./looks.js").SheetLook["rows"]} axis @param {number} k @param {number} off */
    const at = (axis, k, off) => axis.starts[Math.min(k, axis.count)] + off;
    const [column, right, row, down] = box.from;
    const left = at(columns, column, right);
    const top = at(rows, row, down);
    if (box.size) return { left, top, width: box.size[0], height: box.size[1] };
    return {
      left,
      top,
      width: at(columns, box.to[0], box.to[1]) - left,
      height: at(rows, box.to[2], box.to[3]) - top,
    };
  }

  /** Show new values: cells in view, and charts. */
  refresh() {
    this.look.changed();
    for (const [key, element] of this.cells)
      this.#fill(element, Math.floor(key / 16384), key % 16384);
    this.drawCharts();
    this.mark();
  }

  /** @param {boolean} [again] whether to draw even if the same cells are in view */
  render(again = false) {
    if (!this.look) return;
    const { rows, columns } = this.look;
    this.root.classList.toggle("scrolled", this.root.scrollLeft > 0);
    const top = this.root.scrollTop + rows.starts[this.frozenRows ?? 0];
    const left = this.root.scrollLeft + columns.starts[this.frozenColumns ?? 0];
    const first = Math.max(rows.at(top) - 2, this.frozenRows ?? 0);
    const last = Math.min(rows.at(top + this.root.clientHeight) + 2, rows.count - 1);
    const from = Math.max(columns.at(left) - 1, this.frozenColumns ?? 0);
    const to = Math.min(columns.at(left + this.root.clientWidth) + 1, columns.count - 1);
    const window = `${first},${last},${from},${to}`;
    if (window === this.window && !again) return;
    this.window = window;
    this.cells.clear();
    const shown = [...range(0, (this.frozenColumns ?? 0) - 1), ...range(from, to)];
    this.#drawHeads(shown);
    for (const old of this.canvas.querySelectorAll(".row")) old.remove();
    for (const r of range(0, (this.frozenRows ?? 0) - 1)) {
      this.frozen.append(this.#row(r, shown, from));
    }
    const base = rows.starts[this.frozenRows ?? 0];
    for (const r of range(first, last)) {
      const row = this.#row(r, shown, from);
      row.style.top = `${rows.starts[r] - base}px`;
      this.body.append(row);
    }
    this.mark();
  }

  /** @param {number[]} shown */
  #drawHeads(shown) {
    const { columns } = this.look;
    const parts = [make("div", "head corner", { role: "columnheader" })];
    parts[0].style.width = `${HEADER_WIDTH}px`;
    let at = 0;
    for (const c of shown) {
      const head = make("div", "head", { role: "columnheader", "aria-colindex": String(c + 2) });
      head.textContent = columnName(c);
      head.style.width = `${columns.sizes[c]}px`;
      this.#place(head, c, at);
      at = columns.starts[c + 1];
      parts.push(head);
    }
    this.heads.style.height = `${HEADER_HEIGHT}px`;
    this.heads.replaceChildren(...parts);
  }

  /**
   * Let an element stick if its column is frozen; leave room before it otherwise.
   * @param {HTMLElement} element
   * @param {number} column
   * @param {number} at where the one before it ends
   */
  #place(element, column, at) {
    const { columns } = this.look;
    if (column < (this.frozenColumns ?? 0)) {
      element.style.left = `${columns.starts[column] + HEADER_WIDTH}px`;
      element.classList.add("stuck");
    } else element.style.marginLeft = `${columns.starts[column] - at}px`;
  }

  /**
   * @param {number} r
   * @param {number[]} shown
   * @param {number} from
   */
  #row(r, shown, from) {
    const { rows, columns } = this.look;
    const row = make("div", "row", { role: "row", "aria-rowindex": String(r + 2) });
    row.style.height = `${rows.sizes[r]}px`;
    const head = make("div", "head side", { role: "rowheader" });
    head.textContent = String(r + 1);
    head.style.width = `${HEADER_WIDTH}px`;
    row.append(head);
    let at = 0;
    for (const c of shown) {
      if (c === from && c > 0) this.#spill(row, r, c, at);
      const cell = make("div", "cell", { role: "gridcell", "aria-colindex": String(c + 2) });
      cell.dataset.at = `${r},${c}`;
      cell.style.width = `${columns.sizes[c]}px`;
      this.#place(cell, c, at);
      at = columns.starts[c + 1];
      this.cells.set(r * 16384 + c, cell);
      this.#fill(cell, r, c);
      row.append(cell);
    }
    return row;
  }

  /**
   * Draw what runs into view from cells to the left of it: long texts and merged areas.
   * @param {HTMLElement} row
   * @param {number} r
   * @param {number} from
   * @param {number} at
   */
  #spill(row, r, from, at) {
    for (let c = from - 1; c >= Math.max(this.frozenColumns ?? 0, from - 40); c--) {
      const merged = this.look.merged.get(r * 16384 + c);
      const value = this.look.engine.value(this.look.number, r, c);
      if (value === null && !merged) continue;
      if (merged ? merged[0] !== r || merged[1] !== c : typeof value !== "string") return;
      const cell = make("div", "cell", { role: "gridcell", "aria-colindex": String(c + 2) });
      cell.dataset.at = `${r},${c}`;
      cell.style.width = `${this.look.columns.sizes[c]}px`;
      cell.style.marginLeft = `${this.look.columns.starts[c] - at}px`;
      cell.style.marginRight = `${at - this.look.columns.starts[c + 1]}px`;
      this.#fill(cell, r, c);
      row.append(cell);
      return;
    }
  }

  /**
   * Put into a cell's element what the cell shows.
   * @param {HTMLElement} element
   * @param {number} r
   * @param {number} c
   */
  #fill(element, r, c) {
    const { look } = this;
    const merged = look.merged.get(r * 16384 + c);
    if (merged && (merged[0] !== r || merged[1] !== c)) {
      element.className = "cell covered";
      element.replaceChildren();
      return;
    }
    const value = look.engine.value(look.number, r, c);
    const { style: number, extra } = look.style(r, c);
    const style = extra ? { ...look.styles[number], ...extra } : (look.styles[number] ?? {});
    const group = look.engine.formula(look.number, r, c);
    element.classList.toggle("stale", Boolean(group?.unknown));
    if (group?.unknown)
      element.title = `Not computed in this page: ${group.unknown}. This is the saved value.`;
    dress(element, style);
    if (value === null || value === "") {
      element.replaceChildren();
      if (merged) this.#span(element, merged);
      return;
    }
    const width = merged
      ? look.columns.starts[merged[3] + 1] - look.columns.starts[c]
      : look.columns.sizes[c];
    const { text, side, color, isText } = shownIn(value, style, width);
    const span = make("span", "text");
    span.textContent = text;
    if (color) element.style.color = color;
    element.style.justifyContent =
      side === "center" ? "center" : side === "right" ? "flex-end" : "flex-start";
    element.style.alignItems =
      style.valign === "top" ? "flex-start" : style.valign === "center" ? "center" : "flex-end";
    element.style.textAlign = side;
    span.style.paddingLeft = style.indent ? `${style.indent * 9}px` : "";
    if (style.wrap) span.style.whiteSpace = "pre-wrap";
    else if (isText && !merged) span.style.maxWidth = `${this.#room(r, c, width, text, style)}px`;
    else if (style.shrink) {
      const needs = textWidth(text, style);
      if (needs > width - 4)
        span.style.fontSize = `${(((style.size ?? 11) * 4) / 3) * ((width - 4) / needs)}px`;
    }
    element.replaceChildren(span);
    if (merged) this.#span(element, merged);
  }

  /**
   * Return how far a text may run over blank cells to its right.
   * @param {number} r
   * @param {number} c
   * @param {number} width
   * @param {string} text
   * @param {Style} style
   */
  #room(r, c, width, text, style) {
    if (style.align === "center" || style.align === "right") return width - 2;
    const needs = textWidth(text, style) + 6;
    let room = width;
    for (let k = c + 1; room < needs && k < this.look.columns.count; k++) {
      const other = this.look.engine.value(this.look.number, r, k);
      if ((other !== null && other !== "") || this.look.merged.has(r * 16384 + k)) break;
      room += this.look.columns.sizes[k];
    }
    return room - 3;
  }

  /**
   * Let the first cell of a merged area take all of it.
   * @param {HTMLElement} element
   * @param {import("./looks.js").Box} box
   */
  #span(element, box) {
    const { rows, columns } = this.look;
    element.classList.add("merged");
    element.style.zIndex = "1";
    element.style.marginRight = `${columns.sizes[box[1]] - (columns.starts[box[3] + 1] - columns.starts[box[1]])}px`;
    element.style.width = `${columns.starts[box[3] + 1] - columns.starts[box[1]]}px`;
    element.style.height = `${rows.starts[box[2] + 1] - rows.starts[box[0]]}px`;
  }

  /** Show which cells are selected. */
  mark() {
    for (const old of this.canvas.querySelectorAll(".selected, .active")) {
      old.classList.remove("selected", "active");
      old.removeAttribute("aria-selected");
    }
    const box = this.box();
    for (const [key, element] of this.cells) {
      const [r, c] = [Math.floor(key / 16384), key % 16384];
      if (r < box[0] || r > box[2] || c < box[1] || c > box[3]) continue;
      element.classList.add("selected");
      element.setAttribute("aria-selected", "true");
      if (r === this.selected.row && c === this.selected.column) {
        element.classList.add("active");
        element.id = "active-cell";
        this.root.setAttribute("aria-activedescendant", "active-cell");
      } else if (element.id) element.removeAttribute("id");
    }
    for (const [key, element] of this.cells) {
      const active =
        Math.floor(key / 16384) === this.selected.row && key % 16384 === this.selected.column;
      if (element.id && !active) element.removeAttribute("id");
    }
  }

  /** Return the selected box. */
  box() {
    const { selected: a, corner: b } = this;
    return /** @type {import("./looks.js").Box} */ ([
      Math.min(a.row, b.row),
      Math.min(a.column, b.column),
      Math.max(a.row, b.row),
      Math.max(a.column, b.column),
    ]);
  }

  /**
   * Select a cell and bring it into view.
   * @param {Spot} spot
   * @param {boolean} extend whether the box up to here is selected
   */
  select(spot, extend = false) {
    if (extend) this.corner = spot;
    else this.selected = this.corner = spot;
    this.reveal(spot);
    this.mark();
  }

  /** @param {Spot} spot */
  reveal({ row, column }) {
    const { rows, columns } = this.look;
    const [frozenRows, frozenColumns] = [this.frozenRows ?? 0, this.frozenColumns ?? 0];
    const [high, wide] = [rows.starts[frozenRows], columns.starts[frozenColumns]];
    let { scrollTop, scrollLeft } = this.root;
    if (row >= frozenRows) {
      const room = this.root.clientHeight - HEADER_HEIGHT - high;
      scrollTop = Math.min(scrollTop, rows.starts[row] - high);
      scrollTop = Math.max(scrollTop, rows.starts[row + 1] - high - room);
    }
    if (column >= frozenColumns) {
      const room = this.root.clientWidth - HEADER_WIDTH - wide;
      scrollLeft = Math.min(scrollLeft, columns.starts[column] - wide);
      scrollLeft = Math.max(scrollLeft, columns.starts[column + 1] - wide - room);
    }
    this.root.scrollTo(scrollLeft, scrollTop);
    this.render();
  }

  /** @param {PointerEvent} event */
  #press(event) {
    const spot = this.#spotOf(event.target);
    if (!spot) return;
    const link = this.look.sheet.look.links.find(
      (/** @type {any} */ one) => one[0] === spot.row && one[1] === spot.column,
    );
    if (link && event.button === 0 && !event.shiftKey) {
      this.on.follow(link[2]);
      return;
    }
    this.on.select(spot, event.shiftKey);
    if (event.pointerType !== "mouse") return;
    /** @param {PointerEvent} move */
    const drag = (move) => {
      const over = this.#spotOf(document.elementFromPoint(move.clientX, move.clientY));
      if (over && (over.row !== this.corner.row || over.column !== this.corner.column))
        this.on.select(over, true);
    };
    window.addEventListener("pointermove", drag);
    window.addEventListener("pointerup", () => window.removeEventListener("pointermove", drag), {
      once: true,
    });
  }

  /**
   * @param {EventTarget | null} target
   * @returns {Spot | null}
   */
  #spotOf(target) {
    const cell = target instanceof Element ? target.closest(".cell") : null;
    if (!(cell instanceof HTMLElement) || !cell.dataset.at) return null;
    const [row, column] = cell.dataset.at.split(",").map(Number);
    const merged = this.look.merged.get(row * 16384 + column);
    return merged ? { row: merged[0], column: merged[1] } : { row, column };
  }

  /** Return the element of the active cell, if it is in view. */
  activeElement() {
    return this.cells.get(this.selected.row * 16384 + this.selected.column) ?? null;
  }

  /** Return the name of the active cell. */
  activeName() {
    return cellName(this.selected.row, this.selected.column);
  }
}

/**
 * @param {number} first
 * @param {number} last
 */
function range(first, last) {
  const out = [];
  for (let i = first; i <= last; i++) out.push(i);
  return out;
}
