"""A feasible point by least squares: Levenberg-Marquardt on the violations of the constraints.

The residuals are c for an equality and max(0, c) for an inequality, within the bounds. They are
zero just where the constraints are met. Where their sum of squares has another minimum there is no
feasible point nearby; that there is none at all is said only where it is proved (see
`infeasibility_proof`). Else other points are tried: the start, and random ones farther and farther
out.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.found import Found
from sheetsim.solver.methods import levenberg_marquardt
from sheetsim.solver.methods.levenberg_marquardt import Squares
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.feasibility import excess, infeasible, none_found
from sheetsim.solver.parts.infeasibility_proof import contradict
from sheetsim.solver.parts.journal import Limits
from sheetsim.solver.parts.pointwise import Pointwise
from sheetsim.solver.parts.starts import around, uniform

CAP, TRY = 500, 100  # iterations, and from other points
FLAT = 1e-12
TRIES = 10  # other points
WIDTHS = (0.1, 1.0, 10.0)  # of the variables' size: how far from the start they are

Search = Callable[[Floats], Found]


def restore(evaluator: Evaluator, point: Point, low: Floats, high: Floats, cap: int = CAP) -> Point:
    """The point of the least violation that is found from `point` in `cap` iterations.

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
    limits = Limits(FLAT, cap, evaluator.deadline, evaluator.clock)
    with np.errstate(all="ignore"):
        squares = Squares(residuals, jacobian)
        journal = levenberg_marquardt.run(squares, Box(low, high), limits, start[None])
    return asked.points(journal.x)[0]


def met(evaluator: Evaluator, point: Point) -> bool:
    """Whether every row is met within the precision."""
    return point.finite and evaluator.worst(point) <= evaluator.options.precision


def at_the_least(evaluator: Evaluator, point: Point, low: Floats, high: Floats) -> Found:
    """The end where the violation has come to its least and is not 0, at a point.

    Raises:
        Stop: A limit of time was reached.
    """
    if contradict(evaluator, point, low, high):
        aim = "the target and " if evaluator.aims else ""
        why = f"{aim}the constraints contradict each other within the bounds"
        if evaluator.aims and not evaluator.model.constraints:
            why = f"the objective does not come nearer to its target than {point.shown:.10g}"
        return Found(point, infeasible(why), proved=True)
    why = (
        f"the violation of the constraints can be lowered no further than {point.violation:.3g} "
        "from here, which is no proof that no point meets them"
    )
    return Found(point, none_found(why))


def from_elsewhere(
    evaluator: Evaluator, found: Found, low: Floats, high: Floats, search: Search
) -> Found:
    """What is found from other points, where a search from the start met no feasible one.

    Args:
        evaluator: of the model.
        found: how that search ended.
        low: (n,) bounds.
        high: (n,) bounds.
        search: from a point (n,).

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    start = np.clip(evaluator.start, low, high)
    rng = np.random.default_rng([evaluator.options.seed, 6])
    best = found
    for k in range(TRIES):
        x = start if k == 0 else _drawn(rng, start, WIDTHS[k % len(WIDTHS)], low, high)
        there = evaluator.at(x)
        mended = restore(evaluator, there, low, high, TRY) if there.finite else there
        if met(evaluator, mended):
            other = search(mended.x)
            return other if met(evaluator, other.point) else _kept(mended)
        if evaluator.better(mended, best.point):
            best = at_the_least(evaluator, mended, low, high)
            if best.proved:
                return best
    why = f"{best.outcome.why}; {TRIES} other points led to none either"
    return replace(best, outcome=Outcome(best.outcome.ending, why))


def _kept(point: Point) -> Found:
    why = "a feasible point was found, but the search from there came back to none"
    return Found(point, Outcome(Ending.NO_BETTER, why, sure=False))


def _drawn(
    rng: np.random.Generator, start: Floats, width: float, low: Floats, high: Floats
) -> Floats:
    """A point (n,) within the bounds, or, where there are none, about the start."""
    size = width * np.maximum(1.0, np.abs(start))
    (drawn,) = uniform(rng, around(start, low, high, size), 1)
    return np.asarray(drawn)
