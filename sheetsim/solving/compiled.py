"""A stored Solver model and the workbook's own formulas, as a model that the solver takes.

The objective and both sides of the constraints are compiled into NumPy (`sheetsim.formula`), with
exact derivatives; an objective that is found to be a sum of squares brings its residuals, for
Gauss-Newton. A constraint on variables alone, against what does not depend on the variables, is
a bound. What cannot be compiled and depends on the variables is computed by IronCalc, one
evaluation at a time, and the solver takes finite differences.

A parameter is an input that changes from solve to solve, as in a sweep: it is compiled as if it
were a variable, so that the formulas are compiled once, and held while the model is solved.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.book import Cell
from sheetsim.errors import OptionError, WorkbookError
from sheetsim.formula.compile.plan import Reason
from sheetsim.formula.program import Note, Program, compile_book
from sheetsim.formula.recalc.overlay import with_cells
from sheetsim.formula.structure.binaries import NotLinearError
from sheetsim.formula.structure.degrees import MORE
from sheetsim.mixed_integer import MixedInteger
from sheetsim.references import MAX_COLUMNS, MAX_ROWS, address_text
from sheetsim.solver.functions import identity
from sheetsim.solver.model import Model
from sheetsim.solver.reformulation import NotLinear
from sheetsim.solving.functions import (
    Block,
    Function,
    Joined,
    constraint_of,
    nothing,
    rows_of,
    sides_of,
    widened,
)
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import Goal, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sheetsim.arrays import Floats
    from sheetsim.book import Book, CellAddress, Value
    from sheetsim.formula.structure.sum_of_squares import SumOfSquares
    from sheetsim.solver.functions import Index, Mask
    from sheetsim.solver.reformulation import Reformulate
    from sheetsim.workbook.solver_model.model import SolverConstraint, SolverModel

MAX_CONSTRAINED = 2_000_000
"""Cells on the left of all constraints together; more are a slip, such as a sheet's all rows."""

MAX_JACOBIAN = 100_000_000
"""Constraints times variables: where they are not linear, their derivatives are a table in memory,
of 0.8 GB by then."""

SIGNS = {Goal.MAXIMIZE: -1.0, Goal.MINIMIZE: 1.0, Goal.VALUE: 1.0}

SENSES = {Goal.MAXIMIZE: "maximize", Goal.MINIMIZE: "minimize", Goal.VALUE: "value"}


