"""Values put into the cells of a sheet, within its bytes: nothing else of it changes.

    <c r="B2" s="7"><f>SUM(A:A)</f><v>41.5</v></c>    only 41.5 changes
    <c r="B3" s="7"/>                                 <c r="B3" s="7"><v>2</v></c>

A cell whose value is of another type than before has its attribute `t` changed as well, and one
that is not in the file yet is added where it belongs (`new_cells`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.references import MAX_COLUMNS, MAX_ROWS, a1
from sheetsim.workbook.read.escapes import unescaped
from sheetsim.workbook.read.plain_sheet import plain_cells
from sheetsim.workbook.read.value_text import number_in, number_text
from sheetsim.workbook.read.xml_scan import scan
from sheetsim.workbook.rewrite.cell_bytes import has_value_metadata, replaced
from sheetsim.workbook.rewrite.encoded_value import attribute, content, encoded, error_code
from sheetsim.workbook.rewrite.new_cells import Layout, added_cells
from sheetsim.workbook.rewrite.xml_edits import element_end, require_editable, splice, start_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sheetsim.book import Place, Value
    from sheetsim.workbook.read.cell_xml import RawCell
    from sheetsim.workbook.rewrite.xml_edits import Edit


def sheet_with_values(data: bytes, values: Mapping[Place, Value], where: str) -> bytes:
    """Return the part of a sheet with other values in some cells.

    Args:
        data: the part.
        values: (row, column), from 0, to what the cell is to show.
        where: file and sheet, for the message of an error.

    Raises:
        WorkbookError: the part cannot be read or edited, or a value cannot stand in a cell.
    """
    require_editable(data, where)
    for row, column in values:
        if not (0 <= row < MAX_ROWS and 0 <= column < MAX_COLUMNS):
            raise WorkbookError(f"{where}: row {row}, column {column} lies outside of a sheet")
    edits = _plain_edits(data, values, where)
    if edits is None:
        layout = Layout(where, values)
        scan(data, where, layout)
        edits = []
        for cell in layout.cells:
            edits += _cell_edits(data, cell, values[cell.place], where)
        new = _missing(values, {cell.place for cell in layout.cells})
        if new:
            edits += added_cells(data, layout, {place: values[place] for place in sorted(new)})
    return splice(data, edits)


def _plain_edits(data: bytes, values: Mapping[Place, Value], where: str) -> list[Edit] | None:
    """Return the edits to a plain sheet to which no cell has to be added; None for another."""
    cells = plain_cells(data, values)
    if cells is None or _missing(values, {cell.place for cell in cells}):
        return None
    edits: list[Edit] = []
    for cell in cells:
        value, number = values[cell.place], cell.number
        if number is not None and type(value) is float and math.isfinite(value):
            start, text = number  # the usual case, quickly
            if _number(text) != value:
                edits.append((start, start + len(text), number_text(value).encode()))
        else:
            try:
                raw = cell.raw()
            except ValueError:  # attributes that are no plain ones
                return None
            edits += _cell_edits(data, raw, value, where)
    return edits


def _number(text: bytes) -> float | None:
    try:
        return number_in(text)
    except ValueError:
        return None


def _missing(values: Mapping[Place, Value], there: set[Place]) -> set[Place]:
    """Return the cells that have to be added."""
    return {place for place in values.keys() - there if values[place] is not None}


def _cell_edits(data: bytes, cell: RawCell, value: Value, where: str) -> list[Edit]:
    """Return the edits that make a cell show a value: none if it does already."""
    at = f"{where} {a1(*cell.place)}"
    # A cell that an array formula spills into has no formula, but a formula's text.
    formula = cell.formula is not None or cell.kind == "str"
    kind, text = encoded(value, formula=formula, where=at)
    if _shows(cell, kind, value):
        return []
    stored = [(start, end) for name, start, end in cell.children if name == "v"]
    same = cell.kind == kind and kind != "inlineStr" and not has_value_metadata(data, cell)
    if same and text is not None and len(stored) == 1:
        start, end = stored[0]
        tag = start_tag(data, start)
        if tag[3]:  # <v/>
            return [(start, tag.end(), b"<%b%b>%b</%b>" % (tag[1], tag[2], text, tag[1]))]
        return [(tag.end(), end, text)]
    behind = element_end(data, cell.start, cell.end)
    return [(cell.start, behind, replaced(data, cell, attribute(kind), content(kind, text)))]


def _shows(cell: RawCell, kind: str, value: Value) -> bool:
    """Whether a cell means the value already; `kind` is the type that it would have."""
    if cell.kind != kind or kind == "inlineStr":
        return False
    if value is None or cell.value is None:
        return value is None and cell.value is None
    if isinstance(value, str):
        return unescaped(cell.value) == value
    if isinstance(value, CellError):
        return cell.value.strip() == error_code(value)
    try:
        return number_in(cell.value) == value
    except ValueError:
        return False
