"""Compiled cells as functions of the variables alone, in the form that the solver takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from sheetsim.solver.functions import SparseDerivatives, Vectorized
from sheetsim.solver.model import Constraint

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sheetsim.arrays import Floats
    from sheetsim.formula.program import Program
    from sheetsim.solver.functions import Index, Mask
    from sheetsim.sparse import Sparse
    from sheetsim.workbook.solver_model.model import SolverConstraint


class Function(Protocol):
    """Cells as a function of the variables: a `Program`, or IronCalc's."""

    def values(self, x: Floats) -> Floats:
        """(n,) -> (m,), or (S, n) -> (S, m); NaN for what is no number."""


@dataclass(frozen=True)
class Block:
    """A constraint: its rows are cells of `Compiled.outputs`.

    Attributes:
        stored: as the model has it.
        left: (m,) where the cells on the left stand among the outputs.
        right: (m,) or (1,) likewise for the right; None if it is a number.
        number: the right-hand side, if `right` is None.
    """

    stored: SolverConstraint
    left: Index
    right: Index | None
    number: float = 0.0


class Joined:
    """The outputs as functions of the variables alone, the parameters held.

    Attributes:
        rows: whether constraints ask for all outputs at each point beside the objective.
    """

    def __init__(
        self, program: Program | None, function: Function, held: Floats, n: int, *, rows: bool
    ) -> None:
        self.program, self.function, self.held, self.n = program, function, held, n
        self.rows = rows
        self._last: tuple[bytes, Floats, Floats | None] | None = None
        self._seen: tuple[bytes, Floats] | None = None

    def full(self, x: Floats) -> Floats:
        """Variables (..., n) and parameters side by side."""
        if not self.held.size:
            return x
        held = np.broadcast_to(self.held, (*x.shape[:-1], self.held.size))
        return np.concatenate([x, held], axis=-1)

    def values(self, x: Floats) -> Floats:
        """All outputs: (n,) -> (m,), (S, n) -> (S, m); who asks in turn shares one run."""
        if x.size > x.shape[-1]:
            return self.function.values(self.full(x))
        key = x.tobytes()
        if self._seen is None or self._seen[0] != key:
            values = self.function.values(self.full(x.reshape(x.shape[-1])))
            self._seen = (key, values)
        return self._seen[1].reshape((*x.shape[:-1], -1))

    def gradient(self, x: Floats) -> tuple[Floats, Floats]:
        """The first output and its gradient."""
        assert self.program is not None  # noqa: S101 - who asks has seen to it
        value, gradient = self.program.value_and_gradient(self.full(x))
        return value, gradient[..., : self.n]

    def objective(self) -> Vectorized:
        """The first output, with its gradient if there is one."""
        gradients = None if self.program is None else lambda x: self.gradient(x)[1]
        return Vectorized(lambda x: self.values(x)[..., 0], gradients, at=self._objective_at)

    def _objective_at(self, x: Floats) -> tuple[float, Floats | None]:
        if self.rows or self.program is None:
            values, jacobian = self.both(x)
            return float(values[0]), None if jacobian is None else jacobian[0]
        value, gradient = self.gradient(x)
        return float(value), gradient

    def both(self, x: Floats) -> tuple[Floats, Floats | None]:
        """All outputs and their Jacobian at one point; all who ask in turn share one run."""
        key = x.tobytes()
        if self._last is None or self._last[0] != key:
            self._last = (key, *self._run(x))
        return self._last[1], self._last[2]

    def _run(self, x: Floats) -> tuple[Floats, Floats | None]:
        if self.program is None:
            return self.values(x), None
        values, jacobian = self.program.values_and_jacobian(self.full(x))
        return values, jacobian[..., : self.n]

    def sparse(
        self, blocks: Sequence[Block], degree: int, *, has_objective: bool
    ) -> SparseDerivatives | None:
        """The derivatives as sparse matrices; None if IronCalc computes the model."""
        program = self.program
        if program is None:
            return None
        left = np.concatenate([np.zeros(0, np.intp), *(block.left for block in blocks)])
        right = np.concatenate([np.zeros(0, np.intp), *map(_rights, blocks)])

        def slopes_at(x: Floats) -> tuple[Floats, Sparse] | None:
            found = program.values_and_sparse_jacobian(self.full(x))
            if found is None:
                return None
            slopes = found[1].cut(self.n)
            with_right = right >= 0
            other = slopes.take(np.where(with_right, right, 0))
            gradient = slopes.take(np.zeros(int(has_objective), np.intp)).dense().sum(0)
            return gradient, slopes.take(left).minus(other.only(with_right))

        def curvature() -> Sparse | None:
            return program.quadratic_hessian(self.full(np.zeros(self.n)), self.n)

        def hessian(x: Floats, sigma: float, multipliers: Floats, steps: Floats) -> Sparse | None:
            weights = np.zeros(len(program.outputs))
            weights[0] = sigma if has_objective else 0.0
            np.add.at(weights, left, multipliers)
            np.subtract.at(weights, right[right >= 0], multipliers[right >= 0])
            held = np.zeros(self.held.size)
            found = program.hessian(self.full(x), weights, np.append(steps, held))
            return None if found is None else found.cut(self.n).take(np.arange(self.n))

        return SparseDerivatives(slopes_at, degree, curvature, hessian)

    def cut(
        self, residuals: Callable[[Floats], tuple[Floats, Floats]]
    ) -> Callable[[Floats], tuple[Floats, Floats]]:
        """Residuals as a function of the variables alone."""
        if not self.held.size:
            return residuals

        def held(x: Floats) -> tuple[Floats, Floats]:
            values, jacobian = residuals(self.full(x))
            return values, jacobian[..., : self.n]

        return held


