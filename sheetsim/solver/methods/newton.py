"""Newton's method for the end of a least-squares search whose residuals stay large.

The Hessian of Σ rᵢ² is 2(JᵀJ + Σ rᵢ ∇²rᵢ). Gauss-Newton and Levenberg-Marquardt leave the second
part out, which is right where the residuals or their curvature vanish; where they do not, the last
digits come slowly, each step a constant share of the way (Dennis & Schnabel 1996, section 10.2).
The full Hessian is differenced from exact gradients, at n points as one batch, and decomposed,
H = QΛQᵀ. The step is -Q|Λ|⁺Qᵀg: |λ| turns a saddle into a descent (Gill & Murray 1974), and
directions whose λ is rounding are left alone, for along them the objective does not change (a
factor model may be rotated at will). A step is halved until the objective falls.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.functions import Index
from sheetsim.solver.parts.bounds import Box

LEAST, MOST = 30, 400  # variables: for fewer Gauss-Newton is quick enough, for more n² is much
STEPS = 30
HALVINGS = 8
STEP = float(np.sqrt(np.finfo(float).eps))  # of a difference, in units of the variable
FLAT = 1e-7  # of the largest |λ|: the rounding of differenced gradients
DONE = 1e-15  # of the objective: a promise that is rounding


def suits(evaluator: Evaluator) -> bool:
    """Whether the model has what the method needs, and a size that it pays for."""
    model = evaluator.model
    exact = evaluator.options.derivatives == "analytic"
    return model.gradients is not None and exact and LEAST <= model.n <= MOST


def run(evaluator: Evaluator, x: Floats, low: Floats, high: Floats) -> Point:
    """Go from x (n,), near an optimum, to it, within bounds (n,); else as far as steps help.

    Raises:
        Stop: A limit of time was reached.
    """
    point = evaluator.at(x)
    for _ in range(STEPS):
        if point.g is None or not np.isfinite(point.g).all():
            break
        free = np.flatnonzero(~Box(low, high).held(point.x, point.g))
        step = np.zeros_like(x)
        H = _hessian(evaluator, point, free)
        if H is None or not free.size:
            break
        eigenvalues, Q = np.linalg.eigh(H)
        size = np.abs(eigenvalues)
        firm = size > FLAT * size.max(initial=0.0)
        part = Q[:, firm].T @ point.g[free]
        step[free] = -(Q[:, firm] @ (part / size[firm]))
        promise = 0.5 * float(-point.g @ step)
        if not promise > DONE * abs(point.f):
            break
        trial = _fall(evaluator, point, step, low, high)
        if trial is None:
            break
        point = trial
        evaluator.iteration += 1
    return point


def _fall(
    evaluator: Evaluator, point: Point, step: Floats, low: Floats, high: Floats
) -> Point | None:
    """The first point on the way back from the step's end at which the objective falls."""
    share = 1.0
    for _ in range(HALVINGS):
        trial = evaluator.at(np.clip(point.x + share * step, low, high))
        if trial.finite and trial.f < point.f:
            return trial
        share *= 0.5
    return None


def _hessian(evaluator: Evaluator, point: Point, free: Index) -> Floats | None:
    """The Hessian of the free variables, by differences of gradients; None if not finite."""
    gradients = evaluator.model.gradients
    assert gradients is not None  # noqa: S101 - `suits` saw to it
    evaluator.check_time()
    steps = STEP * np.maximum(np.abs(point.x[free]), 1.0)
    rows = np.repeat(point.x[None], free.size, axis=0)
    rows[np.arange(free.size), free] += steps
    evaluator.evaluations += free.size
    there = np.asarray(gradients(rows), dtype=float)[:, free]
    H = (there - point.g[free]) / steps[:, None]  # type: ignore[index]
    return 0.5 * (H + H.T) if np.isfinite(H).all() else None
