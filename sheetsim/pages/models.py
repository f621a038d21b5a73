"""Solver models as the page solves them: a smooth objective, cells to change, bounds on these."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sheetsim.errors import SheetsimError
from sheetsim.workbook.solver_model.model import Goal, Relation, SolverEngine
from sheetsim.workbook.solver_model.read import read_models

if TYPE_CHECKING:
    from sheetsim.book import Book
    from sheetsim.workbook.solver_model.areas import Area
    from sheetsim.workbook.solver_model.model import SolverConstraint, SolverModel

Json = Any

MOST_CELLS = 2_000
"""Cells to change; the command solves larger models."""

SHOWN = 6
"""Constraints that the dialog lists."""


def models_of(book: Book) -> dict[int, Json]:
    """Return the model of each sheet that has one, by the sheet's number."""
    numbers = {name: i for i, name in enumerate(book.sheets)}
    try:
        found = read_models(book)
    except SheetsimError:
        return {}
    return {
        numbers[sheet]: _json(model, numbers) for sheet, model in found.items() if sheet in numbers
    }


def _json(model: SolverModel, numbers: dict[str, int]) -> Json:
    refused = _refused(model, numbers)
    out: Json = {"says": _says(model), "refused": refused}
    if refused or model.objective is None:
        return out
    return out | {
        "objective": _box(model.objective, numbers)[:3],
        "goal": int(model.goal),
        "variables": [_box(area, numbers) for area in model.variables],
        "nonNegative": 1 if model.non_negative else 0,
        "bounds": [_bound(one, area, numbers) for one in model.constraints for area in one.left],
    }


def _box(area: Area, numbers: dict[str, int]) -> list[int]:
    return [numbers[area.sheet], *area.first, *area.last]


def _bound(one: SolverConstraint, area: Area, numbers: dict[str, int]) -> Json:
    """Return a box with the least and the most that its cells may be, None for no bound."""
    low = one.right if one.relation is Relation.AT_LEAST else None
    high = one.right if one.relation is Relation.AT_MOST else None
    return [*_box(area, numbers), low, high]


def _refused(model: SolverModel, numbers: dict[str, int]) -> str:
    """Return why the page does not solve a model, "" if it does."""
    command = "sheetsim solve FILE does."
    if model.problems:
        return f"This model can't be solved as it stands: {model.problems[0]}."
    if model.objective is None or model.goal is Goal.VALUE:
        return f"This page makes a cell small or large, and solves for no value: {command}"
    areas = (model.objective, *model.variables)
    if any(area.sheet not in numbers for area in areas):
        return f"This model has cells on a sheet that the page does not have: {command}"
    if sum(area.size for area in model.variables) > MOST_CELLS:
        return f"This page solves models of at most {MOST_CELLS:,} cells to change: {command}"
    if not all(_is_bound(one, model) for one in model.constraints):
        return f"This page solves models without constraints but bounds on the cells: {command}"
    if model.engine is SolverEngine.EVOLUTIONARY:
        return f"This model asks for Evolutionary, which this page does not have: {command}"
    return ""


def _is_bound(one: SolverConstraint, model: SolverModel) -> bool:
    """Whether a constraint is a number that cells to change are not to pass."""
    if one.relation not in {Relation.AT_MOST, Relation.AT_LEAST} or not isinstance(
        one.right, float
    ):
        return False
    cells = set(model.variable_cells())
    return all((area.sheet, place) in cells for area in one.left for place in area.places())


def _says(model: SolverModel) -> list[str]:
    """Return a model in lines, as Excel's dialog has it."""
    aim = {Goal.MINIMIZE: "make least", Goal.MAXIMIZE: "make greatest"}.get(
        model.goal, f"bring to {model.value:g}"
    )
    lines = [
        f"{aim}: {model.objective or 'no cell'}",
        f"by changing: {', '.join(map(str, model.variables)) or 'no cells'}",
    ]
    subject = [str(one) for one in model.constraints]
    lines += [f"subject to: {one}" for one in subject[:SHOWN]]
    if len(subject) > SHOWN:
        lines.append(f"and {len(subject) - SHOWN:,} more constraints")
    if model.non_negative:
        lines.append("cells without a lower bound are at least 0")
    return lines
