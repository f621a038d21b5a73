"""Functions of the variables, in the two forms that a model may have them in.

The plain form takes one point x (n,) and returns a value beside its derivatives, or None in their
place: then they are taken by finite differences. A `Vectorized` function takes many points at once,
x (S, n), and gives values and derivatives apart; called with one point it is a plain one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.sparse import Sparse

Mask = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]
Many = Callable[[Floats], Floats]
"""x (S, n) -> one answer for each of the S points."""

Scalar = Callable[[Floats], tuple[float, Floats | None]]
"""x (n,) -> a number and its gradient (n,), or None."""

Vector = Callable[[Floats], tuple[Floats, Floats | None]]
"""x (n,) -> (m,) numbers and their Jacobian (m, n), or None."""


@dataclass(frozen=True)
class SparseDerivatives:
    """The derivatives of a model's functions as sparse matrices, in its own terms.

    Attributes:
        slopes: x (n,) -> the gradient (n,) of the objective, and the Jacobian (m, n) of the rows
            of all constraints, one block below the other, with the same places at every x; None
            if there are too many.
        degree: what the objective is known to be: 0 constant, 1 linear, 2 a polynomial of degree
            2; more for anything else.
        curvature: of an objective of degree 2, () -> its Hessian (n, n), which is the same
            everywhere; None if it has too many places.
        hessian: x (n,), sigma, multipliers (m,), steps (n,) -> the Hessian (n, n) of sigma times
            the objective plus multipliers times the rows, by differences over the steps, with the
            same places at every x; None likewise.
    """

    slopes: Callable[[Floats], tuple[Floats, Sparse] | None]
    degree: int
    curvature: Callable[[], Sparse | None]
    hessian: Callable[[Floats, float, Floats, Floats], Sparse | None]


@dataclass(frozen=True)
class Vectorized:
    """A function that takes many points at once.

        Vectorized(lambda x: (x**2).sum(axis=1), lambda x: 2 * x)

    Attributes:
        values: x (S, n) -> (S,), or (S, m) for a vector.
        derivatives: x (S, n) -> the gradients (S, n), or the Jacobians (S, m, n); or None.
        at: the same in the plain form, where one point is cheaper that way; else it is made of
            the two others.
    """

    values: Many
    derivatives: Many | None = None
    at: Callable[[Floats], tuple[Any, Floats | None]] | None = None

    def __call__(self, x: Floats) -> tuple[Any, Floats | None]:
        """The value and the derivatives, or None, at one point x (n,)."""
        if self.at is not None:
            return self.at(x)
        value = np.asarray(self.values(x[None]))
        if value.shape[:1] != (1,):
            raise OptionError(
                f"model: a vectorized function returned an array of shape {value.shape} for one "
                "point, expected (1,) or (1, m)"
            )
        return value[0], None if self.derivatives is None else self.derivatives(x[None])[0]

    @property
    def batched(self) -> bool:
        """Whether many points are all that it takes of itself."""
        return self.at is None


def identity(x: Floats) -> Floats:
    """Return x itself."""
    return x


def checked(name: str, value: Floats, shape: tuple[int | None, ...]) -> Floats:
    """Return what the function `name` gave, if it has the shape (None fits any length).

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
            f"model: {name} returned an array of shape {value.shape}, expected ({expected})"
        )
    return value
