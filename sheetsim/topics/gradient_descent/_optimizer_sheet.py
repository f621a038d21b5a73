"""The layout that the optimizers' sheets share.

From top to bottom: inputs in the frozen rows; below them, side by side and on the first screen,
the curve of RMSE, the line over the points and the summary by epoch; the panel with the rows of
the chosen epoch; and all steps of all epochs, in the same columns. To the right of all that, out
of sight, stands what the charts draw: the curve up to the step to show, and nothing beyond the
error limit.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sheetsim.data import Points
from sheetsim.sheet import Array, Block, Chart, Column, Series, Sheet, Valid, table
from sheetsim.topics import _divergence
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft
from sheetsim.topics._step_to_show import (
    epoch_formula,
    shown_step,
    step_to_show,
    until,
    until_formula,
)
from sheetsim.topics.gradient_descent._optimizer import Optimizer
from sheetsim.topics.gradient_descent._steps import Variant, state_names

FACTS, BAND = 2, 5
"""Row of the labels of the inputs, and the top row of charts and summary."""

CURVE, LINE, SUMMARY = 0, 6, 10
"""First columns of the two charts and of the summary."""

SUMMARIES = ("epoch", "b", "a", "rmse", "pass_rmse", "root_sse", "lost_b", "lost_a")
LEAST_BAND, MOST_EPOCHS = 19, 25
"""Rows of the charts, and up to how many epochs these and the summary grow together."""

FORMULAS = {
    "pred": "={b}+{a}*{x}",
    "squared_error": "=({y}-{pred})^2",
    "de_db": "=2*({pred}-{y})",
    "de_da": "={x}*{de_db}",
    "avg_grad2": "=SQRT({v_b})+SQRT({v_a})",
    "prev_grad2": "={^prev_grad2}",
    "epoch_lr": "={^epoch_lr}",
    "b": "={^new_b}",
    "a": "={^new_a}",
}
"""Columns that are the same whatever the optimizer."""

ANNEAL = {
    "prev_grad2": "=MIN({^avg_grad2},{^prev_grad2})",
    "epoch_lr": "=IF({^avg_grad2}/{^prev_grad2}>anneal_above,{^epoch_lr}/anneal_by,{^epoch_lr})",
}
"""Columns whose first row in an epoch follows the annealing rule."""

DROP_LAST = {"b": "={^b}", "a": "={^a}"}
"""The first row of an epoch in the lecture: b and a as they stood before the last update."""

STYLES = {"x": "calc.general", "y": "calc.general", "prev_grad2": "calc.power"}

USUAL, SMALL = "input.general", "input.power"
"""Looks of the parameters."""

RESET = "the lecture's Reset, for the settings this file was built with"
NO_RESET = "the lecture does not have it: the textbook variant in every workbook, all updates kept"
"""Notes above the headings."""


@dataclass(frozen=True)
class _Parts:
    """What the pieces of a sheet have to know of each other.

    Attributes:
        sheet: under construction.
        variant: of the optimizer.
        frame: NumPy's columns of all steps.
        line: the points.
        x: where the points' x stand, as formulas here refer to them.
        y: where the points' y stand.
        columns: of the steps, the flag included.
    """

    sheet: Sheet
    variant: Variant
    frame: pd.DataFrame
    line: Points
    x: Block
    y: Block
    columns: int

    @property
    def epochs(self) -> int:
        return len(self.frame) // self.line.n

    @property
    def last(self) -> list[int]:
        """The last row of each epoch, counted from the first step."""
        return [(epoch + 1) * self.line.n - 1 for epoch in range(self.epochs)]

    @property
    def beside(self) -> bool:
        """Whether the summary is short enough to stand beside the charts."""
        return self.epochs <= MOST_EPOCHS

    @property
    def summary(self) -> int:
        """The first column of the summary: beside the charts, or beside all steps."""
        return SUMMARY if self.beside else max(self.columns, SUMMARY) + 1

    @property
    def drawn(self) -> int:
        """The first column of what the charts draw."""
        return max(self.columns, self.summary + len(SUMMARIES)) + 1

    @property
    def band(self) -> int:
        """Rows of the charts."""
        return max(LEAST_BAND, self.epochs + 5) if self.beside else LEAST_BAND

    @property
    def panel(self) -> int:
        """The first row of the panel, below a line and its headings."""
        return BAND + self.band + 3

    @property
    def steps(self) -> int:
        """The first row of all steps, below a line and their headings."""
        return self.panel + self.line.n + 3


def optimizer_sheet(optimizer: Optimizer, book: Draft) -> Sheet:
    """The sheet of an optimizer, with NumPy's value in every cell."""
    chosen, variant = optimizer.variant(book.plan["variant"])
    sheet = book.new(optimizer.name, f"{optimizer.title} ({chosen} variant)")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, f"{variant.rule}. {variant.difference}".rstrip(), "lead")

    x, y = book["data"]["x"], book["data"]["y"]
    line = Points(x.values[:, 0], y.values[:, 0], "sheet data")
    epochs = int(book.plan["epochs"])
    values = _inputs(sheet, optimizer, variant, epochs * line.n)
    frame = optimizer.frame(variant, line, epochs, values)
    limit = _error_limit(line, values)
    columns = _columns(optimizer, variant, frame, x.qualified, y.qualified)
    flag = ("{squared_error}", "error_limit^2", frame["squared_error"].to_numpy(), limit**2)
    columns.append(_divergence.flag_column(*flag))
    parts = _Parts(sheet, variant, frame, line, x.qualified, y.qualified, len(columns))

    headings = [[column.name for column in columns]]
    for row, text in (
        (parts.panel, "the rows of epoch_to_show; all epochs stand below them"),
        (parts.steps, f"all {parts.epochs} epochs, one step a row"),
    ):
        sheet.text(row - 2, 0, text, "band")
        sheet.labels(row - 1, 0, headings, "heading")
        sheet.heights[row - 1] = 31
    steps = table(sheet, parts.steps, 0, columns, line.n)
    epoch = _summary(parts, steps, values)
    _outcomes(parts, steps, limit)
    _panel(parts, steps, epoch)
    _charts(parts, epoch)
    _looks(parts)
    return sheet


