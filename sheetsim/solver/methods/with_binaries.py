"""Models with IF, MAX, ABS, SUMIF and the like, by HiGHS, with binaries in their place.

The mixed-integer model is a relaxation (`mixed_integer`), so its bound holds for the workbook. Its
answer is put into the workbook's own functions, and these have the last word: where their value is
the bound, the point is optimal; where it is not, the best point found is returned, and how far the
bound is. They differ where a condition such as `x > 0` of a number that is not whole decides at its
edge: then a point beside it is looked for, a little within the condition.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import EngineMissingError
from sheetsim.mixed_integer import MixedInteger
from sheetsim.solver.endings import INTERRUPTED, Ending, Outcome
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.methods.highs import (
    TOLERANCE,
    TOO_FAR_APART,
    Matrix,
    cost_factor,
    highspy,
    loses_entries,
    new_highs,
    run_highs,
    set_rows,
)
from sheetsim.solver.parts.feasibility import infeasible, none_found
from sheetsim.solver.reformulation import NotLinear

SAME = 1e-6
"""Of a bound: a value that is no farther from it is optimal. Of whole columns, HiGHS allows as much
that they are not whole."""

EXACT = 1e-9
"""Likewise, of what is not worth a word."""

WRONG = 1e-6
"""Of a bound: a feasible point that is better by more shows that it is none."""

WITHIN = 4 * TOLERANCE
"""By how much conditions hold where they are to hold for HiGHS without doubt."""

BESIDE = 1e-5
"""How far from a tie a point beside it is looked for."""

MARGINS = ((0.0, 0.0), (0.0, WITHIN), (BESIDE, 0.0), (BESIDE, WITHIN))
"""By how much conditions hold at the points that are tried, those that are not so at the tie, and
the others (which an equation allows no margin)."""

SECONDS = 20.0
"""What HiGHS gets of a search that has other ways, at most."""

NODES = 5_000
"""Likewise, of its branch and bound."""


@dataclass
class _Search:
    """HiGHS and what it is asked."""

    package: Any
    evaluator: Evaluator
    program: MixedInteger
    deadline: float
    nodes: int | None
    stopped: bool = False

    def solve(
        self, margin: float | Floats, fixed: Floats | None = None, slack: Floats | None = None
    ) -> Any:
        """HiGHS after its run on the rows with a margin, whole columns fixed at values or not.

        `slack` (rows,) is what rows may be missed by.
        """
        package, program, options = self.package, self.program, self.evaluator.options
        left = self.deadline - self.evaluator.clock()
        given: dict[str, Any] = {
            "mip_rel_gap": options.integer_tolerance,
            "mip_abs_gap": TOLERANCE,
            "random_seed": options.seed % 2**31,
            "time_limit": max(left, 1.0) if math.isfinite(left) else math.inf,
        }
        if self.nodes is not None:
            given["mip_max_nodes"] = self.nodes
        highs = new_highs(package, given)
        highs.passModel(_lp(package, program, margin, fixed, slack))
        self.stopped |= run_highs(highs)
        if highs.getModelStatus() == package.HighsModelStatus.kUnboundedOrInfeasible:
            highs.setOptionValue("presolve", "off")
            self.stopped |= run_highs(highs)
        return highs

    def answer(self, highs: Any) -> Floats | None:
        """The columns at the answer of HiGHS, None if it has none."""
        feasible = int(self.package.SolutionStatus.kSolutionStatusFeasible)
        solution = highs.getSolution()
        if not solution.value_valid or highs.getInfo().primal_solution_status != feasible:
            return None
        return np.array(solution.col_value)

    def bound(self, highs: Any) -> float:
        """What no point is better than, as far as HiGHS has proved it."""
        info, names = highs.getInfo(), self.package.HighsModelStatus
        if self.program.whole.any():
            bound = float(info.mip_dual_bound)  # with the constant, as HiGHS was given it
        else:
            solved = highs.getModelStatus() == names.kOptimal
            bound = float(info.objective_function_value) if solved else -math.inf
        return bound / cost_factor(self.program.cost)

    def try_point(self, columns: Floats) -> None:
        """Evaluate the model at an answer; the evaluator remembers it if it is the best."""
        evaluator = self.evaluator
        x = columns[: evaluator.model.n]
        x = np.where(evaluator.whole, np.round(x), x)
        evaluator.at(np.clip(x, evaluator.low, evaluator.high), late=True)


def run(evaluator: Evaluator, *, alone: bool) -> Found | NotLinear | None:
    """Solve the evaluator's model.

    Args:
        evaluator: whose model is not linear.
        alone: whether there is no other way; else only a part of the time is taken.

    Returns:
        The answer; or why there is none: the model is no such one, or None: nothing was proved, or
        there is no HiGHS. What was met on the way is remembered by the evaluator.

    Raises:
        EngineMissingError: highspy is not installed, and there is no other way.
    """
    reformulate = evaluator.model.reformulate
    if reformulate is None or evaluator.groups:
        return None
    model = evaluator.model
    if not alone and not model.kinked and (model.convex or not evaluator.whole.any()):
        return None  # nothing in it is made linear with binaries
    try:
        package = highspy()
    except EngineMissingError:
        if alone:
            raise
        return None
    evaluator.begin()
    to_value = evaluator.model.sense == "value"
    program = reformulate(evaluator.low, evaluator.high, evaluator.whole, to_value, True)
    if isinstance(program, NotLinear):
        return program
    evaluator.reformulated = program
    deadline, nodes = evaluator.deadline, evaluator.options.max_subproblems
    if not alone:
        left = evaluator.deadline - evaluator.clock()
        deadline, nodes = evaluator.clock() + min(SECONDS, left / 2), nodes or NODES
    search = _Search(package, evaluator, program, deadline, nodes)
    highs = search.solve(-program.near)
    if loses_entries(highs.getLp()):
        return NotLinear("", TOO_FAR_APART) if alone else None
    found = _found(search, highs, alone=alone)
    if found is None or alone or found.proved or search.stopped:
        return found
    return None  # the other way may find more; the bound is remembered


def _found(search: _Search, highs: Any, *, alone: bool) -> Found | None:
    """What the answer of HiGHS says of the model."""
    evaluator, names = search.evaluator, search.package.HighsModelStatus
    assert evaluator.best is not None  # noqa: S101 - the start was evaluated
    ended = highs.getModelStatus()
    if ended == names.kInfeasible:
        if evaluator.feasible(evaluator.best):
            return None  # the model's functions have the last word
        if not _beyond(search):
            why = "the constraints contradict, but by no more than the precision"
            return Found(evaluator.best, none_found(why)) if alone else None
        why = "HiGHS proved that the constraints contradict, with binaries for the formulas"
        return Found(evaluator.best, infeasible(why), proved=True)
    if ended == names.kUnbounded:
        why = "with binaries for the formulas there is no best point; a bound may be missing"
        return Found(evaluator.best, Outcome(Ending.UNBOUNDED, why)) if alone else None
    columns = search.answer(highs)
    evaluator.bound = search.bound(highs)
    if columns is not None:
        _try_points(search, columns)
    if search.stopped:
        return Found(evaluator.best, INTERRUPTED)
    found = Found(evaluator.best, _limit(search, highs))
    if not evaluator.feasible(evaluator.best):
        return found if alone else None
    return with_bound(evaluator, found) if reaches(evaluator) else found


def _beyond(search: _Search) -> bool:
    """Whether constraints contradict each other by more than the precision that they are met in.

    HiGHS meets them more closely than that, and equations may differ by rounding.
    """
    evaluator, program = search.evaluator, search.program
    model = evaluator.model
    scales = [np.broadcast_to(block.scale, size) for block, size in
              zip(model.constraints, evaluator.sizes, strict=True)]  # fmt: skip
    scales += [np.full(1, evaluator.target_unit)] if model.sense == "value" else []
    own = np.concatenate([np.zeros(0), *scales])
    slack = np.zeros(program.near.size)
    slack[: own.size] = evaluator.options.precision * own
    highs = search.solve(-program.near, slack=slack)
    return bool(highs.getModelStatus() == search.package.HighsModelStatus.kInfeasible)


def _try_points(search: _Search, columns: Floats) -> None:
    """Evaluate the answer of HiGHS, and points beside it until one has the bound's value."""
    evaluator, whole = search.evaluator, search.program.whole
    search.try_point(columns)
    for beyond, within in MARGINS:
        if reaches(evaluator) or search.stopped:
            return
        better: Floats | None = columns
        margin = np.where(search.program.strict, beyond, within)
        if beyond == BESIDE:
            evaluator.attained = False
        if beyond == BESIDE and whole.any():  # other conditions may be better then
            better = search.answer(search.solve(margin))
        if better is None:
            continue
        there = search.answer(search.solve(margin, better))
        search.try_point(better if there is None else there)


