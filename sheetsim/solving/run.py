"""A file and a request in, a solution and the solved copy out."""

from __future__ import annotations

import gc
import math
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.errors import OptionError, OptionName
from sheetsim.files import require_writable
from sheetsim.formula.recalc.recalculate import Recalculated, recalculate
from sheetsim.solving.many import solve_starts
from sheetsim.solving.prepare import Prepared, prepare
from sheetsim.solving.summary import describe_after, describe_before
from sheetsim.tolerances import TRUSTED
from sheetsim.workbook.read.paths import require_workbook_name
from sheetsim.workbook.rewrite.edited_copy import write_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from sheetsim.book import Book, CellAddress, Value
    from sheetsim.solver.result import Result
    from sheetsim.solving.compiled import Compiled
    from sheetsim.solving.request import Request
    from sheetsim.workbook.rewrite.new_sheets import NewSheet
    from sheetsim.workbook.solver_model.model import SolverModel


LOGGED = ("iteration", "evaluations", "objective", "violation")
"""What JSON shows of each trial that bettered the best point so far."""


@dataclass(frozen=True)
class Solved:
    """What became of a workbook's model.

    Attributes:
        objective: its value in the end; NaN if the sheet shows an error there.
        start_objective: its value at the start.
        status: how it ended, in a plain sentence.
        message: the same in the words of Excel's dialog.
        success: whether the point is feasible and could not be bettered.
        variables: cell, such as `Sheet1!B2`, to its value in the end.
        iterations: of the engine.
        evaluations: of the objective.
        seconds: from the file to the solution (and to the copy, if there is one).
        engine: as Excel calls it.
        before: the model in plain words, a line each.
        after: the solution in plain words, a line each.
        path: of the solved copy, None if none was asked for.
        solution: all that the solver tells.
        prepared: what was solved.
    """

    objective: float
    start_objective: float
    status: str
    message: str
    success: bool
    variables: dict[str, float]
    iterations: int
    evaluations: int
    seconds: float
    engine: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    path: Path | None = None
    solution: Result = field(repr=False, default=None)  # type: ignore[assignment]
    prepared: Prepared = field(repr=False, default=None)  # type: ignore[assignment]

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended the search; the solution is the best point until then."""
        return self.solution.interrupted

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON shows."""
        stored = self.prepared.stored
        names = ("objective", "start_objective", "status", "message", "success", "variables")
        more = ("iterations", "evaluations", "seconds", "engine")
        return {
            "file": str(self.prepared.book.path),
            "sheet": stored.sheet,
            "objective_cell": None if stored.objective is None else str(stored.objective),
            **{name: getattr(self, name) for name in (*names, *more)},
            "violation": self.solution.violation,
            "seed": self.prepared.options.seed,
            "summary": [*self.before, *self.after],
            "log": [{name: getattr(trial, name) for name in LOGGED} for trial in self.solution.log],
            "out": None if self.path is None else str(self.path),
        }


