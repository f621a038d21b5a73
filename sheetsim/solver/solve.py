"""The front door for general models: a model, settings and an engine in, a solution out."""

import time
from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from sheetsim.errors import OptionError
from sheetsim.solver import grg
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.methods import evolutionary, simplex
from sheetsim.solver.methods.sqp import Found
from sheetsim.solver.model import Model
from sheetsim.solver.outcome import (
    CONFLICT,
    CROSSED,
    INFEASIBLE,
    SOLVED,
    STOPPED,
    WORDS,
    Ending,
    Stop,
)
from sheetsim.solver.problem import Array
from sheetsim.solver.settings import Settings
from sheetsim.solver.solution import Row, Solution

Engine = Literal["GRG Nonlinear", "Simplex LP", "Evolutionary"]
ENGINES: dict[str, Callable[[Evaluator], Found]] = {
    "GRG Nonlinear": grg.run,
    "Simplex LP": simplex.run,
    "Evolutionary": evolutionary.run,
}


def solve(
    model: Model, settings: Settings | None = None, engine: Engine = "GRG Nonlinear"
) -> Solution:
    """Solve a model by one of the engines that Excel's Solver has.

    Ctrl-C (KeyboardInterrupt) and limits of time and iterations end the search with the best
    point so far, by Deb's rules: feasible before infeasible, then the better objective.

    Args:
        model: What is sought. A start outside the bounds is moved onto them.
        settings: As in the Solver's dialog; the defaults if None.
        engine: By Excel's name.

    Returns:
        The best point found; why the search ended is its `status`, in Excel's words its
        `message`. Infeasible, unbounded and interrupted are no exceptions.

    Raises:
        OptionError: The engine is unknown or does not take such a model, or a function of the
            model returned an array of a wrong shape.
        EngineMissingError: Simplex LP without the package highspy.
    """
    began = time.perf_counter()
    settings = settings or Settings()
    if engine not in ENGINES:
        raise OptionError(f"engine: got {engine!r}, expected one of {', '.join(get_args(Engine))}")
    evaluator = Evaluator(model, settings, began, distance=engine == "Evolutionary")
    crossed = _crossed(evaluator)
    start = np.clip(model.start, evaluator.low, np.fmax(evaluator.low, evaluator.high))
    with np.errstate(all="ignore"):
        first = evaluator.at(start)
        if crossed is not None:
            return _solution(evaluator, Found(first, crossed), engine, first)
        try:
            found = ENGINES[engine](evaluator)
        except Stop as stop:
            found = _so_far(evaluator, stop.ending)
        except KeyboardInterrupt:
            ending = Ending(STOPPED, "Ctrl-C; this is the best point so far")
            found = _so_far(evaluator, ending)
        return _solution(evaluator, found, engine, first)


def _so_far(evaluator: Evaluator, ending: Ending) -> Found:
    assert evaluator.best is not None  # noqa: S101 - the start was evaluated
    return Found(evaluator.best, ending)


def _crossed(evaluator: Evaluator) -> Ending | None:
    """The end, if bounds exclude each other."""
    low, high, model = evaluator.low, evaluator.high, evaluator.model
    for group in evaluator.groups:
        if (low[group] > high[group]).any() or (low[group] > 1).all():
            return Ending(CONFLICT, "an all-different group's bounds leave out one of 1 to N")
    over = np.flatnonzero(low > high + evaluator.settings.precision)
    if not over.size:
        return None
    i = int(over[0])
    why = f"variable {i} must be at least {low[i]:g} and at most {high[i]:g}"
    assert model.binary is not None  # noqa: S101 - Model saw to it
    return Ending(CONFLICT if model.binary[i] else CROSSED, why)


def _solution(evaluator: Evaluator, found: Found, engine: str, first: Point) -> Solution:
    point, ending, n = found.point, found.ending, evaluator.model.n
    feasible = evaluator.feasible(point)
    if ending.code in SOLVED and not feasible:
        # The engine and the evaluator disagree: the constraints have the last word.
        ending = Ending(
            INFEASIBLE, f"{ending.why}, but a constraint is missed by {point.violation:.3g}"
        )
    rows, reduced = _sensitivity(evaluator, found)
    return Solution(
        objective=point.shown,
        variables=point.x + 0.0,  # and no -0.0
        status=ending.status,
        success=ending.code in SOLVED and feasible and ending.sure,
        iterations=evaluator.iteration,
        evaluations=evaluator.evaluations,
        seconds=time.perf_counter() - evaluator.began,
        log=tuple(evaluator.log),
        start=first.x + 0.0,
        start_objective=first.shown,
        engine=engine,
        code=ending.code,
        message=WORDS[ending.code],
        violation=point.violation,
        constraints=rows,
        reduced_gradients=reduced if reduced.size else np.full(n, np.nan),
        ranges=found.ranges,
        gap=found.gap,
    )


def _sensitivity(evaluator: Evaluator, found: Found) -> tuple[tuple[Row, ...], Array]:
    """The constraints row by row, and the reduced gradients (n,), in the sheet's own terms."""
    point, lam, model = found.point, found.multipliers, evaluator.model
    aims = int(evaluator.aims)
    reduced = np.zeros(0)
    if lam is not None and lam.size == point.c.size and not aims and point.sound:
        g, A = evaluator.derive(point)
        reduced = evaluator.sign * (g + A.T @ lam)
    else:
        lam = np.full(point.c.size, np.nan)
    rows, at = [], aims
    for block, size in zip(model.constraints, evaluator.sizes, strict=True):
        scale = np.broadcast_to(np.asarray(block.scale, dtype=float), size)
        c, price = point.c[at : at + size] * scale, lam[at : at + size] / scale
        at += size
        values = -c if block.relation == ">=" else c
        slack = -np.abs(c) if block.relation == "=" else -c
        binding = np.abs(c) <= evaluator.settings.precision * scale
        up = 1.0 if block.relation == ">=" else -1.0
        # What is not binding has no price, and -0.0 is no number for a report.
        prices = np.where(binding | np.isnan(price), up * evaluator.sign * price, 0.0) + 0.0
        rows.append(Row(block.name, block.relation, values + 0.0, slack + 0.0, binding, prices))
    return tuple(rows), reduced + 0.0
