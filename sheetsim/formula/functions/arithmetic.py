# ruff: noqa: ARG001, ARG005  (all partials are called alike: result, arguments)
"""Functions of numbers, cell by cell: powers, logarithms, angles, rounding."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions import _steps
from sheetsim.formula.functions._function import LinearForm
from sheetsim.formula.functions._make import ALL, Outer, elementwise, plain
from sheetsim.formula.functions._special import flat

LN10 = float(np.log(10.0))


_ALL_WHOLE = 2.0**52
"""From here on, doubles have no digits behind the point."""


def _rounded(a: Floats, digits: Floats, f: Callable[[Floats], Floats]) -> Floats:
    """Round |a| to so many digits behind the point, f rounding what stands before it then.

    A number that has no more digits than that is left alone, at once: 10^digits may be more than
    a double holds.
    """
    digits = np.trunc(digits)
    with np.errstate(all="ignore"):
        behind, ahead = 10.0 ** np.maximum(digits, 0), 10.0 ** np.maximum(-digits, 0)
        size = np.abs(a) * behind / ahead
        out = np.copysign(f(size) / behind * np.where(np.isinf(ahead), 0.0, ahead), a)
    whole: Floats = np.where((size >= _ALL_WHOLE) | np.isinf(behind), a, out)
    return whole


def rounded(a: Floats, digits: Floats) -> Floats:
    """Round half away from zero, on the decimal digits that Excel sees (15 of them)."""
    out = _rounded(a, digits, lambda size: np.floor(size * (1 + 2e-16) + 0.5))
    with np.errstate(all="ignore"):
        size = np.abs(a) * 10.0 ** np.trunc(digits)
        tie = np.abs(size - np.floor(size) - 0.5) <= 1e-14 * np.maximum(size, 1e-300)
        tie = tie & (size < _ALL_WHOLE)
    if not tie.any():
        return out
    numbers, places = np.broadcast_arrays(a, digits)
    out = np.broadcast_to(out, tie.shape).copy()
    for index in np.argwhere(tie):
        at = tuple(index)
        out[at] = _by_fifteen(float(numbers[at]), int(places[at]))
    return out


def _by_fifteen(number: float, digits: int) -> float:
    """Round the number that has the same first 15 digits and no more."""
    shown = Decimal(f"{number:.15g}")
    return float(shown.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def rounded_down(a: Floats, digits: Floats) -> Floats:
    """Round towards zero."""
    return _rounded(a, digits, lambda size: np.floor(size * (1 + 2e-16)))


def rounded_up(a: Floats, digits: Floats) -> Floats:
    """Round away from zero; to more digits before the point than a double has is `#NUM!`."""
    out = _rounded(a, digits, lambda size: np.ceil(size * (1 - 2e-16)))
    return np.where((a != 0) & (digits <= -309), np.nan, out)


def truncated(a: Floats, *digits: Floats) -> Floats:
    """Cut off digits: all behind the point if it is not said which."""
    return rounded_down(a, digits[0] if digits else np.zeros(1))


def remainder(a: Floats, b: Floats) -> Floats:
    """Return the remainder, with the sign of the divisor; NaN for a divisor of 0."""
    out: Floats = np.where(b == 0, np.nan, a - b * np.floor(a / np.where(b == 0, 1.0, b)))
    return out


def logarithm(a: Floats, *base: Floats) -> Floats:
    """Return the logarithm, to the base 10 if none is given."""
    out: Floats = np.log(a) / np.log(base[0]) if base else np.log10(a)
    return out


def _log_slope(y: Floats, a: Floats, *base: Floats) -> Floats:
    out: Floats = 1 / (a * (np.log(base[0]) if base else LN10))
    return out


HALF, TENTHS = (0.37,), (1.2345, 2.4)

FUNCTIONS = (
    elementwise("EXP", np.exp, lambda y, a: y, steps="exp"),
    elementwise("LN", np.log, lambda y, a: 1 / a, steps="log"),
    elementwise("LOG10", np.log10, lambda y, a: 1 / (a * LN10), steps="log10"),
    elementwise("LOG", logarithm, _log_slope, lambda y, a, *b: -y / (b[0] * np.log(b[0])), least=1,
                div0=lambda a, *b: (b[0] == 1) if b else np.zeros(1, bool), sample=(1.7, 3.1),
                steps=_steps.logarithm),
    elementwise("SQRT", np.sqrt, lambda y, a: 0.5 / y, outer=lambda fixed, by: Outer(root=True),
                steps="sqrt"),
    elementwise("SIN", np.sin, lambda y, a: np.cos(a), steps="sin"),
    elementwise("COS", np.cos, lambda y, a: -np.sin(a), steps="cos"),
    elementwise("TAN", np.tan, lambda y, a: 1 + y * y, steps="tan"),
    elementwise("ASIN", np.arcsin, lambda y, a: 1 / np.sqrt(1 - a * a), sample=HALF, steps="asin"),
    elementwise("ACOS", np.arccos, lambda y, a: -1 / np.sqrt(1 - a * a), sample=HALF, steps="acos"),
    elementwise("ATAN", np.arctan, lambda y, a: 1 / (1 + a * a), steps="atan"),
    elementwise("ATAN2", lambda a, b: np.where((a == 0) & (b == 0), np.nan, np.arctan2(b, a)),
                lambda y, a, b: -b / (a * a + b * b), lambda y, a, b: a / (a * a + b * b),
                div0=lambda a, b: (a == 0) & (b == 0), steps="atan2"),
    elementwise("SINH", np.sinh, lambda y, a: np.cosh(a), steps="sinh"),
    elementwise("COSH", np.cosh, lambda y, a: np.sinh(a), steps="cosh"),
    elementwise("TANH", np.tanh, lambda y, a: 1 - y * y, steps="tanh"),
    elementwise("ASINH", np.arcsinh, lambda y, a: 1 / np.sqrt(a * a + 1), steps="asinh"),
    elementwise("ACOSH", np.arccosh, lambda y, a: 1 / np.sqrt(a * a - 1), sample=(1.7,),
                steps="acosh"),
    elementwise("ATANH", np.arctanh, lambda y, a: 1 / (1 - a * a), sample=HALF, steps="atanh"),
    elementwise("RADIANS", np.radians, lambda y, a: np.full_like(a, np.pi / 180), linear=ALL,
                steps="radians"),
    elementwise("DEGREES", np.degrees, lambda y, a: np.full_like(a, 180 / np.pi), linear=ALL,
                steps="degrees"),
    elementwise("ABS", np.abs, lambda y, a: np.sign(a), kinks=ALL, steps="abs",
                linear_form=LinearForm.SIZE),
    elementwise("SIGN", np.sign, flat, kinks=ALL, in_steps=True, steps="sign",
                linear_form=LinearForm.SIGN),
    elementwise("INT", np.floor, flat, kinks=ALL, in_steps=True, steps="floor",
                linear_form=LinearForm.FLOOR),
    elementwise("TRUNC", truncated, flat, flat, least=1, kinks=ALL, in_steps=True, sample=TENTHS,
                linear_form=LinearForm.CUT),
    elementwise("ROUND", rounded, flat, flat, kinks=ALL, in_steps=True, sample=TENTHS),
    elementwise("ROUNDUP", rounded_up, flat, flat, kinks=ALL, in_steps=True, sample=TENTHS,
                linear_form=LinearForm.CUT_UP),
    elementwise("ROUNDDOWN", rounded_down, flat, flat, kinks=ALL, in_steps=True, sample=TENTHS,
                linear_form=LinearForm.CUT),
    elementwise("MOD", remainder, lambda y, a, b: np.ones_like(y),
                lambda y, a, b: -np.floor(a / b) + 0 * y, kinks=ALL, div0=lambda a, b: b == 0,
                linear_form=LinearForm.REMAINDER),
    plain("PI", "", lambda: float(np.pi), kinks=()),
    plain("RAND", "", lambda: 0.5, random=True),
    plain("RANDARRAY", "|nnnnb", lambda *_: 0.5, random=True),
    plain("RANDBETWEEN", "nn", lambda low, high: low, random=True),
    plain("NOW", "", lambda: 0.0, random=True),
    plain("TODAY", "", lambda: 0.0, random=True),
)  # fmt: skip