def solve_file(
    path: str | Path,
    request: Request | None = None,
    *,
    out: str | Path | None = None,
    reports: Callable[[Solved], Sequence[NewSheet]] | None = None,
    before: Callable[[tuple[str, ...]], None] | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Solved:
    """Solve a workbook's model, and write the solved copy.

    Args:
        path: an .xlsx or .xlsm file.
        request: what is asked; the only model of the file if None.
        out: the copy; may be the file itself. None writes nothing.
        reports: makes the sheets that are added to the copy.
        before: called with the model in plain words before it is solved.
        jobs: local processes for very many starts.
        scheduler: address of a Dask scheduler, in place of `jobs`.
        progress: called with the sheet being read and how much of it has been, from 0 to 1.

    Returns:
        The solution. One that the solver could not find is no exception; see its `status`. Then
        nothing is written, but for the best point so far of a search that was ended early.

    Raises:
        OptionError, WorkbookError, EngineError: as `prepare`.
        OutputError: the copy cannot be written.
    """
    began = time.perf_counter()
    if out is not None:
        require_copy(path, out)
    with _no_collector():
        prepared = prepare(path, request, progress=progress)
    lines = describe_before(prepared)
    if before is not None:
        before(lines)
    solution = solve_starts(prepared, jobs=jobs, scheduler=scheduler)
    solved = _solved(prepared, solution, lines)
    if out is None:
        return replace(solved, seconds=time.perf_counter() - began)
    if not _worth_writing(prepared, solution):
        return _without_solution(solved, out, began, reports(solved) if reports else ())
    with _no_collector():
        recalculated = write_solved(prepared, solution, out, reports(solved) if reports else ())
    return replace(
        solved,
        seconds=time.perf_counter() - began,
        after=(*solved.after, *what_was_not_written(recalculated)),
        path=Path(out),
    )


def _without_solution(
    solved: Solved, out: str | Path, began: float, sheets: Sequence[NewSheet]
) -> Solved:
    """Write a copy that has the workbook's own values, and reports that say why, if there are any.

    Raises:
        OutputError: the copy cannot be written.
    """
    if not sheets:
        why = "no copy was written, since there is no solution"
        return replace(solved, seconds=time.perf_counter() - began, after=(*solved.after, why))
    write_values(solved.prepared.book.path, out, {}, sheets=sheets)
    why = "there is no solution: the copy has the file's own values, and a report"
    after = (*solved.after, why)
    return replace(solved, seconds=time.perf_counter() - began, after=after, path=Path(out))


def write_solved(
    prepared: Prepared, solution: Result, out: str | Path, sheets: Sequence[NewSheet] = ()
) -> Recalculated:
    """Write the copy: the variables, the inputs that were set, and all that depends on them.

    Raises:
        WorkbookError: a formula of the workbook cannot be read, or refers to itself.
        OutputError: the copy cannot be written.
    """
    model = prepared.stored if prepared.request.rewrites else None
    return write_changed(
        prepared.book,
        prepared.compiled,
        prepared.inputs,
        solution.variables.tolist(),
        out,
        model=model,
        sheets=sheets,
    )


def require_copy(path: str | Path, out: str | Path) -> None:
    """Refuse a place for a workbook's copy that cannot be one.

    Raises:
        OptionError: its name does not end as the workbook's does.
        OutputError: it cannot be written.
    """
    require_workbook_name(out)
    if Path(out).suffix.lower() != Path(path).suffix.lower():
        raise OptionError(
            OptionName("out"), f" is {out}; expected a name that ends in {Path(path).suffix}"
        )
    require_writable(out)


def write_changed(
    book: Book,
    compiled: Compiled,
    inputs: Mapping[CellAddress, Value],
    variables: Sequence[float],
    out: str | Path,
    *,
    model: SolverModel | None = None,
    sheets: Sequence[NewSheet] = (),
) -> Recalculated:
    """Write a copy with other values in the variables, and all that depends on them.

    Args:
        book: the workbook, its inputs set.
        compiled: what was solved.
        inputs: those that were set.
        variables: (n,) their values.
        out: the copy.
        model: the Solver model that goes into it, if another than the stored one.
        sheets: sheets to add.

    Raises:
        WorkbookError: a formula of the workbook cannot be read, or refers to itself.
        OutputError: the copy cannot be written.
    """
    changed: dict[CellAddress, Value] = dict(inputs)
    changed |= zip(compiled.cells, map(float, variables), strict=True)
    recalculated = recalculate(book, changed, trusted=_trusted(book, compiled, inputs))
    values: dict[str, dict[Any, Value]] = {
        sheet: dict(cells) for sheet, cells in recalculated.values.items()
    }
    for (sheet, place), value in changed.items():
        values.setdefault(sheet, {})[place] = value
    if compiled.program is None:  # IronCalc knows what could not be computed here
        outputs = compiled.function.values(np.asarray(variables, float))
        for (sheet, place), number in zip(compiled.outputs, outputs, strict=True):
            if np.isfinite(number):
                values.setdefault(sheet, {})[place] = float(number)
    write_values(book.path, out, values, model=model, sheets=sheets)
    return recalculated


@contextmanager
def _no_collector() -> Iterator[None]:
    """Pause Python's garbage collector while cells are read: they are many, and none is garbage."""
    running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if running:
            gc.enable()


def _solved(prepared: Prepared, solution: Result, lines: tuple[str, ...]) -> Solved:
    values = map(float, solution.variables)
    return Solved(
        objective=solution.objective,
        start_objective=solution.start_objective,
        status=solution.status,
        message=solution.message,
        success=solution.success,
        variables=dict(zip(prepared.compiled.names, values, strict=True)),
        iterations=solution.iterations,
        evaluations=solution.evaluations,
        seconds=prepared.seconds + solution.seconds,
        engine=solution.engine,
        before=lines,
        after=describe_after(prepared, solution),
        solution=solution,
        prepared=prepared,
    )


def _worth_writing(prepared: Prepared, solution: Result) -> bool:
    """Whether a solution may stand in a copy: solved, or the best so far where time was up."""
    if not (solution.ending.solved or solution.ending.limited):
        return False
    return math.isfinite(solution.objective) and (solution.violation <= prepared.options.precision)


def _trusted(book: Book, compiled: Compiled, inputs: Mapping[CellAddress, Value]) -> bool:
    """Whether the file's cached values proved right where the formulas were computed.

    They are what a spreadsheet saved; a file that was written by a program, or saved without
    being calculated, holds others, and then everything is computed.
    """
    if compiled.program is None or inputs:
        return False
    now = compiled.program.values(compiled.program.start)
    cached = [book.sheets[sheet].get(place) for sheet, place in compiled.outputs]
    return all(
        cell is not None
        and isinstance(cell.value, float)
        and abs(cell.value - value) <= TRUSTED * max(1.0, abs(value))
        for cell, value in zip(cached, now.tolist(), strict=True)
    )


def what_was_not_written(recalculated: Recalculated) -> list[str]:
    """Say which cells of a copy keep their old values, and why."""
    lines = []
    if recalculated.unsupported:
        count, why = len(recalculated.unsupported), next(iter(recalculated.unsupported.values()))
        lines.append(
            f"{count:,} cells that depend on the variables by {why} keep their old values in the "
            "copy; a spreadsheet computes them when it recalculates"
        )
    if recalculated.frozen:
        lines.append(
            f"{len(recalculated.frozen):,} cells of random numbers or times keep their old values"
        )
    return lines
