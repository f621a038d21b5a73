# ruff: noqa: ARG001  (what stands in the same field of the table is called alike)
"""Looking things up: INDEX, MATCH, VLOOKUP, HLOOKUP, LOOKUP, XLOOKUP, XMATCH.

What is found moves with the cell that it was found in, so the derivative by the table is 1 there;
which cell that is jumps. Where a lookup returns several cells, derivatives are NaN. INDEX of a
reference is one itself, as long as its other arguments are fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import Value
from sheetsim.formula.areas import (
    NO_CELL,
    NOWHERE,
    Areas,
    carrying,
    first_errors,
    with_lost,
)
from sheetsim.formula.functions._finder import Finder, positions
from sheetsim.formula.functions._function import Elsewhere, Reader, UnequalSizesError
from sheetsim.formula.functions._make import ALL, everywhere, general
from sheetsim.formula.functions.references import whole
from sheetsim.formula.values import (
    BLANK,
    ERROR,
    NA_ERROR,
    REF_ERROR,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    ExcelError,
    choose,
    constant,
    errors_of,
    failed,
    from_objects,
)


def position(
    array: ArrayValue, row: ArrayValue, column: ArrayValue | None
) -> tuple[Floats, Floats]:
    """Return (row, column) from 0, each (..., 1, 1), that INDEX means; -1 for a whole one."""
    r = _line(row)
    if column is None:
        if array.shape[-2] == 1:
            return np.zeros_like(r), r
        return r, np.zeros_like(r) if array.shape[-1] == 1 else np.full_like(r, -1)
    return np.broadcast_arrays(r, _line(column))  # type: ignore[return-value]


def _line(number: ArrayValue) -> Floats:
    """Return a row or column from 0, -1 for a whole one, -2 for what is no number."""
    return np.where(np.isfinite(number.num), np.trunc(number.num) - 1, -2.0)


def _lines(
    array: ArrayValue, row: ArrayValue, line: Floats, flat: Floats, count: int
) -> ArrayValue:
    """Return whole rows or columns, another in each cell; `#REF!` for one that is not there."""
    outside = line >= count
    out = take_at(array, np.where(outside, 0, flat).astype(np.intp))
    if not outside.any():
        return out
    return choose(outside, everywhere((array, row), REF_ERROR), out)


def _apart(r: Floats, c: Floats, size: tuple[int, int]) -> None:
    """Let cells that ask for a whole row or column, which may be of other sizes, go apart.

    Raises:
        UnequalSizesError: they ask for different ones.
    """
    labels = np.where((r == -1) | (c == -1), r * (size[1] + 3) + c, -9.0)
    if labels.shape[-2:] == (1, 1) and np.ptp(labels):
        raise UnequalSizesError(np.unique(labels, return_inverse=True)[1].reshape(r.shape[:-2]))


def _index(array: ArrayValue, row: ArrayValue, *column: ArrayValue) -> ArrayValue:
    height, width = array.shape[-2:]
    r, c = position(array, row, column[0] if column else None)
    if (r == -1).all() and (c == -1).all():
        return array
    if (c == -1).all() and (r >= 0).all() and r.shape[-2:] == (1, 1):
        return _lines(array, row, r, r * width + np.arange(width), height)
    if (r == -1).all() and (c >= 0).all() and r.shape[-2:] == (1, 1):
        return _lines(array, row, c, np.arange(height)[:, None] * width + c, width)
    if (r == -1).any() or (c == -1).any():  # a whole row or column, the same in all cells
        if r.size > 1 and (np.ptp(r) or np.ptp(c)):
            _apart(r, c, (height, width))
        first, second = int(r.flat[0]), int(c.flat[0])
        rows = slice(None) if first < 0 else slice(first, first + 1)
        columns = slice(None) if second < 0 else slice(second, second + 1)
        return _cut(array, rows, columns)
    outside = (r < 0) | (r >= height) | (c < 0) | (c >= width)
    flat = np.where(outside, 0, r * width + c).astype(np.intp)
    out = take_at(array, flat)
    if outside.any():
        out = choose(outside, everywhere((array, row), REF_ERROR), out)
        out = choose((r < -1) | (c < -1), everywhere((array, row), VALUE_ERROR), out)
    return with_argument_errors(out, (row, *column))


def _cut(array: ArrayValue, rows: slice, columns: slice) -> ArrayValue:
    def cut(part: Any) -> Any:
        return part[..., rows, columns]

    kind = None if array.kind is None else cut(array.kind)
    obj = None if array.obj is None else cut(array.obj)
    return ArrayValue(cut(array.num), kind, obj, bad=array.bad)


def take_at(array: ArrayValue, flat: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> ArrayValue:
    """Return the values at these positions (..., r, c) of the flattened matrices."""

    def take(part: Any) -> Any:
        ahead = np.broadcast_shapes(part.shape[:-2], flat.shape[:-2])
        part = np.broadcast_to(part, (*ahead, *part.shape[-2:])).reshape((*ahead, -1))
        where = np.broadcast_to(flat, (*ahead, *flat.shape[-2:])).reshape((*ahead, -1))
        return np.take_along_axis(part, where, -1).reshape((*ahead, *flat.shape[-2:]))

    kind = None if array.kind is None else take(array.kind)
    obj = None if array.obj is None else take(array.obj)
    return ArrayValue(take(array.num), kind, obj, bad=array.bad)


def _index_partials(args: list[ArrayValue], _out: ArrayValue) -> list[Floats | None]:
    array = args[0]
    height, width = array.shape[-2:]
    r, c = position(array, args[1], args[2] if len(args) > 2 else None)
    rows = (np.arange(height)[:, None] == r) | (r == -1)
    columns = (np.arange(width) == c) | (c == -1)
    return [(rows & columns).astype(np.float64), None, None][: len(args)]


def _index_refers(reader: Reader, areas: list[Areas], args: list[ArrayValue]) -> Areas:
    """Return the cell, row or column of an area; row or column 0 means all of it."""
    base, numbers = areas[0], [whole(arg) for arg in args]
    height = base.bottom - base.top + 1
    width = base.right - base.left + 1
    row = numbers[0]
    if len(numbers) == 1:
        flat = (height == 1) & (width > 1)
        column = np.where(flat, row, np.where(width == 1, 1, 0))
        row = np.where(flat, 1, row)
    else:
        column = numbers[1]
    top = np.where(row == 0, base.top, base.top + row - 1)
    bottom = np.where(row == 0, base.bottom, top)
    left = np.where(column == 0, base.left, base.left + column - 1)
    right = np.where(column == 0, base.right, left)
    out = with_lost(
        Areas(base.sheet, top, left, bottom, right), (row > height) | (column > width), NOWHERE
    )
    return with_lost(out, (row < 0) | (column < 0), NO_CELL)


def with_argument_errors(out: ArrayValue, args: Sequence[ArrayValue]) -> ArrayValue:
    """Return a result, but the first error among some numbers where one is an error or a text."""
    for one in reversed(args):
        wrong = ~np.isfinite(one.num)
        if wrong.any():
            out = choose(wrong, from_objects(errors_of(one)), out)
    return out


def _match(wanted: ArrayValue, among: ArrayValue, *how: ArrayValue) -> ArrayValue:
    """Return the position, from 1, of values in one row or column; `#N/A` if it is not there."""
    if 1 not in among.shape[-2:]:
        return everywhere((wanted, among), NA_ERROR)

    def find(finder: Finder, value: Value, kind: float = 1.0) -> int:
        if kind == 0:
            return finder.exact(value)
        return finder.descending(value) if kind < 0 else finder.sorted(value)

    return positions(find, wanted, among, *how)


def part(array: ArrayValue, rows: slice, columns: slice) -> ArrayValue:
    """Return some rows and columns of each range."""
    kind = None if array.kind is None else array.kind[..., rows, columns]
    obj = None if array.obj is None else array.obj[..., rows, columns]
    num = array.num[..., rows, columns]
    return ArrayValue(num, kind, obj, bad=array.bad, literal=array.literal)


_ALL, _FIRST = slice(None), slice(0, 1)


def _fetch(table: ArrayValue, found: ArrayValue) -> ArrayValue:
    """Return what stands at positions from 1 in the flattened table, or the positions' errors."""
    lost = failed(found)
    flat = np.where(lost, 1, found.num) - 1
    out = take_at(table, flat.astype(np.intp))
    return choose(lost, found, out) if lost.any() else out