@dataclass
class Compiled:
    """A model, and what it was compiled from.

    Attributes:
        stored: the model as the workbook has it.
        cells: sheet and place of every variable, in their order.
        parameters: the same of the inputs that a sweep changes.
        outputs: the objective (if there is one) and the cells of the constraints that are no
            bounds.
        fixed: the cells on the right of constraints that no variable moves, with their values.
        program: the outputs as functions of variables and parameters; None if IronCalc is asked.
        function: the same, by whichever computes them.
        missing: what could not be compiled and depends on the variables, for the summary.
        formulas: the right-hand sides that are formulas, and the cells that they were given.
        blocks: constraints other than bounds.
        lower, upper: (n,) bounds.
        integer, binary: (n,) which variables are whole numbers, or 0 and 1.
        different: groups of variables that differ.
    """

    stored: SolverModel
    cells: tuple[CellAddress, ...]
    parameters: tuple[CellAddress, ...]
    outputs: tuple[CellAddress, ...]
    program: Program | None
    function: Function
    start: Floats
    missing: tuple[Note, ...]
    fixed: dict[CellAddress, float] = field(default_factory=dict)
    formulas: dict[str, CellAddress] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)
    lower: Floats = field(default_factory=lambda: np.zeros(0))
    upper: Floats = field(default_factory=lambda: np.zeros(0))
    integer: Mask = field(default_factory=lambda: np.zeros(0, bool))
    binary: Mask = field(default_factory=lambda: np.zeros(0, bool))
    different: tuple[Index, ...] = ()

    @property
    def n(self) -> int:
        """How many variables there are."""
        return len(self.cells)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The variables as formulas name them, such as `Sheet1!B2`."""
        return tuple(address_text(address) for address in self.cells)

    @cached_property
    def degrees(self) -> tuple[int, ...]:
        """What each output is known to be in the variables, the parameters held."""
        if self.program is None:
            return (MORE,) * len(self.outputs)
        return self.program.degrees(self.n)

    @cached_property
    def linear(self) -> tuple[bool, ...]:
        """Which outputs are known to be linear in the variables."""
        return tuple(degree <= 1 for degree in self.degrees)

    def model(self, parameters: Floats | None = None) -> Model:
        """Return the model for the solver, at the parameters' values (p,)."""
        held = np.zeros(0) if parameters is None else np.asarray(parameters, float)
        if held.size != len(self.parameters):
            raise OptionError(f"expected {len(self.parameters)} parameters, got {held.size}")
        goal, start = self.stored.goal, self.start[: self.n]
        has_objective = self.stored.objective is not None
        joined = Joined(self.program, self.function, held, self.n, rows=bool(self.blocks))
        squares = self._squares
        return Model(
            start=start,
            objective=joined.objective() if has_objective else nothing,
            sense=SENSES[goal] if has_objective else "minimize",  # type: ignore[arg-type]
            target=self.stored.value,
            lower=self.lower,
            upper=self.upper,
            constraints=tuple(
                constraint_of(block, joined, start, self._degree(rows_of(block)))
                for block in self.blocks
            ),
            integer=self.integer,
            binary=self.binary,
            different=self.different,
            residuals=None if squares is None else joined.cut(squares.residuals_and_jacobian),
            report=identity if squares is None else squares.report,
            partly_linear=None if squares is None else widened(squares.is_linear_in, held.size),
            linear=self._linear([0]) if has_objective else True,
            convex=squares is not None and squares.linear,
            kinked=self.program is None or bool(self.program.smooth),
            sparse=joined.sparse(
                self.blocks,
                self.degrees[0] if has_objective else 0,
                has_objective=has_objective,
            ),
            work=None if self.program is None else self.program.work,
            reformulate=None if self.program is None else self._reformulation(held),
            names=self.names,
        )

    def _reformulation(self, held: Floats) -> Reformulate:
        """The model with binaries in place of IF, MAX and the like; see `Model`."""
        program, stored = self.program, self.stored
        assert program is not None  # noqa: S101 - who asks has seen to it
        sides = [side for block in self.blocks for side in sides_of(block)]
        objective = None if stored.objective is None else SIGNS[stored.goal]

        def reformulate(
            low: Floats, high: Floats, whole: Mask, to_value: bool, tightened: bool
        ) -> MixedInteger | NotLinear:
            rows, goal = sides, None if objective is None else (0, objective)
            if to_value and goal is not None:
                rows, goal = [*sides, (0, None, stored.value, "=")], None
            try:
                return program.mixed_integer(
                    (low, high, whole), held.tolist(), goal, rows, tightened=tightened
                )
            except NotLinearError as error:
                return NotLinear(error.cell, error.why, error.unbounded)

        return reformulate

    @property
    def _squares(self) -> SumOfSquares | None:
        """The objective as a sum of squares that is to be small, if it is one."""
        small = self.stored.goal is Goal.MINIMIZE and self.stored.objective is not None
        return self.program.sum_of_squares if small and self.program is not None else None

    def _degree(self, outputs: Iterable[int]) -> int:
        """The largest degree that outputs are known to have."""
        return max((self.degrees[i] for i in outputs), default=0)

    def _linear(self, outputs: Iterable[int]) -> bool | None:
        """Whether outputs are linear in the variables; None if only the values can show it.

        What is not known to be linear by its formulas may still be, where there are parameters,
        at some of their values.
        """
        known = all(self.linear[i] for i in outputs)
        return known or (None if self.parameters else False)


def compile_model(
    book: Book,
    stored: SolverModel,
    parameters: Sequence[CellAddress] = (),
    settings: Mapping[CellAddress, Value] | None = None,
) -> Compiled:
    """Compile a model that has no problems.

    Args:
        book: the workbook, its inputs set.
        stored: the model.
        parameters: inputs to be held at values that are given later.
        settings: the inputs that `book` has and its file has not, for IronCalc, which reads the
            file.

    Raises:
        WorkbookError: a formula cannot be read, or refers to itself in a circle.
        OptionError: the model names cells that are not there.
        EngineError: a formula that needs IronCalc, which cannot compute it either.
    """
    cells = tuple(stored.variable_cells())
    inputs = [*cells, *parameters]
    book, sides = _sides(book, stored)
    fixed = _fixed(book, {address for side in sides for address in side.right}, inputs)
    bounds, others = _parted(sides, set(cells), fixed)
    row = _rows(stored, others)
    outputs = tuple(row) or (cells[0],)
    program = compile_book(book, outputs, inputs)
    missing = tuple(note for note in program.fallbacks if note.moving)
    compiled = Compiled(
        stored,
        cells,
        tuple(parameters),
        outputs,
        program,
        program,
        program.start,
        missing,
        fixed,
        {side.stored.right: side.right[0] for side in sides if isinstance(side.stored.right, str)},
        [_block(side, row) for side in others],
    )
    if missing or not all(compiled.linear):
        _require_room(book, stored, sum(len(side.left) for side in others), len(cells))
    if missing:
        _require_ironcalc(book, missing, sides)
        _ask_ironcalc(compiled, book, settings or {})
    elif not others:
        _require_moving(book, stored, program)
    _bound(compiled, book, bounds, sides)
    return compiled


