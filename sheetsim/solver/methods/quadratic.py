"""Linear and convex quadratic models of GRG Nonlinear, by HiGHS, as what they are.

    min ½ xᵀ H x + cᵀ x,  A x + offset = 0 or <= 0,  low <= x <= high

with the coefficients as the formulas have them (`parts.linearity`, `Program.quadratic_hessian`).
HiGHS solves a quadratic program by an active-set method in the null space of the binding rows, and
takes convex ones alone: H has to have a Cholesky factor first (`parts.convexity`). Of a convex
model a point with multipliers that meet the Karush-Kuhn-Tucker conditions is the optimum, so what
HiGHS returns is held against these, in each variable's own units, and against what may be left to
gain (`parts.duality`), before anything is claimed. Of models that are scaled badly HiGHS may not
find its way out, so it has a part of the time only, and so many iterations.

Whatever is not of this kind, or ends in another way than with a proof, is left to the methods of
GRG Nonlinear, and so is all of it where highspy is not installed.
"""

import importlib.util
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import INTERRUPTED, Ending, Outcome
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.found import Found
from sheetsim.solver.methods import simplex
from sheetsim.solver.methods.highs import (
    Matrix,
    highspy,
    loses_entries,
    new_highs,
    run_highs,
    set_rows,
)
from sheetsim.solver.parts.convexity import is_convex
from sheetsim.solver.parts.duality import left_to_gain, reach_of
from sheetsim.solver.parts.feasibility import infeasible
from sheetsim.solver.parts.linearity import Linear, coefficients
from sheetsim.sparse import Sparse

WITHIN = 1e-8  # of the terms of a derivative: what counts as 0 of it
LOWEST = 1e-9  # of the objective, or its fall: what may be left to gain
AT_BOUND = 1e-9  # of a variable, or of 1: what counts as on a bound
SHIFT = 1e-10  # of the largest coefficient: what HiGHS is to add to the diagonal of a singular H
ENDS = frozenset(
    {Ending.OPTIMAL, Ending.INTEGER, Ending.INFEASIBLE, Ending.UNBOUNDED, Ending.STOPPED}
)
SECONDS = 20.0  # for HiGHS at most, and half of what is left
ITERATIONS, ITERATIONS_EACH = 1_000, 20  # for HiGHS at most: of any model, and for a row or column
BY_LINEAR = "HiGHS, since objective and constraints are linear"
BY_QUADRATIC = "HiGHS, since the objective is quadratic and convex and all constraints are linear"


def run(evaluator: Evaluator) -> Found | None:
    """Solve the evaluator's model; None if it is not of this kind, or that came to nothing.

    Raises:
        Stop: A limit of time was reached.
    """
    if not _suits(evaluator) or importlib.util.find_spec("highspy") is None:
        return None
    sparse = evaluator.model.sparse
    assert sparse is not None  # noqa: S101 - `_suits` saw to it
    found: Found | None
    if sparse.degree <= 1:
        found = simplex.run(evaluator)
        found.by = BY_LINEAR
    else:
        quadratic = _quadratic(evaluator)
        found = None if quadratic is None else _solve(evaluator, *quadratic)
    evaluator.check_time()
    if found is not None and found.outcome.ending is Ending.INFEASIBLE:
        assert evaluator.best is not None  # noqa: S101 - the start was evaluated
        if evaluator.feasible(evaluator.best) or not _beyond(evaluator):
            return None
    return found if found is not None and found.outcome.ending in ENDS else None


def _beyond(evaluator: Evaluator) -> bool:
    """Whether rows and bounds contradict each other by more than the precision they are met in.

    HiGHS meets them more closely than that, and equations that say the same twice may differ by
    rounding. With whole numbers `simplex` has looked at that.
    """
    linear = None if evaluator.whole.any() else coefficients(evaluator)
    if linear is None:
        return True
    package = highspy()
    highs, _ = _prepared(package, evaluator, linear, None, 0.0, evaluator.options.precision)
    run_highs(highs)
    return bool(highs.getModelStatus() == package.HighsModelStatus.kInfeasible)


