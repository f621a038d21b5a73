"""Tests of hypotheses, each as the chance of what was seen: T.TEST, F.TEST, Z.TEST; and PROB.

    Student   t = (mean x - mean y) / s         in pairs, with one variance, or with two (Welch)
    Fisher    F = var x / var y                 twice the smaller tail
    Gauss     z = (mean x - x0) / (sd / sqrt n)
    Pearson   chi² = sum (actual - expected)² / expected

Derivatives go through the statistic; Welch's degrees of freedom move, too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._make import (
    count,
    everywhere,
    first_error,
    general,
    total,
    weight,
)
from sheetsim.formula.functions._ranges import spread
from sheetsim.formula.functions._special import (
    gamma_parts,
    normal_below,
    normal_density,
    student_density,
)
from sheetsim.formula.functions.samples import chi_density, outside, ratio_density, ratio_parts
from sheetsim.formula.values import NA_ERROR, ArrayValue, Bools, with_errors

Slopes = Sequence[Floats | None]


class _Sample:
    """The numbers of a range: how many, their mean, their variance, and what moves these.

    Attributes:
        x: (..., n), 0 where there is no number.
        w: 1 where there is one.
        n, mean, variance: (..., 1).
        by_mean, by_variance: (..., n) the derivatives of these.
    """

    def __init__(self, x: Floats, m: Bools | None) -> None:
        self.x, self.w, self.n = x, weight(x, m), count(x, m)
        with np.errstate(all="ignore"):
            self.mean = total(x) / self.n
            away = (x - self.mean) * self.w
            self.variance = total(away * away) / (self.n - 1)
            self.by_mean = self.w / self.n
            self.by_variance = 2 * away / (self.n - 1)


def _by_t(t: Floats, v: Floats, tails: Floats) -> Floats:
    """Return the derivative of the chance by t."""
    return -tails * student_density(t, v) * np.sign(t)


def _chance(t: Floats, v: Floats, tails: Floats) -> Floats:
    return 0.5 * tails * outside(np.abs(t), v)[1]


def _shaped(slope: Floats, arg: ArrayValue) -> Floats:
    return np.broadcast_to(slope, (*slope.shape[:-1], arg.shape[-1] * arg.shape[-2])).reshape(
        (*slope.shape[:-1], *arg.shape[-2:])
    )


class _Moved(NamedTuple):
    """Student's t, its degrees of freedom (..., 1), and the derivatives of both by each sample."""

    t: Floats
    v: Floats
    t_by: tuple[Floats, Floats]
    v_by: tuple[Floats, Floats]


def _apart(a: ArrayValue, b: ArrayValue, *, welch: bool) -> _Moved:
    """Compare the means of two samples, with one variance or with two."""
    one, two = _Sample(*a.flat()), _Sample(*b.flat())
    free = one.n + two.n - 2
    pooled = ((one.n - 1) * one.variance + (two.n - 1) * two.variance) / free
    both = 1 / one.n + 1 / two.n
    u, w = one.variance / one.n, two.variance / two.n
    square = u + w if welch else pooled * both
    t = (one.mean - two.mean) / np.sqrt(square)
    inner = u * u / (one.n - 1) + w * w / (two.n - 1)
    v = (u + w) ** 2 / inner if welch else free
    t_by, v_by = [], []
    for own, part, sign in ((one, u, 1.0), (two, w, -1.0)):
        shared = 1 / own.n if welch else (own.n - 1) / free * both
        t_by.append(
            sign * own.by_mean / np.sqrt(square) - t / (2 * square) * shared * own.by_variance
        )
        by_part = v * (2 / (u + w) - 2 * part / (own.n - 1) / inner) / own.n
        v_by.append(by_part * own.by_variance if welch else 0 * own.by_variance)
    return _Moved(t, v, (t_by[0], t_by[1]), (v_by[0], v_by[1]))


