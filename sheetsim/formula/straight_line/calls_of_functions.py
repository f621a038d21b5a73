"""What the table of operations does not know, computed by the table of functions.

Such a function is called with single numbers or, if it is a statistic, with those of one range.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from sheetsim.formula.functions import Function
from sheetsim.formula.straight_line.scalar_plan import Plan
from sheetsim.formula.values import ArrayValue


def functions_of(plan: Plan) -> list[tuple[Callable[..., float], Callable[..., list[float]]]]:
    """Return the value and the slopes of each function of a plan, as functions of floats."""
    return [(_value_of(function), _slopes_of(function)) for function in plan.functions]


def _arrays(function: Function, numbers: tuple[float, ...]) -> list[ArrayValue]:
    if function.kind == "statistic":
        return [ArrayValue(np.array(numbers, np.float64).reshape(1, 1, 1, -1))]
    return [ArrayValue(np.full((1, 1, 1, 1), one)) for one in numbers]


def _value_of(function: Function) -> Callable[..., float]:
    def value(*numbers: float) -> float:
        with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
            out = function.value(_arrays(function, numbers), False)
        if out.kind is not None:
            raise ArithmeticError
        return float(out.num.item())

    return value


def _slopes_of(function: Function) -> Callable[..., list[float]]:
    def slopes(*numbers: float) -> list[float]:
        args = _arrays(function, numbers)
        with np.errstate(all="ignore"):
            out = function.value(args, False)
            found = function.slopes(args, out, [True] * len(args))
        parts: list[Any] = [
            np.broadcast_to(0.0 if one is None else one, arg.shape).ravel().tolist()
            for one, arg in zip(found, args, strict=True)
        ]
        return [number for part in parts for number in part]

    return slopes
