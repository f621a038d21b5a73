# ruff: noqa: ARG001, ARG005  (all partials are called alike: result, arguments)
"""Statistics of the numbers in ranges, and of pairs of numbers in two ranges."""

from __future__ import annotations

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions import _steps
from sheetsim.formula.functions._function import Elsewhere, LinearForm
from sheetsim.formula.functions._make import (
    ALL,
    ONE,
    count,
    everywhere,
    first_error,
    general,
    pairs,
    statistic,
    total,
    weight,
)
from sheetsim.formula.functions._squares import (
    always,
    squares_of_differences,
    squares_of_each,
    squares_of_each_pair,
    squares_of_product,
)
from sheetsim.formula.values import (
    BLANK,
    ERROR,
    NUMBER,
    TEXT,
    VALUE_ERROR,
    ArrayValue,
    Bools,
    numbers,
    with_errors,
)


def mean(x: Floats, m: Bools | None) -> Floats:
    """Return the mean, with a last axis of length 1; NaN of nothing."""
    return total(x) / count(x, m)


def variance(x: Floats, m: Bools | None, lost: int) -> Floats:
    """Return the variance (...), the sum of squares divided by the count less `lost`."""
    out: Floats = (total(_apart(x, m) ** 2) / (count(x, m) - lost))[..., 0]
    return out


def _apart(x: Floats, m: Bools | None) -> Floats:
    """Return the distances from the mean, 0 where there is no number."""
    return (x - mean(x, m)) * weight(x, m)


def _extreme(x: Floats, m: Bools | None, sign: float) -> Floats:
    """Return the greatest (sign 1) or least (-1) number, 0 of none."""
    if x.shape[-1] == 0:
        return np.zeros(x.shape[:-1])
    if m is None:
        return np.asarray(sign * (sign * x).max(-1))
    best = np.where(m, sign * x, -np.inf).max(-1)
    return np.where(np.isinf(best) & ~m.any(-1), 0.0, sign * best)


def _first(x: Floats, m: Bools | None, y: Floats) -> Floats:
    """Return 1 at the first number that equals y and 0 elsewhere."""
    hit = x == y if m is None else (x == y) & m
    at = hit.argmax(-1)[..., None]
    return np.asarray((np.arange(x.shape[-1]) == at) & hit, np.float64)


def _product(x: Floats, m: Bools | None) -> Floats:
    out: Floats = (x if m is None else np.where(m, x, 1.0)).prod(-1)
    return out if m is None else np.where(m.any(-1), out, 0.0)


def _product_slope(x: Floats, m: Bools | None, y: Floats) -> Floats:
    """Return the product of all others, from the left and from the right: right at 0 too."""
    x = x if m is None else np.where(m, x, 1.0)
    left = np.ones_like(x)
    right = np.ones_like(x)
    left[..., 1:] = np.cumprod(x[..., :-1], -1)
    right[..., :-1] = np.cumprod(x[..., :0:-1], -1)[..., ::-1]
    return left * right


