"""Which constraints cannot all hold: an irreducible set of them, of a model that has no solution.

The deletion filter (Chinneck and Dravnieks 1991, "Locating minimal infeasible constraint sets in
linear programs"): leave one constraint out, and where the others still contradict each other, leave
it out for good. What is left in the end contradicts, and without any one of it does not. That needs
a proof for each set, so it is done where HiGHS has one: of linear constraints, and of those that
were made linear with binaries (then the bounds of the variables are held, since the rows rest on
them). HiGHS's own multipliers (Farkas 1902) leave most out at once.

Of other models the constraints that are missed at the best point are named, as no more than that.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import EngineMissingError
from sheetsim.mixed_integer import MixedInteger
from sheetsim.solver.endings import Ending, Stop
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.functions import Mask
from sheetsim.solver.methods.highs import Matrix, highspy, loses_entries, new_highs, set_rows
from sheetsim.solver.result import Conflict

SECONDS = 10.0
"""What the filter takes at most; what it has not left out by then stays."""


def conflict(evaluator: Evaluator, point: Point, ending: Ending) -> Conflict | None:
    """The constraints that have no point in common, None if they are not known.

    Args:
        evaluator: whose search ended.
        point: the best one.
        ending: how it ended.
    """
    model, options = evaluator.model, evaluator.options
    if ending in (Ending.CROSSED, Ending.CONFLICT):
        over = np.flatnonzero(evaluator.low > evaluator.high + options.precision)[:1]
        bounds = tuple((int(i), side) for i in over for side in (False, True))
        return Conflict((), bounds, proved=True, irreducible=True) if bounds else None
    if ending is Ending.NOT_FOUND and math.isfinite(point.violation):
        missed = np.flatnonzero(evaluator.violations(point.c) > options.precision)
        rows = tuple(_row(evaluator, int(i)) for i in missed if i >= int(evaluator.aims))
        return Conflict(rows, (), proved=False, irreducible=False) if rows else None
    if ending is not Ending.INFEASIBLE or evaluator.groups:
        return None
    try:
        package = highspy()
        if all(block.linear for block in model.constraints) and not evaluator.aims:
            return _linear(package, evaluator)
        if evaluator.reformulated is not None and model.sense != "value":
            return _reformulated(package, evaluator)
    except (EngineMissingError, Stop):
        return None
    return None


def _row(evaluator: Evaluator, i: int) -> tuple[int, int]:
    """The block and the row in it of row i of all."""
    at = i - int(evaluator.aims)
    for k, size in enumerate(evaluator.sizes):
        if at < size:
            return k, at
        at -= size
    raise AssertionError(i)


def _linear(package: Any, evaluator: Evaluator) -> Conflict | None:
    x = evaluator.start
    point = evaluator.at(x, late=True, probe=True)
    _, A = evaluator.derive(point)
    limit = A @ x - point.c
    n = x.size
    rows, columns = np.nonzero(A)
    starts = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=limit.size))])
    lp = _lp(package, Matrix(starts, columns, A[rows, columns]), limit, evaluator.equal)
    sides = evaluator.low, evaluator.high, evaluator.whole
    search = _Filter(package, evaluator, lp, sides)
    members = [("row", i) for i in range(limit.size)]
    members += [("low", j) for j in range(n) if math.isfinite(evaluator.low[j])]
    members += [("high", j) for j in range(n) if math.isfinite(evaluator.high[j])]
    return search.run(members)


def _reformulated(package: Any, evaluator: Evaluator) -> Conflict | None:
    reformulate = evaluator.model.reformulate
    assert reformulate is not None  # noqa: S101 - the model was reformulated
    given = evaluator.low, evaluator.high, evaluator.whole
    program = reformulate(*given, False, False)
    if not isinstance(program, MixedInteger):
        return None
    starts, columns, values, limit = program.matrix(-program.near)
    lp = _lp(package, Matrix(starts, columns, values), limit, program.equal)
    search = _Filter(package, evaluator, lp, (program.low, program.high, program.whole))
    return search.run([("row", i) for i in range(sum(evaluator.sizes))])


def _lp(package: Any, matrix: Matrix, limit: Floats, equal: Mask) -> Any:
    """The rows in HiGHS's own form, without costs; the columns are set by `_Filter`."""
    lp = package.HighsLp()
    set_rows(package, lp, matrix, np.where(equal, limit, -np.inf), limit)
    return lp


class _Filter:
    """The deletion filter on a program of HiGHS."""

    def __init__(
        self, package: Any, evaluator: Evaluator, lp: Any, sides: tuple[Floats, Floats, Mask]
    ) -> None:
        low, high, whole = sides
        self._package, self._evaluator = package, evaluator
        self._limits = np.array(lp.row_lower_), np.array(lp.row_upper_)
        self._low, self._high = low.copy(), high.copy()
        self._until = evaluator.clock() + SECONDS
        self._sure = True
        lp.num_col_ = low.size
        lp.col_cost_, lp.col_lower_, lp.col_upper_ = np.zeros(low.size), low, high
        kinds = package.HighsVarType.kContinuous, package.HighsVarType.kInteger
        if whole.any():
            lp.integrality_ = [kinds[int(each)] for each in whole]
        self._loses = loses_entries(lp)
        self._highs = new_highs(package, {})
        self._highs.passModel(lp)

    def run(self, members: list[tuple[str, int]]) -> Conflict | None:
        """The members that are left; None if HiGHS does not see the contradiction."""
        if self._loses or not self._contradicts():
            return None
        left, complete = list(members), True
        part = max(1, len(left) // 2)
        while part:  # halves first, then ever smaller parts, then one by one
            at = 0
            while at < len(left):
                if self._evaluator.clock() > self._until:
                    complete = False
                    break
                tried = left[at : at + part]
                self._set(tried, held=False)
                if self._contradicts():
                    del left[at : at + part]
                else:
                    self._set(tried, held=True)
                    at += part
            part = part // 2 if complete else 0
        rows = tuple(_row(self._evaluator, i) for kind, i in left if kind == "row")
        bounds = tuple((i, kind == "high") for kind, i in left if kind != "row")
        return Conflict(rows, bounds, proved=True, irreducible=complete and self._sure)

    def _contradicts(self) -> bool:
        """Whether HiGHS proves that what is held has no point."""
        left = self._until - self._evaluator.clock()
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + max(left, 0.1))
        self._highs.run()
        names, ended = self._package.HighsModelStatus, self._highs.getModelStatus()
        # Without costs nothing is unbounded. Of what HiGHS did not decide nothing is said.
        contradicts = ended in (names.kInfeasible, names.kUnboundedOrInfeasible)
        self._sure &= contradicts or ended in (names.kOptimal, names.kModelEmpty)
        return contradicts

    def _set(self, members: list[tuple[str, int]], *, held: bool) -> None:
        """Hold constraints, or leave them out."""
        for kind, i in members:
            if kind == "row":
                lower, upper = (one[i] for one in self._limits) if held else (-np.inf, np.inf)
                self._highs.changeRowBounds(i, lower, upper)
                continue
            lp = self._highs.getLp()
            low, high = lp.col_lower_[i], lp.col_upper_[i]
            low = (self._low[i] if held else -np.inf) if kind == "low" else low
            high = (self._high[i] if held else np.inf) if kind == "high" else high
            self._highs.changeColBounds(i, low, high)
