"""The reports on a solution as sheets, laid out as Excel's Solver lays out its own.

*Answer*: objective, variables and constraints before and after, and how much room each
constraint leaves (its slack). *Sensitivity*: what the objective would gain if a variable or a
right-hand side moved by one. *Limits*: how far each variable can go alone, the others held, and
what the objective is there. *Trials*: the way there, with a chart.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.workbook.rewrite.line_chart import LineChart
from sheetsim.workbook.rewrite.new_sheets import Heading, NewSheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sheetsim.book import Value


@dataclass(frozen=True, slots=True)
class ReportHead:
    """What stands on top of every report.

    Attributes:
        workbook: the file's name.
        sheet: the sheet that the model is stored with.
        status: how the solve ended, in a plain sentence.
        details: further lines, such as the method and the time.
    """

    workbook: str
    sheet: str
    status: str
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A cell before and after.

    Attributes:
        cell: such as `Sheet1!$B$4`.
        name: the words beside it, "" if there are none.
        before: its value at the start.
        after: its value at the end.
        kind: of a variable: "Contin", "Integer", "Binary" or "AllDiff".
    """

    cell: str
    name: str
    before: float
    after: float
    kind: str = "Contin"


@dataclass(frozen=True, slots=True)
class Slack:
    """A constraint at the end.

    Attributes:
        cell: on its left-hand side.
        name: the words beside it.
        value: of the cell.
        formula: the constraint, such as `$D$4<=$F$4`.
        slack: how far it is from its bound, None for integer and the like.
        binding: whether it stands at its bound.
    """

    cell: str
    name: str
    value: float
    formula: str
    slack: float | None
    binding: bool


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """What a small change is worth.

    Attributes:
        cell: a variable, or the left-hand side of a constraint.
        name: the words beside it.
        value: at the end.
        worth: of a variable its reduced gradient, of a constraint its Lagrange multiplier; of a
            linear model the reduced cost and the shadow price.
        base: of a linear model: the variable's coefficient in the objective, the constraint's
            right-hand side.
        increase: how far `base` may grow before `worth` changes; infinite is written 1E+30.
        decrease: how far it may shrink.
    """

    cell: str
    name: str
    value: float
    worth: float
    base: float | None = None
    increase: float | None = None
    decrease: float | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """How far a variable can go, the others held.

    Attributes:
        cell: the variable.
        name: the words beside it.
        value: at the end.
        lower: the least that the constraints allow; None if there is no limit.
        lower_objective: the objective there.
        upper: the most.
        upper_objective: the objective there.
    """

    cell: str
    name: str
    value: float
    lower: float | None = None
    lower_objective: float | None = None
    upper: float | None = None
    upper_objective: float | None = None


def answer_report(
    head: ReportHead,
    aim: str,
    objective: Change | None,
    variables: Sequence[Change],
    constraints: Sequence[Slack],
) -> NewSheet:
    """Return the sheet "Answer Report 1"; `aim` is "Min", "Max" or "Value of 5"."""
    rows = _head("Answer Report", head)
    if objective is not None:
        rows += [Heading([f"Objective Cell ({aim})"])]
        rows += [Heading(["Cell", "Name", "Original Value", "Final Value"])]
        rows += [[objective.cell, objective.name, objective.before, objective.after], []]
    rows += [Heading(["Variable Cells"])]
    rows += [Heading(["Cell", "Name", "Original Value", "Final Value", "Type"])]
    rows += [[one.cell, one.name, one.before, one.after, one.kind] for one in variables]
    rows += [[], Heading(["Constraints"])]
    if constraints:
        rows.append(Heading(_SLACKS))
        rows += [_slack_row(one) for one in constraints]
    else:
        rows.append(["NONE"])
    return NewSheet("Answer Report", _storable(rows))


def sensitivity_report(
    head: ReportHead,
    variables: Sequence[Sensitivity],
    constraints: Sequence[Sensitivity],
    *,
    linear: bool,
) -> NewSheet:
    """Return the sheet "Sensitivity Report 1", with the wider table of a linear model or not."""
    rows = _head("Sensitivity Report", head)
    ranges: list[Value] = ["Allowable Increase", "Allowable Decrease"] if linear else []
    rows += [Heading(["Variable Cells"])]
    first: list[Value] = ["Cell", "Name", "Final Value"]
    if linear:
        rows.append(Heading([*first, "Reduced Cost", "Objective Coefficient", *ranges]))
    else:
        rows.append(Heading([*first, "Reduced Gradient"]))
    rows += [_sensitivity_row(one, linear=linear) for one in variables]
    rows += [[], Heading(["Constraints"])]
    if constraints and linear:
        rows.append(Heading([*first, "Shadow Price", "Constraint R.H. Side", *ranges]))
    elif constraints:
        rows.append(Heading([*first, "Lagrange Multiplier"]))
    else:
        rows.append(["NONE"])
    rows += [_sensitivity_row(one, linear=linear) for one in constraints]
    return NewSheet("Sensitivity Report", _storable(rows))


