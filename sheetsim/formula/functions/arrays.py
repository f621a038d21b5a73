"""Arrays of another shape: SEQUENCE, SORT, SORTBY, UNIQUE, FILTER.

In a file they stand as array formulas over the range that they spilled into, which cuts or fills
them. SORT and its like have no derivatives: they count as flat, and as not smooth.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cmp_to_key
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.formula.functions._finder import key, rank
from sheetsim.formula.functions._function import Function, UnequalSizesError
from sheetsim.formula.functions._make import ALL, coerced, everywhere, general
from sheetsim.formula.values import (
    BLANK,
    CALC_ERROR,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    ExcelError,
    choose,
    constant,
    from_objects,
    with_errors,
)

Rows = list[list[Value]]


MAX_CELLS = 2**24
"""Cells of one array that SEQUENCE may make, 128 MB; more are `#VALUE!`."""

MAX_BLOCK = 2**27
"""And of the arrays of all cells that share the formula, which are computed together."""

_MOST = (2**20, 2**14)  # rows and columns of a sheet


def _asked(args: Sequence[ArrayValue]) -> tuple[Floats, Floats, Bools]:
    """Return the rows and the columns that SEQUENCE is asked for, and where they are too many."""
    found = [np.ones((1, 1, 1, 1)), np.ones((1, 1, 1, 1))]
    for i, arg in enumerate(args[:2]):
        if not _left_out(arg):
            found[i] = np.where(arg.num >= 1, np.trunc(arg.num), 1.0)
    rows, columns = found
    many = (rows > _MOST[0]) | (columns > _MOST[1]) | (rows * columns > MAX_CELLS)
    labels = np.where(many, 1.0, rows) * (2 * _MOST[1]) + np.where(many, 1.0, columns)
    if np.ptp(labels):
        raise UnequalSizesError(labels[..., 0, 0].astype(np.intp))
    return rows, columns, many


def _places(rows: Floats, columns: Floats, many: Bools) -> tuple[Floats, Floats] | None:
    """Return the row and the column of each place, from 0; None if they are too many in all."""
    rows, columns = np.where(many, 1.0, rows), np.where(many, 1.0, columns)
    size = rows.max() * columns.max()
    if size * max(rows.size, columns.size) > MAX_BLOCK:
        return None
    return np.arange(rows.max())[:, None], np.arange(columns.max())


def _left_out(arg: ArrayValue) -> bool:
    return arg.literal and arg.kind is not None and bool((arg.kind == BLANK).all())


def _single(arg: ArrayValue) -> ArrayValue:
    """Return the first value of an array, in each cell."""
    if arg.shape[-2:] == (1, 1):
        return arg
    kind = None if arg.kind is None else arg.kind[..., :1, :1]
    obj = None if arg.obj is None else arg.obj[..., :1, :1]
    return ArrayValue(arg.num[..., :1, :1], kind, obj, bad=arg.bad, literal=arg.literal)


def _sequence(*args: ArrayValue) -> ArrayValue:
    """Count up, row by row; no rows or columns are `#CALC!`, and fewer than none `#VALUE!`."""
    args = tuple(_single(arg) for arg in args)
    rows, columns, many = _asked(args)
    places = _places(rows, columns, many)
    if places is None:
        return everywhere(args, VALUE_ERROR)
    row, column = places
    one = constant(1.0)
    start, step = (*(one if _left_out(arg) else arg for arg in args[2:]), one, one)[:2]
    out = with_errors(start.num + step.num * (row * columns + column) + 0 * rows, args)
    for arg in args[:2]:
        size = np.trunc(arg.num)
        few = np.zeros(size.shape, bool) if _left_out(arg) else size < 1
        if few.any():
            wrong = choose(size < 0, constant(VALUE_ERROR), constant(CALC_ERROR))
            out = choose(few, wrong, out)
    return choose(many, everywhere(args, VALUE_ERROR), out) if many.any() else out


def _sequence_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    rows, columns, many = _asked([_single(arg) for arg in args])
    places = _places(rows, columns, many)
    order = 0.0 * out.num if places is None else places[0] * columns + places[1]
    slopes: list[Floats | None] = [None, None, np.ones_like(order), order]
    return slopes[: len(args)]


def dynamic(name: str, least: int, most: int, f: Callable[..., Rows], **more: Any) -> Function:
    """Make a function of rows of values to rows of values, computed once a cell."""

    def value(*args: ArrayValue) -> ArrayValue:
        ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args))
        whole = [np.broadcast_to(a.objects(), (*ahead, *a.shape[-2:])) for a in args]
        found = {index: _tried(f, [one[index].tolist() for one in whole])
                 for index in np.ndindex(ahead)}  # fmt: skip
        return stacked(found, ahead)

    more = {"params": "A", "kinks": ALL, "ragged": True, **more}
    return replace(general(name, least, most, value, **more), kind="plain")


def stacked(found: Mapping[tuple[int, ...], Rows], ahead: tuple[int, ...]) -> ArrayValue:
    """Return the rows of values of each cell as one array.

    Raises:
        UnequalSizesError: they are of different sizes.
    """
    sizes = {index: (len(rows), len(rows[0])) for index, rows in found.items()}
    kinds = {size: k for k, size in enumerate(dict.fromkeys(sizes.values()))}
    if len(kinds) > 1:
        labels = np.zeros(ahead, np.intp)
        for index, size in sizes.items():
            labels[index] = kinds[size]
        raise UnequalSizesError(labels)
    out = np.empty((*ahead, *next(iter(kinds))), object)
    for index, rows in found.items():
        for r, row in enumerate(rows):
            for c, one in enumerate(row):
                out[index][r, c] = one
    return from_objects(out)


def _tried(f: Callable[..., Rows], args: list[Rows]) -> Rows:
    try:
        return f(*args)
    except ExcelError as error:
        return [[error.error]]


def _first(rows: Rows | None, letter: str, default: Any) -> Any:
    """Return a single option, the default if it is left out."""
    if rows is None or rows[0][0] is None:
        return default
    return coerced(rows[0][0], letter)


def _order(a: Value, b: Value) -> int:
    """Compare as Excel sorts: numbers, texts, booleans, errors, blanks."""
    left, right = (_place(one) for one in (a, b))
    if left != right or left > 2:
        return left - right
    one, other = key(a), key(b)
    return (one > other) - (one < other)  # type: ignore[operator]


def _place(value: Value) -> int:
    return 3 if isinstance(value, CellError) else 4 if value is None else rank(value)


def _turned(rows: Rows) -> Rows:
    return [list(column) for column in zip(*rows, strict=True)]


def _sort(
    rows: Rows, index: Rows | None = None, order: Rows | None = None, across: Rows | None = None
) -> Rows:
    at, sign = _first(index, "i", 1), _first(order, "i", 1)
    if sign not in (1, -1):
        raise ExcelError(VALUE_ERROR)
    turned = _first(across, "b", False)
    lines = _turned(rows) if turned else rows
    if not 1 <= at <= len(lines[0]):
        raise ExcelError(VALUE_ERROR)
    lines = sorted(lines, key=_by(lambda line: line[at - 1], sign))
    return _turned(lines) if turned else lines


def _by(get: Callable[[Any], Value], sign: int) -> Any:
    """Return a sorting key; blanks stay last either way."""

    def compare(a: Any, b: Any) -> int:
        one, other = get(a), get(b)
        if one is None or other is None:
            return _order(one, other)
        return sign * _order(one, other)

    return cmp_to_key(compare)


def _sort_by(rows: Rows, *more: Rows) -> Rows:
    order = list(range(len(rows)))
    for k in range(len(more) - 1 - (len(more) + 1) % 2, -1, -2):
        keys = [one for row in more[k] for one in row]
        if len(keys) != len(rows):
            raise ExcelError(VALUE_ERROR)
        sign = _first(more[k + 1] if k + 1 < len(more) else None, "i", 1)
        order = sorted(order, key=_by(keys.__getitem__, sign))
    return [rows[i] for i in order]


def _unique(rows: Rows, across: Rows | None = None, once: Rows | None = None) -> Rows:
    turned = _first(across, "b", False)
    lines = _turned(rows) if turned else rows
    seen: dict[Any, list[list[Value]]] = {}
    for line in lines:
        same = tuple((_place(v), v if _place(v) > 2 else key(v)) for v in line)
        seen.setdefault(same, []).append(line)
    only = _first(once, "b", False)
    kept = [found[0] for found in seen.values() if not only or len(found) == 1]
    if not kept:
        raise ExcelError(CALC_ERROR)
    return _turned(kept) if turned else kept


def _filter(rows: Rows, include: Rows, other: Rows | None = None) -> Rows:
    flags = [bool(coerced(one, "b")) for row in include for one in row]
    if len(include[0]) == 1 and len(include) == len(rows):
        kept = [row for row, flag in zip(rows, flags, strict=True) if flag]
    elif len(include) == 1 and len(include[0]) == len(rows[0]):
        kept = [[v for v, flag in zip(row, flags, strict=True) if flag] for row in rows]
        kept = kept if kept[0] else []
    else:
        raise ExcelError(VALUE_ERROR)
    if not kept and (other is None):
        raise ExcelError(CALC_ERROR)
    return kept or other or []


_MOST_UNIT = 2_000
"""Rows of MUNIT's matrix."""


def _unit(size: Rows) -> Rows:
    """Return the unit matrix."""
    n = int(coerced(size[0][0], "n"))
    if not 1 <= n <= _MOST_UNIT:
        raise ExcelError(VALUE_ERROR)
    return [[float(r == c) for c in range(n)] for r in range(n)]


FUNCTIONS = (
    dynamic("MUNIT", 1, 1, _unit),
    general("SEQUENCE", 1, 4, _sequence, partials=_sequence_partials, kinks={0, 1},
            linear={2, 3}, ragged=True, sample=(3.4, 2.4, 0.7, 0.3)),
    dynamic("SORT", 1, 4, _sort),
    dynamic("SORTBY", 2, 255, _sort_by),
    dynamic("UNIQUE", 1, 3, _unique),
    dynamic("FILTER", 2, 3, _filter),
)  # fmt: skip
