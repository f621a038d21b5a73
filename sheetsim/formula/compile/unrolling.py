"""MAP, REDUCE and their like: what a LAMBDA does, done for each element.

The steps that depend on a parameter are done anew for each element, in registers of their own, so
that derivatives go through them like through any others. The others are done once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from sheetsim.formula.compile.batches import UncomputableError
from sheetsim.formula.compile.broadcasting import Size, common
from sheetsim.formula.compile.lifting import assembled, element
from sheetsim.formula.functions import Unrolls
from sheetsim.formula.values import CALC_ERROR, VALUE_ERROR, constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from sheetsim.formula.compile.batches import Batch
    from sheetsim.formula.compile.plan import Body
    from sheetsim.formula.functions import Function
    from sheetsim.formula.values import Bools, Ints

MOST_ELEMENTS = 20_000
"""Elements that a LAMBDA is computed for; more are left to other engines."""


class Folds(Protocol):
    """What folding offers here."""

    batch: Batch

    def free(self) -> int:
        """Return a register that no step has."""

    def size(self, register: int) -> Size:
        """Return the rows and columns of a register's value."""

    def operate(self, function: Function, args: tuple[int, ...], register: int) -> int:
        """Compute a function now if its arguments are known, else note it down."""

    def split(self, labels: Ints | Bools) -> None:
        """Raise `UnreadyError`, unless all labels are the same."""


Done = dict[int, int]
"""Step to the register that holds its value, where that is another."""


def unroll(
    folding: Folds,
    register: int,
    body: Body,
    args: tuple[int, ...],
    each: Callable[[Body, tuple[int, ...]], int],
) -> None:
    """Do a step of kind "each".

    Args:
        folding: the batch in the making.
        register: where the result goes.
        body: the LAMBDA.
        args: the registers of the other arguments.
        each: computes the body, given the registers of its parameters; returns its register.

    Raises:
        UncomputableError: there are too many elements.
    """
    how = body.function.unrolls
    if len(body.params) != _COUNT.get(how, len(args)):  # type: ignore[arg-type]
        folding.batch.values[register] = constant(VALUE_ERROR)
        return
    size = _grid(folding, args) if how is Unrolls.GRID else common([folding.size(i) for i in args])
    if how in {Unrolls.FOLD, Unrolls.RUN}:
        size = folding.size(args[1])
    if size is None or min(size) < 1:
        folding.batch.values[register] = constant(VALUE_ERROR)
        return
    if size[0] * size[1] > MOST_ELEMENTS:
        why = f"{body.function.name} of more than {MOST_ELEMENTS:,} elements"
        raise UncomputableError([[place] for place in folding.batch.places], why)
    _Unrolling(folding, register, body, args, each, size).run()


_COUNT = {
    Unrolls.FOLD: 2, Unrolls.RUN: 2, Unrolls.ROWS: 1, Unrolls.COLUMNS: 1, Unrolls.GRID: 2,
}  # fmt: skip
"""How many parameters the LAMBDA has; that of MAP, one for each array."""


def _grid(folding: Folds, args: tuple[int, ...]) -> Size | None:
    """Return the rows and columns that MAKEARRAY is asked for; None if they are none."""
    out = []
    for i in args:
        value = folding.batch.values.get(i)
        if value is None:
            folding.batch.unknown = "MAKEARRAY of a size that depends on the variables"
            return None
        if value.shape[-2:] != (1, 1):
            return None
        number = np.where(np.isfinite(value.num), np.trunc(value.num), -1)[..., 0, 0]
        folding.split(number.astype(np.intp))
        out.append(int(number.flat[0]))
    return out[0], out[1]


class _Unrolling:
    """One step of kind "each" in the making."""

    def __init__(
        self,
        folding: Folds,
        register: int,
        body: Body,
        args: tuple[int, ...],
        each: Callable[[Body, tuple[int, ...]], int],
        size: Size,
    ) -> None:
        self._folding, self._register, self._body = folding, register, body
        self._args, self._each, self._size = args, each, size

    def run(self) -> None:
        height, width = self._size
        how = self._body.function.unrolls
        if how is Unrolls.ROWS:
            outs = [self._of(r, None) for r in range(height)]
            self._together(outs, (height, 1))
        elif how is Unrolls.COLUMNS:
            outs = [self._of(None, c) for c in range(width)]
            self._together(outs, (1, width))
        elif how in {Unrolls.FOLD, Unrolls.RUN}:
            self._in_turn(keep=how is Unrolls.RUN)
        else:
            outs = [self._of(r, c) for r in range(height) for c in range(width)]
            self._together(outs, self._size)

    def _of(self, row: int | None, column: int | None) -> int:
        """Compute the body for an element, a row or a column."""
        if self._body.function.unrolls is Unrolls.GRID:
            numbers = []
            for number in (row, column):
                numbers.append(self._folding.free())
                self._folding.batch.values[numbers[-1]] = constant(float(number or 0) + 1.0)
            return self._each(self._body, tuple(numbers))
        return self._each(self._body, tuple(self._part(i, row, column) for i in self._args))

    def _part(self, i: int, row: int | None, column: int | None) -> int:
        return self._folding.operate(element(row, column), (i,), self._folding.free())

    def _in_turn(self, *, keep: bool) -> None:
        """Compute the body for one element after the other, each with the last one's result."""
        start, array = self._args
        value = start
        outs = []
        for r in range(self._size[0]):
            for c in range(self._size[1]):
                value = self._each(self._body, (value, self._part(array, r, c)))
                outs.append(value)
        if keep:
            self._together(outs, self._size)
        else:
            self._folding.operate(element(None, None), (value,), self._register)

    def _together(self, outs: list[int], size: Size) -> None:
        """Put single values together; an array among them is `#CALC!`."""
        for k, one in enumerate(outs):
            if self._folding.size(one) != (1, 1):
                outs[k] = self._folding.free()
                self._folding.batch.values[outs[k]] = constant(CALC_ERROR)
        self._folding.operate(assembled(*size), tuple(outs), self._register)
