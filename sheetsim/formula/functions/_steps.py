# ruff: noqa: ARG001  (all are called alike: plan, arguments)
"""Functions in steps on single numbers, by Excel's rules on what counts as one; `Function.steps`.

For straight-line code (`sheetsim.formula.straight_line`), whose operations are named here. What
has no steps, such as a choice between a number and a text, leaves its whole program to arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np

from sheetsim.formula.values import BLANK, BOOL, ERROR, NUMBER, TEXT

Shape = tuple[int, ...]

MOST_COMPARED = 12
"""Numbers among which MAX and MIN choose in steps; of more, the choice takes too many."""


class NoStepsError(Exception):
    """Something cannot be computed in steps."""


class Plan(Protocol):
    """Where steps are added, each named by its number."""

    def add(self, op: str, *args: int) -> int:
        """Return the step of an operation on others."""

    def number(self, value: float) -> int:
        """Return the step of a constant."""

    def constant(self, step: int) -> float | None:
        """Return the number that a step is, None if it is computed."""

    def power(self, a: int, b: int) -> int:
        """Return the step of a power whose exponent is not 0."""

    def check(self, steps: Sequence[int]) -> None:
        """See to it that these are finite, though the outputs may not show it."""


class Register:
    """What a place in a formula is for each cell of a block, in steps.

    Attributes:
        shape: rows and columns of the block, then of the range.
        steps: in the order of the array; -1 for what is no number.
        kinds: likewise, as in `ArrayValue`; None if all are numbers.
        literal: whether it was written in the formula or computed there.
    """

    __slots__ = ("kinds", "literal", "shape", "steps")

    def __init__(
        self,
        shape: Shape,
        steps: list[int],
        kinds: list[int] | None = None,
        *,
        literal: bool = True,
    ) -> None:
        self.shape, self.steps, self.kinds, self.literal = shape, steps, kinds, literal

    def spread(self, shape: Shape) -> list[int]:
        """Return the steps of an array of a larger shape."""
        return _spread(self.steps, self.shape, shape)

    def spread_kinds(self, shape: Shape) -> list[int]:
        """Return the kinds likewise."""
        kinds = [NUMBER] * len(self.steps) if self.kinds is None else self.kinds
        return _spread(kinds, self.shape, shape)

    def require(self, *kinds: int) -> None:
        """See that everything is of one of some kinds.

        Raises:
            NoStepsError: something is not.
        """
        if self.kinds is not None and not set(kinds).issuperset(self.kinds):
            raise NoStepsError

    def numbers(self, shape: Shape) -> list[int]:
        """Return the steps of what all count as in arithmetic.

        Raises:
            NoStepsError: one is an error there.
        """
        steps = self.spread(shape)
        if min(steps, default=0) < 0:
            raise NoStepsError
        return steps


def _spread(values: list[int], own: Shape, shape: Shape) -> list[int]:
    if own == shape:
        return values
    out: list[int] = np.broadcast_to(np.array(values).reshape(own), shape).ravel().tolist()
    return out


def each(args: Sequence[Register], make: Callable[..., int]) -> Register:
    """Compute cell by cell."""
    shapes = {arg.shape for arg in args}
    shape = shapes.pop() if len(shapes) == 1 else np.broadcast_shapes(*shapes)
    columns = [arg.numbers(shape) for arg in args]
    return Register(shape, [make(*one) for one in zip(*columns, strict=True)])


def numbers_in_ranges(args: Sequence[Register]) -> tuple[Shape, list[list[int]]]:
    """Return the block's shape, and for each of its cells the numbers in all ranges, in order."""
    ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args))
    count = int(np.prod(ahead))
    out: list[list[int]] = [[] for _ in range(count)]
    for arg in args:
        size = arg.shape[-1] * arg.shape[-2]
        alone = arg.literal and size == 1
        shape = (*ahead, *arg.shape[-2:])
        steps, kinds = arg.spread(shape), arg.spread_kinds(shape)
        for i, (step, kind) in enumerate(zip(steps, kinds, strict=True)):
            if kind == ERROR or (step < 0 and (kind == NUMBER or alone)):
                raise NoStepsError
            if kind == NUMBER or alone:
                out[i // size].append(step)
    return ahead, out


Steps = Callable[[Plan, Sequence[Register]], "Register | None"]
"""Adds the steps of a function to a plan; None if the function is to be called."""


def _statistic(of: Callable[[Plan, list[int]], int]) -> Steps:
    def written(plan: Plan, args: Sequence[Register]) -> Register:
        ahead, ranges = numbers_in_ranges(args)
        return Register((*ahead, 1, 1), [of(plan, one) for one in ranges])

    return written


def _sum(plan: Plan, numbers: list[int]) -> int:
    if len(numbers) < 2:
        return numbers[0] if numbers else plan.number(0.0)
    return plan.add("sum", *numbers)


def _squares(plan: Plan, numbers: list[int]) -> int:
    return _sum(plan, [plan.add("multiply", one, one) for one in numbers])


def _average(plan: Plan, numbers: list[int]) -> int:
    if not numbers:
        raise NoStepsError
    return plan.add("divide", _sum(plan, numbers), plan.number(float(len(numbers))))


def _product(plan: Plan, numbers: list[int]) -> int:
    if not numbers:
        return plan.number(0.0)
    out = numbers[0]
    for one in numbers[1:]:
        out = plan.add("multiply", out, one)
    return out


def _extreme(op: str) -> Steps:
    def written(plan: Plan, args: Sequence[Register]) -> Register | None:
        ahead, ranges = numbers_in_ranges(args)
        if max(map(len, ranges)) > MOST_COMPARED:
            return None
        steps = [plan.add(op, *one) if len(one) > 1 else _sum(plan, one) for one in ranges]
        return Register((*ahead, 1, 1), steps)

    return written


def sum_of_products(plan: Plan, args: Sequence[Register]) -> Register:
    """Return the steps of SUMPRODUCT: what is no number counts as 0."""
    if len({arg.shape[-2:] for arg in args}) > 1:
        raise NoStepsError
    shape = np.broadcast_shapes(*(arg.shape for arg in args))
    size = shape[-1] * shape[-2]
    nothing = plan.number(0.0)
    columns = []
    for arg in args:
        arg.require(NUMBER, BOOL, TEXT, BLANK)
        both = zip(arg.spread(shape), arg.spread_kinds(shape), strict=True)
        columns.append([step if kind == NUMBER else nothing for step, kind in both])
    if any(min(one, default=0) < 0 for one in columns):
        raise NoStepsError
    products = [_product(plan, list(one)) for one in zip(*columns, strict=True)]
    cells = range(0, len(products), size)
    return Register((*shape[:-2], 1, 1), [_sum(plan, products[i : i + size]) for i in cells])


def _pairs(of: Callable[[Plan, int, int], int]) -> Steps:
    """Sum something over the pairs of numbers in two ranges."""

    def written(plan: Plan, args: Sequence[Register]) -> Register:
        ahead = np.broadcast_shapes(*(arg.shape[:-2] for arg in args))
        sizes = {arg.shape[-1] * arg.shape[-2] for arg in args}
        if len(sizes) > 1:
            raise NoStepsError
        size = sizes.pop()
        columns = []
        for arg in args:
            arg.require(NUMBER, BOOL, TEXT, BLANK)
            shape = (*ahead, *arg.shape[-2:])
            columns.append(zip(arg.spread(shape), arg.spread_kinds(shape), strict=True))
        out: list[list[int]] = [[] for _ in range(int(np.prod(ahead)))]
        for i, ((a, kind), (b, other)) in enumerate(zip(*columns, strict=True)):
            if kind == other == NUMBER:
                if min(a, b) < 0:
                    raise NoStepsError
                out[i // size].append(of(plan, a, b))
        return Register((*ahead, 1, 1), [_sum(plan, one) for one in out])

    return written


def difference_in_pairs(plan: Plan, args: Sequence[Register]) -> Register:
    """Return the steps of a - b, cell by cell; 0 where not both are numbers."""
    shape = np.broadcast_shapes(*(arg.shape for arg in args))
    kinds = zip(*(arg.spread_kinds(shape) for arg in args), strict=True)
    pairs = zip(*(arg.spread(shape) for arg in args), strict=True)
    out = []
    for (a, b), both in zip(pairs, kinds, strict=True):
        if both == (NUMBER, NUMBER) and min(a, b) < 0:
            raise NoStepsError
        numbers = both == (NUMBER, NUMBER)
        out.append(plan.add("subtract", a, b) if numbers else plan.number(0.0))
    return Register(shape, out)


def _off_squared(plan: Plan, a: int, b: int) -> int:
    off = plan.add("subtract", a, b)
    return plan.add("multiply", off, off)


def _joined_squares(op: str) -> Callable[[Plan, int, int], int]:
    return lambda plan, a, b: plan.add(op, plan.add("multiply", a, a), plan.add("multiply", b, b))


def matrix_product(plan: Plan, args: Sequence[Register]) -> Register:
    """Return the steps of a product of matrices."""
    a, b = args
    ahead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    (height, inner), (rows, width) = a.shape[-2:], b.shape[-2:]
    if inner != rows:
        raise NoStepsError
    for arg in args:
        arg.require(NUMBER)
    left = a.numbers((*ahead, height, inner))
    right = b.numbers((*ahead, inner, width))
    out = []
    for block in range(int(np.prod(ahead))):
        for r in range(height):
            at = (block * height + r) * inner
            row = left[at : at + inner]
            for c in range(width):
                start = block * inner * width + c
                column = right[start : start + (inner - 1) * width + 1 : width]
                products = zip(row, column, strict=True)
                out.append(_sum(plan, [plan.add("multiply", x, y) for x, y in products]))
    return Register((*ahead, height, width), out)


def transposed(plan: Plan, args: Sequence[Register]) -> Register:
    """Return an array with rows for columns."""
    (arg,) = args
    order = np.arange(len(arg.steps)).reshape(arg.shape).swapaxes(-1, -2)
    places = order.ravel().tolist()
    kinds = None if arg.kinds is None else [arg.kinds[i] for i in places]
    return Register(order.shape, [arg.steps[i] for i in places], kinds)


def as_is(plan: Plan, args: Sequence[Register]) -> Register:
    """Return the argument."""
    return args[0]


def power(plan: Plan, args: Sequence[Register]) -> Register:
    """Return the steps of a power; 0^0 is an error."""
    if any(plan.constant(step) == 0.0 for step in args[1].steps):
        raise NoStepsError
    return each(args, lambda a, b: plan.power(a, b))


def logarithm(plan: Plan, args: Sequence[Register]) -> Register:
    """Return the steps of a logarithm, to the base 10 if none is given."""
    if len(args) == 1:
        return each(args, lambda a: plan.add("log10", a))
    return each(args, lambda a, b: plan.add("divide", plan.add("log", a), plan.add("log", b)))


def truth(op: str, *kinds: int) -> Steps:
    """Return the steps of what is true or false, of arguments that are of some kinds."""

    def written(plan: Plan, args: Sequence[Register]) -> Register:
        for arg in args:
            arg.require(*kinds)
        out = each(args, lambda *one: plan.add(op, *one))
        return Register(out.shape, out.steps, [BOOL] * len(out.steps))

    return written


def _joined(op: str) -> Steps:
    """Join conditions: AND, OR."""

    def written(plan: Plan, args: Sequence[Register]) -> Register:
        for arg in args:
            arg.require(NUMBER, BOOL)
        taken = [Register(arg.shape, arg.steps, None, literal=arg.literal) for arg in args]
        ahead, ranges = numbers_in_ranges(taken)
        count = len(ranges)
        return Register((*ahead, 1, 1), [plan.add(op, *one) for one in ranges], [BOOL] * count)

    return written


def choice(plan: Plan, args: Sequence[Register]) -> Register:
    """Return the steps of IF, where both values are of one kind."""
    if len(args) < 3:
        raise NoStepsError
    condition, yes, no = args
    condition.require(NUMBER, BOOL, BLANK)
    kind = _one_kind(yes, no)
    out = each(args, lambda *one: plan.add("if", *one))
    return Register(out.shape, out.steps, [kind] * len(out.steps) if kind else None)


def _one_kind(*args: Register) -> int:
    """Return the kind of everything in some registers.

    Raises:
        NoStepsError: there are several, or it is neither numbers nor booleans.
    """
    kinds = {kind for arg in args for kind in arg.kinds or [NUMBER]}
    if len(kinds) > 1 or not kinds <= {NUMBER, BOOL}:
        raise NoStepsError
    return kinds.pop()


def value_or_other(plan: Plan, args: Sequence[Register]) -> Register:
    """Take the value: an error in it ends the straight line."""
    value, other = args
    kind = _one_kind(value)
    shape = np.broadcast_shapes(value.shape, other.shape)
    steps = value.numbers(shape)
    plan.check(steps)
    return Register(shape, steps, [kind] * len(steps) if kind else None)


total, squares, average, product = map(_statistic, (_sum, _squares, _average, _product))
greatest, least = _extreme("greatest"), _extreme("least")
squares_of_differences = _pairs(_off_squared)
differences_of_squares = _pairs(_joined_squares("subtract"))
sums_of_squares = _pairs(_joined_squares("add"))
all_hold, any_holds = _joined("and"), _joined("or")
