"""A stored Solver model and the workbook's own formulas, as a model that the solver takes.

The objective and both sides of the constraints are compiled into NumPy (`sheetsim.formula`), with
exact derivatives; an objective that is found to be a sum of squares brings its residuals, for
Gauss-Newton. A constraint on a variable alone, against a number that does not depend on the
variables, is a bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.errors import WorkbookError
from sheetsim.formula.program import Program, compile_book
from sheetsim.solver.model import Constraint, Model
from sheetsim.workbook.stored_model import Area, Goal, Relation

if TYPE_CHECKING:
    from sheetsim.book import Book, Place
    from sheetsim.sheet import Array
    from sheetsim.workbook.stored_model import Constraint as Stored
    from sheetsim.workbook.stored_model import SolverModel

SENSES = {Goal.MAXIMISE: "maximize", Goal.MINIMISE: "minimize", Goal.VALUE: "value"}


@dataclass(frozen=True)
class Compiled:
    """A model, and what it was compiled from.

    Attributes:
        model: for `sheetsim.solver.solve`.
        objective: the objective as a function of the variables.
        cells: sheet and place of every variable, in their order.
    """

    model: Model
    objective: Program
    cells: tuple[tuple[str, Place], ...]


def compile_model(book: Book, stored: SolverModel) -> Compiled:
    """Compile a model that has no problems.

    Raises:
        WorkbookError: a formula that cannot be compiled, a constraint whose right-hand side is a
            formula, or cells in the model that are not there.
    """
    assert stored.objective is not None  # noqa: S101 - what has no problems has one
    cells = tuple(stored.variable_cells())
    at = {cell: number for number, cell in enumerate(cells)}
    target = (stored.objective.sheet, stored.objective.first)
    program = compile_book(book, [target], list(cells))
    _refuse_fallbacks(book, program)
    low, high = np.full(len(cells), -np.inf), np.full(len(cells), np.inf)
    whole, binary = np.zeros(len(cells), bool), np.zeros(len(cells), bool)
    groups, blocks = [], []
    for constraint in stored.constraints:
        left = [(area.sheet, place) for area in constraint.left for place in area.places()]
        if not constraint.relation.compares:
            numbers = np.array([at[cell] for cell in left], dtype=np.intp)
            if constraint.relation is Relation.ALL_DIFFERENT:
                groups.append(numbers)
            else:
                (whole if constraint.relation is Relation.INTEGER else binary)[numbers] = True
        elif isinstance(constraint.right, float) and all(cell in at for cell in left):
            numbers = np.array([at[cell] for cell in left], dtype=np.intp)
            if constraint.relation is not Relation.AT_MOST:
                low[numbers] = np.fmax(low[numbers], constraint.right)
            if constraint.relation is not Relation.AT_LEAST:
                high[numbers] = np.fmin(high[numbers], constraint.right)
        else:
            blocks.append(_block(book, constraint, left, cells))
    if stored.non_negative:
        low[np.isneginf(low)] = 0.0
    squares = program.squares if stored.goal is Goal.MINIMISE else None
    extras = {}
    if squares is not None:
        extras = {"residuals": squares.residuals_and_jacobian, "report": squares.report}
    model = Model(
        start=program.start,
        objective=_objective(program),
        sense=SENSES[stored.goal],  # type: ignore[arg-type]
        target=stored.value,
        lower=low,
        upper=high,
        constraints=tuple(blocks),
        integer=whole,
        binary=binary,
        different=tuple(groups),
        values=lambda x: program.values(x)[..., 0],
        linear=program.linear[0],
        **extras,
    )
    return Compiled(model, program, cells)


def _objective(program: Program):  # type: ignore[no-untyped-def]
    def both(x: Array) -> tuple[float, Array]:
        value, gradient = program.value_and_gradient(x)
        return float(value), gradient

    return both


def _block(
    book: Book,
    constraint: Stored,
    left: list[tuple[str, Place]],
    cells: tuple[tuple[str, Place], ...],
) -> Constraint:
    """Left minus right, row by row; one number or cell on the right serves all rows."""
    right: list[tuple[str, Place]] = []
    number = 0.0
    if isinstance(constraint.right, Area):
        right = [(constraint.right.sheet, place) for place in constraint.right.places()]
    elif isinstance(constraint.right, float):
        number = constraint.right
    else:
        raise WorkbookError(
            f"{book.path}: constraint {constraint}: its right-hand side is a formula; expected a "
            "number or cells"
        )
    program = compile_book(book, [*left, *right], list(cells))
    _refuse_fallbacks(book, program)
    m = len(left)

    def function(x: Array) -> tuple[Array, Array]:
        values, jacobian = program.values_and_jacobian(x)
        if not right:
            return values[:m] - number, jacobian[:m]
        return values[:m] - values[m:], jacobian[:m] - jacobian[m:]

    def batch(x: Array) -> Array:
        values = program.values(x)
        return values[..., :m] - (values[..., m:] if right else number)

    sides = program.values(program.start)
    size = np.abs(sides[m:]) if right else np.full(1, abs(number))
    scale = np.fmax(1.0, np.where(np.isfinite(size), size, 1.0))
    scale = np.broadcast_to(scale, (m,)).copy()
    sign = constraint.relation.sign
    return Constraint(function, sign, str(constraint), all(program.linear), scale, batch)  # type: ignore[arg-type]


def _refuse_fallbacks(book: Book, program: Program) -> None:
    for note in program.fallbacks:
        if note.moving:
            raise WorkbookError(
                f"{book.path}: {note.cells[0]} needs {note.function}, which sheetsim does not "
                "compute, and depends on the variables"
            )
