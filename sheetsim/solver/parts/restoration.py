"""A feasible point by least squares: Levenberg-Marquardt on what the constraints are missed by.

The residuals are c for an equality and max(0, c) for an inequality, within the bounds. They are
zero just where the constraints are met; where their sum of squares has another minimum there is
no feasible point nearby, which for linear and convex constraints means none at all.
"""

import numpy as np

from sheetsim.solver.bridge import Batch
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.methods import levenberg_marquardt
from sheetsim.solver.options import Options
from sheetsim.solver.parts.journal import Limits
from sheetsim.solver.problem import Array, Problem

CAP = 500
FLAT = 1e-12


def restore(evaluator: Evaluator, point: Point, low: Array, high: Array) -> Point | None:
    """A point that meets the constraints, sought from `point`; None if there is none nearby.

    Raises:
        Stop: A limit of time was reached.
    """
    equal, batch = evaluator.equal, Batch(evaluator)

    def residuals(x: Array) -> Array:
        c = np.stack([each.c for each in batch.points(x)])
        return np.where(equal, c, np.maximum(c, 0.0))

    def jacobian(x: Array) -> Array:
        slopes = [
            np.where((equal | (each.c > 0))[:, None], evaluator.derive(each)[1], 0.0)
            for each in batch.points(x)
        ]
        return np.stack(slopes)

    start = np.clip(point.x, low, high)
    problem = Problem(start=start, residuals=residuals, jacobian=jacobian, lower=low, upper=high)
    limits = Limits(FLAT, evaluator.deadline, CAP)
    with np.errstate(all="ignore"):
        journal = levenberg_marquardt.run(problem, Options(), limits, start[None])
    found = batch.points(journal.x)[0]
    missed = evaluator.missed(found.c)
    feasible = found.sound and missed.max(initial=0.0) <= evaluator.settings.precision
    return found if feasible else None
