"""Tables whose rows follow from the row above: a step of an optimizer is a row.

A column's formula is a template in which `{x}` is column x of the same row and `{^x}` that of
the row above:

    Column("new_b", "={b}-lr*{m_b}", values, first="=b0")

`first` is what the table's first row has instead (it has no row above), and `restart` what the
first row of every later epoch has.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sheetsim.arrays import Array
from sheetsim.references import column_name
from sheetsim.sheet.block import Block
from sheetsim.sheet.sheet import Sheet

_FIELD = re.compile(r"\{(\^?)(\w+)\}")


@dataclass(frozen=True)
class Column:
    """A column of formulas and what NumPy says they give.

    Attributes:
        name: heading, block name and key of `{name}` in the templates.
        formula: template of every row that has no other; None for fixed numbers.
        values: (rows,).
        first: template of the first row, if it is another.
        restart: template of the first row of each later epoch, if it is another.
        style: the look.
    """

    name: str
    formula: str | None
    values: Array
    first: str | None = None
    restart: str | None = None
    style: str = "calc.general"


def table(
    sheet: Sheet, row: int, column: int, columns: Sequence[Column], epoch: int
) -> dict[str, Block]:
    """Put the columns side by side, without headings.

    Args:
        sheet: where.
        row: row of the first step, from 0.
        column: column of the first column, from 0.
        columns: what; all of the same length, a multiple of `epoch`.
        epoch: rows in an epoch.

    Returns:
        The blocks by name.
    """
    letters = {c.name: column_name(column + offset) for offset, c in enumerate(columns)}
    blocks = {}
    for offset, c in enumerate(columns):
        values = np.asarray(c.values)[:, None]
        if c.formula is None:
            blocks[c.name] = sheet.numbers(row, column + offset, values.tolist(), c.style)
            continue
        plain = _Template(c.formula, letters)
        restart = _Template(c.restart, letters) if c.restart else plain
        first = _Template(c.first, letters) if c.first else restart
        formulas = [
            [(first if i == 0 else restart if i % epoch == 0 else plain).at(row + i)]
            for i in range(len(c.values))
        ]
        blocks[c.name] = sheet.formulas(row, column + offset, c.name, formulas, values, c.style)
    return blocks


class _Template:
    """A template with its column letters in place, ready for the row number."""

    def __init__(self, text: str, letters: dict[str, str]) -> None:
        escaped = text.replace("%", "%%")
        self._text = _FIELD.sub(
            lambda m: letters[m[2]] + ("%(above)d" if m[1] else "%(row)d"), escaped
        )

    def at(self, row: int) -> str:
        """The formula in that row, counted from 0."""
        return self._text % {"row": row + 1, "above": row}
