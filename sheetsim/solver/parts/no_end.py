"""Whether the objective goes on falling from a point without end, as -LN(x) and EXP(-x) do.

A search cannot walk to infinity; where it gives up, or calls a gradient of 1e-9 none, it may be on
a way that has no end. So ways are looked along: each variable that has no bound on the side to
which the objective falls, and the way that the search came. On such a way points are ten times
farther each time, up to 10¹² of the variable's size. It has no end if at each of them the
constraints are met as they were where it begins, the objective is no higher than at the one before,
and its slope along the way never points back; near an optimum it does. What the values come to
tells an objective without limit from one with a limit that is never reached. Of a linear model the
ways that meet all rows are a cone, and whether one of them goes down is a quadratic program.
Another kind of end that is none is a pole at a bound, such as LN(x) at 0.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.functions import Index
from sheetsim.solver.parts import quadratic_program

LENGTHS: Floats = np.float_power(10, np.arange(-3, 13))  # of the variables' size
LEAST = 4  # of the lengths: points that a way needs before the functions overflow
BETWEEN = 18  # points between the last of them and the first one without a number
SETTLED = 1e-3  # of the fall until then: the last step of one that has come to its limit
FIRST = 3  # of the lengths: where all ways are looked at, to see which are worth following
NEARER = 10.0 ** -np.arange(1.0, 9.0)  # of the distance from a bound
NEAR = 1e-6  # of a bound's size: how near to it that is worth a look
DENSE = 1_500  # variables of a linear model, for whose cone there is a dense program
CONE = 1e-9  # of a way's size: what is rounding
MOST = 200  # variables alone, the steepest ones
NOISE = 1e-14  # of the objective: a rise that is rounding
SLOPE = 1e-9  # of the objective's fall: a slope that is none of rounding
FAR = 1e4  # of the start's size: where a search has gone off
BEYOND = 4  # decades farther than it came
FADES = 3  # decades in which a fall was seen to fade
SETTLES, GOES_ON = 0.5, 0.99  # of the fall of the decade before: it comes to a limit, or to none


@dataclass(frozen=True)
class NoEnd:
    """A way on which the objective falls without end.

    Attributes:
        variables: that go off without limit.
        limit: what the objective comes to, as minimized: -inf without a limit, NaN if not known.
        bound: what the variable comes near to, where it does not go off.
    """

    variables: Index
    limit: float
    bound: float | None = None


def falls_on(
    evaluator: Evaluator, point: Point, start: Floats, low: Floats, high: Floats
) -> NoEnd | None:
    """A way without end from a point that a search came to from a start (n,), if there is one.

    Raises:
        Stop: A limit of time was reached.
    """
    if not point.finite or evaluator.aims:
        return None
    g, A = evaluator.derive(point)
    if evaluator.model.linear and all(block.linear for block in evaluator.model.constraints):
        return _recedes(evaluator, g, A, low, high)
    if _came_to_rest(evaluator, point, start, low, high):
        return NoEnd(np.flatnonzero(point.x != start), point.f)
    edge = _falls_at_an_edge(evaluator, point, g, low, high)
    ways = _ways(evaluator, point, g, start, low, high)
    if edge is not None or not len(ways):
        return edge
    f, c = _values(evaluator, point.x + LENGTHS[FIRST] * ways)
    met = (evaluator.violations(c) <= evaluator.options.precision).all(axis=1)
    for d in ways[met & (f <= point.f + NOISE * abs(point.f))]:
        found = _follow(evaluator, point, g, d)
        if found is not None:
            return found
    return None


def _came_to_rest(
    evaluator: Evaluator, point: Point, start: Floats, low: Floats, high: Floats
) -> bool:
    """Whether a search went off until rounding hid how the objective still falls, as 1/x does.

    On its way the objective then fell by a part of the decade before, time and again; a minimum
    far out is reached by a fall that grows.
    """
    moved = point.x - start
    far = np.abs(moved) >= FAR * np.maximum(1.0, np.abs(start))
    bound = np.where(moved > 0, high, low)
    if not far.any() or np.isfinite(bound[far]).any() or evaluator.whole[far].any():
        return False
    decades = np.arange(1.0 - np.ceil(np.log10(np.abs(moved).max())), BEYOND)
    x = start + np.float_power(10, decades)[:, None] * moved
    f, c = _values(evaluator, x)
    if not np.isfinite(f).all() or not _stay_met(evaluator, point, x, c):
        return False
    falls = f[:-1] - f[1:]
    seen = falls > NOISE * np.abs(f).max()
    count = int(seen.sum())
    if count < FADES or not seen[:count].all() or (falls < 0).any():
        return False
    return bool((falls[1:count] <= SETTLES * falls[: count - 1]).all())


def _ways(
    evaluator: Evaluator, point: Point, g: Floats, start: Floats, low: Floats, high: Floats
) -> Floats:
    """Directions (k, n) with a slope down and no bound, in the variables' size."""
    x, moved = point.x, point.x - start
    size = np.maximum(1.0, np.abs(x))
    down = -np.sign(g)
    open_ = np.where(down > 0, np.isposinf(high), np.isneginf(low)) & (g != 0) & ~evaluator.whole
    steepest = np.argsort(np.where(open_, -np.abs(g) * size, 0.0), kind="stable")[:MOST]
    alone = steepest[open_[steepest]]
    axes = np.zeros((alone.size, x.size))
    axes[np.arange(alone.size), alone] = (down * size)[alone]
    ways = [axes]
    far = np.where(moved > 0, np.isposinf(high), np.isneginf(low)) & ~evaluator.whole
    way = np.where(far, moved, 0.0)
    if np.count_nonzero(way) > 1 and float(g @ way) < 0:
        ways.append(way[None] * float((size / np.maximum(np.abs(way), 1e-300)).min()))
    return np.concatenate(ways)


