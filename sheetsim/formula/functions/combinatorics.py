# ruff: noqa: ARG001  (all partials are called alike: result, arguments)
"""Counting: factorials, combinations, divisors, and the probabilities of counts.

Counts are cut to whole numbers, so the results are flat in them; the derivatives by a
probability or a rate are closed forms.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.book import CellError, Value
from sheetsim.formula.functions._make import ALL, elementwise, plain
from sheetsim.formula.functions._special import (
    beta_parts,
    binomial,
    each,
    flat,
    gamma_parts,
    poisson,
)
from sheetsim.formula.values import NUM_ERROR, VALUE_ERROR, ExcelError, number_of

_LARGEST = 170  # 171! is more than the greatest double


def _whole(x: Floats) -> Floats:
    """Return whole numbers, NaN for those below 0."""
    return np.where(x >= 0, np.trunc(x), np.nan)


def _probability(p: Floats) -> Floats:
    return np.where((p >= 0) & (p <= 1), p, np.nan)


def _factorial(n: float) -> float:
    if not 0 <= n < _LARGEST + 1:
        raise ValueError("outside")
    return float(math.factorial(int(n)))


def _double_factorial(n: float) -> float:
    if not -1 <= n < 301:
        raise ValueError("outside")
    return float(math.prod(range(int(n), 0, -2)))


_GROWTH = 1024
"""So many factors of 2 or more are more than the greatest double."""


def _chosen(n: int, k: int) -> int:
    """Return the number of ways to choose k of n, 0 <= k <= n.

    Raises:
        ValueError: it is beyond a double, as it is if both k and n - k are large: with k <= n/2
            each of the k factors (n - i) / (k - i) is 2 or more.
    """
    k = min(k, n - k)
    if k > _GROWTH:
        raise ValueError("beyond a double")
    return math.comb(n, k)


def _combinations(n: float, k: float) -> float:
    if n < 0 or k < 0 or int(n) < int(k):
        raise ValueError("outside")
    return float(_chosen(int(n), int(k)))


def _with_repetition(n: float, k: float) -> float:
    if n < 0 or k < 0 or (int(n) == 0 and int(k) > 0):
        raise ValueError("outside")
    return float(_chosen(int(n) + int(k) - 1, int(k))) if int(k) else 1.0


def _permutations(n: float, k: float) -> float:
    if n < 0 or k < 0 or int(n) < int(k) or k >= _LARGEST + 1:  # it is k! at least
        raise ValueError("outside")
    return float(math.perm(int(n), int(k)))


def _arrangements(n: float, k: float) -> float:
    if n < 0 or k < 0 or (n >= 2 and k > _GROWTH):
        raise ValueError("outside")
    return float(int(n) ** int(k))


def _all_numbers(ranges: Sequence[list[list[Value]]]) -> list[int]:
    """Return the whole numbers in ranges; blanks are passed over.

    Raises:
        ExcelError: a text that is no number (`#VALUE!`), a number below 0 (`#NUM!`), an error.
    """
    found: list[int] = []
    for value in (one for rows in ranges for row in rows for one in row):
        if isinstance(value, CellError):
            raise ExcelError(value)
        if value is None:
            continue
        number = number_of(value) if isinstance(value, str) else float(value)
        if isinstance(value, bool) or number != number:
            raise ExcelError(VALUE_ERROR)
        if number < 0 or number >= 2**53:
            raise ExcelError(NUM_ERROR)
        found.append(int(number))
    return found


def _multinomial(*ranges: list[list[Value]]) -> float:
    """Return (a + b + ...)! / (a! b! ...), as a product of binomial coefficients."""
    ways, total = 1, 0
    for number in _all_numbers(ranges):
        total += number
        ways *= _chosen(total, number)
        float(ways)  # raises OverflowError
    return float(ways)


def _least_multiple(*ranges: list[list[Value]]) -> float:
    """Return the least common multiple; `#NUM!` from 2^53 on, as in Excel."""
    numbers = _all_numbers(ranges)
    multiple = 0 if 0 in numbers else 1
    for number in numbers:
        multiple = math.lcm(multiple, number)
        if multiple >= 2**53:
            raise ExcelError(NUM_ERROR)
    return float(multiple)


def _binomial(x: Floats, n: Floats, p: Floats, whole: Floats) -> Floats:
    x, n, p = np.broadcast_arrays(_whole(x), _whole(n), _probability(p))
    x = np.where(x <= n, x, np.nan)
    below = np.where(x < n, beta_parts(n - x, x + 1, 1 - p, p)[0], 1 + 0 * (x + p))
    return np.where(whole != 0, below, binomial(x, n, p, 1 - p))


def _binomial_p(y: Floats, x: Floats, n: Floats, p: Floats, whole: Floats) -> Floats:
    x, n = np.trunc(x), np.trunc(n)
    before = np.where(x < n, n * binomial(np.minimum(x, n - 1), n - 1, p, 1 - p), 0.0)
    return np.where(whole != 0, -before, y * (x / p - (n - x) / (1 - p)))


def _least_count(n: float, p: float, alpha: float) -> float:
    """Return the least x with a probability of at most x of `alpha` or more, by halves."""
    if n < 0 or not 0 < p < 1 or not 0 < alpha < 1:
        raise ValueError("outside")
    low, high = 0, int(n)
    whole, yes = np.full(1, float(high)), np.ones(1)
    while low < high:
        middle = (low + high) // 2
        below = _binomial(np.full(1, float(middle)), whole, np.full(1, p), yes)
        if np.isnan(below[0]):
            raise ValueError("too many trials")
        low, high = (low, middle) if below[0] >= alpha else (middle + 1, high)
    return float(low)


def _poisson(x: Floats, mean: Floats, whole: Floats) -> Floats:
    x, mean = np.broadcast_arrays(_whole(x), np.where(mean >= 0, mean, np.nan))
    return np.where(whole != 0, gamma_parts(x + 1, mean)[1], poisson(x, mean))


def _poisson_mean(y: Floats, x: Floats, mean: Floats, whole: Floats) -> Floats:
    x = np.trunc(x)
    own = poisson(x, mean)
    before = np.where(x > 0, poisson(np.maximum(x - 1, 0), mean), 0.0)
    return np.where(whole != 0, -own, before - own)


def _negative_binomial(x: Floats, s: Floats, p: Floats, whole: Floats) -> Floats:
    """Return the probability of x failures (at most x) before success number s."""
    x, s, p = np.broadcast_arrays(_whole(x), np.where(s >= 1, np.trunc(s), np.nan), _probability(p))
    own = s / (s + x) * binomial(s, s + x, p, 1 - p)
    return np.where(whole != 0, beta_parts(s, x + 1, p, 1 - p)[0], own)


def _negative_binomial_p(y: Floats, x: Floats, s: Floats, p: Floats, whole: Floats) -> Floats:
    x, s = np.trunc(x), np.trunc(s)
    own = binomial(s, s + x, p, 1 - p) * s / (s + x)
    return np.where(whole != 0, _beta_slope(s, x + 1, p), own * (s / p - x / (1 - p)))


def _beta_slope(a: Floats, b: Floats, p: Floats) -> Floats:
    """Return the derivative of the incomplete beta I_p(a, b) by p."""
    out: Floats = binomial(a, a + b, p, 1 - p) * a * b / ((a + b) * p * (1 - p))
    return out


_CHUNK, _MOST_TERMS = 2**14, 2**24


def _hypergeometric(x: int, n: int, good: int, size: int, whole: bool = False) -> float:
    """Return the probability of x good ones among n drawn of `size`, or of at most x.

    One probability is made of three binomial ones, in which no digits cancel (C. Loader, *Fast
    and accurate computation of binomial probabilities*, 2000). The sum goes away from the middle,
    by the ratio of neighbours, until its terms are nothing (as `phyper` in R does).

    Raises:
        ExcelError: `#NUM!`: outside, or more terms count than are added up here.
    """
    least, most = max(0, n - size + good), min(n, good)
    if not (0 < n <= size < 2**53 and 0 < good <= size and 0 <= x <= most):
        raise ExcelError(NUM_ERROR)
    if not whole:
        return _hypergeometric_one(x, n, good, size) if x >= least else 0.0
    if x < least or x == most:
        return float(x == most)
    if x * size <= n * good:
        return _hypergeometric_tail(x, n, good, size)
    return 1.0 - _hypergeometric_tail(n - x - 1, n, size - good, size)


def _hypergeometric_one(x: int, n: int, good: int, size: int) -> float:
    def ways(a: int, b: int) -> Floats:
        return binomial(np.array([float(a)]), np.array([float(b)]), share, rest)

    share, rest = np.array([n / size]), np.array([(size - n) / size])
    with np.errstate(all="ignore"):
        return float((ways(x, good) * ways(n - x, size - good) / ways(n, size))[0])


def _hypergeometric_tail(x: int, n: int, good: int, size: int) -> float:
    """Return the probability of at most x, for an x below the mean."""
    least = max(0, n - size + good)
    own = _hypergeometric_one(x, n, good, size)
    total, term, high = 1.0, 1.0, float(x)
    for _ in range(_MOST_TERMS // _CHUNK):
        k = high - np.arange(min(_CHUNK, high - least))
        terms = term * np.cumprod(k * (size - good - n + k) / ((n - k + 1) * (good - k + 1)))
        if not len(terms):
            return min(1.0, own * total)
        total += float(terms.sum())
        term, high = float(terms[-1]), high - len(terms)
        if term <= 1e-17 * total:
            return min(1.0, own * total)
    raise ExcelError(NUM_ERROR)


def _between(n: float, p: float, first: float, last: float) -> float:
    """Return the probability of `first` to `last` successes, the smaller tails taken away."""
    trials, low, high = int(n), int(first), int(last)
    if not (n >= 0 and 0 <= p <= 1 and 0 <= low <= high <= trials):
        raise ValueError("outside")
    if high - low < _FEW:
        k = np.arange(low, high + 1.0)
        edges = {0.0: float(low == 0), 1.0: float(high == trials)}
        if p in edges:
            return edges[p]
        each_one = binomial(k, np.full(k.shape, float(trials)), np.full(1, p), np.full(1, 1 - p))
        return float(min(each_one.sum(), 1.0))
    ends = np.array([high, low - 1.0])
    below = _binomial(ends, np.full(2, float(trials)), np.full(2, p), np.ones(2))
    return float(below[0] - (below[1] if low else 0.0))


_FEW = 100_000
"""Successes whose probabilities are added up one by one."""


def _in_range(n: Floats, p: Floats, first: Floats, *last: Floats) -> Floats:
    return each(_between)(n, p, first, *last) if last else each(_between)(n, p, first, first)


def _in_range_p(y: Floats, n: Floats, p: Floats, first: Floats, *last: Floats) -> Floats:
    """Return n (b(s - 1) - b(s2)), with the chances b of so many successes in n - 1 trials."""
    low, high, n = np.trunc(first), np.trunc(last[0] if last else first), np.trunc(n)
    with np.errstate(all="ignore"):
        before = np.where(low > 0, binomial(np.maximum(low - 1, 0), n - 1, p, 1 - p), 0.0)
        at_end = np.where(high < n, binomial(np.minimum(high, n - 1), n - 1, p, 1 - p), 0.0)
    return np.asarray(n * (before - at_end) + 0 * y)


YES, NO = np.ones(1), np.zeros(1)

FUNCTIONS = (
    elementwise("FACT", each(_factorial), flat, kinks=ALL),
    elementwise("FACTDOUBLE", each(_double_factorial), flat, kinks=ALL, booleans=False),
    elementwise("COMBIN", each(_combinations), flat, flat, kinks=ALL, sample=(5.4, 2.4)),
    elementwise("COMBINA", each(_with_repetition), flat, flat, kinks=ALL, sample=(5.4, 2.4)),
    elementwise("PERMUT", each(_permutations), flat, flat, kinks=ALL, sample=(5.4, 2.4)),
    elementwise("PERMUTATIONA", each(_arrangements), flat, flat, kinks=ALL, sample=(5.4, 2.4)),
    plain("MULTINOMIAL", "r", _multinomial, most=255),
    plain("GCD", "r", lambda *a: float(math.gcd(*_all_numbers(a))), most=255),
    plain("LCM", "r", _least_multiple, most=255),
    elementwise("BINOM.DIST", _binomial, flat, flat, _binomial_p, flat, kinks={0, 1, 3},
                also="BINOMDIST", flags={3}, sample=(2.4, 6.4, 0.3, 1.0)),
    elementwise("BINOM.DIST.RANGE", _in_range, flat, _in_range_p, flat, flat, least=3,
                kinks={0, 2, 3}, sample=(6.4, 0.3, 2.4, 4.4)),
    elementwise("BINOM.INV", each(_least_count), flat, flat, flat,
                kinks=ALL, also="CRITBINOM", sample=(6.4, 0.3, 0.6)),
    elementwise("POISSON.DIST", _poisson, flat, _poisson_mean, flat, kinks={0, 2},
                also="POISSON", flags={2}, sample=(2.4, 1.3, 0.0)),
    elementwise("NEGBINOM.DIST", _negative_binomial, flat, flat, _negative_binomial_p, flat,
                kinks={0, 1, 3}, flags={3}, sample=(2.4, 3.4, 0.3, 1.0)),
    elementwise("NEGBINOMDIST", lambda x, s, p: _negative_binomial(x, s, p, NO), flat, flat,
                lambda y, x, s, p: _negative_binomial_p(y, x, s, p, NO), kinks={0, 1},
                sample=(2.4, 3.4, 0.3)),
    plain("HYPGEOM.DIST", "iiiib", _hypergeometric),
    plain("HYPGEOMDIST", "iiii", _hypergeometric),
)  # fmt: skip
