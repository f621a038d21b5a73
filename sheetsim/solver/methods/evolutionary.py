"""Evolutionary: differential evolution, for what is not smooth; whole numbers, all-different.

Storn & Price (1997): a population of points, each of which is tried against a child. The child of
x_i is

    v = x_i + F (x_best - x_i) + F (x_a - x_b)      (current-to-pbest/1)

with a and b drawn from the population and x_best from its best tenth (Zhang & Sanderson 2009,
JADE), of which each variable is taken with probability CR and x_i's own otherwise. F and CR are
drawn anew for each child, so that nothing needs tuning. A variable that leaves its bounds is put
onto the bound, where many an optimum is, or halfway between x_i and the bound. The better of the
two stays by Deb's rules (Deb 2000): feasible before infeasible, then the lower objective, or the
smaller sum of violations. All children of a generation are evaluated as one batch.

- Equalities are met to within a tolerance that shrinks from that of the first population's best
  fifth to the precision over the first generations (the ε method of Takahama & Sakai 2006):
  without it a thin feasible set is never entered.
- A whole number is rounded before it is evaluated; the population keeps it rounded.
- An all-different group is held as keys, one number a variable, and means their ranks (random
  keys, Bean 1994): every child is a permutation. Half of such children are not crossed but moved:
  a stretch is reversed, or one value is put elsewhere, or two are swapped.
- `mutation_rate` of the children get one variable drawn anew.

Bounds: a variable without one (Excel's *Require Bounds on Variables* is off) begins within
ten times its size of the start and may go anywhere. The end: the population has drawn together,
or `max_stall` generations bettered neither the best point nor the population's median. From its
best point local steps go on (see `polish`). None of that proves an optimum, and Excel's sentence
says so. Of several starts each is a population; they evolve one after the other, and the best
point of all counts.
"""

from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.solver.endings import Ending, Outcome
from sheetsim.solver.evaluator import Evaluator
from sheetsim.solver.found import Found
from sheetsim.solver.functions import Index, Mask
from sheetsim.solver.methods import enumeration
from sheetsim.solver.methods.polish import polish
from sheetsim.solver.parts.feasibility import none_found
from sheetsim.solver.parts.no_end import falls_on
from sheetsim.solver.parts.optimality import DEEPER, below_bottom, unbounded
from sheetsim.solver.parts.starts import around

ONTO = 0.5  # of the variables that leave their bounds: how many are put onto them
CAP = 20_000  # generations
LEAST = 8  # points of a population
BEST = 0.1  # of the population: whom the children follow
TOGETHER = 1e-10  # of the objective: a population that agrees so well has converged
ZERO = 1e-12  # of the first objectives: a difference that counts as none
FLAT = 1e-6  # of the median objective: less is no progress of the population
RELAXED = 0.2  # of the first population: whose violation is allowed at first


@dataclass
class _Population:
    """S points and what they are worth.

    Attributes:
        keys: (S, n) what is evolved: variables, and keys where there are all-different groups.
        f: (S,) objectives.
        violations: (S,) sums of them.
    """

    keys: Floats
    f: Floats
    violations: Floats

    def order(self, tolerance: float) -> Index:
        """The rows from the best to the worst."""
        over = np.where(self.violations <= tolerance, 0.0, self.violations)
        return np.lexsort((np.where(np.isnan(self.f), np.inf, self.f), over))

    @property
    def feasible(self) -> bool:
        """Whether all of its points are."""
        return bool((self.violations == 0).all())


