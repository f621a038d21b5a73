"""Many solves of one model: one for each value of an input, or from many starts.

Each is a task of plain data (`sheetsim.spreading`), which runs here, on local processes or on a
Dask cluster: the same function and the same results. A process compiles the model when its first
task comes, and keeps it for the next ones. Workers on other machines need the file under the
same path.
"""

from __future__ import annotations

import csv
import itertools
import math
import time
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.errors import OptionError, OptionName, WorkbookError
from sheetsim.files import replace_file, require_writable, write_json
from sheetsim.references import address_text
from sheetsim.solver.endings import Ending, Outcome, tally
from sheetsim.solving.inputs import parse_sweep
from sheetsim.solving.prepare import Prepared, prepare
from sheetsim.spreading import spread
from sheetsim.workbook.rewrite.edited_copy import write_values
from sheetsim.workbook.rewrite.line_chart import LineChart
from sheetsim.workbook.rewrite.new_sheets import NewSheet
from sheetsim.workbook.solver_model.model import Goal, SolverEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sheetsim.book import Book, CellAddress
    from sheetsim.solver.result import Result
    from sheetsim.solving.request import Request

CHUNK = 50
"""Starts that one task takes; fixed, so that the answer does not depend on the number of jobs."""

MAX_SOLVES = 1_000_000


