"""A model whose formulas have IF, MAX, ABS, SUMIF and the like, as a linear one with binaries.

What comes out is a relaxation: all points of the workbook are points of it, with the same
objective. So its infeasibility, and its bounds, are the workbook's. Its optimum is the workbook's
where the formulas give it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.structure.binaries.affine import Affine, fixed
from sheetsim.formula.structure.binaries.functions import number
from sheetsim.formula.structure.binaries.rows import Columns, Row, tighten
from sheetsim.formula.structure.binaries.walk import Walk
from sheetsim.formula.values import Bools
from sheetsim.mixed_integer import Entries, MixedInteger

if TYPE_CHECKING:
    from sheetsim.formula.compile.compiler import Compiler


class Side(NamedTuple):
    """left <=, = or >= right, of cells.

    Attributes:
        left: slot of a cell.
        right: slot of another one, or None.
        number: the right-hand side if it is no cell.
        sign: "<=", "=" or ">=".
    """

    left: int
    right: int | None
    number: float
    sign: str


def mixed_integer(
    compiler: Compiler,
    bounds: tuple[Floats, Floats, Bools],
    held: Sequence[float],
    objective: tuple[int, float] | None,
    sides: Sequence[Side],
    *,
    tightened: bool = True,
) -> MixedInteger:
    """Return a compiled model as a mixed-integer linear one.

    Args:
        compiler: of the formulas.
        bounds: (n,) each: the lower and upper ones, and which variables are whole numbers.
        held: values of the inputs that follow the variables.
        objective: its slot, and 1 for a minimum, -1 for a maximum; None if there is none.
        sides: the constraints, which are the first rows.
        tightened: whether those that are linear tighten the bounds.

    Raises:
        NotLinearError: a cell is neither linear nor can be made so.
    """
    low, high, whole = bounds
    names = [compiler.graph.name(slot) for slot in compiler.variables]
    columns = Columns.of(low, high, whole, names[: low.size])
    walk = Walk(compiler, columns, held)
    walk.run(linear=True)
    first = [side for side in sides if all(walk.is_linear(s) for s in _slots(side))]
    tighten(columns, [_row(walk, side) for side in first if tightened])
    walk.run(linear=False)
    wanted = [_row(walk, side) for side in sides]
    goal = fixed(0.0)
    if objective is not None:
        columns.cell = compiler.graph.name(objective[0])
        goal = number(columns, walk.of(objective[0])).times(objective[1])
    pushed = Row(goal)  # it stands for a row goal <= best, which pushes in the same directions
    rows = columns.rows([*wanted, pushed])
    return _assembled(columns, [row for row in rows if row is not pushed], goal, low.size)


def _slots(side: Side) -> list[int]:
    return [side.left] if side.right is None else [side.left, side.right]


def _row(walk: Walk, side: Side) -> Row:
    columns = walk.columns
    left = number(columns, walk.of(side.left))
    right = fixed(side.number) if side.right is None else number(columns, walk.of(side.right))
    difference = left.plus(right, -1.0)
    return Row(difference.times(-1.0) if side.sign == ">=" else difference, side.sign == "=")


def _assembled(columns: Columns, rows: list[Row], goal: Affine, n: int) -> MixedInteger:
    """Number the columns that are used, and put all into arrays."""
    used: dict[int, Any] = dict.fromkeys(range(n))
    ties = [row.tie for row in rows if row.tie is not None]
    for expression in (goal, *(row.expression for row in rows), *ties):
        used.update(dict.fromkeys(i for i, c in expression.terms.items() if c))
    at = {column: k for k, column in enumerate(used)}
    cost = np.zeros(len(at))
    for i, c in goal.terms.items():
        if c:
            cost[at[i]] = c
    kept = [columns.columns[i] for i in at]
    added = kept[n:]
    nothing = fixed(0.0)
    return MixedInteger(
        cost,
        goal.constant,
        _entries([row.expression for row in rows], at),
        _entries([row.tie or nothing for row in rows], at),
        np.array([row.near if np.isfinite(row.near) else 0.0 for row in rows]),
        np.array([row.strict for row in rows], bool),
        np.array([row.equal for row in rows], bool),
        np.array([one.low for one in kept]),
        np.array([one.high for one in kept]),
        np.array([one.whole for one in kept], bool),
        tuple(dict.fromkeys(one.cell for one in added)),
        sum(one.whole for one in added),
    )


def _entries(expressions: Sequence[Affine], at: dict[int, int]) -> Entries:
    found = [(k, at[i], c) for k, one in enumerate(expressions) for i, c in one.terms.items() if c]
    row, column, value = zip(*found, strict=True) if found else ((), (), ())
    return Entries(
        np.array(row, np.intp),
        np.array(column, np.intp),
        np.array(value, np.float64),
        np.array([one.constant for one in expressions]),
    )
