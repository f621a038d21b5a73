"""Is the objective a sum of squares? Found from its formulas, for Gauss-Newton.

From the objective's cell, roots, factors and shifts on the outside are taken off. What is inside
is walked back as in reverse mode: each number gets the weight w >= 0 with which it enters the
sum. Sums, averages, products with constants, conditions that are fixed pass weights on, also from
cell to cell; a square (`r^2`, `r*r`, SUMSQ, SUMXMY2, SUMPRODUCT(r,r)) ends the walk with a residual
sqrt(w) r. Where anything else turns up, a weight is negative, or a term is a number at one x and a
text at another, the objective is not known to be a sum of squares.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.errors import OptionError
from sheetsim.formula.autodiff.tape import Tape
from sheetsim.formula.compile.batches import Batch, Operation
from sheetsim.formula.compile.store import DYNAMIC, Store
from sheetsim.formula.functions import ALL, ONE, Function, _steps
from sheetsim.formula.functions._function import Outer, Squares, fit
from sheetsim.formula.functions._make import general
from sheetsim.formula.functions._squares import both_numbers
from sheetsim.formula.straight_line.straight_line import StraightLine
from sheetsim.formula.structure.degrees import are_linear, is_linear, linear_slots
from sheetsim.formula.structure.fixed_kinds import registers_of_fixed_kind, slots_of_fixed_kind
from sheetsim.formula.values import ArrayValue, Bools, Ints

if TYPE_CHECKING:
    from sheetsim.formula.compile.compiler import Compiler


def _difference(a: ArrayValue, b: ArrayValue) -> ArrayValue:
    """Return a - b where both are numbers, 0 elsewhere: a pair that SUMXMY2 passes over."""
    mask = both_numbers(a, b)
    return ArrayValue(a.num - b.num if mask is None else np.where(mask > 0, a.num - b.num, 0.0))


def _difference_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats]:
    mask = both_numbers(*args)
    slope = np.ones_like(out.num) if mask is None else mask
    return [slope, -slope]


DIFFERENCE = general(
    "pair difference",
    2,
    2,
    _difference,
    partials=_difference_partials,
    cell_by_cell=True,
    linear=ALL,
    steps=_steps.difference_in_pairs,
)


@dataclass(frozen=True)
class _Residual:
    """Numbers whose squares enter the sum: a register, or the difference of two."""

    batch: Batch
    registers: tuple[int, ...]
    weights: Floats


class SumOfSquares:
    """An objective that is outer(sum of squares of residuals + a constant).

    Attributes:
        size: how many residuals there are.
        root: whether the objective is a root of the sum (a root mean square, a norm).
        linear: whether all residuals are known to be linear, so that the sum is convex.
    """

    def __init__(
        self,
        compiler: Compiler,
        residuals: list[_Residual],
        outer: list[Outer],
        inner: float,
    ) -> None:
        store = compiler.store
        batches = _needed(compiler, residuals)
        extra = Store(store.book)
        extra.num, extra.kind, extra.obj = store.num, store.kind, store.obj
        slots, weights = [], []
        known = linear_slots(compiler)
        self.linear = True
        for one in residuals:
            shape = one.weights.shape
            first = len(extra.num)
            own = np.arange(first, first + one.weights.size).reshape(shape)
            extra.num = np.concatenate([extra.num, np.zeros(own.size)])
            extra.kind = np.concatenate([extra.kind, np.zeros(own.size, np.uint8)])
            extra.obj = np.concatenate([extra.obj, np.full(own.size, None, object)])
            batch = _residual_batch(one)
            self.linear = self.linear and is_linear(batch, known)
            batches.append((batch, own))
            used = one.weights.ravel() > 0
            slots.append(own.ravel()[used])
            weights.append(np.sqrt(one.weights.ravel()[used]))
        everything: Ints = np.concatenate(slots)
        self._batches, self._everything = batches, everything
        self._variables: Ints = np.array(compiler.variables, np.intp)
        self._slot_count = len(extra.num)
        self._tape = Tape(extra, compiler.variables, batches, everything.tolist())
        self._slots = self._tape.at(everything)
        self._line = StraightLine(self._tape, self._slots)
        self._weights: Floats = np.concatenate(weights)
        self._outer = outer
        self._start: Floats = store.num[compiler.variables].copy()
        self.size = len(everything)
        self.root = any(one.root for one in outer)
        rest = inner - float((self.residuals(self._start) ** 2).sum())
        self._rest = rest if abs(rest) > 1e-10 * max(abs(inner), 1e-300) else 0.0

    def residuals(self, x: Floats) -> Floats:
        """Return the residuals (m,) at x (n,), or (S, m) at x (S, n)."""
        x = self._checked(x)
        if x.ndim == 1 and (quick := self._line.values(x)) is not None:
            return quick * self._weights
        state, _ = self._tape.forward(x)
        out: Floats = state.num[..., self._slots] * self._weights
        return out

    def residuals_and_jacobian(self, x: Floats) -> tuple[Floats, Floats]:
        """Return the residuals (m,) or (S, m), and their derivatives (m, n) or (S, m, n)."""
        x = self._checked(x)
        if x.ndim == 1 and (quick := self._line.values_and_jacobian(x)) is not None:
            values, jacobian = quick
            return values * self._weights, jacobian * self._weights[:, None]
        state, registers = self._tape.forward(x)
        points = x.shape[0] if x.ndim > 1 else 0
        jacobian = self._tape.jacobian(registers, self._slots, points)
        jacobian *= self._weights[:, None]
        return state.num[..., self._slots] * self._weights, jacobian

    def jacobian(self, x: Floats) -> Floats:
        """Return the derivatives (m, n) of the residuals at x (n,), or (S, m, n) at x (S, n)."""
        return self.residuals_and_jacobian(x)[1]

    def is_linear_in(self, some: Bools) -> bool:
        """Return whether all residuals are known to be linear in some (n,) of the variables.

        The others are held.
        """
        chosen = self._variables[some]
        return are_linear(self._batches, chosen, self._everything, self._slot_count)

    def report(self, squares: Floats) -> Floats:
        """Return the objective, given the sum of the residuals' squares; it grows with it."""
        out = np.asarray(squares) + self._rest
        for one in reversed(self._outer):
            out = np.sqrt(out) if one.root else out * one.factor + one.shift
        return out

    def _checked(self, x: Floats) -> Floats:
        x = np.asarray(x, np.float64)
        if x.ndim not in (1, 2) or x.shape[-1] != self._tape.size:
            raise OptionError(
                f"x has shape {x.shape}; expected ({self._tape.size},) or (S, {self._tape.size})"
            )
        return x


