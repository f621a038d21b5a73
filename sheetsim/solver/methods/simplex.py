"""Simplex LP: linear models, with whole numbers, by HiGHS.

HiGHS (Huangfu & Hall 2018, "Parallelizing the dual revised simplex method") is a dual simplex with
a branch and cut on top. Its own package highspy is used, and not SciPy, which carries it too:
highspy is a tenth of SciPy's size, tells how far costs and limits may change before the basis
does (Excel's *Sensitivity* report), and can be interrupted. It is an optional extra, imported
when a linear model is solved and not before.

All-different: x_i = Σ_k k·y_ik with binaries y, each row and each column of which sums to 1.

Multipliers: HiGHS gives the objective's change per unit of a row's limit, which is -λ in
L = f + λc.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import INTERRUPTED, Ending, Outcome
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.functions import Mask
from sheetsim.solver.methods import with_binaries
from sheetsim.solver.methods.highs import (
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
from sheetsim.solver.parts.linearity import Linear, linear
from sheetsim.solver.parts.optimality import unbounded
from sheetsim.solver.reformulation import NotLinear
from sheetsim.solver.result import Ranges
from sheetsim.sparse import Sparse, from_dense, stacked

SAME = 1e-6  # of the objective: a whole point that is no farther from the bound is optimal
NEARLY_WHOLE = 1e-9  # how far from whole a number is for HiGHS, where its own 1e-6 was too much
GRACE = 1.0  # seconds for the continuous rest of a whole point, though the time be over


@dataclass
class _Program:
    """What HiGHS is given: min cost·x, low <= x <= high, below <= Ax <= above."""

    cost: Floats
    low: Floats
    high: Floats
    A: Sparse
    below: Floats
    above: Floats
    whole: Mask


def run(evaluator: Evaluator) -> Found:
    """Solve the evaluator's model.

    Raises:
        EngineMissingError: highspy is not installed.
        Stop: A limit of time was reached.
    """
    package = highspy()
    evaluator.begin()
    exact = None if evaluator.model.is_linear else with_binaries.run(evaluator, alone=True)
    if isinstance(exact, Found):
        return exact
    found = linear(evaluator)
    if isinstance(found, str):
        why = found if exact is None else f"{found}; {exact.sentence}"
        return Found(evaluator.begin(), Outcome(Ending.NOT_LINEAR, why))
    ended = _run(package, evaluator, found)
    return ended if found.known else _unproved(ended, exact)


def _unproved(found: Found, exact: NotLinear | None) -> Found:
    """The end of a search of what was linear only at the points that were tried."""
    outcome = found.outcome
    more = "" if exact is None else f"; {exact.sentence}"
    if outcome.ending is Ending.NOT_LINEAR:
        return Found(found.point, replace(outcome, why=f"{outcome.why}{more}"))
    why = f"linear at the points that were tried, which is no proof{more}"
    if outcome.ending.solved:
        outcome = Outcome(Ending.NO_BETTER, why)
    elif outcome.ending is Ending.INFEASIBLE:
        outcome = none_found(why)
    return replace(found, outcome=outcome, proved=False)


def _run(package: Any, evaluator: Evaluator, found: Linear) -> Found:
    """Solve the model with coefficients that were found."""
    assert evaluator.best is not None  # noqa: S101 - the start was evaluated
    program = _program(evaluator, found)
    if loses_entries(_lp(package, program)[0]):
        return Found(evaluator.best, Outcome(Ending.NOT_LINEAR, TOO_FAR_APART))
    highs, outcome = _solve(package, evaluator, program)
    if outcome.ending is Ending.INFEASIBLE:
        outcome = _within_precision(package, evaluator, program)
        proved = outcome.ending is Ending.INFEASIBLE
        return Found(evaluator.best, outcome, proved=proved)
    n, ending = evaluator.model.n, outcome.ending
    solution, info = highs.getSolution(), highs.getInfo()
    evaluator.iteration = max(0, int(info.simplex_iteration_count))
    feasible = info.primal_solution_status == int(package.SolutionStatus.kSolutionStatusFeasible)
    none = ending in (Ending.UNBOUNDED, Ending.ERROR_VALUE)
    if none or not (solution.value_valid and feasible):
        return Found(evaluator.best, outcome)
    x = np.array(solution.col_value)
    within = np.clip(x[:n], evaluator.low, evaluator.high)
    there = evaluator.at(within, late=True, probe=True, slopes=False)
    off = found.off(evaluator, there)
    if off:
        return Found(found.start, Outcome(Ending.NOT_LINEAR, f"at the answer of HiGHS {off}"))
    if program.whole.any():
        return _exactly_whole(package, evaluator, program, highs, outcome)
    point = evaluator.at(there.x, late=True, slopes=False)
    if ending is not Ending.OPTIMAL:
        return Found(evaluator.best, outcome)
    factor = cost_factor(program.cost)
    rows = _lp(package, program)[1]
    prices = -np.array(solution.row_dual) * rows / factor
    ranges = _ranges(highs, evaluator, point.c, factor, rows)
    return Found(point, outcome, prices, ranges, proved=True)


def _within_precision(package: Any, evaluator: Evaluator, program: _Program) -> Outcome:
    """How it ends if rows and bounds may be missed by the precision; they contradict if held."""
    assert evaluator.best is not None  # noqa: S101 - the start was evaluated
    room = evaluator.options.precision
    slack = np.where(np.arange(program.above.size) < evaluator.equal.size, room, 0.0)
    loose = replace(
        program,
        low=program.low - room,
        high=program.high + room,
        below=program.below - slack,
        above=program.above + slack,
    )
    outcome = _solve(package, evaluator, loose)[1]
    if not (outcome.ending.solved or outcome.ending is Ending.UNBOUNDED):
        return outcome
    why = "the constraints contradict, but by no more than the precision"
    if evaluator.feasible(evaluator.best):
        return Outcome(Ending.NO_BETTER, why)
    return none_found(why)


def _program(evaluator: Evaluator, found: Linear) -> _Program:
    """The model's rows and columns, and those that all-different groups need."""
    n = evaluator.model.n
    cost, A, limit = found.cost, found.A, -found.offset
    low, high, whole = evaluator.low, evaluator.high, evaluator.whole
    below, above = np.where(evaluator.equal, limit, -np.inf), limit
    for group in evaluator.groups:
        N, columns = group.size, cost.size
        ties = np.zeros((3 * N, columns + N * N))
        y = columns + np.arange(N * N).reshape(N, N)
        for i in range(N):
            ties[i, group[i]], ties[i, y[i]] = -1.0, 1.0 + np.arange(N)
            ties[N + i, y[i]] = ties[2 * N + i, y[:, i]] = 1.0
        sums = np.concatenate([np.zeros(N), np.ones(2 * N)])
        cost = np.concatenate([cost, np.zeros(N * N)])
        A = stacked([A, from_dense(ties)], columns + N * N)
        below, above = np.concatenate([below, sums]), np.concatenate([above, sums])
        low = np.concatenate([low, np.zeros(N * N)])
        high = np.concatenate([high, np.ones(N * N)])
        whole = np.concatenate([whole, np.ones(N * N, bool)])
    if evaluator.groups:
        whole = whole.copy()
        whole[:n][np.concatenate(evaluator.groups)] = False  # y makes them whole
    return _Program(cost, low, high, A, below, above, whole)