def _one_hot(table: ArrayValue, found: ArrayValue) -> Floats:
    """Return the derivative by the table of the one value found in it."""
    rows, columns = table.shape[-2:]
    if found.shape[-2:] != (1, 1):
        return np.full((1, 1, rows, columns), np.nan)
    own = np.arange(rows * columns).reshape(rows, columns) + 1
    return np.asarray(own == found.num, np.float64)


def _plain_search(finder: Finder, wanted: Value, near: float = 1.0) -> int:
    """Search as VLOOKUP does: by halves in what is sorted, or exactly."""
    return finder.sorted(wanted) if near else finder.exact(wanted)


def _table_positions(args: list[ArrayValue], *, rows: bool) -> ArrayValue:
    """Return positions in the table that VLOOKUP (or, along rows, HLOOKUP) means."""
    wanted, table, index, *near = args
    keys = part(table, _FIRST, _ALL) if rows else part(table, _ALL, _FIRST)
    found = positions(_plain_search, wanted, keys, *near, letter="b")
    line = np.trunc(index.num)
    height, width = table.shape[-2:]
    most = height if rows else width
    at = (line - 1) * width + found.num if rows else (found.num - 1) * width + line
    low, high = line < 1, line > most
    out = ArrayValue(at, *_spread(found, at.shape), bad=found.bad)
    everyone = (wanted, table, index)
    if high.any():
        out = choose(high, everywhere(everyone, REF_ERROR), out)
    out = choose(low, everywhere(everyone, VALUE_ERROR), out) if low.any() else out
    out = with_argument_errors(out, [index])
    out = choose(failed(near[0]), near[0], out) if near and failed(near[0]).any() else out
    return choose(failed(wanted), wanted, out) if failed(wanted).any() else out