def _paired(a: ArrayValue, b: ArrayValue) -> _Moved:
    """Compare the mean of the differences with 0."""
    (x, here), (y, there) = a.flat(), b.flat()
    both = np.ones(np.broadcast_shapes(x.shape, y.shape), bool)
    for mask in (here, there):
        both = both if mask is None else both & mask
    one = _Sample(np.where(both, x - y, 0.0), both)
    error = np.sqrt(one.variance / one.n)
    t = one.mean / error
    slope = one.by_mean / error - t / (2 * one.variance) * one.by_variance
    return _Moved(t, one.n - 1, (slope, -slope), (0 * slope, 0 * slope))


def _kinds(args: Sequence[ArrayValue]) -> tuple[Floats, Floats]:
    """Return the tails and the kind of a test, NaN for what is none."""
    n, k = (np.trunc(arg.num) for arg in args[2:])
    return np.where((n == 1) | (n == 2), n, np.nan), np.where((k >= 1) & (k <= 3), k, np.nan)


def _of_kind(a: ArrayValue, b: ArrayValue, kind: int) -> _Moved:
    return _paired(a, b) if kind == 1 else _apart(a, b, welch=kind == 3)


def _student(*args: ArrayValue) -> ArrayValue:
    a, b = args[:2]
    n, k = _kinds(args)
    if a.shape[-1] * a.shape[-2] != b.shape[-1] * b.shape[-2] and (k == 1).any():
        return everywhere(args, NA_ERROR)
    num: Floats = n + k + np.nan
    lack = np.zeros(num.shape, bool)
    with np.errstate(all="ignore"):
        for kind in np.unique(k[np.isfinite(k)]).astype(int).tolist():
            found = _of_kind(a, b, kind)
            t, v = found.t[..., None], found.v[..., None]
            num = np.where(k == kind, _chance(t, v, n), num)
            lack = np.where(k == kind, ~np.isfinite(t) & np.isfinite(n), lack)
    return with_errors(
        np.where(lack, np.nan, num), [first_error(a), first_error(b), *args[2:]], lack
    )


def _student_slopes(args: list[ArrayValue], out: ArrayValue) -> Slopes:
    """By the samples: through t, and through Welch's degrees of freedom."""
    a, b = args[:2]
    n, k = _kinds(args)
    if out.shape[-2:] != (1, 1) or not np.isfinite(k).all() or np.ptp(k):
        return [np.full(arg.shape, np.nan) for arg in (a, b)] + [None, None]
    with np.errstate(all="ignore"):
        found, n = _of_kind(a, b, int(k.flat[0])), n[..., 0]
        t, v = found.t, found.v
        by_v = (_chance(t, v * (1 + 1e-6), n) - _chance(t, v * (1 - 1e-6), n)) / (2e-6 * v)
        by_t = _by_t(t, v, n)
        own = [by_t * x + by_v * y for x, y in zip(found.t_by, found.v_by, strict=True)]
    return [_shaped(own[0], a), _shaped(own[1], b), None, None]


def _fisher_parts(a: ArrayValue, b: ArrayValue) -> tuple[_Sample, _Sample, Floats, Floats]:
    """Return both samples, the ratio of their variances, and its two tails, (2, ..., 1)."""
    one, two = _Sample(*a.flat()), _Sample(*b.flat())
    ratio = one.variance / two.variance
    tails = ratio_parts(*np.broadcast_arrays(ratio, one.n - 1, two.n - 1))
    return one, two, ratio, np.stack(tails)


def _fisher(a: ArrayValue, b: ArrayValue) -> ArrayValue:
    with np.errstate(all="ignore"):
        one, two, _, tails = _fisher_parts(a, b)
        num = (2 * np.minimum(tails[0], tails[1]))[..., None]
    lack = ~((one.variance > 0) & (two.variance > 0))[..., None]
    return with_errors(np.where(lack, np.nan, num), [first_error(a), first_error(b)], lack)


