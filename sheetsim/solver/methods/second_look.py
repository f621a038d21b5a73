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

Where a curvature is 0 it says nothing: neither on a plateau nor where two valleys touch. There a
few ways over the flat ground are looked along (see `ways_over`).

What holds the point: bounds and rows whose multipliers are not 0. Of others on their limits nobody
knows from the first derivatives; their directions are walked along and cut off at the limit.
"""

from collections.abc import Callable
from dataclasses import dataclass

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
from sheetsim.solver.parts.starts import around, uniform

LOOKS = 4  # saddles one after another
STEPS = (1.0, 0.3, 0.1, 0.01, 1e-3)  # along a direction
NEGATIVE = 1e-6  # of the largest curvature: less is the rounding of differences
HOLDS = 1e-9  # of the gradients: the multiplier of a row or bound that holds the point
PROMISE = 1e-8  # of the objective: what Newton's step promises at no minimum
LOWER = 1e-9  # of the objective: a fall that is none of rounding

CUSP = 1e3  # of the objective's gradient: forces of constraints that balance each other alone
FLAT_WAYS = 4  # random ways over flat ground
FLAT_STEPS = (0.1, -0.1, 1.0, -1.0, 10.0, -10.0)  # of the variables' size, on each of them
FLAT_MOST = 50  # variables, for which one more search is affordable
FLAT = 1e-7  # of the objective: what a curvature of 0 changes it by, over a variable's size
WIDTHS, DRAWN = (1.0, 10.0, 100.0), 8  # of the start's size: how far points are drawn about it
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
    looked = False  # over flat ground, which is done once
    for _ in range(LOOKS):
        if not _rests(evaluator, found):
            return found
        view = look_around(evaluator, found, low, high)
        ways = ways_down(evaluator, view, low, high)
        best = _best([found, *map(search, ways)], evaluator)
        if best is found and not looked:
            looked = True
            ways = ways_over(evaluator, view, low, high)
            best = _best([found, *map(search, ways)], evaluator)
        if best is found:
            return found
        found = best
    return found


def _best(several: list[Found], evaluator: Evaluator) -> Found:
    """The first, or one that is lower by more than rounding."""
    best = several[0]
    for other in several[1:]:
        if _lower(evaluator, other, best):
            best = other
    return best


def _rests(evaluator: Evaluator, found: Found) -> bool:
    """Whether a search ended where gradients cancel, as at a saddle."""
    ending = found.outcome.ending
    if ending is not Ending.NO_BETTER or evaluator.model.kinked:
        return ending in (Ending.OPTIMAL, Ending.CONVERGED)
    if not found.outcome.success or found.multipliers is None:
        return False
    g, A = evaluator.derive(found.point)
    forces = np.abs(found.multipliers) * np.abs(A).max(axis=1, initial=0.0)
    return float(forces.max(initial=0.0)) <= CUSP * float(np.abs(g).max())  # no cusp


def _lower(evaluator: Evaluator, other: Found, best: Found) -> bool:
    if not evaluator.better(other.point, best.point):
        return False
    return other.point.f < best.point.f - LOWER * _scale(evaluator, best.point)


@dataclass(frozen=True)
class View:
    """The curvature about a point, in the directions that its constraints leave.

    Attributes:
        point: where.
        lam: (m,) its multipliers.
        slope: (n,) the Lagrangian's gradient.
        size: (n,) of the variables.
        free: the numbers of those that no bound holds.
        values: (r,) curvatures, the least first; 1 is the size of a variable's own.
        vectors: (free, r) their directions, in x.
    """

    point: Point
    lam: Floats
    slope: Floats
    size: Floats
    free: Index
    values: Floats
    vectors: Floats

    def step(self, step: Floats) -> Floats:
        """A step (n,) of the free variables alone."""
        d = np.zeros(self.point.x.size)
        d[self.free] = step
        return d

    @property
    def firm(self) -> Floats:
        """The curvatures' sizes (r,), at least their rounding."""
        size = np.abs(self.values)
        return np.maximum(size, NEGATIVE * max(1.0, float(size.max())))


def look_around(evaluator: Evaluator, found: Found, low: Floats, high: Floats) -> View | None:
    """The curvature where a search ended; None where there is none to see.

    Raises:
        Stop: A limit of time was reached.
    """
    model = evaluator.model
    if model.convex and all(block.linear for block in model.constraints):
        return None
    point, _ = with_slopes(evaluator, found.point)
    lam = found.multipliers
    if lam is None or lam.size != point.c.size:
        lam = np.zeros(point.c.size)
    slope = gradient(evaluator, point, lam)
    if not np.isfinite(slope).all():
        return None
    start = np.abs(evaluator.start)
    size = np.maximum(np.abs(point.x), LEAST_SCALE * np.where(start > 0, start, 1.0))
    held = _held(evaluator, point, slope, size, low, high)
    free = np.flatnonzero(~held)
    if not free.size:
        return None
    seen = curvature(evaluator, point, lam, size, free)
    if seen is None:
        return None
    unit = seen.diagonal[free] ** -0.5
    g, A = evaluator.derive(point)
    A = A[:, free] * unit
    Z = _null(A[_binding(evaluator, point, lam, A, g[free] * unit)])
    if not Z.shape[1]:
        return None
    values, vectors = np.linalg.eigh(Z.T @ (seen.W[np.ix_(free, free)] * unit * unit[:, None]) @ Z)
    return View(point, lam, slope, size, free, values, unit[:, None] * (Z @ vectors))


