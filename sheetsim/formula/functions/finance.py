# ruff: noqa: ARG005  (all conditions are called alike: with all arguments)
"""Loans, savings and depreciation: PMT, PV, FV, RATE, IPMT, DDB, ... of single values.

All of the first family solve one equation for one of its letters, with g = (1 + r)^n, the annuity
a = (g - 1) / r (n at r = 0) and t = 1 for payments at the start of a period:

    pv g + pmt (1 + r t) a + fv = 0

Derivatives are complex steps, exact to rounding, near r = 0 too, where a is its series. RATE is
found by Newton's method, and derived from the equation that it solves.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._complex_step import STEP, expm1, log1p, slope, smooth
from sheetsim.formula.functions._make import ALL, elementwise

_NEAR = 1e-3
_TERMS = 8
_MOST_STEPS = 100


def real(z: Any) -> Any:
    """Return the real part, which decides all branches."""
    return np.real(z)


def growth(r: Any, n: Any) -> Any:
    """Return (1 + r)^n; with r < -1 for whole n only, and infinite for r = -1 and n < 0."""
    low = real(r) <= -1
    if not low.any():
        return np.exp(n * log1p(r))
    whole = np.where(real(n) == np.rint(real(n)), 1.0, np.nan)
    sign = np.where(real(n) % 2 == 0, 1.0, -1.0) * whole
    left = -1 - r  # (-left)^n
    none = real(left) == 0
    below = sign * np.exp(n * np.log(np.where(low & ~none, left, 1.0)))
    at_0 = np.where(real(n) == 0, 1.0, np.where(real(n) > 0, 0.0, np.inf))
    below = np.where(none, at_0, below)
    return np.where(low, below, np.exp(n * log1p(np.where(low, 0.0, r))))


def annuity(r: Any, n: Any) -> Any:
    """Return ((1 + r)^n - 1) / r; n at r = 0, and the binomial series near it."""
    near = (np.abs(real(r)) < _NEAR) & (np.abs(real(r) * real(n)) < _NEAR)
    term = series = n * np.ones_like(r)
    small = np.where(near, r, 0.0)
    for k in range(1, _TERMS):
        term = term * (n - k) / (k + 1) * small
        series = series + term
    safe = np.where(near, 1.0, r)
    low = real(safe) <= -1
    out = expm1(n * log1p(np.where(low, 1.0, safe))) / safe
    if low.any():
        out = np.where(low, (growth(safe, n) - 1) / safe, out)
    return np.where(near, series, out)


def _due(r: Any, kind: Any) -> Any:
    """Return 1, or 1 + r for payments at the start of a period."""
    return np.where(real(kind) != 0, 1 + r, 1.0) + 0 * real(kind)


def future(r: Any, n: Any, pmt: Any, pv: Any = 0.0, kind: Any = 0.0) -> Any:
    """Return FV."""
    return -(pv * growth(r, n) + pmt * _due(r, kind) * annuity(r, n))


def present(r: Any, n: Any, pmt: Any, fv: Any = 0.0, kind: Any = 0.0) -> Any:
    """Return PV."""
    return -(fv + pmt * _due(r, kind) * annuity(r, n)) / growth(r, n)


def payment(r: Any, n: Any, pv: Any, fv: Any = 0.0, kind: Any = 0.0) -> Any:
    """Return PMT."""
    return -(pv * growth(r, n) + fv) / (_due(r, kind) * annuity(r, n))


def periods(r: Any, pmt: Any, pv: Any, fv: Any = 0.0, kind: Any = 0.0) -> Any:
    """Return NPER: ln((c - fv) / (c + pv)) / ln(1 + r) with c = pmt (1 + r t) / r.

    Written with ln(1 + u), u = -r (pv + fv) / (pmt (1 + r t) + r pv), which does not cancel.
    """
    none = real(r) == 0
    safe = np.where(none, 1.0, r)
    due = pmt * _due(r, kind)
    whole = due + r * pv
    u = -(pv + fv) / np.where(real(whole) == 0, np.nan, whole)
    at_0 = u * (1 + r * (0.5 - 0.5 * u))  # two terms: exact in value and slope at r = 0
    return np.where(none, at_0, log1p(np.where(none, 0.0, r * u)) / log1p(safe))


def _inside(per: Any, n: Any) -> Any:
    """Return 0 where 1 <= per <= n, NaN elsewhere."""
    good = (real(per) >= 1) & (real(per) <= real(n))
    return np.where(good, 0.0, np.nan)


def interest(r: Any, per: Any, n: Any, pv: Any, fv: Any = 0.0, kind: Any = 0.0) -> Any:
    """Return IPMT: the rate times what is owed after the payments before this one."""
    pmt = payment(r, n, pv, fv, kind)
    start = real(kind) != 0
    owed = future(r, per - 1, pmt, pv, kind)
    share = np.where(start, r / (1 + r), r)
    return np.where(start & (real(per) == 1), 0.0, owed * share) + _inside(per, n)


def principal(r: Any, per: Any, n: Any, pv: Any, fv: Any = 0.0, kind: Any = 0.0) -> Any:
    """Return PPMT."""
    return payment(r, n, pv, fv, kind) - interest(r, per, n, pv, fv, kind)


def _sums(r: Any, n: Any, pv: Any, first: Any, last: Any, kind: Any) -> tuple[Any, Any]:
    """Return the payments and the interest from period `first` to period `last`.

    The interest of period k is -(r c pv + pmt) (1 + r)^(k - 1) + pmt, with c = 1/(1 + r) for
    payments at the start, where period 1 has none.
    """
    s, e, kind = np.trunc(real(first)), np.trunc(real(last)), np.trunc(real(kind))
    good = (real(r) > 0) & (real(n) > 0) & (real(pv) > 0) & (s >= 1) & (e >= s) & (e <= real(n))
    good = good & ((kind == 0) | (kind == 1))
    pmt = payment(r, n, pv, 0.0, kind)
    start = kind == 1
    c = np.where(start, 1 / (1 + r), 1.0)
    paid = pmt * (e - s + 1)
    found = paid - (r * c * pv + pmt) * (annuity(r, e) - annuity(r, s - 1))
    found = found + np.where(start & (s == 1), r * c * pv, 0.0)
    return paid, np.where(good, found, np.nan)


def _interest_sum(r: Any, n: Any, pv: Any, first: Any, last: Any, kind: Any) -> Any:
    return _sums(r, n, pv, first, last, kind)[1]


def _principal_sum(r: Any, n: Any, pv: Any, first: Any, last: Any, kind: Any) -> Any:
    paid, found = _sums(r, n, pv, first, last, kind)
    return paid - found


def root(f: Callable[[Any], Any], guess: Floats) -> Floats:
    """Return r > -1 with f(r) = 0, by Newton's method from a guess; NaN where it fails."""
    r = np.array(guess, np.float64)
    step = np.full_like(r, np.inf)
    for _ in range(_MOST_STEPS):
        both = f(r + 1j * STEP)
        step = np.real(both) / (np.imag(both) / STEP)
        new = r - step
        r = np.where(new > -1, new, (r - 1) / 2)
        if not (np.abs(step) > 4e-15 * (1 + np.abs(r))).any():
            break
    good = np.abs(step) <= 1e-9 * (1 + np.abs(r))
    return np.where(good & np.isfinite(r), r, np.nan)


