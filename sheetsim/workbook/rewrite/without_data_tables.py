"""A workbook whose what-if data tables are plain numbers, for programs that cannot load them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.errors import shown
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.cell_xml import raw_cells
from sheetsim.workbook.rewrite.xml_edits import element_end, splice
from sheetsim.workbook.rewrite.zip_copy import rewritten

if TYPE_CHECKING:
    from pathlib import Path


def without_data_tables(path: str | Path) -> bytes | None:
    """Return the bytes of a copy whose data tables show what is cached in their cells.

    None if there are no data tables.

    Raises:
        WorkbookError: the file is not a workbook that can be read safely.
    """
    with Archive(path) as archive:
        changed = {}
        for sheet in archive.sheets():
            if sheet.part is None:
                continue
            data = archive.read(sheet.part)
            edits = [
                (start, element_end(data, start, end), b"")
                for cell in raw_cells(data, f"{archive.path}: sheet {shown(sheet.name)}")
                if cell.formula_attributes.get("t") == "dataTable"
                for name, start, end in cell.children
                if name == "f"
            ]
            if edits:
                changed[sheet.part] = splice(data, edits)
        return rewritten(archive, changed, {}) if changed else None
