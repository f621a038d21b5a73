"""GRG Nonlinear: smooth models, by whichever method suits them; many starts; whole numbers.

The name is that of Excel's dialog. What runs is

| model                                                  | method                               |
| ------------------------------------------------------ | ------------------------------------ |
| linear, or convex quadratic over linear constraints    | HiGHS, if it is installed            |
| functions of many points at once, bounds alone         | Levenberg-Marquardt or L-BFGS (batch)|
| a sum of squares within bounds, up to 1,500 variables  | Levenberg-Marquardt, Gauss-Newton    |
| anything up to 400 variables                           | SQP                                  |
| more variables, bounds alone                           | projected L-BFGS                     |
| more variables, constraints                            | augmented Lagrangian on L-BFGS       |

each derived in its own file; with whole numbers, branch and bound on top, or where their points are
few, all of them tried (`enumeration`). Many starts are one batch of arrays where the method is
batched (all but the third and the last), and are searched from one after the other where it is not.
Excel's Solver stops when clustered starts make it likely that nothing is left to find; here all
starts are searched. What the best search claims is put to the test (`second_look`, and
`restoration` where it met no feasible point).
"""

from dataclasses import replace

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.solver import batch
from sheetsim.solver.endings import Ending, Outcome, Stop
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.methods import (
    augmented_lagrangian,
    branch_and_bound,
    enumeration,
    least_squares,
    quadratic,
    sqp,
)
from sheetsim.solver.methods.restoration import from_elsewhere
from sheetsim.solver.methods.second_look import look_again, with_end
from sheetsim.solver.parts.starts import all_starts

NEARBY = 0.1  # of a variable, or of 1: how far from a start that shows no way
DENSE = 400  # variables, for which n x n matrices and active sets are cheap


def run(evaluator: Evaluator) -> Found:
    """Solve the evaluator's model.

    Raises:
        OptionError: The model has all-different groups.
        Stop: A limit of time or iterations was reached.
    """
    if evaluator.groups:
        raise OptionError(
            "GRG Nonlinear: got an all-different constraint, expected none; Evolutionary takes "
            "them, and Simplex LP where the model is linear"
        )
    if batch.suits(evaluator):
        return batch.run(evaluator)
    if enumeration.suits(evaluator):
        return enumeration.run(evaluator)
    evaluator.begin()
    exact = quadratic.run(evaluator)
    if exact is not None:
        return exact
    starts = all_starts(evaluator)
    if not evaluator.whole.any() and len(starts) > 1 and _batched(evaluator):
        found = _many(evaluator, starts, evaluator.low, evaluator.high)
        return _probable(_confirmed(evaluator, found), len(starts))
    best: Found | None = None
    for start in starts:
        if evaluator.whole.any():
            found = branch_and_bound.run(evaluator, start, local)
        else:
            found = local(evaluator, start, evaluator.low, evaluator.high)
        if best is None or _better(evaluator, found, best):
            best = found
    assert best is not None  # noqa: S101 - there is one start or more
    if not evaluator.whole.any():
        best = _confirmed(evaluator, best)
    return _probable(best, len(starts)) if len(starts) > 1 else best


def _confirmed(evaluator: Evaluator, found: Found) -> Found:
    """The end of a search, with what it claims put to the test.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    low, high = evaluator.low, evaluator.high

    def search(x: Floats) -> Found:
        return _search(evaluator, x, low, high)

    with np.errstate(all="ignore"):
        if found.outcome.ending is Ending.NOT_FOUND:
            found = from_elsewhere(evaluator, found, low, high, search)
        try:
            found = look_again(evaluator, found, low, high, search)
            return with_end(evaluator, found, low, high, search)
        except Stop:
            if found.outcome.ending is not Ending.OPTIMAL:
                return found
            why = f"{found.outcome.why}; there was no time to see whether it is a saddle"
            return replace(found, outcome=Outcome(Ending.CONVERGED, why))


def local(evaluator: Evaluator, start: Floats, low: Floats, high: Floats) -> Found:
    """One local search from a start (n,) within bounds (n,).

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    found = _search(evaluator, start, low, high)
    if not _doubtful(evaluator, np.clip(start, low, high), found):
        return found
    # Where all derivatives vanish, as those of a product do at zeros, there is no way down to be
    # seen, though there may be one: look again from nearby.
    rng = np.random.default_rng([evaluator.options.seed, 4])
    step = NEARBY * np.maximum(1.0, np.abs(start)) * rng.uniform(-1, 1, start.size)
    outside = (start + step < low) | (start + step > high)
    nearby = start + np.where(outside, -step, step)  # away from a bound, and not onto it
    other = _search(evaluator, np.clip(nearby, low, high), low, high)
    return other if _better(evaluator, other, found) else found


def _search(evaluator: Evaluator, start: Floats, low: Floats, high: Floats) -> Found:
    if _batched(evaluator):
        return _many(evaluator, start[None], low, high)
    with np.errstate(all="ignore"):
        if start.size <= DENSE:
            return sqp.run(evaluator, start, low, high)
        return augmented_lagrangian.constrained(evaluator, start, low, high)


def _doubtful(evaluator: Evaluator, start: Floats, found: Found) -> bool:
    """Whether the start itself may be to blame: no derivative there, or no way to feasibility."""
    ending = found.outcome.ending
    if ending is Ending.NOT_FOUND:
        return bool(evaluator.whole.any())  # else it is sought from many points in the end
    if ending is Ending.ERROR_VALUE:  # such as the slope of a root at 0
        return found.point.finite and np.array_equal(found.point.x, start)
    if not (ending.solved and np.array_equal(found.point.x, start)):
        return False
    with np.errstate(all="ignore"):
        return not evaluator.derive(evaluator.at(start))[0].any()


def _batched(evaluator: Evaluator) -> bool:
    """Whether the method takes many starts at once, its functions asked point by point."""
    return not evaluator.equal.size and (_squares(evaluator) or evaluator.model.n > DENSE)


def _squares(evaluator: Evaluator) -> bool:
    model = evaluator.model
    fits = model.n <= least_squares.LARGEST and model.sense == "minimize"
    return fits and model.residuals is not None


def _many(evaluator: Evaluator, starts: Floats, low: Floats, high: Floats) -> Found:
    method = least_squares.run if _squares(evaluator) else augmented_lagrangian.bounded
    return method(evaluator, starts, low, high)


def _better(evaluator: Evaluator, found: Found, best: Found) -> bool:
    return evaluator.better(found.point, best.point)


def _probable(found: Found, count: int) -> Found:
    outcome = found.outcome
    if not outcome.ending.solved:
        return found
    whole = outcome.ending in (Ending.OPTIMAL, Ending.CONVERGED)
    why = f"the best of {count} starts; there, {outcome.why}"
    return replace(found, outcome=Outcome(Ending.PROBABLE if whole else outcome.ending, why))