def _fisher_slopes(args: list[ArrayValue], out: ArrayValue) -> Slopes:  # noqa: ARG001
    a, b = args
    with np.errstate(all="ignore"):
        one, two, ratio, tails = _fisher_parts(a, b)
        sign = np.where(tails[0] <= tails[1], 2.0, -2.0)
        slope = sign * ratio_density(ratio, one.n - 1, two.n - 1)
        by_one = slope / two.variance * one.by_variance
        by_two = -slope * ratio / two.variance * two.by_variance
    return [_shaped(by_one, a), _shaped(by_two, b)]


def _gauss_parts(args: Sequence[ArrayValue]) -> tuple[_Sample, Floats, Floats]:
    """Return the sample, z, and the deviation, (..., h, w)."""
    one = _Sample(*args[0].flat())
    deviation = np.sqrt(one.variance)[..., None]
    if len(args) > 2:
        deviation = np.where(args[2].num > 0, args[2].num, np.nan)
    z = (one.mean[..., None] - args[1].num) / deviation * np.sqrt(one.n)[..., None]
    return one, z, deviation


def _gauss(*args: ArrayValue) -> ArrayValue:
    with np.errstate(all="ignore"):
        one, z, deviation = _gauss_parts(args)
        num = normal_below(-z)
    lack = (one.n < 1)[..., None] & np.isfinite(args[1].num)
    if len(args) < 3:
        lack = lack | ~(deviation > 0)
    lack = np.broadcast_to(lack, num.shape)
    return with_errors(np.where(lack, np.nan, num), [first_error(args[0]), *args[1:]], lack)


def _gauss_slopes(args: list[ArrayValue], out: ArrayValue) -> Slopes:
    with np.errstate(all="ignore"):
        one, z, deviation = _gauss_parts(args)
        slope = -normal_density(z)
        scale = np.sqrt(one.n)[..., None] / deviation
        by_x = (slope * scale)[..., 0] * one.by_mean
        if len(args) < 3:
            by_x = by_x - (slope * z)[..., 0] / (2 * one.variance) * one.by_variance
    if out.shape[-2:] != (1, 1):
        by_x = np.full(one.x.shape, np.nan)
    more: list[Floats | None] = [-slope * scale]
    if len(args) > 2:
        more.append(-slope * z / deviation)
    return [_shaped(by_x, args[0]), *more]


def _freedom(a: ArrayValue, b: ArrayValue) -> float:
    """Return Pearson's degrees of freedom, NaN for tables that do not go together."""
    rows, columns = a.shape[-2:]
    if a.shape[-2:] != b.shape[-2:] or rows * columns == 1:
        return float("nan")
    return float((rows - 1) * (columns - 1) if min(rows, columns) > 1 else rows * columns - 1)


def _pearson(a: ArrayValue, b: ArrayValue) -> ArrayValue:
    freedom = _freedom(a, b)
    if freedom != freedom:
        return everywhere((a, b), NA_ERROR)
    x, e, both = _cells(a, b)
    with np.errstate(all="ignore"):
        square = np.where(both, (x - e) ** 2 / np.where(both, e, 1.0), 0.0).sum(-1, keepdims=True)
        num = gamma_parts(np.full(1, freedom / 2), square / 2)[1][..., None]
    zero: Bools = np.any((e == 0) & both, axis=-1, keepdims=True)[..., None]
    wrong: Bools = zero | np.any((e < 0) & both, axis=-1, keepdims=True)[..., None]
    return with_errors(np.where(wrong, np.nan, num), [first_error(a), first_error(b)], zero)


def _cells(a: ArrayValue, b: ArrayValue) -> tuple[Floats, Floats, Bools]:
    (x, here), (e, there) = a.flat(), b.flat()
    both = np.ones(np.broadcast_shapes(x.shape, e.shape), bool)
    for mask in (here, there):
        both = both if mask is None else both & mask
    return x, e, both


