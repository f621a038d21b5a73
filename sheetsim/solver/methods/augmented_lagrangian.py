"""Many variables: projected L-BFGS within bounds, and augmented Lagrangians for constraints.

L-BFGS (`quasi_newton`) stores a few vectors of n numbers, so 10,000 variables are no matter. With
constraints it minimizes the augmented Lagrangian (Hestenes 1969; Powell 1969; Rockafellar 1973),

    L(x) = f + ρ/2 [ Σ_e (c + λ/ρ)² + Σ_i max(0, c + λ/ρ)² ],

within the bounds, and then takes λ ← ρ(c + λ/ρ), which is what a multiplier would have to be for L
to stand still. Where the violation has not fallen to a quarter, ρ grows tenfold; the first ρ weighs
the violation like the objective (Birgin & Martínez 2014, algorithm 4.1). Contradicting constraints
show as a violation that no ρ lowers.
"""

import numpy as np

from sheetsim.solver.bridge import Batch, ending
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.methods import lbfgs
from sheetsim.solver.methods.sqp import BOTTOM, KKT, NEARLY, Found
from sheetsim.solver.options import Options
from sheetsim.solver.outcome import (
    CONVERGED,
    ERROR_VALUE,
    INFEASIBLE,
    ITERATIONS,
    NO_BETTER,
    OPTIMAL,
    UNBOUNDED,
    Ending,
)
from sheetsim.solver.parts.journal import Limits
from sheetsim.solver.problem import Array, Problem

ROUNDS = 40  # of the multipliers
FASTER = 0.25  # a violation that fell less calls for a larger ρ
MOST = 1e12  # ρ


def bounded(evaluator: Evaluator, starts: Array, low: Array, high: Array) -> Found:
    """Minimize within bounds (n,) from all starts (S, n) at once.

    Raises:
        Stop: A limit of time was reached.
    """
    batch, model = Batch(evaluator), evaluator.model
    many = len(starts) > 1 and model.values is not None and model.gradients is not None
    problem = Problem(
        start=starts[0],
        objective=(lambda x: evaluator.batch(x)[0]) if many else batch.f,
        gradient=(lambda x: evaluator.sign * model.gradients(x)) if many else batch.gradient,  # type: ignore[misc]
        lower=low if np.isfinite(low).any() else None,
        upper=high if np.isfinite(high).any() else None,
    )
    settings = evaluator.settings
    cap = settings.max_iterations or lbfgs.CAP
    limits = Limits(settings.convergence, evaluator.deadline, cap)
    with np.errstate(all="ignore"):
        journal = lbfgs.run(problem, Options(), limits, np.clip(starts, low, high))
    best = journal.best()
    evaluator.iteration = len(journal.log(best)) - 1
    why = ending(journal.status[best])
    point = evaluator.at(journal.x[best])
    if why.code in (OPTIMAL, CONVERGED, NO_BETTER) and point.sound:
        first = evaluator.derive(evaluator.at(np.clip(starts[best], low, high)))[0]
        left = float(np.abs(_free(point.x, evaluator.derive(point)[0], low, high)).max())
        size = max(float(np.abs(first).max()), 1e-6)
        if _bottomless(evaluator, point):
            why = Ending(UNBOUNDED, "the objective falls or rises without limit")
        elif left <= KKT * size:
            text = f"no feasible direction lowers the objective (gradient {left:.1g})"
            why = Ending(OPTIMAL, text)
        elif why.code == OPTIMAL:
            sure = left <= NEARLY * size or model.kinked
            why = Ending(CONVERGED if sure else NO_BETTER, why.why, sure)
    return Found(point, why, np.zeros(0))


def constrained(evaluator: Evaluator, start: Array, low: Array, high: Array) -> Found:
    """Minimize within bounds (n,) and constraints, from a start (n,).

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    equal, precision = evaluator.equal, evaluator.settings.precision
    point = evaluator.at(np.clip(start, low, high))
    if not point.sound:
        return Found(point, Ending(ERROR_VALUE, "NaN or an infinity at the start"))
    lam = np.zeros(point.c.size)
    missed = evaluator.missed(point.c)
    weight = float(missed @ missed)
    rho = min(max(10 * max(1.0, abs(point.f)) / max(1.0, weight / 2), 1e-3), 1e6)
    before = np.inf
    for _ in range(ROUNDS):
        evaluator.tick()
        point = _inner(evaluator, point, lam, rho, low, high)
        if not point.sound:
            return Found(point, Ending(ERROR_VALUE, "NaN or an infinity at a point on the way"))
        if _bottomless(evaluator, point) and evaluator.feasible(point):
            return Found(point, Ending(UNBOUNDED, "the objective falls or rises without limit"))
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
        why = "the violation of the constraints can be lowered no further"
        return Found(point, Ending(INFEASIBLE, why))
    return Found(point, Ending(ITERATIONS, f"the cap of {ROUNDS} rounds was reached"))


def _inner(
    evaluator: Evaluator, point: Point, lam: Array, rho: float, low: Array, high: Array
) -> Point:
    """The minimum of the augmented Lagrangian from a point on."""
    equal, batch = evaluator.equal, Batch(evaluator)

    def pull(c: Array) -> Array:
        shifted = c + lam / rho
        return np.where(equal, shifted, np.maximum(shifted, 0.0))

    def value(x: Array) -> Array:
        return np.array([p.f + rho / 2 * float(np.sum(pull(p.c) ** 2)) for p in batch.points(x)])

    def gradient(x: Array) -> Array:
        slopes = []
        for each in batch.points(x):
            g, A = evaluator.derive(each)
            slopes.append(g + A.T @ (rho * pull(each.c)))
        return np.stack(slopes)

    problem = Problem(start=point.x, objective=value, gradient=gradient, lower=low, upper=high)
    limits = Limits(1e-13, evaluator.deadline, lbfgs.CAP)
    with np.errstate(all="ignore"):
        journal = lbfgs.run(problem, Options(), limits, point.x[None])
    return evaluator.at(journal.x[0])


def _ended(evaluator: Evaluator, point: Point, lam: Array, low: Array, high: Array) -> Found:
    g, A = evaluator.derive(point)
    left = float(np.abs(_free(point.x, g + A.T @ lam, low, high)).max())
    terms = np.abs(A.T) @ np.abs(lam) + np.abs(g)
    left /= max(float(terms.max()), 1e-6)
    if left <= 10 * KKT:
        why = f"no feasible direction lowers the objective (gradients cancel to {left:.1g})"
        return Found(point, Ending(OPTIMAL, why), lam)
    why = f"the multipliers stand still, and gradients cancel to {left:.1g}"
    sure = left <= NEARLY or evaluator.model.kinked
    return Found(point, Ending(CONVERGED if sure else NO_BETTER, why, sure), lam)


def _bottomless(evaluator: Evaluator, point: Point) -> bool:
    """Whether the objective is so low that there is no minimum."""
    assert evaluator.log  # noqa: S101 - the start was evaluated
    return point.f < BOTTOM / 100 * max(1.0, abs(evaluator.log[0].objective))


def _free(x: Array, g: Array, low: Array, high: Array) -> Array:
    """The gradient (n,), 0 where a variable stands on its bound and would leave it."""
    held: Array = np.where((x <= low) & (g > 0) | (x >= high) & (g < 0), 0.0, g)
    return held
