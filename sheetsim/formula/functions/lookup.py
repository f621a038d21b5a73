"""Looking things up: INDEX and MATCH; INDEX with fixed arguments is the compiler's."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from sheetsim.book import CellError, Value
from sheetsim.formula.functions._make import everywhere, general, plain
from sheetsim.formula.functions._wildcards import pattern
from sheetsim.formula.values import (
    ERROR,
    NA_ERROR,
    REF_ERROR,
    Array,
    ExcelError,
    Floats,
    choose,
)


def position(array: Array, row: Array, column: Array | None) -> tuple[Floats, Floats]:
    """Return (row, column) from 0, each (..., 1, 1), that INDEX means; -1 for a whole one."""
    r = np.trunc(row.num) - 1
    if column is None:
        if array.shape[-2] == 1:
            return np.zeros_like(r), r
        return r, np.zeros_like(r) if array.shape[-1] == 1 else np.full_like(r, -1)
    return np.broadcast_arrays(r, np.trunc(column.num) - 1)  # type: ignore[return-value]


def _index(array: Array, row: Array, *column: Array) -> Array:
    height, width = array.shape[-2:]
    r, c = position(array, row, column[0] if column else None)
    if (r == -1).all() and (c == -1).all():
        return array
    if (r == -1).any() or (c == -1).any():  # a whole row or column, the same in all cells
        if r.size > 1 and (np.ptp(r) or np.ptp(c)):
            return everywhere((array, row), REF_ERROR)
        first, second = int(r.flat[0]), int(c.flat[0])
        rows = slice(None) if first < 0 else slice(first, first + 1)
        columns = slice(None) if second < 0 else slice(second, second + 1)
        return _cut(array, rows, columns)
    outside = (r < 0) | (r >= height) | (c < 0) | (c >= width)
    flat = np.where(outside, 0, r * width + c).astype(np.intp)
    out = _take(array, flat)
    if outside.any():
        out = choose(outside, everywhere((array, row), REF_ERROR), out)
    for one in (row, *column):
        if one.bad:
            out = choose(np.asarray(one.kind == ERROR), one, out)
    return out


def _cut(array: Array, rows: slice, columns: slice) -> Array:
    def cut(part: Any) -> Any:
        return part[..., rows, columns]

    kind = None if array.kind is None else cut(array.kind)
    obj = None if array.obj is None else cut(array.obj)
    return Array(cut(array.num), kind, obj, bad=array.bad)


def _take(array: Array, flat: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> Array:
    """Return the values at these positions (..., r, c) of the flattened matrices."""

    def take(part: Any) -> Any:
        ahead = np.broadcast_shapes(part.shape[:-2], flat.shape[:-2])
        part = np.broadcast_to(part, (*ahead, *part.shape[-2:])).reshape((*ahead, -1))
        where = np.broadcast_to(flat, (*ahead, *flat.shape[-2:])).reshape((*ahead, -1))
        return np.take_along_axis(part, where, -1).reshape((*ahead, *flat.shape[-2:]))

    kind = None if array.kind is None else take(array.kind)
    obj = None if array.obj is None else take(array.obj)
    return Array(take(array.num), kind, obj, bad=array.bad)


def _index_partials(args: list[Array], _out: Array) -> list[Floats | None]:
    array = args[0]
    height, width = array.shape[-2:]
    r, c = position(array, args[1], args[2] if len(args) > 2 else None)
    rows = (np.arange(height)[:, None] == r) | (r == -1)
    columns = (np.arange(width) == c) | (c == -1)
    return [(rows & columns).astype(np.float64), None, None][: len(args)]


def _match(wanted: Value, rows: list[list[Value]], how: int = 1) -> float:
    """Return the position, from 1, of a value in one row or column.

    Raises:
        ExcelError: `#N/A`, it is not there.
    """
    if isinstance(wanted, CellError):
        raise ExcelError(wanted)
    items = rows[0] if len(rows) == 1 else [row[0] for row in rows]
    if len(rows) > 1 and len(rows[0]) > 1:
        raise ExcelError(NA_ERROR)
    if how == 0:
        return _exact(wanted, items)
    return _sorted(wanted, items, descending=how < 0)


def _exact(wanted: Value, items: list[Value]) -> float:
    test = pattern(wanted) if isinstance(wanted, str) else None
    for i, item in enumerate(items, 1):
        if test is not None:
            if isinstance(item, str) and test(item):
                return float(i)
        elif _rank(item) == _rank(wanted) and item == (0.0 if wanted is None else wanted):
            return float(i)
    raise ExcelError(NA_ERROR)


def _rank(value: Value) -> int:
    """Return the type's place in Excel's order; errors and blanks have none."""
    if value is None or isinstance(value, CellError):
        return -1
    return 2 if isinstance(value, bool) else 1 if isinstance(value, str) else 0


def _key(value: Value) -> float | str:
    return value.casefold() if isinstance(value, str) else float(cast("float", value))


def _sorted(wanted: Value, items: list[Value], *, descending: bool) -> float:
    """Search by halves among the items of the same type, as if they were sorted.

    The steps are Excel's: `log_entropy!H2` of the lecture, MATCH(1, {1, 0}), is 1 in Excel.
    """
    wanted = 0.0 if wanted is None else wanted
    kept = [(i, _key(v)) for i, v in enumerate(items, 1) if _rank(v) == _rank(wanted)]
    goal = _key(wanted)
    if descending:
        found = [i for i, key in kept if key >= goal]  # type: ignore[operator]
        if not found:
            raise ExcelError(NA_ERROR)
        return float(found[-1])
    low, high = 0, len(kept) - 1
    while low <= high:
        middle = (low + high) // 2
        key = kept[middle][1]
        if key == goal:  # the last of those that are equal and side by side
            while middle + 1 < len(kept) and kept[middle + 1][1] == goal:
                middle += 1
            return float(kept[middle][0])
        if key < goal:  # type: ignore[operator]
            low = middle + 1
        else:
            high = middle - 1
    if high < 0:
        raise ExcelError(NA_ERROR)
    return float(kept[high][0])


FUNCTIONS = (
    general("INDEX", 2, 3, _index, partials=_index_partials, params="RV", kinks={1, 2},
            linear={0}, sample=([[0.3, 0.4], [0.5, 0.6]], 2.4, 1.3)),
    plain("MATCH", "vr|i", _match),
)  # fmt: skip
