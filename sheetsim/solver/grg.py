"""GRG Nonlinear: smooth models, by whichever method suits them; many starts; whole numbers.

The name is that of Excel's dialog. What runs is

| model                                                  | method                               |
| ------------------------------------------------------ | ------------------------------------ |
| linear, or convex quadratic over linear constraints    | HiGHS, if it is installed            |
| functions of many points at once, bounds alone         | Levenberg-Marquardt or L-BFGS (batch)|
| constraints, and more than 100 variables, or no success| Uno, if it is installed              |
| a sum of squares within bounds, up to 1,500 variables  | Levenberg-Marquardt, Gauss-Newton    |
| anything up to 400 variables                           | SQP                                  |
| more variables, bounds alone                           | projected L-BFGS (batch)             |
| more variables, constraints                            | augmented Lagrangian on L-BFGS       |

each derived in its own file; with whole numbers, branch and bound on top, or where their points are
few, all of them tried (`enumeration`). Many starts are one batch of arrays where that is quicker
(functions of many points at once, and L-BFGS), and are searched from one after the other where it
is not. A limit of iterations ends one start and not the next, and the sentence of the end counts
how they ended. Excel's Solver stops when clustered starts make it likely that nothing is left to
find; here all starts are searched. What the best search claims is put to the test (`second_look`,
and `restoration` where it met no feasible point).
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
    uno,
)
from sheetsim.solver.methods.restoration import from_elsewhere
from sheetsim.solver.methods.second_look import look_again, with_end
from sheetsim.solver.parts.starts import all_starts

NEARBY = 0.1  # of a variable, or of 1: how far from a start that shows no way
SAME = 1e-9  # of an objective, or of 1: a difference that may be rounding
SPARSE = 100  # variables, up to which dense matrices are quicker than another program
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
    whole = bool(evaluator.whole.any())
    if len(starts) > 1 and not whole and _batched(evaluator):
        found = augmented_lagrangian.bounded(evaluator, starts, evaluator.low, evaluator.high)
    else:
        found = _one_by_one(evaluator, starts)
    found = found if whole else replace(_confirmed(evaluator, found), ends=found.ends)
    return _probable(found) if found.ends else found


def _one_by_one(evaluator: Evaluator, starts: Floats) -> Found:
    """The best that is found from starts (S, n), and how each of them ended.

    Raises:
        Stop: A limit of time was reached, or the only start came to its limit of iterations.
    """
    best: Found | None = None
    ends: list[Outcome] = []
    for number, start in enumerate(starts):
        evaluator.next_start()
        try:
            found = _from(evaluator, start, lead=number % 2 == 0)
        except Stop as stop:
            if len(starts) == 1:
                raise
            if stop.outcome.ending is not Ending.ITERATIONS:
                why = f"{stop.outcome.why}, at start {number + 1} of {len(starts)}"
                raise Stop(replace(stop.outcome, why=why)) from None
            assert evaluator.best is not None  # noqa: S101 - the start was evaluated
            found = Found(evaluator.best, stop.outcome)
        ends.append(found.outcome)
        if best is None or _better(evaluator, found, best):
            best = found
    assert best is not None  # noqa: S101 - there is one start or more
    return replace(best, ends=tuple(ends)) if len(ends) > 1 else best


def _from(evaluator: Evaluator, start: Floats, *, lead: bool) -> Found:
    """One search from a start (n,), whole numbers and all."""
    if evaluator.whole.any():
        return branch_and_bound.run(evaluator, start, local)
    return local(evaluator, start, evaluator.low, evaluator.high, lead=lead)


def _confirmed(evaluator: Evaluator, found: Found) -> Found:
    """The end of a search, with what it claims put to the test.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    low, high = evaluator.low, evaluator.high

    def search(x: Floats) -> Found:
        # from near an optimum, where an interior point method would begin anew
        return _search(evaluator, x, low, high, others=evaluator.model.n > DENSE)

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


def local(
    evaluator: Evaluator, start: Floats, low: Floats, high: Floats, *, lead: bool = True
) -> Found:
    """One local search from a start (n,) within bounds (n,); `lead` is of `least_squares`.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    found = _search(evaluator, start, low, high, lead=lead)
    if not found.outcome.success and not evaluator.whole.any():
        other = _by_uno(evaluator, start, low, high)
        if other is not None and not _clearly_better(evaluator, found, other):
            found = other
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


def _search(
    evaluator: Evaluator,
    start: Floats,
    low: Floats,
    high: Floats,
    *,
    lead: bool = True,
    others: bool = True,
) -> Found:
    """One search by the method that suits; `others`: whether by another program, if it is there."""
    if _squares(evaluator):
        return least_squares.run(evaluator, start, low, high, lead=lead)
    if _batched(evaluator):
        return augmented_lagrangian.bounded(evaluator, start[None], low, high)
    if others and start.size > SPARSE:
        found = _by_uno(evaluator, start, low, high)
        if found is not None:
            return found
    with np.errstate(all="ignore"):
        if start.size <= DENSE:
            return sqp.run(evaluator, start, low, high)
        return augmented_lagrangian.constrained(evaluator, start, low, high)


def _by_uno(evaluator: Evaluator, start: Floats, low: Floats, high: Floats) -> Found | None:
    """What Uno finds, of smooth models with constraints; None if it is not there, or finds nothing.

    Raises:
        Stop: A limit of time was reached.
    """
    if evaluator.model.kinked or not evaluator.equal.size or not uno.is_installed():
        return None
    with np.errstate(all="ignore"):
        return uno.run(evaluator, start, low, high)


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
    """Whether the method takes many starts at once."""
    return not evaluator.equal.size and not _squares(evaluator) and evaluator.model.n > DENSE


def _squares(evaluator: Evaluator) -> bool:
    model = evaluator.model
    fits = (
        model.n <= least_squares.LARGEST and model.sense == "minimize" and not evaluator.equal.size
    )
    return fits and model.residuals is not None


def _clearly_better(evaluator: Evaluator, found: Found, other: Found) -> bool:
    """Whether a point is feasible and lower than another, feasible one, by more than rounding."""
    room = SAME * max(1.0, abs(other.point.f))
    return evaluator.feasible(found.point) and found.point.f < other.point.f - room


def _better(evaluator: Evaluator, found: Found, best: Found) -> bool:
    return evaluator.better(found.point, best.point)


def _probable(found: Found) -> Found:
    """The best of many starts, which is more than an optimum of its surroundings."""
    outcome = found.outcome
    if outcome.ending not in (Ending.OPTIMAL, Ending.CONVERGED):
        return found
    return replace(found, outcome=replace(outcome, ending=Ending.PROBABLE))
