"""Some outputs of a tape as straight-line code, where that is quicker than arrays.

A NumPy call on few numbers takes about as long as eighty steps on floats, so that many cells of
one formula are left to arrays. To write and compile a step takes about as long as to compute it,
with its derivatives, by NumPy once, so that the code is made when anything is asked for. Which way
a number is computed does not depend on what was asked before: the last digits of all answers are
the same in whatever order, and in however many processes, they are found.
"""

from __future__ import annotations

from functools import cached_property
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from sheetsim.arrays import Floats
from sheetsim.formula.functions._steps import NoStepsError
from sheetsim.formula.straight_line.calls_of_functions import functions_of
from sheetsim.formula.straight_line.lowering import Lowering
from sheetsim.formula.straight_line.reverse import Reverse
from sheetsim.formula.straight_line.scalar_plan import Plan, TooLongError
from sheetsim.formula.straight_line.write import compiled
from sheetsim.formula.values import Ints

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sheetsim.formula.autodiff.sparsity import Pattern
    from sheetsim.formula.autodiff.tape import Tape

STEPS_FOR_A_CALL = 80
"""Steps on floats that take as long as one NumPy call on few numbers."""

MOST_STEPS = 60_000
"""Steps, derivatives included, that are compiled; for each it takes some 15 µs and 3 KB."""

SMALL = 64
"""Numbers that are returned as a list at once as quickly as those of them that vary."""


_FLOAT = np.dtype(np.float64)
_BYTES = _FLOAT.itemsize


class StraightLine:
    """Outputs of a tape as code for one x at a time.

    What it returns is None wherever the tape is to be asked.

    Args:
        tape: the calls.
        slots: (m,) the tape's numbers of the outputs.

    Attributes:
        steps: (m,) the plan's steps of the outputs, -1 for one that is no number.
    """

    def __init__(self, tape: Tape, slots: Ints) -> None:
        self.steps: list[int] = []
        self._tape = tape
        self._slots: list[int] = slots.tolist()
        self._gradients: dict[int, _Code | None] = {}
        self._entries: list[_Code | None] = []

    def values(self, x: Floats) -> Floats | None:
        """Return the outputs (m,) at x (n,)."""
        code = self._only_values
        found = None if code is None else code.run(x)
        return None if found is None else found[0]

    def value_and_gradient(self, x: Floats, output: int) -> tuple[Floats, Floats] | None:
        """Return one output, and its derivatives (n,)."""
        if output not in self._gradients:
            self._gradients[output] = self._gradient(output)
        code = self._gradients[output]
        found = None if code is None else code.run(x)
        return None if found is None else (found[0][0], found[1])

    def values_and_jacobian(self, x: Floats) -> tuple[Floats, Floats] | None:
        """Return the outputs (m,), and their derivatives (m, n)."""
        code = self.jacobian_code
        return None if code is None else code.run(x)  # type: ignore[return-value]

    def values_and_entries(self, x: Floats, pattern: Pattern) -> tuple[Floats, Floats] | None:
        """Return the outputs (m,), and their derivatives (k,) in the places of a pattern.

        Nothing else is computed. The pattern is the same each time.
        """
        if not self._entries:
            self._entries.append(self._sparse(pattern))
        code = self._entries[0]
        found = None if code is None else code.run(x)
        return None if found is None else (found[0], found[1])

    @cached_property
    def plan(self) -> Plan | None:
        """The steps of the outputs, to which those of derivatives are added; None if too many."""
        calls = self._tape.calls
        most = STEPS_FOR_A_CALL * sum(len(call.runs) for call in calls)
        largest = max(
            (max(c.slots.size, *(g.index.size for g in c.gathers)) for c in calls), default=0
        )
        if largest > most:
            return None
        plan = Plan(self._tape.size, min(most, MOST_STEPS))
        try:
            lowered = Lowering(calls, self._tape.base, plan)
            self.steps = [lowered.step(slot) for slot in self._slots]
        except (TooLongError, NoStepsError):
            return None
        plan.most = MOST_STEPS
        self._reverse = Reverse(plan)
        return plan

    @cached_property
    def _only_values(self) -> _Code | None:
        plan = self.plan
        return None if plan is None else _Code(plan, [self._outputs(plan)])

    def _outputs(self, plan: Plan) -> _Array:
        good = {i: step for i, step in enumerate(self.steps) if step >= 0}
        return _Array(plan, (len(self.steps),), good, missing=np.nan)

    def _gradient(self, output: int) -> _Code | None:
        plan = self.plan
        if plan is None or self.steps[output] < 0:
            return None
        try:
            slopes = self._reverse.gradient(self.steps[output])
        except TooLongError:
            return None
        value = _Array(plan, (1,), {0: self.steps[output]})
        return _Code(plan, [value, _Array(plan, (plan.cells,), slopes)])

    @cached_property
    def _rows(self) -> list[dict[int, int]] | None:
        """For each output, variable -> the step of its derivative by it; None if too many."""
        plan = self.plan
        if plan is None:
            return None
        try:
            return [self._reverse.gradient(step) if step >= 0 else {} for step in self.steps]
        except TooLongError:
            return None

    @cached_property
    def jacobian_code(self) -> _Code | None:
        """The code of `values_and_jacobian`; None if there is none."""
        plan, rows = self.plan, self._rows
        if plan is None or rows is None:
            return None
        n = plan.cells
        slopes = {i * n + k: step for i, row in enumerate(rows) for k, step in row.items()}
        return _Code(plan, [self._outputs(plan), _Array(plan, (len(rows), n), slopes)])

    def _sparse(self, pattern: Pattern) -> _Code | None:
        plan, rows = self.plan, self._rows
        if plan is None or rows is None:
            return None
        places = zip(pattern.rows.tolist(), pattern.columns.tolist(), strict=True)
        steps = {k: rows[i][j] for k, (i, j) in enumerate(places) if j in rows[i]}
        if len(steps) < sum(map(len, rows)):
            return None
        return _Code(plan, [self._outputs(plan), _Array(plan, (pattern.columns.size,), steps)])


