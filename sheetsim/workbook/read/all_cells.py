"""Every cell of every sheet of a workbook, read at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.book import Cell, Place
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.shared_strings import shared_strings
from sheetsim.workbook.read.sheet_cells import read_sheet

if TYPE_CHECKING:
    from pathlib import Path

Cells = dict[str, dict[Place, Cell]]
"""Sheet name to (row, column), from 0, to cell; sheets in the workbook's order."""


def read_cells(path: str | Path) -> Cells:
    """Read every cell that holds something, of every sheet, hidden ones too.

    Args:
        path: an .xlsx or .xlsm file, by whatever program it was saved.

    Returns:
        Sheet name to (row, column), from 0, to cell. A sheet that is but a chart is left out.

    Raises:
        WorkbookError: the file is not a workbook that can be read safely.
    """
    with Archive(path) as archive:
        strings = shared_strings(archive)
        return {
            sheet.name: dict(
                read_sheet(
                    archive.read(sheet.part), f"{archive.path}: {sheet.part}", lambda: strings
                ).items()
            )
            for sheet in archive.sheets()
            if sheet.part is not None
        }
