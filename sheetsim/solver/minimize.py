"""The one front door: a problem and options in, a result out."""

import time
from dataclasses import replace

import numpy as np

from sheetsim.solver.methods import lbfgs, levenberg_marquardt
from sheetsim.solver.options import Options
from sheetsim.solver.parts.journal import Journal, Limits
from sheetsim.solver.problem import Array, Problem, Reduction, checked
from sheetsim.solver.result import Result, Trial


def minimize(problem: Problem, options: Options | None = None) -> Result:
    """Minimize the problem's objective from its start, or from many starts at once.

    Least squares goes to Levenberg-Marquardt, on the problem's reduction if it has one and the
    derivatives are analytic and there are no bounds; anything else to the quasi-Newton. A
    multistart runs the given start and `population` random ones as one batch; the lowest
    objective wins, the earliest of equals.

    Args:
        problem: What to minimize. A start outside the bounds is projected onto them.
        options: As in Excel's Solver dialog; the defaults if None.

    Returns:
        The best point found. Running out of time or iterations, diverging and contradicting
        bounds are no exceptions; they are the result's status.

    Raises:
        OptionError: A callable of the problem returned an array of a wrong shape.
    """
    began = time.perf_counter()
    options = options or Options()
    contradiction = _contradiction(problem, options)
    if contradiction:
        return _infeasible(problem, contradiction, time.perf_counter() - began)
    starts = problem.start[None]
    if options.multistart:
        drawn = problem.draw(np.random.default_rng([options.seed, 1]), options.population)
        starts = np.concatenate([starts, drawn])
    # Overflow and NaN are looked for after every step and end as a status: the methods' own
    # words, instead of NumPy's warnings.
    with np.errstate(all="ignore"):
        starts = problem.project(starts)
        reduction = problem.reduction
        if reduction and options.derivatives == "analytic" and not problem.is_bounded:
            return _reduced(problem, reduction, options, starts, began)
        method = levenberg_marquardt if problem.is_least_squares else lbfgs
        journal = method.run(problem, options, Limits.of(options, began, method.CAP), starts)
        best = journal.best()
        log = journal.log(best)
        return _result(journal, best, journal.x[best], starts[best], log, began)


def _reduced(
    problem: Problem, reduction: Reduction, options: Options, starts: Array, began: float
) -> Result:
    """Solve with some variables eliminated; the log begins at the full start all the same.

    The given start is led to a better one first, and so is every other random start. The rest
    search from where they are: led starts are good, but they tend to end in the same minimum.
    """
    total = problem.sum_of_squares(starts)
    limits = Limits.of(options, began, levenberg_marquardt.CAP)
    u = checked("reduction.restrict", reduction.restrict(starts), (len(starts), None)).copy()
    sound = np.isfinite(total)
    u[~sound] = np.nan  # what is wrong may sit in the variables that are eliminated
    u[::2] = reduction.lead(u[::2])
    extra = np.ones(len(starts), np.int64)  # the evaluation at the full start
    extra[::2] += reduction.evaluations
    inner = Problem(start=u[0], normal_equations=reduction.normal_equations, report=problem.report)
    journal = levenberg_marquardt.run(inner, options, limits, u, reduction.zero * total)
    best = journal.best()
    # Row 0 is the start as given; row 1 the point where the method takes over.
    log = (
        Trial(0, float(problem.report(total)[best]), 1, 0.0, float("nan")),
        *(
            replace(trial, iteration=1 + i, evaluations=int(extra[best]) + trial.evaluations)
            for i, trial in enumerate(journal.log(best) if sound[best] else ())
        ),
    )
    x = reduction.expand(journal.x[best][None])[0] if sound[best] else starts[best]
    result = _result(journal, best, x, starts[best], log, began)
    return replace(result, evaluations=journal.evaluations + int(extra.sum()))


def _result(
    journal: Journal, best: int, x: Array, start: Array, log: tuple[Trial, ...], began: float
) -> Result:
    status = journal.status[best]
    return Result(
        objective=float(journal.objective[best]),
        variables=x.copy(),
        status=status,
        success=status.startswith("converged"),
        iterations=log[-1].iteration,
        evaluations=journal.evaluations,
        seconds=time.perf_counter() - began,
        log=log,
        start=start.copy(),
        start_objective=log[0].objective,
    )


def _contradiction(problem: Problem, options: Options) -> str:
    """The first variable whose bounds exclude each other, in words; empty if there is none."""
    if problem.lower is None or problem.upper is None:
        return ""
    crossed = np.flatnonzero(problem.lower > problem.upper + options.precision)
    if not crossed.size:
        return ""
    i = int(crossed[0])
    lower, upper = problem.lower[i], problem.upper[i]
    return f"infeasible: variable {i} must be at least {lower:g} and at most {upper:g}"


def _infeasible(problem: Problem, status: str, seconds: float) -> Result:
    nan = float("nan")
    return Result(
        objective=nan,
        variables=problem.start.copy(),
        status=status,
        success=False,
        iterations=0,
        evaluations=0,
        seconds=seconds,
        log=(Trial(0, nan, 0, 0.0, nan),),
        start=problem.start.copy(),
        start_objective=nan,
    )
