"""Blocks: rectangles of cells that know both what they hold and how to refer to it.

A block is the meeting point of the maths and the sheet: `values` is the NumPy array, and the
properties `cell`, `range`, `across` and `down` are how a formula points at it. With ratings in
H2:V16,

    ratings.cell      H2            this cell, moving both ways as the formula is filled
    ratings.range     $H$2:$V$16    all of it, wherever the formula stands
    ratings.across    $H2:$V2       this row of it
    ratings.down      H$2:H$16      this column of it
    ratings.at(0, 3)  $K$2          one cell of it

and `ratings.qualified.range` is `dot_product!$H$2:$V$16`, for formulas on another sheet.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from sheetsim.arrays import Array
from sheetsim.option_values import LARGEST
from sheetsim.references import a1, a1_range, quoted

LONGEST = 60
"""Characters of the longest text that an input takes: a word, a name."""

A_TEXT = f"a text of at most {LONGEST} characters"
"""What to tell somebody who typed something else."""


class Kind(Enum):
    """What a block's cells are to the person in front of the sheet."""

    TEXT = "text"
    """Labels and headings; part of the layout."""
    INPUT = "input"
    """Cells that one may edit, and that formulas depend on."""
    RECORD = "record"
    """What was written once and is read back as it stands: ids, the log of a solver run."""
    FORMULA = "formula"
    """Live cells; their values are what NumPy says they are."""


@dataclass(frozen=True)
class Valid:
    """What an input may be: a range of numbers, or one of a few choices.

    Attributes:
        low: the least number allowed; -1e100 stands for none.
        high: the greatest number allowed; 1e100 stands for none.
        above: the number must exceed `low`, not only reach it.
        whole: the number must be a whole one.
        choices: cells that hold what is allowed, offered in a drop-down; numbers in them run from
            `low` to `high`.
        options: the texts that these cells hold, where they are texts.
    """

    low: float = -LARGEST
    high: float = LARGEST
    above: bool = False
    whole: bool = False
    choices: str = ""
    options: tuple[str, ...] = ()

    def allows(self, value: float | str) -> bool:
        """Whether an input may be that number, or that text; texts are compared as sheets do."""
        if isinstance(value, str):
            return value.casefold() in {option.casefold() for option in self.options}
        if self.choices and value != int(value):
            return False
        return (value > self.low if self.above else value >= self.low) and value <= self.high

    def sentence(self) -> str:
        """What to tell somebody who typed something else."""
        if self.options:
            return "one of the texts in the list"
        if self.choices or self.whole:
            return f"a whole number from {self.low:g} to {self.high:g}"
        if self.low <= -LARGEST:
            return "a number"
        low = f"above {self.low:g}" if self.above else f"at least {self.low:g}"
        return f"a number, {low}" + ("" if self.high >= LARGEST else f" and at most {self.high:g}")


@dataclass(frozen=True)
class Block:
    """A rectangle of cells of one kind and style.

    Attributes:
        sheet: name of the sheet that it stands on.
        name: its key on that sheet; empty for texts.
        row: top row, counted from 0.
        column: left column, counted from 0.
        values: (rows, columns); float64 with NaN for a blank input or for a formula whose
            answer is an error, or objects (str, bool) for texts, "" for a blank input of texts.
        kind: text, input, record or formula.
        style: the look, a key of the styles that the writer knows.
        formulas: (rows, columns) of text, each with its leading `=`; None unless a formula.
        valid: what an input may be.
        blanks: an input's cells may be empty.
        prefix: what references begin with; set by `qualified`.
    """

    sheet: str
    name: str
    row: int
    column: int
    values: Array
    kind: Kind
    style: str
    formulas: tuple[tuple[str, ...], ...] | None = None
    valid: Valid | None = None
    blanks: bool = False
    prefix: str = field(default="", repr=False)

    @property
    def of_texts(self) -> bool:
        """Whether it is an input of texts, "" for a blank cell, and not of numbers."""
        return self.kind is Kind.INPUT and self.values.dtype == object

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return int(self.values.shape[0])

    @property
    def columns(self) -> int:
        """How many columns it has."""
        return int(self.values.shape[1])

    @property
    def bottom(self) -> int:
        """The first row below it."""
        return self.row + self.rows

    @property
    def right(self) -> int:
        """The first column beside it."""
        return self.column + self.columns

    @property
    def value(self) -> Any:
        """The value of its top left cell: all there is to a block of one."""
        return self.values[0, 0]

    @property
    def qualified(self) -> "Block":
        """The same block as formulas on other sheets refer to it."""
        return replace(self, prefix=quoted(self.sheet) + "!")

    @property
    def cell(self) -> str:
        """`H2`: this cell, moving as the formula is filled."""
        return self.prefix + a1(self.row, self.column)

    @property
    def range(self) -> str:
        """`$H$2:$V$16`: all cells, or `$H$2` where there is just one."""
        return self._span(self.row, self.column, self.bottom - 1, self.right - 1, True, True)

    @property
    def across(self) -> str:
        """`$H2:$V2`: this row's cells."""
        return self._span(self.row, self.column, self.row, self.right - 1, False, True)

    @property
    def down(self) -> str:
        """`H$2:H$16`: this column's cells."""
        return self._span(self.row, self.column, self.bottom - 1, self.column, True, False)

    def at(self, row: int, column: int = 0) -> str:
        """`$K$2`: one cell, counted from the block's own top left."""
        return self.prefix + a1(self.row + row, self.column + column, fix_row=True, fix_column=True)

    def part(self, rows: slice, columns: slice = slice(None)) -> "Block":
        """The block of some of its rows and columns."""
        top, left = rows.indices(self.rows)[0], columns.indices(self.columns)[0]
        return replace(
            self,
            row=self.row + top,
            column=self.column + left,
            values=self.values[rows, columns],
            formulas=None
            if self.formulas is None
            else tuple(line[columns] for line in self.formulas[rows]),
        )

    def cells(self) -> Iterator[tuple[int, int, int, int]]:
        """Sheet row, sheet column, own row and own column of every cell."""
        for i in range(self.rows):
            for j in range(self.columns):
                yield self.row + i, self.column + j, i, j

    def _span(
        self, top: int, left: int, bottom: int, right: int, fix_row: bool, fix_column: bool
    ) -> str:
        return self.prefix + a1_range(
            (top, left), (bottom, right), fix_row=fix_row, fix_column=fix_column
        )
