"""A sheet as plain data: blocks of cells, charts, colour scales, a Solver model.

Nothing here reads or writes a file. A topic fills a `Sheet`; the writer turns it into a part of
an .xlsx; `check` walks the same blocks and asks a spreadsheet engine for each cell.

A sheet is made from a mapping `given`: the values of its inputs and records by name. The same
code then serves a new workbook (given the defaults), one that somebody edited (given what is in
its cells) and one that is only laid out to learn where its inputs stand (given nothing).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sheetsim.arrays import Array
from sheetsim.errors import OptionError
from sheetsim.references import MAX_COLUMNS, MAX_ROWS, Fill
from sheetsim.sheet.block import Block, Kind, Valid
from sheetsim.sheet.chart import Chart

Given = Mapping[str, Any]


@dataclass(frozen=True)
class ColorScale:
    """Cells coloured by value.

    Attributes:
        block: which cells.
        low: value of the first colour; None takes the cells' least.
        high: value of the last colour; None takes the cells' greatest.
        palette: "heat" (red, white, green), "ink" (white to black), "signed" (blue, white at 0,
            red).
    """

    block: Block
    low: float | None = None
    high: float | None = None
    palette: str = "heat"


@dataclass(frozen=True)
class Highlight:
    """Cells of a block set off wherever a formula, entered at its top left, holds.

    Attributes:
        block: which cells.
        formula: without its leading `=`.
        style: how they look there, a key of the writer's highlights.
    """

    block: Block
    formula: str
    style: str


@dataclass(frozen=True)
class SheetModel:
    """What Excel's Solver is asked: minimize one cell by changing others."""

    objective: Block
    variables: tuple[Block, ...]


@dataclass(frozen=True)
class Cell:
    """One formula cell and what NumPy says it holds."""

    row: int
    column: int
    formula: str
    value: Any
    block: str


