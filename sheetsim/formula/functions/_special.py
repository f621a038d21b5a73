"""Special functions on arrays, to nearly all digits of a double, from NumPy and `math` alone.

The error function, Γ and ln Γ are C's own (`math`), applied to each number; the normal quantile is
`statistics.NormalDist`'s (Wichura, *Algorithm AS 241*, 1988). The rest:

- Binomial and Poisson probabilities: C. Loader, *Fast and accurate computation of binomial
  probabilities* (2000). With x ln(x/m) + m - x computed as one, and ln Γ split into Stirling's
  formula and its error, no digits cancel, as they do in exp(ln Γ(...) - ...) for large numbers.
- Incomplete Γ: its series below a + 1, Legendre's continued fraction above. Incomplete beta: its
  continued fraction, of whichever tail is the smaller (Press et al., *Numerical Recipes*, 6.2 and
  6.4; the fractions by Lentz's method). Loader's probabilities stand before both.
- ψ, the derivative of ln Γ: ψ(x) = ψ(x + 1) - 1/x up to 10, then the asymptotic series.

Arguments outside a function's domain give NaN.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from statistics import NormalDist
from typing import Any

import numpy as np

from sheetsim.arrays import Floats

_TINY = 1e-300
_MOST_TERMS = 20_000
_LOG_ROOT_2PI = 0.5 * math.log(2 * math.pi)
ROOT_2, ROOT_2PI = math.sqrt(2.0), math.sqrt(2 * math.pi)


def positive(a: Floats) -> Floats:
    """Return the numbers that are positive, NaN for the others."""
    return np.where(a > 0, a, np.nan)


def flat(y: Floats, *_args: Floats) -> Floats:
    """Return a partial derivative of what does not change: 0."""
    return np.zeros_like(y)


def each(f: Callable[..., float]) -> Callable[..., Floats]:
    """Make a function of floats one of arrays; NaN where an argument is, or where f raises."""

    def one(*numbers: float) -> float:
        if any(number != number for number in numbers):
            return math.nan
        try:
            return f(*numbers)
        except (ArithmeticError, ValueError):
            return math.nan

    def whole(*arrays: Floats) -> Floats:
        return np.asarray(np.frompyfunc(one, len(arrays), 1)(*arrays), np.float64)

    return whole


erf, erfc = each(math.erf), each(math.erfc)
gamma = each(math.gamma)
normal_quantile = each(NormalDist().inv_cdf)


def gamma_log(x: Floats) -> Floats:
    """Return ln Γ(x) of positive numbers, NaN of others."""
    return np.where(x > 0, each(math.lgamma)(np.where(x > 0, x, 1.0)), np.nan)


def normal_density(z: Floats) -> Floats:
    """Return the density of the standard normal distribution."""
    out: Floats = np.exp(-0.5 * z * z) / ROOT_2PI
    return out


def normal_below(z: Floats) -> Floats:
    """Return how likely a standard normal number is below z."""
    return 0.5 * erfc(-z / ROOT_2)


def digamma(x: Floats) -> Floats:
    """Return ψ(x), the derivative of ln Γ; by reflection below 0."""
    mirrored = x <= 0
    y = np.where(mirrored, 1 - x, x)
    out = np.zeros(np.shape(x))
    for _ in range(10):
        low = y < 10
        out = out - np.where(low, 1 / y, 0.0)
        y = y + low
    s = 1 / (y * y)
    tail = s * (1 / 12 - s * (1 / 120 - s * (1 / 252 - s * (1 / 240 - s * (1 / 132)))))
    out = out + np.log(y) - 0.5 / y - tail
    return np.where(mirrored, out - np.pi / np.tan(np.pi * np.where(mirrored, x, 0.5)), out)


def _stirling_error(x: Floats) -> Floats:
    """Return ln Γ(x + 1) less Stirling's formula, for x > 0."""
    big = np.maximum(x, 15.0)
    s = 1 / (big * big)
    series = (1 / 12 - s * (1 / 360 - s * (1 / 1260 - s * (1 / 1680 - s / 1188)))) / big
    small = np.where((x > 0) & (x < 15), x, 1.0)
    own = each(math.lgamma)(small + 1) - (small + 0.5) * np.log(small) + small - _LOG_ROOT_2PI
    return np.where(x < 15, own, series)


