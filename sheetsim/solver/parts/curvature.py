"""The curvature of a Lagrangian f + λᵀc, by differences of its gradients.

One gradient for each variable, a step h away from the point: column j of the Hessian W is
(∇L(x + hⱼeⱼ) - ∇L(x)) / hⱼ. A step goes where there is room between the bounds. With exact
gradients √ε of a variable's size is the right step (Gill, Murray & Wright 1981, section 8.6);
gradients that are differences themselves take a longer one.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.functions import Index

MOST = 400  # variables, whose n gradients and n x n matrices are affordable
MOST_BY_DIFFERENCES = 12  # the same, where each gradient is 2n evaluations itself
EPS = float(np.finfo(float).eps)
STEP, LONG_STEP = EPS**0.5, EPS**0.25  # of the variables' size


@dataclass(frozen=True)
class Curvature:
    """The Hessian of a Lagrangian.

    Attributes:
        W: (n, n), symmetric; 0 for the variables that were left out.
        noise: (n,) the rounding in its diagonal.
    """

    W: Floats
    noise: Floats

    @property
    def diagonal(self) -> Floats:
        """The size (n,) of the diagonal, at least its rounding, and never 0."""
        size = np.maximum(np.abs(np.diag(self.W)), self.noise)
        return np.where(size > 0, size, 1.0)


def with_slopes(evaluator: Evaluator, point: Point) -> tuple[Point, bool]:
    """The point with what derivatives the model has of its own, and whether these are all."""
    if point.g is None or point.A is None:
        own = evaluator.at(point.x, probe=True)
        point = own if own.g is not None or own.A is not None else point
    return point, point.g is not None and point.A is not None


def curvature(
    evaluator: Evaluator, point: Point, lam: Floats, size: Floats, free: Index
) -> Curvature | None:
    """The curvature of f + λᵀc in some variables.

    Args:
        evaluator: of the model.
        point: where.
        lam: (m,) multipliers.
        size: (n,) of the variables, > 0.
        free: the numbers of those that may move.

    Returns:
        None where there are too many variables, or a gradient is not finite.

    Raises:
        Stop: A limit of time was reached.
    """
    point, exact = with_slopes(evaluator, point)
    n = point.x.size
    if free.size > (MOST if exact else MOST_BY_DIFFERENCES):
        return None
    here, terms = gradient(evaluator, point, lam), _terms(evaluator, point, lam)
    part = STEP if exact else LONG_STEP
    W, noise = np.zeros((n, n)), np.zeros(n)
    for j in free:
        x = point.x.copy()
        h = part * float(size[j])
        x[j] += h if x[j] + h <= evaluator.high[j] else -h
        h = float(x[j] - point.x[j])
        there = gradient(evaluator, evaluator.at(x, probe=True), lam)
        if h == 0 or not np.isfinite(there).all():
            return None
        W[:, j] = (there - here) / h
        noise[j] = 4 * EPS * terms[j] / abs(h)
    held = np.ones(n, bool)
    held[free] = False
    W[held] = 0.0
    return Curvature((W + W.T) / 2, noise)


def gradient(evaluator: Evaluator, point: Point, lam: Floats) -> Floats:
    """The Lagrangian's gradient (n,)."""
    g, A = evaluator.derive(point)
    return np.asarray(g + A.T @ lam) if lam.size else g


def _terms(evaluator: Evaluator, point: Point, lam: Floats) -> Floats:
    g, A = evaluator.derive(point)
    return np.asarray(np.abs(g) + np.abs(A.T) @ np.abs(lam)) if lam.size else np.abs(g)
