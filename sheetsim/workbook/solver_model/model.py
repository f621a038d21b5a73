"""A Solver model as a workbook stores it, and the same in plain words.

What to change, what to make small, large or equal to a value, within what constraints, and the
settings of Excel's dialog. Cells are named, not read: a model can be listed without its sheets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from sheetsim.references import MAX_COLUMNS, MAX_ROWS, a1_range, column_name, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.book import Place

NO_LIMIT = 2147483647
"""What Excel stores for a limit that was left empty."""


class Relation(IntEnum):
    """How the two sides of a constraint compare; the numbers are those of `solver_rel`."""

    AT_MOST = 1
    EQUAL = 2
    AT_LEAST = 3
    INTEGER = 4
    BINARY = 5
    ALL_DIFFERENT = 6

    @property
    def sign(self) -> str:
        """The relation as it stands in a formula, or the word for it."""
        return ("<=", "=", ">=", "integer", "binary", "all different")[self - 1]

    @property
    def compares(self) -> bool:
        """Whether there is a right-hand side."""
        return self <= Relation.AT_LEAST


class Goal(IntEnum):
    """What to do with the objective; the numbers are those of `solver_typ`."""

    MAXIMISE = 1
    MINIMISE = 2
    VALUE = 3


class SolverEngine(IntEnum):
    """Excel's solving methods; the numbers are those of `solver_eng`."""

    GRG = 1
    SIMPLEX = 2
    EVOLUTIONARY = 3

    @property
    def title(self) -> str:
        """The name in Excel's dialog."""
        return ("GRG Nonlinear", "Simplex LP", "Evolutionary")[self - 1]


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle of cells on one sheet.

    Attributes:
        sheet: the sheet's name.
        first: its top left cell, (row, column) from 0.
        last: its bottom right cell.
    """

    sheet: str
    first: Place
    last: Place

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.last[0] - self.first[0] + 1, self.last[1] - self.first[1] + 1

    @property
    def size(self) -> int:
        """How many cells there are."""
        rows, columns = self.shape
        return rows * columns

    def places(self) -> Iterator[Place]:
        """Give every cell, row by row."""
        for row in range(self.first[0], self.last[0] + 1):
            for column in range(self.first[1], self.last[1] + 1):
                yield row, column

    @property
    def local(self) -> str:
        """The rectangle without its sheet: `H19:V23`, `B:B`, `3:4`."""
        (top, left), (bottom, right) = self.first, self.last
        if (top, bottom) == (0, MAX_ROWS - 1):
            return f"{column_name(left)}:{column_name(right)}"
        if (left, right) == (0, MAX_COLUMNS - 1):
            return f"{top + 1}:{bottom + 1}"
        return a1_range(self.first, self.last)

    @property
    def absolute(self) -> str:
        """The rectangle as a defined name has it: `dotprod!$H$19:$V$23`."""
        cells = a1_range(self.first, self.last, fix_row=True, fix_column=True)
        return f"{quoted(self.sheet)}!{cells}"

    def __str__(self) -> str:
        return f"{quoted(self.sheet)}!{self.local}"


@dataclass(frozen=True, slots=True)
class SolverConstraint:
    """One line of the box "Subject to the Constraints".

    Attributes:
        left: the cells that are bound.
        relation: how.
        right: a number, cells (one, or as many as on the left), or a formula without "="; None
            for integer, binary and all different.
    """

    left: tuple[Area, ...]
    relation: Relation
    right: float | Area | str | None = None

    def __str__(self) -> str:
        left = ",".join(str(area) for area in self.left)
        right = "" if self.right is None else f" {_number(self.right)}"
        return f"{left} {self.relation.sign}{right}"


@dataclass(frozen=True, slots=True)
class SolverSettings:
    """The settings of Excel's dialog, with the values that it starts from.

    Attributes:
        precision: of constraints: how far one may be broken (`solver_pre`).
        convergence: the relative change over five trials at which GRG stops (`solver_cvg`).
        seconds: most time, None for no limit (`solver_tim`).
        iterations: most iterations, None for no limit (`solver_itr`).
        central: central derivatives instead of forward ones (`solver_drv`).
        multistart: whether GRG starts from many points (`solver_msl`).
        population: how many points, also of Evolutionary (`solver_ssz`).
        seed: of random numbers, None for another one each time (`solver_rsd`).
        bounds_required: multistart wants bounds on all variables (`solver_rbv`).
        tolerance: how far from the best an integer solution may be, as a fraction (`solver_tol`).
        ignore_integers: solve without the integer constraints (`solver_rlx`).
        subproblems: most of them, None for no limit (`solver_nod`).
        integer_solutions: most feasible ones, None for no limit (`solver_mip`).
        scaling: automatic scaling (`solver_scl`).
        mutation: rate of Evolutionary (`solver_mrt`).
        idle_seconds: most time without improvement, Evolutionary (`solver_mni`).
        show_steps: show each iteration's result (`solver_sho`).
        quadratic_estimates: instead of tangents (`solver_est`).
        conjugate_search: instead of Newton's (`solver_nwt`).
    """

    precision: float = 1e-6
    convergence: float = 1e-4
    seconds: float | None = None
    iterations: int | None = None
    central: bool = False
    multistart: bool = False
    population: int = 100
    seed: int | None = None
    bounds_required: bool = True
    tolerance: float = 0.01
    ignore_integers: bool = False
    subproblems: int | None = None
    integer_solutions: int | None = None
    scaling: bool = False
    mutation: float = 0.075
    idle_seconds: float = 30.0
    show_steps: bool = False
    quadratic_estimates: bool = False
    conjugate_search: bool = False


class Part(Enum):
    """A part of a model, as far as a problem can lie in it."""

    OBJECTIVE = "the objective"
    GOAL = "what to do with it"
    VARIABLES = "the cells to change"
    CONSTRAINTS = "the constraints"
    ENGINE = "the method"
    SETTINGS = "the settings"


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a model cannot be solved as it stands.

    Attributes:
        parts: where it lies; another one in place of any of these mends it.
        why: a plain clause.
        cells: at fault, where there are some.
    """

    parts: frozenset[Part]
    why: str
    cells: tuple[Area, ...] = ()

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class SolverModel:
    """A Solver model.

    Attributes:
        sheet: the sheet that it is stored with.
        objective: its cell; None if there is none, or if it cannot be found.
        goal: what to do with it.
        value: the value to reach, for `Goal.VALUE`.
        variables: the areas to change, in their order.
        constraints: in their order.
        non_negative: variables without a lower bound are to be at least 0.
        engine: the method.
        settings: the rest.
        problems: why it cannot be solved as it stands; mostly empty.
    """

    sheet: str
    objective: Area | None
    goal: Goal = Goal.MINIMISE
    value: float = 0.0
    variables: tuple[Area, ...] = ()
    constraints: tuple[SolverConstraint, ...] = ()
    non_negative: bool = False
    engine: SolverEngine = SolverEngine.GRG
    settings: SolverSettings = field(default_factory=SolverSettings)
    problems: tuple[Problem, ...] = ()

    def variable_cells(self) -> list[tuple[str, Place]]:
        """Return sheet and place of every variable, once each, in the order of the areas."""
        cells = ((area.sheet, place) for area in self.variables for place in area.places())
        return list(dict.fromkeys(cells))


