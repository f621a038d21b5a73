"""The last steps of a search that proves nothing: local ones, from the best point that it met.

A population comes near to an optimum and seldom onto it. From its best point on, as long as that
helps:

- Tours and other orders: a stretch is turned round (2-opt, Croes 1958), a stretch of up to three is
  put elsewhere (Or-opt, Or 1976), two values change places; at the places of the values, and, since
  a model may read a permutation either way, at the values of the places.
- Each variable alone goes to its bounds, to 0 and to the next whole numbers; two whole ones go one
  up and one down, so that a sum stays.
- The variables that need not be whole are solved for by SQP, from there. Where the functions are
  not smooth that may end anywhere, and counts only if it is better.

All neighbours of a point are one batch, of which the best is the next point, by Deb's rules.
"""

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Stop
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.functions import Index
from sheetsim.solver.methods import sqp

ROUNDS = 5
STEPS = 300  # of one descent
KICKS = 20  # in vain, one after the other
LEAST = 20_000  # evaluations that kicks may take; more where the population took more
MOST = 20_000  # neighbours at once
LONGEST = 3  # values of a stretch that is put elsewhere
SMOOTH = 100  # variables that SQP solves for
PAIRED = 60  # whole variables, two of which are moved at once


def polish(evaluator: Evaluator, rng: np.random.Generator) -> None:
    """Better the best point that the evaluator has met; its limits end that without a word."""
    try:
        for _ in range(ROUNDS):
            before = evaluator.best
            for group in evaluator.groups:
                _tour(evaluator, group, rng)
            _descend(evaluator, _best(evaluator), partial(_steps, evaluator))
            _solve(evaluator)
            if evaluator.best is before:
                return
    except Stop:
        return


def _best(evaluator: Evaluator) -> Floats:
    assert evaluator.best is not None  # noqa: S101 - a population was evaluated
    return evaluator.best.x


def _tour(evaluator: Evaluator, group: Index, rng: np.random.Generator) -> None:
    """Descend from the best order, and again from where kicks put it, for as long as that helps."""
    neighbours = partial(_orders, group=group, rng=rng)
    _descend(evaluator, _best(evaluator), neighbours)
    budget = evaluator.evaluations + max(LEAST, evaluator.evaluations)
    vain = 0
    while group.size >= 8 and vain < KICKS and evaluator.evaluations < budget:
        before, x = evaluator.best, _best(evaluator).copy()
        # The double bridge: what 2-opt and Or-opt cannot do (Martin, Otto & Felten 1991).
        a, b, c = np.sort(rng.choice(np.arange(1, group.size), 3, replace=False))
        order = x[group] if vain % 2 == 0 else np.argsort(x[group])
        order = np.concatenate([order[:a], order[b:c], order[a:b], order[c:]])
        x[group] = order if vain % 2 == 0 else np.argsort(order) + 1.0
        _descend(evaluator, x, neighbours)
        vain = 0 if evaluator.best is not before else vain + 1


def _descend(
    evaluator: Evaluator, x: Floats, neighbours: Callable[[Floats], Iterator[Floats]]
) -> None:
    """Go from x (n,) to the best neighbour for as long as it is better."""
    here = _worth(evaluator, x[None])[1]
    for _ in range(STEPS):
        better = False
        for points in neighbours(x):
            row, there = _worth(evaluator, points)
            if there < here:
                x, here, better = points[row], there, True
                break
        if not better:
            return


def _worth(evaluator: Evaluator, points: Floats) -> tuple[int, tuple[float, float]]:
    """Which of points (S, n) is the best by Deb's rules, and its violation and objective."""
    if not len(points):
        return 0, (np.inf, np.inf)
    f, over = evaluator.batch(points)
    f = np.where(np.isnan(f), np.inf, f)
    row = int(np.lexsort((f, over))[0])
    return row, (float(over[row]), float(f[row]))


