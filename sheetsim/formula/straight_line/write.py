"""From a plan to a Python function, by the table."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sheetsim.formula.straight_line import table
from sheetsim.formula.straight_line.rules import absorbed
from sheetsim.formula.straight_line.scalar_plan import Plan
from sheetsim.formula.straight_line.table import NAMES, Straight

DEEPEST = 12
"""Steps that are written into each other before one gets a name."""


def compiled(
    plan: Plan, wanted: Sequence[int], functions: Sequence[Sequence[Callable[..., Any]]]
) -> Straight:
    """Return a function that computes some steps of a plan.

    Args:
        plan: the steps.
        wanted: those that it returns.
        functions: value and slopes of each of the plan's functions.
    """
    text = written_function(plan, wanted)
    names: dict[str, Any] = {**NAMES, "__builtins__": {}}
    for position, (value, slopes) in enumerate(functions):
        names[table.value_name(position)] = value
        names[table.slopes_name(position)] = slopes
    exec(compile(text, "<straight line>", "exec"), names)  # noqa: S102 - our own text
    straight: Straight = names["straight"]
    return straight


def written_function(plan: Plan, wanted: Sequence[int]) -> str:
    """Return the text of a function `straight(x)`, x the cells given, in order.

    It returns the wanted numbers as a list, None if one that matters is not finite.
    """
    checked = list(plan.checked)
    needed = _needed(plan, [*wanted, *checked])
    for at in needed:
        op, args, _ = plan.steps[at]
        checked += absorbed(op, args)
    checked = [at for at in dict.fromkeys(checked) if plan.constant(at) is None]
    writing = _Writing(plan, _uses(plan, needed, [*wanted, *checked]))
    for at in needed:
        writing.write(at)
    names = [table.cell(k) for k in range(plan.cells)]
    return table.function(
        writing.lines,
        names,
        [writing.text(at) for at in wanted],
        [writing.text(at) for at in checked],
    )


def _needed(plan: Plan, wanted: Iterable[int]) -> list[int]:
    """Return the steps that some need, themselves included, in order."""
    found: set[int] = set()
    todo = list(wanted)
    while todo:
        at = todo.pop()
        if at not in found:
            found.add(at)
            todo += plan.steps[at].args
    return sorted(found)


def _uses(plan: Plan, needed: Iterable[int], named: Iterable[int]) -> dict[int, int]:
    """Return how often each step is used; those that are to have a name, twice at least."""
    uses = dict.fromkeys(named, 2)
    for at in needed:
        for one in plan.steps[at].args:
            uses[one] = uses.get(one, 0) + 1
    return uses


class _Writing:
    """The lines of a function in the making."""

    def __init__(self, plan: Plan, uses: Mapping[int, int]) -> None:
        self._plan, self._uses = plan, uses
        self._texts: dict[int, str] = {}
        self._depths: dict[int, int] = {}
        self.lines: list[str] = []

    def text(self, at: int) -> str:
        """Return how a step that is written is called."""
        return self._texts[at]

    def write(self, at: int) -> None:
        """Write a step: a line of its own, or kept for the one step that uses it."""
        op, args, note = self._plan.steps[at]
        if op == "cell":
            self._texts[at] = table.cell(note)
            return
        if op == "number":
            self._texts[at] = table.number(note[0])
            return
        depth = 1 + max((self._depths.get(one, 0) for one in args), default=0)
        right = self._right(op, [self._texts[one] for one in args], note)
        if self._uses[at] > 1 or depth > DEEPEST or op == "slopes":
            self._texts[at] = table.step(at)
            self.lines.append(f"{self._texts[at]} = {right}")
        else:
            self._texts[at], self._depths[at] = f"({right})", depth

    def _right(self, op: str, args: list[str], note: Any) -> str:
        if op == "item":
            return table.item(args[0], note)
        if op in {"call", "flat_call"}:
            return table.called(table.value_name(note), args)
        if op == "slopes":
            return table.called(table.slopes_name(note), args)
        return table.written(op, args)