def _limit(search: _Search, highs: Any) -> Outcome:
    """How the search ended, if no bound was reached."""
    names, options = search.package.HighsModelStatus, search.evaluator.options
    ended = highs.getModelStatus()
    if ended == names.kTimeLimit and options.max_time is not None:
        return Outcome(Ending.TIME, f"max_time of {options.max_time:g} seconds was reached")
    if ended == names.kSolutionLimit and options.max_subproblems is not None:
        why = f"max_subproblems of {options.max_subproblems} was reached"
        return Outcome(Ending.SUBPROBLEMS, why)
    if not search.evaluator.feasible(search.evaluator.best):  # type: ignore[arg-type]
        why = "the formulas miss constraints at the answers of HiGHS"
        return Outcome(Ending.NOT_FOUND, why)
    return Outcome(Ending.NO_BETTER, "the best point found, by HiGHS with binaries")


def reaches(evaluator: Evaluator) -> bool:
    """Whether the best point has the value of the bound."""
    best, bound = evaluator.best, evaluator.bound
    if best is None or bound is None or not evaluator.feasible(best):
        return False
    room = SAME if evaluator.attained else EXACT
    return best.f - bound <= room * _size(evaluator, bound)


def _size(evaluator: Evaluator, bound: float) -> float:
    """What an objective is measured by: the bound, how far from it the start was, its own unit."""
    assert evaluator.reformulated is not None  # noqa: S101 - it gave the bound
    unit = min(1.0, float(np.abs(evaluator.reformulated.cost).max(initial=0.0)))
    return max(unit, abs(bound), abs(evaluator.begin().f - bound))


