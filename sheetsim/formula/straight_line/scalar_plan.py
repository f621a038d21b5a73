"""A plan: numbered steps, each an operation on the results of earlier ones.

Equal steps are one step, so that a term which many formulas have is computed once.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.formula.functions import Function


class Step(NamedTuple):
    """One step.

    Attributes:
        op: "number", "cell", or an operation of `rules` and `table`.
        args: the steps that it computes with.
        note: the number itself; which of the cells given; of "call" and "slopes", the position
            in the plan's functions; of "item", which.
    """

    op: str
    args: tuple[int, ...] = ()
    note: Any = None


CALLS = frozenset({"call", "flat_call", "slopes"})
"""Operations that are done by a function, and how it is called: "slopes" gives all derivatives."""


class TooLongError(Exception):
    """The plan has more steps than are worth it."""


class Plan:
    """Steps in order.

    Attributes:
        cells: how many numbers are given.
        steps: see `Step`; the first `cells` of them are these.
        functions: those that a "call" names by position.
        most: how many steps there may be.
        checked: steps whose result may be lost on the way to an output, be it finite or not.
    """

    def __init__(self, cells: int, most: int) -> None:
        self.cells = cells
        self.most = most
        self.steps: list[Step] = []
        self.functions: list[Function] = []
        self.checked: dict[int, None] = {}
        self._known: dict[Step, int] = {}
        for k in range(cells):
            self.add("cell", note=k)

    def add(self, op: str, *args: int, note: Any = None) -> int:
        """Return the number of a step, a new one if there is no equal one.

        Raises:
            TooLongError: there are too many.
        """
        step = Step(op, args, note)
        found = self._known.get(step)
        if found is None:
            found = self._known[step] = len(self.steps)
            if found > self.most + self.cells:
                raise TooLongError
            self.steps.append(step)
        return found

    def number(self, value: float) -> int:
        """Return the step of a constant; 0 and -0 are two."""
        return self.add("number", note=(value, math.copysign(1.0, value)))

    def check(self, steps: Sequence[int]) -> None:
        """See to it that steps are finite, though the outputs may not show it."""
        self.checked.update(dict.fromkeys(steps))

    def constant(self, step: int) -> float | None:
        """Return the number that a step is, None if it is computed."""
        one = self.steps[step]
        return one.note[0] if one.op == "number" else None

    # Arithmetic that derivatives are made of: what is known is not computed -------------------

    def times(self, a: int, b: int) -> int:
        """Return the step of a product."""
        x, y = self.constant(a), self.constant(b)
        if x is not None and y is not None and math.isfinite(x * y):
            return self.number(x * y)
        if y is not None:
            a, b, x = b, a, y
        if x == 1.0:
            return b
        if x == -1.0:
            return self.negative(b)
        return self.add("multiply", a, b)

    def plus(self, a: int, b: int) -> int:
        """Return the step of a sum."""
        x, y = self.constant(a), self.constant(b)
        if x is not None and y is not None and math.isfinite(x + y):
            return self.number(x + y)
        return b if x == 0.0 else a if y == 0.0 else self.add("add", a, b)

    def over(self, a: int, b: int) -> int:
        """Return the step of a quotient."""
        y = self.constant(b)
        if y and math.isfinite(1.0 / y):
            return self.times(self.number(1.0 / y), a)
        return self.add("divide", a, b)

    def negative(self, a: int) -> int:
        """Return the step of the number with the other sign."""
        x, (op, args, _) = self.constant(a), self.steps[a]
        if x is not None:
            return self.number(-x)
        return args[0] if op == "negative" else self.add("negative", a)

    def power(self, a: int, b: int) -> int:
        """Return the step of a power; a square is a product."""
        known = self.constant(b)
        if known == 1.0:
            return a
        if known == 2.0:
            return self.add("multiply", a, a)
        if known == 0.0:
            return self.number(1.0)
        whole = known is not None and known == math.floor(known)
        return self.add("whole_power" if whole else "power", a, b)

    def as_data(self, outputs: list[int]) -> dict[str, Any]:
        """Return the plan and which of its steps are asked for, as JSON has it.

        Each step is [operation, [steps], note]; "number" has its value as note, a call of a
        function its name.
        """
        return {
            "cells": self.cells,
            "steps": [self._data(one) for one in self.steps],
            "outputs": outputs,
        }

    def _data(self, step: Step) -> list[Any]:
        note = step.note
        if step.op == "number":
            note = note[0]
        elif step.op in CALLS:
            note = self.functions[note].name
        return [step.op, list(step.args), note]
