"""Whether a model is linear, and its coefficients: found from its values, not from its formulas.

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
        start: where the coefficients were found.
    """

    cost: Floats
    A: Floats
    offset: Floats
    start: Point

    def off(self, evaluator: Evaluator, other: Point) -> str:
        """Say what differs from the tangent at another point, "" if nothing does."""
        point = self.start
        moved = other.x - point.x
        slopes = np.concatenate([self.cost[None], self.A])
        here = np.concatenate([[point.f], point.c])
        there = np.concatenate([[other.f], other.c])
        terms = np.abs(here) + np.abs(slopes) @ np.abs(moved) + np.abs(slopes) @ np.abs(point.x)
        # A row without any term is 0 at both ends, and rounding is no curvature.
        off = ~(np.abs(there - here - slopes @ moved) <= np.maximum(WITHIN * terms, 1e-12))
        name = _name(evaluator, int(np.argmax(off)))
        return f"{name} is not linear in the variables" if off.any() else ""


def linear(evaluator: Evaluator) -> Linear | str:
    """The coefficients, or a sentence that says what is not linear.

    Raises:
        Stop: A limit of time was reached.
    """
    low, high = evaluator.low, evaluator.high
    point = evaluator.at(np.clip(evaluator.start, low, high))
    if not point.finite:
        return "the objective or a constraint is NaN or infinite at the start"
    g, A = _slopes(evaluator, point)
    found = Linear(g, A, point.c - A @ point.x, point)
    model = evaluator.model
    if model.linear and all(block.linear for block in model.constraints):
        return found  # its formulas say so
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


def _slopes(evaluator: Evaluator, point: Point) -> tuple[Floats, Floats]:
    if point.g is not None and point.A is not None:
        return point.g, point.A
    x = point.x
    # Whole variables, and those that are not, may step by one without leaving the bounds far.
    step = np.where(x + 1 <= evaluator.high, 1.0, -1.0)
    f, c, _ = evaluator.functions(x + np.diag(step))
    evaluator.evaluations += x.size
    g = (f - point.f) / step
    A = ((c - point.c) / step[:, None]).T
    g = np.where(np.abs(g) <= NOISE * abs(point.f), 0.0, g)
    A = np.where(np.abs(A) <= NOISE * np.abs(point.c)[:, None], 0.0, A)
    return (g if point.g is None else point.g), (A if point.A is None else point.A)


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