def _inputs(sheet: Sheet, optimizer: Optimizer, variant: Variant, steps: int) -> dict[str, float]:
    """The inputs, in the frozen rows; their values by name."""
    row = [
        Fact(
            name, name, None, default, SMALL if default < 1e-6 else USUAL, optimizer.range_of(name)
        )
        for name, default in variant.hyper.items()
    ]
    starts = ["start_b", "start_a", *(f"start_{name}" for name in state_names(optimizer.state))]
    starts += ["start_prev_grad2"] * variant.anneals
    wide = {f"start_{name}" for name in (*state_names(optimizer.wide), "prev_grad2")}
    for name in starts:
        look = "input.power" if name in wide else "input.step"
        row.append(Fact(name, name, None, 1.0, look, optimizer.range_of(name)))
    if variant.warm_up or optimizer.lecture is None:
        carried = ", ".join(f"start_{name}" for name in optimizer.state)
        note = f"{carried}: {RESET}" if variant.warm_up else NO_RESET
        sheet.text(BAND - 1, 0, note, "note")
    row.append(_divergence.times())
    row.append(step_to_show(steps))
    return {name: float(block.value) for name, block in facts(sheet, FACTS, 0, row).items()}


def _error_limit(line: Points, values: Mapping[str, float]) -> float:
    """The error from which a run has diverged: so many times the first one, or the size of y."""
    start = _root_mean_square(values["start_b"] + values["start_a"] * line.x - line.y)
    size = np.nanmax([_root_mean_square(line.y), 0.0 if np.isnan(start) else start])
    return float(values["diverged_above"] * size)


def _root_mean_square(gaps: Array) -> float:
    """Of gaps (n,); NaN beyond the range of floats."""
    with np.errstate(all="ignore"):
        size = float(np.sqrt(np.mean(gaps**2)))
    return size if np.isfinite(size) else np.nan


def _columns(
    optimizer: Optimizer, variant: Variant, frame: pd.DataFrame, x: Block, y: Block
) -> list[Column]:
    """The columns of the steps; `frame` has their values, in the same order."""
    templates = {**FORMULAS, **variant.formulas}
    templates |= {extra.name: extra.formula for extra in optimizer.extras}
    templates |= {name: f"=INDEX({block.range},{{step}})" for name, block in (("x", x), ("y", y))}
    styles = STYLES | dict.fromkeys(state_names(optimizer.wide), "calc.power")
    styles |= {extra.name: extra.style for extra in optimizer.extras}
    restarts = ANNEAL if variant.keeps_all else ANNEAL | DROP_LAST
    columns = []
    for name in frame.columns:
        template = templates.get(name)
        columns.append(
            Column(
                name,
                template,
                frame[name].to_numpy(),
                first=_first(name, template) if template else None,
                restart=restarts.get(name),
                style=styles.get(name, "calc.step" if template else "index"),
            )
        )
    return columns


def _first(name: str, template: str) -> str:
    """A column's formula in the first row: what the row above would hold is an input."""
    if name == "epoch_lr":
        return "=lr"
    return re.sub(r"\{\^(?:new_)?(\w+)\}", r"start_\1", template)


