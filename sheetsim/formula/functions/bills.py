"""Securities that pay once, at the end: bills, notes at a discount, and what is worth less by year.

With the share t of a year between two dates (see `_coupons` for the ways of counting):

    price = redemption (1 - discount t) = redemption / (1 + yield t)

AMORLINC and AMORDEGRC are the French ways of writing off an asset: a share of its cost each year,
or of what is left, the first year by its days.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._coupons import (
    dated,
    day_in,
    days_between,
    days_of_year,
    share_of_year,
)
from sheetsim.formula.functions._special import each
from sheetsim.formula.functions.dates import year_share
from sheetsim.formula.functions.finance import real
from sheetsim.formula.serial_dates import moved

_ZERO = np.zeros(1)
_HALF_YEAR = 182


def _positive(number: Any) -> Any:
    """Return 0, NaN where a number is not positive."""
    return np.where(real(number) > 0, 0.0, np.nan)


_between = each(share_of_year)


def _years(first: Any, last: Any, basis: Any) -> Floats:
    return _between(real(first), real(last), np.trunc(real(basis)))


def _discount(settled: Any, matures: Any, paid: Any, redemption: Any, basis: Any = _ZERO) -> Any:
    """Return DISC."""
    out = (redemption - paid) / redemption / _years(settled, matures, basis)
    return out + _positive(paid) + _positive(redemption)


def _interest(settled: Any, matures: Any, paid: Any, redemption: Any, basis: Any = _ZERO) -> Any:
    """Return INTRATE, and YIELDDISC."""
    out = (redemption - paid) / paid / _years(settled, matures, basis)
    return out + _positive(paid) + _positive(redemption)


def _received(settled: Any, matures: Any, paid: Any, discount: Any, basis: Any = _ZERO) -> Any:
    """Return RECEIVED."""
    out = paid / (1 - discount * _years(settled, matures, basis))
    return out + _positive(paid) + _positive(discount)


def _discounted(
    settled: Any, matures: Any, discount: Any, redemption: Any, basis: Any = _ZERO
) -> Any:
    """Return PRICEDISC."""
    out = redemption * (1 - discount * _years(settled, matures, basis))
    return out + _positive(discount) + _positive(redemption)


def _accrued(issue: Any, settled: Any, rate: Any, par: Any = 1000.0, basis: Any = _ZERO) -> Any:
    """Return ACCRINTM."""
    return par * rate * _years(issue, settled, basis) + _positive(rate) + _positive(par)


def _part(which: int) -> Callable[..., Floats]:
    """Make the shares of a year from issue to settlement, settlement to maturity, or in all."""

    def f(settled: float, matures: float, issue: float, basis: float) -> float:
        how = int(basis)
        start, now, end = day_in(issue), day_in(settled), day_in(matures)
        if how not in range(5) or not start <= now < end:
            raise ValueError("dates or basis")
        year = days_of_year(start, now, how)
        past, whole = days_between(start, now, how) / year, days_between(start, end, how) / year
        return (past, whole - past, whole)[which]

    return each(f)


_PARTS = [_part(i) for i in range(3)]


def _parts(settled: Any, matures: Any, issue: Any, basis: Any) -> list[Floats]:
    days = tuple(map(real, (settled, matures, issue, basis)))
    return [part(*days) for part in _PARTS]


def _at_maturity(
    settled: Any, matures: Any, issue: Any, rate: Any, yld: Any, basis: Any = _ZERO
) -> Any:
    """Return PRICEMAT: all interest is paid at the end."""
    past, left, whole = _parts(settled, matures, issue, basis)
    bad = np.where((real(rate) < 0) | (real(yld) < 0), np.nan, 0.0)
    return (100 + 100 * rate * whole) / (1 + left * yld) - 100 * rate * past + bad


def _yield_at_maturity(
    settled: Any, matures: Any, issue: Any, rate: Any, paid: Any, basis: Any = _ZERO
) -> Any:
    """Return YIELDMAT."""
    past, left, whole = _parts(settled, matures, issue, basis)
    dirty = paid / 100 + rate * past
    bad = np.where(real(rate) < 0, np.nan, 0.0)
    return (1 + rate * whole - dirty) / dirty / left + _positive(paid) + bad


# Bills of the US treasury: up to a year, in years of 360 days.


def _bill_days(settled: float, matures: float) -> float:
    start, end = day_in(settled), day_in(matures)
    if not start < end <= moved(start, 12):
        raise ValueError("dates")
    return float(end - start)


def _days(settled: Any, matures: Any) -> Floats:
    return each(_bill_days)(real(settled), real(matures))


def _bill_price(settled: Any, matures: Any, discount: Any) -> Any:
    """Return TBILLPRICE."""
    out = 100 * (1 - discount * _days(settled, matures) / 360)
    return out + _positive(discount) + _positive(out)


def _bill_yield(settled: Any, matures: Any, paid: Any) -> Any:
    """Return TBILLYIELD."""
    return (100 - paid) / paid * 360 / _days(settled, matures) + _positive(paid)


def _bill_equivalent(settled: Any, matures: Any, discount: Any) -> Any:
    """Return TBILLEQ: the yield of a bond; over half a year, one with a coupon in between."""
    days = _days(settled, matures)
    short = 365 * discount / (360 - discount * days)
    share = days / np.where(days == 366, 366.0, 365.0)
    value = 1 - discount * days / 360
    safe = np.where(days > _HALF_YEAR, 2 * share - 1, 1.0)
    far = 2 * (np.sqrt(share * share - safe * (1 - 1 / value)) - share) / safe
    return np.where(days > _HALF_YEAR, far, short) + _positive(discount) + _positive(value)


# Writing off.


def _coefficient(life: float) -> float:
    """Return AMORDEGRC's factor for an asset that lasts so many years."""
    if life < 3 or 4 < life < 5:
        raise ValueError("life")
    return 1.5 if life <= 4 else 2.0 if life <= 6 else 2.5


