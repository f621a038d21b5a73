"""What the reports say of a solution, before it is laid out; all from the compiled formulas."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sheetsim.solving.limits import reach
from sheetsim.workbook.read.cell_labels import Labels
from sheetsim.workbook.rewrite.solver_reports import (
    Change,
    Limit,
    ReportHead,
    Sensitivity,
    Slack,
)
from sheetsim.workbook.solver_model.areas import Area
from sheetsim.workbook.solver_model.model import Goal, Relation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sheetsim.arrays import Floats
    from sheetsim.book import CellAddress
    from sheetsim.solver.functions import Index
    from sheetsim.solving.run import Solved
    from sheetsim.workbook.solver_model.model import SolverConstraint

MAX_LIMITS = 2_000
"""Variables whose limits are looked for; a table of more is not read."""


@dataclass(frozen=True)
class ReportContent:
    """What the reports say of a solution, before it is laid out."""

    solved: Solved

    @cached_property
    def head(self) -> ReportHead:
        """The lines on top of every report."""
        prepared, solution = self.solved.prepared, self.solved.solution
        details = (
            f"Engine: {solution.engine}",
            f"Status: {solution.status}",
            f"Iterations: {solution.iterations:,}; evaluations: {solution.evaluations:,}",
        )
        name = Path(prepared.book.path).name
        return ReportHead(name, prepared.stored.sheet, solution.message, details)

    @property
    def aim(self) -> str:
        """The goal as Excel's report words it."""
        stored = self.solved.prepared.stored
        words = {Goal.MAXIMIZE: "Max", Goal.MINIMIZE: "Min"}
        return words.get(stored.goal, f"Value of {stored.value:g}")

    @property
    def linear(self) -> bool:
        """Whether the engine knows ranges, as it does of linear models."""
        return self.solved.solution.ranges is not None

    @cached_property
    def objective(self) -> Change | None:
        """The objective before and after: at the workbook's own values, wherever a search began."""
        prepared = self.solved.prepared
        area, compiled = prepared.stored.objective, prepared.compiled
        if area is None:
            return None
        with np.errstate(all="ignore"):
            before = float(compiled.function.values(compiled.start)[0])
        name = self._label((area.sheet, area.first))
        return Change(area.absolute, name, before, self.solved.solution.objective)

    @cached_property
    def variables(self) -> list[Change]:
        """Every variable before and after: before, it has the workbook's own value."""
        compiled, solution = self.solved.prepared.compiled, self.solved.solution
        kinds = np.full(compiled.n, "Contin", object)
        kinds[compiled.integer], kinds[compiled.binary] = "Integer", "Binary"
        for group in compiled.different:
            kinds[group] = "AllDiff"
        own = compiled.start[: compiled.n]
        rows = zip(compiled.cells, own, solution.variables, kinds, strict=True)
        return [
            Change(_absolute(address), self._label(address), float(before), float(after), kind)
            for address, before, after, kind in rows
        ]

    @cached_property
    def constraints(self) -> list[Slack]:
        """Every constraint, bounds too, row by row, at the solution."""
        return [slack for stored in self._stored for slack in self.slacks(stored)]

    @property
    def has_worth(self) -> bool:
        """Whether the engine knows what small changes are worth."""
        return bool(np.isfinite(self.solved.solution.reduced_gradients).any())

    @cached_property
    def variable_sensitivities(self) -> list[Sensitivity]:
        """What a small change of a variable is worth."""
        solution = self.solved.solution
        worth, ranges = solution.reduced_gradients, solution.ranges
        return [
            Sensitivity(
                change.cell,
                change.name,
                change.after,
                float(worth[i]),
                *(
                    (float(ranges.cost[i]), float(ranges.cost_up[i]), float(ranges.cost_down[i]))
                    if ranges is not None
                    else ()
                ),
            )
            for i, change in enumerate(self.variables)
        ]

    @cached_property
    def constraint_sensitivities(self) -> list[Sensitivity]:
        """What a small change of a right-hand side is worth; bounds are not among them."""
        compiled, solution = self.solved.prepared.compiled, self.solved.solution
        values, out = self._values, []
        for k, (block, row) in enumerate(zip(compiled.blocks, solution.constraints, strict=True)):
            for i, place in enumerate(block.left.tolist()):
                address = compiled.outputs[place]
                limits: tuple[float, ...] = ()
                if solution.ranges is not None:
                    right = self._right(block.right, block.number, i)
                    up, down = solution.ranges.rhs_up[k][i], solution.ranges.rhs_down[k][i]
                    limits = (right, float(up), float(down))
                worth = float(row.multipliers[i])
                at = (_absolute(address), self._label(address), float(values[place]))
                out.append(Sensitivity(*at, worth, *limits))
        return out

    @cached_property
    def limits(self) -> list[Limit]:
        """How far each variable can go, the others held; empty for very many, or whole numbers."""
        compiled = self.solved.prepared.compiled
        if compiled.n > MAX_LIMITS or compiled.model(compiled.start[compiled.n :]).whole.any():
            return []
        ends = [reach(self.solved, sign) for sign in (-1.0, 1.0)]
        found = []
        for i, change in enumerate(self.variables):
            sides: list[float | None] = []
            for values, objectives in ends:
                known = math.isfinite(values[i])
                sides += [float(values[i]), float(objectives[i])] if known else [None, None]
            found.append(Limit(change.cell, change.name, change.after, *sides))
        return found

    @property
    def why_no_limits(self) -> str:
        """Why there are no limits."""
        if self.objective is None:
            return "The model has no objective."
        if self.solved.prepared.compiled.n > MAX_LIMITS:
            return f"There are more than {MAX_LIMITS:,} variables."
        return "The model has whole numbers, of which none can move alone by a little."

    @property
    def trials(self) -> dict[str, list[float | None]]:
        """The improvements on the way, by heading; a quantity that the engine has not is left out.

        The objective stands second, beside the number of the trial, for the chart.
        """
        logged = self.solved.solution.columns()
        columns: dict[str, list[float | None]] = {"trial": list(range(len(logged["objective"])))}
        for name in ("objective", *logged):
            values = [value if math.isfinite(value) else None for value in logged[name]]
            if any(value is not None for value in values):
                columns[name] = values
        return columns

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, for JSON."""
        both = self.variable_sensitivities, self.constraint_sensitivities
        tables: dict[str, Sequence[Any]] = {
            "variables": self.variables,
            "constraints": self.constraints,
            "variable_sensitivities": both[0],
            "constraint_sensitivities": both[1],
            "limits": self.limits,
        }
        found: dict[str, Any] = {
            "objective": None if self.objective is None else asdict(self.objective),
            **{name: [asdict(row) for row in rows] for name, rows in tables.items()},
            "trials": self.trials,
        }
        return {**self.solved.as_dict(), "report": found}

    @property
    def _stored(self) -> Iterable[SolverConstraint]:
        return self.solved.prepared.stored.constraints

    @cached_property
    def _values(self) -> Floats:
        """All outputs at the solution."""
        compiled = self.solved.prepared.compiled
        parameters = compiled.start[compiled.n :]
        return compiled.function.values(np.append(self.solved.solution.variables, parameters))

    @cached_property
    def _known(self) -> dict[CellAddress, float]:
        """Every cell of the model with its value at the solution."""
        compiled = self.solved.prepared.compiled
        known = dict(compiled.fixed)
        known |= zip(compiled.outputs, map(float, self._values), strict=True)
        return known | dict(
            zip(compiled.cells, map(float, self.solved.solution.variables), strict=True)
        )

    @cached_property
    def _labels(self) -> dict[str, Labels]:
        book = self.solved.prepared.book
        sheets = {sheet for sheet, _ in self.solved.prepared.compiled.cells}
        sheets |= {sheet for sheet, _ in self._known}
        return {sheet: Labels(book.sheets[sheet]) for sheet in sheets}

    def _label(self, address: CellAddress) -> str:
        return self._labels[address[0]].of(address[1])

    def _right(self, right: Index | None, number: float, i: int) -> float:
        if right is None:
            return number
        return float(self._values[right[i if right.size > 1 else 0]])

    def slacks(self, stored: SolverConstraint) -> list[Slack]:
        """One of the stored constraints, row by row, at the solution."""
        known, options = self._known, self.solved.prepared.options
        addresses = [(area.sheet, place) for area in stored.left for place in area.places()]
        if not stored.relation.compares:
            kind = stored.relation.sign
            return [
                Slack(
                    *(_absolute(address), self._label(address), known[address]),
                    f"{_short(address)}={kind}",
                    None,
                    True,
                )
                for address in addresses
            ]
        found = []
        rights = list(stored.right.places()) if isinstance(stored.right, Area) else []
        for i, address in enumerate(addresses):
            value = known[address]
            right, shown = self._other_side(stored, rights, i)
            slack = right - value if stored.relation is Relation.AT_MOST else value - right
            if stored.relation is Relation.EQUAL:
                slack = -abs(slack)
            binding = abs(slack) <= options.precision * max(1.0, abs(right))
            formula = f"{_short(address)}{stored.relation.sign}{shown}"
            slack = 0.0 if binding else slack
            label = self._label(address)
            found.append(Slack(_absolute(address), label, value, formula, slack, binding))
        return found

    def _other_side(
        self, stored: SolverConstraint, rights: list[tuple[int, int]], i: int
    ) -> tuple[float, str]:
        """The right-hand side's value, and how a formula shows it."""
        compiled = self.solved.prepared.compiled
        if isinstance(stored.right, Area):
            place = rights[i if len(rights) > 1 else 0]
            address = (stored.right.sheet, place)
            return self._known[address], _short(address)
        if isinstance(stored.right, float):
            return stored.right, f"{stored.right:.12g}"
        address = compiled.formulas[str(stored.right)]
        return self._known[address], str(stored.right)


def _absolute(address: CellAddress) -> str:
    return Area(address[0], address[1], address[1]).absolute


def _short(address: CellAddress) -> str:
    return _absolute(address).rpartition("!")[2]
