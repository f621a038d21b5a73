"""Lines and curves of least squares through points: LINEST, TREND, LOGEST, GROWTH.

With the variables as columns of A, a column of ones for the constant, the coefficients b solve
A'A b = A'y; they are found from A = QR. With the rest r = y - A b and G = (A'A)^-1, a small change
of y and A changes them by

    db = G (A' (dy - dA b) + dA' r)

so that, for w = G b̄, the gradient by y is A w and the one by A is r w' - (A w) b'. LOGEST and
GROWTH are the same for ln y. Columns that depend on those before them get the coefficient 0. The
statistics of the fit, the fourth argument's, have no derivatives here: NaN.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._function import Function
from sheetsim.formula.functions._make import everywhere, first_error
from sheetsim.formula.values import (
    BLANK,
    ERROR,
    NA_ERROR,
    NUMBER,
    REF_ERROR,
    VALUE_ERROR,
    ArrayValue,
    ExcelError,
    from_objects,
    with_errors,
)


class Fit(NamedTuple):
    """A model that was fitted.

    Attributes:
        a: (..., n, p) the variables, the ones last if there is a constant.
        y: (..., n)
        b: (..., p) coefficients.
        g: (..., p, p) the inverse of A'A.
        rank: how many coefficients were found, (...).
        ones: whether there is a constant.
        upright: whether the points lie below each other.
        flat: whether x has the shape of y, and is one variable.
    """

    a: Floats
    y: Floats
    b: Floats
    g: Floats
    rank: Any
    ones: bool
    upright: bool
    flat: bool


def _swap(a: Floats) -> Floats:
    return np.swapaxes(a, -1, -2)


def _line(y: Floats) -> Floats:
    return y.reshape((*y.shape[:-2], -1))


def _laid(x: Floats, y: Floats) -> tuple[Floats, bool, bool]:
    """Return x as (..., n, k), whether the points lie below each other, and whether x is like y.

    Raises:
        ExcelError: their sizes do not go together.
    """
    n = y.shape[-1] * y.shape[-2]
    upright = y.shape[-1] == 1
    if x.shape[-2:] == y.shape[-2:]:
        return _line(x)[..., None], upright, True
    if upright and x.shape[-2] == n:
        return x, True, False
    if y.shape[-2] == 1 and x.shape[-1] == n:
        return _swap(x), False, False
    raise ExcelError(REF_ERROR)


def _fitted(y: Floats, x: Floats, ones: bool) -> Fit:
    """Fit a model.

    Raises:
        ExcelError: the sizes do not go together.
    """
    columns, upright, flat = _laid(x, y)
    values = _line(y)
    ahead = np.broadcast_shapes(columns.shape[:-2], values.shape[:-1])
    a = np.broadcast_to(columns, (*ahead, *columns.shape[-2:]))
    if ones:
        a = np.concatenate([a, np.ones((*a.shape[:-1], 1))], -1)
    values = np.broadcast_to(values, (*ahead, values.shape[-1]))
    b = np.zeros((*ahead, a.shape[-1]))
    g = np.zeros((*b.shape, a.shape[-1]))
    rank = np.zeros(ahead)
    for index in np.ndindex(ahead):
        b[index], g[index], rank[index] = _solved(a[index], values[index], ones)
    return Fit(a, values, b, g, rank, ones, upright, flat)


def _solved(a: Floats, y: Floats, ones: bool) -> tuple[Floats, Floats, int]:
    """Return the coefficients, the inverse of A'A and the rank of one model."""
    p = a.shape[-1]
    b, g = np.full(p, np.nan), np.full((p, p), np.nan)
    if not (np.isfinite(a).all() and np.isfinite(y).all()):
        return b, g, p
    order = [p - 1, *range(p - 1)] if ones else list(range(p))  # the constant goes first
    sizes = np.linalg.norm(a, axis=0)
    kept: list[int] = []
    for k in order:
        rest = a[:, k].copy()
        if kept:
            q, _ = np.linalg.qr(a[:, kept])
            for _ in range(2):  # twice is enough
                rest -= q @ (q.T @ rest)
        if np.linalg.norm(rest) > 1e-11 * sizes[k] and len(kept) < len(y):
            kept.append(k)
    kept.sort()
    q, r = np.linalg.qr(a[:, kept])
    b, g = np.zeros(p), np.zeros((p, p))
    b[kept] = np.linalg.solve(r, q.T @ y)
    inverse = np.linalg.inv(r)
    g[np.ix_(kept, kept)] = inverse @ inverse.T
    return b, g, len(kept)


