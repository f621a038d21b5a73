"""The defined names of a workbook: of ranges, constants and formulas, and Solver's hidden ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sheetsim.book import DefinedName
from sheetsim.errors import WorkbookError, shown
from sheetsim.workbook.read.archive import Archive
from sheetsim.workbook.read.xml_scan import Handler

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def defined_names(path: str | Path) -> list[DefinedName]:
    """Read the names of a workbook, hidden and sheet-scoped ones too, in the file's order.

    Raises:
        WorkbookError: the file is not a workbook that can be read safely.
    """
    with Archive(path) as archive:
        return read_names(archive)


def read_names(archive: Archive) -> list[DefinedName]:
    """Return the defined names in the file's order, hidden and sheet-scoped ones too.

    Raises:
        WorkbookError: the workbook's part is bad, or a name belongs to a sheet that is not there.
    """
    handler = _Names()
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
                f"{archive.path}: name {shown(name)} belongs to sheet {(scope or '')[:20]}, "
                "which is not there"
            )
        sheet = None if scope is None else sheets[int(scope)].name
        names.append(DefinedName(name, sheet, attributes.get("hidden") in {"1", "true"}, text))
    return names


class _Names(Handler):
    """Collects the attributes and the text of each defined name."""

    def __init__(self) -> None:
        self.found: list[tuple[Mapping[str, str], str]] = []
        self._text: list[str] | None = None
        self._attributes: Mapping[str, str] = {}

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        """Begin a name."""
        if name == "definedName":
            self._attributes, self._text = attributes, []

    def end(self, name: str) -> None:
        """Keep the name that ends."""
        if name == "definedName" and self._text is not None:
            self.found.append((self._attributes, "".join(self._text)))
            self._text = None

    def text(self, text: str) -> None:
        """Keep what the name means."""
        if self._text is not None:
            self._text.append(text)
