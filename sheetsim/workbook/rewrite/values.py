"""Writing values into a copy of a workbook, inside its XML, and changing nothing else.

Loading a workbook and saving it again drops what the library does not know: pivots, charts,
macros, extensions. Here the bytes of `<v>` are exchanged where they stand, in the sheets that
are concerned; every other part of the file is copied packed, as it is.

    <c r="B2" s="7"><f>SUM(A:A)</f><v>41.5</v></c>    only 41.5 changes
    <c r="B3" s="7"/>                                 <c r="B3" s="7"><v>2</v></c>

A cell whose value is of another type than before has its attribute `t` changed as well, and one
that is not in the file yet is added where it belongs.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sheetsim.book import CellError
from sheetsim.errors import WorkbookError
from sheetsim.files import replace_file
from sheetsim.references import MAX_COLUMNS, MAX_ROWS, a1
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.cell_text import (
    attribute,
    content,
    encoded,
    error_code,
    number_in,
    number_text,
)
from sheetsim.workbook.read.cell_xml import (
    element_end,
    has_value_metadata,
    replaced,
    splice,
    start_tag,
)
from sheetsim.workbook.read.plain_sheet import plain_cells
from sheetsim.workbook.read.texts import short, unescaped
from sheetsim.workbook.read.xml_scan import scan
from sheetsim.workbook.rewrite.new_cells import Layout, added_cells
from sheetsim.workbook.rewrite.new_sheets import with_sheets
from sheetsim.workbook.rewrite.zip_copy import rewritten
from sheetsim.workbook.solver_model.write import with_model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sheetsim.book import Place, Value
    from sheetsim.workbook.read.cell_xml import Edit, RawCell
    from sheetsim.workbook.rewrite.new_sheets import NewSheet
    from sheetsim.workbook.solver_model.model import SolverModel


def write_values(
    path: str | Path,
    target: str | Path,
    values: Mapping[str, Mapping[Place, Value]],
    *,
    model: SolverModel | None = None,
    sheets: Sequence[NewSheet] = (),
) -> None:
    """Copy a workbook with other values in some cells, and nothing else changed.

    A cell with a formula keeps it; its cached value is what changes. A cell that shows the value
    already is left alone, to the byte.

    Args:
        path: the workbook.
        target: the copy; may be the workbook itself. Replaced if it exists, untouched if
            anything fails.
        values: sheet to (row, column), from 0, to what the cell is to show: a number, a text, a
            boolean, an error, or None for nothing.
        model: a Solver model to store in the copy, instead of the one of its sheet.
        sheets: sheets to add behind the others, such as reports.

    Raises:
        WorkbookError: the workbook cannot be read, has no such sheet, or a value cannot stand in
            a cell.
        OutputError: the target cannot be written.
    """
    with Archive(path) as archive:
        changed = _changed_sheets(archive, values)
        added: dict[str, bytes] = {}
        if model is not None:
            changed[archive.workbook] = with_model(archive, model)
        if sheets:
            with_sheets(archive, sheets, changed, added)
        # All is read before the target is touched: from here on, an OSError is one of writing.
        copy = rewritten(archive, changed, added)
    with replace_file(target) as temporary:
        temporary.write_bytes(copy)


def _changed_sheets(
    archive: Archive, values: Mapping[str, Mapping[Place, Value]]
) -> dict[str, bytes]:
    """Return the new bytes of each sheet's part in which something changes."""
    parts = {sheet.name: sheet.part for sheet in archive.sheets()}
    changed: dict[str, bytes] = {}
    for name, cells in values.items():
        part = parts.get(name)
        if part is None:
            known = ", ".join(repr(sheet) for sheet in parts)
            raise WorkbookError(
                f"{archive.path}: has no sheet {name!r} to write to; it has {known}"
            )
        if not cells:
            continue
        if part in changed:
            raise WorkbookError(f"{archive.path}: two sheets are stored as one, {part}; refused")
        data = archive.read(part)
        new = sheet_with_values(data, cells, f"{archive.path}: sheet {short(name)}")
        if new != data:
            changed[part] = new
    return changed


def sheet_with_values(data: bytes, values: Mapping[Place, Value], where: str) -> bytes:
    """Return the part of a sheet with other values in some cells.

    Args:
        data: the part.
        values: (row, column), from 0, to what the cell is to show.
        where: file and sheet, for the message of an error.

    Raises:
        WorkbookError: the part cannot be read or edited, or a value cannot stand in a cell.
    """
    if b"\0" in data[:4] or data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise WorkbookError(f"{where}: is in UTF-16, which is not edited here")
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
            edits += _cell_edits(data, cell.raw(), value, where)
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
