"""How far each variable of a solution can go alone, the others held.

All variables are moved at once, each in a point of its own: steps that double until a constraint
is violated, and then bisection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.solver.parts.feasibility import violations

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sheetsim.arrays import Floats
    from sheetsim.solver.model import Constraint
    from sheetsim.solving.run import Solved

DOUBLINGS = 60
BISECTIONS = 60
SAME = 1e-9  # of a variable: nearer to it than that is where it is


def reach(solved: Solved, sign: float) -> tuple[Floats, Floats]:
    """Return how far each variable goes in one direction (n,), and the objective there (n,).

    A variable without a limit gives an infinity.
    """
    compiled, solution = solved.prepared.compiled, solved.solution
    model = compiled.model(compiled.start[compiled.n :])
    x, n = solution.variables, compiled.n
    bound = model.high if sign > 0 else model.low
    scale = np.maximum(1.0, np.abs(x))
    # No more than the solution itself misses: the constraints' tolerance is not a limit's.
    allowed = solution.violation + 1e-12

    def points(values: Floats) -> Floats:
        rows = np.repeat(x[None], n, axis=0)
        rows[np.arange(n), np.arange(n)] = values
        return rows

    def feasible(values: Floats) -> Floats:
        return _met(model.constraints, points(values), allowed)

    inside = x.copy()
    outside = np.where(np.isfinite(bound), bound, x + sign * scale)
    step = scale.copy()
    searching = np.ones(n, bool)
    good = feasible(outside)
    for _ in range(DOUBLINGS):
        inside = np.where(searching & good, outside, inside)
        searching &= good & ~np.isfinite(bound)
        if not searching.any():
            break
        step = np.where(searching, 2 * step, step)
        outside = np.where(searching, x + sign * step, outside)
        good = feasible(outside)
    free = searching
    for _ in range(BISECTIONS):
        middle = 0.5 * (inside + outside)
        good = feasible(middle)
        inside, outside = np.where(good, middle, inside), np.where(good, outside, middle)
    # A bound that can be reached is reached exactly.
    reached = np.isfinite(bound) & feasible(np.where(np.isfinite(bound), bound, inside))
    inside = np.where(reached, bound, inside)
    inside = np.where(np.abs(inside - x) <= SAME * scale, x, inside)
    values = np.where(free, sign * np.inf, inside)
    if compiled.stored.objective is None:
        return values, np.full(n, np.nan)
    return values, np.asarray(model.values(points(np.where(free, x, inside))), float)


def _met(constraints: Iterable[Constraint], x: Floats, allowed: float) -> Floats:
    """Return which points (S, n) meet all constraints: (S,)."""
    good = np.ones(len(x), bool)
    for block in constraints:
        off = violations(block.scaled(block.values(x)), block.relation == "=")
        good &= (off <= allowed).all(-1)  # not for a NaN
    return good
