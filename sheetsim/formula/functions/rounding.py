# ruff: noqa: ARG005  (all partials are called alike: result, arguments)
"""Rounding to multiples, and to even and odd numbers; see arithmetic for ROUND, INT and TRUNC.

A quotient that is a whole number in 15 digits is taken for it, as in Excel: CEILING(0.7, 0.1) is
0.7, though 0.7 / 0.1 is a little less than 7 in binary.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._function import LinearForm
from sheetsim.formula.functions._make import ALL, elementwise
from sheetsim.formula.functions._special import flat


def _multiple(a: Floats, step: Floats, f: Callable[[Floats], Floats]) -> Floats:
    """Return the multiple of `step` whose factor is f(a / step); 0 for a step of 0."""
    factor = a / np.where(step == 0, np.nan, step)
    near = np.rint(factor)
    whole = np.abs(factor - near) <= 5e-15 * last_place(factor)
    out = step * np.where(whole, near, f(factor))
    return np.where((step == 0) | (a == 0), 0 * (a + step), out)


def last_place(number: Floats) -> Floats:
    """Return the power of ten of the first digit: half of 1e-14 of it is 15 digits' rounding."""
    size = np.abs(number)
    good = np.isfinite(size) & (size > 0)
    out: Floats = 10.0 ** np.floor(np.log10(np.where(good, size, 1.0)))
    return out


def _unlike(a: Floats, step: Floats) -> Floats:
    """Return NaN where a positive number is to be rounded to multiples of a negative one."""
    return np.where((a > 0) & (step < 0), np.nan, 0.0)


def _ceiling(a: Floats, step: Floats) -> Floats:
    return _unlike(a, step) + _multiple(a, step, np.ceil)


def _floor(a: Floats, step: Floats) -> Floats:
    """Round down (away from 0 if both are negative); a step of 0 is `#DIV/0!`, unless a is 0."""
    out = _unlike(a, step) + _multiple(a, step, np.floor)
    return np.where((step == 0) & (a != 0), np.nan, out)


def _towards(a: Floats, *more: Floats, up: bool) -> Floats:
    """Round up (or down), negative numbers too, unless the third argument says: away from 0."""
    step = np.abs(more[0]) if more else np.ones(1)
    f: Callable[[Floats], Floats] = np.ceil if up else np.floor
    out = _multiple(a, step, f)
    if len(more) < 2:
        return out
    back = np.copysign(_multiple(np.abs(a), step, f), a)
    return np.where((more[1] != 0) & (a < 0), back, out)


def _to_multiple(a: Floats, step: Floats) -> Floats:
    """Round to the nearest multiple, away from 0 between two; the signs must be alike."""
    out = _multiple(a, step, lambda factor: np.floor(factor * (1 + 2e-16) + 0.5))
    return np.where(a * step < 0, np.nan, out)


def _even(a: Floats) -> Floats:
    out: Floats = np.copysign(2 * np.ceil(np.abs(a) / 2), a)
    return out


def _odd(a: Floats) -> Floats:
    out: Floats = np.copysign(2 * np.ceil((np.abs(a) - 1) / 2) + 1, a)
    return np.where(np.abs(a) <= 1, np.where(a < 0, -1.0, 1.0), out)


def _quotient(a: Floats, b: Floats) -> Floats:
    out: Floats = np.trunc(a / np.where(b == 0, np.nan, b))
    return out


SAMPLE = (3.3, 0.7)

FUNCTIONS = (
    elementwise("CEILING", _ceiling, flat, lambda y, a, b: np.ceil(a / b), kinks=ALL, in_steps=True,
                sample=SAMPLE, linear_form=LinearForm.MULTIPLE_ABOVE),
    elementwise("FLOOR", _floor, flat, lambda y, a, b: np.floor(a / b), kinks=ALL, in_steps=True,
                div0=lambda a, b: (b == 0) & (a != 0), sample=SAMPLE,
                linear_form=LinearForm.MULTIPLE_BELOW),
    elementwise("CEILING.MATH", lambda a, *more: _towards(a, *more, up=True), flat,
                lambda y, a, b, *mode: y / b, flat, least=1, kinks=ALL, in_steps=True,
                sample=(-3.3, 0.7, 1.0)),
    elementwise("FLOOR.MATH", lambda a, *more: _towards(a, *more, up=False), flat,
                lambda y, a, b, *mode: y / b, flat, least=1, kinks=ALL, in_steps=True,
                sample=(-3.3, 0.7, 1.0)),
    elementwise("CEILING.PRECISE", lambda a, *more: _towards(a, *more, up=True), flat,
                lambda y, a, b: y / b, least=1, kinks=ALL, also="ISO.CEILING", sample=SAMPLE),
    elementwise("FLOOR.PRECISE", lambda a, *more: _towards(a, *more, up=False), flat,
                lambda y, a, b: y / b, least=1, kinks=ALL, sample=SAMPLE),
    elementwise("MROUND", _to_multiple, flat, lambda y, a, b: y / b, kinks=ALL, in_steps=True,
                booleans=False,
                sample=SAMPLE),
    elementwise("EVEN", _even, flat, kinks=ALL, in_steps=True),
    elementwise("ODD", _odd, flat, kinks=ALL, in_steps=True),
    elementwise("QUOTIENT", _quotient, flat, flat, kinks=ALL, in_steps=True, booleans=False,
                div0=lambda a, b: b == 0),
)  # fmt: skip