def _solve(
    package: Any,
    evaluator: Evaluator,
    program: _Program,
    grace: float = 0.001,
    *,
    strict: bool = False,
) -> tuple[Any, Outcome]:
    """HiGHS after its run, and why it ended.

    `grace` are the seconds that it gets at least; `strict` is to be so about whole numbers.
    """
    options = evaluator.options
    left = evaluator.deadline - evaluator.clock()
    given: dict[str, Any] = {
        "mip_rel_gap": options.integer_tolerance,
        "mip_abs_gap": 1e-9,
        "random_seed": options.seed % 2**31,
        "time_limit": max(left, grace) if math.isfinite(left) else math.inf,
    }
    if options.max_iterations is not None:
        given["simplex_iteration_limit"] = options.max_iterations
    if options.max_subproblems is not None:
        given["mip_max_nodes"] = options.max_subproblems
    if strict:  # with presolve, HiGHS 1.15.1 may then call bounds that are off by 1e-9 a conflict
        given |= {"mip_feasibility_tolerance": NEARLY_WHOLE, "presolve": "off"}
    highs = new_highs(package, given)
    highs.passModel(_lp(package, program)[0])
    _give_start(package, highs, evaluator, program)
    stopped = run_highs(highs)
    ended, names = highs.getModelStatus(), package.HighsModelStatus
    if ended == names.kUnboundedOrInfeasible:  # what presolve saw; the simplex tells which
        highs.setOptionValue("presolve", "off")
        stopped = run_highs(highs)
        ended = highs.getModelStatus()
    if stopped:
        return highs, INTERRUPTED
    return highs, _outcome(evaluator, names, ended, bool(program.whole.any()))