def _recedes(evaluator: Evaluator, g: Floats, A: Floats, low: Floats, high: Floats) -> NoEnd | None:
    """Of a linear model: the way in the cone of those that meet all rows which is next to -g.

    If it is not 0, gᵀd = -|d|² < 0, and the objective has no limit; else no way lowers it.
    """
    n, equal = g.size, evaluator.equal
    if n > DENSE or not np.isfinite(A).all() or not g.any():
        return None
    order = np.argsort(~equal, kind="stable")
    eye = np.eye(n)
    rows = np.concatenate(
        [
            np.where(equal, 1.0, -1.0)[order, None] * A[order],
            eye[np.isfinite(low)],
            -eye[np.isfinite(high)],
        ]
    )
    unit = g / np.abs(g).max()
    found = quadratic_program.solve(-unit, rows, np.zeros(len(rows)), int(equal.sum()))
    if found is None:
        return None
    d = np.where(np.abs(found[0]) > CONE, found[0], 0.0)
    off = np.where(equal, np.abs(A @ d), np.maximum(A @ d, 0.0))
    falls = -float(unit @ d) > CONE and bool((off <= CONE * (np.abs(A) @ np.abs(d))).all())
    return NoEnd(np.flatnonzero(d), -np.inf) if falls else None


def _falls_at_an_edge(
    evaluator: Evaluator, point: Point, g: Floats, low: Floats, high: Floats
) -> NoEnd | None:
    """A bound at which the objective is no number, and next to which it falls without limit."""
    x = point.x
    bound = np.where(g > 0, low, np.where(g < 0, high, np.nan))
    near = np.isfinite(bound) & (x != bound)
    near &= np.abs(x - bound) <= NEAR * np.maximum(1.0, np.abs(bound))
    for j in np.flatnonzero(near)[:MOST]:
        rows = np.repeat(x[None], NEARER.size + 1, axis=0)
        rows[:, j] = bound[j] + (x[j] - bound[j]) * np.append(NEARER, 0.0)
        f, c = _values(evaluator, rows)
        if np.isfinite(f[-1]) or np.unique(rows[:-1, j]).size < NEARER.size:
            continue
        f = np.concatenate([[point.f], f[:-1]])
        falls = f[:-1] - f[1:]
        met = _stay_met(evaluator, point, rows[:-1], c[:-1])
        if met and (falls > 0).all() and _limit(f, falls) == -np.inf:
            return NoEnd(np.array([j]), -np.inf, float(bound[j]))
    return None


