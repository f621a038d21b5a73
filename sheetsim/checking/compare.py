"""What became of a workbook of ours in somebody else's hands.

A teacher presses Solve in Excel, a student changes ratings in LibreOffice. `compare` reads the
inputs and the variables that they left, works everything out again with NumPy, and says for each
Solver model: the objective as saved, the objective recomputed at the same variables, and what
sheetsim's solver reaches from there and from the start that the file remembers.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sheetsim.checking.agreement import Difference, cell_differences, plain
from sheetsim.checking.read_back import Read, read_workbook
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.references import a1
from sheetsim.sheet import Array, Sheet
from sheetsim.solver import Options
from sheetsim.tolerances import COMPARE_TOLERANCE
from sheetsim.topics import SOLVER, Draft, Topic, find, lay_out, solve_topic


@dataclass(frozen=True)
class ModelComparison:
    """One Solver model, before and after.

    Attributes:
        topic: whose model.
        cell: of the objective.
        saved: what the program that saved the file had there; None if nothing.
        recomputed: NumPy's objective at the variables in the file; NaN if it is no number.
        from_here: what sheetsim's solver reaches from those variables.
        from_start: what it reaches from the start that the file remembers.
        start: the objective at that start.
        status: why the solver stopped, from here.
        rounding: how far rounding alone moves the objective.
    """

    topic: str
    cell: str
    saved: Any
    recomputed: float
    from_here: float
    from_start: float
    start: float
    status: str
    rounding: float

    @property
    def verdict(self) -> str:
        """Who found the better optimum, in a sentence."""
        if not np.isfinite(self.recomputed):
            return "at the variables in the file the objective is no number"
        reached = [x for x in (self.from_here, self.from_start) if np.isfinite(x)]
        best = min(reached, default=self.recomputed)
        if self.recomputed <= best * (1 + COMPARE_TOLERANCE) + self.rounding:
            return "the variables in the file are as good as any that sheetsim finds"
        return f"sheetsim finds {best:.6g}, less than the {self.recomputed:.6g} of the file"


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes:
        path: the file.
        models: a row for every Solver model.
        cells: how many formula cells were compared.
        differences: cells whose saved value is not NumPy's, or that hold no formula any more; in
            the order of `CheckReport.differences`.
        without_values: whether no value at all is saved beside the formulas, as many programs
            that are no spreadsheets write files.
    """

    path: str
    models: tuple[ModelComparison, ...]
    cells: int
    differences: tuple[Difference, ...]
    without_values: bool = False

    @property
    def ok(self) -> bool:
        """Whether every saved value is NumPy's."""
        return not self.differences

    @property
    def status(self) -> str:
        """The outcome in a sentence."""
        if self.ok:
            return f"all {self.cells:,} formula cells are saved with NumPy's values"
        if self.without_values:
            return (
                "no formula cell has a saved value, so that there is nothing to compare; open and "
                "save the file in a spreadsheet program, or write values into it with "
                "`sheetsim recalc`"
            )
        return f"{len(self.differences):,} of {self.cells:,} formula cells differ from NumPy"

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON; numbers that are none are None."""
        models = [
            {key: _or_none(value) for key, value in asdict(model).items()}
            | {"verdict": model.verdict}
            for model in self.models
        ]
        return {"ok": self.ok, "status": self.status, **asdict(self), "models": models}


def compare(path: str | Path) -> Comparison:
    """Compare a workbook of ours, as somebody saved it, with NumPy and with our solver.

    Args:
        path: the workbook; it is not touched.

    Returns:
        A row for each model, and the cells that differ.

    Raises:
        WorkbookError: the file cannot be read, is not one of ours, or an input is no number.
    """
    read = read_workbook(path)
    differences: list[Difference] = []
    cells = 0
    for sheet in read.sheets:
        file = read.cells[sheet.name]
        saved = {at: cell.value for at, cell in file.items()}
        outcome = cell_differences(sheet, "the file", "as saved", saved, file, read.expected)
        differences += outcome.differences
        cells += outcome.cells
    differences.sort(key=lambda d: d.is_consequence)
    lesson, _ = find(read.book.plan["workbook"])
    models = tuple(
        _model(lesson.topic(sheet.name), sheet, read, read.expected.floors[sheet.name])
        for sheet in read.sheets
        if sheet.solver is not None
    )
    has_values = any(
        cell.has_formula and cell.value is not None
        for sheet in read.sheets
        for cell in read.cells[sheet.name].values()
    )
    return Comparison(str(path), models, cells, tuple(differences), without_values=not has_values)


def _model(
    topic: Topic, sheet: Sheet, read: Read, floors: dict[tuple[int, int], Array]
) -> ModelComparison:
    """One model, recomputed and solved twice."""
    assert sheet.solver is not None  # noqa: S101 - only asked of sheets with a model
    objective = sheet.solver.objective
    at = (objective.row, objective.column)
    cell = read.cells[sheet.name].get(at)
    start = _at_start(topic, sheet, read)
    here, status = _reached(topic, sheet)
    there, _ = _reached(topic, start)
    assert start.solver is not None  # noqa: S101 - the same sheet with other variables
    return ModelComparison(
        topic=topic.name,
        cell=f"{sheet.name}!{a1(*at)}",
        saved=plain(None if cell is None else cell.value),
        recomputed=float(objective.value),
        from_here=here,
        from_start=there,
        start=float(start.solver.objective.value),
        status=status,
        rounding=float(floors[at][0, 0]),
    )


def _reached(topic: Topic, sheet: Sheet) -> tuple[float, str]:
    """The objective that sheetsim's solver reaches from a sheet's variables, and why it stopped.

    NaN where there is nothing to solve, as when somebody emptied all ratings.
    """
    try:
        result = solve_topic(topic, sheet, Options())
    except OptionError as error:
        return float("nan"), f"not solved: {error}"
    return result.objective, result.status


def _at_start(topic: Topic, sheet: Sheet, read: Read) -> Sheet:
    """The sheet with its variables as the solver sheet remembers their start."""
    assert sheet.solver is not None  # noqa: S101 - only asked of sheets with a model
    given = {name: dict(values) for name, values in read.book.given.items()}
    for block in sheet.solver.variables:
        name = f"{topic.name}_start_{block.name}"
        try:
            start = given[SOLVER][name].astype(float)
        except ValueError as error:
            raise WorkbookError(
                f"{read.path}: sheet 'solver' has no start for {topic.name} ({name}: {error}); "
                "expected numbers, as sheetsim wrote them"
            ) from error
        given[sheet.name][block.name] = start
    book = Draft(read.book.plan, given)
    lay_out(book)
    return book[sheet.name]


def _or_none(value: Any) -> Any:
    return None if isinstance(value, float) and not np.isfinite(value) else value