def _rounded(number: float) -> float:
    return float(np.floor(number + 0.5))


def _first_share(bought: float, first: float, basis: float) -> float:
    """Return the part of a year from the purchase to the end of the first period."""
    if int(basis) not in (0, 1, 3, 4) or day_in(bought) > day_in(first):
        raise ValueError("dates or basis")
    return year_share(bought, first, int(basis))


def _by_what_is_left(
    cost: float, bought: float, first: float, salvage: float, period: float, rate: float,
    basis: float,
) -> float:  # fmt: skip
    """Return AMORDEGRC: a year's share of what is left, in whole units.

    Half of what is left goes in the year that would end below the salvage, and nothing later.
    """
    if not (cost >= salvage >= 0 and period >= 0 and rate > 0):
        raise ValueError("an argument")
    factor = rate * _coefficient(1 / rate)
    left, lost = cost, _rounded(_first_share(bought, first, basis) * factor * cost)
    for year in range(int(period)):
        left -= lost
        lost = _rounded(factor * left)
        if left - lost < salvage:
            return _rounded(left / 2) if year == int(period) - 1 else 0.0
        if not lost:
            break
    return lost


_declines, _shares = each(_by_what_is_left), each(_first_share)


def _declining(*args: Any) -> Floats:
    return _declines(*map(real, args), *([_ZERO] if len(args) == 6 else []))


def _linear(
    cost: Any, bought: Any, first: Any, salvage: Any, period: Any, rate: Any, basis: Any = _ZERO
) -> Any:
    """Return AMORLINC: the same share of the cost each year, until the salvage is left."""
    yearly = cost * rate
    start = yearly * _shares(*map(real, (bought, first, basis)))
    number = np.trunc(real(period))
    left = cost - salvage - start - yearly * np.maximum(number - 1, 0)
    later = np.where(real(left) < real(yearly), left, yearly)
    whole = np.where(real(start) < real(cost - salvage), start, cost - salvage)
    bad = (real(salvage) < 0) | (real(salvage) > real(cost)) | (number < 0) | (real(rate) <= 0)
    out = np.where(number == 0, whole, np.where(real(later) > 0, later, 0.0))
    return out + np.where(bad, np.nan, 0.0)


_NOTE = (39494.5, 39614.5, 97.975, 100.0, 2.5)
_ISSUED = (39494.5, 39551.5, 39398.5, 0.061, 0.061, 0.5)
_ASSET = (2.4, 39679.5, 39813.5, 0.3, 1.5, 0.15, 1.5)

FUNCTIONS = (
    dated("DISC", _discount, 4, 5, dates=(0, 1), flat=(4,), sample=_NOTE),
    dated("INTRATE", _interest, 4, 5, dates=(0, 1), flat=(4,), sample=_NOTE),
    dated("YIELDDISC", _interest, 4, 5, dates=(0, 1), flat=(4,), sample=_NOTE),
    dated("RECEIVED", _received, 4, 5, dates=(0, 1), flat=(4,),
          sample=(39494.5, 39614.5, 1000.0, 0.0575, 2.5)),
    dated("PRICEDISC", _discounted, 4, 5, dates=(0, 1), flat=(4,),
          sample=(39494.5, 39614.5, 0.0525, 100.0, 2.5)),
    dated("ACCRINTM", _accrued, 3, 5, dates=(0, 1), flat=(4,),
          sample=(39539.5, 39614.5, 0.1, 1000.0, 3.5)),
    dated("PRICEMAT", _at_maturity, 5, 6, dates=(0, 1, 2), flat=(5,), sample=_ISSUED),
    dated("YIELDMAT", _yield_at_maturity, 5, 6, dates=(0, 1, 2), flat=(5,),
          sample=(39522.5, 39755.5, 39394.5, 0.0625, 100.0123, 0.5)),
    dated("TBILLPRICE", _bill_price, 3, 3, dates=(0, 1), sample=(39538.5, 39600.5, 0.09)),
    dated("TBILLYIELD", _bill_yield, 3, 3, dates=(0, 1), sample=(39538.5, 39600.5, 98.45)),
    dated("TBILLEQ", _bill_equivalent, 3, 3, dates=(0, 1), sample=(39538.5, 39800.5, 0.0914)),
    dated("AMORLINC", _linear, 6, 7, dates=(1, 2), flat=(4, 6), sample=_ASSET),
    dated("AMORDEGRC", _declining, 6, 7, dates=(1, 2), flat=(0, 3, 4, 5, 6), in_steps=True,
          sample=(2400.0, 39679.5, 39813.5, 300.2, 1.5, 0.15, 1.5)),
)  # fmt: skip
