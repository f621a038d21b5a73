"""GRG Nonlinear: smooth models, by whichever method suits them; many starts; whole numbers.

The name is that of Excel's dialog. What runs is

| model                                                  | method                               |
| ------------------------------------------------------ | ------------------------------------ |
| a sum of squares within bounds, up to 1,500 variables  | Levenberg-Marquardt, Gauss-Newton    |
| anything up to 400 variables                           | SQP                                  |
| more variables, bounds alone                           | projected L-BFGS                     |
| more variables, constraints                            | augmented Lagrangian on L-BFGS       |

each derived in its own file; with whole numbers, branch and bound on top. A multistart searches
from the given start and from `population` random ones: as one batch of arrays where the method is
batched (the first and the third), one after the other where it is not. Excel's Solver stops when
clustered starts make it likely that nothing is left to find; here all starts are searched.
"""

from dataclasses import replace

import numpy as np

from sheetsim.errors import OptionError
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.methods import augmented_lagrangian, branch_and_bound, least_squares, sqp
from sheetsim.solver.methods.sqp import Found
from sheetsim.solver.outcome import CONVERGED, INFEASIBLE, OPTIMAL, PROBABLE, SOLVED, Ending
from sheetsim.solver.problem import Array

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
    starts = _starts(evaluator)
    if not evaluator.whole.any() and len(starts) > 1 and _batched(evaluator):
        return _probable(_many(evaluator, starts), len(starts))
    best: Found | None = None
    for start in starts:
        if evaluator.whole.any():
            found = branch_and_bound.run(evaluator, start, local)
        else:
            found = local(evaluator, start, evaluator.low, evaluator.high)
        if best is None or _better(evaluator, found, best):
            best = found
    assert best is not None  # noqa: S101 - there is one start or more
    return _probable(best, len(starts)) if len(starts) > 1 else best


def local(evaluator: Evaluator, start: Array, low: Array, high: Array) -> Found:
    """One local search from a start (n,) within bounds (n,).

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    found = _search(evaluator, start, low, high)
    if not _doubtful(evaluator, np.clip(start, low, high), found):
        return found
    # Where all derivatives vanish, as those of a product do at zeros, there is no way down to be
    # seen, though there may be one: look again from nearby.
    rng = np.random.default_rng([evaluator.settings.seed, 4])
    nearby = start + NEARBY * np.maximum(1.0, np.abs(start)) * rng.uniform(-1, 1, start.size)
    other = _search(evaluator, np.clip(nearby, low, high), low, high)
    return other if _better(evaluator, other, found) else found


def _search(evaluator: Evaluator, start: Array, low: Array, high: Array) -> Found:
    if _batched(evaluator):
        return _many(evaluator, start[None], low, high)
    with np.errstate(all="ignore"):
        if start.size <= DENSE:
            return sqp.run(evaluator, start, low, high)
        return augmented_lagrangian.constrained(evaluator, start, low, high)


def _doubtful(evaluator: Evaluator, start: Array, found: Found) -> bool:
    """Whether the start itself may be to blame: no derivative there, or no way to feasibility."""
    if found.ending.code == INFEASIBLE:
        return True
    if found.ending.code not in SOLVED or not np.array_equal(found.point.x, start):
        return False
    with np.errstate(all="ignore"):
        return not evaluator.derive(evaluator.at(start))[0].any()


def _batched(evaluator: Evaluator) -> bool:
    """Whether the method takes many starts at once."""
    return not evaluator.equal.size and (_squares(evaluator) or evaluator.model.n > DENSE)


def _squares(evaluator: Evaluator) -> bool:
    model = evaluator.model
    fits = model.n <= least_squares.LARGEST and model.sense == "minimize"
    return fits and model.residuals is not None


def _many(
    evaluator: Evaluator, starts: Array, low: Array | None = None, high: Array | None = None
) -> Found:
    low = evaluator.low if low is None else low
    high = evaluator.high if high is None else high
    method = least_squares.run if _squares(evaluator) else augmented_lagrangian.bounded
    return method(evaluator, starts, low, high)


def _starts(evaluator: Evaluator) -> Array:
    """The given start and, for a multistart, random ones: (S, n).

    Between two bounds they are uniform; otherwise around the start (or the bound), as far as the
    start is from 0, and at least 1.
    """
    low, high, settings = evaluator.low, evaluator.high, evaluator.settings
    start = np.clip(evaluator.model.start, low, high)
    if not settings.multistart:
        return start[None]
    width = np.maximum(1.0, np.abs(start))
    bottom = np.where(np.isfinite(low), low, np.fmin(start, high) - width)
    top = np.where(np.isfinite(high), high, np.fmax(start, bottom) + width)
    unit = np.random.default_rng([settings.seed, 1]).uniform(size=(settings.population, start.size))
    drawn: Array = bottom + unit * (top - bottom)
    return np.concatenate([start[None], drawn])


def _better(evaluator: Evaluator, found: Found, best: Found) -> bool:
    return evaluator.better(found.point, best.point)


def _probable(found: Found, count: int) -> Found:
    if found.ending.code not in SOLVED:
        return found
    code = PROBABLE if found.ending.code in (OPTIMAL, CONVERGED) else found.ending.code
    why = f"the best of {count} starts; there, {found.ending.why}"
    return replace(found, ending=Ending(code, why))
