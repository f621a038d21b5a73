"""Every point of a small whole-number model, tried: a proof that asks nothing of the formulas.

A bound from a relaxation is a bound only where the functions are linear or convex. Where all
variables are whole and have bounds, there is another: x_i in {low_i, ..., high_i} makes
Π(high_i - low_i + 1) points, an all-different group of N makes N!, and if these are few enough to
be evaluated one by one, the best of them is the best there is, whatever the formulas do: IF, MOD,
look-ups. Points are numbered in mixed radix, the last variable running fastest, and evaluated in
batches.
"""

import itertools
import math

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.functions import Index
from sheetsim.solver.parts.feasibility import infeasible

MOST = 4_000_000  # points
MOST_WORK = 200_000_000  # numbers to be computed, where many points are evaluated at once
MOST_UNKNOWN = 2_000  # points, where nothing is known of what one costs
BATCH = 4_096


def suits(evaluator: Evaluator) -> bool:
    """Whether all variables are whole and the points within their bounds are few."""
    if not evaluator.whole.all():
        return False
    if not (np.isfinite(evaluator.low).all() and np.isfinite(evaluator.high).all()):
        return False
    work, count = evaluator.model.work, math.prod(_sizes(evaluator))
    if work is None:
        return count <= MOST_UNKNOWN
    return count <= MOST and count * max(work, evaluator.model.n) <= MOST_WORK


def run(evaluator: Evaluator) -> Found:
    """Evaluate all points, the start first.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    evaluator.begin()
    sizes = _sizes(evaluator)
    count = math.prod(sizes)
    orders = [_permutations(group.size) for group in evaluator.groups]
    for first in range(0, count, BATCH):
        evaluator.tick()
        numbers = np.arange(first, min(first + BATCH, count))
        evaluator.batch(_points(evaluator, np.unravel_index(numbers, sizes), orders))
    best = evaluator.best
    assert best is not None  # noqa: S101 - the start was evaluated
    if evaluator.feasible(best):
        why = f"each of the {count:,} whole points was tried: no feasible one is better"
        return Found(best, Outcome(Ending.OPTIMAL, why), gap=0.0, proved=True)
    why = f"each of the {count:,} whole points was tried: none meets all constraints"
    return Found(best, infeasible(why), proved=True)


def _single(evaluator: Evaluator) -> Index:
    """The variables that are in no all-different group."""
    alone = np.ones(evaluator.model.n, bool)
    for group in evaluator.groups:
        alone[group] = False
    return np.flatnonzero(alone)


def _sizes(evaluator: Evaluator) -> tuple[int, ...]:
    """How many values each lone variable can take, and how many orders each group."""
    alone = _single(evaluator)
    spans = evaluator.high[alone] - evaluator.low[alone] + 1.0
    orders = (math.factorial(group.size) for group in evaluator.groups)
    return (*(max(0, int(span)) for span in spans), *orders)


def _permutations(size: int) -> Floats:
    """All orders of 1 to `size`, a row each."""
    return np.array(list(itertools.permutations(range(1, size + 1))), dtype=float)


def _points(evaluator: Evaluator, digits: tuple[Index, ...], orders: list[Floats]) -> Floats:
    """The points (S, n) whose mixed-radix digits are given, an array (S,) for each place."""
    alone = _single(evaluator)
    x = np.empty((digits[0].size, evaluator.model.n))
    for variable, digit in zip(alone, digits, strict=False):
        x[:, variable] = evaluator.low[variable] + digit
    for group, order, digit in zip(evaluator.groups, orders, digits[alone.size :], strict=True):
        x[:, group] = order[digit]
    return x