def _suits(evaluator: Evaluator) -> bool:
    """Whether the formulas say that the model is linear, or quadratic over linear constraints.

    A quadratic that is a sum of squares within bounds is a matter of Gauss-Newton; a model without
    an objective, or with a value to reach, one of the nearest point.
    """
    model, sparse = evaluator.model, evaluator.model.sparse
    if sparse is None or evaluator.options.derivatives != "analytic":
        return False
    if evaluator.groups or evaluator.aims:
        return False
    if not 1 <= sparse.degree <= 2 or not all(block.linear for block in model.constraints):
        return False
    if sparse.degree == 1:
        return True
    squares = model.is_least_squares and not model.constraints
    return not (squares or evaluator.whole.any())


class _Quadratic(NamedTuple):
    """The coefficients of ½ xᵀ H x + cᵀ x, the rows, and whether nothing else may be shown."""

    linear: Linear
    H: Sparse


def _quadratic(evaluator: Evaluator) -> _Quadratic | None:
    """The coefficients of a model that is convex; None if it is not, or not known to be."""
    sparse = evaluator.model.sparse
    assert sparse is not None  # noqa: S101 - `_suits` saw to it
    linear = coefficients(evaluator)
    own = None if linear is None else sparse.curvature()
    if linear is None or own is None or not np.isfinite(own.values).all():
        return None
    H = own.scaled(np.full(own.width, evaluator.sign)).without_zeros()
    if not (evaluator.model.convex or is_convex(H)):
        return None
    return _Quadratic(linear, H)


def _solve(evaluator: Evaluator, linear: Linear, H: Sparse) -> Found | None:
    """What HiGHS finds, if it stands the test; None otherwise.

    First with H as it is. Where H is singular HiGHS may need a larger diagonal; what that does to
    the slopes is taken from the costs at the answer before (the proximal point method).
    """
    package = highspy()
    larger, centre = SHIFT * float(np.abs(H.values).max(initial=0.0)), np.zeros(H.width)
    for shift in (0.0, larger, larger):
        near = replace(linear, cost=linear.cost - shift * centre)
        highs, factors = _prepared(package, evaluator, near, H, shift)
        if loses_entries(highs.getLp()):
            return None
        stopped = run_highs(highs)
        evaluator.iteration = max(0, int(highs.getInfo().qp_iteration_count))
        ended, names = highs.getModelStatus(), package.HighsModelStatus
        assert evaluator.best is not None  # noqa: S101 - the start was evaluated
        if stopped:
            return Found(evaluator.best, INTERRUPTED)
        if ended == names.kInfeasible:
            outcome = infeasible("HiGHS proved that the constraints contradict")
            return Found(evaluator.best, outcome, proved=True, by=BY_QUADRATIC)
        if ended in (names.kTimeLimit, names.kIterationLimit):
            return None
        solution = highs.getSolution()
        if ended == names.kOptimal and solution.value_valid and solution.dual_valid:
            lam = -np.array(solution.row_dual) * factors
            found = _tested(evaluator, linear, H, np.array(solution.col_value), lam)
            if found is not None:
                return found
            centre = np.array(solution.col_value)
    return None


