"""Looking things up: INDEX and MATCH; INDEX with fixed arguments is the compiler's."""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetsim.book import Value
from sheetsim.formula.functions._finder import Finder, positions
from sheetsim.formula.functions._make import ALL, everywhere, general
from sheetsim.formula.values import (
    ERROR,
    NA_ERROR,
    REF_ERROR,
    TEXT,
    VALUE_ERROR,
    Array,
    Floats,
    choose,
)


def position(array: Array, row: Array, column: Array | None) -> tuple[Floats, Floats]:
    """Return (row, column) from 0, each (..., 1, 1), that INDEX means; -1 for a whole one."""
    r = _line(row)
    if column is None:
        if array.shape[-2] == 1:
            return np.zeros_like(r), r
        return r, np.zeros_like(r) if array.shape[-1] == 1 else np.full_like(r, -1)
    return np.broadcast_arrays(r, _line(column))  # type: ignore[return-value]


def _line(number: Array) -> Floats:
    """Return a row or column from 0, -1 for a whole one, -2 for what is no number."""
    return np.where(np.isfinite(number.num), np.trunc(number.num) - 1, -2.0)


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
    out = take_at(array, flat)
    if outside.any():
        out = choose(outside, everywhere((array, row), REF_ERROR), out)
    for one in (row, *column):
        if one.bad:
            out = choose(np.asarray(one.kind == ERROR), one, out)
            text = (one.kind == TEXT) & np.isnan(one.num)
            out = choose(np.asarray(text), everywhere((array, row), VALUE_ERROR), out)
    return out


def _cut(array: Array, rows: slice, columns: slice) -> Array:
    def cut(part: Any) -> Any:
        return part[..., rows, columns]

    kind = None if array.kind is None else cut(array.kind)
    obj = None if array.obj is None else cut(array.obj)
    return Array(cut(array.num), kind, obj, bad=array.bad)


def take_at(array: Array, flat: np.ndarray[tuple[int, ...], np.dtype[np.intp]]) -> Array:
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


def _match(wanted: Array, among: Array, *how: Array) -> Array:
    """Return the position, from 1, of values in one row or column; `#N/A` if it is not there."""
    if 1 not in among.shape[-2:]:
        return everywhere((wanted, among), NA_ERROR)

    def find(finder: Finder, value: Value, kind: float = 1.0) -> int:
        if kind == 0:
            return finder.exact(value)
        return finder.sorted(value, descending=kind < 0)

    return positions(find, wanted, among, *how)


FUNCTIONS = (
    general("INDEX", 2, 3, _index, partials=_index_partials, params="AV", kinks={1, 2},
            linear={0}, sample=([[0.3, 0.4], [0.5, 0.6]], 2.4, 1.3)),
    general("MATCH", 2, 3, _match, params="VRV", kinks=ALL, sample=(1.4, [[1.0], [2.0]], 1.0)),
)  # fmt: skip