def _owed(r: Any, n: Any, pmt: Any, pv: Any, fv: Any = 0.0, kind: Any = 0.0) -> Any:
    """Return what is left at the end, which is 0 at the right rate."""
    return future(r, n, pmt, pv, kind) - fv


def _rate(n: Floats, pmt: Floats, pv: Floats, *more: Floats) -> Floats:
    arrays = np.broadcast_arrays(n, pmt, pv, *more)
    guess = arrays[5] if len(arrays) > 5 else np.full(arrays[0].shape, 0.1)
    found = root(lambda r: _owed(r, *arrays[:5]) / growth(r, arrays[0]), guess)
    return np.where(arrays[0] > 0, found, np.nan)


def _rate_partial(i: int) -> Callable[..., Floats]:
    """Return the derivative of the rate: - (that of what is owed) / (that by the rate)."""

    def partial(y: Floats, *nums: Floats) -> Floats:
        if i > 3:
            return np.zeros_like(y)
        args = (y, *nums[:5])
        return -slope(_owed, args, i + 1) / slope(_owed, args, 0)

    return partial


def _straight(cost: Any, salvage: Any, life: Any) -> Any:
    return (cost - salvage) / life


def _digits(cost: Any, salvage: Any, life: Any, per: Any) -> Any:
    """Return SYD, the sum-of-years' digits."""
    good = (real(per) > 0) & (real(per) <= real(life)) & (real(salvage) >= 0)
    out = (cost - salvage) * (life - per + 1) * 2 / (life * (life + 1))
    return np.where(good, out, np.nan)


