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
from sheetsim.solver.methods.highs import TOLERANCE, highspy, run_highs
from sheetsim.solver.mixed_integer import NotLinear
from sheetsim.solver.parts.feasibility import infeasible, none_found
from sheetsim.solver.parts.linearity import Linear, linear
from sheetsim.solver.parts.optimality import unbounded
from sheetsim.solver.result import Ranges
from sheetsim.sparse import Sparse, from_dense, stacked

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
    return ended if exact is None else _unproved(evaluator, ended, exact)


def _unproved(evaluator: Evaluator, found: Found, exact: NotLinear) -> Found:
    """The end of a search of what has kinks and was linear only at the points that were tried."""
    outcome = found.outcome
    if outcome.ending is Ending.NOT_LINEAR:
        return Found(found.point, replace(outcome, why=f"{outcome.why}; {exact.sentence}"))
    if not evaluator.model.kinked:
        return found
    why = f"linear at the points that were tried, which is no proof; {exact.sentence}"
    if outcome.ending.solved:
        outcome = Outcome(Ending.NO_BETTER, why)
    elif outcome.ending is Ending.INFEASIBLE:
        outcome = none_found(why)
    return Found(found.point, outcome)


def _run(package: Any, evaluator: Evaluator, found: Linear) -> Found:
    """Solve the model with coefficients that were found."""
    assert evaluator.best is not None  # noqa: S101 - the start was evaluated
    program = _program(evaluator, found)
    highs, outcome = _solve(package, evaluator, program)
    n, ending = evaluator.model.n, outcome.ending
    solution, info = highs.getSolution(), highs.getInfo()
    evaluator.iteration = max(0, int(info.simplex_iteration_count))
    feasible = info.primal_solution_status == int(package.SolutionStatus.kSolutionStatusFeasible)
    none = ending in (Ending.INFEASIBLE, Ending.UNBOUNDED, Ending.ERROR_VALUE)
    if none or not (solution.value_valid and feasible):
        return Found(evaluator.best, outcome, proved=ending is Ending.INFEASIBLE)
    x = np.array(solution.col_value)
    within = np.clip(x[:n], evaluator.low, evaluator.high)
    there = evaluator.at(within, late=True, probe=True, slopes=False)
    off = found.off(evaluator, there)
    if off:
        return Found(found.start, Outcome(Ending.NOT_LINEAR, f"at the answer of HiGHS {off}"))
    if program.whole.any():
        return _whole(package, evaluator, program, x, outcome, float(info.mip_gap))
    point = evaluator.at(there.x, late=True, slopes=False)
    if ending is not Ending.OPTIMAL:
        return Found(evaluator.best, outcome)
    prices = -np.array(solution.row_dual)
    return Found(point, outcome, prices, _ranges(highs, evaluator, point.c), proved=True)


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
    package: Any, evaluator: Evaluator, program: _Program, grace: float = 0.001
) -> tuple[Any, Outcome]:
    """HiGHS after its run, and why it ended; `grace` are the seconds that it gets at least."""
    highs = package.Highs()
    options = evaluator.options
    left = evaluator.deadline - evaluator.clock()
    given: dict[str, Any] = {
        "output_flag": False,
        "primal_feasibility_tolerance": TOLERANCE,
        "dual_feasibility_tolerance": TOLERANCE,
        "mip_rel_gap": options.integer_tolerance,
        "mip_abs_gap": 1e-9,
        "random_seed": options.seed % 2**31,
        "time_limit": max(left, grace) if math.isfinite(left) else math.inf,
    }
    if options.max_iterations is not None:
        given["simplex_iteration_limit"] = options.max_iterations
    if options.max_subproblems is not None:
        given["mip_max_nodes"] = options.max_subproblems
    for name, value in given.items():
        highs.setOptionValue(name, value)
    highs.passModel(_lp(package, program))
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


def _lp(package: Any, program: _Program) -> Any:
    """The program in HiGHS's own form, row by row."""
    lp = package.HighsLp()
    m, n = program.A.shape
    lp.num_col_, lp.num_row_ = n, m
    lp.col_cost_, lp.col_lower_, lp.col_upper_ = program.cost, program.low, program.high
    lp.row_lower_, lp.row_upper_ = program.below, program.above
    lp.a_matrix_.format_ = package.MatrixFormat.kRowwise
    lp.a_matrix_.start_ = program.A.starts
    lp.a_matrix_.index_ = program.A.columns
    lp.a_matrix_.value_ = program.A.values
    if program.whole.any():
        kinds = package.HighsVarType.kContinuous, package.HighsVarType.kInteger
        lp.integrality_ = [kinds[int(each)] for each in program.whole]
    return lp


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


def _whole(
    package: Any, evaluator: Evaluator, program: _Program, x: Floats, outcome: Outcome, gap: float
) -> Found:
    """The answer with its whole numbers made exact, and the others solved for again."""
    n = evaluator.model.n
    fixed = np.round(x)
    low = np.where(program.whole, fixed, program.low)
    high = np.where(program.whole, fixed, program.high)
    free = np.zeros(program.whole.size, bool)
    if not program.whole.all():
        again = _Program(program.cost, low, high, program.A, program.below, program.above, free)
        highs, second = _solve(package, evaluator, again, GRACE)
        if second.ending is Ending.OPTIMAL:
            x = np.array(highs.getSolution().col_value)
    whole = evaluator.whole
    answer = np.where(whole, np.round(x[:n]), x[:n])
    within = np.clip(answer, evaluator.low, evaluator.high)
    point = evaluator.at(within, late=True, slopes=False)
    proved = outcome.ending in (Ending.OPTIMAL, Ending.INTEGER)
    return Found(point, outcome, gap=gap if math.isfinite(gap) else None, proved=proved)


def _ranges(highs: Any, evaluator: Evaluator, c: Floats) -> Ranges | None:
    """How far each cost and each limit may go, in the model's own terms."""
    _, ranging = highs.getRanging()
    if not ranging.valid or evaluator.aims:
        return None
    n, sign = evaluator.model.n, evaluator.sign
    lp = highs.getLp()
    cost = np.array(lp.col_cost_)[:n]
    less = cost - np.array(ranging.col_cost_dn.value_)[:n]
    more = np.array(ranging.col_cost_up.value_)[:n] - cost
    if sign < 0:
        less, more = more, less
    limit = np.array(lp.row_upper_)[: c.size]
    down = limit - np.array(ranging.row_bound_dn.value_)[: c.size]
    up = np.array(ranging.row_bound_up.value_)[: c.size] - limit
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
