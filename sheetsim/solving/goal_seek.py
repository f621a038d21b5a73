"""Goal Seek: one cell that is to take a value, by changing one other.

The cell's formula is compiled with its derivative, and `sheetsim.solver.root` looks for the root
from the value that the changing cell has. As in Excel, a stored Solver model plays no part.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.errors import OptionError, OptionName, WorkbookError
from sheetsim.solver.root import Root, find_root
from sheetsim.solving.compiled import compile_model
from sheetsim.solving.run import require_copy, what_was_not_written, write_changed
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.solver_model.areas import parse_areas
from sheetsim.workbook.solver_model.cell_problems import cell_problems
from sheetsim.workbook.solver_model.model import Goal, SolverModel

if TYPE_CHECKING:
    from collections.abc import Callable

    from sheetsim.arrays import Floats
    from sheetsim.book import Book
    from sheetsim.solving.compiled import Compiled
    from sheetsim.workbook.solver_model.areas import Area

PRECISION = 1e-9
"""How far the cell may be from the value, as a part of it; of 0, see `_size`."""


@dataclass(frozen=True)
class Sought:
    """What became of a goal.

    Attributes:
        file: the workbook.
        cell: the one that is to take the value, such as `Sheet1!B9`.
        to: the value.
        by: the cell that is changed.
        found: whether the cell takes the value, within the tolerance.
        status: a plain sentence.
        start: the changing cell's value in the file.
        variable: its value in the end, the nearest one if the goal was not found.
        value: the cell's value then; NaN if it showed an error wherever it was looked at.
        tolerance: how far the cell may be from the value.
        evaluations: of the cell.
        seconds: from the file to the answer, and to the copy if there is one.
        notes: what else is to be said, a line each.
        path: of the copy, None if none was written.
    """

    file: str
    cell: str
    to: float
    by: str
    found: bool
    status: str
    start: float
    variable: float
    value: float
    tolerance: float
    evaluations: int
    seconds: float
    notes: tuple[str, ...] = ()
    path: Path | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON shows."""
        names = ("file", "cell", "to", "by", "found", "status", "start", "variable", "value")
        more = ("tolerance", "evaluations", "seconds", "notes")
        shown = {name: getattr(self, name) for name in (*names, *more)}
        return {**shown, "out": None if self.path is None else str(self.path)}


def goal_seek(
    path: str | Path,
    set: str,  # noqa: A002 - as in Excel's dialog: set cell, to value, by changing cell
    to: float,
    by: str,
    *,
    out: str | Path | None = None,
    precision: float = PRECISION,
    progress: Callable[[str, float], None] | None = None,
) -> Sought:
    """Find the value of one cell with which another takes a given value.

        sheetsim.goal_seek("loan.xlsx", set="B9", to=100, by="B2", out="loan.solved.xlsx")

    Args:
        path: an .xlsx or .xlsm file.
        set: the cell that is to take the value; it holds a formula. Without a sheet, it is on the
            only one.
        to: the value.
        by: the cell to change; it holds a number or nothing. Without a sheet, on the other's.
        out: the copy, which may be the file itself; None writes nothing. It is written if the goal
            was found, and differs in the changed cell and those that depend on it.
        precision: how far the cell may be from the value, as a part of it; if that is 0, of what
            the cell shows at and about the start, of 1 at most.
        progress: called with the sheet being read and how much of it has been, from 0 to 1.

    Returns:
        What was found; a goal that was not is no exception, see `found` and `status`.

    Raises:
        OptionError: a text names no cell, or `to` or `precision` may not be so.
        WorkbookError: the file cannot be read, or the cell does not depend on the other one.
        EngineError: a formula needs IronCalc, which is missing or cannot compute it.
        OutputError: the copy cannot be written.
    """
    began = time.perf_counter()
    _require(to, precision)
    if out is not None:
        require_copy(path, out)
    book = read_book(path, progress=progress)
    cell, changing = _cells(book, set, by)
    stored = SolverModel(cell.sheet, cell, goal=Goal.VALUE, value=to, variables=(changing,))
    for problem in cell_problems(book, stored):
        raise WorkbookError(f"{book.path}: {problem}")
    compiled = compile_model(book, stored)
    root = _root(compiled, to, precision)
    sought = Sought(
        file=str(book.path),
        cell=str(cell),
        to=to,
        by=str(changing),
        found=root.found,
        status=_status(root, str(cell), str(changing), to),
        start=float(compiled.start[0]),
        variable=root.x,
        value=root.value,
        tolerance=root.tolerance,
        evaluations=root.evaluations,
        seconds=time.perf_counter() - began,
        notes=_by_ironcalc(compiled),
    )
    if out is None or not root.found:
        return sought
    recalculated = write_changed(book, compiled, {}, [root.x], out)
    return replace(
        sought,
        notes=(*sought.notes, *what_was_not_written(recalculated)),
        seconds=time.perf_counter() - began,
        path=Path(out),
    )


