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
from sheetsim.formula.values import ArrayValue, from_objects


def element(row: int, column: int) -> Function:
    """Make what takes one element of an array; a row or column of one stands for all."""

    def at(size: Sequence[int]) -> tuple[int, int]:
        height, width = size[-2:]
        return 0 if height == 1 else row, 0 if width == 1 else column

    def cut(part: Any, size: Sequence[int]) -> Any:
        if part is None or part.shape[-2:] == (1, 1):
            return part
        r, c = at(size)
        return part[..., r : r + 1, c : c + 1]

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        array = args[0]
        parts = [cut(part, array.shape) for part in (array.num, array.kind, array.obj)]
        return ArrayValue(*parts, bad=array.bad)

    def push(i: int, tangent: Floats, y: Floats, a: Floats) -> Floats:
        out: Floats = cut(np.broadcast_to(tangent, (*tangent.shape[:-2], *a.shape[-2:])), a.shape)
        return out

    def pull(i: int, bar: Floats, y: Floats, a: Floats) -> Floats:
        out = np.zeros((*bar.shape[:-2], *a.shape[-2:]))
        r, c = at(a.shape)
        out[..., r, c] = bar[..., 0, 0]
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
