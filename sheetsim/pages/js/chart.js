/** Charts as SVG: scatter, line, area, bar and column charts, near to how Excel draws them. */

import { formatValue, general } from "./formats.js";
import { textWidth } from "./looks.js";
import { areaOfText } from "./references.js";
import { toText } from "./values.js";

/**
 * @typedef {import("./values.js").Scalar} Scalar
 * @typedef {import("./looks.js").SheetLook} SheetLook
 * @typedef {{min: number, max: number, step: number, log: number, format: string, reverse: boolean, title: string, shown: boolean, grid: boolean, low: boolean}} Scale
 */

const SVG = "http://www.w3.org/2000/svg";
const COLORS = [
  "#4472c4",
  "#ed7d31",
  "#a5a5a5",
  "#ffc000",
  "#5b9bd5",
  "#70ad47",
  "#264478",
  "#9e480e",
];

/**
 * @param {string} tag
 * @param {Record<string, string | number>} attributes
 * @param {string} [text]
 */
function part(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text !== undefined) element.textContent = text;
  return element;
}

/**
 * Return the values that something stands for: cells, or values themselves.
 * @param {any} source
 * @param {SheetLook} look
 * @returns {Scalar[]}
 */
function valuesOf(source, look) {
  if (!source) return [];
  if (Array.isArray(source)) return source;
  const { engine } = look;
  const found = [];
  for (const text of String(source.at)
    .replace(/^\((.*)\)$/, "$1")
    .split(/,(?=(?:[^']*'[^']*')*[^']*$)/)) {
    const area = areaOfText(text, engine.names, look.number);
    if (!area) continue;
    for (let r = area.top; r <= area.bottom && found.length < 50_000; r++) {
      for (let c = area.left; c <= area.right; c++) found.push(engine.value(area.sheet, r, c));
    }
  }
  return found;
}

/**
 * @param {any} source a text, or where it stands
 * @param {SheetLook} look
 */
function textFrom(source, look) {
  if (typeof source === "string") return source;
  return valuesOf(source, look)
    .map((one) => String(toText(one)))
    .join(" ");
}

/**
 * Return the width of a small text in pixels.
 * @param {string} text
 */
const widthOf = (text) => textWidth(text, { size: 9 });

/** @param {Scalar} value */
const asNumber = (value) =>
  typeof value === "number" && Number.isFinite(value) ? value : Number.NaN;

/**
 * Return the series of a layer with their points.
 * @param {any} layer
 * @param {SheetLook} look
 */
function pointsOf(layer, look) {
  return layer.series.map((/** @type {any} */ series) => {
    const xs = valuesOf(series.x, look);
    const ys = valuesOf(series.y, look);
    const spelled = xs.map((one) => String(toText(one)));
    const numeric = layer.type === "scatter" && xs.some((one) => typeof one === "number");
    return {
      ...series,
      name: textFrom(series.name, look),
      categories: spelled,
      points: ys.map((y, i) => ({ x: numeric ? asNumber(xs[i]) : i + 1, y: asNumber(y) })),
      labels: series.labels ? labelsOf(series.labels, look, ys, textFrom(series.name, look)) : null,
    };
  });
}

/**
 * @param {any} labels
 * @param {SheetLook} look
 * @param {Scalar[]} ys
 * @param {string} name
 */
function labelsOf(labels, look, ys, name) {
  const cells = labels.cells ? valuesOf(labels.cells, look) : null;
  const texts = ys.map((y, i) => {
    if (cells) return String(toText(cells[i] ?? null));
    const own = labels.texts?.[i];
    if (own !== undefined && own !== null) return textFrom(own, look);
    return labels.value ? formatValue(y, "General").text : labels.name ? name : "";
  });
  return { texts, position: labels.position };
}

/**
 * Return a scale that holds some numbers, with round steps.
 * @param {number[]} numbers
 * @param {any} axis
 * @param {SheetLook} look
 * @param {boolean} fromZero
 * @returns {Scale}
 */
function scaleOf(numbers, axis, look, fromZero) {
  const good = numbers.filter((x) => Number.isFinite(x) && (!axis.log || x > 0));
  let min = good.length ? good.reduce((a, b) => Math.min(a, b)) : 0;
  let max = good.length ? good.reduce((a, b) => Math.max(a, b)) : 1;
  const shared = {
    log: axis.log ?? 0,
    format: axis.format ?? "General",
    reverse: Boolean(axis.reverse),
    title: textFrom(axis.title ?? "", look),
    shown: !axis.deleted && axis.labels !== "none",
    grid: Boolean(axis.grid),
    low: axis.labels === "low",
  };
  if (axis.log) {
    const [low, high] = [Math.floor(Math.log10(min)), Math.ceil(Math.log10(max))];
    return {
      ...shared,
      min: axis.min ?? 10 ** low,
      max: axis.max ?? 10 ** (high > low ? high : low + 1),
      step: 10,
    };
  }
  if (fromZero || (min > 0 && min < (5 / 6) * max)) min = Math.min(min, 0);
  if (fromZero || (max < 0 && max > (5 / 6) * min)) max = Math.max(max, 0);
  if (min === max) [min, max] = max === 0 ? [0, 1] : max > 0 ? [0, max * 1.2] : [min * 1.2, 0];
  const low = axis.min ?? min;
  const high = axis.max ?? max + (max === 0 ? 0 : (max - min) * 0.05);
  const step = axis.unit ?? roundStep((high - low) / 8);
  return {
    ...shared,
    min: axis.min ?? Math.floor((low < 0 ? low - (max - min) * 0.05 : low) / step + 1e-9) * step,
    max: axis.max ?? Math.ceil(high / step - 1e-9) * step,
    step,
  };
}

/** @param {number} step */
function roundStep(step) {
  const size = 10 ** Math.floor(Math.log10(step));
  const lead = step / size;
  return size * (lead <= 1 ? 1 : lead <= 2 ? 2 : lead <= 5 ? 5 : 10);
}

/** @param {Scale} scale */
function ticksOf(scale) {
  const out = [];
  if (scale.log) {
    const least = Math.log10(scale.min);
    const every = Math.max(1, Math.ceil((Math.log10(scale.max) - least) / 10));
    for (let k = Math.ceil(least - 1e-9); k <= Math.log10(scale.max) + 1e-9; k += every)
      out.push(10 ** k);
    return out;
  }
  const count = Math.min(60, Math.round((scale.max - scale.min) / scale.step));
  for (let k = 0; k <= count; k++) {
    const tick = scale.min + k * scale.step;
    out.push(Math.abs(tick) < scale.step * 1e-9 ? 0 : Number(tick.toPrecision(12)));
  }
  return out;
}

/**
 * Return where a number lies on a scale, 0 to 1.
 * @param {Scale} scale
 * @param {number} x
 */
function share(scale, x) {
  const at = scale.log
    ? (Math.log(x) - Math.log(scale.min)) / (Math.log(scale.max) - Math.log(scale.min))
    : (x - scale.min) / (scale.max - scale.min);
  return scale.reverse ? 1 - at : at;
}

/**
 * Draw a chart.
 * @param {any} chart what Python wrote, see `read_charts.py`
 * @param {SheetLook} look the sheet's
 * @param {number} width
 * @param {number} height
 * @returns {SVGElement}
 */
export function drawChart(chart, look, width, height) {
  const svg = part("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img" });
  svg.append(part("title", {}, chart.alt || textFrom(chart.title, look) || "Chart"));
  svg.append(
    part("rect", {
      x: 0.5,
      y: 0.5,
      width: width - 1,
      height: height - 1,
      fill: "#fff",
      stroke: "#d9d9d9",
    }),
  );
  const layers = chart.layers.map((/** @type {any} */ layer) => ({
    ...layer,
    series: pointsOf(layer, look),
  }));
  const across = layers.some((/** @type {any} */ layer) => layer.type === "bar" && layer.across);
  const { xScale, yScale, categories } = scalesOf(chart, layers, look);
  const room = roomOf(chart, look, width, height, xScale, yScale, across, layers);
  drawTexts(svg, chart, look, room, width, height, xScale, yScale);
  const place = {
    /** @param {number} x */
    x: (x) => room.left + share(across ? yScale : xScale, x) * room.width,
    /** @param {number} y */
    y: (y) => room.top + (1 - share(across ? xScale : yScale, y)) * room.height,
  };
  drawAxes(
    svg,
    room,
    place,
    across ? yScale : xScale,
    across ? xScale : yScale,
    across ? null : categories,
    across ? categories : null,
  );
  const clip = `clip-${Math.random().toString(36).slice(2)}`;
  const clipPath = part("clipPath", { id: clip });
  clipPath.append(
    part("rect", {
      x: room.left - 4,
      y: room.top - 4,
      width: room.width + 8,
      height: room.height + 8,
    }),
  );
  svg.append(clipPath);
  const area = part("g", { "clip-path": `url(#${clip})` });
  svg.append(area);
  for (const layer of layers) {
    if (layer.type === "bar") drawBars(area, layer, room, place, xScale, yScale, across);
    else for (const series of layer.series) drawSeries(area, series, layer.type, place, yScale);
  }
  drawLegend(svg, chart, layers, room, width, height);
  return svg;
}

/**
 * @param {any} chart
 * @param {any[]} layers
 * @param {SheetLook} look
 */
function scalesOf(chart, layers, look) {
  const points = layers.flatMap((layer) =>
    layer.series.flatMap((/** @type {any} */ one) => one.points),
  );
  const bars = layers.some((layer) => layer.type === "bar" || layer.type === "area");
  const upright = (/** @type {any} */ axis) => axis.position === "l" || axis.position === "r";
  const valueAxes = chart.axes.filter((/** @type {any} */ axis) => axis.kind === "valAx");
  const categoryAxis = chart.axes.find((/** @type {any} */ axis) => axis.kind !== "valAx");
  const yAxis = categoryAxis
    ? (valueAxes[0] ?? {})
    : (valueAxes.find(upright) ?? valueAxes[1] ?? {});
  const xAxis = categoryAxis ?? valueAxes.find((/** @type {any} */ axis) => !upright(axis)) ?? {};
  const yScale = scaleOf(stackedOf(layers, points), yAxis, look, bars);
  if (!categoryAxis) {
    return {
      xScale: scaleOf(
        points.map((/** @type {any} */ p) => p.x),
        xAxis,
        look,
        false,
      ),
      yScale,
      categories: null,
    };
  }
  const all = layers.flatMap((layer) => layer.series);
  const count = Math.max(1, ...all.map((/** @type {any} */ one) => one.points.length));
  const named = all.find((/** @type {any} */ one) => one.categories.length)?.categories ?? [];
  const categories = Array.from({ length: count }, (_, i) => named[i] ?? String(i + 1));
  const xScale = {
    ...scaleOf([1], xAxis, look, false),
    min: 0.5,
    max: count + 0.5,
    step: 1,
    log: 0,
  };
  return { xScale, yScale, categories };
}

/**
 * @param {any[]} layers
 * @param {{x: number, y: number}[]} points
 */
function stackedOf(layers, points) {
  const numbers = points.map((one) => one.y);
  for (const layer of layers) {
    if (!/stacked/i.test(layer.grouping ?? "")) continue;
    const sums = new Map();
    for (const one of layer.series) {
      for (const { x, y } of one.points) if (y > 0) sums.set(x, (sums.get(x) ?? 0) + y);
    }
    numbers.push(...sums.values());
  }
  return numbers;
}

/**
 * @param {any} chart
 * @param {SheetLook} look
 * @param {number} width
 * @param {number} height
 * @param {Scale} xScale
 * @param {Scale} yScale
 * @param {boolean} across
 * @param {any[]} layers
 */
function roomOf(chart, look, width, height, xScale, yScale, across, layers) {
  const title = textFrom(chart.title, look) ? 30 : 10;
  const widest = Math.max(...ticksOf(yScale).map((one) => widthOf(tickText(one, yScale))));
  const side = across ? 90 : yScale.shown ? widest + 10 : 10;
  const left = side + ((across ? xScale : yScale).title ? 18 : 0);
  const legendRows = chart.legend === "b" ? legendLines(chart, layers, width).length : 0;
  const bottom =
    (xScale.shown ? 20 : 6) + ((across ? yScale : xScale).title ? 18 : 0) + 18 * legendRows;
  const right = chart.legend === "r" ? Math.min(width * 0.3, 14 + 24 + legendWidth(layers)) : 14;
  return {
    left,
    top: title,
    width: Math.max(20, width - left - right),
    height: Math.max(20, height - title - bottom - 6),
  };
}

/** @param {any[]} layers */
const legendWidth = (layers) =>
  Math.max(
    ...layers.flatMap((layer) => layer.series.map((/** @type {any} */ one) => widthOf(one.name))),
  );

/**
 * Return the series of a legend at the bottom, line by line.
 * @param {any} chart
 * @param {any[]} layers
 * @param {number} width
 */
function legendLines(chart, layers, width) {
  /** @type {any[][]} */
  const lines = [[]];
  let used = 0;
  for (const one of layers.flatMap((layer) =>
    layer.series.map((/** @type {any} */ s) => ({ ...s, type: layer.type })),
  )) {
    if (chart.hidden.includes(one.index) || !one.name) continue;
    const needs = 34 + widthOf(one.name);
    if (used + needs > width - 20 && lines[lines.length - 1].length) {
      lines.push([]);
      used = 0;
    }
    lines[lines.length - 1].push(one);
    used += needs;
  }
  return lines;
}

/**
 * @param {number} tick
 * @param {Scale} scale
 */
const tickText = (tick, scale) =>
  scale.format === "General" || scale.format === ""
    ? general(tick)
    : formatValue(tick, scale.format).text;

/**
 * @param {SVGElement} svg
 * @param {any} chart
 * @param {SheetLook} look
 * @param {{left: number, top: number, width: number, height: number}} room
 * @param {number} width
 * @param {number} height
 * @param {Scale} xScale
 * @param {Scale} yScale
 */
function drawTexts(svg, chart, look, room, width, height, xScale, yScale) {
  const title = textFrom(chart.title, look);
  if (title) svg.append(part("text", { x: width / 2, y: 20, class: "chart-title" }, title));
  const below = room.top + room.height + (xScale.shown ? 34 : 18);
  if (xScale.title)
    svg.append(
      part(
        "text",
        { x: room.left + room.width / 2, y: Math.min(below, height - 6), class: "axis-title" },
        xScale.title,
      ),
    );
  if (yScale.title) {
    const y = room.top + room.height / 2;
    svg.append(
      part(
        "text",
        { x: 14, y, class: "axis-title", transform: `rotate(-90 14 ${y})` },
        yScale.title,
      ),
    );
  }
}

/**
 * @param {SVGElement} svg
 * @param {{left: number, top: number, width: number, height: number}} room
 * @param {{x: (x: number) => number, y: (y: number) => number}} place
 * @param {Scale} xScale along the bottom
 * @param {Scale} yScale along the side
 * @param {string[] | null} xNames
 * @param {string[] | null} yNames
 */
function drawAxes(svg, room, place, xScale, yScale, xNames, yNames) {
  const bottom = room.top + room.height;
  const right = room.left + room.width;
  const yTicks = yNames ? yNames.map((_, i) => i + 1) : ticksOf(yScale);
  for (const tick of yTicks) {
    const y = place.y(tick);
    if (yScale.grid && !yNames)
      svg.append(part("line", { x1: room.left, x2: right, y1: y, y2: y, class: "grid-line" }));
    if (yScale.shown) {
      const text = yNames ? yNames[tick - 1] : tickText(tick, yScale);
      svg.append(part("text", { x: room.left - 6, y: y + 4, class: "tick end" }, text));
    }
  }
  const xTicks = xNames ? xNames.map((_, i) => i + 1) : ticksOf(xScale);
  const every = Math.max(
    1,
    Math.ceil((xTicks.length * 7 * widestOf(xTicks, xScale, xNames)) / room.width),
  );
  xTicks.forEach((tick, i) => {
    const x = place.x(tick);
    if (xScale.grid && !xNames)
      svg.append(part("line", { x1: x, x2: x, y1: room.top, y2: bottom, class: "grid-line" }));
    if (xScale.shown && i % every === 0) {
      svg.append(
        part(
          "text",
          { x, y: bottom + 15, class: "tick" },
          xNames ? xNames[tick - 1] : tickText(tick, xScale),
        ),
      );
    }
  });
  const zero =
    !yScale.log && !xScale.low && yScale.min < 0 && yScale.max > 0 && !yNames ? place.y(0) : bottom;
  svg.append(part("line", { x1: room.left, x2: right, y1: zero, y2: zero, class: "axis-line" }));
  svg.append(
    part("line", { x1: room.left, x2: room.left, y1: room.top, y2: bottom, class: "axis-line" }),
  );
}

/**
 * @param {number[]} ticks
 * @param {Scale} scale
 * @param {string[] | null} names
 */
const widestOf = (ticks, scale, names) =>
  Math.max(3, ...ticks.map((one) => (names ? names[one - 1] : tickText(one, scale)).length)) + 1;

/** @param {any} series */
const colorOf = (series) =>
  series.lineColor || series.markerColor || series.color || COLORS[series.index % COLORS.length];

/**
 * @param {SVGElement} area
 * @param {any} series
 * @param {string} type
 * @param {{x: (x: number) => number, y: (y: number) => number}} place
 * @param {Scale} yScale
 */
function drawSeries(area, series, type, place, yScale) {
  const color = colorOf(series);
  /** @type {{x: number, y: number, i: number}[]} */
  const spots = [];
  let path = "";
  let open = false;
  series.points.forEach((/** @type {{x: number, y: number}} */ point, /** @type {number} */ i) => {
    const [x, y] = [place.x(point.x), place.y(point.y)];
    const good = Number.isFinite(x) && Number.isFinite(y) && !(yScale.log && point.y <= 0);
    if (good) {
      const spot = { x: clamp(x), y: clamp(y), i };
      spots.push(spot);
      path += `${open ? "L" : "M"}${spot.x.toFixed(2)} ${spot.y.toFixed(2)}`;
    }
    open = good;
  });
  if (type === "area" && spots.length) {
    const base = place.y(Math.max(yScale.min, 0));
    const closed = `${path}L${spots[spots.length - 1].x} ${base}L${spots[0].x} ${base}Z`;
    area.append(part("path", { d: closed, fill: series.color || color, stroke: "none" }));
  } else if (series.line !== "none" && path) {
    const line = {
      d: path,
      fill: "none",
      stroke: series.lineColor || color,
      "stroke-width": series.width ?? 2.25,
      "stroke-linejoin": "round",
    };
    area.append(
      part(
        "path",
        series.dash
          ? { ...line, "stroke-dasharray": /dot/i.test(series.dash) ? "2 3" : "6 4" }
          : line,
      ),
    );
  }
  const bare = series.marker === "none" || (series.marker === "" && type === "line");
  for (const { x, y, i } of bare ? [] : spots) {
    area.append(markerAt(series, x, y, series.pointColors?.[i] ?? series.markerColor ?? color));
  }
  for (const { x, y, i } of series.labels ? spots : []) {
    const text = series.labels.texts[i];
    if (text) area.append(labelAt(text, x, y, series.labels.position));
  }
}

/**
 * Return a place that is drawn nearby if it is far off the chart.
 * @param {number} pixel
 */
const clamp = (pixel) => Math.min(Math.max(pixel, -1e5), 1e5);

/**
 * @param {any} series
 * @param {number} x
 * @param {number} y
 * @param {string} color
 */
function markerAt(series, x, y, color) {
  const r = (series.size * 4) / 3 / 2;
  const fill = color || colorOf(series);
  if (series.marker === "square")
    return part("rect", { x: x - r, y: y - r, width: 2 * r, height: 2 * r, fill });
  if (series.marker === "diamond" || series.marker === "") {
    return part("path", { d: `M${x} ${y - r}L${x + r} ${y}L${x} ${y + r}L${x - r} ${y}Z`, fill });
  }
  if (series.marker === "triangle")
    return part("path", { d: `M${x} ${y - r}L${x + r} ${y + r}L${x - r} ${y + r}Z`, fill });
  if (series.marker === "x" || series.marker === "star" || series.marker === "plus") {
    const d = `M${x - r} ${y - r}L${x + r} ${y + r}M${x - r} ${y + r}L${x + r} ${y - r}`;
    return part("path", { d, stroke: fill, "stroke-width": 1.5 });
  }
  return part("circle", { cx: x, cy: y, r, fill });
}

/**
 * @param {string} text
 * @param {number} x
 * @param {number} y
 * @param {string} position
 */
function labelAt(text, x, y, position) {
  const [dx, dy, anchor] =
    position === "l"
      ? [-6, 4, "end"]
      : position === "t"
        ? [0, -7, "middle"]
        : position === "b"
          ? [0, 15, "middle"]
          : position === "ctr"
            ? [0, 4, "middle"]
            : [6, 4, "start"];
  return part(
    "text",
    { x: x + Number(dx), y: y + Number(dy), class: "label", "text-anchor": String(anchor) },
    text,
  );
}

/**
 * @param {SVGElement} area
 * @param {any} layer
 * @param {{left: number, top: number, width: number, height: number}} room
 * @param {{x: (x: number) => number, y: (y: number) => number}} place
 * @param {Scale} xScale
 * @param {Scale} yScale
 * @param {boolean} across
 */
function drawBars(area, layer, room, place, xScale, yScale, across) {
  const stacked = /stacked/i.test(layer.grouping);
  const count = Math.max(1, Math.round(xScale.max - xScale.min));
  const slot = (across ? room.height : room.width) / count;
  const each = stacked ? 1 : layer.series.length;
  const thick = slot / (each + layer.gap / 100);
  const bases = new Map();
  layer.series.forEach((/** @type {any} */ series, /** @type {number} */ k) => {
    for (const [i, { x, y }] of series.points.entries()) {
      if (!Number.isFinite(y)) continue;
      const key = `${x},${y >= 0}`;
      const base = stacked ? (bases.get(key) ?? 0) : Math.min(Math.max(0, yScale.min), yScale.max);
      bases.set(key, base + y);
      const [from, to] = stacked ? [base, base + y] : [base, y];
      const offset = stacked ? -thick / 2 : (k - each / 2) * thick;
      const fill = series.pointColors?.[i] ?? (series.color || colorOf(series));
      if (across) {
        const [a, b] = [place.x(from), place.x(to)];
        area.append(
          part("rect", {
            x: Math.min(a, b),
            y: place.y(x) + offset,
            width: Math.abs(a - b),
            height: thick,
            fill,
          }),
        );
      } else {
        const [a, b] = [place.y(from), place.y(to)];
        area.append(
          part("rect", {
            x: place.x(x) + offset,
            y: Math.min(a, b),
            width: thick,
            height: Math.abs(a - b),
            fill,
          }),
        );
      }
      const text = series.labels?.texts[i];
      if (text && !across)
        area.append(labelAt(text, place.x(x) + offset + thick / 2, place.y(to), "t"));
      else if (text) area.append(labelAt(text, place.x(to), place.y(x) + offset + thick / 2, "r"));
    }
  });
}

/**
 * @param {SVGElement} svg
 * @param {any} chart
 * @param {any[]} layers
 * @param {{left: number, top: number, width: number, height: number}} room
 * @param {number} width
 * @param {number} height
 */
function drawLegend(svg, chart, layers, room, width, height) {
  if (!chart.legend) return;
  if (chart.legend === "r") {
    for (const [i, one] of legendLines(chart, layers, 1e9)[0].entries()) {
      drawEntry(svg, one, width - legendWidth(layers) - 36, room.top + 14 + 18 * i);
    }
    return;
  }
  const lines = legendLines(chart, layers, width);
  lines.forEach((line, k) => {
    const total = line.reduce((sum, one) => sum + 34 + widthOf(one.name), 0);
    let x = (width - total) / 2;
    const y = chart.legend === "t" ? room.top - 6 : height - 10 - 18 * (lines.length - 1 - k);
    for (const one of line) {
      drawEntry(svg, one, x, y);
      x += 34 + widthOf(one.name);
    }
  });
}

/**
 * @param {SVGElement} svg
 * @param {any} series
 * @param {number} x
 * @param {number} y
 */
function drawEntry(svg, series, x, y) {
  if (series.type === "bar" || series.type === "area") {
    svg.append(
      part("rect", {
        x: x + 8,
        y: y - 8,
        width: 10,
        height: 10,
        fill: series.color || colorOf(series),
      }),
    );
  } else {
    if (series.line !== "none") {
      svg.append(
        part("line", {
          x1: x,
          x2: x + 22,
          y1: y - 3,
          y2: y - 3,
          stroke: colorOf(series),
          "stroke-width": series.width ?? 2.25,
        }),
      );
    }
    if (series.marker !== "none" && !(series.marker === "" && series.type === "line")) {
      svg.append(markerAt(series, x + 11, y - 3, series.markerColor));
    }
  }
  svg.append(part("text", { x: x + 26, y: y + 1, class: "legend" }, series.name));
}