class _Breeder:
    """Makes points and children within the model's bounds."""

    def __init__(self, evaluator: Evaluator, rng: np.random.Generator) -> None:
        self.rng, self.groups = rng, evaluator.groups
        self.low, self.high = evaluator.low.copy(), evaluator.high.copy()
        self.whole = evaluator.whole.copy()
        start = np.clip(evaluator.start, self.low, self.high)
        width = 10 * np.maximum(1.0, np.abs(start))
        self.bottom, self.top = around(start, self.low, self.high, width)
        self.keyed = np.zeros(start.size, bool)
        for group in self.groups:
            self.keyed[group] = True
        for bound, value in (
            (self.low, 0.0),
            (self.bottom, 0.0),
            (self.high, 1.0),
            (self.top, 1.0),
        ):
            bound[self.keyed] = value
        self.whole[self.keyed] = False
        self.start = start.copy()
        for group in self.groups:
            ranks = np.argsort(np.argsort(start[group], kind="stable"), kind="stable")
            self.start[group] = (ranks + 0.5) / group.size

    def first(self, count: int) -> Floats:
        """The start and `count` - 1 random points: keys (S, n)."""
        # One point in each of `count` slices of every variable: a Latin hypercube.
        shape = count, self.start.size
        slices = self.rng.permuted(np.tile(np.arange(count)[:, None], (1, shape[1])), axis=0)
        keys = self.bottom + (slices + self.rng.uniform(size=shape)) / count * (
            self.top - self.bottom
        )
        keys[0] = self.start
        return self.settled(keys)

    def settled(self, keys: Floats) -> Floats:
        """Whole where they must be, and the keys of a group the middles of N equal parts."""
        keys = np.where(self.whole, np.round(keys), keys)
        for group in self.groups:
            ranks = np.argsort(np.argsort(keys[:, group], axis=1, kind="stable"), axis=1)
            keys[:, group] = (ranks + 0.5) / group.size
        return keys

    def variables(self, keys: Floats) -> Floats:
        """The points (S, n) that keys (S, n) stand for."""
        x = keys.copy()
        for group in self.groups:
            x[:, group] = np.round(keys[:, group] * group.size + 0.5)
        return x

    def children(self, population: _Population, order: Index, mutation: float) -> Floats:
        """One for each point: keys (S, n)."""
        rng, keys = self.rng, population.keys
        S, n = keys.shape
        F = rng.uniform(0.3, 0.9, size=(S, 1))
        CR = rng.choice([0.1, 0.5, 0.9, 1.0], size=(S, 1))
        top = order[: max(2, round(BEST * S))]
        best = keys[rng.choice(top, S)]
        a, b = (keys[np.roll(np.arange(S), shift)] for shift in _shifts(rng, S))
        child = keys + F * (best - keys) + F * (a - b)
        crossed = rng.uniform(size=(S, n)) < CR
        crossed[np.arange(S), rng.integers(n, size=S)] = True
        # Of a whole number the step may round to nothing; then it is one up or down now and then.
        nudge = self.whole & (np.abs(child - keys) < 0.5) & (rng.uniform(size=(S, n)) < 1 / n)
        child = np.where(nudge, keys + rng.choice([-1.0, 1.0], size=(S, n)), child)
        child = np.where(crossed | nudge, child, keys)
        onto = rng.uniform(size=(S, n)) < ONTO
        child = np.where(child < self.low, np.where(onto, self.low, (keys + self.low) / 2), child)
        child = np.where(
            child > self.high, np.where(onto, self.high, (keys + self.high) / 2), child
        )
        self._mutate(child, mutation)
        for group in self.groups:
            moved = np.flatnonzero(rng.uniform(size=S) < 0.5)
            parents = np.where(rng.uniform(size=(S, 1)) < 0.5, keys, best)
            child[np.ix_(moved, group)] = self._moved(parents[np.ix_(moved, group)])
        return self.settled(child)

    def _mutate(self, child: Floats, rate: float) -> None:
        rows = np.flatnonzero(self.rng.uniform(size=len(child)) < rate)
        at = self.rng.integers(child.shape[1], size=rows.size)
        drawn = self.rng.uniform(self.bottom[at], self.top[at])
        # Now and then a bound itself, which is where many an optimum is.
        side = self.rng.uniform(size=rows.size)
        drawn = np.where((side < 0.2) & np.isfinite(self.low[at]), self.low[at], drawn)
        drawn = np.where((side > 0.8) & np.isfinite(self.high[at]), self.high[at], drawn)
        child[rows, at] = drawn

    def _moved(self, keys: Floats) -> Floats:
        """Permutations (R, N) with a stretch reversed, a value moved, or two swapped.

        Half of the moves are of values at their places, half of places by their values: a model
        may read a permutation either way.
        """
        R, N = keys.shape
        if N < 2 or not R:
            return keys
        rank = np.argsort(np.argsort(keys, axis=1), axis=1)
        inverse = self.rng.uniform(size=R) < 0.5
        rank[inverse] = np.argsort(rank[inverse], axis=1)
        ends = np.sort(self.rng.integers(N, size=(R, 2)), axis=1)
        i, j = ends[:, :1], ends[:, 1:]
        place = np.tile(np.arange(N), (R, 1))
        inside = (place >= i) & (place <= j)
        kind = self.rng.integers(3, size=(R, 1))
        reverse = np.where(inside, i + j - place, place)
        forward = np.where(inside, np.where(place == j, i, place + 1), place)
        swapped = np.where(place == i, j, np.where(place == j, i, place))
        source = np.where(kind == 0, reverse, np.where(kind == 1, forward, swapped))
        rank = np.take_along_axis(rank, source, axis=1)
        rank[inverse] = np.argsort(rank[inverse], axis=1)
        moved: Floats = (rank + 0.5) / N
        return moved


def _shifts(rng: np.random.Generator, S: int) -> tuple[int, int]:
    """Two different shifts of the rows, neither of them 0: whom a child takes a and b from."""
    first, second = rng.choice(np.arange(1, S), 2, replace=False)
    return int(first), int(second)


