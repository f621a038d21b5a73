# ruff: noqa: ARG001  (functions of the table are called alike)
"""Arrays cut, stacked and laid out anew: TAKE, DROP, CHOOSECOLS, VSTACK, TOCOL, WRAPROWS, ...

Each of these moves elements and changes none. So a function here is one that says, for the sizes
of its arrays and its options, which element stands where in the result; values and derivatives
follow.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError
from sheetsim.formula.functions._function import Function, UnequalSizesError
from sheetsim.formula.functions._make import ALL, everywhere
from sheetsim.formula.functions.arrays import Rows, dynamic
from sheetsim.formula.values import (
    BLANK,
    CALC_ERROR,
    ERROR,
    NA_ERROR,
    NUMBER,
    REF_ERROR,
    VALUE_ERROR,
    ArrayValue,
    ExcelError,
    Ints,
    errors_of,
    text_of,
)

Size = tuple[int, int]
Options = list[list[int] | None]
"""Whole numbers of each option, None for one that is left out."""

Where = Callable[[list[Size], Options], Ints]
"""(sizes of the arrays, options) -> positions in all of their elements, -1 for `#N/A`."""

NONE = -1


def _mover(
    name: str, least: int, most: int, where: Where, *, arrays: Callable[[int], bool]
) -> Function:
    """Make a function that moves elements.

    Args:
        name: its name.
        least: how many arguments it takes at least.
        most: and at most.
        where: see `Where`.
        arrays: whether an argument is an array, or an element, that may stand in the result.
    """

    def options_in(args: Sequence[ArrayValue]) -> Options:
        return [_numbers(arg) for k, arg in enumerate(args) if not arrays(k)]

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        wrong = _wrong([arg for k, arg in enumerate(args) if not arrays(k)])
        if wrong is not None:
            return everywhere(args, wrong)
        own = [arg for k, arg in enumerate(args) if arrays(k)]
        try:
            index = where([_size(one.num) for one in own], options_in(args))
        except ExcelError as error:
            return everywhere(args, error.error)
        return _taken(own, index)

    def at(args: Sequence[Floats]) -> tuple[Ints, list[int]]:
        """Return the positions, and where each argument's elements start among all."""
        values = [ArrayValue(np.where(np.isfinite(one), one, 0.0)) for one in args]
        sizes = [_size(one) for k, one in enumerate(args) if arrays(k)]
        counts = [one.shape[-2] * one.shape[-1] * arrays(k) for k, one in enumerate(args)]
        starts = [sum(counts[:k]) for k in range(len(args))]
        return where(sizes, options_in(values)), starts

    def push(i: int, tangent: Floats, y: Floats, *args: Floats) -> Floats:
        index, starts = at(args)
        flat = np.broadcast_to(tangent, (*tangent.shape[:-2], *args[i].shape[-2:]))
        flat = flat.reshape((*flat.shape[:-2], -1))
        own = index - starts[i]
        inside = (own >= 0) & (own < flat.shape[-1]) & arrays(i)
        return np.where(inside, flat[..., np.where(inside, own, 0)], 0.0)

    def pull(i: int, bar: Floats, y: Floats, *args: Floats) -> Floats:
        index, starts = at(args)
        rows, columns = args[i].shape[-2:]
        out = np.zeros((*bar.shape[:-2], rows * columns))
        own = index - starts[i]
        inside = (own >= 0) & (own < rows * columns) & arrays(i)
        whole = np.broadcast_to(bar, (*bar.shape[:-2], *index.shape))[..., inside]
        for place, one in zip(own[inside].tolist(), np.moveaxis(whole, -1, 0), strict=True):
            out[..., place] += one
        return out.reshape((*out.shape[:-1], rows, columns))

    return Function(
        name,
        least,
        most,
        value,
        "matrix",
        jvp=push,
        vjp=pull,
        params="A",
        returns=ALL,
        ragged=True,
        sizes=lambda k: not arrays(k),
        sample=_SAMPLES[name],
    )


