"""Whether the objective goes on falling from a point without end, as -LN(x) and EXP(-x) do.

A search cannot walk to infinity; where it gives up, or calls a gradient of 1e-9 none, it may be on
a way that has no end. So ways are looked along: each variable that has no bound on the side to
which the objective falls, and the way that the search came. On such a way points are ten times
farther each time, up to 10¹² of the variable's size. It has no end if at each of them the
constraints are met, the objective is no higher than at the one before, and its slope along the way
never points back; near an optimum it does. What the values come to tells an objective without
limit from one with a limit that is never reached.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.evaluator import Evaluator, Point
from sheetsim.solver.functions import Index

LENGTHS = 10.0 ** np.arange(-3, 13)  # of the variables' size
LEAST = 5  # of the lengths: points that a way needs before the functions overflow
FIRST = 6  # of the lengths: where all ways are looked at, to see which are worth following
NOISE = 1e-14  # of the objective: a rise that is rounding
SLOPE = 1e-9  # of the objective's fall: a slope that is none of rounding
SETTLES, GOES_ON = 0.5, 0.99  # of the fall of the decade before: it comes to a limit, or to none


@dataclass(frozen=True)
class NoEnd:
    """A way on which the objective falls without end.

    Attributes:
        variables: that go off without limit.
        limit: what the objective comes to, as minimized: -inf without a limit, NaN if not known.
    """

    variables: Index
    limit: float


def falls_on(
    evaluator: Evaluator, point: Point, start: Floats, low: Floats, high: Floats
) -> NoEnd | None:
    """A way without end from a point that a search came to from a start (n,), if there is one.

    Raises:
        Stop: A limit of time was reached.
    """
    if not point.finite or evaluator.aims:
        return None
    g, _ = evaluator.derive(point)
    ways = _ways(evaluator, point, g, start, low, high)
    if not len(ways):
        return None
    f, c = _values(evaluator, point.x + LENGTHS[FIRST] * ways)
    met = (evaluator.violations(c) <= evaluator.options.precision).all(axis=1)
    for d in ways[met & (f <= point.f + NOISE * abs(point.f))]:
        found = _follow(evaluator, point, g, d)
        if found is not None:
            return found
    return None


def _ways(
    evaluator: Evaluator, point: Point, g: Floats, start: Floats, low: Floats, high: Floats
) -> Floats:
    """Directions (k, n) with a slope down and no bound, in the variables' size."""
    x, moved = point.x, point.x - start
    size = np.maximum(1.0, np.abs(x))
    down = -np.sign(g)
    open_ = np.where(down > 0, np.isposinf(high), np.isneginf(low)) & (g != 0) & ~evaluator.whole
    ways = [np.diag(down * size)[open_]]
    far = np.where(moved > 0, np.isposinf(high), np.isneginf(low)) & ~evaluator.whole
    way = np.where(far, moved, 0.0)
    if np.count_nonzero(way) > 1 and float(g @ way) < 0:
        ways.append(way[None] * float((size / np.maximum(np.abs(way), 1e-300)).min()))
    return np.concatenate(ways)


def _values(evaluator: Evaluator, x: Floats) -> tuple[Floats, Floats]:
    evaluator.check_time()
    evaluator.evaluations += len(x)
    f, c, _ = evaluator.functions(x)
    return f, c


def _follow(evaluator: Evaluator, point: Point, g: Floats, d: Floats) -> NoEnd | None:
    """The end of a way d (n,), if it has none."""
    f, c = _values(evaluator, point.x + LENGTHS[:, None] * d)
    finite = np.isfinite(f) & np.isfinite(c).all(axis=1)
    count = int(np.argmin(finite)) if not finite.all() else f.size
    f, c = np.concatenate([[point.f], f[:count]]), c[:count]
    if count < LEAST or (evaluator.violations(c) > evaluator.options.precision).any():
        return None
    falls = f[:-1] - f[1:]
    if (falls < -NOISE * np.abs(f[:-1])).any() or not _never_turns(evaluator, point, d, count):
        return None
    limit = _limit(f, falls)
    fall = max(abs(point.f), abs(evaluator.begin().f - point.f))
    if not np.isfinite(limit) and not -float(g @ d) > SLOPE * fall:
        return None
    return NoEnd(np.flatnonzero(d), limit)


def _never_turns(evaluator: Evaluator, point: Point, d: Floats, count: int) -> bool:
    """Whether the slope along d (n,) is down at some points of the way, if slopes are exact."""
    if point.g is None:
        return True
    for length in LENGTHS[:count:3]:
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