def _ask_ironcalc(compiled: Compiled, book: Book, settings: Mapping[CellAddress, Value]) -> None:
    """Let IronCalc compute the model in place of the program."""
    # Few models need it, and it takes its time to load.
    from sheetsim.engines.ironcalc_model import open_model

    inputs = [*compiled.cells, *compiled.parameters]
    fallback = open_model(book.path, inputs, list(compiled.outputs), settings)
    compiled.program, compiled.function, compiled.start = None, fallback, fallback.start


def _parted(
    sides: Iterable[_Side], variables: set[CellAddress], fixed: Mapping[CellAddress, float]
) -> tuple[list[_Side], list[_Side]]:
    """Return those that are bounds on variables, and the others."""
    bounds: list[_Side] = []
    others: list[_Side] = []
    for side in sides:
        (bounds if _is_bound(side, variables, fixed) else others).append(side)
    return bounds, others


def _require_moving(book: Book, stored: SolverModel, program: Program) -> None:
    """Refuse an objective that stays, where there are no constraints besides bounds."""
    if stored.objective is not None and not program.moving[0]:
        raise WorkbookError(
            f"{book.path}: the objective {program.outputs[0]} does not depend on the cells to "
            f"change, {', '.join(map(str, stored.variables))}"
        )


def _require_room(book: Book, stored: SolverModel, rows: int, variables: int) -> None:
    """Refuse a model that is not linear and whose derivatives are more than fit in memory."""
    if rows * variables > MAX_JACOBIAN:
        raise WorkbookError(
            f"{book.path}: the model of sheet {stored.sheet!r} has {rows:,} constraints on "
            f"{variables:,} variables; expected at most {MAX_JACOBIAN:,} for both multiplied"
        )


def _rows(stored: SolverModel, sides: Iterable[_Side]) -> dict[CellAddress, int]:
    """Return the cells that are computed, with their places: the objective, then the sides'."""
    row: dict[CellAddress, int] = {}
    if stored.objective is not None:
        row[stored.objective.sheet, stored.objective.first] = 0
    for side in sides:
        for address in (*side.left, *side.right):
            row.setdefault(address, len(row))
    return row


def _require_ironcalc(book: Book, missing: Sequence[Note], sides: Iterable[_Side]) -> None:
    """Refuse what is not compiled here and what IronCalc cannot compute either."""
    for note in missing:
        if note.function is Reason.LINK:
            raise WorkbookError(
                f"{book.path}: {note.cells[0]} depends on the variables and on another file, "
                "which is not read; expected a model within one workbook"
            )
    formulas = [str(side.stored) for side in sides if isinstance(side.stored.right, str)]
    if formulas:
        raise WorkbookError(
            f"{book.path}: {missing[0].cells[0]} needs {missing[0].function}, which IronCalc "
            f"computes, and it has no cell for the formula in {formulas[0]}; expected cells or "
            "a number on the right"
        )


@dataclass(frozen=True)
class _Side:
    """A constraint that compares, by its cells: `number` is its right side if it has none."""

    stored: SolverConstraint
    left: list[CellAddress]
    right: list[CellAddress]
    number: float