def _declining(cost: Any, salvage: Any, life: Any, per: Any, factor: Any = 2.0) -> Any:
    """Return DDB: what the period takes from the balance, no further than the salvage."""
    good = (real(cost) >= 0) & (real(salvage) >= 0) & (real(life) > 0) & (real(factor) > 0)
    good = good & (real(per) > 0) & (real(per) <= real(life))
    left = 1 - factor / life
    some = real(left) > 0
    log = np.log(np.where(some, left, 1.0))
    before = np.where(some, cost * np.exp((per - 1) * log), np.where(real(per) == 1, cost, 0.0))
    after = np.where(some, cost * np.exp(per * log), 0.0)
    out = before - np.where(real(after) > real(salvage), after, salvage)
    return np.where(good, np.where(real(out) > 0, out, 0.0), np.nan)


def _fixed(cost: Any, salvage: Any, life: Any, per: Any, month: Any = 12.0) -> Any:
    """Return DB, with the rate rounded to three digits; months of the first year may be given."""
    cost, life, per = cost + 0 * month, real(life) + 0.0, np.trunc(real(per))
    months = np.trunc(real(month))
    good = (real(cost) >= 0) & (real(salvage) >= 0) & (life > 0) & (per >= 1)
    good = good & (months >= 1) & (months <= 12) & (per <= np.where(months < 12, life + 1, life))
    ratio = real(salvage) / np.where(real(cost) == 0, np.nan, real(cost))
    rate = np.floor((1 - np.exp(np.log(ratio) / life)) * 1000 + 0.5) / 1000
    first = cost * rate * months / 12
    middle = (cost - first) * (1 - rate) ** np.maximum(per - 2, 0) * rate
    final = (cost - first) * (1 - rate) ** np.maximum(per - 2, 0) * rate * (12 - months) / 12
    out = np.where(per == 1, first, np.where(per > life, final, middle))
    return np.where(good, np.where(real(cost) == 0, 0.0, out), np.nan)


def _later_of(a: Any, b: Any) -> Any:
    """Return the larger of two."""
    return np.where(real(a) >= real(b), a, b)


def _passed(periods: Any) -> Any:
    """Return how much of one period has passed."""
    return np.where(real(periods) <= 0, 0.0, np.where(real(periods) >= 1, 1.0, periods))


_MOST_PERIODS = 100_000


def _variable(
    cost: Any, salvage: Any, life: Any, start: Any, end: Any, factor: Any = 2.0, stay: Any = 0.0
) -> Any:
    """Return VDB: what the periods from start to end take, parts of a period by their share.

    A period takes DDB's part of the balance, or, once that is more, an equal part of what is left
    for each period to come, unless it is to stay with the first; never below the salvage.
    """
    first, last = real(start) + 0 * real(end), real(end) + 0 * real(start)
    good = (real(cost) >= 0) & (real(salvage) >= 0) & (real(life) > 0) & (real(factor) > 0)
    good = good & (first >= 0) & (first <= last) & (last <= real(life)) & (last <= _MOST_PERIODS)
    most = np.max(np.where(good, np.ceil(last), 0.0), initial=0.0)
    balance, total = cost + 0 * factor, 0.0 * (cost + salvage + life + factor)
    for k in range(int(most)):
        rest = balance - salvage
        rest = np.where(real(rest) > 0, rest, 0.0)
        lost = balance * factor / life
        lost = np.where(real(lost) < real(rest), lost, rest)
        to_come = np.where(real(life) > k, life - k, 1.0)
        lost = np.where(real(stay) != 0, lost, _later_of(lost, rest / to_come))
        total = total + (_passed(end - k) - _passed(start - k)) * lost
        balance = balance - lost
    return np.where(good, total, np.nan)


def _digits_of(parts: Any) -> Any:
    """Return what the digits behind the point are multiplied by to be parts: 100 for sixteenths."""
    whole = np.trunc(real(parts))
    return 10 ** np.ceil(np.log10(np.where(whole >= 1, whole, np.nan)))


def _from_parts(price: Any, parts: Any) -> Any:
    """Return DOLLARDE: 1.02 in sixteenths is 1 + 2 / 16."""
    whole = np.trunc(real(price))
    return whole + (price - whole) * _digits_of(parts) / np.trunc(real(parts))


def _to_parts(price: Any, parts: Any) -> Any:
    """Return DOLLARFR: 1.125 in sixteenths is 1.02."""
    whole = np.trunc(real(price))
    return whole + (price - whole) * np.trunc(real(parts)) / _digits_of(parts)


def _no_part(price: Any, parts: Any) -> Any:
    return (parts >= 0) & (parts < 1) & np.isfinite(price)


def _effect(nominal: Any, count: Any) -> Any:
    n = np.trunc(real(count))
    good = (real(nominal) > 0) & (n >= 1)
    return np.where(good, expm1(n * log1p(nominal / np.where(n >= 1, n, 1))), np.nan)


