"""Some outputs of a tape as straight-line code, where that is quicker than arrays.

It is made when derivatives are asked for at a single x for the second time: who does so asks again,
where a linear model is read once.
A NumPy call on few numbers takes about as long as eighty steps on floats, so that many cells of
one formula are left to arrays.
"""

from __future__ import annotations

from functools import cached_property
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

MOST_STEPS = 100_000
"""Steps, derivatives included, that are compiled; Python takes some 10 µs for each."""

DENSE = 0.5
"""Share of the entries of an array that vary from which on all are computed."""


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
        self._only_values: _Code | None = None
        self._gradients: dict[int, _Code | None] = {}
        self._entries: list[_Code | None] = []
        self._asked = False

    def values(self, x: Floats) -> Floats | None:
        """Return the outputs (m,) at x (n,), once derivatives have been asked for."""
        if self._only_values is None:
            return None
        found = self._only_values.run(x)
        return None if found is None else found[0]

    def value_and_gradient(self, x: Floats, output: int) -> tuple[Floats, Floats] | None:
        """Return one output, and its derivatives (n,)."""
        if self._is_first():
            return None
        if output not in self._gradients:
            self._gradients[output] = self._gradient(output)
        code = self._gradients[output]
        found = None if code is None else code.run(x)
        return None if found is None else (found[0][0], found[1])

    def values_and_jacobian(self, x: Floats) -> tuple[Floats, Floats] | None:
        """Return the outputs (m,), and their derivatives (m, n)."""
        if self._is_first():
            return None
        code = self._jacobian
        found = None if code is None else code.run(x)
        return None if found is None else (found[0], found[1])

    def values_and_entries(self, x: Floats, pattern: Pattern) -> tuple[Floats, Floats] | None:
        """Return the outputs (m,), and their derivatives (k,) in the places of a pattern.

        Nothing else is computed. The pattern is the same each time.
        """
        if self._is_first():
            return None
        if not self._entries:
            self._entries.append(self._sparse(pattern))
        code = self._entries[0]
        found = None if code is None else code.run(x)
        return None if found is None else (found[0], found[1])

    def _is_first(self) -> bool:
        """Return whether derivatives are asked for the first time."""
        first, self._asked = not self._asked, True
        return first

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
        self._only_values = _Code(plan, [self._outputs(plan)])
        return plan

    def _outputs(self, plan: Plan) -> _Array:
        steps = dict(enumerate(self.steps))
        lost = [i for i, step in steps.items() if step < 0]
        for i in lost:
            steps[i] = plan.number(0.0)
        out = _Array(plan, (len(steps),), steps)
        out.constants[lost] = np.nan
        return out

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
    def _jacobian(self) -> _Code | None:
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
        constants: its flat entries that do not vary, 0 for the others.
        wanted: the steps of the others, or of all.
        places: where the former go; None for all.
    """

    def __init__(self, plan: Plan, shape: tuple[int, ...], steps: Mapping[int, int]) -> None:
        self._shape = shape
        self.constants: Floats = np.zeros(int(np.prod(shape)))
        varying: dict[int, int] = {}
        for place, step in steps.items():
            known = plan.constant(step)
            if known is None:
                varying[place] = step
            else:
                self.constants[place] = known
        self.wanted = list(varying.values())
        self.places: Ints = np.array(list(varying), np.intp)
        self._whole = len(varying) == len(self.constants) and list(varying) == sorted(varying)

    def filled(self, numbers: Floats) -> Floats:
        """Return the array, given the numbers that are wanted."""
        if self._whole:
            return numbers.reshape(self._shape)
        out = self.constants.copy()
        out[self.places] = numbers
        return out.reshape(self._shape)


class _Code:
    """Arrays that one function fills."""

    def __init__(self, plan: Plan, arrays: Sequence[_Array]) -> None:
        self._arrays = arrays
        self._ends = np.cumsum([0, *(len(one.wanted) for one in arrays)]).tolist()
        wanted = [step for one in arrays for step in one.wanted]
        self._function = compiled(plan, wanted, functions_of(plan))

    def run(self, x: Floats) -> list[Floats] | None:
        """Return the arrays at x (n,); None if something is no finite number."""
        try:
            found = self._function(x.tolist())
        except (ArithmeticError, ValueError):
            return None
        if found is None:
            return None
        numbers = np.array(found, np.float64)
        ends = self._ends
        return [one.filled(numbers[ends[i] : ends[i + 1]]) for i, one in enumerate(self._arrays)]