def _sides(book: Book, stored: SolverModel) -> tuple[Book, list[_Side]]:
    """Return the constraints that compare, cell by cell; a formula on the right gets a cell.

    The cell is the last of the model's sheet, or one of those above it: no formula looks there.
    """
    count = sum(area.size for one in stored.constraints for area in one.left)
    if count > MAX_CONSTRAINED:
        raise WorkbookError(
            f"{book.path}: the model of sheet {stored.sheet!r} constrains {count:,} cells; "
            f"expected at most {MAX_CONSTRAINED:,}"
        )
    scratch: dict[CellAddress, Cell] = {}
    sides = []
    for constraint in stored.constraints:
        if not constraint.relation.compares:
            continue
        left = [(area.sheet, place) for area in constraint.left for place in area.places()]
        right: list[CellAddress] = []
        number = 0.0
        if isinstance(constraint.right, Area):
            right = [(constraint.right.sheet, place) for place in constraint.right.places()]
        elif isinstance(constraint.right, str):
            address = (stored.sheet, (MAX_ROWS - 1 - len(scratch), MAX_COLUMNS - 1))
            scratch[address] = Cell(f"={constraint.right}")
            right = [address]
        elif constraint.right is not None:
            number = constraint.right
        sides.append(_Side(constraint, left, right, number))
    return (with_cells(book, scratch)[0] if scratch else book), sides


def _fixed(
    book: Book, addresses: set[CellAddress], inputs: Sequence[CellAddress]
) -> dict[CellAddress, float]:
    """Return those of the cells that neither variables nor parameters move, with their values."""
    if not addresses:
        return {}
    wanted = sorted(addresses)
    program = compile_book(book, wanted, inputs)
    if program.fallbacks:
        return {}
    values = program.values(program.start).tolist()
    moving = program.moving
    return {address: values[i] for i, address in enumerate(wanted) if not moving[i]}


def _is_bound(side: _Side, variables: set[CellAddress], fixed: Mapping[CellAddress, float]) -> bool:
    right = [fixed.get(address, np.nan) for address in side.right] or [side.number]
    return all(address in variables for address in side.left) and bool(np.isfinite(right).all())


def _block(side: _Side, row: Mapping[CellAddress, int]) -> Block:
    left = np.array([row[address] for address in side.left], dtype=np.intp)
    right = np.array([row[address] for address in side.right], dtype=np.intp)
    return Block(side.stored, left, right if side.right else None, side.number)


def _bound(compiled: Compiled, book: Book, bounds: Iterable[_Side], sides: Iterable[_Side]) -> None:
    """Set the bounds, and say which variables are whole numbers and which differ."""
    stored, n = compiled.stored, compiled.n
    at = {cell: number for number, cell in enumerate(compiled.cells)}
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    for side in bounds:
        numbers = np.array([at[address] for address in side.left], dtype=np.intp)
        limit = np.array([compiled.fixed[address] for address in side.right] or [side.number])
        if side.stored.relation is not Relation.AT_MOST:
            low[numbers] = np.fmax(low[numbers], limit)
        if side.stored.relation is not Relation.AT_LEAST:
            high[numbers] = np.fmin(high[numbers], limit)
    if stored.non_negative:
        free = ~_bound_below(book, sides, at)
        low[free] = np.fmax(low[free], 0.0)
    compiled.lower, compiled.upper = low, high
    compiled.integer = _among(stored, at, Relation.INTEGER)
    compiled.binary = _among(stored, at, Relation.BINARY)
    compiled.different = tuple(
        _numbers(constraint, at)
        for constraint in stored.constraints
        if constraint.relation is Relation.ALL_DIFFERENT
    )


def _numbers(constraint: SolverConstraint, at: Mapping[CellAddress, int]) -> Index:
    """Return the numbers of the variables on the left of a constraint."""
    addresses = [(area.sheet, place) for area in constraint.left for place in area.places()]
    return np.array([at[address] for address in addresses], dtype=np.intp)


def _among(stored: SolverModel, at: Mapping[CellAddress, int], relation: Relation) -> Mask:
    """Return which variables (n,) a relation such as "integer" is said of."""
    found = np.zeros(len(at), bool)
    for constraint in stored.constraints:
        if constraint.relation is relation:
            found[_numbers(constraint, at)] = True
    return found


def _bound_below(book: Book, sides: Iterable[_Side], at: Mapping[CellAddress, int]) -> Mask:
    """Return which variables (n,) a constant keeps from below: a number, or a cell that holds one.

    As in Excel since 2010, a bound that is a formula leaves "non-negative" as it is.
    """
    found = np.zeros(len(at), bool)
    for side in sides:
        if side.stored.relation is Relation.AT_MOST or isinstance(side.stored.right, str):
            continue
        cells = [book.sheets[sheet].get(place, Cell()) for sheet, place in side.right]
        constant = [not cell.has_formula for cell in cells] or [True]
        constant = constant * len(side.left) if len(constant) == 1 else constant
        for address, one in zip(side.left, constant, strict=True):
            if one and address in at:
                found[at[address]] = True
    return found