def _spread(array: ArrayValue, shape: tuple[int, ...]) -> tuple[Any, Any]:
    kind = None if array.kind is None else np.broadcast_to(array.kind, shape)
    return kind, None if array.obj is None else np.broadcast_to(array.obj, shape)


def _vlookup(*args: ArrayValue, rows: bool = False) -> ArrayValue:
    return _fetch(args[1], _table_positions(list(args), rows=rows))


def _vlookup_partials(
    args: list[ArrayValue],
    out: ArrayValue,
    *,
    rows: bool = False,
) -> list[Floats | None]:
    slope = _one_hot(args[1], _table_positions(args, rows=rows))
    return [None, slope, *([None] * (len(args) - 2))]


def _vectors(args: list[ArrayValue]) -> tuple[ArrayValue, ArrayValue]:
    """Return what LOOKUP searches, and what it returns: the table's first and last line."""
    if len(args) > 2:
        return args[1], args[2]
    table = args[1]
    if table.shape[-1] > table.shape[-2]:
        return part(table, _FIRST, _ALL), part(table, slice(-1, None), _ALL)
    return part(table, _ALL, _FIRST), part(table, _ALL, slice(-1, None))


def _lookup(*args: ArrayValue) -> ArrayValue:
    keys, values = _vectors(list(args))
    found = positions(_plain_search, args[0], keys)
    over = found.num > values.shape[-1] * values.shape[-2]
    if over.any():
        found = choose(over, everywhere(args, NA_ERROR), found)
    return _fetch(values, found)


def _lookup_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    keys, values = _vectors(args)
    slope = _one_hot(values, positions(_plain_search, args[0], keys))
    if len(args) > 2:
        return [None, None, slope]
    rows, columns = args[1].shape[-2:]
    ahead = slope.ndim - 2
    short = (rows - slope.shape[-2], columns - slope.shape[-1])
    return [None, np.pad(slope, [(0, 0)] * ahead + [(short[0], 0), (short[1], 0)])]


def _new_search(finder: Finder, wanted: Value, mode: float = 0.0, order: float = 1.0) -> int:
    """Search as XLOOKUP does: 0 exactly, -1 or else smaller, 1 or else larger, 2 wildcards."""
    mode, order = int(mode), int(order)
    if mode not in (-1, 0, 1, 2) or order not in (-2, -1, 1, 2):
        raise ExcelError(VALUE_ERROR)
    last = order == -1
    if mode in (0, 2):
        return finder.exact(wanted, wild=mode == 2, last=last, blank=True)
    return finder.nearest(wanted, above=mode == 1, last=last)


def _options(args: list[ArrayValue], first: int) -> list[ArrayValue]:
    """Return XLOOKUP's modes as numbers; what is left out counts as the default."""
    given = args[first:]
    defaults = (0.0, 1.0)
    return [
        constant(default)
        if one.literal and one.kind is not None and (one.kind == BLANK).all()
        else one
        for one, default in zip(given, defaults, strict=False)
    ]


def _xmatch(*args: ArrayValue) -> ArrayValue:
    if 1 not in args[1].shape[-2:]:
        return everywhere(args, VALUE_ERROR)
    return positions(_new_search, args[0], args[1], *_options(list(args), 2))


def _xlookup_positions(args: list[ArrayValue]) -> ArrayValue:
    """Return positions in the flattened array of results: one, or a whole row or column."""
    keys, values = args[1], args[2]
    height, width = values.shape[-2:]
    found = positions(_new_search, args[0], keys, *_options(args, 4))
    upright = keys.shape[-1] == 1 and (keys.shape[-2] > 1 or height == 1)
    lines = height if upright else width
    if 1 not in keys.shape[-2:] or keys.shape[-1] * keys.shape[-2] != lines:
        return everywhere(args, VALUE_ERROR)
    if upright:
        across = np.arange(width) + 1.0
        at = (found.num - 1) * width + (across if found.shape[-1] == 1 else 1.0)
    else:
        down = np.arange(height)[:, None] * float(width)
        at = found.num + (down if found.shape[-2] == 1 else 0.0)
    return ArrayValue(at, *_spread(found, at.shape), bad=found.bad)