def limits_report(head: ReportHead, objective: Change, variables: Sequence[Limit]) -> NewSheet:
    """Return the sheet "Limits Report 1"."""
    rows = _head("Limits Report", head)
    rows += [Heading(["Objective"]), Heading(["Cell", "Name", "Value"])]
    rows += [[objective.cell, objective.name, objective.after], [], Heading(["Variables"])]
    ends = ("Lower Limit", "Objective Result", "Upper Limit", "Objective Result")
    rows.append(Heading(["Cell", "Name", "Value", *ends]))
    for one in variables:
        lower, upper = one.lower is not None, one.upper is not None
        rows.append(
            [
                *(one.cell, one.name, one.value),
                *((one.lower, one.lower_objective) if lower else ("no limit", None)),
                *((one.upper, one.upper_objective) if upper else ("no limit", None)),
            ]
        )
    return NewSheet("Limits Report", _storable(rows))


def no_limits_report(head: ReportHead, why: str) -> NewSheet:
    """Return a sheet "Limits Report 1" that says why there are no limits."""
    rows = [*_head("Limits Report", head), Heading(["There are no limits"]), [why]]
    return NewSheet("Limits Report", _storable(rows))


def feasibility_report(head: ReportHead, title: str, constraints: Sequence[Slack]) -> NewSheet:
    """Return the sheet "Feasibility Report 1"; `title` says what its constraints are."""
    rows = _head("Feasibility Report", head)
    rows += [Heading([title]), Heading(_SLACKS)]
    rows += [_slack_row(one) for one in constraints]
    return NewSheet("Feasibility Report", _storable(rows))


def linearity_report(
    head: ReportHead,
    aim: str,
    objective: tuple[Change, bool] | None,
    constraints: Sequence[tuple[Slack, bool]],
    ends: Sequence[tuple[str, str]],
) -> NewSheet:
    """Return the sheet "Linearity Report 1".

    Args:
        head: of the report.
        aim: "Min", "Max" or "Value of 5".
        objective: with whether it is linear.
        constraints: likewise.
        ends: the cells at which linearity ends, with their formulas.
    """
    words = {True: "Yes", False: "No"}
    rows = _head("Linearity Report", head)
    if objective is not None:
        one, linear = objective
        rows += [Heading([f"Objective Cell ({aim})"])]
        rows += [Heading(["Cell", "Name", "Original Value", "Final Value", "Linear Function"])]
        rows += [[one.cell, one.name, one.before, one.after, words[linear]], []]
    rows += [Heading(["Constraints"])]
    rows += [Heading(["Cell", "Name", "Cell Value", "Formula", "Linear Function"])]
    rows += [
        [one.cell, one.name, one.value, one.formula, words[linear]] for one, linear in constraints
    ]
    rows += [[], Heading(["Cells at which linearity ends"]), Heading(["Cell", "Formula"])]
    rows += [list(end) for end in ends]
    return NewSheet("Linearity Report", _storable(rows))


def _slack_row(one: Slack) -> list[Value]:
    status = "Binding" if one.binding else "Not Binding"
    if one.slack is not None and one.slack < 0:
        status = "Violated"
    return [one.cell, one.name, one.value, one.formula, status, one.slack]


_SLACKS = ("Cell", "Name", "Cell Value", "Formula", "Status", "Slack")
"""The columns of constraints."""


def trials_sheet(columns: Sequence[str], trials: Sequence[Sequence[float | None]]) -> NewSheet:
    """Return the sheet "Trials": one row a trial, and a chart of the objective by trial.

    Args:
        columns: titles; the first is the trial's number, the second the objective.
        trials: the rows.
    """
    rows: list[list[Value]] = [Heading(columns)]
    rows += [list(trial) for trial in trials]
    chart = LineChart(f"{columns[1]} by {columns[0]}", 0, 1, 1, len(trials)) if trials else None
    return NewSheet("Trials", _storable(rows), chart, numbered=False)


def _head(title: str, head: ReportHead) -> list[list[Value]]:
    lines = [
        f"sheetsim {title}",
        f"Worksheet: [{head.workbook}]{head.sheet}",
        f"Result: {head.status}",
        *head.details,
    ]
    rows: list[list[Value]] = [[line] for line in lines]
    rows[0] = Heading(rows[0])
    return [*rows, []]


def _sensitivity_row(one: Sensitivity, *, linear: bool) -> list[Value]:
    row: list[Value] = [one.cell, one.name, one.value, one.worth]
    return [*row, one.base, one.increase, one.decrease] if linear else row


_INFINITE = 1e30
"""What Excel writes for a range without end."""


def _storable(rows: list[list[Value]]) -> list[list[Value]]:
    """Return rows as cells can hold them: no infinity, and an error for what is not a number."""
    return [type(row)(_storable_value(value) for value in row) for row in rows]


def _storable_value(value: Value) -> Value:
    if isinstance(value, str | bool | CellError | None):
        return value
    number = float(value)
    if math.isnan(number):
        return CellError("#NUM!")
    return max(-_INFINITE, min(_INFINITE, number))
