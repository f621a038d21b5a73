"""A mixed-integer linear model as plain arrays: what formulas with IF, MAX and the like amount to.

`formula` makes it of formulas, `solver` solves it. It is a relaxation: each point of the model is
one of its points, with the same objective. So bounds and infeasibility that are proved of it hold
for the model.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sheetsim.arrays import Floats

Ints = NDArray[np.intp]
Bools = NDArray[np.bool_]


class Entries(NamedTuple):
    """A sparse matrix (rows, columns): its entries, and a constant for each row."""

    row: Ints
    column: Ints
    value: Floats
    constant: Floats


@dataclass(frozen=True)
class MixedInteger:
    """min cost·x + constant; the first n columns are the model's variables.

    A row reads A x + a <= 0 or = 0. Rows that decide a condition of numbers that are not whole have
    an entry in `ties`: A x + a + margin (T x + t) <= 0 is so for a margin > 0 beyond doubt, and
    the row with the margin -near includes all that rounding may decide.

    Attributes:
        cost: (columns,), of a minimum.
        constant: what is added.
        rows: A and a.
        ties: T and t.
        near: (rows,) see above.
        strict: (rows,) at which ties a condition is not so.
        equal: (rows,) which are equations.
        low, high: (columns,) bounds.
        whole: (columns,) which are whole numbers.
        cells: of which formulas binaries were made, in order.
        binaries: how many whole columns were added.
    """

    cost: Floats
    constant: float
    rows: Entries
    ties: Entries
    near: Floats
    strict: Bools
    equal: Bools
    low: Floats
    high: Floats
    whole: Bools
    cells: tuple[str, ...]
    binaries: int

    def matrix(self, margin: float | Floats) -> tuple[Ints, Ints, Floats, Floats]:
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