def run(evaluator: Evaluator) -> Found:
    """Solve the evaluator's model.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    if enumeration.suits(evaluator):
        return enumeration.run(evaluator)
    evaluator.begin()
    seed, starts = evaluator.options.seed, evaluator.starts
    for number in range(starts if isinstance(starts, int) else 1):
        rng = np.random.default_rng([seed, 3, number] if number else [seed, 3])
        outcome = _evolve(evaluator, rng)
        polish(evaluator, rng)
    return _ended(evaluator, outcome)


def _evolve(evaluator: Evaluator, rng: np.random.Generator) -> Outcome:
    """Let one population evolve; why it ended.

    Raises:
        Stop: A limit of time or iterations was reached.
    """
    options = evaluator.options
    breeder = _Breeder(evaluator, rng)
    keys = breeder.first(max(LEAST, options.population))
    population = _Population(keys, *evaluator.batch(breeder.variables(keys)))
    progress = _Progress(evaluator, population)
    for generation in range(CAP):
        evaluator.tick()
        tolerance = progress.tolerance(generation)
        order = population.order(tolerance)
        # A new order of the rows makes whom a child takes after random, shifts though they are.
        _shuffle(population, rng, order)
        order = population.order(tolerance)
        children = breeder.children(population, order, options.mutation_rate)
        f, over = evaluator.batch(breeder.variables(children))
        _select(population, children, f, over, tolerance)
        outcome = progress.over(population, tolerance)
        if outcome is not None:
            return outcome
    return Outcome(Ending.ITERATIONS, f"the cap of {CAP} generations was reached")


def _shuffle(population: _Population, rng: np.random.Generator, order: Index) -> None:
    mixed = rng.permutation(order)
    population.keys, population.f = population.keys[mixed], population.f[mixed]
    population.violations = population.violations[mixed]


def _select(
    population: _Population, children: Floats, f: Floats, over: Floats, tolerance: float
) -> None:
    """Each child takes its parent's place unless it is worse."""
    mine = np.where(over <= tolerance, 0.0, over)
    its = np.where(population.violations <= tolerance, 0.0, population.violations)
    wins: Mask = (mine < its) | ((mine == its) & ((f <= population.f) | np.isnan(population.f)))
    population.keys[wins], population.f[wins] = children[wins], f[wins]
    population.violations[wins] = over[wins]


class _Progress:
    """What has been gained lately, and what is still allowed to be off."""

    def __init__(self, evaluator: Evaluator, population: _Population) -> None:
        self.evaluator = evaluator
        self.relaxed = _first_tolerance(population)
        self.zero = ZERO * float(np.median(np.abs(population.f)))
        self.best, self.median = evaluator.best, np.inf
        self.stall, self.since = 0, evaluator.clock()
        self.deep = 1.0

    def tolerance(self, generation: int) -> float:
        """The violation that counts as none, which shrinks to 0 over the first generations."""
        shrinking = 5 * self.evaluator.options.max_stall
        left = max(0.0, 1 - generation / shrinking) if self.relaxed > 0 else 0.0
        return self.relaxed * left**5

    def over(self, population: _Population, tolerance: float) -> Outcome | None:
        """Why the search ends after a generation, if it does."""
        evaluator = self.evaluator
        worth = float(np.median(population.f)) if population.feasible else np.inf
        better = evaluator.best is not self.best or worth < self.median - FLAT * abs(worth)
        self.best, self.median = evaluator.best, min(self.median, worth)
        self.stall = 0 if better or tolerance > 0 else self.stall + 1
        self.since = evaluator.clock() if self.stall == 0 else self.since
        best = evaluator.best
        assert best is not None  # noqa: S101 - a population was evaluated
        if tolerance > 0:
            return None
        if below_bottom(evaluator, best, self.deep) and evaluator.feasible(best):
            if falls_on(evaluator, best, evaluator.start, evaluator.low, evaluator.high):
                return unbounded()
            self.deep *= DEEPER
        if self.stall > 0 and self._together(population):
            return Outcome(Ending.CONVERGED, "the whole population has drawn together")
        return self._stalled()

    def _together(self, population: _Population) -> bool:
        f = population.f
        if not population.feasible or self.evaluator.whole.any():
            return False
        return bool(np.ptp(f) <= TOGETHER * np.abs(f).max() + self.zero)

    def _stalled(self) -> Outcome | None:
        options, clock = self.evaluator.options, self.evaluator.clock
        if self.stall >= options.max_stall:
            return Outcome(Ending.NO_BETTER, f"{self.stall} generations brought nothing better")
        limit = options.max_stall_time
        if limit is not None and self.stall and clock() - self.since >= limit:
            return Outcome(Ending.NO_BETTER, f"{limit:g} seconds brought nothing better")
        return None


def _first_tolerance(population: _Population) -> float:
    """The violation of the best fifth of a population, most of which is not feasible; else 0."""
    if (population.violations == 0).mean() > RELAXED:
        return 0.0
    level = float(np.quantile(population.violations, RELAXED, method="lower"))
    return level if np.isfinite(level) else 0.0


def _ended(evaluator: Evaluator, outcome: Outcome) -> Found:
    best = evaluator.best
    assert best is not None  # noqa: S101 - a population was evaluated
    if not evaluator.feasible(best):
        why = f"{outcome.why}, and no point that meets every constraint was found"
        return Found(best, none_found(why))
    off = best.f > evaluator.options.precision * evaluator.target_unit
    if evaluator.model.sense == "value" and off:
        why = f"{outcome.why}; the objective is still off its target by {best.f:.3g}"
        return Found(best, Outcome(Ending.NOT_FOUND, why))
    return Found(best, outcome)
