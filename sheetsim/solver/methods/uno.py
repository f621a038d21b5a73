"""Smooth models of hundreds of variables and more, by Uno, if it is installed (`unopy`, MIT).

Uno (Vanaret & Leyffer 2024, "Implementing a unified solver for nonlinearly constrained
optimization") puts SQP and interior-point methods together from parts. The preset `ipopt` is a
primal-dual interior point with a filter line search (Waechter & Biegler 2006), whose steps solve
sparse systems; it is fed by the formulas' sparse Jacobian and Hessian. What it returns is a point
and a word, and neither is taken on trust: feasibility and the conditions of Karush, Kuhn and Tucker
are tested here, by our own evaluation, before anything is claimed.

Uno minimizes f(x), c(x) = 0 or <= 0, low <= x <= high, as `Evaluator` has them, with the
Lagrangian f - y·c, so that our λ is -y.
"""

import contextlib
import importlib.util
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import stopping
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.found import Found
from sheetsim.solver.parts.optimality import KKT, LEAST, optimal
from sheetsim.sparse import Sparse, full

MOST = 1_000  # iterations
EPS = float(np.finfo(float).eps)
STEP = EPS**0.5  # of a variable, or of 1: for second derivatives
CLOSE = 1e-7  # of a variable, or of 1: nearer to a bound, it may be held by it


def is_installed() -> bool:
    """Whether unopy is there."""
    return importlib.util.find_spec("unopy") is not None


def package() -> Any:
    """The package, imported now."""
    import unopy

    return unopy


@dataclass
class Answer:
    """What Uno returns.

    Attributes:
        x: (n,) its point.
        lam: (m,) multipliers of c.
        status: `unopy.SolutionStatus`, what it says of the point.
        iterations: that it took.
    """

    x: Floats
    lam: Floats
    status: Any
    iterations: int


def run(evaluator: Evaluator, start: Floats, low: Floats, high: Floats) -> Found | None:
    """Search from a start (n,) within bounds (n,); None unless it ends at a proven local optimum.

    Raises:
        Stop: A limit of time was reached.
    """
    most = evaluator.options.max_iterations
    if evaluator.sparse_slopes(start) is None:
        return None
    asked = Functions(evaluator, np.clip(start, low, high), low, high, evaluator.at)
    answer = optimize(package(), asked, MOST if most is None else most)
    if not np.isfinite(answer.x).all():
        return None
    evaluator.iteration += answer.iterations
    point = evaluator.at(np.clip(answer.x, low, high), slopes=False)
    lam = np.where(evaluator.equal, answer.lam, np.maximum(answer.lam, 0.0))
    if not evaluator.feasible(point):
        return None
    left = left_over(evaluator, point, lam, low, high, asked.seen)
    if left is None or left > KKT:
        return None
    why = f"Uno, since there are {start.size:,} variables, and the formulas' derivatives are sparse"
    return Found(point, optimal(left), lam, by=why)


def left_over(
    evaluator: Evaluator, point: Point, lam: Floats, low: Floats, high: Floats, seen: Floats
) -> float | None:
    """What is left of the Lagrangian's gradient at a feasible point, as a part of its terms.

    Each variable is measured by its own, `seen` (n,) among them: the objective's largest slope that
    it met. A slope counts for nothing which over the variable's size is rounding of the objective.
    None if a multiplier belongs to a row that is not at its limit. A variable at a bound may have
    a slope that holds it there.
    """
    slopes = evaluator.sparse_slopes(point.x)
    if slopes is None or not np.isfinite(slopes[1].values).all():
        return None
    g, A = slopes
    slope = g + A.transposed_dot(lam)
    terms = np.fmax(np.abs(g), seen) + A.magnitudes().transposed_dot(np.abs(lam))
    near = CLOSE * np.maximum(1.0, np.abs(point.x))
    slope = np.where((point.x - low <= near) & (slope > 0), 0.0, slope)
    slope = np.where((high - point.x <= near) & (slope < 0), 0.0, slope)
    size = max(float(terms.max(initial=0.0)), LEAST)
    fall = max(abs(point.f), abs(evaluator.begin().f - point.f))
    slope = np.where(np.abs(slope) * np.maximum(1.0, np.abs(point.x)) <= EPS * fall, 0.0, slope)
    idle = ~evaluator.equal & (lam * np.abs(point.c) > KKT * max(1.0, abs(point.f), size))
    own = np.divide(np.abs(slope), terms, out=np.zeros_like(slope), where=terms > 0)
    return None if idle.any() else float(own.max(initial=0.0))


