"""Bonds: coupon dates, prices, yields, durations, and the interest that has accrued.

The price of 100 face value, with N coupons of c = 100 rate / f still to come, the next one after
the share u of a period, and v = 1 / (1 + yield / f):

    price = redemption v^(N - 1 + u) + c sum(v^(k + u), k = 0 .. N - 1) - c (1 - u)

In the last period interest is simple instead: (redemption + c) / (1 + u yield / f) - c (1 - u). The
yield is the one that gives a price, by Newton's method; its derivatives are those of the equation.
A first or a last coupon of another length is worth its share of normal ones, period by period.
(Securities Industry Association, *Standard Securities Calculation Methods*.)
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._complex_step import log1p
from sheetsim.formula.functions._coupons import (
    ACTUAL_360,
    ACTUAL_365,
    US,
    Schedule,
    coupon_date,
    dated,
    day_in,
    days_between,
    implied,
    length,
    schedule,
    with_dates,
)
from sheetsim.formula.functions._make import elementwise
from sheetsim.formula.functions._special import each
from sheetsim.formula.functions.finance import annuity, growth, real, root
from sheetsim.formula.serial_dates import checked

_ZERO, _ONE = np.zeros(1), np.ones(1)


def _of(f: Callable[[Schedule], float]) -> Callable[..., Floats]:
    """Make of what a schedule says a function of settlement, maturity, frequency and basis."""
    one = each(lambda *args: f(schedule(*args)))

    def whole(settlement: Any, maturity: Any, frequency: Any, basis: Any = _ZERO) -> Floats:
        return one(*map(real, (settlement, maturity, frequency, basis)))

    return whole


_count, _past = _of(lambda plan: plan.coupons), _of(lambda plan: plan.past)
_period, _left = _of(lambda plan: plan.period), _of(lambda plan: plan.left)
_share = _of(lambda plan: plan.left / plan.period)


def _days_left(settlement: float, maturity: float, frequency: float, basis: float = 0.0) -> float:
    """Return COUPDAYSNC: by the US rule what is left of the period, else the days until then."""
    plan = schedule(settlement, maturity, frequency, basis)
    if int(basis) == US:
        return plan.left
    return days_between(settlement, plan.next, int(basis))


def _not_negative(*numbers: Any) -> Any:
    """Return 0, NaN where one of the numbers is negative."""
    bad = np.zeros(1, bool)
    for number in numbers:
        bad = bad | (real(number) < 0)
    return np.where(bad, np.nan, 0.0)


def _value(coupon: Any, count: Any, share: Any, rate: Any, end: Any) -> Any:
    """Return what coupons and the end are worth, `rate` a period."""
    first = growth(rate, -share)
    return first * (
        coupon * (1 + rate) * annuity(rate, count) / growth(rate, count)
        + end * growth(rate, 1 - count)
    )


def _price(*args: Any) -> Any:
    """Return PRICE for any yield: that of a dear bond is negative."""
    settlement, maturity, rate, yld, redemption, frequency, *basis = args
    dates = (settlement, maturity, frequency, *basis)
    each_year = np.trunc(real(frequency))
    count, share = _count(*dates), _share(*dates)
    coupon, per = 100 * rate / each_year, yld / each_year
    many = _value(coupon, count, share, per, redemption)
    single = (redemption + coupon) / (1 + share * per)
    return np.where(count == 1, single, many) - coupon * (1 - share)


def _asked_price(*args: Any) -> Any:
    """Return PRICE."""
    rate, yld, redemption = args[2:5]
    return _price(*args) + _not_negative(rate, yld, redemption - 1e-300)


def _root(off: Callable[[Any], Any], shape: tuple[int, ...]) -> Floats:
    """Return the rate at which a price is not off, from a usual one."""
    with np.errstate(all="ignore"):
        return root(off, np.full(shape, 0.05))


def _yield(
    settlement: Floats, maturity: Floats, rate: Floats, paid: Floats, redemption: Floats,
    frequency: Floats, basis: Floats = _ZERO,
) -> Floats:  # fmt: skip
    """Return YIELD, the yield that gives a price."""
    arrays = np.broadcast_arrays(settlement, maturity, rate, paid, redemption, frequency, basis)
    start, end, rate, paid, redemption, frequency, basis = arrays
    dates = (start, end, frequency, basis)
    each_year = np.trunc(frequency)
    count, share = _count(*dates), _share(*dates)
    coupon = 100 * rate / each_year
    dirty = paid + coupon * (1 - share)
    with np.errstate(all="ignore"):
        single = (redemption + coupon - dirty) / dirty / share

    def off(per: Any) -> Any:
        return _value(coupon, count, share, per, redemption) / dirty - 1

    many = _root(off, rate.shape) if (count > 1).any() else single
    found: Floats = np.where(count == 1, single, many) * each_year
    found += _not_negative(rate, paid - 1e-300, redemption - 1e-300)
    return found


def _duration(
    settlement: Any, maturity: Any, rate: Any, yld: Any, frequency: Any, basis: Any = _ZERO
) -> Any:
    """Return DURATION: the mean time of all payments, by what they are worth."""
    dates = (settlement, maturity, frequency, basis)
    each_year = np.trunc(real(frequency))
    count, share = _count(*dates), _share(*dates)
    coupon, per = 100 * rate / each_year, yld / each_year
    most = int(np.nanmax(count)) if np.isfinite(count).any() else 0
    times = worth = np.zeros(1)
    for k in range(most):
        paid = coupon * (k < count) + 100.0 * (k == count - 1)
        now = paid * np.exp(-(k + share) * log1p(per))
        times, worth = times + (k + share) * now, worth + now
    worth = np.where(real(worth) == 0, np.nan, worth)
    return times / worth / each_year + _not_negative(rate, yld) + 0 * count


def _modified(
    settlement: Any, maturity: Any, rate: Any, yld: Any, frequency: Any, basis: Any = _ZERO
) -> Any:
    whole = _duration(settlement, maturity, rate, yld, frequency, basis)
    return whole / (1 + yld / np.trunc(real(frequency)))


# Interest that has accrued.


def _size(last: int, following: int, frequency: int, basis: int) -> float:
    """Return the days of a whole period before the one that interest is counted to."""
    if basis == ACTUAL_365:
        return 365 / frequency
    how = US if basis == ACTUAL_360 else basis
    return days_between(last, following, how, both=basis == US)


def _accrued_periods(
    issue: float, first: float, settlement: float, frequency: float, basis: float, whole: float
) -> float:
    """Return how many coupons have accrued since the issue, or (`whole` 0) since the first one."""
    start, coupon, end = day_in(issue), day_in(first), day_in(settlement)
    each_year, how = int(frequency), int(basis)
    if each_year not in (1, 2, 4) or how not in range(5) or start >= end:
        raise ValueError("dates, frequency or basis")
    months = 12 // each_year
    back = 1
    if end > coupon and whole:
        back = 0
        while coupon_date(coupon, -months * (back - 1)) <= end:
            back -= 1
    last = coupon_date(coupon, -months * back)
    at = max(back, 1) if last == coupon else back  # from the first coupon on, Excel takes its size
    around = coupon_date(coupon, -months * at), coupon_date(coupon, -months * (at - 1))
    total = days_between(max(start, last), end, how) / length(*around, each_year, how)
    while last > start:
        back += 1
        following, last = last, coupon_date(coupon, -months * back)
        if start <= last:
            total += 1.0 if whole else 0.0
        else:
            total += days_between(start, following, how) / _size(last, following, each_year, how)
    return total


_accrues = each(_accrued_periods)


def _accrued(
    issue: Any, first: Any, settlement: Any, rate: Any, par: Any, frequency: Any,
    basis: Any = _ZERO, whole: Any = _ONE,
) -> Any:  # fmt: skip
    """Return ACCRINT."""
    periods = _accrues(*map(real, (issue, first, settlement, frequency, basis, whole)))
    wrong = _not_negative(rate - 1e-300, par - 1e-300)
    return par * rate / np.trunc(real(frequency)) * periods + wrong


# A first or a last coupon of another length.


def _odd_periods(start: float, end: float, anchor: float, frequency: float, basis: float) -> float:
    """Return how many normal coupons lie between two dates, in whole periods around an anchor."""
    one, two = checked(start), checked(end)
    each_year, how = int(frequency), int(basis)
    months = 12 // each_year
    at = 0
    while coupon_date(anchor, months * at) > one:
        at -= 1
    while coupon_date(anchor, months * (at + 1)) <= one:
        at += 1
    total = 0.0
    while coupon_date(anchor, months * at) < two:
        low, high = coupon_date(anchor, months * at), coupon_date(anchor, months * (at + 1))
        days = days_between(max(low, one), min(high, two), how)
        total += days / length(low, high, each_year, how)
        at += 1
    return total


def _checked_order(*days: float) -> None:
    whole = [day_in(day) for day in days]
    if any(a >= b for a, b in pairwise(whole)):
        raise ValueError("dates")


def _last_part(which: int) -> Callable[..., Floats]:
    """Make the periods of an odd last coupon: in all, until and from the settlement."""

    def f(settlement: float, end: float, last: float, frequency: float, basis: float) -> float:
        if int(frequency) not in (1, 2, 4) or int(basis) not in range(5):
            raise ValueError("frequency or basis")
        _checked_order(last, settlement, end)
        spans = ((last, end), (last, settlement), (settlement, end))
        return _odd_periods(*spans[which], last, frequency, basis)

    return each(f)


_LAST = [_last_part(i) for i in range(3)]


def _last_parts(
    settlement: Any, maturity: Any, last: Any, frequency: Any, basis: Any
) -> tuple[list[Any], Any]:
    """Return the periods of an odd last coupon, see `_last_part`, and how many a year has."""
    days = tuple(map(real, (settlement, maturity, last, frequency, basis)))
    return [part(*days) for part in _LAST], np.trunc(real(frequency))


def _odd_last(
    settlement: Any, maturity: Any, last: Any, rate: Any, yld: Any, redemption: Any,
    frequency: Any, basis: Any = _ZERO,
) -> Any:  # fmt: skip
    """Return ODDLPRICE: simple interest until the end."""
    (whole, past, left), each_year = _last_parts(settlement, maturity, last, frequency, basis)
    coupon = 100 * rate / each_year
    out = (redemption + coupon * whole) / (1 + left * yld / each_year) - coupon * past
    return out + _not_negative(rate, redemption - 1e-300)


def _odd_last_yield(
    settlement: Any, maturity: Any, last: Any, rate: Any, paid: Any, redemption: Any,
    frequency: Any, basis: Any = _ZERO,
) -> Any:  # fmt: skip
    """Return ODDLYIELD."""
    (whole, past, left), each_year = _last_parts(settlement, maturity, last, frequency, basis)
    coupon = 100 * rate / each_year
    dirty = paid + coupon * past
    out = (redemption + coupon * whole - dirty) / dirty * each_year / left
    return out + _not_negative(rate, paid - 1e-300, redemption - 1e-300)


def _first_part(which: int) -> Callable[..., Floats]:
    """Make the numbers of an odd first coupon: its periods, those past and to come; coupons."""

    def f(
        settlement: float, end: float, issue: float, first: float, frequency: float, basis: float
    ) -> float:
        each_year = int(frequency)
        if each_year not in (1, 2, 4) or int(basis) not in range(5):
            raise ValueError("frequency or basis")
        _checked_order(issue, settlement, first, end)
        if which == 3:
            return float(schedule(first, end, frequency, basis).coupons)
        spans = ((issue, first), (issue, settlement), (settlement, first))
        return _odd_periods(*spans[which], first, frequency, basis)

    return each(f)


_FIRST = [_first_part(i) for i in range(4)]


def _odd_first(
    settlement: Any, maturity: Any, issue: Any, first: Any, rate: Any, yld: Any, redemption: Any,
    frequency: Any, basis: Any = _ZERO,
) -> Any:  # fmt: skip
    """Return ODDFPRICE: the odd coupon, the normal ones after it, and the redemption."""
    days = tuple(map(real, (settlement, maturity, issue, first, frequency, basis)))
    whole, past, left, count = (part(*days) for part in _FIRST)
    each_year = np.trunc(real(frequency))
    coupon, per = 100 * rate / each_year, yld / each_year
    at_first = coupon * whole + (
        coupon * annuity(per, count) + redemption
    ) / growth(per, count)  # fmt: skip
    return at_first / growth(per, left) - coupon * past + _not_negative(rate, redemption - 1e-300)


def _odd_first_yield(
    settlement: Floats, maturity: Floats, issue: Floats, first: Floats, rate: Floats,
    paid: Floats, redemption: Floats, frequency: Floats, basis: Floats = _ZERO,
) -> Floats:  # fmt: skip
    """Return ODDFYIELD."""
    arrays = np.broadcast_arrays(
        settlement, maturity, issue, first, rate, paid, redemption, frequency, basis
    )
    before, price, after = arrays[:5], arrays[5], arrays[6:]
    of_yield: Callable[..., Any] = _odd_first
    found = _root(lambda yld: of_yield(*before, yld, *after) / price - 1, price.shape)
    found += _not_negative(rate, paid - 1e-300)
    return found


_BOND = (39493.5, 43054.5, 0.0575, 0.065, 100.0, 2.5, 0.5)
_ODD = (39763.5, 44256.5, 39736.5, 39873.5, 0.0785, 0.0625, 100.0, 2.5, 1.5)
_COUPON = (40568.5, 40862.5, 2.5, 1.5)


def _found(
    name: str, f: Any, of: Any, at: int, most: int, dates: tuple[int, ...], sample: Any
) -> Any:
    """Make a yield, which is derived from the price that it gives."""
    flat = (*dates, most - 2, most - 1)
    made = elementwise(
        name, f, *implied(of, at, most, flat), least=most - 1, kinks=flat, booleans=False,
        iterates=True, sample=sample,
    )  # fmt: skip
    return with_dates(made, dates)


FUNCTIONS = (
    *(
        dated(name, f, 3, 4, dates=(0, 1), flat=(2, 3), gives=gives, sample=_COUPON)
        for name, f, gives in (
            ("COUPPCD", _of(lambda plan: plan.last), True),
            ("COUPNCD", _of(lambda plan: plan.next), True),
            ("COUPNUM", _count, False),
            ("COUPDAYBS", _past, False),
            ("COUPDAYS", _period, False),
            ("COUPDAYSNC", lambda *args: each(_days_left)(*map(real, args)), False),
        )
    ),
    dated("PRICE", _asked_price, 6, 7, dates=(0, 1), flat=(5, 6), sample=_BOND),
    _found("YIELD", _yield, _price, 3, 7, (0, 1),
           (39493.5, 42689.5, 0.0575, 95.04287, 100.0, 2.5, 0.5)),
    dated("DURATION", _duration, 5, 6, dates=(0, 1), flat=(4, 5),
          sample=(39448.5, 42370.5, 0.08, 0.09, 2.5, 1.5)),
    dated("MDURATION", _modified, 5, 6, dates=(0, 1), flat=(4, 5),
          sample=(39448.5, 42370.5, 0.08, 0.09, 2.5, 1.5)),
    dated("ACCRINT", _accrued, 6, 8, dates=(0, 1, 2), flat=(5, 6, 7), flags={7},
          sample=(39508.5, 39691.5, 39569.5, 0.1, 1000.0, 2.5, 0.5, 1.0)),
    dated("ODDLPRICE", _odd_last, 7, 8, dates=(0, 1, 2), flat=(6, 7),
          sample=(39485.5, 39614.5, 39370.5, 0.0375, 0.0405, 100.0, 2.5, 0.5)),
    dated("ODDLYIELD", _odd_last_yield, 7, 8, dates=(0, 1, 2), flat=(6, 7),
          sample=(39558.5, 39614.5, 39440.5, 0.0375, 99.875, 100.0, 2.5, 0.5)),
    dated("ODDFPRICE", _odd_first, 8, 9, dates=(0, 1, 2, 3), flat=(7, 8), sample=_ODD),
    _found("ODDFYIELD", _odd_first_yield, _odd_first, 5, 9, (0, 1, 2, 3),
           (39763.5, 44256.5, 39736.5, 39873.5, 0.0575, 84.5, 100.0, 2.5, 0.5)),
)  # fmt: skip
