# ruff: noqa: ARG001  (all partials are called alike: result, arguments)
"""Further means and moments, and lines of least squares: GEOMEAN, SKEW, KURT, FORECAST, ...

Notation: d the distances from the mean, S_k the sum of their k-th powers, n how many there are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import cast

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._function import Function
from sheetsim.formula.functions._make import (
    ALL,
    count,
    counting_from_1904,
    everywhere,
    first_error,
    general,
    numbers_in,
    pairs,
    statistic,
    total,
    weight,
)
from sheetsim.formula.functions._ranges import Slopes, ranged
from sheetsim.formula.functions.statistics import (
    FUNCTIONS as PLAIN,
)
from sheetsim.formula.functions.statistics import (
    intercept,
    intercept_partials,
    mean,
    slope,
    slope_partials,
)
from sheetsim.formula.values import (
    BOOL,
    DIV_ERROR,
    NA_ERROR,
    NUMBER,
    TEXT,
    ArrayValue,
    Bools,
    choose,
    with_errors,
)


def _positive(x: Floats, m: Bools | None) -> Floats:
    """Return the numbers, NaN for those that are not positive, 1 where there is none."""
    held = x if m is None else np.where(m, x, 1.0)
    return np.where(held > 0, held, np.nan)


def _geometric(x: Floats, m: Bools | None) -> Floats:
    return np.asarray(np.exp(np.log(_positive(x, m)).sum(-1) / count(x, m)[..., 0]))


def _harmonic(x: Floats, m: Bools | None) -> Floats:
    out: Floats = count(x, m)[..., 0] / (weight(x, m) / _positive(x, m)).sum(-1)
    return out


def _apart(x: Floats, m: Bools | None) -> Floats:
    out: Floats = (x - mean(x, m)) * weight(x, m)
    return out


def _spread(x: Floats, m: Bools | None) -> Floats:
    out: Floats = (total(np.abs(_apart(x, m))) / count(x, m))[..., 0]
    return out


def _spread_slope(x: Floats, m: Bools | None, y: Floats) -> Floats:
    signs = np.sign(_apart(x, m))
    n = count(x, m)
    out: Floats = (signs - total(signs) / n) / n
    return out


def _power_slope(d: Floats, n: Floats, k: int) -> Floats:
    """Return the derivative of S_k by each number."""
    out: Floats = k * (d ** (k - 1) - total(d ** (k - 1)) / n)
    return out


def _moment(name: str, k: int, few: int, *, sample: bool, also: str = "") -> Function:
    """Make SKEW (k = 3) or KURT (k = 4): c S_k / S_2^(k/2) + e, in Excel's definition."""

    def factors(n: Floats) -> tuple[Floats, Floats]:
        if k == 3 and not sample:
            return np.sqrt(n), 0 * n
        if k == 3:
            return n * np.sqrt(n - 1) / (n - 2), 0 * n
        c = n * (n + 1) * (n - 1) / ((n - 2) * (n - 3))
        return c, -3 * (n - 1) ** 2 / ((n - 2) * (n - 3))

    def value(x: Floats, m: Bools | None) -> Floats:
        d = _apart(x, m)
        c, e = factors(count(x, m))
        s2 = total(d * d)
        out: Floats = (c * total(d**k) / s2 ** (k / 2) + e)[..., 0]
        return out

    def partial(x: Floats, m: Bools | None, y: Floats) -> Floats:
        d, n = _apart(x, m), count(x, m)
        c, e = factors(n)
        s2 = total(d * d)
        out: Floats = c * _power_slope(d, n, k) / s2 ** (k / 2) - (y - e) * k * d / s2
        return out

    made = statistic(name, value, partial, few=few, sample=([[0.3, 0.9, 1.2, 0.5, 1.7]],),
                     also=(also,) if also else ())  # fmt: skip

    def checked(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        out = made.value(args, strict)
        if not strict and not out.bad:
            return out
        x, m, _ = numbers_in(args)
        alike = (total(np.abs(_apart(x, m))) == 0)[..., None]
        return choose(alike, everywhere(args, DIV_ERROR), out) if alike.any() else out

    return counting_from_1904(replace(made, value=checked))


def _forecast(x: ArrayValue, known_y: ArrayValue, known_x: ArrayValue) -> ArrayValue:
    """Return where the line of least squares stands at x."""
    if known_y.shape[-1] * known_y.shape[-2] != known_x.shape[-1] * known_x.shape[-2]:
        return everywhere((x, known_y, known_x), NA_ERROR)
    y, z, m = _both(known_y, known_x)
    b, a = slope(y, z, m)[..., None, None], intercept(y, z, m)[..., None, None]
    alone = (count(y + z, m) < 2)[..., None] | ~np.isfinite(b)
    num = np.where(alone, np.nan, a + b * x.num)
    return with_errors(num, [x, first_error(known_y), first_error(known_x)], alone)


def _both(known_y: ArrayValue, known_x: ArrayValue) -> tuple[Floats, Floats, Bools | None]:
    """Return the pairs in which both are numbers."""
    (y, here), (x, there) = known_y.flat(), known_x.flat()
    if here is None and there is None:
        return y, x, None
    here = np.ones(y.shape, bool) if here is None else here
    mask = here & (np.ones(x.shape, bool) if there is None else there)
    return np.where(mask, y, 0.0), np.where(mask, x, 0.0), mask


def _forecast_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    x, known_y, known_x = args
    y, z, m = _both(known_y, known_x)
    b, a = slope(y, z, m)[..., None], intercept(y, z, m)[..., None]
    several = np.nan if x.shape[-2:] != (1, 1) else 1.0
    at = x.num[..., :1, 0] * several
    found: list[Floats | None] = [b[..., None] + 0 * x.num]
    for by_slope, by_start, arg in zip(
        slope_partials(y, z, m, b), intercept_partials(y, z, m, a), (known_y, known_x), strict=True
    ):
        whole = (by_start + at * by_slope) * (1.0 if m is None else m)
        found.append(whole.reshape((*whole.shape[:-1], *arg.shape[-2:])))
    return found


def _residual(y: Floats, x: Floats, m: Bools | None) -> tuple[Floats, Floats]:
    """Return what the line leaves of y, 0 where there is no pair, and n - 2."""
    b = slope(y, x, m)[..., None]
    e = (_apart(y, m) - b * _apart(x, m)) * weight(x, m)
    return e, count(x, m) - 2


def _standard_error(y: Floats, x: Floats, m: Bools | None) -> Floats:
    e, n = _residual(y, x, m)
    out: Floats = np.sqrt(total(e * e) / n)[..., 0]
    return out


def _standard_error_partials(
    y: Floats, x: Floats, m: Bools | None, z: Floats
) -> tuple[Floats, Floats]:
    """The residual is at its least in slope and intercept, so these do not count (envelope)."""
    e, n = _residual(y, x, m)
    b = slope(y, x, m)[..., None]
    return e / (n * z), -b * e / (n * z)


def _counted(args: Sequence[ArrayValue]) -> list[ArrayValue]:
    """Return ranges with texts as 0 and booleans as 0 or 1; blanks stay out."""
    out = []
    for arg in args:
        if arg.kind is None or (arg.literal and arg.shape[-2:] == (1, 1)):
            out.append(arg)
            continue
        text = arg.kind == TEXT
        kind = np.where(text | (arg.kind == BOOL), np.uint8(NUMBER), arg.kind)
        num = np.where(text, 0.0, arg.num)
        out.append(ArrayValue(num, kind, arg.obj, bad=arg.bad, literal=False))
    return out


def _of_all(name: str, made: Function, *, over_sheets: bool = False) -> Function:
    """Make AVERAGEA and its like from a statistic of numbers alone."""

    def value(*args: ArrayValue) -> ArrayValue:
        return made.value(_counted(args), True)

    def partials(args: list[ArrayValue], out: ArrayValue) -> Sequence[Floats | None]:
        return made.slopes(_counted(args), out, [True] * len(args))

    return general(name, 1, 255, value, partials=partials, params="R", kinks=made.kinks,
                   over_sheets=over_sheets, sample=([[0.3, 0.9], [0.5, 1.6]], 1.2))  # fmt: skip


def _part_of(some: ArrayValue, whole: ArrayValue) -> ArrayValue:
    """Return PERCENTOF: the sum of some numbers over that of all."""
    one, other = (total(arg.flat()[0])[..., None] for arg in (some, whole))
    none = other == 0
    with np.errstate(all="ignore"):
        return with_errors(one / other, [first_error(some), first_error(whole)], none)


def _part_of_partials(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    some, whole = (arg.flat() for arg in args)
    one, other = total(some[0])[..., None], total(whole[0])[..., None]
    slopes = []
    for (_, m), arg, each in ((some, args[0], 1 / other), (whole, args[1], -one / other**2)):
        there = np.ones(arg.shape) if m is None else m.reshape(arg.shape).astype(np.float64)
        slopes.append(each * there)
    return [*slopes]


def _powers(n: Floats, m: Floats, there: Bools) -> Floats:
    """Return the exponents of a series: n, n + m, n + 2 m, ...; a blank has its place, too."""
    out: Floats = n + m * np.arange(there.shape[-1])
    return out


def _series(a: Floats, there: Bools, x: Floats, n: Floats, m: Floats) -> Floats:
    """Return SERIESSUM, sum(a_i x^(n + (i - 1) m)); 0^0 is no number."""
    powers = _powers(n, m, there)
    with np.errstate(all="ignore"):
        terms = np.where(there, a * x**powers, 0.0)
    terms = np.where(there & (x == 0) & (powers == 0), np.nan, terms)
    return terms.sum(-1)  # type: ignore[no-any-return]


def _series_slopes(
    y: Floats,
    a: Floats,
    there: Bools,
    x: Floats,
    n: Floats,
    m: Floats,
) -> Slopes:
    powers = _powers(n, m, there)
    with np.errstate(all="ignore"):
        each = np.where(there, x**powers, 0.0)
        by_x = np.where(there & (powers != 0), a * powers * x ** (powers - 1), 0.0).sum(-1)
        terms = a * each * np.log(np.where(x > 0, x, np.nan))
    return each, [by_x, terms.sum(-1), (np.arange(there.shape[-1]) * terms).sum(-1)]


_KNOWN = {function.name: function for function in cast("tuple[Function, ...]", PLAIN)}

FUNCTIONS = (
    statistic("GEOMEAN", _geometric,
              lambda x, m, y: y / (count(x, m) * _positive(x, m)), few=1),
    statistic("HARMEAN", _harmonic,
              lambda x, m, y: y * y / (count(x, m) * _positive(x, m) ** 2), few=1),
    statistic("AVEDEV", _spread, _spread_slope, few=1, kinks=ALL),
    _moment("SKEW", 3, 3, sample=True),
    _moment("SKEW.P", 3, 3, sample=False),
    _moment("KURT", 4, 4, sample=True),
    general("FORECAST.LINEAR", 3, 3, _forecast, partials=_forecast_partials, params="VAA",
            also="FORECAST", sample=(0.8, [[0.3, 0.9, 0.5]], [[1.1, 0.2, 0.7]])),
    general("PERCENTOF", 2, 2, _part_of, partials=_part_of_partials, params="R",
            ranges={0, 1}, linear={0}, sample=([[0.3, 0.9]], [[0.3, 0.9, 0.5]])),
    ranged("SERIESSUM", _series, _series_slopes, singles=3, first=False,
           sample=(1.3, 0.7, 2.0, [[0.3, 0.9, 0.5]])),
    pairs("STEYX", _standard_error, _standard_error_partials, few=3),
    _of_all("AVERAGEA", _KNOWN["AVERAGE"], over_sheets=True),
    _of_all("MAXA", _KNOWN["MAX"], over_sheets=True),
    _of_all("MINA", _KNOWN["MIN"], over_sheets=True),
    _of_all("STDEVA", _KNOWN["STDEV"]),
    _of_all("STDEVPA", _KNOWN["STDEVP"]),
    _of_all("VARA", _KNOWN["VAR"]),
    _of_all("VARPA", _KNOWN["VARP"]),
)  # fmt: skip
