# ruff: noqa: ARG001  (all partials are called alike: arguments, result)
"""Statistics of the cells that meet criteria: COUNTIF, SUMIFS, AVERAGEIF, MAXIFS, ...

They are smooth in the cells that are added up, and jump in those that are tested. Where the
criteria are an array, as in SUM(SUMIF(A1:A9, {"x", "y"}, B1:B9)), derivatives are NaN.
SUMIF and AVERAGEIF take a sum range of another size as Excel does, by its upper left cell: a
reference gets the size of the first one when the formula is planned; a larger array is cut, and
a smaller one is `#VALUE!`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError
from sheetsim.formula.functions._criteria import Tested, groups
from sheetsim.formula.functions._function import Function, LinearForm
from sheetsim.formula.functions._make import everywhere, general
from sheetsim.formula.values import (
    DIV_ERROR,
    ERROR,
    NUM_ERROR,
    NUMBER,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    from_objects,
    numbers,
)

Layout = tuple[ArrayValue, list[ArrayValue], list[ArrayValue]]
"""The range that is added up, those that are tested, and the criteria."""

Statistic = Callable[[Floats, Bools], Floats]
"""(x (..., n), which of them count) -> (...), NaN for an error."""


def _sum(x: Floats, m: Bools) -> Floats:
    return np.asarray(np.where(m, x, 0.0).sum(-1))


def _average(x: Floats, m: Bools) -> Floats:
    n = m.sum(-1)
    return np.asarray(_sum(x, m) / np.where(n == 0, np.nan, n))


def _most(x: Floats, m: Bools, sign: float = 1.0) -> Floats:
    best = np.where(m, sign * x, -np.inf).max(-1)
    return np.where(m.any(-1), sign * best, 0.0)


def _ones(x: Floats, m: Bools) -> Floats:
    return m.astype(np.float64)


def _shares(x: Floats, m: Bools) -> Floats:
    return np.asarray(m / np.maximum(m.sum(-1, keepdims=True), 1))


def _hit(x: Floats, m: Bools, sign: float = 1.0) -> Floats:
    """Return 1 at the first of the greatest numbers."""
    held = np.where(m, sign * x, -np.inf)
    first = np.arange(x.shape[-1]) == held.argmax(-1)[..., None]
    return np.asarray(first & m, np.float64)


def _masks(
    tested: Sequence[ArrayValue], criteria: Sequence[ArrayValue]
) -> list[tuple[Bools, Bools]]:
    """Return pairs: cells of the result (..., h, w), and what they count (..., rows, columns)."""
    ranges = [Tested(one) for one in tested]
    out = []
    for values, where in groups(criteria):
        mask: Bools = np.ones(1, bool)
        for one, value in zip(ranges, values, strict=True):
            mask = mask & one.meets(value)
        out.append((where, mask))
    return out


def _flat(part: ArrayValue, mask: Bools) -> tuple[Floats, Bools]:
    """Return numbers and mask (..., n); errors that count are NaN, texts and blanks do not."""
    rows, columns = mask.shape[-2:]
    num = part.num[..., :rows, :columns]
    here = mask
    if part.kind is not None:
        kind = part.kind[..., :rows, :columns]
        here = mask & ((kind == NUMBER) | (kind == ERROR))
    ahead = np.broadcast_shapes(num.shape[:-2], here.shape[:-2])
    shape = (*ahead, rows, columns)
    flat = (*ahead, rows * columns)
    return np.broadcast_to(num, shape).reshape(flat), np.broadcast_to(here, shape).reshape(flat)


def _fits(layout: Layout, *, exact: bool) -> bool:
    summed, tested, criteria = layout
    sizes = {one.shape[-2:] for one in tested}
    if len(sizes) > 1 or len(tested) != len(criteria):
        return False
    rows, columns = sizes.pop()
    height, width = summed.shape[-2:]
    return (height, width) == (rows, columns) if exact else height >= rows and width >= columns


def _computed(layout: Layout, f: Statistic, *, exact: bool) -> ArrayValue:
    """Return the statistic of what meets the criteria, in each cell."""
    summed, tested, criteria = layout
    if not _fits(layout, exact=exact):
        return everywhere((summed, *tested, *criteria), VALUE_ERROR)
    out: Floats | None = None
    for where, mask in _masks(tested, criteria):
        found = f(*_flat(summed, mask))[..., None, None]
        out = np.where(where, found, np.nan if out is None else out)
    if out is None or np.isfinite(out).all():
        return numbers(np.zeros((1, 1, 1, 1)) if out is None else out)
    return _marked(layout, out)


def _marked(layout: Layout, out: Floats) -> ArrayValue:
    """Say which errors they are: the first that was counted, else `#DIV/0!`."""
    summed, tested, criteria = layout
    objects = out.astype(object)
    for where, mask in _masks(tested, criteria):
        rows, columns = mask.shape[-2:]
        values = summed.objects()[..., :rows, :columns]
        ahead = np.broadcast_shapes(values.shape[:-2], mask.shape[:-2], out.shape[:-2])
        values = np.broadcast_to(values, (*ahead, rows, columns))
        counts = np.broadcast_to(mask, (*ahead, rows, columns))
        here = np.broadcast_to(where, out.shape)
        for index in np.ndindex(ahead):
            errors = [v for v in values[index][counts[index]] if isinstance(v, CellError)]
            bad = here[index] & ~np.isfinite(out[index])
            objects[index][bad] = errors[0] if errors else DIV_ERROR
    objects[np.isinf(out)] = NUM_ERROR
    return from_objects(objects)


def _slopes(layout: Layout, weights: Statistic, out: ArrayValue) -> Floats:
    """Return the derivatives by the range that is added up, shaped like it."""
    summed, tested, criteria = layout
    rows, columns = summed.shape[-2:]
    if out.shape[-2:] != (1, 1):
        return np.full((1, 1, rows, columns), np.nan)
    slope: Floats | None = None
    for where, mask in _masks(tested, criteria):
        x, m = _flat(summed, mask)
        found = weights(x, m)
        found = found.reshape((*found.shape[:-1], *mask.shape[-2:]))
        slope = np.where(where, found, 0.0 if slope is None else slope)
    if slope is None:
        return np.zeros((1, 1, rows, columns))
    short = (rows - slope.shape[-2], columns - slope.shape[-1])
    return np.pad(slope, [(0, 0)] * (slope.ndim - 2) + [(0, short[0]), (0, short[1])])


def _pair(args: Sequence[ArrayValue]) -> Layout:
    """Split (range, criterion, [sum range])."""
    return args[2] if len(args) > 2 else args[0], [args[0]], [args[1]]


def _many(args: Sequence[ArrayValue]) -> Layout:
    """Split (sum range, range, criterion, range, criterion, ...)."""
    return args[0], list(args[1::2]), list(args[2::2])


def _only(args: Sequence[ArrayValue]) -> Layout:
    """Split (range, criterion, range, criterion, ...), where nothing is added up."""
    return args[0], list(args[::2]), list(args[1::2])


def _count(*args: ArrayValue) -> ArrayValue:
    layout = _only(args)
    if not _fits(layout, exact=True):
        return everywhere(args, VALUE_ERROR)
    out: Floats | None = None
    for where, mask in _masks(layout[1], layout[2]):
        found = mask.sum((-2, -1), keepdims=True, dtype=np.float64)
        out = np.where(where, found, 0.0 if out is None else out)
    return numbers(np.zeros((1, 1, 1, 1)) if out is None else out)


def _one(name: str, f: Statistic, weights: Statistic, form: LinearForm | None = None) -> Function:
    """Make SUMIF or AVERAGEIF."""

    def partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
        slope = _slopes(_pair(args), weights, out)
        return [None, None, slope] if len(args) > 2 else [slope, None]

    return general(name, 2, 3, lambda *args: _computed(_pair(args), f, exact=False),
                   partials=partials, params="RVR", kinks={0, 1}, linear={2}, third_as_first=True,
                   ranges={0, 2}, over_references=True, linear_form=form,
                   sample=([[0.3, 0.9, 1.7]], ">0.5", [[0.6, 1.1, 0.8]]))  # fmt: skip


def _several(
    name: str, f: Statistic, weights: Statistic, form: LinearForm | None = None, *, linear: bool
) -> Function:
    """Make SUMIFS, AVERAGEIFS, MAXIFS or MINIFS."""

    def partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
        return [_slopes(_many(args), weights, out), *([None] * (len(args) - 1))]

    return general(name, 3, 255, lambda *args: _computed(_many(args), f, exact=True),
                   partials=partials, params="R" + "RV" * 127,
                   kinks=range(1, 255) if linear else range(255), linear={0} if linear else (),
                   ranges={0, *range(1, 255, 2)}, over_references=True, linear_form=form,
                   sample=([[0.6, 1.1, 0.8, 0.2]], [[0.3, 0.9, 1.7, 1.8]], ">0.5",
                           [[3.0, 5.0, 6.0, 2.0]], "<=5.5"))  # fmt: skip


FUNCTIONS = (
    general("COUNTIF", 2, 2, _count, params="RV", sample=([[0.3, 0.9, 1.7]], ">0.5"),
            kinks={0, 1}, in_steps=True, ranges={0}, over_references=True,
            linear_form=LinearForm.COUNT_IF),
    general("COUNTIFS", 2, 254, _count, params="RV" * 127, kinks=range(254), in_steps=True,
            ranges=range(0, 254, 2), over_references=True,
            sample=([[0.3, 0.9, 1.7]], ">0.5", [[3.0, 5.0, 6.0]], "<=5.5"),
            linear_form=LinearForm.COUNT_IF),
    _one("SUMIF", _sum, _ones, LinearForm.SUM_IF),
    _one("AVERAGEIF", _average, _shares),
    _several("SUMIFS", _sum, _ones, LinearForm.SUM_IFS, linear=True),
    _several("AVERAGEIFS", _average, _shares, linear=True),
    _several("MAXIFS", _most, _hit, linear=False),
    _several("MINIFS", lambda x, m: _most(x, m, -1.0), lambda x, m: _hit(x, m, -1.0),
             linear=False),
)  # fmt: skip
