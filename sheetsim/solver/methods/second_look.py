"""A second look at an optimum of the first order: is there a way down from it?

Where gradients cancel there may be a saddle, or even a maximum. At a minimum the Lagrangian's
Hessian W is not negative in any direction that the constraints leave, dᵀWd >= 0 for A d = 0
(Nocedal & Wright 2006, section 12.5); where it is, the objective falls to both sides. W is
differenced (see `curvature`), each variable measured by its own curvature, so that units do not
matter, and its least eigenvalue on the null space of what holds the point is looked at. A direction
of negative curvature is walked along, to both sides, and where the Lagrangian falls a new search
begins. W also tells what is left to gain, ½ gᵀW⁻¹g with the reduced gradient g: a variable in whose
units the search was wrong shows by it, and Newton's step is another way. What is found counts only
if it is lower: so a curvature that is rounding costs a few evaluations, and nothing else.

What holds the point: bounds and rows whose multipliers are not 0. Of others on their limits nobody
knows from the first derivatives; their directions are walked along and cut off at the limit.
"""

from collections.abc import Callable

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.found import Found
from sheetsim.solver.functions import Index, Mask
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.curvature import curvature, gradient, with_slopes
from sheetsim.solver.parts.finite_differences import LEAST_SCALE
from sheetsim.solver.parts.no_end import NoEnd, falls_on

LOOKS = 4  # saddles one after another
STEPS = (1.0, 0.3, 0.1, 0.01, 1e-3)  # along a direction
NEGATIVE = 1e-6  # of the largest curvature: less is the rounding of differences
HOLDS = 1e-9  # of the gradients: the multiplier of a row or bound that holds the point
PROMISE = 1e-8  # of the objective: what Newton's step promises at no minimum
LOWER = 1e-9  # of the objective: a fall that is none of rounding

SHOWN = 3  # variables that a sentence names

Search = Callable[[Floats], Found]


