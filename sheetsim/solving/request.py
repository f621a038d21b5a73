"""What is asked of a solve: plain data, so that it can go to another process."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

from sheetsim.errors import OptionError, OptionName, WorkbookError
from sheetsim.formula.recalc.overlay import overlay
from sheetsim.solver.options import Options
from sheetsim.solving.inputs import parse_setting
from sheetsim.workbook.solver_model.areas import parse_areas
from sheetsim.workbook.solver_model.cell_problems import cell_problems
from sheetsim.workbook.solver_model.model import Goal, Part, Problem, SolverEngine, SolverModel
from sheetsim.workbook.solver_model.parse import parse_model
from sheetsim.workbook.solver_model.read import read_models

if TYPE_CHECKING:
    from sheetsim.book import Book, CellAddress, Value

Start = Literal["current", "random", "zero"]
ENGINES = {engine.title: engine for engine in SolverEngine}

_OBJECTIVE, _BY = OptionName("objective"), OptionName("by")


@dataclass(frozen=True)
class Request:
    """Which model of a workbook to solve, and how.

    Attributes:
        sheet: the sheet whose stored model it is; None if there is only one.
        objective: a cell, in place of the stored objective.
        goal: "minimize" or "maximize", in place of the stored goal; a model given here is
            minimized by default.
        value: the value to reach, in place of the stored goal.
        by: cells to change, in place of the stored ones.
        subject_to: constraints, in place of the stored ones.
        non_negative: whether variables without a lower bound are to be at least 0, in place of
            the stored choice; of a model given here, they may be negative by default.
        set: inputs to set beforehand, such as "Sheet1!A1=5".
        engine: "GRG Nonlinear", "Simplex LP" or "Evolutionary"; None for the stored one.
        start: from the file's values, from zero, or from random values: between a variable's
            bounds, or from 0 to 1 beside the one that it has, or from 0 to 1 if it has none.
        starts: how many starts, the first as above, the others random (of Evolutionary, how many
            populations); the best wins. None for as many as the stored model says.
        seed: of all random numbers.
        options: of `sheetsim.solver.Options`, in place of the stored ones.
    """

    sheet: str | None = None
    objective: str | None = None
    goal: Literal["minimize", "maximize"] | None = None
    value: float | None = None
    by: tuple[str, ...] = ()
    subject_to: tuple[str, ...] = ()
    non_negative: bool | None = None
    set: tuple[str, ...] = ()
    engine: str | None = None
    start: Start = "current"
    starts: int | None = None
    seed: int | None = None
    options: tuple[tuple[str, Any], ...] = ()

    def __post_init__(self) -> None:
        if self.start not in get_args(Start):
            raise OptionError(
                OptionName("start"), f": got {self.start!r}, expected one of current, random, zero"
            )
        if self.goal not in (None, "minimize", "maximize"):
            raise OptionError(
                OptionName("goal"), f": got {self.goal!r}, expected minimize or maximize"
            )
        if self.goal is not None and self.value is not None:
            raise OptionError(
                OptionName("value"),
                f": got {self.value}, expected it without ",
                OptionName(self.goal),
            )
        if self.value is not None and not math.isfinite(self.value):
            raise OptionError(OptionName("value"), f": got {self.value}, expected a finite number")
        known = Options.names()
        for name, _ in self.options:
            if name not in known:
                raise OptionError(
                    f"solve has no option {name!r}; it has {', '.join(sorted(known))}"
                )

    @property
    def rewrites(self) -> bool:
        """Whether the model is another than the stored one, and goes into the copy."""
        given: tuple[object, ...] = (self.objective, self.goal, self.value, self.by)
        given = (*given, self.subject_to, self.engine, self.non_negative)
        return any(one not in (None, ()) for one in given)


def choose_model(book: Book, request: Request) -> SolverModel:
    """Return the model that is meant: a stored one, a given one, or the one on top of the other.

    Raises:
        OptionError: the request names what is not there, or leaves open which model is meant.
        WorkbookError: the file holds no model, or the model cannot be solved as it is stored.
    """
    stored = _stored(book, request)
    _refuse(book, stored, _left_over(stored, request))
    try:
        model = parse_model(
            book,
            objective=request.objective,
            goal={"minimize": Goal.MINIMIZE, "maximize": Goal.MAXIMIZE}.get(request.goal or ""),
            value=request.value,
            by=request.by,
            subject_to=request.subject_to,
            stored=stored,
        )
    except OptionError as error:
        raise OptionError(f"{book.path}: ", *error.args) from None
    _refuse(book, model, cell_problems(book, model))
    if request.non_negative is not None:
        model = replace(model, non_negative=request.non_negative)
    if request.engine is not None:
        model = replace(model, engine=engine_of(request.engine))
    return model


def engine_of(name: str) -> SolverEngine:
    """Return the engine of a name; "grg", "simplex", "lp" and "evolutionary" will do.

    Raises:
        OptionError: there is none such.
    """
    folded = name.casefold()
    for title, engine in ENGINES.items():
        if folded == title.casefold() or folded in title.casefold().split():
            return engine
    raise OptionError(OptionName("engine"), f": got {name!r}, expected one of {', '.join(ENGINES)}")


def set_inputs(
    book: Book, request: Request, sheet: str | None
) -> tuple[Book, dict[CellAddress, Value]]:
    """Return the workbook with the request's inputs set, and what was set.

    `sheet` is that of references that name none.
    """
    values: dict[CellAddress, Value] = {}
    for text in request.set:
        values |= parse_setting(text, book, sheet)
    return (overlay(book, values)[0] if values else book), values


def _stored(book: Book, request: Request) -> SolverModel | None:
    """Return the stored model that is meant, with nothing in it if its sheet has none.

    That is the one of the sheet that the request names, by itself or with the objective; else the
    only one of the file.
    """
    models = read_models(book)
    sheet = _sheet(book, request)
    given = bool(request.by and (request.objective or request.subject_to))
    if sheet is not None:
        if sheet in models:
            return models[sheet]
        if given:
            return SolverModel(sheet, None)
        raise WorkbookError(
            f"{book.path}: sheet {sheet!r} holds no Solver model; expected one, or ",
            *(_OBJECTIVE, " and ", _BY, _where(models)),
        )
    solvable = [model for model in models.values() if not model.problems]
    if len(models) == 1 or len(solvable) == 1:
        return solvable[0] if solvable else next(iter(models.values()))
    if given:
        return None
    if not models:
        raise WorkbookError(
            f"{book.path}: holds no Solver model; expected one, or ", _OBJECTIVE, " and ", _BY
        )
    raise OptionError(
        f"{book.path}: holds {len(models)} Solver models; expected ",
        OptionName("sheet"),
        f" with one of {', '.join(model.sheet for model in solvable or models.values())}",
    )


def _sheet(book: Book, request: Request) -> str | None:
    """Return the sheet that the request names; None if it names none."""
    if request.sheet is not None:
        sheet = book.find_sheet(request.sheet)
        if sheet is None:
            raise OptionError(
                f"{book.path}: has no sheet {request.sheet!r}; it has {', '.join(book.sheets)}"
            )
        return sheet
    if len(book.sheets) == 1:
        return next(iter(book.sheets))
    try:
        return parse_areas(request.objective or "", book, None)[0].sheet
    except OptionError:
        return None  # there is none, or it leads nowhere: what is wrong with it is said later


def _refuse(book: Book, model: SolverModel | None, problems: list[Problem]) -> None:
    if model is not None and problems:
        raise WorkbookError(
            f"{book.path}: the model of sheet {model.sheet!r} cannot be solved: "
            + "; ".join(map(str, problems))
        )


def _left_over(stored: SolverModel | None, request: Request) -> list[Problem]:
    """Return what is wrong with the stored model and not replaced by the request."""
    given = {
        Part.OBJECTIVE: request.objective is not None,
        Part.GOAL: request.goal is not None or request.value is not None,
        Part.VARIABLES: bool(request.by),
        Part.CONSTRAINTS: bool(request.subject_to),
        Part.ENGINE: request.engine is not None,
    }
    replaced = {part for part, there in given.items() if there}
    problems = stored.problems if stored else ()
    return [problem for problem in problems if not replaced & problem.parts]


def _where(models: dict[str, SolverModel]) -> str:
    return f" (there are models on {', '.join(models)})" if models else ""
