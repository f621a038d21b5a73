"""Every point of a small whole-number model, tried: a proof that asks nothing of the formulas.

A bound from a relaxation is a bound only where the functions are linear or convex. Where all
variables are whole and have bounds, there is another: x_i in {low_i, ..., high_i} makes
Π(high_i - low_i + 1) points, an all-different group of N makes N!, and if these are few enough to
be evaluated one by one, the best of them is the best there is, whatever the formulas do: IF, MOD,
look-ups. Of binaries that are known to add up to 1 (or to 1 at most), as where each job goes to one
machine, only one is 1: k of them make k points (or k + 1) and not 2^k. Points are numbered in mixed
radix, the last place running fastest, and evaluated in batches.
"""

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.functions import Index, Mask
from sheetsim.solver.parts.feasibility import infeasible
from sheetsim.solver.parts.optimality import not_finite_at

MOST = 4_000_000  # points
MOST_WORK = 200_000_000  # numbers to be computed, where many points are evaluated at once
MOST_UNKNOWN = 2_000  # points, where nothing is known of what one costs
BATCH = 4_096


@dataclass(frozen=True)
class _Places:
    """What a whole-number point is made of, a digit each.

    Attributes:
        alone: variables with a range of their own.
        spans: how many values each of these can take.
        choices: groups of binaries of which one is 1, and the values that each can take, a row
            each.
        orders: the same for all-different groups; the values are made when they are needed.
    """

    alone: Index
    spans: tuple[int, ...]
    choices: tuple[tuple[Index, Floats], ...]
    orders: tuple[Index, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many values each place can take."""
        choices = (len(values) for _, values in self.choices)
        orders = (math.factorial(group.size) for group in self.orders)
        return (*self.spans, *choices, *orders)


def suits(evaluator: Evaluator) -> bool:
    """Whether all variables are whole and the points within their bounds are few."""
    if not evaluator.whole.all():
        return False
    if not (np.isfinite(evaluator.low).all() and np.isfinite(evaluator.high).all()):
        return False
    work, count = evaluator.model.work, math.prod(_places(evaluator).sizes)
    if work is None:
        return count <= MOST_UNKNOWN
    return count <= MOST and count * max(work, evaluator.model.n) <= MOST_WORK


def run(evaluator: Evaluator) -> Found:
    """Evaluate all points, the start first.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    evaluator.begin()
    places = _places(evaluator)
    sizes = places.sizes
    count = math.prod(sizes)
    values = [*(values for _, values in places.choices), *map(_permutations, places.orders)]
    error: Floats | None = None
    for first in range(0, count, BATCH):
        evaluator.tick()
        numbers = np.arange(first, min(first + BATCH, count))
        digits = np.unravel_index(numbers, sizes)
        x = _points(evaluator, places, digits, values)
        f, _ = evaluator.batch(x)
        lost = ~np.isfinite(f)
        if error is None and lost.any():
            error = _within(evaluator, x[lost])
    best = evaluator.best
    assert best is not None  # noqa: S101 - the start was evaluated
    if evaluator.feasible(best):
        why = f"each of the {count:,} whole points was tried: no feasible one is better"
        return Found(best, Outcome(Ending.OPTIMAL, why), gap=0.0, proved=True)
    if error is not None:
        there = evaluator.at(error, probe=True, slopes=False)
        return Found(there, not_finite_at("wherever all constraints are met"))
    why = f"each of the {count:,} whole points was tried: none meets all constraints"
    return Found(best, infeasible(why), proved=True)


def _within(evaluator: Evaluator, x: Floats) -> Floats | None:
    """The first of some points (S, n) that meets all constraints, if one does."""
    off = evaluator.violations(evaluator.functions(x)[1]).max(axis=1, initial=0.0)
    met = np.flatnonzero(off <= evaluator.options.precision)
    return x[met[0]] if met.size else None


def _places(evaluator: Evaluator) -> _Places:
    alone = np.ones(evaluator.model.n, bool)
    for group in evaluator.groups:
        alone[group] = False
    choices = []
    for group, none in _sums_to_one(evaluator, alone):
        alone[group] = False
        values = np.eye(group.size)
        choices.append(
            (group, np.concatenate([values, np.zeros((1, group.size))]) if none else values)
        )
    left = np.flatnonzero(alone)
    spans = evaluator.high[left] - evaluator.low[left] + 1.0
    return _Places(
        left, tuple(max(0, int(span)) for span in spans), tuple(choices), evaluator.groups
    )


def _sums_to_one(evaluator: Evaluator, alone: Mask) -> Iterator[tuple[Index, bool]]:
    """Groups of binaries that add up to 1 by a linear row, and whether they may add up to 0."""
    binary = alone & (evaluator.low == 0) & (evaluator.high == 1)
    if not binary.any():
        return
    zero = np.zeros(evaluator.model.n)
    taken = ~binary
    for block in evaluator.model.constraints:
        if not block.linear or block.relation == ">=":
            continue
        offset, A = block.function(zero)  # of a linear function: its constants
        if A is None:
            continue
        for row, constant in zip(np.atleast_2d(A), np.atleast_1d(offset), strict=True):
            group = np.flatnonzero(row)
            if group.size < 2 or taken[group].any():
                continue
            if (row[group] == row[group[0]]).all() and constant == -row[group[0]] < 0:
                taken[group] = True
                yield group, block.relation == "<="


def _permutations(group: Index) -> Floats:
    """All orders of 1 to the group's size, a row each."""
    return np.array(list(itertools.permutations(range(1, group.size + 1))), dtype=float)


def _points(
    evaluator: Evaluator, places: _Places, digits: tuple[Index, ...], values: list[Floats]
) -> Floats:
    """The points (S, n) whose mixed-radix digits are given, an array (S,) for each place."""
    x = np.empty((digits[0].size, evaluator.model.n))
    for variable, digit in zip(places.alone, digits, strict=False):
        x[:, variable] = evaluator.low[variable] + digit
    groups = [*(group for group, _ in places.choices), *places.orders]
    for group, value, digit in zip(groups, values, digits[places.alone.size :], strict=True):
        x[:, group] = value[digit]
    return x
