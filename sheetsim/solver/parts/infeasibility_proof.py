"""Whether constraints contradict each other, proved and not only met with on a search.

Where the sum of the squared violations is least and not 0, the violations y themselves are the
proof, if the rows that are off are linear (Farkas 1902) or convex and quadratic: for every x'
within the bounds, with δ = x' - x,

    yᵀc(x') = yᵀc(x) + wᵀδ + ½ δᵀHδ,    w = Aᵀy,  H = Σ yᵢ∇²cᵢ,

and if what the right side is at least is more than feasible rows allow, there is no feasible x'. A
row is linear, or quadratic, if its formulas say so; values at any number of points would not show
it, for far from its bend a logistic curve is flat to the last bit. The second-order model is held
against values all the same, so that rounding in it proves nothing.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.functions import Index, Mask
from sheetsim.solver.parts.feasibility import excess

CANCEL = 1e-9  # of the terms of w: what counts as 0, where a variable has no bound
NEAR = 1e-3  # of the violations: multipliers that may take their place
WITHIN = 1e-6  # of the terms: what a quadratic row may be off its model
FAR = (0.3, 1.0, 3.0, 10.0, 100.0)  # of the variables' size: how far out rows are compared
MOST = 50  # variables of rows that are quadratic


def contradict(evaluator: Evaluator, point: Point, low: Floats, high: Floats) -> bool:
    """Whether the rows that are off at a point (n,) prove that nothing within bounds is feasible.

    Raises:
        Stop: A limit of time was reached.
    """
    if not point.finite:
        return False
    _, A = evaluator.derive(point)
    y = excess(point.c, evaluator.equal)
    used = np.flatnonzero(np.abs(y) > evaluator.options.precision)
    if not used.size or not np.isfinite(A).all():
        return False
    A, c = A[used], point.c[used]
    y = _balanced(y[used], A, np.isneginf(low) & np.isposinf(high))
    if (y[~evaluator.equal[used]] < 0).any():
        return False
    H = _curvature(evaluator, point, used, y, (low, high))
    if H is None:
        return False
    gain, w = _bowl(H, A.T @ y)
    w = np.where(np.abs(w) <= CANCEL * (np.abs(A.T) @ np.abs(y)), 0.0, w)
    worse = np.where(w > 0, low, np.where(w < 0, high, point.x))
    if not np.isfinite(worse).all():
        return False
    least = float(y @ c - gain + w @ (worse - point.x))
    rounding = 1e-12 * float(np.abs(y) @ np.abs(c) + np.abs(w) @ np.abs(worse - point.x))
    return least > evaluator.options.precision * float(np.abs(y).sum()) + rounding


def _bowl(H: Floats, w: Floats) -> tuple[float, Floats]:
    """How deep wᵀδ + ½δᵀHδ goes where H curves, and what of w (n,) is left where it does not."""
    if not H.any():
        return 0.0, w
    values, Q = np.linalg.eigh(H)
    firm = values > WITHIN * values[-1]
    part = Q[:, firm].T @ w
    return float(0.5 * np.sum(part**2 / values[firm])), w - Q[:, firm] @ part


def _balanced(y: Floats, A: Floats, free: Mask) -> Floats:
    """Multipliers (m,) under which the rows cancel to rounding in the free variables, if near y."""
    J = A[:, free]
    if not J.size:
        return y
    near = y - J @ np.linalg.lstsq(J, y, rcond=None)[0]
    return np.asarray(near if np.abs(near - y).max() <= NEAR * np.abs(y).max() else y)


def _curvature(
    evaluator: Evaluator, point: Point, rows: Index, y: Floats, sides: tuple[Floats, Floats]
) -> Floats | None:
    """H (n, n) of the rows, 0 for those known to be linear; None if they may be anything."""
    n, degree = point.x.size, _degrees(evaluator)[rows]
    open_ = degree > 1
    if not open_.any():
        return np.zeros((n, n))
    if n > MOST or (degree > 2).any():
        return None
    W = _hessians(evaluator, point, rows[open_], sides)
    if not (np.isfinite(W).all() and _quadratic(evaluator, point, rows[open_], W, sides)):
        return None
    H: Floats = np.einsum("k,kij->ij", y[open_], W)
    values = np.linalg.eigvalsh(H)
    return H if values[0] >= -WITHIN * max(abs(values[-1]), 0.0) else None


def _degrees(evaluator: Evaluator) -> Index:
    """What each row (m,) is known to be: 1 linear, 2 quadratic, 3 anything."""
    model = evaluator.model
    known = [np.zeros(0, np.intp)]
    if evaluator.aims:
        quadratic = model.sparse is not None and model.sparse.degree <= 2
        known.append(np.array([1 if model.linear else 2 if quadratic else 3]))
    for block, size in zip(model.constraints, evaluator.sizes, strict=True):
        known.append(np.full(size, 1 if block.linear else 2 if block.quadratic else 3))
    return np.concatenate(known)


def _hessians(
    evaluator: Evaluator, point: Point, rows: Index, sides: tuple[Floats, Floats]
) -> Floats:
    """Of each row (k, n, n), by long steps: a quadratic's slopes differ evenly at any length."""
    x, n = point.x, point.x.size
    A = evaluator.derive(point)[1][rows]
    W = np.zeros((rows.size, n, n))
    for j in range(n):
        step = np.zeros(n)
        step[j] = max(1.0, abs(x[j]))
        step = step if x[j] + step[j] <= sides[1][j] else -step
        there = evaluator.at(np.clip(x + step, *sides), probe=True)
        if there.x[j] != x[j]:
            W[:, :, j] = (evaluator.derive(there)[1][rows] - A) / (there.x[j] - x[j])
    return (W + W.transpose(0, 2, 1)) / 2


def _quadratic(
    evaluator: Evaluator, point: Point, rows: Index, W: Floats, sides: tuple[Floats, Floats]
) -> bool:
    """Whether rows agree with their models of second order, near and far, as quadratic ones do."""
    x = point.x
    A = evaluator.derive(point)[1][rows]
    size = np.maximum(1.0, np.abs(x))
    rng = np.random.default_rng([evaluator.options.seed, 5])
    for far in FAR:
        other = evaluator.at(np.clip(x + far * size * rng.normal(size=x.size), *sides), probe=True)
        moved = other.x - x
        change = A @ moved + 0.5 * np.einsum("i,kij,j->k", moved, W, moved)
        terms = np.abs(point.c[rows]) + np.abs(A) @ np.abs(moved)
        terms += 0.5 * np.einsum("i,kij,j->k", np.abs(moved), np.abs(W), np.abs(moved))
        if not (np.abs(other.c[rows] - point.c[rows] - change) <= WITHIN * terms).all():
            return False
    return True
