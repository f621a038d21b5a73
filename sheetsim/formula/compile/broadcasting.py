# ruff: noqa: ARG001  (functions of the table are called alike)
"""Values of unequal size, computed cell by cell: a single one stands for all, others are filled.

Two arrays of unequal size give `#N/A` where one of them has no cell ("Guidelines and examples of
array formulas", Microsoft).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions import ALL, Function
from sheetsim.formula.values import BLANK, ERROR, NA_ERROR, NUMBER, ArrayValue

Size = tuple[int, int]


def common(sizes: Sequence[Size]) -> Size:
    """Return the size of what is computed cell by cell from values of some sizes."""
    return max(size[0] for size in sizes), max(size[1] for size in sizes)


def cell_by_cell(function: Function, count: int) -> list[bool]:
    """Return which arguments are taken cell by cell, together."""
    return [function.cell_by_cell and function.letter(k) == "V" for k in range(count)]


def lacks(size: Size, whole: Size) -> bool:
    """Whether a value of a size has to be filled up to be as large as others."""
    return size[0] not in {1, whole[0]} or size[1] not in {1, whole[1]}


def filled(whole: Size, *, blank: bool = False) -> Function:
    """Make what fills an array up with `#N/A`; a row or column of one stands for all.

    Args:
        whole: rows and columns wanted.
        blank: fill up with blanks instead, single rows and columns as well.
    """

    def room(size: Sequence[int]) -> Size:
        height, width = (
            own if own == 1 and not blank else want
            for own, want in zip(size[-2:], whole, strict=True)
        )
        return height, width

    def wide(part: Any, fill: object, dtype: Any) -> Any:
        out = np.full((*part.shape[:-2], *room(part.shape)), fill, dtype)
        out[..., : part.shape[-2], : part.shape[-1]] = part
        return out

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        array = args[0]
        kind = np.zeros(array.shape, np.uint8) if array.kind is None else array.kind
        kind = np.broadcast_to(kind, array.shape)
        obj = np.full(array.shape, None, object) if array.obj is None else array.obj
        obj = np.broadcast_to(obj, array.shape).copy()
        lost = (kind == NUMBER) & ~np.isfinite(array.num)
        if lost.any():
            obj[lost], kind = array.objects()[lost], np.where(lost, np.uint8(ERROR), kind)
        return ArrayValue(
            wide(array.num, 0.0 if blank else np.nan, np.float64),
            wide(kind, BLANK if blank else ERROR, np.uint8),
            wide(obj, None if blank else NA_ERROR, object),
            bad=array.bad or not blank or bool(lost.any()),
        )

    def push(i: int, tangent: Floats, y: Floats, a: Floats) -> Floats:
        wanted = np.broadcast_to(tangent, (*tangent.shape[:-2], *a.shape[-2:]))
        out: Floats = wide(wanted, 0.0, np.float64)
        return out

    def pull(i: int, bar: Floats, y: Floats, a: Floats) -> Floats:
        wanted = np.broadcast_to(bar, (*bar.shape[:-2], *y.shape[-2:]))
        return wanted[..., : a.shape[-2], : a.shape[-1]]

    return Function(
        "fill up", 1, 1, value, "matrix", jvp=push, vjp=pull, params="A", linear=ALL
    )  # fmt: skip
