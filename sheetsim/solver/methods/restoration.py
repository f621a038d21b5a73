"""A feasible point by least squares: Levenberg-Marquardt on the violations of the constraints.

The residuals are c for an equality and max(0, c) for an inequality, within the bounds. They are
zero just where the constraints are met; where their sum of squares has another minimum there is
no feasible point nearby, which for linear and convex constraints means none at all.
"""

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.methods import levenberg_marquardt
from sheetsim.solver.methods.levenberg_marquardt import Squares
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.feasibility import excess
from sheetsim.solver.parts.journal import Limits
from sheetsim.solver.parts.pointwise import Pointwise

CAP = 500
FLAT = 1e-12


def restore(evaluator: Evaluator, point: Point, low: Floats, high: Floats) -> Point | None:
    """A point that meets the constraints, sought from `point`; None if there is none nearby.

    Raises:
        Stop: A limit of time was reached.
    """
    equal, asked = evaluator.equal, Pointwise(evaluator)

    def residuals(x: Floats) -> Floats:
        return excess(np.stack([each.c for each in asked.points(x)]), equal)

    def jacobian(x: Floats) -> Floats:
        slopes = [
            np.where((equal | (each.c > 0))[:, None], evaluator.derive(each)[1], 0.0)
            for each in asked.points(x)
        ]
        return np.stack(slopes)

    start = np.clip(point.x, low, high)
    limits = Limits(FLAT, CAP, evaluator.deadline, evaluator.clock)
    with np.errstate(all="ignore"):
        squares = Squares(residuals, jacobian)
        journal = levenberg_marquardt.run(squares, Box(low, high), limits, start[None])
    found = asked.points(journal.x)[0]
    feasible = found.finite and evaluator.worst(found) <= evaluator.options.precision
    return found if feasible else None