class Functions:
    """A model as Uno asks for it: each point is computed once, and all derivatives are sparse.

    Attributes:
        x0: (n,) the start.
        places: of the Jacobian's entries.
        curved: of the Hessian's: rows and columns (k,) of the lower triangle.
        seen: (n,) the objective's largest slope that each variable met.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        x0: Floats,
        low: Floats,
        high: Floats,
        at: Callable[[Floats], Point],
    ) -> None:
        self.evaluator, self.x0, self.low, self.high, self.at = evaluator, x0, low, high, at
        self._point: Point | None = None
        self._slopes: tuple[Floats, Sparse] | None = None
        self.seen = np.zeros(x0.size)
        _, self.places = self.slopes(x0)
        lower = self._curvature(x0, 1.0, np.ones(evaluator.equal.size))
        keep = lower.rows >= lower.columns
        self._lower = keep
        self.curved = lower.rows[keep], lower.columns[keep]

    def point(self, x: Floats) -> Point:
        """The values at x (n,)."""
        if self._point is None or not np.array_equal(self._point.x, x):
            self._point, self._slopes = self.at(x.copy()), None
        return self._point

    def slopes(self, x: Floats) -> tuple[Floats, Sparse]:
        """The gradient (n,) and the Jacobian (m, n) at x."""
        point = self.point(x)
        if self._slopes is None:
            found = self.evaluator.sparse_slopes(point.x)
            if found is None:
                g, A = self.evaluator.derive(point)
                found = g, full(A)
            self._slopes = found
            self.seen = np.fmax(self.seen, np.abs(found[0]))
        return self._slopes

    def hessian(self, x: Floats, sigma: float, lam: Floats) -> Floats:
        """The entries (k,) of the Hessian of sigma f + lam · c in the places of `curved`."""
        return self._curvature(x, sigma, lam).values[self._lower]

    def _curvature(self, x: Floats, sigma: float, lam: Floats) -> Sparse:
        steps = STEP * np.maximum(1.0, np.abs(x))
        steps = np.where(x + steps <= self.high, steps, -steps)
        found = self.evaluator.sparse_hessian(x, sigma, lam, steps)
        if found is not None:
            return found

        def slope(at: Floats) -> Floats:
            g, A = self.evaluator.derive(self.evaluator.at(at, probe=True))
            return np.asarray(sigma * g + A.T @ lam)

        there = np.stack([slope(x + row) for row in np.diag(steps)])
        H = (there - slope(x)) / steps[:, None]
        return full(0.5 * (H + H.T))


def optimize(unopy: Any, asked: Functions, most: int) -> Answer:
    """Let Uno search.

    Raises:
        Stop: A limit was reached in one of the functions.
        KeyboardInterrupt: Ctrl-C came there.
    """
    evaluator = asked.evaluator
    n, m = asked.x0.size, evaluator.equal.size
    kept: list[BaseException] = []

    def gradient(x: Any, out: Any) -> None:
        out[:] = stopping(lambda: asked.slopes(np.asarray(x))[0], kept)()

    def constraints(x: Any, out: Any) -> None:
        out[:] = stopping(lambda: asked.point(np.asarray(x)).c, kept)()

    def jacobian(x: Any, out: Any) -> None:
        out[:] = stopping(lambda: asked.slopes(np.asarray(x))[1].values, kept)()

    def hessian(x: Any, sigma: float, y: Any, out: Any) -> None:
        out[:] = stopping(lambda: asked.hessian(np.array(x), sigma, -np.array(y)), kept)()

    def objective(x: Any) -> float:
        return float(stopping(lambda: asked.point(np.asarray(x)).f, kept)())

    model = unopy.Model(
        unopy.PROBLEM_NONLINEAR, n, asked.low.tolist(), asked.high.tolist(),
        unopy.ZERO_BASED_INDEXING,
    )  # fmt: skip
    model.set_objective(unopy.MINIMIZE, objective, gradient)
    if m:
        places = asked.places
        model.set_constraints(
            m, constraints, np.where(evaluator.equal, 0.0, -math.inf).tolist(), [0.0] * m,
            places.values.size, places.rows.tolist(), places.columns.tolist(), jacobian,
        )  # fmt: skip
    rows, columns = (each.tolist() for each in asked.curved)
    model.set_lagrangian_hessian(len(rows), unopy.LOWER_TRIANGLE, rows, columns, hessian)
    model.set_lagrangian_sign_convention(unopy.MULTIPLIER_NEGATIVE)
    model.set_initial_primal_iterate(asked.x0.tolist())
    solver = unopy.UnoSolver()
    solver.set_preset("ipopt")
    solver.set_option("max_iterations", most)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123 - it has no path
        with contextlib.suppress(AttributeError, TypeError):
            solver.set_logger_stream(nowhere)
        found = solver.optimize(model)
    if kept:
        raise kept[0]
    lam = -np.array(found.constraint_dual_solution, dtype=float) if m else np.zeros(0)
    x = np.array(found.primal_solution, dtype=float)
    return Answer(x, lam, found.solution_status, int(found.number_iterations))
