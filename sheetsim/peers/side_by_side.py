"""One model, many solvers, one table: what each reaches, claims and takes.

All solve the model of one workbook, from the same start, within the same limits, one after the
other. Objective and violation are OUR evaluation of the workbook at the point that each returned,
not what it said. A solver that worked elsewhere, such as Excel, takes part by a file that it
solved and saved: a copy of the workbook with other values in the cells to change.
"""

from __future__ import annotations

import csv
import warnings
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from sheetsim.errors import EngineMissingError, WorkbookError
from sheetsim.files import replace_file, write_json
from sheetsim.peers.base import Answer, Claim, Peer, Refused, Task
from sheetsim.peers.choice import choose
from sheetsim.peers.claims import Verdict, verdict
from sheetsim.solver.endings import Ending, Stop
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.options import Options
from sheetsim.solver.solve_model import solve
from sheetsim.solving.prepare import Prepared, prepare
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.read.paths import SUFFIXES
from sheetsim.workbook.solver_model.model import SolverEngine

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from sheetsim.arrays import Floats
    from sheetsim.solver.evaluator import Point
    from sheetsim.solver.model import Model
    from sheetsim.solver.result import Result
    from sheetsim.solving.request import Request

COLUMNS = (
    *("solver", "objective", "violation", "claims", "holds", "seconds", "evaluations", "message"),
)

OURS = {
    Ending.OPTIMAL: Claim.NEARBY,
    Ending.CONVERGED: Claim.NEARBY,
    Ending.PROBABLE: Claim.NEARBY,
    Ending.INTEGER: Claim.NEARBY,
    Ending.INFEASIBLE: Claim.INFEASIBLE,
    Ending.CONFLICT: Claim.INFEASIBLE,
    Ending.CROSSED: Claim.INFEASIBLE,
    Ending.UNBOUNDED: Claim.UNBOUNDED,
}
"""What our own endings claim, where nothing is proved."""