def with_bound(evaluator: Evaluator, found: Found) -> Found:
    """The end of a search, with what the bound says of its point."""
    bound, point = evaluator.bound, found.point
    if bound is None or not math.isfinite(bound) or not evaluator.feasible(point):
        return found
    size = _size(evaluator, bound)
    if point.f < bound - WRONG * size:
        return found  # the model's functions have the last word
    gap = max(0.0, point.f - bound) / max(abs(point.f), 1e-300)
    tolerance = evaluator.options.integer_tolerance
    if point.f - bound <= (SAME if evaluator.attained else EXACT) * size:
        off = point.f - bound
        by = f" by more than {off:.1g}" if off > EXACT * size else ""
        why = f"HiGHS proved that no feasible point is better{by}, with binaries for the formulas"
        outcome = Outcome(Ending.OPTIMAL, why)
    elif gap <= tolerance:
        why = f"HiGHS proved that no point is better by more than {tolerance:g} of it"
        outcome = Outcome(Ending.INTEGER, why)
    else:
        if found.outcome.ending is Ending.NO_BETTER:
            shown = evaluator.sign * bound
            why = f"{found.outcome.why}; no point is better than {shown:.10g}, which HiGHS proved"
            found = replace(found, outcome=Outcome(Ending.NO_BETTER, why, found.outcome.sure))
        return replace(found, gap=gap)
    return replace(found, outcome=outcome, proved=True)


def _lp(
    package: Any,
    program: MixedInteger,
    margin: float | Floats,
    fixed: Floats | None,
    slack: Floats | None = None,
) -> Any:
    """The program in HiGHS's own form, its whole columns fixed at values or not."""
    lp = package.HighsLp()
    starts, columns, values, limit = program.matrix(margin)
    low, high, whole = program.low, program.high, program.whole
    if fixed is not None:
        low, high = np.where(whole, np.round(fixed), low), np.where(whole, np.round(fixed), high)
        whole = np.zeros(whole.size, bool)
    factor = cost_factor(program.cost)
    lp.num_col_ = program.cost.size
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = factor * program.cost, low, high
    lp.offset_ = factor * program.constant
    room = 0.0 if slack is None else slack
    below = np.where(program.equal, limit - room, -np.inf)
    set_rows(package, lp, Matrix(starts, columns, values), below, limit + room)
    if whole.any():
        kinds = package.HighsVarType.kContinuous, package.HighsVarType.kInteger
        lp.integrality_ = [kinds[int(each)] for each in whole]
    return lp
