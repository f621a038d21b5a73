"""Sums of columns with coefficients, and what is known of their values.

A column is a variable of the model, or one that was added. Coefficients that became 0 stay, so that
it is known what an expression was made from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsim.formula.values import BOOL, NUMBER

if TYPE_CHECKING:
    from collections.abc import Mapping

GRAIN = 2.0**-20
"""Numbers that are multiples of it, and not too large, are added and multiplied exactly."""

LARGEST = 2.0**30
"""Up to here; a float has 53 bits."""

EITHER = 99
"""The kind of what is a number at one x and a boolean at another."""


def is_grainy(number: float) -> bool:
    """Return whether a number is a multiple of the grain."""
    return abs(number) < LARGEST and (number / GRAIN).is_integer()


@dataclass(frozen=True, slots=True)
class Affine:
    """constant + Σ terms[column] * column.

    Attributes:
        terms: column -> coefficient.
        constant: what is added.
        grainy: whether all that it was computed from are multiples of the grain.
        peak: no less than the sum of all absolute coefficients that were added on the way.
        kind: NUMBER, BOOL or EITHER.
        ratio: a dividend and a whole divisor that it is the quotient of; None if it is not known.
    """

    terms: Mapping[int, float]
    constant: float = 0.0
    grainy: bool = True
    peak: float = 1.0
    kind: int = NUMBER
    ratio: tuple[Affine, float] | None = None

    @property
    def moves(self) -> bool:
        """Whether it has a term."""
        return any(self.terms.values())

    def plus(self, other: Affine, factor: float = 1.0) -> Affine:
        """Return self + factor * other, a number."""
        terms = dict(self.terms)
        for column, coefficient in other.terms.items():
            terms[column] = terms.get(column, 0.0) + factor * coefficient
        constant = self.constant + factor * other.constant
        numbers = (constant, factor, *terms.values())
        grainy = self.grainy and other.grainy and all(map(is_grainy, numbers))
        return Affine(terms, constant, grainy, self.peak + abs(factor) * other.peak)

    def times(self, factor: float) -> Affine:
        """Return factor * self, a number."""
        return fixed(0.0).plus(self, factor)

    def of_kind(self, kind: int) -> Affine:
        """Return the same as another kind of value."""
        return Affine(self.terms, self.constant, self.grainy, self.peak, kind)

    def key(self) -> tuple[object, ...]:
        """Return what equal expressions have in common."""
        terms = frozenset((i, c) for i, c in self.terms.items() if c)
        return terms, self.constant, self.grainy


def fixed(number: float) -> Affine:
    """Return a constant."""
    return Affine({}, number, is_grainy(number), abs(number))


def negated(truth: Affine) -> Affine:
    """Return 1 - truth, a boolean."""
    return fixed(1.0).plus(truth, -1.0).of_kind(BOOL)