def find_sum_of_squares(compiler: Compiler, slot: int) -> SumOfSquares | None:
    """Return a cell's formula as a sum of squares, None if it is not known to be one."""
    if compiler.broken or compiler.store.state[slot] != DYNAMIC or slot in compiler.variables:
        return None
    walk = _Walk(compiler)
    outer, batch, register, inner = walk.peel(slot)
    if not walk.back(batch, register):
        return None
    return SumOfSquares(compiler, walk.found, outer, inner)


def _residual_batch(one: _Residual) -> Batch:
    """Return a batch that computes the residual, and what it needs, alone."""
    source = one.batch
    root = one.registers[0]
    operations = list(source.operations)
    if len(one.registers) == 2:
        root = 2_000_000
        operations.append(Operation(DIFFERENCE, one.registers, root))
    needed = {root}
    kept = []
    for operation in reversed(operations):
        if operation.out in needed:
            needed.update(operation.args)
            kept.append(operation)
    return Batch(
        source.group,
        source.places,
        source.shape,
        {i: value for i, value in source.values.items() if i in needed},
        {i: index for i, index in source.gathers.items() if i in needed},
        kept[::-1],
        root,
    )


def _needed(compiler: Compiler, residuals: list[_Residual]) -> list[tuple[Batch, Ints]]:
    """Return the batches that the residuals read from, directly or not."""
    wanted = np.zeros(len(compiler.store.num), bool)
    for one in residuals:
        for index in _residual_batch(one).gathers.values():
            wanted[index] = True
    kept = []
    for batch, slots in reversed(compiler.batches):
        if wanted[slots].any():
            kept.append((batch, slots))
            for index in batch.gathers.values():
                wanted[index] = True
    return kept[::-1]