def _size(num: Floats) -> Size:
    return num.shape[-2], num.shape[-1]


def _wrong(options: Sequence[ArrayValue]) -> CellError | None:
    """Return the first error among options, None if there is none.

    Raises:
        UnequalSizesError: it is another in other cells, or there is none there.
    """
    if all(np.isfinite(one.num).all() for one in options):
        return None
    ahead = np.broadcast_shapes(*(one.shape[:-2] for one in options))
    first = np.full(ahead, None, object)
    for one in reversed(options):
        codes = np.broadcast_to(errors_of(one), (*ahead, *one.shape[-2:]))
        for index in np.ndindex(ahead):
            found = [code for code in codes[index].ravel() if code is not None]
            first[index] = found[0] if found else first[index]
    kinds = {code: k for k, code in enumerate(dict.fromkeys(first.ravel().tolist()))}
    if len(kinds) > 1:
        labels = [kinds[code] for code in first.ravel().tolist()]
        raise UnequalSizesError(np.array(labels, np.intp).reshape(ahead))
    only: CellError | None = next(iter(kinds))
    return only


def _numbers(arg: ArrayValue) -> list[int] | None:
    """Return the whole numbers of an option, None if it is left out.

    Raises:
        UnequalSizesError: they are others in other cells, whose results are of other sizes then.
    """
    if arg.literal and arg.kind is not None and bool((arg.kind == BLANK).all()):
        return None
    num = np.trunc(np.where(np.isfinite(arg.num), arg.num, 0.0))
    flat = num.reshape((-1, num.shape[-2] * num.shape[-1]))
    found, labels = np.unique(flat, axis=0, return_inverse=True)
    if len(found) > 1:
        raise UnequalSizesError(labels.reshape(num.shape[:-2]))
    return [int(np.clip(one, -(2**40), 2**40)) for one in found[0]]


def _taken(arrays: Sequence[ArrayValue], index: Ints) -> ArrayValue:
    """Return the elements of arrays that stand at these places."""
    ahead = np.broadcast_shapes(*(one.shape[:-2] for one in arrays))

    def all_of(parts: list[Any]) -> Any:
        flat = [
            np.broadcast_to(part, (*ahead, *one.shape[-2:])).reshape((*ahead, -1))
            for part, one in zip(parts, arrays, strict=True)
        ]
        return np.concatenate(flat, -1)[..., np.maximum(index, 0)]

    num = all_of([one.num for one in arrays])
    lost = index == NONE
    plain = all(one.kind is None and np.isfinite(one.num).all() for one in arrays)
    if plain and not lost.any():
        return ArrayValue(num)
    kind = all_of([np.uint8(NUMBER) if one.kind is None else one.kind for one in arrays])
    bad = (kind == NUMBER) & ~np.isfinite(num)
    obj = all_of([one.objects() for one in arrays])
    kind = np.where(bad | lost, np.uint8(ERROR), kind)
    obj = np.array(np.broadcast_to(obj, kind.shape))
    obj[np.broadcast_to(lost, kind.shape)] = NA_ERROR
    return ArrayValue(np.where(lost, np.nan, num), kind, obj, bad=True)


def _grid(size: Size) -> Ints:
    return np.arange(size[0] * size[1]).reshape(size)


def _part(size: int, count: list[int] | None, *, drop: bool) -> slice:
    """Return what TAKE or DROP leaves of so many rows or columns; negative counts from the end."""
    if count is None:
        return slice(0, size)
    number = max(-size, min(size, count[0]))
    if not drop and number == 0:
        raise ExcelError(CALC_ERROR)
    if drop:
        number = number - size if number >= 0 else number + size
        if number == 0:
            raise ExcelError(CALC_ERROR)
    return slice(0, number) if number > 0 else slice(size + number, size)


