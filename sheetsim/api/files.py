"""Any workbook: solve its Solver model, or compile its formulas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from sheetsim.errors import OptionError, OptionName
from sheetsim.formula.program import Program, compile_book
from sheetsim.solver.options import Options
from sheetsim.solving import Request, Solved, solve_file
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.read.paths import names_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.peers.side_by_side import SideBySide
    from sheetsim.solver import Result

_REQUESTED = (
    *("sheet", "objective", "value", "non_negative", "engine", "start", "starts", "seed"),
)
_LISTS = ("by", "subject_to", "set")
_PLACES = ("out", "report", "jobs", "scheduler")


@overload
def solve(model: Path, **options: Any) -> Solved: ...


@overload
def solve(model: str, **options: Any) -> Any: ...


def solve(model: str | Path, **options: Any) -> Solved | Result:
    """Solve a workbook's Solver model, or that of a topic of the lecture.

    Args:
        model: the path of an .xlsx or .xlsm file, or the name of a topic (`dot_product`, `bias`,
            `data`), for which see `sheetsim.api.lecture.solve_topic`.
        **options: for a file: `out` (the solved copy), `sheet` (whose stored model), or the model
            itself: `objective`, `minimize` or `maximize` (True, or a cell in place of `objective`;
            False is as if it were left out), `value`, `by`, `subject_to` (a text or several) and
            `non_negative`; `set` (texts such as "Sheet1!A1=5", or a dict), `engine` ("GRG
            Nonlinear", "Simplex LP", "Evolutionary"), `start` ("current", "random", "zero"),
            `starts`, `seed`, `report` (True adds the reports to the copy), `jobs` and `scheduler`
            (for many starts), and the options of `sheetsim.solver.Options`.

    Returns:
        Of a file: `objective`, `status`, `success`, `variables` (cell to value), `iterations`,
        `evaluations`, `seconds`; see `sheetsim.solving.Solved`.

    Raises:
        OptionError: an option that there is not, or that may not be so.
        WorkbookError: the file cannot be read, or holds no model that can be solved.
        EngineError: a formula needs IronCalc, which is missing or cannot compute it.
        OutputError: the copy cannot be written.
    """
    if not names_file(model):
        from sheetsim.api.lecture import solve_topic

        return solve_topic(str(model), **options)
    out, report = options.pop("out", None), options.pop("report", False)
    where = {name: options.pop(name) for name in ("jobs", "scheduler") if name in options}
    request = request_of(options)
    if report:
        if out is None:
            raise OptionError(
                OptionName("report"), " is True; expected it with out, the copy that it goes into"
            )
        from sheetsim.solving.reports import report_sheets

        return solve_file(model, request, out=out, reports=report_sheets, **where)
    return solve_file(model, request, out=out, **where)


def side_by_side(
    path: str | Path, against: str | Sequence[str] = "all", **options: Any
) -> SideBySide:
    """Solve a workbook's Solver model by sheetsim and by others, and compare.

        sheetsim.side_by_side("model.xlsx", ["scipy-slsqp", "ipopt"]).frame()

    Args:
        path: an .xlsx or .xlsm file.
        against: "scipy-slsqp", "scipy-trust-constr", "scipy-lm", "highs", "ipopt", "uno", or "all"
            of them; files of the same workbook that another program, such as Excel, solved and
            saved; or several.
        **options: as of `solve` for a file, but for what is written.

    Returns:
        A row a solver: objective and violation by our evaluation of the workbook, what it claims,
        whether that holds, seconds and evaluations. Who is not installed is named as missing.

    Raises:
        OptionError: an option, or a solver, that there is not.
        WorkbookError: the file cannot be read, or holds no model that can be solved.
    """
    from sheetsim.peers.side_by_side import side_by_side

    names = [against] if isinstance(against, str) else list(against)
    return side_by_side(path, names, request_of(options))


def compile_objective(
    path: str | Path, objective: str | Sequence[str], by: str | Sequence[str]
) -> Program:
    """Compile cells of a workbook into a function of others, for use with any optimizer.

        f = sheetsim.compile("model.xlsx", "Sheet1!D9", "Sheet1!B1:B5")
        scipy.optimize.minimize(f.value_and_gradient, f.start, jac=True)

    Args:
        path: an .xlsx or .xlsm file.
        objective: a cell such as "Sheet1!D9" or the name of one; several, for `values(x)`.
        by: the cells that x stands for, such as "Sheet1!B1:B5,Sheet1!D1", or their name.

    Returns:
        A function: called with x (n,) or (S, n), it gives the (first) objective, a number or (S,);
        `value_and_gradient(x)` gives its gradient too, `values_and_jacobian(x)` all outputs with
        theirs, `start` the file's values (n,), `variables` the cells' names.

    Raises:
        OptionError: a text names no cells, or cells that are not there.
        WorkbookError: the file or a formula cannot be read, or a formula refers to itself.
    """
    return compile_book(read_book(path), objective, by)


def _entry(content: object) -> str:
    """Return what `Sheet1!A1=` is to be followed by."""
    if content is None:
        return ""
    if isinstance(content, float | int) and not np.isfinite(content):
        raise OptionError(
            OptionName("set"), f": got {content!r}, expected a finite number, a text or None"
        )
    return str(content).upper() if isinstance(content, bool) else str(content)


def request_of(options: dict[str, Any]) -> Request:
    """Return the request that options ask for.

    Raises:
        OptionError: an option that there is not, or that may not be so.
    """
    given = {name: options.pop(name) for name in _REQUESTED if options.get(name) is not None}
    for name in ("minimize", "maximize"):
        aim = options.pop(name, None)
        if aim is None or aim is False:
            continue
        if "goal" in given:
            raise OptionError(
                OptionName("minimize"),
                " and ",
                OptionName("maximize"),
                " were given; expected one of them",
            )
        given["goal"] = name
        if aim is not True and given.setdefault("objective", aim) != aim:
            raise OptionError(
                OptionName(name), f" is {aim!r}; expected it without another objective"
            )
    for name in _LISTS:
        value = options.pop(name, None) or ()
        if isinstance(value, dict):
            value = [f"{cell}={_entry(content)}" for cell, content in value.items()]
        given[name] = (value,) if isinstance(value, str) else tuple(value)
    known = Options.names()
    for name in options:
        if name not in known:
            names = ", ".join([*_REQUESTED, "minimize", "maximize", *_LISTS, *_PLACES, *known])
            raise OptionError(f"solve has no option {name!r}; it has {names}")
    return Request(**given, options=tuple(options.items()))