@dataclass
class Sheet:
    """The cells of one sheet, in the order in which they were put down.

    Attributes:
        name: the tab's name; also the topic's.
        title: its heading.
        given: values of inputs and records by block name.
        parts: all blocks.
        blocks: those that have a name.
        charts: drawn over the cells.
        color_scales: cells coloured by value.
        highlights: cells set off where a condition holds.
        links: (row, column) of a text -> the sheet that it leads to.
        merges: (row, column) of a text -> the last column that it runs over.
        widths: of columns, in characters.
        heights: of rows, in points.
        freeze: first row and first column that scroll.
        repeat_rows: first and last row that stand on every printed page.
        print_areas: first row and column and the ones beyond the last, of each part that is
            printed on pages of its own; by default all of the sheet, as wide as a page.
        pages: printed pages from top to bottom; 0 for as many as it takes.
        solver: the model of the sheet, if it has one.
        reasons: what can keep the sheet from being computed though each input is what it may be:
            a formula that is true then, without its `=`, whether it is, and what to say.
        meanings: what an input is, by the name of its block: shown while its cell is selected.
        hidden: the sheet is for programs, and readers don't see its tab.
    """

    name: str
    title: str
    given: Given = field(default_factory=dict)
    parts: list[Block] = field(default_factory=list)
    blocks: dict[str, Block] = field(default_factory=dict)
    charts: list[Chart] = field(default_factory=list)
    color_scales: list[ColorScale] = field(default_factory=list)
    highlights: list[Highlight] = field(default_factory=list)
    links: dict[tuple[int, int], str] = field(default_factory=dict)
    merges: dict[tuple[int, int], int] = field(default_factory=dict)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    freeze: tuple[int, int] = (0, 0)
    repeat_rows: tuple[int, int] | None = None
    print_areas: tuple[tuple[int, int, int, int], ...] = ()
    pages: int = 0
    solver: SheetModel | None = None
    reasons: list[tuple[str, bool, str]] = field(default_factory=list)
    meanings: dict[str, str] = field(default_factory=dict)
    hidden: bool = False

    def __getitem__(self, name: str) -> Block:
        """The block of that name."""
        return self.blocks[name]

    # Putting things down -----------------------------------------------------------------

    def text(self, row: int, column: int, text: str, style: str = "label") -> Block:
        """One text; long ones run on over the empty cells to their right."""
        return self.labels(row, column, [[text]], style)

    def paragraph(self, row: int, column: int, text: str, last: int, lines: int = 2) -> Block:
        """A text that wraps, in cells merged up to the column `last`."""
        self.merges[row, column] = last
        self.heights[row] = 15.0 * lines + 2
        return self.text(row, column, text, "paragraph")

    def labels(
        self, row: int, column: int, texts: Sequence[Sequence[str]], style: str = "label"
    ) -> Block:
        """A rectangle of texts."""
        values = np.array([[str(text) for text in line] for line in texts], dtype=object)
        return self._put(Block(self.name, "", row, column, values, Kind.TEXT, style))

    def numbers(
        self, row: int, column: int, values: Sequence[Sequence[float]], style: str = "index"
    ) -> Block:
        """Fixed numbers that belong to the layout, such as 1, 2, 3 beside a table."""
        array = np.array(values, dtype=float)
        return self._put(Block(self.name, "", row, column, array, Kind.TEXT, style))

    def input(
        self,
        row: int,
        column: int,
        name: str,
        default: float | str,
        style: str = "input",
        valid: Valid | None = None,
    ) -> Block:
        """One cell that may be edited; formulas on this sheet call it by its name."""
        return self.inputs(row, column, name, [[default]], style, valid)

    def inputs(
        self,
        row: int,
        column: int,
        name: str,
        default: Any,
        style: str = "input",
        valid: Valid | None = None,
        blanks: bool = False,
    ) -> Block:
        """A rectangle of numbers that may be edited; NaN is a blank cell, if there may be any.

        Args:
            row: row of the top left cell, from 0.
            column: column of the top left cell, from 0.
            name: the block's key in `given`, and its name on the sheet.
            default: (rows, columns), what the cells hold if nothing is given.
            style: the look.
            valid: what may be typed into them.
            blanks: whether they may be empty.
        """
        shape = np.shape(default)
        values = np.array(self.given.get(name, default), dtype=float).reshape(shape)
        values = np.vectorize(_as_stored, otypes=[float])(values)
        at = (self.name, name, row, column)
        return self._put(Block(*at, values, Kind.INPUT, style, valid=valid, blanks=blanks))

    def words(
        self,
        row: int,
        column: int,
        name: str,
        default: Any,
        style: str = "input.word",
        blanks: bool = False,
        valid: Valid | None = None,
    ) -> Block:
        """A rectangle of short texts that may be edited; "" is a blank cell, if there may be any.

        Args:
            row: row of the top left cell, from 0.
            column: column of the top left cell, from 0.
            name: the block's key in `given`, and its name on the sheet.
            default: (rows, columns) of str, what the cells hold if nothing is given.
            style: the look.
            blanks: whether they may be empty.
            valid: the texts to choose from, if they are not free.
        """
        given = np.array(self.given.get(name, default), dtype=object).reshape(np.shape(default))
        values = np.vectorize(str, otypes=[object])(given)
        at = (self.name, name, row, column)
        return self._put(Block(*at, values, Kind.INPUT, style, valid=valid, blanks=blanks))

    def records(
        self, row: int, column: int, name: str, shape: tuple[int, int], style: str = "calc.general"
    ) -> Block:
        """A rectangle of numbers or texts that are written once and read back as they stand."""
        values = np.array(self.given.get(name, np.ones(shape)), dtype=object).reshape(shape)
        values = np.vectorize(_as_stored, otypes=[object])(values)
        return self._put(Block(self.name, name, row, column, values, Kind.RECORD, style))

    def fill(
        self,
        row: int,
        column: int,
        name: str,
        formula: str,
        values: Any,
        style: str = "calc.general",
    ) -> Block:
        """One formula, entered at the top left and filled down and to the right.

        Args:
            row: row of the top left cell, from 0.
            column: column of the top left cell, from 0.
            name: the block's key.
            formula: as it reads in the top left cell, with its leading `=`.
            values: what NumPy says, (rows, columns), or one value for one cell.
            style: the look.

        Returns:
            The block.
        """
        array = _rectangle(values)
        if array.size == 1:  # one cell: nothing to move
            return self.formulas(row, column, name, [[formula]], array, style)
        fill = Fill(formula)
        texts = [[fill.at(i, j) for j in range(array.shape[1])] for i in range(array.shape[0])]
        return self.formulas(row, column, name, texts, array, style)

    def formulas(
        self,
        row: int,
        column: int,
        name: str,
        formulas: Sequence[Sequence[str]],
        values: Any,
        style: str = "calc.general",
    ) -> Block:
        """A rectangle of formulas, each written out."""
        array = _rectangle(values)
        texts = tuple(tuple(line) for line in formulas)
        if array.shape != (len(texts), len(texts[0])):
            raise ValueError(f"{self.name}.{name}: {array.shape} values for other formulas")
        return self._put(
            Block(self.name, name, row, column, array, Kind.FORMULA, style, formulas=texts)
        )

    def width(self, first: int, last: int, characters: float) -> None:
        """Width of the columns `first` to `last`, in characters."""
        for column in range(first, last + 1):
            self.widths[column] = characters

    def print_first(self, rows: int) -> None:
        """Print so many rows and leave out the rest of a table, whose rows are all alike."""
        last, columns = self.extent
        self.print_areas = ((0, 0, min(rows, last), columns),)

    # Walking over them -------------------------------------------------------------------

    def of_kind(self, *kinds: Kind) -> Iterator[Block]:
        """The blocks of these kinds."""
        return (block for block in self.parts if block.kind in kinds)

    def cells(self) -> Iterator[Cell]:
        """Every formula cell, with NumPy's value."""
        for block in self.of_kind(Kind.FORMULA):
            assert block.formulas is not None  # noqa: S101 - what makes it a formula block
            for row, column, i, j in block.cells():
                yield Cell(row, column, block.formulas[i][j], block.values[i, j], block.name)

    @property
    def extent(self) -> tuple[int, int]:
        """First row and first column beyond all that is on the sheet."""
        rows = [b.bottom for b in self.parts] + [c.row + c.rows for c in self.charts]
        columns = [b.right for b in self.parts] + [c.column + c.columns for c in self.charts]
        return max(rows), max(columns)

    def _put(self, block: Block) -> Block:
        if block.bottom > MAX_ROWS or block.right > MAX_COLUMNS:
            raise OptionError(
                f"sheet {self.name!r} would need {block.bottom:,} rows and {block.right:,} columns;"
                f" a sheet has {MAX_ROWS:,} and {MAX_COLUMNS:,}"
            )
        if block.name:
            if block.name in self.blocks:
                raise ValueError(f"{self.name}: two blocks are called {block.name!r}")
            self.blocks[block.name] = block
        self.parts.append(block)
        return block


def _as_stored(value: Any) -> Any:
    """A number as a cell will hold it: the writer keeps 16 digits."""
    return value if isinstance(value, str) else float(f"{value:.16g}")


def _rectangle(values: Any) -> Array:
    array: Array = np.asarray(values)
    if array.dtype.kind not in "fO":
        kind = object if array.dtype.kind in "USb" else float
        array = array.astype(kind)
    return array.reshape(1, 1) if array.ndim == 0 else array
