"""Evaluations of a model: counted, timed, and the best point so far kept.

Every engine asks for values here and nowhere else. So a time limit, Ctrl-C or an error in the
middle of anything leaves the best point behind, and no engine has to look after that: a limit
raises `Stop`, the front door catches it and takes `best`.

Inside, everything is a minimization and every constraint reads c = 0 or c <= 0: a maximum is the
minimum of the negative, c >= 0 is -c <= 0, and rows are divided by their scale. For a "value of"
the objective is 0 and objective - target = 0 is one more constraint (or, for Evolutionary and
its like, which get along with kinks, the distance is the objective: `distance=True`).

Points are compared by Deb's rules (Deb 2000): feasible beats infeasible, of two feasible points
the lower objective wins, of two infeasible ones the smaller violation.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.mixed_integer import MixedInteger
from sheetsim.solver.endings import Ending, Outcome, Stop
from sheetsim.solver.functions import Many, Mask, checked
from sheetsim.solver.model import Model
from sheetsim.solver.options import Options
from sheetsim.solver.parts.bounds import Box
from sheetsim.solver.parts.feasibility import violations
from sheetsim.solver.parts.finite_differences import LEAST_SCALE, difference, evaluations
from sheetsim.solver.result import Trial
from sheetsim.sparse import Sparse, from_dense, stacked

Clock = Callable[[], float]
"""Seconds since some moment; never backwards."""


@dataclass(slots=True)
class Point:
    """A point and what is known there.

    Attributes:
        x: (n,).
        f: The objective as minimized inside.
        c: (m,) constraints, = 0 or <= 0.
        shown: The objective as the sheet shows it.
        violation: By how much the worst constraint is off, whole numbers included; inf if
            something is NaN or infinite.
        g: (n,) the gradient of f, once it is asked for.
        A: (m, n) the Jacobian of c, once it is asked for.
    """

    x: Floats
    f: float
    c: Floats
    shown: float
    violation: float
    g: Floats | None = None
    A: Floats | None = None

    @property
    def finite(self) -> bool:
        """Whether every value is a finite number."""
        return math.isfinite(self.f) and bool(np.isfinite(self.c).all())


@dataclass
class Evaluator:
    """A model, the options and starts of a call, and the memory of a solve.

    Attributes:
        starts: How many searches: from the model's own start and from random ones. Or (S, n), the
            starts themselves.
        clock: What time limits are measured by.
        distance: Of a "value of": whether |objective - target| is minimized.
        iteration: Of the present start.
        earlier: Those of the starts before it.
        first: Where the search began, within the bounds; None before that.
        best: The best point so far.
        log: The improvements.
        bound: What no feasible f is below, where that is proved.
        attained: Whether a point with the bound's value was not only found beside an edge at which
            another value begins.
        reformulated: The model with binaries for its formulas, where HiGHS was given it.
    """

    model: Model
    options: Options
    starts: int | Floats = 1
    clock: Clock = time.perf_counter
    distance: bool = False
    evaluations: int = 0
    iteration: int = 0
    earlier: int = 0
    first: Point | None = None
    best: Point | None = None
    log: list[Trial] = field(default_factory=list)
    bound: float | None = None
    attained: bool = True
    reformulated: MixedInteger | None = None

    def __post_init__(self) -> None:
        self.began = self.clock()
        model, ignored = self.model, self.options.ignore_integers
        self.low, self.high = model.low, model.high
        if ignored:
            assert model.lower is not None  # noqa: S101 - Model saw to all three
            assert model.upper is not None  # noqa: S101
            # A binary is still between 0 and 1, as in Excel: what is ignored is that it is whole.
            binary = model.binary
            assert binary is not None  # noqa: S101
            self.low = np.where(binary, np.fmax(model.lower, 0.0), model.lower)
            self.high = np.where(binary, np.fmin(model.upper, 1.0), model.upper)
        self.whole = np.zeros(model.n, bool) if ignored else model.whole
        self.groups = () if ignored else model.different
        self.sign = -1.0 if model.sense == "maximize" else 1.0
        self.aims = model.sense == "value" and not self.distance
        seconds = self.options.max_time
        self.deadline = math.inf if seconds is None else self.began + seconds
        self.equal, self.sizes = self._rows()

    @property
    def start(self) -> Floats:
        """The first start (n,), moved onto the bounds."""
        start = self.model.start if isinstance(self.starts, int) else self.starts[0]
        return np.clip(start, self.low, np.fmax(self.low, self.high))

    def begin(self) -> Point:
        """Evaluate the start; what a search is compared with in the end."""
        if self.first is None:
            self.first = self.at(self.start, slopes=False)
        return self.first

    def _rows(self) -> tuple[Mask, list[int]]:
        """Which rows of c are equalities, and how many each block has."""
        x = self.start
        sizes, equal = [], [True] if self.aims else []
        for block in self.model.constraints:
            value = block.value(x)
            if value.ndim != 1 or np.shape(block.scale) not in ((), value.shape):
                raise OptionError(
                    f"constraint {block.name!r}: gave values of shape {value.shape} for a scale "
                    f"of shape {np.shape(block.scale)}, expected (m,) and (m,)"
                )
            sizes.append(value.size)
            equal += [block.relation == "="] * value.size
        return np.array(equal, dtype=bool), sizes

    # One point -----------------------------------------------------------------------------

    def at(
        self,
        x: Floats,
        *,
        residual: Floats | None = None,
        late: bool = False,
        probe: bool = False,
        slopes: bool = True,
    ) -> Point:
        """Evaluate at x (n,), and remember it if it is the best so far.

        `residual` spares the objective, where the residuals at x are known; `late` is for an
        answer that another program found when the time was over; a `probe` is no candidate;
        without `slopes`, derivatives that can be had sparse as well do not come along.
        """
        slopes = slopes or self.model.sparse is None
        if not late:
            self.check_time()
        self.evaluations += 1
        if residual is not None:
            value, g = float(self.model.report(np.array([residual @ residual]))[0]), None
        elif slopes:
            value, g = self.model.at(x)
        else:
            value, g = float(self.model.values(x[None])[0]), None
        c, A = self._constraints(x) if slopes else (self._rows_at(x), None)
        f, c, whole = self._inside(float(value), c)
        point = Point(x, f, c, float(value), self.violation(x, c))
        if whole and A is not None and g is not None:
            A = np.concatenate([self._own(g, (x.size,))[None] / self.target_unit, A])
        # Derivatives that came along are kept, unless differences are wanted.
        analytic = self.options.derivatives == "analytic"
        if analytic and g is not None:
            point.g = np.zeros(x.size) if whole else self.sign * self._own(g, (x.size,))
        if analytic and A is not None and A.shape[0] == c.size:
            point.A = A
        if not probe:
            self._remember(point)
        return point

    def derive(self, point: Point) -> tuple[Floats, Floats]:
        """The gradient (n,) and the Jacobian (m, n) at a point."""
        if point.g is None or point.A is None:
            self.evaluations += evaluations(self.options.scheme, point.x.size)
            both = np.concatenate([[point.f], point.c])
            slopes = self.difference(self._both, point.x, both)
            point.g = slopes[0] if point.g is None else point.g
            point.A = slopes[1:] if point.A is None else point.A
        return point.g, point.A

    def sparse_slopes(self, x: Floats) -> tuple[Floats, Sparse] | None:
        """The gradient (n,) of f and the Jacobian (m, n) of c at x (n,), sparse.

        None if the model does not have them so, or differences are wanted.
        """
        sparse = self.model.sparse
        if sparse is None or self.options.derivatives != "analytic":
            return None
        found = sparse.slopes(x)
        if found is None:
            return None
        g, A = found[0], found[1].scaled(self._factors())
        g = self._own(g, (x.size,))
        if self.aims:
            return np.zeros(x.size), stacked([from_dense(g[None] / self.target_unit), A], x.size)
        return self.sign * g, A

    def sparse_hessian(self, x: Floats, sigma: float, lam: Floats, steps: Floats) -> Sparse | None:
        """The Hessian (n, n) of sigma f + lam · c at x, by differences over steps (n,), sparse.

        None if the model does not have it so, or differences are wanted.
        """
        sparse = self.model.sparse
        if sparse is None or self.options.derivatives != "analytic":
            return None
        self.check_time()
        self.evaluations += 1
        weight = self.sign * sigma
        if self.aims:  # the objective is the first row
            weight, lam = float(lam[0]) / self.target_unit, lam[1:]
        return sparse.hessian(x, weight, lam * self._factors(), steps)

    def _factors(self) -> Floats:
        """What the rows (m,) of the model's own blocks are multiplied by to be those of c."""
        parts = [np.zeros(0)]
        for block, size in zip(self.model.constraints, self.sizes, strict=True):
            parts.append(np.broadcast_to(block.factor, size))
        return np.concatenate(parts)

    def lagrangian_slope(self, point: Point, lam: Floats) -> Floats:
        """The gradient (n,) of f + lam · c at a point; sparse where that can be."""
        sparse = self.sparse_slopes(point.x) if point.g is None or point.A is None else None
        if sparse is not None:
            return sparse[0] + sparse[1].transposed_dot(lam)
        g, A = self.derive(point)
        return np.asarray(g + A.T @ lam)

    def difference(self, function: Many, x: Floats, value: Floats) -> Floats:
        """The derivatives (m, n) of function (S, n) -> (S, m) at x (n,), by differences.

        Steps are measured by the variables, and by their start where they are near 0: 1e-7 may
        be a large number for one that began at 1e-8.
        """
        size = np.maximum(np.abs(x), LEAST_SCALE * np.abs(self.model.start))
        size = np.where(self.model.start == 0, np.maximum(size, LEAST_SCALE), size)
        size = np.where(size > 0, size, 1.0)
        box = Box(self.low / size, self.high / size)

        def scaled(z: Floats) -> Floats:
            return function(np.clip(z * size, self.low, self.high))

        slopes = difference(scaled, (x / size)[None], value[None], self.options.scheme, box)[0]
        return np.asarray(slopes / size)

    def _both(self, x: Floats) -> Floats:
        """The objective and the constraints, side by side, for x (S, n)."""
        self.check_time()
        f, c, _ = self.functions(x)
        return np.concatenate([f[:, None], c], axis=1)

    @property
    def target_unit(self) -> float:
        """What the distance from the target is measured in."""
        return max(1.0, abs(self.model.target))

    def _inside(self, value: float, c: Floats) -> tuple[float, Floats, bool]:
        """The f and c that are minimized, and whether the objective is among the constraints."""
        if self.model.sense != "value":
            return self.sign * value, c, False
        off = value - self.model.target
        if self.distance:
            return abs(off), c, False
        return 0.0, np.concatenate([[off / self.target_unit], c]), True

    def _constraints(self, x: Floats) -> tuple[Floats, Floats | None]:
        values, slopes = [np.zeros(0)], [np.zeros((0, x.size))]
        missing = False
        for block, size in zip(self.model.constraints, self.sizes, strict=True):
            value, J = block.function(x)
            factor = block.factor
            value = np.atleast_1d(np.asarray(value, dtype=float))
            values.append(factor * self._own(value, (size,), block.name))
            if J is None:
                missing = True
            else:
                J = self._own(np.atleast_2d(J), (size, x.size), block.name)
                slopes.append(np.broadcast_to(factor, size)[:, None] * J)
        return np.concatenate(values), None if missing else np.concatenate(slopes)

    def _rows_at(self, x: Floats) -> Floats:
        """The constraints (m,), without derivatives."""
        values = [np.zeros(0)]
        for block, size in zip(self.model.constraints, self.sizes, strict=True):
            values.append(block.factor * self._own(block.value(x), (size,), block.name))
        return np.concatenate(values)

    def _own(self, array: Floats, shape: tuple[int, ...], name: str = "") -> Floats:
        what = f"constraint {name!r}" if name else "gradient"
        return checked(what, np.asarray(array, dtype=float), shape)

    # Many points -----------------------------------------------------------------------------

    def batch(self, x: Floats) -> tuple[Floats, Floats]:
        """Give f (S,) and the total violation (S,) at x (S, n); the best of them is remembered.

        The violation is the sum over the rows and inf where something is not finite.
        """
        self.check_time()
        self.evaluations += len(x)
        f, c, shown = self.functions(x)
        total = violations(c, self.equal)
        total = np.where(total <= self.options.precision, 0.0, total).sum(axis=1)
        total = np.where(np.isfinite(total) & np.isfinite(f), total, np.inf)
        row = int(np.lexsort((np.where(np.isnan(f), np.inf, f), total))[0])
        point = Point(
            x[row].copy(), float(f[row]), c[row], float(shown[row]), self.violation(x[row], c[row])
        )
        self._remember(point)
        return f, total

    def functions(self, x: Floats) -> tuple[Floats, Floats, Floats]:
        """Give f (S,), c (S, m) and the objective as shown (S,) at x (S, n), uncounted."""
        model = self.model
        shown = model.values(x)
        parts = [np.zeros((len(x), 0))]
        for block, size in zip(model.constraints, self.sizes, strict=True):
            value = checked(f"constraint {block.name!r}", block.values(x), (len(x), size))
            parts.append(block.scaled(value))
        c = np.concatenate(parts, axis=1)
        if model.sense != "value":
            return self.sign * shown, c, shown
        off = shown - model.target
        if self.distance:
            return np.abs(off), c, shown
        return np.zeros(len(x)), np.concatenate([off[:, None] / self.target_unit, c], axis=1), shown

    # Keeping -----------------------------------------------------------------------------

    def violations(self, c: Floats) -> Floats:
        """By how much each row of c (..., m) is off."""
        return violations(c, self.equal)

    def worst(self, point: Point) -> float:
        """By how much the worst row is off at a point, whole numbers aside."""
        return float(self.violations(point.c).max(initial=0.0))

    def violation(self, x: Floats, c: Floats) -> float:
        """By how much the worst row, bound or whole number is off at x (n,)."""
        bounds = np.maximum(np.maximum(self.low - x, x - self.high), 0)
        whole = np.abs(x - np.round(x))[self.whole]
        # Nearly whole is not whole: a step of 1e-7 may cost as much as one of 1.
        whole = np.where(whole > 0, np.maximum(whole, 2 * self.options.precision), 0.0)
        off = [float(np.max(each, initial=0.0)) for each in (self.violations(c), bounds, whole)]
        off += [1.0 for group in self.groups if np.unique(np.round(x[group])).size < group.size]
        return max(off) if math.isfinite(sum(off)) else math.inf

    def feasible(self, point: Point) -> bool:
        """Whether the point meets every constraint within the precision."""
        return point.violation <= self.options.precision and point.finite

    def better(self, point: Point, other: Point | None) -> bool:
        """Whether the first of two points is the better one, by Deb's rules."""
        if other is None:
            return True
        mine, its = self.feasible(point), self.feasible(other)
        if mine and its:
            return point.f < other.f
        if mine or its:
            return mine
        return point.violation < other.violation

    def _remember(self, point: Point) -> None:
        if self.better(point, self.best):
            moved = 0.0 if self.best is None else float(np.linalg.norm(point.x - self.best.x))
            self.best = point
            numbers = self.earlier + self.iteration, point.shown, self.evaluations, moved, math.nan
            self.log.append(Trial(*numbers, point.violation))

    # Limits --------------------------------------------------------------------------------

    def check_time(self) -> None:
        """End the search if its time is over.

        Raises:
            Stop: It is. At the first evaluation it never is: an answer needs a point.
        """
        if self.evaluations and self.clock() >= self.deadline:
            why = f"max_time of {self.options.max_time:g} seconds was reached"
            raise Stop(Outcome(Ending.TIME, why))

    def next_start(self) -> None:
        """Count iterations anew, for they are limited by start."""
        self.earlier, self.iteration = self.earlier + self.iteration, 0

    def tick(self) -> None:
        """Count an iteration.

        Raises:
            Stop: It is one more than max_iterations.
        """
        most = self.options.max_iterations
        if most is not None and self.iteration >= most:
            why = f"max_iterations of {most} was reached"
            raise Stop(Outcome(Ending.ITERATIONS, why))
        self.iteration += 1
