"""A model as a mixed-integer linear one: what formulas with IF, MAX and the like amount to.

It is a relaxation: each point of the model is one of its points, with the same objective. So bounds
and infeasibility that are proved of it hold for the model.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.functions import Index, Mask

Entries = tuple[Index, Index, Floats, Floats]
"""A sparse matrix and a vector: rows, columns and values of entries; a constant for each row."""


@dataclass(frozen=True)
class MixedInteger:
    """min cost·x + constant, subject to A x + a <= 0 or = 0; the first columns are the variables.

    With a margin on the ties of the rows, A x + a + margin (T x + t), conditions of numbers that
    are not whole are beyond doubt; with -near instead, all are included that rounding may decide.

    Attributes:
        cost: (columns,) of a minimum.
        constant: what is added.
        rows: A and a.
        ties: T and t.
        near: (rows,) see above.
        strict: (rows,) at which ties a condition is not so.
        equal: (rows,) which are equations.
        low, high: (columns,) bounds.
        whole: (columns,) which are whole numbers.
        cells: of which formulas columns were added.
        binaries: how many whole columns were added.
    """

    cost: Floats
    constant: float
    rows: Entries
    ties: Entries
    near: Floats
    strict: Mask
    equal: Mask
    low: Floats
    high: Floats
    whole: Mask
    cells: tuple[str, ...]
    binaries: int

    def matrix(self, margin: float | Floats) -> tuple[Index, Index, Floats, Floats]:
        """The rows with a margin: where each row starts, columns, values, and upper limits."""
        margins = np.broadcast_to(margin, self.near.shape)
        row, column, value, constant = (
            np.concatenate([self.rows[k], self.ties[k]]) for k in range(4)
        )
        value = value.copy()
        own = self.rows[0].size
        value[own:] *= margins[row[own:]]
        limit = -(constant[: margins.size] + margins * constant[margins.size :])
        # An entry of both is one entry.
        keys, place = np.unique(row * self.cost.size + column, return_inverse=True)
        value = np.bincount(place, value, keys.size)
        keys, value = keys[value != 0], value[value != 0]
        row, column = np.divmod(keys, self.cost.size)
        starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=margins.size))])
        return starts, column, value, limit


@dataclass(frozen=True)
class NotLinear:
    """Why a model is no such one.

    Attributes:
        cell: of the workbook, "" if it is not one cell's doing.
        why: a plain sentence.
        unbounded: whether a bound on a variable is all that is missing.
    """

    cell: str
    why: str
    unbounded: bool = False

    @property
    def sentence(self) -> str:
        """The cell and why."""
        return f"{self.cell}: {self.why}" if self.cell else self.why


Reformulate = Callable[[Floats, Floats, Mask, bool, bool], MixedInteger | NotLinear]
"""Lower and upper bounds (n,), which variables are whole, whether a value is to be reached, and
whether constraints tighten the bounds. The model's constraints are the first of the rows."""