def _summary(parts: _Parts, steps: Mapping[str, Block], values: Mapping[str, float]) -> Block:
    """By epoch: where b and a stand, the RMSE there, and what the pass over the points saw.

    Returns:
        The numbers of the epochs, from 0.
    """
    sheet, left, row, n = parts.sheet, parts.summary, BAND + 4, parts.line.n
    sheet.labels(row - 1, left, [list(SUMMARIES)], "heading")
    sheet.text(row - 2, left, "root_sse is what the lecture calls rmse", "note")
    epoch = sheet.numbers(row, left, [[e] for e in range(parts.epochs + 1)], "index")
    ends = {}
    for offset, of in enumerate("ba", start=1):
        name = f"new_{of}" if parts.variant.keeps_all else of
        cells = [f"=start_{of}", *(f"={steps[name].at(i)}" for i in parts.last)]
        places = [values[f"start_{of}"], *parts.frame[name].to_numpy()[parts.last]]
        ends[of] = sheet.formulas(
            row, left + offset, f"epoch_{of}", [[c] for c in cells], _column(places), "calc.step"
        )
    gaps = ends["b"].values + ends["a"].values * parts.line.x - parts.line.y
    rmse = _column([_root_mean_square(line) for line in gaps])
    formula = _rmse_formula(parts, ends["b"].cell, ends["a"].cell)
    sheet.fill(row, left + 3, "rmse", formula, rmse, "calc.objective")
    seen = parts.frame["squared_error"].to_numpy().reshape(parts.epochs, n).sum(axis=1)
    passes = [
        steps["squared_error"].part(slice(e * n, (e + 1) * n)).range for e in range(parts.epochs)
    ]
    for offset, name, formula, outcome in (
        (4, "pass_rmse", "=SQRT(SUM({})/points)", np.sqrt(seen / n)),
        (5, "root_sse", "=SQRT(SUM({}))", np.sqrt(seen)),
    ):
        cells = [formula.format(one) for one in passes]
        at = _column(outcome)
        sheet.formulas(row + 1, left + offset, name, [[c] for c in cells], at, "calc.objective")
    for offset, of in enumerate("ba", start=6):
        kept, new = ends[of].part(slice(1, None)), steps[f"new_{of}"]
        cells = [f"={new.at(i)}-{kept.at(e)}" for e, i in enumerate(parts.last)]
        lost = new.values[parts.last] - kept.values
        sheet.formulas(
            row + 1, left + offset, f"lost_{of}", [[c] for c in cells], lost, "calc.step"
        )
    return epoch


def _rmse_formula(parts: _Parts, b: str, a: str) -> str:
    """RMSE of a line over all points."""
    return f"=SQRT(SUMPRODUCT(({b}+{a}*{parts.x.range}-{parts.y.range})^2)/points)"


def _outcomes(parts: _Parts, steps: Mapping[str, Block], limit: float) -> None:
    """Above the summary: whether the run diverged, and where it is in the step to show."""
    sheet, n, flag = parts.sheet, parts.line.n, steps[_divergence.FLAG]
    size = f"SQRT(SUMSQ({parts.y.range})/points)"
    end = sheet["rmse"]
    start = end.at(0)
    steps_made = len(parts.frame)
    there = shown_step(float(sheet["step_to_show"].value), steps_made)
    shown = int(there.value)
    place = {}
    for of in "ba":
        column, last = parts.frame[of].to_numpy(), sheet[f"epoch_{of}"].values[-1, 0]
        place[of] = float(last if shown == steps_made else column[shown])
    at_step = {
        of: f"=IF(shown_step<steps_made,INDEX({steps[of].range},shown_step+1),{last})"
        for of in "ba"
        for last in [sheet[f"epoch_{of}"].at(parts.epochs)]
    }
    rmse = _root_mean_square(place["b"] + place["a"] * parts.line.x - parts.line.y)
    row = (
        Fact("points", "points", f"=COUNT({parts.x.range})", n, "calc.index"),
        Fact("steps", "steps_made", f"=COUNT({flag.range})", steps_made, "calc.index"),
        Fact(
            "error limit",
            "error_limit",
            f"=diverged_above*IFERROR(MAX({start},{size}),{size})",
            limit,
            "calc.step",
        ),
        _divergence.told(flag, end.at(end.rows - 1), "error_limit", (end.values[-1, 0], limit)),
        there,
        Fact("b there", "step_b", at_step["b"], place["b"], "calc.step"),
        Fact("a there", "step_a", at_step["a"], place["a"], "calc.step"),
        Fact("RMSE there", "step_rmse", _rmse_formula(parts, "step_b", "step_a"), rmse, "key.step"),
    )
    placed = facts(sheet, BAND, parts.summary, row)
    _divergence.alarm(sheet, placed["diverged_in"])