def _times(a: Floats, b: Floats) -> Floats:
    """Return A b for (..., n, p) and (..., p)."""
    return np.asarray((a @ b[..., None])[..., 0])


def _moved(fit: Fit, dy: Floats, dx: Floats | None) -> Floats:
    """Return db for changes of y (..., n) and of the variables (..., n, k)."""
    change = dy
    more: Floats | float = 0.0
    if dx is not None:
        rest = fit.y - _times(fit.a, fit.b)
        k = dx.shape[-1]
        change = dy - _times(dx, fit.b[..., :k])
        more = np.zeros(np.broadcast_shapes(fit.b.shape, (*dx.shape[:-2], fit.b.shape[-1])))
        more[..., :k] = _times(_swap(dx), rest)
    return _times(fit.g, _times(_swap(fit.a), change) + more)


def _pulled(fit: Fit, bar: Floats) -> tuple[Floats, Floats]:
    """Return the gradients by y (..., n) and by the variables (..., n, k), given b̄."""
    w = _times(fit.g, bar)
    by_y = _times(fit.a, w)
    rest = fit.y - _times(fit.a, fit.b)
    by_a = rest[..., None] * w[..., None, :] - by_y[..., None] * fit.b[..., None, :]
    return by_y, by_a[..., : fit.a.shape[-1] - fit.ones]


def _like(fit: Fit, columns: Floats, shape: Sequence[int]) -> Floats:
    """Return a gradient by the variables in the shape of x."""
    out = columns[..., 0] if fit.flat else columns if fit.upright else _swap(columns)
    return out.reshape((*columns.shape[:-2], *shape[-2:]))


def _counted(y: Floats) -> Floats:
    """Return 1, 2, 3, ... in the shape of y."""
    rows, columns = y.shape[-2:]
    return np.arange(1.0, rows * columns + 1).reshape(1, 1, rows, columns)


def _ordered(b: Floats, ones: bool) -> Floats:
    """Return coefficients as they are shown: the last variable first, the constant last."""
    k = b.shape[-1] - ones
    constant = b[..., k:] if ones else np.zeros((*b.shape[:-1], 1))
    return np.concatenate([b[..., :k][..., ::-1], constant], -1)


def _back(bar: Floats, ones: bool) -> Floats:
    """Return the bars of coefficients in our order, given those of the shown ones."""
    k = bar.shape[-1] - 1
    return np.concatenate([bar[..., :k][..., ::-1], bar[..., k : k + ones]], -1)


def _left_out(arg: ArrayValue) -> bool:
    return arg.literal and arg.kind is not None and bool((arg.kind == BLANK).all())


def _flag(args: Sequence[Any], i: int, default: bool) -> bool:
    if len(args) <= i:
        return default
    value = args[i].num if isinstance(args[i], ArrayValue) else args[i]
    if isinstance(args[i], ArrayValue) and _left_out(args[i]):
        return default
    return bool((value != 0).all())


def _clean(arg: ArrayValue) -> ArrayValue:
    """Return an array of numbers, `#VALUE!` for what is none."""
    if arg.kind is None:
        return arg
    values = arg.objects()
    other = np.broadcast_to((arg.kind != NUMBER) & (arg.kind != ERROR), values.shape)
    values[other] = VALUE_ERROR
    return from_objects(values)


def _statistics(fit: Fit) -> Floats:
    """Return the four rows below the coefficients, NaN where there is nothing."""
    n = fit.a.shape[-2]
    rest = fit.y - _times(fit.a, fit.b)
    lost = (rest * rest).sum(-1)
    middle = fit.y.mean(-1, keepdims=True) if fit.ones else 0.0
    whole = ((fit.y - middle) ** 2).sum(-1)
    free = n - fit.rank
    spread = lost / free
    errors = np.sqrt(np.diagonal(fit.g, axis1=-2, axis2=-1) * spread[..., None])
    shown = _ordered(errors, fit.ones)
    if not fit.ones:
        shown[..., -1] = np.nan
    out = np.full((*fit.b.shape[:-1], 4, shown.shape[-1]), np.nan)
    out[..., 0, :] = shown
    pairs = (
        (1 - lost / whole, np.sqrt(spread)),
        ((whole - lost) / (fit.rank - fit.ones) / spread, free),
        (whole - lost, lost),
    )
    for row, (first, second) in enumerate(pairs, 1):
        out[..., row, 0], out[..., row, 1] = first, second
    return out


