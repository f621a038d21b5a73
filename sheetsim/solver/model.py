"""A model: an objective, variables with bounds, constraints, and whole numbers.

What a Solver dialog says: set a cell to a minimum, a maximum or a value, by changing cells, subject
to constraints. Its functions are plain (one point at a time, a value beside its derivatives) or
`Vectorized` (many points at once); whatever they are, the same model goes to any engine. An
objective that is a growing function of a sum of squares may be given by its residuals, or by what
Gauss-Newton makes of them (`NormalEquations`), and with some of its variables solved for
(`Reduction`).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.solver.functions import (
    Index,
    Many,
    Mask,
    Scalar,
    SparseDerivatives,
    Vector,
    Vectorized,
    checked,
    identity,
)
from sheetsim.solver.reformulation import Reformulate

Relation = Literal["<=", "=", ">="]
Sense = Literal["minimize", "maximize", "value"]
NormalEquations = Callable[[Floats], tuple[Floats, Floats, Floats]]
"""x (S, n) -> the sums of squared residuals (S,), Jᵀr (S, n) and JᵀJ (S, n, n)."""

Sample = Callable[[np.random.Generator, int], Floats]


@dataclass(frozen=True)
class Constraint:
    """A block of constraints: function(x) <=, = or >= 0, row by row.

    Attributes:
        function: x (n,) -> values (m,) and their Jacobian (m, n) or None; or a `Vectorized` one.
        relation: Of the values to 0.
        name: How a report calls it, e.g. "Sheet1!B1:B5 <= Sheet1!C1:C5".
        linear: Whether it is known to be linear; None if it is not known.
        quadratic: Whether every row is known to be a polynomial of degree 2 at most.
        scale: What a violation is measured in, a number > 0 or (m,) of them, such as
            max(1, |right-hand side|).
    """

    function: Vector
    relation: Relation
    name: str = ""
    linear: bool | None = None
    scale: float | Floats = 1.0
    quadratic: bool = False

    def __post_init__(self) -> None:
        if self.relation not in get_args(Relation):
            raise OptionError(
                f"constraint {self.name!r}: relation is {self.relation!r}, expected <=, = or >="
            )
        scale = np.asarray(self.scale, dtype=float)
        if scale.ndim > 1 or not (np.isfinite(scale).all() and (scale > 0).all()):
            raise OptionError(
                f"constraint {self.name!r}: scale is {self.scale!r}, expected numbers > 0"
            )

    @property
    def factor(self) -> Floats:
        """What values and Jacobian are multiplied by to read = 0 or <= 0, in units of the scale."""
        return np.asarray((-1.0 if self.relation == ">=" else 1.0) / np.asarray(self.scale))

    def scaled(self, values: Floats) -> Floats:
        """Values (..., m) as they read = 0 or <= 0, in units of the scale."""
        turned = -values if self.relation == ">=" else values
        return np.asarray(turned / np.asarray(self.scale))

    def value(self, x: Floats) -> Floats:
        """The values (m,) at one point x (n,), without derivatives where that spares them."""
        function = self.function
        if isinstance(function, Vectorized) and not function.batched:
            return np.asarray(function.values(x[None])[0], dtype=float)
        return np.atleast_1d(np.asarray(function(x)[0], dtype=float))

    def values(self, x: Floats) -> Floats:
        """The values (S, m) at x (S, n)."""
        if isinstance(self.function, Vectorized):
            return np.asarray(self.function.values(x), dtype=float)
        return np.stack([np.atleast_1d(self.function(row)[0]) for row in x])


@dataclass(frozen=True)
class Reduction:
    """A smaller least-squares model with the same minimum, some variables solved for.

    The method iterates on u (S, p), the variables that are left (variable projection).

    Attributes:
        normal_equations: Of the residuals as functions of u, or a good model of them.
        restrict: x (S, n) -> u (S, p), the variables that are left.
        expand: u (S, p) -> x (S, n), the eliminated variables at their optimum.
        lead: u (S, p) -> u (S, p), a better start out of a start. Never a worse one.
        evaluations: What `lead` counts as, in evaluations of the objective.
        zero: The sum of squares, as a part of that at the start, which the rounding of the
            elimination does not tell from zero.
    """

    normal_equations: NormalEquations
    restrict: Many
    expand: Many
    lead: Many = identity
    evaluations: int = 0
    zero: float = 1e-20


@dataclass(frozen=True)
class Model:
    """What is sought.

    One of `objective`, `residuals` and `normal_equations` is enough; residuals beside an objective
    say that it is a growing function of their sum of squares.

    Attributes:
        start: (n,) the variables' present values. They may be NaN or infinite: that ends with an
            error value.
        objective: x (n,) -> the objective and its gradient (n,) or None; or a `Vectorized` one.
        sense: Whether to minimize it, to maximize it, or to make it equal to `target`.
        target: For the sense `value`.
        lower: (n,) bounds, -inf for none; None if there are none at all.
        upper: (n,) bounds, inf for none; None if there are none at all.
        constraints: Blocks of them.
        integer: (n,) which variables must be whole; or None.
        binary: (n,) which must be 0 or 1; or None.
        different: Groups of variables (their numbers from 0): the N of a group take the values
            1 to N, each once.
        residuals: x (n,) -> residuals (m,) and their Jacobian (m, n) or None; or a `Vectorized`
            function.
        normal_equations: Where a structure lets them be formed cheaply.
        report: The growing function, sum of squares (S,) -> objective (S,), e.g. a root mean
            square.
        reduction: The same model with some variables eliminated. It is used where the derivatives
            are analytic and nothing is constrained or bounded.
        partly_linear: Whether the residuals are known to be linear in a set of variables (n,) while
            the others are held.
        sample: (generator, count) -> starts (count, n) beside the own; None for points around
            the start, within the bounds.
        linear: Whether the objective is known to be linear; None if it is not known.
        convex: Whether the objective, as it is minimized, is known to be convex, or to have the
            minima of a convex function (a root of a sum of squares).
        kinked: Whether something in it is known not to be smooth.
        sparse: The derivatives as sparse matrices, if the model has them so as well.
        work: How many numbers an evaluation computes, about; None if that is not known.
        reformulate: The same model with binaries for what is not linear in it; None if there is
            no such way.
        names: (n,) what sentences call the variables; None for "variable 0" and so on.

    Raises:
        OptionError: A shape does not fit, or a part contradicts another.
    """

    start: Floats
    objective: Scalar | None = None
    sense: Sense = "minimize"
    target: float = 0.0
    lower: Floats | None = None
    upper: Floats | None = None
    constraints: tuple[Constraint, ...] = ()
    integer: Mask | None = None
    binary: Mask | None = None
    different: tuple[Index, ...] = ()
    residuals: Vector | None = None
    normal_equations: NormalEquations | None = None
    report: Many = identity
    reduction: Reduction | None = field(default=None, repr=False)
    partly_linear: Callable[[Mask], bool] | None = field(default=None, repr=False)
    sample: Sample | None = None
    linear: bool | None = None
    convex: bool = False
    kinked: bool = False
    sparse: SparseDerivatives | None = field(default=None, repr=False)
    work: int | None = None
    reformulate: Reformulate | None = field(default=None, repr=False)
    names: tuple[str, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        start = _start(self.start)
        set_ = object.__setattr__
        set_(self, "start", start)
        set_(self, "lower", _bound("lower", self.lower, start.size, -np.inf))
        set_(self, "upper", _bound("upper", self.upper, start.size, np.inf))
        for name in ("integer", "binary"):
            set_(self, name, _mask(name, getattr(self, name), start.size))
        set_(self, "different", tuple(_group(each, start.size) for each in self.different))
        members = np.concatenate([np.zeros(0, np.intp), *self.different])
        if len(set(members.tolist())) < members.size:
            raise OptionError("model: a variable is in two all-different groups, expected one")
        set_(self, "constraints", tuple(self.constraints))
        if self.sense not in get_args(Sense):
            words = ", ".join(get_args(Sense))
            raise OptionError(f"model: sense is {self.sense!r}, expected one of {words}")
        if not np.isfinite(self.target):
            raise OptionError(f"model: target is {self.target!r}, expected a finite number")
        if self.names is not None and len(self.names) != start.size:
            raise OptionError(f"model: got {len(self.names)} names, expected {start.size}")
        self._require_objective()

    def _require_objective(self) -> None:
        """Refuse a model without an objective, and one that leaves open which it is."""
        if self.objective is None and not self.is_least_squares:
            raise OptionError("model: got neither an objective nor residuals nor normal equations")
        if is_batched(self.objective) and self.is_least_squares:
            raise OptionError(
                "model: got an objective and residuals of many points each, expected one of them"
            )

    @property
    def n(self) -> int:
        """How many variables there are."""
        return int(self.start.size)

    @property
    def is_least_squares(self) -> bool:
        """Whether the objective is a growing function of a sum of squares."""
        return self.residuals is not None or self.normal_equations is not None

    @property
    def is_linear(self) -> bool:
        """Whether the objective and all constraints are known to be linear."""
        return bool(self.linear) and all(block.linear for block in self.constraints)

    def name(self, variable: int) -> str:
        """What a sentence calls a variable, by its number from 0."""
        return f"variable {variable}" if self.names is None else self.names[variable]

    # The objective ---------------------------------------------------------------------------

    def at(self, x: Floats) -> tuple[float, Floats | None]:
        """The objective and its gradient (n,), or None, at one point x (n,).

        Raises:
            OptionError: A function returned an array of a wrong shape.
        """
        if self.objective is not None:
            value, g = self.objective(x)
            return float(value), g
        if self.residuals is None:
            return float(self.values(x[None])[0]), None
        r, J = self.residuals(x)
        r = checked("residuals", r, (None,))
        value = float(self.report(np.array([r @ r]))[0])
        return value, 2 * J.T @ r if self.report is identity and J is not None else None

    def values(self, x: Floats) -> Floats:
        """The objective (S,) at x (S, n).

        Raises:
            OptionError: A function returned an array of a wrong shape.
        """
        if isinstance(self.objective, Vectorized):
            return checked("objective", self.objective.values(x), x.shape[:1])
        if self.objective is None and isinstance(self.residuals, Vectorized | None):
            return checked("report", self.report(self.sum_of_squares(x)), x.shape[:1])
        return np.array([self.at(row)[0] for row in x])

    @property
    def gradients(self) -> Many | None:
        """The gradients (S, n) of the objective at x (S, n), if it has them."""
        return self.objective.derivatives if isinstance(self.objective, Vectorized) else None

    def sum_of_squares(self, x: Floats) -> Floats:
        """Of vectorized residuals (S,), or by the normal equations, at x (S, n).

        Raises:
            OptionError: The residuals have a wrong shape.
        """
        if isinstance(self.residuals, Vectorized):
            r = checked("residuals", self.residuals.values(x), (x.shape[0], None))
            return np.asarray(np.einsum("sm,sm->s", r, r), dtype=float)
        assert self.normal_equations is not None  # noqa: S101 - who asks has seen to it
        return self.normal_equations(x)[0]

    # The variables -----------------------------------------------------------------------------

    @property
    def low(self) -> Floats:
        """The lower bounds (n,), those of binaries and all-different groups included."""
        return self._bounds()[0]

    @property
    def high(self) -> Floats:
        """The upper bounds (n,), as `low`."""
        return self._bounds()[1]

    @property
    def whole(self) -> Mask:
        """Which variables (n,) must be whole numbers: integers, binaries, all-different ones."""
        assert self.integer is not None  # noqa: S101 - __post_init__ saw to both
        assert self.binary is not None  # noqa: S101
        whole = self.integer | self.binary
        for group in self.different:
            whole[group] = True
        return whole

    def _bounds(self) -> tuple[Floats, Floats]:
        assert self.lower is not None  # noqa: S101
        assert self.upper is not None  # noqa: S101
        low, high = self.lower.copy(), self.upper.copy()
        binary, whole = self.binary, self.whole
        low[binary], high[binary] = np.fmax(low[binary], 0), np.fmin(high[binary], 1)
        for group in self.different:
            low[group] = np.fmax(low[group], 1)
            high[group] = np.fmin(high[group], group.size)
        # A bound of 2.9999999 on a whole number is a 3 that somebody computed.
        low[whole], high[whole] = np.ceil(low[whole] - 1e-9), np.floor(high[whole] + 1e-9)
        return low, high


def is_batched(function: object) -> bool:
    """Whether a function takes many points at once, and one point only as a batch of one."""
    return isinstance(function, Vectorized) and function.batched


def _start(value: Floats) -> Floats:
    try:
        start = np.array(value, dtype=float)
    except (TypeError, ValueError):
        raise OptionError(f"model: start is {value!r}, expected numbers") from None
    if start.ndim != 1 or start.size == 0:
        raise OptionError(f"model: start has shape {start.shape}, expected (n,) with n >= 1")
    return start


def _bound(name: str, value: Floats | None, n: int, default: float) -> Floats:
    bound = np.full(n, default) if value is None else np.array(value, dtype=float)
    if bound.shape != (n,):
        raise OptionError(f"model: {name} has shape {bound.shape}, expected ({n},), as the start")
    if np.isnan(bound).any():
        where = int(np.flatnonzero(np.isnan(bound))[0])
        raise OptionError(f"model: {name}[{where}] is NaN, expected a number or an infinity")
    return bound


def _mask(name: str, value: Mask | None, n: int) -> Mask:
    mask = np.zeros(n, dtype=bool) if value is None else np.array(value)
    if mask.shape != (n,) or mask.dtype != bool:
        raise OptionError(
            f"model: {name} has shape {mask.shape} of {mask.dtype}, expected ({n},) of bool"
        )
    return mask


def _group(value: Index, n: int) -> Index:
    group = np.array(value)
    whole = np.issubdtype(group.dtype, np.integer)
    if group.ndim != 1 or not group.size or not whole or group.min() < 0 or group.max() >= n:
        raise OptionError(
            f"model: an all-different group is {value!r}, expected numbers of variables, 0 to {n}"
        )
    return group.astype(np.intp)