def _nominal(effect: Any, count: Any) -> Any:
    n = np.trunc(real(count))
    good = (real(effect) > 0) & (n >= 1)
    return np.where(good, n * expm1(log1p(effect) / np.where(n >= 1, n, 1)), np.nan)


def _growth_rate(n: Any, pv: Any, fv: Any) -> Any:
    """Return RRI, the rate at which pv grows to fv in n periods."""
    good = (real(n) > 0) & (real(pv) != 0)
    return np.where(good, expm1(np.log(fv / pv) / n), np.nan)


def _duration(r: Any, pv: Any, fv: Any) -> Any:
    """Return PDURATION, how many periods pv takes to grow to fv."""
    good = (real(r) > 0) & (real(pv) > 0) & (real(fv) > 0)
    return np.where(good, (np.log(fv) - np.log(pv)) / log1p(r), np.nan)


def _even_interest(r: Any, per: Any, n: Any, pv: Any) -> Any:
    """Return ISPMT, the interest of a loan whose principal is paid back in equal parts."""
    return pv * r * (per / n - 1)


FUNCTIONS = (
    smooth("PMT", payment, 3, 5, flat=(4,), kinks={4}, sample=(0.2, 3.4, 1.3, 0.4, 1.0)),
    smooth("PV", present, 3, 5, flat=(4,), kinks={4}, sample=(0.2, 3.4, 1.3, 0.4, 1.0),
           div0=lambda r, n, *_: (r == -1) & (n > 0)),
    smooth("FV", future, 3, 5, flat=(4,), kinks={4}, sample=(0.2, 3.4, 1.3, 0.4, 1.0),
           div0=lambda r, n, *_: (r == -1) & (n < 0)),
    smooth("NPER", periods, 3, 5, flat=(4,), kinks={4}, sample=(0.2, -1.4, 1.3, 0.4, 1.0)),
    smooth("IPMT", interest, 4, 6, flat=(5,), kinks={5}, sample=(0.2, 2.4, 4.4, 1.3, 0.4, 1.0)),
    smooth("PPMT", principal, 4, 6, flat=(5,), kinks={5}, sample=(0.2, 2.4, 4.4, 1.3, 0.4, 1.0)),
    smooth("CUMIPMT", _interest_sum, 6, 6, flat=(3, 4, 5), kinks={3, 4, 5}, booleans=False,
           sample=(0.2, 8.4, 1.3, 1.5, 4.4, 1.4)),
    smooth("CUMPRINC", _principal_sum, 6, 6, flat=(3, 4, 5), kinks={3, 4, 5}, booleans=False,
           sample=(0.2, 8.4, 1.3, 1.5, 4.4, 1.4)),
    elementwise("RATE", _rate, *(_rate_partial(i) for i in range(6)), least=3, kinks={4, 5},
                iterates=True, sample=(3.4, -1.4, 3.3, 0.4, 0.0, 0.2)),
    smooth("SLN", _straight, 3, 3, div0=lambda cost, salvage, life: life == 0),
    smooth("SYD", _digits, 4, 4, sample=(3.3, 0.4, 5.4, 2.4)),
    smooth("DDB", _declining, 4, 5, kinks=ALL, sample=(3.3, 0.1, 6.4, 2.4, 1.7)),
    smooth("DB", _fixed, 4, 5, kinks=ALL, sample=(3.3, 0.4, 6.4, 2.4, 7.5), flat=(1, 2, 3, 4)),
    smooth("VDB", _variable, 5, 7, flat=(6,), kinks=ALL, flags={6},
           sample=(2.4, 0.3, 6.4, 1.3, 3.6, 1.7, 0.0)),
    smooth("DOLLARDE", _from_parts, 2, 2, flat=(1,), kinks={0, 1}, booleans=False, div0=_no_part,
           sample=(1.02, 16.5)),
    smooth("DOLLARFR", _to_parts, 2, 2, flat=(1,), kinks={0, 1}, booleans=False, div0=_no_part,
           sample=(1.13, 16.5)),
    smooth("EFFECT", _effect, 2, 2, flat=(1,), kinks={1}, booleans=False, sample=(0.2, 4.4)),
    smooth("NOMINAL", _nominal, 2, 2, flat=(1,), kinks={1}, booleans=False, sample=(0.2, 4.4)),
    smooth("RRI", _growth_rate, 3, 3, sample=(3.4, 1.3, 1.9)),
    smooth("PDURATION", _duration, 3, 3, sample=(0.2, 1.3, 1.9)),
    smooth("ISPMT", _even_interest, 4, 4, sample=(0.2, 2.4, 4.4, 1.3),
           div0=lambda r, per, n, pv: n == 0),
)  # fmt: skip