@dataclass(frozen=True)
class Row:
    """How one solver did.

    Attributes:
        solver: its name.
        objective: as the workbook's formulas have it at its point; None if it did not run.
        violation: by how much the worst constraint is off there.
        claims: what it says of the point.
        holds: what became of that.
        seconds: that it took, by the clock.
        evaluations: of our functions; None for a file.
        message: in its own words, or why it did not run.
        variables: (n,) its point.
        trace: when each better point was met, in seconds, and its objective.
    """

    solver: str
    objective: float | None = None
    violation: float | None = None
    claims: Claim = Claim.NOTHING
    holds: Verdict = Verdict.OPEN
    seconds: float | None = None
    evaluations: int | None = None
    message: str = ""
    variables: Floats | None = None
    trace: tuple[tuple[float, float], ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """The row under `COLUMNS`."""
        own = {name: getattr(self, name) for name in COLUMNS}
        ran = self.objective is not None
        judged = (self.claims.value, self.holds.value) if ran else (None, None)
        return own | dict(zip(("claims", "holds"), judged, strict=True))


@dataclass(frozen=True)
class SideBySide:
    """The rows of all solvers.

    Attributes:
        file: the workbook.
        sheet: whose model it is.
        objective: its cell; None if there is none.
        start: the objective at the start.
        maximize: whether a larger objective is better.
        rows: ours first.
    """

    file: str
    sheet: str
    objective: str | None
    start: float
    maximize: bool
    rows: tuple[Row, ...]

    @property
    def success(self) -> bool:
        """Whether our own row has a point that meets every constraint and a claim that stands."""
        return self.rows[0].holds in (Verdict.PROVED, Verdict.STANDS)

    def frame(self) -> pd.DataFrame:
        """The table as a DataFrame, a row a solver."""
        import pandas as pd

        return pd.DataFrame([row.as_dict() for row in self.rows], columns=list(COLUMNS))

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        rows = [
            {
                **row.as_dict(),
                "variables": None if row.variables is None else row.variables.tolist(),
                "trace": [list(each) for each in row.trace],
            }
            for row in self.rows
        ]
        own = {name: getattr(self, name) for name in ("file", "sheet", "objective", "start")}
        return {**own, "rows": rows}

    def save(self, path: str | Path) -> Path:
        """Write the table to a .csv or .json file.

        Raises:
            OutputError: it cannot be written; what stood there is untouched.
        """
        target = Path(path)
        if target.suffix.lower() == ".json":
            return write_json(target, self.as_dict())
        with (
            replace_file(target) as temporary,
            temporary.open("w", newline="", encoding="utf-8") as file,
        ):
            writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(row.as_dict() for row in self.rows)
        return target


@dataclass
class _Run:
    """What a solver left behind, before anybody judges it."""

    row: Row
    point: Point | None
    best: Point | None
    proved: bool = False


def side_by_side(
    path: str | Path, against: Sequence[str], request: Request | None = None
) -> SideBySide:
    """Let sheetsim and others solve a workbook's model.

    Args:
        path: an .xlsx or .xlsm file.
        against: names of peers ("scipy-slsqp", ...), "all", or files of the same workbook that
            another program solved and saved.
        request: what is asked, as of `solve_file`.

    Returns:
        A row a solver, ours first. One that is not installed, or cannot take the model, has its
        reason there.

    Raises:
        OptionError: there is no peer of a name, or as `prepare`.
        WorkbookError, EngineError: as `prepare`.
    """
    files = [one for one in against if one.lower().endswith(SUFFIXES)]
    others = choose([one for one in against if one not in files])
    prepared = prepare(path, request)
    model = prepared.model()
    runs = [_ours(prepared, model)]
    with threadpool_limits(limits=1, user_api="blas"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what libraries say to programmers
        with np.errstate(all="ignore"):
            runs += [_peers(prepared, model, peer) for peer in others]
            runs += [_saved(prepared, model, file) for file in files]
            rows = _judged(prepared, model, runs)
    stored = prepared.stored
    return SideBySide(
        file=str(prepared.book.path),
        sheet=stored.sheet,
        objective=None if stored.objective is None else str(stored.objective),
        start=Evaluator(model, prepared.options).begin().shown,
        maximize=model.sense == "maximize",
        rows=tuple(rows),
    )


def _ours(prepared: Prepared, model: Model) -> _Run:
    found = prepared.solve()
    evaluator = Evaluator(model, prepared.options)
    point = evaluator.at(found.variables.copy(), late=True)
    claim = OURS.get(found.ending, Claim.NOTHING)
    if found.proved and claim is Claim.NEARBY:
        claim = Claim.BEST
    row = Row(
        "sheetsim",
        point.shown,
        point.violation,
        claim if found.success or claim in (Claim.INFEASIBLE, Claim.UNBOUNDED) else Claim.NOTHING,
        seconds=found.seconds,
        evaluations=found.evaluations,
        message=found.status,
        variables=found.variables,
        trace=_times(found),
    )
    return _Run(row, point, point if evaluator.feasible(point) else None, found.proved)


def _times(found: Result) -> tuple[tuple[float, float], ...]:
    """When our points were met: evaluations, in their share of the time."""
    whole = max(1, found.log[-1].evaluations) if found.log else 1
    return tuple(
        (found.seconds * trial.evaluations / whole, trial.objective) for trial in found.log
    )


def _peers(prepared: Prepared, model: Model, peer: Peer) -> _Run:
    try:
        peer.library()  # now, so that its import does not count
    except EngineMissingError as error:
        return _Run(Row(peer.name, message=f"missing: {error}"), None, None)
    task = Task(Evaluator(model, prepared.options))
    evaluator = task.evaluator
    try:
        answer = peer.solve(task)
    except Stop as stop:
        if evaluator.best is None:
            evaluator.at(evaluator.start, late=True)
        assert evaluator.best is not None  # noqa: S101 - the start was evaluated
        answer = Answer(evaluator.best.x, Claim.NOTHING, stop.outcome.why)
    except Refused as why:
        return _Run(Row(peer.name, message=str(why)), None, None)
    except Exception as error:  # a foreign library may raise anything
        return _Run(Row(peer.name, message=f"failed: {type(error).__name__}: {error}"), None, None)
    seconds, count = evaluator.clock() - evaluator.began, evaluator.evaluations
    point = evaluator.at(answer.x, late=True)
    row = Row(
        peer.name,
        point.shown,
        point.violation,
        answer.claim,
        seconds=seconds,
        evaluations=count,
        message=answer.message,
        variables=answer.x,
        trace=tuple(task.trace),
    )
    best = evaluator.best
    return _Run(row, point, best if best is not None and evaluator.feasible(best) else None)


def _saved(prepared: Prepared, model: Model, file: str) -> _Run:
    """The row of a file that another program solved: its variables, and what they give here."""
    book = read_book(file)
    x = np.empty(prepared.compiled.n)
    for i, (sheet, place) in enumerate(prepared.compiled.cells):
        cell = book.sheets.get(sheet, {}).get(place)
        value = None if cell is None else cell.value
        if isinstance(value, bool) or not isinstance(value, float | int):
            name = prepared.compiled.names[i]
            raise WorkbookError(f"{file}: {name} holds {value!r}; expected a number, as it was set")
        x[i] = value
    evaluator = Evaluator(model, prepared.options)
    point = evaluator.at(x, late=True)
    row = Row(
        Path(file).name,
        point.shown,
        point.violation,
        message="as saved in the file, which claims nothing",
        variables=x,
    )
    return _Run(row, point, point if evaluator.feasible(point) else None)


def _judged(prepared: Prepared, model: Model, runs: list[_Run]) -> list[Row]:
    """The rows, each with what became of its claim."""
    evaluator = Evaluator(model, prepared.options)
    best: Point | None = None
    for run in runs:
        if run.best is not None and evaluator.better(run.best, best):
            best = run.best
    rows = []
    for run in runs:
        if run.point is None:
            rows.append(run.row)
            continue
        onward = _onward(prepared, model, run) if run.row.claims is Claim.NEARBY else None
        holds = verdict(
            evaluator, run.row.claims, run.point, best=best, onward=onward, proved=run.proved
        )
        rows.append(replace(run.row, holds=holds))
    return rows


def _onward(prepared: Prepared, model: Model, run: _Run) -> Point | None:
    """Where our search for smooth models ends that starts at a run's point."""
    assert run.point is not None  # noqa: S101 - who asks has seen to it
    evaluator = Evaluator(model, prepared.options)
    if not evaluator.feasible(run.point) or evaluator.whole.any() or evaluator.groups:
        return None
    options = Options(
        precision=prepared.options.precision,
        max_time=prepared.options.max_time,
        seed=prepared.options.seed,
    )
    there = replace(model, start=run.point.x.copy())
    found = solve(there, options, SolverEngine.GRG.title)  # type: ignore[arg-type]
    return evaluator.at(found.variables.copy(), late=True)
