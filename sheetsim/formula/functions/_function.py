"""What a function of the table is.

Derivatives come in two forms. Most functions have partials: out = f(a, b), each partial shaped
like the result (cell by cell) or like the argument (a statistic of a range). Forward mode sums
partial * tangent over what the result does not have; reverse mode sums bar * partial over what
the argument does not have: `fit` does both. Functions of matrices have the two products instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sheetsim.formula.values import Array, Floats

ALL: frozenset[int] = frozenset(range(256))
"""All arguments; Excel takes at most 255."""

ONE: frozenset[int] = frozenset({-1})
"""For `linear`: linear in any one argument, the others held."""

NUMERIC = None
"""In place of a partial derivative: central differences of the value."""

Partials = Callable[[Sequence[Array], Array, Sequence[bool]], Sequence[Floats | None]]
Value1 = Callable[[Sequence[Array], bool], Array]


@dataclass(frozen=True)
class Function:
    """A function or operator of formulas.

    Attributes:
        name: in capitals, or the operator's sign.
        least, most: how many arguments it takes.
        value: (arguments, strict) -> result. Strict: errors are marked with their codes.
        partials: (arguments, result, which are wanted) -> a partial each; None where not wanted.
        jvp, vjp: for matrices: (i, tangent or bar, result, *arguments) -> tangent or bar.
        params, kinks, linear, sample, also: see the package's docstring.
        kind: the constructor's name.
        random: whether each recalculation gives another value.
    """

    name: str
    least: int
    most: int
    value: Value1
    kind: str
    partials: Partials | None = None
    jvp: Callable[..., Floats] | None = None
    vjp: Callable[..., Floats] | None = None
    params: str = "V"
    kinks: frozenset[int] = frozenset()
    linear: frozenset[int] = frozenset()
    sample: tuple[Any, ...] | None = None
    also: tuple[str, ...] = ()
    random: bool = False
    raw: Callable[..., Any] | None = field(default=None, repr=False)

    @property
    def derivable(self) -> bool:
        """Whether it has derivatives (of 0, where it is flat)."""
        return self.partials is not None or self.jvp is not None

    def slopes(
        self, args: Sequence[Array], out: Array, want: Sequence[bool]
    ) -> Sequence[Floats | None]:
        """Return the partials by the wanted arguments, None where they are 0."""
        return [None] * len(args) if self.partials is None else self.partials(args, out, want)


def fit(array: Floats, shape: tuple[int, ...]) -> Floats:
    """Sum over each of the last four axes along which `shape` has length 1."""
    own = array.shape
    if own[-4:] == shape[-4:]:
        return array
    axes = tuple(i for i in (-4, -3, -2, -1) if shape[i] == 1 and own[i] > 1)
    return array.sum(axis=axes, keepdims=True) if axes else array
