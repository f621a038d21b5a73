"""References are cut where all is blank: a whole column is read as far as its sheet is used.

Whether the blanks behind that matter (they do for COUNTBLANK, and for MEDIAN of A:A+1) is found by
reading some of them as well: where the result changes, all of them are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.compile.broadcasting import Size
from sheetsim.formula.compile.plan import StepKind
from sheetsim.formula.functions import ALL, Function
from sheetsim.formula.functions._make import elementwise
from sheetsim.formula.values import ArrayValue

if TYPE_CHECKING:
    from sheetsim.formula.areas import Areas
    from sheetsim.formula.compile.plan import Plan
    from sheetsim.formula.compile.store import Store

SMALL = 1000
"""Cells up to which a reference is always read whole."""

EXTRA = 100
"""Blank rows and columns that are read to see whether they matter."""

LARGE = 4_000_000
"""Cells of one block beyond which its cells are computed one by one."""


class UsedRange:
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

    def again(self, *, extra: int = 0, whole: bool = False) -> UsedRange:
        """Return the same limits for another attempt, some rows farther or none at all."""
        new = UsedRange(self._store, self._plan, extra=extra, whole=whole)
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
        names = [sheet, *(step.value.sheet for step in steps if step.kind is StepKind.AREA)]
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


def alike(one: ArrayValue, other: ArrayValue, size: Size | None) -> bool:
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