def _line_function(name: str, *, curve: bool) -> Function:
    """Make LINEST, or for a curve LOGEST."""

    def fit_of(nums: Sequence[Floats], ones: bool) -> Fit:
        y = np.log(np.where(nums[0] > 0, nums[0], np.nan)) if curve else nums[0]
        return _fitted(y, nums[1], ones)

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        y, x = _clean(args[0]), _given(args, 1, args[0])
        codes = [first_error(one) for one in (y, x)]
        ones = _flag(args, 2, True)
        try:
            fit = fit_of([y.num, x.num], ones)
        except ExcelError as error:
            return everywhere(args, error.error)
        num = _ordered(fit.b, ones)[..., None, :]
        num = np.exp(num) if curve else num
        blocked = sum(code.num for code in codes)
        if not _flag(args, 3, False):
            return with_errors(num + blocked, codes) if strict else ArrayValue(num)
        rows = np.concatenate([num, _statistics(fit)], -2)
        out = with_errors(rows + blocked, codes).objects()
        out[..., 2:, 2:] = NA_ERROR
        if not ones:
            out[..., 1, -1] = NA_ERROR
        return from_objects(out)

    def inputs(args: Sequence[Floats]) -> list[Floats]:
        x = args[1] if len(args) > 1 and args[1].shape[-2:] != (1, 1) else _counted(args[0])
        return [args[0], x]

    def push(i: int, tangent: Floats, out: Floats, *args: Floats) -> Floats:
        if i > 1 or _flag(args, 3, False):
            return np.full(out.shape, np.nan if i < 2 else 0.0)
        nums = inputs(args)
        fit = fit_of(nums, _flag(args, 2, True))
        whole = np.broadcast_to(tangent, (*tangent.shape[:-2], *nums[i].shape[-2:]))
        dy, dx = np.zeros(1), None
        if i == 0:
            dy = _line(whole / nums[0] if curve else whole)
        else:
            dx = _laid(whole, nums[0])[0]
        moved = _ordered(_moved(fit, np.broadcast_to(dy, fit.y.shape) if i else dy, dx), fit.ones)
        return moved[..., None, :] * (out if curve else 1.0)

    def pull(i: int, bar: Floats, out: Floats, *args: Floats) -> Floats:
        nums = inputs(args)
        if i > 1 or _flag(args, 3, False):
            shape = args[i].shape[-2:]
            return np.full((*bar.shape[:-2], *shape), np.nan if i < 2 else 0.0)
        fit = fit_of(nums, _flag(args, 2, True))
        own = np.broadcast_to(bar * (out if curve else 1.0), (*bar.shape[:-2], *out.shape[-2:]))
        by_y, by_x = _pulled(fit, _back(own[..., 0, :], fit.ones))
        if i:
            return _like(fit, by_x, args[1].shape)
        by_y = by_y.reshape((*by_y.shape[:-1], *args[0].shape[-2:]))
        return by_y / args[0] if curve else by_y

    return Function(name, 1, 4, value, "matrix", jvp=push, vjp=pull, params="A",
                    sample=_CURVED if curve else _STRAIGHT)  # fmt: skip


def _given(args: Sequence[ArrayValue], i: int, y: ArrayValue) -> ArrayValue:
    """Return an array that may be left out: 1, 2, 3, ... then."""
    if len(args) <= i or _left_out(args[i]):
        return ArrayValue(_counted(y.num))
    return _clean(args[i])