def _median(x: Floats, m: Bools | None) -> Floats:
    if m is None:
        return np.asarray(np.median(x, -1))
    order = np.sort(np.where(m, x, np.inf), -1)
    n = m.sum(-1, keepdims=True)
    low, high = np.maximum((n - 1) // 2, 0), n // 2
    both = np.take_along_axis(
        order, np.concatenate([low, np.minimum(high, x.shape[-1] - 1)], -1), -1
    )
    return np.where(n[..., 0] == 0, np.nan, both.mean(-1))


def _median_slope(x: Floats, m: Bools | None, y: Floats) -> Floats:
    order = np.argsort(x if m is None else np.where(m, x, np.inf), -1)
    n = count(x, m).astype(int)
    slope = np.zeros_like(x)
    for at in ((n - 1) // 2, n // 2):
        place = np.take_along_axis(order, np.broadcast_to(at, (*x.shape[:-1], 1)), -1)
        np.put_along_axis(slope, place, np.take_along_axis(slope, place, -1) + 0.5, -1)
    return slope


def _count(*args: ArrayValue) -> ArrayValue:
    """Count numbers; errors, texts and blanks in a range do not count."""
    parts = []
    for arg in args:
        here = np.isfinite(arg.num)
        if arg.kind is not None:
            single = arg.literal and arg.num.shape[-2:] == (1, 1)
            here = here & (arg.kind != ERROR) if single else here & (arg.kind == NUMBER)
        parts.append(here.sum((-2, -1), keepdims=True, dtype=np.float64))
    return numbers(np.asarray(sum(parts)))


def _count_kinds(*args: ArrayValue, blank: bool) -> ArrayValue:
    out = np.zeros((1, 1, 1, 1))
    for arg in args:
        kind = np.zeros(arg.num.shape, np.uint8) if arg.kind is None else arg.kind
        here = kind == BLANK
        if blank and arg.obj is not None:
            here = here | ((kind == TEXT) & (arg.obj == ""))
        here = here if blank else ~here
        out = out + np.broadcast_to(here, arg.num.shape).sum((-2, -1), keepdims=True)
    return numbers(out)


def _factors(args: tuple[ArrayValue, ...] | list[ArrayValue]) -> list[Floats]:
    """Return each argument's numbers, 0 for what is none."""
    return [a.num if a.kind is None else np.where(a.kind == NUMBER, a.num, 0.0) for a in args]


def _sumproduct(*args: ArrayValue) -> ArrayValue:
    if len({arg.shape[-2:] for arg in args}) > 1:
        return everywhere(args, VALUE_ERROR)
    product: Floats | float = 1.0
    for one in _factors(args):
        product = product * one
    num = np.asarray(product).sum((-2, -1), keepdims=True)
    if any(arg.bad for arg in args):
        codes = [first_error(arg) for arg in args]
        return with_errors(num + sum(code.num for code in codes), codes)
    return numbers(num)


def _sumproduct_slopes(args: list[ArrayValue], out: ArrayValue) -> list[Floats]:
    factors = _factors(args)
    slopes = []
    for i, arg in enumerate(args):
        slope = np.ones_like(arg.num) if arg.kind is None else (arg.kind == NUMBER) * 1.0
        for j, one in enumerate(factors):
            if j != i:
                slope = slope * one
        slopes.append(slope)
    return slopes


def _averages(x: Floats, y: Floats, m: Bools | None) -> tuple[Floats, Floats, Floats]:
    """Return the distances of x and y from their means, 0 where there is no pair, and the count."""
    n = count(x, m)
    w = weight(x, m)
    return (x - total(x) / n) * w, (y - total(y) / n) * w, n


def slope(y: Floats, x: Floats, m: Bools | None) -> Floats:
    """Return the slope (...) of the line of least squares through the points (x, y)."""
    dy, dx, _ = _averages(y, x, m)
    out: Floats = (dx * dy).sum(-1) / (dx * dx).sum(-1)
    return out


def slope_partials(y: Floats, x: Floats, m: Bools | None, z: Floats) -> tuple[Floats, Floats]:
    """Return the derivatives of the slope z (..., 1) by y and by x."""
    dy, dx, _ = _averages(y, x, m)
    sxx = total(dx * dx)
    return dx / sxx, (dy - 2 * z * dx) / sxx


def intercept(y: Floats, x: Floats, m: Bools | None) -> Floats:
    """Return where the line of least squares crosses x = 0."""
    out: Floats = (mean(y, m) - slope(y, x, m)[..., None] * mean(x, m))[..., 0]
    return out


def intercept_partials(y: Floats, x: Floats, m: Bools | None, z: Floats) -> tuple[Floats, Floats]:
    """Return the derivatives of the intercept by y and by x."""
    b = slope(y, x, m)[..., None]
    by_y, by_x = slope_partials(y, x, m, b)
    n, middle = count(x, m), mean(x, m)
    return 1 / n - middle * by_y, -middle * by_x - b / n


def correlation(x: Floats, y: Floats, m: Bools | None) -> Floats:
    """Return Pearson's correlation (...)."""
    dx, dy, _ = _averages(x, y, m)
    out: Floats = (dx * dy).sum(-1) / np.sqrt((dx * dx).sum(-1) * (dy * dy).sum(-1))
    return out


def correlation_partials(x: Floats, y: Floats, m: Bools | None, z: Floats) -> tuple[Floats, Floats]:
    """Return the derivatives of the correlation z (..., 1) by x and by y."""
    dx, dy, _ = _averages(x, y, m)
    sx, sy = np.sqrt(total(dx * dx)), np.sqrt(total(dy * dy))
    return (dy / sy - z * dx / sx) / sx, (dx / sx - z * dy / sy) / sy


def _determination_partials(
    x: Floats, y: Floats, m: Bools | None, z: Floats
) -> tuple[Floats, Floats]:
    r = correlation(x, y, m)[..., None]
    a, b = correlation_partials(x, y, m, r)
    return 2 * r * a, 2 * r * b


def _covariance(lost: int, name: str, also: str | tuple[str, ...] = ()) -> object:
    def value(x: Floats, y: Floats, m: Bools | None) -> Floats:
        dx, dy, n = _averages(x, y, m)
        out: Floats = (total(dx * dy) / (n - lost))[..., 0]
        return out

    def partials(x: Floats, y: Floats, m: Bools | None, z: Floats) -> tuple[Floats, Floats]:
        dx, dy, n = _averages(x, y, m)
        return dy / (n - lost), dx / (n - lost)

    return pairs(name, value, partials, few=1 + lost, also=also, linear=ONE)


def _spread(name: str, lost: int, *, root: bool, also: str | tuple[str, ...] = ()) -> object:
    """Make a variance, or its root, the standard deviation."""

    def value(x: Floats, m: Bools | None) -> Floats:
        out = variance(x, m, lost)
        return np.sqrt(out) if root else out

    def partial(x: Floats, m: Bools | None, y: Floats) -> Floats:
        slope = 2 * _apart(x, m) / (count(x, m) - lost)
        return slope / (2 * y) if root else slope

    quadratic = None if root else always
    return statistic(
        name, value, partial, few=1 + lost, also=also, over_sheets=True, quadratic=quadratic
    )


FUNCTIONS = (
    statistic("SUM", lambda x, m: x.sum(-1), lambda x, m, y: np.ones_like(x), linear=ALL,
              over_sheets=True, steps=_steps.total, linear_form=LinearForm.TOTAL),
    statistic("SUMSQ", lambda x, m: (x * x).sum(-1), lambda x, m, y: 2 * x,
              squares=squares_of_each, quadratic=always, by_places=True,
              steps=_steps.squares),
    statistic("AVERAGE", lambda x, m: mean(x, m)[..., 0],
              lambda x, m, y: weight(x, m) / count(x, m), few=1, linear=ALL, over_sheets=True,
              steps=_steps.average, linear_form=LinearForm.MEAN),
    statistic("PRODUCT", _product, _product_slope, over_sheets=True,
              steps=_steps.product),
    statistic("MAX", lambda x, m: _extreme(x, m, 1.0), _first, kinks=ALL, picks=True,
              over_sheets=True, steps=_steps.greatest, linear_form=LinearForm.GREATEST),
    statistic("MIN", lambda x, m: _extreme(x, m, -1.0), _first, kinks=ALL, picks=True,
              over_sheets=True, steps=_steps.least, linear_form=LinearForm.LEAST),
    statistic("MEDIAN", _median, _median_slope, kinks=ALL, over_sheets=True,
              linear_form=LinearForm.MIDDLE),
    statistic("DEVSQ", lambda x, m: total(_apart(x, m) ** 2)[..., 0],
              lambda x, m, y: 2 * _apart(x, m), few=1, quadratic=always),
    _spread("STDEV", 1, root=True, also=("STDEV.S",)),
    _spread("STDEVP", 0, root=True, also=("STDEV.P",)),
    _spread("VAR", 1, root=False, also=("VAR.S",)),
    _spread("VARP", 0, root=False, also=("VAR.P",)),
    general("COUNT", 1, 255, _count, params="R", over_sheets=True, picks=True,
            linear_form=LinearForm.COUNT),
    general("COUNTA", 1, 255, lambda *args: _count_kinds(*args, blank=False), params="R",
            over_sheets=True),
    general("COUNTBLANK", 1, 1, lambda *args: _count_kinds(*args, blank=True), params="R",
            ranges={0}, over_references=True),
    general("SUMPRODUCT", 1, 255, _sumproduct, partials=_sumproduct_slopes, params="A", linear=ONE,
            elsewhere={Elsewhere.EMPTY_TEXT}, squares=squares_of_product, by_places=True,
            steps=_steps.sum_of_products,
            sample=([[0.3, 0.8]], [[1.1, 0.6]]), linear_form=LinearForm.SUM_OF_PRODUCTS),
    pairs("SUMXMY2", lambda x, y, m: ((x - y) ** 2).sum(-1),
          lambda x, y, m, z: ((d := 2 * (x - y)), -d), squares=squares_of_differences,
          quadratic=always, by_places=True, steps=_steps.squares_of_differences,
          elsewhere={Elsewhere.BLANK_IN_PAIR}),
    pairs("SUMX2MY2", lambda x, y, m: (x * x - y * y).sum(-1),
          lambda x, y, m, z: (2 * x, -2 * y), quadratic=always, by_places=True,
          steps=_steps.differences_of_squares,
          elsewhere={Elsewhere.BLANK_IN_PAIR}),
    pairs("SUMX2PY2", lambda x, y, m: (x * x + y * y).sum(-1),
          lambda x, y, m, z: (2 * x, 2 * y), squares=squares_of_each_pair,
          quadratic=always, by_places=True, steps=_steps.sums_of_squares,
          elsewhere={Elsewhere.BLANK_IN_PAIR}),
    pairs("SLOPE", slope, slope_partials, few=2),
    pairs("INTERCEPT", intercept, intercept_partials, few=2),
    pairs("CORREL", correlation, correlation_partials, few=2, also=("PEARSON",)),
    pairs("RSQ", lambda x, y, m: correlation(x, y, m) ** 2, _determination_partials, few=2),
    _covariance(0, "COVAR", ("COVARIANCE.P",)),
    _covariance(1, "COVARIANCE.S"),
)  # fmt: skip
