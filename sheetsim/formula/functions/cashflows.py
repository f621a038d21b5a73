"""Values and rates of payments in ranges: NPV, IRR, XNPV, XIRR, MIRR.

A payment v in period i is worth v (1 + r)^-i. The internal rate makes the sum 0; it is found by
Newton's method, and its derivative is that of the equation that it solves: -F_v / F_r.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._complex_step import log1p
from sheetsim.formula.functions._function import UnknownResultError
from sheetsim.formula.functions._make import everywhere, first_error, general
from sheetsim.formula.functions._ranges import Slopes, mask_of, ranged
from sheetsim.formula.functions.finance import root
from sheetsim.formula.values import NUM_ERROR, ArrayValue, Bools, with_errors


def _periods(m: Bools) -> Floats:
    """Return the number, from 1, of each payment; blanks and texts are no periods."""
    return np.cumsum(m, -1, dtype=np.float64)


def _discounts(r: Any, periods: Floats) -> Any:
    return np.exp(-periods * log1p(r))


def _whole_discounts(r: Any, periods: Floats) -> Any:
    """Return the same for whole periods, with which a rate may be -1 or less."""
    if np.iscomplexobj(r):
        return _discounts(r, periods)
    return np.where(periods == 0, 1.0, (1 + r) ** -periods)


def _npv(x: Floats, m: Bools, r: Floats) -> Floats:
    out: Floats = np.where(m, x * _whole_discounts(r, _periods(m)), 0.0).sum(-1)
    return np.where((r[..., 0] == -1) & m.any(-1), np.inf, out)


def _npv_slopes(y: Floats, x: Floats, m: Bools, r: Floats) -> Slopes:  # noqa: ARG001
    periods = _periods(m)
    each = _whole_discounts(r, periods)
    return each, [(-periods * x * each).sum(-1) / (1 + r[..., 0])]


def _irr(x: Floats, m: Bools, *guess: Floats) -> Floats:
    start = guess[0][..., 0] if guess else np.full((1, 1), 0.1)
    start = np.broadcast_to(start, np.broadcast_shapes(start.shape, x.shape[:-1]))
    later = _periods(m) - 1
    found = root(lambda r: (x * _discounts(r[..., None], later)).sum(-1), start)
    both = (x > 0).any(-1) & (x < 0).any(-1)
    return np.where(both, found, np.nan)


def _irr_slopes(y: Floats, x: Floats, m: Bools, *guess: Floats) -> Slopes:
    later = _periods(m) - 1
    each = _discounts(y, later)
    by_rate = -(later * x * each).sum(-1, keepdims=True) / (1 + y)
    return -each / by_rate, [None] * len(guess)


def _mirr_parts(x: Floats, m: Bools, finance: Floats, again: Floats) -> tuple[Any, ...]:
    """Return the payments' count, the discounts and growths, and their sums of both signs."""
    number = _periods(m)
    n = number[..., -1:]
    low, high = _whole_discounts(finance, number - 1), _whole_discounts(again, number - n)
    lost = np.where(x < 0, x * low, 0.0).sum(-1, keepdims=True)
    won = np.where(x > 0, x * high, 0.0).sum(-1, keepdims=True)
    return number, n, low, high, lost, won


def _mirr(x: Floats, m: Bools, finance: Floats, again: Floats) -> Floats:
    _, n, _, _, lost, won = _mirr_parts(x, m, finance, again)
    out: Floats = ((-won / np.where(lost == 0, np.nan, lost)) ** (1 / (n - 1)) - 1)[..., 0]
    return np.where(((lost == 0) | (won == 0))[..., 0], np.inf, out)


def _mirr_slopes(y: Floats, x: Floats, m: Bools, finance: Floats, again: Floats) -> Slopes:
    number, n, low, high, lost, won = _mirr_parts(x, m, finance, again)
    factor = (1 + y) / (n - 1)
    by_x = factor * np.where(x > 0, high / won, -low / lost)
    by_finance = factor * ((number - 1) * np.where(x < 0, x, 0.0) * low).sum(-1, keepdims=True)
    by_again = factor * ((n - number) * np.where(x > 0, x, 0.0) * high).sum(-1, keepdims=True)
    by_finance, by_again = by_finance / (lost * (1 + finance)), by_again / (won * (1 + again))
    return by_x, [by_finance[..., 0], by_again[..., 0]]


