"""A workbook of ours, read back: its plan and what stands in its inputs now.

The plan says which sheets there are and how large their tables; laying them out once without
inputs tells where the inputs stand; then their cells are read. Formulas are not looked at: what
they should give follows from the inputs.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sheetsim.errors import OptionError, WorkbookError
from sheetsim.sheet import Block, Kind
from sheetsim.sheet.reference import a1
from sheetsim.topics import Book, lay_out, read_plan
from sheetsim.workbook.package import Cell, CellError, Cells, read_cells

CONTENTS = "contents"


@dataclass(frozen=True)
class Read:
    """A workbook as read.

    Attributes:
        path: the file.
        book: its plan and inputs, ready to be laid out.
        cells: all that its cells hold.
    """

    path: Path
    book: Book
    cells: Cells


def read_workbook(path: str | Path) -> Read:
    """Read a workbook that sheetsim wrote and that somebody may have edited or solved since.

    Raises:
        WorkbookError: it is no workbook, not one of ours, or an input holds what it may not.
    """
    file = Path(path)
    cells = read_cells(file)
    values = {at: cell.value for at, cell in cells.get(CONTENTS, {}).items()}
    plan = read_plan(values)
    if plan is None:
        raise WorkbookError(
            f"{file}: not a workbook that sheetsim wrote; expected a sheet {CONTENTS!r} that says "
            "how it was built"
        )
    try:
        sheets = lay_out(Book(plan))
    except (OptionError, KeyError, ValueError, TypeError) as error:
        raise WorkbookError(
            f"{file}: the last part of sheet {CONTENTS!r} is damaged ({error}); expected what "
            "sheetsim wrote there"
        ) from error
    book = Book(plan)
    for sheet in sheets:
        if sheet.name not in cells:
            raise WorkbookError(f"{file}: sheet {sheet.name!r} is missing; expected all of them")
        for block in sheet.of_kind(Kind.INPUT, Kind.RECORD):
            given = book.given.setdefault(sheet.name, {})
            given[block.name] = _values(file, block, cells[sheet.name])
    return Read(file, book, cells)


def _values(file: Path, block: Block, cells: dict[tuple[int, int], Cell]) -> np.ndarray[Any, Any]:
    values = np.full(block.values.shape, np.nan, dtype=object)
    for row, column, i, j in block.cells():
        cell = cells.get((row, column))
        value = None if cell is None else cell.value
        if block.kind is Kind.INPUT:
            value = _number(file, block, a1(row, column), value)
        values[i, j] = "" if value is None else value
    return values


def _number(file: Path, block: Block, cell: str, value: Any) -> float:
    """What an input cell holds; NaN for a blank where blanks may be."""
    if value in (None, "") and block.blanks:
        return float("nan")
    if isinstance(value, float):
        return value
    found = "blank" if value is None else f"{str(value)!r}"
    expected = block.valid.sentence() if block.valid is not None else "a number"
    if isinstance(value, CellError):
        found = f"an error, {value}"
    raise WorkbookError(
        f"{file}: {block.sheet}!{cell} ({block.name}) is {found}; expected {expected}"
    )