def _cut(*, drop: bool) -> Where:
    def where(sizes: list[Size], options: Options) -> Ints:
        (size,) = sizes
        rows, columns = [*options, None][:2]
        return _grid(size)[_part(size[0], rows, drop=drop), _part(size[1], columns, drop=drop)]

    return where


def _chosen(axis: int) -> Where:
    def where(sizes: list[Size], options: Options) -> Ints:
        (size,) = sizes
        lines = [one for option in options for one in (option or [0])]
        if any(not 1 <= abs(one) <= size[axis] for one in lines):
            raise ExcelError(VALUE_ERROR)
        return np.take(_grid(size), [one - 1 if one > 0 else one for one in lines], axis)

    return where


def _stacked(axis: int) -> Where:
    def where(sizes: list[Size], options: Options) -> Ints:
        other = max(size[1 - axis] for size in sizes)
        parts, start = [], 0
        for size in sizes:
            short = other - size[1 - axis]
            fill = ((0, 0), (0, short)) if axis == 0 else ((0, short), (0, 0))
            parts.append(np.pad(_grid(size) + start, fill, constant_values=NONE))
            start += size[0] * size[1]
        return np.concatenate(parts, axis)

    return where


def _wrapped(*, by_rows: bool) -> Where:
    def where(sizes: list[Size], options: Options) -> Ints:
        if 1 not in sizes[0]:
            raise ExcelError(VALUE_ERROR)
        width = (options[0] or [0])[0]
        if width < 1:
            raise ExcelError(CellError("#NUM!"))
        count = sizes[0][0] * sizes[0][1]
        width = min(width, count)
        pad = count if len(sizes) > 1 else NONE
        index = np.pad(np.arange(count), (0, -count % width), constant_values=pad)
        index = index.reshape(-1, width)
        return index if by_rows else index.T

    return where


def _expanded(sizes: list[Size], options: Options) -> Ints:
    size = sizes[0]
    wanted = [
        own if one is None else one[0] for own, one in zip(size, [*options, None], strict=False)
    ]
    short = [want - own for want, own in zip(wanted, size, strict=True)]
    if min(short) < 0 or wanted[0] * wanted[1] > 2**24:
        raise ExcelError(VALUE_ERROR)
    pad = size[0] * size[1] if len(sizes) > 1 else NONE
    return np.pad(_grid(size), ((0, short[0]), (0, short[1])), constant_values=pad)


def _lined_up(*, upright: bool) -> Callable[..., Rows]:
    """Make TOCOL or TOROW where some elements are ignored."""

    def lined(rows: Rows, ignore: Rows | None = None, across: Rows | None = None) -> Rows:
        how = _single(ignore, 0)
        if how not in range(4):
            raise ExcelError(VALUE_ERROR)
        lines = [list(one) for one in zip(*rows, strict=True)] if _single(across, 0) else rows
        kept = [
            one
            for line in lines
            for one in line
            if not ((how & 1 and one is None) or (how & 2 and isinstance(one, CellError)))
        ]
        if not kept:
            raise ExcelError(CALC_ERROR)
        return [[one] for one in kept] if upright else [kept]

    return lined


def _single(rows: Rows | None, default: int) -> int:
    if rows is None or rows[0][0] is None:
        return default
    value = rows[0][0]
    if isinstance(value, CellError):
        raise ExcelError(value)
    if isinstance(value, str):
        raise ExcelError(VALUE_ERROR)
    return int(value)


def _split(
    text: Rows, columns: Rows, rows: Rows | None = None, skip: Rows | None = None,
    nocase: Rows | None = None, pad: Rows | None = None,
) -> Rows:  # fmt: skip
    """Cut a text at some signs into columns, and at others into rows."""
    fold = bool(_single(nocase, 0))
    lines = _pieces(text_of(text[0][0]), rows, fold)
    cut = [_pieces(line, columns, fold) for line in lines]
    if _single(skip, 0):
        cut = [[one for one in line if one] for line in cut]
        cut = [line for line in cut if line] or [[""]]
    width = max(map(len, cut))
    fill = NA_ERROR if pad is None or pad[0][0] is None else pad[0][0]
    return [[*line, *[fill] * (width - len(line))] for line in cut]


