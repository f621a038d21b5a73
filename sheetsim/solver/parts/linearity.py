"""Whether a model is linear, and its coefficients: from its formulas, or else from its values.

A function is linear where it equals its tangent everywhere. It is compared with its tangent at the
start in random points near and far (within the bounds); a function that passes at all of them by
a part in 10⁷ of its terms counts as linear. Excel's Solver makes the same test ("the linearity
conditions ..."), and its *Assume Linear Model* skipped it. Where there are no derivatives, the
slopes are differences over a step of one, which for a linear function are exact but for rounding.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.sparse import Sparse, from_dense, stacked

FAR = (0.1, 1.0, 10.0, 100.0)  # of the variables' size: how far out the points are
WITHIN = 1e-7  # of the terms
INSIDE = 8  # points anywhere between the bounds
NOISE = 1e-13  # of the value: a difference that is rounding


@dataclass(frozen=True)
class Linear:
    """min cost·x + constant, subject to A x + offset = 0 or <= 0, as `Evaluator` has them.

    Attributes:
        cost: (n,).
        A: (m, n).
        offset: (m,).
        start: a point, with the values that are compared.
        known: whether the formulas say that the model is linear.
    """

    cost: Floats
    A: Sparse
    offset: Floats
    start: Point
    known: bool = False

    def off(self, evaluator: Evaluator, other: Point) -> str:
        """Say what differs from the tangent at another point, "" if nothing does."""
        point = self.start
        moved = other.x - point.x
        slopes = stacked([from_dense(self.cost[None]), self.A], point.x.size)
        here = np.concatenate([[point.f], point.c])
        there = np.concatenate([[other.f], other.c])
        terms = np.abs(here) + slopes.magnitudes().dot(np.abs(moved) + np.abs(point.x))
        # A row without any term is 0 at both ends, and rounding is no curvature.
        off = ~(np.abs(there - here - slopes.dot(moved)) <= np.maximum(WITHIN * terms, 1e-12))
        name = _name(evaluator, int(np.argmax(off)))
        return f"{name} is not linear in the variables" if off.any() else ""


def linear(evaluator: Evaluator) -> Linear | str:
    """The coefficients, or a sentence that says what is not linear.

    Raises:
        Stop: A limit of time was reached.
    """
    low, high = evaluator.low, evaluator.high
    point = evaluator.begin()
    if not point.finite:
        return "the objective or a constraint is NaN or infinite at the start"
    model = evaluator.model
    if model.linear and all(block.linear for block in model.constraints):
        exact = coefficients(evaluator)
        if exact is not None:
            return exact
        g, A = _slopes(evaluator, point)
        return Linear(g, A, point.c - A.dot(point.x), point, known=True)
    g, A = _slopes(evaluator, point)
    found = Linear(g, A, point.c - A.dot(point.x), point)
    rng = np.random.default_rng([evaluator.options.seed, 2])
    size = np.maximum(1.0, np.abs(point.x))
    for far in FAR:
        step = far * size * rng.normal(size=point.x.size)
        # Away from a bound, and not onto it: there nothing would move.
        outside = (point.x + step < low) | (point.x + step > high)
        x = np.clip(point.x + np.where(outside, -step, step), low, high)
        other = evaluator.at(x, probe=True)
        why = found.off(evaluator, other)
        if why:
            return why
    boxed = np.isfinite(low) & np.isfinite(high)
    for _ in range(INSIDE if boxed.any() else 0):
        inside = rng.uniform(np.where(boxed, low, 0.0), np.where(boxed, high, 1.0))
        why = found.off(evaluator, evaluator.at(np.where(boxed, inside, point.x), probe=True))
        if why:
            return why
    return found


def coefficients(evaluator: Evaluator) -> Linear | None:
    """The coefficients of functions that are known to be linear, read where all variables are 0.

    The constants are the values there, and derivatives are the same everywhere, so that nothing is
    lost to rounding. (Of others, this is the tangent at 0.) None if there are no sparse
    derivatives, or something is no number at 0.
    """
    zero = np.zeros(evaluator.model.n)
    slopes = evaluator.sparse_slopes(zero)
    if slopes is None:
        return None
    there = evaluator.at(zero, probe=True, slopes=False)
    g, A = slopes[0], slopes[1].without_zeros()
    if not (there.finite and np.isfinite(g).all() and np.isfinite(A.values).all()):
        return None
    return Linear(g, A, there.c, evaluator.begin(), known=True)


def _slopes(evaluator: Evaluator, point: Point) -> tuple[Floats, Sparse]:
    sparse = evaluator.sparse_slopes(point.x)
    if sparse is not None:
        return sparse[0], sparse[1].without_zeros()
    if evaluator.model.sparse is not None:
        point = evaluator.at(point.x)  # with derivatives
    if point.g is not None and point.A is not None:
        return point.g, from_dense(point.A)
    x = point.x
    # Whole variables, and those that are not, may step by one without leaving the bounds far.
    step = np.where(x + 1 <= evaluator.high, 1.0, -1.0)
    f, c, _ = evaluator.functions(x + np.diag(step))
    evaluator.evaluations += x.size
    g = (f - point.f) / step
    A = ((c - point.c) / step[:, None]).T
    g = np.where(np.abs(g) <= NOISE * abs(point.f), 0.0, g)
    A = np.where(np.abs(A) <= NOISE * np.abs(point.c)[:, None], 0.0, A)
    return (g if point.g is None else point.g), from_dense(A if point.A is None else point.A)


def _name(evaluator: Evaluator, row: int) -> str:
    """What row 0 (the objective) or a later one (a constraint) is called."""
    if row == 0 or (row == 1 and evaluator.aims):
        return "the objective"
    at = row - 1 - int(evaluator.aims)
    for block, size in zip(evaluator.model.constraints, evaluator.sizes, strict=True):
        if at < size:
            return f"constraint {block.name!r}, row {at + 1},"
        at -= size
    raise AssertionError(row)
