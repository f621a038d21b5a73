"""Derivatives by a complex step: f'(x) = Im f(x + ih) / h, exact to rounding for tiny h.

Nothing is subtracted, so nothing cancels, and h can be 1e-150 (Squire and Trapp, *Using complex
variables to estimate derivatives of real functions*, 1998). The function has to be computed by
arithmetic, `np.exp` and the functions below, and to branch on real parts only.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._function import Function
from sheetsim.formula.functions._make import elementwise
from sheetsim.formula.functions._special import flat as none

STEP = 1e-150


def log1p(z: Any) -> Any:
    """Return ln(1 + z); NumPy's own for complex z loses the digits of a small z."""
    if not np.iscomplexobj(z):
        return np.log1p(z)
    return np.log1p(z.real) + 1j * (z.imag / (1 + z.real))


def expm1(z: Any) -> Any:
    """Return e^z - 1, for complex z with a tiny imaginary part."""
    if not np.iscomplexobj(z):
        return np.expm1(z)
    return np.expm1(z.real) + 1j * (z.imag * np.exp(z.real))


def slope(f: Callable[..., Any], nums: tuple[Floats, ...], i: int) -> Floats:
    """Return the partial derivative of f in argument i."""
    moved = [num + 1j * STEP if k == i else num for k, num in enumerate(nums)]
    out = f(*moved)
    return np.asarray(np.imag(out) / STEP)


def smooth(
    name: str,
    f: Callable[..., Any],
    least: int,
    most: int,
    *,
    flat: tuple[int, ...] = (),
    **more: Any,
) -> Function:
    """Make an elementwise function whose derivatives are complex steps; 0 in arguments `flat`."""

    def partial(i: int) -> Callable[..., Floats]:
        if i in flat:
            return none
        return lambda _, *nums: slope(f, nums, i)

    return elementwise(name, f, *(partial(i) for i in range(most)), least=least, **more)
