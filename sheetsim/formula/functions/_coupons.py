"""Days and coupons of bonds: five ways of counting days, and the dates on which a coupon is paid.

`basis` says how days are counted: 0 months of 30 days by the US rule, 1 actual days and actual
years, 2 actual days and years of 360, 3 actual days and years of 365, 4 months of 30 days by the
European rule. Coupons are paid `frequency` times a year (1, 2 or 4): counted back from the maturity
in whole months, on the last day of a month if the maturity is one. (Securities Industry
Association, *Standard Securities Calculation Methods*; what Excel does is in Microsoft's
documentation of each function.)

All raise `ValueError` for what is `#NUM!` in formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._complex_step import slope, smooth
from sheetsim.formula.functions._function import Function
from sheetsim.formula.functions.dates import year_length, year_share
from sheetsim.formula.serial_dates import DAY_0_OF_1904, checked, day_of, days_in, moved
from sheetsim.formula.values import TEXT, ArrayValue

US, ACTUAL, ACTUAL_360, ACTUAL_365, EUROPE = range(5)
_SIZES = {US: 360.0, ACTUAL_360: 360.0, ACTUAL_365: 365.0, EUROPE: 360.0}


def day_in(number: float) -> int:
    """Return a date's day; day 0, which a blank is, is none here."""
    found = checked(number)
    if found < 1:
        raise ValueError("day 0")
    return found


def is_month_end(day: float) -> bool:
    """Whether a day is the last one of its month."""
    date = day_of(day)
    return date.day == days_in(date.year, date.month)


def _february_ends(day: float) -> bool:
    return is_month_end(day) and day_of(day).month == 2


def days_between(first: float, last: float, basis: int, *, both: bool = False) -> float:
    """Return the days from one date to another; `both`: the US rule cuts the last one, too."""
    one, two = checked(first), checked(last)
    if basis not in (US, EUROPE):
        return float(two - one)
    (y1, m1, d1), (y2, m2, d2) = day_of(one), day_of(two)
    if basis == EUROPE:
        d1, d2 = min(d1, 30), min(d2, 30)
    else:
        if _february_ends(two) and (_february_ends(one) or both):
            d2 = 30
        if d2 == 31 and (d1 >= 30 or both):
            d2 = 30
        if d1 == 31 or _february_ends(one):
            d1 = 30
    return float(360 * (y2 - y1) + 30 * (m2 - m1) + d2 - d1)


def days_of_year(first: float, last: float, basis: int) -> float:
    """Return how long a year is, as days are counted between two dates."""
    found = _SIZES.get(basis)
    return year_length(checked(first), checked(last)) if found is None else found


def share_of_year(first: float, last: float, basis: float) -> float:
    """Return the years between two dates, the first before the last."""
    if not day_in(first) < day_in(last) or int(basis) not in range(5):
        raise ValueError("dates or basis")
    return year_share(first, last, int(basis))


def coupon_date(maturity: float, months: int) -> int:
    """Return the coupon date so many months from a maturity."""
    found = moved(maturity, months)
    if not is_month_end(maturity):
        return found
    date = day_of(found)
    return found + days_in(date.year, date.month) - date.day


class Schedule(NamedTuple):
    """Where a settlement lies between coupons.

    Attributes:
        last: the coupon date on or before it.
        next: the one after it.
        coupons: how many there are from there on.
        past: days since the last.
        period: days from the last to the next.
    """

    last: int
    next: int
    coupons: int
    past: float
    period: float

    @property
    def left(self) -> float:
        """Days to the next coupon."""
        return self.period - self.past


@lru_cache(maxsize=4096)
def schedule(settlement: float, maturity: float, frequency: float, basis: float) -> Schedule:
    """Return the coupons around a settlement."""
    start, end = day_in(settlement), day_in(maturity)
    each, how = int(frequency), int(basis)
    if start >= end or each not in (1, 2, 4) or how not in range(5):
        raise ValueError("dates, frequency or basis")
    months = 12 // each
    (y1, m1, _), (y2, m2, _) = day_of(start), day_of(end)
    count = max((12 * (y2 - y1) + m2 - m1) // months, 0)
    while coupon_date(end, -months * count) > start:
        count += 1
    while coupon_date(end, -months * (count - 1)) <= start:
        count -= 1
    last, following = coupon_date(end, -months * count), coupon_date(end, -months * (count - 1))
    past = days_between(last, start, how)
    return Schedule(last, following, count, past, length(last, following, each, how))


def length(last: int, following: int, frequency: int, basis: int) -> float:
    """Return the days of a coupon's period."""
    return float(following - last) if basis == ACTUAL else _SIZES[basis] / frequency


def dated(
    name: str,
    f: Callable[..., Any],
    least: int,
    most: int,
    *,
    dates: Sequence[int],
    flat: Sequence[int] = (),
    gives: bool = False,
    **more: Any,
) -> Function:
    """Make a smooth function of numbers and dates, in which it is flat.

    Args:
        name: its name.
        f: as of `smooth`; it gets days as counted from 1900, and cuts their fractions.
        least: how many arguments it takes.
        most: and at most.
        dates: which of them are dates.
        flat: which others it is flat in, such as a count.
        gives: whether it returns a date.
        more: see the package's docstring.
    """
    steps = (*dates, *flat)
    made = smooth(name, f, least, most, flat=steps, kinks=steps, booleans=False, **more)
    return with_dates(made, dates, gives=gives)


def with_dates(made: Function, dates: Sequence[int], *, gives: bool = False) -> Function:
    """Let a function of days as counted from 1900 know those of workbooks that count from 1904."""

    def moved_on(args: Sequence[ArrayValue]) -> list[ArrayValue]:
        return [_from_1900(arg) if i in dates else arg for i, arg in enumerate(args)]

    def value(args: Sequence[ArrayValue], strict: bool) -> ArrayValue:
        out = made.value(moved_on(args), strict)
        if not gives:
            return out
        return ArrayValue(out.num - DAY_0_OF_1904, out.kind, out.obj, bad=out.bad)

    def partials(
        args: Sequence[ArrayValue], out: ArrayValue, want: Sequence[bool]
    ) -> Sequence[Floats | None]:
        return made.slopes(moved_on(args), out, want)

    return replace(made, from_1904=replace(made, value=value, partials=partials))


def _from_1900(array: ArrayValue) -> ArrayValue:
    """Return days counted from 1904 as counted from 1900; a text's date is so already."""
    shift: Any = DAY_0_OF_1904
    if array.kind is not None:
        shift = np.where(array.kind == TEXT, 0, shift)
    return ArrayValue(array.num + shift, array.kind, array.obj, bad=array.bad)


def implied(
    f: Callable[..., Any], at: int, count: int, flat: Sequence[int]
) -> list[Callable[..., Floats]]:
    """Return the derivatives of y, found so that f(..., y, ...) is argument `at`.

    Args:
        f: smooth, with y in the place of argument `at`.
        at: which argument it is.
        count: how many arguments there are.
        flat: in which of them y is flat.
    """

    def partial(i: int) -> Callable[..., Floats]:
        def slope_of(y: Floats, *nums: Floats) -> Floats:
            if i in flat:
                return np.zeros_like(y)
            args = (*nums[:at], y, *nums[at + 1 :])
            by_y = slope(f, args, at)
            return 1 / by_y if i == at else -slope(f, args, i) / by_y

        return slope_of

    return [partial(i) for i in range(count)]
