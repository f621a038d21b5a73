"""Whether a quadratic form is convex, by its coefficients.

A symmetric matrix is positive semidefinite if it has a Cholesky factor. It is looked for in each
connected part of the variables by itself, each variable measured so that its own entry is 1, and
with a diagonal larger by what rounding may take away.
"""

from itertools import pairwise

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.functions import Index, Mask
from sheetsim.sparse import Sparse

LARGEST = 4000  # variables that hang together, whose dense factor is affordable
EPS = float(np.finfo(float).eps)


def is_convex(H: Sparse) -> bool | None:
    """Whether xᵀ H x is convex, but for rounding; None if a part is too large to tell."""
    n = H.width
    diagonal = np.zeros(n)
    own = H.rows == H.columns
    diagonal[H.rows[own]] = H.values[own]
    if (diagonal < 0).any():
        return False
    units = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
    values = H.values / units[H.rows] / units[H.columns]
    if (np.abs(values[~own]) > 1.0 + EPS * n).any() or values[~own & _flat(H, diagonal)].any():
        return False  # a pair, or a variable without a curvature of its own, is enough
    part = connected(H)
    for count in np.unique(np.bincount(part)):
        if count > LARGEST:
            return None
    order = np.argsort(part, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(part[order], prepend=-1)), n)
    place = np.empty(n, np.intp)
    for start, end in pairwise(ends.tolist()):
        members = order[start:end]
        if end - start == 1:
            continue  # one variable: its own entry was looked at
        place[members] = np.arange(end - start)
        inside = part[H.rows] == part[members[0]]
        dense = np.zeros((end - start, end - start))
        dense[place[H.rows[inside]], place[H.columns[inside]]] = values[inside]
        if not _has_factor(dense):
            return False
    return True


def _flat(H: Sparse, diagonal: Floats) -> Mask:
    """Which entries (k,) are in the row or column of a variable without an own one."""
    flat: Mask = (diagonal[H.rows] == 0) | (diagonal[H.columns] == 0)
    return flat


def _has_factor(dense: Floats) -> bool:
    shift = 10 * EPS * len(dense)
    try:
        np.linalg.cholesky(dense + shift * np.eye(len(dense)))
    except np.linalg.LinAlgError:
        return False
    return True


def connected(H: Sparse) -> Index:
    """Return for each variable (n,) the number of its part: those that hang together share one.

    Each takes the least number among its neighbours, and theirs, until nothing changes.
    """
    label = np.arange(H.width)
    used = H.values != 0
    rows, columns = H.rows[used], H.columns[used]
    while True:
        before = label.copy()
        np.minimum.at(label, rows, label[columns])
        label = label[label]
        if np.array_equal(label, before):
            return np.unique(label, return_inverse=True)[1].ravel()
