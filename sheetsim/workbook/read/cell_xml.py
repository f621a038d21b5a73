"""The cells of one sheet as they stand in its XML, each with the bytes that it covers.

<c r="B2" s="1" t="str"><f>A2&amp;"x"</f><v>ax</v></c>
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError, shown
from sheetsim.references import ALL_CELLS, MAX_COLUMNS, MAX_ROWS, read_cell
from sheetsim.workbook.read.xml_scan import Handler, scan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.book import Place


_LONG = 20  # digits of a number that is not even read


@dataclass(slots=True)
class RawCell:
    """One `<c>` element.

    Attributes:
        place: its row and column.
        kind: the attribute `t`: "n", "s", "str", "inlineStr", "b", "e" or "d".
        value: the text of `<v>`, None if there is none.
        inline: the text of `<is>`, None if there is none.
        formula: the text of `<f>`, which may be empty; None if there is none.
        formula_attributes: the attributes of `<f>`.
        start: the byte where the element starts.
        end: where its end tag starts, or, if it has none, just behind it.
        children: name, start and end, likewise, of the elements within.
    """

    place: Place
    kind: str
    start: int
    end: int = 0
    value: str | None = None
    inline: str | None = None
    formula: str | None = None
    formula_attributes: Mapping[str, str] = field(default_factory=dict)
    children: list[tuple[str, int, int]] = field(default_factory=list)


def raw_cells(data: bytes, where: str) -> list[RawCell]:
    """Read every `<c>` element of a sheet's part.

    Args:
        data: the part.
        where: file and part, for the message of an error.

    Returns:
        The cells in the order of the file.

    Raises:
        WorkbookError: the XML is bad, or a cell says that it stands outside a sheet.
    """
    handler = CellHandler(where)
    scan(data, where, handler)
    return handler.cells


def parse_cell(text: str, where: str) -> Place:
    """Return the row and column, from 0, of a cell such as `B2`.

    Raises:
        WorkbookError: it is none, or lies outside a sheet.
    """
    place = read_cell(text)
    if place is None:
        raise WorkbookError(f"{where}: {shown(text)} is no cell; expected one from {ALL_CELLS}")
    return place


def parse_range(text: str, where: str) -> tuple[Place, Place]:
    """Return the first and the last cell of a range such as `B2:D4`, or of a single cell."""
    first, _, last = text.partition(":")
    (top, left), (bottom, right) = (
        parse_cell(first, where),
        parse_cell(last or first, where),
    )
    return (min(top, bottom), min(left, right)), (max(top, bottom), max(left, right))


class CellHandler(Handler):
    """Collects the cells. Rows and cells may leave out where they stand: the next place, then.

    Override `finish` to take each cell as it ends instead of keeping them all.
    """

    def __init__(self, where: str) -> None:
        self.where = where
        self.cells: list[RawCell] = []
        self._path: list[str] = []
        self._row, self._column = -1, -1
        self._cell: RawCell | None = None  # the one that is open
        self._depth = 0  # of its element
        self._child = 0  # where its open child starts
        self._text: list[str] = []  # the text in that child

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Open a row, a cell, or a child of the open cell."""
        self._path.append(name)
        if self._cell is not None:
            if len(self._path) == self._depth + 1:
                self._child = self.at
                self._text.clear()
                if name == "f":
                    self._cell.formula_attributes = attributes
        elif name == "row":
            self._row = self._row_at(attributes.get("r"))
            self._column = -1
        elif name == "c" and self._path[-2:-1] == ["row"]:
            place = self._place(attributes.get("r"))
            self._row, self._column = place
            self._depth = len(self._path)
            self._cell = RawCell(place, attributes.get("t", "n"), self.at)

    def end(self, name: str) -> None:
        """Close the open cell or its child."""
        depth = len(self._path) - self._depth
        self._path.pop()
        cell = self._cell
        if cell is None:
            return
        if depth == 0:
            cell.end = self.at
            self._cell = None
            self.finish(cell)
        elif depth == 1:
            cell.children.append((name, self._child, self.at))
            text = "".join(self._text)
            if name == "v":
                cell.value = text
            elif name == "f":
                cell.formula = text
            elif name == "is":
                cell.inline = text

    def _row_at(self, named: str | None) -> int:
        """Return which row it says that it is, or the next one if it does not say."""
        if not named:
            return self._row + 1
        number = int(named) if named.isdecimal() and len(named) < _LONG else 0
        if not 0 < number <= MAX_ROWS:
            raise WorkbookError(
                f"{self.where}: {shown(named)} is no row; expected one from 1 to {MAX_ROWS}"
            )
        return number - 1

    def _place(self, named: str | None) -> Place:
        """Return where a cell says that it stands, or the next place if it does not say."""
        if named:
            return parse_cell(named, self.where)
        row, column = self._row, self._column + 1
        if not (0 <= row < MAX_ROWS and column < MAX_COLUMNS):
            raise WorkbookError(
                f"{self.where}: row {row + 1}, column {column + 1} is no cell; expected one from "
                f"{ALL_CELLS}"
            )
        return row, column

    def finish(self, cell: RawCell) -> None:
        """Take a cell whose element has ended."""
        self.cells.append(cell)

    def text(self, text: str) -> None:
        """Keep the text of the open cell's child; of `<is>`, the runs but not their reading."""
        if self._cell is None:
            return
        if "is" not in self._path or (self._path[-1] == "t" and "rPh" not in self._path):
            self._text.append(text)
