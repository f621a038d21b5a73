"""The front door: a model, options and an engine in, a result out."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, get_args

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError, OptionName
from sheetsim.option_values import whole_number
from sheetsim.solver import grg
from sheetsim.solver.endings import INTERRUPTED, Ending, Outcome, Stop, tally
from sheetsim.solver.evaluator import Clock, Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.methods import evolutionary, simplex, with_binaries
from sheetsim.solver.methods.conflict import conflict
from sheetsim.solver.model import Model
from sheetsim.solver.options import Options
from sheetsim.solver.parts.feasibility import none_found
from sheetsim.solver.result import Result
from sheetsim.solver.sensitivity import sensitivity

SAME = 1e-9  # of the objective: an improvement that may be rounding

Engine = Literal["GRG Nonlinear", "Simplex LP", "Evolutionary"]
ENGINES: dict[str, Callable[[Evaluator], Found]] = {
    "GRG Nonlinear": grg.run,
    "Simplex LP": simplex.run,
    "Evolutionary": evolutionary.run,
}


def solve(
    model: Model,
    options: Options | None = None,
    engine: Engine = "GRG Nonlinear",
    *,
    starts: int | Floats = 1,
    clock: Clock = time.perf_counter,
) -> Result:
    """Solve a model by one of the engines that Excel's Solver has.

    Ctrl-C (KeyboardInterrupt) and limits of time and iterations end the search with the best
    point so far, by Deb's rules: feasible before infeasible, then the better objective. Only before
    the start was evaluated Ctrl-C is passed on, for there is no point yet.

    Args:
        model: What is sought. A start outside the bounds is moved onto them.
        options: As in the Solver's dialog; the defaults if None.
        engine: By Excel's name.
        starts: How many searches, of which the best wins: from the model's own start, and from
            random ones; of Evolutionary, how many populations; of Simplex LP, 1. Or (S, n), where
            to search from; of engines other than GRG Nonlinear, (1, n).
        clock: Seconds; what `max_time` and the result's `seconds` are measured by.

    Returns:
        The best point found; why the search ended is its `status`, in Excel's words its
        `message`. Infeasible, unbounded and interrupted are no exceptions.

    Raises:
        OptionError: The engine is unknown or does not take such a model, or a function of the
            model returned an array of a wrong shape.
        EngineMissingError: Simplex LP without the package highspy.
    """
    if engine not in ENGINES:
        raise OptionError(
            OptionName("engine"), f": got {engine!r}, expected one of {', '.join(get_args(Engine))}"
        )
    starts = _starts(starts, model.n, engine)
    # Overflow and NaN are looked for and end as an outcome: our own words, not NumPy's warnings.
    with np.errstate(all="ignore"):
        distance = engine == "Evolutionary"
        evaluator = Evaluator(model, options or Options(), starts, clock, distance)
        conflict = _conflict(evaluator)
        if conflict is not None:
            return _result(evaluator, Found(evaluator.begin(), conflict), engine)
        return _result(evaluator, _no_worse(evaluator, _search(evaluator, engine)), engine)


def _starts(given: int | Floats, n: int, engine: str) -> int | Floats:
    if np.ndim(given) == 0:
        count = whole_number("starts", given, 1)
        if count > 1 and engine == "Simplex LP":
            raise OptionError(OptionName("starts"), f": got {count}, expected 1 for {engine}")
        return count
    starts = np.array(given, dtype=float)
    most = "S >= 1" if engine == "GRG Nonlinear" else "S = 1"
    fits = starts.ndim == 2 and starts.shape[1] == n and len(starts) >= 1
    if not fits or (len(starts) > 1 and engine != "GRG Nonlinear"):
        raise OptionError(
            OptionName("starts"),
            f": got shape {starts.shape}, expected (S, {n}) with {most} for {engine}",
        )
    return starts


def _search(evaluator: Evaluator, engine: str) -> Found:
    """What the engine finds, or the best point so far where it was cut short."""
    try:
        if engine != "Simplex LP" and not evaluator.model.is_linear:
            found = with_binaries.run(evaluator, alone=False)
            if isinstance(found, Found):
                return found
        return ENGINES[engine](evaluator)
    except Stop as stop:
        outcome = stop.outcome
    except KeyboardInterrupt:
        if evaluator.best is None:
            raise
        outcome = INTERRUPTED
    assert evaluator.best is not None  # noqa: S101 - the start was evaluated
    return Found(evaluator.best, outcome)


def _no_worse(evaluator: Evaluator, found: Found) -> Found:
    """What was found, or the best point that was met on the way, the start among them.

    Engines end where their search ends. A limit may cut a search off at a point that is worse than
    the start, and a branch of whole numbers may miss what another one met.
    """
    best, point, outcome = evaluator.best, found.point, found.outcome
    if best is not None and evaluator.feasible(best):
        # Who misses constraints by more, within the precision, gains a little for it.
        part = SAME if best.violation <= point.violation else 10 * evaluator.options.precision
        size = max(abs(best.f), abs(best.f - evaluator.begin().f))
        room = part * size + _price(found) * best.violation
        if not evaluator.feasible(point) or best.f < point.f - room:
            if not (outcome.ending.limited or outcome.ending is Ending.UNBOUNDED):
                why = f"the best point met on the way; the search ended elsewhere: {outcome.why}"
                outcome = Outcome(Ending.NO_BETTER, why, sure=False)
            found = Found(best, outcome, ends=found.ends)
        elif outcome.ending is Ending.INFEASIBLE:  # the model's functions have the last word
            why = f"a feasible point is known, though the search ended with: {outcome.why}"
            found = Found(best, Outcome(Ending.NO_BETTER, why, sure=False), ends=found.ends)
    if outcome.ending.limited and evaluator.feasible(found.point):
        first = evaluator.begin()
        if evaluator.feasible(first) and found.point.f >= first.f:
            why = f"{outcome.why}; no point better than the start was found"
            found = replace(found, outcome=replace(outcome, why=why))
    return with_binaries.with_bound(evaluator, found)


def _price(found: Found) -> float:
    """What an objective gains, to first order, per unit by which all rows are missed."""
    lam = found.multipliers
    return 0.0 if lam is None else float(np.abs(lam[np.isfinite(lam)]).sum())


def _conflict(evaluator: Evaluator) -> Outcome | None:
    """The end, if bounds exclude each other."""
    low, high, model = evaluator.low, evaluator.high, evaluator.model
    for group in evaluator.groups:
        if (low[group] > high[group]).any() or (low[group] > 1).all():
            why = "an all-different group's bounds leave out one of 1 to N"
            return Outcome(Ending.CONFLICT, why)
    over = np.flatnonzero(low > high + evaluator.options.precision)
    if not over.size:
        return None
    i = int(over[0])
    why = f"{model.name(i)} must be at least {low[i]:g} and at most {high[i]:g}"
    assert model.binary is not None  # noqa: S101 - Model saw to it
    return Outcome(Ending.CONFLICT if model.binary[i] else Ending.CROSSED, why)


def _result(evaluator: Evaluator, found: Found, engine: str) -> Result:
    point, outcome, first = found.point, found.outcome, evaluator.begin()
    feasible = evaluator.feasible(point)
    if outcome.ending.solved and not feasible:
        # The engine and the evaluator disagree: the constraints have the last word.
        why = f"{outcome.why}, but a constraint is missed by {point.violation:.3g}"
        outcome = none_found(why)
    rows, reduced = sensitivity(evaluator, found)
    return Result(
        objective=point.shown,
        variables=point.x + 0.0,  # and no -0.0
        ending=outcome.ending,
        status=outcome.status + tally(found.ends),
        success=outcome.success and feasible,
        iterations=evaluator.earlier + evaluator.iteration,
        evaluations=evaluator.evaluations,
        seconds=evaluator.clock() - evaluator.began,
        log=tuple(evaluator.log),
        start=first.x + 0.0,
        start_objective=first.shown,
        engine=engine,
        violation=point.violation,
        constraints=rows,
        reduced_gradients=reduced if reduced.size else np.full(point.x.size, np.nan),
        ranges=found.ranges,
        gap=found.gap,
        proved=found.proved,
        by=found.by,
        ends=found.ends,
        conflict=conflict(evaluator, point, outcome.ending),
        reformulated=evaluator.reformulated,
    )