def look_again(
    evaluator: Evaluator, found: Found, low: Floats, high: Floats, search: Search
) -> Found:
    """What a search found, or something better to which a way led down from there.

    Args:
        evaluator: of the model.
        found: where a search ended that claims an optimum.
        low: (n,) bounds.
        high: (n,) bounds.
        search: from a point (n,) within them.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    for _ in range(LOOKS):
        if found.outcome.ending not in (Ending.OPTIMAL, Ending.CONVERGED):
            return found
        others = [search(x) for x in ways_down(evaluator, found, low, high)]
        best = found
        for other in others:
            if _lower(evaluator, other, best):
                best = other
        if best is found:
            return found
        found = best
    return found


def _lower(evaluator: Evaluator, other: Found, best: Found) -> bool:
    if not evaluator.better(other.point, best.point):
        return False
    return other.point.f < best.point.f - LOWER * _scale(evaluator, best.point)


def ways_down(evaluator: Evaluator, found: Found, low: Floats, high: Floats) -> list[Floats]:
    """Points (n,) lower than a point, to either side of a saddle or where Newton's step leads.

    None where the point is a minimum.

    Raises:
        Stop: A limit of time was reached.
    """
    model = evaluator.model
    if model.convex and all(block.linear for block in model.constraints):
        return []
    point, _ = with_slopes(evaluator, found.point)
    lam = found.multipliers
    if lam is None or lam.size != point.c.size:
        lam = np.zeros(point.c.size)
    slope = gradient(evaluator, point, lam)
    if not np.isfinite(slope).all():
        return []
    start = np.abs(evaluator.start)
    size = np.maximum(np.abs(point.x), LEAST_SCALE * np.where(start > 0, start, 1.0))
    held = _held(evaluator, point, slope, size, low, high)
    free = np.flatnonzero(~held)
    if not free.size:
        return []
    seen = curvature(evaluator, point, lam, size, free)
    if seen is None:
        return []
    sides = low, high
    unit = seen.diagonal[free] ** -0.5
    g, A = evaluator.derive(point)
    A = A[:, free] * unit
    Z = _null(A[_binding(evaluator, point, lam, A, g[free] * unit)])
    if not Z.shape[1]:
        return []
    values, vectors = np.linalg.eigh(Z.T @ (seen.W[np.ix_(free, free)] * unit * unit[:, None]) @ Z)
    vectors = unit[:, None] * (Z @ vectors)
    scale = _scale(evaluator, point)
    ways = []
    firm = np.maximum(np.abs(values), NEGATIVE * max(1.0, float(np.abs(values).max())))
    part = vectors.T @ slope[free]
    if 0.5 * float(np.sum(part**2 / firm)) > PROMISE * scale:
        d = _full(point, free, -(vectors @ (part / firm)))
        ways.append(_walk(evaluator, point, lam, d, (1.0,), sides))
    if values[0] < -firm[0] / 2:
        d = _full(point, free, vectors[:, 0])
        lengths = 1.0 / float((np.abs(d) / size).max()), (2 * scale) ** 0.5
        ways += [_walk(evaluator, point, lam, side * d, lengths, sides) for side in (1.0, -1.0)]
    return [way for way in ways if way is not None]


def _scale(evaluator: Evaluator, point: Point) -> float:
    """The size of the objective, or how far it fell, whichever is more."""
    return max(abs(point.f), abs(evaluator.begin().f - point.f))


def _full(point: Point, free: Index, step: Floats) -> Floats:
    """A step (n,) of the free variables alone."""
    d = np.zeros(point.x.size)
    d[free] = step
    return d


def _held(
    evaluator: Evaluator, point: Point, slope: Floats, size: Floats, low: Floats, high: Floats
) -> Mask:
    """Which variables (n,) their bounds hold, with a slope that is none of rounding."""
    g, _ = evaluator.derive(point)
    firm = np.where(np.abs(slope) > HOLDS * np.maximum(np.abs(g), np.abs(slope)), slope, 0.0)
    held = Box(low, high).held(point.x, firm, 1e-9 * size)
    held |= high <= low
    return held


def _binding(evaluator: Evaluator, point: Point, lam: Floats, A: Floats, g: Floats) -> Index:
    """The rows that hold the point: equalities, and what stands at its limit with a price."""
    size = np.abs(lam) * np.abs(A).max(axis=1, initial=0.0)
    priced = size > HOLDS * max(float(size.max(initial=0.0)), float(np.abs(g).max(initial=0.0)))
    near = np.abs(point.c) <= evaluator.options.precision
    return np.flatnonzero(evaluator.equal | (priced & near))


def _null(A: Floats) -> Floats:
    """An orthonormal basis (n, r) of what rows A (m, n) leave."""
    n = A.shape[1]
    if not len(A):
        return np.eye(n)
    _, sigma, Vt = np.linalg.svd(A)
    rank = int((sigma > 1e-10 * sigma.max(initial=0.0)).sum())
    return np.asarray(Vt[rank:].T)


def _walk(
    evaluator: Evaluator,
    point: Point,
    lam: Floats,
    d: Floats,
    lengths: tuple[float, ...],
    sides: tuple[Floats, Floats],
) -> Floats | None:
    """Where along d (n,), at parts of some lengths, the Lagrangian is lowest; None if here."""
    here = best = point.f + float(lam @ point.c)
    where = None
    for length in np.outer(lengths, STEPS).ravel():
        x = np.clip(point.x + length * d, *sides)
        there = evaluator.at(x)
        value = there.f + float(lam @ there.c) if there.finite else np.inf
        if value < best - 1e-3 * LOWER * max(_scale(evaluator, point), abs(here)):
            best, where = value, x
    return where


def with_end(evaluator: Evaluator, found: Found) -> Found:
    """What a search found, or that there is no end to it: no minimum on the way that it came.

    Raises:
        Stop: A limit of time was reached.
    """
    ending = found.outcome.ending
    if not (ending.solved or ending is Ending.ITERATIONS) or not evaluator.feasible(found.point):
        return found
    point, _ = with_slopes(evaluator, found.point)
    seen = falls_on(evaluator, point, evaluator.start, evaluator.low, evaluator.high)
    if seen is None:
        return found
    return Found(found.point, _endless(evaluator, seen), found.multipliers)


def _endless(evaluator: Evaluator, seen: NoEnd) -> Outcome:
    """The outcome, with the variables that go off."""
    model = evaluator.model
    names = ", ".join(model.name(int(j)) for j in seen.variables[:SHOWN])
    more = f" and {seen.variables.size - SHOWN} more" if seen.variables.size > SHOWN else ""
    moves = f"as {names}{more} {'goes' if seen.variables.size == 1 else 'go'} off without limit"
    if seen.bound is not None:
        moves = f"as {names} comes near to {seen.bound:g}"
    verb, what = ("falls", "minimum") if evaluator.sign > 0 else ("rises", "maximum")
    if seen.limit == -np.inf:
        return Outcome(Ending.UNBOUNDED, f"unbounded: the objective {verb} without limit {moves}")
    if np.isnan(seen.limit):
        why = f"no {what}: the objective {verb} on and on {moves}"
        return Outcome(Ending.UNBOUNDED, why)
    limit = evaluator.sign * seen.limit
    limit = 0.0 if abs(limit) <= LOWER * abs(evaluator.begin().f - seen.limit) else limit
    why = f"no {what}: {limit:.6g} at infinity, to which the objective {verb} {moves}"
    return Outcome(Ending.UNBOUNDED, why)