@dataclass(frozen=True)
class Task:
    """One solve.

    Attributes:
        path: of the workbook.
        stamp: the file's size and time of change; another file is compiled anew.
        request: what is asked.
        sweeps: the inputs that change from task to task, as they were given.
        values: theirs, for this task.
    """

    path: str
    stamp: tuple[int, int]
    request: Request
    sweeps: tuple[str, ...] = ()
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Table:
    """One row for each solve of a sweep.

    Attributes:
        inputs: the cells that were swept.
        variables: the cells that were changed.
        rows: the values of the inputs, and the solution; None where a sweep was interrupted.
    """

    inputs: tuple[str, ...]
    variables: tuple[str, ...]
    rows: tuple[tuple[tuple[float, ...], Result | None], ...]

    @property
    def success(self) -> bool:
        """Whether every solve succeeded."""
        return all(solution is not None and solution.success for _, solution in self.rows)

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C ended a solve, or the sweep before it."""
        return any(one is None or one.interrupted for _, one in self.rows)

    def columns(self) -> tuple[str, ...]:
        """The headings."""
        own = ("objective", "success", "status", "iterations", "evaluations", "seconds")
        return (*self.inputs, *own, *self.variables)

    def records(self) -> list[tuple[Any, ...]]:
        """The rows under the headings; interrupted ones are left out."""
        return [
            (
                *values,
                solution.objective,
                solution.success,
                solution.status,
                solution.iterations,
                solution.evaluations,
                solution.seconds,
                *map(float, solution.variables),
            )
            for values, solution in self.rows
            if solution is not None
        ]

    def as_dicts(self) -> list[dict[str, Any]]:
        """The rows as JSON takes them."""
        found = []
        for values, solution in self.rows:
            if solution is None:
                continue
            found.append(
                {
                    "inputs": dict(zip(self.inputs, values, strict=True)),
                    "objective": solution.objective,
                    "status": solution.status,
                    "success": solution.success,
                    "variables": dict(
                        zip(self.variables, map(float, solution.variables), strict=True)
                    ),
                    "iterations": solution.iterations,
                    "evaluations": solution.evaluations,
                    "seconds": solution.seconds,
                }
            )
        return found


def sweep_file(
    path: str | Path,
    request: Request,
    sweeps: Sequence[str],
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> tuple[Prepared, Table]:
    """Solve a workbook's model once for each value of an input, or each combination of several.

    Args:
        path: an .xlsx or .xlsm file.
        request: what is asked.
        sweeps: texts such as "Sheet1!B1=0.1:1:10".
        jobs: local processes.
        scheduler: address of a Dask scheduler, in place of `jobs`.
        progress: called with how many solves are done.

    Returns:
        The model, and the table, in the order of the values.

    Raises:
        OptionError, WorkbookError, EngineError: as `prepare` and `spread`.
    """
    ranges: list[tuple[CellAddress, Any]] = []

    def parameters(book: Book, sheet: str) -> list[CellAddress]:
        ranges.extend(parse_sweep(text, book, sheet) for text in sweeps)
        cells = [cell for cell, _ in ranges]
        if len(set(cells)) < len(cells):
            raise OptionError(f"sweep: a cell is named twice in {', '.join(sweeps)}")
        if math.prod(values.size for _, values in ranges) > MAX_SOLVES:
            raise OptionError(f"sweep: comes to more than {MAX_SOLVES:,} solves")
        return cells

    prepared = prepare(path, request, parameters)
    tasks = [
        Task(_absolute(path), _stamp(path), request, tuple(sweeps), tuple(map(float, values)))
        for values in itertools.product(*(values for _, values in ranges))
    ]
    solutions = spread(_solve, tasks, jobs=jobs, scheduler=scheduler, progress=progress)
    rows = zip((task.values for task in tasks), solutions, strict=True)
    names = tuple(address_text(cell) for cell, _ in ranges)
    return prepared, Table(names, prepared.compiled.names, tuple(rows))


def solve_starts(
    prepared: Prepared,
    *,
    jobs: int = 1,
    scheduler: str | None = None,
    progress: Callable[[int], None] | None = None,
) -> Result:
    """Solve from as many starts as were asked for; the best of all wins.

    More than 50 are divided into tasks of 50, however many processes there are, so that the
    answer does not depend on their number.

    Args:
        prepared: the model, from `prepare`.
        jobs: local processes.
        scheduler: address of a Dask scheduler, in place of `jobs`.
        progress: called with how many tasks are done.

    Raises:
        EngineError: as `spread`.
    """
    if prepared.starts <= CHUNK or prepared.stored.engine is not SolverEngine.GRG:
        return prepared.solve()
    tasks = _batches(prepared, jobs)
    began = time.perf_counter()
    done = spread(_solve, tasks, jobs=jobs, scheduler=scheduler, progress=progress)
    found = [solution for solution in done if solution is not None]
    if not found:  # interrupted before the first was done
        return prepared.again(replace(prepared.request, starts=1)).solve()
    best = min(found, key=lambda solution: _rank(prepared, solution))
    # The first start of each batch is the given one.
    ends = (*found[0].ends, *(end for one in found[1:] for end in one.ends[1:]))
    if len(found) == len(tasks) and not any(one.interrupted for one in found):
        sentence = best.status.replace(tally(best.ends), tally(ends))
        best = replace(best, status=sentence, ends=ends)
    else:
        why = f"Ctrl-C; the best point of {len(found)} of {len(tasks)} batches"
        stopped = Outcome(Ending.STOPPED, why)
        best = replace(best, ending=stopped.ending, status=stopped.status, success=False, ends=ends)
    return replace(
        best,
        iterations=sum(one.iterations for one in found),
        evaluations=sum(one.evaluations for one in found),
        seconds=time.perf_counter() - began,
    )


def _rank(prepared: Prepared, solution: Result) -> tuple[bool, float, float]:
    """What makes one solution better than another; the least is the best."""
    goal, worth = prepared.stored.goal, solution.objective
    if goal is Goal.VALUE:
        worth = abs(worth - prepared.stored.value)
    worth = -worth if goal is Goal.MAXIMIZE else worth
    infeasible = solution.violation > prepared.options.precision
    bad = infeasible or not math.isfinite(worth)
    return bad, solution.violation if infeasible else 0.0, worth


def _batches(prepared: Prepared, jobs: int) -> list[Task]:
    """Return tasks of 50 starts: the given start in each, beside others of its own seed.

    A time limit is shared among the batches that run one after the other.
    """
    path, request = _absolute(prepared.book.path), prepared.request
    others = prepared.starts - 1
    count = -(-others // (CHUNK - 1))
    sizes = [others // count + (k < others % count) for k in range(count)]
    seeds = np.random.SeedSequence(prepared.options.seed).generate_state(count).tolist()
    options = dict(request.options)
    limit = prepared.options.max_time
    if limit is not None:
        options["max_time"] = limit / -(-count // jobs)
    shared = replace(request, options=tuple(options.items()))
    return [
        Task(path, _stamp(path), replace(shared, starts=size + 1, seed=seed))
        for size, seed in zip(sizes, seeds, strict=True)
    ]


def require_table(book: str | Path, path: str | Path) -> None:
    """Refuse a name that no table can have, before the work that makes it.

    Raises:
        OptionError: the name ends in something else.
        OutputError: the file cannot be written.
    """
    kinds = (".csv", ".json", Path(book).suffix.lower())
    if Path(path).suffix.lower() not in kinds:
        raise OptionError(
            OptionName("out"), f" is {path}; expected a name that ends in {', '.join(kinds)}"
        )
    require_writable(path)


def save_table(prepared: Prepared, table: Table, path: str | Path) -> Path:
    """Write a sweep's table.

    Args:
        prepared: the model.
        table: from `sweep_file`.
        path: ends in .csv, in .json, or as the workbook does: a copy of it, with a sheet "Sweep".

    Raises:
        OptionError: as `require_table`.
        OutputError: the file cannot be written.
    """
    require_table(prepared.book.path, path)
    target, kind = Path(path), Path(path).suffix.lower()
    if kind == Path(prepared.book.path).suffix.lower():
        rows = [list(table.columns()), *map(list, table.records())]
        at = len(table.inputs)
        chart = LineChart(f"objective by {table.inputs[-1]}", at - 1, at, 1, len(rows) - 1)
        sheet = NewSheet("Sweep", rows, chart if len(rows) > 2 else None, numbered=False)
        write_values(prepared.book.path, target, {}, sheets=[sheet])
        return target
    if kind == ".json":
        return write_json(target, table.as_dicts())
    with replace_file(target) as temporary, temporary.open("w", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([table.columns(), *table.records()])
    return target


def _solve(task: Task) -> Result:
    """Run one task, wherever it is."""
    if _stamp(task.path) != task.stamp:
        raise WorkbookError(f"{task.path}: was changed while it was being solved; try again")
    same = replace(task.request, seed=None, starts=1, options=(), start="current")
    prepared = _prepared(task.path, task.stamp, same, task.sweeps)
    return prepared.again(task.request).solve(np.array(task.values))


@lru_cache(maxsize=4)
def _prepared(
    path: str,
    stamp: tuple[int, int],  # noqa: ARG001 - a part of the key
    request: Request,
    sweeps: tuple[str, ...],
) -> Prepared:
    def parameters(book: Book, sheet: str) -> list[CellAddress]:
        return [parse_sweep(text, book, sheet)[0] for text in sweeps]

    return prepare(path, request, parameters)


def _absolute(path: str | Path) -> str:
    return str(Path(path).resolve())


def _stamp(path: str | Path) -> tuple[int, int]:
    status = Path(path).stat()
    return status.st_size, status.st_mtime_ns