def _values(evaluator: Evaluator, x: Floats) -> tuple[Floats, Floats]:
    evaluator.check_time()
    evaluator.evaluations += len(x)
    f, c, _ = evaluator.functions(x)
    return f, c


def _follow(evaluator: Evaluator, point: Point, g: Floats, d: Floats) -> NoEnd | None:
    """The end of a way d (n,), if it has none."""
    lengths, f, c = _finite(evaluator, point, d, LENGTHS)
    whole_way = lengths.size == LENGTHS.size
    if LEAST <= lengths.size < LENGTHS.size:  # the functions overflow: how far do they go?
        last, over = lengths[-1], LENGTHS[lengths.size]
        between = np.linspace(last, over, BETWEEN)[1:-1]
        more = _finite(evaluator, point, d, between)
        lengths, f, c = (np.concatenate(both) for both in zip((lengths, f, c), more, strict=True))
    way = point.x + lengths[:, None] * d
    if lengths.size < LEAST or not _stay_met(evaluator, point, way, c):
        return None
    f = np.concatenate([[point.f], f])
    falls = f[:-1] - f[1:]
    if (falls < -NOISE * np.abs(f[:-1])).any() or not _never_turns(evaluator, point, d, lengths):
        return None
    if whole_way:
        limit = _limit(f, falls)
    else:
        limit = float(f[-1]) if falls[-1] <= SETTLED * (f[0] - f[-1]) else np.nan
    fall = max(abs(point.f), abs(evaluator.begin().f - point.f))
    if not np.isfinite(limit) and not -float(g @ d) > SLOPE * fall:
        return None
    return NoEnd(np.flatnonzero(d), limit)


def _stay_met(evaluator: Evaluator, point: Point, x: Floats, c: Floats) -> bool:
    """Whether no row is missed at points x (k, n), with rows c (k, m), by more than at the first.

    The precision is no leave to miss one on a way without end: 1/x >= 1E-7 ends it. What is left is
    rounding, of the terms that a row sums.
    """
    off, first = evaluator.violations(c), evaluator.violations(point.c)
    for i in np.flatnonzero((off > first).any(axis=1)):
        _, A = evaluator.derive(evaluator.at(x[i], probe=True))
        terms = np.abs(A) @ np.abs(x[i]) + np.abs(c[i])
        if not (off[i] <= first + NOISE * terms).all():
            return False
    return True


def _finite(
    evaluator: Evaluator, point: Point, d: Floats, lengths: Floats
) -> tuple[Floats, Floats, Floats]:
    """The lengths up to which the functions are numbers, and f and c there."""
    f, c = _values(evaluator, point.x + lengths[:, None] * d)
    finite = np.isfinite(f) & np.isfinite(c).all(axis=1)
    count = int(np.argmin(finite)) if not finite.all() else f.size
    return lengths[:count], f[:count], c[:count]


def _never_turns(evaluator: Evaluator, point: Point, d: Floats, lengths: Floats) -> bool:
    """Whether the slope along d (n,) is down at some points of the way, if slopes are exact."""
    if point.g is None:
        return True
    for length in lengths[::3]:
        there = evaluator.at(point.x + length * d, probe=True)
        if there.g is None:
            return True
        if not float(there.g @ d) <= 0:
            return False
    return True


def _limit(f: Floats, falls: Floats) -> float:
    """What objectives f (k + 1,) come to, decade by decade: -inf for no limit, NaN if unclear."""
    before, last = float(falls[-2]), float(falls[-1])
    if last <= NOISE * abs(float(f[-1])) or last <= SETTLES * before:
        return float(f[-1])
    return -np.inf if last >= GOES_ON * before else np.nan
