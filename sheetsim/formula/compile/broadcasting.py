# ruff: noqa: ARG001, ARG005  (functions of the table are called alike)
"""How large values are: unequal arrays are filled up, references are cut where all is blank.

Two arrays of unequal size that are computed cell by cell give `#N/A` where one of them has no cell
("Guidelines and examples of array formulas", Microsoft). A reference to whole columns is read as
far as a sheet holds something. Whether the blanks behind that matter (they do for COUNTBLANK, and
for MEDIAN of A:A+1) is found by reading some of them as well: where the result changes, all of
them are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.formula.functions import ALL, Function
from sheetsim.formula.functions._make import elementwise
from sheetsim.formula.values import BLANK, ERROR, NA_ERROR, NUMBER, Array, Floats

if TYPE_CHECKING:
    from sheetsim.formula.compile.plan import Plan
    from sheetsim.formula.compile.store import Areas, Store

Size = tuple[int, int]

SMALL = 1000
"""Cells up to which a reference is always read whole."""

EXTRA = 100
"""Blank rows and columns that are read to see whether they matter."""

LARGE = 4_000_000
"""Cells of one block beyond which its cells are prepared one by one."""

_CELL_BY_CELL = {"=", "<>", "<", ">", "<=", ">=", "IF", "IFS", "IFERROR", "IFNA", "CHOOSE",
                 "SWITCH"}  # fmt: skip


class Limits:
    """Where the references of a formula are cut, at the same row whatever sheet they are on.

    Attributes:
        used: whether any was.
        stale: whether a reference reached a sheet that had not been reckoned with.
        largest: the cells of the largest reference that was cut, uncut.
    """

    def __init__(self, store: Store, plan: Plan, *, extra: int = 0, whole: bool = False) -> None:
        self._store, self._plan, self._extra, self._whole = store, plan, extra, whole
        self._sheets: dict[str, None] = {}
        self._ends = (0, 0)
        self._ranks: tuple[dict[int, int], dict[int, int]] = {}, {}
        self.used = self.stale = False
        self.largest = 0

    def again(self, *, extra: int = 0, whole: bool = False) -> Limits:
        """Return the same limits for another attempt, some rows farther or none at all."""
        new = Limits(self._store, self._plan, extra=extra, whole=whole)
        new._sheets, new._ends = self._sheets, self._ends
        return new

    def cut(self, areas: Areas, spare: int = 0) -> Areas:
        """Return areas of one size without the blanks at their ends.

        Args:
            areas: the areas.
            spare: how many blank rows and columns are kept.
        """
        size = size_of(areas)
        if self._whole or size[0] * size[1] <= SMALL:
            return areas
        self._reckon(areas.sheet)
        height, width = (self._end(k, size[k], spare) for k in (0, 1))
        if (height, width) == size:
            return areas
        self.used = True
        self.largest = max(self.largest, size[0] * size[1])
        return areas._replace(bottom=areas.top + height - 1, right=areas.left + width - 1)

    def _end(self, axis: int, size: int, spare: int) -> int:
        """Return the rows or columns that are left; unequal sizes stay unequal."""
        most = self._ends[axis] + 1 + self._extra + spare
        if size <= most:
            return size
        ranks = self._ranks[axis]
        return min(size, most + ranks.setdefault(size, len(ranks)))

    def _reckon(self, sheet: str) -> None:
        """Take all sheets that the formula mentions into account, and this one."""
        if sheet in self._sheets:
            return
        self.stale = self.used
        steps = self._plan.steps
        names = [sheet, *(step.value.sheet for step in steps if step.kind == "area")]
        self._sheets.update(dict.fromkeys(names))
        ends = [self._store.sheet(name).bounds for name in self._sheets]
        self._ends = max(row for row, _ in ends), max(column for _, column in ends)


def size_of(areas: Areas) -> Size:
    """Return the rows and columns of areas of one size."""
    height = int((areas.bottom - areas.top).flat[0]) + 1
    return height, int((areas.right - areas.left).flat[0]) + 1


def within(read: int, whole: int) -> Function:
    """Make what gives the last row read, which is blank, for any row behind it."""

    def line(number: Floats) -> Floats:
        behind = (np.trunc(number) > read) & (np.trunc(number) <= whole)
        return np.where(behind, float(read), number)

    return elementwise("row within what is read", line, lambda y, a: 1.0 * (y == a), kinks=ALL)


OWN_LINE = elementwise(
    "row of the formula",
    lambda number, own: np.where(np.trunc(number) == 0, own, number),
    lambda y, number, own: 1.0 * (y == number),
    lambda y, number, own: 0.0 * y,
    kinks=ALL,
)
"""Makes of row 0 of an area, which is all of it, that of the formula's cell, counted from 1."""


def common(sizes: Sequence[Size]) -> Size:
    """Return the size of what is computed cell by cell from values of some sizes."""
    return max(size[0] for size in sizes), max(size[1] for size in sizes)


def cell_by_cell(function: Function, count: int) -> list[bool]:
    """Return which arguments are taken cell by cell, together."""
    if function.kind not in {"elementwise", "plain"} and function.name not in _CELL_BY_CELL:
        return [False] * count
    letters = function.params
    return [letters[min(k, len(letters) - 1)] == "V" for k in range(count)]


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

    def value(args: Sequence[Array], strict: bool) -> Array:
        array = args[0]
        kind = np.zeros(array.shape, np.uint8) if array.kind is None else array.kind
        kind = np.broadcast_to(kind, array.shape)
        obj = np.full(array.shape, None, object) if array.obj is None else array.obj
        obj = np.broadcast_to(obj, array.shape).copy()
        lost = (kind == NUMBER) & ~np.isfinite(array.num)
        if lost.any():
            obj[lost], kind = array.objects()[lost], np.where(lost, np.uint8(ERROR), kind)
        return Array(
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


def alike(one: Array, other: Array, size: Size | None) -> bool:
    """Whether two results are the same in a formula's cells, up to the order of their sums."""
    height, width = size or (1, 1)

    def cut(part: Any) -> Any:
        return part[..., :height, :width]

    a, b = cut(one.num), cut(other.num)
    if a.shape[-2:] != b.shape[-2:] or not np.allclose(a, b, 1e-7, 1e-9, equal_nan=True):
        return False
    kinds = [0 if part.kind is None else cut(part.kind) for part in (one, other)]
    if not np.all(kinds[0] == kinds[1]):
        return False
    texts = [None if part.obj is None else cut(part.obj) for part in (one, other)]
    return bool(np.all(texts[0] == texts[1]))