def ways_down(evaluator: Evaluator, view: View | None, low: Floats, high: Floats) -> list[Floats]:
    """Points (n,) lower than a point, to either side of a saddle or where Newton's step leads.

    None where the point is a minimum.

    Raises:
        Stop: A limit of time was reached.
    """
    if view is None:
        return []
    sides, scale, firm = (low, high), _scale(evaluator, view.point), view.firm
    part = view.vectors.T @ view.slope[view.free]
    ways = []
    if 0.5 * float(np.sum(part**2 / firm)) > PROMISE * scale:
        d = view.step(-(view.vectors @ (part / firm)))
        ways.append(_walk(evaluator, view, d, (1.0,), sides))
    if view.values[0] < -firm[0] / 2:
        d = view.step(view.vectors[:, 0])
        lengths = 1.0 / float((np.abs(d) / view.size).max()), (2 * scale) ** 0.5
        ways += [_walk(evaluator, view, side * d, lengths, sides) for side in (1.0, -1.0)]
    return [way for way in ways if way is not None]


def ways_over(evaluator: Evaluator, view: View | None, low: Floats, high: Floats) -> list[Floats]:
    """Points (n,) from which to search again, where curvatures are 0 and say nothing.

    On a plateau, and where two valleys touch as at 0 in (x - y²)(x - 2y²), no derivative at the
    point shows a way down. So a few ways are looked along, near and far: where one is lower, a
    search begins; else to both sides of the point, unless the ground is flat as far as one sees.

    Raises:
        Stop: A limit of time was reached.
    """
    if view is None:
        return []
    point, rng = view.point, np.random.default_rng([evaluator.options.seed, 6])
    size = np.maximum(np.abs(point.x), np.abs(evaluator.start))
    size = np.where(size > 0, size, 1.0)
    lengths = 1.0 / (np.abs(view.vectors) / size[view.free, None]).max(axis=0)
    flat = np.abs(view.values) * lengths**2 <= FLAT * _scale(evaluator, point)
    if not flat.any():
        return []
    span = (view.vectors * lengths)[:, flat]
    drawn = [view.step(span @ rng.normal(size=span.shape[1])) for _ in range(FLAT_WAYS)]
    parts = [d / size / float((np.abs(d) / size).max()) for d in drawn]
    ways = [np.where(np.abs(part) > FLAT, part * size, 0.0) for part in parts]
    steps = [np.clip(point.x + k * d, low, high) for k in FLAT_STEPS for d in ways]
    there = [evaluator.at(x) for x in steps]
    values = np.array([each.f if evaluator.feasible(each) else np.inf for each in there])
    rough = LOWER * max(_scale(evaluator, point), abs(point.f))
    if values.min() < point.f - rough:
        return [steps[int(values.argmin())]]
    same = np.abs(values - point.f) <= 1e-3 * rough
    return [] if same.all() or point.x.size > FLAT_MOST else steps[:1]


def _scale(evaluator: Evaluator, point: Point) -> float:
    """The size of the objective, or how far it fell, whichever is more."""
    return max(abs(point.f), abs(evaluator.begin().f - point.f))


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
    view: View,
    d: Floats,
    lengths: tuple[float, ...],
    sides: tuple[Floats, Floats],
) -> Floats | None:
    """Where along d (n,), at parts of some lengths, the Lagrangian is lowest; None if here."""
    point, lam = view.point, view.lam
    here = best = point.f + float(lam @ point.c)
    where = None
    for length in np.outer(lengths, STEPS).ravel():
        x = np.clip(point.x + length * d, *sides)
        there = evaluator.at(x)
        value = there.f + float(lam @ there.c) if there.finite else np.inf
        if value < best - 1e-3 * LOWER * max(_scale(evaluator, point), abs(here)):
            best, where = value, x
    return where


def with_end(
    evaluator: Evaluator, found: Found, low: Floats, high: Floats, search: Search
) -> Found:
    """What a search found, or that there is no end to it: no minimum on the way that it came.

    Where the objective only comes to a limit on that way, others are tried: somewhere else it may
    be lower, and have a minimum.

    Raises:
        Stop: A limit of time was reached.
    """
    ending = found.outcome.ending
    if not (ending.solved or ending is Ending.ITERATIONS) or not evaluator.feasible(found.point):
        return found
    point, _ = with_slopes(evaluator, found.point)
    seen = falls_on(evaluator, point, evaluator.start, low, high)
    if seen is None:
        return found
    if np.isfinite(seen.limit):
        start = _lower_elsewhere(evaluator, point, seen.limit, low, high)
        other = None if start is None else search(start)
        if other is not None and evaluator.feasible(other.point) and other.point.f < seen.limit:
            return other
    return Found(found.point, _endless(evaluator, seen), found.multipliers)


def _lower_elsewhere(
    evaluator: Evaluator, point: Point, limit: float, low: Floats, high: Floats
) -> Floats | None:
    """The best of some points (n,) about the start, if it is lower than a limit."""
    start, rng = evaluator.start, np.random.default_rng([evaluator.options.seed, 7])
    size = np.maximum(1.0, np.abs(start))
    drawn = [uniform(rng, around(start, low, high, width * size), DRAWN) for width in WIDTHS]
    x = np.clip(np.concatenate([[0 * start, -start, -point.x], *drawn]), low, high)
    f, total = evaluator.batch(x)
    f = np.where((total == 0) & np.isfinite(f), f, np.inf)
    best = int(f.argmin())
    lower = f[best] < limit - LOWER * _scale(evaluator, point)
    return np.array(x[best]) if lower else None


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
        why = f"no {what} on this way: the objective {verb} on and on {moves}"
        return Outcome(Ending.UNBOUNDED, why)
    limit = evaluator.sign * seen.limit
    limit = 0.0 if abs(limit) <= LOWER * abs(evaluator.begin().f - seen.limit) else limit
    why = f"no {what} on this way: {limit:.6g} at infinity, to which the objective {verb} {moves}"
    return Outcome(Ending.UNBOUNDED, why)