def _charts(parts: _Parts, epoch: Block) -> None:
    """The curve up to the step to show, and the line there; beside the steps what they draw."""
    sheet, left, n = parts.sheet, parts.drawn, parts.line.n
    limit, shown, at = (
        float(sheet[name].value) for name in ("error_limit", "shown_step", "step_rmse")
    )
    rmse = sheet["rmse"]
    sheet.text(BAND, left, "what the charts draw", "band")
    sheet.labels(BAND + 3, left, [["epochs", "RMSE"]], "heading")
    epochs = until(epoch.values, n, shown, epoch.values, shown / n)
    formula = epoch_formula(epoch.cell)
    x = sheet.fill(epoch.row, left, "drawn_epoch", formula, epochs, "calc.step")
    whole = _divergence.drawn_formula(rmse.cell, "error_limit")
    here = _divergence.drawn_formula("step_rmse", "error_limit")
    ends = _divergence.drawn(rmse.values, limit), float(_divergence.drawn(at, limit))
    values = until(epoch.values, n, shown, *ends)
    formula = until_formula(epoch.cell, whole, here)
    y = sheet.fill(epoch.row, left + 1, "drawn_rmse", formula, values, "calc.objective")
    title = "RMSE by epoch, up to the step to show"
    curve = Series("RMSE", x, y)
    columns, reach = LINE - CURVE, (0, parts.epochs)
    sheet.charts.append(
        Chart(title, "epoch", "RMSE", (curve,), BAND, CURVE, columns, parts.band, x_range=reach)
    )
    low_high = np.array([[parts.line.x.min()], [parts.line.x.max()]])
    sheet.labels(BAND + 3, left + 3, [["x", "the line"]], "heading")
    formulas = [[f"=MIN({parts.x.range})"], [f"=MAX({parts.x.range})"]]
    x = sheet.formulas(epoch.row, left + 3, "line_x", formulas, low_high, "calc.step")
    b, a = (float(sheet[name].value) for name in ("step_b", "step_a"))
    with np.errstate(all="ignore"):
        heights = b + a * low_high
    heights = np.where(np.isfinite(heights), heights, np.nan)
    formula = _divergence.drawn_formula(f"step_b+step_a*{x.cell}", "error_limit", signed=True)
    values = _divergence.drawn(heights, limit)
    y = sheet.fill(epoch.row, left + 4, "line_y", f"={formula}", values, "calc.step")
    series = (
        Series("points", parts.x, parts.y, line=False),
        Series("the line", x, y, points=False),
    )
    title = "The line after the step to show"
    sheet.charts.append(Chart(title, "x", "y", series, BAND, LINE, SUMMARY - LINE, parts.band))


def _panel(parts: _Parts, steps: Mapping[str, Block], epoch: Block) -> None:
    """The rows of the chosen epoch, in the columns of the steps, and the cell that chooses."""
    sheet, n = parts.sheet, parts.line.n
    at = sheet["step_to_show"].right
    valid = Valid(1, parts.epochs, choices=epoch.part(slice(1, None)).range)
    fact = Fact("epoch_to_show", "epoch_to_show", None, 1, "input.index", valid)
    shown = float(facts(sheet, FACTS, at, (fact,))["epoch_to_show"].value)
    number = sheet.numbers(parts.panel, 1, [[i + 1] for i in range(n)], "index")
    of_epoch = np.full((n, 1), shown)
    sheet.fill(parts.panel, 0, "shown_epoch", "=epoch_to_show", of_epoch, "calc.index")
    rows = np.floor((shown - 1) * n + np.arange(1, n + 1)).astype(int) - 1
    inside = (rows >= 0) & (rows < len(parts.frame))
    for offset, (name, column) in enumerate(steps.items()):
        if name in ("epoch", "step"):
            continue
        picked = np.where(inside, column.values[np.clip(rows, 0, len(parts.frame) - 1), 0], np.nan)
        formula = f"=INDEX({column.range},(epoch_to_show-1)*points+{number.across})"
        sheet.fill(parts.panel, offset, f"shown_{name}", formula, _column(picked), column.style)


def _looks(parts: _Parts) -> None:
    sheet, columns = parts.sheet, parts.columns
    sheet.width(0, 1, 8)
    sheet.width(2, 3, 12)
    sheet.width(4, parts.drawn - 1, 13.5)
    sheet.width(columns - 1, columns - 1, 13.5 if columns <= parts.summary + len(SUMMARIES) else 9)
    sheet.width(parts.drawn, parts.drawn + 4, 13)
    printed = max(columns, SUMMARY + len(SUMMARIES) * parts.beside)
    sheet.print_areas = ((0, 0, parts.panel + parts.line.n, printed),)
    sheet.heights[FACTS] = 31
    sheet.freeze = (BAND - 1, 2)


def _column(values: object) -> Array:
    return np.asarray(values, dtype=float)[:, None]
