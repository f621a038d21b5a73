"""The layout that the optimizers' sheets share.

From top to bottom: inputs in the frozen rows, the panel with the rows of the chosen epoch, and
all steps of all epochs, in the same columns under one heading; to the right a chart and the
summary by epoch.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from sheetsim.data import Points
from sheetsim.sheet import Array, Block, Chart, Column, Series, Sheet, Valid, table
from sheetsim.topics._inputs import Fact, facts
from sheetsim.topics._lesson import Draft
from sheetsim.topics.gradient_descent._optimizer import Optimizer
from sheetsim.topics.gradient_descent._steps import Variant, state_names

FACTS, HEADINGS, TOP = 2, 5, 6

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

RESET = "start_m, start_v: the lecture's Reset, for the settings this file was built with"
NOT_THE_LECTURES = (
    "the lecture does not have it: the textbook variant in every workbook, all updates kept"
)
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
        left: first column beside the steps.
    """

    sheet: Sheet
    variant: Variant
    frame: pd.DataFrame
    line: Points
    x: Block
    y: Block
    left: int

    @property
    def epochs(self) -> int:
        return len(self.frame) // self.line.n

    @property
    def last(self) -> list[int]:
        """The last row of each epoch, counted from the first step."""
        return [(epoch + 1) * self.line.n - 1 for epoch in range(self.epochs)]


def optimizer_sheet(optimizer: Optimizer, book: Draft) -> Sheet:
    """The sheet of an optimizer, with NumPy's value in every cell."""
    chosen, variant = optimizer.variant(book.plan["variant"])
    sheet = book.new(optimizer.name, f"{optimizer.title} ({chosen} variant)")
    sheet.text(0, 0, sheet.title, "title")
    sheet.text(1, 0, f"{variant.rule}. {variant.difference}".rstrip(), "lead")

    x, y = book["data"]["x"], book["data"]["y"]
    line = Points(x.values[:, 0], y.values[:, 0], "sheet data")
    values = _facts(sheet, optimizer, variant, line, x.abroad)
    frame = optimizer.frame(variant, line, book.plan["epochs"], values)
    columns = _columns(optimizer, variant, frame, x.abroad, y.abroad)
    parts = _Parts(sheet, variant, frame, line, x.abroad, y.abroad, len(columns) + 1)

    sheet.labels(HEADINGS, 0, [[column.name for column in columns]], "heading")
    top = TOP + line.n + 1
    sheet.text(HEADINGS - 1, 0, "the rows of epoch_to_show; all epochs stand below them", "band")
    sheet.text(top - 1, 0, f"all {parts.epochs} epochs, one step a row", "band")
    steps = table(sheet, top, 0, columns, line.n)
    epoch = _summary(parts, steps, values)
    _panel(parts, steps, epoch)
    _looks(parts, len(columns))
    return sheet


def _facts(
    sheet: Sheet, optimizer: Optimizer, variant: Variant, line: Points, x: Block
) -> dict[str, float]:
    """The inputs, in the frozen rows; their values by name."""
    row = [
        Fact(name, name, None, default, "input.general", optimizer.range_of(name))
        for name, default in variant.hyper.items()
    ]
    starts = ["start_b", "start_a", *(f"start_{name}" for name in state_names(optimizer.state))]
    starts += ["start_prev_grad2"] * variant.anneals
    wide = {f"start_{name}" for name in (*state_names(optimizer.wide), "prev_grad2")}
    for name in starts:
        look = "input.power" if name in wide else "input.step"
        row.append(Fact(name, name, None, 1.0, look, optimizer.range_of(name)))
    if variant.warm_up or optimizer.lecture is None:
        sheet.text(HEADINGS - 1, 8, RESET if variant.warm_up else NOT_THE_LECTURES, "note")
    row.append(Fact("points", "points", f"=COUNT({x.range})", line.n, "calc.index"))
    return {name: float(block.value) for name, block in facts(sheet, FACTS, 0, row).items()}


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
        The numbers of the epochs, from 1.
    """
    sheet, left, row, n = parts.sheet, parts.left, TOP + 18, parts.line.n
    headings = ["epoch", "b", "a", "rmse", "pass_rmse", "root_sse", "lost_b", "lost_a"]
    sheet.labels(row - 1, left, [headings], "heading")
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
    rmse = _rmse(parts, row, ends["b"], ends["a"])
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
    series = Series("RMSE", epoch, rmse)
    chart = Chart("RMSE at the end of each epoch", "epoch", "RMSE", (series,), TOP, left, columns=8)
    sheet.charts.append(chart)
    return epoch.part(slice(1, None))


def _rmse(parts: _Parts, row: int, b: Block, a: Block) -> Block:
    """RMSE over all points of the line that each epoch ends with."""
    with np.errstate(all="ignore"):
        gaps = b.values + a.values * parts.line.x - parts.line.y
        rmse = np.sqrt(np.mean(gaps**2, axis=1, keepdims=True))
    gap = f"{b.cell}+{a.cell}*{parts.x.range}-{parts.y.range}"
    return parts.sheet.fill(
        row,
        parts.left + 3,
        "rmse",
        f"=SQRT(SUMPRODUCT(({gap})^2)/points)",
        np.where(np.isfinite(rmse), rmse, np.nan),
        "calc.objective",
    )


def _panel(parts: _Parts, steps: Mapping[str, Block], epoch: Block) -> None:
    """The rows of the chosen epoch, in the columns of the steps, and the cell that chooses."""
    sheet, n = parts.sheet, parts.line.n
    at = max(block.right for block in sheet.parts if block.row == FACTS)
    valid = Valid(1, parts.epochs, choices=epoch.range)
    fact = Fact("epoch_to_show", "epoch_to_show", None, 1, "input.index", valid)
    shown = float(facts(sheet, FACTS, at, (fact,))["epoch_to_show"].value)
    number = sheet.numbers(TOP, 1, [[i + 1] for i in range(n)], "index")
    sheet.fill(TOP, 0, "shown_epoch", "=epoch_to_show", np.full((n, 1), shown), "calc.index")
    rows = np.floor((shown - 1) * n + np.arange(1, n + 1)).astype(int) - 1
    inside = (rows >= 0) & (rows < len(parts.frame))
    for offset, name in enumerate(parts.frame.columns):
        if name in ("epoch", "step"):
            continue
        column = steps[name]
        picked = np.where(inside, column.values[np.clip(rows, 0, len(parts.frame) - 1), 0], np.nan)
        formula = f"=INDEX({column.range},(epoch_to_show-1)*points+{number.across})"
        sheet.fill(TOP, offset, f"shown_{name}", formula, _column(picked), column.style)


def _looks(parts: _Parts, columns: int) -> None:
    sheet = parts.sheet
    sheet.width(0, 1, 8)
    sheet.width(2, columns - 1, 13.5)
    sheet.width(columns, columns, 2)
    sheet.width(parts.left, parts.left + 7, 13)
    bottom, right = sheet.extent
    aside = max(chart.row + chart.rows for chart in sheet.charts) + parts.epochs + 4
    sheet.print_areas = ((0, 0, bottom, columns), (HEADINGS, parts.left, aside, right))
    sheet.heights[FACTS], sheet.heights[HEADINGS] = 31, 31
    sheet.freeze = (TOP, 2)
    sheet.repeat_rows = (HEADINGS, HEADINGS)


def _column(values: object) -> Array:
    return np.asarray(values, dtype=float)[:, None]
