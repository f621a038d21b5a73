# ruff: noqa: ARG001, ARG005  (all partials are called alike: result, arguments)
"""The distributions of samples: Student's t, χ², F, Γ, beta, and their inverses.

All of them come from the incomplete Γ and beta of `_special`. Derivatives by x, by probabilities
and by scales are closed forms; those by the shapes of Γ and beta are differences. Degrees of
freedom are whole numbers, so the result is flat in them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._make import NUMERIC, elementwise
from sheetsim.formula.functions._special import (
    beta_parts,
    binomial,
    digamma,
    flat,
    gamma_parts,
    poisson,
    positive,
    quantile,
    student_density,
)

Pair = tuple[Floats, Floats]


def _degrees(df: Floats) -> Floats:
    """Return whole degrees of freedom, NaN for less than 1."""
    return np.where(df >= 1, np.trunc(df), np.nan)


def _at_least_0(x: Floats) -> Floats:
    return np.where(x >= 0, x, np.nan)


# Γ: the shape a, the scale b.


def _gamma_density(x: Floats, a: Floats, b: Floats) -> Floats:
    u = x / b
    inner = poisson(a, np.where(u > 0, u, 1.0)) * a / np.where(x > 0, x, b)
    edge = np.where(a > 1, 0.0, np.where(a == 1, 1 / b, np.nan))
    return np.where(x > 0, inner, edge)


def _gamma(x: Floats, a: Floats, b: Floats, whole: Floats) -> Floats:
    x, a, b = _at_least_0(x), positive(a), positive(b)
    return np.where(whole != 0, gamma_parts(a, x / b)[0], _gamma_density(x, a, b))


def _gamma_x(y: Floats, x: Floats, a: Floats, b: Floats, whole: Floats) -> Floats:
    density = _gamma_density(x, a, b)
    return np.where(whole != 0, density, density * ((a - 1) / x - 1 / b))


def _by_shape(x: Floats, a: Floats, b: Floats) -> Floats:
    """Return the derivative of the part below x by the shape a, by differences."""
    step = 1e-5 * a
    low, high = gamma_parts(a - step, x / b)[0], gamma_parts(a + step, x / b)[0]
    out: Floats = (high - low) / (2 * step)
    return out


def _gamma_a(y: Floats, x: Floats, a: Floats, b: Floats, whole: Floats) -> Floats:
    return np.where(whole != 0, _by_shape(x, a, b), y * (np.log(x / b) - digamma(a)))


def _gamma_b(y: Floats, x: Floats, a: Floats, b: Floats, whole: Floats) -> Floats:
    return np.where(whole != 0, -x / b * _gamma_density(x, a, b), y * (x / b - a) / b)


def _gamma_inverse(p: Floats, a: Floats, b: Floats, *, upper: bool = False) -> Floats:
    p, a, b = np.broadcast_arrays(p, positive(a), positive(b))
    u = quantile(lambda u: gamma_parts(a, u), lambda u: poisson(a, u) * a / u, p, upper=upper)
    out: Floats = b * u
    return np.where((p == (1.0 if upper else 0.0)) & (a > 0) & (b > 0), 0.0, out)


# χ² is Γ with the shape n/2 and the scale 2.


def _chi(x: Floats, n: Floats, whole: Floats) -> Floats:
    return _gamma(x, _degrees(n) / 2, np.full(1, 2.0), whole)


def _chi_x(y: Floats, x: Floats, n: Floats, whole: Floats) -> Floats:
    return _gamma_x(y, x, _degrees(n) / 2, np.full(1, 2.0), whole)


def chi_density(x: Floats, n: Floats) -> Floats:
    """Return the density of χ² with n degrees of freedom."""
    return _gamma_density(x, _degrees(n) / 2, np.full(1, 2.0))


def _chi_inverse(p: Floats, n: Floats, *, upper: bool = False) -> Floats:
    return _gamma_inverse(p, _degrees(n) / 2, np.full(1, 2.0), upper=upper)


# Student's t with v degrees of freedom.


def outside(t: Floats, v: Floats) -> Pair:
    """Return how likely a number is nearer to 0 than t, and farther than t."""
    square = t * t
    return beta_parts(np.full(1, 0.5), v / 2, square / (v + square), v / (v + square))


def _student_above(t: Floats, df: Floats) -> Floats:
    far = 0.5 * outside(t, _degrees(df))[1]
    return np.where(t > 0, far, 1 - far)


def _student(t: Floats, df: Floats, whole: Floats) -> Floats:
    v = _degrees(df)
    return np.where(whole != 0, _student_above(-t, df), student_density(t, v))


def _student_t(y: Floats, t: Floats, df: Floats, whole: Floats) -> Floats:
    v = _degrees(df)
    density = student_density(t, v)
    return density * np.where(whole != 0, 1.0, -(v + 1) * t / (v + t * t))


def _student_tails(t: Floats, df: Floats, tails: Floats) -> Floats:
    """Return how likely a number is above t >= 0, or (2 tails) farther from 0."""
    n = np.trunc(tails)
    known = (t >= 0) & ((n == 1) | (n == 2))
    return np.where(known, n * _student_above(np.abs(t), df), np.nan)


def _student_2t_inverse(p: Floats, df: Floats) -> Floats:
    p, v = np.broadcast_arrays(p, _degrees(df))
    t = quantile(lambda t: outside(t, v), lambda t: 2 * student_density(t, v), p, upper=True)
    return np.where((p == 1) & (v > 0), 0.0, t)


def _student_inverse(p: Floats, df: Floats) -> Floats:
    t = _student_2t_inverse(2 * np.minimum(p, 1 - p), df)
    return np.where(p < 0.5, -t, t)


def _slope_of_t(t: Floats, df: Floats) -> Floats:
    return np.asarray(1 / student_density(t, _degrees(df)))


def _confidence(alpha: Floats, sd: Floats, size: Floats) -> Floats:
    n = np.trunc(size)
    return _student_2t_inverse(alpha, n - 1) * positive(sd) / np.sqrt(np.where(n > 1, n, np.nan))


def _confidence_alpha(y: Floats, alpha: Floats, sd: Floats, size: Floats) -> Floats:
    n = np.trunc(size)
    return np.asarray(-0.5 * sd / np.sqrt(n) * _slope_of_t(y * np.sqrt(n) / sd, n - 1))


# F with m and n degrees of freedom.


def ratio_parts(x: Floats, m: Floats, n: Floats) -> Pair:
    """Return how likely F with m and n degrees of freedom is below x, and above it."""
    both = m * x + n
    return beta_parts(m / 2, n / 2, m * x / both, n / both)


def ratio_density(x: Floats, m: Floats, n: Floats) -> Floats:
    """Return the density of F with m and n degrees of freedom."""
    a, b = m / 2, n / 2
    u = np.where(x > 0, x, 1.0)
    inner = binomial(a, a + b, m * u / (m * u + n), n / (m * u + n)) * a * b / ((a + b) * u)
    edge = np.where(m > 2, 0.0, np.where(m == 2, 1.0, np.nan))
    return np.where(x > 0, inner, edge)


def _ratio(x: Floats, m: Floats, n: Floats, whole: Floats) -> Floats:
    x, m, n = np.broadcast_arrays(_at_least_0(x), _degrees(m), _degrees(n))
    return np.where(whole != 0, ratio_parts(x, m, n)[0], ratio_density(x, m, n))


def _ratio_x(y: Floats, x: Floats, m: Floats, n: Floats, whole: Floats) -> Floats:
    m, n = _degrees(m), _degrees(n)
    density = ratio_density(x, m, n)
    bend = (m / 2 - 1) / x - (m + n) / 2 * m / (n + m * x)
    return density * np.where(whole != 0, 1.0, bend)


def _ratio_above(x: Floats, m: Floats, n: Floats) -> Floats:
    return ratio_parts(*np.broadcast_arrays(_at_least_0(x), _degrees(m), _degrees(n)))[1]


def _ratio_inverse(p: Floats, m: Floats, n: Floats, *, upper: bool = False) -> Floats:
    p, m, n = np.broadcast_arrays(p, _degrees(m), _degrees(n))
    x = quantile(lambda x: ratio_parts(x, m, n), lambda x: ratio_density(x, m, n), p, upper=upper)
    return np.where((p == (1.0 if upper else 0.0)) & (m > 0) & (n > 0), 0.0, x)


def _slope_of_f(y: Floats, p: Floats, m: Floats, n: Floats) -> Floats:
    return np.asarray(1 / ratio_density(y, _degrees(m), _degrees(n)))


# Beta between `low` and `high`.


def _beta_density(u: Floats, a: Floats, b: Floats) -> Floats:
    inside = (u > 0) & (u < 1)
    u = np.where(inside, u, 0.5)
    own = binomial(a, a + b, u, 1 - u) * a * b / ((a + b) * u * (1 - u))
    return np.where(inside, own, np.nan)


def _beta(x: Floats, a: Floats, b: Floats, whole: Floats, *ends: Floats) -> Floats:
    low, high = _ends(ends)
    a, b, width = positive(a), positive(b), positive(high - low)
    u = (x - low) / width
    u = np.where((u >= 0) & (u <= 1), u, np.nan)
    return np.where(whole != 0, beta_parts(a, b, u, 1 - u)[0], _beta_density(u, a, b) / width)


def _ends(ends: tuple[Floats, ...]) -> Pair:
    low = ends[0] if ends else np.zeros(1)
    return low, ends[1] if len(ends) > 1 else np.ones(1)


def _beta_x(y: Floats, x: Floats, a: Floats, b: Floats, whole: Floats, *ends: Floats) -> Floats:
    low, high = _ends(ends)
    width = high - low
    u = (x - low) / width
    density = _beta_density(u, a, b) / width
    return density * np.where(whole != 0, 1.0, ((a - 1) / u - (b - 1) / (1 - u)) / width)


def _beta_inverse(p: Floats, a: Floats, b: Floats, *ends: Floats) -> Floats:
    low, high = _ends(ends)
    p, a, b = np.broadcast_arrays(p, positive(a), positive(b))
    u = quantile(
        lambda u: beta_parts(a, b, u, 1 - u), lambda u: _beta_density(u, a, b), p, most=1.0
    )
    out: Floats = low + positive(high - low) * u
    return out


def _slope_of_beta(y: Floats, p: Floats, a: Floats, b: Floats, *ends: Floats) -> Floats:
    low, high = _ends(ends)
    width = high - low
    return np.asarray(width / _beta_density((y - low) / width, a, b))


YES = np.ones(1)
Partial = Callable[..., Floats] | None
_SHAPES: tuple[Partial, ...] = (NUMERIC, NUMERIC)

FUNCTIONS = (
    elementwise("GAMMA.DIST", _gamma, _gamma_x, _gamma_a, _gamma_b, flat, kinks={3},
                also="GAMMADIST", flags={3}, sample=(0.7, 1.3, 0.8, 1.0)),
    elementwise("GAMMA.INV", _gamma_inverse,
                lambda y, p, a, b: 1 / _gamma_density(y, a, b),
                lambda y, p, a, b: -_by_shape(y, a, b) / _gamma_density(y, a, b),
                lambda y, p, a, b: y / b, also="GAMMAINV", sample=(0.3, 1.3, 0.8)),
    elementwise("CHISQ.DIST", _chi, _chi_x, flat, flat, kinks={1, 2}, flags={2},
                sample=(0.7, 3.4, 0.0)),
    elementwise("CHISQ.DIST.RT", lambda x, n: gamma_parts(_degrees(n) / 2, _at_least_0(x) / 2)[1],
                lambda y, x, n: -chi_density(x, n), flat, kinks={1}, also="CHIDIST"),
    elementwise("CHISQ.INV", _chi_inverse, lambda y, p, n: 1 / chi_density(y, n), flat,
                kinks={1}, sample=(0.3, 3.4)),
    elementwise("CHISQ.INV.RT", lambda p, n: _chi_inverse(p, n, upper=True),
                lambda y, p, n: -1 / chi_density(y, n), flat, kinks={1}, also="CHIINV",
                sample=(0.3, 3.4)),
    elementwise("T.DIST", _student, _student_t, flat, flat, kinks={1, 2}, flags={2},
                sample=(0.7, 3.4, 0.0)),
    elementwise("T.DIST.RT", _student_above,
                lambda y, t, df: -student_density(t, _degrees(df)), flat, kinks={1}),
    elementwise("T.DIST.2T", lambda t, df: _student_tails(t, df, 2 * YES),
                lambda y, t, df: -2 * student_density(t, _degrees(df)), flat, kinks={1}),
    elementwise("TDIST", _student_tails,
                lambda y, t, df, n: -np.trunc(n) * student_density(t, _degrees(df)), flat, flat,
                kinks={1, 2}, sample=(0.7, 3.4, 1.4)),
    elementwise("T.INV", _student_inverse, lambda y, p, df: _slope_of_t(y, df), flat, kinks={1},
                sample=(0.3, 3.4)),
    elementwise("T.INV.2T", _student_2t_inverse, lambda y, p, df: -0.5 * _slope_of_t(y, df), flat,
                kinks={1}, also="TINV", sample=(0.3, 3.4)),
    elementwise("CONFIDENCE.T", _confidence, _confidence_alpha,
                lambda y, alpha, sd, size: y / sd, flat, kinks={2}, sample=(0.2, 1.3, 5.4)),
    elementwise("F.DIST", _ratio, _ratio_x, flat, flat, flat, kinks={1, 2, 3},
                flags={3}, sample=(0.7, 3.4, 5.4, 0.0)),
    elementwise("F.DIST.RT", _ratio_above,
                lambda y, x, m, n: -ratio_density(x, _degrees(m), _degrees(n)), flat, flat,
                kinks={1, 2}, also="FDIST", sample=(0.7, 3.4, 5.4)),
    elementwise("F.INV", _ratio_inverse, _slope_of_f, flat, flat, kinks={1, 2},
                sample=(0.3, 3.4, 5.4)),
    elementwise("F.INV.RT", lambda p, m, n: _ratio_inverse(p, m, n, upper=True),
                lambda y, p, m, n: -_slope_of_f(y, p, m, n), flat, flat, kinks={1, 2},
                also="FINV", sample=(0.3, 3.4, 5.4)),
    elementwise("BETA.DIST", _beta, _beta_x, *_SHAPES, flat, *_SHAPES, least=4, kinks={3},
                flags={3}, sample=(0.7, 2.3, 3.4, 1.0, 0.2, 1.6)),
    elementwise("BETADIST", lambda x, a, b, *ends: _beta(x, a, b, YES, *ends),
                lambda y, x, a, b, *ends: _beta_x(y, x, a, b, YES, *ends), *_SHAPES, *_SHAPES,
                least=3, sample=(0.7, 2.3, 3.4, 0.2, 1.6)),
    elementwise("BETA.INV", _beta_inverse, _slope_of_beta, *_SHAPES, *_SHAPES, least=3,
                also="BETAINV", sample=(0.3, 2.3, 3.4, 0.2, 1.6)),
)  # fmt: skip
