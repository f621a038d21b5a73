# ruff: noqa: ARG001  (all are called alike: registers, arguments, which move, weight)
"""Which squares a function sums, for objectives that are sums of squares; see `Function.squares`.

Each function here gets the registers that the arguments come from (the same twice in r*r), their
values, whether they depend on the variables, and the weight with which each number of the result
enters the sum; weights are shaped like the numbers whose squares they belong to.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._function import Squares, fit
from sheetsim.formula.values import NUMBER, ArrayValue


def always(fixed: Sequence[ArrayValue | None]) -> bool:
    """Of `Function.quadratic`: in whatever is not fixed."""
    return True


def power_of_two(fixed: Sequence[ArrayValue | None]) -> bool:
    """Of `Function.quadratic`: r^2."""
    return fixed[1] is not None and bool((fixed[1].num == 2.0).all())


def square_of_power(
    registers: Sequence[int], args: Sequence[ArrayValue], moving: Sequence[bool], weight: Floats
) -> Squares | None:
    """r^2."""
    if moving[1] or not (args[1].num == 2.0).all():
        return None
    return [((0,), fit(weight, args[0].shape))]


def square_of_product(
    registers: Sequence[int], args: Sequence[ArrayValue], moving: Sequence[bool], weight: Floats
) -> Squares | None:
    """r*r, cell by cell."""
    return [((0,), weight)] if registers[0] == registers[1] else None


def squares_of_product(
    registers: Sequence[int], args: Sequence[ArrayValue], moving: Sequence[bool], weight: Floats
) -> Squares | None:
    """SUMPRODUCT(r,r)."""
    if len(registers) != 2 or registers[0] != registers[1]:
        return None
    return [((0,), _counted(weight, args[0]))]


def squares_of_each(
    registers: Sequence[int], args: Sequence[ArrayValue], moving: Sequence[bool], weight: Floats
) -> Squares | None:
    """SUMSQ(r, ...)."""
    return [
        ((k,), fit(_counted(weight, arg), arg.shape))
        for k, (arg, moves) in enumerate(zip(args, moving, strict=True))
        if moves
    ]


def squares_of_each_pair(
    registers: Sequence[int], args: Sequence[ArrayValue], moving: Sequence[bool], weight: Floats
) -> Squares | None:
    """SUMX2PY2(r, s), of numbers alone: elsewhere, pairs are passed over."""
    if any(arg.kind is not None for arg in args):
        return None
    return squares_of_each(registers, args, moving, weight)


def squares_of_differences(
    registers: Sequence[int], args: Sequence[ArrayValue], moving: Sequence[bool], weight: Floats
) -> Squares | None:
    """SUMXMY2(r, s)."""
    a, b = args
    if a.shape[-2:] != b.shape[-2:]:
        return None
    mask = both_numbers(a, b)
    shape = np.broadcast_shapes(a.shape, b.shape, weight.shape)
    full = np.broadcast_to(weight, shape)
    return [((0, 1), full if mask is None else full * mask)]


def both_numbers(a: ArrayValue, b: ArrayValue) -> Floats | None:
    """Return 1 where both are numbers and 0 elsewhere; None if they are everywhere."""
    masks = [one.kind == NUMBER for one in (a, b) if one.kind is not None]
    return np.logical_and.reduce(masks).astype(np.float64) if masks else None


def _counted(weight: Floats, array: ArrayValue) -> Floats:
    """Return the weight of each number of a range, 0 for what is none."""
    shape = np.broadcast_shapes(array.shape, weight.shape)
    full = np.broadcast_to(weight, shape)
    return full if array.kind is None else full * (array.kind == NUMBER)
