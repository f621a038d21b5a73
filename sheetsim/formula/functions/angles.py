# ruff: noqa: ARG005  (all partials are called alike: result, arguments)
"""The rarer functions of angles; see arithmetic for SIN, COS, TAN and their inverses."""

from __future__ import annotations

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._make import elementwise
from sheetsim.formula.values import Bools


def _zero(a: Floats) -> Bools:
    out: Bools = a == 0
    return out


FUNCTIONS = (
    elementwise("SEC", lambda a: 1 / np.cos(a), lambda y, a: y * np.tan(a)),
    elementwise("CSC", lambda a: 1 / np.sin(a), lambda y, a: -y / np.tan(a), div0=_zero),
    elementwise("COT", lambda a: 1 / np.tan(a), lambda y, a: -1 - y * y, div0=_zero),
    elementwise("SECH", lambda a: 1 / np.cosh(a), lambda y, a: -y * np.tanh(a)),
    elementwise("CSCH", lambda a: 1 / np.sinh(a), lambda y, a: -y / np.tanh(a), div0=_zero),
    elementwise("COTH", lambda a: 1 / np.tanh(a), lambda y, a: 1 - y * y, div0=_zero),
    elementwise("ACOT", lambda a: np.pi / 2 - np.arctan(a), lambda y, a: -1 / (1 + a * a)),
    elementwise("ACOTH", lambda a: np.arctanh(1 / a), lambda y, a: 1 / (1 - a * a), sample=(1.7,)),
    elementwise("SQRTPI", lambda a: np.sqrt(a * np.pi), lambda y, a: np.pi / (2 * y),
                booleans=False),
)  # fmt: skip
