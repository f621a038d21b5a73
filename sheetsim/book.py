"""A workbook as plain data: cells, names and tables, by whatever means they were read.

`workbook` fills these classes from a file, `formula` compiles what they hold, and neither has to
know the other. Rows and columns are counted from 0, as in NumPy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

Place = tuple[int, int]
"""Row and column of a cell, both from 0."""

CellAddress = tuple[str, Place]
"""A cell of a workbook: its sheet, and where it stands there."""


@dataclass(frozen=True, slots=True)
class CellError:
    """An error that a spreadsheet shows in a cell, such as `#DIV/0!`."""

    code: str

    def __str__(self) -> str:
        return self.code


Content = float | str | bool | CellError
"""What a cell that is not blank shows."""

Value = Content | None


class SupportsStr(Protocol):
    """Something that stands for a text until it is asked for."""

    def __str__(self) -> str: ...


@dataclass(frozen=True, slots=True)
class DataTable:
    """The formula of the cells that a what-if data table fills.

    The values that its input cells take stand above the cells and on their left; see
    `sheetsim.formula.compile.data_tables`.

    Attributes:
        first: the first cell that it fills.
        last: the last one.
        row: the cell that takes the value above, such as "B1"; "" for none.
        column: the cell that takes the value on the left; "" for none.
    """

    first: Place
    last: Place
    row: str
    column: str

    def __str__(self) -> str:
        return f"=TABLE({self.row},{self.column})"

    def formula_of(self, place: Place) -> Place:
        """Return where the formula stands that one of its cells computes."""
        (top, left), (row, column) = self.first, place
        if self.row and self.column:
            return top - 1, left - 1
        return (row, left - 1) if self.row else (top - 1, column)

    def headers_of(self, place: Place) -> list[Place]:
        """Return where the input cells' values for one of its cells stand, the row's first."""
        (top, left), (row, column) = self.first, place
        above, beside = (top - 1, column), (row, left - 1)
        return [above] * bool(self.row) + [beside] * bool(self.column)


class _Record(NamedTuple):
    """What a cell holds, its formula perhaps not yet written out; see `Cell`."""

    formula: str | SupportsStr | None = None
    value: Value = None
    array: str | None = None
    origin: Place | None = None


class Cell(_Record):
    """One cell of a file.

    A tuple, since the cells of a workbook are many and nothing immutable is made faster.

    Attributes:
        formula: its formula with the leading "=", None for a constant. Each cell of a shared
            formula has its own; each cell of an array formula has the whole range's. A cell that
            a what-if data table fills has a `DataTable`, which reads "=TABLE(row input,column
            input)". Whoever makes the cell may give something whose `str` is the formula, which is
            then asked for it when the formula is.
        value: the constant, or the cached value of the formula; None if there is none.
        array: the range of the array formula that the cell belongs to, such as "B2:D4".
        origin: the cell that the formula is filled from, whose formula this one is up to
            relative references; None for a formula of its own. For speed alone: two cells are
            equal without it.
    """

    __slots__ = ()

    @property
    def data_table(self) -> DataTable | None:
        """The data table that fills it, None for another cell."""
        return self[0] if isinstance(self[0], DataTable) else None

    @property
    def formula(self) -> str | None:
        """The formula, written out; see above."""
        own = self[0]
        return own if own is None or isinstance(own, str) else str(own)

    @property
    def has_formula(self) -> bool:
        """Whether there is a formula; quicker than asking for it."""
        return self[0] is not None

    def __eq__(self, other: object) -> bool:
        """Whether two cells hold the same."""
        if not isinstance(other, Cell):
            return NotImplemented
        return self[1:3] == other[1:3] and self.formula == other.formula

    def __ne__(self, other: object) -> bool:
        """Whether they do not: a tuple would compare the origins as well."""
        return not self == other

    def __hash__(self) -> int:
        """Return a hash that equal cells share."""
        return hash((self.formula, self.value, self.array))

    def __repr__(self) -> str:
        """Return how the cell is made."""
        return f"Cell(formula={self.formula!r}, value={self.value!r}, array={self.array!r})"

    def __reduce__(self) -> tuple[type[Cell], tuple[object, ...]]:
        """Pickle the formula as text, but for that of a data table."""
        return Cell, (self.data_table or self.formula, *self[1:])


@dataclass(frozen=True, slots=True)
class DefinedName:
    """A name of the workbook, or of one sheet if `sheet` is not None; `text` is what it means.

    `text` is a formula without the leading "=", such as `data!$A$1:$A$9` or `0.0001`.
    """

    name: str
    sheet: str | None
    hidden: bool
    text: str


@dataclass(frozen=True, slots=True)
class HiddenRows:
    """The rows of a sheet that are not shown, from 0: hidden by hand, or by a filter."""

    by_hand: frozenset[int] = frozenset()
    filtered: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a sheet, which formulas refer to by its name and those of its columns.

    Attributes:
        name: as formulas write it.
        sheet: the sheet it stands on.
        first: its top left cell, headers included.
        last: its bottom right cell, totals included.
        columns: the columns' names, from left to right.
        header_rows: 1, or 0 if the headers are hidden.
        totals_rows: 1 if it ends in a row of totals, else 0.
        filtered: whether a filter hides some of its rows.
    """

    name: str
    sheet: str
    first: Place
    last: Place
    columns: tuple[str, ...]
    header_rows: int = 1
    totals_rows: int = 0
    filtered: bool = False


