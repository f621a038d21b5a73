"""Bessel functions of whole orders: BESSELJ, BESSELY, BESSELI, BESSELK.

    J_k   downwards by J_(k-1) = 2 k / x J_k - J_(k+1) from an order where it is as good as 0,
          scaled so that J_0 + 2 J_2 + 2 J_4 + ... = 1 (Miller)
    Y_0   2/pi ((ln(x/2) + gamma) J_0 - 2 sum((-1)^k J_2k / k)), and Y_1 alike; then upwards
    I_n   its power series, of which all terms are positive
    K_n   the integral of e^(-x cosh t) cosh(n t), by the trapezoidal rule; then upwards

For large x, J and Y have their expansions in 1/x. (Abramowitz and Stegun, *Handbook of Mathematical
Functions*, 9.1.27, 9.1.88, 9.2.5, 9.6.10, 9.6.24.) The values that Microsoft's documentation gives
have six or seven right digits, as polynomials give them; these here have all.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from sheetsim.arrays import Floats
from sheetsim.formula.functions._make import elementwise
from sheetsim.formula.functions._special import each, flat

_GAMMA = 0.5772156649015329
_LARGE = 2_000.0
_MOST_ORDER = 100_000
_TINY, _HUGE = 1e-280, 1e250


def _order(n: float) -> int:
    order = int(n)
    if not 0 <= order <= _MOST_ORDER or n < 0:
        raise ValueError("order")
    return order


@lru_cache(maxsize=1024)
def _all_j(x: float, n: int) -> tuple[float, ...]:
    """Return J_0 to at least J_n and to where they vanish, for 0 < x."""
    most = max(n, int(x)) + 30 + int(10 * math.sqrt(max(n, x)) ** 0.9)
    found = [0.0] * (most + 2)
    found[most] = _TINY
    for k in range(most, 0, -1):
        found[k - 1] = 2 * k / x * found[k] - found[k + 1]
        if abs(found[k - 1]) > _HUGE:
            for i in range(k - 1, most + 1):
                found[i] /= _HUGE
    scale = found[0] + 2 * math.fsum(found[2::2])
    return tuple(one / scale for one in found)


def _far(x: float, n: int) -> tuple[float, float]:
    """Return J_n and Y_n for large x, by their expansions in 1 / x."""
    p, q, term, square = 1.0, 0.0, 1.0, 4.0 * n * n
    for k in range(1, 60):
        term *= (square - (2 * k - 1) ** 2) / (8 * k * x)
        if k % 2:
            q += term * (-1) ** (k // 2)
        else:
            p += term * (-1) ** (k // 2)
        if abs(term) < 1e-17:
            break
    shift = (n % 4) * math.pi / 2 + math.pi / 4
    sine = math.sin(x) * math.cos(shift) - math.cos(x) * math.sin(shift)
    cosine = math.cos(x) * math.cos(shift) + math.sin(x) * math.sin(shift)
    size = math.sqrt(2 / (math.pi * x))
    return size * (p * cosine - q * sine), size * (p * sine + q * cosine)


def _is_far(x: float, n: int) -> bool:
    return x > max(_LARGE, 4.0 * n * n)


def bessel_j(x: float, n: float) -> float:
    """Return J_n(x)."""
    order = _order(n)
    if x == 0:
        return float(order == 0)
    sign = -1.0 if x < 0 and order % 2 else 1.0
    x = abs(x)
    if _is_far(x, order):
        return sign * _far(x, order)[0]
    if x > _MOST_ORDER:
        raise ValueError("x")
    return sign * _all_j(x, order)[order]


def bessel_y(x: float, n: float) -> float:
    """Return Y_n(x), for x > 0."""
    order = _order(n)
    if x <= 0 or (x > _MOST_ORDER and not _is_far(x, order)):
        raise ValueError("x")
    if _is_far(x, order):
        return _far(x, order)[1]
    J = _all_j(x, 1)
    log = math.log(x / 2) + _GAMMA
    even = math.fsum((-1) ** k * J[2 * k] / k for k in range(1, (len(J) - 1) // 2))
    odd = math.fsum(
        (-1) ** k * (2 * k + 1) * J[2 * k + 1] / (k * (k + 1)) for k in range(1, len(J) // 2 - 1)
    )
    low = 2 / math.pi * (log * J[0] - 2 * even)
    high = 2 / math.pi * ((log - 1) * J[1] - J[0] / x - odd)
    return _upwards(low, high, order, lambda k, a, b: 2 * k / x * b - a)


def bessel_i(x: float, n: float) -> float:
    """Return I_n(x)."""
    order = _order(n)
    half = abs(x) / 2
    if half == 0:
        return float(order == 0)
    log = order * math.log(half) - math.lgamma(order + 1)
    term = total = 1.0
    for k in range(1, 5_000):
        term *= half / k * (half / (k + order))
        total += term
        if term < 1e-17 * total:
            break
    sign = -1.0 if x < 0 and order % 2 else 1.0
    if math.isinf(total):
        raise OverflowError
    exact = half**order / math.factorial(order) if order < 100 and abs(log) < 500 else math.exp(log)
    return sign * exact * total


def bessel_k(x: float, n: float) -> float:
    """Return K_n(x), for x > 0."""
    order = _order(n)
    if x <= 0:
        raise ValueError("x")
    step = min(0.1, 0.5 / math.sqrt(x))  # the integrand is as narrow as that
    last = math.acosh(1 + 750 / x)
    times = [step * i for i in range(int(last / step) + 2)]
    worth = [step * math.exp(-x * (math.cosh(t) - 1)) for t in times]
    worth[0] /= 2
    low = math.exp(-x) * math.fsum(worth)
    high = math.exp(-x) * math.fsum(w * math.cosh(t) for w, t in zip(worth, times, strict=True))
    return _upwards(low, high, order, lambda k, a, b: 2 * k / x * b + a)


def _upwards(low: float, high: float, n: int, f: Callable[[int, float, float], float]) -> float:
    """Return the order n of a recurrence that begins with the orders 0 and 1."""
    if n == 0:
        return low
    for k in range(1, n):
        low, high = high, f(k, low, high)
        if math.isinf(high):
            raise OverflowError
    return high


def _slope(
    f: Callable[[float, float], float], before: float, after: float
) -> Callable[..., Floats]:
    """Return the derivative: half of so much of the order before, and of the order after."""

    def one(x: float, n: float) -> float:
        order = int(n)
        if order == 0:
            return after * f(x, 1)
        return 0.5 * (before * f(x, order - 1) + after * f(x, order + 1))

    whole = each(one)
    return lambda _y, x, n: whole(x, n)


FUNCTIONS = (
    elementwise("BESSELJ", each(bessel_j), _slope(bessel_j, 1, -1), flat, kinks={1},
                booleans=False, sample=(1.9, 2.4)),
    elementwise("BESSELY", each(bessel_y), _slope(bessel_y, 1, -1), flat, kinks={1},
                booleans=False, sample=(2.5, 1.4)),
    elementwise("BESSELI", each(bessel_i), _slope(bessel_i, 1, 1), flat, kinks={1},
                booleans=False, sample=(1.5, 1.4)),
    elementwise("BESSELK", each(bessel_k), _slope(bessel_k, -1, -1), flat, kinks={1},
                booleans=False, sample=(1.5, 1.4)),
)  # fmt: skip