def _give_start(package: Any, highs: Any, evaluator: Evaluator, program: _Program) -> None:
    """Give HiGHS the best point known, if it is feasible: a search is never to end below it."""
    best = evaluator.best
    if best is None or not evaluator.feasible(best) or not program.whole.any():
        return
    ties = [  # y_ik is 1 where x_i = k
        (best.x[group][:, None] == 1.0 + np.arange(group.size)).astype(float).ravel()
        for group in evaluator.groups
    ]
    solution = package.HighsSolution()
    solution.col_value = np.concatenate([best.x, *ties]).tolist()
    highs.setSolution(solution)


def _lp(package: Any, program: _Program) -> tuple[Any, Floats]:
    """The program in HiGHS's own form, and what its rows are multiplied by."""
    lp = package.HighsLp()
    lp.num_col_ = program.cost.size
    lp.col_cost_ = program.cost * cost_factor(program.cost)
    lp.col_lower_, lp.col_upper_ = program.low, program.high
    matrix = Matrix(program.A.starts, program.A.columns, program.A.values)
    factors = set_rows(package, lp, matrix, program.below, program.above)
    if program.whole.any():
        kinds = package.HighsVarType.kContinuous, package.HighsVarType.kInteger
        lp.integrality_ = [kinds[int(each)] for each in program.whole]
    return lp, factors


def _outcome(evaluator: Evaluator, names: Any, ended: Any, whole: bool) -> Outcome:
    options = evaluator.options
    if ended in (names.kOptimal, names.kModelEmpty):
        if whole and options.integer_tolerance:
            why = f"no whole point is better by more than {options.integer_tolerance:g} of it"
            return Outcome(Ending.INTEGER, why)
        return Outcome(Ending.OPTIMAL, "HiGHS proved that no feasible point is better")
    limits = {
        names.kTimeLimit: (Ending.TIME, f"max_time of {options.max_time} seconds"),
        names.kIterationLimit: (
            Ending.ITERATIONS,
            f"max_iterations of {options.max_iterations}",
        ),
        names.kSolutionLimit: (
            Ending.SUBPROBLEMS,
            f"max_subproblems of {options.max_subproblems}",
        ),
    }
    if ended in limits:
        ending, limit = limits[ended]
        return Outcome(ending, f"{limit} was reached")
    known = {
        names.kInfeasible: infeasible("HiGHS proved that the constraints contradict"),
        names.kUnbounded: unbounded(),
        names.kInterrupt: INTERRUPTED,
    }
    other = Outcome(Ending.ERROR_VALUE, f"HiGHS ended with {ended.name}")
    return known.get(ended, other)


def _exactly_whole(
    package: Any, evaluator: Evaluator, program: _Program, highs: Any, outcome: Outcome
) -> Found:
    """The answer with whole numbers made exact; proved if it is as good as HiGHS's bound.

    Nearly whole numbers, as HiGHS takes them, may make a large difference to an objective.
    """
    found = _whole(package, evaluator, program, highs, outcome)
    if outcome.ending.solved and not found.proved:
        highs, again = _solve(package, evaluator, program, strict=True)
        if again.ending.solved:
            found = _whole(package, evaluator, program, highs, again)
    return found