class _Walk:
    """The way back from the objective."""

    def __init__(self, compiler: Compiler) -> None:
        self.store = compiler.store
        self.compiler = compiler
        self.fixed = slots_of_fixed_kind(compiler)
        self.batches = compiler.batches
        self.maker: dict[int, int] = {}
        for k, (_, slots) in enumerate(compiler.batches):
            self.maker.update(dict.fromkeys(slots.ravel().tolist(), k))
        self.found: list[_Residual] = []

    def peel(self, slot: int) -> tuple[list[Outer], int, int, float]:
        """Take off what is around the outermost root.

        Returns:
            What was taken off, from the outside; the batch and the register inside; its value.
            If there is no root, nothing is taken off.
        """
        outer: list[Outer] = []
        at = self.maker[slot]
        whole = (at, self.batches[at][0].root)
        register = whole[1]
        while True:
            batch = self.batches[at][0]
            made = {operation.out: operation for operation in batch.operations}
            if register in batch.gathers:
                index = batch.gathers[register]
                if index.size != 1 or int(index.flat[0]) not in self.maker:
                    break
                at = self.maker[int(index.flat[0])]
                if self.batches[at][1].size != 1:
                    break
                register = self.batches[at][0].root
                continue
            step = _outer_step(made[register], batch)
            if step is None:
                break
            register, change = step
            outer.append(change)
            if change.root:
                value = batch.trial(self.store)[register]
                return outer, at, register, float(value.num.flat[0])
        batch = self.batches[whole[0]][0]
        return [], whole[0], whole[1], float(self.store.num[slot])

    def back(self, last: int, register: int) -> bool:
        """Follow the weights back from a register to squares; return whether all end there."""
        weights = np.zeros(len(self.store.num))
        for at in range(last, -1, -1):
            batch, slots = self.batches[at]
            own = weights[slots]
            if at != last and not own.any():
                continue
            values = batch.trial(self.store)
            held: dict[int, Floats] = {}
            if at == last:
                one = np.zeros(values[register].shape)
                one.flat[0] = 1.0
                held[register] = one
            else:
                held[batch.root] = fit(own, values[batch.root].shape)
            if not self._through(batch, values, held):
                return False
            for gathered, index in batch.gathers.items():
                if gathered in held:
                    np.add.at(weights, index, np.broadcast_to(held[gathered], index.shape))
            moving = self.store.state[:] == DYNAMIC
            weights[~moving] = 0.0  # a constant in the sum
            if any(weights[s] for s in np.flatnonzero(weights) if s not in self.maker):
                return False  # a variable itself enters, not its square
        return bool(self.found)

    def _through(
        self, batch: Batch, values: dict[int, ArrayValue], held: dict[int, Floats]
    ) -> bool:
        """Follow the weights through a batch's operations."""
        moving = set(batch.gathers) | {operation.out for operation in batch.operations}
        fixed = registers_of_fixed_kind(self.compiler, batch, self.fixed)
        for operation in reversed(batch.operations):
            weight = held.pop(operation.out, None)
            if weight is None or not weight.any():
                continue
            if (weight < 0).any():
                return False
            if not all(fixed.get(i, True) for i in operation.args):
                return False
            squares = _squares(operation, values, moving, weight)
            if squares is not None:
                self.found += [
                    _Residual(batch, tuple(operation.args[k] for k in which), w)
                    for which, w in squares
                ]
            elif not _pass_on(operation, values, moving, weight, held):
                return False
        return not any((weight < 0).any() for weight in held.values())


def _outer_step(operation: Operation, batch: Batch) -> tuple[int, Outer] | None:
    """Return the argument of a root, a factor or a shift, and what it does; None for others."""
    outer, args = operation.function.outer, operation.args
    if outer is None:
        return None
    if len(args) == 1:
        found = outer(None, 0.0)
        return None if found is None else (args[0], found)
    fixed = [k for k in (0, 1) if args[k] in batch.values]
    if len(fixed) != 1:
        return None
    other = batch.values[args[fixed[0]]]
    if other.bad or other.num.size != 1:
        return None
    found = outer(fixed[0], float(other.num.flat[0]))
    return None if found is None else (args[1 - fixed[0]], found)


def _squares(
    operation: Operation, values: dict[int, ArrayValue], moving: set[int], weight: Floats
) -> Squares | None:
    """Return the arguments whose squares an operation sums, with weights; None if it does not."""
    squares, args = operation.function.squares, operation.args
    if squares is None:
        return None
    return squares(args, [values[i] for i in args], [i in moving for i in args], weight)


def _pass_on(
    operation: Operation,
    values: dict[int, ArrayValue],
    moving: set[int],
    weight: Floats,
    held: dict[int, Floats],
) -> bool:
    """Give weights to the arguments of an operation that is linear in them; else return False."""
    function = operation.function
    want = [i in moving for i in operation.args]
    places = [k for k, wanted in enumerate(want) if wanted]
    if not _is_linear(function, places):
        return False
    args = [values[i] for i in operation.args]
    out = values[operation.out]
    slopes = function.slopes(args, out, want)
    for k in places:
        if function.vjp is not None:
            share = np.asarray(function.vjp(k, weight, out.num, *(arg.num for arg in args)))
        elif (slope := slopes[k]) is not None:
            share = weight * slope
        else:
            return False
        share = fit(share, args[k].shape)
        register = operation.args[k]
        held[register] = held[register] + share if register in held else share
    return True


def _is_linear(function: Function, places: list[int]) -> bool:
    """Whether a function is linear, and smooth, in all of some arguments together."""
    if function.linear == ONE:
        linear = len(places) == 1
    else:
        linear = all(k in function.linear for k in places)
    return linear and not any(k in function.kinks for k in places)
