"""References that have to be computed: OFFSET, INDIRECT, INDEX, `A1:INDEX(...)`, `A1#`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.formula.compile.store import NO_COMMON, NOWHERE, Areas, Ints
from sheetsim.formula.syntax.parser import parse
from sheetsim.formula.syntax.r1c1 import a1_style
from sheetsim.formula.syntax.rewriting import meaning
from sheetsim.formula.syntax.table_references import table_ref
from sheetsim.formula.syntax.tokens import Ref, tokenize
from sheetsim.formula.values import BLANK, Array, Bools, constant
from sheetsim.references import MAX_COLUMNS, MAX_ROWS

if TYPE_CHECKING:
    from sheetsim.book import Place
    from sheetsim.formula.compile.store import Store


def ref_areas(ref: Ref, rows: Ints, columns: Ints) -> Areas:
    """Return a reference as it is in the cells of a block.

    Args:
        ref: with its sheet.
        rows: (R, 1), of the block's cells; or (N, 1).
        columns: (1, C); or (N, 1).
    """
    none = np.zeros((1, 1), np.intp)
    a, b, c, d = ref.fixed
    top = ref.top + (none if a else rows)
    left = ref.left + (none if b else columns)
    bottom = ref.bottom + (none if c else rows)
    right = ref.right + (none if d else columns)
    if ref.wraps:
        top, bottom = top % MAX_ROWS, bottom % MAX_ROWS
        left, right = left % MAX_COLUMNS, right % MAX_COLUMNS
    if a != c or ref.top > ref.bottom or ref.wraps:
        top, bottom = np.minimum(top, bottom), np.maximum(top, bottom)
    if b != d or ref.left > ref.right or ref.wraps:
        left, right = np.minimum(left, right), np.maximum(left, right)
    return Areas(ref.sheet or "", top, left, bottom, right)


def site_areas(
    store: Store, name: str, areas: list[Areas], args: list[Array], own: tuple[str, Place]
) -> Areas:
    """Return what a site refers to, given its references and the values of its arguments.

    Raises:
        WorkbookError: INDIRECT's text is no reference that can be understood.
    """
    if name == "INDIRECT":
        return _indirect(store, args, own)
    if name in {":", " "}:
        return _joined(name, areas)
    if name == "ANCHORARRAY":
        return _spilled(store, areas[0])
    numbers = [_whole(arg) for arg in args]
    return _offset(areas[0], numbers, args) if name == "OFFSET" else _index(areas[0], numbers)


def _whole(arg: Array) -> Ints:
    """Return the whole numbers of an argument, one a cell; far outside for an error."""
    num = np.trunc(arg.num[..., 0, 0])
    good = np.isfinite(num)
    return np.where(good, np.where(good, num, 0.0), NOWHERE).astype(np.intp)


def _offset(base: Areas, numbers: list[Ints], args: list[Array]) -> Areas:
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
    return _checked(base.sheet, top, left, bottom, end, (height == 0) | (width == 0))


def _left_out(arg: Array) -> bool:
    """Whether an argument was left out: OFFSET(A1,1,1,,2)."""
    return arg.literal and arg.kind is not None and bool(np.all(arg.kind == BLANK))


def _checked(sheet: str, top: Ints, left: Ints, bottom: Ints, right: Ints, bad: Bools) -> Areas:
    """Return areas, those outside the sheet (or bad) moved to where `#REF!` is."""
    bad = bad | (top < 0) | (left < 0) | (bottom >= MAX_ROWS) | (right >= MAX_COLUMNS)
    if bad.any():
        top, bottom = np.where(bad, NOWHERE, top), np.where(bad, NOWHERE, bottom)
        right = np.where(bad, left, right)
    return Areas(sheet, top, left, bottom, right)


def _index(base: Areas, numbers: list[Ints]) -> Areas:
    """Return the cell, row or column of an area; row or column 0 means all of it."""
    height = base.bottom - base.top + 1
    width = base.right - base.left + 1
    row = numbers[0]
    if len(numbers) == 1:
        flat = (height == 1) & (width > 1)
        column = np.where(flat, row, np.where(width == 1, 1, 0))
        row = np.where(flat, 1, row)
    else:
        column = numbers[1]
    bad = (row < 0) | (row > height) | (column < 0) | (column > width)
    top = np.where(row == 0, base.top, base.top + row - 1)
    bottom = np.where(row == 0, base.bottom, top)
    left = np.where(column == 0, base.left, base.left + column - 1)
    right = np.where(column == 0, base.right, left)
    if bad.any():
        top, bottom = np.where(bad, NOWHERE, top), np.where(bad, NOWHERE, bottom)
        left, right = np.where(bad, base.left, left), np.where(bad, base.left, right)
    return Areas(base.sheet, top, left, bottom, right)


def _joined(name: str, areas: list[Areas]) -> Areas:
    """Return the smallest area around both, or what they have in common."""
    a, b = areas
    if a.sheet != b.sheet:
        nowhere = np.full((1, 1), NOWHERE)
        return Areas(a.sheet, nowhere, nowhere * 0, nowhere, nowhere * 0)
    least, most = (np.minimum, np.maximum) if name == ":" else (np.maximum, np.minimum)
    top, left = least(a.top, b.top), least(a.left, b.left)
    bottom, right = most(a.bottom, b.bottom), most(a.right, b.right)
    apart = (bottom < top) | (right < left)
    if apart.any():
        top, bottom = np.where(apart, NO_COMMON, top), np.where(apart, NO_COMMON, bottom)
        right = np.where(apart, left, right)
    return Areas(a.sheet, top, left, bottom, right)


def _spilled(store: Store, anchor: Areas) -> Areas:
    """Return the range of the array formula that starts in a cell: `A1#`."""
    cells = store.sheet(anchor.sheet).cells
    shape = np.broadcast_shapes(anchor.top.shape, anchor.left.shape)
    top, left = np.broadcast_to(anchor.top, shape), np.broadcast_to(anchor.left, shape)
    bottom, right = top.copy(), left.copy()
    for index in np.ndindex(shape):
        cell = cells.get((int(top[index]), int(left[index])))
        if cell is not None and cell.array:
            ref = tokenize(cell.array, (0, 0))[0].value
            _, _, bottom[index], right[index] = ref.at(0, 0)
    return Areas(anchor.sheet, top, left, bottom, right)


def _indirect(store: Store, args: list[Array], own: tuple[str, Place]) -> Areas:
    """Return what a text refers to; `#REF!` if nothing."""
    text = args[0].objects().ravel()
    a1 = len(args) < 2 or bool(args[1].num.all())
    sheet, place = own
    first = text[0]
    nowhere = np.full((1, 1), NOWHERE)
    lost = Areas(sheet, nowhere, nowhere * 0, nowhere, nowhere * 0)
    if not isinstance(first, str):
        return lost
    try:
        first = first if a1 else a1_style(first, place)
        node = parse(first, place)[-1]
        for _ in range(9):
            if node.kind == "name":
                node = meaning(store.book, node.value, sheet)[-1]
            elif node.kind == "table":
                node = table_ref(store.book, node.value, sheet, place)
    except WorkbookError:
        return lost
    if node.kind != "ref" or not isinstance(node.value, Ref):
        return lost
    name = store.book.find_sheet(node.value.sheet or sheet)
    if name is None:
        return lost
    top, left, bottom, right = node.value.at(*place)
    return Areas(name, *(np.full((1, 1), one) for one in (top, left, bottom, right)))


def geometry(name: str, areas: Areas | None, rows: Ints, columns: Ints) -> Array:
    """Return ROW, COLUMN, ROWS or COLUMNS of areas, or of the formula's own cell."""
    if areas is None:
        own = rows if name == "ROW" else columns
        return Array(np.asarray(own + 1.0, np.float64)[..., None, None])
    if name in {"ROWS", "COLUMNS"}:
        first, last = (areas.top, areas.bottom) if name == "ROWS" else (areas.left, areas.right)
        return Array(np.asarray(last - first + 1.0, np.float64)[..., None, None])
    first, last = (areas.top, areas.bottom) if name == "ROW" else (areas.left, areas.right)
    if (first < 0).any():
        return constant(CellError("#REF!"))
    size = int((last - first).max()) + 1
    steps = np.arange(size, dtype=np.float64)
    steps = steps[:, None] if name == "ROW" else steps[None, :]
    return Array(first[..., None, None] + 1.0 + steps)