def _deviance(x: Floats, m: Floats) -> Floats:
    """Return x ln(x/m) + m - x, without cancelling where x is near m."""
    near = np.abs(x - m) < 0.1 * (x + m)
    v = np.where(near, (x - m) / (x + m), 0.0)
    series = np.where(near, (x - m) * v, 0.0)
    term = 2 * x * v
    for k in range(3, 31, 2):
        term = term * v * v
        series = series + term / k
    ratio = np.where(near | (x <= 0), 1.0, x / np.where(m > 0, m, 1.0))
    return np.where(near, series, x * np.log(ratio) + m - x)


def poisson(x: Floats, m: Floats) -> Floats:
    """Return m^x e^-m / Γ(x + 1) for x >= 0, m >= 0; x need not be whole."""
    safe = np.where(x > 0, x, 1.0)
    own = np.exp(-_stirling_error(safe) - _deviance(safe, m)) / np.sqrt(2 * np.pi * safe)
    own = np.where(m > 0, own, 0.0)
    out = np.where(x == 0, np.exp(-m), own)
    return np.where((x >= 0) & (m >= 0), out, np.where(np.isnan(x + m), np.nan, 0.0))


def binomial(x: Floats, n: Floats, p: Floats, q: Floats) -> Floats:
    """Return Γ(n + 1) / (Γ(x + 1) Γ(n - x + 1)) p^x q^(n - x) for 0 <= x <= n and q = 1 - p."""
    inside = (x > 0) & (x < n) & (p > 0) & (q > 0)
    a, c = np.where(inside, x, 1.0), np.where(inside, n, 2.0)
    b = c - a
    u, v = np.where(inside, p, 0.5), np.where(inside, q, 0.5)
    log = _stirling_error(c) - _stirling_error(a) - _stirling_error(b)
    log = log - _deviance(a, c * u) - _deviance(b, c * v)
    out = np.where(inside, np.exp(log) * np.sqrt(c / (2 * np.pi * a * b)), 0.0)
    out = np.where((x == 0) & (n >= 0), np.where(p < 0.5, _power1(-p, n), q**n), out)
    out = np.where((x == n) & (n > 0), np.where(q < 0.5, _power1(-q, n), p**n), out)
    return np.where(np.isnan(x + n + p), np.nan, out)


def _power1(d: Floats, n: Floats) -> Floats:
    """Return (1 + d)^n for d > -1."""
    out: Floats = np.exp(n * np.log1p(np.maximum(d, -0.99)))
    return out


def _fraction(b: Floats, term: Callable[[int], tuple[Any, Any]]) -> Floats:
    """Return b + a1/(b1 + a2/(b2 + ...)) by Lentz's method; `term(i)` is (ai, bi).

    NaN where `_MOST_TERMS` do not settle it, as for a binomial distribution of 1e12 trials.
    """
    f = np.where(b == 0, _TINY, b)
    c, d = f, np.zeros_like(f)
    for i in range(1, _MOST_TERMS):
        a, more = term(i)
        d = more + a * d
        d = 1 / np.where(d == 0, _TINY, d)
        c = more + a / c
        c = np.where(c == 0, _TINY, c)
        f = f * c * d
        if not (np.abs(c * d - 1) > 1e-15).any():
            return f
    return np.where(np.abs(c * d - 1) > 1e-14, np.nan, f)


def student_density(t: Floats, v: Floats) -> Floats:
    """Return the density of Student's distribution with v degrees of freedom, v > 0."""
    log = _stirling_error((v + 1) / 2) - _stirling_error(v / 2) - _deviance(v / 2, (v + 1) / 2)
    ratio = t * t / v
    out: Floats = np.exp(log - 0.5 * v * np.log1p(ratio)) / np.sqrt(2 * np.pi * (1 + ratio))
    return out


