"""What a workbook's cells share: the defined names and the shared strings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.book import DefinedName
from sheetsim.errors import WorkbookError
from sheetsim.workbook.read.texts import Names, Strings, short

if TYPE_CHECKING:
    from sheetsim.workbook.read.archive import Archive


def read_names(archive: Archive) -> list[DefinedName]:
    """Return the defined names in the file's order, hidden and sheet-scoped ones too.

    Raises:
        WorkbookError: the workbook's part is bad, or a name belongs to a sheet that is not there.
    """
    handler = Names()
    archive.scan(archive.workbook, handler)
    sheets = archive.sheets()
    names = []
    for attributes, text in handler.found:
        name, scope = attributes.get("name", ""), attributes.get("localSheetId")
        # The length first: int() takes no more than 4,300 digits.
        there = scope is None or (
            len(scope) < 10 and scope.isdecimal() and int(scope) < len(sheets)
        )
        if not there:
            raise WorkbookError(
                f"{archive.path}: name {short(name)} belongs to sheet {(scope or '')[:20]}, "
                "which is not there"
            )
        sheet = None if scope is None else sheets[int(scope)].name
        names.append(DefinedName(name, sheet, attributes.get("hidden") in {"1", "true"}, text))
    return names


def shared_strings(archive: Archive) -> list[str]:
    """Return the texts that cells refer to by number; a workbook may have none."""
    part = archive.link(archive.workbook, "sharedStrings")
    handler = Strings()
    if part is not None:
        archive.scan(part, handler)
    return handler.found