@dataclass(frozen=True, slots=True)
class Iteration:
    """How circular references are iterated.

    Attributes:
        count: sweeps at most.
        change: they end when no number changes by so much.
    """

    count: int = 100
    change: float = 0.001


@dataclass(frozen=True)
class Book:
    """A workbook.

    Attributes:
        path: the file, for messages.
        sheets: sheet to (row, column) to cell, in the workbook's order; cells that are blank are
            left out, and so are sheets without cells, such as a chart on a sheet of its own.
            `workbook.read.book.read_book` reads a sheet when it is first asked for.
        names: the defined names, hidden and sheet-scoped ones too.
        tables: the tables by name.
        states: every sheet in order, charts too, to "visible", "hidden" or "veryHidden".
        externals: other files and addresses that the workbook refers to; never followed. `[1]`
            in a formula is the first of them.
        macros: whether it carries macros; never run.
        date1904: whether day 0 is 1904-01-01 instead of 1899-12-31.
        iteration: how circular references are iterated; None if they are errors.
        hidden: sheet to its rows that are not shown; read when it is asked for.
    """

    path: str
    sheets: Mapping[str, Mapping[Place, Cell]]
    names: tuple[DefinedName, ...] = ()
    tables: Mapping[str, Table] = field(default_factory=dict)
    states: Mapping[str, str] = field(default_factory=dict)
    externals: tuple[str, ...] = ()
    macros: bool = False
    date1904: bool = False
    iteration: Iteration | None = None
    hidden: Mapping[str, HiddenRows] = field(default_factory=dict)

    def find_sheet(self, name: str) -> str | None:
        """Return a sheet with cells as the workbook spells it; case does not matter, as in Excel.

        It is not read by that.
        """
        return self._sheets.get(name.casefold())

    def find_name(self, name: str, sheet: str | None = None) -> DefinedName | None:
        """Return what a name means on a sheet: its own name, else the workbook's, else None."""
        folded = name.casefold()
        if sheet is not None:
            own = self._names.get((sheet.casefold(), folded))
            if own is not None:
                return own
        return self._names.get((None, folded))

    def find_table(self, name: str) -> Table | None:
        """Return a table by its name; case does not matter."""
        return self._tables.get(name.casefold())

    @cached_property
    def _sheets(self) -> dict[str, str]:
        return {name.casefold(): name for name in self.sheets}

    @cached_property
    def _names(self) -> dict[tuple[str | None, str], DefinedName]:
        return {
            (None if one.sheet is None else one.sheet.casefold(), one.name.casefold()): one
            for one in self.names
        }

    @cached_property
    def _tables(self) -> dict[str, Table]:
        return {name.casefold(): table for name, table in self.tables.items()}