def _orders(x: Floats, group: Index, rng: np.random.Generator) -> Iterator[Floats]:
    """The neighbours of an order, kind by kind, the fewest first: points (S, n)."""
    N = group.size
    if N < 2:
        return
    values = x[group]
    for sources in (_turned(N), _swapped(N), _moved(N)):
        few = sources
        if len(sources) > MOST:
            few = sources[rng.choice(len(sources), MOST, replace=False)]
        inverse = np.argsort(values)  # where each value is
        ranks = np.argsort(inverse[few], axis=1) + 1.0  # and what is where then
        for orders in (values[few], ranks):
            points = np.repeat(x[None], len(orders), axis=0)
            points[:, group] = orders
            yield points


def _turned(N: int) -> Index:
    """Each stretch turned round: (S, N) places."""
    i, j = np.triu_indices(N, 1)
    place = np.arange(N)[None]
    inside = (place >= i[:, None]) & (place <= j[:, None])
    return np.where(inside, (i + j)[:, None] - place, place)


def _swapped(N: int) -> Index:
    """Each two swapped: (S, N) places."""
    i, j = np.triu_indices(N, 1)
    places = np.tile(np.arange(N), (i.size, 1))
    row = np.arange(i.size)
    places[row, i], places[row, j] = j, i
    return places


def _moved(N: int) -> Index:
    """Each stretch of up to three put elsewhere, either way round: (S, N) places."""
    found = []
    place = np.arange(N)
    for length in range(1, min(LONGEST, N - 1) + 1):
        for i in range(N - length + 1):
            stretch, rest = place[i : i + length], np.delete(place, np.s_[i : i + length])
            for at in range(rest.size + 1):
                if at != i:
                    ways = (stretch, stretch[::-1])[: min(length, 2)]
                    found += [np.concatenate([rest[:at], way, rest[at:]]) for way in ways]
    return np.array(found, dtype=np.intp).reshape(-1, N)


def _steps(evaluator: Evaluator, x: Floats) -> Iterator[Floats]:
    """One variable at its bounds, at 0, or at a whole number next to it; two whole ones."""
    low, high, n = evaluator.low, evaluator.high, x.size
    alone = np.ones(n, bool)
    for group in evaluator.groups:
        alone[group] = False
    step = np.where(evaluator.whole, 1.0, 0.0)
    candidates = [low, high, np.zeros(n), np.floor(x), np.ceil(x), x + step, x - step]
    points = []
    for values in candidates:
        fits = alone & np.isfinite(values) & (values >= low) & (values <= high) & (values != x)
        numbers = np.flatnonzero(fits)[:MOST]
        moved = np.repeat(x[None], numbers.size, axis=0)
        moved[np.arange(numbers.size), numbers] = values[numbers]
        points.append(moved)
    yield np.concatenate(points)
    whole = np.flatnonzero(alone & evaluator.whole)
    if 2 <= whole.size <= PAIRED:
        up, down = (each.ravel() for each in np.meshgrid(whole, whole))
        fits = (up != down) & (x[up] + 1 <= high[up]) & (x[down] - 1 >= low[down])
        moved = np.repeat(x[None], int(fits.sum()), axis=0)
        row = np.arange(len(moved))
        moved[row, up[fits]] += 1
        moved[row, down[fits]] -= 1
        yield moved


def _solve(evaluator: Evaluator) -> None:
    """Solve for the variables that need not be whole, the others held.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    best = evaluator.best
    assert best is not None  # noqa: S101 - a population was evaluated
    held = evaluator.whole.copy()
    if held.all() or (~held).sum() > SMOOTH or not np.isfinite(best.x).all():
        return
    # Evolutionary makes a distance of "value of", which has a kink where it is 0: SQP has none.
    inner = Evaluator(evaluator.model, evaluator.options, best.x[None], evaluator.clock)
    inner.deadline, inner.whole, inner.groups = evaluator.deadline, np.zeros(best.x.size, bool), ()
    low = np.where(held, best.x, evaluator.low)
    high = np.where(held, best.x, evaluator.high)
    inner.low, inner.high = low, high
    if inner.at(best.x).g is None:
        return  # differences of what may be steps, and dear
    try:
        sqp.run(inner, best.x, low, high)
    finally:
        evaluator.evaluations += inner.evaluations
        if inner.best is not None:
            evaluator.at(inner.best.x, late=True)