def _pieces(text: str, marks: Rows | None, fold: bool) -> list[str]:
    """Cut a text at each of some signs, the longest first where several begin."""
    signs = [text_of(one) for row in marks or () for one in row if one is not None]
    if any(not sign for sign in signs):
        raise ExcelError(VALUE_ERROR)
    signs.sort(key=len, reverse=True)
    out, start, at = [], 0, 0
    low = text.lower() if fold else text
    signs = [sign.lower() for sign in signs] if fold else signs
    while at < len(text):
        found = next((sign for sign in signs if low.startswith(sign, at)), "")
        if found:
            out.append(text[start:at])
            at = start = at + len(found)
        else:
            at += 1
    return [*out, text[start:]]


def _trimmed(table: Rows, rows: Rows | None = None, columns: Rows | None = None) -> Rows:
    """Cut blank rows and columns off the edges: 1 before, 2 behind, 3 both, 0 none."""
    ways = [int(_single(rows, 3)), int(_single(columns, 3))]
    if any(way not in range(4) for way in ways):
        raise ExcelError(VALUE_ERROR)
    spans = []
    turned = [list(column) for column in zip(*table, strict=True)]
    for lines, way in zip((table, turned), ways, strict=True):
        there = [i for i, line in enumerate(lines) if any(one is not None for one in line)]
        if not there:
            raise ExcelError(REF_ERROR)
        spans.append((there[0] if way & 1 else 0, there[-1] + 1 if way & 2 else len(lines)))
    (top, bottom), (left, right) = spans
    return [row[left:right] for row in table[top:bottom]]


def _all(k: int) -> bool:
    return True


_TABLE = [[0.3, 0.9, 0.4], [0.5, 1.6, 0.8]]
_SAMPLES: dict[str, tuple[Any, ...]] = {
    "TAKE": (_TABLE, 1.4, -2.4), "DROP": (_TABLE, 1.4, 1.4), "CHOOSEROWS": (_TABLE, 2.4, -2.4),
    "CHOOSECOLS": (_TABLE, 3.4, 1.4), "VSTACK": (_TABLE, [[0.1, 0.2, 0.6]]),
    "HSTACK": (_TABLE, [[0.1], [0.2]]), "WRAPROWS": ([[0.3, 0.9, 0.4]], 2.4, 0.7),
    "WRAPCOLS": ([[0.3, 0.9, 0.4]], 2.4, 0.7), "EXPAND": (_TABLE, 3.4, 3.4, 0.7),
}  # fmt: skip

FUNCTIONS = (
    _mover("TAKE", 2, 3, _cut(drop=False), arrays=lambda k: k == 0),
    _mover("DROP", 2, 3, _cut(drop=True), arrays=lambda k: k == 0),
    _mover("CHOOSEROWS", 2, 254, _chosen(0), arrays=lambda k: k == 0),
    _mover("CHOOSECOLS", 2, 254, _chosen(1), arrays=lambda k: k == 0),
    _mover("VSTACK", 1, 254, _stacked(0), arrays=_all),
    _mover("HSTACK", 1, 254, _stacked(1), arrays=_all),
    _mover("WRAPROWS", 2, 3, _wrapped(by_rows=True), arrays=lambda k: k != 1),
    _mover("WRAPCOLS", 2, 3, _wrapped(by_rows=False), arrays=lambda k: k != 1),
    _mover("EXPAND", 2, 4, _expanded, arrays=lambda k: k in (0, 3)),
    dynamic("TOCOL", 1, 3, _lined_up(upright=True)),
    dynamic("TOROW", 1, 3, _lined_up(upright=False)),
    dynamic("TEXTSPLIT", 2, 6, _split),
    dynamic("TRIMRANGE", 1, 3, _trimmed),
)
