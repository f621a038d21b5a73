"""From a file and a request to a model that is ready to be solved."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_limits

from sheetsim.errors import OptionError, OptionName, WorkbookError
from sheetsim.formula.functions import is_flat
from sheetsim.option_values import whole_number
from sheetsim.references import address_text
from sheetsim.solver.endings import Ending, Outcome, tally
from sheetsim.solver.options import Options
from sheetsim.solver.parts.starts import uniform, unit_box
from sheetsim.solver.solve_model import solve
from sheetsim.solving.compiled import Compiled, compile_model
from sheetsim.solving.request import Request, choose_model, set_inputs
from sheetsim.workbook.read.book import read_book
from sheetsim.workbook.read.paths import require_workbook_name
from sheetsim.workbook.solver_model.model import SolverEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from sheetsim.arrays import Floats
    from sheetsim.book import Book, CellAddress, Value
    from sheetsim.solver.model import Model
    from sheetsim.solver.result import Result
    from sheetsim.workbook.solver_model.model import SolverModel

EXCELS_TOLERANCES = (0.01, 0.05)
"""The integer optimality that Excel stores where nobody has set one: since 2010, and before."""


@dataclass(frozen=True)
class Prepared:
    """A model that is read and compiled, ready to be solved from any start.

    Attributes:
        book: the workbook, its inputs set.
        request: what was asked.
        stored: the model.
        options: of the solver.
        starts: how many searches there are.
        compiled: the formulas.
        inputs: what the request set.
        seconds: that reading and compiling took.
    """

    book: Book
    request: Request
    stored: SolverModel
    options: Options
    starts: int
    compiled: Compiled
    inputs: Mapping[CellAddress, Value]
    seconds: float

    def solve(self, parameters: Floats | None = None) -> Result:
        """Solve the model; the parameters are those that it was compiled with."""
        model = self.model(parameters)
        # Threads of BLAS wait for each other longer than such a model takes, and their number
        # would show in the last digits.
        with threadpool_limits(limits=1, user_api="blas"):
            engine: Any = self.stored.engine.title
            solution = solve(model, self.options, engine, starts=self.starts)
        solution = self._without_proof(solution)
        why = None if solution.success else self._error(solution, parameters)
        return replace(solution, status=f"{solution.status}; {why}") if why else solution

    def model(self, parameters: Floats | None = None) -> Model:
        """The model for the solver, from the start that was asked for."""
        model = self.compiled.model(parameters)
        return replace(model, start=_start(self, model.low, model.high))

    def _without_proof(self, solution: Result) -> Result:
        """Claim no optimum where functions have no derivative: it counts as 0."""
        program = self.compiled.program
        claims = solution.ending in (Ending.OPTIMAL, Ending.CONVERGED, Ending.PROBABLE)
        if program is None or self.stored.engine is not SolverEngine.GRG or not claims:
            return solution
        if solution.proved:  # not by derivatives
            return solution
        flat = [note.function for note in program.smooth if is_flat(note.function)]
        if not flat:
            return _without_optimality(solution, [note.function for note in program.smooth])
        why = f"{', '.join(flat)} show no way down; try Evolutionary"
        outcome = Outcome(Ending.NO_BETTER, why)
        sentence = outcome.status + tally(solution.ends)
        return replace(solution, ending=outcome.ending, status=sentence)

    def _error(self, solution: Result, parameters: Floats | None) -> str | None:
        """Say which cell is the first with an error, if the search began and ended with one."""
        compiled = self.compiled
        held = np.zeros(0) if parameters is None else parameters
        start = np.append(solution.start, held)
        with np.errstate(all="ignore"):
            found = compiled.function.values(start)
            left = compiled.function.values(np.append(solution.variables, held))
        bad = np.flatnonzero(~np.isfinite(found))
        if not bad.size or np.isfinite(left).all():
            return None
        if compiled.program is None:
            return f"{address_text(compiled.outputs[bad[0]])} is no number there"
        cell, shown = next(iter(compiled.program.errors_at(start).items()))
        formulas = {address: text for text, address in compiled.formulas.items()}
        if cell in formulas:
            return f"the constraint's right side {formulas[cell]} is {shown} there"
        return f"the first cell with an error there is {address_text(cell)}, which shows {shown}"

    def again(self, request: Request) -> Prepared:
        """Return the same model for another start or seed, not compiled again."""
        starts = solver_starts(self.stored, request)
        options = solver_options(self.stored, request, self.book.path)
        return replace(self, request=request, options=options, starts=starts)


def prepare(
    path: str | Path,
    request: Request | None = None,
    parameters: Callable[[Book, str], Sequence[CellAddress]] | None = None,
    progress: Callable[[str, float], None] | None = None,
) -> Prepared:
    """Read a workbook and compile the model that is asked for.

    Args:
        path: an .xlsx or .xlsm file; it is only read.
        request: what is asked; the only model of the file if None.
        parameters: which inputs are to be given with each solve, once the workbook and the
            model's sheet are known.
        progress: called with the sheet being read and how much of it has been, from 0 to 1.

    Raises:
        OptionError: the request asks for what is not there.
        WorkbookError: the file cannot be read, holds no model that can be solved, or has a
            formula that cannot be computed.
        EngineError: IronCalc is needed for a formula, and missing or not able to compute it.
    """
    began = time.perf_counter()
    request = request or Request()
    require_workbook_name(path)
    book = read_book(path, progress=progress)
    stored = choose_model(book, request)
    book, inputs = set_inputs(book, request, stored.sheet)
    held = () if parameters is None else tuple(parameters(book, stored.sheet))
    variables = set(stored.variable_cells())
    for address in held:
        if address in variables:
            raise OptionError(
                f"{book.path}: {address_text(address)} is a variable; expected an input"
            )
    compiled = compile_model(book, stored, held, inputs)
    starts = solver_starts(stored, request)
    options = solver_options(stored, request, book.path)
    seconds = time.perf_counter() - began
    return Prepared(book, request, stored, options, starts, compiled, inputs, seconds)


def solver_starts(stored: SolverModel, request: Request) -> int:
    """Return how many searches there are: as asked for, or as the stored model says.

    Excel's multistart searches from so many random points as its population has, beside the start.

    Raises:
        OptionError: it is no such number, or more than one for Simplex LP.
    """
    engine, settings = stored.engine, stored.settings
    if request.starts is None:
        many = settings.multistart and engine is SolverEngine.GRG
        return settings.population + 1 if many else 1
    starts = whole_number("starts", request.starts, 1)
    if starts > 1 and engine is SolverEngine.SIMPLEX:
        raise OptionError(
            OptionName("starts"), f" is {starts}; expected 1 with {engine.title}, or another engine"
        )
    return starts


def solver_options(stored: SolverModel, request: Request, path: str) -> Options:
    """Return the solver's options: the stored settings, and those of the request in their place.

    Two of Excel's defaults are not taken over, for they end a search before its end: a
    convergence of 0.0001 and an integer optimality of 1% (5% in Excel 2003 and 2007, which is no
    wish of anybody's either). Derivatives are exact, not differences.

    Raises:
        WorkbookError: a stored setting may not be so.
        OptionError: one of the request's may not.
    """
    old = stored.settings
    given: dict[str, Any] = {
        "precision": old.precision,
        "convergence": min(old.convergence, Options.convergence),
        "max_time": old.seconds,
        "max_iterations": old.iterations,
        "population": old.population,
        "seed": old.seed or 0,
        "integer_tolerance": 0.0 if old.tolerance in EXCELS_TOLERANCES else old.tolerance,
        "max_subproblems": old.subproblems,
        "mutation_rate": old.mutation,
        "ignore_integers": old.ignore_integers,
    }
    asked = dict(request.options)
    if request.seed is not None:
        asked["seed"] = request.seed
    try:
        Options(**{name: value for name, value in given.items() if name not in asked})
    except OptionError as error:
        raise WorkbookError(
            f"{path}: the stored model of sheet {stored.sheet!r}: {error}"
        ) from None
    return Options(**{**given, **asked})


def _without_optimality(solution: Result, kinks: Sequence[str]) -> Result:
    """What derivatives cannot say of formulas with kinks: that nothing near is better."""
    if not kinks or solution.ending is not Ending.OPTIMAL:
        return solution
    names = ", ".join(dict.fromkeys(kinks))
    why = f"{solution.status}; kinks in {names} leave no proof of an optimum"
    return replace(solution, ending=Ending.CONVERGED, status=why)


def _start(prepared: Prepared, low: Floats, high: Floats) -> Floats:
    """Return where the search begins: (n,)."""
    request, compiled = prepared.request, prepared.compiled
    if request.start == "zero":
        return np.zeros(compiled.n)
    if request.start == "current":
        return compiled.start[: compiled.n].copy()
    rng = np.random.default_rng(prepared.options.seed)
    (start,) = uniform(rng, unit_box(low, high), 1)
    return np.asarray(start)
