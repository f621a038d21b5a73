# ruff: noqa: ARG001  (what stands in the same field of the table is called alike)
"""Functions of references as such: OFFSET, INDIRECT, ROW, COLUMN, ROWS, COLUMNS.

INDEX is in `lookup`, and what the operators `:`, space and `#` refer to in `operators`.
"""

from __future__ import annotations

import numpy as np

from sheetsim.formula.areas import NOWHERE, Areas, with_lost
from sheetsim.formula.functions._function import Elsewhere, Reader, Reads
from sheetsim.formula.functions._make import geometry, reference
from sheetsim.formula.values import BLANK, ArrayValue, Bools, Ints
from sheetsim.references import MAX_COLUMNS, MAX_ROWS

_FAR = 2.0**40


def whole(arg: ArrayValue) -> Ints:
    """Return the whole numbers of an argument, one a cell; 0 for what is none."""
    num = np.trunc(arg.num[..., 0, 0])
    return np.where(np.isfinite(num), np.clip(num, -_FAR, _FAR), 0.0).astype(np.intp)


def _offset(reader: Reader, areas: list[Areas], args: list[ArrayValue]) -> Areas:
    base, numbers = areas[0], [whole(arg) for arg in args]
    down, right = numbers[0], numbers[1]
    top, left = base.top + down, base.left + right
    sizes = [base.bottom - base.top + 1, base.right - base.left + 1]
    for k in (2, 3):
        if len(args) > k and not _left_out(args[k]):
            sizes[k - 2] = numbers[k]
    height, width = sizes
    bottom, end = top + height - 1, left + width - 1
    bottom = np.where(height < 0, top, bottom)
    end = np.where(width < 0, left, end)
    top = np.where(height < 0, top + height + 1, top)
    left = np.where(width < 0, left + width + 1, left)
    return _on_sheet(base.sheet, top, left, bottom, end, (height == 0) | (width == 0))


def _left_out(arg: ArrayValue) -> bool:
    """Whether an argument was left out: OFFSET(A1,1,1,,2)."""
    return arg.literal and arg.kind is not None and bool(np.all(arg.kind == BLANK))


def _on_sheet(sheet: str, top: Ints, left: Ints, bottom: Ints, right: Ints, bad: Bools) -> Areas:
    """Return areas, those outside the sheet (or bad) moved to where `#REF!` is."""
    bad = bad | (top < 0) | (left < 0) | (bottom >= MAX_ROWS) | (right >= MAX_COLUMNS)
    return with_lost(Areas(sheet, top, left, bottom, right), bad, NOWHERE)


def _indirect(reader: Reader, areas: list[Areas], args: list[ArrayValue]) -> Areas:
    text = args[0].objects().ravel().tolist()[0]
    return reader.read(text, a1=len(args) < 2 or bool(args[1].num.all()))


def _row(areas: Areas) -> ArrayValue:
    return _lines(areas.top, areas.bottom, upright=True)


def _column(areas: Areas) -> ArrayValue:
    return _lines(areas.left, areas.right, upright=False)


def _lines(first: Ints, last: Ints, *, upright: bool) -> ArrayValue:
    """Return the numbers of rows, one below the other, or of columns, side by side."""
    steps = np.arange(int((last - first).max()) + 1, dtype=np.float64)
    return ArrayValue(
        first[..., None, None] + 1.0 + (steps[:, None] if upright else steps[None, :])
    )


def _rows(areas: Areas) -> ArrayValue:
    return _count(areas.top, areas.bottom)


def _columns(areas: Areas) -> ArrayValue:
    return _count(areas.left, areas.right)


def _count(first: Ints, last: Ints) -> ArrayValue:
    return ArrayValue(np.asarray(last - first + 1, np.float64)[..., None, None])


OFFSET = reference("OFFSET", 3, 5, _offset, references={0}, reads=Reads.AROUND,
                   elsewhere={Elsewhere.ARRAY_OF_CELLS})  # fmt: skip
ROWS = geometry("ROWS", 1, 1, _rows)
COLUMNS = geometry("COLUMNS", 1, 1, _columns)

FUNCTIONS = (
    OFFSET,
    reference("INDIRECT", 1, 2, _indirect, texts={0}, reads=Reads.ANYWHERE),
    geometry("ROW", 0, 1, _row, per_line=True),
    geometry("COLUMN", 0, 1, _column, per_line=True),
    ROWS,
    COLUMNS,
)
