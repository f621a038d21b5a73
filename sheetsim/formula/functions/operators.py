# ruff: noqa: ARG001, ARG005  (all partials are called alike: result, arguments)
"""The operators of formulas: arithmetic, comparison, joining of texts."""

from __future__ import annotations

import numpy as np

from sheetsim.formula.functions._make import ALL, ONE, elementwise, general, plain
from sheetsim.formula.functions.texts import joined
from sheetsim.formula.values import Array, Floats, compare


def power(a: Floats, b: Floats) -> Floats:
    """Return a to the b; 0^0 is an error in Excel, NaN here.

    So is a negative number to a fraction, also to one that has a root: (-8)^(1/3) is `#NUM!` by
    Microsoft's documentation, and -2 in IronCalc and LibreOffice.
    """
    if b.size == 1 and b.flat[0] == 2.0:
        return a * a
    out: Floats = np.power(a, b)
    nothing = (a == 0) & (b == 0)
    return np.where(nothing, np.nan, out) if nothing.any() else out


def power_slope(y: Floats, a: Floats, b: Floats) -> Floats:
    """Return the derivative of a^b by a."""
    if b.size == 1 and b.flat[0] == 2.0:
        return 2.0 * a
    out: Floats = b * np.power(a, b - 1.0)
    return out


def power_growth(y: Floats, a: Floats, b: Floats) -> Floats:
    """Return the derivative of a^b by b: y ln(a), 0 where a is not positive."""
    out: Floats = y * np.log(np.where(a > 0, a, 1.0))
    return out


def _as_is(a: Array) -> Array:
    return a


FUNCTIONS = (
    elementwise("+", np.add, lambda y, a, b: 1.0, lambda y, a, b: 1.0,
                linear=ALL),
    elementwise("-", np.subtract, lambda y, a, b: 1.0, lambda y, a, b: -1.0,
                linear=ALL),
    elementwise("*", np.multiply, lambda y, a, b: b, lambda y, a, b: a, linear=ONE),
    elementwise("/", np.divide, lambda y, a, b: 1 / b, lambda y, a, b: -y / b,
                div0=lambda a, b: b == 0, linear={0}),
    elementwise("^", power, power_slope, power_growth,
                div0=lambda a, b: (a == 0) & (b < 0), also="POWER"),
    elementwise("neg", np.negative, lambda y, a: -1.0, linear=ALL),
    elementwise("%", lambda a: a / 100.0, lambda y, a: 0.01, linear=ALL),
    general("pos", 1, 1, _as_is, partials=lambda args, y: [np.ones_like(y.num)], linear=ALL),
    general("SINGLE", 1, 1, _as_is, partials=lambda args, y: [np.ones_like(y.num)], linear=ALL),
    plain("&", "tt", joined),
    general("=", 2, 2, lambda a, b: compare(a, b, np.equal), kinks=ALL),
    general("<>", 2, 2, lambda a, b: compare(a, b, np.not_equal), kinks=ALL),
    general("<", 2, 2, lambda a, b: compare(a, b, np.less), kinks=ALL),
    general(">", 2, 2, lambda a, b: compare(a, b, np.greater), kinks=ALL),
    general("<=", 2, 2, lambda a, b: compare(a, b, np.less_equal), kinks=ALL),
    general(">=", 2, 2, lambda a, b: compare(a, b, np.greater_equal), kinks=ALL),
)  # fmt: skip
