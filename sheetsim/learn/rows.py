"""A gradient that is zero but for some rows: what an embedding's look-up leaves.

A mini-batch of 64 ratings touches at most 64 of the 943 users. `Rows` holds those rows alone and
answers to the arithmetic of the optimizers' rules, so that the same rule takes a dense array or
this: multiplied by a number or squared it stays sparse, and added to an array it becomes one.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetsim.sheet import Array


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of a matrix (n, width); the others are zero.

    Attributes:
        index: (m,) which rows, each once.
        values: (m, width) what they hold.
        shape: of the whole matrix.
    """

    index: Array
    values: Array
    shape: tuple[int, ...]
    __array_ufunc__ = None  # `array + rows` is then `rows.__radd__(array)`

    @classmethod
    def summed(cls, index: Array, values: Array, shape: tuple[int, ...]) -> "Rows":
        """From rows (m, width) that may name the same index (m,) several times: they add up."""
        order = np.argsort(index, kind="stable")
        ordered = index[order]
        first = np.empty(len(ordered), dtype=bool)
        first[:1] = True
        np.not_equal(ordered[1:], ordered[:-1], out=first[1:])
        starts = np.flatnonzero(first)
        return cls(ordered[starts], np.add.reduceat(values[order], starts, axis=0), shape)

    def dense(self) -> Array:
        """The whole matrix."""
        matrix = np.zeros(self.shape, dtype=self.values.dtype)
        matrix[self.index] = self.values
        return matrix

    def __mul__(self, factor: float) -> "Rows":
        return Rows(self.index, self.values * factor, self.shape)

    __rmul__ = __mul__

    def __pow__(self, power: int) -> "Rows":
        return Rows(self.index, self.values**power, self.shape)

    def __truediv__(self, other: Any) -> "Rows":
        divisor = other[self.index] if isinstance(other, np.ndarray) else other
        return Rows(self.index, self.values / divisor, self.shape)

    def __neg__(self) -> "Rows":
        return self * -1.0

    def __add__(self, dense: Array) -> Array:
        total: Array = dense.copy()
        total[self.index] += self.values
        return total

    __radd__ = __add__

    def __rsub__(self, dense: Array) -> Array:
        return (-self).__radd__(dense)