def _trend_function(name: str, *, curve: bool) -> Function:
    """Make TREND, or for a curve GROWTH."""

    def parts(y: Floats, x: Floats, new: Floats, ones: bool) -> tuple[Fit, Floats]:
        fit = _fitted(np.log(np.where(y > 0, y, np.nan)) if curve else y, x, ones)
        k = fit.a.shape[-1] - ones
        wanted = new if fit.upright else _swap(new)
        if fit.flat and k == 1:
            wanted = _line(new)[..., None]
        if wanted.shape[-1] != k:
            raise ExcelError(REF_ERROR)
        return fit, wanted

    def shown(fit: Fit, line: Floats, new: Floats) -> Floats:
        if fit.flat:
            return line.reshape((*line.shape[:-1], *new.shape[-2:]))
        return line[..., None] if fit.upright else line[..., None, :]

    def of(fit: Fit, wanted: Floats, b: Floats) -> Floats:
        k = wanted.shape[-1]
        return _times(wanted, b[..., :k]) + (b[..., k:] if fit.ones else 0.0)

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        y, x = _clean(args[0]), _given(args, 1, args[0])
        new = x if len(args) < 3 or _left_out(args[2]) else _clean(args[2])
        codes = [first_error(one) for one in (y, x, new)]
        try:
            fit, wanted = parts(y.num, x.num, new.num, _flag(args, 3, True))
        except ExcelError as error:
            return everywhere(args, error.error)
        num = shown(fit, of(fit, wanted, fit.b), new.num)
        num = np.exp(num) if curve else num
        return (
            with_errors(num + sum(code.num for code in codes), codes) if strict else ArrayValue(num)
        )

    def inputs(args: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
        x = args[1] if len(args) > 1 and args[1].shape[-2:] != (1, 1) else _counted(args[0])
        return args[0], x, args[2] if len(args) > 2 else x

    def push(i: int, tangent: Floats, out: Floats, *args: Floats) -> Floats:
        if i > 2:
            return np.zeros(out.shape)
        y, x, new = inputs(args)
        fit, wanted = parts(y, x, new, _flag(args, 3, True))
        whole = np.broadcast_to(tangent, (*tangent.shape[:-2], *args[i].shape[-2:]))
        line: Floats | float = 0.0
        if i < 2:
            dy = _line(whole / y if curve else whole) if i == 0 else np.zeros(fit.y.shape)
            dx = _laid(whole, y)[0] if i else None
            line = of(fit, wanted, _moved(fit, dy, dx))
        if i == 2 or (i == 1 and len(args) < 3):
            moved = parts(y, x, whole, fit.ones)[1]
            line = line + _times(moved, fit.b[..., : moved.shape[-1]])
        return shown(fit, np.asarray(line), new) * (out if curve else 1.0)

    def pull(i: int, bar: Floats, out: Floats, *args: Floats) -> Floats:
        if i > 2:
            return np.zeros((*bar.shape[:-2], *args[i].shape[-2:]))
        y, x, new = inputs(args)
        fit, wanted = parts(y, x, new, _flag(args, 3, True))
        own = np.broadcast_to(bar * (out if curve else 1.0), (*bar.shape[:-2], *out.shape[-2:]))
        line = _line(own)
        by_new = line[..., None] * fit.b[..., None, : wanted.shape[-1]]
        if i == 2:
            return _like(fit, by_new, new.shape)
        bars = [_times(_swap(wanted), line)]
        bars += [line.sum(-1, keepdims=True)] if fit.ones else []
        by_y, by_x = _pulled(fit, np.concatenate(bars, -1))
        if i == 1:
            same = len(args) < 3
            return _like(fit, by_x + by_new if same else by_x, args[1].shape)
        by_y = by_y.reshape((*by_y.shape[:-1], *y.shape[-2:]))
        return by_y / y if curve else by_y

    sample = _CURVED[:2] if curve else _STRAIGHT[:2]
    return Function(name, 1, 4, value, "matrix", jvp=push, vjp=pull, params="A",
                    sample=(*sample, [[1.5, 0.2], [0.3, 2.1]]))  # fmt: skip


_X = [[1.0, 0.4], [2.0, 1.9], [3.0, 0.3], [4.5, 1.1]]
_STRAIGHT = ([[0.7], [1.4], [1.1], [2.9]], _X)
_CURVED = ([[0.7], [1.4], [1.1], [2.9]], _X)

FUNCTIONS = (
    _line_function("LINEST", curve=False),
    _line_function("LOGEST", curve=True),
    _trend_function("TREND", curve=False),
    _trend_function("GROWTH", curve=True),
)