# Payments on dates: (1 + r)^-((day - first day) / 365).


def _dated(values: ArrayValue, dates: ArrayValue) -> tuple[Floats, Floats, Bools]:
    """Return the payments, their years and whether all is well (..., n), (..., n), (..., 1)."""
    x, m = values.flat()
    days, known = dates.flat()
    days = np.trunc(days)
    years = (days - days[..., :1]) / 365
    all_there = mask_of(x, m).all(-1, keepdims=True) & mask_of(days, known).all(-1, keepdims=True)
    return x, years, np.asarray(all_there & (years >= 0).all(-1, keepdims=True))


def _alike(values: ArrayValue, dates: ArrayValue) -> bool:
    return values.shape[-1] * values.shape[-2] == dates.shape[-1] * dates.shape[-2]


def _require_single(value: ArrayValue, what: str) -> None:
    if value.shape[-2:] != (1, 1):
        raise UnknownResultError(what)


def _xnpv(rate: ArrayValue, values: ArrayValue, dates: ArrayValue) -> ArrayValue:
    if not _alike(values, dates):
        return everywhere((rate, values, dates), NUM_ERROR)
    _require_single(rate, "XNPV with an array as rate")
    x, years, good = _dated(values, dates)
    r = np.where(rate.num[..., 0] >= 0, rate.num[..., 0], np.nan)
    num = np.where(good, (x * _discounts(r, years)).sum(-1, keepdims=True), np.nan)[..., None]
    return with_errors(num, [rate, first_error(values), first_error(dates)])


def _xnpv_slopes(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:  # noqa: ARG001
    x, years, _ = _dated(args[1], args[2])
    r = args[0].num[..., 0]
    each = _discounts(r, years)
    by_rate = (-years * x * each).sum(-1, keepdims=True) / (1 + r)
    return [by_rate[..., None], each.reshape((*each.shape[:-1], *args[1].shape[-2:])), None]


def _xirr(values: ArrayValue, dates: ArrayValue, *guess: ArrayValue) -> ArrayValue:
    if not _alike(values, dates):
        return everywhere((values, dates), NUM_ERROR)
    if guess:
        _require_single(guess[0], "XIRR with an array as guess")
    x, years, good = _dated(values, dates)
    x, years = np.broadcast_arrays(x, years)
    start = guess[0].num[..., 0] if guess else np.full(1, 0.1)
    start = np.broadcast_to(start, np.broadcast_shapes(start.shape, (*x.shape[:-1], 1)))
    found = root(lambda r: (x * _discounts(r, years)).sum(-1, keepdims=True), start)
    both = (x > 0).any(-1, keepdims=True) & (x < 0).any(-1, keepdims=True)
    num = np.where(good & both, found, np.nan)[..., None]
    return with_errors(num, [first_error(values), first_error(dates), *guess])


def _xirr_slopes(args: list[ArrayValue], out: ArrayValue) -> list[Floats | None]:
    x, years, _ = _dated(args[0], args[1])
    y = out.num[..., 0]
    each = _discounts(y, years)
    slope = each * (1 + y) / (years * x * each).sum(-1, keepdims=True)
    return [slope.reshape((*slope.shape[:-1], *args[0].shape[-2:])), *([None] * (len(args) - 1))]


_FLOWS = [[-3.0, 1.2], [1.5, 1.9]]
_DAYS = [[0.4, 100.4], [250.4, 900.4]]

FUNCTIONS = (
    ranged("NPV", _npv, _npv_slopes, singles=1, first=False, ranges=254, infinite=True,
           sample=(0.2, _FLOWS)),
    ranged("IRR", _irr, _irr_slopes, singles=1, optional=1, kinks={1}, iterates=True,
           sample=(_FLOWS, 0.2)),
    ranged("MIRR", _mirr, _mirr_slopes, singles=2, kinks={0}, infinite=True,
           sample=(_FLOWS, 0.1, 0.2)),
    general("XNPV", 3, 3, _xnpv, partials=_xnpv_slopes, params="VRR", kinks={2},
            sample=(0.2, _FLOWS, _DAYS)),
    general("XIRR", 2, 3, _xirr, partials=_xirr_slopes, params="RRV", kinks={1, 2},
            iterates=True, sample=(_FLOWS, _DAYS, 0.2)),
)  # fmt: skip
