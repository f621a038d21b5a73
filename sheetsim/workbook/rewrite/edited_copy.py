"""A copy of a workbook with other values, another Solver model or new sheets; all else as it was.

Loading a workbook and saving it again drops what the library does not know: pivots, charts,
macros, extensions. Here only the parts that are concerned are edited, in their bytes; every other
part of the file is copied packed, as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.errors import WorkbookError, shown
from sheetsim.files import replace_file
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.rewrite.cell_values import sheet_with_values
from sheetsim.workbook.rewrite.new_sheets import with_sheets
from sheetsim.workbook.rewrite.stored_model import with_model
from sheetsim.workbook.rewrite.zip_copy import rewritten

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from sheetsim.book import Place, Value
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
        new = sheet_with_values(data, cells, f"{archive.path}: sheet {shown(name)}")
        if new != data:
            changed[part] = new
    return changed