def gamma_parts(a: Floats, x: Floats) -> tuple[Floats, Floats]:
    """Return the incomplete Γ(a, x) over Γ(a), below x and above it, for a > 0."""
    good = (a > 0) & (x > 0) & np.isfinite(x)
    a1, x1 = np.where(good, a, 1.0), np.where(good, x, 1.0)
    a1, x1 = np.broadcast_arrays(a1, x1)
    low = x1 < a1 + 1
    before = poisson(a1, x1)
    xs = np.where(low, x1, 0.5)
    xf, af = np.where(low, 50.0, x1), np.where(low, 1.0, a1)
    term = series = np.ones_like(x1)
    for k in range(1, _MOST_TERMS):
        term = term * xs / (a1 + k)
        series = series + term
        if not (term > 1e-17 * series).any():
            break
    series = np.where(term > 1e-12 * series, np.nan, series)  # not settled
    fraction = _fraction(xf + 1 - af, lambda i: (-i * (i - af), xf + 2 * i + 1 - af))
    below = np.where(low, before * series, 1 - before * a1 / fraction)
    above = np.where(low, 1 - before * series, before * a1 / fraction)
    nothing, outside = (a > 0) & (x <= 0), ~((a > 0) & (x == x))
    below = np.where(nothing, 0.0, np.where(np.isposinf(x), 1.0, below))
    above = np.where(nothing, 1.0, np.where(np.isposinf(x), 0.0, above))
    return np.where(outside, np.nan, below), np.where(outside, np.nan, above)


def beta_parts(a: Floats, b: Floats, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the incomplete beta I_x(a, b) and its complement, for y = 1 - x and a, b > 0."""
    inside = (a > 0) & (b > 0) & (x > 0) & (y > 0)
    a, b, x1, y1 = np.broadcast_arrays(a, b, np.where(inside, x, 0.5), np.where(inside, y, 0.5))
    good = (a > 0) & (b > 0)
    a1, b1 = np.where(good, a, 1.0), np.where(good, b, 1.0)
    turned = x1 > (a1 + 1) / (a1 + b1 + 2)
    p, q = np.where(turned, b1, a1), np.where(turned, a1, b1)
    u = np.where(turned, y1, x1)

    def term(i: int) -> tuple[Any, Any]:
        m = i // 2
        if i % 2:
            return -(p + m) * (p + q + m) * u / ((p + 2 * m) * (p + 2 * m + 1)), 1.0
        return m * (q - m) * u / ((p + 2 * m - 1) * (p + 2 * m)), 1.0

    before = binomial(a1, a1 + b1, x1, y1) * a1 * b1 / (a1 + b1)
    tail = before / (p * _fraction(np.ones_like(p), term))
    below, above = np.where(turned, 1 - tail, tail), np.where(turned, tail, 1 - tail)
    below = np.where(x <= 0, 0.0, np.where(y <= 0, 1.0, below))
    above = np.where(x <= 0, 1.0, np.where(y <= 0, 0.0, above))
    bad = ~good | np.isnan(x)
    return np.where(bad, np.nan, below), np.where(bad, np.nan, above)


def quantile(
    parts: Callable[[Floats], tuple[Floats, Floats]],
    density: Callable[[Floats], Floats],
    p: Floats,
    *,
    upper: bool = False,
    most: float = math.inf,
) -> Floats:
    """Return x in (0, most) where the part below x (above x if `upper`) is p, for 0 < p < 1.

    Newton's steps for the logarithm of the smaller part as a function of ln x, inside a bracket
    that every value narrows; where a step leaves it, the bracket is halved.
    """
    p = np.asarray(p, np.float64)
    good = (p > 0) & (p < 1)
    goal = np.where(good, p, 0.5)
    goal, other = (1 - goal, goal) if upper else (goal, 1 - goal)
    left = goal < 0.5
    wanted = np.where(left, goal, other)
    low, high = np.zeros_like(goal), np.full_like(goal, most)
    x = np.full_like(goal, min(1.0, most / 2))
    for _ in range(400):
        below, above = parts(x)
        part = np.where(left, below, above)
        off = np.where(left, below - goal, other - above)
        low, high = np.where(off < 0, x, low), np.where(off > 0, x, high)
        with np.errstate(all="ignore"):
            step = part * np.log(part / wanted) / (x * density(x))
            new = x * np.exp(np.where(left, -step, step))
            middle = np.where(low == 0, high * np.minimum(high, 0.25), np.sqrt(low * high))
            middle = np.where(np.isinf(high), 4 * x, middle)
        near = (np.abs(new - x) <= 1e-9 * np.minimum(x, most - x)) | (off == 0)
        new = np.where(off == 0, x, np.where(near | (new > low) & (new < high), new, middle))
        x = np.where(np.isfinite(off), new, np.nan)
        if (near | (high - low <= 4e-16 * x) | np.isnan(x)).all():
            break
    return np.where(good, x, np.nan)
