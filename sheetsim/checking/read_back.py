"""A workbook of ours, read back: its plan and what stands in its inputs now.

The plan says which sheets there are and how large their tables; laying them out once without
inputs tells where the inputs stand; then their cells are read. Formulas are not looked at: what
they should give follows from the inputs.

The file may come from anywhere and may have been through anything, so the plan is believed only
as far as the file bears it out: no table is laid out that is longer than the file's sheets, and
names that moved say that rows or columns were inserted, after which no cell is where it was.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sheetsim.book import Cell, CellError
from sheetsim.checking.expected import Expectations, Expected
from sheetsim.errors import SheetsimError, WorkbookError
from sheetsim.option_values import LARGEST
from sheetsim.references import a1, read_reference
from sheetsim.sheet import Array, Block, Kind, Sheet
from sheetsim.sheet.block import A_TEXT, LONGEST
from sheetsim.topics import PLAN, Draft, check_plan, covers, find, read_plan
from sheetsim.workbook.read.all_cells import Cells, read_cells
from sheetsim.workbook.read.defined_names import defined_names

_UNFIT = (SheetsimError, ArithmeticError, LookupError, TypeError, ValueError)
"""What laying out raises when plan or records are not what sheetsim wrote."""


@dataclass(frozen=True)
class Read:
    """A workbook as read.

    Attributes:
        path: the file.
        expected: what must stand in it, from its plan and inputs.
        cells: all that the file's cells hold.
    """

    path: Path
    expected: Expected
    cells: Cells

    @property
    def book(self) -> Draft:
        """The plan and the inputs."""
        return self.expected.book

    @property
    def sheets(self) -> list[Sheet]:
        """The book laid out."""
        return self.expected.sheets


def read_workbook(path: str | Path, expectations: Expectations | None = None) -> Read:
    """Read a workbook that sheetsim wrote and that somebody may have edited or solved since.

    Args:
        path: the file.
        expectations: shared with other files of the same plan; see `Expectations`.

    Raises:
        WorkbookError: it is no workbook, not one of ours, its sheets, rows or columns are not
            where they were, or an input holds what it may not.
    """
    file = Path(path)
    shared = expectations or Expectations()
    cells = read_cells(file)
    values = {at: cell.value for at, cell in cells.get(PLAN, {}).items()}
    plan = read_plan(values)
    if plan is None:
        raise WorkbookError(
            f"{file}: not a workbook that sheetsim wrote; expected a sheet {PLAN!r} that says "
            "how it was built"
        )
    book = Draft(plan)
    try:
        topics = _require_known(plan, cells)
    except _UNFIT as error:
        raise _damaged(file, error) from error
    _require_sheets(file, topics, cells)  # before their length: the longest one may be gone
    try:
        _require_borne_out(plan, cells)
        sheets = shared.of(book).sheets
    except _UNFIT as error:
        raise _damaged(file, error) from error
    _require_sheets(file, [sheet.name for sheet in sheets], cells)
    _require_in_place(file, sheets)
    for sheet in sheets:
        for block in sheet.of_kind(Kind.INPUT, Kind.RECORD):
            given = book.given.setdefault(sheet.name, {})
            given[block.name] = _values(file, block, cells[sheet.name])
    try:
        return Read(file, shared.of(book), cells)
    except _UNFIT as error:
        _require_allowed(file, sheets, book)
        raise WorkbookError(
            f"{file}: what sheetsim recorded, as on sheet 'solver', is damaged ({error}); "
            "expected what it wrote there"
        ) from error


def _damaged(file: Path, error: Exception) -> WorkbookError:
    """What is raised for a plan that sheetsim did not write so."""
    return WorkbookError(
        f"{file}: sheet {PLAN!r} is damaged ({error}); expected what sheetsim wrote there"
    )


def _require_known(plan: dict[str, Any], cells: Cells) -> list[str]:
    """Refuse a plan that no options lead to, or that leaves sheets of the file out.

    Returns:
        The topics that it names.

    Raises:
        SheetsimError: as `check_plan`.
        ValueError: no such workbook, or a topic has a sheet and is not named.
    """
    if plan.get("workbook") not in covers():
        raise ValueError(f"workbook is {plan.get('workbook')!r}; expected {', '.join(covers())}")
    lesson, _ = find(str(plan["workbook"]))
    named = str(plan.get("topics")).split()
    for topic in lesson.topics:
        if topic.name in cells and topic.name not in named:
            raise ValueError(f"topics is {plan.get('topics')!r}, but there is a {topic.name!r}")
    check_plan(lesson, plan)
    return named


def _require_sheets(file: Path, names: Iterable[str], cells: Cells) -> None:
    """Refuse a file without one of these sheets.

    Raises:
        WorkbookError: naming the first of them.
    """
    for name in names:
        if name not in cells:
            raise WorkbookError(
                f"{file}: there is no sheet {name!r}; expected all that sheetsim wrote, "
                "under their names"
            )


def _require_borne_out(plan: dict[str, Any], cells: Cells) -> None:
    """Refuse a plan for longer tables than the file has, before anything of its size is made.

    Raises:
        ValueError: it is for longer tables.
    """
    lesson, _ = find(str(plan["workbook"]))
    rows = 1 + max((row for sheet in cells.values() for row, _ in sheet), default=0)
    if lesson.rows(plan) > rows:
        raise ValueError(f"it is of {lesson.rows(plan):,} rows, and the longest sheet has {rows:,}")


def _require_in_place(file: Path, sheets: list[Sheet]) -> None:
    """Refuse a file in which cells were moved; programs move the names along with them.

    Raises:
        WorkbookError: a name stands for other cells than sheetsim gave it to.
    """
    names = {(name.sheet, name.name): name.text for name in defined_names(file)}
    for sheet in sheets:
        for block in sheet.blocks.values():
            text = names.get((sheet.name, block.name), block.range)
            found = read_reference(text)
            if found is None or found._replace(sheet=None) != read_reference(block.range):
                raise WorkbookError(
                    f"{file}: the name {block.name!r} of sheet {sheet.name!r} stands for {text}; "
                    f"expected {block.range}: were rows, columns or cells inserted, moved or "
                    "deleted?"
                )


def _require_allowed(file: Path, sheets: list[Sheet], book: Draft) -> None:
    """Refuse an input that is beyond what it may be, and with which NumPy could not go on.

    Raises:
        WorkbookError: naming the first of them.
    """
    for sheet in sheets:
        for block in sheet.of_kind(Kind.INPUT):
            values = book.given[sheet.name][block.name]
            for row, column, i, j in block.cells():
                value = values[i, j]
                blank = value == "" or value != value
                if block.valid is not None and not blank and not block.valid.allows(value):
                    raise WorkbookError(
                        f"{file}: {sheet.name}!{a1(row, column)} ({block.name}) is {value}; "
                        f"expected {block.valid.sentence()}"
                    )


def _values(file: Path, block: Block, cells: Mapping[tuple[int, int], Cell]) -> Array:
    """What the cells of an input or a record hold."""
    values = np.full(block.values.shape, np.nan, dtype=object)
    for row, column, i, j in block.cells():
        cell = cells.get((row, column))
        value = None if cell is None else cell.value
        wild = isinstance(value, float) and abs(value) > LARGEST
        if block.of_texts:
            value = _text(file, block, a1(row, column), value)
        elif block.kind is Kind.INPUT or wild or isinstance(value, CellError):
            value = _number(file, block, a1(row, column), value)
        values[i, j] = "" if value is None else value
    return values


def _text(file: Path, block: Block, cell: str, value: Any) -> str:
    """What an input cell of texts holds; "" for a blank where blanks may be."""
    if value in (None, "") and block.blanks:
        return ""
    chosen = block.valid is not None and bool(block.valid.choices)  # from a list, however long
    if isinstance(value, str) and len(value) > 0 and (chosen or len(value) <= LONGEST):
        return value
    found = "blank" if value in (None, "") else repr(value)
    if isinstance(value, CellError):
        found = f"an error, {value}"
    elif isinstance(value, str) and value:
        found = f"a text of {len(value):,} characters"
    elif isinstance(value, float):
        found = f"the number {value:g}"
    raise WorkbookError(
        f"{file}: {block.sheet}!{cell} ({block.name}) is {found}; expected {A_TEXT}"
        + ("; begin with an apostrophe to type a number as a text" * isinstance(value, float))
    )


def _number(file: Path, block: Block, cell: str, value: Any) -> float:
    """What an input cell holds; NaN for a blank where blanks may be."""
    if value in (None, "") and block.blanks:
        return float("nan")
    if isinstance(value, float) and abs(value) <= LARGEST:
        return value
    found = "blank" if value is None else f"{str(value)!r}"
    expected = block.valid.sentence() if block.valid is not None else "a number"
    if isinstance(value, CellError):
        found = f"an error, {value}"
    if isinstance(value, float):
        found, expected = f"{value:g}", f"{expected}, of a size of {LARGEST:g} at most"
    if block.kind is Kind.RECORD:
        expected = "what sheetsim wrote there"
    raise WorkbookError(
        f"{file}: {block.sheet}!{cell} ({block.name}) is {found}; expected {expected}"
    )