def _prepared(
    package: Any,
    evaluator: Evaluator,
    linear: Linear,
    H: Sparse | None,
    shift: float,
    slack: float = 0.0,
) -> tuple[Any, Floats]:
    """HiGHS with the model and its options, and what its rows are multiplied by.

    Without H, rows and bounds alone, each met within `slack`.
    """
    left = min(SECONDS, (evaluator.deadline - evaluator.clock()) / 2)
    options = {
        "qp_regularization_value": shift,
        "time_limit": max(left, 0.001),
        "qp_iteration_limit": ITERATIONS + ITERATIONS_EACH * sum(linear.A.shape),
    }
    highs = new_highs(package, options)
    lp = package.HighsLp()
    lp.num_col_ = linear.cost.size
    lp.col_cost_ = linear.cost if H is not None else np.zeros(linear.cost.size)
    lp.col_lower_, lp.col_upper_ = evaluator.low - slack, evaluator.high + slack
    below = np.where(evaluator.equal, -linear.offset - slack, -np.inf)
    matrix = Matrix(linear.A.starts, linear.A.columns, linear.A.values)
    factors = set_rows(package, lp, matrix, below, slack - linear.offset)
    highs.passModel(lp)
    if H is None:
        return highs, factors
    upper = H.columns >= H.rows  # by rows; it is the lower triangle by columns
    hessian = package.HighsHessian()
    hessian.dim_, hessian.format_ = H.width, package.HessianFormat.kTriangular
    hessian.start_ = np.concatenate([[0], np.cumsum(upper)])[H.starts]
    hessian.index_, hessian.value_ = H.columns[upper], H.values[upper]
    highs.passHessian(hessian)
    return highs, factors


def _tested(
    evaluator: Evaluator, linear: Linear, H: Sparse, columns: Floats, lam: Floats
) -> Found | None:
    """HiGHS's answer, if our own evaluation has it feasible and it meets the conditions."""
    x = np.clip(columns, evaluator.low, evaluator.high)
    lam = np.where(evaluator.equal, lam, np.maximum(lam, 0.0))
    point = evaluator.at(x, late=True, slopes=False)
    if not evaluator.feasible(point) or not is_optimal(evaluator, linear, H, point, lam):
        return None
    if not is_lowest(evaluator, linear, H, point, lam):
        return None
    outcome = Outcome(Ending.OPTIMAL, "HiGHS proved that no feasible point is better")
    return Found(point, outcome, lam, proved=True, by=BY_QUADRATIC)


def is_lowest(evaluator: Evaluator, linear: Linear, H: Sparse, point: Point, lam: Floats) -> bool:
    """Whether by duality no feasible point is lower by what counts of the objective or its fall."""
    x, start = point.x, linear.start
    enough = LOWEST * float(np.fmax(abs(point.f), abs(start.f - point.f)))
    reach = reach_of(x, start.x)
    down, up = np.minimum(x - evaluator.low, reach), np.minimum(evaluator.high - x, reach)
    slope, loose = evaluator.lagrangian_slope(point, lam), float(lam @ point.c)
    size = np.maximum(1.0, np.abs(x))
    return left_to_gain(H, slope, down, up, size, enough + loose) <= enough + loose


def is_optimal(evaluator: Evaluator, linear: Linear, H: Sparse, point: Point, lam: Floats) -> bool:
    """Whether a feasible point and multipliers (m,) meet the conditions of Karush, Kuhn and Tucker.

    The slope of the Lagrangian is 0 but for what holds a variable to a bound, and a multiplier is
    0 but for a row that is at its limit; each is measured by the terms that it is the sum of. The
    slope is that of the formulas at the point, and not made of the coefficients that HiGHS had.
    """
    x = point.x
    slope = evaluator.lagrangian_slope(point, lam)
    terms = np.abs(linear.cost) + H.magnitudes().dot(np.abs(x))
    terms += linear.A.magnitudes().transposed_dot(np.abs(lam))
    near = AT_BOUND * np.maximum(1.0, np.abs(x))
    held_low = (slope <= WITHIN * terms) | (x - evaluator.low <= near)
    held_high = (slope >= -WITHIN * terms) | (evaluator.high - x <= near)
    size = np.abs(linear.offset) + linear.A.magnitudes().dot(np.abs(x))
    at_limit = np.abs(point.c) <= AT_BOUND * np.maximum(1.0, size)
    free = lam * np.abs(point.c) <= WITHIN * float(terms @ np.abs(x))
    return bool((held_low & held_high).all() and (evaluator.equal | at_limit | free).all())
