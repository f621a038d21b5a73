"""A minimization problem: what a sheet's objective cell, variable cells and bounds say.

Every callable is vectorized over a leading axis of S starts: it takes x (S, n) and returns one
answer a start. That is what lets a multistart run as one batch of arrays.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from sheetsim.errors import OptionError

Array = npt.NDArray[np.float64]
Function = Callable[[Array], Array]
NormalEquations = Callable[[Array], tuple[Array, Array, Array]]
Sample = Callable[[np.random.Generator, int], Array]


def identity(x: Array) -> Array:
    """Return x itself."""
    return x


@dataclass(frozen=True)
class Reduction:
    """A smaller least-squares problem with the same minimum, some variables solved for.

    The method iterates on u (S, p), the variables that are left (variable projection).

    Attributes:
        normal_equations: u (S, p) -> the sum of squared residuals (S,), Jᵀr (S, p) and
            JᵀJ (S, p, p), J being the Jacobian of the residuals or a good model of it.
        restrict: x (S, n) -> u (S, p), the variables that are left.
        expand: u (S, p) -> x (S, n), the eliminated variables at their optimum.
        lead: u (S, p) -> u (S, p), a better start out of a start. Never a worse one.
        evaluations: What `lead` counts as, in evaluations of the objective.
        zero: The sum of squares, as a part of that at the start, which the rounding of the
            elimination does not tell from zero.
    """

    normal_equations: NormalEquations
    restrict: Function
    expand: Function
    lead: Function = identity
    evaluations: int = 0
    zero: float = 1e-20


@dataclass(frozen=True)
class Problem:
    """An objective to minimize, or residuals whose sum of squares is to be minimized.

    Exactly one of `objective` and `residuals` is given, or `normal_equations` alone.

    Attributes:
        start: (n,) where the search begins. May hold NaN or inf: that ends as diverged.
        objective: x (S, n) -> (S,).
        gradient: x (S, n) -> (S, n), of the objective.
        residuals: x (S, n) -> (S, m).
        jacobian: x (S, n) -> (S, m, n), of the residuals.
        normal_equations: x (S, n) -> (S,), (S, n), (S, n, n): the sum of squared residuals,
            Jᵀr and JᵀJ, where a structure lets them be formed cheaply.
        lower: (n,) bounds, -inf for none; or None.
        upper: (n,) bounds, inf for none; or None.
        report: A monotone function of the sum of squares (S,) -> the number that the sheet
            shows (S,), e.g. a root mean square. For least squares only.
        sample: (generator, count) -> starts (count, n). Default: uniform within the bounds;
            above a lone lower bound, below a lone upper bound, and from 0 without any, it is
            uniform over a width of 1.
        reduction: The same problem with some variables eliminated. It is used where the
            derivatives are analytic and there are no bounds.

    Raises:
        OptionError: A shape does not fit, or the callables do not go together.
    """

    start: Array
    objective: Function | None = None
    gradient: Function | None = None
    residuals: Function | None = None
    jacobian: Function | None = None
    normal_equations: NormalEquations | None = None
    lower: Array | None = None
    upper: Array | None = None
    report: Function = identity
    sample: Sample | None = None
    reduction: Reduction | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        start = _vector("start", self.start)
        object.__setattr__(self, "start", start)
        for name in ("lower", "upper"):
            bound = getattr(self, name)
            if bound is not None:
                object.__setattr__(self, name, _bound(name, bound, start.size))
        if self.objective is not None and self.is_least_squares:
            raise OptionError("problem: got an objective and residuals, expected one of them")
        if self.objective is None and not self.is_least_squares:
            raise OptionError(
                "problem: got neither an objective nor residuals nor normal equations"
            )
        if self.gradient is not None and self.objective is None:
            raise OptionError("problem: got a gradient without an objective")
        if self.jacobian is not None and self.residuals is None:
            raise OptionError("problem: got a jacobian without residuals")

    @property
    def is_least_squares(self) -> bool:
        """Whether the objective is a sum of squares."""
        return self.residuals is not None or self.normal_equations is not None

    @property
    def is_bounded(self) -> bool:
        """Whether any variable has a bound."""
        return self.lower is not None or self.upper is not None

    def value(self, x: Array) -> Array:
        """The number the sheet shows (S,) at x (S, n).

        Raises:
            OptionError: A callable returned an array of a wrong shape.
        """
        if self.objective is not None:
            return checked("objective", self.objective(x), x.shape[:1])
        return self.report(self.sum_of_squares(x))

    def sum_of_squares(self, x: Array) -> Array:
        """Of the residuals (S,) at x (S, n), for least squares.

        Raises:
            OptionError: A callable returned an array of a wrong shape.
        """
        if self.residuals is not None:
            r = checked("residuals", self.residuals(x), (x.shape[0], None))
            return np.asarray(np.einsum("sm,sm->s", r, r), dtype=float)
        assert self.normal_equations is not None  # noqa: S101 - __post_init__ saw to it
        return self.normal_equations(x)[0]

    def project(self, x: Array) -> Array:
        """The point (S, n) within the bounds that is nearest to x (S, n)."""
        return np.clip(x, self.lower, self.upper) if self.is_bounded else x

    def draw(self, rng: np.random.Generator, count: int) -> Array:
        """Random starts (count, n), within the bounds.

        Raises:
            OptionError: `sample` returned an array of a wrong shape.
        """
        if self.sample is not None:
            return checked("sample", self.sample(rng, count), (count, self.start.size))
        unit = rng.uniform(size=(count, self.start.size))
        lower = np.full(self.start.size, -np.inf) if self.lower is None else self.lower
        upper = np.full(self.start.size, np.inf) if self.upper is None else self.upper
        low = np.where(np.isfinite(lower), lower, np.where(np.isfinite(upper), upper - 1, 0.0))
        high = np.where(np.isfinite(upper), upper, low + 1)
        starts: Array = low + unit * (high - low)
        return starts


def checked(name: str, value: Array, shape: tuple[int | None, ...]) -> Array:
    """Return what the callable `name` gave, if it has the shape (None fits any length).

    Raises:
        OptionError: It has another shape.
    """
    value = np.asarray(value, dtype=float)
    if value.shape == shape:
        return value
    fits = value.ndim == len(shape) and all(
        want is None or got == want for got, want in zip(value.shape, shape, strict=True)
    )
    if not fits:
        expected = ", ".join("m" if want is None else str(want) for want in shape)
        raise OptionError(
            f"problem: {name} returned an array of shape {value.shape}, expected ({expected})"
        )
    return value


def _vector(name: str, value: Array) -> Array:
    try:
        vector = np.array(value, dtype=float)
    except (TypeError, ValueError):
        raise OptionError(f"problem: {name} is {value!r}, expected numbers") from None
    if vector.ndim != 1 or vector.size == 0:
        raise OptionError(
            f"problem: {name} has shape {vector.shape}, expected one dimension, 1 number or more"
        )
    return vector


def _bound(name: str, value: Array, n: int) -> Array:
    bound = _vector(name, value)
    if bound.size != n:
        raise OptionError(f"problem: {name} has {bound.size} numbers, expected {n}, as the start")
    if np.isnan(bound).any():
        where = int(np.flatnonzero(np.isnan(bound))[0])
        raise OptionError(f"problem: {name}[{where}] is NaN, expected a number or an infinity")
    return bound
