# ruff: noqa: ARG001  (functions of the table are called alike)
"""Arrays of references, taken one by one: SUMIF(INDIRECT({"a","b"}&"!A1:A9"), ">0").

A function of references is computed for each of them alone, with the element of each array beside
that stands in the same place; the results are put together again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions import ALL, Function
from sheetsim.formula.functions._make import everywhere
from sheetsim.formula.values import NA_ERROR, ArrayValue, from_objects


def element(row: int | None, column: int | None) -> Function:
    """Make what takes one element of an array, or a row or column; None for all of them.

    A row or column of one stands for all; beyond an array is nothing but `#N/A`.
    """

    def lines(size: Sequence[int]) -> tuple[slice, slice]:
        ends = []
        for own, number in zip(size[-2:], (row, column), strict=True):
            at = 0 if own == 1 else number
            ends.append(slice(None) if number is None else slice(at, (at or 0) + 1))
        return ends[0], ends[1]

    def beyond(size: Sequence[int]) -> bool:
        pairs = zip(size[-2:], (row, column), strict=True)
        return any(number is not None and 1 < own <= number for own, number in pairs)

    def cut(part: Any, size: Sequence[int]) -> Any:
        return part if part is None else np.broadcast_to(part, size)[..., *lines(size)]

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        array = args[0]
        if beyond(array.shape):
            return everywhere(args, NA_ERROR)
        parts = [cut(part, array.shape) for part in (array.num, array.kind, array.obj)]
        return ArrayValue(*parts, bad=array.bad)

    def push(i: int, tangent: Floats, y: Floats, a: Floats) -> Floats:
        whole = np.broadcast_to(tangent, (*tangent.shape[:-2], *a.shape[-2:]))
        return np.asarray(np.zeros(1) if beyond(a.shape) else whole[..., *lines(a.shape)])

    def pull(i: int, bar: Floats, y: Floats, a: Floats) -> Floats:
        out = np.zeros((*bar.shape[:-2], *a.shape[-2:]))
        if not beyond(a.shape):
            out[..., *lines(a.shape)] = bar
        return out

    return Function("element", 1, 1, value, "matrix", jvp=push, vjp=pull, params="A", linear=ALL)


def assembled(height: int, width: int) -> Function:
    """Make what puts single values, row by row, into an array."""

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args))
        out = np.empty((*ahead, height, width), object)
        for k, arg in enumerate(args):
            out[..., k // width, k % width] = np.broadcast_to(arg.objects()[..., 0, 0], ahead)
        return from_objects(out)

    def push(i: int, tangent: Floats, y: Floats, *args: Floats) -> Floats:
        out = np.zeros((*tangent.shape[:-2], height, width))
        out[..., i // width, i % width] = tangent[..., 0, 0]
        return out

    def pull(i: int, bar: Floats, y: Floats, *args: Floats) -> Floats:
        r, c = divmod(i, width)
        return bar[..., r : r + 1, c : c + 1]

    most = height * width
    return Function(
        "array", most, most, value, "matrix", jvp=push, vjp=pull, params="A", linear=ALL
    )