def describe(model: SolverModel) -> str:
    """Say in plain words what a model holds, in a few lines without a final line break."""
    title = "".join(sign if sign.isprintable() else " " for sign in model.sheet) + ": "
    if model.problems:
        lines = [f"{title}cannot be solved as it is stored"]
        lines += [f"  {problem}" for problem in model.problems]
        return "\n".join(lines)
    return "\n".join([title + _aim(model), *(f"  {line}" for line in _details(model))])


def _aim(model: SolverModel) -> str:
    where = "" if model.objective is None else _shown(model.objective, model.sheet)
    aim = {
        Goal.MAXIMISE: f"maximise {where}",
        Goal.MINIMISE: f"minimise {where}",
        Goal.VALUE: f"bring {where} to {_number(model.value)}",
    }[model.goal]
    if model.objective is None:
        aim = "satisfy the constraints"
    count = sum(area.size for area in model.variables)
    areas = _listed([_shown(area, model.sheet) for area in model.variables])
    cells = "cell" if count == 1 else "cells"
    return f"{aim} by changing {count:,} {cells}, {areas}"


def _details(model: SolverModel) -> Iterator[str]:
    """Give the lines on constraints, method and limits."""
    for constraint in model.constraints:
        left = _listed([_shown(area, model.sheet) for area in constraint.left])
        if constraint.relation.compares:
            right = constraint.right
            shown = _shown(right, model.sheet) if isinstance(right, Area) else _number(right)
            yield f"subject to {left} {constraint.relation.sign} {shown}"
        else:
            yield f"subject to {left} {constraint.relation.sign}"
    negative = "are at least 0 unless bound" if model.non_negative else "may be negative"
    yield f"{'' if model.constraints else 'no constraints; '}variables {negative}"
    settings = model.settings
    method = [model.engine.title, f"precision {settings.precision:g}"]
    if model.engine is SolverEngine.GRG:
        method.append(f"convergence {settings.convergence:g}")
        method.append(f"{'central' if settings.central else 'forward'} derivatives")
    if settings.multistart or model.engine is SolverEngine.EVOLUTIONARY:
        start = "multistart from" if model.engine is SolverEngine.GRG else "population of"
        method.append(f"{start} {settings.population} points")
    if any(not c.relation.compares for c in model.constraints):
        method.append(
            "integer constraints ignored"
            if settings.ignore_integers
            else f"integer tolerance {settings.tolerance:g}"
        )
    if settings.seconds is not None:
        method.append(f"at most {settings.seconds:g} s")
    if settings.iterations is not None:
        method.append(f"at most {settings.iterations:,} iterations")
    yield ", ".join(method)


def _shown(area: Area, sheet: str) -> str:
    return area.local if area.sheet == sheet else str(area)


def _number(value: float | Area | str | None) -> str:
    return f"{value:.12g}" if isinstance(value, float) else str(value)


def _listed(words: list[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
