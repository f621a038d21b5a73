# ruff: noqa: ARG001, ARG005  (all rules are called alike: plan, result, arguments)
"""What each operation's derivative is: (plan, its step, its arguments) -> a step each.

The partials are those of `sheetsim.formula.functions`, at kinks too; None for 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from sheetsim.formula.straight_line.scalar_plan import Plan

Partials = Sequence[int | None]


def _one(plan: Plan, y: int, *args: int) -> Partials:
    return [plan.number(1.0)] * len(args)


def _nothing(plan: Plan, y: int, *args: int) -> Partials:
    return [None] * len(args)


def _minus(plan: Plan, y: int, *args: int) -> Partials:
    return plan.number(1.0), plan.number(-1.0)


def _times(plan: Plan, y: int, a: int, b: int) -> Partials:
    return b, a


def _over(plan: Plan, y: int, a: int, b: int) -> Partials:
    return plan.over(plan.number(1.0), b), plan.negative(plan.over(y, b))


def _power(plan: Plan, y: int, a: int, b: int) -> Partials:
    """Return b a^(b-1) and y ln(a), the latter 0 where a is not positive."""
    known = plan.constant(b)
    growth = plan.times(y, plan.add("growth", a)) if known is None else None
    if known == 2.0:
        return plan.times(plan.number(2.0), a), growth
    less = plan.add("subtract", b, plan.number(1.0)) if known is None else plan.number(known - 1.0)
    return plan.times(b, plan.power(a, less)), growth


def _inverse(plan: Plan, a: int) -> int:
    return plan.over(plan.number(1.0), a)


def _square(plan: Plan, a: int, sign: float, more: float) -> int:
    """Return the step of sign a a + more."""
    square = plan.add("multiply", a, a)
    return plan.plus(plan.times(plan.number(sign), square), plan.number(more))


def _root_below(plan: Plan, a: int, sign: float, more: float) -> int:
    """Return the step of 1 / sqrt(sign a a + more)."""
    return _inverse(plan, plan.add("sqrt", _square(plan, a, sign, more)))


def _choice(plan: Plan, y: int, condition: int, a: int, b: int) -> Partials:
    one, nothing = plan.number(1.0), plan.number(0.0)
    return None, plan.add("if", condition, one, nothing), plan.add("if", condition, nothing, one)


def _first(plan: Plan, y: int, *args: int) -> Partials:
    """Return 1 for the first argument that equals the result."""
    return [plan.add("first", y, one, *args[:k]) for k, one in enumerate(args)]


def _slopes(plan: Plan, y: int, *args: int) -> Partials:
    slopes = plan.add("slopes", *args, note=plan.steps[y].note)
    return [plan.add("item", slopes, note=k) for k in range(len(args))]


def _angle(plan: Plan, y: int, a: int, b: int) -> Partials:
    size = plan.plus(plan.add("multiply", a, a), plan.add("multiply", b, b))
    return plan.negative(plan.over(b, size)), plan.over(a, size)


def _scaled(by: float) -> Callable[[Plan, int, int], Partials]:
    return lambda plan, y, a: [plan.number(by)]


class Rule(NamedTuple):
    """What is known of an operation.

    Attributes:
        partials: see the module's docstring.
        absorbs: whether its result may be finite where an argument is not; of "if", which hands
            on the one that it takes, that holds of the condition alone.
    """

    partials: Callable[..., Partials]
    absorbs: bool = False


RULES: dict[str, Rule] = {
    "add": Rule(_one),
    "subtract": Rule(_minus),
    "multiply": Rule(_times),
    "divide": Rule(_over, absorbs=True),
    "power": Rule(_power, absorbs=True),
    "whole_power": Rule(_power, absorbs=True),
    "negative": Rule(lambda plan, y, a: [plan.number(-1.0)]),
    "percent": Rule(_scaled(0.01)),
    "sum": Rule(_one),
    "if": Rule(_choice),
    "greatest": Rule(_first, absorbs=True),
    "least": Rule(_first, absorbs=True),
    "call": Rule(_slopes, absorbs=True),
    "flat_call": Rule(_nothing, absorbs=True),
    "abs": Rule(lambda plan, y, a: [plan.add("sign", a)]),
    "exp": Rule(lambda plan, y, a: [y], absorbs=True),
    "log": Rule(lambda plan, y, a: [_inverse(plan, a)]),
    "log10": Rule(lambda plan, y, a: [_inverse(plan, plan.times(a, plan.number(math.log(10.0))))]),
    "sqrt": Rule(lambda plan, y, a: [plan.over(plan.number(0.5), y)]),
    "sin": Rule(lambda plan, y, a: [plan.add("cos", a)]),
    "cos": Rule(lambda plan, y, a: [plan.negative(plan.add("sin", a))]),
    "tan": Rule(lambda plan, y, a: [_square(plan, y, 1.0, 1.0)]),
    "asin": Rule(lambda plan, y, a: [_root_below(plan, a, -1.0, 1.0)]),
    "acos": Rule(lambda plan, y, a: [plan.negative(_root_below(plan, a, -1.0, 1.0))]),
    "atan": Rule(lambda plan, y, a: [_inverse(plan, _square(plan, a, 1.0, 1.0))], absorbs=True),
    "atan2": Rule(_angle, absorbs=True),
    "sinh": Rule(lambda plan, y, a: [plan.add("cosh", a)]),
    "cosh": Rule(lambda plan, y, a: [plan.add("sinh", a)]),
    "tanh": Rule(lambda plan, y, a: [_square(plan, y, -1.0, 1.0)], absorbs=True),
    "asinh": Rule(lambda plan, y, a: [_root_below(plan, a, 1.0, 1.0)]),
    "acosh": Rule(lambda plan, y, a: [_root_below(plan, a, 1.0, -1.0)]),
    "atanh": Rule(lambda plan, y, a: [_inverse(plan, _square(plan, a, -1.0, 1.0))]),
    "radians": Rule(_scaled(math.pi / 180)),
    "degrees": Rule(_scaled(180 / math.pi)),
    **dict.fromkeys(
        ("sign", "floor", "equal", "unequal", "less", "greater", "at_most", "at_least", "and",
         "or", "not"),
        Rule(_nothing, absorbs=True),
    ),
}  # fmt: skip
"""By operation; what stands here may be a step of a formula."""


def absorbed(op: str, args: Sequence[int]) -> Sequence[int]:
    """Return those of an operation's arguments that do not show in its result if not finite."""
    if op == "if":
        return args[:1]
    return args if op in RULES and RULES[op].absorbs else ()
