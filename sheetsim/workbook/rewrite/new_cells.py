"""Cells that a sheet's part does not have yet: where they belong, and adding them there.

Excel wants the rows of a sheet, and the cells of a row, in their order.
"""

from __future__ import annotations

import bisect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError
from sheetsim.references import a1, a1_range
from sheetsim.workbook.read.cell_xml import CellHandler, parse_range
from sheetsim.workbook.rewrite.encoded_value import attribute, content, encoded
from sheetsim.workbook.rewrite.xml_edits import start_tag, with_attribute

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from sheetsim.book import Place, Value
    from sheetsim.workbook.read.cell_xml import RawCell
    from sheetsim.workbook.rewrite.xml_edits import Edit


@dataclass(slots=True)
class _Row:
    """A row of the file: from which byte to which it goes, and where its cells start."""

    start: int
    end: int = 0
    columns: list[int] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)


class Layout(CellHandler):
    """Finds the cells that are to change, and where new ones can go.

    Attributes:
        cells: those of the wanted cells that are there.
        rows: the rows with wanted cells that are there.
        row_numbers: all rows of the file, from 0, in its order.
        row_starts: the bytes where they start.
        sheet_data: from which byte to which the element with all rows goes.
        dimension: the byte of the element that says how far the sheet goes, and what it says.
    """

    def __init__(self, where: str, wanted: Collection[Place]) -> None:
        super().__init__(where)
        self._wanted = wanted
        self._wanted_rows = {row for row, _ in wanted}
        self.rows: dict[int, _Row] = {}
        self.row_numbers: list[int] = []
        self.row_starts: list[int] = []
        self.sheet_data: tuple[int, int] | None = None
        self.dimension: tuple[int, str] | None = None

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Note where rows and the elements around them start."""
        outside = self._cell is None
        super().start(name, attributes)
        if not outside:
            return
        if name == "row":
            self.row_numbers.append(self._row)
            self.row_starts.append(self.at)
            if self._row in self._wanted_rows:
                self.rows[self._row] = _Row(self.at)
        elif name == "sheetData":
            self.sheet_data = (self.at, self.at)
        elif name == "dimension":
            self.dimension = (self.at, attributes.get("ref", ""))

    def end(self, name: str) -> None:
        """Note where they end."""
        if self._cell is None:
            if name == "row" and self._row in self.rows:
                self.rows[self._row].end = self.at
            elif name == "sheetData" and self.sheet_data is not None:
                self.sheet_data = (self.sheet_data[0], self.at)
        super().end(name)

    def finish(self, cell: RawCell) -> None:
        """Keep a wanted cell, and of its neighbours where they start."""
        row = self.rows.get(cell.place[0])
        if row is not None:
            row.columns.append(cell.place[1])
            row.starts.append(cell.start)
            if cell.place in self._wanted:
                self.cells.append(cell)


def added_cells(data: bytes, layout: Layout, new: Mapping[Place, Value]) -> list[Edit]:
    """Return the edits that add cells to a sheet's part.

    Args:
        data: the part.
        layout: what `scan` found in it.
        new: (row, column) to value, in the order of rows and columns; none is in the file.

    Raises:
        WorkbookError: the part has no place for cells, or a number is not finite.
    """
    if layout.sheet_data is None:
        raise WorkbookError(f"{layout.where}: has no <sheetData> to add {a1(*min(new))} to")
    start, end = layout.sheet_data
    prefix = start_tag(data, start)[1].removesuffix(b"sheetData")
    by_row: dict[int, dict[int, bytes]] = {}
    for (row, column), value in new.items():
        cell = _new_cell((row, column), value, prefix, layout.where)
        by_row.setdefault(row, {})[column] = cell
    inside: list[Edit] = []
    rows: dict[int, bytes] = {}  # new ones, by the byte that they go to
    for row, cells in by_row.items():
        if row in layout.rows:
            inside += _row_edits(data, layout.rows[row], cells)
        else:
            after = bisect.bisect_left(layout.row_numbers, row)
            at = layout.row_starts[after] if after < len(layout.row_starts) else end
            body = b'<%brow r="%d">%b</%brow>' % (prefix, row + 1, b"".join(cells.values()), prefix)
            rows[at] = rows.get(at, b"") + body
    return [
        *_dimension_edits(data, layout.dimension, new),
        *inside,
        *_insertions(data, start, end, rows),
    ]


def _new_cell(place: Place, value: Value, prefix: bytes, where: str) -> bytes:
    name = a1(*place)
    kind, text = encoded(value, formula=False, where=f"{where} {name}")
    body = content(kind, text).replace(b"%b", prefix)
    return b'<%bc r="%b"%b>%b</%bc>' % (prefix, name.encode(), attribute(kind), body, prefix)


def _row_edits(data: bytes, row: _Row, cells: Mapping[int, bytes]) -> list[Edit]:
    """Return the edits that add cells, by their columns, to a row that is in the file."""
    pieces: dict[int, bytes] = {}
    for column, cell in cells.items():
        after = bisect.bisect_left(row.columns, column)
        at = row.starts[after] if after < len(row.columns) else row.end
        pieces[at] = pieces.get(at, b"") + cell
    return _insertions(data, row.start, row.end, pieces)


def _insertions(data: bytes, start: int, end: int, pieces: Mapping[int, bytes]) -> list[Edit]:
    """Return edits that put pieces into an element, which is opened if it closes itself."""
    tag = start_tag(data, start)
    if tag[3] and pieces:
        body = b"".join(pieces.values())
        return [(start, end, b"<%b%b>%b</%b>" % (tag[1], tag[2], body, tag[1]))]
    return [(at, at, piece) for at, piece in pieces.items()]


def _dimension_edits(
    data: bytes, dimension: tuple[int, str] | None, new: Collection[Place]
) -> list[Edit]:
    """Return the edit that makes a sheet as large as to hold new cells, if it is not.

    Readers that trust the dimension would not see them else.
    """
    if dimension is None:
        return []
    start, text = dimension
    try:
        (top, left), (bottom, right) = parse_range(text, "")
    except WorkbookError:  # it says nothing, so nobody can trust it
        return []
    rows, columns = [row for row, _ in new], [column for _, column in new]
    first = (min(top, *rows), min(left, *columns))
    last = (max(bottom, *rows), max(right, *columns))
    if (first, last) == ((top, left), (bottom, right)):
        return []
    tag = start_tag(data, start)
    extent = a1_range(first, last).encode()
    whole = with_attribute(data[start : tag.end()], 0, b"ref", extent)
    return [(start, tag.end(), whole)]
