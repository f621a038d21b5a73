"""Functions of the numbers in ranges and of single values besides: LARGE(range, k), NPV(r, range).

The single value may be an array too, as in SUM(LARGE(A1:A9, {1, 2, 3})): its rows and columns are
the result's. Then a derivative by the range has no form that `Function.partials` could return,
and is NaN, which an optimizer notices, rather than wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._function import Function
from sheetsim.formula.functions._make import first_error, general, numbers_in
from sheetsim.formula.values import ArrayValue, Bools, with_errors

Shapes = list[tuple[int, ...]]
Slopes = tuple[Floats, Sequence[Floats | None]]
"""The derivatives by all numbers of the ranges, and by the single values."""


def spread(x: Any) -> Any:
    """Return numbers (..., n) as (..., 1, 1, n), beside single values (..., h, w, 1)."""
    return x[..., None, None, :]


def mask_of(x: Floats, m: Bools | None) -> Bools:
    """Return where there are numbers (..., n)."""
    return np.ones(x.shape, bool) if m is None else np.broadcast_to(m, x.shape)


def shares(slope: Floats, shapes: Shapes) -> list[Floats]:
    """Cut derivatives by all numbers (..., h, w, n) into those by each range, (..., rows, columns).

    NaN if the result is not a single value.
    """
    sizes = [shape[-1] * shape[-2] for shape in shapes]
    ends = np.cumsum([0, *sizes])
    several = slope.shape[-3:-1] != (1, 1)
    flat = slope[..., 0, 0, :] * (np.nan if several else 1.0)
    return [
        flat[..., a:b].reshape((*flat.shape[:-1], *shape[-2:]))
        for (a, b), shape in zip(pairwise(ends), shapes, strict=True)
    ]


def ranged(
    name: str,
    f: Callable[..., Any],
    partials: Callable[..., Slopes],
    *,
    singles: int,
    optional: int = 0,
    first: bool = True,
    ranges: int = 1,
    infinite: bool = False,
    **more: Any,
) -> Function:
    """Make a function of a range's numbers and of single values.

    Args:
        name: its name.
        f: (x, m, *values) -> result (..., h, w), NaN for `#NUM!`; x (..., 1, 1, n), m alike,
            values (..., h, w, 1).
        partials: (y, x, m, *values), y (..., h, w, 1) -> the derivative by x (..., h, w, n), and
            those by the values (..., h, w), None for 0.
        singles: how many single values it takes.
        optional: how many of them may be left out, at the end.
        first: whether the range comes first; else the single values do, and the rest are ranges.
        ranges: how many ranges it takes at most.
        infinite: whether an infinite result is a division by zero, `#DIV/0!`.
        more: see the package's docstring.
    """

    def parts(args: Sequence[ArrayValue]) -> tuple[Sequence[ArrayValue], Sequence[ArrayValue]]:
        return (args[:1], args[1:]) if first else (args[singles:], args[:singles])

    def taken(args: Sequence[ArrayValue]) -> tuple[list[Any], Shapes]:
        own, values = parts(args)
        x, m, shapes = numbers_in(own)
        arrays = [value.num[..., None] for value in values]
        return [spread(x), spread(mask_of(x, m)), *arrays], shapes

    def value(*args: ArrayValue) -> ArrayValue:
        num = np.asarray(f(*taken(args)[0]))
        own, values = parts(args)
        codes = [first_error(arg) for arg in own]
        div0 = np.isinf(num) if infinite else None
        return with_errors(num + sum(code.num for code in codes), [*codes, *values], div0)

    def derive(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
        inputs, shapes = taken(args)
        by_x, by_values = partials(out.num[..., None], *inputs)
        cut = shares(np.where(inputs[1], by_x, 0.0), shapes)
        return [*cut, *by_values] if first else [*by_values, *cut]

    least = 1 + singles - optional
    more.setdefault("params", "RV" if first else "V" * singles + "R")
    return general(name, least, singles + ranges, value, partials=derive, **more)