def _require(to: float, precision: float) -> None:
    if not math.isfinite(to):
        raise OptionError(OptionName("to"), f": got {to}, expected a finite number")
    if not (precision > 0 and math.isfinite(precision)):
        raise OptionError(OptionName("precision"), f": got {precision}, expected a number above 0")


def _cells(book: Book, set_: str, by: str) -> tuple[Area, Area]:
    """Return the two cells that are named."""
    home = next(iter(book.sheets)) if len(book.sheets) == 1 else None
    cell = _one(book, "set", set_, home)
    return cell, _one(book, "by", by, cell.sheet)


def _one(book: Book, option: str, text: str, home: str | None) -> Area:
    try:
        areas = parse_areas(text, book, home)
    except OptionError as error:
        raise OptionError(OptionName(option), f" is {text!r}: ", *error.args) from None
    if len(areas) != 1 or areas[0].size != 1:
        raise OptionError(OptionName(option), f" is {text!r}; expected one cell")
    return areas[0]


def _root(compiled: Compiled, to: float, precision: float) -> Root:
    """Search with derivatives where the formulas have them, else by values alone."""
    program, function = compiled.program, compiled.function

    def both(x: float) -> tuple[float, float | None]:
        point = np.array([x])
        if program is None:
            return float(function.values(point)[0]), None
        value, gradient = program.value_and_gradient(point)
        return float(value), float(gradient[0])

    def values(x: Floats) -> Floats:
        return function.values(x[:, None])[:, 0]

    start = float(compiled.start[0])
    with np.errstate(all="ignore"):
        tolerance = precision * (abs(to) or _size(values, start))
        return find_root(both, values, start, to, tolerance)


def _size(values: Callable[[Floats], Floats], start: float) -> float:
    """How large the cell is at the start and to both sides of it, 1 at most; of what 0 is near 0.

    A part of 1 alone would call a cell of 1E-12 zero.
    """
    near = np.abs(values(start + (abs(start) or 1.0) * np.array([-1.0, 0.0, 1.0])))
    some = near[np.isfinite(near) & (near > 0)]
    return min(1.0, float(some.max(initial=0.0)) or 1.0)


def _status(root: Root, cell: str, by: str, to: float) -> str:
    where = f"{cell} is {root.value:.15g} where {by} is {root.x:.15g}"
    if root.found:
        return f"found: {where}"
    if math.isnan(root.value):
        return f"not found: {cell} shows an error for every value of {by} that was tried"
    nearest = f"the nearest to {to:.15g} that was met: {where}"
    if root.jump is None:
        return f"not found: {nearest}"
    low, high = root.jump.below, root.jump.above
    return (
        f"not found: {cell} jumps from {low:.10g} to {high:.10g} where {by} is "
        f"{root.jump.x:.10g}, over {to:.15g}; {nearest}"
    )


def _by_ironcalc(compiled: Compiled) -> tuple[str, ...]:
    if compiled.program is not None:
        return ()
    what = ", ".join(dict.fromkeys(str(note.function) for note in compiled.missing))
    return (f"not compiled here: {what}; computed by IronCalc, without derivatives",)
