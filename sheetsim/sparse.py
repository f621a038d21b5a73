"""A sparse matrix by rows, as three plain arrays, and the few products that are needed of one.

Row i has `values[starts[i]:starts[i + 1]]` in the columns that stand in the same places of
`columns`; within a row columns ascend, and none stands twice. (SciPy's `csr_array` and HiGHS's
row-wise matrices have the same three arrays.)
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sheetsim.arrays import Floats

Numbers = NDArray[np.intp]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Sparse:
    """A matrix (m, n).

    Attributes:
        starts: (m + 1,) where each row begins.
        columns: (k,) of the entries.
        values: (k,) likewise.
        width: n.
    """

    starts: Numbers
    columns: Numbers
    values: Floats
    width: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.starts.size - 1, self.width

    @cached_property
    def rows(self) -> Numbers:
        """(k,) the row of each entry."""
        return np.repeat(np.arange(self.starts.size - 1), np.diff(self.starts))

    def dot(self, x: Floats) -> Floats:
        """Return A x (m,), x (n,)."""
        return summed(self.rows, self.values * x[self.columns], self.starts.size - 1)

    def transposed_dot(self, y: Floats) -> Floats:
        """Return Aᵀ y (n,), y (m,)."""
        return summed(self.columns, self.values * y[self.rows], self.width)

    def scaled(self, factors: Floats) -> Sparse:
        """Return the matrix with row i multiplied by factors[i]."""
        return Sparse(self.starts, self.columns, self.values * factors[self.rows], self.width)

    def magnitudes(self) -> Sparse:
        """Return the matrix of absolute values."""
        return Sparse(self.starts, self.columns, np.abs(self.values), self.width)

    def take(self, which: Numbers) -> Sparse:
        """Return some of the rows, in the order given; one may stand there several times."""
        counts = np.diff(self.starts)[which]
        at = stretches(self.starts[which], counts)
        starts = np.concatenate([[0], np.cumsum(counts)])
        return Sparse(starts, self.columns[at], self.values[at], self.width)

    def only(self, rows: Bools) -> Sparse:
        """Return the matrix with some rows (m,) as they are, and nothing in the others."""
        kept = rows[self.rows]
        starts = np.concatenate([[0], np.cumsum(np.where(rows, np.diff(self.starts), 0))])
        return Sparse(starts, self.columns[kept], self.values[kept], self.width)

    def cut(self, width: int) -> Sparse:
        """Return the first columns."""
        if width == self.width:
            return self
        kept = self.columns < width
        starts = np.concatenate([[0], np.cumsum(kept)])[self.starts]
        return Sparse(starts, self.columns[kept], self.values[kept], width)

    def minus(self, other: Sparse) -> Sparse:
        """Return the difference of two matrices, with the places of both."""
        if not other.values.size:
            return self
        rows, columns = np.append(self.rows, other.rows), np.append(self.columns, other.columns)
        return from_entries(rows, columns, np.append(self.values, -other.values), self.shape)

    def without_zeros(self) -> Sparse:
        """Return the matrix without entries that are 0."""
        kept = self.values != 0
        starts = np.concatenate([[0], np.cumsum(kept)])[self.starts]
        return Sparse(starts, self.columns[kept], self.values[kept], self.width)

    def dense(self) -> Floats:
        """Return the matrix as an array (m, n)."""
        out = np.zeros(self.shape)
        out[self.rows, self.columns] = self.values
        return out


def stretches(begins: Numbers, counts: Numbers) -> Numbers:
    """Return begins[0], begins[0] + 1, ... counts[0] of them, then those of the next, and so on."""
    total = int(counts.sum())
    ends = np.cumsum(counts)
    out: Numbers = np.arange(total) + np.repeat(begins - (ends - counts), counts)
    return out


def distinct(keys: Numbers) -> Numbers:
    """Return whole numbers (k,) in order, each once; for many, a sort beats NumPy's `unique`."""
    ordered: Numbers = np.sort(keys, axis=None)
    first = np.ones(ordered.size, bool)
    first[1:] = ordered[1:] != ordered[:-1]
    return ordered[first]


def summed(places: Numbers, values: Floats, size: int) -> Floats:
    """Return for each of so many places the sum of the values (k,) that belong to it."""
    return np.asarray(np.bincount(places, values, size), dtype=float)


def from_entries(rows: Numbers, columns: Numbers, values: Floats, shape: tuple[int, int]) -> Sparse:
    """Return the matrix with these entries (k,) in any order; those of one place are added up."""
    m, n = shape
    places, which = np.unique(rows * n + columns, return_inverse=True)
    starts = np.searchsorted(places, np.arange(m + 1) * n)
    return Sparse(starts, places % max(n, 1), summed(which.ravel(), values, places.size), n)


def from_dense(array: Floats) -> Sparse:
    """Return what is not 0 of an array (m, n)."""
    rows, columns = np.nonzero(array)
    counts = np.bincount(rows, minlength=array.shape[0])
    return Sparse(
        np.concatenate([[0], np.cumsum(counts)]), columns, array[rows, columns], array.shape[1]
    )


def full(array: Floats) -> Sparse:
    """Return an array (m, n) with all its places, be they 0 or not."""
    m, n = array.shape
    return Sparse(np.arange(m + 1) * n, np.tile(np.arange(n), m), array.ravel(), n)


def stacked(parts: list[Sparse], width: int) -> Sparse:
    """Return matrices of one width, one below the other."""
    starts, at = [np.zeros(1, np.intp)], 0
    for part in parts:
        starts.append(part.starts[1:] + at)
        at += part.values.size
    return Sparse(
        np.concatenate(starts),
        np.concatenate([np.zeros(0, np.intp), *(part.columns for part in parts)]),
        np.concatenate([np.zeros(0), *(part.values for part in parts)]),
        width,
    )
