"""The sheet solver: what NumPy's solver did with each model of the workbook.

It is the record of a run, so its numbers are constants, but for the objective as it stands now
and its distance from the optimum, which are live. The start and the optimum stand below them in the
shapes of the topic's own blocks, to be copied there; the log of the trials stands to the right, and
is left out of print.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from sheetsim.sheet import Block, Chart, Series, Sheet
from sheetsim.solver import Result
from sheetsim.topics._lesson import Draft, Topic, as_blocks

NAME = "solver"
LOG = ("iteration", "objective", "evaluations")

CHART, ACROSS, DOWN = 3, 8, 14
"""First column of the chart of the trials, its columns and its rows."""

GAP = 3
"""Columns between a start and the optimum beside it."""


def record(sheet: Sheet, name: str, result: Result) -> dict[str, Any]:
    """What the solver sheet holds of a run, by block name.

    Args:
        sheet: the topic's, for the shapes of its variables.
        name: of the topic.
        result: what came of it.
    """
    log = [[trial.iteration, trial.objective, trial.evaluations] for trial in result.log]
    given = {
        f"{name}_log": np.array(log, dtype=object),
        f"{name}_at_start": result.start_objective,
        f"{name}_optimum": result.objective,
        f"{name}_status": result.status,
        f"{name}_iterations": result.iterations,
        f"{name}_evaluations": result.evaluations,
        f"{name}_time": time_taken(result.seconds),
    }
    for when, variables in (("start", result.start), ("optimum", result.variables)):
        for block, values in as_blocks(sheet, variables).items():
            given[f"{name}_{when}_{block}"] = values
    return given


def time_taken(seconds: float) -> str:
    """The time in coarse words, for the same build must give the same workbook."""
    for limit, words in ((60, "under a minute"), (600, "under ten minutes")):
        if seconds < limit:
            return words
    return "over ten minutes"


def solver_sheet(book: Draft, topics: Iterable[Topic]) -> Sheet:
    """The sheet, a section for each model."""
    sheet = book.new(NAME, "What the NumPy solver found")
    sheet.text(0, 0, sheet.title, "title")
    lead = (
        "A record of one run of sheetsim's solver for each model; only 'objective now' is live. "
        "Copy a start onto its cells (Paste Special > Values) to solve again in Excel."
    )
    sheet.text(1, 0, lead, "lead")
    row = 3
    for topic in topics:
        row = _section(sheet, book, topic, row)
    sheet.width(0, 0, 24)
    sheet.width(1, 1, 14)
    _, right = sheet.extent
    sheet.width(2, right - 1, 10.5)
    sheet.freeze = (3, 0)
    return sheet


def _section(sheet: Sheet, book: Draft, topic: Topic, row: int) -> int:
    """One model; returns the first row for the next."""
    name, source = topic.name, book[topic.name]
    model = source.solver
    assert model is not None  # noqa: S101 - only topics with a model have a section
    sheet.text(row, 0, f"{name}: minimize {model.objective.qualified.range}", "band")
    places = ", ".join(block.qualified.range for block in model.variables)
    sheet.text(row + 1, 0, f"by changing {places}", "note")
    sheet.text(row + 2, 0, "why it stopped", "row heading")
    sheet.records(row + 2, 1, f"{name}_status", (1, 1), "calc.text")
    top, trials = row + 5, int(book.plan[f"{name}_trials"])
    _outcome(sheet, name, top, model.objective)
    right = max(CHART + ACROSS, *(1 + block.columns for block in model.variables))
    _log(sheet, name, top - 1, right + 1, trials)
    bottom = _points(sheet, name, top + DOWN, right, model.variables)
    sheet.print_areas += ((row if sheet.print_areas else 0, 0, bottom, right),)
    return max(bottom, top + trials + 1) + 1


def _points(sheet: Sheet, name: str, row: int, right: int, variables: tuple[Block, ...]) -> int:
    """The start and the optimum: side by side where there is room, else the starts first.

    Returns:
        The first row below them.
    """

    def put(when: str, block: Block, column: int) -> None:
        sheet.text(row, column, f"{when}: {block.name}, for {block.qualified.range}", "band")
        key = f"{name}_{when}_{block.name}"
        sheet.records(row + 1, column, key, block.values.shape, "calc.factor")

    for block in variables:
        put("start", block, 1)
        if 1 + 2 * block.columns + GAP <= right:
            put("optimum", block, 1 + block.columns + GAP)
        row += block.rows + 2
    for block in variables:
        if f"{name}_optimum_{block.name}" not in sheet.blocks:
            put("optimum", block, 1)
            row += block.rows + 2
    return row


def _outcome(sheet: Sheet, name: str, row: int, objective: Block) -> None:
    """The facts of the run, one below the other."""
    sheet.text(row - 1, 0, "the run", "heading")
    lines: Mapping[str, tuple[str, str]] = {
        "at_start": ("objective at the start", "calc.objective"),
        "optimum": ("objective at the optimum", "key.objective"),
        "iterations": ("iterations", "calc.index"),
        "evaluations": ("evaluations", "calc.index"),
        "time": ("time, rounded up", "calc.text"),
    }
    for offset, (key, (label, style)) in enumerate(lines.items()):
        at = row + offset + (2 if offset > 1 else 0)
        sheet.text(at, 0, label, "row heading")
        sheet.records(at, 1, f"{name}_{key}", (1, 1), style)
    optimum = sheet[f"{name}_optimum"]
    sheet.text(row + 2, 0, "objective now", "row heading")
    there = f"={objective.qualified.range}"
    now = sheet.fill(row + 2, 1, f"{name}_now", there, objective.value, "calc.objective")
    sheet.text(row + 3, 0, "above the optimum by", "row heading")
    gap = objective.value - float(optimum.value)
    sheet.fill(row + 3, 1, f"{name}_gap", f"={now.range}-{optimum.range}", gap, "calc.objective")


def _log(sheet: Sheet, name: str, row: int, column: int, trials: int) -> None:
    """The trials, and a chart of them beside the outcome."""
    sheet.labels(row, column, [list(LOG)], "heading")
    log = sheet.records(row + 1, column, f"{name}_log", (trials, len(LOG)), "calc.log")
    iteration, objective = (log.part(slice(None), slice(j, j + 1)) for j in (0, 1))
    series = Series("RMSE", iteration, objective)
    title = f"{name}: RMSE by iteration"
    sheet.charts.append(
        Chart(title, "iteration", "RMSE", (series,), row, CHART, columns=ACROSS, rows=DOWN)
    )
