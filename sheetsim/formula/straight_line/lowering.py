"""From the calls of a tape to a plan: each number that a call computes becomes steps.

A register of a call holds numbers for a block of cells; here it holds their steps. What the cells
are (numbers, booleans, texts) is known as the plan is made: a formula whose result may be of one
kind at one x and of another at the next is not taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.formula.functions import Function
from sheetsim.formula.functions._steps import NoStepsError, Register, each, numbers_in_ranges
from sheetsim.formula.straight_line.scalar_plan import Plan
from sheetsim.formula.values import BLANK, ERROR, NUMBER, ArrayValue, Ints

if TYPE_CHECKING:
    from sheetsim.formula.autodiff.calls import Call, State


class Lowering:
    """A plan in the making.

    Args:
        calls: of the tape.
        base: the values of all slots; the first `cells` of them are the variables.
        plan: empty.

    Raises:
        NoStepsError: something cannot be said in steps.
        TooLongError: it takes too many of them.
    """

    def __init__(self, calls: Sequence[Call], base: State, plan: Plan) -> None:
        self._plan = plan
        self._base = base
        self._known = {k: (k, NUMBER) for k in range(plan.cells)}
        for call in calls:
            self._take(call)

    def step(self, slot: int) -> int:
        """Return the step of a slot, -1 of one that is no number at any x."""
        return self._known[slot][0] if slot in self._known else self._constant(slot)[0]

    def _constant(self, slot: int) -> tuple[int, int]:
        """Return the step of a slot that does not change, and its kind."""
        value, kind = float(self._base.num[slot]), int(self._base.kind[slot])
        found = self._plan.number(value) if np.isfinite(value) else -1
        self._known[slot] = found, kind
        return self._known[slot]

    def _take(self, call: Call) -> None:
        """Take a call apart."""
        plan = self._plan
        registers: list[Register | None] = [None] * len(call.registers)
        for i, value in enumerate(call.registers):
            if value is not None:
                registers[i] = self._fixed(value)
        for gather in call.gathers:
            registers[gather.register] = self._gathered(gather.index)
        for run in call.runs:
            args = [registers[i] for i in run.args]
            assert None not in args  # noqa: S101 - they are computed in order
            registers[run.out] = in_steps(plan, run.function, args)  # type: ignore[arg-type]
        root = registers[call.root]
        assert root is not None  # noqa: S101 - likewise
        slots = call.slots.ravel().tolist()
        kinds = [NUMBER] * len(slots) if root.kinds is None else root.spread_kinds(call.slots.shape)
        for slot, step, kind in zip(slots, root.spread(call.slots.shape), kinds, strict=True):
            if step < 0 or kind == ERROR:
                raise NoStepsError
            self._known[slot] = step, NUMBER if kind == BLANK else kind

    def _fixed(self, value: ArrayValue) -> Register:
        if value.num.size > self._plan.most:
            raise NoStepsError
        finite = np.isfinite(value.num).ravel().tolist()
        steps = [
            self._plan.number(one) if good else -1
            for one, good in zip(value.num.ravel().tolist(), finite, strict=True)
        ]
        kinds = None
        if value.kind is not None:
            kinds = np.broadcast_to(value.kind, value.shape).ravel().tolist()
        return Register(value.shape, steps, kinds, literal=value.literal)

    def _gathered(self, index: Ints) -> Register:
        known = self._known
        found = [
            known[slot] if slot in known else self._constant(slot)
            for slot in index.ravel().tolist()
        ]
        kinds = [kind for _, kind in found]
        return Register(
            index.shape, [step for step, _ in found], kinds if any(kinds) else None, literal=False
        )


def in_steps(plan: Plan, function: Function, args: Sequence[Register]) -> Register:
    """Return a function's result.

    Raises:
        NoStepsError: it cannot be computed in steps.
        TooLongError: it takes too many.
    """
    steps = function.steps
    if isinstance(steps, str):
        op = steps
        return each(args, lambda *one: plan.add(op, *one))
    found = None if steps is None else steps(plan, args)
    return _call(plan, function, args) if found is None else found


def _call(plan: Plan, function: Function, args: Sequence[Register]) -> Register:
    """Let the table of functions compute it, with numbers alone."""
    if function not in plan.functions:
        plan.functions.append(function)
    at = plan.functions.index(function)
    op = "flat_call" if function.in_steps else "call"
    for arg in args:
        arg.require(NUMBER)
    if function.kind == "elementwise":
        return each(args, lambda *one: plan.add(op, *one, note=at))
    if function.kind != "statistic":
        raise NoStepsError
    ahead, ranges = numbers_in_ranges(args)
    if not all(ranges):
        raise NoStepsError
    return Register((*ahead, 1, 1), [plan.add(op, *one, note=at) for one in ranges])
