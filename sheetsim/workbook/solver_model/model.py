"""A Solver model as a workbook stores it.

What to change, what to make small, large or equal to a value, within what constraints, and the
settings of Excel's dialog. Cells are named, not read: a model can be listed without its sheets.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import TYPE_CHECKING

from sheetsim.workbook.solver_model.areas import Area

if TYPE_CHECKING:
    from sheetsim.book import CellAddress

NO_LIMIT = 2147483647
"""What Excel stores for a limit that was left empty."""

MAX_VARIABLES = 1_000_000
"""Cells to change; a model of more is a mistake, such as a whole column too many."""


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

    MAXIMIZE = 1
    MINIMIZE = 2
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
        right = "" if self.right is None else f" {side_text(self.right)}"
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
        said: the parts and settings that are stored, by their names in the file without
            "solver_"; for those that are not, something is assumed.
    """

    sheet: str
    objective: Area | None
    goal: Goal = Goal.MINIMIZE
    value: float = 0.0
    variables: tuple[Area, ...] = ()
    constraints: tuple[SolverConstraint, ...] = ()
    non_negative: bool = False
    engine: SolverEngine = SolverEngine.GRG
    settings: SolverSettings = field(default_factory=SolverSettings)
    problems: tuple[Problem, ...] = ()
    said: frozenset[str] = field(default=frozenset(), compare=False)

    def variable_cells(self) -> list[CellAddress]:
        """Return sheet and place of every variable, once each, in the order of the areas."""
        cells = ((area.sheet, place) for area in self.variables for place in area.places())
        return list(dict.fromkeys(cells))


def side_text(side: float | Area | str | None) -> str:
    """Return the value or the right-hand side of a model as text."""
    return f"{side:.12g}" if isinstance(side, float) else str(side)
