"""Which slot depends on which variable, and how few directions show a sparse Jacobian.

Two columns of a Jacobian that share no row can be found from one directional derivative (Curtis,
Powell and Reid, *On the estimation of sparse Jacobian matrices*, 1974). In a table of ratings
each residual depends on one user's and one movie's factors, so that 10 directions do for 150
variables. Columns are coloured greedily, in their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.values import Bools, Ints

if TYPE_CHECKING:
    from sheetsim.formula.autodiff.calls import Call

MOST = 40_000_000
"""Pairs of slot and variable beyond which the pattern is not looked for."""


def pattern(calls: list[Call], slots: int, size: int) -> Bools | None:
    """Return (slots, variables): whether a slot may depend on a variable; None if too large.

    Args:
        calls: of a tape, in order.
        slots: how many slots it has; the first `size` are the variables.
        size: how many variables.
    """
    if slots * size > MOST:
        return None
    known = np.zeros((slots, size), bool)
    known[:size] = np.eye(size, dtype=bool)
    for call in calls:
        shape = call.slots.shape
        single = _is_cell_by_cell(call)
        found = np.zeros((1, 1, 1, 1, size), bool)
        for gather in call.gathers:
            if gather.index.size * size > MOST:
                return None
            read = known[gather.index]
            found = found | (read if single else read.any((2, 3), keepdims=True))
        known[call.slots] = np.broadcast_to(found, (*shape, size))
    return known


def _is_cell_by_cell(call: Call) -> bool:
    """Whether each number of the result depends on those in the same place alone."""
    if not all(run.function.is_cell_by_cell for run in call.runs):
        return False
    shape = call.slots.shape
    return all(np.broadcast_shapes(g.shape, shape) == shape for g in call.gathers)


def colours(known: Bools) -> Ints:
    """Return a colour (from 0) for each column; columns of one colour share no row.

    Args:
        known: (m, n) the pattern.
    """
    n = known.shape[1]
    # The columns that a row depends on have a colour each, so that a full row needs them all.
    if known.size and int(known.sum(1).max()) > n // 2 + 1:
        return np.arange(n)
    out = np.full(n, -1, np.intp)
    taken: list[Bools] = []  # for each colour, the rows of its columns
    for column in range(n):
        rows = known[:, column]
        for colour, used in enumerate(taken):
            if not (used & rows).any():
                out[column] = colour
                taken[colour] = used | rows
                break
        else:
            out[column] = len(taken)
            taken.append(rows.copy())
            if len(taken) > n // 2 + 1:
                return np.arange(n)
    return out
