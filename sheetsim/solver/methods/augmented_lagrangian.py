"""Many variables: projected L-BFGS within bounds, and augmented Lagrangians for constraints.

L-BFGS (see `lbfgs`) stores a few vectors of n numbers, so 10,000 variables are no matter. With
constraints it minimizes the augmented Lagrangian (Hestenes 1969; Powell 1969; Rockafellar 1973),

    L(x) = f + ρ/2 [ Σ_e (c + λ/ρ)² + Σ_i max(0, c + λ/ρ)² ],

within the bounds, and then takes λ ← ρ(c + λ/ρ), which is what a multiplier would have to be for L
to stand still. Where the violation has not fallen to a quarter, ρ grows tenfold; the first ρ weighs
the violation like the objective (Birgin & Martínez 2014, algorithm 4.1). Contradicting constraints
show as a violation that no ρ lowers.
"""

from dataclasses import replace

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.found import Found
from sheetsim.solver.functions import Vectorized
from sheetsim.solver.methods import lbfgs
from sheetsim.solver.methods.restoration import at_the_least, restore
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.feasibility import excess
from sheetsim.solver.parts.journal import Limits
from sheetsim.solver.parts.no_end import falls_on
from sheetsim.solver.parts.optimality import (
    KKT,
    LEAST,
    NEARLY,
    below_bottom,
    left_over,
    not_finite_at,
    optimal,
    unbounded,
)
from sheetsim.solver.parts.pointwise import Pointwise

LARGEST = 1_500  # variables of a restoration, which is dense
ROUNDS = 40  # of the multipliers
FASTER = 0.25  # a violation that fell less calls for a larger ρ
MOST = 1e12  # ρ
FLAT = 1e-13  # of the augmented Lagrangian
DEEP = 0.01  # of `BOTTOM`: how low counts as no minimum here


def bounded(evaluator: Evaluator, starts: Floats, low: Floats, high: Floats) -> Found:
    """Minimize within bounds (n,) from all starts (S, n) at once.

    Raises:
        Stop: A limit of time was reached.
    """
    model, box = evaluator.model, Box.of(low, high)
    function = Pointwise(evaluator).objective
    gradients = model.gradients
    if len(starts) > 1 and gradients is not None:
        function = Vectorized(
            lambda x: evaluator.batch(x)[0], lambda x: evaluator.sign * gradients(x)
        )
    limits = Limits.of(evaluator, lbfgs.CAP)
    with np.errstate(all="ignore"):
        journal = lbfgs.run(function, box, limits, np.clip(starts, low, high))
    best = journal.best()
    evaluator.iteration = len(journal.log(best)) - 1
    # Whether a search that can go no further may be believed is seen below.
    outcome = replace(journal.outcome(best), sure=True, iteration=None)
    point = evaluator.at(journal.x[best])
    doubtful = outcome.ending in (Ending.OPTIMAL, Ending.CONVERGED, Ending.NO_BETTER)
    if doubtful and point.finite:
        first = evaluator.derive(evaluator.at(np.clip(starts[best], low, high)))[0]
        left = float(np.abs(box.projected(point.x, evaluator.derive(point)[0])).max())
        size = max(float(np.abs(first).max()), LEAST)
        deep = below_bottom(evaluator, point, DEEP)
        if deep and falls_on(evaluator, point, starts[best], low, high) is not None:
            outcome = unbounded()
        elif left <= KKT * size:
            outcome = optimal(left, "gradient")
        elif outcome.ending is Ending.OPTIMAL:
            outcome = _unproved(evaluator, outcome.why, left / size)
    return Found(point, outcome, np.zeros(0), ends=journal.ends)


def constrained(evaluator: Evaluator, start: Floats, low: Floats, high: Floats) -> Found:
    """Minimize within bounds (n,) and constraints, from a start (n,).

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    equal, precision = evaluator.equal, evaluator.options.precision
    point = evaluator.at(np.clip(start, low, high))
    if not point.finite:
        return Found(point, not_finite_at("at the start"))
    lam = np.zeros(point.c.size)
    off = evaluator.violations(point.c)
    weight = float(off @ off)
    rho = min(max(10 * max(1.0, abs(point.f)) / max(1.0, weight / 2), 1e-3), 1e6)
    before = np.inf
    for _ in range(ROUNDS):
        evaluator.tick()
        point = _inner(evaluator, point, lam, rho, low, high)
        if not point.finite:
            return Found(point, not_finite_at("at a point on the way"))
        deep = below_bottom(evaluator, point, DEEP) and evaluator.feasible(point)
        if deep and falls_on(evaluator, point, start, low, high) is not None:
            return Found(point, unbounded())
        # Of an inequality that is met with room to spare, what counts is that λ vanishes.
        shift = np.where(equal, np.abs(point.c), np.abs(np.maximum(point.c, -lam / rho)))
        lam = np.where(equal, lam + rho * point.c, np.maximum(0.0, lam + rho * point.c))
        worst = float(shift.max(initial=0.0))
        if worst <= precision / 10:
            return _ended(evaluator, point, lam, low, high)
        if worst > FASTER * before:
            rho *= 10
        before = worst
        if rho > MOST:
            break
    if evaluator.feasible(point):
        return _ended(evaluator, point, lam, low, high)
    if rho > MOST:
        least = restore(evaluator, point, low, high) if point.x.size <= LARGEST else point
        return at_the_least(evaluator, least, low, high)
    return Found(point, Outcome(Ending.ITERATIONS, f"the cap of {ROUNDS} rounds was reached"))


def _inner(
    evaluator: Evaluator, point: Point, lam: Floats, rho: float, low: Floats, high: Floats
) -> Point:
    """The minimum of the augmented Lagrangian from a point on."""
    equal, asked = evaluator.equal, Pointwise(evaluator)

    def pull(c: Floats) -> Floats:
        return excess(c + lam / rho, equal)

    def value(x: Floats) -> Floats:
        return np.array([p.f + rho / 2 * float(np.sum(pull(p.c) ** 2)) for p in asked.points(x)])

    def gradient(x: Floats) -> Floats:
        slopes = []
        for each in asked.points(x):
            g, A = evaluator.derive(each)
            slopes.append(g + A.T @ (rho * pull(each.c)))
        return np.stack(slopes)

    limits = Limits(FLAT, lbfgs.CAP, evaluator.deadline, evaluator.clock)
    with np.errstate(all="ignore"):
        function = Vectorized(value, gradient)
        journal = lbfgs.run(function, Box(low, high), limits, point.x[None])
    return evaluator.at(journal.x[0])


def _ended(evaluator: Evaluator, point: Point, lam: Floats, low: Floats, high: Floats) -> Found:
    g, A = evaluator.derive(point)
    left = left_over(Box(low, high).projected(point.x, g + A.T @ lam), g, A, lam)
    if left <= 10 * KKT:
        return Found(point, optimal(left), lam)
    why = f"the multipliers stand still, and gradients cancel to {left:.1g}"
    return Found(point, _unproved(evaluator, why, left), lam)


def _unproved(evaluator: Evaluator, why: str, left: float) -> Outcome:
    """The outcome where progress has ended and the gradients do not cancel to an optimum's."""
    sure = left <= NEARLY or evaluator.model.kinked
    return Outcome(Ending.CONVERGED if sure else Ending.NO_BETTER, why, sure)
