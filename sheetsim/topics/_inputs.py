"""A row of named cells with their labels above: a sheet's inputs, and what comes of them.

An option of the command line or of Python reaches its cell by its name: the topic's `given` (of an
optimizer, `gradient_descent._optimizer_topic`) puts it into the draft, and `Sheet.inputs` takes it
from there in place of the default of the input.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sheetsim.sheet import Block, Sheet, Valid


@dataclass(frozen=True)
class Fact:
    """One named cell.

    Attributes:
        label: what stands above it.
        name: the name that formulas on the sheet call it by.
        formula: None for an input.
        value: NumPy's value of the formula, or the default of the input.
        style: the look.
        valid: what an input may be.
    """

    label: str
    name: str
    formula: str | None
    value: Any
    style: str
    valid: Valid | None = None


def facts(sheet: Sheet, row: int, column: int, row_of_facts: Sequence[Fact]) -> dict[str, Block]:
    """Put the facts side by side, each under its label.

    Returns:
        Their blocks by name.
    """
    placed = {}
    for offset, fact in enumerate(row_of_facts):
        at = column + offset
        sheet.text(row, at, fact.label, "fact")
        if fact.formula is None:
            block = sheet.input(row + 1, at, fact.name, fact.value, fact.style, fact.valid)
        else:
            block = sheet.fill(row + 1, at, fact.name, fact.formula, fact.value, fact.style)
        placed[fact.name] = block
    return placed
