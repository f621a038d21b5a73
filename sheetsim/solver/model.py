"""A general model: an objective, variables with bounds, constraints, and whole numbers.

Where `Problem` is what the batched methods of least squares and L-BFGS take, a `Model` is what a
Solver dialog says: set a cell to a minimum, a maximum or a value, by changing cells, subject to
constraints. Its functions take one point at a time and return values beside derivatives; a batch
of points is offered where a model has one (`values`), for the engines that live on batches.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from sheetsim.errors import OptionError
from sheetsim.solver.problem import Array, identity

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
Relation = Literal["<=", "=", ">="]
Sense = Literal["minimize", "maximize", "value"]
Objective = Callable[[Array], tuple[float, Array | None]]
Vector = Callable[[Array], tuple[Array, Array | None]]


@dataclass(frozen=True)
class Constraint:
    """A block of constraints: function(x) <=, = or >= 0, row by row.

    Attributes:
        function: x (n,) -> values (m,) and their Jacobian (m, n), or None in its place: then it
            is taken by finite differences.
        relation: Of the values to 0.
        name: How a report calls it, e.g. "Sheet1!B1:B5 <= Sheet1!C1:C5".
        linear: Whether it is known to be linear; None if it is not known.
        scale: What a violation is measured in, a number > 0 or (m,) of them, such as
            max(1, |right-hand side|).
        values: A batch: x (S, n) -> (S, m), if there is one.
    """

    function: Vector
    relation: Relation
    name: str = ""
    linear: bool | None = None
    scale: float | Array = 1.0
    values: Callable[[Array], Array] | None = None

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


@dataclass(frozen=True)
class Model:
    """What is sought.

    Attributes:
        start: (n,) the variables' present values.
        objective: x (n,) -> the objective and its gradient (n,), or None in the gradient's
            place: then it is taken by finite differences.
        sense: Whether to minimize it, to maximize it, or to make it equal to `target`.
        target: For the sense `value`.
        lower: (n,) bounds, -inf for none; None if there are none at all.
        upper: (n,) bounds, inf for none; None if there are none at all.
        constraints: Blocks of them.
        integer: (n,) which variables must be whole; or None.
        binary: (n,) which must be 0 or 1; or None.
        different: Groups of variables (their numbers from 0): the N of a group take the values
            1 to N, each once.
        residuals: x (n,) -> residuals (m,) and their Jacobian (m, n) or None, where the objective
            is a growing function of their sum of squares and is to be minimized.
        report: That function, sum (S,) -> objective (S,), e.g. a root mean square.
        values: A batch: x (S, n) -> objectives (S,), if there is one.
        gradients: A batch: x (S, n) -> gradients (S, n), if there is one.
        linear: Whether the objective is known to be linear; None if it is not known.
        kinked: Whether something in it is known not to be smooth.

    Raises:
        OptionError: A shape does not fit, or a part contradicts another.
    """

    start: Array
    objective: Objective
    sense: Sense = "minimize"
    target: float = 0.0
    lower: Array | None = None
    upper: Array | None = None
    constraints: tuple[Constraint, ...] = ()
    integer: Mask | None = None
    binary: Mask | None = None
    different: tuple[Index, ...] = ()
    residuals: Vector | None = None
    report: Callable[[Array], Array] = identity
    values: Callable[[Array], Array] | None = None
    gradients: Callable[[Array], Array] | None = None
    linear: bool | None = None
    kinked: bool = False

    def __post_init__(self) -> None:
        start = np.array(self.start, dtype=float)
        if start.ndim != 1 or start.size == 0:
            raise OptionError(f"model: start has shape {start.shape}, expected (n,) with n >= 1")
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

    @property
    def n(self) -> int:
        """How many variables there are."""
        return int(self.start.size)

    @property
    def low(self) -> Array:
        """The lower bounds (n,), those of binaries and all-different groups included."""
        return self._bounds()[0]

    @property
    def high(self) -> Array:
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

    def _bounds(self) -> tuple[Array, Array]:
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


def _bound(name: str, value: Array | None, n: int, default: float) -> Array:
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
