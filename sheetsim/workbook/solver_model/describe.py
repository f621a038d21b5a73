"""A Solver model in plain words, in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.workbook.solver_model.areas import Area, printable
from sheetsim.workbook.solver_model.model import Goal, SolverEngine, side_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sheetsim.workbook.solver_model.model import SolverModel


def describe(model: SolverModel) -> str:
    """Say in plain words what a model holds, in a few lines without a final line break."""
    title = f"{printable(model.sheet)}: "
    if model.problems:
        lines = [f"{title}cannot be solved as it is stored"]
        lines += [f"  {problem}" for problem in model.problems]
        return "\n".join(lines)
    return "\n".join([title + _aim(model), *(f"  {line}" for line in _details(model))])


def _aim(model: SolverModel) -> str:
    where = "" if model.objective is None else _shown(model.objective, model.sheet)
    aim = {
        Goal.MAXIMIZE: f"maximize {where}",
        Goal.MINIMIZE: f"minimize {where}",
        Goal.VALUE: f"bring {where} to {side_text(model.value)}",
    }[model.goal]
    if model.objective is None:
        aim = "satisfy the constraints"
    count = sum(area.size for area in model.variables)
    areas = _listed([_shown(area, model.sheet) for area in model.variables])
    cells = "cell" if count == 1 else "cells"
    return f"{aim} by changing {count:,} {cells}, {areas}"


def _details(model: SolverModel) -> Iterator[str]:
    """Give the lines on constraints, variables, and method with limits."""
    for constraint in model.constraints:
        left = _listed([_shown(area, model.sheet) for area in constraint.left])
        if constraint.relation.compares:
            right = constraint.right
            shown = _shown(right, model.sheet) if isinstance(right, Area) else side_text(right)
            yield f"subject to {left} {constraint.relation.sign} {shown}"
        else:
            yield f"subject to {left} {constraint.relation.sign}"
    negative = "are at least 0 unless bound" if model.non_negative else "may be negative"
    yield f"{'' if model.constraints else 'no constraints; '}variables {negative}"
    yield ", ".join(_method(model))


def _method(model: SolverModel) -> Iterator[str]:
    """Give the method, and those of its settings that matter to it."""
    settings = model.settings
    yield model.engine.title
    yield f"precision {settings.precision:g}"
    if model.engine is SolverEngine.GRG:
        yield f"convergence {settings.convergence:g}"
        yield f"{'central' if settings.central else 'forward'} derivatives"
    if model.engine is SolverEngine.EVOLUTIONARY:
        yield f"population of {settings.population} points"
    elif settings.multistart:
        start = "multistart from" if model.engine is SolverEngine.GRG else "population of"
        yield f"{start} {settings.population} points"
    if any(not c.relation.compares for c in model.constraints):
        ignored = settings.ignore_integers
        tolerance = f"integer tolerance {settings.tolerance:g}"
        yield "integer constraints ignored" if ignored else tolerance
    if settings.seconds is not None:
        yield f"at most {settings.seconds:g} s"
    if settings.iterations is not None:
        yield f"at most {settings.iterations:,} iterations"


def _shown(area: Area, sheet: str) -> str:
    return area.local if area.sheet == sheet else str(area)


def _listed(words: list[str]) -> str:
    """Join words as a sentence does: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