class _Array:
    """An array that code fills.

    Attributes:
        constants: its flat entries that do not vary, `missing` for those that have no step.
        wanted: the steps of the others, or of all.
    """

    def __init__(
        self,
        plan: Plan,
        shape: tuple[int, ...],
        steps: Mapping[int, int],
        *,
        missing: float = 0.0,
    ) -> None:
        size = int(np.prod(shape))
        self.constants: Floats = np.full(size, missing)
        varying: dict[int, int] = {}
        for place, step in sorted(steps.items()):
            known = plan.constant(step)
            if known is None:
                varying[place] = step
            else:
                self.constants[place] = known
        self._shape = shape
        self._places: Ints | None = None
        if len(varying) == size or ((missing == 0.0 or len(steps) == size) and size <= SMALL):
            nothing = plan.number(0.0)
            self.wanted = [steps.get(place, nothing) for place in range(size)]
        else:
            self.wanted = list(varying.values())
            self._places = np.array(list(varying), np.intp)

    def filled(self, buffer: bytearray, start: int) -> Floats:
        """Return the array, given the numbers that are wanted, from a byte on."""
        if self._places is None:
            return np.ndarray(self._shape, _FLOAT, buffer, start)
        out = self.constants.copy()
        out[self._places] = np.ndarray(self._places.size, _FLOAT, buffer, start)
        return out.reshape(self._shape)


class _Code:
    """One or two arrays that one function fills.

    Floats are packed as bytes: that takes a third of the time that NumPy takes to read a list.

    Attributes:
        function: floats in, floats out.
    """

    def __init__(self, plan: Plan, arrays: Sequence[_Array]) -> None:
        self._arrays = arrays
        wanted = [step for one in arrays for step in one.wanted]
        self._second = _BYTES * len(arrays[0].wanted)
        self._size = _BYTES * len(wanted)
        self._pack = Struct(f"{len(wanted)}d").pack_into
        self.function = compiled(plan, wanted, functions_of(plan))

    def run(self, x: Floats) -> Sequence[Floats] | None:
        """Return the arrays at x (n,); None if something is no finite number."""
        try:
            found = self.function(x.tolist())
        except (ArithmeticError, ValueError):
            return None
        if found is None:
            return None
        buffer, arrays = bytearray(self._size), self._arrays
        self._pack(buffer, 0, *found)
        first = arrays[0].filled(buffer, 0)
        return (first,) if len(arrays) == 1 else (first, arrays[1].filled(buffer, self._second))