def _pearson_slopes(args: list[ArrayValue], out: ArrayValue) -> Slopes:  # noqa: ARG001
    a, b = args
    freedom = np.full(1, _freedom(a, b))
    x, e, both = _cells(a, b)
    with np.errstate(all="ignore"):
        safe = np.where(both, e, 1.0)
        square = np.where(both, (x - e) ** 2 / safe, 0.0).sum(-1, keepdims=True)
        slope = -chi_density(square, freedom)
        by_x = slope * np.where(both, 2 * (x - e) / safe, 0.0)
        by_e = slope * np.where(both, 1 - (x / safe) ** 2, 0.0)
    return [_shaped(by_x, a), _shaped(by_e, b)]


def _chances(args: Sequence[ArrayValue]) -> tuple[Floats, Bools, Bools]:
    """Return the chances (..., n), where there are pairs, and which count (..., h, w, n)."""
    (x, here), (p, there) = args[0].flat(), args[1].flat()
    mask = np.ones(np.broadcast_shapes(x.shape, p.shape), bool)
    for one in (here, there):
        mask = mask if one is None else mask & one
    low, high = args[2].num[..., None], args[-1].num[..., None]
    return p, mask, spread(mask) & (spread(x) >= low) & (spread(x) <= high)


_SUM_OF_CHANCES = 1e-5
"""How far the chances of PROB may be from 1 together: as far as a solver's constraint may be."""


def _prob(*args: ArrayValue) -> ArrayValue:
    sizes = [arg.shape[-1] * arg.shape[-2] for arg in args[:2]]
    if sizes[0] != sizes[1]:
        return everywhere(args, NA_ERROR)
    p, mask, inside = _chances(args)
    num = np.where(inside, spread(p), 0.0).sum(-1)
    wrong = (mask & ((p < 0) | (p > 1))).any(-1)
    wrong = wrong | (np.abs(np.where(mask, p, 0.0).sum(-1) - 1) > _SUM_OF_CHANCES)
    num = np.where(wrong[..., None, None], np.nan, num)
    return with_errors(num, [first_error(args[0]), first_error(args[1]), *args[2:]])


def _prob_slopes(args: list[ArrayValue], out: ArrayValue) -> Slopes:
    _, _, inside = _chances(args)
    slope = np.where(inside[..., 0, 0, :], 1.0, 0.0)
    if out.shape[-2:] != (1, 1):
        slope = np.full(slope.shape, np.nan)
    return [None, _shaped(slope, args[1]), *[None] * (len(args) - 2)]


_X, _Y = [[0.3, 0.9, 0.5, 1.4, 1.1]], [[1.1, 0.2, 0.7, 1.9]]
_TABLE = [[3.1, 4.2, 2.4], [2.2, 5.1, 3.3]], [[2.7, 4.6, 2.9], [2.5, 4.4, 3.6]]

FUNCTIONS = (
    general("T.TEST", 4, 4, _student, partials=_student_slopes, params="AAVV", also="TTEST",
            kinks={2, 3}, ranges={0, 1}, sample=(_X, _Y, 2.4, 3.4)),
    general("F.TEST", 2, 2, _fisher, partials=_fisher_slopes, params="A", also="FTEST",
            ranges={0, 1}, sample=(_X, _Y)),
    general("Z.TEST", 2, 3, _gauss, partials=_gauss_slopes, params="AVV", also="ZTEST",
            ranges={0}, sample=(_X, 0.7)),
    general("CHISQ.TEST", 2, 2, _pearson, partials=_pearson_slopes, params="A", also="CHITEST",
            ranges={0, 1}, sample=_TABLE),
    general("PROB", 3, 4, _prob, partials=_prob_slopes, params="AAVV", kinks={0, 2, 3},
            ranges={0, 1}, linear={1}, sample=([[0.0, 1.0, 2.0]], [[0.2, 0.3, 0.5]], 0.5, 2.5)),
)  # fmt: skip