def _rights(block: Block) -> Index:
    """(m,) where the right sides of a constraint stand among the outputs; -1 for a number."""
    right = np.full(1, -1, np.intp) if block.right is None else block.right
    return np.broadcast_to(right, block.left.shape)


def widened(known: Callable[[Mask], bool], held: int) -> Callable[[Mask], bool]:
    """The same question of the variables alone, where `held` parameters follow them."""
    return lambda some: known(np.concatenate([some, np.zeros(held, bool)]))


def nothing(x: Floats) -> tuple[float, Floats]:
    """The objective of a model that only has constraints."""
    return 0.0, np.zeros_like(x)


def rows_of(block: Block) -> list[int]:
    """Return the outputs that a constraint compares."""
    right = [] if block.right is None else block.right.tolist()
    return [*block.left.tolist(), *right]


def sides_of(block: Block) -> list[tuple[int, int | None, float, str]]:
    """Return a constraint row by row: the outputs left and right, or a number, and the sign."""
    left = block.left.tolist()
    right = [None] * len(left) if block.right is None else block.right.tolist()
    right = right * len(left) if len(right) == 1 else right
    sign = block.stored.relation.sign
    return [(a, b, block.number, sign) for a, b in zip(left, right, strict=True)]


def constraint_of(block: Block, joined: Joined, start: Floats, degree: int) -> Constraint:
    """Left minus right, row by row; one number or cell on the right serves all rows.

    `degree` is what the formulas say of all that is compared.
    """
    left, right = block.left, block.right

    def difference(outputs: Floats) -> Floats:
        return outputs[..., left] - (block.number if right is None else outputs[..., right])

    def function(x: Floats) -> tuple[Floats, Floats | None]:
        values, jacobian = joined.both(x)
        if jacobian is None:
            return difference(values), None
        slopes = jacobian[left] if right is None else jacobian[left] - jacobian[right]
        return difference(values), slopes

    sides = np.full(1, block.number) if right is None else joined.values(start)[right]
    size = np.abs(np.where(np.isfinite(sides), sides, 1.0))
    scale = np.broadcast_to(np.fmax(1.0, size), (left.size,)).copy()
    return Constraint(
        Vectorized(lambda x: difference(joined.values(x)), at=function),
        block.stored.relation.sign,  # type: ignore[arg-type]
        str(block.stored),
        degree <= 1 or None,
        scale,
        degree <= 2,
    )
