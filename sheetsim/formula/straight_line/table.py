"""How each operation is written in Python.

A text has `{0}`, `{1}`, ... for its arguments, which are names or what stands in parentheses;
`{all}` stands for all of them. The names are those of `NAMES`. What Python's functions do where
Excel has an error is an exception, or no finite number, and both end the straight line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from sheetsim.formula.values import same_as_shown


def _power(a: float, b: float) -> float:
    """Return a to the b; 0^0 is an error in Excel."""
    if a == 0.0 == b:
        raise ArithmeticError
    return math.pow(a, b)


def _growth(a: float) -> float:
    """Return the logarithm that the derivative of a power by its exponent has."""
    return math.log(a) if a > 0.0 else 0.0


def _sign(a: float) -> float:
    return 1.0 if a > 0.0 else -1.0 if a < 0.0 else 0.0


def _angle(a: float, b: float) -> float:
    if a == 0.0 == b:
        raise ArithmeticError
    return math.atan2(b, a)


def _equal(a: float, b: float) -> bool:
    return a == b or same_as_shown(a, b)


def _less(a: float, b: float) -> bool:
    return a < b and not same_as_shown(a, b)


def _first(y: float, one: float, *before: float) -> float:
    """Return 1 for a number that equals y if none before it does, else 0."""
    return 1.0 if one == y and y not in before else 0.0


NAMES: Mapping[str, Any] = MappingProxyType({
    "power": _power, "growth": _growth, "sign": _sign, "equal": _equal, "less": _less,
    "first": _first, "atan2": _angle, "exp": math.exp, "log": math.log, "log10": math.log10,
    "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "tan": math.tan, "asin": math.asin,
    "acos": math.acos, "atan": math.atan, "sinh": math.sinh, "cosh": math.cosh,
    "tanh": math.tanh, "asinh": math.asinh, "acosh": math.acosh, "atanh": math.atanh,
    "radians": math.radians, "degrees": math.degrees, "floor": math.floor, "max": max,
    "min": min, "abs": abs, "float": float, "sum": sum, "all": all, "any": any,
    "isfinite": math.isfinite,
})  # fmt: skip
"""What the texts may call."""

WRITTEN: Mapping[str, str] = MappingProxyType({
    "add": "{0} + {1}",
    "subtract": "{0} - {1}",
    "multiply": "{0} * {1}",
    "divide": "{0} / {1}",
    "whole_power": "{0} ** {1}",
    "negative": "-{0}",
    "percent": "{0} / 100.0",
    "if": "{1} if {0} else {2}",
    "greatest": "max({all})",
    "least": "min({all})",
    "sum": "sum(({all},))",
    "and": "all(({all},))",
    "or": "any(({all},))",
    "not": "not {0}",
    "unequal": "not equal({0}, {1})",
    "greater": "less({1}, {0})",
    "at_most": "not less({1}, {0})",
    "at_least": "not less({0}, {1})",
    "floor": "float(floor({0}))",
})  # fmt: skip
"""By operation; any other is a function of `NAMES` that is called so."""


MOST_TERMS = 50
"""Of a sum that is written with signs: Python compiles each in the one before it."""


def written(op: str, args: list[str]) -> str:
    """Return an operation on arguments that are written already."""
    if op == "sum" and len(args) <= MOST_TERMS:
        return " + ".join(args)
    together = ", ".join(args)
    return WRITTEN[op].format(*args, all=together) if op in WRITTEN else f"{op}({together})"


def number(value: float) -> str:
    """Return a constant as it is written.

    Raises:
        TypeError: it is no float, and may be anything.
    """
    if type(value) is not float or not math.isfinite(value):
        raise TypeError(f"a constant is {type(value).__name__}, expected a finite float")
    return f"({value!r})" if value < 0 else repr(value)


def cell(position: int) -> str:
    """Return the name of a cell that is given."""
    return f"x{position:d}"


def step(position: int) -> str:
    """Return the name of a step's result."""
    return f"t{position:d}"


def value_name(position: int) -> str:
    """Return the name of one of the plan's own functions."""
    return f"f{position:d}"


def slopes_name(position: int) -> str:
    """Return the name of what computes its derivatives."""
    return f"d{position:d}"


def called(name: str, args: list[str]) -> str:
    """Return a call of a function."""
    return f"{name}({', '.join(args)})"


def item(source: str, position: int) -> str:
    """Return one number of several."""
    return f"{source}[{position:d}]"


def function(lines: list[str], cells: list[str], result: list[str], checked: list[str]) -> str:
    """Return the function that computes and checks results.

    Its sum of all that has to be finite may overflow, which only ends the straight line.

    Args:
        lines: of the steps, in order.
        cells: all that are given.
        result: what it returns, as a tuple.
        checked: what has to be finite besides.
    """
    total = "sum(y)" if not checked else f"sum(y) + sum(({', '.join(checked)},))"
    return "\n ".join([
        "def straight(x):",
        f"[{', '.join(cells)}] = x" if cells else "pass",
        *lines,
        f"y = ({''.join(f'{one}, ' for one in result)})",
        f"if isfinite({total}): return y",
    ])  # fmt: skip


Straight = Callable[[list[float]], "tuple[float, ...] | None"]
"""The cells given -> the results; None, or an exception, where they are not all finite."""