def _missing(found: ArrayValue) -> Bools:
    """Return where nothing was found; other errors stay what they are."""
    if found.obj is None:
        return np.zeros(found.shape, bool)
    return np.asarray((found.kind == ERROR) & (found.obj == NA_ERROR))


def _has_other(args: list[ArrayValue]) -> bool:
    if len(args) < 4:
        return False
    kind = args[3].kind
    return not (args[3].literal and kind is not None and bool((kind == BLANK).all()))


def _xlookup(*args: ArrayValue) -> ArrayValue:
    found = _xlookup_positions(list(args))
    out = _fetch(args[2], found)
    if not _has_other(list(args)):
        return out
    if any(a not in (1, b) for a, b in zip(args[3].shape[-2:], out.shape[-2:], strict=True)):
        return choose(_missing(found), everywhere(args, VALUE_ERROR), out)
    return choose(_missing(found), args[3], out)


def _xlookup_refers(reader: Reader, areas: list[Areas], args: list[ArrayValue]) -> Areas:
    """Return the cell, row or column that is found: XLOOKUP(...):XLOOKUP(...)."""
    (base,), keys = areas, args[1]
    found = positions(_new_search, args[0], keys, *_options([*args[:2], *args], 5))
    line = np.where(np.isfinite(found.num), found.num, 1.0)[..., 0, 0].astype(np.intp) - 1
    height, width = base.bottom - base.top + 1, base.right - base.left + 1
    upright = keys.shape[-1] == 1 and (keys.shape[-2] > 1 or bool((height == 1).all()))
    lines = keys.shape[-2] * keys.shape[-1]
    top = base.top + line if upright else base.top
    left = base.left if upright else base.left + line
    out = Areas(base.sheet, top, left, top if upright else base.bottom,
                base.right if upright else left)  # fmt: skip
    out = with_lost(out, (height if upright else width) != lines, NO_CELL)
    rows = first_errors([found], frozenset({0}))
    return with_lost(out, rows < 0, rows)


def _xlookup_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    found = _xlookup_positions(args)
    slopes: list[Floats | None] = [None] * len(args)
    slopes[2] = _one_hot(args[2], found)
    if _has_other(args):
        slopes[3] = _missing(found).astype(np.float64)
    return slopes


_TABLE = [[1.0, 0.4, 0.7], [2.0, 0.9, 0.3], [3.0, 1.2, 0.6]]

INDEX = general(
    "INDEX", 2, 3, _index, partials=_index_partials, params="AV", kinks={1, 2}, linear={0},
    picks=True, returns=ALL, refers=carrying(_index_refers), references={0},
    sample=([[0.3, 0.4], [0.5, 0.6]], 2.4, 1.3),
)  # fmt: skip

FUNCTIONS = (
    INDEX,
    general("MATCH", 2, 3, _match, elsewhere={Elsewhere.NO_ORDER},
            params="VRV", ranges={1}, kinks=ALL, in_steps=True, picks=True,
            sample=(1.4, [[1.0], [2.0]], 1.0)),
    general("VLOOKUP", 3, 4, _vlookup, elsewhere={Elsewhere.NO_ORDER},
            partials=_vlookup_partials, params="VRV", kinks=ALL,
            returns=ALL, ranges={1}, sample=(2.4, _TABLE, 2.4)),
    general("HLOOKUP", 3, 4, lambda *args: _vlookup(*args, rows=True), params="VRV",
            elsewhere={Elsewhere.NO_ORDER}, kinks=ALL,
            partials=lambda args, out: _vlookup_partials(args, out, rows=True),
            returns=ALL, ranges={1}, sample=(0.6, [[0.1, 0.4, 0.7], [2.0, 0.9, 0.3]], 2.4)),
    general("LOOKUP", 2, 3, _lookup, elsewhere={Elsewhere.NO_ORDER},
            partials=_lookup_partials, params="VA", kinks=ALL,
            returns=ALL, ranges={1, 2}, sample=(2.4, _TABLE)),
    general("XLOOKUP", 3, 6, _xlookup, elsewhere={Elsewhere.NO_ORDER},
            partials=_xlookup_partials, params="VRRV",
            kinks={0, 1, 4, 5}, linear={2}, returns=ALL, ranges={1, 2},
            refers=carrying(_xlookup_refers, frozenset(range(5))), references={2},
            refers_if_asked=True,
            sample=(2.4, [[1.0], [2.0], [3.0]], [[0.4], [0.9], [1.2]], 0.7, -1.4)),
    general("XMATCH", 2, 4, _xmatch, params="VRV", kinks=ALL, ranges={1},
            sample=(2.4, [[1.0], [2.0], [3.0]], 1.4)),
)  # fmt: skip