def _whole(
    package: Any, evaluator: Evaluator, program: _Program, highs: Any, outcome: Outcome
) -> Found:
    """The answer with its whole numbers rounded, and the others solved for again."""
    n, info = evaluator.model.n, highs.getInfo()
    x = np.array(highs.getSolution().col_value)
    bound = float(info.mip_dual_bound) / cost_factor(program.cost)
    fixed = np.round(x)
    low = np.where(program.whole, fixed, program.low)
    high = np.where(program.whole, fixed, program.high)
    free = np.zeros(program.whole.size, bool)
    if not program.whole.all():
        again = _Program(program.cost, low, high, program.A, program.below, program.above, free)
        rest, second = _solve(package, evaluator, again, GRACE)
        if second.ending is Ending.OPTIMAL:
            x = np.array(rest.getSolution().col_value)
    whole = evaluator.whole
    answer = np.where(whole, np.round(x[:n]), x[:n])
    within = np.clip(answer, evaluator.low, evaluator.high)
    point = evaluator.at(within, late=True, slopes=False)
    proved = outcome.ending in (Ending.OPTIMAL, Ending.INTEGER)
    value = float(program.cost[:n] @ point.x)
    if proved and value - bound > _room(evaluator, program, value):
        why = "HiGHS's bound is that of numbers that are nearly whole"
        return Found(point, Outcome(Ending.NO_BETTER, why))
    gap = float(info.mip_gap)
    return Found(point, outcome, gap=gap if math.isfinite(gap) else None, proved=proved)


def _room(evaluator: Evaluator, program: _Program, value: float) -> float:
    """How far from the bound a value of cost·x may be, for whole numbers that are rounded."""
    n = evaluator.model.n
    start = float(program.cost[:n] @ evaluator.begin().x)
    unit = min(1.0, float(np.abs(program.cost).max(initial=0.0)))
    size = max(unit, abs(value), abs(value - start))
    return max(SAME, evaluator.options.integer_tolerance) * size


def _ranges(
    highs: Any, evaluator: Evaluator, c: Floats, factor: float, rows: Floats
) -> Ranges | None:
    """How far each cost and each limit may go, in the model's own terms.

    `factor` and `rows` (m,) are what costs and rows were multiplied by.
    """
    _, ranging = highs.getRanging()
    if not ranging.valid or evaluator.aims:
        return None
    n, sign = evaluator.model.n, evaluator.sign
    lp = highs.getLp()
    cost = np.array(lp.col_cost_)[:n]
    less = (cost - np.array(ranging.col_cost_dn.value_)[:n]) / factor
    more = (np.array(ranging.col_cost_up.value_)[:n] - cost) / factor
    cost = cost / factor
    if sign < 0:
        less, more = more, less
    limit = np.array(lp.row_upper_)[: c.size]
    down = (limit - np.array(ranging.row_bound_dn.value_)[: c.size]) / rows
    up = (np.array(ranging.row_bound_up.value_)[: c.size] - limit) / rows
    # Of a row that is not binding, or is so by chance (its slack is in the basis), the limit may
    # go down to where the row is, and up without end.
    basic = [status.name == "kBasic" for status in highs.getBasis().row_status][: c.size]
    idle = ~evaluator.equal & (np.array(basic) | (np.abs(c) > evaluator.options.precision))
    down, up = np.where(idle, np.maximum(-c, 0.0), down), np.where(idle, np.inf, up)
    downs, ups, at = [], [], 0
    for block, size in zip(evaluator.model.constraints, evaluator.sizes, strict=True):
        scale = np.asarray(block.scale)
        one, other = down[at : at + size] * scale, up[at : at + size] * scale
        at += size
        flip = block.relation == ">="
        downs.append(_round_up(other if flip else one))
        ups.append(_round_up(one if flip else other))
    return Ranges(sign * cost, _round_up(less), _round_up(more), tuple(downs), tuple(ups))


def _round_up(room: Floats) -> Floats:
    """Room (m,) as a report shows it: never negative, and inf from HiGHS's own infinity on."""
    shown: Floats = np.where(room >= 1e20, np.inf, np.maximum(room, 0.0))
    return shown
